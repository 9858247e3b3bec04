/* lower_ops.c: the MIL form of each operation. Constants are named, arguments are sorted by name. */
#include "lower.h"

#include <string.h>

typedef void lower_rule(lowering *l, value v);

/* --- pieces --- */

static const char *result_name(const lowering *l, value v) {
    return l->name[v];
}

/* Where axis i of a tensor of this rank lies in its border shape. */
static int border_axis(int rank, int i) {
    static const int of_two[] = {1, 3};
    return rank >= 4 ? i : rank == 2 ? of_two[i] : i + 1;
}

typedef struct mil_shape {
    int rank;
    int64_t dim[MAX_RANK];
} mil_shape;

static mil_shape shape_of(const lowering *l, value v) {
    mil_shape s;
    s.rank = border_shape(l->g, v, s.dim);
    return s;
}

static bool same_shape(const mil_shape *a, const mil_shape *b) {
    return a->rank == b->rank && memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim) == 0;
}

static const char *constant(lowering *l, const char *wanted, mil_value v) {
    const char *name = fresh_name(l, wanted);
    mil_op *op = mil_add_op(l->p, &l->f->body, "const");
    mil_add_out(l->p, op, v.type, name);
    mil_add_attr(l->p, op, "name", mil_string(l->p, name));
    mil_add_attr(l->p, op, "val", v);
    return name;
}

/* Printed with float precision: fp32 numerics see it unrounded. */
static const char *number(lowering *l, double x) {
    return constant(l, "c", mil_number(l->p, MIL_FP16, (double)(float)x));
}

static const char *flag(lowering *l, const char *wanted, bool b) {
    return constant(l, wanted, mil_bool(l->p, b));
}

static const char *integers(lowering *l, const char *wanted, int n, const int64_t *x) {
    double values[MAX_RANK];
    for (int i = 0; i < n; i++) {
        values[i] = (double)x[i];
    }
    return constant(l, wanted, mil_vector(l->p, MIL_INT32, (size_t)n, values));
}

static const char *integer(lowering *l, const char *wanted, int64_t x) {
    return constant(l, wanted, mil_number(l->p, MIL_INT32, (double)x));
}

static mil_op *begin(lowering *l, const char *op) {
    l->operations++;
    return mil_add_op(l->p, &l->f->body, op);
}

static const char *finish_as(lowering *l, mil_op *op, mil_dtype type, const mil_shape *s,
                             const char *name) {
    mil_add_out(l->p, op, mil_tensor(l->p, type, s->rank, s->dim), name);
    mil_add_attr(l->p, op, "name", mil_string(l->p, name));
    return name;
}

static const char *finish(lowering *l, mil_op *op, const mil_shape *s, const char *name) {
    return finish_as(l, op, MIL_FP16, s, name);
}

static const char *reshaped(lowering *l, const char *x, const mil_shape *s, const char *wanted) {
    const char *to = integers(l, "shape", s->rank, s->dim);
    const char *name = fresh_name(l, wanted);
    mil_op *op = begin(l, "reshape");
    mil_add_ref(l->p, op, "shape", to);
    mil_add_ref(l->p, op, "x", x);
    return finish(l, op, s, name);
}

static const char *binary(lowering *l, const char *mil, const char *x, const char *y,
                          const mil_shape *s, const char *name) {
    mil_op *op = begin(l, mil);
    mil_add_ref(l->p, op, "x", x);
    mil_add_ref(l->p, op, "y", y);
    return finish(l, op, s, name);
}

static const char *tiled(lowering *l, const char *x, const mil_shape *from, const mil_shape *to,
                         const char *name) {
    int64_t reps[MAX_RANK];
    for (int i = 0; i < to->rank; i++) {
        reps[i] = to->dim[i] / from->dim[i];
    }
    const char *times = integers(l, "reps", to->rank, reps);
    mil_op *op = begin(l, "tile");
    mil_add_ref(l->p, op, "reps", times);
    mil_add_ref(l->p, op, "x", x);
    return finish(l, op, to, name);
}

