/* trainer.c: a step: sequences forward and backward, then the optimizer, unless something is not
 * finite. */
#include "trainer.h"

#include "base/clock.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>

static int option_count(const cli *c, cli_option o, int otherwise) {
    return (int)cli_integer(c, o, otherwise > 0 ? otherwise : 1);
}

void trainer_apply_options(trainer *t) {
    const cli *c = t->session->cli;
    anet_recipe *r = &t->state.recipe;
    r->lr = cli_real(c, OPT_LR, r->lr);
    r->decay = cli_real(c, OPT_DECAY, r->decay);
    r->clip = cli_real(c, OPT_CLIP, r->clip);
    r->warmup = (int)cli_integer(c, OPT_WARMUP, r->warmup);
    r->batch = option_count(c, OPT_BATCH, r->batch);
    r->accumulate = option_count(c, OPT_ACCUMULATE, r->accumulate);
    r->steps = option_count(c, OPT_STEPS, r->steps);
}

void trainer_new(trainer *t, session *s, const tokens *data) {
    double scale = session_loss_scale(s);
    *t = (trainer){
        .session = s,
        .optimizer = optimizer_new(&s->weights, s->pool),
        .data = data,
        .ids = anet_calloc(s->length + 1, sizeof *t->ids),
        .state = {.order = {s->seed, 0, 0},
                  .scale = {.scale = scale, .initial = scale},
                  .recipe = s->model->recipe},
    };
    trainer_apply_options(t);
}

void trainer_free(trainer *t) {
    if (t->session) {
        trainer_settle(t);
    }
    optimizer_free(t->optimizer);
    free(t->ids);
    *t = (trainer){0};
}

void trainer_settle(const trainer *t) {
    pool_wait(t->session->pool, NULL);
}

int64_t trainer_sequences(const trainer *t) {
    return (int64_t)t->state.recipe.batch * t->state.recipe.accumulate;
}

static anet_code next_window(trainer *t, token_order *order, anet_error *err) {
    const session *s = t->session;
    if (t->data) {
        return tokens_next(t->data, order, s->length, t->ids, err);
    }
    rng random;
    rng_seed(&random, rng_mix(order->seed, order->index++));
    for (size_t i = 0; i <= s->length; i++) {
        t->ids[i] = (int32_t)rng_below(&random, (uint64_t)s->vocab);
    }
    return ANET_OK;
}

/* all sequences of a step, forward and backward; their mean loss */
static anet_code run_sequences(trainer *t, token_order *order, double *loss, anet_error *err) {
    runner *r = t->session->runner;
    int64_t sequences = trainer_sequences(t);
    double sum = 0;
    runner_restart_gradients(r);
    for (int64_t i = 0; i < sequences; i++) {
        double one = 0;
        if (next_window(t, order, err) || runner_forward(r, t->ids, t->ids + 1, &one, err) ||
            runner_backward(r, t->state.scale.scale, err)) {
            runner_finish(r);
            return err->code;
        }
        sum += one;
    }
    runner_finish(r);
    *loss = sum / (double)sequences;
    return ANET_OK;
}

static adamw optimizer_settings(const train_state *s) {
    const anet_recipe *r = &s->recipe;
    lr_schedule schedule = {r->warmup, r->steps, r->floor};
    return (adamw){
        r->lr * lr_share(&schedule, s->step), r->beta1, r->beta2, r->eps, r->decay, r->clip};
}

static anet_code refuse_stuck(const train_state *s, anet_error *err) {
    enum { PATIENCE = 20 };
    if (s->scale.stuck < PATIENCE) {
        return ANET_OK;
    }
    return anet_fail(
        err, ANET_FAILED,
        "step %lld: the gradients were not finite %d times in a row although the loss scale "
        "is down to 1; the weights are as before. Try a lower --lr, or --numerics fp32",
        (long long)s->step, PATIENCE);
}

/* A step that is skipped counts for the schedule and the data, but not for the bias correction. */
anet_code trainer_step(trainer *t, train_report *report, anet_error *err) {
    train_state *s = &t->state;
    token_order order = s->order;
    double start = seconds_now(), updating = runner_clock(t->session->runner)->updating;
    *report = (train_report){.loss_scale = s->scale.scale};
    if (run_sequences(t, &order, &report->loss, err)) {
        return err->code;
    }
    double middle = seconds_now();
    report->update_seconds = runner_clock(t->session->runner)->updating - updating;
    double unscale = 1 / (s->scale.scale * (double)trainer_sequences(t));
    float *const *gradients = runner_gradients(t->session->runner);
    report->norm = optimizer_norm(t->optimizer, gradients, unscale);
    report->skipped = !isfinite(report->norm) || !isfinite(report->loss);
    adamw how = optimizer_settings(s);
    report->lr = how.lr;
    if (!report->skipped) {
        optimizer_step(t->optimizer, gradients, &how, s->step - s->scale.skipped + 1, unscale,
                       report->norm, runner_param_order(t->session->runner),
                       runner_updating(t->session->runner));
        runner_weights_changed(t->session->runner);
        if (!runner_computes_apart(t->session->runner)) {
            trainer_settle(t);
        }
    }
    report->tokens = trainer_sequences(t) * (int64_t)t->session->length;
    loss_scale_update(&s->scale, !report->skipped);
    s->order = order;
    s->step++;
    s->seen += report->tokens;
    report->seconds = seconds_now() - start;
    t->optimizer_seconds += seconds_now() - middle;
    t->steps_seconds += report->seconds;
    return refuse_stuck(s, err);
}
