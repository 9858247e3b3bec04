/* linear, einsum, attention and integer matmul against sums of products. */
#include "host_run.h"

#include <math.h>

enum { ROOM = 20000 };

static void check_linear(size_t rows, size_t inputs, size_t outputs, bool bias, bool integers) {
    double want[ROOM];
    host_tensor in[] = {host_floats("x", DIMS(2, rows, inputs), 1),
                        host_floats("w", DIMS(outputs, inputs), 2),
                        host_floats("b", DIMS(outputs), 3)};
    host_tensor y = host_floats("y", DIMS(2, rows, outputs), 0);
    if (integers) {
        host_run_free(in, 3);
        host_run_free(&y, 1);
        in[0] = host_ints("x", DIMS(2, rows, inputs), -90000, 90000, 1);
        in[1] = host_ints("w", DIMS(outputs, inputs), -90, 90, 2);
        in[2] = host_ints("b", DIMS(outputs), -90, 90, 3);
        y = host_ints("y", DIMS(2, rows, outputs), 0, 1, 0);
    }
    for (size_t i = 0; i < y.shape.n; i++) {
        size_t row = i / outputs, column = i % outputs;
        want[i] = !bias ? 0 : integers ? in[2].i[column] : (double)in[2].f[column];
        for (size_t k = 0; k < inputs; k++) {
            size_t a = row * inputs + k, b = column * inputs + k;
            want[i] += integers ? (double)in[0].i[a] * in[1].i[b]
                                : (double)in[0].f[a] * (double)in[1].f[b];
        }
    }
    host_run("linear", bias ? "x = x, weight = w, bias = b" : "x = x, weight = w", in, 3, &y, 1);
    host_expect("linear", &y, want, integers ? 0 : 1e-5);
    host_run_free(in, 3);
    host_run_free(&y, 1);
}

static void test_linear(void **state) {
    (void)state;
    check_linear(1, 5, 7, true, false);
    check_linear(60, 70, 80, true, false);
    check_linear(33, 1, 3, false, false);
    check_linear(9, 10, 11, true, true);
    check_linear(9, 10, 11, false, true);
    host_tensor in[] = {host_floats("x", DIMS(2, 3), 1), host_ints("w", DIMS(4, 3), 0, 1, 2)};
    host_tensor y = host_floats("y", DIMS(2, 4), 0);
    host_run_refused("linear", "x = x, weight = w", in, 2, &y, 1, "does not mix");
    host_run_free(in, 2);
    host_run_free(&y, 1);
}

static void test_integer_matmul(void **state) {
    (void)state;
    enum { B = 2, M = 3, K = 4, N = 5 };
    host_tensor in[] = {host_ints("x", DIMS(B, 1, K, M), -9, 9, 1),
                        host_ints("y", DIMS(3, K, N), -9, 9, 2)};
    host_tensor z = host_ints("z", DIMS(B, 3, M, N), 0, 1, 0);
    double want[B * 3 * M * N] = {0};
    for (size_t i = 0; i < z.shape.n; i++) {
        size_t n = i % N, m = i / N % M, c = i / N / M % 3, b = i / N / M / 3;
        for (size_t k = 0; k < K; k++) {
            want[i] += (double)in[0].i[(b * K + k) * M + m] * in[1].i[(c * K + k) * N + n];
        }
    }
    host_run("matmul", "x = x, y = y, transpose_x = bool(true)", in, 2, &z, 1);
    host_expect("matmul", &z, want, 0);
    host_run_free(in, 2);
    host_run_free(&z, 1);
}

/* the letters' values as indices: loops over all of them */
static void check_einsum(const char *equation, const size_t *x_dims, const size_t *y_dims,
                         const size_t *z_dims) {
    host_tensor t[] = {host_floats("x", x_dims, 1), host_floats("y", y_dims, 2),
                       host_floats("z", z_dims, 0)};
    size_t dim[128] = {0}, all = 1;
    char letters[48] = {0}, sides[3][16], args[100];
    double want[ROOM] = {0};
    assert_int_equal(sscanf(equation, "%15[a-z],%15[a-z]->%15[a-z]", sides[0], sides[1], sides[2]),
                     3);
    for (int s = 0; s < 3; s++) {
        for (int i = 0; sides[s][i]; i++) {
            size_t *d = &dim[(int)sides[s][i]];
            if (!strchr(letters, sides[s][i])) {
                letters[strlen(letters)] = sides[s][i];
            }
            *d = t[s].shape.dim[i] > *d ? t[s].shape.dim[i] : *d;
        }
    }
    for (int i = 0; letters[i]; i++) {
        all *= dim[(int)letters[i]];
    }
    for (size_t k = 0; k < all; k++) {
        size_t index[128] = {0}, at[3] = {0}, rest = k;
        for (int i = 0; letters[i]; i++) {
            index[(int)letters[i]] = rest % dim[(int)letters[i]];
            rest /= dim[(int)letters[i]];
        }
        for (int s = 0; s < 3; s++) {
            for (int i = 0; sides[s][i]; i++) {
                size_t d = t[s].shape.dim[i];
                at[s] = at[s] * d + (d == 1 ? 0 : index[(int)sides[s][i]]);
            }
        }
        want[at[2]] += (double)t[0].f[at[0]] * (double)t[1].f[at[1]];
    }
    snprintf(args, sizeof args, "values = (x, y), equation = string(\"%s\")", equation);
    host_run("einsum", args, t, 2, &t[2], 1);
    host_expect(equation, &t[2], want, 1e-5);
    host_run_free(t, 3);
}

