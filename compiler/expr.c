/* expr.c: the value of an expression. Operators are in arithmetic.c, names in names.c. */
#include "scope.h"

#include <math.h>
#include <string.h>

bool as_number(const val *v, double *x) {
    if (v->kind == V_INT) {
        *x = (double)v->integer;
    } else if (v->kind == V_REAL) {
        *x = v->real;
    }
    return v->kind == V_INT || v->kind == V_REAL;
}

static value param_tensor(elaborator *e, int64_t index) {
    size_t i = (size_t)index;
    if (i >= e->param_nodes) {
        size_t n = e->g->params.len;
        e->param_node = anet_realloc(e->param_node, n, sizeof(value));
        memset(e->param_node + e->param_nodes, 0, (n - e->param_nodes) * sizeof(value));
        e->param_nodes = n;
    }
    if (!e->param_node[i]) {
        shape s = e->g->params.at[i].s;
        e->param_node[i] = graph_add(e->g, OP_PARAM, NULL, &(attrs){.index = index}, &s);
    }
    return e->param_node[i];
}

value as_tensor(elaborator *e, const val *v, loc at) {
    double x;
    if (v->kind == V_TENSOR) {
        return v->tensor;
    }
    if (v->kind == V_PARAM) {
        return g_reshape(e->g, param_tensor(e, v->integer), v->axes);
    }
    if (as_number(v, &x)) {
        const double largest_half = 65504;
        if (fabs(x) > largest_half) {
            diag *d = diag_warning(e->messages, W0301, at, "%.9g is beyond the range of fp16", x);
            diag_add_hint(e->messages, d,
                          "the largest half is 65504; what is computed is infinite");
        }
        return g_const(e->g, x);
    }
    if (v->kind == V_ERROR) {
        return 0;
    }
    diag *d = report(e, E0301, at, "expected a tensor, got %s", describe(e, v));
    if (v->kind == V_TOKENS) {
        diag_add_hint(e->messages, d, "ids become vectors by `gather(table, ids)`");
    } else if (v->kind == V_INSTANCE) {
        diag_add_hint(e->messages, d, "a layer computes when it is applied: `layer(x)`");
    }
    return 0;
}

bool check_shape(elaborator *e, loc at, const shape *s) {
    const int64_t max_axis = INT32_MAX, max_elements = (int64_t)1 << 40;
    if (s->rank > ANET_MAX_RANK) {
        report(e, E0403, at, "a tensor of rank %d: at most %d axes are possible", s->rank,
               ANET_MAX_RANK);
        return false;
    }
    int64_t n = 1;
    for (int i = 0; i < s->rank; i++) {
        if (s->dim[i] < 1 || s->dim[i] > max_axis) {
            const char *name =
                s->axis[i] ? arena_printf(e->memory, "axis `%s`", s->axis[i]) : "an axis";
            report(e, E0403, at, "%s has size %lld: sizes are from 1 to %lld", name,
                   (long long)s->dim[i], (long long)max_axis);
            return false;
        }
        if (n > max_elements / s->dim[i]) {
            report(e, E0403, at, "a tensor %s has more than 2^40 elements", show_shape(e, s));
            return false;
        }
        n *= s->dim[i];
    }
    return true;
}

bool eval_int(elaborator *e, scope *s, const ast *x, const char *what, int64_t *i) {
    val v = eval(e, s, x);
    if (v.kind == V_INT) {
        *i = v.integer;
        return true;
    }
    if (v.kind == V_REAL) {
        report(e, E0301, x->at, "%s must be an integer, but this is %.9g", what, v.real);
    } else if (v.kind != V_ERROR) {
        report(e, E0301, x->at, "%s must be an integer, but this is %s", what, describe(e, &v));
    }
    return false;
}

bool eval_bool(elaborator *e, scope *s, const ast *x, const char *what, bool *b) {
    val v = eval(e, s, x);
    if (v.kind == V_BOOL) {
        *b = v.integer != 0;
        return true;
    }
    if (v.kind != V_ERROR) {
        report(e, E0301, x->at, "%s must be true or false, but this is %s", what, describe(e, &v));
    }
    return false;
}

static val eval_tuple(elaborator *e, scope *s, const ast *x) {
    val t = {.kind = V_TUPLE, .count = ast_count(x->a)};
    t.items = ARENA_ARRAY(e->memory, val, t.count);
    int i = 0;
    for (const ast *item = x->a; item; item = item->next) {
        t.items[i] = eval(e, s, item);
        if (t.items[i++].kind == V_ERROR) {
            return val_error();
        }
    }
    return t;
}

static val eval_repeat(elaborator *e, scope *s, const ast *x) {
    enum { MAX_REPEAT = 1000, MAX_TURNS = 20000 };
    int64_t n;
    if (!eval_int(e, s, x->a, "the number of repeats", &n)) {
        return val_error();
    }
    if (n < 0 || n > MAX_REPEAT) {
        report(e, E0303, x->a->at, "repeat %lld times: the number is from 0 to %d", (long long)n,
               MAX_REPEAT);
        return val_error();
    }
    e->turns += n;
    if (e->turns > MAX_TURNS) {
        report(e, E0303, x->at, "the repeats of the model take more than %d turns in all",
               MAX_TURNS);
        return val_error();
    }
    const char *naming = e->naming;
    val list = {.kind = V_LIST, .items = ARENA_ARRAY(e->memory, val, n)};
    for (; list.count < n; list.count++) {
        scope *turn = scope_new(e, s, NULL);
        if (x->text) {
            scope_set(e, turn, x->text, x->at, val_int(list.count));
        }
        e->naming = arena_printf(e->memory, "%s.%d", naming ? naming : "repeat", list.count);
        list.items[list.count] = eval(e, turn, x->b);
        if (list.items[list.count].kind == V_ERROR) {
            e->naming = naming;
            return val_error();
        }
    }
    e->naming = naming;
    return list;
}

