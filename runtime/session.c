/* session.c: puts together what the commands need, in the order in which mistakes show soonest. */
#include "session.h"

#include "ane/ane.h"
#include "ane/cache.h"
#include "base/file.h"
#include "checkpoint.h"
#include "host/numerics.h"
#include "host/report.h"
#include "interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* what the device says, above the line of the progress */
static void note(void *context, const char *sentence) {
    const session *s = context;
    fprintf(stderr, "%s%s: note: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "",
            path_name(s->cli->program), sentence);
}

static anet_code refuse_ane_options(const session *s, anet_error *err) {
    static const struct {
        cli_option option;
        const char *name;
    } ane[] = {{OPT_PROFILE, "--profile"},
               {OPT_CACHE, "--cache"},
               {OPT_COMPILE_BUDGET, "--compile-budget"},
               {OPT_UPDATE, "--update"}};
    for (size_t i = 0; i < sizeof ane / sizeof *ane; i++) {
        if (cli_flag(s->cli, ane[i].option)) {
            return anet_fail(err, ANET_BAD_USAGE, "%s is for --device ane only", ane[i].name);
        }
    }
    return ANET_OK;
}

static anet_code choose_settings(session *s, anet_error *err) {
    static const char *const updates[] = {"auto", "patch", "recompile"};
    int update;
    if (s->ops != &anet_ane_device) {
        return refuse_ane_options(s, err);
    }
    if (cli_choice(s->cli, OPT_UPDATE, updates, 3, &update, err)) {
        return err->code;
    }
    const char *cache = cli_text(s->cli, OPT_CACHE, NULL);
    s->settings =
        (anet_device_config){.profile = cli_text(s->cli, OPT_PROFILE, getenv("ANET_PROFILE")),
                             .cache = !cache                       ? ane_cache_usual(s->memory)
                                      : strcmp(cache, "none") == 0 ? NULL
                                                                   : cache,
                             .compile_budget = (int)cli_integer(s->cli, OPT_COMPILE_BUDGET, 0),
                             .update = (anet_update)update,
                             .notice = note,
                             .notice_context = s};
    return ANET_OK;
}

static anet_code choose_device(session *s, anet_error *err) {
    static const char *const devices[] = {"host", "ane"};
    static const anet_device_ops *const ops[] = {&anet_host_device, &anet_ane_device};
    int device, numerics;
    if (cli_choice(s->cli, OPT_DEVICE, devices, 2, &device, err) ||
        cli_choice(s->cli, OPT_NUMERICS, host_numerics_names, ANET_NUMERICS_MODES, &numerics,
                   err)) {
        return err->code;
    }
    bool usual = !cli_text(s->cli, OPT_DEVICE, NULL);
    s->ops = usual && s->cli->command == CLI_SELFTEST ? &anet_ane_device : ops[device];
    s->numerics = (anet_numerics)numerics;
    if (s->ops == &anet_ane_device &&
        (cli_text(s->cli, OPT_NUMERICS, NULL) || cli_flag(s->cli, OPT_NUMERICS_REPORT))) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "the ane device has the numerics of the engine: --numerics and "
                         "--numerics-report are for --device host");
    }
    return choose_settings(s, err);
}

static anet_code check_inputs(session *s, anet_error *err) {
    const anet_model *m = s->model;
    bool fits = m->n_inputs == 1 && m->n_targets <= 1;
    if (!fits || (m->n_targets == 1 && m->targets[0].length != m->inputs[0].length)) {
        return anet_fail(
            err, ANET_BAD_INPUT,
            "model '%s' has %d token inputs and %d targets: these programs feed one input "
            "and one target of the same length",
            m->name, m->n_inputs, m->n_targets);
    }
    s->length = (size_t)m->inputs[0].length;
    s->vocab = m->inputs[0].vocab;
    if (m->n_targets && m->targets[0].vocab < s->vocab) {
        s->vocab = m->targets[0].vocab;
    }
    return ANET_OK;
}

anet_code session_open(session *s, const anet_model *m, const cli *c, anet_error *err) {
    *s = (session){.model = m, .cli = c, .memory = arena_new()};
    s->seed = (uint64_t)cli_integer(c, OPT_SEED, 0);
    if (model_check(m, err) || check_inputs(s, err) || choose_device(s, err)) {
        return err->code;
    }
    const char *path = cli_text(c, OPT_TOKENIZER, NULL);
    if (path && tokenizer_open(s->memory, path, s->vocab, &s->tokenizer, err)) {
        return err->code;
    }
    s->pool = pool_new((int)cli_integer(c, OPT_THREADS, 0));
    s->report = cli_flag(c, OPT_NUMERICS_REPORT) ? host_report_new() : NULL;
    return ANET_OK;
}

