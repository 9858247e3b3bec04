/* Constants that are stored compressed, and quantize, on random shapes against their formulas. */
#include "host_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the word `fail` */

#include <math.h>
#include <string.h>

enum { ROUNDS = 500 };

/* A shape cut into blocks: `entries` blocks along each axis. */
typedef struct cut {
    shape whole, entries;
} cut;

static cut pick_cut(call_bench *b, int rank) {
    cut c = {.entries = pick_shape(b, rank, 4), .whole = {.rank = rank}};
    for (int i = 0; i < rank; i++) {
        size_t kind = pick(b, 0, 3);
        c.entries.dim[i] = kind == 0 ? 1 : c.entries.dim[i];
        c.whole.dim[i] = c.entries.dim[i] * (kind == 1 ? 1 : pick(b, 1, 4));
    }
    if (pick(b, 0, 49) == 0) { /* enough for several threads: larger blocks, or more of them */
        size_t axis = pick(b, 0, (size_t)rank - 1);
        size_t times = 70000 / shape_of(rank, c.whole.dim).n + 1;
        c.whole.dim[axis] *= times;
        c.entries.dim[axis] *= pick(b, 0, 1) ? times : 1;
    }
    c.whole = shape_of(rank, c.whole.dim);
    c.entries = shape_of(rank, c.entries.dim);
    return c;
}

static size_t entry_of(const cut *c, size_t i) {
    size_t index[MAX_RANK];
    unravel(&c->whole, i, index);
    for (int k = 0; k < c->whole.rank; k++) {
        index[k] /= c->whole.dim[k] / c->entries.dim[k];
    }
    return ravel(&c->entries, index);
}

static double scaled(double scale, double x, double zero) {
    return (double)((float)scale * ((float)x - (float)zero));
}

static void test_blockwise(void **state) {
    (void)state;
    call_bench b = bench_open(1, 3);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        cut c = pick_cut(&b, (int)pick(&b, 1, 5));
        bool floats = pick(&b, 0, 3) == 0;
        host_array in[] = {new_array(&b, floats ? MIL_FP16 : MIL_INT4, &c.whole, -8, 7),
                           new_array(&b, MIL_FP32, &c.entries, -2, 2), ABSENT};
        if (round % 3) {
            in[2] = new_array(&b, round % 3 == 1 ? MIL_UINT4 : MIL_FP16, &c.entries, 0, 15);
        }
        host_array out[] = {new_result(&b, MIL_FP32, &c.whole)};
        RUN(&b, host_blockwise_shift_scale, in, out, NULL);
        for (size_t i = 0; i < c.whole.n; i++) {
            size_t e = entry_of(&c, i);
            check_at("blockwise", &out[0], i,
                     scaled(at(&in[1], e), at(&in[0], i), in[2].dtype ? at(&in[2], e) : 0));
        }
        in[1].shape.dim[0] = c.whole.dim[0] + 1;
        in[2] = ABSENT;
        REFUSE(&b, host_blockwise_shift_scale, in, out, NULL, "no multiple");
        in[1].shape.rank--;
        REFUSE(&b, host_blockwise_shift_scale, in, out, NULL, "rank");
    }
    bench_close(&b);
}

