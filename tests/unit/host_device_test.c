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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a naive tensor library in double: the reference --- */

enum { RANK = 5 };

typedef struct array {
    int rank;
    int64_t dim[RANK];
    size_t n;
    double *x;
} array;

static array make(int rank, const int64_t *dim) {
    array a = {.rank = rank, .n = 1};
    for (int i = 0; i < rank; i++) {
        a.dim[i] = dim[i];
        a.n *= (size_t)dim[i];
    }
    a.x = calloc(a.n, sizeof *a.x);
    assert_non_null(a.x);
    return a;
}

#define MAKE(...)                                                                                  \
    make((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__})

static void drop(array *a) {
    free(a->x);
    a->x = NULL;
}

static array noise(array a, uint32_t seed, double low, double high) {
    for (size_t i = 0; i < a.n; i++) {
        seed = seed * 1664525u + 1013904223u;
        a.x[i] = half_round((float)(low + (high - low) * ((double)(seed >> 8) / 16777216.0)));
    }
    return a;
}

static void unravel(const array *a, size_t i, int64_t at[RANK]) {
    for (int k = a->rank - 1; k >= 0; k--) {
        at[k] = (int64_t)(i % (size_t)a->dim[k]);
        i /= (size_t)a->dim[k];
    }
}

/* element of a at the index `at` of a tensor of rank `rank`, broadcast */
static double peek(const array *a, int rank, const int64_t *at) {
    size_t i = 0;
    for (int k = 0; k < a->rank; k++) {
        int64_t index = a->dim[k] == 1 ? 0 : at[rank - a->rank + k];
        i = i * (size_t)a->dim[k] + (size_t)index;
    }
    return a->x[i];
}

static array broadcast_of(const array *a, const array *b) {
    int rank = a->rank > b->rank ? a->rank : b->rank;
    int64_t dim[RANK];
    for (int i = 0; i < rank; i++) {
        int64_t p = i < rank - a->rank ? 1 : a->dim[i - (rank - a->rank)];
        int64_t q = i < rank - b->rank ? 1 : b->dim[i - (rank - b->rank)];
        dim[i] = p > q ? p : q;
    }
    return make(rank, dim);
}

static array map2(const array *a, const array *b, double (*f)(double, double)) {
    array c = broadcast_of(a, b);
    int64_t at[RANK];
    for (size_t i = 0; i < c.n; i++) {
        unravel(&c, i, at);
        c.x[i] = f(peek(a, c.rank, at), peek(b, c.rank, at));
    }
    return c;
}

static array map1(const array *a, double (*f)(double)) {
    array c = make(a->rank, a->dim);
    for (size_t i = 0; i < c.n; i++) {
        c.x[i] = f(a->x[i]);
    }
    return c;
}

/* --- MIL text and running it --- */

static void put_type(text *t, const char *dtype, const array *a) {
    if (a->rank == 0) {
        text_printf(t, "%s", dtype);
        return;
    }
    text_printf(t, "tensor<%s, [", dtype);
    for (int i = 0; i < a->rank; i++) {
        text_printf(t, "%s%lld", i ? ", " : "", (long long)a->dim[i]);
    }
    text_puts(t, "]>");
}

/* `ops` is the body, where $y stands for the type of y; parameters are a, b, c ... */
static void put_program(text *t, const array *in, int ins, const array *out, int outs,
                        const char *ops) {
    text_puts(t, "program(1.3)\n[buildInfo = dict<string, string>({})]\n{\n func main<ios18>(");
    for (int i = 0; i < ins; i++) {
        text_puts(t, i ? ", " : "");
        put_type(t, "fp16", &in[i]);
        text_printf(t, " %c", 'a' + i);
    }
    text_puts(t, ") {\n");
    for (const char *s = ops; *s; s++) {
        if (*s == '$') {
            put_type(t, "fp16", &out[s[1] - 'y']);
            s++;
        } else {
            text_putc(t, *s);
        }
    }
    text_puts(t, "\n } -> (y");
    text_puts(t, outs > 1 ? ", z);\n}\n" : ");\n}\n");
}

typedef struct setting {
    anet_numerics numerics;
    int threads;
} setting;

static const setting settings[] = {{ANET_NUMERICS_FP32, 1},
                                   {ANET_NUMERICS_FP32, 3},
                                   {ANET_NUMERICS_FP16, 1},
                                   {ANET_NUMERICS_FP16, 2}};
enum { SETTINGS = sizeof settings / sizeof *settings };

typedef struct bench {
    anet_pool *pool;
    anet_device *device;
    anet_error err;
} bench;

static bench open_bench(setting s) {
    bench b = {.pool = pool_new(s.threads)};
    anet_device_config config = {.numerics = s.numerics, .pool = b.pool};
    assert_int_equal(anet_host_device.open(&config, &b.device, &b.err), ANET_OK);
    return b;
}

