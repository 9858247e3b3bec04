/* train.c: the command `train`: a run from its first step or its checkpoint to its last. */
#include "base/file.h"
#include "foreign.h"
#include "interrupt.h"
#include "progress.h"
#include "restart.h"
#include "trainer.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct run {
    session *session;
    trainer trainer;
    tokens *data, *val;
    const char *out; /* NULL: nothing is saved */
    FILE *log;
    progress progress;
    int64_t first, stop; /* steps done at the start; to be done at the end */
    bool saved;          /* the current step is in `out` */
} run;

/* --- the log --- */

static anet_code cannot_write_log(const run *r, anet_error *err) {
    return anet_fail(err, ANET_BAD_USAGE, "cannot write %s: %s",
                     cli_text(r->session->cli, OPT_LOG, ""), strerror(errno ? errno : EIO));
}

static anet_code open_log(run *r, anet_error *err) {
    const char *path = cli_text(r->session->cli, OPT_LOG, NULL);
    if (!path) {
        return ANET_OK;
    }
    r->log = fopen(path, cli_flag(r->session->cli, OPT_RESUME) ? "a" : "w");
    return r->log ? ANET_OK : cannot_write_log(r, err);
}

/* JSON has no word for NaN */
static void log_number(text *t, const char *name, double x) {
    if (isfinite(x)) {
        text_printf(t, ",\"%s\":%.9g", name, x);
    } else {
        text_printf(t, ",\"%s\":null", name);
    }
}

static anet_code write_log(run *r, text *line, anet_error *err) {
    text_puts(line, "}\n");
    errno = 0;
    bool ok = !r->log || (fwrite(line->at, 1, line->len, r->log) == line->len && !fflush(r->log));
    text_free(line);
    return ok ? ANET_OK : cannot_write_log(r, err);
}

static anet_code log_step(run *r, const train_report *report, anet_error *err) {
    const train_state *s = &r->trainer.state;
    text line = {0};
    text_printf(&line, "{\"step\":%lld", (long long)s->step);
    log_number(&line, "loss", report->loss);
    log_number(&line, "lr", report->lr);
    log_number(&line, "grad_norm", report->norm);
    log_number(&line, "loss_scale", report->loss_scale);
    text_printf(&line, ",\"tokens\":%lld", (long long)s->seen);
    log_number(&line, "ms", 1e3 * report->seconds);
    log_number(&line, "update_ms", 1e3 * report->update_seconds);
    text_printf(&line, ",\"skipped\":%s", report->skipped ? "true" : "false");
    return write_log(r, &line, err);
}

/* --- saving and evaluating --- */

static anet_code save(run *r, anet_error *err) {
    if (!r->out || r->saved) {
        return ANET_OK;
    }
    trainer_settle(&r->trainer);
    if (!checkpoint_write(r->out, &r->session->weights, r->trainer.optimizer, &r->trainer.state,
                          err)) {
        r->saved = true;
    }
    return err->code;
}

static anet_code validate(run *r, anet_error *err) {
    double loss;
    uint64_t counted;
    if (session_evaluate(r->session, r->val, &loss, &counted, err)) {
        return err->code;
    }
    progress_break(&r->progress);
    if (r->progress.out) {
        printf("step %lld  val loss %.4f  perplexity %.2f\n", (long long)r->trainer.state.step,
               loss, exp(loss));
    }
    r->session->owes_evaluation = false;
    text line = {0};
    text_printf(&line, "{\"step\":%lld", (long long)r->trainer.state.step);
    log_number(&line, "val_loss", loss);
    return write_log(r, &line, err);
}

static bool due(const run *r, cli_option every) {
    int64_t n = cli_integer(r->session->cli, every, 0);
    return n > 0 && r->trainer.state.step % n == 0;
}

static anet_code after_step(run *r, const train_report *report, anet_error *err) {
    const train_state *s = &r->trainer.state;
    r->saved = false;
    progress_step(&r->progress, s->step, report->loss, report->tokens, report->skipped);
    if (log_step(r, report, err)) {
        return err->code;
    }
    session_report_news(r->session, &r->progress);
    bool last = s->step >= r->stop;
    r->session->owes_evaluation = r->val && (last || due(r, OPT_EVAL_EVERY));
    if (r->session->owes_evaluation && validate(r, err)) {
        return err->code;
    }
    return due(r, OPT_SAVE_EVERY) ? save(r, err) : ANET_OK;
}

