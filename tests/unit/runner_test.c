#include "runner.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fixture/tiny_model.h"

static const int32_t window[TINY_S + 1] = {3, 10, 3, 0, 7, 5};

typedef struct setup {
    anet_model model;
    anet_pool *pool;
    weights w;
    runner *r;
} setup;

static void set_up(setup *s, anet_numerics numerics, anet_place forward, bool backward,
                   int threads) {
    anet_error err = {0};
    s->model = tiny_model(forward);
    assert_int_equal(model_check(&s->model, &err), 0);
    s->pool = pool_new(threads);
    weights_new(&s->w, &s->model);
    weights_init(&s->w, 11, s->pool);
    runner_config config = {.ops = &anet_host_device,
                            .device = {.numerics = numerics, .pool = s->pool},
                            .backward = backward,
                            .weights = &s->w};
    if (runner_open(&config, &s->r, &err)) {
        fail_msg("%s", err.message);
    }
}

static void tear_down(setup *s) {
    runner_close(s->r);
    weights_free(&s->w);
    pool_free(s->pool);
}

/* the model's loss, computed in double */
static double reference_loss(const weights *w, const int32_t *ids) {
    double loss = 0;
    for (int s = 0; s < TINY_S; s++) {
        double h[TINY_C], z[TINY_V], largest = -INFINITY, sum = 0;
        for (int c = 0; c < TINY_C; c++) {
            double angle = s * pow(100, -(double)c / TINY_C);
            h[c] =
                (double)w->at[TINY_EMBED][ids[s] * TINY_C + c] * w->at[TINY_GAIN][c] * cos(angle);
        }
        for (int v = 0; v < TINY_V; v++) {
            z[v] = w->at[TINY_BIAS][v];
            for (int c = 0; c < TINY_C; c++) {
                z[v] += w->at[TINY_WEIGHT][v * TINY_C + c] * h[c];
            }
            largest = fmax(largest, z[v]);
        }
        for (int v = 0; v < TINY_V; v++) {
            sum += exp(z[v] - largest);
        }
        loss += largest + log(sum) - z[ids[s + 1]];
    }
    return loss / TINY_S;
}

static double run_forward(setup *s) {
    anet_error err = {0};
    double loss = NAN;
    if (runner_forward(s->r, window, window + 1, &loss, &err)) {
        fail_msg("%s", err.message);
    }
    return loss;
}

static void run_sequence(setup *s, double scale) {
    anet_error err = {0};
    run_forward(s);
    if (runner_backward(s->r, scale, &err)) {
        fail_msg("%s", err.message);
    }
}

static void test_loss(void **state) {
    (void)state;
    static const anet_place places[] = {ANET_PLACE_ANE, ANET_PLACE_CPU};
    for (size_t i = 0; i < 2; i++) {
        setup s;
        set_up(&s, ANET_NUMERICS_FP32, places[i], false, 2);
        assert_true(fabs(run_forward(&s) - reference_loss(&s.w, window)) < 1e-6);
        assert_null(runner_gradients(s.r)[0]);
        tear_down(&s);
        set_up(&s, ANET_NUMERICS_FP16, places[i], false, 2);
        assert_true(fabs(run_forward(&s) - reference_loss(&s.w, window)) < 3e-3);
        tear_down(&s);
    }
}

static void test_changed_weights_reach_the_device(void **state) {
    (void)state;
    static const anet_numerics numerics[] = {ANET_NUMERICS_FP32, ANET_NUMERICS_FP16};
    for (size_t i = 0; i < 2; i++) {
        setup s;
        set_up(&s, numerics[i], ANET_PLACE_ANE, false, 1);
        double before = run_forward(&s);
        for (int p = 0; p < TINY_PARAMS; p++) {
            for (size_t k = 0; k < s.w.count[p]; k++) {
                s.w.at[p][k] *= 1.5F;
            }
        }
        runner_weights_changed(s.r);
        double after = run_forward(&s);
        assert_true(fabs(after - reference_loss(&s.w, window)) < 3e-3);
        assert_true(fabs(after - before) > 0.01);
        tear_down(&s);
    }
}

