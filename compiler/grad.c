/* grad.c: reverse-mode differentiation. A gradient rule gets the adjoint `d` of a node's result and
 * hands each operand its contribution. Rules are written with the graph's own operations, so that
 * what they make is simplified, fused and lowered like everything else. */
#include "autodiff.h"

#include <string.h>

typedef struct tape {
    graph *g;
    value *adjoint; /* by forward value */
    bool *needed;   /* by forward value: depends on a trainable parameter */
} tape;

typedef void grad_rule(tape *t, value y, value d);

static value input(const tape *t, value y, int i) {
    return graph_node(t->g, y)->in[i];
}

static shape shape_of(const tape *t, value v) {
    return graph_node(t->g, v)->s;
}

/* Sums d over the axes along which x was broadcast. */
static value unbroadcast(tape *t, value d, value x) {
    shape s = shape_of(t, x);
    for (int i = 0; i < s.rank; i++) {
        if (s.dim[i] == 1 && shape_of(t, d).dim[i] != 1) {
            d = g_reduce(t->g, OP_SUM, d, i);
        }
    }
    return d;
}

static void name_gradient(graph *g, value d, const char *of) {
    if (of) {
        name_value(g, d, arena_printf(g->memory, "d_%s", of), false);
    }
}

static void give(tape *t, value x, value d) {
    if (!t->needed[x]) {
        return;
    }
    d = unbroadcast(t, d, x);
    if (op_is(t->g, x, OP_PARAM)) {
        gradient c = {(int)graph_node(t->g, x)->at.index, d};
        vec_push(&t->g->gradients, c);
        name_gradient(t->g, d, param_tail(t->g->params.at[c.param].name));
    } else if (t->adjoint[x]) {
        t->adjoint[x] = g_binary(t->g, OP_ADD, t->adjoint[x], d);
    } else {
        t->adjoint[x] = d;
    }
}

static void give_times(tape *t, value x, value d, value factor) {
    if (t->needed[x]) {
        give(t, x, g_binary(t->g, OP_MUL, d, factor));
    }
}

static void grad_ZERO(tape *t, value y, value d) {
    (void)t;
    (void)y;
    (void)d;
}

static void grad_NONE(tape *t, value y, value d) {
    (void)d;
    die("gradient of %s", op_infos[graph_node(t->g, y)->op].name);
}

static void grad_NEG(tape *t, value y, value d) {
    give(t, input(t, y, 0), g_unary(t->g, OP_NEG, d));
}

static void grad_EXP(tape *t, value y, value d) {
    give_times(t, input(t, y, 0), d, y);
}

/* y = log(x + eps) */
static void grad_LOG(tape *t, value y, value d) {
    graph *g = t->g;
    value x = input(t, y, 0);
    double eps = graph_node(g, y)->at.number;
    value under = eps == 0 ? x : g_binary(g, OP_ADD, x, g_const(g, eps));
    give(t, x, g_binary(g, OP_DIV, d, under));
}

static void grad_SQRT(tape *t, value y, value d) {
    give(t, input(t, y, 0), g_binary(t->g, OP_DIV, g_scale(t->g, d, 0.5), y));
}

/* y = x^-1/2: -y^3/2. One factor at a time, because y^3 alone leaves the range of a half. */
static void grad_RSQRT(tape *t, value y, value d) {
    value p = g_scale(t->g, d, -0.5);
    for (int i = 0; i < 3; i++) {
        p = g_binary(t->g, OP_MUL, p, y);
    }
    give(t, input(t, y, 0), p);
}

static value one_minus(graph *g, value x) {
    return g_binary(g, OP_SUB, g_const(g, 1), x);
}

static void grad_SIGMOID(tape *t, value y, value d) {
    graph *g = t->g;
    give_times(t, input(t, y, 0), g_binary(g, OP_MUL, d, y), one_minus(g, y));
}

static void grad_TANH(tape *t, value y, value d) {
    graph *g = t->g;
    give_times(t, input(t, y, 0), d, one_minus(g, g_unary(g, OP_SQUARE, y)));
}

/* x s(x): s + y (1 - s) */
static void grad_SILU(tape *t, value y, value d) {
    graph *g = t->g;
    value s = g_unary(g, OP_SIGMOID, input(t, y, 0));
    value slope = g_binary(g, OP_ADD, s, g_binary(g, OP_MUL, y, one_minus(g, s)));
    give_times(t, input(t, y, 0), d, slope);
}

static void grad_RELU(tape *t, value y, value d) {
    give_times(t, input(t, y, 0), d, g_unary(t->g, OP_STEP, input(t, y, 0)));
}

static void grad_SQUARE(tape *t, value y, value d) {
    value x = input(t, y, 0);
    give_times(t, x, g_scale(t->g, d, 2), x);
}

static void grad_ADD(tape *t, value y, value d) {
    give(t, input(t, y, 0), d);
    give(t, input(t, y, 1), d);
}