/* scalars or vectors along an axis, both ways */
static void test_affine(void **state) {
    (void)state;
    call_bench b = bench_open_wide(2, 3);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 1, 4), axis = (int)pick(&b, 0, (size_t)rank - 1);
        shape s = pick_shape(&b, rank, 6), vector = shape_of(1, &s.dim[axis]), one = {.n = 1};
        bool scales = pick(&b, 0, 1), zeros = pick(&b, 0, 1), unsigned_ = pick(&b, 0, 1);
        mil_dtype t = unsigned_ ? MIL_UINT8 : MIL_INT8;
        double low = unsigned_ ? 0 : -128, high = low + 255;
        host_array scale = new_array(&b, MIL_FP32, scales ? &vector : &one, .01, .03);
        host_array zero = new_array(&b, t, zeros ? &vector : &one, low / 4, high / 4);
        host_array x = new_array(&b, MIL_FP32, &s, -5, 5);
        host_array in[] = {x, scale, round % 5 ? zero : ABSENT, new_scalar(&b, MIL_INT32, axis)};
        host_array q[] = {new_result(&b, t, &s)}, back[] = {new_result(&b, MIL_FP32, &s)};
        x.f[0] = 1e30f;
        x.f[s.n - 1] = NAN;
        RUN(&b, host_quantize, in, q, NULL);
        host_array from[] = {q[0], in[1], in[2], in[3]};
        RUN(&b, host_dequantize, from, back, NULL);
        for (size_t i = 0, k[MAX_RANK]; i < s.n; i++) {
            unravel(&s, i, k);
            double by = at(&scale, scales ? k[axis] : 0);
            double shift = in[2].dtype ? at(&zero, zeros ? k[axis] : 0) : 0;
            double v = isnan(at(&x, i)) ? shift : nearbyint(at(&x, i) / by) + shift;
            check_at("quantize", &q[0], i, fmin(fmax(v, low), high));
            check_at("dequantize", &back[0], i, scaled(by, at(&q[0], i), shift));
        }
        in[1] =
            new_array(&b, MIL_FP32, &(shape){.rank = 1, .dim = {s.dim[axis] + 1}, .n = 1}, 1, 2);
        in[1].shape.n = s.dim[axis] + 1;
        REFUSE(&b, host_quantize, in, q, NULL, "neither one number");
    }
    bench_close(&b);
}

/* --- palettes --- */

static size_t code_bits(call_bench *b) {
    static const size_t bits[] = {1, 2, 4, 6, 8};
    return bits[pick(b, 0, 4)];
}

/* n codes of `bits` bits, lowest first, in words that hold a byte each */
static host_array pack(call_bench *b, const size_t *code, size_t n, size_t bits) {
    size_t bytes = (n * bits + 7) / 8;
    shape s = shape_of(1, &bytes);
    host_array a = new_array(b, MIL_UINT8, &s, 0, 0);
    for (size_t i = 0; i < n * bits; i++) {
        a.i[i / 8] |= (int32_t)((code[i / bits] >> i % bits & 1) << i % 8);
    }
    return a;
}

static void test_packed_palette(void **state) {
    (void)state;
    call_bench b = bench_open_wide(3, 3);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        shape s = pick_shape(&b, (int)pick(&b, 1, 4), 7);
        size_t bits = code_bits(&b), colors = (size_t)1 << bits;
        shape palette = shape_of(1, &colors);
        size_t *code = arena_array(b.memory, s.n, sizeof *code);
        for (size_t i = 0; i < s.n; i++) {
            code[i] = pick(&b, 0, colors - 1);
        }
        int64_t dims[MAX_RANK];
        for (int i = 0; i < s.rank; i++) {
            dims[i] = (int64_t)s.dim[i];
        }
        mil_dtype t = round % 2 ? MIL_FP16 : MIL_INT8;
        host_array in[] = {pack(&b, code, s.n, bits), new_array(&b, t, &palette, -100, 100),
                           new_vector(&b, MIL_UINT32, (size_t)s.rank, dims), ABSENT};
        host_array out[] = {new_result(&b, t, &s)};
        RUN(&b, host_lut_to_dense, in, out, NULL);
        for (size_t i = 0; i < s.n; i++) {
            check_at("packed palette", &out[0], i, at(&in[1], code[i]));
        }
        in[0].shape.n++;
        REFUSE(&b, host_lut_to_dense, in, out, NULL, "bytes, not");
        in[0].shape.n--;
        in[1].shape.n = 3;
        REFUSE(&b, host_lut_to_dense, in, out, NULL, "palette of 3");
    }
    bench_close(&b);
}

/* A palette for each block, of `colors` vectors. */
typedef struct palettes {
    cut cut;
    size_t colors, length;
    int axis; /* along which vectors lie */
    host_array lut;
    shape decoded;
} palettes;