static void close_bench(bench *b) {
    assert_int_equal(anet_host_device.memory(b->device) % sizeof(float), 0);
    anet_host_device.close(b->device);
    pool_free(b->pool);
}

static anet_surface *surface_of(bench *b, const array *a, bool fill) {
    anet_surface *s;
    assert_int_equal(anet_host_device.surface_new(b->device, a->n, NULL, &s, &b->err), ANET_OK);
    float *x = malloc(a->n * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < a->n; i++) {
        x[i] = fill ? (float)a->x[i] : NAN; /* results must not depend on what was there */
    }
    anet_host_device.surface_write(s, x, a->n);
    free(x);
    return s;
}

static void compare(const char *ops, setting s, const float *got, const array *want,
                    double tolerance) {
    for (size_t i = 0; i < want->n; i++) {
        double x = (double)got[i], y = want->x[i], bound = tolerance * (1 + fabs(y));
        if (s.numerics == ANET_NUMERICS_FP16) {
            y = (double)half_round((float)y);
            assert_true(half_round(got[i]) == got[i] || isnan(got[i]));
            bound += ldexp(fabs(y), -10) + 0x1p-24;
        }
        if (!(fabs(x - y) <= bound) && !(isnan(x) && isnan(y)) && !(isinf(y) && x == y)) {
            fail_msg("%s: element %zu of %zu is %.9g, not %.9g (numerics %d, threads %d)", ops, i,
                     want->n, x, y, s.numerics, s.threads);
        }
    }
}

static void check_on(setting s, const char *ops, const array *in, int ins, const array *out,
                     int outs, double tolerance) {
    bench b = open_bench(s);
    text t = {0};
    put_program(&t, in, ins, out, outs, ops);
    anet_program *program;
    if (anet_host_device.compile(b.device,
                                 &(anet_source){.name = "test.mil", .text = t.at, .size = t.len},
                                 &program, &b.err)) {
        fail_msg("%s\n%s", b.err.message, t.at);
    }
    const anet_port *port;
    assert_int_equal(anet_host_device.inputs(program, &port), ins);
    assert_int_equal(anet_host_device.outputs(program, &port), outs);
    anet_surface *from[8], *to[8];
    for (int i = 0; i < ins; i++) {
        from[i] = surface_of(&b, &in[i], true);
    }
    for (int i = 0; i < outs; i++) {
        assert_int_equal(port[i].elements, out[i].n);
        to[i] = surface_of(&b, &out[i], false);
    }
    for (int again = 0; again < 2; again++) {
        if (anet_host_device.evaluate(program, from, to, &b.err)) {
            fail_msg("%s", b.err.message);
        }
        for (int i = 0; i < outs; i++) {
            compare(ops, s, anet_host_device.surface_read(to[i]), &out[i], tolerance);
        }
    }
    for (int i = 0; i < ins; i++) {
        anet_host_device.surface_free(from[i]);
    }
    for (int i = 0; i < outs; i++) {
        anet_host_device.surface_free(to[i]);
    }
    anet_host_device.release(program);
    text_free(&t);
    close_bench(&b);
}

static void check(const char *ops, const array *in, int ins, const array *out, int outs,
                  double tolerance) {
    for (int i = 0; i < SETTINGS; i++) {
        check_on(settings[i], ops, in, ins, out, outs, tolerance);
    }
}

/* frees in and out */
static void check1(const char *ops, array *in, int ins, array out, double tolerance) {
    check(ops, in, ins, &out, 1, tolerance);
    for (int i = 0; i < ins; i++) {
        drop(&in[i]);
    }
    drop(&out);
}

/* --- elementwise --- */

static double f_add(double a, double b) {
    return a + b;
}
static double f_sub(double a, double b) {
    return a - b;
}
static double f_mul(double a, double b) {
    return a * b;
}
static double f_div(double a, double b) {
    return a / b;
}
static double f_max(double a, double b) {
    return a > b ? a : b;
}
static double f_min(double a, double b) {
    return a < b ? a : b;
}

static const int64_t shape_pairs[][2][RANK] = {
    {{1, 40, 1, 96}, {1, 40, 1, 96}}, {{1, 40, 1, 96}, {1, 40, 1, 1}},
    {{1, 40, 1, 96}, {1, 1, 1, 96}},  {{1, 1, 1, 1}, {1, 40, 1, 300}},
    {{2, 3, 4, 5}, {2, 1, 4, 1}},     {{2, 3, 4, 5}, {1, 3, 1, 5}},
    {{7, 1, 5, 1}, {1, 6, 1, 3}},     {{1, 2, 1, 2000}, {1, 2, 1, 1}},
    {{3, 700, 1, 7}, {3, 700, 1, 1}}, {{1, 1, 1, 1}, {1, 1, 1, 1}},
    {{64, 1, 33, 40}, {1, 2, 33, 1}}, {{1, 64, 128, 1}, {1, 64, 1, 129}},
};

