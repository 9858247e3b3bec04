/* apply.c: an instance applied to tensors: the declared types are unified with the actual ones, and
 * the body adds its operations to the graph. */
#include "scope.h"

#include <ctype.h>
#include <string.h>

static void report_mismatch(elaborator *e, const char *what, const ast *type, const shape *wanted,
                            const shape *got, loc at) {
    diag *d = report(e, E0401, at, "%s is %s, but %s is needed", what, show_shape(e, got),
                     show_shape(e, wanted));
    diag_add_note(e->messages, d, type->at, "declared here");
}

/* One size of a declared type against the actual one; an unknown name takes the size as its value.
 */
static bool unify_size(elaborator *e, scope *s, const ast *x, int64_t actual, const char *name,
                       int64_t *wanted) {
    if (x->kind == AST_NAME && !scope_find(s, x->text)) {
        scope_set(e, s, x->text, x->at, val_int(actual));
        s->last->outer = name;
        *wanted = actual;
        return true;
    }
    return eval_int(e, s, x, "a size", wanted);
}

/* Checks t against the declared type and gives its axes the declared names. 0 after an error. */
static value unify(elaborator *e, scope *s, const ast *type, value t, const char *what, loc at) {
    shape got = graph_node(e->g, t)->s, wanted = {0};
    int declared = 0;
    for (const ast *x = type->a; x; x = x->next, declared++) {
        if (declared >= MAX_RANK) {
            report(e, E0403, x->at, "at most %d axes are possible", ANET_MAX_RANK);
            return 0;
        }
        int64_t actual = declared < got.rank ? got.dim[declared] : 0;
        const char *name = declared < got.rank ? got.axis[declared] : NULL;
        wanted.axis[declared] = x->kind == AST_NAME ? x->text : NULL;
        if (declared < got.rank) {
            if (!unify_size(e, s, x, actual, name, &wanted.dim[declared])) {
                return 0;
            }
        } else if (x->kind == AST_NAME && !scope_find(s, x->text)) {
            wanted.dim[declared] = 1;
        } else if (!eval_int(e, s, x, "a size", &wanted.dim[declared])) {
            return 0;
        }
        wanted.rank = declared + 1;
    }
    if (!shape_equal(&wanted, &got)) {
        report_mismatch(e, what, type, &wanted, &got, at);
        return 0;
    }
    return g_reshape(e->g, t, &wanted);
}

static val unify_tokens(elaborator *e, scope *s, const ast *type, const val *v, const char *what,
                        loc at) {
    if (v->kind != V_TOKENS) {
        report(e, E0301, at, "%s must be token ids, but this is %s", what, describe(e, v));
        return val_error();
    }
    int64_t length, bound;
    const shape *ids = v->axes ? v->axes : &graph_node(e->g, v->tensor)->s;
    int64_t actual = ids->dim[0];
    if (!type->a || type->a->next) {
        report(e, E0301, type->at, "token ids have one axis");
        return val_error();
    }
    if (!unify_size(e, s, type->a, actual, ids->axis[0], &length)) {
        return val_error();
    }
    if (length != actual) {
        report(e, E0401, at, "%s has %lld token ids, but %lld are needed", what, (long long)actual,
               (long long)length);
        return val_error();
    }
    if (type->b && !eval_int(e, s, type->b, "the bound", &bound)) {
        return val_error();
    }
    if (type->b && bound < v->integer) {
        report(e, E0401, at, "%s may hold ids up to %lld, but they must be less than %lld", what,
               (long long)v->integer - 1, (long long)bound);
        return val_error();
    }
    shape named = {.rank = 1, .dim = {actual}};
    named.axis[0] = type->a->kind == AST_NAME ? type->a->text : NULL;
    val r = *v;
    r.axes = arena_memdup(e->memory, &named, sizeof named);
    return r;
}

static bool bind_tensor(elaborator *e, scope *s, const ast *argument, const val *v, loc at) {
    const char *what = arena_printf(e->memory, "argument `%s` of layer `%s`", argument->text,
                                    s->owner->layer->text);
    const ast *type = argument->a;
    val bound;
    if (type->kind == AST_TOKEN_TYPE) {
        bound = unify_tokens(e, s, type, v, what, at);
    } else {
        value t = as_tensor(e, v, at);
        t = t ? unify(e, s, type, t, what, at) : 0;
        bound = t ? val_tensor(t) : val_error();
    }
    scope_set(e, s, argument->text, argument->at, bound);
    return bound.kind != V_ERROR;
}

/* The caller's names for the axes of a result. */
static value rename_axes(elaborator *e, scope *s, const ast *type, value t) {
    shape r = graph_node(e->g, t)->s;
    int i = 0;
    for (const ast *x = type->a; x; x = x->next, i++) {
        binding *b = x->kind == AST_NAME ? scope_find(s, x->text) : NULL;
        r.axis[i] = b && b->outer ? b->outer : x->kind == AST_NAME ? x->text : NULL;
    }
    return g_reshape(e->g, t, &r);
}

/* The sizes of a result are known before it is: a name that is not is a slip of the pen. */
static bool knows_sizes(elaborator *e, scope *s, const ast *type) {
    for (const ast *x = type->a; x; x = x->next) {
        if (x->kind == AST_NAME && !scope_find(s, x->text)) {
            report_unknown(e, s, x->text, x->at);
            return false;
        }
    }
    return true;
}

