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

static const char *find_written(const lowering *l, const char *key) {
    for (size_t i = 0; i < l->constants.len; i++) {
        if (strcmp(l->constants.at[i].key, key) == 0) {
            return l->constants.at[i].name;
        }
    }
    return NULL;
}

static const char *remember(lowering *l, const char *key, const char *name) {
    written w = {key, name};
    vec_push(&l->constants, w);
    return name;
}

static const char *constant(lowering *l, const char *wanted, mil_value v) {
    text t = {0};
    text_printf(&t, "%s %d %d", wanted, v.type.dtype, v.type.rank);
    for (size_t i = 0; i < v.count; i++) {
        text_printf(&t, " %a", v.numbers[i]);
    }
    const char *key = arena_strdup(l->g->memory, t.at), *known = find_written(l, key);
    text_free(&t);
    if (known) {
        return known;
    }
    const char *name = fresh_name(l, wanted);
    mil_op *op = mil_add_op(l->p, &l->f->body, "const");
    mil_add_out(l->p, op, v.type, name);
    mil_add_attr(l->p, op, "name", mil_string(l->p, name));
    mil_add_attr(l->p, op, "val", v);
    return remember(l, key, name);
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

static const char *reshape_to(lowering *l, const char *x, const mil_shape *s, const char *name) {
    const char *to = integers(l, "shape", s->rank, s->dim);
    mil_op *op = begin(l, "reshape");
    mil_add_ref(l->p, op, "shape", to);
    mil_add_ref(l->p, op, "x", x);
    return finish(l, op, s, name);
}

static const char *reshaped(lowering *l, const char *x, const mil_shape *s, const char *wanted) {
    text t = {0};
    text_printf(&t, "reshape %s", x);
    for (int i = 0; i < s->rank; i++) {
        text_printf(&t, " %lld", (long long)s->dim[i]);
    }
    const char *key = arena_strdup(l->g->memory, t.at), *known = find_written(l, key);
    text_free(&t);
    return known ? known : remember(l, key, reshape_to(l, x, s, fresh_name(l, wanted)));
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

static const char *operand_as(lowering *l, value v, const mil_shape *s);

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
    mil_shape to = shape_of(l, v);
    return l->name[v] = operand_as(l, v, &to);
}

/* Operand v with another shape; what it is a view of is reshaped directly. */
static const char *operand_as(lowering *l, value v, const mil_shape *s) {
    value root = view_root(l->g, v);
    const char *x = operand_name(l, root);
    mil_shape now = shape_of(l, root);
    return same_shape(&now, s) ? x : reshaped(l, x, s, x);
}

/* Operand i in the form of an activation: a matrix parameter has that of a weight of matmul. */
static const char *operand(lowering *l, value v, int i) {
    value x = graph_node(l->g, v)->in[i];
    const shape *s = &graph_node(l->g, x)->s;
    mil_shape activation = {4, {1, s->dim[0], 1, s->dim[1]}};
    bool matrix_param = op_is(l->g, x, OP_PARAM) && s->rank == 2;
    return matrix_param ? operand_as(l, x, &activation) : operand_name(l, x);
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

/* no batch: [1, m, n]; one batch axis: [1, b, m, n], as the engine likes it; more: themselves */
static int matmul_rank(int batches) {
    return batches < 2 ? 3 + batches : batches + 2;
}

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

static int label_place(const factor *f, int8_t label) {
    const char *at = strchr((const char *)f->label, label);
    return at ? (int)(at - (const char *)f->label) : -1;
}

/* Transposes v so that its axes lie in this order; axes of size 1 that `order` leaves out go to the front. */
static const char *reorder(lowering *l, value v, const int *order, int n, mil_shape *s) {
    const shape *x = &graph_node(l->g, v)->s;
    int whole[MAX_RANK], k = 0;
    for (int i = 0; i < x->rank; i++) {
        bool listed = false;
        for (int j = 0; j < n; j++) {
            listed = listed || order[j] == i;
        }
        if (!listed) {
            whole[k++] = i;
        }
    }
    memcpy(whole + k, order, (size_t)n * sizeof *order);
    int64_t perm[MAX_RANK];
    *s = shape_of(l, v);
    mil_shape now = *s;
    for (int i = 0; i < s->rank; i++) {
        perm[i] = i;
    }
    for (int i = 0; i < x->rank; i++) {
        perm[border_axis(x->rank, i)] = border_axis(x->rank, whole[i]);
    }
    for (int i = 0; i < s->rank; i++) {
        s->dim[i] = now.dim[perm[i]];
    }
    const char *in = operand_name(l, v), *to = integers(l, "perm", s->rank, perm);
    mil_op *op = begin(l, "transpose");
    mil_add_ref(l->p, op, "perm", to);
    mil_add_ref(l->p, op, "x", in);
    return finish(l, op, s, fresh_name(l, "turned"));
}

/* The operand as [batch..., rows, columns]; *flip says that rows and columns are the other way round. Labels
 * of `batch` that the operand lacks get size 1. */
static const char *matrix(lowering *l, const factor *f, const int8_t *batch, int8_t rows,
                          int8_t columns, bool *flip) {
    int n = (int)strlen((const char *)batch), order[8], k = 0;
    for (int i = 0; i < n; i++) {
        if (has(f->label, batch[i])) {
            order[k++] = label_place(f, batch[i]);
        }
    }
    *flip = label_place(f, rows) > label_place(f, columns);
    int8_t last_two[] = {*flip ? columns : rows, *flip ? rows : columns};
    order[k++] = label_place(f, last_two[0]);
    order[k++] = label_place(f, last_two[1]);
    bool moves = false;
    for (int i = 1; i < k; i++) {
        moves = moves || order[i] < order[i - 1];
    }
    mil_shape s = {.rank = matmul_rank(n)}, now;
    for (int i = 0; i < s.rank - 2; i++) {
        int b = i - (s.rank - 2 - n);
        s.dim[i] = b >= 0 ? label_size(l, f, batch[b]) : 1;
    }
    s.dim[s.rank - 2] = label_size(l, f, last_two[0]);
    s.dim[s.rank - 1] = label_size(l, f, last_two[1]);
    if (!moves) {
        return operand_as(l, f->v, &s);
    }
    const char *x = reorder(l, f->v, order, k, &now);
    return same_shape(&now, &s) ? x : reshaped(l, x, &s, x);
}

/* What a product is made of: operand `a` has the rows of the result, `b` its columns. */
typedef struct product_plan {
    factor a, b;
    int8_t sum, batch[8];
    mil_shape s; /* of MIL's matmul */
} product_plan;

static product_plan plan_product(const lowering *l, const node *n) {
    const int8_t *out = n->at.label[2];
    product_plan p = {
        .a = {n->in[0], n->at.label[0], free_label(n->at.label[0], n->at.label[1])},
        .b = {n->in[1], n->at.label[1], free_label(n->at.label[1], n->at.label[0])},
    };
    if (strchr((const char *)out, p.a.free) > strchr((const char *)out, p.b.free)) {
        factor first = p.b;
        p.b = p.a;
        p.a = first;
    }
    for (int i = 0; p.a.label[i]; i++) {
        bool summed = has(p.b.label, p.a.label[i]) && !has(out, p.a.label[i]);
        p.sum = summed ? p.a.label[i] : p.sum;
    }
    int batches = 0;
    int64_t size[8];
    for (int i = 0; out[i]; i++) {
        int64_t in_a = label_size(l, &p.a, out[i]), in_b = label_size(l, &p.b, out[i]);
        if (out[i] != p.a.free && out[i] != p.b.free && (in_a > 1 || in_b > 1)) {
            size[batches] = in_a > in_b ? in_a : in_b;
            p.batch[batches++] = out[i];
        }
    }
    p.s.rank = matmul_rank(batches);
    for (int i = 0; i < p.s.rank - 2; i++) {
        int at = i - (p.s.rank - 2 - batches);
        p.s.dim[i] = at >= 0 ? size[at] : 1;
    }
    p.s.dim[p.s.rank - 2] = label_size(l, &p.a, p.a.free);
    p.s.dim[p.s.rank - 1] = label_size(l, &p.b, p.b.free);
    return p;
}

static void lower_MATMUL(lowering *l, value v) {
    product_plan p = plan_product(l, graph_node(l->g, v));
    bool flip_x, flip_y;
    const char *x = matrix(l, &p.a, p.batch, p.a.free, p.sum, &flip_x);
    const char *y = matrix(l, &p.b, p.batch, p.sum, p.b.free, &flip_y);
    mil_shape s = shape_of(l, v);
    bool direct = same_shape(&p.s, &s);
    const char *name = direct ? result_name(l, v) : fresh_name(l, "product");
    const char *tx = flag(l, "tx", flip_x), *ty = flag(l, "ty", flip_y);
    mil_op *op = begin(l, "matmul");
    mil_add_ref(l->p, op, "transpose_x", tx);
    mil_add_ref(l->p, op, "transpose_y", ty);
    mil_add_ref(l->p, op, "x", x);
    mil_add_ref(l->p, op, "y", y);
    finish(l, op, &p.s, name);
    if (!direct) {
        reshape_to(l, name, &s, result_name(l, v));
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
    int64_t heads = shape_size(&n->s) / (d * positions);
    mil_shape paired = {4, {heads, d / 2, 2, positions}}, half = {4, {heads, d / 2, 1, positions}};
    mil_shape s = shape_of(l, v);
    const char *x = operand_as(l, n->in[0], &paired);
    const char *cosine = operand(l, v, 1), *sine = operand(l, v, 2);
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
    reshape_to(l, both, &s, result_name(l, v));
}

void lower_node(lowering *l, value v) {
    static lower_rule *const rules[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = lower_##LOWER,
#include "ops.def"
    };
    rules[graph_node(l->g, v)->op](l, v);
}
