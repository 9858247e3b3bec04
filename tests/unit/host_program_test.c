/* Whole programs on the host device: runs, buffers, surfaces, constants, and what is refused. */
#include "base/half.h"
#include "base/text.h"
#include "device.h"
#include "pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the word `fail` */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE anet_host_device
#define HEAD "program(1.3)\n[buildInfo = dict<string, string>({})]\n{\nfunc main<ios18>("
#define V "tensor<fp16, [1, 4, 1, 8]> "

enum { N = 32 };

typedef struct bench {
    anet_pool *pool;
    anet_device *device;
    anet_error err;
} bench;

static bench open_bench(anet_numerics numerics, int threads) {
    bench b = {.pool = threads ? pool_new(threads) : NULL};
    anet_device_config config = {.numerics = numerics, .pool = b.pool};
    assert_int_equal(DEVICE.open(&config, &b.device, &b.err), ANET_OK);
    return b;
}

static void close_bench(bench *b) {
    DEVICE.close(b->device);
    pool_free(b->pool);
}

static anet_program *compile(bench *b, const char *mil) {
    anet_program *p;
    if (DEVICE.compile(b->device,
                       &(anet_source){.name = "test.mil", .text = mil, .size = strlen(mil)}, &p,
                       &b->err)) {
        fail_msg("%s", b->err.message);
    }
    return p;
}

static void fill(float *x, size_t n, float from) {
    for (size_t i = 0; i < n; i++) {
        x[i] = from + (float)i * 0.25f;
    }
}

/* compiles and runs a program from one [1, 4, 1, 8] input to `outs` outputs of n elements each */
static void run(anet_numerics numerics, int threads, const char *mil, const float *x, int outs,
                size_t n, float *const *y) {
    bench b = open_bench(numerics, threads);
    anet_program *p = compile(&b, mil);
    anet_surface *in, *out[4];
    assert_int_equal(DEVICE.surface_new(b.device, N, NULL, &in, &b.err), ANET_OK);
    DEVICE.surface_write(in, x, N);
    for (int i = 0; i < outs; i++) {
        assert_int_equal(DEVICE.surface_new(b.device, n, NULL, &out[i], &b.err), ANET_OK);
    }
    if (DEVICE.evaluate(p, &in, out, &b.err)) {
        fail_msg("%s", b.err.message);
    }
    for (int i = 0; i < outs; i++) {
        memcpy(y[i], DEVICE.surface_read(out[i]), n * sizeof(float));
        DEVICE.surface_free(out[i]);
    }
    DEVICE.surface_free(in);
    DEVICE.release(p);
    close_bench(&b);
}

static void test_run_of_many_ops(void **state) {
    (void)state;
    text t = {0};
    text_puts(&t, HEAD V "x) {\n" V "v0 = mul(x = x, y = x)[name = string(\"n\")];\n");
    for (int i = 1; i < 100; i++) { /* many values stay alive to the end of the run */
        text_printf(&t, V "v%d = add(x = v%d, y = v%d)[name = string(\"n\")];\n", i, i - 1,
                    i > 20 ? i - 20 : 0);
        text_printf(&t, V "w%d = mul(x = v%d, y = fp16(0.5))[name = string(\"n\")];\n", i, i);
        text_printf(&t, V "u%d = sub(x = w%d, y = x)[name = string(\"n\")];\n", i, i);
    }
    text_puts(&t, V "y = add(x = v99, y = u50)[name = string(\"n\")];\n} -> (y);\n}");
    float x[N], y[N], *to[] = {y};
    fill(x, N, -3);
    for (int numerics = 0; numerics < 2; numerics++) {
        run(numerics ? ANET_NUMERICS_FP16 : ANET_NUMERICS_FP32, 2, t.at, x, 1, N, to);
        for (int i = 0; i < N; i++) {
            float v[100], u = 0;
            v[0] = x[i] * x[i];
            for (int k = 1; k < 100; k++) {
                v[k] = v[k - 1] + v[k > 20 ? k - 20 : 0];
                v[k] = numerics ? half_round(v[k]) : v[k];
                float w = v[k] * 0.5f;
                w = numerics ? half_round(w) : w;
                w -= x[i];
                u = k == 50 ? (numerics ? half_round(w) : w) : u;
            }
            float want = v[99] + u;
            assert_true(y[i] == (numerics ? half_round(want) : want));
        }
    }
    text_free(&t);
}

