/* op_reduce.c: the reductions that reduce.c does not know, and all of them on integers. */
#include "base/simd.h"
#include "host/groups.h"
#include "host/kernels.h"
#include "host/op_parts.h"

#include <math.h>
#include <string.h>

/* Folds n values each into its own of as many sums. */
typedef void fold_fn(const double *x, size_t n, double *sum);

ANET_SIMD static void fold_sum(const double *x, size_t n, double *sum) {
    for (size_t k = 0; k < n; k++) {
        sum[k] += x[k];
    }
}

ANET_SIMD static void fold_product(const double *x, size_t n, double *sum) {
    for (size_t k = 0; k < n; k++) {
        sum[k] *= x[k];
    }
}

ANET_SIMD static void fold_sizes(const double *x, size_t n, double *sum) {
    for (size_t k = 0; k < n; k++) {
        sum[k] += fabs(x[k]);
    }
}

ANET_SIMD static void fold_squares(const double *x, size_t n, double *sum) {
    for (size_t k = 0; k < n; k++) {
        sum[k] += x[k] * x[k];
    }
}

ANET_SIMD static void fold_most(const double *x, size_t n, double *sum) {
    for (size_t k = 0; k < n; k++) {
        sum[k] = x[k] > sum[k] || x[k] != x[k] ? x[k] : sum[k]; /* keeps NaN once met */
    }
}

static void fold_exp(const double *x, size_t n, double *sum) {
    for (size_t k = 0; k < n; k++) {
        sum[k] += exp(x[k]);
    }
}

typedef enum finish_kind { KEEP, MEAN, ROOT, LOGARITHM } finish_kind;

typedef struct reduction_row {
    const char *op;
    double start;
    fold_fn *fold, *join; /* join: of sums */
    finish_kind finish;
    bool negative; /* of x and of the result */
    bool shifted;  /* the largest value is taken away first, and comes back with the result */
} reduction_row;

static const reduction_row rows[] = {
    {"reduce_sum", 0, fold_sum, fold_sum, KEEP, false, false},
    {"reduce_mean", 0, fold_sum, fold_sum, MEAN, false, false},
    {"reduce_max", -INFINITY, fold_most, fold_most, KEEP, false, false},
    {"reduce_min", -INFINITY, fold_most, fold_most, KEEP, true, false},
    {"reduce_prod", 1, fold_product, fold_product, KEEP, false, false},
    {"reduce_l1_norm", 0, fold_sizes, fold_sum, KEEP, false, false},
    {"reduce_l2_norm", 0, fold_squares, fold_sum, ROOT, false, false},
    {"reduce_sum_square", 0, fold_squares, fold_sum, KEEP, false, false},
    {"reduce_log_sum", 0, fold_sum, fold_sum, LOGARITHM, false, false},
    {"reduce_log_sum_exp", 0, fold_exp, fold_sum, LOGARITHM, false, true},
};

typedef struct reduce {
    const reduction_row *row;
    host_groups groups;
    bool integers;
} reduce;

anet_code host_prepare_reduce(planner *p, const mil_op *op, const host_array *in, int ins,
                              const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    const shape *x = &in[0].shape;
    unsigned axes;
    reduce *f = ARENA_NEW(p->memory, reduce);
    *params = f;
    anet_code code = host_axes(p, op, x->rank, &axes);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].op, op->op) == 0) {
            f->row = &rows[i];
        }
    }
    f->integers = mil_is_integer(in[0].dtype);
    if (!code) {
        host_plan_groups(x, axes, &f->groups);
        if (f->groups.groups != out[0].shape.n) {
            code = host_fail(p, op, "the result has %zu elements instead of %zu", out[0].shape.n,
                             f->groups.groups);
        }
    }
    return code;
}

static void load(const reduce *f, const host_array *x, size_t at, size_t n, const double *shift,
                 double *to) {
    double sign = f->row->negative ? -1 : 1;
    for (size_t k = 0; k < n; k++) {
        double v = f->integers ? (double)x->i[at + k] : (double)x->f[at + k];
        to[k] = sign * v - shift[k];
    }
}

static void fold_block(const reduce *f, const host_array *x, const host_block *b, fold_fn *fold,
                       fold_fn *join, double start, const double *shift, double *sum) {
    for (int k = 0; k < STRIP; k++) {
        sum[k] = start;
    }
    for (size_t i = 0; i < f->groups.strips; i++) {
        host_strip s = host_strip_at(&f->groups, i, b->columns);
        double values[STRIP];
        load(f, x, (size_t)(b->x + s.x), s.n, shift, values);
        fold(values, s.n, sum);
    }
    for (int k = 1; k < STRIP && f->groups.rows; k++) {
        join(&sum[k], 1, &sum[0]);
    }
}

/* largest values, as far as they can be taken away */
static void find_shift(const reduce *f, const host_array *x, const host_block *b, double *shift) {
    const double none[STRIP] = {0};
    fold_block(f, x, b, fold_most, fold_most, -INFINITY, none, shift);
    for (int k = 0; k < STRIP; k++) {
        double most = shift[f->groups.rows ? 0 : k];
        shift[k] = isfinite(most) ? most : 0;
    }
}

static double finish(const reduce *f, double sum, double shift) {
    switch (f->row->finish) {
    case MEAN:
        sum /= (double)f->groups.elements;
        break;
    case ROOT:
        sum = sqrt(sum);
        break;
    case LOGARITHM:
        sum = log(sum);
        break;
    case KEEP:
        break;
    }
    return f->row->negative ? -sum : sum + shift;
}

/* toward zero; beyond 32 bits it wraps around, as long as double still knows the low bits */
static int32_t as_integer(double x) {
    return fabs(x) < 0x1p63 ? (int32_t)(uint32_t)(int64_t)x : x > 0 ? INT32_MAX : INT32_MIN;
}

static void reduce_blocks(const void *context, size_t from, size_t to) {
    const host_call *c = context;
    const reduce *f = c->params;
    for (size_t i = from; i < to; i++) {
        host_block b = host_block_at(&f->groups, i);
        double sum[STRIP], shift[STRIP] = {0};
        if (f->row->shifted) {
            find_shift(f, &c->in[0], &b, shift);
        }
        fold_block(f, &c->in[0], &b, f->row->fold, f->row->join, f->row->start, shift, sum);
        for (size_t k = 0; k < b.columns; k++) {
            double y = finish(f, sum[k], shift[k]);
            if (f->integers) {
                c->out[0].i[b.group + k] = as_integer(y);
            } else {
                c->out[0].f[b.group + k] = (float)y;
            }
        }
    }
}

anet_code host_reduce(const host_call *c) {
    const reduce *f = c->params;
    host_for_ranges(c->pool, host_blocks(&f->groups), host_block_grain(&f->groups), reduce_blocks,
                    c);
    return ANET_OK;
}
