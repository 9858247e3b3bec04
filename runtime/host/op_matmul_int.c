/* op_matmul_int.c: matmul of integers, which wrap around. */
#include "host/kernels.h"
#include "host/op_parts.h"

typedef struct int_matmul {
    nest batch; /* 0 = x, 1 = y */
    size_t batches, rows, columns, inner;
    size_t x[2], y[2]; /* distances of rows and of columns of op(x) and op(y) */
} int_matmul;

/* the last two axes as a matrix: of a vector a row on the left, a column on the right */
typedef struct sides {
    size_t rows, columns, row_step, column_step;
} sides;

static sides sides_of(const shape *s, bool transpose, bool left) {
    int r = s->rank;
    if (r == 1) {
        return left ? (sides){1, s->dim[0], 0, 1} : (sides){s->dim[0], 1, 1, 0};
    }
    sides m = {s->dim[r - 2], s->dim[r - 1], s->dim[r - 1], 1};
    return transpose ? (sides){m.columns, m.rows, m.column_step, m.row_step} : m;
}

/* batch axes aligned to the right */
static bool plan_batch(const host_array *in, nest *n) {
    int ranks[2] = {in[0].shape.rank - 2, in[1].shape.rank - 2};
    n->rank = ranks[0] > ranks[1] ? ranks[0] : ranks[1];
    n->rank = n->rank > 0 ? n->rank : 0;
    n->operands = 2;
    for (int i = 0; i < n->rank; i++) {
        n->dim[i] = 1;
        for (int o = 0; o < 2; o++) {
            ptrdiff_t apart[MAX_RANK];
            int axis = ranks[o] - n->rank + i;
            size_t dim = axis >= 0 ? in[o].shape.dim[axis] : 1;
            shape_steps(&in[o].shape, apart);
            n->step[o][i] = dim > 1 ? apart[axis] : 0;
            if (dim != 1 && n->dim[i] != 1 && dim != n->dim[i]) {
                return false;
            }
            n->dim[i] = dim != 1 ? dim : n->dim[i];
        }
    }
    return true;
}

anet_code host_prepare_int_matmul(planner *p, const mil_op *op, const host_array *in, int ins,
                                  const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    bool transpose[2];
    int_matmul *f = ARENA_NEW(p->memory, int_matmul);
    *params = f;
    anet_code code = host_bool(p, op, "transpose_x", false, &transpose[0]);
    code = code ? code : host_bool(p, op, "transpose_y", false, &transpose[1]);
    if (code) {
        return code;
    }
    if (!mil_is_integer(in[0].dtype) || !mil_is_integer(in[1].dtype)) {
        return host_fail(p, op, "the host device does not mix integers and floats here");
    }
    if (in[0].shape.rank < 1 || in[1].shape.rank < 1) {
        return host_fail(p, op, "x and y need at least one axis");
    }
    sides x = sides_of(&in[0].shape, transpose[0], true);
    sides y = sides_of(&in[1].shape, transpose[1], false);
    f->rows = x.rows;
    f->columns = y.columns;
    f->inner = x.columns;
    f->x[0] = x.row_step, f->x[1] = x.column_step;
    f->y[0] = y.row_step, f->y[1] = y.column_step;
    bool fit = x.columns == y.rows && plan_batch(in, &f->batch);
    f->batches = nest_count(&f->batch, f->batch.rank);
    if (!fit || out[0].shape.n != f->batches * f->rows * f->columns) {
        return host_fail(p, op, "x, y and the result do not fit together");
    }
    return ANET_OK;
}

/* units are rows of the result */
static void multiply_rows(const void *context, size_t from, size_t to) {
    const host_call *c = context;
    const int_matmul *f = c->params;
    for (size_t i = from; i < to; i++) {
        size_t batch = i / f->rows;
        const int32_t *x = c->in[0].i + nest_offset(&f->batch, 0, f->batch.rank, batch);
        const int32_t *y = c->in[1].i + nest_offset(&f->batch, 1, f->batch.rank, batch);
        x += i % f->rows * f->x[0];
        for (size_t j = 0; j < f->columns; j++) {
            uint32_t sum = 0;
            for (size_t k = 0; k < f->inner; k++) {
                sum += (uint32_t)x[k * f->x[1]] * (uint32_t)y[k * f->y[0] + j * f->y[1]];
            }
            c->out[0].i[i * f->columns + j] = (int32_t)sum;
        }
    }
}

anet_code host_int_matmul(const host_call *c) {
    const int_matmul *f = c->params;
    host_for_ranges(c->pool, f->batches * f->rows, 1, multiply_rows, c);
    return ANET_OK;
}
