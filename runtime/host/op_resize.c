/* op_resize.c: resize and its kin, one axis after the other, the last one first. */
#include "base/simd.h"
#include "host/grid.h"
#include "host/kernels.h"
#include "host/op_parts.h"
#include "host/words.h"

#include <math.h>
#include <string.h>

enum { GRAIN = 16384 };

typedef struct resizing {
    bool nearest;
    bool moves[MAX_RANK];     /* whether the axis changes anything */
    host_tap *taps[MAX_RANK]; /* one for each index of the result */
} resizing;

/* --- planning --- */

/* In the default mode the nearest pixel is that which the point is in, as for
 * resize_nearest_neighbor; in the others that whose centre is nearest. */
static host_tap nearest_tap(sampling s, size_t i, size_t n, size_t length) {
    size_t low = i * length / n;
    if (s != SAMPLE_DEFAULT) {
        low = (size_t)floor(host_grid_point(s, i, n, (double)(length - 1)) + 0.5);
    }
    low = low < length ? low : length - 1;
    return (host_tap){low, low, 0};
}

static void plan_axis(planner *p, resizing *f, int axis, sampling s, size_t length, size_t n) {
    host_tap *taps = ARENA_ARRAY(p->memory, host_tap, n);
    f->taps[axis] = taps;
    f->moves[axis] = n != length;
    for (size_t i = 0; i < n; i++) {
        taps[i] = f->nearest ? nearest_tap(s, i, n, length)
                             : host_tap_at(host_grid_point(s, i, n, (double)(length - 1)), length);
        f->moves[axis] |= taps[i].low != i || taps[i].part != 0.0f;
    }
}

static anet_code plan_axes(planner *p, const mil_op *op, const host_array *x, const shape *result,
                           bool nearest, sampling s, int64_t axes, const void **params) {
    resizing *f = ARENA_NEW(p->memory, resizing);
    *params = f;
    f->nearest = nearest;
    int rank = x->shape.rank;
    if (rank < axes || result->rank != rank) {
        return host_fail(p, op, "x has only %d axes", rank);
    }
    if (!nearest && !mil_is_float(x->dtype)) {
        return host_fail(p, op, "the host device interpolates floats only, not %s",
                         mil_dtype_name(x->dtype));
    }
    for (int i = 0; i < rank; i++) {
        if (i >= rank - (int)axes) {
            plan_axis(p, f, i, s, x->shape.dim[i], result->dim[i]);
        } else if (x->shape.dim[i] != result->dim[i]) {
            return host_fail(p, op, "only the last %d axes can change", (int)axes);
        }
    }
    return ANET_OK;
}

anet_code host_prepare_nearest(planner *p, const mil_op *op, const host_array *in, int ins,
                               const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    return plan_axes(p, op, &in[0], &out[0].shape, true, SAMPLE_DEFAULT, 2, params);
}

anet_code host_prepare_upsample_bilinear(planner *p, const mil_op *op, const host_array *in,
                                         int ins, const host_array *out, int outs,
                                         const void **params) {
    (void)ins, (void)outs;
    bool align, half;
    anet_code code = host_bool(p, op, "align_corners", true, &align);
    code = code ? code : host_bool(p, op, "half_pixel_centers", !align, &half);
    sampling s = align ? SAMPLE_STRICT_ALIGN : half ? SAMPLE_UNALIGN : SAMPLE_DEFAULT;
    return code ? code : plan_axes(p, op, &in[0], &out[0].shape, false, s, 2, params);
}

anet_code host_prepare_resize_bilinear(planner *p, const mil_op *op, const host_array *in, int ins,
                                       const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    sampling s;
    anet_code code = host_read_sampling(p, op, &s);
    return code ? code : plan_axes(p, op, &in[0], &out[0].shape, false, s, 2, params);
}