static void test_broadcasting(void **state) {
    (void)state;
    static const struct {
        const char *op;
        double (*f)(double, double);
    } ops[] = {{"add", f_add},      {"sub", f_sub},     {"mul", f_mul},
               {"real_div", f_div}, {"maximum", f_max}, {"minimum", f_min}};
    for (size_t i = 0; i < sizeof shape_pairs / sizeof *shape_pairs; i++) {
        array in[] = {noise(make(4, shape_pairs[i][0]), 1, -3, 3),
                      noise(make(4, shape_pairs[i][1]), 2, 0.5, 3)};
        char body[200];
        int k = (int)(i % (sizeof ops / sizeof *ops));
        snprintf(body, sizeof body, "$y y = %s(x = a, y = b)[name = string(\"y\")];", ops[k].op);
        check1(body, in, 2, map2(&in[0], &in[1], ops[k].f), 1e-7);
        array back[] = {noise(make(4, shape_pairs[i][1]), 2, 0.5, 3),
                        noise(make(4, shape_pairs[i][0]), 1, 0.25, 3)};
        k = (int)((i + 3) % (sizeof ops / sizeof *ops));
        snprintf(body, sizeof body, "$y y = %s(x = a, y = b)[name = string(\"y\")];", ops[k].op);
        check1(body, back, 2, map2(&back[0], &back[1], ops[k].f), 1e-7);
    }
}

static double f_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}
static double f_silu(double x) {
    return x * f_sigmoid(x);
}
static double f_relu(double x) {
    return x > 0 ? x : 0;
}
static double f_square(double x) {
    return x * x;
}
static double f_gelu(double x) {
    return 0.5 * x * (1 + erf(x * sqrt(0.5)));
}
static double f_gelu_tanh(double x) {
    return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}
static double f_gelu_sigmoid(double x) {
    return x * f_sigmoid(1.702 * x);
}
static double f_rsqrt(double x) {
    return 1 / sqrt(x + 0.25);
}
static double f_log(double x) {
    return log(x + 0.5);
}
static double f_clip(double x) {
    return f_min(f_max(x, 0.5), 2);
}
static double f_cube(double x) {
    return x * x * x;
}

static void test_unary(void **state) {
    (void)state;
    static const struct {
        const char *call;
        double (*f)(double);
        double low, high;
    } ops[] = {
        {"exp(x = a)", exp, -5, 5},
        {"log(x = a, epsilon = fp16(0.5))", f_log, 0, 100},
        {"log(x = a)", log, 0.01, 100},
        {"sqrt(x = a)", sqrt, 0, 50},
        {"rsqrt(x = a, epsilon = fp16(0.25))", f_rsqrt, 0, 50},
        {"sigmoid(x = a)", f_sigmoid, -10, 10},
        {"tanh(x = a)", tanh, -5, 5},
        {"silu(x = a)", f_silu, -10, 10},
        {"relu(x = a)", f_relu, -10, 10},
        {"gelu(x = a)", f_gelu, -6, 6},
        {"gelu(x = a, mode = string(\"EXACT\"))", f_gelu, -6, 6},
        {"gelu(x = a, mode = string(\"TANH_APPROXIMATION\"))", f_gelu_tanh, -6, 6},
        {"gelu(x = a, mode = string(\"SIGMOID_APPROXIMATION\"))", f_gelu_sigmoid, -6, 6},
        {"erf(x = a)", erf, -5, 5},
        {"sin(x = a)", sin, -20, 20},
        {"cos(x = a)", cos, -20, 20},
        {"abs(x = a)", fabs, -5, 5},
        {"square(x = a)", f_square, -5, 5},
        {"clip(x = a, alpha = fp16(0.5), beta = fp16(2))", f_clip, -5, 5},
        {"pow(x = a, y = fp16(2))", f_square, -5, 5},
        {"pow(x = a, y = fp16(3))", f_cube, -5, 5},
    };
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        array in[] = {noise(MAKE(1, 37, 1, 81), 5, ops[i].low, ops[i].high)};
        char body[200];
        snprintf(body, sizeof body, "$y y = %s[name = string(\"y\")];", ops[i].call);
        check1(body, in, 1, map1(&in[0], ops[i].f), 3e-7);
    }
}