static double finite_difference(setup *s, int param, size_t k) {
    const float step = 1e-3F;
    float *at = &s->w.at[param][k], kept = *at;
    float up = kept + step, down = kept - step;
    *at = up;
    double above = reference_loss(&s->w, window);
    *at = down;
    double below = reference_loss(&s->w, window);
    *at = kept;
    return (above - below) / ((double)up - (double)down);
}

static void check_gradients(anet_numerics numerics, anet_place forward, int threads,
                            double tolerance) {
    setup s;
    set_up(&s, numerics, forward, true, threads);
    const double scale = 32;
    run_sequence(&s, scale);
    run_sequence(&s, scale); /* adds the same once more, while the background still reads */
    runner_finish(s.r);
    for (int p = 0; p < TINY_PARAMS; p++) {
        for (size_t k = 0; k < s.w.count[p]; k++) {
            double got = runner_gradients(s.r)[p][k] / (2 * scale);
            double wanted = finite_difference(&s, p, k);
            if (!(fabs(got - wanted) < tolerance)) {
                fail_msg("%s[%zu]: %g, by differences %g", tiny_params[p].name, k, got, wanted);
            }
        }
    }
    tear_down(&s);
}

static void test_gradients(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        check_gradients(ANET_NUMERICS_FP32, ANET_PLACE_ANE, threads, 1e-6);
        check_gradients(ANET_NUMERICS_FP32, ANET_PLACE_CPU, threads, 1e-6);
        check_gradients(ANET_NUMERICS_FP16, ANET_PLACE_ANE, threads, 2e-3);
        check_gradients(ANET_NUMERICS_FP16, ANET_PLACE_CPU, threads, 2e-3);
    }
}

static void test_restarted_gradients_forget(void **state) {
    (void)state;
    setup s;
    set_up(&s, ANET_NUMERICS_FP32, ANET_PLACE_ANE, true, 2);
    run_sequence(&s, 1);
    runner_finish(s.r);
    float kept[TINY_V * TINY_C];
    memcpy(kept, runner_gradients(s.r)[TINY_WEIGHT], sizeof kept);
    for (int i = 0; i < 3; i++) {
        runner_restart_gradients(s.r);
        run_sequence(&s, 1);
        runner_finish(s.r);
        assert_memory_equal(kept, runner_gradients(s.r)[TINY_WEIGHT], sizeof kept);
    }
    tear_down(&s);
}

static void test_logits_without_targets(void **state) {
    (void)state;
    setup s;
    set_up(&s, ANET_NUMERICS_FP32, ANET_PLACE_ANE, false, 1);
    anet_error err = {0};
    assert_int_equal(runner_forward(s.r, window, NULL, NULL, &err), 0);
    const float *logits = runner_logits(s.r);
    double largest = -INFINITY, sum = 0, loss = 0;
    for (int t = 0; t < TINY_S; t++) {
        largest = -INFINITY;
        sum = 0;
        for (int v = 0; v < TINY_V; v++) {
            largest = fmax(largest, logits[v * TINY_S + t]);
        }
        for (int v = 0; v < TINY_V; v++) {
            sum += exp(logits[v * TINY_S + t] - largest);
        }
        loss += largest + log(sum) - logits[window[t + 1] * TINY_S + t];
    }
    assert_true(fabs(loss / TINY_S - reference_loss(&s.w, window)) < 1e-6);
    tear_down(&s);
}

/* --- models that are not consistent --- */

static void refused(const anet_model *m, const char *part) {
    anet_error err = {0};
    anet_code code = model_check(m, &err);
    if (code != ANET_INTERNAL || !strstr(err.message, part)) {
        fail_msg("code %d, message '%s', wanted '%s'", (int)code, err.message, part);
    }
}

