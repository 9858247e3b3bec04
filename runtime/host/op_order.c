/* op_order.c: reverse, reverse_sequence, crop, sliding_windows, band_part: the elements of x in
 * another order, or only some of them. */
#include "host/calls.h"

#include <string.h>

/* the axes that `axes` names; all when it is missing */
static anet_code get_axes(const host_call *c, const host_array *axes, int rank, bool *named) {
    for (int i = 0; i < rank; i++) {
        named[i] = !axes->dtype;
    }
    for (size_t i = 0; i < axes->shape.n; i++) {
        int64_t axis = host_whole_at(axes, i);
        if (axis < -rank || axis >= rank) {
            return host_call_fail(c, "axis %lld does not exist in rank %d", (long long)axis, rank);
        }
        named[axis < 0 ? axis + rank : axis] = true;
    }
    return ANET_OK;
}

/* x axes */
anet_code host_reverse(const host_call *c) {
    const shape *x = &c->in[0].shape;
    bool named[MAX_RANK];
    anet_code code = get_axes(c, &c->in[1], x->rank, named);
    code = code ? code : host_want_result(c, 0, x);
    nest l = {.rank = x->rank, .operands = 2};
    size_t at = 0;
    shape_steps(x, l.step[0]);
    shape_steps(x, l.step[1]);
    for (int i = 0; i < x->rank && !code; i++) {
        l.dim[i] = x->dim[i];
        if (named[i]) {
            at += (x->dim[i] - 1) * (size_t)l.step[0][i];
            l.step[0][i] = -l.step[0][i];
        }
    }
    if (!code) {
        host_copy_part(c, &l, &c->in[0], at, &c->out[0], 0);
    }
    return code;
}

typedef struct sequences {
    const host_word *from;
    host_word *to;
    const host_array *lengths;
    size_t dim[2], span[2]; /* of the sequence and of the batch axis; elements behind each */
    size_t inner;           /* behind both */
} sequences;

static void reverse_rows(const void *context, size_t begin, size_t end) {
    const sequences *s = context;
    for (size_t row = begin; row < end; row++) {
        size_t at = row * s->inner, i = at / s->span[0] % s->dim[0];
        size_t batch = at / s->span[1] % s->dim[1], from = at;
        size_t length = (size_t)host_whole_at(s->lengths, batch);
        if (i < length) {
            from = at - i * s->span[0] + (length - 1 - i) * s->span[0];
        }
        memcpy(s->to + at, s->from + from, s->inner * sizeof *s->to);
    }
}

/* x lengths seq_axis batch_axis */
anet_code host_reverse_sequence(const host_call *c) {
    const shape *x = &c->in[0].shape;
    const host_array *lengths = &c->in[1];
    int axis[2];
    anet_code code = host_find_axis(c, &c->in[2], 0, x->rank, &axis[0]);
    code = code ? code : host_find_axis(c, &c->in[3], 0, x->rank, &axis[1]);
    code = code ? code : host_want_result(c, 0, x);
    code = code ? code : host_want_length(c, "lengths", lengths, x->dim[axis[1]]);
    for (size_t i = 0; i < lengths->shape.n && !code; i++) {
        int64_t length = host_whole_at(lengths, i);
        if (length < 0 || length > (int64_t)x->dim[axis[0]]) {
            code = host_call_fail(c, "length %lld is outside [0, %zu]", (long long)length,
                                  x->dim[axis[0]]);
        }
    }
    if (code) {
        return code;
    }
    sequences s = {.from = host_words(&c->in[0]), .to = host_words(&c->out[0]), .lengths = lengths};
    for (int k = 0; k < 2; k++) {
        s.dim[k] = x->dim[axis[k]];
        s.span[k] = shape_span(x, axis[k] + 1, x->rank);
    }
    s.inner = s.span[0] < s.span[1] ? s.span[0] : s.span[1];
    host_for_ranges(c->pool, x->n / s.inner, 4096 / s.inner + 1, reverse_rows, &s);
    return ANET_OK;
}