static void test_compare_and_select(void **state) {
    (void)state;
    array in[] = {noise(MAKE(1, 6, 1, 100), 1, -1, 1), noise(MAKE(1, 1, 1, 100), 2, -1, 1),
                  noise(MAKE(1, 6, 1, 1), 3, 5, 6)};
    array out = make(4, in[0].dim);
    int64_t at[RANK];
    for (size_t i = 0; i < out.n; i++) {
        unravel(&out, i, at);
        bool less = in[0].x[i] < peek(&in[1], 4, at);
        out.x[i] = less ? peek(&in[2], 4, at) : in[0].x[i];
    }
    check1("tensor<bool, [1, 6, 1, 100]> l = less(x = a, y = b)[name = string(\"l\")];\n"
           "$y y = select(cond = l, a = c, b = a)[name = string(\"y\")];",
           in, 3, out, 0);
}

/* --- reductions and softmax --- */

static const struct {
    int rank;
    int64_t dim[RANK];
} reduced_shapes[] = {{4, {1, 200, 1, 130}}, {4, {2, 3, 4, 5}}, {3, {7, 40, 50}},
                      {5, {2, 3, 2, 17, 4}}, {2, {300, 65}},    {4, {1, 12, 70, 33}},
                      {1, {4000}},           {4, {1, 1, 1, 1}}};

static array reduce(const array *a, unsigned axes, bool keep, const char *kind) {
    int64_t dim[RANK], at[RANK];
    int rank = 0;
    size_t count = 1;
    for (int i = 0; i < a->rank; i++) {
        bool gone = axes >> i & 1;
        count *= gone ? (size_t)a->dim[i] : 1;
        if (!gone || keep) {
            dim[rank++] = gone ? 1 : a->dim[i];
        }
    }
    array c = make(rank, dim);
    bool max = strcmp(kind, "max") == 0, min = strcmp(kind, "min") == 0;
    for (size_t i = 0; i < c.n; i++) {
        c.x[i] = max ? -INFINITY : min ? INFINITY : 0;
    }
    for (size_t i = 0; i < a->n; i++) {
        unravel(a, i, at);
        size_t to = 0;
        for (int k = 0; k < a->rank; k++) {
            if (!(axes >> k & 1)) {
                to = to * (size_t)a->dim[k] + (size_t)at[k];
            }
        }
        double *y = &c.x[to], x = a->x[i];
        *y = max ? f_max(*y, x) : min ? f_min(*y, x) : *y + x;
    }
    for (size_t i = 0; i < c.n && strcmp(kind, "mean") == 0; i++) {
        c.x[i] /= (double)count;
    }
    return c;
}

static void test_reductions(void **state) {
    (void)state;
    static const char *const kinds[] = {"sum", "mean", "max", "min"};
    int turn = 0;
    for (size_t s = 0; s < sizeof reduced_shapes / sizeof *reduced_shapes; s++) {
        int rank = reduced_shapes[s].rank;
        for (unsigned axes = 1; axes < 1u << rank; axes++, turn++) {
            const char *kind = kinds[turn % 4];
            bool keep = turn % 3;
            array in[] = {noise(make(rank, reduced_shapes[s].dim), axes, -1, 1.5)};
            text body = {0};
            text_printf(&body, "$y y = reduce_%s(x = a, axes = tensor<int32, [%d]>([", kind,
                        __builtin_popcount(axes));
            const char *comma = "";
            for (int i = rank - 1; i >= 0; i--) {
                if (axes >> i & 1) {
                    text_printf(&body, "%s%d", comma, turn % 2 ? i : i - rank);
                    comma = ", ";
                }
            }
            text_printf(&body, "]), keep_dims = bool(%s))[name = string(\"y\")];",
                        keep ? "true" : "false");
            check1(body.at, in, 1, reduce(&in[0], axes, keep, kind), 2e-7);
            text_free(&body);
        }
    }
    array all[] = {noise(MAKE(3, 50, 70), 9, -1, 1.5)};
    check1("$y y = reduce_sum(x = a)[name = string(\"y\")];", all, 1,
           reduce(&all[0], 7, false, "sum"), 1e-6);
}

static array softmax_of(const array *a, int axis) {
    array c = make(a->rank, a->dim);
    size_t inner = 1, n = (size_t)a->dim[axis];
    for (int i = axis + 1; i < a->rank; i++) {
        inner *= (size_t)a->dim[i];
    }
    for (size_t i = 0; i < a->n; i++) {
        size_t start = i / (inner * n) * inner * n + i % inner;
        double most = -INFINITY, sum = 0;
        for (size_t k = 0; k < n; k++) {
            most = f_max(most, a->x[start + k * inner]);
        }
        for (size_t k = 0; k < n; k++) {
            sum += exp(a->x[start + k * inner] - most);
        }
        c.x[i] = exp(a->x[i] - most) / sum;
    }
    return c;
}

