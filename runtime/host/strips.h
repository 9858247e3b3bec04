/* strips.h: elementwise functions on strips, short runs of contiguous elements. */
#ifndef ANET_HOST_STRIPS_H
#define ANET_HOST_STRIPS_H

#include "host/numerics.h"

#include <stdbool.h>
#include <stddef.h>

enum { STRIP_OPERANDS = 3, STRIP_NUMBERS = 2 };

typedef struct strip {
    float *out;                     /* none of x */
    const float *x[STRIP_OPERANDS]; /* n elements, or 1 if scalar */
    bool scalar[STRIP_OPERANDS];    /* set only for functions of two operands */
    float number[STRIP_NUMBERS];    /* the op's constants */
    host_rounding round;
    size_t n;
} strip;

typedef void strip_fn(const strip *s);

strip_fn strip_add, strip_sub, strip_mul, strip_div, strip_max, strip_min, strip_pow;
strip_fn strip_equal, strip_not_equal, strip_less, strip_less_equal, strip_greater;
strip_fn strip_greater_equal;
strip_fn strip_copy, strip_abs, strip_square, strip_sqrt, strip_relu, strip_exp, strip_tanh;
strip_fn strip_sigmoid, strip_silu, strip_erf, strip_sin, strip_cos, strip_truncate, strip_is_true;
strip_fn strip_gelu, strip_gelu_tanh, strip_gelu_sigmoid;
strip_fn strip_log;   /* number: epsilon */
strip_fn strip_rsqrt; /* number: epsilon */
strip_fn strip_clip;  /* number: lowest, highest */
strip_fn strip_select;

#endif
