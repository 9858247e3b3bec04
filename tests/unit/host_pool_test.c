/* max_pool, avg_pool and l2_pool against loops over every window. */
#include "host_run.h"

#include <math.h>

typedef struct pool_case {
    size_t dim[2], kernel[2], stride[2], before[2], after[2];
    const char *padding;
    bool ceiling, exclude;
} pool_case;

/* what the values of one window come to */
typedef struct window_sum {
    double most, sum, squares;
    size_t inside, counted; /* elements; and those that padding adds, as far as it was asked for */
} window_sum;

static window_sum walk(const pool_case *c, const float *plane, const size_t at[2]) {
    window_sum w = {.most = -INFINITY};
    for (size_t i = 0; i < c->kernel[0] * c->kernel[1]; i++) {
        size_t y = at[0] * c->stride[0] + i / c->kernel[1];
        size_t x = at[1] * c->stride[1] + i % c->kernel[1];
        bool in_y = y >= c->before[0] && y < c->before[0] + c->dim[0];
        bool in_x = x >= c->before[1] && x < c->before[1] + c->dim[1];
        w.counted += y < c->before[0] + c->dim[0] + c->after[0] &&
                     x < c->before[1] + c->dim[1] + c->after[1];
        if (in_y && in_x) {
            double v = (double)plane[(y - c->before[0]) * c->dim[1] + x - c->before[1]];
            w.most = v > w.most ? v : w.most;
            w.sum += v;
            w.squares += v * v;
            w.inside++;
        }
    }
    return w;
}

static double value(const pool_case *c, const char *op, const window_sum *w) {
    if (strcmp(op, "max_pool") == 0) {
        return w->most;
    }
    if (strcmp(op, "l2_pool") == 0) {
        return sqrt(w->squares);
    }
    return w->sum / (double)(c->exclude ? w->inside : w->counted);
}

/* sets what `same` pads, and the dims of the result */
static bool finish_case(pool_case *c, size_t dims[2]) {
    for (int i = 0; i < 2; i++) {
        size_t rest = c->dim[i] % c->stride[i] ? c->dim[i] % c->stride[i] : c->stride[i];
        if (strcmp(c->padding, "same") == 0) {
            size_t all = c->kernel[i] > rest ? c->kernel[i] - rest : 0;
            c->before[i] = all / 2;
            c->after[i] = all - all / 2;
        } else if (strcmp(c->padding, "valid") == 0) {
            c->before[i] = c->after[i] = 0;
        }
        size_t length = c->dim[i] + c->before[i] + c->after[i];
        if (length < c->kernel[i]) {
            return false;
        }
        size_t more = c->ceiling ? c->stride[i] - 1 : 0;
        dims[i] = (length - c->kernel[i] + more) / c->stride[i] + 1;
        if (c->ceiling && (dims[i] - 1) * c->stride[i] >= c->dim[i] + c->before[i]) {
            dims[i]--;
        }
    }
    return true;
}

static void check(const char *op, pool_case c, uint32_t seed) {
    size_t dims[2];
    char args[500];
    if (!finish_case(&c, dims)) {
        return;
    }
    host_tensor x = host_floats("x", DIMS(2, 3, c.dim[0], c.dim[1]), seed);
    host_tensor y = host_floats("y", DIMS(2, 3, dims[0], dims[1]), 0);
    double *want = calloc(y.shape.n, sizeof *want);
    assert_non_null(want);
    for (size_t i = 0; i < y.shape.n; i++) {
        size_t at[2] = {i / dims[1] % dims[0], i % dims[1]};
        window_sum w = walk(&c, x.f + i / dims[1] / dims[0] * c.dim[0] * c.dim[1], at);
        want[i] = value(&c, op, &w);
    }
    snprintf(args, sizeof args,
             "x = x, kernel_sizes = tensor<int32, [2]>([%zu, %zu]), strides = tensor<int32, "
             "[2]>([%zu, %zu]), pad = tensor<int32, [4]>([%zu, %zu, %zu, %zu]), pad_type = "
             "string(\"%s\"), ceil_mode = bool(%s)%s",
             c.kernel[0], c.kernel[1], c.stride[0], c.stride[1], c.before[0], c.after[0],
             c.before[1], c.after[1], c.padding, c.ceiling ? "true" : "false",
             c.exclude ? ", exclude_padding_from_average = bool(true)" : "");
    host_run(op, args, &x, 1, &y, 1);
    host_expect(args, &y, want, 1e-6);
    free(want);
    host_run_free(&x, 1);
    host_run_free(&y, 1);
}

static void test_random(void **state) {
    (void)state;
    static const char *const ops[] = {"max_pool", "avg_pool", "l2_pool"};
    static const char *const paddings[] = {"valid", "custom", "same"};
    uint32_t seed = 3;
    for (uint32_t i = 1; i <= 400; i++) {
        pool_case c = {.padding = paddings[host_pick(&seed, 0, 2)]};
        c.exclude = host_pick(&seed, 0, 1);
        for (int k = 0; k < 2; k++) {
            c.dim[k] = host_pick(&seed, 1, k ? 200 : 12);
            c.kernel[k] = host_pick(&seed, 1, 5);
            c.stride[k] = host_pick(&seed, 1, 3);
            c.before[k] = c.after[k] = host_pick(&seed, 0, (c.kernel[k] - 1) / 2);
        }
        c.ceiling = strcmp(c.padding, "custom") == 0 && host_pick(&seed, 0, 1);
        check(ops[i % 3], c, i);
    }
}

static void test_nan_stays(void **state) {
    (void)state;
    host_tensor x = host_floats("x", DIMS(1, 1, 4), 1), y = host_floats("y", DIMS(1, 1, 3), 0);
    x.f[1] = NAN;
    double want[] = {NAN, NAN, (double)fmaxf(x.f[2], x.f[3])};
    host_run("max_pool",
             "x = x, kernel_sizes = tensor<int32, [1]>([2]), pad_type = string(\"valid\")", &x, 1,
             &y, 1);
    host_expect("NaN", &y, want, 0);
    host_run_refused("max_pool",
                     "x = x, kernel_sizes = tensor<int32, [1]>([0]), pad_type = string(\"valid\")",
                     &x, 1, &y, 1, "not possible");
    host_run_free(&x, 1);
    host_run_free(&y, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random),
                                       cmocka_unit_test(test_nan_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
