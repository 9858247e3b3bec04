/* lower_matmul.c: a product of labelled axes as MIL's matmul. Storage order already has the axes
 * where matmul wants them; what is left is which operand comes first, which is transposed, and axes
 * that one of them lacks. */
#include "mil_writer.h"

#include <string.h>

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

/* Transposes x, of shape *s, which becomes that of the result. */
static const char *turned(lowering *l, const char *x, mil_shape *s, const int64_t *perm) {
    const char *name = w_transpose(l, x, s, perm, fresh_name(l, "turned"));
    mil_shape now = *s;
    for (int i = 0; i < s->rank; i++) {
        s->dim[i] = now.dim[perm[i]];
    }
    return name;
}

/* Transposes v so that its axes lie in this order; axes of size 1 that `order` leaves out go to the
 * front. */
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
    *s = w_shape(l, v);
    for (int i = 0; i < s->rank; i++) {
        perm[i] = i;
    }
    for (int i = 0; i < x->rank; i++) {
        perm[border_axis(x->rank, i)] = border_axis(x->rank, whole[i]);
    }
    return turned(l, w_operand_name(l, v), s, perm);
}

typedef struct matrix { /* an operand as matmul takes it */
    const char *name;
    mil_shape s;
    bool flip; /* rows and columns are the other way round */
} matrix;

/* A weight that has zeros along the axis that is summed. */
static matrix padded_matrix(lowering *l, const padded *w, int rank, bool flip) {
    mil_shape s = {.rank = rank, .dim = {1, 1, 1, 1, 1, 1}}, now = {3, {1, w->dim[0], w->dim[1]}};
    memcpy(s.dim + rank - 2, w->dim, sizeof w->dim);
    return (matrix){same_mil_shape(&now, &s) ? w->name : w_reshaped(l, w->name, &s, w->name), s,
                    flip};
}

/* The operand as [batch..., rows, columns]; `zeros`: a weight as it comes padded. Labels of `batch`
 * that the operand lacks get size 1. */
static matrix as_matrix(lowering *l, const factor *f, const int8_t *batch, int8_t rows,
                        int8_t columns, bool zeros) {
    int n = (int)strlen((const char *)batch), order[8], k = 0;
    for (int i = 0; i < n; i++) {
        if (has(f->label, batch[i])) {
            order[k++] = label_place(f, batch[i]);
        }
    }
    bool flip = label_place(f, rows) > label_place(f, columns);
    if (zeros && l->padded[f->v].name) {
        return padded_matrix(l, &l->padded[f->v], matmul_rank(n), flip);
    }
    int8_t last_two[] = {flip ? columns : rows, flip ? rows : columns};
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
        return (matrix){w_operand_as(l, f->v, &s), s, flip};
    }
    const char *x = reorder(l, f->v, order, k, &now);
    return (matrix){same_mil_shape(&now, &s) ? x : w_reshaped(l, x, &s, x), s, flip};
}

static int64_t round_up(int64_t x, int64_t to) {
    return (x + to - 1) / to * to;
}

/* Pads the axis that is summed with zeros. */
static void pad_inner(lowering *l, matrix *m, int axis, int64_t size) {
    if (m->s.dim[axis] == size) {
        return;
    }
    mil_shape to = m->s;
    to.dim[axis] = size;
    m->name = w_padded(l, m->name, &m->s, &to, fresh_name(l, "padded"));
    m->s = to;
}

