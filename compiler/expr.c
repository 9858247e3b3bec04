/* expr.c: the value of an expression. Arithmetic on numbers happens here and now; on tensors it
 * adds operations to the graph. */
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

/* --- arithmetic on numbers --- */

static val overflow(elaborator *e, loc at) {
    report(e, E0303, at, "the result does not fit into a 64-bit integer");
    return val_error();
}

static val integer_arithmetic(elaborator *e, const ast *x, int64_t a, int64_t b) {
    int64_t r = 0;
    switch (x->text[0]) {
    case '+':
        return __builtin_add_overflow(a, b, &r) ? overflow(e, x->at) : val_int(r);
    case '-':
        return __builtin_sub_overflow(a, b, &r) ? overflow(e, x->at) : val_int(r);
    case '*':
        return __builtin_mul_overflow(a, b, &r) ? overflow(e, x->at) : val_int(r);
    default:
        break;
    }
    if (b == 0) {
        report(e, E0303, x->at, "division by zero");
        return val_error();
    }
    if (b == -1) { /* INT64_MIN / -1 traps */
        return x->text[0] == '%' ? val_int(0) : a == INT64_MIN ? overflow(e, x->at) : val_int(-a);
    }
    if (x->text[0] == '%') {
        return val_int(a % b);
    }
    return a % b == 0 ? val_int(a / b) : val_real((double)a / (double)b);
}

static double real_result(const char *sign, double a, double b) {
    switch (sign[0]) {
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    case '/':
        return a / b;
    default:
        return fmod(a, b);
    }
}

static val real_arithmetic(elaborator *e, const ast *x, double a, double b) {
    if (b == 0 && (x->text[0] == '/' || x->text[0] == '%')) {
        report(e, E0303, x->at, "division by zero");
        return val_error();
    }
    double r = real_result(x->text, a, b);
    if (!isfinite(r)) {
        report(e, E0303, x->at, "the result is too large for a real number");
        return val_error();
    }
    return val_real(r);
}

static val compare(const ast *x, double a, double b) {
    const char *op = x->text;
    bool equal = a <= b && a >= b;
    if (strcmp(op, "==") == 0) {
        return val_bool(equal);
    }
    if (strcmp(op, "!=") == 0) {
        return val_bool(!equal);
    }
    bool less = op[0] == '<' ? a < b : a > b;
    return val_bool(less || (op[1] == '=' && equal));
}

/* --- arithmetic on tensors --- */

static bool broadcasts(const shape *a, const shape *b) {
    for (int i = 1; i <= a->rank && i <= b->rank; i++) {
        int64_t x = a->dim[a->rank - i], y = b->dim[b->rank - i];
        if (x != y && x != 1 && y != 1) {
            return false;
        }
    }
    return true;
}

val tensor_binary(elaborator *e, op_id op, const char *sign, const val *a, const val *b,
                  const loc at[3]) {
    value l = as_tensor(e, a, at[0]), r = as_tensor(e, b, at[1]);
    if (!l || !r) {
        return val_error();
    }
    const shape *sl = &graph_node(e->g, l)->s, *sr = &graph_node(e->g, r)->s;
    if (!broadcasts(sl, sr)) {
        report(e, E0401, at[2], "shapes do not match: %s %s %s", show_shape(e, sl), sign,
               show_shape(e, sr));
        return val_error();
    }
    value v = g_binary(e->g, op, l, r);
    shape s = graph_node(e->g, v)->s;
    return check_shape(e, at[2], &s) ? val_tensor(v) : val_error();
}

static val tensor_arithmetic(elaborator *e, const ast *x, const val *a, const val *b) {
    static const struct {
        char sign;
        op_id op;
    } ops[] = {{'+', OP_ADD}, {'-', OP_SUB}, {'*', OP_MUL}, {'/', OP_DIV}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (x->text[0] == ops[i].sign) {
            return tensor_binary(e, ops[i].op, x->text, a, b, (loc[]){x->a->at, x->b->at, x->at});
        }
    }
    report(e, E0301, x->at, "`%s` is for numbers, not for tensors", x->text);
    return val_error();
}

static val eval_logic(elaborator *e, scope *s, const ast *x) {
    bool a, b;
    if (!eval_bool(e, s, x->a, "an operand of `and` and `or`", &a)) {
        return val_error();
    }
    bool is_and = x->text[0] == 'a';
    if (a != is_and) { /* decided: the right side is not looked at */
        return val_bool(a);
    }
    return eval_bool(e, s, x->b, "an operand of `and` and `or`", &b) ? val_bool(b) : val_error();
}

