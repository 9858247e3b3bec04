/* op_attention.c: scaled_dot_product_attention, a block of queries at a time. */
#include "base/simd.h"
#include "host/kernels.h"
#include "host/op_parts.h"

#include <math.h>

enum { BLOCK_ELEMENTS = 1 << 17, MIN_ROWS = 16, MAX_ROWS = 256 };

typedef struct attention {
    nest batch; /* 0..3: query, key, value, mask */
    size_t batches, queries, keys, width, value_width;
    size_t rows; /* of a block */
    float scale;
    bool keep_mask;         /* the mask says what to keep, rather than what to add */
    ptrdiff_t mask_step[2]; /* along queries and keys */
} attention;

/* distances along the batch axes, right-aligned; 0 where the operand repeats */
static bool batch_steps(const shape *s, const shape *out, ptrdiff_t to[MAX_RANK]) {
    ptrdiff_t apart[MAX_RANK];
    shape_steps(s, apart);
    for (int i = 0; i < out->rank - 2; i++) {
        int mine = s->rank - out->rank + i;
        bool there = mine >= 0 && s->dim[mine] != 1;
        if (there && s->dim[mine] != out->dim[i]) {
            return false;
        }
        to[i] = there ? apart[mine] : 0;
    }
    return s->rank <= out->rank;
}

/* one axis of the mask, counted from the end */
static bool mask_step(const shape *mask, int from_end, size_t dim, ptrdiff_t *to) {
    ptrdiff_t apart[MAX_RANK];
    shape_steps(mask, apart);
    int axis = mask->rank - from_end;
    *to = axis >= 0 && mask->dim[axis] != 1 ? apart[axis] : 0;
    return axis < 0 || mask->dim[axis] == 1 || mask->dim[axis] == dim;
}

static bool shapes_fit(attention *f, const host_array *in, const shape *out) {
    const shape *q = &in[0].shape, *k = &in[1].shape, *v = &in[2].shape, *mask = &in[3].shape;
    if (q->rank < 2 || k->rank < 2 || v->rank < 2 || out->rank < 2) {
        return false;
    }
    f->queries = q->dim[q->rank - 2];
    f->width = q->dim[q->rank - 1];
    f->keys = k->dim[k->rank - 2];
    f->value_width = v->dim[v->rank - 1];
    f->batch = (nest){.rank = out->rank - 2, .operands = 4};
    for (int i = 0; i < out->rank - 2; i++) {
        f->batch.dim[i] = out->dim[i];
    }
    bool fit = k->dim[k->rank - 1] == f->width && v->dim[v->rank - 2] == f->keys &&
               out->dim[out->rank - 2] == f->queries && out->dim[out->rank - 1] == f->value_width;
    for (int i = 0; i < 3; i++) {
        fit = fit && batch_steps(&in[i].shape, out, f->batch.step[i]);
    }
    if (!host_absent(&in[3])) {
        fit = fit && batch_steps(mask, out, f->batch.step[3]) &&
              mask_step(mask, 2, f->queries, &f->mask_step[0]) &&
              mask_step(mask, 1, f->keys, &f->mask_step[1]);
    }
    return fit;
}

anet_code host_prepare_attention(planner *p, const mil_op *op, const host_array *in, int ins,
                                 const host_array *out, int outs, const void **params) {
    (void)outs, (void)ins;
    attention *f = ARENA_NEW(p->memory, attention);
    *params = f;
    if (!shapes_fit(f, in, &out[0].shape) || !gemm_fits(f->queries, f->keys, f->width) ||
        !gemm_fits(f->value_width, 0, 0)) {
        return host_fail(p, op, "query, key, value and attn_mask do not fit together");
    }
    f->keep_mask = in[3].dtype == MIL_BOOL;
    f->scale = (float)(1 / sqrt((double)f->width));
    f->batches = nest_count(&f->batch, f->batch.rank);
    size_t rows = BLOCK_ELEMENTS / f->keys;
    rows = rows < MIN_ROWS ? MIN_ROWS : rows > MAX_ROWS ? MAX_ROWS : rows;
    f->rows = rows < f->queries ? rows : f->queries;
    return ANET_OK;
}

ANET_SIMD static void scale_scores(float *x, float by, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] *= by;
    }
}

static void mask_row(const attention *f, const float *mask, float *x) {
    for (size_t i = 0; i < f->keys; i++) {
        float m = mask[(ptrdiff_t)i * f->mask_step[1]];
        x[i] = f->keep_mask ? (m != 0.0f ? x[i] : -INFINITY) : x[i] + m;
    }
}

/* What passes from one product to the other is stored between them on the engine only. */
static void weigh_row(const host_call *c, const float *mask, float *x) {
    const attention *f = c->params;
    const host_numerics *numerics = host_numerics_of(c->numerics);
    host_rounding round = numerics->mac == MAC_FLOAT ? ROUND_NONE : numerics->round;
    scale_scores(x, f->scale, f->keys);
    host_round_strip(round, x, x, f->keys);
    if (mask) {
        mask_row(f, mask, x);
        host_round_strip(round, x, x, f->keys);
    }
    host_softmax_row(x, x, f->keys, round);
}

/* item: batch, block of queries */
static void attend(const void *context, size_t item, float *scratch) {
    const host_call *c = context;
    const attention *f = c->params;
    size_t blocks = (f->queries + f->rows - 1) / f->rows, batch = item / blocks;
    size_t from = item % blocks * f->rows;
    size_t n = f->queries - from < f->rows ? f->queries - from : f->rows;
    const float *at[4] = {NULL};
    for (int i = 0; i < 4; i++) {
        if (!host_absent(&c->in[i])) {
            at[i] = c->in[i].f + nest_offset(&f->batch, i, f->batch.rank, batch);
        }
    }
    gemm scores = host_gemm(c);
    scores.m = n;
    scores.n = f->keys;
    scores.k = f->width;
    scores.transpose_b = true;
    scores.c = scratch;
    scores.a = at[0] + from * f->width;
    scores.b = at[1];
    scores.lda = scores.ldb = f->width;
    scores.ldc = f->keys;
    host_product_rows(&scores, NULL);
    for (size_t i = 0; i < n; i++) {
        const float *mask = at[3] ? at[3] + (ptrdiff_t)(from + i) * f->mask_step[0] : NULL;
        weigh_row(c, mask, scratch + i * f->keys);
    }
    gemm sum = host_gemm(c);
    sum.m = n;
    sum.n = f->value_width;
    sum.k = f->keys;
    sum.a = scratch;
    sum.b = at[2];
    sum.lda = f->keys;
    sum.ldb = sum.ldc = f->value_width;
    sum.c = c->out[0].f + (batch * f->queries + from) * f->value_width;
    host_product_rows(&sum, NULL);
}

anet_code host_attention(const host_call *c) {
    const attention *f = c->params;
    size_t blocks = (f->queries + f->rows - 1) / f->rows;
    return host_for_items(c, f->batches * blocks, f->rows * f->keys, attend, c);
}
