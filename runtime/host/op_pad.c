/* op_pad.c: pad and tile: each axis of the result has a table of where its elements come from. */
#include "host/calls.h"

#include <string.h>

/* Stretches of the last axis that come from neighbours in x, from one element of it, or from
 * nowhere: the fill value. */
typedef struct stretch {
    size_t to, n;
    ptrdiff_t from; /* -1: nowhere */
    ptrdiff_t by;   /* from one to the next: 1 or 0 */
} stretch;

typedef struct mapping {
    const host_word *from;
    host_word *to, fill;
    const shape *x, *result;
    ptrdiff_t *source[MAX_RANK]; /* of each index of each axis; -1: nowhere */
    size_t stretches;
    stretch *stretch;
} mapping;

enum { PAD_CONSTANT, PAD_REFLECT, PAD_REPLICATE };

static void fill_row(const mapping *m, host_word *to, const host_word *from) {
    for (size_t k = 0; k < m->stretches; k++) {
        const stretch *s = &m->stretch[k];
        if (from && s->by) {
            memcpy(to + s->to, from + s->from, s->n * sizeof *to);
            continue;
        }
        host_word w = from && s->from >= 0 ? from[s->from] : m->fill;
        for (size_t i = 0; i < s->n; i++) {
            to[s->to + i] = w;
        }
    }
}

static void map_rows(const void *context, size_t begin, size_t end) {
    const mapping *m = context;
    int last = m->x->rank - 1;
    for (size_t row = begin; row < end; row++) {
        size_t rest = row, at = 0, span = m->x->dim[last];
        bool exists = true;
        for (int axis = last - 1; axis >= 0; axis--) {
            ptrdiff_t i = m->source[axis][rest % m->result->dim[axis]];
            rest /= m->result->dim[axis];
            exists = exists && i >= 0;
            at += (size_t)(i < 0 ? 0 : i) * span;
            span *= m->x->dim[axis];
        }
        fill_row(m, m->to + row * m->result->dim[last], exists ? m->from + at : NULL);
    }
}

static void find_stretches(mapping *m) {
    int last = m->x->rank - 1;
    size_t n = m->result->dim[last];
    const ptrdiff_t *source = m->source[last];
    m->stretch = anet_calloc(n, sizeof *m->stretch);
    for (size_t i = 0; i < n; i++) {
        stretch *s = m->stretches ? &m->stretch[m->stretches - 1] : NULL;
        ptrdiff_t by = i ? source[i] - source[i - 1] : 0;
        if (s && (by == 0 || (by == 1 && s->from >= 0)) && (s->n == 1 || s->by == by)) {
            s->by = by;
            s->n++;
        } else {
            m->stretch[m->stretches++] = (stretch){i, 1, source[i], 0};
        }
    }
}

/* Runs a mapping whose tables are filled in; frees them. x has at least one axis. */
static void run_mapping(const host_call *c, mapping *m) {
    int last = m->x->rank - 1;
    size_t row = m->result->dim[last];
    find_stretches(m);
    m->from = host_words(&c->in[0]);
    m->to = host_words(&c->out[0]);
    host_for_ranges(c->pool, m->result->n / row, 16384 / row + 1, map_rows, m);
    free(m->stretch);
}

static void make_tables(mapping *m) {
    for (int i = 0; i < m->x->rank; i++) {
        m->source[i] = anet_calloc(m->result->dim[i], sizeof *m->source[i]);
    }
}

static void free_tables(mapping *m) {
    for (int i = 0; i < m->x->rank; i++) {
        free(m->source[i]);
    }
}

/* index i of an axis of n, which may lie outside it */
static ptrdiff_t pad_source(int mode, ptrdiff_t i, ptrdiff_t n) {
    if (i >= 0 && i < n) {
        return i;
    }
    switch (mode) {
    case PAD_REFLECT:
        return i < 0 ? -i : 2 * (n - 1) - i;
    case PAD_REPLICATE:
        return i < 0 ? 0 : n - 1;
    default:
        return -1;
    }
}

