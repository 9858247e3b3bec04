/* strips_int.c: elementwise functions on integers, which are int32 in the strips' memory. They wrap
 * around as two's complement does; what has no answer (division by zero) is 0. */
#include "host/strip_loops.h"

/* a strip's memory holds floats or integers */
typedef int32_t word __attribute__((may_alias));

static const word *ints(const float *x) {
    return (const word *)x;
}

ANET_INLINE word wrap(uint32_t u) {
    int32_t i;
    memcpy(&i, &u, sizeof i);
    return i;
}

#define INT_BINARY(NAME, TYPE, value)                                                              \
    ANET_INLINE TYPE NAME##_of(int32_t v, int32_t w) {                                             \
        return value;                                                                              \
    }                                                                                              \
    void NAME(const strip *s) {                                                                    \
        const word *x = ints(s->x[0]), *y = ints(s->x[1]);                                         \
        TYPE *out = (TYPE *)s->out;                                                                \
        for (size_t i = 0; i < s->n; i++) {                                                        \
            out[i] = NAME##_of(x[s->scalar[0] ? 0 : i], y[s->scalar[1] ? 0 : i]);                  \
        }                                                                                          \
    }
#define INT_UNARY(NAME, TYPE, value)                                                               \
    ANET_INLINE TYPE NAME##_of(int32_t v) {                                                        \
        return value;                                                                              \
    }                                                                                              \
    void NAME(const strip *s) {                                                                    \
        const word *x = ints(s->x[0]);                                                             \
        TYPE *out = (TYPE *)s->out;                                                                \
        for (size_t i = 0; i < s->n; i++) {                                                        \
            out[i] = NAME##_of(x[i]);                                                              \
        }                                                                                          \
    }

ANET_INLINE int32_t quotient(int32_t v, int32_t w) { /* toward zero */
    return w == 0 ? 0 : w == -1 ? wrap(0u - (uint32_t)v) : v / w;
}

ANET_INLINE int32_t modulo(int32_t v, int32_t w) { /* the sign is that of the divisor */
    int32_t r = w == 0 || w == -1 ? 0 : v % w;
    return r != 0 && (r < 0) != (w < 0) ? r + w : r;
}

ANET_INLINE int32_t floor_quotient(int32_t v, int32_t w) {
    int32_t q = quotient(v, w);
    return w != 0 && modulo(v, w) != 0 && (v < 0) != (w < 0) ? q - 1 : q;
}

ANET_INLINE int32_t power(int32_t v, int32_t w) {
    if (w < 0) {
        return v == 1 ? 1 : v == -1 ? (w & 1 ? -1 : 1) : 0;
    }
    uint32_t result = 1, factor = (uint32_t)v;
    for (uint32_t n = (uint32_t)w; n; n >>= 1) {
        result *= n & 1 ? factor : 1;
        factor *= factor;
    }
    return wrap(result);
}

INT_BINARY(strip_int_add, word, wrap((uint32_t)v + (uint32_t)w))
INT_BINARY(strip_int_sub, word, wrap((uint32_t)v - (uint32_t)w))
INT_BINARY(strip_int_mul, word, wrap((uint32_t)v *(uint32_t)w))
INT_BINARY(strip_int_div, word, quotient(v, w))
INT_BINARY(strip_int_floor_div, word, floor_quotient(v, w))
INT_BINARY(strip_int_mod, word, modulo(v, w))
INT_BINARY(strip_int_pow, word, power(v, w))
INT_BINARY(strip_int_max, word, v > w ? v : w)
INT_BINARY(strip_int_min, word, v < w ? v : w)
INT_BINARY(strip_int_equal, float, v == w)
INT_BINARY(strip_int_not_equal, float, v != w)
INT_BINARY(strip_int_less, float, v < w)
INT_BINARY(strip_int_less_equal, float, v <= w)
INT_BINARY(strip_int_greater, float, v > w)
INT_BINARY(strip_int_greater_equal, float, v >= w)

INT_UNARY(strip_int_abs, word, v < 0 ? wrap(0u - (uint32_t)v) : v)
INT_UNARY(strip_int_sign, word, (v > 0) - (v < 0))
INT_UNARY(strip_int_square, word, wrap((uint32_t)v *(uint32_t)v))
INT_UNARY(strip_int_exp2, word, power(2, v))
INT_UNARY(strip_int_is_true, float, v != 0)
INT_UNARY(strip_int_to_8, word, (int8_t)(uint8_t)(uint32_t)v)
INT_UNARY(strip_int_to_u8, word, (uint8_t)(uint32_t)v)
INT_UNARY(strip_int_to_16, word, (int16_t)(uint16_t)(uint32_t)v)
INT_UNARY(strip_int_to_u16, word, (uint16_t)(uint32_t)v)

void strip_int_threshold(const strip *s) {
    word *out = (word *)s->out;
    for (size_t i = 0; i < s->n; i++) {
        int32_t v = ints(s->x[0])[i];
        out[i] = (float)v < s->number[0] ? (int32_t)s->number[0] : v;
    }
}

void strip_int_to_float(const strip *s) {
    for (size_t i = 0; i < s->n; i++) {
        float y = (float)ints(s->x[0])[i];
        s->out[i] = s->round ? half_round(y) : y;
    }
}

/* toward zero; beyond int32 the nearest, and 0 for NaN */
void strip_to_int(const strip *s) {
    word *out = (word *)s->out;
    for (size_t i = 0; i < s->n; i++) {
        float v = s->x[0][i];
        out[i] = v != v                  ? 0
                 : v >= 0x1p31f          ? INT32_MAX
                 : v <= (float)INT32_MIN ? INT32_MIN
                                         : (int32_t)v;
    }
}
