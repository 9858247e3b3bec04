#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/half.h"
#include "host/strips.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BLOCK = 1000, STEP = 2531 };

/* distance in units of the last place of the float nearest to `want` */
static double ulps(float got, double want) {
    float nearest = (float)want;
    if (isnan(want)) {
        return isnan(got) ? 0 : INFINITY;
    }
    if (isinf(nearest) || isinf(got)) { /* a neighbour of the largest float may round either way */
        double limit = (double)FLT_MAX * (1 + 1e-6);
        bool same = isinf(nearest) && isinf(got) && signbit(nearest) == signbit(got);
        return same || (fabs(want) < limit && fabs(want) > FLT_MAX * (1 - 1e-6)) ? 0 : INFINITY;
    }
    int e;
    frexp(want, &e);
    e = e - 24 > -149 ? e - 24 : -149;
    return fabs((double)got - want) / ldexp(1, e);
}

typedef double reference_fn(double x);

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double silu(double x) {
    return x * sigmoid(x);
}

static double gelu(double x) {
    return 0.5 * x * erfc(-x * sqrt(0.5));
}

static double gelu_tanh(double x) {
    return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}

static double gelu_sigmoid(double x) {
    return x * sigmoid(1.702 * x);
}

static double square_root(double x) {
    return sqrt(x);
}

static void check_block(strip_fn *fn, reference_fn *want, const float *x, double bound,
                        double absolute) {
    float out[BLOCK];
    strip s = {.out = out, .x = {x}, .n = BLOCK};
    fn(&s);
    for (int i = 0; i < BLOCK; i++) {
        double y = want(x[i]);
        if (!(ulps(out[i], y) <= bound) && !(fabs((double)out[i] - y) <= absolute)) {
            fail_msg("f(%a = %g) = %.9g, not %.9g", (double)x[i], (double)x[i], (double)out[i], y);
        }
    }
}

/* every STEP-th float from -NaN to NaN, and the edges */
static void check(strip_fn *fn, reference_fn *want, double bound, double absolute) {
    float x[BLOCK] = {0,        -0.0f,    INFINITY,  -INFINITY,  NAN,       FLT_MAX,   -FLT_MAX,
                      FLT_MIN,  -FLT_MIN, 0x1p-149f, -0x1p-149f, 88.72283f, 88.72284f, -87.33654f,
                      -103.97f, -103.98f, 1,         -1,         0.625f,    0.99f,     16777216};
    check_block(fn, want, x, bound, absolute);
    uint64_t u = 0;
    while (u <= UINT32_MAX) {
        for (int i = 0; i < BLOCK; i++, u += STEP) {
            x[i] = bits_float((uint32_t)u);
        }
        check_block(fn, want, x, bound, absolute);
    }
}

static void test_functions(void **state) {
    (void)state;
    check(strip_exp, exp, 2, 0);
    check(strip_log, log, 2, 0);
    check(strip_tanh, tanh, 2.5, 0);
    check(strip_sigmoid, sigmoid, 2.5, 0);
    check(strip_erf, erf, 2, 0);
    check(strip_sin, sin, 2, 1e-9);
    check(strip_cos, cos, 2, 1e-9);
    check(strip_sqrt, square_root, 0.5, 0);
}

static void test_composed_functions(void **state) {
    (void)state;
    float x[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
        x[i] = (float)(i - BLOCK / 2) / 25.0f;
    }
    check_block(strip_silu, silu, x, 4, 0);
    check_block(strip_gelu, gelu, x, 4, 5e-7);
    check_block(strip_gelu_tanh, gelu_tanh, x, 4, 5e-7);
    check_block(strip_gelu_sigmoid, gelu_sigmoid, x, 4, 1e-7);
}

static void test_powers(void **state) {
    (void)state;
    static const float exponents[] = {2, 1, 0.5f, -0.5f, -1, 3, 0, 2.5f, -7, INFINITY, NAN};
    float x[BLOCK], y[BLOCK], out[BLOCK];
    for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++) {
        static const float edges[] = {0, -0.0f, INFINITY, -INFINITY, NAN, -1, 1};
        for (size_t i = 0; i < BLOCK; i++) {
            x[i] = i < 7 ? edges[i] : ((float)i - 200) / 100;
            y[i] = exponents[e];
        }
        for (int scalar = 0; scalar < 2; scalar++) {
            strip s = {.out = out, .x = {x, y}, .scalar = {false, scalar}, .n = BLOCK};
            strip_pow(&s);
            for (size_t i = 0; i < BLOCK; i++) {
                double want = pow((double)x[i], (double)y[i]);
                if (!(ulps(out[i], want) <= 1.5)) {
                    fail_msg("pow(%g, %g) = %.9g, not %.9g", (double)x[i], (double)y[i],
                             (double)out[i], want);
                }
            }
        }
    }
}

static double op_add(double a, double b) {
    return a + b;
}
static double op_sub(double a, double b) {
    return a - b;
}
static double op_mul(double a, double b) {
    return a * b;
}
static double op_div(double a, double b) {
    return a / b;
}
static double op_max(double a, double b) {
    return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
}
static double op_min(double a, double b) {
    return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
}
static double op_less(double a, double b) {
    return a < b;
}
static double op_greater(double a, double b) {
    return a > b;
}
static double op_equal(double a, double b) {
    return a == b;
}

static void test_two_operands(void **state) {
    (void)state;
    static const struct {
        strip_fn *fn;
        double (*want)(double, double);
    } ops[] = {{strip_add, op_add},   {strip_sub, op_sub},         {strip_mul, op_mul},
               {strip_div, op_div},   {strip_max, op_max},         {strip_min, op_min},
               {strip_less, op_less}, {strip_greater, op_greater}, {strip_equal, op_equal}};
    static const float edges[] = {0,         -0.0f, 1,     -1,       INFINITY,
                                  -INFINITY, NAN,   65504, 0x1p-24f, 3e38f};
    enum { EDGES = sizeof edges / sizeof *edges, N = EDGES * EDGES };
    float x[N], y[N], out[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = edges[i / EDGES];
        y[i] = edges[i % EDGES];
    }
    for (size_t op = 0; op < sizeof ops / sizeof *ops; op++) {
        for (int half = 0; half < 2; half++) {
            for (int kind = 0; kind < 3; kind++) {
                strip s = {
                    .out = out, .x = {x, y}, .round = half ? ROUND_HALF : ROUND_NONE, .n = N};
                s.scalar[0] = kind == 1;
                s.scalar[1] = kind == 2;
                ops[op].fn(&s);
                for (size_t i = 0; i < N; i++) {
                    float a = x[kind == 1 ? 0 : i], b = y[kind == 2 ? 0 : i];
                    float want = (float)ops[op].want(a, b);
                    want = half ? half_round(want) : want;
                    assert_true(out[i] == want || (isnan(out[i]) && isnan(want)));
                }
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_composed_functions),
        cmocka_unit_test(test_powers),
        cmocka_unit_test(test_two_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
