/* op_norm.c: layer_norm, instance_norm and l2_norm: each group of elements is brought to a mean of
 * 0 and a variance of 1, or to a length of 1. Sums are kept in double. */
#include "base/simd.h"
#include "host/groups.h"
#include "host/kernels.h"
#include "host/op_parts.h"

#include <math.h>

typedef enum norm_kind { NORM_LAYER, NORM_CHANNEL, NORM_LENGTH } norm_kind;

typedef struct norm {
    norm_kind kind;
    host_groups groups;
    size_t channels;
    double epsilon;
} norm;

static anet_code prepare(planner *p, const mil_op *op, const host_array *in, const host_array *out,
                         norm_kind kind, unsigned axes, const void **params) {
    const shape *x = &in[0].shape;
    norm *f = ARENA_NEW(p->memory, norm);
    *params = f;
    f->kind = kind;
    f->channels = kind == NORM_CHANNEL ? x->dim[1] : 1;
    host_plan_groups(x, axes, &f->groups);
    size_t scales = kind == NORM_CHANNEL ? f->channels : f->groups.elements;
    for (int i = 1; i < 3 && kind != NORM_LENGTH; i++) {
        if (!host_absent(&in[i]) && in[i].shape.n != scales) {
            return host_fail(p, op, "gamma and beta need %zu numbers, not %zu", scales,
                             in[i].shape.n);
        }
    }
    anet_code code = host_same_size(p, op, &in[0], out);
    return code ? code
                : host_number(p, op, "epsilon", kind == NORM_LENGTH ? 1e-6 : 1e-5, &f->epsilon);
}

anet_code host_prepare_layer_norm(planner *p, const mil_op *op, const host_array *in, int ins,
                                  const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    unsigned axes;
    anet_code code = host_axes(p, op, in[0].shape.rank, &axes);
    return code ? code : prepare(p, op, in, out, NORM_LAYER, axes, params);
}

anet_code host_prepare_instance_norm(planner *p, const mil_op *op, const host_array *in, int ins,
                                     const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    int rank = in[0].shape.rank;
    if (rank < 3) {
        return host_fail(p, op, "x must be [n, C, D..]");
    }
    return prepare(p, op, in, out, NORM_CHANNEL, (1u << rank) - 4, params);
}

anet_code host_prepare_l2_norm(planner *p, const mil_op *op, const host_array *in, int ins,
                               const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    int rank = in[0].shape.rank, lead = rank > 3 ? rank - 3 : 0;
    return prepare(p, op, in, out, NORM_LENGTH, (1u << rank) - (1u << lead), params);
}

ANET_SIMD static void add_values(const float *x, size_t n, double *sum) {
    for (size_t k = 0; k < n; k++) {
        sum[k] += (double)x[k];
    }
}

ANET_SIMD static void add_squares(const float *x, const double *mean, size_t n, double *sum) {
    for (size_t k = 0; k < n; k++) {
        double d = (double)x[k] - mean[k];
        sum[k] += d * d;
    }
}

/* the sums of the groups side by side; one group's sum is given to all its places */
static void finish_sums(const norm *f, double *sum) {
    double total = 0;
    for (int k = 0; k < STRIP && f->groups.rows; k++) {
        total += sum[k];
    }
    for (int k = 0; k < STRIP && f->groups.rows; k++) {
        sum[k] = total;
    }
}

typedef struct scaling {
    float mean[STRIP], by[STRIP];
} scaling;

static void measure(const norm *f, const float *x, size_t columns, scaling *to) {
    double mean[STRIP] = {0}, square[STRIP] = {0};
    if (f->kind != NORM_LENGTH) {
        for (size_t i = 0; i < f->groups.strips; i++) {
            host_strip s = host_strip_at(&f->groups, i, columns);
            add_values(x + s.x, s.n, mean);
        }
        finish_sums(f, mean);
    }
    for (int k = 0; k < STRIP; k++) {
        mean[k] /= (double)f->groups.elements;
    }
    for (size_t i = 0; i < f->groups.strips; i++) {
        host_strip s = host_strip_at(&f->groups, i, columns);
        add_squares(x + s.x, mean, s.n, square);
    }
    finish_sums(f, square);
    double count = f->kind == NORM_LENGTH ? 1 : (double)f->groups.elements;
    for (int k = 0; k < STRIP; k++) {
        to->mean[k] = (float)mean[k];
        to->by[k] = (float)(1 / sqrt(square[k] / count + f->epsilon));
    }
}

ANET_SIMD static void scale_strip(const float *x, const scaling *by, size_t n, float *out) {
    for (size_t k = 0; k < n; k++) {
        out[k] = (x[k] - by->mean[k]) * by->by[k];
    }
}

/* one factor for all, or (apart = 1) one for each */
ANET_SIMD static void scale_more(float *out, size_t n, const float *gamma, const float *beta,
                                 size_t apart) {
    for (size_t k = 0; k < n && gamma; k++) {
        out[k] *= gamma[k * apart];
    }
    for (size_t k = 0; k < n && beta; k++) {
        out[k] += beta[k * apart];
    }
}

typedef struct job {
    const norm *f;
    const float *x, *gamma, *beta;
    float *out;
} job;

static const float *moved(const float *x, ptrdiff_t by) {
    return x ? x + by : NULL;
}

static void normalise(const void *context, size_t from, size_t to) {
    const job *j = context;
    const norm *f = j->f;
    for (size_t i = from; i < to; i++) {
        host_block b = host_block_at(&f->groups, i);
        scaling by;
        measure(f, j->x + b.x, b.columns, &by);
        for (size_t k = 0; k < f->groups.strips; k++) {
            host_strip s = host_strip_at(&f->groups, k, b.columns);
            float *out = j->out + b.x + s.x;
            bool channel = f->kind == NORM_CHANNEL;
            ptrdiff_t scale = channel ? (ptrdiff_t)(b.group % f->channels) : s.packed;
            scale_strip(j->x + b.x + s.x, &by, s.n, out);
            scale_more(out, s.n, moved(j->gamma, scale), moved(j->beta, scale),
                       f->groups.rows && !channel);
        }
    }
}

anet_code host_norm(const host_call *c) {
    const norm *f = c->params;
    job j = {.f = f, .x = c->in[0].f, .out = c->out[0].f};
    if (f->kind != NORM_LENGTH) {
        j.gamma = c->in[1].f; /* NULL if absent */
        j.beta = c->in[2].f;
    }
    host_for_ranges(c->pool, host_blocks(&f->groups), host_block_grain(&f->groups), normalise, &j);
    return ANET_OK;
}
