/* op_palette.c: constants stored as codes into a palette, and sparse ones. Up to ios17 codes and
 * masks are packed in bytes, lowest bits first, and the operand `shape` is there; from ios18 they
 * are tensors. */
#include "host/blocks.h"

#include <string.h>

/* --- masks --- */

anet_code host_want_ones(const host_call *c, const host_array *mask, size_t n) {
    size_t ones = 0;
    for (size_t i = 0; i < mask->shape.n; i++) {
        ones += host_words(mask)[i] != 0;
    }
    return ones == n ? ANET_OK
                     : host_call_fail(c, "the mask has %zu ones for %zu elements", ones, n);
}

static bool bit_of(const host_array *mask, bool packed, size_t i) {
    return packed ? host_words(mask)[i >> 3] >> (i & 7) & 1 : host_words(mask)[i] != 0;
}

static anet_code want_dense(const host_call *c, const host_array *packed, size_t bits) {
    size_t n = c->out[0].shape.n, bytes = (n * bits + 7) / 8;
    return packed->shape.n == bytes
               ? ANET_OK
               : host_call_fail(c, "%zu elements of %zu bits are %zu bytes, not %zu", n, bits,
                                bytes, packed->shape.n);
}

/* nonzero_data mask shape */
anet_code host_sparse_to_dense(const host_call *c) {
    const host_array *data = &c->in[0], *mask = &c->in[1], *out = &c->out[0];
    bool packed = c->in[2].dtype;
    anet_code code = packed ? want_dense(c, mask, 1) : host_want_result(c, 0, &mask->shape);
    size_t ones = 0;
    for (size_t i = 0; i < out->shape.n && !code; i++) {
        ones += bit_of(mask, packed, i);
    }
    if (!code && ones != data->shape.n) {
        code = host_call_fail(c, "the mask has %zu ones for %zu elements", ones, data->shape.n);
    }
    if (code) {
        return code;
    }
    const host_word *from = host_words(data);
    host_word *to = host_words(out);
    size_t next = 0, last = ones - 1;
    if (ones == 0) {
        host_fill_words(c->pool, to, out->shape.n, 0);
        return ANET_OK;
    }
    for (size_t i = 0; i < out->shape.n; i++) { /* without a branch: masks are hard to predict */
        bool one = bit_of(mask, packed, i);
        to[i] = from[next < last ? next : last] & (0 - (host_word)one);
        next += one;
    }
    return ANET_OK;
}

/* --- codes --- */

typedef struct coding {
    const host_word *code, *palette;
    host_word *to;
    unsigned bits;        /* of a packed code */
    size_t bytes;         /* with them */
    size_t colors;        /* in a palette */
    size_t length, inner; /* of the vector that a code stands for; elements behind its axis */
} coding;

static void unpack(const void *context, size_t from, size_t to) {
    const coding *l = context;
    for (size_t i = from; i < to; i++) {
        size_t bit = i * l->bits, byte = bit >> 3;
        uint32_t next = byte + 1 < l->bytes ? l->code[byte + 1] & 255 : 0;
        uint32_t pair = (l->code[byte] & 255) | next << 8;
        l->to[i] = l->palette[pair >> (bit & 7) & (l->colors - 1)];
    }
}

static anet_code lut_of_bytes(const host_call *c) {
    const host_array *indices = &c->in[0], *lut = &c->in[1];
    coding l = {host_words(indices),
                host_words(lut),
                host_words(&c->out[0]),
                0,
                indices->shape.n,
                lut->shape.n,
                1,
                1};
    while (l.bits < 8 && (size_t)1 << l.bits < l.colors) {
        l.bits++;
    }
    if (l.colors < 2 || (size_t)1 << l.bits != l.colors) {
        return host_call_fail(c, "a palette of %zu is not of 2, 4, 16, 64 or 256", l.colors);
    }
    anet_code code = want_dense(c, indices, l.bits);
    if (!code) {
        host_for_ranges(c->pool, c->out[0].shape.n, 16384, unpack, &l);
    }
    return code;
}