static const char *fill(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    if (n->s.rank == 0) {
        return number(l, n->at.number);
    }
    mil_shape one = {.rank = 4, .dim = {1, 1, 1, 1}}, s = shape_of(l, v);
    double x = (double)(float)n->at.number;
    mil_value literal = mil_vector(l->p, MIL_FP16, 1, &x);
    literal.type = mil_tensor(l->p, MIL_FP16, s.rank, one.dim);
    one.rank = s.rank;
    for (int i = 0; i < s.rank; i++) {
        one.dim[i] = 1;
        literal.type.dims[i] = 1;
    }
    return tiled(l, constant(l, "c", literal), &one, &s, fresh_name(l, "fill"));
}

const char *operand_name(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    if (l->name[v]) {
        return l->name[v];
    }
    if (n->op == OP_CONST) {
        return l->name[v] = fill(l, v);
    }
    if (!op_flag(n->op, OP_VIEW)) {
        die("kernel reads %%%u, which is not among its inputs", v);
    }
    const char *x = operand_name(l, n->in[0]);
    mil_shape from = shape_of(l, n->in[0]), to = shape_of(l, v);
    return l->name[v] = same_shape(&from, &to) ? x : reshaped(l, x, &to, x);
}

static const char *operand(lowering *l, value v, int i) {
    return operand_name(l, graph_node(l->g, v)->in[i]);
}

static const char *mil_of(const lowering *l, value v) {
    return op_infos[graph_node(l->g, v)->op].mil;
}

/* --- rules --- */

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
    const char *x = operand(l, v, 0);
    mil_shape s = shape_of(l, v);
    mil_op *op = begin(l, mil_of(l, v));
    mil_add_ref(l->p, op, "x", x);
    finish(l, op, &s, result_name(l, v));
}

static void lower_EPSILON(lowering *l, value v) {
    const char *x = operand(l, v, 0);
    const char *eps = constant(
        l, "eps", mil_number(l->p, MIL_FP16, (double)(float)graph_node(l->g, v)->at.number));
    mil_shape s = shape_of(l, v);
    mil_op *op = begin(l, mil_of(l, v));
    mil_add_ref(l->p, op, "epsilon", eps);
    mil_add_ref(l->p, op, "x", x);
    finish(l, op, &s, result_name(l, v));
}

static void lower_NEG(lowering *l, value v) {
    const char *x = operand(l, v, 0);
    mil_shape s = shape_of(l, v);
    binary(l, "mul", x, number(l, -1), &s, result_name(l, v));
}

static void lower_SQUARE(lowering *l, value v) {
    const char *x = operand(l, v, 0);
    mil_shape s = shape_of(l, v);
    binary(l, "mul", x, x, &s, result_name(l, v));
}

static void lower_STEP(lowering *l, value v) {
    const char *x = operand(l, v, 0), *zero = number(l, 0), *one = number(l, 1);
    mil_shape s = shape_of(l, v);
    mil_op *op = begin(l, "greater");
    mil_add_ref(l->p, op, "x", x);
    mil_add_ref(l->p, op, "y", zero);
    const char *positive = finish_as(l, op, MIL_BOOL, &s, fresh_name(l, "positive"));
    op = begin(l, "select");
    mil_add_ref(l->p, op, "a", one);
    mil_add_ref(l->p, op, "b", zero);
    mil_add_ref(l->p, op, "cond", positive);
    finish(l, op, &s, result_name(l, v));
}

static void lower_BINARY(lowering *l, value v) {
    const char *x = operand(l, v, 0), *y = operand(l, v, 1);
    mil_shape s = shape_of(l, v);
    binary(l, mil_of(l, v), x, y, &s, result_name(l, v));
}

