/* copy.c: see copy.h. Rows are converted by loops that the compiler vectorises. */
#include "ane/copy.h"

#include "base/half.h"
#include "base/simd.h"
#include "host/program.h"

#include <string.h>

enum { GRAIN = 1 << 14 }; /* elements of a thread's piece */

/* --- conversion: AArch64 has instructions for it --- */

#if defined(__aarch64__)
ANET_INLINE uint16_t exact_half(float x) {
    __fp16 h = (__fp16)x;
    uint16_t bits;
    memcpy(&bits, &h, sizeof bits);
    return bits;
}

ANET_INLINE float float_of(uint16_t bits) {
    __fp16 h;
    memcpy(&h, &bits, sizeof h);
    return (float)h;
}
#else
/* x is a half already, or infinite. Below the smallest normal half, the sum with 0.5 has the half's
 * bits at its end. */
ANET_INLINE uint16_t exact_half(float x) {
    uint32_t u = float_bits(x), a = u & 0x7FFFFFFFu;
    uint32_t tiny = float_bits(bits_float(a) + 0.5f) - 0x3F000000u;
    uint32_t normal = (a - 0x38000000u) >> 13;
    uint32_t h = a >= 0x7F800000u  ? 0x7C00u | (a > 0x7F800000u ? 0x200u : 0u)
                 : a < 0x38800000u ? tiny
                                   : normal;
    return (uint16_t)(h | (u >> 16 & 0x8000u));
}

ANET_INLINE float float_of(uint16_t bits) {
    uint32_t h = bits, a = h & 0x7FFFu, sign = (h & 0x8000u) << 16;
    uint32_t tiny = float_bits(bits_float(0x3F000000u | a) - 0.5f);
    uint32_t u = a >= 0x7C00u ? 0x7F800000u | (a & 0x3FFu) << 13
                 : a < 0x400u ? tiny
                              : (a << 13) + 0x38000000u;
    return bits_float(u | sign);
}
#endif

ANET_SIMD static void halves_from(uint16_t *to, const float *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[i] = exact_half(from[i]);
    }
}

ANET_SIMD static void floats_from(float *to, const uint16_t *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[i] = float_of(from[i]);
    }
}

/* --- rows --- */

static void pack_row(void *row, int64_t element, const float *from, size_t n) {
    if (element == 4) {
        memcpy(row, from, n * sizeof *from);
    } else {
        halves_from(row, from, n);
    }
}

static void unpack_row(const void *row, int64_t element, float *to, size_t n) {
    if (element == 4) {
        memcpy(to, row, n * sizeof *to);
    } else {
        floats_from(to, row, n);
    }
}

/* The same elements in fewer and longer rows, where nothing lies between them. Of the axes that are
 * left, those outside keep their order. */
static ane_layout join_rows(ane_layout l) {
    if (l.row == l.w * l.element) {
        l.w *= l.h;
        l.h = 1;
    }
    if (l.h == 1 && (l.d == 1 || l.depth == l.w * l.element)) {
        l.w *= l.d;
        l.d = 1;
    }
    if (l.h == 1 && l.d == 1 && (l.c == 1 || l.plane == l.w * l.element)) {
        l.w *= l.c;
        l.c = 1;
    }
    return l;
}

/* A column of the surface: rows of one element, as those of a vector [1, C, 1, 1]. */
static ane_layout turn_column(ane_layout l, int64_t *stride) {
    *stride = l.element;
    if (l.w == 1 && l.h == 1 && l.d == 1) {
        l.w = l.c;
        *stride = l.plane;
        l.c = 1;
    }
    return l;
}

typedef struct transfer {
    ane_layout l;
    int64_t stride; /* bytes between the elements of a row */
    unsigned char *surface;
    const float *from; /* NULL: from the surface to `to` */
    float *to;
} transfer;

static unsigned char *row_at(const transfer *c, size_t row) {
    const ane_layout *l = &c->l;
    int64_t i = (int64_t)row, h = i % l->h, d = i / l->h % l->d, k = i / l->h / l->d % l->c,
            n = i / l->h / l->d / l->c;
    return c->surface + n * l->batch + k * l->plane + d * l->depth + h * l->row;
}

static void copy_column(const transfer *c, unsigned char *column, size_t at, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned char *p = column + (int64_t)i * c->stride;
        if (c->from) {
            pack_row(p, c->l.element, c->from + at + i, 1);
        } else {
            unpack_row(p, c->l.element, c->to + at + i, 1);
        }
    }
}

static void copy_rows(const void *context, size_t from, size_t to) {
    const transfer *c = context;
    size_t w = (size_t)c->l.w;
    for (size_t row = from; row < to; row++) {
        unsigned char *p = row_at(c, row);
        if (c->stride != c->l.element) {
            copy_column(c, p, row * w, w);
        } else if (c->from) {
            pack_row(p, c->l.element, c->from + row * w, w);
        } else {
            unpack_row(p, c->l.element, c->to + row * w, w);
        }
    }
}

static void copy_all(transfer *c, const ane_layout *l, anet_pool *pool) {
    c->l = turn_column(join_rows(*l), &c->stride);
    size_t rows = (size_t)(c->l.n * c->l.c * c->l.d * c->l.h), each = GRAIN / (size_t)c->l.w;
    if (pool && rows > 1) {
        host_for_ranges(pool, rows, each ? each : 1, copy_rows, c);
    } else {
        copy_rows(c, 0, rows);
    }
}

void ane_pack(const ane_layout *l, void *surface, const float *packed, anet_pool *pool) {
    transfer c = {.surface = surface, .from = packed};
    copy_all(&c, l, pool);
}

void ane_unpack(const ane_layout *l, float *packed, const void *surface, anet_pool *pool) {
    transfer c = {.surface = (unsigned char *)(uintptr_t)surface, .to = packed};
    copy_all(&c, l, pool);
}
