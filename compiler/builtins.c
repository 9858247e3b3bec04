/* builtins.c: the functions of the language. They check what the user gave and add operations. */
#include "scope.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct use { /* one call of a builtin */
    elaborator *e;
    scope *s;
    const ast *call;
    const struct builtin *f;
} use;

typedef val builtin_rule(use *u);

typedef struct builtin {
    const char *name;
    int fewest, most;
    const char *named;
    builtin_rule *rule;
    op_id op;
} builtin;

/* --- arguments --- */

static const ast *positional(const use *u, int i) {
    for (const ast *a = u->call->b; a; a = a->next) {
        if (!a->text && i-- == 0) {
            return a->a;
        }
    }
    return NULL;
}

static const ast *named(const use *u, const char *name) {
    for (const ast *a = u->call->b; a; a = a->next) {
        if (a->text && strcmp(a->text, name) == 0) {
            return a->a;
        }
    }
    return NULL;
}

static int count_positional(const use *u) {
    int n = 0;
    while (positional(u, n)) {
        n++;
    }
    return n;
}

static bool is_allowed(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += n) {
        bool starts = at == list || at[-1] == ' ';
        if (starts && (at[n] == ' ' || at[n] == 0)) {
            return true;
        }
    }
    return false;
}

static bool check_arguments(const use *u) {
    for (const ast *a = u->call->b; a; a = a->next) {
        if (a->text && !is_allowed(u->f->named, a->text)) {
            diag *d = report(u->e, E0302, a->at, "`%s` has no argument `%s`", u->f->name, a->text);
            if (*u->f->named) {
                diag_add_hint(u->e->messages, d, "its named arguments: %s", u->f->named);
            }
            return false;
        }
        if (a->text && named(u, a->text) != a->a) {
            report(u->e, E0302, a->at, "`%s` is given twice", a->text);
            return false;
        }
    }
    int n = count_positional(u);
    if (n < u->f->fewest || n > u->f->most) {
        char range[32] = "";
        if (u->f->most > u->f->fewest) {
            snprintf(range, sizeof range, " to %d", u->f->most);
        }
        report(u->e, E0302, u->call->at, "`%s` takes %d%s positional argument%s, not %d",
               u->f->name, u->f->fewest, range, u->f->most == 1 ? "" : "s", n);
        return false;
    }
    return true;
}

static value tensor_argument(use *u, int i) {
    const ast *x = positional(u, i);
    val v = eval(u->e, u->s, x);
    return as_tensor(u->e, &v, x->at);
}

static bool missing(use *u, const char *name) {
    report(u->e, E0302, u->call->at, "`%s` needs `%s = ...`", u->f->name, name);
    return false;
}

/* The axis that a named argument names, or numbers. */
static bool axis_argument(use *u, const char *name, value t, int *axis) {
    const ast *x = named(u, name);
    if (!x) {
        return missing(u, name);
    }
    const shape *s = &graph_node(u->e->g, t)->s;
    int found = 0;
    if (x->kind == AST_INTEGER && x->integer < s->rank) {
        *axis = (int)x->integer;
        return true;
    }
    for (int i = 0; i < s->rank && x->kind == AST_NAME; i++) {
        if (s->axis[i] && strcmp(s->axis[i], x->text) == 0) {
            *axis = i;
            found++;
        }
    }
    if (found == 1) {
        return true;
    }
    const char *sizes = show_shape(u->e, s);
    if (x->kind == AST_INTEGER) {
        report(u->e, E0402, x->at, "the tensor %s has no axis %lld: axes are numbered from 0",
               sizes, (long long)x->integer);
        return false;
    }
    diag *d = x->kind == AST_NAME
                  ? report(u->e, E0402, x->at, "the tensor %s has %s axis `%s`", sizes,
                           found ? "more than one" : "no", x->text)
                  : report(u->e, E0402, x->at, "`%s` needs the name or the number of an axis of %s",
                           name, sizes);
    diag_add_hint(
        u->e->messages, d,
        "axes are named by the declared types, such as (x : [S, dim]), or numbered from 0");
    return false;
}

