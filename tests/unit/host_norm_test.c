/* Norms and reductions against sums over all elements that share an index. */
#include "host_run.h"

#include <math.h>

enum { MAX_ELEMENTS_TRIED = 4096 };

/* index of element i of x in the tensor of the axes for which bit & axes == kind */
static size_t part_index(const shape *x, unsigned axes, bool gone, size_t i) {
    size_t index = 0, span = 1;
    for (int k = x->rank - 1; k >= 0; k--) {
        if ((axes >> k & 1) == gone) {
            index += i % x->dim[k] * span;
            span *= x->dim[k];
        }
        i /= x->dim[k];
    }
    return index;
}

static size_t part_size(const shape *x, unsigned axes, bool gone) {
    size_t n = 1;
    for (int k = 0; k < x->rank; k++) {
        n *= (axes >> k & 1) == gone ? x->dim[k] : 1;
    }
    return n;
}

static void write_axes(unsigned axes, int rank, char *to) {
    unsigned n = 0;
    for (int i = 0; i < rank; i++) {
        n += axes >> i & 1;
    }
    to += sprintf(to, "axes = tensor<int32, [%u]>([", n);
    for (int i = 0, first = 1; i < rank; i++) {
        if (axes >> i & 1) {
            to += sprintf(to, "%s%d", first ? "" : ", ", i % 2 ? i : i - rank);
            first = 0;
        }
    }
    sprintf(to, "])");
}

/* mean and 1 / deviation of every group */
static void measure(const host_tensor *x, unsigned axes, double epsilon, double *mean, double *by) {
    size_t groups = part_size(&x->shape, axes, false), each = x->shape.n / groups;
    for (size_t i = 0; i < groups; i++) {
        mean[i] = by[i] = 0;
    }
    for (size_t i = 0; i < x->shape.n; i++) {
        mean[part_index(&x->shape, axes, false, i)] += (double)x->f[i] / (double)each;
    }
    for (size_t i = 0; i < x->shape.n; i++) {
        size_t g = part_index(&x->shape, axes, false, i);
        by[g] += pow((double)x->f[i] - mean[g], 2) / (double)each;
    }
    for (size_t i = 0; i < groups; i++) {
        by[i] = 1 / sqrt(by[i] + epsilon);
    }
}

static void random_dims(uint32_t *seed, size_t *dims, size_t least, size_t most) {
    size_t rank = host_pick(seed, least, most), left = MAX_ELEMENTS_TRIED;
    for (size_t i = 0; i < rank; i++) {
        dims[i] = host_pick(seed, 1, 3) == 1 ? 1 : host_pick(seed, 1, i + 1 == rank ? 150 : 9);
        dims[i] = dims[i] < left ? dims[i] : left;
        left /= dims[i];
    }
    dims[rank] = 0;
}

static void check_norm(uint32_t seed) {
    double mean[MAX_ELEMENTS_TRIED], by[MAX_ELEMENTS_TRIED], want[MAX_ELEMENTS_TRIED];
    size_t dims[6];
    char args[300] = "x = x, gamma = gamma, beta = beta, epsilon = fp32(0.01), ";
    uint32_t pick = seed * 77;
    random_dims(&pick, dims, 1, 5);
    host_tensor x = host_floats("x", dims, seed), y = host_floats("y", dims, 0);
    unsigned axes = (unsigned)host_pick(&pick, 1, (1u << x.shape.rank) - 1);
    size_t scales = part_size(&x.shape, axes, true);
    host_tensor in[] = {x, host_floats("gamma", DIMS(scales), seed + 1),
                        host_floats("beta", DIMS(scales), seed + 2)};
    write_axes(axes, x.shape.rank, args + strlen(args));
    measure(&x, axes, 0.01, mean, by);
    for (size_t i = 0; i < x.shape.n; i++) {
        size_t g = part_index(&x.shape, axes, false, i), s = part_index(&x.shape, axes, true, i);
        want[i] = ((double)x.f[i] - mean[g]) * by[g] * (double)in[1].f[s] + (double)in[2].f[s];
    }
    host_run("layer_norm", args, in, 3, &y, 1);
    host_expect(args, &y, want, 1e-5);
    host_run_free(in, 3);
    host_run_free(&y, 1);
}

static void test_layer_norm(void **state) {
    (void)state;
    for (uint32_t seed = 1; seed <= 150; seed++) {
        check_norm(seed);
    }
}

