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
    mil_shape s = w_plain_shape(l, n->in[0]);
    int64_t perm[MAX_RANK];
    for (int i = 0; i < s.rank; i++) {
        perm[i] = i;
    }
    for (int i = 0; i < n->s.rank; i++) {
        perm[border_axis(n->s.rank, i)] = border_axis(n->s.rank, n->at.perm[i]);
    }
    w_transpose(l, x, &s, perm, w_result(l, v));
}

/* Some chips read a slice with an offset on the last axis through a saturating path (facts:
 * ane-facts 4, AG-slice): there, that axis becomes the one before. */
static void slice_turned(lowering *l, const char *x, mil_shape whole, const int64_t *from,
                         const mil_shape *s, const char *name) {
    int last = s->rank - 1;
    int64_t perm[MAX_RANK], begin[MAX_RANK];
    mil_shape part = *s;
    for (int i = 0; i < s->rank; i++) {
        perm[i] = i == last ? last - 1 : i == last - 1 ? last : i;
        begin[i] = from[perm[i]];
        part.dim[i] = s->dim[perm[i]];
    }
    const char *turned = w_transpose(l, x, &whole, perm, fresh_name(l, "turned"));
    const char *cut = w_slice(l, turned, begin, &part, fresh_name(l, "cut"));
    w_transpose(l, cut, &part, perm, name);
}

static void lower_SLICE(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = w_operand(l, v, 0);
    int64_t from[MAX_RANK] = {0};
    int axis = border_axis(n->s.rank, (int)n->at.axis);
    from[axis] = n->at.begin;
    mil_shape s = w_shape(l, v);
    if (l->form->plain_slices && axis == s.rank - 1 && n->at.begin > 0) {
        slice_turned(l, x, w_plain_shape(l, n->in[0]), from, &s, w_result(l, v));
    } else {
        w_slice(l, x, from, &s, w_result(l, v));
    }
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

/* How the pairs of x lie: where the first of each pair begins, where the second does, and along
 * which axis. */
typedef struct pairs {
    mil_shape whole, half;
    int axis;
    int64_t second;
} pairs;

static pairs pairs_of(const lowering *l, int64_t heads, int64_t d, int64_t positions) {
    switch (l->form->pairs) {
    case PAIRS_IN_ROWS:
        return (pairs){
            {4, {1, heads, d / 2, 2 * positions}}, {4, {1, heads, d / 2, positions}}, 3, positions};
    case PAIRS_OF_CHANNELS:
        return (pairs){
            {4, {1, heads * (d / 2), 2, positions}}, {4, {1, heads * (d / 2), 1, positions}}, 2, 1};
    case PAIRS_OF_HEADS:
        break;
    }
    return (pairs){{4, {heads, d / 2, 2, positions}}, {4, {heads, d / 2, 1, positions}}, 2, 1};
}

/* The table of sines or cosines, [1, D/2, 1, S], as it meets half of the pairs. */
static const char *pair_table(lowering *l, value v, int i, const pairs *p) {
    const char *table = w_operand(l, v, i);
    mil_shape s = w_plain_shape(l, graph_node(l->g, v)->in[i]);
    if (l->form->pairs == PAIRS_IN_ROWS) {
        mil_shape rows = {4, {1, 1, p->half.dim[2], p->half.dim[3]}};
        return w_reshaped(l, table, &rows, table);
    }
    if (l->form->pairs == PAIRS_OF_CHANNELS && s.dim[1] != p->half.dim[1]) {
        return w_tiled_once(l, table, &s, &p->half, table);
    }
    return table;
}

/* Pairs become an axis of their own, which differs by target: no way of telling them apart suits
 * all chips. */
static void lower_ROPE(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    int rank = n->s.rank;
    if (n->at.axis != rank - 2 || n->at.other != rank - 1) {
        die("rope %%%u: pairs and positions are not the last axes", v);
    }
    int64_t d = n->s.dim[rank - 2], positions = n->s.dim[rank - 1];
    pairs p = pairs_of(l, shape_size(&n->s) / (d * positions), d, positions);
    const mil_shape *half = &p.half;
    mil_shape s = w_shape(l, v);
    const char *x = w_operand_as(l, n->in[0], &p.whole);
    const char *cosine = pair_table(l, v, 1, &p), *sine = pair_table(l, v, 2, &p);
    int64_t first[MAX_RANK] = {0}, second[MAX_RANK] = {0};
    second[p.axis] = p.second;
    const char *even = w_slice(l, x, first, half, fresh_name(l, "even"));
    const char *odd = w_slice(l, x, second, half, fresh_name(l, "odd"));
    const char *part[4] = {
        w_binary(l, "mul", even, cosine, half, fresh_name(l, "even_cos")),
        w_binary(l, "mul", odd, sine, half, fresh_name(l, "odd_sin")),
        w_binary(l, "mul", even, sine, half, fresh_name(l, "even_sin")),
        w_binary(l, "mul", odd, cosine, half, fresh_name(l, "odd_cos")),
    };
    bool back = n->at.inverse;
    const char *left =
        w_binary(l, back ? "add" : "sub", part[0], part[1], half, fresh_name(l, "left"));
    const char *right = back ? w_binary(l, "sub", part[3], part[2], half, fresh_name(l, "right"))
                             : w_binary(l, "add", part[2], part[3], half, fresh_name(l, "right"));
    const char *both = concat(l, left, right, p.axis, &p.whole, fresh_name(l, "turned_pairs"));
    w_reshape(l, both, &s, w_result(l, v));
}

void lower_node(lowering *l, value v) {
    static lower_rule *const rules[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = lower_##LOWER,
#include "ops.def"
    };
    rules[graph_node(l->g, v)->op](l, v);
}
