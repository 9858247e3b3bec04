/* Ops that make, cut and index data, through MIL text: random numbers, bounds that are computed
 * when the program runs, modes, and what is refused. */
#include "host_run.h"

#include <math.h>

#define SHAPE_ARG "shape = tensor<int32, [2]>([100, 100])"
enum { N = 10000 };

typedef struct moments {
    double mean, deviation, low, high;
} moments;

static moments measure(const host_tensor *t) {
    moments m = {.low = INFINITY, .high = -INFINITY};
    double squares = 0;
    for (size_t i = 0; i < t->shape.n; i++) {
        double x = (double)t->f[i];
        m.mean += x;
        squares += x * x;
        m.low = fmin(m.low, x);
        m.high = fmax(m.high, x);
    }
    m.mean /= (double)t->shape.n;
    m.deviation = sqrt(squares / (double)t->shape.n - m.mean * m.mean);
    return m;
}

static host_tensor draw(const char *op, const char *name, const char *args) {
    host_tensor y = host_floats(name, DIMS(100, 100), 0);
    host_run(op, args, NULL, 0, &y, 1);
    return y;
}

static void test_random(void **state) {
    (void)state;
    host_tensor y =
        draw("random_uniform", "y", "low = fp32(-2), high = fp32(6), seed = int32(1), " SHAPE_ARG);
    moments m = measure(&y);
    assert_true(m.low >= -2 && m.high < 6 && m.low < -1.9 && m.high > 5.9);
    assert_true(fabs(m.mean - 2) < .1 && fabs(m.deviation - 8 / sqrt(12)) < .05);
    host_run_free(&y, 1);
    y = draw("random_normal", "y", "mean = fp32(3), stddev = fp32(2), seed = int32(1), " SHAPE_ARG);
    m = measure(&y);
    assert_true(fabs(m.mean - 3) < .08 && fabs(m.deviation - 2) < .06);
    host_run_free(&y, 1);
    y = draw("random_bernoulli", "y", "prob = fp32(0.3), seed = int32(1), " SHAPE_ARG);
    m = measure(&y);
    assert_true(m.low == 0 && m.high == 1 && fabs(m.mean - .3) < .02);
    host_run_free(&y, 1);
}

