/* measure.c: the commands `profile` and `bench`: training steps against the clock. Without --data
 * they run on random tokens, without --init on new weights: neither changes the speed. */
#include "host/blas.h"
#include "trainer.h"
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void warn_of_environment(void) {
    static const char *const slow[] = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"};
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        if (getenv(slow[i])) {
            fprintf(stderr, "warning: %s is set, which can halve the speed; unset it to measure\n",
                    slow[i]);
        }
    }
}

static double peak_mib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return (double)usage.ru_maxrss / (1024.0 * 1024.0);
#else
    return (double)usage.ru_maxrss / 1024.0;
#endif
}

typedef struct measurement {
    trainer trainer;
    tokens *data;
    int64_t steps;
    double *ms;                                 /* of each step, sorted */
    double *step_seconds;                       /* per step of the schedule */
    double background, waiting, optimizer, all; /* seconds */
} measurement;

static void read_clock(measurement *m, double sign) {
    const runner_times *now = runner_clock(m->trainer.session->runner);
    for (int i = 0; i < m->trainer.session->model->n_steps; i++) {
        m->step_seconds[i] += sign * now->steps[i];
    }
    m->background += sign * now->background;
    m->waiting += sign * now->waiting;
    m->optimizer += sign * m->trainer.optimizer_seconds;
    m->all += sign * m->trainer.steps_seconds;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* one step to warm up, then those that count */
static anet_code run_steps(measurement *m, anet_error *err) {
    train_report report;
    if (trainer_step(&m->trainer, &report, err)) {
        return err->code;
    }
    read_clock(m, -1);
    for (int64_t i = 0; i < m->steps; i++) {
        if (trainer_step(&m->trainer, &report, err)) {
            return err->code;
        }
        m->ms[i] = 1e3 * report.seconds;
    }
    read_clock(m, 1);
    qsort(m->ms, (size_t)m->steps, sizeof *m->ms, by_size);
    return ANET_OK;
}

static anet_code measure(measurement *m, session *s, int64_t usual, anet_error *err) {
    *m = (measurement){.steps = cli_integer(s->cli, OPT_STEPS, usual)};
    warn_of_environment();
    if (session_require_loss(s, err) ||
        (cli_text(s->cli, OPT_DATA, NULL) && session_data(s, OPT_DATA, &m->data, err)) ||
        session_load(s, err) || session_open_runner(s, true, err)) {
        return err->code;
    }
    trainer_new(&m->trainer, s, m->data);
    m->trainer.state.recipe.steps = (int)m->steps + 1;
    m->ms = anet_calloc((size_t)m->steps, sizeof *m->ms);
    m->step_seconds = anet_calloc((size_t)s->model->n_steps, sizeof *m->step_seconds);
    return run_steps(m, err);
}

static void measurement_free(measurement *m) {
    trainer_free(&m->trainer);
    tokens_close(m->data);
    free(m->ms);
    free(m->step_seconds);
}

static void print_setting(const session *s) {
    printf("%s on %s, %s, %d threads, BLAS kernels %s", s->model->name, s->ops->name,
           session_numerics(s), pool_threads(s->pool), blas_kernels());
}

/* --- bench --- */

static void print_bench(const measurement *m, const session *s, double operations, bool json) {
    double median = m->ms[m->steps / 2];
    double tokens_per_step = (double)trainer_sequences(&m->trainer) * (double)s->length;
    double gflops = operations * (double)trainer_sequences(&m->trainer) / median / 1e6;
    if (json) {
        printf("{\"model\":\"%s\",\"device\":\"%s\",\"numerics\":\"%s\",\"threads\":%d,"
               "\"blas\":\"%s\",\"steps\":%lld,\"ms_per_step\":%.6g,\"ms_least\":%.6g,"
               "\"ms_most\":%.6g,\"tokens_per_second\":%.6g,\"gflops\":%.6g,\"peak_mib\":%.6g}\n",
               s->model->name, s->ops->name, session_numerics(s), pool_threads(s->pool),
               blas_kernels(), (long long)m->steps, median, m->ms[0], m->ms[m->steps - 1],
               1e3 * tokens_per_step / median, gflops, peak_mib());
        return;
    }
    print_setting(s);
    printf(
        "\n%lld steps of %.0f tokens: median %.2f ms (%.2f to %.2f), %.0f tokens/s, %.1f GFLOP/s "
        "in matrix products, peak memory %.0f MiB\n",
        (long long)m->steps, tokens_per_step, median, m->ms[0], m->ms[m->steps - 1],
        1e3 * tokens_per_step / median, gflops, peak_mib());
}

anet_code command_bench(session *s, anet_error *err) {
    measurement m;
    double operations;
    if (!measure(&m, s, 10, err) && !model_work(s->model, 0, s->model->n_steps, &operations, err)) {
        print_bench(&m, s, operations, cli_flag(s->cli, OPT_JSON));
    }
    measurement_free(&m);
    return err->code ? err->code : cli_flush(err);
}

/* --- profile --- */

static void print_share(const char *name, double seconds, const measurement *m) {
    printf("  %-28s %10.3f ms %5.1f %%\n", name, 1e3 * seconds / (double)m->steps,
           100 * seconds / m->all);
}

static double phase_seconds(const measurement *m, const anet_model *model, anet_step_op op,
                            bool backward) {
    double seconds = 0;
    for (int i = 0; i < model->n_steps; i++) {
        if (model->steps[i].op == op && (i >= model->n_forward) == backward) {
            seconds += m->step_seconds[i];
        }
    }
    return seconds;
}

static void print_phases(const measurement *m, const session *s) {
    const anet_model *model = s->model;
    double forward = phase_seconds(m, model, ANET_STEP_EVAL, false);
    double backward = phase_seconds(m, model, ANET_STEP_EVAL, true);
    double loss = phase_seconds(m, model, ANET_STEP_LOSS, false) +
                  phase_seconds(m, model, ANET_STEP_LOSS_GRAD, true);
    double known = forward + backward + loss + m->waiting + m->optimizer;
    printf("\nphases of a training step (%.2f ms):\n", 1e3 * m->all / (double)m->steps);
    print_share("forward kernels", forward, m);
    print_share("backward kernels", backward, m);
    print_share("loss and its gradient", loss, m);
    print_share("waiting for dW", m->waiting, m);
    print_share("optimizer", m->optimizer, m);
    print_share("everything else", m->all - known, m);
    printf("  dW in the background: %.3f ms of all threads together\n",
           1e3 * m->background / (double)m->steps);
}

static void print_kernel_times(const measurement *m, const anet_model *model) {
    printf("kernels and CPU steps, per training step:\n");
    for (int k = 0; k < model->n_kernels; k++) {
        double seconds = 0;
        for (int i = 0; i < model->n_steps; i++) {
            bool its = model->steps[i].op == ANET_STEP_EVAL && model->steps[i].kernel == k;
            seconds += its ? m->step_seconds[i] : 0;
        }
        print_share(model->kernels[k].name, seconds, m);
    }
    for (int op = ANET_STEP_GATHER; op <= ANET_STEP_LOSS_GRAD; op++) {
        double seconds = phase_seconds(m, model, (anet_step_op)op, false) +
                         phase_seconds(m, model, (anet_step_op)op, true);
        if (!step_is_gradient((anet_step_op)op)) {
            print_share(step_name((anet_step_op)op), seconds, m);
        }
    }
}

static void print_memory(const session *s, const trainer *t) {
    const double mib = 1024.0 * 1024.0;
    printf("\nmemory: weights %.1f MiB, gradients %.1f, optimizer %.1f, device %.1f; peak of the "
           "process %.1f\n",
           (double)model_parameters(s->model) * sizeof(float) / mib,
           (double)runner_gradient_memory(s->runner) / mib,
           (double)optimizer_memory(t->optimizer) / mib, (double)runner_memory(s->runner) / mib,
           peak_mib());
}

anet_code command_profile(session *s, anet_error *err) {
    measurement m;
    if (!measure(&m, s, 3, err)) {
        print_setting(s);
        printf(", %lld steps of %lld sequences\n", (long long)m.steps,
               (long long)trainer_sequences(&m.trainer));
        print_kernel_times(&m, s->model);
        print_phases(&m, s);
        print_memory(s, &m.trainer);
    }
    measurement_free(&m);
    return err->code ? err->code : cli_flush(err);
}