static void test_einsum(void **state) {
    (void)state;
    check_einsum("nchw,nwhu->nchu", DIMS(2, 3, 4, 5), DIMS(2, 5, 4, 6), DIMS(2, 3, 4, 6));
    check_einsum("chw,whr->chr", DIMS(3, 4, 5), DIMS(5, 4, 6), DIMS(3, 4, 6));
    check_einsum("chw,whr->chr", DIMS(3, 1, 5), DIMS(5, 4, 6), DIMS(3, 4, 6));
    check_einsum("ab,bc->ca", DIMS(7, 8), DIMS(8, 9), DIMS(9, 7));
    check_einsum("abcd,aecd->abe", DIMS(2, 3, 4, 5), DIMS(2, 6, 4, 5), DIMS(2, 3, 6));
    check_einsum("i,j->ij", DIMS(4), DIMS(6), DIMS(4, 6));
    host_tensor in[] = {host_floats("x", DIMS(3, 3), 1), host_floats("y", DIMS(3, 3), 2)};
    host_tensor z = host_floats("z", DIMS(3, 3), 0);
    static const char *const wrong[] = {"ii,ij->ij", "ij,jk->il", "ij,jk",        "ij,jk->ikk",
                                        "ij,jk->i",  "",          "ij,jk->ik ->", "1j,jk->1k"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char args[100];
        snprintf(args, sizeof args, "values = (x, y), equation = string(\"%s\")", wrong[i]);
        host_run_refused("einsum", args, in, 2, &z, 1, "is not one");
    }
    host_run_free(in, 2);
    host_run_free(&z, 1);
}

/* query [2, 3, L, E], key and value [3, S, ..], mask [L or 1, S] */
static void check_attention(size_t l, size_t s, size_t e, size_t ev, size_t mask_rows, bool keep) {
    host_tensor in[] = {host_floats("q", DIMS(2, 3, l, e), 1), host_floats("k", DIMS(3, s, e), 2),
                        host_floats("v", DIMS(3, s, ev), 3),
                        host_floats("m", DIMS(mask_rows, s), 4)};
    host_tensor y = host_floats("y", DIMS(2, 3, l, ev), 0);
    double *want = calloc(y.shape.n, sizeof *want), weight[600];
    assert_non_null(want);
    if (keep) {
        in[3].dtype = "bool";
        for (size_t i = 0; i < in[3].shape.n; i++) {
            in[3].f[i] = in[3].f[i] > 0 || i % s == 0;
        }
    }
    for (size_t row = 0; row < 6 * l; row++) {
        size_t batch = row / l % 3, mask = mask_rows == 1 ? 0 : row % l;
        double sum = 0;
        for (size_t j = 0; j < s; j++) {
            double score = 0, m = (double)in[3].f[mask * s + j];
            for (size_t i = 0; i < e; i++) {
                score += (double)in[0].f[row * e + i] * (double)in[1].f[(batch * s + j) * e + i];
            }
            score /= sqrt((double)e);
            weight[j] = keep ? (m != 0 ? exp(score) : 0) : exp(score + m);
            sum += weight[j];
        }
        for (size_t i = 0; i < s * ev; i++) {
            want[row * ev + i % ev] += weight[i / ev] / sum * (double)in[2].f[batch * s * ev + i];
        }
    }
    host_run("scaled_dot_product_attention", "query = q, key = k, value = v, attn_mask = m", in, 4,
             &y, 1);
    host_expect("attention", &y, want, 1e-5);
    free(want);
    host_run_free(in, 4);
    host_run_free(&y, 1);
}

static void test_attention(void **state) {
    (void)state;
    check_attention(4, 5, 8, 3, 4, false);
    check_attention(4, 5, 8, 3, 1, true);
    check_attention(1, 1, 1, 1, 1, false);
    check_attention(300, 590, 16, 20, 300, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear), cmocka_unit_test(test_integer_matmul),
        cmocka_unit_test(test_einsum), cmocka_unit_test(test_attention)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
