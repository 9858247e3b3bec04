/* check.c: `anetc mil check`: everything that is wrong with programs, as findings. */
#include "mil/tool.h"

#include "base/file.h"
#include "mil/blob.h"
#include "mil/ops.h"
#include "mil/walk.h"

#include <string.h>

typedef struct totals {
    size_t files, errors, warnings, without_weights, without_rules;
} totals;

typedef struct check_run {
    tool *tool;
    totals sum;
} check_run;

/* ---- weights ---- */

static void note_blob(void *context, const mil_value *v) {
    bool *any = context;
    *any = *any || v->kind == MIL_BLOB;
}

/* With --weights the files must be there; else they are checked only if there are any. */
static void check_weights(const tool *t, const mil_file *f, mil_findings *found, totals *sum) {
    bool any = false;
    mil_visit_values(f->program, note_blob, &any);
    if (!any || t->no_weights) {
        return;
    }
    mil_weights w = {0};
    mil_weights_find(f->program, t->weights ? t->weights : path_folder(f->memory, f->path), &w);
    if (w.files.len > 0 || t->weights) {
        mil_check_blobs(f->program, w.files.at, (int)w.files.len, found);
    } else {
        sum->without_weights++;
    }
    mil_weights_close(&w);
}

/* ---- programs ---- */

static void check_program(const tool *t, const mil_file *f, mil_findings *found, totals *sum) {
    if (!f->program) {
        for (size_t i = 0; i < f->wrong.all.len; i++) {
            mil_find(found, f->wrong.all.at[i], "%s", f->wrong.all.at[i].message);
        }
        return;
    }
    mil_examine(f->program, found, NULL, NULL);
    if (!mil_findings_full(found)) {
        check_weights(t, f, found, sum);
    }
    if (found->errors > 0) {
        sum->without_rules += t->targets > 0;
    } else if (t->targets > 0) {
        mil_check_target(f->program, t->target, t->targets, found);
    }
}

static void make_errors(mil_findings *found) {
    for (size_t i = 0; i < found->all.len; i++) {
        if (found->all.at[i].severity == MIL_WARNING) {
            found->all.at[i].severity = MIL_ERROR;
        }
    }
    found->errors += found->warnings;
    found->warnings = 0;
}

static anet_code check_file(void *context, const mil_file *f, anet_error *err) {
    (void)err;
    check_run *run = context;
    tool *t = run->tool;
    totals *sum = &run->sum;
    mil_findings found = {.memory = f->memory, .max_errors = (size_t)t->max_errors};
    check_program(t, f, &found, sum);
    bool full = mil_findings_full(&found);
    if (t->werror) {
        make_errors(&found);
    }
    mil_findings_sort(&found);
    findings_show(&found, f, t->json, t->colour, &t->out);
    if (full && !t->json) {
        text_printf(&t->out, "%s: stopped after ", f->path);
        count_show(found.errors, "error", &t->out);
        text_puts(&t->out, "; --max-errors=0 shows all\n");
    }
    sum->files++;
    sum->errors += found.errors;
    sum->warnings += found.warnings;
    mil_findings_free(&found);
    return ANET_OK;
}

static void show_totals(const tool *t, const totals *sum, text *out) {
    if (t->json) {
        text_printf(out,
                    "{\"files\":%zu,\"errors\":%zu,\"warnings\":%zu,\"without_weights\":%zu}\n",
                    sum->files, sum->errors, sum->warnings, sum->without_weights);
        return;
    }
    count_show(sum->files, "file", out);
    text_puts(out, ", ");
    count_show(sum->errors, "error", out);
    text_puts(out, ", ");
    count_show(sum->warnings, "warning", out);
    if (sum->without_weights > 0) {
        text_puts(out, "; the weights of ");
        count_show(sum->without_weights, "file", out);
        text_puts(out, " are not there and were not checked");
    }
    if (sum->without_rules > 0) {
        text_puts(out, "; the targets' rules wait for the errors of ");
        count_show(sum->without_rules, "file", out);
    }
    text_putc(out, '\n');
}

anet_code tool_check(tool *t) {
    check_run run = {.tool = t};
    anet_code code = for_each_file(t, check_file, &run);
    show_totals(t, &run.sum, &t->out);
    return code ? code : run.sum.errors > 0 ? ANET_BAD_INPUT : ANET_OK;
}
