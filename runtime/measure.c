/* measure.c: the commands `profile` and `bench`: training steps against the clock. Without --data
 * they run on random tokens, without --init on new weights: neither changes the speed. */
#include "measure.h"

#include "ane/ane.h"
#include "base/clock.h"
#include "interrupt.h"
#include "work.h"

#include <stdio.h>
#include <stdlib.h>

/* An engine gets faster over its first calls and its first second (ane-facts, sections 6.2 and 8);
 * a processor over the first step, which touches all memory. */
enum { WARM_UP_STEPS_ENGINE = 3, WARM_UP_STEPS_HOST = 1 };
static const double warm_up_seconds_engine = 1;

static void warn_of_environment(void) {
    static const char *const slow[] = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"};
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        if (getenv(slow[i])) {
            fprintf(stderr, "warning: %s is set, which can halve the speed; unset it to measure\n",
                    slow[i]);
        }
    }
}

/* --- clocks --- */

static void add_stats(anet_device_stats *to, double sign, const anet_device_stats *now) {
    const int64_t one = sign > 0 ? 1 : -1;
    to->compiles += one * now->compiles;
    to->cached += one * now->cached;
    to->patches += one * now->patches;
    to->evaluations += one * now->evaluations;
    to->compile_seconds += sign * now->compile_seconds;
    to->load_seconds += sign * now->load_seconds;
    to->patch_seconds += sign * now->patch_seconds;
    to->evaluate_seconds += sign * now->evaluate_seconds;
    to->copy_seconds += sign * now->copy_seconds;
    to->bytes_in += (uint64_t)one * now->bytes_in;
    to->bytes_out += (uint64_t)one * now->bytes_out;
    to->bytes_relaid += (uint64_t)one * now->bytes_relaid;
}

static void read_clock(measurement *m, double sign) {
    const session *s = m->trainer.session;
    const runner_times *now = runner_clock(s->runner);
    for (int i = 0; i < s->model->n_steps; i++) {
        m->step_seconds[i] += sign * now->steps[i];
    }
    m->phases.gradients += sign * now->background;
    m->phases.waiting += sign * now->waiting;
    m->phases.updating += sign * now->updating;
    m->phases.spent += sign * m->trainer.optimizer_seconds;
    m->phases.optimizer += sign * optimizer_seconds(m->trainer.optimizer);
    m->all += sign * m->trainer.steps_seconds;
    add_stats(&m->done, sign, runner_stats(s->runner));
}

/* --- figures --- */

static void count_phases(measurement *m, const anet_model *model) {
    step_phases *p = &m->phases;
    for (int i = 0; i < model->n_steps; i++) {
        anet_step_op op = model->steps[i].op;
        double seconds = m->step_seconds[i];
        if (op == ANET_STEP_EVAL) {
            *(i < model->n_forward ? &p->forward : &p->backward) += seconds;
        } else if (op == ANET_STEP_LOSS || op == ANET_STEP_LOSS_GRAD) {
            p->loss += seconds;
        }
    }
    p->other = m->all - p->forward - p->backward - p->loss - p->waiting - p->spent - p->updating;
}

static anet_code count_kernels(measurement *m, const session *s, anet_error *err) {
    const anet_model *model = s->model;
    int64_t turns = m->steps * trainer_sequences(&m->trainer);
    for (int i = 0; i < model->n_kernels; i++) {
        m->kernels[i].kernel = &model->kernels[i];
        if (kernel_work(&model->kernels[i], &m->kernels[i].operations, err)) {
            return err->code;
        }
    }
    for (int i = 0; i < model->n_steps; i++) {
        if (model->steps[i].op == ANET_STEP_EVAL) {
            kernel_figures *k = &m->kernels[model->steps[i].kernel];
            k->calls += turns;
            k->seconds += m->step_seconds[i];
            m->scheduled += runner_uses_device(s->runner, i) ? turns : 0;
        }
    }
    return model_work(model, 0, model->n_steps, &m->operations, err);
}

double measure_outside(const measurement *m) {
    return m->all > 0 ? 1 - m->done.evaluate_seconds / m->all : 0;
}