/* results that are inputs, constants, views, shared or inner values of a run */
static void test_kinds_of_results(void **state) {
    (void)state;
    const char *mil =
        HEAD V "x) {\n"
               "tensor<fp16, [4, 8]> c = const()[name = string(\"c\"), val = tensor<fp16, [4, 8]>("
               "[[1,1,1,1,1,1,1,1],[2,2,2,2,2,2,2,2],[3,3,3,3,3,3,3,3],[4,4,4,4,4,4,4,4]])];\n" V
               "s = square(x = x)[name = string(\"s\")];\n" V
               "t = mul(x = s, y = s)[name = string(\"t\")];\n"
               "tensor<fp16, [4, 8]> v = reshape(x = s, shape = tensor<int32, [2]>([4, 8]))"
               "[name = string(\"v\")];\n"
               "} -> (x, c, v, s);\n}";
    float x[N], y[4][N], *to[] = {y[0], y[1], y[2], y[3]};
    fill(x, N, -3);
    run(ANET_NUMERICS_FP32, 2, mil, x, 4, N, to);
    for (int i = 0; i < N; i++) {
        assert_true(y[0][i] == x[i]);
        assert_true(y[1][i] == (float)(1 + i / 8));
        assert_true(y[2][i] == x[i] * x[i]);
        assert_true(y[3][i] == x[i] * x[i]);
    }
}

/* A value read in two ways: element by element inside a run, and as a whole after it. */
static void test_run_waits_for_whole_values(void **state) {
    (void)state;
    const char *mil = HEAD V
        "x) {\n" V "s = square(x = x)[name = string(\"s\")];\n"
        "tensor<fp16, [1, 1, 1, 8]> r = slice_by_size(x = s, begin = tensor<int32, [4]>([0, 3, 0, "
        "0]), size = tensor<int32, [4]>([1, 1, 1, 8]))[name = string(\"r\")];\n" V
        "y = add(x = s, y = r)[name = string(\"y\")];\n} -> (y);\n}";
    float x[N], y[N], *to[] = {y};
    fill(x, N, -3);
    for (int threads = 0; threads < 3; threads++) {
        run(ANET_NUMERICS_FP32, threads, mil, x, 1, N, to);
        for (int i = 0; i < N; i++) {
            assert_true(y[i] == x[i] * x[i] + x[24 + i % 8] * x[24 + i % 8]);
        }
    }
}

/* Many values of different sizes die and are born: buffers share memory and must not mix. */
static void test_shared_memory(void **state) {
    (void)state;
    text t = {0};
    text_puts(&t, HEAD V "x) {\ntensor<fp16, [1, 32]> f0 = reshape(x = x, shape = "
                         "tensor<int32, [2]>([1, 32]))[name = string(\"n\")];\n");
    for (int i = 1; i <= 60; i++) { /* i % 5 + 1 copies, then their mean: the same again, plus 1 */
        text_printf(&t, "tensor<fp16, [%d, 32]> a%d = concat(values = (f%d", i % 5 + 1, i, i - 1);
        for (int k = 0; k < i % 5; k++) {
            text_printf(&t, ", f%d", i - 1);
        }
        text_printf(
            &t,
            "), axis = int32(0), interleave = bool(false))[name = string(\"n\")];\n"
            "tensor<fp16, [1, 32]> m%d = reduce_mean(x = a%d, axes = tensor<int32, [1]>"
            "([0]), keep_dims = bool(true))[name = string(\"n\")];\n"
            "tensor<fp16, [1, 32]> f%d = add(x = m%d, y = fp16(1))[name = string(\"n\")];\n",
            i, i, i, i);
    }
    text_puts(
        &t, "tensor<fp16, [1, 32]> y = add(x = f60, y = f13)[name = string(\"n\")];\n} -> (y);\n}");
    float x[N], y[N], *to[] = {y};
    fill(x, N, -3);
    run(ANET_NUMERICS_FP32, 2, t.at, x, 1, N, to);
    for (int i = 0; i < N; i++) {
        assert_true(fabsf(y[i] - (x[i] + 60 + x[i] + 13)) < 1e-4f);
    }
    text_free(&t);
}

