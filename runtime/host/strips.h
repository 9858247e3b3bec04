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

/* What computes `usual` in this mode: the lookup in the engine's table, or `usual` itself. */
strip_fn *host_engine_strip(anet_numerics mode, strip_fn *usual);
/* The operands that the table of such a stand-in covers; false for other functions. */
bool host_engine_domain(strip_fn *fn, float *low, float *high);
strip_fn engine_strip_crop; /* the last-axis slice of M1 */
/* Computes a strip and stores it as s->round says, counting for the tally, which may be NULL. */
void host_run_strip(strip_fn *fn, const strip *s, host_tally *tally);

strip_fn strip_add, strip_sub, strip_mul, strip_div, strip_max, strip_min, strip_pow;
strip_fn strip_equal, strip_not_equal, strip_less, strip_less_equal, strip_greater;
strip_fn strip_greater_equal;
strip_fn strip_copy, strip_abs, strip_square, strip_sqrt, strip_relu, strip_exp, strip_tanh;
strip_fn strip_sigmoid, strip_silu, strip_erf, strip_sin, strip_cos, strip_is_true;
strip_fn strip_gelu, strip_gelu_tanh, strip_gelu_sigmoid;
strip_fn strip_log;   /* number: epsilon */
strip_fn strip_rsqrt; /* number: epsilon */
strip_fn strip_clip;  /* number: lowest, highest */
strip_fn strip_select;

strip_fn strip_floor_div, strip_mod, strip_and, strip_or, strip_xor, strip_not, strip_sign;
strip_fn strip_floor, strip_ceil, strip_round, strip_relu6, strip_softsign, strip_softplus;
strip_fn strip_exp2, strip_tan, strip_asin, strip_acos, strip_atan, strip_sinh, strip_cosh;
strip_fn strip_atanh;
strip_fn strip_inverse;                                /* number: epsilon */
strip_fn strip_threshold, strip_leaky_relu, strip_elu; /* number: alpha */
strip_fn strip_thresholded_relu;                       /* number: alpha */
strip_fn strip_clamped_relu, strip_sigmoid_hard;       /* number: alpha, beta */
strip_fn strip_scaled_tanh, strip_linear_activation;   /* number: alpha, beta */
strip_fn strip_prelu, strip_softplus_parametric;       /* alpha (and beta) are operands */

/* on integers: int32 in the memory of x and out */
strip_fn strip_int_add, strip_int_sub, strip_int_mul, strip_int_div, strip_int_floor_div;
strip_fn strip_int_mod, strip_int_pow, strip_int_max, strip_int_min, strip_int_abs, strip_int_sign;
strip_fn strip_int_square, strip_int_exp2;
strip_fn strip_int_threshold; /* number: alpha */
/* from integers to booleans (1 and 0) */
strip_fn strip_int_equal, strip_int_not_equal, strip_int_less, strip_int_less_equal;
strip_fn strip_int_greater, strip_int_greater_equal, strip_int_is_true;
strip_fn strip_int_to_8, strip_int_to_u8, strip_int_to_16, strip_int_to_u16;
strip_fn strip_int_to_float; /* from integers */
strip_fn strip_to_int;       /* to integers */

#endif