/* --- starting --- */

static anet_code check_out(run *r, anet_error *err) {
    const cli *c = r->session->cli;
    r->out = cli_text(c, OPT_OUT, NULL);
    bool resume = cli_flag(c, OPT_RESUME);
    if (resume && !r->out) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "--resume needs --out FILE, the checkpoint to continue");
    }
    if (!r->out) {
        return cli_integer(c, OPT_SAVE_EVERY, 0)
                   ? anet_fail(err, ANET_BAD_USAGE, "--save-every needs --out FILE")
                   : ANET_OK;
    }
    if (resume && checkpoint_is_llama2c(r->out)) {
        return anet_fail(
            err, ANET_BAD_USAGE,
            "--resume: %s is in llama2.c's format, which holds weights only; resuming needs "
            "a .safetensors checkpoint",
            r->out);
    }
    if (resume && cli_text(c, OPT_INIT, NULL)) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "--resume continues from --out; it cannot be combined with --init");
    }
    if (resume && !file_exists(r->out)) {
        return anet_fail(err, ANET_BAD_USAGE, "--resume: there is no checkpoint %s", r->out);
    }
    file_writer probe; /* better now than after hours */
    int error = file_begin(&probe, r->out);
    if (error) {
        return anet_fail(err, ANET_BAD_USAGE, "cannot write %s: %s", r->out, strerror(error));
    }
    file_cancel(&probe);
    return ANET_OK;
}

static anet_code resume(run *r, anet_error *err) {
    trainer *t = &r->trainer;
    if (checkpoint_read(r->out, &r->session->weights, t->optimizer, &t->state, err)) {
        return err->code;
    }
    const cli *c = r->session->cli;
    uint64_t seed = t->state.order.seed;
    if (c->at[OPT_SEED].given && r->session->seed != seed) {
        return anet_fail(err, ANET_BAD_USAGE, "%s was started with --seed %llu, not %llu", r->out,
                         (unsigned long long)seed, (unsigned long long)r->session->seed);
    }
    trainer_apply_options(t);
    r->saved = true;
    return ANET_OK;
}

static anet_code plan_steps(run *r, anet_error *err) {
    const train_state *s = &r->trainer.state;
    int64_t total = s->recipe.steps;
    bool owed;
    restart_count(&owed);
    r->session->owes_evaluation = owed && r->val;
    r->first = s->step;
    r->stop = cli_integer(r->session->cli, OPT_STOP_AFTER, total);
    r->stop = r->stop < total ? r->stop : total;
    if (r->first >= r->stop && !r->session->owes_evaluation) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "%s has %lld steps already; ask for more than %lld with "
                         "--steps%s",
                         r->out ? r->out : "the run", (long long)r->first, (long long)r->stop,
                         r->stop < total ? " and --stop-after" : "");
    }
    return ANET_OK;
}

/* Constants can be changed only so often in one process (facts: ane-facts 1.3); the run then goes
 * on in another, from its checkpoint. */
static anet_code check_restarts(const run *r, anet_error *err) {
    bool may_restart =
        r->session->ops != &anet_host_device && model_has_trained_constants(r->session->model);
    if (may_restart && (!r->out || checkpoint_is_llama2c(r->out))) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "weights are constants of the kernels of '%s', so training may have to go "
                         "on in a new process: it needs --out FILE.safetensors",
                         r->session->model->name);
    }
    return ANET_OK;
}

static anet_code open_data(run *r, anet_error *err) {
    if (session_data(r->session, OPT_DATA, &r->data, err)) {
        return err->code;
    }
    const cli *c = r->session->cli;
    if (!cli_text(c, OPT_VAL, NULL)) {
        return c->at[OPT_EVAL_EVERY].given
                   ? anet_fail(err, ANET_BAD_USAGE, "--eval-every needs --val FILE")
                   : ANET_OK;
    }
    return session_data(r->session, OPT_VAL, &r->val, err);
}