/* x crop_height crop_width */
anet_code host_crop(const host_call *c) {
    shape kept = c->in[0].shape;
    size_t at = 0;
    ptrdiff_t steps[MAX_RANK];
    if (kept.rank < 2) {
        return host_call_fail(c, "x needs at least two axes");
    }
    nest l = {.rank = kept.rank, .operands = 2};
    shape_steps(&kept, steps);
    for (int k = 0; k < 2; k++) {
        const host_array *crop = &c->in[1 + k];
        anet_code code = host_want_length(c, k ? "crop_width" : "crop_height", crop, 2);
        if (code) {
            return code;
        }
        int64_t first = host_whole_at(crop, 0), last = host_whole_at(crop, 1);
        int axis = kept.rank - 2 + k;
        if (first < 0 || last < 0 || first + last >= (int64_t)kept.dim[axis]) {
            return host_call_fail(c, "a crop of %lld and %lld leaves nothing of %zu",
                                  (long long)first, (long long)last, kept.dim[axis]);
        }
        at += (size_t)(first * steps[axis]);
        kept.dim[axis] -= (size_t)(first + last);
    }
    memcpy(l.dim, kept.dim, sizeof kept.dim);
    memcpy(l.step[0], steps, sizeof steps);
    shape_steps(&kept, l.step[1]);
    anet_code code = host_want_result(c, 0, &kept);
    if (!code) {
        host_copy_part(c, &l, &c->in[0], at, &c->out[0], 0);
    }
    return code;
}

/* x axis size stride: the axis becomes [windows, size] */
anet_code host_sliding_windows(const host_call *c) {
    shape s = c->in[0].shape;
    int axis;
    int64_t size = host_whole(&c->in[2], 0), stride = host_whole(&c->in[3], 1);
    ptrdiff_t steps[MAX_RANK];
    anet_code code = host_find_axis(c, &c->in[1], 0, s.rank, &axis);
    if (!code && (size < 1 || stride < 1 || size > (int64_t)s.dim[axis])) {
        code = host_call_fail(c, "windows of %lld every %lld do not fit", (long long)size,
                              (long long)stride);
    }
    if (code) {
        return code;
    }
    nest l = {.operands = 2};
    shape_steps(&s, steps);
    s.dim[axis] = (s.dim[axis] - (size_t)size) / (size_t)stride + 1;
    if (!host_insert_axis(&s, axis + 1, (size_t)size)) {
        return host_call_fail(c, "the result has more than %d axes", MAX_RANK);
    }
    l.rank = s.rank;
    memcpy(l.dim, s.dim, sizeof s.dim);
    shape_steps(&s, l.step[1]);
    for (int i = 0; i < s.rank; i++) {
        l.step[0][i] = steps[i > axis ? i - 1 : i] * (i == axis ? (ptrdiff_t)stride : 1);
    }
    code = host_want_result(c, 0, &s);
    if (!code) {
        host_copy_part(c, &l, &c->in[0], 0, &c->out[0], 0);
    }
    return code;
}

typedef struct band {
    const host_word *from;
    host_word *to;
    size_t rows, columns;
    int64_t lower, upper; /* diagonals to keep; negative: all */
} band;

static void keep_band(const void *context, size_t begin, size_t end) {
    const band *b = context;
    for (size_t i = begin; i < end; i++) {
        int64_t row = (int64_t)(i % b->rows), columns = (int64_t)b->columns;
        int64_t first = b->lower < 0 || b->lower > row ? 0 : row - b->lower;
        int64_t stop = b->upper < 0 || row + b->upper + 1 > columns ? columns : row + b->upper + 1;
        const host_word *from = b->from + i * b->columns;
        host_word *to = b->to + i * b->columns;
        for (int64_t j = 0; j < columns; j++) {
            to[j] = j >= first && j < stop ? from[j] : 0;
        }
    }
}

/* x lower upper */
anet_code host_band_part(const host_call *c) {
    const shape *x = &c->in[0].shape;
    if (x->rank < 2) {
        return host_call_fail(c, "x needs at least two axes");
    }
    band b = {.from = host_words(&c->in[0]), .to = host_words(&c->out[0])};
    b.rows = x->dim[x->rank - 2];
    b.columns = x->dim[x->rank - 1];
    b.lower = host_whole(&c->in[1], -1);
    b.upper = host_whole(&c->in[2], -1);
    anet_code code = host_want_result(c, 0, x);
    if (!code) {
        host_for_ranges(c->pool, x->n / b.columns, 16384 / b.columns + 1, keep_band, &b);
    }
    return code;
}