static void test_softmax(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof reduced_shapes / sizeof *reduced_shapes; s++) {
        int rank = reduced_shapes[s].rank;
        for (int axis = 0; axis < rank; axis++) {
            if (reduced_shapes[s].dim[axis] > 1000) {
                continue; /* the reference is quadratic */
            }
            array in[] = {noise(make(rank, reduced_shapes[s].dim), 3, -8, 8)};
            in[0].x[0] = -65504; /* a masked element */
            char body[200];
            snprintf(body, sizeof body,
                     "$y y = softmax(x = a, axis = int32(%d))[name = string(\"y\")];",
                     s % 2 ? axis : axis - rank);
            check1(body, in, 1, softmax_of(&in[0], axis), 3e-7);
        }
    }
}

/* --- matmul --- */

static array matmul_of(const array *a, const array *b, bool ta, bool tb) {
    int ra = a->rank, rb = b->rank;
    int64_t m = a->dim[ra - (ta ? 1 : 2)], k = a->dim[ra - (ta ? 2 : 1)];
    int64_t n = b->dim[rb - (tb ? 2 : 1)];
    array x = *a, y = *b;
    x.dim[ra - 2] = x.dim[ra - 1] = y.dim[rb - 2] = y.dim[rb - 1] = 1;
    array c = broadcast_of(&x, &y);
    free(c.x);
    c.dim[c.rank - 2] = m;
    c.dim[c.rank - 1] = n;
    c = make(c.rank, c.dim);
    int64_t at[RANK];
    for (size_t i = 0; i < c.n; i++) {
        unravel(&c, i, at);
        int64_t row = at[c.rank - 2], column = at[c.rank - 1];
        for (int64_t p = 0; p < k; p++) {
            int64_t u[RANK], v[RANK];
            memcpy(u, at, sizeof u);
            memcpy(v, at, sizeof v);
            u[c.rank - 2] = ta ? p : row;
            u[c.rank - 1] = ta ? row : p;
            v[c.rank - 2] = tb ? column : p;
            v[c.rank - 1] = tb ? p : column;
            c.x[i] += peek(a, c.rank, u) * peek(b, c.rank, v);
        }
    }
    return c;
}

static void check_matmul(array a, array b, bool ta, bool tb) {
    array in[] = {noise(a, 1, -1, 1), noise(b, 2, -1, 1)};
    char body[300];
    snprintf(body, sizeof body,
             "$y y = matmul(x = a, y = b, transpose_x = bool(%s), transpose_y = bool(%s))"
             "[name = string(\"y\")];",
             ta ? "true" : "false", tb ? "true" : "false");
    check1(body, in, 2, matmul_of(&in[0], &in[1], ta, tb), 2e-6);
}

static void test_matmul(void **state) {
    (void)state;
    for (int t = 0; t < 4; t++) {
        bool ta = t & 1, tb = t & 2;
        int64_t m = 21, k = 34, n = 45;
        int64_t ar = ta ? k : m, ac = ta ? m : k, br = tb ? n : k, bc = tb ? k : n;
        check_matmul(MAKE(ar, ac), MAKE(br, bc), ta, tb);
        check_matmul(MAKE(1, ar, ac), MAKE(1, br, bc), ta, tb);
        check_matmul(MAKE(5, ar, ac), MAKE(br, bc), ta, tb);
        check_matmul(MAKE(ar, ac), MAKE(5, br, bc), ta, tb);
        check_matmul(MAKE(2, 3, ar, ac), MAKE(2, 1, br, bc), ta, tb);
        check_matmul(MAKE(2, 1, ar, ac), MAKE(1, 3, br, bc), ta, tb);
        check_matmul(MAKE(1, 2, 3, ar, ac), MAKE(1, 2, 1, br, bc), ta, tb);
        check_matmul(MAKE(1, 12, ar, ac), MAKE(1, 12, br, bc), ta, tb);
    }
    check_matmul(MAKE(1, 150, 96), MAKE(1, 96, 130), false, false);
    check_matmul(MAKE(1, 1, 96), MAKE(1, 96, 130), false, false);
    check_matmul(MAKE(1, 150, 96), MAKE(1, 96, 1), false, false);
}

/* --- moving elements --- */

static void test_views(void **state) {
    (void)state;
    array in[] = {noise(MAKE(1, 6, 1, 20), 1, -1, 1)};
    array out[] = {MAKE(6, 20), MAKE(2, 3, 20, 1)};
    memcpy(out[0].x, in[0].x, in[0].n * sizeof(double));
    memcpy(out[1].x, in[0].x, in[0].n * sizeof(double));
    check("$y y = squeeze(x = a, axes = tensor<int32, [2]>([0, 2]))[name = string(\"y\")];\n"
          "tensor<fp16, [2, 3, 20]> r = reshape(x = y, shape = tensor<int32, [3]>([2, 3, -1]))"
          "[name = string(\"r\")];\n"
          "$z z = expand_dims(x = r, axes = tensor<int32, [1]>([-1]))[name = string(\"z\")];",
          in, 1, out, 2, 0);
    drop(&out[1]);
    drop(&in[0]);
    drop(&out[0]);
}

