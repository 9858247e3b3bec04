/* half.h: IEEE half precision without a compiler type: bits to float, float to bits, and rounding
 * of floats to the nearest half while they stay floats (ties to even, overflow to infinity,
 * subnormal halves kept, NaN stays NaN). */
#ifndef ANET_BASE_HALF_H
#define ANET_BASE_HALF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t float_bits(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float bits_float(uint32_t u) {
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Branch-free, so that loops over it vectorise. Adding and taking away 2^(e + 13), where e is the
 * exponent of x but at least that of the smallest normal half, leaves the 10 bits that a half has.
 */
static inline float half_round(float x) {
    uint32_t u = float_bits(x), sign = u & 0x80000000u, a = u ^ sign, e = a & 0x7F800000u;
    e = e > 0x38800000u ? e : 0x38800000u;
    float magic = bits_float(e + 0x06800000u), size = bits_float(a);
    float r = (size + magic) - magic;
    uint32_t bits = size >= 65520.0f ? 0x7F800000u : float_bits(r);
    return bits_float(bits | sign);
}

uint16_t half_bits(float x); /* rounds */
float half_float(uint16_t h);

/* out[i] = in[i] rounded to half; out may be in */
void half_round_all(float *out, const float *in, size_t n);

#endif
