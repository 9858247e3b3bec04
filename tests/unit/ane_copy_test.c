/* ane_copy_test.c: packed floats to the rows of a surface and back, against loops over single
 * elements: every half bit by bit, and every way in which rows, planes and columns can be padded.
 */
#include "ane/copy.h"

#include "base/half.h"
#include "pool.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HALVES = 1 << 16, PADDING = 0xA5 };

static void pack(const ane_layout *l, void *surface, const float *packed, anet_pool *pool) {
    size_t n = ane_layout_elements(l);
    ane_view to = ane_view_of(l, surface), from = ane_view_floats(packed, n);
    ane_copy(&to, &(anet_region){0, n, n}, &from, n, pool);
}

static void unpack(const ane_layout *l, float *packed, void *surface, anet_pool *pool) {
    size_t n = ane_layout_elements(l);
    ane_view to = ane_view_floats(packed, n), from = ane_view_of(l, surface);
    ane_copy(&to, &(anet_region){0, n, n}, &from, n, pool);
}

static bool is_nan(uint16_t h) {
    return (h & 0x7FFF) > 0x7C00;
}

/* a NaN may become another of its sign, as processors with an instruction for it do */
static void same_half(uint16_t got, uint16_t want) {
    if (is_nan(want) ? !is_nan(got) || (got ^ want) >> 15 : got != want) {
        fail_msg("half %04x came back as %04x", want, got);
    }
}

static void same_float(float got, float want, unsigned h) {
    bool same = isnan(want) ? isnan(got) && !signbit(got) == !signbit(want)
                            : float_bits(got) == float_bits(want);
    if (!same) {
        fail_msg("half %04x is %a, not %a", h, (double)got, (double)want);
    }
}

static ane_layout line_of(size_t n) {
    int64_t bytes = 2 * (int64_t)n;
    return (ane_layout){.n = 1,
                        .c = 1,
                        .d = 1,
                        .h = 1,
                        .w = (int64_t)n,
                        .batch = bytes,
                        .plane = bytes,
                        .depth = bytes,
                        .row = bytes,
                        .element = 2,
                        .bytes = bytes};
}

/* `n` halves from `first` on, in one row */
static void check_halves(unsigned first, size_t n) {
    ane_layout l = line_of(n);
    uint16_t *surface = malloc(n * sizeof *surface), *back = malloc(n * sizeof *back);
    float *packed = malloc(n * sizeof *packed);
    for (size_t i = 0; i < n; i++) {
        surface[i] = (uint16_t)(first + i);
    }
    unpack(&l, packed, surface, NULL);
    for (size_t i = 0; i < n; i++) {
        same_float(packed[i], half_float(surface[i]), surface[i]);
    }
    pack(&l, back, packed, NULL);
    for (size_t i = 0; i < n; i++) {
        same_half(back[i], surface[i]);
    }
    free(surface);
    free(back);
    free(packed);
}

static void test_all_halves(void **state) {
    (void)state;
    check_halves(0, HALVES);
}

/* Loops over several elements at a time have a remainder. */
static void test_lengths(void **state) {
    (void)state;
    for (size_t n = 1; n < 70; n++) {
        for (unsigned first = 0; first < HALVES - 70; first += 911) {
            check_halves(first, n);
        }
    }
}

/* ---- layouts ---- */

/* The strides of dims n c d h w with so many bytes left free after each row, depth, plane, batch.
 */
static ane_layout layout_of(const int64_t *dim, const int64_t *gap, int64_t element) {
    ane_layout l = {.n = dim[0], .c = dim[1], .d = dim[2], .h = dim[3], .w = dim[4]};
    l.element = element;
    l.row = l.w * element + gap[0];
    l.depth = l.h * l.row + gap[1];
    l.plane = l.d * l.depth + gap[2];
    l.batch = l.c * l.plane + gap[3];
    l.bytes = l.n * l.batch;
    return l;
}

static int64_t offset_of(const ane_layout *l, size_t i) {
    int64_t at = (int64_t)i, w = at % l->w, h = at / l->w % l->h, d = at / l->w / l->h % l->d,
            rest = at / l->w / l->h / l->d;
    return rest / l->c * l->batch + rest % l->c * l->plane + d * l->depth + h * l->row +
           w * l->element;
}

static void store(unsigned char *surface, const ane_layout *l, size_t i, float x) {
    uint16_t half = half_bits(x);
    memcpy(surface + offset_of(l, i), l->element == 2 ? (void *)&half : (void *)&x,
           (size_t)l->element);
}

static void check_layout(const ane_layout *l, anet_pool *pool) {
    size_t n = (size_t)(l->n * l->c * l->d * l->h * l->w), bytes = (size_t)l->bytes;
    float *packed = malloc(n * sizeof *packed), *back = malloc(n * sizeof *back);
    unsigned char *surface = malloc(bytes), *want = malloc(bytes);
    memset(surface, PADDING, bytes);
    memset(want, PADDING, bytes);
    for (size_t i = 0; i < n; i++) {
        packed[i] = (float)(i % 2039) - 1000; /* a prime: no two rows alike; exact as a half */
        store(want, l, i, packed[i]);
        back[i] = NAN;
    }
    pack(l, surface, packed, pool);
    assert_memory_equal(surface, want, bytes);
    unpack(l, back, surface, pool);
    assert_memory_equal(back, packed, n * sizeof *packed);
    assert_memory_equal(surface, want, bytes);
    free(packed);
    free(back);
    free(surface);
    free(want);
}

static const int64_t dims[][5] = {
    {1, 1, 1, 1, 1},  {1, 1, 1, 1, 67}, {1, 5, 1, 1, 33},   {1, 5, 1, 3, 33}, {1, 5, 4, 3, 7},
    {1, 5, 4, 1, 7},  {1, 70, 1, 1, 1}, {1, 70, 1, 3, 1},   {1, 70, 4, 1, 1}, {3, 70, 1, 1, 1},
    {3, 2, 4, 3, 17}, {2, 1, 1, 3, 32}, {1, 300, 1, 1, 130}};
/* whole elements of either size; surfaces have rows of 64 bytes */
static const int64_t gaps[][4] = {{0, 0, 0, 0},  {4, 0, 0, 0},  {0, 8, 0, 0},   {0, 0, 12, 0},
                                  {0, 0, 0, 64}, {4, 8, 0, 0},  {60, 0, 64, 0}, {4, 8, 12, 64},
                                  {0, 8, 12, 0}, {12, 0, 0, 4}, {0, 0, 60, 64}};

static void check_layouts(anet_pool *pool) {
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        for (size_t k = 0; k < sizeof gaps / sizeof *gaps; k++) {
            for (int64_t element = 2; element <= 4; element += 2) {
                ane_layout l = layout_of(dims[i], gaps[k], element);
                check_layout(&l, pool);
            }
        }
    }
}

static void test_layouts(void **state) {
    (void)state;
    check_layouts(NULL);
}

/* several threads, each with pieces of the rows */
static void test_threads(void **state) {
    (void)state;
    anet_pool *pool = pool_new(3);
    check_layouts(pool);
    const int64_t many[5] = {2, 130, 3, 40, 33}, gap[4] = {62, 0, 64, 128};
    ane_layout l = layout_of(many, gap, 2);
    check_layout(&l, pool);
    pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_halves),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
