/* plan_math.c: planners of softmax, reductions and products. */
#include "host/op_parts.h"

anet_code host_plan_softmax(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor x;
    int axis;
    anet_code code = host_operand(p, op, "x", &x);
    code = code ? code : host_axis(p, op, "axis", -1, x.shape.rank, &axis);
    if (code) {
        return code;
    }
    const tensor *in[] = {&x};
    step *added;
    code = host_add_step(p, op, host_run_softmax, in, 1, &x.shape, &added);
    if (!code) {
        softmax *f = &added->as.softmax;
        f->outer = shape_span(&x.shape, 0, axis);
        f->length = x.shape.dim[axis];
        f->inner = shape_span(&x.shape, axis + 1, x.shape.rank);
        f->round = host_rounds(p, op->out[0].type.dtype);
    }
    return code;
}

static void add_axis(nest *to, const nest *from, int axis) {
    to->dim[to->rank] = from->dim[axis];
    for (int o = 0; o < to->operands; o++) {
        to->step[o][to->rank] = from->step[o][axis];
    }
    to->rank++;
}

/* sorts the axes of x into outer kept, outer reduced and the innermost */
static void split_axes(reduction *r, const shape *x, unsigned axes) {
    nest all = {.rank = x->rank, .operands = 2};
    shape kept = *x;
    for (int i = 0; i < x->rank; i++) {
        all.dim[i] = x->dim[i];
        kept.dim[i] = axes >> i & 1 ? 1 : x->dim[i];
    }
    shape_steps(x, all.step[0]);
    shape_steps(&kept, all.step[1]);
    for (int i = 0; i < x->rank; i++) {
        if (axes >> i & 1) {
            all.step[1][i] = 0;
        }
    }
    nest_merge(&all);
    int last = all.rank - 1;
    r->kept.operands = 2;
    r->reduced.operands = 1;
    for (int i = 0; i < last; i++) {
        add_axis(all.step[1][i] ? &r->kept : &r->reduced, &all, i);
    }
    r->inner = all.dim[last];
    r->inner_kept = all.step[1][last] != 0;
}

anet_code host_plan_reduction(planner *p, const mil_op *op, const host_op *row) {
    tensor x;
    unsigned axes;
    bool keep;
    anet_code code = host_operand(p, op, "x", &x);
    code = code ? code : host_axes(p, op, x.shape.rank, &axes);
    code = code ? code : host_bool(p, op, "keep_dims", false, &keep);
    if (code || !mil_is_float(x.dtype)) {
        return code ? code : host_plan_call(p, op, row);
    }
    shape s = {.n = 1};
    for (int i = 0; i < x.shape.rank; i++) {
        bool gone = axes >> i & 1;
        if (!gone || keep) {
            s.dim[s.rank++] = gone ? 1 : x.shape.dim[i];
            s.n *= gone ? 1 : x.shape.dim[i];
        }
    }
    const tensor *in[] = {&x};
    step *added;
    code = host_add_step(p, op, host_run_reduction, in, 1, &s, &added);
    if (!code) {
        reduction *r = &added->as.reduction;
        r->kind = (reduction_kind)row->variant;
        r->round = host_rounds(p, op->out[0].type.dtype);
        split_axes(r, &x.shape, axes);
    }
    return code;
}

/* an operand of matmul as matrices: the last two axes of its shape, batches in front */
typedef struct matrices {
    size_t rows, columns; /* as stored */
    size_t ld;            /* distance of rows */
    size_t batch[3], step[3], batches;
    bool together; /* all rows of all batches lie ld apart */
} matrices;

/* Batch axes are aligned to the right of the three, as broadcasting wants them. A vector is a row
 * on the left of a product and a column on its right. */
static matrices as_matrices(const tensor *t, bool column) {
    const shape *s = &t->shape;
    matrices m = {.rows = 1, .columns = 1, .ld = 1, .batch = {1, 1, 1}, .batches = 1};
    m.together = !t->walked;
    if (s->rank == 1) {
        *(column ? &m.rows : &m.columns) = s->dim[0];
        m.ld = m.columns;
        return m;
    }
    ptrdiff_t steps[MAX_RANK];
    host_tensor_steps(t, steps);
    int row = s->rank - 2;
    m.rows = s->dim[row];
    m.columns = s->dim[row + 1];
    m.ld = m.rows > 1 ? (size_t)steps[row] : m.columns;
    for (int i = 0; i < row; i++) {
        m.batch[3 - row + i] = s->dim[i];
        m.step[3 - row + i] = s->dim[i] == 1 ? 0 : (size_t)steps[i];
        m.batches *= s->dim[i];
    }
    return m;
}

