/* selftest.c: the command `selftest`: every kernel for the engine, once on the device and once on
 * the host device, which computes as that engine is known to. */
#include "selftest/selftest.h"

#include "host/numerics.h"
#include "session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What numerics of the host device may differ from fp32 by, over a whole kernel: tensors are
 * rounded to half, and an engine looks functions up in tables. */
static double host_tolerance(anet_numerics n) {
    return n == ANET_NUMERICS_FP32 ? 0 : n == ANET_NUMERICS_FP16 ? 2e-2 : 1e-1;
}

typedef struct outcome {
    const anet_kernel *kernel;
    selftest_result result;
} outcome;

typedef struct report {
    const session *session;
    selftest test;
    outcome *all;
    int count, wrong;
} report;

/* --- the trials --- */

static const anet_step *first_step_of(const anet_model *m, int kernel) {
    for (int i = 0; i < m->n_steps; i++) {
        if (m->steps[i].op == ANET_STEP_EVAL && m->steps[i].kernel == kernel) {
            return &m->steps[i];
        }
    }
    return NULL;
}

static anet_code test_kernel(report *r, const anet_step *step, anet_error *err) {
    kernel_case c;
    outcome *o = &r->all[r->count++];
    o->kernel = &r->session->model->kernels[step->kernel];
    if (!case_open(&c, r->session->model, step, err)) {
        selftest_kernel(&r->test, &c, &o->result, err);
        r->wrong += o->result.finding != FOUND_NOTHING;
    }
    case_close(&c);
    return err->code;
}

static anet_code open_devices(report *r, anet_error *err) {
    const session *s = r->session;
    selftest *t = &r->test;
    anet_device_config config = s->settings;
    config.numerics = s->numerics;
    config.pool = s->pool;
    config.keep_outputs = true;
    *t = (selftest){.ops = s->ops, .reference_ops = &anet_host_device, .seed = s->seed};
    if (t->ops->open(&config, &t->device, err)) {
        return err->code;
    }
    bool host = t->ops == &anet_host_device;
    config.numerics = host ? ANET_NUMERICS_FP32 : t->ops->numerics(t->device);
    t->more_tolerance = host ? host_tolerance(s->numerics) : 0;
    return t->reference_ops->open(&config, &t->reference, err);
}

static void report_free(report *r) {
    for (int i = 0; i < r->count; i++) {
        selftest_result_free(&r->all[i].result);
    }
    free(r->all);
    if (r->test.device) {
        r->test.ops->close(r->test.device);
    }
    if (r->test.reference) {
        r->test.reference_ops->close(r->test.reference);
    }
}

/* --- showing --- */

static const char *reference_name(const report *r) {
    return host_numerics_names[r->test.reference_ops->numerics(r->test.reference)];
}

static const char *device_name(const report *r) {
    const char *architecture = r->test.ops->architecture(r->test.device);
    return *architecture ? architecture : session_numerics(r->session);
}

static const char *verdict(const selftest_result *r) {
    return r->finding != FOUND_NOTHING ? selftest_word(r->finding) : r->exact ? "exact" : "close";
}

static void print_kernel(const outcome *o) {
    const selftest_result *r = &o->result;
    printf("%-20s %-16s %10.1e %9.1e %9.3f ms%s\n", o->kernel->name, verdict(r), r->largest,
           r->tolerance, 1e3 * r->seconds, r->reloaded ? ", reloaded" : "");
    if (r->why.len) {
        printf("    %s\n", r->why.at);
    }
    if (r->unseen.len) {
        printf("    not checked, as nothing depends on it here: %s\n", r->unseen.at);
    }
}

static void print_head(const report *r) {
    printf("%s on %s (%s), compared with the host device in %s numerics\n\n%-20s %-16s %10s %9s "
           "%12s\n",
           r->session->model->name, r->test.ops->name, device_name(r), reference_name(r), "kernel",
           "result", "error", "accepted", "time");
}

static void print_legend(const report *r) {
    printf("\nexact: bit by bit, in each of two runs. error: the largest |device - host| of an "
           "element, by the\nlarger of |host| and the root mean square of its output. accepted: "
           "what is known of the engine's\nproducts (1e-3, for long sums up to 2.7e-2) and "
           "functions%s\n",
           r->test.more_tolerance > 0 ? ", and more for numerics against fp32" : "");
}

