/* window.c: the geometry of convolutions and pools. */
#include "host/window.h"

#include "host/op_parts.h"

#include <string.h>

/* of positions, so that they can be added up without a thought */
#define LONGEST ((size_t)1 << 45)

typedef enum padding { PAD_VALID, PAD_CUSTOM, PAD_SAME, PAD_SAME_LOWER } padding;

static const char *const padding_names[] = {"valid", "custom", "same", "same_lower", NULL};

typedef struct arguments {
    int64_t stride[WINDOW_AXES], dilation[WINDOW_AXES], pad[2 * WINDOW_AXES];
    int padding;
} arguments;

/* a list with one number for each axis, or `fallback` for all */
static anet_code read_list(planner *p, const mil_op *op, const char *arg, int n, int64_t fallback,
                           int64_t *x) {
    int count;
    anet_code code = host_list(p, op, arg, x, n, &count);
    for (int i = 0; i < n && !code; i++) {
        x[i] = count < 0 ? fallback : x[i];
        if (x[i] < fallback) {
            code = host_fail(p, op, "'%s' holds %lld", arg, (long long)x[i]);
        }
    }
    if (!code && count >= 0 && count != n) {
        code = host_fail(p, op, "'%s' has %d numbers instead of %d", arg, count, n);
    }
    return code;
}

static anet_code read_arguments(planner *p, const mil_op *op, int axes, arguments *a) {
    anet_code code = read_list(p, op, "strides", axes, 1, a->stride);
    code = code ? code : read_list(p, op, "dilations", axes, 1, a->dilation);
    code = code ? code : host_choice(p, op, "pad_type", padding_names, PAD_VALID, &a->padding);
    memset(a->pad, 0, sizeof a->pad);
    if (!code && a->padding == PAD_CUSTOM) { /* else it may be there, but says nothing */
        code = read_list(p, op, "pad", 2 * axes, 0, a->pad);
    }
    return code;
}

/* how much `same` pads: so that there are ceil(in / stride) outputs */
static void pad_same(size_t in, size_t reach, size_t stride, bool lower, int64_t pad[2]) {
    size_t outs = (in + stride - 1) / stride, covered = (outs - 1) * stride + reach;
    int64_t all = covered > in ? (int64_t)(covered - in) : 0;
    pad[lower ? 1 : 0] = all / 2;
    pad[lower ? 0 : 1] = all - all / 2;
}

anet_code host_plan_window(planner *p, const mil_op *op, const shape *x, const shape *result,
                           const size_t *kernel, window *w) {
    arguments a;
    int axes = x->rank - 2, lead = WINDOW_AXES - axes;
    if (axes < 1 || axes > WINDOW_AXES) {
        return host_fail(p, op, "x has %d axes, and 3 to 5 are possible", x->rank);
    }
    anet_code code = read_arguments(p, op, axes, &a);
    for (int i = 0; i < lead; i++) {
        w->axis[i] = (window_axis){.in = 1, .out = 1, .taps = 1, .step = 1, .gap = 1};
        w->after[i] = 0;
    }
    for (int i = 0; i < axes && !code; i++) {
        size_t stride = (size_t)a.stride[i], gap = (size_t)a.dilation[i], in = x->dim[i + 2];
        if (kernel[i] == 0 || kernel[i] - 1 > LONGEST / gap ||
            result->dim[i + 2] > LONGEST / stride) {
            return host_fail(p, op, "a window of %zu elements, %zu apart, is not possible",
                             kernel[i], gap);
        }
        size_t reach = (kernel[i] - 1) * gap + 1;
        if (a.padding >= PAD_SAME) {
            pad_same(in, reach, stride, a.padding == PAD_SAME_LOWER, &a.pad[2 * i]);
        }
        w->axis[lead + i] = (window_axis){.in = in,
                                          .out = result->dim[i + 2],
                                          .taps = kernel[i],
                                          .step = (ptrdiff_t)stride,
                                          .first = (ptrdiff_t)-a.pad[2 * i],
                                          .gap = (ptrdiff_t)gap};
        w->after[lead + i] = (size_t)a.pad[2 * i + 1];
    }
    return code;
}

size_t window_inputs(const window *w) {
    return w->axis[0].in * w->axis[1].in * w->axis[2].in;
}

size_t window_outputs(const window *w) {
    return w->axis[0].out * w->axis[1].out * w->axis[2].out;
}

size_t window_taps(const window *w) {
    return w->axis[0].taps * w->axis[1].taps * w->axis[2].taps;
}

