/* scope.c: names and values; messages that know where they are. */
#include "scope.h"

#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 200, MAX_FRAMES = 50000 };

val val_error(void) {
    return (val){.kind = V_ERROR};
}

val val_int(int64_t i) {
    return (val){.kind = V_INT, .integer = i};
}

val val_real(double x) {
    return (val){.kind = V_REAL, .real = x};
}

val val_bool(bool b) {
    return (val){.kind = V_BOOL, .integer = b};
}

val val_tensor(value t) {
    return (val){.kind = V_TENSOR, .tensor = t};
}

scope *scope_new(elaborator *e, scope *parent, instance *owner) {
    scope *s = ARENA_NEW(e->memory, scope);
    s->parent = parent;
    s->owner = owner ? owner : parent ? parent->owner : NULL;
    return s;
}

binding *scope_find_here(const scope *s, const char *name) {
    return name_get(&s->names, name);
}

binding *scope_lookup(scope *s, const char *name, scope **where) {
    for (; s; s = s->parent) {
        for (int i = -1; i < s->n_imported; i++) {
            *where = i < 0 ? s : s->imported[i];
            binding *b = scope_find_here(*where, name);
            if (b) {
                return b;
            }
        }
    }
    return NULL;
}

binding *scope_find(scope *s, const char *name) {
    scope *where;
    return scope_lookup(s, name, &where);
}

binding *scope_define(elaborator *e, scope *s, const char *name, loc at, const ast *definition) {
    binding *old = scope_find_here(s, name);
    if (old) {
        diag *d = report(e, E0202, at, "`%s` is defined twice", name);
        diag_add_note(e->messages, d, old->at, "first defined here");
        return old;
    }
    binding *b = ARENA_NEW(e->memory, binding);
    *b = (binding){.name = name, .at = at, .definition = definition};
    if (s->last) {
        s->last->next = b;
    } else {
        s->first = b;
    }
    s->last = b;
    name_set(e->memory, &s->names, name, b);
    return b;
}

void scope_set(elaborator *e, scope *s, const char *name, loc at, val v) {
    binding *b = scope_define(e, s, name, at, NULL);
    b->state = KNOWN;
    b->value = v;
}

const char *scope_path(elaborator *e, const scope *s, const char *name) {
    const char *base = s->owner ? s->owner->path : "";
    return *base ? arena_printf(e->memory, "%s.%s", base, name) : name;
}

void report_unknown(elaborator *e, const scope *s, const char *name, loc at) {
    VEC(const char *) known = {0};
    for (; s; s = s->parent) {
        for (int i = -1; i < s->n_imported; i++) {
            for (binding *b = i < 0 ? s->first : s->imported[i]->first; b; b = b->next) {
                vec_push(&known, b->name);
            }
        }
    }
    const char *const *functions;
    size_t n = builtin_names(&functions);
    for (size_t i = 0; i < n; i++) {
        vec_push(&known, functions[i]);
    }
    diag *d = report(e, E0201, at, "`%s` is not defined", name);
    diag_suggest(e->messages, d, name, known.at, known.len);
    vec_free(&known);
}

/* Does the message point there already? */
static bool is_shown(const diag *d, loc at) {
    bool shown = memcmp(&d->at, &at, sizeof at) == 0;
    for (const diag_note *n = d->notes; n; n = n->next) {
        shown = shown || memcmp(&n->at, &at, sizeof at) == 0;
    }
    return shown;
}

diag *report(elaborator *e, diag_code code, loc at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    const char *message = arena_vprintf(e->memory, fmt, ap);
    va_end(ap);
    diag *d = diag_error(e->messages, code, at, "%s", message);
    enum { MAX_NOTES = 6 };
    int shown = 0;
    for (const frame *f = e->stack; f && shown < MAX_NOTES; f = f->parent) {
        if (!is_shown(d, f->at)) {
            diag_add_note(e->messages, d, f->at, "%s", f->what);
            shown++;
        }
    }
    return d;
}

const char *show_shape(const elaborator *e, const shape *s) {
    return shape_string(e->memory, s);
}

const char *describe(const elaborator *e, const val *v) {
    static const char *const kinds[] = {
        [V_ERROR] = "an error",     [V_INT] = "an integer",           [V_REAL] = "a real number",
        [V_BOOL] = "a truth value", [V_STRING] = "a string",          [V_TOKENS] = "token ids",
        [V_PARAM] = "a parameter",  [V_LAYER] = "a layer definition", [V_INSTANCE] = "a layer",
        [V_TUPLE] = "a tuple",      [V_LIST] = "a list of layers",    [V_BUILTIN] = "a function",
        [V_RECORD] = "a setting",
    };
    if (v->kind == V_TUPLE) {
        return arena_printf(e->memory, "a tuple of %d", v->count);
    }
    if (v->kind == V_TENSOR) {
        return arena_printf(e->memory, "a tensor %s",
                            show_shape(e, &graph_node(e->g, v->tensor)->s));
    }
    return kinds[v->kind];
}

bool push_frame(elaborator *e, frame *f, const char *what, loc at) {
    *f = (frame){what, at, e->stack, e->stack ? e->stack->depth + 1 : 1};
    if (f->depth > MAX_DEPTH) {
        report(e, E0506, at, "layers nest more than %d deep", MAX_DEPTH);
        return false;
    }
    if (++e->frames > MAX_FRAMES) {
        if (e->frames == MAX_FRAMES + 1) {
            report(e, E0506, at, "more than %d layers are made and applied", MAX_FRAMES);
        }
        return false;
    }
    e->stack = f;
    return true;
}