/* how much goes in front of each axis and behind it; `pad` is about the last axes */
static anet_code get_padding(const host_call *c, int mode, int64_t before[MAX_RANK], shape *s) {
    const shape *x = &c->in[0].shape;
    const host_array *pad = &c->in[1];
    size_t pairs = pad->shape.n / 2, skip = (size_t)x->rank - pairs;
    if (pad->shape.n % 2 || pairs > (size_t)x->rank || x->rank == 0) {
        return host_call_fail(c, "%zu numbers are no padding for rank %d", pad->shape.n, x->rank);
    }
    *s = *x;
    for (int i = 0; i < x->rank; i++) {
        size_t pair = (size_t)i - skip;
        bool has = (size_t)i >= skip;
        int64_t after = has ? host_whole_at(pad, 2 * pair + 1) : 0, n = (int64_t)x->dim[i];
        before[i] = has ? host_whole_at(pad, 2 * pair) : 0;
        if (before[i] < 0 || after < 0) {
            return host_call_fail(c, "pad holds a negative number");
        }
        if (mode == PAD_REFLECT && (before[i] >= n || after >= n)) {
            return host_call_fail(c, "axis %d has %lld elements, too few to reflect %lld", i,
                                  (long long)n, (long long)(before[i] > after ? before[i] : after));
        }
        s->dim[i] = (size_t)(before[i] + n + after);
    }
    return host_want_result(c, 0, s);
}

anet_code host_prepare_pad(planner *p, const mil_op *op, const host_array *in, int ins,
                           const host_array *out, int outs, const void **params) {
    static const char *const modes[] = {"constant", "reflect", "replicate", NULL};
    (void)in, (void)ins, (void)out, (void)outs;
    return host_prepare_choice(p, op, "mode", modes, params);
}

/* x pad constant_val */
anet_code host_pad(const host_call *c) {
    int mode = *(const int *)c->params;
    int64_t before[MAX_RANK];
    shape s;
    anet_code code = get_padding(c, mode, before, &s);
    if (code) {
        return code;
    }
    mapping m = {.x = &c->in[0].shape, .result = &c->out[0].shape};
    m.fill = host_is_given(&c->in[2]) ? host_words(&c->in[2])[0] : 0;
    make_tables(&m);
    for (int axis = 0; axis < s.rank; axis++) {
        for (size_t i = 0; i < s.dim[axis]; i++) {
            m.source[axis][i] =
                pad_source(mode, (ptrdiff_t)i - before[axis], (ptrdiff_t)m.x->dim[axis]);
        }
    }
    run_mapping(c, &m);
    free_tables(&m);
    return ANET_OK;
}

/* x reps: numbers below 1 mean 1, as old converters have it */
anet_code host_tile(const host_call *c) {
    shape s = c->in[0].shape;
    anet_code code = host_want_length(c, "reps", &c->in[1], (size_t)s.rank);
    for (int i = 0; i < s.rank && !code; i++) {
        int64_t reps = host_whole_at(&c->in[1], (size_t)i);
        if (reps > (int64_t)(MAX_ELEMENTS / s.dim[i])) {
            return host_call_fail(c, "the result needs more than 64 GiB");
        }
        s.dim[i] *= reps < 1 ? 1 : (size_t)reps;
    }
    code = code ? code : host_want_result(c, 0, &s);
    if (code) {
        return code;
    }
    if (s.rank == 0) {
        host_words(&c->out[0])[0] = host_words(&c->in[0])[0];
        return ANET_OK;
    }
    mapping m = {.x = &c->in[0].shape, .result = &c->out[0].shape};
    make_tables(&m);
    for (int axis = 0; axis < s.rank; axis++) {
        for (size_t i = 0; i < s.dim[axis]; i++) {
            m.source[axis][i] = (ptrdiff_t)(i % m.x->dim[axis]);
        }
    }
    run_mapping(c, &m);
    free_tables(&m);
    return ANET_OK;
}