static bool is_weight(const lowering *l, const factor *f) {
    return op_is(l->g, view_root(l->g, f->v), OP_PARAM);
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

/* Where MIL's product has its axes in another order than the result, because the result has a batch
 * axis behind a free one: perm[i] is the axis of the product that goes to place i. */
static bool result_order(const product_plan *p, const int8_t *out, int64_t *perm) {
    int8_t made[MAX_RANK] = {0};
    int pads = p->s.rank - 2 - (int)strlen((const char *)p->batch), n = 0;
    memcpy(made + pads, p->batch, strlen((const char *)p->batch));
    made[p->s.rank - 2] = p->a.free;
    made[p->s.rank - 1] = p->b.free;
    for (; n < pads; n++) {
        perm[n] = n;
    }
    bool moves = false;
    for (int i = 0; out[i]; i++) {
        const int8_t *found = memchr(made + pads, out[i], (size_t)(p->s.rank - pads));
        if (found) {
            moves = moves || found - made != n;
            perm[n++] = found - made;
        }
    }
    return moves;
}

/* A weight comes padded along this axis, or cannot be. */
static bool can_have_zeros(const lowering *l, const factor *f, int8_t sum) {
    const padded *w = &l->padded[f->v];
    bool fine = label_size(l, f, sum) % l->form->inner == 0 && !w->name;
    return fine || !is_weight(l, f) || (w->name && f->label[w->axis] == sum);
}

/* Some chips give zeros where the inner dimension is not a multiple (facts: ane-facts 4, MX47).
 * Where a weight forbids to pad it, the rules of the target tell the user. */
static void pad_product(lowering *l, const product_plan *p, matrix *x, matrix *y) {
    int rank = p->s.rank;
    int64_t size = round_up(label_size(l, &p->a, p->sum), l->form->inner);
    pad_inner(l, x, rank - 1 - x->flip, size);
    pad_inner(l, y, rank - 2 + y->flip, size);
}

static const char *matmul(lowering *l, matrix x, matrix y, const mil_shape *s, const char *name) {
    const char *tx = w_flag(l, "tx", x.flip), *ty = w_flag(l, "ty", y.flip);
    mil_op *op = w_begin(l, "matmul");
    mil_add_ref(l->p, op, "transpose_x", tx);
    mil_add_ref(l->p, op, "transpose_y", ty);
    mil_add_ref(l->p, op, "x", x.name);
    mil_add_ref(l->p, op, "y", y.name);
    return w_finish(l, op, s, name);
}

static const char *write_product(lowering *l, const product_plan *p, const char *name) {
    bool zeros = can_have_zeros(l, &p->a, p->sum) && can_have_zeros(l, &p->b, p->sum);
    matrix x = as_matrix(l, &p->a, p->batch, p->a.free, p->sum, zeros);
    matrix y = as_matrix(l, &p->b, p->batch, p->sum, p->b.free, zeros);
    if (zeros) {
        pad_product(l, p, &x, &y);
    }
    return matmul(l, x, y, &p->s, name ? name : fresh_name(l, "product"));
}

/* --- axes longer than the engine's planes --- */

/* The first axis of an operand [n, m], folded: [1, parts, n / parts, m]. */
static const char *folded(lowering *l, const factor *f, int64_t parts, mil_shape *s) {
    const int64_t *d = graph_node(l->g, f->v)->s.dim;
    *s = (mil_shape){4, {1, parts, d[0] / parts, d[1]}};
    return w_operand_as(l, f->v, s);
}

static const char *sum_of_parts(lowering *l, const char *x, const mil_shape *of) {
    const char *axes = w_integers(l, "axes", 1, (int64_t[]){1}), *keep = w_flag(l, "keep", true);
    mil_shape s = *of;
    s.dim[1] = 1;
    mil_op *op = w_begin(l, "reduce_sum");
    mil_add_ref(l->p, op, "axes", axes);
    mil_add_ref(l->p, op, "keep_dims", keep);
    mil_add_ref(l->p, op, "x", x);
    return w_finish(l, op, &s, fresh_name(l, "sum"));
}

/* [parts, rows, sum] times [1, sum, columns]: the parts lie one behind the other in the result. */
static const char *product_of_rows(lowering *l, const product_plan *p, int64_t parts) {
    mil_shape a, s;
    const char *x = folded(l, &p->a, parts, &a);
    matrix y = as_matrix(l, &p->b, p->batch, p->sum, p->b.free, false);
    mil_shape b = {4, {1, 1, y.s.dim[1], y.s.dim[2]}};
    s = (mil_shape){4, {1, parts, a.dim[2], p->s.dim[2]}};
    return matmul(l, (matrix){x, a, false}, (matrix){w_reshaped(l, y.name, &b, y.name), b, y.flip},
                  &s, fresh_name(l, "product"));
}

/* [parts, sum, rows] turned times [parts, sum, columns]: one product for each part of the sum. */
static const char *product_of_sums(lowering *l, const product_plan *p, int64_t parts) {
    mil_shape a, b, s;
    const char *x = folded(l, &p->a, parts, &a), *y = folded(l, &p->b, parts, &b);
    s = (mil_shape){4, {1, parts, a.dim[3], b.dim[3]}};
    const char *product =
        matmul(l, (matrix){x, a, true}, (matrix){y, b, false}, &s, fresh_name(l, "product"));
    return sum_of_parts(l, product, &s);
}

/* The product of matrices of which the first is too high for the engine, such as the matrix of a
 * large vocabulary; NULL if it is not, or if its order does not allow it. */
static const char *folded_product(lowering *l, const product_plan *p) {
    const factor *a = &p->a, *b = &p->b;
    bool matrices = graph_node(l->g, a->v)->s.rank == 2 && graph_node(l->g, b->v)->s.rank == 2;
    int64_t parts = matrices ? w_parts(l, graph_node(l->g, a->v)->s.dim[0]) : 1;
    if (parts > 1 && a->label[0] == a->free) {
        return product_of_rows(l, p, parts);
    }
    bool summed = parts > 1 && a->label[0] == p->sum && b->label[0] == p->sum;
    return summed ? product_of_sums(l, p, parts) : NULL;
}

void lower_matmul(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    product_plan p = plan_product(l, n);
    mil_shape s = w_shape(l, v);
    const char *whole = folded_product(l, &p);
    if (whole) {
        w_reshape(l, whole, &s, w_result(l, v));
        return;
    }
    int64_t perm[MAX_RANK];
    bool moves = result_order(&p, n->at.label[2], perm), same = same_mil_shape(&p.s, &s);
    if (same && !moves) {
        write_product(l, &p, w_result(l, v));
        return;
    }
    const char *product = write_product(l, &p, NULL);
    w_reshape(l, moves ? turned(l, product, &p.s, perm) : product, &s, w_result(l, v));
}

/* The axis of matrix v that node n sums over, -1 if it does not or reads another shape of it. */
static int summed_axis(const lowering *l, const node *n, value v) {
    product_plan p = plan_product(l, n);
    const factor *f = p.a.v == v ? &p.a : p.b.v == v ? &p.b : NULL;
    return f && graph_node(l->g, v)->s.rank == 2 ? label_place(f, p.sum) : -1;
}

padded padded_form(const lowering *l, value v, const value *at, size_t nodes) {
    const int64_t *d = graph_node(l->g, v)->s.dim;
    for (size_t i = 0; i < nodes && op_is(l->g, v, OP_PARAM); i++) {
        bool product = op_is(l->g, at[i], OP_MATMUL);
        int axis = product ? summed_axis(l, graph_node(l->g, at[i]), v) : -1;
        if (axis >= 0 && d[axis] % l->form->inner) {
            padded w = {NULL, axis, {d[0], d[1]}};
            w.dim[axis] = round_up(d[axis], l->form->inner);
            return w;
        }
    }
    return (padded){0};
}
