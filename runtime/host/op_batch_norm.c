/* op_batch_norm.c: batch_norm and local_response_norm, which know or share their statistics along
 * the channels. */
#include "base/simd.h"
#include "host/kernels.h"
#include "host/op_parts.h"

#include <math.h>

enum { GRAIN = 16384 };

/* --- batch_norm --- */

typedef struct batch_norm {
    size_t channels, plane;
    double epsilon;
} batch_norm;

anet_code host_prepare_batch_norm(planner *p, const mil_op *op, const host_array *in, int ins,
                                  const host_array *out, int outs, const void **params) {
    (void)outs;
    const shape *x = &in[0].shape;
    batch_norm *f = ARENA_NEW(p->memory, batch_norm);
    *params = f;
    if (x->rank < 2) {
        return host_fail(p, op, "x must be [n, C, D..]");
    }
    f->channels = x->dim[1];
    f->plane = shape_span(x, 2, x->rank);
    for (int i = 1; i < ins; i++) {
        if (host_absent(&in[i]) ? i < 3 : in[i].shape.n != f->channels) {
            return host_fail(p, op, "mean, variance, gamma and beta need %zu numbers each",
                             f->channels);
        }
    }
    anet_code code = host_same_size(p, op, &in[0], out);
    return code ? code : host_number(p, op, "epsilon", 1e-5, &f->epsilon);
}

ANET_SIMD static void scale_plane(const float *x, float mean, float by, float beta, size_t n,
                                  float *out) {
    for (size_t i = 0; i < n; i++) {
        out[i] = (x[i] - mean) * by + beta;
    }
}

static void normalise_planes(const void *context, size_t from, size_t to) {
    const host_call *c = context;
    const batch_norm *f = c->params;
    for (size_t i = from; i < to; i++) {
        size_t channel = i % f->channels;
        double gamma = host_absent(&c->in[3]) ? 1 : (double)c->in[3].f[channel];
        double by = gamma / sqrt((double)c->in[2].f[channel] + f->epsilon);
        scale_plane(c->in[0].f + i * f->plane, c->in[1].f[channel], (float)by,
                    host_absent(&c->in[4]) ? 0.0f : c->in[4].f[channel], f->plane,
                    c->out[0].f + i * f->plane);
    }
}

anet_code host_batch_norm(const host_call *c) {
    const batch_norm *f = c->params;
    host_for_ranges(c->pool, c->in[0].shape.n / f->plane, GRAIN / f->plane + 1, normalise_planes,
                    c);
    return ANET_OK;
}

/* --- local_response_norm: x / (k + alpha / size * sum of squares around)^beta --- */

typedef struct response_norm {
    size_t channels, plane, before, after; /* neighbours */
    double alpha, beta, k;
} response_norm;

anet_code host_prepare_response_norm(planner *p, const mil_op *op, const host_array *in, int ins,
                                     const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    const shape *x = &in[0].shape;
    response_norm *f = ARENA_NEW(p->memory, response_norm);
    *params = f;
    int64_t size;
    anet_code code = host_same_size(p, op, &in[0], out);
    code = code ? code : host_integer(p, op, "size", 0, 1, INT32_MAX, &size);
    code = code ? code : host_number(p, op, "alpha", 1e-4, &f->alpha);
    code = code ? code : host_number(p, op, "beta", 0.75, &f->beta);
    code = code ? code : host_number(p, op, "k", 1, &f->k);
    if (!code && x->rank < 2) {
        code = host_fail(p, op, "x must be [n, C, D..]");
    }
    if (!code) {
        f->channels = x->dim[1];
        f->plane = shape_span(x, 2, x->rank);
        f->before = (size_t)size / 2;
        f->after = (size_t)(size - 1) / 2;
        f->alpha /= (double)size;
    }
    return code;
}

/* a unit is one place in all channels */
static void respond(const void *context, size_t from, size_t to) {
    const host_call *c = context;
    const response_norm *f = c->params;
    for (size_t i = from; i < to; i++) {
        size_t at = i / f->plane * f->channels * f->plane + i % f->plane;
        const float *x = c->in[0].f + at;
        for (size_t k = 0; k < f->channels; k++) {
            size_t first = k > f->before ? k - f->before : 0;
            size_t last = f->channels - 1 - k > f->after ? k + f->after : f->channels - 1;
            double sum = 0;
            for (size_t o = first; o <= last; o++) {
                sum += (double)x[o * f->plane] * (double)x[o * f->plane];
            }
            double by = pow(f->k + f->alpha * sum, -f->beta);
            c->out[0].f[at + k * f->plane] = (float)((double)x[k * f->plane] * by);
        }
    }
}

anet_code host_response_norm(const host_call *c) {
    const response_norm *f = c->params;
    host_for_ranges(c->pool, c->in[0].shape.n / f->channels, GRAIN / f->channels / 8 + 1, respond,
                    c);
    return ANET_OK;
}