static val check_result(elaborator *e, scope *s, const ast *type, const val *v, loc at) {
    value t = knows_sizes(e, s, type) ? as_tensor(e, v, at) : 0;
    t = t ? unify(e, s, type, t, "the result", at) : 0;
    return t ? val_tensor(rename_axes(e, s, type, t)) : val_error();
}

static val check_results(elaborator *e, scope *s, const ast *func, val v, loc at) {
    if (v.kind == V_ERROR) {
        return v;
    }
    if (!func->flag) {
        return check_result(e, s, func->b, &v, at);
    }
    val r = {.kind = V_TUPLE, .count = ast_count(func->b)};
    if (v.kind != V_TUPLE || v.count != r.count) {
        report(e, E0301, at, "%d results are declared, but this is %s", r.count, describe(e, &v));
        return val_error();
    }
    r.items = ARENA_ARRAY(e->memory, val, r.count);
    int i = 0;
    for (const ast *type = func->b; type; type = type->next, i++) {
        r.items[i] = check_result(e, s, type, &v.items[i], at);
        if (r.items[i].kind == V_ERROR) {
            return val_error();
        }
    }
    return r;
}

static bool unpack(elaborator *e, scope *s, const ast *n) {
    val v = eval_unpack(e, s, n);
    int i = 0;
    for (const ast *name = n->a; name && v.kind != V_ERROR; name = name->next) {
        scope_set(e, s, name->text, name->at, v.items[i++]);
    }
    return v.kind != V_ERROR;
}

/* Unlike members, the statements of a body are evaluated in order. */
static bool run_statement(elaborator *e, scope *s, const ast *n, val *result, loc *at) {
    switch (n->kind) {
    case AST_LET:
        return force(e, s, scope_define(e, s, n->text, n->at, n)).kind != V_ERROR;
    case AST_UNPACK:
        return unpack(e, s, n);
    case AST_REQUIRE:
        return check_requirement(e, s, n);
    case AST_RESULT:
        *result = eval(e, s, n->a);
        *at = n->at;
        return result->kind != V_ERROR;
    default:
        return true;
    }
}

static bool run_statements(elaborator *e, scope *s, const ast *list, val *result, loc *at) {
    for (const ast *n = list; n; n = n->next) {
        if (!run_statement(e, s, n, result, at)) {
            return false;
        }
    }
    return true;
}

static uint32_t push_call(elaborator *e, const instance *inst, loc at) {
    layer_call c = {e->g->here.call, inst->path, inst->layer->text, at};
    vec_push(&e->g->calls, c);
    return (uint32_t)e->g->calls.len - 1;
}

/* "net.blocks.0.attention.wq" -> "wq", "net.blocks.0" -> "blocks" */
static const char *layer_name(elaborator *e, const char *path) {
    const char *end = path + strlen(path);
    for (;;) {
        const char *start = end;
        while (start > path && start[-1] != '.') {
            start--;
        }
        if (start == path || !isdigit((unsigned char)*start)) {
            return arena_strndup(e->memory, start, (size_t)(end - start));
        }
        end = start - 1;
    }
}

static val apply_instance(elaborator *e, instance *inst, const val *args, int n, loc at) {
    const ast *func = inst->func;
    if (!func) {
        report(e, E0301, at, "layer `%s` has no function to apply", inst->layer->text);
        return val_error();
    }
    int wanted = ast_count(func->a);
    if (n != wanted) {
        diag *d = report(e, E0302, at, "layer `%s` is applied to %d tensor%s, but takes %d",
                         inst->layer->text, n, n == 1 ? "" : "s", wanted);
        diag_add_note(e->messages, d, func->at, "declared here");
        return val_error();
    }
    scope *s = scope_new(e, inst->names, NULL);
    const ast *a = func->a;
    for (int i = 0; i < n; i++, a = a->next) {
        if (!bind_tensor(e, s, a, &args[i], at)) {
            return val_error();
        }
    }
    val result = val_error();
    loc where = func->at;
    if (!run_statements(e, s, func->c, &result, &where)) {
        return val_error();
    }
    return check_results(e, s, func, result, where);
}

val apply(elaborator *e, const val *f, const val *args, int n, loc at) {
    if (f->kind == V_LIST) { /* one after another */
        val v = n == 1 ? args[0] : (val){.kind = V_TUPLE, .items = (val *)args, .count = n};
        for (int i = 0; i < f->count && v.kind != V_ERROR; i++) {
            v = v.kind == V_TUPLE ? apply(e, &f->items[i], v.items, v.count, at)
                                  : apply(e, &f->items[i], &v, 1, at);
        }
        return v;
    }
    if (f->kind != V_INSTANCE) {
        diag *d = report(e, E0301, at, "%s cannot be applied to a tensor", describe(e, f));
        if (f->kind == V_BUILTIN) {
            diag_add_hint(e->messages, d, "call it: `%s(...)`", f->string);
        } else if (f->kind == V_LAYER) {
            diag_add_hint(e->messages, d,
                          "`->` needs a layer with its settings: `x -> Layer(...)`");
        }
        return val_error();
    }
    frame fr;
    if (!push_frame(e, &fr, arena_printf(e->memory, "in layer `%s`", f->inst->layer->text), at)) {
        return val_error();
    }
    origin here = e->g->here;
    const char *naming = e->naming;
    e->naming = NULL;
    e->g->here.call = push_call(e, f->inst, at);
    val v = apply_instance(e, f->inst, args, n, at);
    if (v.kind == V_TENSOR) {
        name_value(e->g, v.tensor, layer_name(e, f->inst->path), true);
    }
    e->g->here = here;
    e->naming = naming;
    e->stack = fr.parent;
    return v;
}
