/* lower_ops.c: the MIL form of each operation. Constants are named, arguments are sorted by name.
 */
#include "mil_writer.h"

#include <string.h>

typedef void lower_rule(lowering *l, value v);

/* --- rules --- */

static const char *mil_of(const lowering *l, value v) {
    return op_infos[graph_node(l->g, v)->op].mil;
}

static void lower_LEAF(lowering *l, value v) {
    (void)l;
    die("leaf %%%u in a kernel", v);
}

static void lower_CONST(lowering *l, value v) {
    lower_LEAF(l, v);
}

static void lower_VIEW(lowering *l, value v) {
    lower_LEAF(l, v);
}

static void lower_NATIVE(lowering *l, value v) {
    lower_LEAF(l, v);
}

static void lower_UNARY(lowering *l, value v) {
    const char *x = w_operand(l, v, 0);
    mil_shape s = w_shape(l, v);
    mil_op *op = w_begin(l, mil_of(l, v));
    mil_add_ref(l->p, op, "x", x);
    w_finish(l, op, &s, w_result(l, v));
}

static void lower_EPSILON(lowering *l, value v) {
    const char *x = w_operand(l, v, 0);
    const char *eps = w_constant(
        l, "eps", mil_number(l->p, MIL_FP16, (double)(float)graph_node(l->g, v)->at.number));
    mil_shape s = w_shape(l, v);
    mil_op *op = w_begin(l, mil_of(l, v));
    mil_add_ref(l->p, op, "epsilon", eps);
    mil_add_ref(l->p, op, "x", x);
    w_finish(l, op, &s, w_result(l, v));
}

static void lower_NEG(lowering *l, value v) {
    const char *x = w_operand(l, v, 0);
    mil_shape s = w_shape(l, v);
    w_binary(l, "mul", x, w_number(l, -1), &s, w_result(l, v));
}

static void lower_SQUARE(lowering *l, value v) {
    const char *x = w_operand(l, v, 0);
    mil_shape s = w_shape(l, v);
    w_binary(l, "mul", x, x, &s, w_result(l, v));
}

static void lower_STEP(lowering *l, value v) {
    const char *x = w_operand(l, v, 0), *zero = w_number(l, 0), *one = w_number(l, 1);
    mil_shape s = w_shape(l, v);
    mil_op *op = w_begin(l, "greater");
    mil_add_ref(l->p, op, "x", x);
    mil_add_ref(l->p, op, "y", zero);
    const char *positive = w_finish_as(l, op, MIL_BOOL, &s, fresh_name(l, "positive"));
    op = w_begin(l, "select");
    mil_add_ref(l->p, op, "a", one);
    mil_add_ref(l->p, op, "b", zero);
    mil_add_ref(l->p, op, "cond", positive);
    w_finish(l, op, &s, w_result(l, v));
}

static void lower_BINARY(lowering *l, value v) {
    const char *x = w_operand(l, v, 0), *y = w_operand(l, v, 1);
    mil_shape s = w_shape(l, v);
    w_binary(l, mil_of(l, v), x, y, &s, w_result(l, v));
}

static void lower_REDUCE(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = w_operand(l, v, 0);
    int64_t axis = border_axis(n->s.rank, (int)n->at.axis);
    const char *axes = w_integers(l, "axes", 1, &axis), *keep = w_flag(l, "keep", true);
    mil_shape s = w_shape(l, v);
    mil_op *op = w_begin(l, mil_of(l, v));
    mil_add_ref(l->p, op, "axes", axes);
    mil_add_ref(l->p, op, "keep_dims", keep);
    mil_add_ref(l->p, op, "x", x);
    w_finish(l, op, &s, w_result(l, v));
}

static void lower_SOFTMAX(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = w_operand(l, v, 0);
    const char *axis = w_integer(l, "axis", border_axis(n->s.rank, (int)n->at.axis));
    mil_shape s = w_shape(l, v);
    mil_op *op = w_begin(l, "softmax");
    mil_add_ref(l->p, op, "axis", axis);
    mil_add_ref(l->p, op, "x", x);
    w_finish(l, op, &s, w_result(l, v));
}

static void lower_EXPAND(lowering *l, value v) {
    const char *x = w_operand(l, v, 0);
    mil_shape from = w_plain_shape(l, graph_node(l->g, v)->in[0]), to = w_shape(l, v);
    w_tiled(l, x, &from, &to, w_result(l, v));
}

