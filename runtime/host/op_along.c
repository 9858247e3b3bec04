/* op_along.c: reduce_argmax, reduce_argmin and cumsum: walks along one axis. */
#include "host/kernels.h"
#include "host/op_parts.h"

#include <string.h>

enum { COLUMNS = 64, GRAIN = 16384 };

typedef struct along { /* x is [outer, length, inner] */
    size_t outer, length, inner;
    bool integers, smallest; /* argmin */
    bool exclusive, reverse; /* cumsum */
} along;

static anet_code prepare(planner *p, const mil_op *op, const host_array *x, int preset,
                         along **params) {
    along *f = ARENA_NEW(p->memory, along);
    int axis;
    *params = f;
    anet_code code = host_axis(p, op, "axis", preset, x->shape.rank, &axis);
    if (!code) {
        f->outer = shape_span(&x->shape, 0, axis);
        f->length = x->shape.dim[axis];
        f->inner = shape_span(&x->shape, axis + 1, x->shape.rank);
        f->integers = mil_is_integer(x->dtype);
    }
    return code;
}

/* blocks of neighbouring columns */
static size_t blocks(const along *f) {
    return (f->inner + COLUMNS - 1) / COLUMNS;
}

typedef struct block {
    size_t x, out; /* where the first column begins; out: in a tensor without the axis */
    size_t n;
} block;

static block block_at(const along *f, size_t i) {
    size_t outer = i / blocks(f), column = i % blocks(f) * COLUMNS, left = f->inner - column;
    return (block){outer * f->length * f->inner + column, outer * f->inner + column,
                   left < COLUMNS ? left : COLUMNS};
}

static anet_code run(const host_call *c, range_fn *body) {
    const along *f = c->params;
    size_t work = f->length * (f->inner < COLUMNS ? f->inner : COLUMNS);
    host_for_ranges(c->pool, f->outer * blocks(f), GRAIN / work + 1, body, c);
    return ANET_OK;
}

/* --- arg --- */

anet_code host_prepare_arg(planner *p, const mil_op *op, const host_array *in, int ins,
                           const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    along *f;
    anet_code code = prepare(p, op, &in[0], -1, &f);
    *params = f;
    f->smallest = strcmp(op->op, "reduce_argmin") == 0;
    if (!code && out[0].shape.n != f->outer * f->inner) {
        code = host_fail(p, op, "the result has %zu elements instead of %zu", out[0].shape.n,
                         f->outer * f->inner);
    }
    return code;
}

/* double holds both floats and integers; the first NaN wins */
static bool better(double x, double best) {
    return x > best || (x != x && best == best);
}

static double value_at(const along *f, const host_array *x, size_t i) {
    double v = f->integers ? (double)x->i[i] : (double)x->f[i];
    return f->smallest ? -v : v;
}

static void find_best(const void *context, size_t from, size_t to) {
    const host_call *c = context;
    const along *f = c->params;
    for (size_t i = from; i < to; i++) {
        block b = block_at(f, i);
        double best[COLUMNS];
        int32_t *at = c->out[0].i + b.out;
        for (size_t row = 0; row < f->length; row++) {
            for (size_t k = 0; k < b.n; k++) {
                double v = value_at(f, &c->in[0], b.x + row * f->inner + k);
                if (row == 0 || better(v, best[k])) {
                    best[k] = v;
                    at[k] = (int32_t)row;
                }
            }
        }
    }
}

anet_code host_arg(const host_call *c) {
    return run(c, find_best);
}

/* --- cumsum --- */

anet_code host_prepare_cumsum(planner *p, const mil_op *op, const host_array *in, int ins,
                              const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    along *f;
    anet_code code = prepare(p, op, &in[0], 0, &f);
    *params = f;
    code = code ? code : host_same_size(p, op, &in[0], out);
    code = code ? code : host_bool(p, op, "exclusive", false, &f->exclusive);
    return code ? code : host_bool(p, op, "reverse", false, &f->reverse);
}

static void sum_floats(const along *f, const float *x, size_t n, float *out) {
    double sum[COLUMNS] = {0};
    for (size_t i = 0; i < f->length; i++) {
        size_t row = (f->reverse ? f->length - 1 - i : i) * f->inner;
        for (size_t k = 0; k < n; k++) {
            double before = sum[k];
            sum[k] += (double)x[row + k];
            out[row + k] = (float)(f->exclusive ? before : sum[k]);
        }
    }
}

static void sum_integers(const along *f, const int32_t *x, size_t n, int32_t *out) {
    uint32_t sum[COLUMNS] = {0}; /* wraps around */
    for (size_t i = 0; i < f->length; i++) {
        size_t row = (f->reverse ? f->length - 1 - i : i) * f->inner;
        for (size_t k = 0; k < n; k++) {
            uint32_t before = sum[k];
            sum[k] += (uint32_t)x[row + k];
            out[row + k] = (int32_t)(f->exclusive ? before : sum[k]);
        }
    }
}

static void sum_blocks(const void *context, size_t from, size_t to) {
    const host_call *c = context;
    const along *f = c->params;
    for (size_t i = from; i < to; i++) {
        block b = block_at(f, i);
        if (f->integers) {
            sum_integers(f, c->in[0].i + b.x, b.n, c->out[0].i + b.x);
        } else {
            sum_floats(f, c->in[0].f + b.x, b.n, c->out[0].f + b.x);
        }
    }
}

anet_code host_cumsum(const host_call *c) {
    return run(c, sum_blocks);
}