anet_code host_prepare_resize(planner *p, const mil_op *op, const host_array *in, int ins,
                              const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    static const char *const names[] = {"LINEAR", "NEAREST_NEIGHBOR", NULL};
    int interpolation;
    int64_t axes;
    sampling s;
    anet_code code = host_read_sampling(p, op, &s);
    code = code ? code : host_choice(p, op, "interpolation_mode", names, 0, &interpolation);
    code = code ? code : host_integer(p, op, "resized_dims", 0, 0, MAX_RANK, &axes);
    return code ? code
                : plan_axes(p, op, &in[0], &out[0].shape, interpolation == 1, s, axes, params);
}

/* --- running --- */

/* [outer, length, inner] to [outer, n, inner] */
typedef struct stage {
    const host_tap *taps;
    const float *x;
    float *out;
    size_t outer, length, n, inner;
    bool nearest;
} stage;

ANET_SIMD static void mix_rows(const float *a, const float *b, float part, size_t n, float *out) {
    float rest = 1.0f - part;
    for (size_t i = 0; i < n; i++) {
        out[i] = a[i] * rest + b[i] * part;
    }
}

/* units are rows [inner] of the result */
static void resize_rows(const void *context, size_t from, size_t to) {
    const stage *s = context;
    for (size_t i = from; i < to; i++) {
        const host_tap *t = &s->taps[i % s->n];
        const float *plane = s->x + i / s->n * s->length * s->inner;
        if (t->part == 0.0f) {
            memcpy(s->out + i * s->inner, plane + t->low * s->inner, s->inner * sizeof *plane);
        } else {
            mix_rows(plane + t->low * s->inner, plane + t->high * s->inner, t->part, s->inner,
                     s->out + i * s->inner);
        }
    }
}

/* units are whole rows along the axis, which is the last */
static void resize_last(const void *context, size_t from, size_t to) {
    const stage *s = context;
    for (size_t i = from; i < to; i++) {
        const float *x = s->x + i * s->length;
        float *out = s->out + i * s->n;
        if (s->nearest) {
            const host_word *words = (const host_word *)x;
            for (size_t k = 0; k < s->n; k++) {
                ((host_word *)out)[k] = words[s->taps[k].low];
            }
            continue;
        }
        for (size_t k = 0; k < s->n; k++) {
            const host_tap *t = &s->taps[k];
            out[k] = host_mix(x[t->low], x[t->high], t->part);
        }
    }
}

static void run_stage(const host_call *c, const stage *s) {
    if (s->inner == 1) {
        host_for_ranges(c->pool, s->outer, GRAIN / s->n + 1, resize_last, s);
    } else {
        host_for_ranges(c->pool, s->outer * s->n, GRAIN / s->inner + 1, resize_rows, s);
    }
}

/* The result of each stage but the last needs memory: the two buffers take turns. */
anet_code host_resize(const host_call *c) {
    const resizing *f = c->params;
    shape now = c->in[0].shape;
    const shape *to = &c->out[0].shape;
    float *old = NULL, *fresh = NULL;
    const float *x = c->in[0].f;
    int left = 0;
    for (int i = 0; i < now.rank; i++) {
        left += f->moves[i];
    }
    if (left == 0) {
        memcpy(c->out[0].f, x, to->n * sizeof *x);
    }
    for (int i = now.rank - 1; i >= 0; i--) {
        if (!f->moves[i]) {
            continue;
        }
        stage s = {.taps = f->taps[i], .x = x, .nearest = f->nearest, .n = to->dim[i]};
        s.outer = shape_span(&now, 0, i);
        s.length = now.dim[i];
        s.inner = shape_span(&now, i + 1, now.rank);
        left--;
        fresh = left ? host_scratch(c, s.outer * s.n * s.inner) : NULL;
        if (left && !fresh) {
            free(old);
            return c->err->code;
        }
        s.out = left ? fresh : c->out[0].f;
        run_stage(c, &s);
        now.dim[i] = s.n;
        free(old);
        x = old = fresh;
    }
    return ANET_OK;
}
