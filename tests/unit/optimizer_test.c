#include "floats.h"
#include "optimizer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rng.h"

/* a parameter of several chunks, one without decay, one frozen */
enum { BIG = 300 * 257, SMALL = 13, FROZEN = 5, PARAMS = 3 };
static const anet_param params[PARAMS] = {
    {"big", 2, {300, 257}, ANET_INIT_NORMAL, 1, 0, 0},
    {"small", 1, {SMALL}, ANET_INIT_NORMAL, 1, 0, ANET_PARAM_NO_DECAY},
    {"frozen", 1, {FROZEN}, ANET_INIT_NORMAL, 1, 0, ANET_PARAM_FROZEN},
};
static const anet_model model = {.name = "three", .n_params = PARAMS, .params = params};

typedef struct setup {
    anet_pool *pool;
    weights w;
    optimizer *o;
    float *gradients[PARAMS];
} setup;

static void set_up(setup *s, int threads) {
    s->pool = pool_new(threads);
    weights_new(&s->w, &model);
    weights_init(&s->w, 3, s->pool);
    s->o = optimizer_new(&s->w, s->pool);
    s->gradients[0] = floats_new(BIG);
    s->gradients[1] = floats_new(SMALL);
    s->gradients[2] = NULL;
}

static void tear_down(setup *s) {
    optimizer_free(s->o);
    weights_free(&s->w);
    free(s->gradients[0]);
    free(s->gradients[1]);
    pool_free(s->pool);
}

static void random_gradients(setup *s, uint64_t seed) {
    rng r;
    rng_seed(&r, seed);
    for (int p = 0; p < 2; p++) {
        for (size_t i = 0; i < s->w.count[p]; i++) {
            s->gradients[p][i] = (float)(64 * rng_normal(&r));
        }
    }
}

static void step_now(setup *s, const adamw *how, int step, double unscale, double norm) {
    static const int order[PARAMS] = {1, 2, 0};
    int pending[PARAMS] = {0};
    optimizer_step(s->o, s->gradients, how, step, unscale, norm, order, pending);
    for (int i = 0; i < PARAMS; i++) {
        pool_wait(s->pool, &pending[i]);
    }
}

/* AdamW as the paper and PyTorch have it, in double, element by element */
typedef struct reference {
    double p, m, v;
} reference;

static void reference_step(reference *r, double g, const adamw *how, double decay, int step) {
    r->p -= how->lr * decay * r->p;
    r->m = how->beta1 * r->m + (1 - how->beta1) * g;
    r->v = how->beta2 * r->v + (1 - how->beta2) * g * g;
    double m = r->m / (1 - pow(how->beta1, step)), v = r->v / (1 - pow(how->beta2, step));
    r->p -= how->lr * m / (sqrt(v) + how->eps);
}

static void test_matches_adamw_in_double(void **state) {
    (void)state;
    setup s;
    set_up(&s, 2);
    const adamw how = {1e-2, 0.9, 0.95, 1e-8, 0.1, 1.0};
    reference *wanted = calloc(BIG + SMALL, sizeof *wanted);
    for (size_t i = 0; i < BIG + SMALL; i++) {
        wanted[i].p = i < BIG ? s.w.at[0][i] : s.w.at[1][i - BIG];
    }
    float frozen[FROZEN];
    memcpy(frozen, s.w.at[2], sizeof frozen);
    for (int step = 1; step <= 5; step++) {
        random_gradients(&s, (uint64_t)step);
        double unscale = 1.0 / 64, norm = optimizer_norm(s.o, s.gradients, unscale);
        double squares = 0;
        for (size_t i = 0; i < BIG + SMALL; i++) {
            double g = unscale * (i < BIG ? s.gradients[0][i] : s.gradients[1][i - BIG]);
            squares += g * g;
        }
        assert_true(fabs(norm - sqrt(squares)) < 1e-9 * norm);
        assert_true(norm > how.clip);
        for (size_t i = 0; i < BIG + SMALL; i++) {
            double g = i < BIG ? s.gradients[0][i] : s.gradients[1][i - BIG];
            reference_step(&wanted[i], g * unscale * how.clip / (norm + 1e-6), &how,
                           i < BIG ? how.decay : 0, step);
        }
        step_now(&s, &how, step, unscale, norm);
    }
    for (size_t i = 0; i < BIG + SMALL; i++) {
        double got = i < BIG ? s.w.at[0][i] : s.w.at[1][i - BIG];
        assert_true(fabs(got - wanted[i].p) < 3e-6 * (1 + fabs(wanted[i].p)));
    }
    assert_memory_equal(frozen, s.w.at[2], sizeof frozen);
    assert_null(optimizer_first_moment(s.o, 2));
    assert_int_equal(optimizer_memory(s.o), 8 * (BIG + SMALL));
    free(wanted);
    tear_down(&s);
}