static void lower_TRANSPOSE(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = w_operand(l, v, 0);
    mil_shape s = w_shape(l, v);
    int64_t perm[MAX_RANK];
    for (int i = 0; i < s.rank; i++) {
        perm[i] = i;
    }
    for (int i = 0; i < n->s.rank; i++) {
        perm[border_axis(n->s.rank, i)] = border_axis(n->s.rank, n->at.perm[i]);
    }
    const char *to = w_integers(l, "perm", s.rank, perm);
    mil_op *op = w_begin(l, "transpose");
    mil_add_ref(l->p, op, "perm", to);
    mil_add_ref(l->p, op, "x", x);
    w_finish(l, op, &s, w_result(l, v));
}

static const char *slice(lowering *l, const char *x, const int64_t *from, const mil_shape *s,
                         const char *name) {
    const char *first = w_integers(l, "begin", s->rank, from);
    const char *size = w_integers(l, "size", s->rank, s->dim);
    mil_op *op = w_begin(l, "slice_by_size");
    mil_add_ref(l->p, op, "begin", first);
    mil_add_ref(l->p, op, "size", size);
    mil_add_ref(l->p, op, "x", x);
    return w_finish(l, op, s, name);
}

static void lower_SLICE(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = w_operand(l, v, 0);
    int64_t from[MAX_RANK] = {0};
    from[border_axis(n->s.rank, (int)n->at.axis)] = n->at.begin;
    mil_shape s = w_shape(l, v);
    slice(l, x, from, &s, w_result(l, v));
}

static const char *concat(lowering *l, const char *x, const char *y, int axis, const mil_shape *s,
                          const char *name) {
    const char *at = w_integer(l, "axis", axis), *interleave = w_flag(l, "interleave", false);
    mil_op *op = w_begin(l, "concat");
    mil_add_ref(l->p, op, "axis", at);
    mil_add_ref(l->p, op, "interleave", interleave);
    mil_add_refs(l->p, op, "values", 2, (const char *const[]){x, y});
    return w_finish(l, op, s, name);
}

static void lower_CONCAT(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = w_operand(l, v, 0), *y = w_operand(l, v, 1);
    mil_shape s = w_shape(l, v);
    concat(l, x, y, border_axis(n->s.rank, (int)n->at.axis), &s, w_result(l, v));
}

static void lower_MATMUL(lowering *l, value v) {
    lower_matmul(l, v);
}

/* --- rope --- */

/* Pairs become an axis of their own, [.., D/2, 2, S]: no slice with an offset on the last axis,
 * which some chips read through a saturating path (facts: ane-facts 4, AG-slice). */
static void lower_ROPE(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    int rank = n->s.rank;
    if (n->at.axis != rank - 2 || n->at.other != rank - 1) {
        die("rope %%%u: pairs and positions are not the last axes", v);
    }
    int64_t d = n->s.dim[rank - 2], positions = n->s.dim[rank - 1];
    int64_t heads = shape_size(&n->s) / (d * positions);
    mil_shape paired = {4, {heads, d / 2, 2, positions}}, half = {4, {heads, d / 2, 1, positions}};
    mil_shape s = w_shape(l, v);
    const char *x = w_operand_as(l, n->in[0], &paired);
    const char *cosine = w_operand(l, v, 1), *sine = w_operand(l, v, 2);
    int64_t first[] = {0, 0, 0, 0}, second[] = {0, 0, 1, 0};
    const char *even = slice(l, x, first, &half, fresh_name(l, "even"));
    const char *odd = slice(l, x, second, &half, fresh_name(l, "odd"));
    const char *part[4] = {
        w_binary(l, "mul", even, cosine, &half, fresh_name(l, "even_cos")),
        w_binary(l, "mul", odd, sine, &half, fresh_name(l, "odd_sin")),
        w_binary(l, "mul", even, sine, &half, fresh_name(l, "even_sin")),
        w_binary(l, "mul", odd, cosine, &half, fresh_name(l, "odd_cos")),
    };
    bool back = n->at.inverse;
    const char *left =
        w_binary(l, back ? "add" : "sub", part[0], part[1], &half, fresh_name(l, "left"));
    const char *right = back ? w_binary(l, "sub", part[3], part[2], &half, fresh_name(l, "right"))
                             : w_binary(l, "add", part[2], part[3], &half, fresh_name(l, "right"));
    const char *both = concat(l, left, right, 2, &paired, fresh_name(l, "turned_pairs"));
    w_reshape(l, both, &s, w_result(l, v));
}

void lower_node(lowering *l, value v) {
    static lower_rule *const rules[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = lower_##LOWER,
#include "ops.def"
    };
    rules[graph_node(l->g, v)->op](l, v);
}
