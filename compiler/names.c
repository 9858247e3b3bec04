/* names.c: what a name stands for: definitions are evaluated when they are first needed, once. */
#include "scope.h"

#include <string.h>

static val input_value(elaborator *e, scope *s, const ast *n) {
    const ast *type = n->a;
    token_input in = {.name = n->text};
    if (type->kind != AST_TOKEN_TYPE) {
        report(e, E0301, type->at, "inputs and targets are token ids: `token[seq] < vocab`");
        return val_error();
    }
    if (!type->a || type->a->next || !type->b) {
        report(e, E0301, type->at, "token ids have one axis and a bound: `token[seq] < vocab`");
        return val_error();
    }
    if (!eval_int(e, s, type->a, "the length", &in.length) ||
        !eval_int(e, s, type->b, "the bound", &in.vocab)) {
        return val_error();
    }
    shape t = {.rank = 1, .dim = {in.length}};
    t.axis[0] = type->a->kind == AST_NAME ? type->a->text : NULL;
    shape bound = {.rank = 1, .dim = {in.vocab}};
    if (!check_shape(e, type->a->at, &t) || !check_shape(e, type->b->at, &bound)) {
        return val_error();
    }
    bool target = n->kind == AST_TARGET;
    attrs at = {0};
    if (target) {
        at.index = (int64_t)e->g->targets.len;
        vec_push(&e->g->targets, in);
    } else {
        at.index = (int64_t)e->g->inputs.len;
        vec_push(&e->g->inputs, in);
    }
    value v = graph_add(e->g, target ? OP_TARGET : OP_INPUT, NULL, &at, &t);
    graph_node(e->g, v)->name = n->text;
    return (val){.kind = V_TOKENS, .tensor = v, .integer = in.vocab};
}

static void annotate(elaborator *e, const ast *list, origin *here) {
    for (const ast *a = list; a; a = a->next) {
        bool named = a->a && !a->a->next && a->a->a->kind == AST_NAME;
        if (strcmp(a->text, "cpu") == 0 && !a->a) {
            here->cpu = true;
        } else if (strcmp(a->text, "kernel") == 0 && named) {
            here->kernel = a->a->a->text;
        } else {
            bool known = strcmp(a->text, "cpu") == 0 || strcmp(a->text, "kernel") == 0;
            diag *d = known ? report(e, E0504, a->at, "wrong arguments for `@%s`", a->text)
                            : report(e, E0504, a->at, "unknown annotation `@%s`", a->text);
            diag_add_hint(e->messages, d, "there are `@cpu` and `@kernel(name)`");
        }
    }
}

val eval_unpack(elaborator *e, scope *s, const ast *n) {
    origin here = e->g->here;
    annotate(e, n->c, &e->g->here);
    val v = eval(e, s, n->b);
    e->g->here = here;
    int names = ast_count(n->a);
    if (v.kind != V_ERROR && (v.kind != V_TUPLE || v.count != names)) {
        report(e, E0301, n->at, "%d names for %s", names, describe(e, &v));
        return val_error();
    }
    return v;
}

static val eval_definition(elaborator *e, scope *s, const ast *n) {
    switch (n->kind) {
    case AST_PARAM:
        return make_param(e, s, n);
    case AST_INPUT:
    case AST_TARGET:
        return input_value(e, s, n);
    case AST_UNPACK:
        return eval_unpack(e, s, n);
    default: {
        const char *naming = e->naming;
        origin here = e->g->here;
        e->naming = scope_path(e, s, n->text);
        annotate(e, n->b, &e->g->here);
        val v = eval(e, s, n->a);
        if (v.kind == V_TENSOR) {
            name_value(e->g, v.tensor, n->text, false);
        }
        e->g->here = here;
        e->naming = naming;
        return v;
    }
    }
}

static void report_cycle(elaborator *e, const binding *b) {
    diag *d =
        diag_error(e->messages, E0203, b->at, "the definition of `%s` depends on itself", b->name);
    for (const forcing *f = e->forcing; f && f->of != b; f = f->outer) {
        diag_add_note(e->messages, d, f->of->at, "through the definition of `%s`", f->of->name);
    }
}

/* A definition is evaluated when it is first needed, so the order of definitions does not matter.
 */
val force(elaborator *e, scope *s, binding *b) {
    if (b->state == IN_PROGRESS) {
        report_cycle(e, b);
        b->state = KNOWN;
        b->value = val_error();
    }
    if (b->state == UNKNOWN) {
        b->state = IN_PROGRESS;
        forcing now = {b, e->forcing};
        e->forcing = &now;
        val v = eval_definition(e, s, b->definition);
        e->forcing = now.outer;
        if (b->state == IN_PROGRESS) {
            b->value = v;
            b->state = KNOWN;
        }
    }
    return b->value;
}

val eval_name(elaborator *e, scope *s, const ast *x) {
    scope *where;
    binding *b = scope_lookup(s, x->text, &where);
    if (b) {
        return force(e, where, b);
    }
    val v;
    if (record_find(x->text, &v)) {
        return v;
    }
    int which = builtin_find(x->text);
    if (which >= 0) {
        return (val){.kind = V_BUILTIN, .integer = which, .string = x->text};
    }
    report_unknown(e, s, x->text, x->at);
    return val_error();
}

val eval_member(elaborator *e, scope *s, const ast *x) {
    val v = eval(e, s, x->a);
    if (v.kind == V_ERROR) {
        return v;
    }
    if (v.kind != V_INSTANCE) {
        report(e, E0204, x->at, "%s has no members", describe(e, &v));
        return val_error();
    }
    binding *b = scope_find_here(v.inst->names, x->text);
    if (b) {
        return force(e, v.inst->names, b);
    }
    if (v.inst->broken) {
        return val_error();
    }
    VEC(const char *) known = {0};
    for (b = v.inst->names->first; b; b = b->next) {
        vec_push(&known, b->name);
    }
    diag *d =
        report(e, E0204, x->at, "layer `%s` has no member `%s`", v.inst->layer->text, x->text);
    diag_suggest(e->messages, d, x->text, known.at, known.len);
    vec_free(&known);
    return val_error();
}

val eval_index(elaborator *e, scope *s, const ast *x) {
    val v = eval(e, s, x->a);
    int64_t i;
    if (v.kind == V_ERROR || !eval_int(e, s, x->b, "a subscript", &i)) {
        return val_error();
    }
    if (v.kind != V_LIST && v.kind != V_TUPLE) {
        diag *d = report(e, E0301, x->at, "%s has no elements", describe(e, &v));
        if (v.kind == V_TENSOR) {
            diag_add_hint(e->messages, d,
                          "part of a tensor is `slice(x, over = ..., begin = ..., size = ...)`");
        }
        return val_error();
    }
    if (i < 0 || i >= v.count) {
        report(e, E0303, x->b->at, "element %lld of %d: elements are numbered from 0", (long long)i,
               v.count);
        return val_error();
    }
    return v.items[i];
}