/* constants are computed at compile time, in the device's numerics */
static void test_constants_are_folded(void **state) {
    (void)state;
    const char *mil =
        HEAD V "x) {\n"
               "tensor<fp16, [2, 4]> c = const()[name = string(\"n\"), val = tensor<fp16, [2, 4]>("
               "[[1, 2, 3, 4], [5, 6, 7, 8]])];\n"
               "tensor<fp16, [4, 2]> t = transpose(x = c, perm = tensor<int32, [2]>([1, 0]))"
               "[name = string(\"n\")];\n"
               "tensor<fp16, [4, 2]> d = mul(x = t, y = fp16(0.1))[name = string(\"n\")];\n"
               "tensor<fp16, [4, 1]> r = reduce_sum(x = d, axes = tensor<int32, [1]>([1]), "
               "keep_dims = bool(true))[name = string(\"n\")];\n"
               "tensor<fp16, [4, 1, 1]> e = expand_dims(x = r, axes = tensor<int32, [1]>([1]))"
               "[name = string(\"n\")];\n"
               "tensor<fp16, [1, 4, 1, 8]> y = add(x = x, y = e)[name = string(\"n\")];\n"
               "} -> (y, r);}";
    bench b = open_bench(ANET_NUMERICS_FP16, 1);
    anet_program *p = compile(&b, mil);
    anet_surface *in, *out[2];
    assert_int_equal(DEVICE.surface_new(b.device, N, NULL, &in, &b.err), ANET_OK);
    assert_int_equal(DEVICE.surface_new(b.device, N, NULL, &out[0], &b.err), ANET_OK);
    assert_int_equal(DEVICE.surface_new(b.device, 4, NULL, &out[1], &b.err), ANET_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(DEVICE.evaluate(p, &in, out, &b.err), ANET_OK);
        for (int i = 0; i < N; i++) {
            float row = (float)(i / 8), tenth = half_round(0.1f);
            float want = half_round(half_round((1 + row) * tenth) + half_round((5 + row) * tenth));
            assert_true(DEVICE.surface_read(out[0])[i] == want);
            assert_true(DEVICE.surface_read(out[1])[i / 8] == want);
        }
    }
    DEVICE.surface_free(in);
    DEVICE.surface_free(out[0]);
    DEVICE.surface_free(out[1]);
    DEVICE.release(p);
    close_bench(&b);
}

/* A run waits for ops behind a product that does not need it, and ends before one that does. */
static void test_runs_around_products(void **state) {
    (void)state;
    const char *mil =
        HEAD V "x) {\n" V "a = add(x = x, y = fp16(1))[name = string(\"n\")];\n"
               "tensor<fp16, [1, 4, 8, 8]> p = matmul(x = x, y = x, transpose_x = bool(true))"
               "[name = string(\"n\")];\n" V "b = mul(x = a, y = x)[name = string(\"n\")];\n"
               "tensor<fp16, [1, 4, 8, 8]> q = matmul(x = b, y = x, transpose_x = bool(true))"
               "[name = string(\"n\")];\n"
               "tensor<fp16, [1, 4, 8, 8]> d = sub(x = q, y = p)[name = string(\"n\")];\n"
               "tensor<fp16, [1, 4, 1, 8]> s = reduce_sum(x = d, axes = tensor<int32, [1]>([2]), "
               "keep_dims = bool(true))[name = string(\"n\")];\n" V
               "y = add(x = s, y = a)[name = string(\"n\")];\n} -> (y);}";
    float x[N], y[N], *to[] = {y};
    fill(x, N, -3);
    run(ANET_NUMERICS_FP32, 2, mil, x, 1, N, to);
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int k = i / 8 * 8; k < i / 8 * 8 + 8; k++) {
            sum += ((double)x[k] + 1) * x[k] * x[i] - (double)x[k] * x[i];
        }
        assert_true(fabs(y[i] - (sum + (double)x[i] + 1)) < 1e-3);
    }
}

