/* op_quantize.c: quantize, dequantize and the constants that are stored quantized. */
#include "host/blocks.h"

#include <math.h>

typedef struct quantization {
    const host_array *x;
    const host_array *out;
    float *scale, *zero; /* of each block */
    double low, high;    /* quantize: what the result's dtype holds */
} quantization;

/* scale * (x - zero) */
static void dequantize(const void *context, size_t at, size_t n, size_t entry, size_t by) {
    const quantization *q = context;
    float *to = q->out->f + at;
    host_to_floats(q->x, at, n, to);
    const float *scale = q->scale + entry, *zero = q->zero + entry;
    if (by == 0) {
        float s = *scale, z = *zero;
        for (size_t i = 0; i < n; i++) {
            to[i] = s * (to[i] - z);
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = scale[i] * (to[i] - zero[i]);
    }
}

/* round(x / scale) + zero, ties to even, kept inside the dtype; NaN is zero */
static void quantize(const void *context, size_t at, size_t n, size_t entry, size_t by) {
    const quantization *q = context;
    for (size_t i = 0; i < n; i++) {
        size_t e = entry + i * by;
        double x = rint((double)q->x->f[at + i] / (double)q->scale[e]);
        x = (isnan(x) ? 0 : x) + (double)q->zero[e];
        q->out->i[at + i] = (int32_t)(x < q->low ? q->low : x > q->high ? q->high : x);
    }
}

static void run(const host_call *c, const host_blocks *b, quantization *q, const host_array *scale,
                const host_array *zero, host_stretch_fn *body) {
    q->x = &c->in[0];
    q->out = &c->out[0];
    q->scale = host_float_entries(scale, b->entries);
    q->zero = host_float_entries(zero, b->entries);
    host_for_blocks(c->pool, b, body, q);
    free(q->scale);
    free(q->zero);
}

/* x scale zero_point axis: scale and zero_point are one number, or one for each index of the axis
 */
static anet_code along_axis(const host_call *c, quantization *q, host_stretch_fn *body) {
    const shape *x = &c->in[0].shape;
    const host_array *scale = &c->in[1], *zero = &c->in[2];
    size_t most = zero->shape.n > scale->shape.n ? zero->shape.n : scale->shape.n;
    int axis = 0;
    host_blocks b;
    anet_code code = host_want_result(c, 0, x);
    if (!code && most > 1) {
        code = c->in[3].dtype ? host_find_axis(c, &c->in[3], 0, x->rank, &axis)
                              : host_call_fail(c, "axis is missing");
    }
    bool fits = most <= 1 || (!code && most == x->dim[axis]);
    if (!code && (!fits || scale->shape.n < 1 || (scale->shape.n > 1 && scale->shape.n != most) ||
                  (zero->shape.n > 1 && zero->shape.n != most))) {
        code = host_call_fail(c,
                              "scale and zero_point are neither one number nor one for each "
                              "index of axis %d",
                              axis);
    }
    code = code ? code : host_cut_axis(c, x, axis, most > 1 ? most : 1, &b);
    if (!code) {
        run(c, &b, q, scale, zero, body);
    }
    return code;
}

anet_code host_dequantize(const host_call *c) {
    quantization q = {0};
    return along_axis(c, &q, dequantize);
}

anet_code host_quantize(const host_call *c) {
    mil_dtype t = c->out[0].dtype;
    int bits = mil_dtype_bits(t);
    bool is_signed = mil_dtype_name(t)[0] == 'i';
    quantization q = {.low = is_signed ? -ldexp(1, bits - 1) : 0};
    q.high = ldexp(1, is_signed ? bits - 1 : bits) - 1;
    if (!mil_is_integer(t) || bits > 16 || mil_is_integer(c->in[0].dtype)) {
        return host_call_fail(c, "the host device quantizes floats to small integers only");
    }
    return along_axis(c, &q, quantize);
}

/* The blocks of `data` that the shape of `scale` says; offset is missing or has that shape. */
static anet_code cut_by_scale(const host_call *c, const shape *data, const host_array *scale,
                              const host_array *offset, host_blocks *b) {
    anet_code code = host_want_rank(c, "scale", scale, data->rank);
    if (!code && offset->dtype && !shape_same(&offset->shape, &scale->shape)) {
        code = host_call_fail(c, "offset has not the shape of scale");
    }
    return code ? code : host_cut_blocks(c, data, scale->shape.dim, b);
}

/* data scale offset */
anet_code host_blockwise_shift_scale(const host_call *c) {
    host_blocks b;
    quantization q = {0};
    anet_code code = host_want_result(c, 0, &c->in[0].shape);
    code = code ? code : cut_by_scale(c, &c->in[0].shape, &c->in[1], &c->in[2], &b);
    if (!code) {
        run(c, &b, &q, &c->in[1], &c->in[2], dequantize);
    }
    return code;
}

/* data_mask nonzero_data scale offset: the elements where the mask is 1, whose blocks are those of
 * the whole; results: the mask, the elements */
anet_code host_sparse_blockwise_shift_scale(const host_call *c) {
    const host_array *mask = &c->in[0], *data = &c->in[1], *scale = &c->in[2], *offset = &c->in[3];
    host_blocks b;
    anet_code code = host_want_result(c, 0, &mask->shape);
    code = code ? code : host_want_result(c, 1, &data->shape);
    code = code ? code : cut_by_scale(c, &mask->shape, scale, offset, &b);
    code = code ? code : host_want_ones(c, mask, data->shape.n);
    if (code) {
        return code;
    }
    size_t k = 0;
    for (size_t i = 0; i < mask->shape.n; i++) {
        host_words(&c->out[0])[i] = host_words(mask)[i];
        if (host_words(mask)[i]) {
            size_t entry = host_block_entry(&b, i);
            double zero = offset->dtype ? host_number_at(offset, entry) : 0;
            c->out[1].f[k] =
                (float)(host_number_at(scale, entry) * (host_number_at(data, k) - zero));
            k++;
        }
    }
    return ANET_OK;
}