static void grad_SUB(tape *t, value y, value d) {
    give(t, input(t, y, 0), d);
    if (t->needed[input(t, y, 1)]) {
        give(t, input(t, y, 1), g_unary(t->g, OP_NEG, d));
    }
}

static void grad_MUL(tape *t, value y, value d) {
    value a = input(t, y, 0), b = input(t, y, 1);
    if (a == b) {
        give_times(t, a, g_scale(t->g, d, 2), a);
        return;
    }
    give_times(t, a, d, b);
    give_times(t, b, d, a);
}

static void grad_DIV(tape *t, value y, value d) {
    graph *g = t->g;
    value a = input(t, y, 0), b = input(t, y, 1);
    value q = g_binary(g, OP_DIV, d, b);
    give(t, a, q);
    if (t->needed[b]) {
        give(t, b, g_unary(g, OP_NEG, g_binary(g, OP_MUL, q, y)));
    }
}

/* the larger (or smaller) operand gets it; the second at a tie */
static void choose(tape *t, value y, value d, value first, value second) {
    graph *g = t->g;
    value picks_a = g_unary(g, OP_STEP, g_binary(g, OP_SUB, first, second));
    give_times(t, input(t, y, 0), d, picks_a);
    give_times(t, input(t, y, 1), d, one_minus(g, picks_a));
}

static void grad_MAX(tape *t, value y, value d) {
    choose(t, y, d, input(t, y, 0), input(t, y, 1));
}

static void grad_MIN(tape *t, value y, value d) {
    choose(t, y, d, input(t, y, 1), input(t, y, 0));
}

static void grad_SUM(tape *t, value y, value d) {
    shape s = shape_of(t, input(t, y, 0));
    give(t, input(t, y, 0), g_expand(t->g, d, &s));
}

static void grad_MEAN(tape *t, value y, value d) {
    shape s = shape_of(t, input(t, y, 0));
    double n = (double)s.dim[graph_node(t->g, y)->at.axis];
    give(t, input(t, y, 0), g_expand(t->g, g_scale(t->g, d, 1 / n), &s));
}

/* every element that equals the largest gets it */
/* the largest elements share it: equal ones may be one parameter, read twice */
static void grad_AMAX(tape *t, value y, value d) {
    graph *g = t->g;
    value x = input(t, y, 0);
    value largest = one_minus(g, g_unary(g, OP_STEP, g_binary(g, OP_SUB, y, x)));
    value count = g_reduce(g, OP_SUM, largest, (int)graph_node(g, y)->at.axis);
    give_times(t, x, largest, g_binary(g, OP_DIV, d, count));
}

static void grad_SOFTMAX(tape *t, value y, value d) {
    graph *g = t->g;
    int axis = (int)graph_node(g, y)->at.axis;
    value along = g_reduce(g, OP_SUM, g_binary(g, OP_MUL, d, y), axis);
    give_times(t, input(t, y, 0), g_binary(g, OP_SUB, d, along), y);
}

static void grad_EXPAND(tape *t, value y, value d) {
    give(t, input(t, y, 0), d);
}

static void grad_RESHAPE(tape *t, value y, value d) {
    shape s = shape_of(t, input(t, y, 0));
    give(t, input(t, y, 0), g_reshape(t->g, d, &s));
}

static void grad_TRANSPOSE(tape *t, value y, value d) {
    const node *n = graph_node(t->g, y);
    int8_t back[8] = {0};
    for (int i = 0; i < n->s.rank; i++) {
        back[n->at.perm[i]] = (int8_t)i;
    }
    give(t, input(t, y, 0), g_transpose(t->g, d, back));
}

static value zeros_beside(tape *t, value d, int axis, int64_t size, value zeros_first) {
    shape s = shape_of(t, d);
    s.dim[axis] = size;
    if (size == 0) {
        return d;
    }
    value z = g_fill(t->g, 0, &s);
    return zeros_first ? g_concat(t->g, z, d, axis) : g_concat(t->g, d, z, axis);
}

static void grad_SLICE(tape *t, value y, value d) {
    attrs at = graph_node(t->g, y)->at;
    int axis = (int)at.axis;
    int64_t whole = shape_of(t, input(t, y, 0)).dim[axis];
    d = zeros_beside(t, d, axis, at.begin, true);
    d = zeros_beside(t, d, axis, whole - at.begin - at.size, false);
    give(t, input(t, y, 0), d);
}

static void grad_CONCAT(tape *t, value y, value d) {
    int axis = (int)graph_node(t->g, y)->at.axis;
    int64_t first = shape_of(t, input(t, y, 0)).dim[axis];
    int64_t second = shape_of(t, input(t, y, 1)).dim[axis];
    give(t, input(t, y, 0), g_slice(t->g, d, axis, 0, first));
    give(t, input(t, y, 1), g_slice(t->g, d, axis, first, second));
}

static bool has_label(const int8_t *labels, int8_t label) {
    return strchr((const char *)labels, label) != NULL;
}