static bool same_kind_equal(const val *a, const val *b, bool *equal) {
    if (a->kind == V_STRING && b->kind == V_STRING) {
        *equal = strcmp(a->string, b->string) == 0;
        return true;
    }
    *equal = a->integer == b->integer;
    return a->kind == V_BOOL && b->kind == V_BOOL;
}

static val eval_binary(elaborator *e, scope *s, const ast *x) {
    if (strcmp(x->text, "and") == 0 || strcmp(x->text, "or") == 0) {
        return eval_logic(e, s, x);
    }
    val a = eval(e, s, x->a), b = eval(e, s, x->b);
    if (a.kind == V_ERROR || b.kind == V_ERROR) {
        return val_error();
    }
    bool comparison = strchr("=!<>", x->text[0]) != NULL, equal;
    double p, q;
    if (as_number(&a, &p) && as_number(&b, &q)) {
        if (comparison) {
            return compare(x, p, q);
        }
        return a.kind == V_INT && b.kind == V_INT ? integer_arithmetic(e, x, a.integer, b.integer)
                                                  : real_arithmetic(e, x, p, q);
    }
    if (comparison && x->text[1] == '=' && strchr("=!", x->text[0]) &&
        same_kind_equal(&a, &b, &equal)) {
        return val_bool(equal == (x->text[0] == '='));
    }
    if (comparison) {
        report(e, E0301, x->at, "`%s` cannot compare %s with %s", x->text, describe(e, &a),
               describe(e, &b));
        return val_error();
    }
    return tensor_arithmetic(e, x, &a, &b);
}

static val eval_unary(elaborator *e, scope *s, const ast *x) {
    if (x->text[0] == 'n') {
        bool b;
        return eval_bool(e, s, x->a, "the operand of `not`", &b) ? val_bool(!b) : val_error();
    }
    val a = eval(e, s, x->a);
    if (a.kind == V_INT) {
        return a.integer == INT64_MIN ? overflow(e, x->at) : val_int(-a.integer);
    }
    if (a.kind == V_REAL) {
        return val_real(-a.real);
    }
    value t = as_tensor(e, &a, x->at);
    return t ? val_tensor(g_unary(e->g, OP_NEG, t)) : val_error();
}

/* --- names --- */

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

static const char *child_path(elaborator *e, const scope *s, const char *name) {
    const char *base = s->owner ? s->owner->path : "";
    return *base ? arena_printf(e->memory, "%s.%s", base, name) : name;
}

static void annotate(elaborator *e, const ast *list, origin *here) {
    for (const ast *a = list; a; a = a->next) {
        bool named = a->a && !a->a->next && a->a->a->kind == AST_NAME;
        if (strcmp(a->text, "cpu") == 0 && !a->a) {
            here->cpu = true;
        } else if (strcmp(a->text, "kernel") == 0 && named) {
            here->kernel = a->a->a->text;
        } else {
            diag *d = report(e, E0504, a->at, "unknown annotation `@%s`", a->text);
            diag_add_hint(e->messages, d, "there are `@cpu` and `@kernel(name)`");
        }
    }
}

val eval_unpack(elaborator *e, scope *s, const ast *n) {
    origin here = e->g->here;
    annotate(e, n->c, &e->g->here);
    val v = eval(e, s, n->b);
    e->g->here = here;
    int names = 0;
    for (const ast *name = n->a; name; name = name->next) {
        names++;
    }
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
        e->naming = child_path(e, s, n->text);
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

static val eval_name(elaborator *e, scope *s, const ast *x) {
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

static val eval_member(elaborator *e, scope *s, const ast *x) {
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
    const char *near = nearest_name(x->text, known.at, known.len);
    if (near) {
        diag_add_hint(e->messages, d, "did you mean `%s`?", near);
    }
    vec_free(&known);
    return val_error();
}

static val eval_index(elaborator *e, scope *s, const ast *x) {
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

/* --- the rest --- */

static int list_length(const ast *list) {
    int n = 0;
    for (; list; list = list->next) {
        n++;
    }
    return n;
}

static val eval_tuple(elaborator *e, scope *s, const ast *x) {
    val t = {.kind = V_TUPLE, .count = list_length(x->a)};
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
    int n = list_length(call->b), i = 0;
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
