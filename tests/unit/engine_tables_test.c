/* The functions that the engine looks up, in whole programs: their special values, and their errors
 * over all operands against what was measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* before base/status.h: it takes the word `fail` */

#include "base/half.h"
#include "engine_test.h"

#include <math.h>
#include <stdlib.h>

#define M1 ANET_NUMERICS_ANE_M1
#define M4 ANET_NUMERICS_ANE_M4

#define GELU(mode) "gelu(x = a, mode = string(\"" mode "\"))"
#define LOG "log(x = a, epsilon = fp16(0))"
#define RSQRT "rsqrt(x = a, epsilon = fp16(0))"
#define INVERSE "inverse(x = a, epsilon = fp16(0))"

static bool near(float x, double want, double error) {
    return fabs((double)x - want) <= error;
}

static void test_special_values(void **state) {
    (void)state;
    static const anet_numerics modes[] = {M1, M4, ANET_NUMERICS_ANE_M6};
    for (int i = 0; i < 3; i++) {
        anet_numerics m = modes[i];
        assert_true(run_one(m, LOG, 0) == -45440);
        assert_true(run_one(m, LOG, -1) == 0);
        assert_true(run_one(m, LOG, 1) == 0);
        assert_true(run_one(m, "sqrt(x = a)", -1) == 0);
        assert_true(run_one(m, "sqrt(x = a)", -0.0f) == 0);
        assert_true(run_one(m, RSQRT, -1) == 0);
        assert_true(run_one(m, RSQRT, -0.0f) == INFINITY);
        assert_true(run_one(m, INVERSE, -0.0f) == INFINITY);
        assert_true(run_one(m, INVERSE, INFINITY) == 0);
        assert_true(run_one(m, "exp(x = a)", 11.0859375f) < 65505);
        assert_true(run_one(m, "exp(x = a)", 11.09375f) == INFINITY);
        assert_true(run_one(m, "exp(x = a)", -INFINITY) == 0);
        assert_true(run_one(m, "exp(x = a)", NAN) == INFINITY);
        assert_true(run_one(m, "exp(x = a)", 0) == 1);
        assert_true(run_one(m, "softplus(x = a)", INFINITY) == 0);
        assert_true(run_one(m, "softsign(x = a)", INFINITY) == 0);
        assert_true(run_one(m, "sigmoid(x = a)", NAN) == 1);
        assert_true(run_one(m, "tanh(x = a)", NAN) == 1);
        assert_true(run_one(m, "tanh(x = a)", -INFINITY) == -1);
        assert_true(run_one(m, "erf(x = a)", NAN) == 1);
        assert_true(near(run_one(m, GELU("EXACT"), 0), -5.43e-4, 1e-6));
        assert_true(near(run_one(m, "silu(x = a)", 0), -1.259e-3, 1e-6));
        assert_true(near(run_one(m, GELU("EXACT"), 0.25f), 0.1436, 1e-4));
        assert_true(near(run_one(m, "silu(x = a)", 0.5f), 0.296, 3e-4));
        assert_true(run_one(m, "silu(x = a)", 100) == 100);
        assert_true(run_one(m, GELU("EXACT"), INFINITY) == INFINITY);
        assert_true(run_one(m, GELU("EXACT"), -50) == 0);
    }
}

/* where the tables end, and between which knots they are straight */
static void test_domains(void **state) {
    (void)state;
    assert_true(run_one(M4, "sigmoid(x = a)", 8.0078125f) == 1);
    assert_true(run_one(M4, "sigmoid(x = a)", -8.0078125f) == 0);
    assert_true(run_one(M4, "sigmoid(x = a)", -8) > 3e-4f);
    assert_true(run_one(M1, "sigmoid(x = a)", -9) > 1e-5f);
    assert_true(run_one(M1, "sigmoid(x = a)", -9.9453125f) == 0);
    assert_true(run_one(M4, "tanh(x = a)", 4) < 0.9996f && run_one(M4, "tanh(x = a)", 4.01f) == 1);
    float left = run_one(M4, "sigmoid(x = a)", 0.5f), right = run_one(M4, "sigmoid(x = a)", 1);
    float middle = run_one(M4, "sigmoid(x = a)", 0.75f);
    assert_true(left == half_round(0.62245933f) && right == half_round(0.73105858f));
    assert_true(near(middle, ((double)left + (double)right) / 2, 2.5e-4));
}

/* --- errors --- */

static double exact_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double exact_gelu(double x) {
    return x * (1 + erf(x / sqrt(2))) / 2;
}

static double exact_silu(double x) {
    return x * exact_sigmoid(x);
}

static double exact_rsqrt(double x) {
    return 1 / sqrt(x);
}

static double exact_inverse(double x) {
    return 1 / x;
}

typedef struct function {
    const char *call;
    double (*exact)(double);
    double low, high; /* operands that are tried: all halves between */
    double error;     /* measured, absolute: two digits, so half a unit more is allowed */
    double ulps;      /* or in units of the last place */
} function;