static palettes pick_palettes(call_bench *b, mil_dtype t) {
    palettes p = {.cut = pick_cut(b, (int)pick(b, 1, 4)), .colors = (size_t)1 << pick(b, 1, 4)};
    int rank = p.cut.whole.rank;
    p.length = pick(b, 0, 1) ? 1 : pick(b, 2, 4);
    p.axis = (int)pick(b, 0, (size_t)rank - 1);
    shape s = p.cut.entries;
    s.dim[rank] = p.colors;
    s.dim[rank + 1] = p.length;
    s = shape_of(rank + 2, s.dim);
    p.lut = new_array(b, t, &s, -100, 100);
    p.decoded = p.cut.whole;
    p.decoded.dim[p.axis] *= p.length;
    p.decoded = shape_of(rank, p.decoded.dim);
    return p;
}

/* the place in the tensor of codes of element i of the decoded one, and its number in the vector */
static size_t code_place(const palettes *p, size_t i, size_t *v) {
    size_t index[MAX_RANK];
    unravel(&p->decoded, i, index);
    *v = index[p->axis] % p->length;
    index[p->axis] /= p->length;
    return ravel(&p->cut.whole, index);
}

static double color(const palettes *p, size_t place, size_t code, size_t v) {
    return at(&p->lut, (entry_of(&p->cut, place) * p->colors + code) * p->length + v);
}

static void test_palettes(void **state) {
    (void)state;
    call_bench b = bench_open(4, 3);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        mil_dtype t = round % 2 ? MIL_FP16 : MIL_UINT8;
        palettes p = pick_palettes(&b, t);
        host_array codes = new_array(&b, MIL_UINT4, &p.cut.whole, 0, (double)p.colors - 1);
        host_array axis = new_scalar(&b, MIL_INT32, p.axis);
        host_array in[] = {codes, p.lut, ABSENT, p.length > 1 ? axis : ABSENT};
        host_array out[] = {new_result(&b, t, &p.decoded)};
        RUN(&b, host_lut_to_dense, in, out, NULL);
        for (size_t i = 0, v; i < p.decoded.n; i++) {
            size_t place = code_place(&p, i, &v);
            check_at("palette", &out[0], i, color(&p, place, (size_t)codes.i[place], v));
        }
        codes.i[pick(&b, 0, p.cut.whole.n - 1)] = (int32_t)p.colors;
        REFUSE(&b, host_lut_to_dense, in, out, NULL, "beyond the");
        codes.i[0] = -1;
        REFUSE(&b, host_lut_to_dense, in, out, NULL, "beyond the");
        if (p.length > 1) {
            in[3] = ABSENT;
            REFUSE(&b, host_lut_to_dense, in, out, NULL, "vector_axis");
        }
    }
    bench_close(&b);
}

/* --- sparse --- */

static host_array pick_mask(call_bench *b, const shape *s, size_t *ones) {
    host_array mask = new_array(b, MIL_UINT1, s, 0, 1);
    mask.i[pick(b, 0, s->n - 1)] = 1; /* tensors have at least one element */
    *ones = 0;
    for (size_t i = 0; i < s->n; i++) {
        *ones += mask.i[i] != 0;
    }
    return mask;
}

