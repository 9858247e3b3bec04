/* engine_round.h: rounding to half with ties away from zero, branch-free like half_round. */
#ifndef ANET_HOST_ENGINE_ROUND_H
#define ANET_HOST_ENGINE_ROUND_H

#include "base/half.h"
#include "base/simd.h"

/* half_round, but a tie that it took towards zero goes the other way */
ANET_INLINE float half_round_away(float x) {
    uint32_t u = float_bits(x), sign = u & 0x80000000u, a = u ^ sign, e = a & 0x7F800000u;
    e = e > 0x38800000u ? e : 0x38800000u;
    float magic = bits_float(e + 0x06800000u), size = bits_float(a);
    float r = (size + magic) - magic, half_step = bits_float(e - 0x05800000u);
    r = size - r == half_step ? size + half_step : r;
    uint32_t bits = size >= 65520.0f ? 0x7F800000u : float_bits(r);
    return bits_float(bits | sign);
}

#endif
