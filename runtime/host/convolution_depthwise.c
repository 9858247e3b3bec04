/* convolution_depthwise.c: convolutions in which each output sees one input channel: too thin for
 * products. */
#include "host/convolution.h"

#include "base/simd.h"
#include "host/op_parts.h"

#include <string.h>

/* Vectors by hand: arrays of sums would go through memory at each tap. */
enum { WIDE = 16, NARROW = 8 };
typedef float wide __attribute__((vector_size(WIDE * sizeof(float))));
typedef float narrow __attribute__((vector_size(NARROW * sizeof(float))));

/* Rows of x are stored with zeros for their padding, so that no tap leaves them, and in phases:
 * first what lies at multiples of the stride, then what is one behind these, and so on. So a tap
 * sees neighbours for neighbouring outputs. */
typedef struct job {
    const convolution *v;
    const float *x, *weight, *bias;
    float *out;
    size_t width;          /* of a row with its padding */
    size_t phases, length; /* of a stored row: phases of that length */
} job;

/* a tap and what it sees at the first output of a row */
typedef struct tap {
    const float *x;
    float weight;
} tap;

/* The last block begins early: some outputs are computed twice, to the same. */
#define SUM_BLOCKS(type, lanes)                                                                    \
    for (size_t i = 0; i < outs; i += 2 * lanes) {                                                 \
        size_t at = i + 2 * lanes <= outs ? i : outs - 2 * lanes;                                  \
        type low = {0}, high = {0};                                                                \
        low += bias;                                                                               \
        high += bias;                                                                              \
        for (size_t t = 0; t < n; t++) {                                                           \
            type x[2];                                                                             \
            memcpy(x, taps[t].x + at, sizeof x);                                                   \
            low += taps[t].weight * x[0];                                                          \
            high += taps[t].weight * x[1];                                                         \
        }                                                                                          \
        memcpy(out + at, &low, sizeof low);                                                        \
        memcpy(out + at + lanes, &high, sizeof high);                                              \
    }

ANET_SIMD static void sum_row(const tap *taps, size_t n, float bias, size_t outs, float *out) {
    if (outs >= 2 * WIDE) {
        SUM_BLOCKS(wide, WIDE)
    } else if (outs >= 2 * NARROW) {
        SUM_BLOCKS(narrow, NARROW)
    } else {
        for (size_t i = 0; i < outs; i++) {
            out[i] = bias;
        }
        for (size_t t = 0; t < n; t++) {
            for (size_t i = 0; i < outs; i++) {
                out[i] += taps[t].weight * taps[t].x[i];
            }
        }
    }
}

static void store_row(const job *j, const float *x, float *to) {
    window_axis a = j->v->window.axis[2]; /* of a phase: one tap, as many outputs as it stores */
    a.step = (ptrdiff_t)j->phases;
    a.out = j->length;
    for (size_t phase = 0; phase < j->phases; phase++, a.first++, to += j->length) {
        size_t from, end;
        window_reach(&a, 0, &from, &end);
        memset(to, 0, from * sizeof *to);
        memset(to + end, 0, (j->length - end) * sizeof *to);
        const float *at = x + a.first + (ptrdiff_t)from * a.step;
        if (a.step == 1) {
            memcpy(to + from, at, (end - from) * sizeof *to);
        } else {
            for (size_t i = 0; i < end - from; i++) {
                to[from + i] = at[(ptrdiff_t)i * a.step];
            }
        }
    }
}

/* the taps that meet rows of the input at a row of outputs */
static size_t list_taps(const job *j, const float *rows, const float *weight, size_t row,
                        tap *list) {
    const window_axis *a = j->v->window.axis;
    size_t at[] = {row / a[1].out, row % a[1].out}, low[2], high[2], n = 0;
    ptrdiff_t begin[2];
    for (int i = 0; i < 2; i++) {
        begin[i] = (ptrdiff_t)at[i] * a[i].step + a[i].first;
        window_meet(&a[i], at[i], &low[i], &high[i]);
    }
    for (size_t z = low[0]; z < high[0]; z++) {
        for (size_t y = low[1]; y < high[1]; y++) {
            ptrdiff_t in = (begin[0] + (ptrdiff_t)z * a[0].gap) * (ptrdiff_t)a[1].in;
            in += begin[1] + (ptrdiff_t)y * a[1].gap;
            for (size_t x = 0; x < a[2].taps; x++) {
                size_t behind = x * (size_t)a[2].gap;
                size_t at_x = behind % j->phases * j->length + behind / j->phases;
                list[n++] = (tap){rows + (size_t)in * j->phases * j->length + at_x,
                                  weight[(z * a[1].taps + y) * a[2].taps + x]};
            }
        }
    }
    return n;
}

/* item: one plane of the result; scratch: the list of taps, and the padded rows */
static void convolve_plane(const void *context, size_t item, float *scratch) {
    const job *j = context;
    const convolution *v = j->v;
    const window *w = &v->window;
    size_t channel = item % (v->groups * v->rows), outs = w->axis[2].out;
    const float *weight = j->weight + channel * window_taps(w);
    tap *taps = (tap *)(void *)scratch;
    float *rows = (float *)(void *)(taps + window_taps(w));
    const float *x = j->x + item / v->rows * window_inputs(w);
    for (size_t row = 0; row < w->axis[0].in * w->axis[1].in; row++) {
        store_row(j, x + row * w->axis[2].in, rows + row * j->phases * j->length);
    }
    for (size_t row = 0; row < w->axis[0].out * w->axis[1].out; row++) {
        size_t n = list_taps(j, rows, weight, row, taps);
        sum_row(taps, n, j->bias ? j->bias[channel] : 0.0f, outs,
                j->out + item * window_outputs(w) + row * outs);
    }
}

anet_code host_convolve_depthwise(const host_call *c, const convolution *v, const float *x,
                                  const float *weight, const float *bias, float *out) {
    const window_axis *a = v->window.axis;
    job j = {.v = v, .x = x, .weight = weight, .bias = bias, .out = out};
    j.width = (a[2].out - 1) * (size_t)a[2].step + (a[2].taps - 1) * (size_t)a[2].gap + 1;
    j.phases = (size_t)a[2].step < j.width ? (size_t)a[2].step : j.width;
    j.length = (j.width + j.phases - 1) / j.phases;
    size_t rows = a[0].in * a[1].in, list = window_taps(&v->window) * sizeof(tap) / sizeof *x;
    if (j.width > MAX_ELEMENTS / rows / 2) {
        return host_call_fail(c, "so much padding is not possible");
    }
    return host_for_items(c, v->images * v->groups * v->rows, list + rows * j.phases * j.length,
                          convolve_plane, &j);
}