static void test_sparse(void **state) {
    (void)state;
    call_bench b = bench_open(5, 1);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        shape s = pick_shape(&b, (int)pick(&b, 1, 4), 6);
        size_t ones, next = 0;
        host_array mask = pick_mask(&b, &s, &ones);
        shape few = shape_of(1, &ones);
        mil_dtype t = round % 2 ? MIL_FP16 : MIL_INT4;
        host_array in[] = {new_array(&b, t, &few, -8, 7), mask, ABSENT};
        host_array out[] = {new_result(&b, t, &s)};
        size_t *bit = arena_array(b.memory, s.n, sizeof *bit);
        RUN(&b, host_sparse_to_dense, in, out, NULL);
        for (size_t i = 0; i < s.n; i++) {
            bit[i] = (size_t)mask.i[i];
            check_at("sparse", &out[0], i, mask.i[i] ? at(&in[0], next++) : 0);
        }
        host_array packed[] = {in[0], pack(&b, bit, s.n, 1), new_scalar(&b, MIL_UINT32, 1)};
        host_array again[] = {new_result(&b, t, &s)};
        RUN(&b, host_sparse_to_dense, packed, again, NULL);
        assert_memory_equal(out[0].i, again[0].i, s.n * sizeof(int32_t));
        in[0].shape.n++;
        REFUSE(&b, host_sparse_to_dense, in, out, NULL, "ones for");
        packed[1].shape.n++;
        REFUSE(&b, host_sparse_to_dense, packed, again, NULL, "bytes, not");
    }
    bench_close(&b);
}

static void test_sparse_blockwise(void **state) {
    (void)state;
    call_bench b = bench_open(6, 1);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        cut c = pick_cut(&b, (int)pick(&b, 1, 4));
        size_t ones, next = 0;
        host_array mask = pick_mask(&b, &c.whole, &ones);
        shape few = shape_of(1, &ones);
        host_array in[] = {mask, new_array(&b, MIL_INT8, &few, -128, 127),
                           new_array(&b, MIL_FP32, &c.entries, -2, 2),
                           round % 2 ? new_array(&b, MIL_INT8, &c.entries, -9, 9) : ABSENT};
        host_array out[] = {new_result(&b, MIL_UINT1, &c.whole), new_result(&b, MIL_FP32, &few)};
        RUN(&b, host_sparse_blockwise_shift_scale, in, out, NULL);
        for (size_t i = 0; i < c.whole.n; i++) {
            check_at("mask", &out[0], i, mask.i[i]);
            if (mask.i[i]) {
                size_t e = entry_of(&c, i);
                double zero = in[3].dtype ? at(&in[3], e) : 0;
                check_at("sparse blockwise", &out[1], next,
                         scaled(at(&in[2], e), at(&in[1], next), zero));
                next++;
            }
        }
        mask.i[0] = !mask.i[0];
        REFUSE(&b, host_sparse_blockwise_shift_scale, in, out, NULL, "ones for");
    }
    bench_close(&b);
}

static void test_sparse_palettes(void **state) {
    (void)state;
    call_bench b = bench_open(7, 1);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        palettes p = pick_palettes(&b, MIL_FP16);
        size_t ones, next = 0, k = 0;
        host_array mask = pick_mask(&b, &p.cut.whole, &ones);
        shape few = shape_of(1, &ones), many = shape_of(1, (size_t[]){ones * p.length});
        host_array codes = new_array(&b, MIL_UINT4, &few, 0, (double)p.colors - 1);
        host_array in[] = {mask, codes, p.lut, new_scalar(&b, MIL_INT32, p.axis)};
        host_array out[] = {new_result(&b, MIL_UINT1, &p.decoded), new_result(&b, MIL_FP16, &many)};
        RUN(&b, host_lut_to_sparse, in, out, NULL);
        size_t *code = arena_array(b.memory, p.cut.whole.n, sizeof *code);
        for (size_t i = 0; i < p.cut.whole.n; i++) {
            code[i] = mask.i[i] ? (size_t)codes.i[k++] : 0;
        }
        for (size_t i = 0, v; i < p.decoded.n; i++) {
            size_t place = code_place(&p, i, &v);
            check_at("mask", &out[0], i, mask.i[place]);
            if (mask.i[place]) {
                check_at("sparse palette", &out[1], next++, color(&p, place, code[place], v));
            }
        }
        assert_int_equal(next, many.n);
    }
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blockwise),      cmocka_unit_test(test_affine),
        cmocka_unit_test(test_packed_palette), cmocka_unit_test(test_palettes),
        cmocka_unit_test(test_sparse),         cmocka_unit_test(test_sparse_blockwise),
        cmocka_unit_test(test_sparse_palettes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
