/* findings.c: a list of findings. */
#include "mil/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const mil_finding_kind kinds[MIL_FINDING_COUNT] = {
#define MIL_FINDING(id, severity, title, explanation) {#id, severity, title, explanation},
#include "mil/findings.def"
};

const mil_finding_kind *mil_finding_kind_at(mil_finding_id id) {
    return &kinds[id];
}

/* one line, whatever the strings of the program hold */
static void mask_controls(char *message) {
    for (char *s = message; *s; s++) {
        unsigned char c = (unsigned char)*s;
        *s = c < ' ' || c == 0x7f ? '?' : *s;
    }
}

static void vfind(mil_findings *f, mil_finding finding, const char *fmt, va_list ap) {
    char message[1000];
    if (mil_findings_full(f)) {
        return;
    }
    vsnprintf(message, sizeof message, fmt, ap);
    mask_controls(message);
    finding.message = arena_strdup(f->memory, message);
    f->errors += finding.severity == MIL_ERROR;
    f->warnings += finding.severity == MIL_WARNING;
    vec_push(&f->all, finding);
}

void mil_find(mil_findings *f, mil_finding finding, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vfind(f, finding, fmt, ap);
    va_end(ap);
}

void mil_vfind_in(mil_findings *f, mil_finding_id id, mil_loc at, const mil_op *op, const char *fmt,
                  va_list ap) {
    mil_finding finding = {.id = kinds[id].id, .severity = kinds[id].severity, .loc = at};
    if (op) {
        finding.op = op->op;
        finding.out = op->outs ? op->out[0].name : NULL;
    }
    vfind(f, finding, fmt, ap);
}

void mil_find_in(mil_findings *f, mil_finding_id id, mil_loc at, const mil_op *op, const char *fmt,
                 ...) {
    va_list ap;
    va_start(ap, fmt);
    mil_vfind_in(f, id, at, op, fmt, ap);
    va_end(ap);
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

static void print_place(const mil_finding *one, const char *file, text *out) {
    text_puts(out, file);
    if (one->loc.line) {
        text_printf(out, ":%d:%d", one->loc.line, one->loc.column);
    }
    text_puts(out, ": ");
}

static void print_message(const mil_finding *one, text *out) {
    if (one->op) {
        text_printf(out, "%s%s%s: ", one->out ? one->out : "", one->out ? " = " : "", one->op);
    }
    text_puts(out, one->message);
}

const char *mil_severity_name(mil_severity s) {
    static const char *const names[] = {
        [MIL_NOTE] = "note", [MIL_WARNING] = "warning", [MIL_ERROR] = "error"};
    return names[s];
}

void mil_findings_print(const mil_findings *f, const char *file, text *out) {
    for (size_t i = 0; i < f->all.len; i++) {
        const mil_finding *one = &f->all.at[i];
        print_place(one, file, out);
        text_printf(out, "%s: ", mil_severity_name(one->severity));
        print_message(one, out);
        text_printf(out, " [%s%s%s]\n", one->id, one->targets ? ": " : "",
                    one->targets ? one->targets : "");
    }
}

anet_code mil_findings_fail(const mil_findings *f, const char *file, anet_error *err) {
    size_t first = 0;
    while (first < f->all.len && f->all.at[first].severity != MIL_ERROR) {
        first++;
    }
    if (first == f->all.len) {
        return ANET_OK;
    }
    text message = {0};
    print_place(&f->all.at[first], file, &message);
    print_message(&f->all.at[first], &message);
    anet_code code = anet_fail(err, ANET_BAD_INPUT, "%s", message.at);
    text_free(&message);
    return code;
}

void mil_findings_free(mil_findings *f) {
    vec_free(&f->all);
}
