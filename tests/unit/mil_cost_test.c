/* Work of ops counted by hand, and the figures of the time model. */
#include "mil_test.h"

#include "mil/cost.h"

static void take_last(void *context, const mil_func *func, const mil_inference *in) {
    (void)func;
    if (strcmp(in->op->op, "const") != 0) {
        *(mil_work *)context = mil_work_of(in);
    }
}

/* of the last op in the body */
static mil_work work_of(const char *params, const char *body, const char *result) {
    arena *a = arena_new();
    mil_program *p = read_ok(func_text(a, params, body, result));
    mil_findings f = {.memory = a};
    mil_work w = {.macs = -1};
    mil_examine(p, &f, take_last, &w);
    if (f.errors > 0) {
        text out = {0};
        mil_findings_print(&f, "t.mil", &out);
        fail_msg("%s", out.at);
    }
    mil_findings_free(&f);
    mil_free(p);
    arena_free(a);
    return w;
}

static void assert_near(double x, double y) {
    if (!(fabs(x - y) <= 1e-9 * fabs(y))) {
        fail_msg("%.17g is not %.17g", x, y);
    }
}

#define X "tensor<fp16, [1, 8, 6, 6]> x"

static void test_products(void **state) {
    (void)state;
    static const struct {
        const char *params, *body, *result;
        double macs;
    } cases[] = {
        {X ", tensor<fp16, [4, 2, 3, 3]> w", /* 4 groups: each of 4 * 4 * 4 results has 2 * 9 */
         "tensor<fp16, [1, 4, 4, 4]> y = conv(x = x, weight = w, groups = int32(4), "
         "pad_type = string(\"valid\"));",
         "y", 4 * 4 * 4 * 2 * 9},
        {X ", tensor<fp16, [8, 3, 2, 2]> w", /* each of 8 * 6 * 6 elements goes to 3 * 2 * 2 */
         "tensor<fp16, [1, 3, 12, 12]> y = conv_transpose(x = x, weight = w, strides = "
         "tensor<int32, [2]>([2, 2]), pad_type = string(\"valid\"));",
         "y", 8 * 6 * 6 * 3 * 2 * 2},
        {"tensor<fp16, [2, 5, 3]> x, tensor<fp16, [2, 5, 7]> y",
         "tensor<fp16, [2, 3, 7]> z = matmul(x = x, y = y, transpose_x = bool(true));", "z",
         2 * 3 * 7 * 5},
        {"tensor<fp16, [2, 5]> x, tensor<fp16, [2, 5]> y",
         "tensor<fp16, [2, 2]> z = matmul(x = x, y = y, transpose_y = bool(true));", "z",
         2 * 2 * 5},
        {"tensor<fp16, [2, 4, 3]> x, tensor<fp16, [2, 3, 5]> y",
         "tensor<fp16, [2, 4, 5]> z = einsum(equation = string(\"abc,acd->abd\"), values = (x, "
         "y));",
         "z", 2 * 4 * 3 * 5},
        {"tensor<fp16, [1, 2, 6, 4]> q, tensor<fp16, [1, 2, 7, 4]> k, tensor<fp16, [1, 2, 7, 5]> v",
         "tensor<fp16, [1, 2, 6, 5]> z = scaled_dot_product_attention(query = q, key = k, value = "
         "v);",
         "z", 2 * 6 * 7 * (4 + 5)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mil_work w = work_of(cases[i].params, cases[i].body, cases[i].result);
        assert_true(w.known);
        assert_near(w.macs, cases[i].macs);
        assert_near(mil_flops(&w), 2 * w.macs + w.elements);
    }
}

static void test_elements_and_bytes(void **state) {
    (void)state;
    static const struct {
        const char *body;
        double elements, bytes;
    } cases[] = {
        {"tensor<fp16, [1, 8, 6, 6]> y = relu(x = x);", 288, 2 * 288 * 2},
        {"tensor<fp16, [1, 8, 1, 6]> y = reduce_sum(x = x, axes = tensor<int32, [1]>([2]), "
         "keep_dims = bool(true));",
         288, 2 * 288 + 2 * 48 + 4 + 1},
        {"tensor<fp16, [1, 8, 36]> y = reshape(x = x, shape = tensor<int32, [3]>([1, 8, 36]));", 0,
         0},
        {"tensor<fp16, [1, 6, 6, 8]> y = transpose(x = x, perm = tensor<int32, [4]>([0, 2, 3, "
         "1]));",
         0, 2 * 288 * 2 + 16},
        {"tensor<fp16, [1, 8, 6, 6]> y = softmax(x = x, axis = int32(-1));", 5 * 288,
         2 * 288 * 2 + 4},
        {"tensor<fp32, [1, 8, 6, 6]> y = cast(x = x, dtype = string(\"fp32\"));", 288,
         288 * 2 + 288 * 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mil_work w = work_of(X, cases[i].body, "y");
        assert_true(w.known);
        assert_near(w.elements, cases[i].elements);
        assert_near(w.bytes, cases[i].bytes);
    }
}

static void test_open_shape(void **state) {
    (void)state;
    mil_work w = work_of("tensor<fp16, [?, 8]> x", "tensor<fp16, [?, 8]> y = relu(x = x);", "y");
    assert_false(w.known);
    assert_near(mil_flops(&w) + w.bytes + 1, 1);
}

static void test_time(void **state) {
    (void)state;
    const mil_cost_target *m1 = mil_cost_find("m1"), *m2 = mil_cost_find("m2"),
                          *m3 = mil_cost_find("m3"), *m5 = mil_cost_find("m5"),
                          *h13g = mil_cost_find("h13g");
    assert_null(mil_cost_find("m9"));
    assert_near(mil_cost_start(m1), 220e-6);
    assert_near(mil_cost_start(m5), 110e-6);
    assert_near(mil_cost_start(m3), 110e-6 * 2364 / 2064);
    mil_work products = {.macs = 3.25e12 / 2, .known = true}, bytes = {.bytes = 9e9, .known = true};
    mil_work both = {.macs = 3.25e12 / 2, .bytes = 18e9, .known = true}, nothing = {.known = true};
    assert_near(mil_cost_op(m1, &products), 1);
    assert_near(mil_cost_op(m1, &bytes), 1);
    assert_near(mil_cost_op(m1, &both), 2);
    assert_near(mil_cost_op(m1, &nothing) + 1, 1);
    assert_near(mil_cost_op(h13g, &products), 1142.0 / (2 * 1171));
    assert_near(mil_cost_op(h13g, &bytes), 0.5);
    mil_work large = {.macs = 0.9e10, .known = true}, small = {.macs = 0.9e9, .known = true};
    assert_near(mil_cost_op(m2, &large), 1.8e10 / 7.3e12);
    assert_near(mil_cost_op(m2, &small), 1.8e9 / (7.3e12 * pow(0.1, 0.38)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_elements_and_bytes),
        cmocka_unit_test(test_open_shape),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