static void test_broken_models_are_refused(void **state) {
    (void)state;
    anet_model m = tiny_model(ANET_PLACE_ANE);
    m.abi_version++;
    refused(&m, "compile the model again");

    anet_value values[TINY_VALUES];
    m = tiny_model(ANET_PLACE_ANE);
    m.values = values;
    memcpy(values, tiny_values, sizeof values);
    values[TINY_LOGITS].index = TINY_SLOTS;
    refused(&m, "value 'logits'");
    memcpy(values, tiny_values, sizeof values);
    values[TINY_X].dims[1] = INT64_MAX / 2;
    refused(&m, "value 'x' has impossible shape");
    memcpy(values, tiny_values, sizeof values);
    values[TINY_X].dims[0] = TINY_C - 1;
    refused(&m, "step 0 (embed)");
    memcpy(values, tiny_values, sizeof values);
    values[TINY_TOKENS].kind = ANET_VALUE_SEED;
    values[TINY_TOKENS].rank = 0;
    refused(&m, "step 0 (embed)");

    anet_step steps[TINY_STEPS];
    m = tiny_model(ANET_PLACE_ANE);
    m.steps = steps;
    static const int wrong[] = {TINY_DLOGITS, TINY_VALUES};
    memcpy(steps, tiny_steps, sizeof steps);
    steps[4].args = wrong;
    refused(&m, "step 4 (head)");
    memcpy(steps, tiny_steps, sizeof steps);
    steps[4].transpose_b = 0;
    refused(&m, "step 4 (head)");
    memcpy(steps, tiny_steps, sizeof steps);
    steps[5].kernel = 2;
    refused(&m, "step 5 (backward)");
    memcpy(steps, tiny_steps, sizeof steps);
    steps[8].n_args = 2;
    refused(&m, "step 8 (head)");
}

static void test_broken_feeds_are_refused(void **state) {
    (void)state;
    const anet_step *step = &tiny_steps[5]; /* backward */
    anet_kernel kernels[2] = {tiny_kernels[0], tiny_kernels[1]};
    anet_feed whole[5], feeds[5];
    anet_model m = tiny_model(ANET_PLACE_ANE);
    int weight = -1;
    for (int i = 0; i < 5; i++) {
        const anet_value *v = &tiny_values[step->args[i]];
        size_t n = value_elements(v);
        whole[i] = (anet_feed){NULL, i, n, {0, n, n}};
        weight = v->kind == ANET_VALUE_PARAM ? i : weight;
    }
    kernels[1].feeds = feeds;
    kernels[1].n_ports = 5;
    m.kernels = kernels;
    size_t n = whole[weight].elements;
    const anet_feed fine[] = {{"@model_path/weights/w.bin", -1, n, {0, n, n}},
                              {NULL, weight, n + 7, {7, n, n}},
                              {NULL, weight, 2 * n, {1, 1, 2}}};
    const anet_feed broken[] = {{NULL, -1, n, {0, n, n}},
                                {NULL, 5, n, {0, n, n}},
                                {NULL, weight, n, {1, n, n}},
                                {NULL, weight, n, {0, 0, n}},
                                {NULL, weight, n, {n, n, n}},
                                {NULL, weight, 2 * n, {2, 1, 2}},
                                {NULL, weight, n, {0, 1, SIZE_MAX}},
                                {NULL, weight, n - 1, {0, n, n}}};
    anet_error err = {0};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        memcpy(feeds, whole, sizeof feeds);
        feeds[weight] = fine[i];
        kernels[1].n_ports = fine[i].blob ? 4 : 5; /* the weight is the last input */
        assert_int_equal(model_check(&m, &err), ANET_OK);
    }
    kernels[1].n_ports = 5;
    feeds[weight] = fine[0]; /* a port that nobody fills */
    refused(&m, "step 5 (backward)");
    memcpy(feeds, whole, sizeof feeds);
    kernels[1].place = ANET_PLACE_CPU;
    refused(&m, "step 5 (backward)");
    kernels[1].place = ANET_PLACE_ANE;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        memcpy(feeds, whole, sizeof feeds);
        feeds[weight] = broken[i];
        refused(&m, "step 5 (backward)");
    }
    memcpy(feeds, whole, sizeof feeds); /* only parameters are constants */
    feeds[(weight + 1) % 5].blob = "@model_path/weights/x.bin";
    if (tiny_values[step->args[(weight + 1) % 5]].kind != ANET_VALUE_PARAM) {
        refused(&m, "step 5 (backward)");
    }
}