static anet_code start(run *r, anet_error *err) {
    session *s = r->session;
    if (session_keep_inputs(s, OPT_OUT, err) || session_keep_inputs(s, OPT_LOG, err) ||
        check_out(r, err) || check_restarts(r, err) || session_require_gradients(s, err) ||
        open_data(r, err) || session_load(s, err)) {
        return err->code;
    }
    if (r->out && checkpoint_is_llama2c(r->out) && foreign_check(r->out, &s->weights, err)) {
        return err->code;
    }
    trainer_new(&r->trainer, s, r->data);
    if ((cli_flag(s->cli, OPT_RESUME) && resume(r, err)) || plan_steps(r, err) ||
        session_open_runner(s, true, err)) {
        return err->code;
    }
    return open_log(r, err);
}

/* --- the run --- */

static void loop(run *r, anet_error *err) {
    FILE *out = cli_flag(r->session->cli, OPT_QUIET) ? NULL : stdout;
    progress_begin(&r->progress, out, r->first, r->stop);
    if (r->session->owes_evaluation) {
        validate(r, err);
    }
    while (!err->code && r->trainer.state.step < r->stop && !interrupt_wanted()) {
        train_report report;
        session_report_at(r->session, (uint64_t)r->trainer.state.step + 1);
        if (!trainer_step(&r->trainer, &report, err)) {
            after_step(r, &report, err);
        }
    }
    progress_break(&r->progress);
}

/* The step that could not be made is made by the next process. Where that would not get further
 * either, the run ends. */
static void prepare_restart(const run *r, anet_error *err) {
    bool owed;
    int64_t before = restart_count(&owed);
    if (r->trainer.state.step == r->first) {
        anet_error why = *err;
        *err = (anet_error){0};
        anet_fail(err, ANET_FAILED, "a new process got no further: %s; raise --compile-budget",
                  why.message);
        return;
    }
    fprintf(stderr, "%s: note: restart %lld after step %lld: %s\n",
            path_name(r->session->cli->program), (long long)before + 1,
            (long long)r->trainer.state.step, err->message);
}

static void finish(run *r, anet_error *err) {
    const train_state *s = &r->trainer.state;
    anet_error save_error = {0}; /* a run that failed saves the steps it made all the same */
    if (s->step > r->first && save(r, &save_error)) {
        anet_fail(err, save_error.code, "%s", save_error.message);
    }
    if (err->code == ANET_RESTART && save_error.code) {
        *err = save_error;
    } else if (err->code == ANET_RESTART && !interrupt_wanted()) {
        prepare_restart(r, err);
    } else if (err->code == ANET_RESTART) {
        *err = (anet_error){0};
    }
    bool owes = r->session->owes_evaluation; /* a new process would have made it */
    bool interrupted = interrupt_wanted() && (s->step < r->stop || owes);
    if (!err->code && r->progress.out && r->saved) {
        printf("step %lld saved to %s\n", (long long)s->step, r->out);
    }
    if (!interrupted || err->code) {
        return;
    }
    if (!r->out) {
        anet_fail(err, ANET_INTERRUPTED,
                  "interrupted after step %lld; nothing was saved (no --out)", (long long)s->step);
    } else if (!r->saved) {
        anet_fail(err, ANET_INTERRUPTED, "interrupted before a step was made");
    } else if (s->step >= r->stop) {
        anet_fail(err, ANET_INTERRUPTED,
                  "interrupted before the evaluation of step %lld, the last, which is in %s",
                  (long long)s->step, r->out);
    } else if (checkpoint_is_llama2c(r->out)) {
        anet_fail(err, ANET_INTERRUPTED,
                  "interrupted after step %lld; the weights are in %s, which cannot be resumed",
                  (long long)s->step, r->out);
    } else {
        anet_fail(err, ANET_INTERRUPTED,
                  "interrupted after step %lld, which is in %s; the same command with --resume and "
                  "without --init goes on from there",
                  (long long)s->step, r->out);
    }
}

anet_code command_train(session *s, anet_error *err) {
    run r = {.session = s};
    if (!start(&r, err)) {
        loop(&r, err);
        finish(&r, err);
        session_report_print(s);
    }
    if (r.log && fclose(r.log)) {
        cannot_write_log(&r, err);
    }
    trainer_free(&r.trainer);
    tokens_close(r.data);
    tokens_close(r.val);
    return err->code ? err->code : cli_flush(err);
}