static void look_up(const void *context, size_t at, size_t n, size_t entry, size_t by) {
    const coding *l = context;
    size_t size = l->colors * l->length;
    const host_word *palette = l->palette + entry * size;
    const host_word *code = l->code + at;
    if (l->length == 1 && by == 0) {
        for (size_t i = 0; i < n; i++) {
            l->to[at + i] = palette[code[i]];
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const host_word *color = palette + i * by * size + code[i] * l->length;
        size_t row = (at + i) / l->inner, column = (at + i) % l->inner;
        for (size_t v = 0; v < l->length; v++) {
            l->to[(row * l->length + v) * l->inner + column] = color[v];
        }
    }
}

static anet_code want_codes(const host_call *c, const host_array *codes, size_t colors) {
    const host_word *code = host_words(codes);
    host_word most = 0;
    for (size_t i = 0; i < codes->shape.n; i++) {
        most = code[i] > most ? code[i] : most;
    }
    return most < colors
               ? ANET_OK
               : host_call_fail(c, "code %u is beyond the %zu of the palette", most, colors);
}

/* The palettes for tensors of codes like `whole`: the lut is [groups of each axis.., colors,
 * length]. *decoded is the shape of the result. */
static anet_code get_palettes(const host_call *c, const shape *whole, const host_array *codes,
                              const host_array *lut, const host_array *vector_axis, coding *l,
                              host_blocks *b, shape *decoded) {
    int rank = whole->rank, axis = 0;
    anet_code code = host_want_rank(c, "lut", lut, rank + 2);
    if (code) {
        return code;
    }
    l->palette = host_words(lut);
    l->code = host_words(codes);
    l->colors = lut->shape.dim[rank];
    l->length = lut->shape.dim[rank + 1];
    *decoded = *whole;
    if (l->length > 1) {
        if (!vector_axis->dtype) {
            return host_call_fail(c, "vectors of %zu need vector_axis", l->length);
        }
        code = host_find_axis(c, vector_axis, 0, rank, &axis);
    }
    if (!code) {
        l->inner = shape_span(whole, axis + 1, rank);
        decoded->dim[axis] *= rank ? l->length : 1;
        code = host_cut_blocks(c, whole, lut->shape.dim, b);
    }
    return code ? code : want_codes(c, codes, l->colors);
}

/* indices lut shape vector_axis */
anet_code host_lut_to_dense(const host_call *c) {
    if (c->in[2].dtype) {
        return lut_of_bytes(c);
    }
    const host_array *indices = &c->in[0];
    coding l = {.to = host_words(&c->out[0])};
    host_blocks b;
    shape s;
    anet_code code = get_palettes(c, &indices->shape, indices, &c->in[1], &c->in[3], &l, &b, &s);
    code = code ? code : host_want_result(c, 0, &s);
    if (!code) {
        host_for_blocks(c->pool, &b, look_up, &l);
    }
    return code;
}

/* indices_mask indices_nonzero_data lut vector_axis; results: the mask, and what the codes stand
 * for in the order of the places where the mask is 1 */
anet_code host_lut_to_sparse(const host_call *c) {
    const host_array *mask = &c->in[0], *codes = &c->in[1];
    coding l = {.to = host_words(&c->out[1])};
    host_blocks b;
    shape s;
    anet_code code = get_palettes(c, &mask->shape, codes, &c->in[2], &c->in[3], &l, &b, &s);
    code = code ? code : host_want_ones(c, mask, codes->shape.n);
    code = code ? code : host_want_result(c, 0, &s);
    if (!code) {
        code = host_want_result(c, 1, &(shape){.rank = 1, .dim = {codes->shape.n * l.length}});
    }
    if (code) {
        return code;
    }
    size_t *rank = anet_calloc(mask->shape.n, sizeof *rank), ones = 0, next = 0;
    for (size_t i = 0; i < mask->shape.n; i++) {
        rank[i] = ones;
        ones += host_words(mask)[i] != 0;
    }
    for (size_t i = 0; i < c->out[0].shape.n; i++) {
        size_t row = i / l.inner / l.length, v = i / l.inner % l.length;
        size_t at = row * l.inner + i % l.inner;
        bool one = host_words(mask)[at] != 0;
        host_words(&c->out[0])[i] = host_words(mask)[at];
        if (one) {
            size_t palette = host_block_entry(&b, at) * l.colors + l.code[rank[at]];
            l.to[next++] = l.palette[palette * l.length + v];
        }
    }
    free(rank);
    return ANET_OK;
}

/* source_val: halves become floats, which is how all are kept here */
anet_code host_constexpr_cast(const host_call *c) {
    anet_code code = host_want_result(c, 0, &c->in[0].shape);
    if (!code && (mil_is_integer(c->in[0].dtype) || mil_is_integer(c->out[0].dtype))) {
        code = host_call_fail(c, "only floats are cast");
    }
    if (!code) {
        nest all = {.rank = 0};
        host_add_loop(&all, c->in[0].shape.n, 1, 1);
        host_copy_part(c, &all, &c->in[0], 0, &c->out[0], 0);
    }
    return code;
}