static void test_kernels_that_do_not_fit_are_refused(void **state) {
    (void)state;
    anet_model m = tiny_model(ANET_PLACE_ANE);
    anet_kernel kernels[2] = {tiny_kernels[1], tiny_kernels[1]};
    kernels[0].n_out = 2;
    m.kernels = kernels;
    anet_error err = {0};
    weights w;
    weights_new(&w, &m);
    anet_pool *pool = pool_new(1);
    runner *r;
    runner_config config = {.ops = &anet_host_device,
                            .device = {.numerics = ANET_NUMERICS_FP32, .pool = pool},
                            .weights = &w};
    assert_int_equal(runner_open(&config, &r, &err), ANET_INTERNAL);
    assert_non_null(strstr(err.message, "kernel kBackward has 5 inputs and 3 outputs"));
    assert_null(r);
    kernels[0] = tiny_kernels[0];
    kernels[0].mil = "program(1.3) {";
    kernels[0].mil_size = strlen(kernels[0].mil);
    err = (anet_error){0};
    assert_int_not_equal(runner_open(&config, &r, &err), 0);
    assert_non_null(strstr(err.message, "kForward"));
    weights_free(&w);
    pool_free(pool);
}

static void test_tables(void **state) {
    (void)state;
    float out[3 * 4];
    const anet_value cosine = {"c", ANET_VALUE_TABLE, 0, 2, {3, 4}, ANET_TABLE_ROPE_COS, 10000};
    const anet_value sine = {"s", ANET_VALUE_TABLE, 0, 2, {3, 4}, ANET_TABLE_ROPE_SIN, 10000};
    table_fill(&cosine, out);
    assert_true(out[0] == 1 && fabs(out[1 * 4 + 2] - cos(2 * pow(10000, -1.0 / 3))) < 1e-7);
    table_fill(&sine, out);
    assert_true(fabs(out[2 * 4 + 3] - sin(3 * pow(10000, -2.0 / 3))) < 1e-7);
    const anet_value mask = {"m", ANET_VALUE_TABLE, 0, 2, {3, 4}, ANET_TABLE_CAUSAL_MASK, 0};
    table_fill(&mask, out);
    assert_true(out[0] == 0 && out[1] == -65504 && out[2 * 4 + 2] == 0 && out[2 * 4 + 3] == -65504);
}

static void test_weights_follow_the_seed(void **state) {
    (void)state;
    anet_model m = tiny_model(ANET_PLACE_ANE);
    anet_pool *pool = pool_new(2);
    weights a, b;
    weights_new(&a, &m);
    weights_new(&b, &m);
    weights_init(&a, 1, pool);
    weights_init(&b, 1, pool);
    assert_memory_equal(a.at[0], b.at[0], a.count[0] * sizeof(float));
    weights_init(&b, 2, pool);
    assert_memory_not_equal(a.at[0], b.at[0], a.count[0] * sizeof(float));
    for (size_t i = 0; i < a.count[TINY_GAIN]; i++) {
        assert_true(a.at[TINY_GAIN][i] >= 0.5F && a.at[TINY_GAIN][i] < 1.5F);
    }
    assert_true(a.at[TINY_BIAS][3] == 0.125F);
    weights_free(&a);
    weights_free(&b);
    pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_changed_weights_reach_the_device),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_restarted_gradients_forget),
        cmocka_unit_test(test_logits_without_targets),
        cmocka_unit_test(test_broken_models_are_refused),
        cmocka_unit_test(test_broken_feeds_are_refused),
        cmocka_unit_test(test_kernels_that_do_not_fit_are_refused),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_weights_follow_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
