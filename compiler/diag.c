/* diag.c: collecting messages; how they look is diag_render.c. */
#include "diag.h"

#include <stdarg.h>

enum { DEFAULT_MAX_ERRORS = 20 };

static int most_errors(const diags *d) {
    return d->max_errors > 0 ? d->max_errors : DEFAULT_MAX_ERRORS;
}

bool diags_full(const diags *d) {
    return d->errors > most_errors(d);
}

/* One mistake often breaks several rules: only the first is worth reading. */
static bool same_place(const diags *d, loc at) {
    for (const diag *e = d->first; e; e = e->next) {
        if (e->level == DIAG_ERROR && at.file && e->at.file == at.file && e->at.begin == at.begin &&
            e->at.end == at.end) {
            return true;
        }
    }
    return false;
}

static diag *new_diag(diags *d, diag_level level, const char *id, loc at, const char *message) {
    diag *e = ARENA_NEW(d->memory, diag);
    *e = (diag){.id = id, .level = level, .at = at, .text = message};
    return e;
}

static void append(diags *d, diag *e) {
    if (d->last) {
        d->last->next = e;
    } else {
        d->first = e;
    }
    d->last = e;
}

/* A message that is not kept is still made, so that notes can be added to it. */
static diag *add(diags *d, diag_code code, diag_level level, loc at, const char *fmt, va_list ap) {
    diag *e = new_diag(d, level, diag_name(code), at, arena_vprintf(d->memory, fmt, ap));
    if (level == DIAG_ERROR && same_place(d, at)) {
        return e;
    }
    int *count = level == DIAG_WARNING ? &d->warnings : &d->errors;
    *count += 1;
    if (*count <= most_errors(d)) {
        append(d, e);
    }
    return e;
}

diag *diag_error(diags *d, diag_code code, loc at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    diag *e = add(d, code, DIAG_ERROR, at, fmt, ap);
    va_end(ap);
    return e;
}

diag *diag_warning(diags *d, diag_code code, loc at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    diag *e = add(d, code, DIAG_WARNING, at, fmt, ap);
    va_end(ap);
    return e;
}

diag *diag_add(diags *d, diag_level level, const char *id, loc at, const char *message) {
    diag *e = new_diag(d, level, id, at, message);
    d->errors += level == DIAG_ERROR;
    d->warnings += level == DIAG_WARNING;
    append(d, e);
    return e;
}

static void add_note(diags *d, diag *to, bool hint, loc at, const char *fmt, va_list ap) {
    diag_note *n = ARENA_NEW(d->memory, diag_note);
    n->at = at;
    n->hint = hint;
    n->text = arena_vprintf(d->memory, fmt, ap);
    if (to->last) {
        to->last->next = n;
    } else {
        to->notes = n;
    }
    to->last = n;
}

void diag_add_note(diags *d, diag *to, loc at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    add_note(d, to, false, at, fmt, ap);
    va_end(ap);
}

void diag_add_hint(diags *d, diag *to, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    add_note(d, to, true, (loc){0}, fmt, ap);
    va_end(ap);
}

bool diag_suggest(diags *d, diag *to, const char *written, const char *const *names, size_t n) {
    const char *near = nearest_name(written, names, n);
    if (near) {
        diag_add_hint(d, to, "did you mean `%s`?", near);
    }
    return near != NULL;
}

static const struct {
    const char *name, *summary, *explanation;
} codes[] = {
#define DIAG(ID, summary, explanation) {#ID, summary, explanation},
#include "diag.def"
};

const char *diag_name(diag_code code) {
    return codes[code].name;
}

const char *diag_summary(diag_code code) {
    return codes[code].summary;
}

const char *diag_explanation(diag_code code) {
    return codes[code].explanation;
}
