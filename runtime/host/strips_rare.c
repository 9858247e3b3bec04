/* strips_rare.c: elementwise functions that occur now and then. */
#include "host/strip_loops.h"

BINARY(strip_floor_div, floorf(v / w))
BINARY(strip_and, v != 0.0f && w != 0.0f ? 1.0f : 0.0f)
BINARY(strip_or, v != 0.0f || w != 0.0f ? 1.0f : 0.0f)
BINARY(strip_xor, (v != 0.0f) != (w != 0.0f) ? 1.0f : 0.0f)

/* the sign is that of the divisor; fmod is exact where x - floor(x / y) * y is not */
ANET_INLINE float modulo(float v, float w) {
    float r = fmodf(v, w);
    return r != 0.0f && (r < 0.0f) != (w < 0.0f) ? r + w : r;
}

void strip_mod(const strip *s) {
    for (size_t i = 0; i < s->n; i++) {
        float y = modulo(s->x[0][s->scalar[0] ? 0 : i], s->x[1][s->scalar[1] ? 0 : i]);
        s->out[i] = s->round ? half_round(y) : y;
    }
}

UNARY(strip_not, v == 0.0f ? 1.0f : 0.0f)
UNARY(strip_sign, v > 0.0f ? 1.0f : v < 0.0f ? -1.0f : v)
UNARY(strip_floor, floorf(v))
UNARY(strip_ceil, ceilf(v))
UNARY(strip_round, rintf(v)) /* ties to even */
UNARY(strip_inverse, 1.0f / (v + p))
UNARY(strip_threshold, vm_max(v, p))
UNARY(strip_relu6, vm_min(vm_max(v, 0.0f), 6.0f))
UNARY(strip_clamped_relu, vm_min(v >= 0.0f ? v : p * v, q))
UNARY(strip_leaky_relu, v >= 0.0f ? v : p * v)
UNARY(strip_thresholded_relu, v >= p ? v : 0.0f)
UNARY(strip_sigmoid_hard, vm_min(vm_max(p *v + q, 0.0f), 1.0f))
UNARY(strip_softsign, v / (1.0f + vm_abs(v)))
UNARY(strip_scaled_tanh, p *vm_tanh(q *v))
UNARY(strip_linear_activation, p *v + q)

CALLED(strip_exp2, exp2f(v))
CALLED(strip_tan, tanf(v))
CALLED(strip_asin, asinf(v))
CALLED(strip_acos, acosf(v))
CALLED(strip_atan, atanf(v))
CALLED(strip_sinh, sinhf(v))
CALLED(strip_cosh, coshf(v))
CALLED(strip_atanh, atanhf(v))
CALLED(strip_elu, v >= 0.0f ? v : p * expm1f(v))

ANET_INLINE float softplus(float v) {
    return (v > 0.0f ? v : 0.0f) + log1pf(expf(-fabsf(v)));
}
CALLED(strip_softplus, softplus(v))

/* operands of several elements each: alpha and beta lie along the channels */
void strip_prelu(const strip *s) {
    for (size_t i = 0; i < s->n; i++) {
        float v = s->x[0][i], y = v > 0.0f ? v : s->x[1][i] * v;
        s->out[i] = s->round ? half_round(y) : y;
    }
}

void strip_softplus_parametric(const strip *s) {
    for (size_t i = 0; i < s->n; i++) {
        float y = s->x[1][i] * softplus(s->x[2][i] * s->x[0][i]);
        s->out[i] = s->round ? half_round(y) : y;
    }
}