static void test_threads_do_not_change_bits(void **state) {
    (void)state;
    setup one, three;
    set_up(&one, 1);
    set_up(&three, 3);
    const adamw how = {1e-2, 0.9, 0.95, 1e-8, 0.1, 1.0};
    assert_memory_equal(one.w.at[0], three.w.at[0], BIG * sizeof(float));
    random_gradients(&one, 9);
    random_gradients(&three, 9);
    double norm = optimizer_norm(one.o, one.gradients, 1);
    assert_true(norm == optimizer_norm(three.o, three.gradients, 1));
    step_now(&one, &how, 1, 1, norm);
    step_now(&three, &how, 1, 1, norm);
    assert_memory_equal(one.w.at[0], three.w.at[0], BIG * sizeof(float));
    tear_down(&one);
    tear_down(&three);
}

static void test_norm_shows_what_is_not_finite(void **state) {
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    setup s;
    set_up(&s, 2);
    random_gradients(&s, 1);
    s.gradients[0][5] = 3e38F; /* its square is beyond float, not beyond double */
    assert_true(isfinite(optimizer_norm(s.o, s.gradients, 1)));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        s.gradients[1][SMALL - 1] = bad[i];
        assert_true(!isfinite(optimizer_norm(s.o, s.gradients, 1)));
    }
    tear_down(&s);
}

static void test_schedule(void **state) {
    (void)state;
    const lr_schedule s = {4, 14, 0.1};
    assert_true(fabs(lr_share(&s, 0) - 0.25) < 1e-12);
    assert_true(fabs(lr_share(&s, 3) - 1) < 1e-12);
    assert_true(fabs(lr_share(&s, 4) - 1) < 1e-12);
    assert_true(fabs(lr_share(&s, 13) - 0.1) < 1e-12);
    assert_true(fabs(lr_share(&s, 10) - (0.1 + 0.9 * 0.5 * (1 + cos(3.14159265358979 * 6 / 9)))) <
                1e-12);
    const lr_schedule constant = {0, 10, 1};
    assert_true(lr_share(&constant, 0) == 1 && lr_share(&constant, 9) == 1);
    const lr_schedule only_warmup = {10, 10, 0};
    assert_true(lr_share(&only_warmup, 9) == 1);
}

static void test_loss_scale(void **state) {
    (void)state;
    loss_scale s = {.scale = 8, .initial = 8};
    loss_scale_update(&s, false);
    loss_scale_update(&s, false);
    assert_true(s.scale == 2 && s.skipped == 2 && s.stuck == 0);
    for (int i = 0; i < 999; i++) {
        loss_scale_update(&s, true);
    }
    assert_true(s.scale == 2);
    loss_scale_update(&s, true);
    assert_true(s.scale == 4);
    for (int i = 0; i < 3000; i++) {
        loss_scale_update(&s, true);
    }
    assert_true(s.scale == 8);
    for (int i = 0; i < 8; i++) {
        loss_scale_update(&s, false);
    }
    assert_true(s.scale == 1 && s.stuck == 5);
    loss_scale_update(&s, true);
    assert_true(s.stuck == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches_adamw_in_double),
        cmocka_unit_test(test_threads_do_not_change_bits),
        cmocka_unit_test(test_norm_shows_what_is_not_finite),
        cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_loss_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