static void test_surfaces(void **state) {
    (void)state;
    for (int half = 0; half < 2; half++) {
        bench b = open_bench(half ? ANET_NUMERICS_FP16 : ANET_NUMERICS_FP32, 2);
        float x[N];
        anet_surface *s, *own;
        fill(x, N, 0.1f);
        assert_int_equal(DEVICE.memory(b.device), 0);
        assert_int_equal(DEVICE.surface_new(b.device, N, x, &s, &b.err), ANET_OK);
        assert_int_equal(DEVICE.surface_new(b.device, N, NULL, &own, &b.err), ANET_OK);
        assert_int_equal(DEVICE.memory(b.device), (half ? 2u : 1u) * N * sizeof(float));
        const float *seen = DEVICE.surface_read(s);
        assert_int_equal(seen == x, !half);
        x[5] = 1 / 3.0f;
        DEVICE.surface_write(s, x, N);
        for (int i = 0; i < N; i++) {
            assert_true(seen[i] == (half ? half_round(x[i]) : x[i]));
            assert_true(DEVICE.surface_read(own)[i] == 0);
        }
        DEVICE.surface_write(own, x, 3); /* a part */
        assert_true(DEVICE.surface_read(own)[2] == (half ? half_round(x[2]) : x[2]));
        assert_true(DEVICE.surface_read(own)[3] == 0);
        DEVICE.surface_free(s);
        DEVICE.surface_free(own);
        assert_int_equal(DEVICE.memory(b.device), 0);
        close_bench(&b);
    }
}

static void test_wrong_surfaces(void **state) {
    (void)state;
    bench b = open_bench(ANET_NUMERICS_FP32, 1);
    anet_program *p =
        compile(&b, HEAD V "x) {" V "y = relu(x = x)[name = string(\"n\")]; } -> (y);}");
    anet_surface *small, *right, *other;
    assert_int_equal(DEVICE.surface_new(b.device, N - 1, NULL, &small, &b.err), ANET_OK);
    assert_int_equal(DEVICE.surface_new(b.device, N, NULL, &right, &b.err), ANET_OK);
    assert_int_equal(DEVICE.surface_new(b.device, N, NULL, &other, &b.err), ANET_OK);
    anet_surface *const cases[][2] = {
        {small, right}, {right, small}, {right, right}, {NULL, right}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        b.err = (anet_error){0};
        assert_int_not_equal(DEVICE.evaluate(p, &cases[i][0], &cases[i][1], &b.err), ANET_OK);
        assert_non_null(strstr(b.err.message, i == 1 || i == 2 ? "'y'" : "'x'"));
    }
    b.err = (anet_error){0};
    assert_int_equal(DEVICE.evaluate(p, &right, &other, &b.err), ANET_OK);
    DEVICE.surface_free(small);
    DEVICE.surface_free(right);
    DEVICE.surface_free(other);
    DEVICE.release(p);
    close_bench(&b);
}

static void test_index_outside(void **state) {
    (void)state;
    bench b = open_bench(ANET_NUMERICS_FP32, 1);
    anet_program *p = compile(
        &b, HEAD "tensor<fp16, [5, 3]> table, tensor<int32, [2]> ids) {"
                 "tensor<fp16, [2, 3]> y = gather(x = table, indices = ids, axis = int32(0))"
                 "[name = string(\"n\")]; } -> (y);}");
    anet_surface *in[2], *out;
    static const int32_t right[] = {4, -1}, wrong[] = {5, -6, INT32_MAX, INT32_MIN};
    float ids[2]; /* integers cross the border as int32 in the memory of floats */
    memcpy(ids, right, sizeof ids);
    assert_int_equal(DEVICE.surface_new(b.device, 15, NULL, &in[0], &b.err), ANET_OK);
    assert_int_equal(DEVICE.surface_new(b.device, 2, ids, &in[1], &b.err), ANET_OK);
    assert_int_equal(DEVICE.surface_new(b.device, 6, NULL, &out, &b.err), ANET_OK);
    assert_int_equal(DEVICE.evaluate(p, in, &out, &b.err), ANET_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(&ids[1], &wrong[i], sizeof wrong[i]);
        b.err = (anet_error){0};
        assert_int_equal(DEVICE.evaluate(p, in, &out, &b.err), ANET_BAD_INPUT);
        assert_non_null(strstr(b.err.message, "index"));
    }
    DEVICE.surface_free(in[0]);
    DEVICE.surface_free(in[1]);
    DEVICE.surface_free(out);
    DEVICE.release(p);
    close_bench(&b);
}

