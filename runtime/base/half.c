/* half.c: halves as bits. Rounding, which loops want, is in the header. */
#include "base/half.h"

#include "base/simd.h"

uint16_t half_bits(float x) {
    uint32_t u = float_bits(half_round(x)), sign = u >> 16 & 0x8000u, a = u & 0x7FFFFFFFu;
    if (a > 0x7F800000u) {
        return (uint16_t)(sign | 0x7E00u);
    }
    if (a == 0x7F800000u) {
        return (uint16_t)(sign | 0x7C00u);
    }
    if (a < 0x38800000u) { /* a multiple of 2^-24 below 2^-14 */
        return (uint16_t)(sign | (uint32_t)(bits_float(a) * 0x1p24f));
    }
    return (uint16_t)(sign | (a - 0x38000000u) >> 13);
}

float half_float(uint16_t h) {
    uint32_t sign = (h & 0x8000u) << 16, exponent = h >> 10 & 0x1Fu, fraction = h & 0x3FFu;
    if (exponent == 0) {
        float tiny = (float)fraction * 0x1p-24f;
        return sign ? -tiny : tiny;
    }
    uint32_t e = exponent == 0x1Fu ? 0xFFu : exponent + 112;
    return bits_float(sign | e << 23 | fraction << 13);
}

ANET_SIMD static void round_all(float *out, const float *in, size_t n) {
    for (size_t i = 0; i < n; i++) {
        out[i] = half_round(in[i]);
    }
}

void half_round_all(float *out, const float *in, size_t n) {
    round_all(out, in, n);
}