/* the i in [0, n) with 0 <= first + i * apart < limit; apart > 0 */
static void solve(ptrdiff_t first, ptrdiff_t apart, size_t limit, size_t n, size_t *from,
                  size_t *to) {
    ptrdiff_t low = first < 0 ? (-first + apart - 1) / apart : 0;
    ptrdiff_t room = (ptrdiff_t)limit - first;
    ptrdiff_t high = room > 0 ? (room + apart - 1) / apart : 0;
    *to = (size_t)high < n ? (size_t)high : n;
    *from = (size_t)low < *to ? (size_t)low : *to;
}

void window_reach(const window_axis *a, size_t t, size_t *from, size_t *to) {
    solve(a->first + (ptrdiff_t)t * a->gap, a->step, a->in, a->out, from, to);
}

void window_meet(const window_axis *a, size_t o, size_t *from, size_t *to) {
    solve((ptrdiff_t)o * a->step + a->first, a->gap, a->in, a->taps, from, to);
}

void window_inside(const window_axis *a, size_t *from, size_t *to) {
    size_t first, last;
    window_reach(a, 0, from, &last);
    window_reach(a, a->taps - 1, &first, to);
    *from = *from > first ? *from : first;
    *to = *to < last ? *to : last;
    *from = *from < *to ? *from : *to;
}

/* --- unfolding --- */

/* what one tap of the last axis sees in one row of outputs: zeros, inputs, zeros */
typedef struct row_tap {
    size_t from, to;
    ptrdiff_t step, first;
} row_tap;

static void copy_row(const row_tap *t, const float *x, size_t from, size_t to, float *out) {
    size_t low = t->from < from ? from : t->from, high = t->to > to ? to : t->to;
    if (!x || low >= high) {
        memset(out, 0, (to - from) * sizeof *out);
        return;
    }
    memset(out, 0, (low - from) * sizeof *out);
    const float *at = x + t->first + (ptrdiff_t)low * t->step;
    if (t->step == 1) {
        memcpy(out + (low - from), at, (high - low) * sizeof *out);
    } else {
        for (size_t i = 0; i < high - low; i++) {
            out[low - from + i] = at[(ptrdiff_t)i * t->step];
        }
    }
    memset(out + (high - from), 0, (to - high) * sizeof *out);
}

/* the input row that taps tz and ty see at row `row` of the outputs; NULL: padding */
static const float *seen_row(const window *w, const float *x, size_t tz, size_t ty, size_t row) {
    const window_axis *z = &w->axis[0], *y = &w->axis[1];
    ptrdiff_t at_z = (ptrdiff_t)(row / y->out) * z->step + z->first + (ptrdiff_t)tz * z->gap;
    ptrdiff_t at_y = (ptrdiff_t)(row % y->out) * y->step + y->first + (ptrdiff_t)ty * y->gap;
    if (at_z < 0 || at_z >= (ptrdiff_t)z->in || at_y < 0 || at_y >= (ptrdiff_t)y->in) {
        return NULL;
    }
    return x + ((size_t)at_z * y->in + (size_t)at_y) * w->axis[2].in;
}

static void unfold_tap(const window *w, const float *x, const size_t tap[3], size_t from, size_t to,
                       float *out) {
    const window_axis *last = &w->axis[2];
    row_tap t = {.step = last->step, .first = last->first + (ptrdiff_t)tap[2] * last->gap};
    window_reach(last, tap[2], &t.from, &t.to);
    for (size_t at = from, row = from / last->out; at < to; row++) {
        size_t begin = at - row * last->out, left = to - row * last->out;
        size_t end = left < last->out ? left : last->out;
        copy_row(&t, seen_row(w, x, tap[0], tap[1], row), begin, end, out + (at - from));
        at += end - begin;
    }
}

void window_unfold(const window *w, const float *x, size_t channels, size_t from, size_t to,
                   float *out) {
    size_t plane = window_inputs(w);
    for (size_t c = 0; c < channels; c++) {
        size_t tap[3];
        for (tap[0] = 0; tap[0] < w->axis[0].taps; tap[0]++) {
            for (tap[1] = 0; tap[1] < w->axis[1].taps; tap[1]++) {
                for (tap[2] = 0; tap[2] < w->axis[2].taps; tap[2]++) {
                    unfold_tap(w, x + c * plane, tap, from, to, out);
                    out += to - from;
                }
            }
        }
    }
}