static val checked(use *u, value t) {
    shape s = graph_node(u->e->g, t)->s;
    return check_shape(u->e, u->call->at, &s) ? val_tensor(t) : val_error();
}

/* --- rules --- */

/* NaN where there is no value. */
static double number_function(op_id op, double x) {
    switch (op) {
    case OP_SQRT:
        return sqrt(x);
    case OP_EXP:
        return exp(x);
    case OP_LOG:
        return log(x);
    case OP_RSQRT:
        return 1 / sqrt(x);
    case OP_SQUARE:
        return x * x;
    case OP_SIGMOID:
        return 1 / (1 + exp(-x));
    case OP_TANH:
        return tanh(x);
    case OP_SILU:
        return x / (1 + exp(-x));
    case OP_RELU:
        return x > 0 ? x : 0;
    default:
        return NAN;
    }
}

static val builtin_UNARY(use *u) {
    const ast *x = positional(u, 0);
    val v = eval(u->e, u->s, x);
    double number;
    if (as_number(&v, &number)) {
        double r = number_function(u->f->op, number);
        if (!isfinite(r)) {
            report(u->e, E0303, u->call->at, "`%s` of %.9g is not a number", u->f->name, number);
            return val_error();
        }
        return val_real(r);
    }
    value t = as_tensor(u->e, &v, x->at);
    return t ? val_tensor(g_unary(u->e->g, u->f->op, t)) : val_error();
}

static val builtin_ROUND(use *u) {
    val v = eval(u->e, u->s, positional(u, 0));
    double x;
    if (!as_number(&v, &x)) {
        if (v.kind != V_ERROR) {
            report(u->e, E0301, u->call->at, "`%s` needs a number", u->f->name);
        }
        return val_error();
    }
    if (fabs(x) > 9e18) {
        report(u->e, E0303, u->call->at, "the result does not fit into a 64-bit integer");
        return val_error();
    }
    return val_int((int64_t)(u->f->name[0] == 'f' ? floor(x) : ceil(x)));
}

static val builtin_EXTREME(use *u) {
    val a = eval(u->e, u->s, positional(u, 0)), b = eval(u->e, u->s, positional(u, 1));
    double x, y;
    if (as_number(&a, &x) && as_number(&b, &y)) {
        return (x > y) == (u->f->op == OP_MAX) ? a : b;
    }
    loc at[] = {positional(u, 0)->at, positional(u, 1)->at, u->call->at};
    return tensor_binary(u->e, u->f->op, "and", &a, &b, at);
}

/* sum(x) and mean(x) of everything are one number */
static val reduce_all(use *u, value t) {
    for (int i = 0; i < graph_node(u->e->g, t)->s.rank; i++) {
        t = g_reduce(u->e->g, u->f->op, t, i);
    }
    return val_tensor(g_reshape(u->e->g, t, &(shape){0}));
}

static val builtin_REDUCE(use *u) {
    value t = tensor_argument(u, 0);
    int axis;
    if (t && !named(u, "over") && (u->f->op == OP_SUM || u->f->op == OP_MEAN)) {
        return reduce_all(u, t);
    }
    if (!t || !axis_argument(u, "over", t, &axis)) {
        return val_error();
    }
    return val_tensor(u->f->op == OP_SOFTMAX ? g_softmax(u->e->g, t, axis)
                                             : g_reduce(u->e->g, u->f->op, t, axis));
}

