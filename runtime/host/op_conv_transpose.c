/* op_conv_transpose.c: conv_transpose. Outputs whose index modulo the stride is the same, a phase,
 * see the same taps, and each phase is a convolution of stride 1 by these taps. */
#include "host/convolution.h"
#include "host/kernels.h"
#include "host/op_parts.h"

#include <string.h>

typedef struct transposed {
    window window; /* of the convolution whose adjoint this is: its input is our result */
    size_t images, groups, channels, rows;
} transposed;

static anet_code check_shapes(planner *p, const mil_op *op, const shape *x, const shape *weight,
                              const shape *bias, const shape *out, size_t groups) {
    if (x->rank < 3 || weight->rank != x->rank || out->rank != x->rank ||
        weight->dim[0] != x->dim[1] || x->dim[1] % groups != 0 || out->dim[0] != x->dim[0] ||
        out->dim[1] != weight->dim[1] * groups || (bias && bias->n != out->dim[1])) {
        return host_fail(p, op, "x, weight, bias and groups do not fit together");
    }
    return ANET_OK;
}

anet_code host_prepare_conv_transpose(planner *p, const mil_op *op, const host_array *in, int ins,
                                      const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    const shape *x = &in[0].shape, *weight = &in[1].shape, *result = &out[0].shape;
    const shape *bias = host_absent(&in[2]) ? NULL : &in[2].shape;
    int64_t groups;
    transposed *f = ARENA_NEW(p->memory, transposed);
    *params = f;
    anet_code code = host_integer(p, op, "groups", 1, 1, INT32_MAX, &groups);
    code = code ? code : check_shapes(p, op, x, weight, bias, result, (size_t)groups);
    code = code ? code : host_plan_window(p, op, result, x, weight->dim + 2, &f->window);
    if (!code) {
        f->images = x->dim[0];
        f->groups = (size_t)groups;
        f->channels = x->dim[1] / f->groups;
        f->rows = weight->dim[1];
        size_t k = weight->n / f->groups;
        if (!gemm_fits(f->rows, window_inputs(&f->window), k)) {
            code = host_fail(p, op, "matrices beyond 2^31 rows or columns are not supported");
        }
    }
    return code;
}

/* the taps of an axis that one phase sees: tap, tap + every, .. */
typedef struct phase_axis {
    size_t phase, tap, every;
} phase_axis;