static void test_other_norms(void **state) {
    (void)state;
    enum { C = 5, N = 2 * C * 3 * 7 };
    host_tensor in[] = {host_floats("x", DIMS(2, C, 3, 7), 1), host_floats("a", DIMS(C), 2),
                        host_floats("b", DIMS(C), 3), host_floats("m", DIMS(C), 4),
                        host_floats("v", DIMS(C), 5)};
    host_tensor y = host_floats("y", DIMS(2, C, 3, 7), 0);
    double mean[2 * C], by[2 * C], want[4][N], length[2] = {0};
    for (int i = 0; i < C; i++) {
        in[4].f[i] = fabsf(in[4].f[i]);
    }
    measure(&in[0], 12, 1e-5, mean, by);
    for (size_t i = 0; i < N; i++) {
        length[i / (N / 2)] += pow((double)in[0].f[i], 2);
    }
    for (size_t i = 0; i < N; i++) {
        size_t plane = i / 21, c = plane % C, image = i / (N / 2);
        double x = (double)in[0].f[i], a = (double)in[1].f[c], b = (double)in[2].f[c], sum = 0;
        want[0][i] = (x - mean[plane]) * by[plane] * a + b;
        want[1][i] = (x - (double)in[3].f[c]) / sqrt((double)in[4].f[c] + 1e-5) * a + b;
        want[2][i] = x / sqrt(length[image] + 1e-6);
        for (size_t o = c > 0 ? c - 1 : 0; o <= c + 1 && o < C; o++) {
            sum += pow((double)in[0].f[i + o * 21 - c * 21], 2);
        }
        want[3][i] = x / pow(2 + 0.5 / 3 * sum, 0.75);
    }
    static const char *const ops[][2] = {
        {"instance_norm", "x = x, gamma = a, beta = b"},
        {"batch_norm", "x = x, gamma = a, beta = b, mean = m, variance = v"},
        {"l2_norm", "x = x"},
        {"local_response_norm", "x = x, size = int32(3), alpha = fp32(0.5), k = fp32(2)"}};
    for (int i = 0; i < 4; i++) {
        host_run(ops[i][0], ops[i][1], in, 5, &y, 1);
        host_expect(ops[i][0], &y, want[i], 1e-5);
    }
    host_run_refused("instance_norm", "x = x, gamma = x", in, 5, &y, 1, "need 5 numbers");
    host_run_free(in, 5);
    host_run_free(&y, 1);
}

/* --- reductions --- */

static double fold(const char *op, double sum, double v) {
    if (strstr(op, "prod")) {
        return sum * v;
    } else if (strstr(op, "max")) {
        return v > sum ? v : sum;
    } else if (strstr(op, "min")) {
        return v < sum ? v : sum;
    } else if (strstr(op, "l1")) {
        return sum + fabs(v);
    } else if (strstr(op, "l2") || strstr(op, "square")) {
        return sum + v * v;
    } else if (strstr(op, "exp")) {
        return sum + exp(v);
    }
    return sum + v;
}

static double start(const char *op) {
    return strstr(op, "prod") ? 1 : strstr(op, "max") ? -1e9 : strstr(op, "min") ? 1e9 : 0;
}

static double finish(const char *op, double sum, size_t n) {
    if (strstr(op, "log")) {
        return log(sum);
    }
    return strstr(op, "mean") ? sum / (double)n : strstr(op, "l2") ? sqrt(sum) : sum;
}

static void check_reduction(const char *op, bool integers, uint32_t seed) {
    double want[MAX_ELEMENTS_TRIED];
    size_t dims[6], kept[6] = {0};
    char args[300];
    uint32_t pick = seed * 91;
    random_dims(&pick, dims, 1, 5);
    host_tensor x = integers ? host_ints("x", dims, 1, 5, seed) : host_floats("x", dims, seed);
    unsigned axes = (unsigned)host_pick(&pick, 1, (1u << x.shape.rank) - 1);
    for (int i = 0; i < x.shape.rank; i++) {
        kept[i] = axes >> i & 1 ? 1 : dims[i];
    }
    host_tensor y = integers ? host_ints("y", kept, 0, 1, 0) : host_floats("y", kept, 0);
    for (size_t i = 0; i < y.shape.n; i++) {
        want[i] = start(op);
    }
    for (size_t i = 0; i < x.shape.n; i++) {
        if (!integers && strstr(op, "log_sum")) {
            x.f[i] = fabsf(x.f[i]) + 0.1f;
        }
        double *to = &want[part_index(&x.shape, axes, false, i)];
        *to = fold(op, *to, integers ? (double)x.i[i] : (double)x.f[i]);
    }
    for (size_t i = 0; i < y.shape.n; i++) {
        want[i] = finish(op, want[i], x.shape.n / y.shape.n);
        want[i] = integers ? trunc(want[i]) : want[i];
    }
    strcpy(args, "x = x, keep_dims = bool(true), ");
    write_axes(axes, x.shape.rank, args + strlen(args));
    bool overflow = false; /* of int32, which only a product of many reaches */
    for (size_t i = 0; i < y.shape.n; i++) {
        overflow |= integers && fabs(want[i]) > 1e9;
    }
    if (!overflow) {
        host_run(op, args, &x, 1, &y, 1);
        host_expect(op, &y, want, integers ? 0 : 1e-5);
    }
    host_run_free(&x, 1);
    host_run_free(&y, 1);
}