static void lower_REDUCE(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = operand(l, v, 0);
    int64_t axis = border_axis(n->s.rank, (int)n->at.axis);
    const char *axes = integers(l, "axes", 1, &axis), *keep = flag(l, "keep", true);
    mil_shape s = shape_of(l, v);
    mil_op *op = begin(l, mil_of(l, v));
    mil_add_ref(l->p, op, "axes", axes);
    mil_add_ref(l->p, op, "keep_dims", keep);
    mil_add_ref(l->p, op, "x", x);
    finish(l, op, &s, result_name(l, v));
}

static void lower_SOFTMAX(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = operand(l, v, 0);
    const char *axis = integer(l, "axis", border_axis(n->s.rank, (int)n->at.axis));
    mil_shape s = shape_of(l, v);
    mil_op *op = begin(l, "softmax");
    mil_add_ref(l->p, op, "axis", axis);
    mil_add_ref(l->p, op, "x", x);
    finish(l, op, &s, result_name(l, v));
}

static void lower_EXPAND(lowering *l, value v) {
    const char *x = operand(l, v, 0);
    mil_shape from = shape_of(l, graph_node(l->g, v)->in[0]), to = shape_of(l, v);
    tiled(l, x, &from, &to, result_name(l, v));
}

static void lower_TRANSPOSE(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = operand(l, v, 0);
    mil_shape s = shape_of(l, v);
    int64_t perm[MAX_RANK];
    for (int i = 0; i < s.rank; i++) {
        perm[i] = i;
    }
    for (int i = 0; i < n->s.rank; i++) {
        perm[border_axis(n->s.rank, i)] = border_axis(n->s.rank, n->at.perm[i]);
    }
    const char *to = integers(l, "perm", s.rank, perm);
    mil_op *op = begin(l, "transpose");
    mil_add_ref(l->p, op, "perm", to);
    mil_add_ref(l->p, op, "x", x);
    finish(l, op, &s, result_name(l, v));
}

static const char *slice(lowering *l, const char *x, const int64_t *from, const mil_shape *s,
                         const char *name) {
    const char *first = integers(l, "begin", s->rank, from);
    const char *size = integers(l, "size", s->rank, s->dim);
    mil_op *op = begin(l, "slice_by_size");
    mil_add_ref(l->p, op, "begin", first);
    mil_add_ref(l->p, op, "size", size);
    mil_add_ref(l->p, op, "x", x);
    return finish(l, op, s, name);
}

static void lower_SLICE(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = operand(l, v, 0);
    int64_t from[MAX_RANK] = {0};
    from[border_axis(n->s.rank, (int)n->at.axis)] = n->at.begin;
    mil_shape s = shape_of(l, v);
    slice(l, x, from, &s, result_name(l, v));
}

static const char *concat(lowering *l, const char *x, const char *y, int axis, const mil_shape *s,
                          const char *name) {
    const char *at = integer(l, "axis", axis), *interleave = flag(l, "interleave", false);
    mil_op *op = begin(l, "concat");
    mil_add_ref(l->p, op, "axis", at);
    mil_add_ref(l->p, op, "interleave", interleave);
    mil_add_refs(l->p, op, "values", 2, (const char *const[]){x, y});
    return finish(l, op, s, name);
}

static void lower_CONCAT(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const char *x = operand(l, v, 0), *y = operand(l, v, 1);
    mil_shape s = shape_of(l, v);
    concat(l, x, y, border_axis(n->s.rank, (int)n->at.axis), &s, result_name(l, v));
}

/* --- matmul --- */

typedef struct factor { /* an operand of matmul: its axes as labels */
    value v;
    const int8_t *label;
    int8_t free; /* the label that only this operand has, as rows or columns of the result */
} factor;

static bool has(const int8_t *labels, int8_t label) {
    return label && strchr((const char *)labels, label) != NULL;
}

static int64_t label_size(const lowering *l, const factor *f, int8_t label) {
    const char *at = strchr((const char *)f->label, label);
    return at ? graph_node(l->g, f->v)->s.dim[at - (const char *)f->label] : 1;
}

