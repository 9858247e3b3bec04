/* outputs.c: writes outputs and traces: first everything beside its place, then all are renamed. */
#include "base/file.h"
#include "base/output.h"
#include "mil_run/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static anet_code check_output(run *r, const run_pair *pair) {
    const mil_block *body = &r->func->body;
    const char **names = ARENA_ARRAY(r->memory, const char *, body->results + 1);
    if (!pair->name && body->results != 1) {
        return anet_fail(r->err, ANET_BAD_USAGE,
                         "--out %s: the program has %d outputs; write --out NAME=%s", pair->what,
                         body->results, pair->what);
    }
    text list = {0};
    for (int i = 0; i < body->results; i++) {
        names[i] = body->result[i];
        text_printf(&list, "%s%s", i ? ", " : "", names[i]);
        if (pair->name && strcmp(names[i], pair->name) == 0) {
            text_free(&list);
            return ANET_OK;
        }
    }
    const char *near = pair->name ? nearest_name(pair->name, names, (size_t)body->results) : NULL;
    if (pair->name) {
        anet_fail(r->err, ANET_BAD_USAGE,
                  "--out: '%s' is no output of the program%s%s%s; there is %s", pair->name,
                  near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "",
                  list.len ? list.at : "none");
    }
    text_free(&list);
    return r->err->code;
}

anet_code run_check_outputs(run *r) {
    const run_pairs *pairs = &r->options.pairs[RUN_OUT];
    anet_code code = ANET_OK;
    for (size_t i = 0; i < pairs->all.len && !code; i++) {
        code = check_output(r, &pairs->all.at[i]);
        for (size_t k = 0; k < i && !code; k++) {
            if (strcmp(pairs->all.at[k].what, pairs->all.at[i].what) == 0) {
                code = anet_fail(r->err, ANET_BAD_USAGE, "--out: two outputs would go to %s",
                                 pairs->all.at[i].what);
            }
        }
    }
    return code;
}

typedef struct files {
    VEC(output) all;
} files;

static anet_code add_file(files *to, const char *path, const text *content, anet_error *err) {
    output out;
    anet_code code = output_begin(&out, path, err);
    if (code) {
        return code;
    }
    code = output_put(&out, content->at, content->len, err);
    code = code ? code : output_flush(&out, err);
    if (code) {
        output_cancel(&out);
        return code;
    }
    vec_push(&to->all, out);
    return ANET_OK;
}

static anet_code add_output(run *r, int i, files *to) {
    const anet_port *port = &r->program->output[i];
    const run_pair *pair = run_find_pair(&r->options, RUN_OUT, port->name);
    if (!pair) {
        return ANET_OK;
    }
    text content = {0};
    npy_print(mil_dtype_named(port->dtype, strlen(port->dtype)), port->rank, port->dims, r->out[i],
              &content);
    anet_code code = add_file(to, pair->what, &content, r->err);
    text_free(&content);
    return code;
}

static anet_code write_traces(run *r) {
    const char *folder = r->options.text[RUN_TRACE_DIR];
    int error = r->traces.len ? folder_make(folder) : 0;
    if (error) {
        return anet_fail(r->err, ANET_BAD_USAGE, "cannot make the folder %s: %s", folder,
                         strerror(error));
    }
    for (size_t i = 0; i < r->traces.len; i++) {
        const run_trace *t = &r->traces.at[i];
        char *path = path_join(r->memory, folder, arena_printf(r->memory, "%s.npy", t->name));
        error = file_write(path, t->file.at, t->file.len);
        if (error) {
            return anet_fail(r->err, ANET_BAD_USAGE, "cannot write %s: %s", path, strerror(error));
        }
    }
    return ANET_OK;
}

anet_code run_write_outputs(run *r) {
    files to = {0};
    anet_code code = ANET_OK;
    for (int i = 0; i < r->program->outputs && !code; i++) {
        code = add_output(r, i, &to);
    }
    code = code ? code : write_traces(r);
    for (size_t i = 0; i < to.all.len; i++) {
        if (code) {
            output_cancel(&to.all.at[i]);
        } else {
            code = output_commit(&to.all.at[i], r->err);
        }
    }
    vec_free(&to.all);
    return code;
}
