#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi.h"
#include "cpu_steps.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { V = 391, N = 37, C = 150 };

static float *random_floats(size_t n, uint64_t seed, double scale) {
    float *x = calloc(n, sizeof *x);
    rng r;
    rng_seed(&r, seed);
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(scale * rng_normal(&r));
    }
    return x;
}

static void random_ids(int32_t *ids, uint64_t seed) {
    rng r;
    rng_seed(&r, seed);
    for (size_t s = 0; s < N; s++) {
        ids[s] = (int32_t)rng_below(&r, V);
    }
}

static double reference_log_sum(const float *logits, size_t s) {
    double largest = logits[s], sum = 0;
    for (size_t v = 0; v < V; v++) {
        largest = logits[v * N + s] > largest ? logits[v * N + s] : largest;
    }
    for (size_t v = 0; v < V; v++) {
        sum += exp(logits[v * N + s] - largest);
    }
    return largest + log(sum);
}

static void test_gather_takes_columns(void **state) {
    anet_pool *pool = *state;
    float *table = random_floats((size_t)V * C, 1, 1), *out = calloc((size_t)C * N, sizeof *out);
    int32_t ids[N];
    random_ids(ids, 2);
    ids[3] = ANET_IGNORE;
    cpu_gather(pool, table, C, ids, N, out);
    for (size_t c = 0; c < C; c++) {
        for (size_t s = 0; s < N; s++) {
            float wanted = s == 3 ? 0 : table[(size_t)ids[s] * C + c];
            assert_true(out[c * N + s] == wanted);
        }
    }
    free(table);
    free(out);
}

static void test_gather_grad_adds_and_overwrites(void **state) {
    (void)state;
    float *dy = random_floats((size_t)C * N, 3, 1), *to = random_floats((size_t)V * C, 4, 1);
    float *wanted = calloc((size_t)V * C, sizeof *wanted);
    int32_t ids[N];
    random_ids(ids, 5);
    ids[1] = ids[0]; /* a token that occurs twice */
    ids[3] = ANET_IGNORE;
    for (size_t s = 0; s < N; s++) {
        for (size_t c = 0; c < C && s != 3; c++) {
            wanted[(size_t)ids[s] * C + c] += dy[c * N + s];
        }
    }
    cpu_gather_grad_job job = {to, V, C, N, ids, dy, true};
    for (int pass = 1; pass <= 2; pass++) {
        for (size_t i = 0; i < cpu_gather_grad_pieces(&job); i++) {
            cpu_gather_grad_piece(&job, i);
        }
        for (size_t i = 0; i < (size_t)V * C; i++) {
            assert_float_equal(to[i], (float)pass * wanted[i], 1e-5F);
        }
        job.fresh = false;
    }
    free(dy);
    free(to);
    free(wanted);
}

static void test_loss_matches_double(void **state) {
    anet_pool *pool = *state;
    float *logits = random_floats((size_t)V * N, 6, 12);
    int32_t targets[N];
    double log_sum[N], wanted = 0;
    random_ids(targets, 7);
    targets[3] = targets[N - 1] = ANET_IGNORE;
    cpu_log_sum_exp(pool, logits, V, N, log_sum);
    for (size_t s = 0; s < N; s++) {
        assert_true(fabs(log_sum[s] - reference_log_sum(logits, s)) < 1e-6);
        if (targets[s] != ANET_IGNORE) {
            wanted += reference_log_sum(logits, s) - logits[(size_t)targets[s] * N + s];
        }
    }
    assert_true(fabs(cpu_cross_entropy(logits, N, targets, log_sum) - wanted / (N - 2)) < 1e-6);
    free(logits);
}

static void test_loss_gradient_matches_double(void **state) {
    anet_pool *pool = *state;
    const float seed = 48;
    float *logits = random_floats((size_t)V * N, 8, 3), *out = calloc((size_t)V * N, sizeof *out);
    int32_t targets[N];
    double log_sum[N];
    random_ids(targets, 9);
    targets[0] = ANET_IGNORE;
    cpu_log_sum_exp(pool, logits, V, N, log_sum);
    cpu_cross_entropy_grad(pool, logits, V, N, targets, log_sum, seed, out);
    for (size_t v = 0; v < V; v++) {
        for (size_t s = 0; s < N; s++) {
            double p = exp(logits[v * N + s] - reference_log_sum(logits, s));
            double wanted = targets[s] == ANET_IGNORE ? 0 : (p - (targets[s] == (int32_t)v));
            assert_true(fabs(out[v * N + s] - wanted * seed / (N - 1)) < 2e-6);
        }
    }
    cpu_cross_entropy_grad(pool, logits, V, N, targets, log_sum, seed, logits); /* in place */
    assert_memory_equal(logits, out, (size_t)V * N * sizeof *out);
    free(logits);
    free(out);
}

static void test_loss_of_extreme_logits(void **state) {
    anet_pool *pool = *state;
    float *logits = calloc((size_t)V * N, sizeof *logits);
    int32_t targets[N] = {0};
    double log_sum[N];
    for (size_t v = 0; v < V; v++) {
        logits[v * N] = v == 7 ? 65504.0F : -65504.0F;
        logits[v * N + 1] = v == 200 ? NAN : 1;
        logits[v * N + 2] = v == 300 ? INFINITY : 1;
    }
    cpu_log_sum_exp(pool, logits, V, N, log_sum);
    assert_true(log_sum[0] == 65504.0);
    assert_true(isnan(log_sum[1]));
    assert_true(isnan(log_sum[2]));
    assert_true(fabs(log_sum[3] - log(V)) < 1e-6);
    for (size_t s = 0; s < N; s++) {
        targets[s] = ANET_IGNORE;
    }
    assert_true(cpu_cross_entropy(logits, N, targets, log_sum) == 0);
    free(logits);
}

static void test_add_grad(void **state) {
    (void)state;
    enum { MANY = 70000 };
    float *from = random_floats(MANY, 10, 1), *to = random_floats(MANY, 11, 1);
    cpu_add_grad_job job = {to, from, MANY, true};
    for (int pass = 0; pass < 2; pass++, job.fresh = false) {
        for (size_t i = 0; i < cpu_add_grad_pieces(&job); i++) {
            cpu_add_grad_piece(&job, i);
        }
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_true(to[i] == 2 * from[i]);
    }
    free(from);
    free(to);
}

static int start_pool(void **state) {
    *state = pool_new(2);
    return 0;
}

static int stop_pool(void **state) {
    pool_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gather_takes_columns),
        cmocka_unit_test(test_gather_grad_adds_and_overwrites),
        cmocka_unit_test(test_loss_matches_double),
        cmocka_unit_test(test_loss_gradient_matches_double),
        cmocka_unit_test(test_loss_of_extreme_logits),
        cmocka_unit_test(test_add_grad),
    };
    return cmocka_run_group_tests(tests, start_pool, stop_pool);
}