static array transposed(const array *a, const int *perm) {
    int64_t dim[RANK], at[RANK], from[RANK];
    for (int i = 0; i < a->rank; i++) {
        dim[i] = a->dim[perm[i]];
    }
    array c = make(a->rank, dim);
    for (size_t i = 0; i < c.n; i++) {
        unravel(&c, i, at);
        for (int k = 0; k < a->rank; k++) {
            from[perm[k]] = at[k];
        }
        c.x[i] = peek(a, a->rank, from);
    }
    return c;
}

static void test_transpose(void **state) {
    (void)state;
    static const int perms[][4] = {{0, 1, 2, 3}, {0, 1, 3, 2}, {0, 2, 1, 3}, {3, 2, 1, 0},
                                   {2, 0, 3, 1}, {1, 0, 2, 3}, {0, 3, 1, 2}, {0, 3, 2, 1}};
    static const int64_t shapes[][4] = {{3, 5, 33, 40}, {1, 100, 1, 130}, {2, 4, 6, 1}};
    for (size_t s = 0; s < 3; s++) {
        for (size_t i = 0; i < sizeof perms / sizeof *perms; i++) {
            array in[] = {noise(make(4, shapes[s]), 1, -1, 1)};
            const int *p = perms[i];
            char body[200];
            snprintf(body, sizeof body,
                     "$y y = transpose(x = a, perm = tensor<int32, [4]>([%d, %d, %d, %d]))"
                     "[name = string(\"y\")];",
                     p[0], p[1] - 4, p[2], p[3]);
            check1(body, in, 1, transposed(&in[0], p), 0);
        }
    }
}

/* begin, count, stride on every axis */
static array sliced(const array *a, const int64_t (*range)[3]) {
    int64_t dim[RANK], at[RANK];
    for (int i = 0; i < a->rank; i++) {
        dim[i] = range[i][1];
    }
    array c = make(a->rank, dim);
    for (size_t i = 0; i < c.n; i++) {
        unravel(&c, i, at);
        for (int k = 0; k < a->rank; k++) {
            at[k] = range[k][0] + at[k] * range[k][2];
        }
        size_t from = 0;
        for (int k = 0; k < a->rank; k++) {
            from = from * (size_t)a->dim[k] + (size_t)at[k];
        }
        c.x[i] = a->x[from];
    }
    return c;
}

static void check_slice(const char *call, const int64_t (*range)[3]) {
    array in[] = {noise(MAKE(1, 30, 4, 50), 1, -1, 1)};
    text body = {0};
    text_printf(&body, "$y y = %s[name = string(\"y\")];", call);
    check1(body.at, in, 1, sliced(&in[0], range), 0);
    text_free(&body);
}

static void test_slices(void **state) {
    (void)state;
    check_slice("slice_by_size(x = a, begin = tensor<int32, [4]>([0, 10, 0, 0]), "
                "size = tensor<int32, [4]>([1, 12, 4, 50]))",
                (const int64_t[][3]){{0, 1, 1}, {10, 12, 1}, {0, 4, 1}, {0, 50, 1}});
    check_slice("slice_by_size(x = a, begin = tensor<int32, [4]>([0, 3, 1, 25]), "
                "size = tensor<int32, [4]>([1, -1, 2, 25]))",
                (const int64_t[][3]){{0, 1, 1}, {3, 27, 1}, {1, 2, 1}, {25, 25, 1}});
    check_slice("slice_by_index(x = a, begin = tensor<int32, [4]>([0, 5, -3, 9]), "
                "end = tensor<int32, [4]>([1, 30, -1, 1000]))",
                (const int64_t[][3]){{0, 1, 1}, {5, 25, 1}, {1, 2, 1}, {9, 41, 1}});
    check_slice("slice_by_index(x = a, begin = tensor<int32, [4]>([0, 1, 0, 49]), "
                "end = tensor<int32, [4]>([1, 30, 4, 0]), "
                "stride = tensor<int32, [4]>([1, 3, 2, -4]), "
                "begin_mask = tensor<bool, [4]>([true, false, true, false]), "
                "end_mask = tensor<bool, [4]>([true, false, true, true]))",
                (const int64_t[][3]){{0, 1, 1}, {1, 10, 3}, {0, 2, 2}, {49, 13, -4}});
}

static void test_slice_drops_axes(void **state) {
    (void)state;
    array in[] = {noise(MAKE(2, 5, 7), 1, -1, 1)};
    array out = MAKE(2, 7);
    for (size_t i = 0; i < 14; i++) {
        out.x[i] = in[0].x[i / 7 * 35 + 3 * 7 + i % 7];
    }
    check1("$y y = slice_by_index(x = a, begin = tensor<int32, [3]>([0, -2, 0]), "
           "end = tensor<int32, [3]>([2, 0, 7]), "
           "squeeze_mask = tensor<bool, [3]>([false, true, false]))[name = string(\"y\")];",
           in, 1, out, 0);
}

