/* How the engine stores results, in whole programs: rounding, overflow, what IEEE 754 calls NaN,
 * the slice hazard, sums that are no products, and what a report counts of these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* before base/status.h: it takes the word `fail` */

#include "base/half.h"
#include "engine_test.h"
#include "host/numerics.h"

#include <math.h>
#include <stdlib.h>

#define M1 ANET_NUMERICS_ANE_M1
#define M4 ANET_NUMERICS_ANE_M4

static const anet_numerics engines[] = {M1, M4, ANET_NUMERICS_ANE_M5, ANET_NUMERICS_ANE_M6};

#define ADD "add(x = a, y = b)"
#define MUL "mul(x = a, y = b)"

static void test_names(void **state) {
    (void)state;
    for (int i = 0; i < ANET_NUMERICS_MODES; i++) {
        assert_string_equal(host_numerics_of((anet_numerics)i)->name, host_numerics_names[i]);
    }
    assert_string_equal(host_numerics_names[M4], "ane-m4");
}

/* every half, and the values between two of them */
static void test_all_roundings(void **state) {
    (void)state;
    for (uint32_t h = 0; h < 0x7BFF; h++) {
        double low = (double)half_float((uint16_t)h), high = (double)half_float((uint16_t)(h + 1));
        float middle = (float)((low + high) / 2), even = h & 1 ? (float)high : (float)low;
        assert_true(host_round(ROUND_ENGINE_EVEN, middle) == even);
        assert_true(host_round(ROUND_ENGINE_AWAY, middle) == (float)high);
        assert_true(host_round(ROUND_ENGINE_AWAY, -middle) == -(float)high);
        float below = nextafterf(middle, 0), above = nextafterf(middle, 1e9f);
        assert_true(host_round(ROUND_ENGINE_AWAY, below) == (float)low);
        assert_true(host_round(ROUND_ENGINE_AWAY, above) == (float)high);
        assert_true(host_round(ROUND_ENGINE_AWAY, (float)low) == (float)low);
    }
    static const host_rounding how[] = {ROUND_ENGINE_EVEN, ROUND_ENGINE_AWAY};
    for (int i = 0; i < 2; i++) {
        assert_true(host_round(how[i], 65519.99f) == 65504);
        assert_true(host_round(how[i], 65520) == INFINITY);
        assert_true(host_round(how[i], -65520) == -INFINITY);
        assert_true(host_round(how[i], NAN) == 0 && !signbit(host_round(how[i], NAN)));
        assert_true(host_accept(how[i], NAN) == INFINITY);
        assert_true(host_accept(how[i], -INFINITY) == -INFINITY);
    }
    assert_true(isnan(host_round(ROUND_HALF, NAN)) && isnan(host_accept(ROUND_HALF, NAN)));
}

static void test_elementwise(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        anet_numerics m = engines[i];
        assert_true(run_two(m, ADD, 40000, 1) == 40000);
        assert_true(run_two(m, ADD, 16384, 16384) == 32768); /* no limit at 2^15 here */
        assert_true(run_two(m, ADD, 65504, 0) == 65504);
        assert_true(run_two(m, MUL, 256, 256) == INFINITY);
        assert_true(run_two(m, ADD, 0x1p-24f, 0) == 0x1p-24f);
        assert_true(run_two(m, MUL, 0x1p-12f, 0x1p-12f) == 0x1p-24f);
        assert_true(run_two(m, ADD, 2048, 1) == (m == M1 ? 2048.0f : 2050.0f));
        assert_true(run_two(m, ADD, NAN, 1) == INFINITY);
        assert_true(run_two(m, "sub(x = a, y = b)", INFINITY, INFINITY) == 0);
        assert_true(run_two(m, MUL, 0, INFINITY) == 0);
        assert_true(run_two(m, "maximum(x = a, y = b)", NAN, 3) == INFINITY);
        assert_true(run_two(m, "real_div(x = a, y = b)", 1, -0.0f) == INFINITY);
        assert_true(run_one(m, "relu(x = a)", NAN) == INFINITY);
        assert_true(run_one(m, "square(x = a)", 256) == INFINITY);
    }
}

