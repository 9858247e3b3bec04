/* blocks.c: tensors in blocks that share an entry. */
#include "host/blocks.h"

#include <string.h>

/* whether axis `a` and the one behind it can be one: the entry does not change along the latter, or
 * changes with every element of both */
static bool joins(const host_blocks *b, size_t dim, size_t block) {
    return block == dim || (block == 1 && b->block[b->rank - 1] == 1);
}

anet_code host_cut_blocks(const host_call *c, const shape *whole, const size_t *entries,
                          host_blocks *b) {
    *b = (host_blocks){.rank = 1, .n = whole->n, .dim = {1}, .block = {1}, .entries = 1};
    for (int i = 0; i < whole->rank; i++) {
        size_t dim = whole->dim[i];
        if (entries[i] < 1 || dim % entries[i]) {
            return host_call_fail(c, "%zu elements of axis %d are no multiple of %zu blocks", dim,
                                  i, entries[i]);
        }
        size_t block = dim / entries[i];
        b->entries *= entries[i];
        if (joins(b, dim, block)) {
            b->dim[b->rank - 1] *= dim;
            b->block[b->rank - 1] *= block;
        } else {
            b->dim[b->rank] = dim;
            b->block[b->rank++] = block;
        }
    }
    return ANET_OK;
}

anet_code host_cut_axis(const host_call *c, const shape *whole, int axis, size_t n,
                        host_blocks *b) {
    size_t entries[MAX_RANK];
    for (int i = 0; i < whole->rank; i++) {
        entries[i] = i == axis ? n : 1;
    }
    return host_cut_blocks(c, whole, entries, b);
}

size_t host_block_entry(const host_blocks *b, size_t at) {
    size_t entry = 0, span = 1;
    for (int i = b->rank - 1; i >= 0; i--) {
        entry += at % b->dim[i] / b->block[i] * span;
        at /= b->dim[i];
        span *= b->dim[i] / b->block[i];
    }
    return entry;
}

typedef struct walk {
    const host_blocks *blocks;
    host_stretch_fn *body;
    const void *context;
    size_t length; /* of a whole stretch */
    size_t by;
} walk;

static void walk_range(const void *context, size_t from, size_t to) {
    const walk *w = context;
    while (from < to) {
        size_t left = w->length - from % w->length, n = left < to - from ? left : to - from;
        w->body(w->context, from, n, host_block_entry(w->blocks, from), w->by);
        from += n;
    }
}

void host_for_blocks(anet_pool *pool, const host_blocks *b, host_stretch_fn *body,
                     const void *context) {
    enum { GRAIN = 16384 };
    int last = b->rank - 1;
    bool own = b->block[last] == 1; /* each element of the last axis has its own entry */
    walk w = {b, body, context, own ? b->dim[last] : b->block[last], own};
    host_for_ranges(pool, b->n, GRAIN, walk_range, &w);
}

void host_to_floats(const host_array *a, size_t at, size_t n, float *to) {
    if (!mil_is_integer(a->dtype)) {
        memcpy(to, a->f + at, n * sizeof *to);
        return;
    }
    const int32_t *from = a->i + at;
    for (size_t i = 0; i < n; i++) {
        to[i] = (float)from[i];
    }
}

float *host_float_entries(const host_array *a, size_t n) {
    float *to = anet_calloc(n, sizeof *to);
    if (a->dtype && a->shape.n == n) {
        host_to_floats(a, 0, n, to);
        return to;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = (float)host_single(a, 0);
    }
    return to;
}
