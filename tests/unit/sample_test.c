#include "scratch.h"

#include "sample.h"

#include <math.h>

enum { N = 4, DRAWS = 20000 };

static const float logits[N] = {0, 1, 3, 2}; /* probabilities 0.032 0.087 0.644 0.237 */

static void count_draws(const sample_options *options, int counts[N]) {
    rng r;
    rng_seed(&r, 5);
    memset(counts, 0, N * sizeof *counts);
    for (int i = 0; i < DRAWS; i++) {
        int32_t token = sample_token(logits, 1, N, options, &r);
        assert_in_range(token, 0, N - 1);
        counts[token]++;
    }
}

static void expect_share(int count, double share) {
    assert_true(fabs(count - share * DRAWS) <= 5 * sqrt(share * (1 - share) * DRAWS));
}

static void zero_temperature_takes_the_first_maximum(void **state) {
    (void)state;
    const float ties[] = {-1, 5, 2, 5, -INFINITY};
    const sample_options greedy = {.temperature = 0, .top_p = 0.9};
    rng r = {{1, 2, 3, 4}}, before = r;
    assert_int_equal(sample_token(ties, 1, 5, &greedy, &r), 1);
    assert_int_equal(sample_token(ties, 2, 3, &greedy, &r), 1); /* -1, 2, -inf */
    assert_int_equal(sample_token(ties, 1, 1, &greedy, &r), 0);
    assert_memory_equal(&r, &before, sizeof r);
}

static void draws_follow_the_softmax(void **state) {
    (void)state;
    int counts[N];
    double weights[N], sum = 0;
    const double temperature = 0.7;
    for (int i = 0; i < N; i++) {
        sum += weights[i] = exp((double)logits[i] / temperature);
    }
    count_draws(&(sample_options){.temperature = temperature}, counts);
    for (int i = 0; i < N; i++) {
        expect_share(counts[i], weights[i] / sum);
    }
}

static void top_p_keeps_the_fewest_that_exceed_it(void **state) {
    (void)state;
    int counts[N];
    count_draws(&(sample_options){.temperature = 1, .top_p = 0.6}, counts);
    assert_int_equal(counts[2], DRAWS);
    count_draws(&(sample_options){.temperature = 1, .top_p = 0.8}, counts);
    assert_int_equal(counts[0] + counts[1], 0);
    expect_share(counts[2], 1 / (1 + exp(-1)));
    count_draws(&(sample_options){.temperature = 1, .top_p = 0.9}, counts);
    assert_int_equal(counts[0], 0);
    expect_share(counts[1], exp(1) / (exp(1) + exp(2) + exp(3)));
    count_draws(&(sample_options){.temperature = 1, .top_p = 1}, counts);
    assert_true(counts[0] > 0);
}

static void extremes_are_no_trouble(void **state) {
    (void)state;
    const float far[] = {-1e30F, 1e30F, -INFINITY}, even[] = {2, 2, 2};
    const sample_options warm = {.temperature = 1, .top_p = 0.9};
    const sample_options cold = {.temperature = 1e-9, .top_p = 0.5};
    const sample_options narrow = {.temperature = 1, .top_p = 1e-9};
    rng r;
    rng_seed(&r, 1);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(sample_token(far, 1, 3, &warm, &r), 1);
        assert_int_equal(sample_token(logits, 1, N, &cold, &r), 2);
        assert_int_equal(sample_token(logits, 1, 1, &warm, &r), 0);
        assert_int_equal(sample_token(even, 1, 3, &narrow, &r), 0);
    }
}

static void broken_logits_are_told(void **state) {
    (void)state;
    const float nan_inside[] = {1, NAN, 2}, infinite[] = {1, INFINITY},
                nothing[] = {-INFINITY, -INFINITY};
    const sample_options greedy = {0}, warm = {.temperature = 1};
    rng r = {{1, 2, 3, 4}};
    assert_int_equal(sample_token(nan_inside, 1, 3, &greedy, &r), -1);
    assert_int_equal(sample_token(nan_inside, 1, 3, &warm, &r), -1);
    assert_int_equal(sample_token(infinite, 1, 2, &greedy, &r), -1);
    assert_int_equal(sample_token(nothing, 1, 2, &warm, &r), -1);
    assert_int_equal(sample_token(nothing, 1, 0, &warm, &r), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_temperature_takes_the_first_maximum),
        cmocka_unit_test(draws_follow_the_softmax),
        cmocka_unit_test(top_p_keeps_the_fewest_that_exceed_it),
        cmocka_unit_test(extremes_are_no_trouble),
        cmocka_unit_test(broken_logits_are_told),
    };
    return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
