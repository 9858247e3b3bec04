/* op_conv.c: conv and conv_quantized. */
#include "host/convolution.h"
#include "host/kernels.h"
#include "host/op_parts.h"

typedef struct conv {
    convolution v;
    bool depthwise;
} conv;

static anet_code check_shapes(planner *p, const mil_op *op, const shape *x, const shape *weight,
                              const shape *bias, const shape *out, int64_t groups) {
    size_t g = (size_t)groups;
    if (weight->rank != x->rank || out->rank != x->rank || x->rank < 3 || weight->dim[0] % g != 0 ||
        weight->dim[1] * g != x->dim[1] || out->dim[0] != x->dim[0] ||
        out->dim[1] != weight->dim[0] || (bias && bias->n != weight->dim[0])) {
        return host_fail(p, op, "x, weight, bias and groups do not fit together");
    }
    return ANET_OK;
}

anet_code host_prepare_conv(planner *p, const mil_op *op, const host_array *in, int ins,
                            const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    const shape *x = &in[0].shape, *weight = &in[1].shape;
    const shape *bias = host_absent(&in[2]) ? NULL : &in[2].shape;
    int64_t groups;
    conv *f = ARENA_NEW(p->memory, conv);
    *params = f;
    anet_code code = host_integer(p, op, "groups", 1, 1, INT32_MAX, &groups);
    code = code ? code : check_shapes(p, op, x, weight, bias, &out[0].shape, groups);
    code = code ? code : host_plan_window(p, op, x, &out[0].shape, weight->dim + 2, &f->v.window);
    if (!code) {
        f->v.images = x->dim[0];
        f->v.groups = (size_t)groups;
        f->v.channels = weight->dim[1];
        f->v.rows = weight->dim[0] / f->v.groups;
        /* the engine's own sums are the products' matter */
        bool plain = host_numerics_of(p->numerics)->mac == MAC_FLOAT;
        f->depthwise = f->v.channels == 1 && plain;
        size_t k = weight->n / weight->dim[0];
        if (!gemm_fits(f->v.rows, window_outputs(&f->v.window), k)) {
            code = host_fail(p, op, "matrices beyond 2^31 rows or columns are not supported");
        }
    }
    return code;
}

static anet_code run(const host_call *c, const float *weight) {
    const conv *f = c->params;
    const float *bias = host_absent(&c->in[2]) ? NULL : c->in[2].f;
    return (f->depthwise ? host_convolve_depthwise : host_convolve)(c, &f->v, c->in[0].f, weight,
                                                                    bias, c->out[0].f);
}

anet_code host_conv(const host_call *c) {
    return run(c, c->in[1].f);
}

/* --- quantized: weight = weight * quant_scale + quant_bias --- */

static bool one_or_each(const host_array *a, size_t rows) {
    return !host_absent(a) && (a->shape.n == 1 || a->shape.n == rows);
}

anet_code host_prepare_conv_quantized(planner *p, const mil_op *op, const host_array *in, int ins,
                                      const host_array *out, int outs, const void **params) {
    static const char *const types[] = {"linear", NULL};
    int type;
    anet_code code = host_choice(p, op, "quantization_type", types, 0, &type);
    if (!code && !host_absent(&in[2]) && !mil_is_float(in[2].dtype)) {
        code = host_fail(p, op, "what a quantized bias means is not known");
    }
    if (!code &&
        (!one_or_each(&in[3], in[1].shape.dim[0]) || !one_or_each(&in[4], in[1].shape.dim[0]))) {
        code = host_fail(p, op, "quant_scale and quant_bias need one number, or one per channel");
    }
    return code ? code : host_prepare_conv(p, op, in, ins, out, outs, params);
}

anet_code host_conv_quantized(const host_call *c) {
    const host_array *q = &c->in[1], *scale = &c->in[3], *bias = &c->in[4];
    float *weight = host_scratch(c, q->shape.n);
    if (!weight) {
        return c->err->code;
    }
    size_t rows = q->shape.dim[0], each = q->shape.n / rows;
    for (size_t i = 0; i < q->shape.n; i++) {
        size_t row = i / each;
        weight[i] = (float)q->i[i] * scale->f[scale->shape.n == 1 ? 0 : row] +
                    bias->f[bias->shape.n == 1 ? 0 : row];
    }
    anet_code code = run(c, weight);
    free(weight);
    return code;
}