/* the same seed gives the same numbers; without one, the result's name is the seed */
static void test_seeds(void **state) {
    (void)state;
    static const struct {
        const char *name[2], *seed[2];
        bool same;
    } cases[] = {{{"y", "z"}, {"int32(7)", "int32(7)"}, true},
                 {{"y", "y"}, {"int32(7)", "int32(8)"}, false},
                 {{"y", "y"}, {"int32(-1)", "int32(-1)"}, true},
                 {{"y", "z"}, {"int32(-1)", "int32(-1)"}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        host_tensor y[2];
        for (int k = 0; k < 2; k++) {
            char args[100];
            snprintf(args, sizeof args, "seed = %s, " SHAPE_ARG, cases[i].seed[k]);
            y[k] = draw("random_uniform", cases[i].name[k], args);
        }
        assert_int_equal(memcmp(y[0].f, y[1].f, N * sizeof(float)) == 0, cases[i].same);
        host_run_free(y, 2);
    }
}

static void test_categorical(void **state) {
    (void)state;
    static const double weight[] = {.5, 0, .125, .375};
    for (int logits = 0; logits < 2; logits++) {
        host_tensor x = host_floats("x", DIMS(1, 4), 0), y = host_floats("y", DIMS(1, N), 0);
        for (int i = 0; i < 4; i++) {
            x.f[i] = (float)(logits ? log(weight[i]) + 50 : weight[i] * 3); /* need not add up */
        }
        const char *args = logits ? "x = x, size = int32(10000), seed = int32(2)"
                                  : "x = x, size = int32(10000), seed = int32(2), "
                                    "mode = string(\"probs\")";
        host_run("random_categorical", args, &x, 1, &y, 1);
        int count[4] = {0};
        for (int i = 0; i < N; i++) {
            assert_true(y.f[i] == 0 || y.f[i] == 2 || y.f[i] == 3);
            count[(int)y.f[i]]++;
        }
        for (int i = 0; i < 4; i++) {
            assert_true(fabs(count[i] / (double)N - weight[i]) < .02);
        }
        x.f[2] = NAN;
        host_run_refused("random_categorical", args, &x, 1, &y, 1, "is no distribution");
        host_run_free(&x, 1);
        host_run_free(&y, 1);
    }
}

static void test_modes(void **state) {
    (void)state;
    host_tensor x[] = {host_floats("x", DIMS(3), 1), host_ints("i", DIMS(2), 0, 2, 1),
                       host_floats("u", DIMS(2), 2)};
    host_tensor y = host_floats("y", DIMS(3), 0), wide = host_floats("y", DIMS(5), 0);
    host_run_refused("scatter", "data = x, indices = i, updates = u, mode = string(\"avg\")", x, 3,
                     &y, 1, "mode \"avg\" is not one of: add, sub");
    host_run_refused("pad", "x = x, pad = tensor<int32, [2]>([1, 1]), mode = string(\"wrap\")", x,
                     1, &wide, 1, "is not one of: constant, reflect, replicate");
    host_run_refused("random_categorical", "x = x, mode = string(\"odds\")", x, 1, &y, 1,
                     "must be \"logits\" or \"probs\"");
    host_run_free(x, 3);
    host_run_free(&y, 1);
    host_run_free(&wide, 1);
}

static void test_bounds_at_run_time(void **state) {
    (void)state;
    host_tensor x[] = {host_floats("x", DIMS(4, 5), 1), host_ints("b", DIMS(2), 0, 0, 1),
                       host_ints("e", DIMS(2), 0, 0, 1)};
    host_tensor y = host_floats("y", DIMS(2, 3), 0);
    const char *by_size = "x = x, begin = b, size = tensor<int32, [2]>([2, 3])";
    const char *by_index = "x = x, begin = b, end = e";
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
            double want[6];
            for (int k = 0; k < 6; k++) {
                want[k] = (double)x[0].f[(row + k / 3) * 5 + column + k % 3];
            }
            x[1].i[0] = row - 4; /* from the end */
            x[1].i[1] = column;
            x[2].i[0] = row + 2;
            x[2].i[1] = column + 3;
            host_run("slice_by_size", by_size, x, 2, &y, 1);
            host_expect("slice_by_size", &y, want, 0);
            host_run("slice_by_index", by_index, x, 3, &y, 1);
            host_expect("slice_by_index", &y, want, 0);
        }
    }
    x[1].i[1] = 3;
    host_run_refused("slice_by_size", by_size, x, 2, &y, 1,
                     "op.mil:5:26: slice_by_size: the slice");
    x[2].i[1] = 4; /* one column, but three are declared */
    host_run_refused("slice_by_index", by_index, x, 3, &y, 1, "declared as [2, 3] but computed as");
    host_run_free(x, 3);
    host_run_free(&y, 1);
}

static void test_index_outside_has_a_position(void **state) {
    (void)state;
    host_tensor x[] = {host_floats("x", DIMS(4, 2), 1), host_ints("i", DIMS(3), 0, 3, 1)};
    host_tensor y = host_floats("y", DIMS(3, 2), 0);
    host_run("gather", "x = x, indices = i", x, 2, &y, 1);
    x[1].i[2] = 4;
    host_run_refused("gather", "x = x, indices = i", x, 2, &y, 1,
                     "op.mil:5:26: gather: index 4 (element 2 of the indices) is outside [-4, 4)");
    host_run_free(x, 2);
    host_run_free(&y, 1);
}

static void test_interleaved(void **state) {
    (void)state;
    host_tensor x[] = {host_ints("a", DIMS(2, 2), -9, 9, 1), host_ints("b", DIMS(2, 2), -9, 9, 2)};
    host_tensor y = host_ints("y", DIMS(4, 2), 0, 0, 1);
    host_run("concat", "values = (a, b), axis = int32(0), interleave = bool(true)", x, 2, &y, 1);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(y.i[i], x[i / 2 % 2].i[i / 4 * 2 + i % 2]);
    }
    host_run_free(x, 2);
    host_run_free(&y, 1);
}

static void test_what_does_not_run_has_a_reason(void **state) {
    (void)state;
    host_tensor x = host_floats("x", DIMS(3), 1), y = host_ints("y", DIMS(3, 1), 0, 0, 1);
    host_run_refused("non_zero", "x = x", &x, 1, &y, 1,
                     "does not run this op: the shape of its result depends on the data");
    host_run_refused("list_read", "ls = x, index = int32(0)", &x, 1, &y, 1, "lists are checked");
    host_run_refused("read_state", "input = x", &x, 1, &y, 1, "states are checked");
    host_run_free(&x, 1);
    host_run_free(&y, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_categorical),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_bounds_at_run_time),
        cmocka_unit_test(test_index_outside_has_a_position),
        cmocka_unit_test(test_interleaved),
        cmocka_unit_test(test_what_does_not_run_has_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