static size_t common_divisor(size_t a, size_t b) {
    while (b) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* In the plain convolution tap t of output i meets input i * stride + first + t * gap. So, turned
 * round, result r sees by tap t the input (r - first - t * gap) / stride, where that is whole. */
static window_axis phase_window(const window_axis *a, size_t phase, phase_axis *taps) {
    ptrdiff_t stride = a->step;
    *taps = (phase_axis){.phase = phase};
    taps->every = (size_t)stride / common_divisor((size_t)stride, (size_t)a->gap);
    ptrdiff_t from = (ptrdiff_t)phase - a->first;
    while (taps->tap < taps->every && taps->tap < a->taps &&
           (from - (ptrdiff_t)taps->tap * a->gap) % stride != 0) {
        taps->tap++;
    }
    window_axis w = {.in = a->out, .out = (a->in - phase + (size_t)stride - 1) / (size_t)stride};
    w.step = 1;
    if (taps->tap < taps->every && taps->tap < a->taps) {
        w.taps = (a->taps - taps->tap + taps->every - 1) / taps->every;
        w.first = (from - (ptrdiff_t)taps->tap * a->gap) / stride;
        w.gap = -(ptrdiff_t)taps->every * a->gap / stride;
    }
    return w;
}

typedef struct job {
    const host_call *call;
    const transposed *f;
    window window; /* of this phase */
    phase_axis axis[WINDOW_AXES];
    size_t k, outputs, columns, column_blocks;
    float *weight; /* [groups, rows, channels, taps of the phase] */
} job;

static void gather_weights(const job *j) {
    const transposed *f = j->f;
    const window_axis *all = f->window.axis, *part = j->window.axis;
    size_t taps = window_taps(&f->window);
    float *to = j->weight;
    for (size_t row = 0; row < f->groups * f->rows; row++) {
        size_t group = row / f->rows;
        for (size_t c = 0; c < f->channels; c++) {
            const float *from = j->call->in[1].f;
            from += ((group * f->channels + c) * f->rows + row % f->rows) * taps;
            for (size_t i = 0; i < window_taps(&j->window); i++) {
                size_t x = i % part[2].taps, y = i / part[2].taps % part[1].taps;
                size_t z = i / part[2].taps / part[1].taps;
                z = j->axis[0].tap + z * j->axis[0].every;
                y = j->axis[1].tap + y * j->axis[1].every;
                x = j->axis[2].tap + x * j->axis[2].every;
                *to++ = from[(z * all[1].taps + y) * all[2].taps + x];
            }
        }
    }
}

/* the outputs [from, to) of the phase in one plane, to their places */
static void spread(const job *j, const float *values, size_t from, size_t to, float *plane) {
    const window_axis *all = j->f->window.axis, *part = j->window.axis;
    for (size_t at = from; at < to;) {
        size_t column = at % part[2].out, row = at / part[2].out;
        size_t n = part[2].out - column < to - at ? part[2].out - column : to - at;
        size_t z = row / part[1].out * (size_t)all[0].step + j->axis[0].phase;
        size_t y = row % part[1].out * (size_t)all[1].step + j->axis[1].phase;
        float *out = plane + (z * all[1].in + y) * all[2].in + j->axis[2].phase;
        out += column * (size_t)all[2].step;
        for (size_t i = 0; i < n; i++) {
            out[i * (size_t)all[2].step] = values[at - from + i];
        }
        at += n;
    }
}

/* item: image, group, block of columns */
static void multiply_block(const void *context, size_t item, float *scratch) {
    const job *j = context;
    const transposed *f = j->f;
    size_t from = item % j->column_blocks * j->columns, plane = item / j->column_blocks;
    size_t to = from + j->columns < j->outputs ? from + j->columns : j->outputs;
    size_t group = plane % f->groups, whole = window_inputs(&f->window);
    const host_array *bias = &j->call->in[2];
    gemm g = host_gemm(j->call);
    g.m = f->rows;
    g.n = g.ldb = g.ldc = to - from;
    g.k = g.lda = j->k;
    g.one_tap = j->k == 1;
    float *matrix = scratch + f->rows * j->columns;
    const float *x = j->call->in[0].f + plane * f->channels * window_inputs(&j->window);
    window_unfold(&j->window, x, f->channels, from, to, matrix);
    g.a = j->weight + group * f->rows * j->k;
    g.b = matrix;
    g.c = scratch;
    host_product_rows(&g, host_absent(bias) ? NULL : bias->f + group * f->rows);
    for (size_t row = 0; row < f->rows; row++) {
        float *out = j->call->out[0].f + (plane * f->rows + row) * whole;
        spread(j, scratch + row * g.n, from, to, out);
    }
}

static anet_code run_phase(job *j) {
    const transposed *f = j->f;
    j->k = f->channels * window_taps(&j->window);
    j->outputs = window_outputs(&j->window);
    j->columns = convolution_columns(j->k ? j->k : 1, j->outputs);
    j->column_blocks = (j->outputs + j->columns - 1) / j->columns;
    gather_weights(j);
    return host_for_items(j->call, f->images * f->groups * j->column_blocks,
                          (f->rows + j->k) * j->columns, multiply_block, j);
}

anet_code host_conv_transpose(const host_call *c) {
    const transposed *f = c->params;
    const window_axis *a = f->window.axis;
    job j = {.call = c, .f = f, .weight = host_scratch(c, c->in[1].shape.n)};
    size_t phases[WINDOW_AXES];
    for (int i = 0; i < WINDOW_AXES; i++) {
        phases[i] = (size_t)a[i].step < a[i].in ? (size_t)a[i].step : a[i].in;
    }
    anet_code code = j.weight ? ANET_OK : c->err->code;
    for (size_t i = 0; i < phases[0] * phases[1] * phases[2] && !code; i++) {
        size_t phase[] = {i / phases[2] / phases[1], i / phases[2] % phases[1], i % phases[2]};
        for (int k = 0; k < WINDOW_AXES; k++) {
            j.window.axis[k] = phase_window(&a[k], phase[k], &j.axis[k]);
        }
        code = run_phase(&j);
    }
    free(j.weight);
    return code;
}