/* distance of the halves around x */
static double spacing(double x) {
    int e;
    frexp(x, &e);
    return ldexp(1, (e > -13 ? e : -13) - 11);
}

static size_t operands(const function *f, float *x) {
    size_t n = 0;
    for (uint32_t h = 0; h < 0x10000; h++) {
        double v = (double)half_float((uint16_t)h);
        if (v >= f->low && v <= f->high && (h & 0x7FFF) < 0x7C00) {
            x[n++] = (float)v;
        }
    }
    return n;
}

/* the largest error, as a share of the allowed one */
static double worst_share(anet_numerics mode, const function *f) {
    float *x = malloc(0x10000 * sizeof *x), *y = malloc(0x10000 * sizeof *y);
    assert_true(x && y);
    size_t n = operands(f, x);
    assert_true(n > 1000);
    text shape = {0};
    text_printf(&shape, "[1, 1, 1, %zu]", n);
    run_call(mode, f->call, 1, (const float *const[]){x}, n, shape.at, y, n, NULL);
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        double want = f->exact((double)x[i]), error = fabs((double)y[i] - want);
        double allowed = f->error > 0 ? f->error : f->ulps * spacing(want);
        worst = fmax(worst, error / allowed);
    }
    text_free(&shape);
    free(x);
    free(y);
    return worst;
}

/* The largest error is the one that was measured on M4 and M6, from above and below: so the tables,
 * and the roundings between them, are what the chips have. (M1's were not measured like this, and
 * what was measured of inverse includes an epsilon.) */
static void test_errors(void **state) {
    (void)state;
    static const function functions[] = {
        {"sigmoid(x = a)", exact_sigmoid, -20, 20, 3.45e-3, 0},
        {"tanh(x = a)", tanh, -20, 20, 1.65e-3, 0},
        {GELU("EXACT"), exact_gelu, -4, 4, 6.25e-3, 0},
        {GELU("TANH_APPROXIMATION"), exact_gelu, -4, 4, 6.25e-3, 0},
        {"silu(x = a)", exact_silu, -8, 8, 1.55e-2, 0},
        {"erf(x = a)", erf, -2, 2, 8.65e-4, 0},
        {"sin(x = a)", sin, -3.2, 3.2, 6.35e-4, 0},
        {LOG, log, 0x1p-14, 65504, 6.65e-3, 0},
        {"exp(x = a)", exp, -10, 10, 0, 9.1},
        {INVERSE, exact_inverse, 0x1p-14, 65504, 0, 13.5},
        {RSQRT, exact_rsqrt, 0x1p-14, 65504, 0, 2.1},
        {"sqrt(x = a)", sqrt, 0x1p-14, 65504, 0, 1.2},
    };
    static const anet_numerics modes[] = {M1, M4};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        for (int k = 0; k < 2; k++) {
            double share = worst_share(modes[k], &functions[i]);
            double most = modes[k] == M4 ? 1 : 1.03;
            double least = functions[i].exact == exact_inverse ? 0 : modes[k] == M4 ? 0.95 : 0.7;
            if (!(share <= most && share >= least)) {
                fail_msg("%s: the largest error is %.3f of the measured one", functions[i].call,
                         share);
            }
        }
    }
}

static void test_softmax(void **state) {
    (void)state;
    static const anet_numerics modes[] = {M1, M4};
    const char *call = "softmax(x = a, axis = int32(-1))", *shape = "[1, 1, 1, 4]";
    float big[] = {1000, 1, 2, 3}, same[] = {3, 3, 3, 3}, infinite[] = {1, NAN, 2, -INFINITY}, y[4];
    for (int i = 0; i < 2; i++) {
        run_call(modes[i], call, 1, (const float *const[]){big}, 4, shape, y, 4, NULL);
        assert_true(y[0] == 1 && y[1] == 0 && y[2] == 0 && y[3] == 0);
        run_call(modes[i], call, 1, (const float *const[]){same}, 4, shape, y, 4, NULL);
        assert_true(y[0] == 0.25f && y[3] == 0.25f);
        run_call(modes[i], call, 1, (const float *const[]){infinite}, 4, shape, y, 4, NULL);
        assert_true(y[0] == 0 && y[1] == 1 && y[2] == 0 && y[3] == 0);
    }
}

static void test_softmax_error(void **state) {
    (void)state;
    float x[24], y[24];
    for (int i = 0; i < 24; i++) {
        x[i] = half_round(sinf((float)(i * i)) * 4);
    }
    const char *call = "softmax(x = a, axis = int32(3))";
    run_call(M4, call, 1, (const float *const[]){x}, 24, "[1, 1, 1, 24]", y, 24, NULL);
    double sum = 0, total = 0;
    for (int i = 0; i < 24; i++) {
        sum += exp((double)x[i]);
        total += (double)y[i];
    }
    for (int i = 0; i < 24; i++) {
        double want = exp((double)x[i]) / sum;
        assert_true(near(y[i], want, 0.01 * want + 1e-6));
    }
    assert_true(fabs(total - 1) < 0.02);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_special_values), cmocka_unit_test(test_domains),
        cmocka_unit_test(test_errors),         cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_softmax_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