static void test_reductions(void **state) {
    (void)state;
    static const char *const ops[] = {"reduce_sum",        "reduce_mean",       "reduce_max",
                                      "reduce_min",        "reduce_prod",       "reduce_l1_norm",
                                      "reduce_l2_norm",    "reduce_sum_square", "reduce_log_sum",
                                      "reduce_log_sum_exp"};
    for (uint32_t i = 0; i < 300; i++) {
        check_reduction(ops[i % 10], i / 10 % 2, i + 1);
    }
}

static void test_log_sum_exp_is_stable(void **state) {
    (void)state;
    host_tensor x = host_floats("x", DIMS(3, 2), 0), y = host_floats("y", DIMS(3), 0);
    const float values[] = {1000, 1000, -INFINITY, -INFINITY, INFINITY, 1};
    const double want[] = {1000 + log(2), -INFINITY, INFINITY};
    memcpy(x.f, values, sizeof values);
    host_run("reduce_log_sum_exp", "x = x, axes = tensor<int32, [1]>([1])", &x, 1, &y, 1);
    host_expect("reduce_log_sum_exp", &y, want, 1e-6);
    host_run_free(&x, 1);
    host_run_free(&y, 1);
}

/* --- along one axis --- */

static void check_along(uint32_t seed, bool integers) {
    enum { OUTER = 3, LENGTH = 11 };
    size_t inner = seed % 2 ? 1 : 70;
    const size_t *dims = DIMS(OUTER, LENGTH, inner), *less = DIMS(OUTER, 1, inner);
    host_tensor x = integers ? host_ints("x", dims, -4, 4, seed) : host_floats("x", dims, seed);
    host_tensor best = host_ints("best", less, 0, 1, 0);
    host_tensor sum = integers ? host_ints("sum", dims, 0, 1, 0) : host_floats("sum", dims, 0);
    double most[OUTER * 70], sums[OUTER * LENGTH * 70];
    bool exclusive = seed % 4 > 1, reverse = seed % 8 > 3, smallest = seed % 3 == 0;
    for (size_t k = 0; k < OUTER * inner; k++) {
        size_t first = k / inner * LENGTH * inner + k % inner, at = 0;
        double total = 0, sign = smallest ? -1 : 1;
        for (size_t i = 0; i < LENGTH; i++) {
            size_t here = first + i * inner, there = first + at * inner;
            double a = integers ? x.i[here] : (double)x.f[here];
            double b = integers ? x.i[there] : (double)x.f[there];
            at = sign * a > sign * b ? i : at;
        }
        most[k] = (double)at;
        for (size_t i = 0; i < LENGTH; i++) {
            size_t here = first + (reverse ? LENGTH - 1 - i : i) * inner;
            double v = integers ? x.i[here] : (double)x.f[here];
            sums[here] = exclusive ? total : total + v;
            total += v;
        }
    }
    char args[200];
    snprintf(args, sizeof args, "x = x, axis = int32(1), exclusive = bool(%s), reverse = bool(%s)",
             exclusive ? "true" : "false", reverse ? "true" : "false");
    host_run("cumsum", args, &x, 1, &sum, 1);
    host_expect("cumsum", &sum, sums, integers ? 0 : 1e-5);
    const char *op = smallest ? "reduce_argmin" : "reduce_argmax";
    host_run(op, "x = x, axis = int32(-2), keep_dims = bool(true)", &x, 1, &best, 1);
    host_expect(op, &best, most, 0);
    host_run_free((host_tensor[]){x, best, sum}, 3);
}

static void test_along(void **state) {
    (void)state;
    for (uint32_t seed = 1; seed <= 48; seed++) {
        check_along(seed, seed % 5 == 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer_norm), cmocka_unit_test(test_other_norms),
        cmocka_unit_test(test_reductions), cmocka_unit_test(test_log_sum_exp_is_stable),
        cmocka_unit_test(test_along)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
