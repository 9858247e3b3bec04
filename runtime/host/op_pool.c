/* op_pool.c: max_pool, avg_pool and l2_pool. */
#include "base/simd.h"
#include "host/kernels.h"
#include "host/op_parts.h"
#include "host/window.h"

#include <math.h>

enum { BLOCK = 64 };

typedef struct pooling {
    window window;
    bool count_padding; /* in the divisor of an average */
} pooling;

anet_code host_prepare_pool(planner *p, const mil_op *op, const host_array *in, int ins,
                            const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    int64_t list[WINDOW_AXES];
    size_t kernel[WINDOW_AXES];
    int n;
    bool exclude;
    const shape *x = &in[0].shape, *result = &out[0].shape;
    pooling *f = ARENA_NEW(p->memory, pooling);
    *params = f;
    anet_code code = host_list(p, op, "kernel_sizes", list, WINDOW_AXES, &n);
    code = code ? code : host_bool(p, op, "exclude_padding_from_average", false, &exclude);
    if (!code && (n != x->rank - 2 || result->rank != x->rank || result->dim[0] != x->dim[0] ||
                  result->dim[1] != x->dim[1])) {
        code = host_fail(p, op, "kernel_sizes needs one number for each axis of [n, C, D..]");
    }
    for (int i = 0; i < n && !code; i++) {
        kernel[i] = list[i] < 0 ? 0 : (size_t)list[i]; /* 0 is refused with the window */
    }
    code = code ? code : host_plan_window(p, op, x, result, kernel, &f->window);
    f->count_padding = !code && !exclude;
    return code;
}

/* what all windows of a block of neighbouring outputs have folded so far */
typedef struct folding {
    float most[BLOCK];
    double sum[BLOCK];
} folding;

typedef enum kind { POOL_MAX, POOL_AVERAGE, POOL_L2 } kind;

ANET_INLINE float larger(float a, float x) { /* keeps NaN once met */
    return (x > a || x != x) ? x : a;
}

ANET_SIMD static void fold(folding *f, kind what, const float *x, size_t apart, size_t n) {
    if (what == POOL_MAX) {
        for (size_t i = 0; i < n; i++) {
            f->most[i] = larger(f->most[i], x[i * apart]);
        }
    } else if (what == POOL_AVERAGE) {
        for (size_t i = 0; i < n; i++) {
            f->sum[i] += (double)x[i * apart];
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            f->sum[i] += (double)x[i * apart] * (double)x[i * apart];
        }
    }
}

typedef struct job {
    const host_call *call;
    const window *window;
    kind what;
    size_t inside_from, inside_to;
} job;

/* the taps that meet an input, on the three axes, and the size of the window as it counts */
typedef struct reach {
    size_t from[WINDOW_AXES], to[WINDOW_AXES];
    double size[WINDOW_AXES];
} reach;

/* Padding counts as far as it was asked for: a window that ceil_mode lets stand over has fewer. */
static void meet(const job *j, int axis, size_t o, reach *r) {
    const pooling *f = j->call->params;
    const window_axis *a = &j->window->axis[axis];
    window_meet(a, o, &r->from[axis], &r->to[axis]);
    size_t size = r->to[axis] - r->from[axis];
    if (f->count_padding) {
        ptrdiff_t begin = (ptrdiff_t)o * a->step + a->first;
        ptrdiff_t left = (ptrdiff_t)(a->in + j->window->after[axis]) - begin;
        size = left < 0 ? 0 : (size_t)left < a->taps ? (size_t)left : a->taps;
    }
    r->size[axis] = (double)size;
}

/* n neighbouring outputs that see the same taps of the last axis */
static void pool_block(const job *j, const reach *r, const size_t at[WINDOW_AXES], size_t n,
                       const float *plane, float *out) {
    const window_axis *a = j->window->axis;
    folding f;
    for (size_t i = 0; i < n; i++) {
        f.most[i] = -INFINITY;
        f.sum[i] = 0;
    }
    ptrdiff_t z0 = (ptrdiff_t)at[0] * a[0].step + a[0].first;
    ptrdiff_t y0 = (ptrdiff_t)at[1] * a[1].step + a[1].first;
    ptrdiff_t x0 = (ptrdiff_t)at[2] * a[2].step + a[2].first;
    for (size_t z = r->from[0]; z < r->to[0]; z++) {
        for (size_t y = r->from[1]; y < r->to[1]; y++) {
            ptrdiff_t row = (z0 + (ptrdiff_t)z) * (ptrdiff_t)a[1].in + y0 + (ptrdiff_t)y;
            const float *x = plane + row * (ptrdiff_t)a[2].in + x0;
            for (size_t t = r->from[2]; t < r->to[2]; t++) {
                fold(&f, j->what, x + t, (size_t)a[2].step, n);
            }
        }
    }
    double scale = 1 / (r->size[0] * r->size[1] * r->size[2]);
    for (size_t i = 0; i < n; i++) {
        double y = j->what == POOL_AVERAGE ? f.sum[i] * scale : sqrt(f.sum[i]);
        out[i] = j->what == POOL_MAX ? f.most[i] : (float)y;
    }
}

static void pool_row(const job *j, reach *r, size_t at[WINDOW_AXES], const float *plane,
                     float *out) {
    const window_axis *a = &j->window->axis[2];
    for (at[2] = 0; at[2] < a->out;) {
        size_t n = 1;
        if (at[2] >= j->inside_from && at[2] < j->inside_to) {
            n = j->inside_to - at[2] < BLOCK ? j->inside_to - at[2] : BLOCK;
        }
        meet(j, 2, at[2], r);
        pool_block(j, r, at, n, plane, out + at[2]);
        at[2] += n;
    }
}

/* item: one plane */
static void pool_plane(const void *context, size_t item, float *scratch) {
    (void)scratch;
    const job *j = context;
    const float *plane = j->call->in[0].f + item * window_inputs(j->window);
    float *out = j->call->out[0].f + item * window_outputs(j->window);
    size_t at[WINDOW_AXES];
    reach r;
    for (at[0] = 0; at[0] < j->window->axis[0].out; at[0]++) {
        meet(j, 0, at[0], &r);
        for (at[1] = 0; at[1] < j->window->axis[1].out; at[1]++) {
            meet(j, 1, at[1], &r);
            pool_row(j, &r, at, plane, out);
            out += j->window->axis[2].out;
        }
    }
}

static anet_code pool(const host_call *c, kind what) {
    const pooling *f = c->params;
    job j = {.call = c, .window = &f->window, .what = what};
    window_inside(&f->window.axis[2], &j.inside_from, &j.inside_to);
    const shape *x = &c->in[0].shape;
    return host_for_items(c, x->dim[0] * x->dim[1], 0, pool_plane, &j);
}

anet_code host_max_pool(const host_call *c) {
    return pool(c, POOL_MAX);
}

anet_code host_avg_pool(const host_call *c) {
    return pool(c, POOL_AVERAGE);
}

anet_code host_l2_pool(const host_call *c) {
    return pool(c, POOL_L2);
}