/* A BLAS wants columns together and rows in order, not overlapping. */
static anet_code get_matrices(planner *p, const mil_op *op, const char *arg, tensor *t) {
    anet_code code = host_rows(p, op, arg, t);
    if (code) {
        return code;
    }
    bool fits = true;
    for (int i = 0; i < t->shape.rank && t->walked; i++) {
        bool column = i == t->shape.rank - 1;
        size_t least = column ? 1 : t->shape.dim[t->shape.rank - 1];
        fits = fits && (t->shape.dim[i] == 1 || (t->step[i] > 0 && (size_t)t->step[i] >= least));
        fits = fits && (!column || t->shape.dim[i] == 1 || t->step[i] == 1);
    }
    return fits ? ANET_OK : host_operand(p, op, arg, t);
}

/* batch axes of both operands; false if they do not broadcast */
static bool match_batches(const matrices *a, const matrices *b, gemm_batch *batch) {
    for (int i = 0; i < 3; i++) {
        size_t x = a->batch[i], y = b->batch[i];
        if (x != y && x != 1 && y != 1) {
            return false;
        }
        batch->dims[i] = x > y ? x : y;
        batch->a_step[i] = a->step[i];
        batch->b_step[i] = b->step[i];
    }
    return true;
}

static shape product_shape(const shape *x, const shape *y, const gemm *g, const gemm_batch *batch) {
    shape s = {.n = 1};
    int rank = x->rank > y->rank ? x->rank : y->rank;
    for (int i = rank > 2 ? 5 - rank : 3; i < 3; i++) {
        s.dim[s.rank++] = batch->dims[i];
    }
    if (x->rank > 1) {
        s.dim[s.rank++] = g->m;
    }
    if (y->rank > 1) {
        s.dim[s.rank++] = g->n;
    }
    return s;
}

/* x and y as a BLAS can read them, and which of them are to be transposed */
static anet_code get_factors(planner *p, const mil_op *op, tensor x[2], bool transpose[2]) {
    anet_code code = get_matrices(p, op, "x", &x[0]);
    code = code ? code : get_matrices(p, op, "y", &x[1]);
    code = code ? code : host_bool(p, op, "transpose_x", false, &transpose[0]);
    code = code ? code : host_bool(p, op, "transpose_y", false, &transpose[1]);
    for (int i = 0; i < 2 && !code; i++) {
        if (x[i].shape.rank < 1 || x[i].shape.rank > 5) {
            code = host_fail(p, op, "x and y must have one to five axes");
        } else if (x[i].shape.rank == 1) {
            transpose[i] = false; /* of a vector changes nothing */
        }
    }
    return code;
}

anet_code host_plan_matmul(planner *p, const mil_op *op, const host_op *row) {
    tensor in[2];
    bool transpose[2];
    anet_code code = get_factors(p, op, in, transpose);
    if (code || !mil_is_float(in[0].dtype) || !mil_is_float(in[1].dtype)) {
        return code ? code : host_plan_call(p, op, row);
    }
    bool tx = transpose[0], ty = transpose[1];
    matrices a = as_matrices(&in[0], false), b = as_matrices(&in[1], true);
    gemm g = {.alpha = 1, .transpose_a = tx, .transpose_b = ty, .lda = a.ld, .ldb = b.ld};
    g.mac = host_numerics_of(p->numerics)->mac;
    g.m = tx ? a.columns : a.rows;
    g.k = tx ? a.rows : a.columns;
    g.n = ty ? b.rows : b.columns;
    g.ldc = g.n;
    g.round = op->outs > 0 ? host_rounds(p, op->out[0].type.dtype) : ROUND_NONE;
    if (g.k != (ty ? b.columns : b.rows)) {
        return host_fail(p, op, "x has %zu columns, but y has %zu rows", g.k,
                         ty ? b.columns : b.rows);
    }
    gemm_batch batch;
    if (!match_batches(&a, &b, &batch)) {
        return host_fail(p, op, "the batch axes of x and y do not broadcast");
    }
    shape s = product_shape(&in[0].shape, &in[1].shape, &g, &batch);
    code = host_count(p, op, &s);
    if (code) {
        return code;
    }
    if (b.batches == 1 && !tx && a.together) { /* one tall product */
        g.m *= a.batches;
        batch = (gemm_batch){.dims = {1, 1, 1}};
    }
    if (!gemm_fits(g.m, g.n, g.k) || !gemm_fits(g.lda, g.ldb, 0)) {
        return host_fail(p, op, "matrices beyond 2^31 rows or columns are not supported");
    }
    step *added;
    code = host_add_step(p, op, host_run_matmul, (const tensor *const[]){&in[0], &in[1]}, 2, &s,
                         &added);
    if (!code) {
        added->as.matmul = (matmul){g, batch};
    }
    return code;
}