/* The last axis of f that the other operand lacks; earlier ones go along as batch axes. */
static int8_t free_label(const int8_t *label, const int8_t *other) {
    int8_t last = 0;
    for (int i = 0; label[i]; i++) {
        last = has(other, label[i]) ? last : label[i];
    }
    return last;
}

/* The operand as [batch..., rows, columns]; *flip says that rows and columns are the other way round. */
static const char *matrix(lowering *l, const factor *f, const int8_t *batch, int8_t rows,
                          int8_t columns, bool *flip) {
    int n = (int)strlen((const char *)batch);
    const shape *s = &graph_node(l->g, f->v)->s;
    int8_t order[8] = {0}, perm[8] = {0};
    int k = 0;
    for (int i = 0; i < n; i++) {
        if (has(f->label, batch[i])) {
            order[k++] = batch[i];
        }
    }
    const char *row_at = strchr((const char *)f->label, rows);
    const char *column_at = strchr((const char *)f->label, columns);
    *flip = row_at > column_at;
    order[k++] = *flip ? columns : rows;
    order[k++] = *flip ? rows : columns;
    bool moves = false;
    for (int i = 0; i < k; i++) {
        perm[i] = (int8_t)(strchr((const char *)f->label, order[i]) - (const char *)f->label);
        moves = moves || perm[i] != i;
    }
    const char *x = operand_name(l, f->v);
    mil_shape now = shape_of(l, f->v), s3 = {0};
    if (moves) {
        int64_t to[MAX_RANK];
        mil_shape turned = now;
        for (int i = 0; i < now.rank; i++) {
            to[i] = i;
        }
        for (int i = 0; i < s->rank; i++) {
            to[border_axis(s->rank, i)] = border_axis(s->rank, perm[i]);
        }
        for (int i = 0; i < now.rank; i++) {
            turned.dim[i] = now.dim[to[i]];
        }
        const char *name = fresh_name(l, "turned"), *p = integers(l, "perm", now.rank, to);
        mil_op *op = begin(l, "transpose");
        mil_add_ref(l->p, op, "perm", p);
        mil_add_ref(l->p, op, "x", x);
        x = finish(l, op, &turned, name);
        now = turned;
    }
    s3.rank = n < 2 ? 3 + (n == 1) : n + 2;
    for (int i = 0; i < s3.rank - 2; i++) {
        int b = i - (s3.rank - 2 - n);
        s3.dim[i] = b >= 0 ? label_size(l, f, batch[b]) : 1;
    }
    s3.dim[s3.rank - 2] = label_size(l, f, *flip ? columns : rows);
    s3.dim[s3.rank - 1] = label_size(l, f, *flip ? rows : columns);
    return same_shape(&now, &s3) ? x : reshaped(l, x, &s3, x);
}