void session_close(session *s) {
    runner_close(s->runner);
    weights_free(&s->weights);
    pool_free(s->pool);
    host_report_free(s->report);
    arena_free(s->memory);
    *s = (session){0};
}

anet_code session_keep_inputs(const session *s, cli_option written, anet_error *err) {
    static const struct {
        cli_option option;
        const char *name;
    } files[] = {{OPT_DATA, "--data"}, {OPT_VAL, "--val"},         {OPT_TOKENIZER, "--tokenizer"},
                 {OPT_INIT, "--init"}, {OPT_PROFILE, "--profile"}, {OPT_OUT, "--out"}};
    const char *path = cli_text(s->cli, written, NULL);
    bool trained_on = s->cli->command == CLI_TRAIN && written == OPT_OUT; /* --init may be --out */
    for (size_t i = 0; path && i < sizeof files / sizeof *files; i++) {
        const char *other = cli_text(s->cli, files[i].option, NULL);
        bool same =
            other && (file_same(path, other) || (!file_exists(path) && strcmp(path, other) == 0));
        bool fine = files[i].option == written || (trained_on && files[i].option == OPT_INIT);
        if (same && !fine) {
            return anet_fail(err, ANET_BAD_USAGE, "%s is also the file of %s; write to another",
                             path, files[i].name);
        }
    }
    return ANET_OK;
}

const char *session_numerics(const session *s) {
    return s->ops == &anet_ane_device ? "engine" : host_numerics_names[s->numerics];
}

double session_loss_scale(const session *s) {
    double usual = s->numerics != ANET_NUMERICS_FP32 ? s->model->recipe.loss_scale : 1;
    return cli_real(s->cli, OPT_LOSS_SCALE, usual > 1 ? usual : 1);
}

anet_code session_load(session *s, anet_error *err) {
    weights_new(&s->weights, s->model);
    const char *path = cli_text(s->cli, OPT_INIT, NULL);
    if (cli_flag(s->cli, OPT_RESUME)) {
        return ANET_OK; /* the checkpoint holds them */
    }
    if (path) {
        return weights_read(path, &s->weights, err);
    }
    weights_init(&s->weights, s->seed, s->pool);
    return ANET_OK;
}

anet_code session_open_runner(session *s, bool backward, anet_error *err) {
    runner_config config = {
        .ops = s->ops, .device = s->settings, .backward = backward, .weights = &s->weights};
    config.device.numerics = s->numerics;
    config.device.pool = s->pool;
    config.device.report = s->report;
    return runner_open(&config, &s->runner, err);
}

anet_code session_require_loss(const session *s, anet_error *err) {
    if (s->model->loss < 0 || s->model->n_targets == 0) {
        return anet_fail(err, ANET_BAD_USAGE, "model '%s' has no loss: it can only generate",
                         s->model->name);
    }
    return ANET_OK;
}

anet_code session_data(session *s, cli_option o, tokens **data, anet_error *err) {
    const char *path;
    *data = NULL;
    if (session_require_loss(s, err) || cli_require(s->cli, o, &path, err) ||
        tokens_open(s->memory, path, s->tokenizer, s->vocab, data, err)) {
        return err->code;
    }
    if (tokens_require(*data, s->length, err)) {
        tokens_close(*data);
        *data = NULL;
    }
    return err->code;
}

anet_code session_require_gradients(const session *s, anet_error *err) {
    for (int i = s->model->n_forward; i < s->model->n_steps; i++) {
        if (step_is_gradient(s->model->steps[i].op)) {
            return ANET_OK;
        }
    }
    return anet_fail(err, ANET_BAD_USAGE,
                     "model '%s' has nothing to train: no parameter has a gradient",
                     s->model->name);
}

anet_code session_evaluate(session *s, const tokens *data, double *loss, uint64_t *counted,
                           anet_error *err) {
    uint64_t windows = tokens_windows(data, s->length);
    int32_t *ids = anet_calloc(s->length + 1, sizeof *ids);
    double sum = 0;
    for (uint64_t i = 0; i < windows && !err->code; i++) {
        double one = 0;
        bool trains = s->cli->command == CLI_TRAIN; /* that saves its step first */
        if (!trains) {
            session_report_at(s, i + 1);
        }
        if ((trains || !interrupt_check(err)) &&
            !tokens_read(data, i * s->length, s->length + 1, ids, err) &&
            !runner_forward(s->runner, ids, ids + 1, &one, err)) {
            sum += one;
        }
    }
    free(ids);
    *loss = sum / (double)windows;
    *counted = windows * s->length;
    return err->code;
}