static void test_concat(void **state) {
    (void)state;
    for (int axis = 0; axis < 3; axis++) {
        int64_t dims[3][3] = {{4, 20, 30}, {4, 20, 30}, {4, 20, 30}}, whole[3] = {4, 20, 30};
        dims[1][axis] = 1;
        dims[2][axis] = 9;
        whole[axis] += 10;
        array in[3], out = make(3, whole);
        for (int i = 0; i < 3; i++) {
            in[i] = noise(make(3, dims[i]), (uint32_t)i, -1, 1);
        }
        for (size_t i = 0; i < out.n; i++) {
            int64_t at[RANK];
            unravel(&out, i, at);
            int part = 0;
            while (at[axis] >= dims[part][axis]) {
                at[axis] -= dims[part++][axis];
            }
            size_t from = 0;
            for (int k = 0; k < 3; k++) {
                from = from * (size_t)dims[part][k] + (size_t)at[k];
            }
            out.x[i] = in[part].x[from];
        }
        char body[200];
        snprintf(body, sizeof body,
                 "$y y = concat(values = (a, b, c), axis = int32(%d), interleave = bool(false))"
                 "[name = string(\"y\")];",
                 axis - 3);
        check1(body, in, 3, out, 0);
    }
}

static void test_tile(void **state) {
    (void)state;
    static const int64_t reps[][4] = {{1, 1, 1, 1}, {2, 1, 3, 1}, {1, 4, 1, 1}, {1, 1, 1, 5}};
    for (size_t r = 0; r < sizeof reps / sizeof *reps; r++) {
        array in[] = {noise(MAKE(2, 3, 1, 20), 1, -1, 1)};
        int64_t dim[4], at[RANK];
        for (int i = 0; i < 4; i++) {
            dim[i] = in[0].dim[i] * reps[r][i];
        }
        array out = make(4, dim);
        for (size_t i = 0; i < out.n; i++) {
            unravel(&out, i, at);
            for (int k = 0; k < 4; k++) {
                at[k] %= in[0].dim[k];
            }
            out.x[i] = peek(&in[0], 4, at);
        }
        char body[200];
        snprintf(body, sizeof body,
                 "$y y = tile(x = a, reps = tensor<int32, [4]>([%d, %d, %d, %d]))"
                 "[name = string(\"y\")];",
                 (int)reps[r][0], (int)reps[r][1], (int)reps[r][2], (int)reps[r][3]);
        check1(body, in, 1, out, 0);
    }
}

static void test_gather(void **state) {
    (void)state;
    for (int axis = 0; axis < 3; axis++) {
        array in[] = {noise(MAKE(9, 8, 7), 1, -1, 1)};
        static const int64_t rows[] = {6, 0, 3, 3};
        int64_t dim[4] = {9, 8, 7};
        memmove(dim + axis + 1, dim + axis, (size_t)(3 - axis) * sizeof *dim);
        dim[axis] = 2;
        dim[axis + 1] = 2;
        array out = make(4, dim);
        for (size_t i = 0; i < out.n; i++) {
            int64_t at[RANK];
            unravel(&out, i, at);
            int64_t row = rows[at[axis] * 2 + at[axis + 1]];
            memmove(at + axis, at + axis + 1, (size_t)(3 - axis) * sizeof *at);
            at[axis] = row;
            out.x[i] = peek(&in[0], 3, at);
        }
        char body[300];
        snprintf(body, sizeof body,
                 "$y y = gather(x = a, axis = int32(%d), "
                 "indices = tensor<int32, [2, 2]>([[6, 0], [3, 3]]))[name = string(\"y\")];",
                 axis);
        check1(body, in, 1, out, 0);
    }
}

