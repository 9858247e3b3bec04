/* op_sort.c: topk and argsort. A key and the index behind it are one 64-bit number, so equal
 * elements keep their order. */
#include "host/calls.h"
#include "host/keys.h"

typedef struct sorting { /* x is [outer, length, inner], the results [outer, k, inner] */
    const host_array *x;
    host_word *values; /* or NULL */
    int32_t *indices;  /* or NULL */
    size_t length, inner, k;
    bool ascending;
} sorting;

static uint64_t key_of(const sorting *s, size_t at, size_t i) {
    uint32_t key = mil_is_integer(s->x->dtype) ? host_int_key(s->x->i[at], s->ascending)
                                               : host_float_key(s->x->f[at], s->ascending);
    return (uint64_t)key << 32 | i;
}

/* the heap's root is its largest key */
static void sink(uint64_t *heap, size_t n, uint64_t key) {
    size_t at = 0;
    for (size_t child = 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && heap[child + 1] > heap[child];
        if (heap[child] <= key) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = key;
}

/* the k smallest keys of a line, sorted; `keys` has room for `length` */
static void take_line(const sorting *s, size_t first, uint64_t *keys) {
    bool few = s->k < s->length / 16;
    size_t taken = few ? s->k : s->length;
    for (size_t i = 0; i < taken; i++) {
        keys[i] = key_of(s, first + i * s->inner, i);
    }
    qsort(keys, taken, sizeof *keys, host_compare_keys);
    if (!few) {
        return;
    }
    for (size_t i = 0; i < taken / 2; i++) { /* falling keys are a heap */
        uint64_t key = keys[i];
        keys[i] = keys[taken - 1 - i];
        keys[taken - 1 - i] = key;
    }
    for (size_t i = taken; i < s->length; i++) {
        uint64_t key = key_of(s, first + i * s->inner, i);
        if (key < keys[0]) {
            sink(keys, taken, key);
        }
    }
    qsort(keys, taken, sizeof *keys, host_compare_keys);
}

static void sort_lines(const void *context, size_t begin, size_t end) {
    const sorting *s = context;
    uint64_t *keys = anet_calloc(s->length, sizeof *keys);
    for (size_t line = begin; line < end; line++) {
        size_t outer = line / s->inner, j = line % s->inner;
        size_t first = outer * s->length * s->inner + j;
        take_line(s, first, keys);
        for (size_t i = 0; i < s->k; i++) {
            size_t index = (size_t)(uint32_t)keys[i], to = (outer * s->k + i) * s->inner + j;
            if (s->values) {
                s->values[to] = host_words(s->x)[first + index * s->inner];
            }
            if (s->indices) {
                s->indices[to] = (int32_t)index;
            }
        }
    }
    free(keys);
}

/* x [.., length, ..] to k elements of `axis`, in every result */
static anet_code sort_axis(const host_call *c, int axis, size_t k, sorting *s) {
    const shape *x = &c->in[0].shape;
    shape taken = *x;
    s->x = &c->in[0];
    s->length = x->dim[axis];
    s->inner = shape_span(x, axis + 1, x->rank);
    s->k = taken.dim[axis] = k;
    if (s->length > INT32_MAX) {
        return host_call_fail(c, "%zu elements are more than indices can count", s->length);
    }
    for (int i = 0; i < c->outs; i++) {
        anet_code code = host_want_result(c, i, &taken);
        if (code) {
            return code;
        }
    }
    size_t lines = x->n / s->length;
    host_for_ranges(c->pool, lines, 4096 / s->length + 1, sort_lines, s);
    return ANET_OK;
}

/* x k axis ascending; the order among the k is always that of sort = true */
anet_code host_topk(const host_call *c) {
    const shape *x = &c->in[0].shape;
    int axis;
    anet_code code = host_find_axis(c, &c->in[2], -1, x->rank, &axis);
    if (code) {
        return code;
    }
    int64_t k = host_whole(&c->in[1], 1), length = (int64_t)x->dim[axis];
    k = k == -1 ? length : k;
    if (k < 1 || k > length) {
        return host_call_fail(c, "k %lld is outside [1, %lld]", (long long)k, (long long)length);
    }
    sorting s = {.values = host_words(&c->out[0]), .ascending = host_whole(&c->in[3], 0) != 0};
    if (c->outs > 1) {
        s.indices = c->out[1].i;
        if (mil_dtype_bits(c->out[1].dtype) == 16 && length > 0x10000) {
            return host_call_fail(c, "%lld elements are more than 16-bit indices can count",
                                  (long long)length);
        }
    }
    return sort_axis(c, axis, (size_t)k, &s);
}

/* x axis ascending */
anet_code host_argsort(const host_call *c) {
    const shape *x = &c->in[0].shape;
    int axis;
    anet_code code = host_find_axis(c, &c->in[1], -1, x->rank, &axis);
    sorting s = {.indices = c->out[0].i, .ascending = host_whole(&c->in[2], 0) != 0};
    return code ? code : sort_axis(c, axis, x->dim[axis], &s);
}
