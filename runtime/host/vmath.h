/* vmath.h: elementary functions of one float without branches, for loops that vectorise.
 *
 * Within about 2 ulp of the true value over the whole range of float; infinities, NaN, overflow and
 * underflow come out as in libm (see host_vmath_test.c). The polynomials are Chebyshev fits. */
#ifndef ANET_HOST_VMATH_H
#define ANET_HOST_VMATH_H

#include "base/half.h"
#include "base/simd.h"

#include <math.h>

/* 1.5 * 2^23: adding it leaves the nearest integer in the low bits */
#define VM_ROUND 12582912.0f
#define VM_LN2_HIGH 0x1.62e4p-1f
#define VM_LN2_LOW 0x1.7f7d1cp-20f

ANET_INLINE float vm_abs(float x) {
    return bits_float(float_bits(x) & 0x7FFFFFFFu);
}

ANET_INLINE float vm_copysign(float size, float sign) {
    return bits_float((float_bits(size) & 0x7FFFFFFFu) | (float_bits(sign) & 0x80000000u));
}

/* NaN in either operand gives NaN */
ANET_INLINE float vm_max(float a, float b) {
    float m = a > b ? a : b;
    return a != a ? a : m;
}

ANET_INLINE float vm_min(float a, float b) {
    float m = a < b ? a : b;
    return a != a ? a : m;
}

ANET_INLINE float vm_exp(float x) {
    float y = x > 89.0f ? 89.0f : x; /* NaN stays */
    y = y < -104.0f ? -104.0f : y;
    float shifted = y * 1.44269504f + VM_ROUND, n = shifted - VM_ROUND;
    float r = (y - n * VM_LN2_HIGH) - n * VM_LN2_LOW;
    float p = 0.000198909812f;
    p = p * r + 0.00139336413f;
    p = p * r + 0.00833331093f;
    p = p * r + 0.041666465f;
    p = p * r + 0.166666667f;
    p = p * r + 0.5f;
    p = r * r * p + r + 1.0f;
    /* 2^n in two factors: n runs from -150 to 128 */
    uint32_t k = float_bits(shifted) - float_bits(VM_ROUND), half = (uint32_t)((int32_t)k >> 1);
    return p * bits_float((half + 127) << 23) * bits_float((k - half + 127) << 23);
}

ANET_INLINE float vm_log(float x) {
    float tiny = x < 0x1p-126f ? 0x1p23f : 1.0f;
    uint32_t u = float_bits(x * tiny);
    uint32_t shift = u - 0x3F3504F3u; /* sqrt(1/2): the mantissa lies in [sqrt(1/2), sqrt(2)) */
    float e = (float)((int32_t)shift >> 23) - (tiny > 1.0f ? 23.0f : 0.0f);
    float f = bits_float((shift & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
    float p = 0.0697161147f;
    p = p * f - 0.114797338f;
    p = p * f + 0.116854199f;
    p = p * f - 0.124256873f;
    p = p * f + 0.142490576f;
    p = p * f - 0.166678023f;
    p = p * f + 0.200007157f;
    p = p * f - 0.24999997f;
    p = p * f + 0.333333312f;
    float square = f * f;
    float r = (f - (0.5f * square - (square * f * p + e * VM_LN2_LOW))) + e * VM_LN2_HIGH;
    r = x == INFINITY ? x : r;
    r = x == 0.0f ? -INFINITY : r;
    r = x < 0.0f ? NAN : r;
    return x != x ? x : r;
}

ANET_INLINE float vm_tanh(float x) {
    float a = vm_abs(x), s = a * a;
    float p = -0.00609671417f;
    p = p * s + 0.020997179f;
    p = p * s - 0.0538509096f;
    p = p * s + 0.133327697f;
    p = p * s - 0.333333289f;
    float small = a + a * s * p, large = 1.0f - 2.0f / (vm_exp(2.0f * a) + 1.0f);
    float r = a < 0.625f ? small : large;
    return vm_copysign(r, x);
}

ANET_INLINE float vm_sigmoid(float x) {
    float e = vm_exp(-vm_abs(x)), r = 1.0f / (1.0f + e);
    return x < 0.0f ? e * r : r;
}

ANET_INLINE float vm_silu(float x) {
    return x * vm_sigmoid(x);
}

ANET_INLINE float vm_erf(float x) {
    float a = vm_abs(x), s = a * a;
    float p = 7.87587506e-5f;
    p = p * s - 0.000801686429f;
    p = p * s + 0.00518908742f;
    p = p * s - 0.026854212f;
    p = p * s + 0.112835947f;
    p = p * s - 0.376126267f;
    p = p * s + 0.128379166f;
    float small = a + a * p;
    float t = a > 4.0f ? 4.0f : a; /* erf(4) is 1 */
    float q = 7.30691555e-8f;      /* -ln(erfc(t)) */
    q = q * t - 3.25701871e-6f;
    q = q * t + 6.16374676e-5f;
    q = q * t - 0.000681978581f;
    q = q * t + 0.00505079012f;
    q = q * t - 0.0270657146f;
    q = q * t + 0.111002549f;
    q = q * t + 0.631003979f;
    q = q * t + 1.13064709f;
    q = q * t - 0.000409663468f;
    float large = 1.0f - vm_exp(-q);
    float r = a < 0.99f ? small : large;
    return vm_copysign(r, x);
}

ANET_INLINE float vm_gelu(float x) {
    return 0.5f * x * (1.0f + vm_erf(x * 0.707106781f));
}

ANET_INLINE float vm_gelu_tanh(float x) {
    return 0.5f * x * (1.0f + vm_tanh(0.797884561f * (x + 0.044715f * x * x * x)));
}

ANET_INLINE float vm_gelu_sigmoid(float x) {
    return x * vm_sigmoid(1.702f * x);
}

/* Beyond this the reduction by multiples of pi/2 loses digits: use libm. */
#define VM_TRIG_LIMIT 1e6f

/* sin(x + quarter * pi/2) for |x| <= VM_TRIG_LIMIT */
ANET_INLINE float vm_sin_turned(float x, uint32_t quarter) {
    double y = (double)x, shifted = y * 0.63661977236758134 + 6755399441055744.0;
    double n = shifted - 6755399441055744.0;
    float r = (float)((y - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34);
    uint64_t bits; /* n stands in the low bits of `shifted` */
    memcpy(&bits, &shifted, sizeof bits);
    uint32_t k = (uint32_t)bits + quarter;
    float s = r * r;
    float p = 2.72498479e-6f;
    p = p * s - 0.000198400861f;
    p = p * s + 0.00833333187f;
    p = p * s - 0.166666667f;
    float sine = r + r * s * p;
    float q = -2.73008942e-7f;
    q = q * s + 2.48005999e-5f;
    q = q * s - 0.00138888877f;
    q = q * s + 0.0416666667f;
    float cosine = 1.0f - 0.5f * s + s * s * q;
    float value = k & 1 ? cosine : sine;
    return bits_float(float_bits(value) ^ (k & 2) << 30);
}

#endif