/* slices and transposed tensors that are never copied together */
static void test_walks_into_elementwise(void **state) {
    (void)state;
    array in[] = {noise(MAKE(12, 32, 2, 64), 1, -1, 1), noise(MAKE(1, 32, 1, 64), 2, -1, 1)};
    array even =
        sliced(&in[0], (const int64_t[][3]){{0, 12, 1}, {0, 32, 1}, {0, 1, 1}, {0, 64, 1}});
    array odd =
        sliced(&in[0], (const int64_t[][3]){{11, 12, -1}, {0, 32, 1}, {1, 1, 1}, {0, 64, 1}});
    array turned = transposed(&odd, (const int[]){1, 0, 2, 3});
    array back = transposed(&turned, (const int[]){1, 0, 2, 3});
    array product = map2(&even, &in[1], f_mul), out = map2(&product, &back, f_sub);
    check1("tensor<fp16, [12, 32, 1, 64]> e = slice_by_size(x = a, begin = tensor<int32, [4]>"
           "([0, 0, 0, 0]), size = tensor<int32, [4]>([12, 32, 1, 64]))[name = string(\"n\")];\n"
           "tensor<fp16, [12, 32, 1, 64]> o = slice_by_index(x = a, begin = tensor<int32, [4]>"
           "([11, 0, 1, 0]), end = tensor<int32, [4]>([0, 32, 2, 64]), stride = "
           "tensor<int32, [4]>([-1, 1, 1, 1]), end_mask = tensor<bool, [4]>"
           "([true, false, false, false]))[name = string(\"n\")];\n"
           "tensor<fp16, [32, 12, 1, 64]> t = transpose(x = o, perm = tensor<int32, [4]>"
           "([1, 0, 2, 3]))[name = string(\"n\")];\n"
           "tensor<fp16, [12, 32, 1, 64]> u = transpose(x = t, perm = tensor<int32, [4]>"
           "([1, 0, 2, 3]))[name = string(\"n\")];\n"
           "tensor<fp16, [12, 32, 1, 64]> p = mul(x = e, y = b)[name = string(\"n\")];\n"
           "$y y = sub(x = p, y = u)[name = string(\"n\")];",
           in, 2, out, 1e-3);
    drop(&even);
    drop(&odd);
    drop(&turned);
    drop(&back);
    drop(&product);
}

/* operands side by side in one tensor, as programs with packed weights have them */
static void check_walk_into_matmul(const char *slice, const int64_t (*range)[3], bool transpose) {
    array in[] = {noise(MAKE(1, 6, 40, 90), 1, -1, 1), noise(MAKE(1, 6, 40, 20), 2, -1, 1)};
    array part = sliced(&in[0], range);
    array out = matmul_of(&part, &in[1], transpose, false);
    text body = {0};
    text_puts(&body, "tensor<fp16, [");
    for (int i = 0; i < 4; i++) {
        text_printf(&body, "%s%lld", i ? ", " : "", (long long)part.dim[i]);
    }
    text_printf(&body,
                "]> s = %s[name = string(\"n\")];\n$y y = matmul(x = s, y = b, transpose_x = "
                "bool(%s))[name = string(\"n\")];",
                slice, transpose ? "true" : "false");
    check1(body.at, in, 2, out, 3e-6);
    text_free(&body);
    drop(&part);
}

static void test_walks_into_matmul(void **state) {
    (void)state;
    check_walk_into_matmul("slice_by_size(x = a, begin = tensor<int32, [4]>([0, 0, 0, 30]), size = "
                           "tensor<int32, [4]>([1, 6, 40, 33]))",
                           (const int64_t[][3]){{0, 1, 1}, {0, 6, 1}, {0, 40, 1}, {30, 33, 1}},
                           true);
    check_walk_into_matmul("slice_by_size(x = a, begin = tensor<int32, [4]>([0, 3, 0, 30]), size = "
                           "tensor<int32, [4]>([1, 1, 40, 40]))",
                           (const int64_t[][3]){{0, 1, 1}, {3, 1, 1}, {0, 40, 1}, {30, 40, 1}},
                           false);
    check_walk_into_matmul("slice_by_size(x = a, begin = tensor<int32, [4]>([0, 0, 7, 30]), size = "
                           "tensor<int32, [4]>([1, 6, 1, 40]))",
                           (const int64_t[][3]){{0, 1, 1}, {0, 6, 1}, {7, 1, 1}, {30, 40, 1}},
                           false);
    check_walk_into_matmul("slice_by_index(x = a, begin = tensor<int32, [4]>([0, 5, 39, 0]), end = "
                           "tensor<int32, [4]>([1, 0, 0, 33]), stride = tensor<int32, [4]>([1, -1, "
                           "-1, 1]), end_mask = tensor<bool, [4]>([true, true, true, false]))",
                           (const int64_t[][3]){{0, 1, 1}, {5, 6, -1}, {39, 40, -1}, {0, 33, 1}},
                           true);
    check_walk_into_matmul("slice_by_index(x = a, begin = tensor<int32, [4]>([0, 0, 0, 0]), end = "
                           "tensor<int32, [4]>([1, 6, 40, 80]), stride = tensor<int32, [4]>([1, 1, "
                           "3, 2]))",
                           (const int64_t[][3]){{0, 1, 1}, {0, 6, 1}, {0, 14, 3}, {0, 40, 2}},
                           false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broadcasting),
        cmocka_unit_test(test_unary),
        cmocka_unit_test(test_compare_and_select),
        cmocka_unit_test(test_reductions),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_matmul),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_slice_drops_axes),
        cmocka_unit_test(test_walks_into_elementwise),
        cmocka_unit_test(test_walks_into_matmul),
        cmocka_unit_test(test_concat),
        cmocka_unit_test(test_tile),
        cmocka_unit_test(test_gather),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
