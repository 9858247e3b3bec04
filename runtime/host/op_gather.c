/* op_gather.c: gather, gather_along_axis, gather_nd. Indices may be negative: they count from the
 * end, whatever validate_indices says; any other index outside the axis ends the run. */
#include "host/calls.h"

#include <string.h>

enum { GRAIN = 16384 };

typedef struct rows { /* x is [batch, mid, length, inner], the result [batch, mid, count, inner] */
    const host_word *from;
    host_word *to;
    const int32_t *index; /* [batch, count] */
    size_t mid, length, inner, count;
} rows;

/* rows [from, to) of one block of the result */
static void gather_block(const rows *g, size_t block, size_t from, size_t to) {
    const host_word *x = g->from + block * g->length * g->inner;
    const int32_t *index = g->index + block / g->mid * g->count;
    host_word *out = g->to + block * g->count * g->inner;
    for (size_t i = from; i < to; i++) {
        size_t at = host_place(index[i], g->length);
        if (g->inner == 1) {
            out[i] = x[at];
        } else {
            memcpy(out + i * g->inner, x + at * g->inner, g->inner * sizeof *out);
        }
    }
}

static void gather_rows(const void *context, size_t begin, size_t end) {
    const rows *g = context;
    while (begin < end) {
        size_t at = begin % g->count, left = g->count - at;
        size_t n = left < end - begin ? left : end - begin;
        gather_block(g, begin / g->count, at, at + n);
        begin += n;
    }
}

static anet_code get_batch_dims(const host_call *c, const host_array *a, int most, int *n) {
    int64_t given = host_whole(a, 0);
    *n = (int)given;
    if (given < 0 || given > most) {
        return host_call_fail(c, "batch_dims %lld is outside [0, %d]", (long long)given, most);
    }
    for (int i = 0; i < *n; i++) {
        if (c->in[0].shape.dim[i] != c->in[1].shape.dim[i]) {
            return host_call_fail(c, "x and indices differ in batch axis %d", i);
        }
    }
    return ANET_OK;
}

/* appends dims [from, to) of `s`; false when there are too many */
static bool append_dims(shape *to, const shape *s, int from, int end) {
    for (int i = from; i < end; i++) {
        if (!host_insert_axis(to, to->rank, s->dim[i])) {
            return false;
        }
    }
    return true;
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* x indices axis batch_dims */
anet_code host_gather(const host_call *c) {
    const shape *x = &c->in[0].shape, *at = &c->in[1].shape;
    int axis, batch;
    anet_code code = host_find_axis(c, &c->in[2], 0, x->rank, &axis);
    code = code ? code : get_batch_dims(c, &c->in[3], smaller(axis, at->rank), &batch);
    if (code) {
        return code;
    }
    shape s = {.rank = 0};
    if (!append_dims(&s, x, 0, axis) || !append_dims(&s, at, batch, at->rank) ||
        !append_dims(&s, x, axis + 1, x->rank)) {
        return host_call_fail(c, "the result has more than %d axes", MAX_RANK);
    }
    code = host_want_result(c, 0, &s);
    code = code ? code : host_want_indices(c, &c->in[1], x->dim[axis]);
    if (!code) {
        rows g = {.from = host_words(&c->in[0]), .to = host_words(&c->out[0])};
        g.index = c->in[1].i;
        g.mid = shape_span(x, batch, axis);
        g.length = x->dim[axis];
        g.inner = shape_span(x, axis + 1, x->rank);
        g.count = shape_span(at, batch, at->rank);
        host_for_ranges(c->pool, shape_span(x, 0, axis) * g.count, GRAIN / g.inner + 1, gather_rows,
                        &g);
    }
    return code;
}

typedef struct lines { /* x is [outer, length, inner], indices and the result [outer, count, inner]
                        */
    const host_word *from;
    host_word *to;
    const int32_t *index;
    size_t length, count, inner;
} lines;

static void gather_lines(const void *context, size_t begin, size_t end) {
    const lines *g = context;
    for (size_t row = begin; row < end; row++) {
        const host_word *from = g->from + row / g->count * g->length * g->inner;
        for (size_t j = 0, at = row * g->inner; j < g->inner; j++, at++) {
            g->to[at] = from[host_place(g->index[at], g->length) * g->inner + j];
        }
    }
}

/* x indices axis */
anet_code host_gather_along_axis(const host_call *c) {
    const shape *x = &c->in[0].shape, *at = &c->in[1].shape;
    int axis;
    anet_code code = host_find_axis(c, &c->in[2], 0, x->rank, &axis);
    if (code) {
        return code;
    }
    shape s = *x;
    s.dim[axis] = at->rank == x->rank ? at->dim[axis] : 0;
    if (!shape_same(&s, at)) {
        return host_call_fail(c, "indices differ from x in another axis than %d", axis);
    }
    code = host_want_result(c, 0, &s);
    code = code ? code : host_want_indices(c, &c->in[1], x->dim[axis]);
    if (!code) {
        lines g = {.from = host_words(&c->in[0]), .to = host_words(&c->out[0])};
        g.index = c->in[1].i;
        g.length = x->dim[axis];
        g.count = s.dim[axis];
        g.inner = shape_span(x, axis + 1, x->rank);
        host_for_ranges(c->pool, shape_span(&s, 0, axis + 1), GRAIN / g.inner + 1, gather_lines,
                        &g);
    }
    return code;
}

typedef struct points { /* x is [batch, k axes, inner], indices [batch, count, k] */
    const host_word *from;
    host_word *to;
    const int32_t *index;
    const size_t *dim;            /* of the k axes */
    size_t k, count, span, inner; /* span: elements of a batch of x */
} points;

static void gather_points(const void *context, size_t begin, size_t end) {
    const points *g = context;
    for (size_t i = begin; i < end; i++) {
        size_t at = host_point_place(g->index + i * g->k, g->dim, g->k);
        memcpy(g->to + i * g->inner, g->from + i / g->count * g->span + at * g->inner,
               g->inner * sizeof *g->to);
    }
}

/* x indices batch_dims */
anet_code host_gather_nd(const host_call *c) {
    const shape *x = &c->in[0].shape, *at = &c->in[1].shape;
    int batch;
    if (at->rank == 0) {
        return host_call_fail(c, "indices need at least one axis");
    }
    anet_code code = get_batch_dims(c, &c->in[2], smaller(x->rank, at->rank - 1), &batch);
    if (code) {
        return code;
    }
    size_t k = at->dim[at->rank - 1];
    if (k < 1 || k > (size_t)(x->rank - batch)) {
        return host_call_fail(c, "indices name %zu axes, but x has %d", k, x->rank - batch);
    }
    int first = batch + (int)k;
    shape s = {.rank = 0};
    if (!append_dims(&s, at, 0, at->rank - 1) || !append_dims(&s, x, first, x->rank)) {
        return host_call_fail(c, "the result has more than %d axes", MAX_RANK);
    }
    code = host_want_result(c, 0, &s);
    code = code ? code : host_want_points(c, &c->in[1], x->dim + batch, k);
    if (!code) {
        points g = {.from = host_words(&c->in[0]), .to = host_words(&c->out[0])};
        g.index = c->in[1].i;
        g.dim = x->dim + batch;
        g.k = k;
        g.count = shape_span(at, batch, at->rank - 1);
        g.span = shape_span(x, batch, x->rank);
        g.inner = shape_span(x, first, x->rank);
        host_for_ranges(c->pool, at->n / k, GRAIN / g.inner + 1, gather_points, &g);
    }
    return code;
}
