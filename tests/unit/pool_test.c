#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pool.h"

#include <stdatomic.h>
#include <stdlib.h>

static const int thread_counts[] = {1, 2, 3, 8};
enum { COUNTS = sizeof thread_counts / sizeof *thread_counts };

static void count_up(void *context, size_t i) {
    int *hits = context;
    hits[i]++;
}

static void test_every_piece_once(void **state) {
    (void)state;
    for (int t = 0; t < COUNTS; t++) {
        anet_pool *p = pool_new(thread_counts[t]);
        assert_int_equal(pool_threads(p), thread_counts[t]);
        int hits[257] = {0};
        for (size_t round = 0; round < 300; round++) {
            pool_for(p, round % 258, count_up, hits);
        }
        for (size_t i = 0; i < 257; i++) {
            int rounds = 0;
            for (size_t round = 0; round < 300; round++) {
                rounds += i < round % 258;
            }
            assert_int_equal(hits[i], rounds);
        }
        pool_free(p);
    }
}

typedef struct append_job {
    int *log;
    int *length;
    int tag;
} append_job;

static void append(void *context, size_t i) {
    append_job *j = context;
    (void)i;
    j->log[(*j->length)++] = j->tag; /* no lock: jobs of one key must not overlap */
}

static void test_same_key_runs_in_order(void **state) {
    (void)state;
    for (int t = 0; t < COUNTS; t++) {
        anet_pool *p = pool_new(thread_counts[t]);
        int log[2][200], length[2] = {0, 0}, pending = 0;
        for (int i = 0; i < 400; i++) {
            append_job j = {log[i % 2], &length[i % 2], i / 2};
            pool_submit(p, &log[i % 2], 1, append, &j, sizeof j, &pending);
        }
        pool_wait(p, &pending);
        assert_int_equal(pending, 0);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(length[k], 200);
            for (int i = 0; i < 200; i++) {
                assert_int_equal(log[k][i], i);
            }
        }
        pool_free(p);
    }
}

typedef struct sum_job {
    atomic_int *sum;
    int tag;
} sum_job;

static void add(void *context, size_t i) {
    sum_job *j = context;
    atomic_fetch_add(j->sum, j->tag + (int)i);
}

static void test_loops_beside_jobs(void **state) {
    (void)state;
    for (int t = 0; t < COUNTS; t++) {
        anet_pool *p = pool_new(thread_counts[t]);
        atomic_int sum;
        atomic_init(&sum, 0);
        int first = 0, second = 0, hits[64] = {0}, want = 0;
        for (int i = 0; i < 200; i++) {
            sum_job j = {&sum, i};
            size_t pieces = (size_t)i % 5;
            pool_submit(p, i % 3 ? NULL : p, pieces, add, &j, sizeof j, i % 2 ? &first : &second);
            pool_for(p, 64, count_up, hits);
            for (int k = 0; k < i % 5; k++) {
                want += i + k;
            }
        }
        pool_wait(p, &first);
        assert_int_equal(first, 0);
        pool_wait(p, NULL);
        assert_int_equal(second, 0);
        assert_int_equal(atomic_load(&sum), want);
        for (int i = 0; i < 64; i++) {
            assert_int_equal(hits[i], 200);
        }
        pool_free(p);
    }
}

static void test_free_finishes_the_jobs(void **state) {
    (void)state;
    for (int t = 0; t < COUNTS; t++) {
        atomic_int sum;
        atomic_init(&sum, 0);
        anet_pool *p = pool_new(thread_counts[t]);
        for (int i = 0; i < 50; i++) {
            sum_job j = {&sum, 1};
            pool_submit(p, NULL, 1, add, &j, sizeof j, NULL);
        }
        pool_free(p);
        assert_int_equal(atomic_load(&sum), 50);
    }
    pool_free(NULL);
}

static void test_thread_count_from_environment(void **state) {
    (void)state;
    setenv("ANET_THREADS", "3", 1);
    anet_pool *p = pool_new(0);
    assert_int_equal(pool_threads(p), 3);
    pool_free(p);
    p = pool_new(2);
    assert_int_equal(pool_threads(p), 2);
    pool_free(p);
    setenv("ANET_THREADS", "many", 1);
    p = pool_new(0);
    int cores = pool_threads(p);
    assert_true(cores >= 1);
    pool_free(p);
    setenv("ANET_PIN", "1", 1);
    for (int again = 0; again < 2; again++) { /* a pinned pool leaves all cores to the next */
        p = pool_new(0);
        assert_int_equal(pool_threads(p), cores);
        pool_free(p);
    }
    unsetenv("ANET_THREADS");
    unsetenv("ANET_PIN");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_piece_once),
        cmocka_unit_test(test_same_key_runs_in_order),
        cmocka_unit_test(test_loops_beside_jobs),
        cmocka_unit_test(test_free_finishes_the_jobs),
        cmocka_unit_test(test_thread_count_from_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
