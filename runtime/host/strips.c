/* strips.c: the elementwise functions that models are made of. */
#include "host/strip_loops.h"

BINARY(strip_add, v + w)
BINARY(strip_sub, v - w)
BINARY(strip_mul, v *w)
BINARY(strip_div, v / w)
BINARY(strip_max, vm_max(v, w))
BINARY(strip_min, vm_min(v, w))
BINARY(strip_equal, v == w ? 1.0f : 0.0f)
BINARY(strip_not_equal, v != w ? 1.0f : 0.0f)
BINARY(strip_less, v < w ? 1.0f : 0.0f)
BINARY(strip_less_equal, v <= w ? 1.0f : 0.0f)
BINARY(strip_greater, v > w ? 1.0f : 0.0f)
BINARY(strip_greater_equal, v >= w ? 1.0f : 0.0f)

UNARY(strip_copy, v)
UNARY(strip_abs, vm_abs(v))
UNARY(strip_square, v *v)
UNARY(strip_sqrt, sqrtf(v))
UNARY(strip_rsqrt, 1.0f / sqrtf(v + p))
UNARY(strip_relu, vm_max(v, 0.0f))
UNARY(strip_exp, vm_exp(v))
UNARY(strip_log, vm_log(v + p))
UNARY(strip_tanh, vm_tanh(v))
UNARY(strip_sigmoid, vm_sigmoid(v))
UNARY(strip_silu, vm_silu(v))
UNARY(strip_erf, vm_erf(v))
UNARY(strip_gelu, vm_gelu(v))
UNARY(strip_gelu_tanh, vm_gelu_tanh(v))
UNARY(strip_gelu_sigmoid, vm_gelu_sigmoid(v))
UNARY(strip_clip, vm_min(vm_max(v, p), q))
UNARY(strip_is_true, v != 0.0f ? 1.0f : 0.0f)
HELPER(sine_near, vm_sin_turned(v, 0))
HELPER(cosine_near, vm_sin_turned(v, 1))

ANET_SIMD static bool any_beyond_trig_limit(const float *x, size_t n) {
    unsigned beyond = 0;
    for (size_t i = 0; i < n; i++) {
        beyond |= vm_abs(x[i]) > VM_TRIG_LIMIT;
    }
    return beyond;
}

/* one element at a time, for functions that have no fast form */
static void call_each(const strip *s, float (*f)(float)) {
    for (size_t i = 0; i < s->n; i++) {
        float y = f(s->x[0][i]);
        s->out[i] = s->round ? half_round(y) : y;
    }
}

void strip_sin(const strip *s) {
    if (any_beyond_trig_limit(s->x[0], s->n)) {
        call_each(s, sinf);
    } else {
        sine_near(s);
    }
}

void strip_cos(const strip *s) {
    if (any_beyond_trig_limit(s->x[0], s->n)) {
        call_each(s, cosf);
    } else {
        cosine_near(s);
    }
}

HELPER(pow_half, v == -INFINITY ? INFINITY : sqrtf(v + 0.0f))
HELPER(pow_minus_half, v == -INFINITY ? 0.0f : 1.0f / sqrtf(v + 0.0f))
HELPER(pow_minus_one, 1.0f / v)

/* the powers that occur in practice, as cheap functions that agree with powf */
static strip_fn *simple_power(float exponent) {
    static const struct {
        float exponent;
        strip_fn *fn;
    } simple[] = {{2.0f, strip_square},
                  {1.0f, strip_copy},
                  {0.5f, pow_half},
                  {-0.5f, pow_minus_half},
                  {-1.0f, pow_minus_one}};
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
        if (simple[i].exponent == exponent) {
            return simple[i].fn;
        }
    }
    return NULL;
}

void strip_pow(const strip *s) {
    strip_fn *fn = s->scalar[1] && !s->scalar[0] ? simple_power(*s->x[1]) : NULL;
    if (fn) {
        fn(s);
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        float y = powf(s->x[0][s->scalar[0] ? 0 : i], s->x[1][s->scalar[1] ? 0 : i]);
        s->out[i] = s->round ? half_round(y) : y;
    }
}

ANET_SIMD static void select_loop(const strip *s) {
    float *restrict out = s->out;
    const float *x = s->x[0], *y = s->x[1], *z = s->x[2];
    const size_t n = s->n;
    ROUNDED_LOOP(x[i] != 0.0f ? y[i] : z[i])
}

void strip_select(const strip *s) {
    select_loop(s);
}