static void test_products(void **state) {
    (void)state;
    const char *call = "matmul(x = a, y = b, transpose_x = bool(false), transpose_y = bool(true))";
    float a[] = {16384, 16384, -16384, -16384, 1}, b[] = {1, 1, 1, 1, 1}, y;
    const float *const x[] = {a, b};
    run_call(M4, call, 2, x, 5, "[1, 1, 1, 1]", &y, 1, NULL);
    assert_true(y == INFINITY);
    run_call(M1, call, 2, x, 5, "[1, 1, 1, 1]", &y, 1, NULL);
    assert_true(y == INFINITY);
    run_call(ANET_NUMERICS_FP16, call, 2, x, 5, "[1, 1, 1, 1]", &y, 1, NULL);
    assert_true(y == 1);
}

/* a 1x1 convolution of one channel has one product for each result */
static void test_convolutions(void **state) {
    (void)state;
    const char *one = "conv(x = a, weight = tensor<fp16, [1, 1, 1, 1]>([1]), pad_type = "
                      "string(\"valid\"), strides = tensor<int32, [2]>([1, 1]), dilations = "
                      "tensor<int32, [2]>([1, 1]), groups = int32(1), pad = "
                      "tensor<int32, [4]>([0, 0, 0, 0]))";
    const char *two = "conv(x = a, weight = tensor<fp16, [1, 1, 1, 2]>([1, 1]), pad_type = "
                      "string(\"valid\"), strides = tensor<int32, [2]>([1, 1]), dilations = "
                      "tensor<int32, [2]>([1, 1]), groups = int32(1), pad = "
                      "tensor<int32, [4]>([0, 0, 0, 0]))";
    assert_true(run_one(M1, one, 60000) == 60000);
    assert_true(run_one(M4, one, 60000) == INFINITY);
    float a[] = {32752, 0}, b[] = {60000, 0}, y;
    run_call(M1, two, 1, (const float *const[]){a}, 2, "[1, 1, 1, 1]", &y, 1, NULL);
    assert_true(y == 32752);
    run_call(M1, two, 1, (const float *const[]){b}, 2, "[1, 1, 1, 1]", &y, 1, NULL);
    assert_true(y == INFINITY);
}

static void test_bias_of_convolution(void **state) {
    (void)state;
    const char *call = "conv(x = a, weight = tensor<fp16, [1, 1, 1, 2]>([1, 1]), bias = "
                       "tensor<fp16, [1]>([-16384]), pad_type = string(\"valid\"), strides = "
                       "tensor<int32, [2]>([1, 1]), dilations = tensor<int32, [2]>([1, 1]), groups "
                       "= int32(1), pad = tensor<int32, [4]>([0, 0, 0, 0]))";
    float a[] = {16384, 16384}, y;
    run_call(M4, call, 1, (const float *const[]){a}, 2, "[1, 1, 1, 1]", &y, 1, NULL);
    assert_true(y == 16384);
    run_call(M1, call, 1, (const float *const[]){a}, 2, "[1, 1, 1, 1]", &y, 1, NULL);
    assert_true(y == INFINITY); /* M1 adds the bias to the sum, which broke */
}

#define SLICE(begin)                                                                               \
    "slice_by_size(x = a, begin = tensor<int32, [4]>([0, 0, 0, " begin                             \
    "]), size = tensor<int32, [4]>([1, 1, 1, 2]))"

static void test_slice_hazard(void **state) {
    (void)state;
    float a[] = {5000, 4094, -4096, 0x1p-24f}, y[2];
    const float *const x[] = {a};
    run_call(M1, SLICE("1"), 1, x, 4, "[1, 1, 1, 2]", y, 2, NULL);
    assert_true(y[0] == 4094 && y[1] == -INFINITY);
    run_call(M1, SLICE("2"), 1, x, 4, "[1, 1, 1, 2]", y, 2, NULL);
    assert_true(y[0] == -INFINITY && y[1] == 0x1p-24f);
    run_call(M1, SLICE("0"), 1, x, 4, "[1, 1, 1, 2]", y, 2, NULL);
    assert_true(y[0] == 5000 && y[1] == 4094);
    run_call(M4, SLICE("1"), 1, x, 4, "[1, 1, 1, 2]", y, 2, NULL);
    assert_true(y[0] == 4094 && y[1] == -4096);
    const char *index = "slice_by_index(x = a, begin = tensor<int32, [4]>([0, 0, 0, 1]), end = "
                        "tensor<int32, [4]>([1, 1, 1, 4]), stride = tensor<int32, [4]>([1, 1, 1, "
                        "2]))";
    run_call(M1, index, 1, x, 4, "[1, 1, 1, 2]", y, 2, NULL);
    assert_true(y[0] == 4094 && y[1] == 0x1p-24f);
}