/* programs must not change each other's results through the shared workspace */
static void test_programs_share_the_workspace(void **state) {
    (void)state;
    bench b = open_bench(ANET_NUMERICS_FP32, 2);
    const char *small = HEAD V "x) {tensor<fp16, [1, 1, 1, 8]> s = reduce_sum(x = x, axes = "
                               "tensor<int32, [1]>([1]), keep_dims = bool(true))[name = "
                               "string(\"n\")];" V "y = add(x = x, y = s)[name = string(\"n\")];"
                               "} -> (y);}";
    const char *large =
        HEAD "tensor<fp16, [300, 300]> x) {tensor<fp16, [300, 300]> m = matmul(x = x, y = x)"
             "[name = string(\"n\")];tensor<fp16, [300, 300]> y = matmul(x = m, y = x)"
             "[name = string(\"n\")];} -> (y);}";
    anet_program *p = compile(&b, small), *q = compile(&b, large);
    size_t memory = DEVICE.memory(b.device);
    assert_true(memory >= 300 * 300 * sizeof(float));
    anet_program *again = compile(&b, large);
    assert_int_equal(DEVICE.memory(b.device), memory);
    float x[N];
    fill(x, N, 1);
    anet_surface *in, *out;
    assert_int_equal(DEVICE.surface_new(b.device, N, x, &in, &b.err), ANET_OK);
    assert_int_equal(DEVICE.surface_new(b.device, N, NULL, &out, &b.err), ANET_OK);
    assert_int_equal(DEVICE.evaluate(p, &in, &out, &b.err), ANET_OK);
    for (int i = 0; i < N; i++) {
        int c = i % 8;
        assert_true(DEVICE.surface_read(out)[i] == x[i] + x[c] + x[8 + c] + x[16 + c] + x[24 + c]);
    }
    DEVICE.surface_free(in);
    DEVICE.surface_free(out);
    DEVICE.release(p);
    DEVICE.release(q);
    DEVICE.release(again);
    close_bench(&b);
}

static void test_literals_are_rounded_in_half_only(void **state) {
    (void)state;
    const char *mil = HEAD V "x) {" V "y = add(x = x, y = fp16(0.1))[name = string(\"n\")];"
                             "} -> (y);}";
    float x[N] = {0}, y[N], *to[] = {y};
    run(ANET_NUMERICS_FP32, 1, mil, x, 1, N, to);
    assert_true(y[7] == 0.1f);
    run(ANET_NUMERICS_FP16, 1, mil, x, 1, N, to);
    assert_true(y[7] == half_round(0.1f));
}