static const engine_peak peaks[] = {
#define PEAK(family, chip, tflops, what, source) {family, chip, tflops, what, source},
#include "peaks.def"
};

const engine_peak *engine_peak_of(const char *architecture) {
    long family = architecture[0] ? strtol(architecture + 1, NULL, 10) : 0;
    for (size_t i = 0; i < sizeof peaks / sizeof *peaks; i++) {
        if (peaks[i].family == family) {
            return &peaks[i];
        }
    }
    return NULL;
}

/* --- running --- */

static anet_code run_step(measurement *m, train_report *report, anet_error *err) {
    return interrupt_check(err) ? err->code : trainer_step(&m->trainer, report, err);
}

static anet_code warm_up(measurement *m, anet_error *err) {
    const session *s = m->trainer.session;
    bool engine = s->ops == &anet_ane_device;
    int64_t least = engine ? WARM_UP_STEPS_ENGINE : WARM_UP_STEPS_HOST;
    double start = seconds_now(),
           wanted = cli_real(s->cli, OPT_WARMUP_SECONDS, engine ? warm_up_seconds_engine : 0);
    while (m->warm_up_steps < least || m->warm_up_seconds < wanted) {
        train_report report;
        if (run_step(m, &report, err)) {
            return err->code;
        }
        m->warm_up_steps++;
        m->warm_up_seconds = seconds_now() - start;
    }
    return ANET_OK;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static anet_code run_steps(measurement *m, anet_error *err) {
    if (warm_up(m, err)) {
        return err->code;
    }
    read_clock(m, -1);
    for (int64_t i = 0; i < m->steps; i++) {
        train_report report;
        if (run_step(m, &report, err)) {
            return err->code;
        }
        m->ms[i] = 1e3 * report.seconds;
    }
    read_clock(m, 1);
    qsort(m->ms, (size_t)m->steps, sizeof *m->ms, by_size);
    return ANET_OK;
}

/* An evaluation that failed has ended the run; this is about those that never took place. */
static void warn_of_missing(const measurement *m) {
    if (m->done.evaluations != m->scheduled) {
        fprintf(stderr,
                "warning: of %lld evaluations the device counts %lld as successful, so these times "
                "are not to be trusted\n",
                (long long)m->scheduled, (long long)m->done.evaluations);
    }
}

static anet_code measure(measurement *m, session *s, int64_t usual, anet_error *err) {
    *m = (measurement){.steps = cli_integer(s->cli, OPT_STEPS, usual)};
    warn_of_environment();
    if (session_require_loss(s, err) ||
        (cli_text(s->cli, OPT_DATA, NULL) && session_data(s, OPT_DATA, &m->data, err)) ||
        session_load(s, err) || session_open_runner(s, true, err)) {
        return err->code;
    }
    m->opened = *runner_stats(s->runner);
    trainer_new(&m->trainer, s, m->data);
    m->trainer.state.recipe.steps = (int)m->steps + 1;
    m->ms = anet_calloc((size_t)m->steps, sizeof *m->ms);
    m->step_seconds = anet_calloc((size_t)s->model->n_steps, sizeof *m->step_seconds);
    m->kernels = anet_calloc((size_t)s->model->n_kernels + 1, sizeof *m->kernels);
    if (run_steps(m, err) || count_kernels(m, s, err)) {
        return err->code;
    }
    count_phases(m, s->model);
    warn_of_missing(m);
    return ANET_OK;
}

static void measurement_free(measurement *m) {
    trainer_free(&m->trainer);
    tokens_close(m->data);
    free(m->ms);
    free(m->step_seconds);
    free(m->kernels);
}

static anet_code command(session *s, int64_t usual,
                         void (*print)(const measurement *m, const session *s), anet_error *err) {
    measurement m;
    if (!measure(&m, s, usual, err)) {
        (cli_flag(s->cli, OPT_JSON) ? measure_print_json : print)(&m, s);
    }
    measurement_free(&m);
    return err->code ? err->code : cli_flush(err);
}

anet_code command_bench(session *s, anet_error *err) {
    return command(s, 10, measure_print_bench, err);
}

anet_code command_profile(session *s, anet_error *err) {
    return command(s, 3, measure_print_profile, err);
}