#define REDUCE(op) op "(x = a, axes = tensor<int32, [1]>([3]), keep_dims = bool(true))"

static void test_reductions(void **state) {
    (void)state;
    enum { N = 2049 };
    float a[N], y;
    for (int i = 0; i < N; i++) {
        a[i] = 1;
    }
    const float *const x[] = {a};
    run_call(M4, REDUCE("reduce_sum"), 1, x, 2048, "[1, 1, 1, 1]", &y, 1, NULL);
    assert_true(y == 2048);
    run_call(M4, REDUCE("reduce_sum"), 1, x, N, "[1, 1, 1, 1]", &y, 1, NULL);
    assert_true(y == 2050);
    run_call(M1, REDUCE("reduce_sum"), 1, x, N, "[1, 1, 1, 1]", &y, 1, NULL);
    assert_true(y == 2048);
    float b[] = {40000, 40000}, c[] = {65504, 8}, d[] = {INFINITY, -INFINITY};
    run_call(M4, REDUCE("reduce_sum"), 1, (const float *const[]){b}, 2, "[1, 1, 1, 1]", &y, 1,
             NULL);
    assert_true(y == INFINITY);
    run_call(M4, REDUCE("reduce_mean"), 1, (const float *const[]){b}, 2, "[1, 1, 1, 1]", &y, 1,
             NULL);
    assert_true(y == INFINITY);
    run_call(M4, REDUCE("reduce_sum"), 1, (const float *const[]){c}, 2, "[1, 1, 1, 1]", &y, 1,
             NULL);
    assert_true(y == 65504);
    run_call(M4, REDUCE("reduce_sum"), 1, (const float *const[]){d}, 2, "[1, 1, 1, 1]", &y, 1,
             NULL);
    assert_true(y == 0);
    run_call(M4, REDUCE("reduce_max"), 1, (const float *const[]){b}, 2, "[1, 1, 1, 1]", &y, 1,
             NULL);
    assert_true(y == 40000);
}

static void expect_count(anet_numerics mode, const char *call, const float *x, size_t n,
                         const char *shape, size_t m, tally_event event, uint64_t count) {
    host_report *report = host_report_new();
    float y[8];
    host_report_at(report, 1);
    run_call(mode, call, 1, (const float *const[]){x}, n, shape, y, m, report);
    if (host_report_total(report, event) != count) {
        text t = {0};
        host_report_print(report, "step", &t);
        fail_msg("%s: not %d, but\n%s", call, (int)count, t.at);
    }
    host_report_free(report);
}

static void test_counts(void **state) {
    (void)state;
    float a[] = {300, -0.0f, NAN, 5000}, masked[] = {-65504, -1000};
    expect_count(M4, "square(x = a)", a, 4, "[1, 1, 1, 4]", 4, TALLY_STORE_OVERFLOW, 2);
    expect_count(M4, "square(x = a)", a, 4, "[1, 1, 1, 4]", 4, TALLY_MADE_INFINITE, 1);
    expect_count(ANET_NUMERICS_FP16, "square(x = a)", a, 4, "[1, 1, 1, 4]", 4, TALLY_STORE_OVERFLOW,
                 2);
    expect_count(M4, "sub(x = a, y = a)", a, 4, "[1, 1, 1, 4]", 4, TALLY_MADE_ZERO, 1);
    expect_count(M4, "sigmoid(x = a)", a, 4, "[1, 1, 1, 4]", 4, TALLY_OUTSIDE, 3);
    expect_count(M1, SLICE("2"), a, 4, "[1, 1, 1, 2]", 2, TALLY_HAZARD, 1);
    expect_count(M4, REDUCE("reduce_sum"), a, 2, "[1, 1, 1, 1]", 1, TALLY_STORE_OVERFLOW, 0);
    /* a mask is as good as infinite before anything is added to it */
    expect_count(M4, "add(x = a, y = a)", masked, 1, "[1, 1, 1, 1]", 1, TALLY_STORE_OVERFLOW, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),        cmocka_unit_test(test_all_roundings),
        cmocka_unit_test(test_elementwise),  cmocka_unit_test(test_products),
        cmocka_unit_test(test_convolutions), cmocka_unit_test(test_bias_of_convolution),
        cmocka_unit_test(test_slice_hazard), cmocka_unit_test(test_reductions),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
