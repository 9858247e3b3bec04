/* convolution_depthwise.c: convolutions in which each output sees one input channel: too thin for
 * products. */
#include "host/convolution.h"

#include "base/simd.h"
#include "host/op_parts.h"

enum { BLOCK = 64 };

typedef struct job {
    const convolution *v;
    const float *x, *weight, *bias;
    float *out;
    size_t inside_from, inside_to; /* of the last axis: where no tap sees padding */
} job;

/* the taps of the outer axes that meet an input at a row of outputs, and that row's weights */
typedef struct row {
    const float *x, *weight; /* of the plane */
    ptrdiff_t at[2];         /* input index of tap 0 */
    size_t from[2], to[2];   /* taps */
} row;

ANET_SIMD static void add_strided(float *sum, const float *x, ptrdiff_t apart, float by, size_t n) {
    if (apart == 1) {
        for (size_t i = 0; i < n; i++) {
            sum[i] += by * x[i];
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        sum[i] += by * x[(ptrdiff_t)i * apart];
    }
}

/* n neighbouring outputs from `first` on; all see the taps [from, to) of the last axis */
static void add_taps(const window *w, const row *r, size_t first, size_t n, size_t from, size_t to,
                     float *sum) {
    const window_axis *z = &w->axis[0], *y = &w->axis[1], *x = &w->axis[2];
    ptrdiff_t column = (ptrdiff_t)first * x->step + x->first;
    for (size_t tz = r->from[0]; tz < r->to[0]; tz++) {
        ptrdiff_t at_z = r->at[0] + (ptrdiff_t)tz * z->gap;
        for (size_t ty = r->from[1]; ty < r->to[1]; ty++) {
            ptrdiff_t at_y = r->at[1] + (ptrdiff_t)ty * y->gap;
            const float *in = r->x + (at_z * (ptrdiff_t)y->in + at_y) * (ptrdiff_t)x->in;
            const float *weight = r->weight + (tz * y->taps + ty) * x->taps;
            for (size_t tx = from; tx < to; tx++) {
                add_strided(sum, in + column + (ptrdiff_t)tx * x->gap, x->step, weight[tx], n);
            }
        }
    }
}

static void edge(const window *w, const row *r, size_t begin, size_t end, float bias, float *out) {
    for (size_t o = begin; o < end; o++) {
        size_t from, to;
        window_meet(&w->axis[2], o, &from, &to);
        out[o] = bias;
        add_taps(w, r, o, 1, from, to, out + o);
    }
}

static void convolve_row(const job *j, const row *r, float bias, float *out) {
    const window *w = &j->v->window;
    edge(w, r, 0, j->inside_from, bias, out);
    for (size_t o = j->inside_from; o < j->inside_to; o += BLOCK) {
        size_t n = j->inside_to - o < BLOCK ? j->inside_to - o : BLOCK;
        float sum[BLOCK];
        for (size_t i = 0; i < n; i++) {
            sum[i] = bias;
        }
        add_taps(w, r, o, n, 0, w->axis[2].taps, sum);
        for (size_t i = 0; i < n; i++) {
            out[o + i] = sum[i];
        }
    }
    edge(w, r, j->inside_to, w->axis[2].out, bias, out);
}

/* item: one plane of the result */
static void convolve_plane(const void *context, size_t item, float *scratch) {
    (void)scratch;
    const job *j = context;
    const convolution *v = j->v;
    const window *w = &v->window;
    size_t channel = item % (v->groups * v->rows);
    row r = {.x = j->x + item / v->rows * window_inputs(w),
             .weight = j->weight + channel * window_taps(w)};
    float bias = j->bias ? j->bias[channel] : 0.0f, *out = j->out + item * window_outputs(w);
    for (size_t z = 0; z < w->axis[0].out; z++) {
        r.at[0] = (ptrdiff_t)z * w->axis[0].step + w->axis[0].first;
        window_meet(&w->axis[0], z, &r.from[0], &r.to[0]);
        for (size_t y = 0; y < w->axis[1].out; y++) {
            r.at[1] = (ptrdiff_t)y * w->axis[1].step + w->axis[1].first;
            window_meet(&w->axis[1], y, &r.from[1], &r.to[1]);
            convolve_row(j, &r, bias, out);
            out += w->axis[2].out;
        }
    }
}

anet_code host_convolve_depthwise(const host_call *c, const convolution *v, const float *x,
                                  const float *weight, const float *bias, float *out) {
    job j = {.v = v, .x = x, .weight = weight, .bias = bias, .out = out};
    window_inside(&v->window.axis[2], &j.inside_from, &j.inside_to);
    return host_for_items(c, v->images * v->groups * v->rows, 0, convolve_plane, &j);
}
