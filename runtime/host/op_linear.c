/* op_linear.c: linear: x * weight^T + bias. */
#include "host/kernels.h"
#include "host/op_parts.h"

typedef struct linear {
    size_t rows, inputs, outputs;
    bool integers;
} linear;

anet_code host_prepare_linear(planner *p, const mil_op *op, const host_array *in, int ins,
                              const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    const shape *x = &in[0].shape, *weight = &in[1].shape;
    bool bias = !host_absent(&in[2]);
    if (x->rank < 1 || weight->rank != 2 || weight->dim[1] != x->dim[x->rank - 1] ||
        (bias && in[2].shape.n != weight->dim[0] && in[2].shape.n != 1)) {
        return host_fail(p, op, "x, weight and bias do not fit together");
    }
    linear *f = ARENA_NEW(p->memory, linear);
    *params = f;
    f->inputs = weight->dim[1];
    f->outputs = weight->dim[0];
    f->rows = x->n / f->inputs;
    f->integers = mil_is_integer(in[0].dtype);
    for (int i = 0; i < 3; i++) {
        if (!host_absent(&in[i]) && mil_is_integer(in[i].dtype) != f->integers) {
            return host_fail(p, op, "the host device does not mix integers and floats here");
        }
    }
    if (out[0].shape.n != f->rows * f->outputs || !gemm_fits(f->rows, f->outputs, f->inputs)) {
        return host_fail(p, op, "matrices of this size are not supported");
    }
    return ANET_OK;
}

/* integers wrap around */
static void integer_rows(const void *context, size_t from, size_t to) {
    const host_call *c = context;
    const linear *f = c->params;
    const host_array *bias = &c->in[2];
    for (size_t i = from; i < to; i++) {
        const int32_t *x = c->in[0].i + i * f->inputs;
        for (size_t j = 0; j < f->outputs; j++) {
            const int32_t *weight = c->in[1].i + j * f->inputs;
            uint32_t sum = host_absent(bias) ? 0 : (uint32_t)bias->i[bias->shape.n == 1 ? 0 : j];
            for (size_t k = 0; k < f->inputs; k++) {
                sum += (uint32_t)x[k] * (uint32_t)weight[k];
            }
            c->out[0].i[i * f->outputs + j] = (int32_t)sum;
        }
    }
}

anet_code host_linear(const host_call *c) {
    const linear *f = c->params;
    if (f->integers) {
        host_for_ranges(c->pool, f->rows, 1, integer_rows, c);
        return ANET_OK;
    }
    gemm g = host_gemm(c);
    g.m = f->rows;
    g.n = f->outputs;
    g.k = f->inputs;
    g.transpose_b = true;
    g.lda = g.ldb = f->inputs;
    g.ldc = f->outputs;
    g.a = c->in[0].f;
    g.b = c->in[1].f;
    g.c = c->out[0].f;
    host_product_columns(c, &g, &c->in[2]);
    return ANET_OK;
}
