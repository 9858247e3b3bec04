#include "scratch.h"

#include "rng.h"

#include <math.h>

/* Blackman and Vigna's xoshiro256** from the state {1, 2, 3, 4}: the first values can be followed
 * by hand, the tenth stands for the state transition. */
static void follows_the_published_generator(void **state) {
    (void)state;
    rng r = {{1, 2, 3, 4}};
    assert_int_equal(rng_next(&r), 11520);
    assert_int_equal(rng_next(&r), 0);
    assert_int_equal(rng_next(&r), 1509978240);
    assert_int_equal(rng_next(&r), 1215971899390074240);
}

static void a_copy_continues_the_stream(void **state) {
    (void)state;
    rng r, other;
    rng_seed(&r, 42);
    rng_seed(&other, 43);
    assert_true(rng_next(&r) != rng_next(&other));
    for (int i = 0; i < 100; i++) {
        rng_normal(&r);
    }
    rng copy = r;
    for (int i = 0; i < 100; i++) {
        assert_true(rng_normal(&r) == rng_normal(&copy));
    }
    assert_memory_equal(&r, &copy, sizeof r);
}

static void uniform_is_uniform(void **state) {
    (void)state;
    enum { N = 100000, BINS = 16 };
    rng r;
    int bins[BINS] = {0};
    rng_seed(&r, 1);
    for (int i = 0; i < N; i++) {
        double u = rng_uniform(&r);
        assert_true(u >= 0 && u < 1);
        bins[(int)(u * BINS)]++;
    }
    for (int i = 0; i < BINS; i++) { /* five standard deviations */
        assert_true(fabs(bins[i] - (double)N / BINS) < 5 * sqrt((double)N / BINS));
    }
}

static void normal_has_its_moments(void **state) {
    (void)state;
    enum { N = 100000 };
    rng r;
    double sum = 0, square = 0, fourth = 0;
    rng_seed(&r, 2);
    for (int i = 0; i < N; i++) {
        double x = rng_normal(&r);
        assert_true(isfinite(x));
        sum += x;
        square += x * x;
        fourth += x * x * x * x;
    }
    assert_true(fabs(sum / N) < 5 / sqrt(N));
    assert_true(fabs(square / N - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(fourth / N - 3) < 5 * sqrt(96.0 / N));
}

static void below_reaches_all_and_no_more(void **state) {
    (void)state;
    rng r;
    int seen[7] = {0};
    rng_seed(&r, 3);
    for (int i = 0; i < 7000; i++) {
        uint64_t x = rng_below(&r, 7);
        assert_true(x < 7);
        seen[x]++;
    }
    for (int i = 0; i < 7; i++) {
        assert_true(seen[i] > 850 && seen[i] < 1150);
    }
    assert_int_equal(rng_below(&r, 1), 0);
    assert_true(rng_below(&r, UINT64_MAX) < UINT64_MAX);
}

static void permute_is_a_permutation(void **state) {
    (void)state;
    static const uint64_t sizes[] = {1, 2, 3, 4, 5, 16, 17, 129, 1000, 4097};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        uint64_t n = sizes[s];
        char *seen = anet_calloc((size_t)n, 1);
        uint64_t moved = 0, other = 0;
        for (uint64_t i = 0; i < n; i++) {
            uint64_t to = rng_permute(9, n, i);
            assert_true(to < n);
            assert_int_equal(seen[to], 0);
            seen[to] = 1;
            moved += to != i;
            other += to != rng_permute(10, n, i);
        }
        free(seen);
        assert_true(n < 16 || (moved > n / 2 && other > n / 2));
    }
    uint64_t huge = (uint64_t)1 << 63;
    assert_true(rng_permute(9, huge, huge - 1) < huge);
    assert_true(rng_permute(9, UINT64_MAX, 5) < UINT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_published_generator),
        cmocka_unit_test(a_copy_continues_the_stream),
        cmocka_unit_test(uniform_is_uniform),
        cmocka_unit_test(normal_has_its_moments),
        cmocka_unit_test(below_reaches_all_and_no_more),
        cmocka_unit_test(permute_is_a_permutation),
    };
    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
