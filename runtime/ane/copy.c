/* copy.c: see copy.h. Rows are converted by vector instructions. */
#include "ane/copy.h"

#include "base/half.h"
#include "base/simd.h"
#include "host/program.h"

#include <string.h>
#if defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { GRAIN = 1 << 14 }; /* elements of a thread's piece */

/* --- conversion --- */

#if defined(__aarch64__) /* has instructions for it, which not every compiler finds in a loop */

enum { LANES = 4 };

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

static void halves_from(uint16_t *to, const float *from, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        vst1_u16(to + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(from + i))));
    }
    for (; i < n; i++) {
        to[i] = exact_half(from[i]);
    }
}

static void floats_from(float *to, const uint16_t *from, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        vst1q_f32(to + i, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from + i))));
    }
    for (; i < n; i++) {
        to[i] = float_of(from[i]);
    }
}

#else /* loops that the compiler vectorises */

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

#endif

/* --- views --- */

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

ane_view ane_view_of(const ane_layout *l, void *surface) {
    ane_view v = {.base = surface, .layout = join_rows(*l), .stride = l->element};
    ane_layout *j = &v.layout;
    if (j->w == 1 && j->h == 1 && j->d == 1) { /* a column, as a vector [1, C, 1, 1]: one row */
        j->w = j->c;
        j->c = 1;
        v.stride = j->plane;
    }
    return v;
}

ane_view ane_view_floats(const float *x, size_t n) {
    int64_t w = (int64_t)n, bytes = w * (int64_t)sizeof *x;
    return (ane_view){.base = (unsigned char *)(uintptr_t)x,
                      .layout = {1, 1, 1, 1, w, bytes, bytes, bytes, bytes, sizeof *x, bytes},
                      .stride = sizeof *x};
}

/* Where element i is, and how many of its row begin with it. */
static unsigned char *element_at(const ane_view *v, size_t i, size_t *rest) {
    const ane_layout *l = &v->layout;
    int64_t at = (int64_t)i, w = at % l->w;
    *rest = (size_t)(l->w - w);
    at /= l->w;
    int64_t h = at % l->h, d = at / l->h % l->d, k = at / l->h / l->d;
    return v->base + k / l->c * l->batch + k % l->c * l->plane + d * l->depth + h * l->row +
           w * v->stride;
}

/* --- runs of elements --- */

static void convert(void *to, int64_t to_size, const void *from, int64_t from_size, size_t n) {
    if (to_size == from_size) {
        memcpy(to, from, n * (size_t)to_size);
    } else if (to_size == 2) {
        halves_from(to, from, n);
    } else {
        floats_from(to, from, n);
    }
}

static void copy_run(const ane_view *to, size_t i, const ane_view *from, size_t k, size_t n) {
    int64_t to_size = to->layout.element, from_size = from->layout.element;
    bool rows = to->stride == to_size && from->stride == from_size;
    while (n) {
        size_t there, here;
        unsigned char *x = element_at(to, i, &there);
        const unsigned char *y = element_at(from, k, &here);
        size_t m = there < here ? there : here;
        m = m < n ? m : n;
        for (size_t at = 0; !rows && at < m; at++) {
            convert(x + (int64_t)at * to->stride, to_size, y + (int64_t)at * from->stride,
                    from_size, 1);
        }
        if (rows) {
            convert(x, to_size, y, from_size, m);
        }
        i += m;
        k += m;
        n -= m;
    }
}

typedef struct transfer {
    const ane_view *to, *from;
    const anet_region *region;
} transfer;

static void copy_range(const void *context, size_t i, size_t end) {
    const transfer *t = context;
    const anet_region *r = t->region;
    while (i < end) {
        size_t at = i % r->width, m = r->width - at;
        m = m < end - i ? m : end - i;
        copy_run(t->to, r->offset + i / r->width * r->stride + at, t->from, i, m);
        i += m;
    }
}

void ane_copy(const ane_view *to, const anet_region *region, const ane_view *from, size_t n,
              anet_pool *pool) {
    transfer t = {to, from, region};
    if (pool && n > GRAIN) {
        host_for_ranges(pool, n, GRAIN, copy_range, &t);
    } else {
        copy_range(&t, 0, n);
    }
}
