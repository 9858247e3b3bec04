/* findings.c: a list of findings. */
#include "mil/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void mil_find(mil_findings *f, mil_finding finding, const char *fmt, ...) {
    char message[1000];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    if (mil_findings_full(f)) {
        return;
    }
    finding.message = arena_strdup(f->memory, message);
    f->errors += finding.severity == MIL_ERROR;
    f->warnings += finding.severity == MIL_WARNING;
    vec_push(&f->all, finding);
}

bool mil_findings_full(const mil_findings *f) {
    return f->max_errors > 0 && f->errors >= f->max_errors;
}

typedef struct place {
    mil_finding finding;
    size_t order;
} place;

static int compare(const void *a, const void *b) {
    const place *x = a, *y = b;
    const mil_loc *at = &x->finding.loc, *to = &y->finding.loc;
    int line = (at->line > to->line) - (at->line < to->line);
    int column = (at->column > to->column) - (at->column < to->column);
    return line ? line : column ? column : (x->order > y->order) - (x->order < y->order);
}

void mil_findings_sort(mil_findings *f) {
    place *places = anet_calloc(f->all.len ? f->all.len : 1, sizeof *places);
    for (size_t i = 0; i < f->all.len; i++) {
        places[i] = (place){f->all.at[i], i};
    }
    qsort(places, f->all.len, sizeof *places, compare);
    for (size_t i = 0; i < f->all.len; i++) {
        f->all.at[i] = places[i].finding;
    }
    free(places);
}

void mil_findings_print(const mil_findings *f, const char *file, text *out) {
    static const char *const severities[] = {"note", "warning", "error"};
    for (size_t i = 0; i < f->all.len; i++) {
        const mil_finding *one = &f->all.at[i];
        text_printf(out, "%s", file);
        if (one->loc.line) {
            text_printf(out, ":%d:%d", one->loc.line, one->loc.column);
        }
        text_printf(out, ": %s: ", severities[one->severity]);
        if (one->op) {
            text_printf(out, "%s%s%s: ", one->out ? one->out : "", one->out ? " = " : "", one->op);
        }
        text_printf(out, "%s [%s%s%s]\n", one->message, one->id, one->targets ? ": " : "",
                    one->targets ? one->targets : "");
    }
}

void mil_findings_free(mil_findings *f) {
    vec_free(&f->all);
}
