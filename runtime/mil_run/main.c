/* main.c: anet-mil-run, which `anetc mil run` starts: it needs the BLAS, which anetc does not. */
#include "base/clock.h"
#include "base/file.h"
#include "cli.h"
#include "floats.h"
#include "host/blas.h"
#include "mil_run/run.h"

#include <stdio.h>
#include <stdlib.h>

static float *new_words(run *r, size_t n, const char *name) {
    float *words = floats_try_new(n ? n : 1);
    if (!words) {
        anet_fail(r->err, ANET_FAILED, "no memory for '%s', which has %zu elements", name, n);
    }
    return words;
}

static anet_code plan(run *r) {
    const run_options *o = &r->options;
    bool watch = r->watched_n > 0;
    host_config config = {.numerics = o->numerics,
                          .pool = r->pool,
                          .report = r->report,
                          .blob = r->weights.files.at,
                          .blobs = (int)r->weights.files.len,
                          .input = r->types,
                          .watched = watch ? run_is_watched : NULL,
                          .watch = run_watch,
                          .context = r};
    double start = seconds_now();
    anet_code code = host_plan_program(&r->alone, r->name, &config, &r->program, r->err);
    r->plan_seconds = seconds_now() - start;
    return code;
}

static anet_code execute(run *r) {
    const anet_program *p = r->program;
    float **in = ARENA_ARRAY(r->memory, float *, p->inputs + 1);
    r->out = ARENA_ARRAY(r->memory, float *, p->outputs + 1);
    for (int i = 0; i < p->inputs; i++) {
        in[i] = r->input[i].words;
    }
    for (int i = 0; i < p->outputs; i++) {
        r->out[i] = new_words(r, p->output[i].elements, p->output[i].name);
        if (!r->out[i]) {
            return r->err->code;
        }
    }
    float *workspace = new_words(r, p->workspace, "the workspace");
    if (!workspace) {
        return r->err->code;
    }
    double start = seconds_now();
    anet_code code = host_execute(r->program, in, r->out, workspace, r->pool, r->err);
    r->run_seconds = seconds_now() - start;
    free(workspace);
    return code;
}

static anet_code prepare(run *r) {
    double start = seconds_now();
    anet_code code = run_read_program(r);
    code = code ? code : run_find_inputs(r);
    code = code ? code : run_find_shapes(r);
    code = code ? code : run_check_outputs(r);
    code = code ? code : run_find_watched(r);
    code = code ? code : run_open_weights(r);
    r->read_seconds = seconds_now() - start;
    return code;
}

static anet_code do_run(run *r) {
    anet_code code = blas_init(r->err);
    code = code ? code : prepare(r);
    r->pool = code ? NULL : pool_new(r->options.threads);
    if (r->options.text[RUN_REPORT]) {
        r->report = host_report_new();
        host_report_at(r->report, 1);
    }
    code = code ? code : plan(r);
    code = code ? code : run_fill_inputs(r);
    code = code ? code : execute(r);
    return code ? code : run_write_outputs(r);
}

static void close_run(run *r) {
    for (int i = 0; r->func && i < r->func->body.params && r->input; i++) {
        free(r->input[i].words);
    }
    for (int i = 0; r->out && i < r->program->outputs; i++) {
        free(r->out[i]);
    }
    for (size_t i = 0; i < r->traces.len; i++) {
        text_free(&r->traces.at[i].file);
    }
    vec_free(&r->traces);
    vec_free(&r->seen);
    if (r->program) {
        host_free_program(r->program);
    }
    host_report_free(r->report);
    pool_free(r->pool);
    mil_weights_close(&r->weights);
    mil_free(r->mil);
    run_options_free(&r->options);
    arena_free(r->memory);
}

static void show_report(const run *r) {
    text table = {0};
    if (!r->report || r->options.text[RUN_JSON]) {
        return;
    }
    host_report_print(r->report, "evaluation", &table);
    fwrite(table.at, 1, table.len, stderr);
    text_free(&table);
}

int main(int argc, char **argv) {
    file_start();
    anet_error err = {0};
    run r = {.memory = arena_new(), .err = &err};
    text out = {0};
    if (!run_parse(&r.options, r.memory, argc, argv, &err)) {
        if (r.options.text[RUN_HELP]) {
            run_help(&out);
        } else if (!do_run(&r)) {
            run_show(&r, &out);
            show_report(&r);
        }
    }
    fwrite(out.at ? out.at : "", 1, out.len, stdout);
    if (!err.code) {
        cli_flush(&err);
    }
    if (err.code) {
        fprintf(stderr, "anetc: %s\n", err.message);
    }
    text_free(&out);
    close_run(&r);
    return (int)err.code;
}
