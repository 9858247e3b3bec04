/* engine_tables.h: the functions that the engine looks up, one element at a time, before their
 * result is stored. NaN stands for what has no value; storing makes it 0. */
#ifndef ANET_HOST_ENGINE_TABLES_H
#define ANET_HOST_ENGINE_TABLES_H

#include "host/engine_knots.h"
#include "host/engine_round.h"

#include <math.h>
#include <stdbool.h>

/* t in units of segments, from 0 to their number; infinity and NaN must not come here */
ANET_INLINE float engine_line(const float *knot, int segments, float t) {
    t = t > 0.0f ? t : 0.0f;
    t = t < (float)segments ? t : (float)segments;
    int i = (int)t;
    i = i < segments ? i : segments - 1;
    float y = knot[i], rise = (knot[i + 1] - y) * (t - (float)i);
    return y + rise;
}

/* x = m * 2^e with m in [0.5, 1), for normal floats */
ANET_INLINE float engine_split(float x, int32_t *e) {
    uint32_t u = float_bits(x);
    *e = (int32_t)(u >> 23 & 0xFFu) - 126;
    return bits_float((u & 0x007FFFFFu) | 0x3F000000u);
}

/* 2^e within the normal floats */
ANET_INLINE float engine_power(int32_t e) {
    return bits_float((uint32_t)(e + 127) << 23);
}

/* both ends are beyond what is stored */
ANET_INLINE float engine_clamp_exponent(float t) {
    t = t < 17.0f ? t : 17.0f;
    return t > -40.0f ? t : -40.0f;
}

/* 2^t: the table covers one octave, the whole part goes to the exponent */
ANET_INLINE float engine_exp2(float t) {
    t = engine_clamp_exponent(t);
    float n = floorf(t), y = engine_line(knots_exp2, 32, (t - n) * 32.0f);
    return y * engine_power((int32_t)n);
}

ANET_INLINE float engine_half(float x, bool away) {
    return away ? half_round_away(x) : half_round(x);
}

/* The factor log2(e) and the product are halves, stored as the chip does: so the error grows with
 * the size of x. On [-10, 10] it comes to the 9.1 units of the last place that were measured. */
ANET_INLINE float engine_exponent(float x, bool away) {
    float product = x * 0x1.714p+0f;
    return engine_clamp_exponent(engine_half(product, away));
}

ANET_INLINE float engine_exp(float x, bool away) {
    return engine_exp2(engine_exponent(x, away));
}

/* Of 0 the exponent is that of an infinity, which counts as -2^16; that makes log(0) -45440. */
ANET_INLINE float engine_log2(float x) {
    int32_t e;
    float m = engine_split(x, &e);
    float y = (float)e + engine_line(knots_log2, 32, (m - 0.5f) * 64.0f);
    y = x == 0.0f ? -65536.0f : y;
    y = x == INFINITY ? x : y;
    return x < 0.0f ? NAN : y;
}

ANET_INLINE float engine_log(float x, bool away) {
    float y = engine_log2(x), rounded = x == 0.0f ? y : engine_half(y, away);
    return rounded * 0.693147181f;
}

/* m * 4^e with m in [0.5, 2) */
ANET_INLINE float engine_root(const float *knot, float x, float sign) {
    int32_t e;
    float m = engine_split(x, &e);
    bool odd = e & 1;
    m = odd ? m * 2.0f : m;
    e = (odd ? e - 1 : e) / 2;
    float y = engine_line(knot, 24, (m - 0.5f) * 16.0f);
    return y * engine_power(sign < 0.0f ? -e : e);
}

ANET_INLINE float engine_sqrt(float x) {
    float y = engine_root(knots_sqrt, x, 1.0f);
    y = x == 0.0f ? 0.0f : y;
    y = x == INFINITY ? x : y;
    return x < 0.0f ? NAN : y;
}

ANET_INLINE float engine_rsqrt(float x) {
    float y = engine_root(knots_rsqrt, x, -1.0f);
    y = x == 0.0f ? INFINITY : y; /* also of -0 */
    y = x == INFINITY ? 0.0f : y;
    return x < 0.0f ? NAN : y;
}

ANET_INLINE float engine_inverse(float x) {
    int32_t e;
    float m = engine_split(fabsf(x), &e);
    float y = engine_line(knots_inverse, 32, (m - 0.5f) * 64.0f) * engine_power(-e);
    y = fabsf(x) == INFINITY ? 0.0f : y;
    return x == 0.0f ? INFINITY : x < 0.0f ? -y : y; /* also of -0 */
}

/* Beyond the table each of these is what it tends to. */
ANET_INLINE float engine_sigmoid(float x) {
    float y = engine_line(knots_sigmoid, 32, (x + 8.0f) * 2.0f);
    return x < -8.0f ? 0.0f : x > 8.0f ? 1.0f : y;
}

ANET_INLINE float engine_sigmoid_m1(float x) {
    float y = engine_line(knots_sigmoid_m1, 32, (x + 9.938f) * (32.0f / 18.258f));
    return x < -9.938f ? 0.0f : x > 8.320f ? 1.0f : y;
}

ANET_INLINE float engine_tanh(float x) {
    float size = fabsf(x), y = engine_line(knots_tanh, 32, size * 8.0f);
    return copysignf(size > 4.0f ? 1.0f : y, x);
}

ANET_INLINE float engine_erf(float x) {
    float size = fabsf(x), y = engine_line(knots_erf, 32, size * 16.0f);
    return copysignf(size > 2.0f ? 1.0f : y, x);
}

ANET_INLINE float engine_gelu(float x) {
    float y = engine_line(knots_gelu, 32, (x + 4.0f) * 4.0f);
    return x < -4.0f ? 0.0f : x > 4.0f ? x : y;
}

ANET_INLINE float engine_silu(float x) {
    float y = engine_line(knots_silu, 32, (x + 8.0f) * 2.0f);
    return x < -8.0f ? 0.0f : x > 8.0f ? x : y;
}

/* sin(x + quarter * pi/2): the table covers a quarter of the period */
ANET_INLINE float engine_sine(float x, int32_t quarter) {
    float size = fabsf(x) < INFINITY ? x : 0.0f, turns = size * 0.636619772f, n = floorf(turns);
    int32_t k = (int32_t)n + quarter;
    float t = turns - n, along = k & 1 ? 1.0f - t : t;
    float y = engine_line(knots_sine, 32, along * 32.0f);
    y = k & 2 ? -y : y;
    return fabsf(x) < INFINITY ? y : NAN;
}

/* a slice through the fixed-point crop of M1 and M2: 16 times the value must fit into a half */
ANET_INLINE float engine_crop(float x) {
    return fabsf(x) > 4094.0f ? copysignf(INFINITY, x) : x;
}

#endif