static int find_axis(const shape *s, const char *name, int skip) {
    for (int i = 0; name && i < s->rank; i++) {
        if (i != skip && s->axis[i] && strcmp(s->axis[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* Labels for a product over one axis: shared names are batch axes, the others are free. */
static bool label_axes(use *u, const shape *a, int over_a, const shape *b, int over_b, attrs *at) {
    int8_t next = 1;
    int n = 0, free_axes[2] = {0, 0};
    for (int i = 0; i < a->rank; i++) {
        at->label[0][i] = next++;
    }
    for (int i = 0; i < b->rank; i++) {
        int twin = i == over_b ? over_a : find_axis(a, b->axis[i], over_a);
        if (twin >= 0 && a->dim[twin] != b->dim[i]) {
            const char *axis = i == over_b ? "the axis that is summed over"
                                           : arena_printf(u->e->memory, "axis `%s`", b->axis[i]);
            report(u->e, E0401, u->call->at, "%s has size %lld in %s but %lld in %s", axis,
                   (long long)a->dim[twin], show_shape(u->e, a), (long long)b->dim[i],
                   show_shape(u->e, b));
            return false;
        }
        at->label[1][i] = twin >= 0 ? at->label[0][twin] : next++;
        free_axes[1] += twin < 0;
    }
    for (int i = 0; i < a->rank; i++) {
        free_axes[0] += i != over_a && !strchr((const char *)at->label[1], at->label[0][i]);
        if (i != over_a) {
            at->label[2][n++] = at->label[0][i];
        }
    }
    for (int i = 0; i < b->rank && n < MAX_RANK; i++) {
        if (!strchr((const char *)at->label[0], at->label[1][i])) {
            at->label[2][n++] = at->label[1][i];
        }
    }
    if (!free_axes[0] || !free_axes[1]) {
        report(u->e, E0401, u->call->at,
               "each operand of `matmul` needs an axis that the other lacks: %s and %s",
               show_shape(u->e, a), show_shape(u->e, b));
        return false;
    }
    return true;
}

static val builtin_MATMUL(use *u) {
    value in[] = {tensor_argument(u, 0), tensor_argument(u, 1)};
    int over[2];
    for (int i = 0; i < 2; i++) {
        if (!in[i] || !axis_argument(u, "over", in[i], &over[i])) {
            return val_error();
        }
    }
    shape a = graph_node(u->e->g, in[0])->s, b = graph_node(u->e->g, in[1])->s;
    attrs at = {0};
    if (a.rank + b.rank > MAX_RANK + 2) {
        report(u->e, E0403, u->call->at, "`matmul` of %s and %s: too many axes",
               show_shape(u->e, &a), show_shape(u->e, &b));
        return val_error();
    }
    if (!label_axes(u, &a, over[0], &b, over[1], &at)) {
        return val_error();
    }
    return checked(u, graph_add(u->e->g, OP_MATMUL, in, &at, NULL));
}

static val builtin_RESHAPE(use *u) {
    value t = tensor_argument(u, 0);
    shape s = {.rank = count_positional(u) - 1};
    if (!t || s.rank > MAX_RANK) {
        return val_error();
    }
    for (int i = 0; i < s.rank; i++) {
        const ast *x = positional(u, i + 1);
        if (!eval_int(u->e, u->s, x, "a size", &s.dim[i])) {
            return val_error();
        }
        s.axis[i] = x->kind == AST_NAME ? x->text : NULL;
    }
    if (!check_shape(u->e, u->call->at, &s)) {
        return val_error();
    }
    const shape *now = &graph_node(u->e->g, t)->s;
    if (shape_size(now) != shape_size(&s)) {
        report(u->e, E0401, u->call->at, "%s has %lld elements, but %s has %lld",
               show_shape(u->e, now), (long long)shape_size(now), show_shape(u->e, &s),
               (long long)shape_size(&s));
        return val_error();
    }
    return val_tensor(g_reshape(u->e->g, t, &s));
}

static val builtin_TRANSPOSE(use *u) {
    value t = tensor_argument(u, 0);
    int8_t perm[MAX_RANK] = {0};
    unsigned seen = 0;
    if (!t) {
        return val_error();
    }
    shape s = graph_node(u->e->g, t)->s;
    if (count_positional(u) - 1 != s.rank) {
        report(u->e, E0302, u->call->at, "the tensor %s has %d axes; name each once",
               show_shape(u->e, &s), s.rank);
        return val_error();
    }
    for (int i = 0; i < s.rank; i++) {
        const ast *x = positional(u, i + 1);
        int axis = x->kind == AST_NAME ? find_axis(&s, x->text, -1) : -1;
        if (axis < 0 || (seen >> axis & 1)) {
            report(u->e, E0402, x->at, "this does not name another axis of %s",
                   show_shape(u->e, &s));
            return val_error();
        }
        seen |= 1u << axis;
        perm[i] = (int8_t)axis;
    }
    return val_tensor(g_transpose(u->e->g, t, perm));
}

static bool int_argument(use *u, const char *name, int64_t *i) {
    const ast *x = named(u, name);
    return x ? eval_int(u->e, u->s, x, name, i) : missing(u, name);
}

static val builtin_SLICE(use *u) {
    value t = tensor_argument(u, 0);
    int axis;
    int64_t begin, size;
    if (!t || !axis_argument(u, "over", t, &axis) || !int_argument(u, "begin", &begin) ||
        !int_argument(u, "size", &size)) {
        return val_error();
    }
    shape s = graph_node(u->e->g, t)->s;
    if (begin < 0 || size < 1 || begin > s.dim[axis] || size > s.dim[axis] - begin) {
        report(u->e, E0401, u->call->at, "%lld elements from %lld on of an axis of size %lld",
               (long long)size, (long long)begin, (long long)s.dim[axis]);
        return val_error();
    }
    return val_tensor(g_slice(u->e->g, t, axis, begin, size));
}

static val builtin_CONCAT(use *u) {
    value a = tensor_argument(u, 0), b = tensor_argument(u, 1);
    int axis;
    if (!a || !b || !axis_argument(u, "over", a, &axis)) {
        return val_error();
    }
    shape sa = graph_node(u->e->g, a)->s, sb = graph_node(u->e->g, b)->s;
    shape same = sb;
    same.dim[axis] = sa.dim[axis];
    if (!shape_equal(&sa, &same)) {
        report(u->e, E0401, u->call->at, "shapes do not match besides the joined axis: %s and %s",
               show_shape(u->e, &sa), show_shape(u->e, &sb));
        return val_error();
    }
    return checked(u, g_concat(u->e->g, a, b, axis));
}

static value table(use *u, anet_table kind, double number, int64_t rows, int64_t columns) {
    shape s = {.rank = 2, .dim = {rows, columns}};
    return graph_add(u->e->g, OP_TABLE, NULL, &(attrs){.index = kind, .number = number}, &s);
}

static val builtin_ROPE(use *u) {
    value t = tensor_argument(u, 0);
    int axis, along;
    double theta = 10000;
    const ast *given = named(u, "theta");
    if (!t || !axis_argument(u, "over", t, &axis) || !axis_argument(u, "along", t, &along)) {
        return val_error();
    }
    if (given) {
        val v = eval(u->e, u->s, given);
        if (!as_number(&v, &theta) || !(theta > 0)) {
            report(u->e, E0303, given->at, "`theta` must be a number above 0");
            return val_error();
        }
    }
    shape s = graph_node(u->e->g, t)->s;
    if (s.dim[axis] % 2 || axis == along || axis != s.rank - 1) {
        report(u->e, E0401, u->call->at,
               "`rope` rotates pairs along the last axis, of even size, but not the axis of "
               "positions: %s",
               show_shape(u->e, &s));
        return val_error();
    }
    int64_t pairs = s.dim[axis] / 2, positions = s.dim[along];
    value in[] = {t, table(u, ANET_TABLE_ROPE_COS, theta, positions, pairs),
                  table(u, ANET_TABLE_ROPE_SIN, theta, positions, pairs)};
    attrs at = {.axis = axis, .other = along};
    return val_tensor(graph_add(u->e->g, OP_ROPE, in, &at, NULL));
}

static val builtin_MASK(use *u) {
    int64_t rows, columns;
    const ast *r = positional(u, 0), *c = positional(u, 1);
    if (!eval_int(u->e, u->s, r, "a size", &rows) || !eval_int(u->e, u->s, c, "a size", &columns)) {
        return val_error();
    }
    shape s = {.rank = 2, .dim = {rows, columns}};
    if (!check_shape(u->e, u->call->at, &s)) {
        return val_error();
    }
    value t = table(u, ANET_TABLE_CAUSAL_MASK, 0, rows, columns);
    graph_node(u->e->g, t)->s.axis[0] = r->kind == AST_NAME ? r->text : NULL;
    graph_node(u->e->g, t)->s.axis[1] = c->kind == AST_NAME ? c->text : NULL;
    return val_tensor(t);
}

static bool tokens_argument(use *u, int i, val *v) {
    const ast *x = positional(u, i);
    *v = eval(u->e, u->s, x);
    if (v->kind != V_TOKENS && v->kind != V_ERROR) {
        report(u->e, E0301, x->at, "expected token ids, got %s", describe(u->e, v));
    }
    return v->kind == V_TOKENS;
}

static val builtin_GATHER(use *u) {
    val ids;
    value t = tensor_argument(u, 0);
    if (!t || !tokens_argument(u, 1, &ids)) {
        return val_error();
    }
    shape s = graph_node(u->e->g, t)->s;
    if (s.rank != 2 || s.dim[0] < ids.integer || !op_is(u->e->g, t, OP_PARAM)) {
        report(u->e, E0401, u->call->at,
               "`gather` needs a parameter [%lld, ...] for ids less than %lld, not %s",
               (long long)ids.integer, (long long)ids.integer, show_shape(u->e, &s));
        return val_error();
    }
    value in[] = {t, ids.tensor};
    value rows = graph_add(u->e->g, OP_GATHER, in, NULL, NULL);
    if (ids.axes) { /* named by the layer that has them as argument */
        graph_node(u->e->g, rows)->s.axis[0] = ids.axes->axis[0];
    }
    return checked(u, rows);
}

static val builtin_LOSS(use *u) {
    val target;
    value t = tensor_argument(u, 0);
    if (!t || !tokens_argument(u, 1, &target)) {
        return val_error();
    }
    shape s = graph_node(u->e->g, t)->s;
    int64_t length = graph_node(u->e->g, target.tensor)->s.dim[0];
    if (s.rank != 2 || s.dim[0] != length || s.dim[1] < target.integer) {
        report(u->e, E0401, u->call->at, "logits for these targets are [%lld, %lld], not %s",
               (long long)length, (long long)target.integer, show_shape(u->e, &s));
        return val_error();
    }
    if (!op_is(u->e->g, target.tensor, OP_TARGET)) {
        report(u->e, E0301, positional(u, 1)->at,
               "a loss compares with a `target`, not an `input`");
        return val_error();
    }
    value in[] = {t, target.tensor};
    return val_tensor(graph_add(u->e->g, OP_CROSS_ENTROPY, in, NULL, NULL));
}

static val builtin_RECORD(use *u) {
    val r = {.kind = V_RECORD, .string = u->f->name, .count = ast_count(u->call->b)};
    r.settings = ARENA_ARRAY(u->e->memory, record_item, r.count);
    int i = 0;
    for (const ast *a = u->call->b; a; a = a->next, i++) {
        r.settings[i] = (record_item){a->text, ARENA_NEW(u->e->memory, val), a->at};
        *r.settings[i].value = eval(u->e, u->s, a->a);
        double x;
        bool number = as_number(r.settings[i].value, &x);
        if (r.settings[i].value->kind == V_ERROR) {
            return val_error();
        }
        if (!number && !a->text) {
            report(u->e, E0301, a->at, "`%s` needs a number", u->f->name);
            return val_error();
        }
    }
    return r;
}

/* --- the table --- */

static const builtin builtins[] = {
#define BUILTIN(name, fewest, most, named_, RULE, op, text)                                        \
    {name, fewest, most, named_, builtin_##RULE, OP_##op},
#include "builtins.def"
};

static const char *const names[] = {
#define BUILTIN(name, fewest, most, named_, RULE, op, text) name,
#include "builtins.def"
};

int builtin_find(const char *name) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

size_t builtin_names(const char *const **list) {
    *list = names;
    return sizeof names / sizeof *names;
}

val builtin_call(elaborator *e, scope *s, int which, const ast *call) {
    use u = {e, s, call, &builtins[which]};
    return check_arguments(&u) ? u.f->rule(&u) : val_error();
}

bool record_find(const char *name, val *v) {
    bool bare = strcmp(name, "ones") == 0 || strcmp(name, "zeros") == 0;
    *v = (val){.kind = V_RECORD, .string = name};
    return bare;
}
