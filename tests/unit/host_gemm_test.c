#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/half.h"
#include "host/blas.h"
#include "host/gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float noise(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) / 8388608.0f - 1.0f;
}

static float *noisy(size_t n, uint32_t seed) {
    float *x = malloc((n ? n : 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
        x[i] = noise(&seed);
    }
    return x;
}

static double element(const gemm *g, double old, size_t i, size_t j) {
    double sum = 0;
    for (size_t k = 0; k < g->k; k++) {
        double a = g->a[g->transpose_a ? k * g->lda + i : i * g->lda + k];
        double b = g->b[g->transpose_b ? j * g->ldb + k : k * g->ldb + j];
        sum += a * b;
    }
    return g->alpha * sum + (g->beta == 0.0f ? 0.0 : g->beta * old);
}

static void check(anet_pool *pool, gemm g) {
    size_t ar = g.transpose_a ? g.k : g.m, br = g.transpose_b ? g.n : g.k, c = g.m * g.ldc;
    float *a = noisy(ar * g.lda, 1), *b = noisy(br * g.ldb, 2), *old = noisy(c, 3);
    float *out = malloc(c * sizeof *out);
    assert_non_null(out);
    memcpy(out, old, c * sizeof *out);
    g.a = a;
    g.b = b;
    g.c = out;
    gemm_parallel(pool, &g);
    double scale = 1e-6 * (sqrt((double)g.k) + 2);
    for (size_t i = 0; i < g.m; i++) {
        for (size_t j = 0; j < g.ldc; j++) {
            size_t at = i * g.ldc + j;
            if (j >= g.n) {
                assert_true(out[at] == old[at]);
                continue;
            }
            double want = element(&g, old[at], i, j), bound = scale;
            if (g.round) {
                assert_true(half_round(out[at]) == out[at]);
                bound += fabs(want) * 0x1p-11;
            }
            if (!(fabs(out[at] - want) <= bound)) {
                fail_msg("m %zu n %zu k %zu at %zu,%zu: %g, not %g", g.m, g.n, g.k, i, j,
                         (double)out[at], want);
            }
        }
    }
    free(a);
    free(b);
    free(old);
    free(out);
}

static void test_shapes(void **state) {
    (void)state;
    static const size_t shapes[][3] = {{1, 1, 1},    {1, 7, 33},   {9, 1, 40},    {3, 5, 7},
                                       {64, 48, 32}, {37, 129, 5}, {130, 70, 90}, {200, 333, 64}};
    anet_error err = {0};
    assert_int_equal(blas_init(&err), ANET_OK);
    for (int threads = 1; threads <= 3; threads++) {
        anet_pool *pool = pool_new(threads);
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            for (unsigned v = 0; v < 16; v++) {
                gemm g = {.m = shapes[s][0], .n = shapes[s][1], .k = shapes[s][2], .alpha = 0.5f};
                g.transpose_a = v & 1;
                g.transpose_b = v & 2;
                g.beta = v & 4 ? 2.0f : 0.0f;
                g.round = v & 8 ? ROUND_HALF : ROUND_NONE;
                size_t pad = v & 4 ? 3 : 0;
                g.lda = (g.transpose_a ? g.m : g.k) + pad;
                g.ldb = (g.transpose_b ? g.k : g.n) + pad;
                g.ldc = g.n + pad;
                check(pool, g);
            }
        }
        pool_free(pool);
    }
}

static void test_nothing_to_sum(void **state) {
    (void)state;
    float c[6] = {1, 2, 3, 4, 5, NAN};
    gemm g = {.m = 2, .n = 3, .alpha = 1, .beta = 2, .c = c, .lda = 1, .ldb = 3, .ldc = 3};
    gemm_parallel(NULL, &g);
    assert_true(c[0] == 2 && c[4] == 10);
    g.beta = 0;
    gemm_parallel(NULL, &g);
    assert_true(c[0] == 0 && c[5] == 0);
}

static void test_library_has_a_name(void **state) {
    (void)state;
    assert_true(strlen(blas_kernels()) >= 3);
}

static void test_batches(void **state) {
    (void)state;
    enum { G = 2, R = 3, M = 5, N = 4, K = 6 };
    float *a = noisy(G * R * M * K, 5), *b = noisy(G * K * N, 6), c[G * R * M * N];
    for (int threads = 1; threads <= 4; threads++) {
        anet_pool *pool = pool_new(threads);
        gemm g = {.m = M, .n = N, .k = K, .alpha = 1, .a = a, .b = b, .c = c};
        g.lda = K;
        g.ldb = g.ldc = N;
        gemm_batch batch = {{1, G, R}, {0, R * M * K, M * K}, {0, K * N, 0}};
        gemm_batched(pool, &g, &batch);
        for (size_t p = 0; p < G * R; p++) {
            gemm one = g;
            one.a = a + p * M * K;
            one.b = b + p / R * K * N;
            for (size_t i = 0; i < M * N; i++) {
                double want = element(&one, 0, i / N, i % N);
                assert_true(fabs(c[p * M * N + i] - want) < 1e-5);
            }
        }
        pool_free(pool);
    }
    free(a);
    free(b);
}

static void test_pieces_cover(void **state) {
    (void)state;
    float *a = noisy(300 * 400, 7), *b = noisy(400 * 500, 8);
    float *once = noisy(300 * 500, 9), *pieces = noisy(300 * 500, 10);
    gemm g = {.m = 300, .n = 500, .k = 400, .alpha = 1, .a = a, .b = b, .c = once};
    g.lda = 400;
    g.ldb = g.ldc = 500;
    gemm_piece(&g, 1, 0);
    for (size_t n = 2; n < 40; n += 5) {
        g.c = pieces;
        for (size_t i = 0; i < n; i++) {
            gemm_piece(&g, n, i);
        }
        for (size_t i = 0; i < 300 * 500; i++) {
            assert_true(fabsf(once[i] - pieces[i]) < 1e-4f);
        }
    }
    assert_int_equal(gemm_pieces(&g, 1), 1);
    assert_true(gemm_pieces(&g, 4) > 1);
    free(a);
    free(b);
    free(once);
    free(pieces);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_nothing_to_sum),
        cmocka_unit_test(test_library_has_a_name),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_pieces_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