static void lower_MATMUL(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    const int8_t *out = n->at.label[2];
    factor a = {n->in[0], n->at.label[0], free_label(n->at.label[0], n->at.label[1])};
    factor b = {n->in[1], n->at.label[1], free_label(n->at.label[1], n->at.label[0])};
    if (strchr((const char *)out, a.free) > strchr((const char *)out, b.free)) {
        factor first = b;
        b = a;
        a = first;
    }
    int8_t sum = 0, batch[8] = {0};
    for (int i = 0; a.label[i]; i++) {
        sum = has(b.label, a.label[i]) && !has(out, a.label[i]) ? a.label[i] : sum;
    }
    int batches = 0;
    for (int i = 0; out[i]; i++) {
        bool one = label_size(l, &a, out[i]) == 1 && label_size(l, &b, out[i]) == 1;
        if (out[i] != a.free && out[i] != b.free && !one) {
            batch[batches++] = out[i];
        }
    }
    bool flip_x, flip_y;
    const char *x = matrix(l, &a, batch, a.free, sum, &flip_x);
    const char *y = matrix(l, &b, batch, sum, b.free, &flip_y);
    mil_shape s = shape_of(l, v), product = {.rank = batches < 2 ? 3 + batches : batches + 2};
    for (int i = 0; i < product.rank; i++) {
        int at = i - (product.rank - 2 - batches);
        int64_t p = at >= 0 && at < batches ? label_size(l, &a, batch[at]) : 1;
        int64_t q = at >= 0 && at < batches ? label_size(l, &b, batch[at]) : 1;
        product.dim[i] = p > q ? p : q;
    }
    product.dim[product.rank - 2] = label_size(l, &a, a.free);
    product.dim[product.rank - 1] = label_size(l, &b, b.free);
    bool direct = same_shape(&product, &s);
    const char *name = direct ? result_name(l, v) : fresh_name(l, "product");
    const char *tx = flag(l, "tx", flip_x), *ty = flag(l, "ty", flip_y);
    mil_op *op = begin(l, "matmul");
    mil_add_ref(l->p, op, "transpose_x", tx);
    mil_add_ref(l->p, op, "transpose_y", ty);
    mil_add_ref(l->p, op, "x", x);
    mil_add_ref(l->p, op, "y", y);
    finish(l, op, &product, name);
    if (!direct) {
        const char *to = integers(l, "shape", s.rank, s.dim);
        op = begin(l, "reshape");
        mil_add_ref(l->p, op, "shape", to);
        mil_add_ref(l->p, op, "x", name);
        finish(l, op, &s, result_name(l, v));
    }
}

/* --- rope --- */

/* Pairs become an axis of their own, [.., D/2, 2, S]: no slice with an offset on the last axis, which some chips
 * read through a saturating path (facts: ane-facts 4, AG-slice). */
static void lower_ROPE(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    int rank = n->s.rank;
    if (n->at.axis != rank - 2 || n->at.other != rank - 1) {
        diag_error(l->messages, E0508, n->from.at,
                   "`rope` needs its pairs and positions as the last two axes in memory");
        return;
    }
    int64_t d = n->s.dim[rank - 2], positions = n->s.dim[rank - 1];
    int64_t heads = shape_elements(&n->s) / (d * positions);
    mil_shape paired = {4, {heads, d / 2, 2, positions}}, half = {4, {heads, d / 2, 1, positions}};
    mil_shape s = shape_of(l, v);
    const char *x = operand(l, v, 0), *cosine = operand(l, v, 1), *sine = operand(l, v, 2);
    x = reshaped(l, x, &paired, "pairs");
    int64_t first[] = {0, 0, 0, 0}, second[] = {0, 0, 1, 0};
    const char *even = slice(l, x, first, &half, fresh_name(l, "even"));
    const char *odd = slice(l, x, second, &half, fresh_name(l, "odd"));
    const char *part[4] = {
        binary(l, "mul", even, cosine, &half, fresh_name(l, "even_cos")),
        binary(l, "mul", odd, sine, &half, fresh_name(l, "odd_sin")),
        binary(l, "mul", even, sine, &half, fresh_name(l, "even_sin")),
        binary(l, "mul", odd, cosine, &half, fresh_name(l, "odd_cos")),
    };
    bool back = n->at.inverse;
    const char *left = binary(l, back ? "add" : "sub", part[0], part[1], &half, fresh_name(l, "left"));
    const char *right =
        back ? binary(l, "sub", part[3], part[2], &half, fresh_name(l, "right"))
             : binary(l, "add", part[2], part[3], &half, fresh_name(l, "right"));
    const char *both = concat(l, left, right, 2, &paired, fresh_name(l, "turned_pairs"));
    const char *to = integers(l, "shape", s.rank, s.dim);
    mil_op *op = begin(l, "reshape");
    mil_add_ref(l->p, op, "shape", to);
    mil_add_ref(l->p, op, "x", both);
    finish(l, op, &s, result_name(l, v));
}

void lower_node(lowering *l, value v) {
    static lower_rule *const rules[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = lower_##LOWER,
#include "ops.def"
    };
    rules[graph_node(l->g, v)->op](l, v);
}