/* `x -> silu` and `x -> reshape(S, n)` are silu(x) and reshape(x, S, n). The value gets a name that
 * no source can hold, in a scope of its own. */
static val pipe_into_builtin(elaborator *e, scope *s, const ast *x, const val *v, int which) {
    static const char piped[] = "(piped)";
    scope *inner = scope_new(e, s, NULL);
    scope_set(e, inner, piped, x->a->at, *v);
    bool called = x->b->kind == AST_CALL;
    ast name = {.kind = AST_NAME, .at = x->a->at, .text = piped};
    ast first = {.kind = AST_ARG, .at = x->a->at, .a = &name, .next = called ? x->b->b : NULL};
    ast call = {.kind = AST_CALL, .at = x->b->at, .a = called ? x->b->a : x->b, .b = &first};
    return builtin_call(e, inner, which, &call);
}

/* The builtin that the right side of a pipe names or calls; -1 if it is something else. */
static int piped_builtin(scope *s, const ast *f) {
    const ast *name = f->kind == AST_CALL ? f->a : f;
    return name->kind == AST_NAME && !scope_find(s, name->text) ? builtin_find(name->text) : -1;
}

static val eval_pipe(elaborator *e, scope *s, const ast *x) {
    int which = piped_builtin(s, x->b);
    val v = eval(e, s, x->a);
    if (which >= 0 && v.kind != V_ERROR) {
        return pipe_into_builtin(e, s, x, &v, which);
    }
    val f = eval(e, s, x->b);
    if (v.kind == V_ERROR || f.kind == V_ERROR) {
        return val_error();
    }
    return v.kind == V_TUPLE ? apply(e, &f, v.items, v.count, x->b->at)
                             : apply(e, &f, &v, 1, x->b->at);
}

static val call_instance(elaborator *e, scope *s, const val *f, const ast *call) {
    int n = ast_count(call->b), i = 0;
    val *args = ARENA_ARRAY(e->memory, val, n);
    for (const ast *arg = call->b; arg; arg = arg->next) {
        if (arg->text) {
            report(e, E0302, arg->at, "tensors are given in order, without names");
            return val_error();
        }
        args[i] = eval(e, s, arg->a);
        if (args[i++].kind == V_ERROR) {
            return val_error();
        }
    }
    return apply(e, f, args, n, call->at);
}

static val eval_call(elaborator *e, scope *s, const ast *x) {
    val f = eval(e, s, x->a);
    switch (f.kind) {
    case V_ERROR:
        return f;
    case V_LAYER:
        return instantiate(e, s, f.layer, x);
    case V_BUILTIN:
        return builtin_call(e, s, (int)f.integer, x);
    case V_INSTANCE:
    case V_LIST:
        return call_instance(e, s, &f, x);
    default:
        report(e, E0301, x->a->at, "%s cannot be called", describe(e, &f));
        return val_error();
    }
}

static val eval_cond(elaborator *e, scope *s, const ast *x) {
    bool yes;
    if (!eval_bool(e, s, x->a, "the condition", &yes)) {
        return val_error();
    }
    return eval(e, s, yes ? x->b : x->c);
}

static val eval_expression(elaborator *e, scope *s, const ast *x) {
    val v = val_error();
    switch (x->kind) {
    case AST_INTEGER:
        v = val_int(x->integer);
        break;
    case AST_REAL:
        v = val_real(x->number);
        break;
    case AST_BOOLEAN:
        v = val_bool(x->flag);
        break;
    case AST_STRING:
        v = (val){.kind = V_STRING, .string = x->text};
        break;
    case AST_NAME:
        v = eval_name(e, s, x);
        break;
    case AST_MEMBER:
        v = eval_member(e, s, x);
        break;
    case AST_INDEX:
        v = eval_index(e, s, x);
        break;
    case AST_CALL:
        v = eval_call(e, s, x);
        break;
    case AST_TUPLE:
        v = eval_tuple(e, s, x);
        break;
    case AST_UNARY:
        v = eval_unary(e, s, x);
        break;
    case AST_BINARY:
        v = eval_binary(e, s, x);
        break;
    case AST_COND:
        v = eval_cond(e, s, x);
        break;
    case AST_PIPE:
        v = eval_pipe(e, s, x);
        break;
    case AST_REPEAT:
        v = eval_repeat(e, s, x);
        break;
    default:
        break; /* AST_ERROR: reported by the parser */
    }
    return v;
}

/* The depth is bounded because the stack is: definitions that need one another, layers in layers
 * and brackets all count. */
val eval(elaborator *e, scope *s, const ast *x) {
    enum { MAX_EVALUATION = 2500 };
    if (e->depth >= MAX_EVALUATION) {
        if (!e->too_deep) { /* what depends on it would say so again */
            report(e, E0103, x->at,
                   "definitions, layers and brackets nest too deep to be evaluated");
        }
        e->too_deep = true;
        return val_error();
    }
    loc outer = e->g->here.at;
    e->g->here.at = x->at;
    e->depth++;
    val v = eval_expression(e, s, x);
    e->depth--;
    e->g->here.at = outer;
    return v;
}