/* r, with axes `labels` of which those that `wanted` lacks have size 1, as s with axes `wanted`. */
static value order_axes(graph *g, value r, const int8_t *labels, const int8_t *wanted,
                        const shape *s) {
    shape kept = {0};
    int8_t perm[8] = {0};
    const shape all = graph_node(g, r)->s;
    for (int i = 0; labels[i]; i++) {
        const char *found = strchr((const char *)wanted, labels[i]);
        if (found) {
            perm[found - (const char *)wanted] = (int8_t)kept.rank;
            kept.dim[kept.rank] = all.dim[i];
            kept.axis[kept.rank++] = all.axis[i];
        }
    }
    return g_reshape(g, g_transpose(g, g_reshape(g, r, &kept), perm), s);
}

/* A gradient sums over the labels that are in d and the other operand but not in the wanted one. A
 * product sums over one label: the last of them; the others go along as batch axes and are summed
 * afterwards. */
static value matmul_gradient(tape *t, value d, value other, const int8_t *of_d,
                             const int8_t *of_other, const int8_t *wanted, const shape *s) {
    graph *g = t->g;
    attrs at = {0};
    memcpy(at.label[0], of_d, 8);
    memcpy(at.label[1], of_other, 8);
    int8_t *out = at.label[2], last = 0;
    unsigned summed = 0;
    for (int i = 0; of_d[i]; i++) {
        last = has_label(wanted, of_d[i]) ? last : of_d[i];
    }
    int n = 0;
    for (int i = 0; of_d[i]; i++) {
        bool extra = !has_label(wanted, of_d[i]) && of_d[i] != last;
        if (extra || (has_label(wanted, of_d[i]) && has_label(of_other, of_d[i]))) {
            summed |= (unsigned)extra << n;
            out[n++] = of_d[i];
        }
    }
    for (int i = 0; wanted[i]; i++) {
        if (!has_label(out, wanted[i])) {
            out[n++] = wanted[i];
        }
    }
    value in[] = {d, other};
    value r = graph_add(g, OP_MATMUL, in, &at, NULL);
    for (int i = 0; i < n; i++) {
        r = summed >> i & 1 ? g_reduce(g, OP_SUM, r, i) : r;
    }
    return order_axes(g, r, out, wanted, s);
}

static void grad_MATMUL(tape *t, value y, value d) {
    attrs at = graph_node(t->g, y)->at;
    for (int i = 0; i < 2; i++) {
        value x = input(t, y, i), other = input(t, y, 1 - i);
        shape s = shape_of(t, x);
        if (t->needed[x]) {
            give(t, x, matmul_gradient(t, d, other, at.label[2], at.label[1 - i], at.label[i], &s));
        }
    }
}

/* a rotation's transpose is its inverse */
static void grad_ROPE(tape *t, value y, value d) {
    attrs at = graph_node(t->g, y)->at;
    at.inverse = !at.inverse;
    value in[] = {d, input(t, y, 1), input(t, y, 2)};
    give(t, input(t, y, 0), graph_add(t->g, OP_ROPE, in, &at, NULL));
}

static void grad_GATHER(tape *t, value y, value d) {
    shape s = shape_of(t, input(t, y, 0));
    value in[] = {input(t, y, 1), d};
    give(t, input(t, y, 0), graph_add(t->g, OP_GATHER_GRAD, in, NULL, &s));
}

static void grad_CROSS_ENTROPY(tape *t, value y, value d) {
    value in[] = {input(t, y, 0), input(t, y, 1), d};
    give(t, input(t, y, 0), graph_add(t->g, OP_CROSS_ENTROPY_GRAD, in, NULL, NULL));
}

static grad_rule *const rules[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = grad_##GRAD,
#include "ops.def"
};

/* What no trainable parameter leads to gets no adjoint: that saves its whole backward pass. */
static void mark_needed(tape *t) {
    graph *g = t->g;
    for (value v = 1; v < g->nodes.len; v++) {
        const node *n = graph_node(g, v);
        t->needed[v] = n->op == OP_PARAM && !g->params.at[n->at.index].frozen;
        for (int i = 0; i < op_infos[n->op].inputs; i++) {
            t->needed[v] = t->needed[v] || t->needed[n->in[i]];
        }
    }
}

void differentiate(graph *g) {
    size_t n = g->nodes.len;
    g->n_forward = (uint32_t)n;
    tape t = {g, ARENA_ARRAY(g->memory, value, n), ARENA_ARRAY(g->memory, bool, n)};
    mark_needed(&t);
    g->here = (origin){.backward = true};
    shape scalar = {0};
    t.adjoint[g->loss] = graph_add(g, OP_SEED, NULL, NULL, &scalar);
    for (value v = (value)n - 1; v > 0; v--) {
        if (t.adjoint[v] && t.needed[v] && !op_flag(graph_node(g, v)->op, OP_LEAF)) {
            g->here = graph_node(g, v)->from;
            g->here.backward = true;
            g->here.forward = v;
            name_gradient(g, t.adjoint[v], graph_node(g, v)->name);
            rules[graph_node(g, v)->op](&t, v, t.adjoint[v]);
        }
    }
    g->here = (origin){0};
}