static void test_refused(void **state) {
    (void)state;
#define BODY(type, body) HEAD type " x) {\n" body "\n} -> (y);}"
    static const struct {
        const char *mil, *message;
    } cases[] = {
        {BODY(V, V "y = fancy_op(x = x)[name = string(\"n\")];"), "fancy_op"},
        {BODY(V, "tensor<fp16, [1, 4, 1, 8]> y = conv(x = x, weight = x)[name = string(\"n\")];"),
         "conv"},
        {BODY("tensor<fp16, [?, 4]>",
              "tensor<fp16, [?, 4]> y = relu(x = x)[name = string(\"n\")];"),
         "dynamic"},
        {BODY("tensor<fp16, [0, 4]>",
              "tensor<fp16, [0, 4]> y = relu(x = x)[name = string(\"n\")];"),
         "no elements"},
        {BODY("tensor<fp16, [1, 1, 1, 1, 1, 1, 1, 1]>",
              "tensor<fp16, [1, 1, 1, 1, 1, 1, 1, 1]> y = relu(x = x)[name = string(\"n\")];"),
         ""},
        {BODY("tensor<fp16, [4294967296, 4294967296]>",
              "tensor<fp16, [4294967296, 4294967296]> y = relu(x = x)[name = string(\"n\")];"),
         ""},
        {BODY("tensor<fp16, [200000, 1]>",
              "tensor<fp16, [200000, 200000]> y = matmul(x = x, y = x, transpose_y = bool(true))"
              "[name = string(\"n\")];"),
         "64 GiB"},
        {BODY("tensor<fp16, [200000, 1]>",
              "tensor<fp16, [1, 200000]> t = transpose(x = x, perm = tensor<int32, [2]>([1, 0]))"
              "[name = string(\"n\")];\n"
              "tensor<fp16, [200000, 200000]> y = add(x = x, y = t)[name = string(\"n\")];"),
         "64 GiB"},
        {BODY(V, V "y = add(x = x, y = z)[name = string(\"n\")];"), "z"},
        {BODY(V, V "y = gelu(x = x, mode = string(\"NONE\"))[name = string(\"n\")];"), "mode"},
        {BODY("tensor<int32, [4]>",
              "tensor<int32, [4]> y = add(x = x, y = x)[name = string(\"n\")];"),
         "fp32 numerics"},
        {BODY(V, "tensor<fp16, [4, 8]> c = const()[name = string(\"c\"), val = tensor<fp16, [4, 8]>"
                 "(BLOBFILE(path = string(\"@model_path/weights/weight.bin\"), offset = "
                 "uint64(64)))];\ntensor<fp16, [1, 4, 4, 8]> y = add(x = x, y = c)[name = "
                 "string(\"n\")];"),
         "weight.bin"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench b = open_bench(ANET_NUMERICS_FP16, 1);
        anet_program *p;
        anet_code code = DEVICE.compile(
            b.device,
            &(anet_source){.name = "bad.mil", .text = cases[i].mil, .size = strlen(cases[i].mil)},
            &p, &b.err);
        if (code != ANET_BAD_INPUT || p) {
            fail_msg("accepted: %s", cases[i].mil);
        }
        if (strncmp(b.err.message, "bad.mil:", 8) != 0 ||
            !strstr(b.err.message, cases[i].message)) {
            fail_msg("case %zu: %s", i, b.err.message);
        }
        assert_int_equal(DEVICE.memory(b.device), 0);
        close_bench(&b);
    }
}

/* Bit-identical results for one thread count, and for any of them where nothing is cut across a
 * sum. */
static void test_repeatable(void **state) {
    (void)state;
    const char *mil = HEAD
        "tensor<fp16, [1, 200, 300]> a, tensor<fp16, [1, 300, 170]> b) {"
        "tensor<fp16, [1, 200, 170]> m = matmul(x = a, y = b)[name = string(\"n\")];"
        "tensor<fp16, [1, 200, 170]> s = softmax(x = m, axis = int32(1))[name = string(\"n\")];"
        "tensor<fp16, [1, 170]> y = reduce_sum(x = s, axes = tensor<int32, [1]>([1]), "
        "keep_dims = bool(false))[name = string(\"n\")]; } -> (y, m);}";
    for (int threads = 1; threads <= 3; threads++) {
        bench b = open_bench(ANET_NUMERICS_FP32, threads);
        anet_program *p = compile(&b, mil);
        anet_surface *in[2], *out[2];
        float *x = malloc(300 * 200 * sizeof *x), *first = malloc(200 * 170 * sizeof *x);
        assert_non_null(x);
        assert_non_null(first);
        for (size_t i = 0; i < 300 * 200; i++) {
            x[i] = (float)(i * 7919 % 1013) / 500 - 1;
        }
        assert_int_equal(DEVICE.surface_new(b.device, 200 * 300, x, &in[0], &b.err), ANET_OK);
        assert_int_equal(DEVICE.surface_new(b.device, 300 * 170, x, &in[1], &b.err), ANET_OK);
        assert_int_equal(DEVICE.surface_new(b.device, 170, NULL, &out[0], &b.err), ANET_OK);
        assert_int_equal(DEVICE.surface_new(b.device, 200 * 170, NULL, &out[1], &b.err), ANET_OK);
        for (int again = 0; again < 10; again++) {
            assert_int_equal(DEVICE.evaluate(p, in, out, &b.err), ANET_OK);
            if (again == 0) {
                memcpy(first, DEVICE.surface_read(out[1]), 200 * 170 * sizeof *first);
            }
            assert_memory_equal(first, DEVICE.surface_read(out[1]), 200 * 170 * sizeof *first);
            for (int i = 0; i < 170; i++) {
                assert_true(fabsf(DEVICE.surface_read(out[0])[i] - 1) < 1e-6f);
            }
        }
        for (int i = 0; i < 2; i++) {
            DEVICE.surface_free(in[i]);
            DEVICE.surface_free(out[i]);
        }
        DEVICE.release(p);
        free(x);
        free(first);
        close_bench(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_of_many_ops),
        cmocka_unit_test(test_kinds_of_results),
        cmocka_unit_test(test_run_waits_for_whole_values),
        cmocka_unit_test(test_shared_memory),
        cmocka_unit_test(test_constants_are_folded),
        cmocka_unit_test(test_runs_around_products),
        cmocka_unit_test(test_surfaces),
        cmocka_unit_test(test_wrong_surfaces),
        cmocka_unit_test(test_index_outside),
        cmocka_unit_test(test_programs_share_the_workspace),
        cmocka_unit_test(test_literals_are_rounded_in_half_only),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_repeatable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