static void json_text(text *out, const char *name, const char *value) {
    text_printf(out, ",\"%s\":", name);
    text_json(out, value, strlen(value));
}

/* JSON has no word for infinity */
static void json_number(text *out, const char *name, double x) {
    text_printf(out, isfinite(x) ? ",\"%s\":%.6g" : ",\"%s\":null", name, x);
}

static void json_kernel(text *out, const outcome *o) {
    const selftest_result *r = &o->result;
    text_puts(out, "{\"name\":");
    text_json(out, o->kernel->name, strlen(o->kernel->name));
    json_text(out, "result", selftest_word(r->finding));
    json_text(out, "why", r->why.len ? r->why.at : "");
    text_printf(out, ",\"exact\":%s,\"reloaded\":%s", r->exact ? "true" : "false",
                r->reloaded ? "true" : "false");
    json_number(out, "error", r->largest);
    json_number(out, "accepted", r->tolerance);
    json_number(out, "ms", 1e3 * r->seconds);
    json_text(out, "unchecked", r->unseen.len ? r->unseen.at : "");
    text_putc(out, '}');
}

static void print_json(const report *r) {
    text out = {0};
    text_puts(&out, "{\"model\":");
    text_json(&out, r->session->model->name, strlen(r->session->model->name));
    json_text(&out, "device", r->test.ops->name);
    json_text(&out, "architecture", r->test.ops->architecture(r->test.device));
    json_text(&out, "reference", reference_name(r));
    text_printf(&out, ",\"wrong\":%d,\"kernels\":[", r->wrong);
    for (int i = 0; i < r->count; i++) {
        text_puts(&out, i ? "," : "");
        json_kernel(&out, &r->all[i]);
    }
    text_puts(&out, "]}\n");
    fwrite(out.at, 1, out.len, stdout);
    text_free(&out);
}

/* --- the whole --- */

static anet_code test_kernels(report *r, bool json, anet_error *err) {
    const anet_model *m = r->session->model;
    r->all = anet_calloc((size_t)m->n_kernels + 1, sizeof *r->all);
    for (int i = 0; i < m->n_kernels; i++) {
        const anet_step *step = first_step_of(m, i);
        if (!step || m->kernels[i].place != ANET_PLACE_ANE) {
            continue;
        }
        if (test_kernel(r, step, err)) {
            return err->code;
        }
        if (!json) { /* large kernels take their time */
            print_kernel(&r->all[r->count - 1]);
            fflush(stdout);
        }
    }
    return ANET_OK;
}

static anet_code conclude(const report *r, anet_error *err) {
    const outcome *first = NULL;
    for (int i = r->count - 1; i >= 0; i--) {
        first = r->all[i].result.finding != FOUND_NOTHING ? &r->all[i] : first;
    }
    if (first) {
        return anet_fail(
            err, ANET_FAILED,
            "%d of %d kernels %s wrong on this device: do not train on it, use --device "
            "host. The first is %s (%s): %s",
            r->wrong, r->count, r->wrong == 1 ? "is" : "are", first->kernel->name,
            selftest_word(first->result.finding), selftest_advice(first->result.finding));
    }
    if (!cli_flag(r->session->cli, OPT_JSON)) {
        printf("all %d kernels are right: train with --device %s\n", r->count, r->test.ops->name);
    }
    return ANET_OK;
}

static anet_code run(report *r, bool json, anet_error *err) {
    if (open_devices(r, err)) {
        return err->code;
    }
    if (!json) {
        print_head(r);
    }
    if (test_kernels(r, json, err)) {
        return err->code;
    }
    if (json) {
        print_json(r);
    } else {
        print_legend(r);
    }
    return cli_flush(err) ? err->code : conclude(r, err);
}

anet_code command_selftest(session *s, anet_error *err) {
    report r = {.session = s};
    run(&r, cli_flag(s->cli, OPT_JSON), err);
    report_free(&r);
    return err->code ? err->code : cli_flush(err);
}
