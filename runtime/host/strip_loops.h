/* strip_loops.h: makes elementwise functions: one macro row each, a vectorised loop of its own
 * each.
 */
#ifndef ANET_HOST_STRIP_LOOPS_H
#define ANET_HOST_STRIP_LOOPS_H

#include "host/strips.h"
#include "host/vmath.h"

#define LOOP(value)                                                                                \
    for (size_t i = 0; i < n; i++) {                                                               \
        out[i] = value;                                                                            \
    }
#define ROUNDED_LOOP(value)                                                                        \
    if (s->round) {                                                                                \
        LOOP(half_round(value))                                                                    \
    } else {                                                                                       \
        LOOP(value)                                                                                \
    }

/* value: an expression of v (and p, q: the op's numbers) */
#define UNARY_AS(LINKAGE, NAME, value)                                                             \
    ANET_INLINE float NAME##_of(float v, float p, float q) {                                       \
        (void)p;                                                                                   \
        (void)q;                                                                                   \
        return value;                                                                              \
    }                                                                                              \
    ANET_SIMD static void NAME##_loop(const strip *s) {                                            \
        float *restrict out = s->out;                                                              \
        const float *x = s->x[0], p = s->number[0], q = s->number[1];                              \
        const size_t n = s->n;                                                                     \
        ROUNDED_LOOP(NAME##_of(x[i], p, q))                                                        \
    }                                                                                              \
    LINKAGE void NAME(const strip *s) {                                                            \
        NAME##_loop(s);                                                                            \
    }
#define UNARY(NAME, value) UNARY_AS(, NAME, value)
#define HELPER(NAME, value) UNARY_AS(static, NAME, value) /* for functions of one file */

/* value: an expression of v and w */
#define BINARY(NAME, value)                                                                        \
    ANET_INLINE float NAME##_of(float v, float w) {                                                \
        return value;                                                                              \
    }                                                                                              \
    ANET_SIMD static void NAME##_loop(const strip *s) {                                            \
        float *restrict out = s->out;                                                              \
        const float *x = s->x[0], *y = s->x[1];                                                    \
        const size_t n = s->n;                                                                     \
        if (s->scalar[0]) {                                                                        \
            const float a = *x;                                                                    \
            ROUNDED_LOOP(NAME##_of(a, y[i]))                                                       \
        } else if (s->scalar[1]) {                                                                 \
            const float b = *y;                                                                    \
            ROUNDED_LOOP(NAME##_of(x[i], b))                                                       \
        } else {                                                                                   \
            ROUNDED_LOOP(NAME##_of(x[i], y[i]))                                                    \
        }                                                                                          \
    }                                                                                              \
    void NAME(const strip *s) {                                                                    \
        NAME##_loop(s);                                                                            \
    }

/* one element at a time: a function of libm that has no fast form here */
#define CALLED(NAME, value)                                                                        \
    void NAME(const strip *s) {                                                                    \
        const float p = s->number[0], q = s->number[1];                                            \
        (void)p;                                                                                   \
        (void)q;                                                                                   \
        for (size_t i = 0; i < s->n; i++) {                                                        \
            const float v = s->x[0][i], y = value;                                                 \
            s->out[i] = s->round ? half_round(y) : y;                                              \
        }                                                                                          \
    }

#endif
