/* Kernels on operands of any rank, shape, dtype and value, as a program gives them whose shapes are
 * not what the checks could know: each run is right or refused, and never reads or writes elsewhere
 * (run this under AddressSanitizer). */
#include "host_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the word `fail` */

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 2000, MOST = 9 };

/* how many operands a kernel needs, how many it reads, how many results it may have */
static const struct {
    const char *name;
    host_kernel *kernel;
    int needed, ins, outs, modes; /* modes: of params, an int; 0: none */
} kernels[] = {
    {"slice_by_size", host_slice_by_size, 3, 3, 1, 0},
    {"slice_by_index", host_slice_by_index, 3, 7, 1, 0},
    {"slice_update", host_slice_update, 4, 8, 1, 0},
    {"interleave", host_interleave, 3, 3, 1, 0},
    {"stack", host_stack, 3, 3, 1, 0},
    {"split", host_split, 2, 2, 3, 0},
    {"tile", host_tile, 2, 2, 1, 0},
    {"pad", host_pad, 2, 3, 1, 3},
    {"reverse", host_reverse, 1, 2, 1, 0},
    {"reverse_sequence", host_reverse_sequence, 2, 4, 1, 0},
    {"crop", host_crop, 3, 3, 1, 0},
    {"sliding_windows", host_sliding_windows, 3, 4, 1, 0},
    {"band_part", host_band_part, 1, 3, 1, 0},
    {"space_to_depth", host_space_to_depth, 2, 2, 1, 0},
    {"depth_to_space", host_depth_to_space, 2, 2, 1, 0},
    {"pixel_shuffle", host_pixel_shuffle, 2, 2, 1, 0},
    {"pixel_unshuffle", host_pixel_unshuffle, 2, 2, 1, 0},
    {"space_to_batch", host_space_to_batch, 3, 3, 1, 0},
    {"batch_to_space", host_batch_to_space, 3, 3, 1, 0},
    {"gather", host_gather, 2, 4, 1, 0},
    {"gather_along_axis", host_gather_along_axis, 2, 3, 1, 0},
    {"gather_nd", host_gather_nd, 2, 3, 1, 0},
    {"scatter", host_scatter, 3, 4, 1, 7},
    {"scatter_along_axis", host_scatter_along_axis, 3, 4, 1, 7},
    {"scatter_nd", host_scatter_nd, 3, 3, 1, 7},
    {"topk", host_topk, 1, 4, 2, 0},
    {"argsort", host_argsort, 1, 3, 1, 0},
    {"non_maximum_suppression", host_non_maximum_suppression, 4, 6, 4, 0},
    {"one_hot", host_one_hot, 2, 5, 1, 0},
    {"range_1d", host_range_1d, 3, 3, 1, 0},
    {"fill", host_fill, 0, 1, 1, 0},
    {"quantize", host_quantize, 2, 4, 1, 0},
    {"dequantize", host_dequantize, 2, 4, 1, 0},
    {"blockwise_shift_scale", host_blockwise_shift_scale, 2, 3, 1, 0},
    {"sparse_blockwise_shift_scale", host_sparse_blockwise_shift_scale, 3, 4, 2, 0},
    {"lut_to_dense", host_lut_to_dense, 2, 4, 1, 0},
    {"lut_to_sparse", host_lut_to_sparse, 3, 4, 2, 0},
    {"sparse_to_dense", host_sparse_to_dense, 2, 3, 1, 0},
    {"constexpr_cast", host_constexpr_cast, 1, 1, 1, 0},
};

static shape pick_dims(call_bench *b) {
    static const int ranks[] = {0, 1, 1, 1, 2, 2, 3, 4, 4, 5, 7};
    return pick_shape(b, ranks[pick(b, 0, COUNT(ranks) - 1)], pick(b, 0, 3) ? 2 : 4);
}

static host_array pick_operand(call_bench *b, const shape *s) {
    static const mil_dtype types[] = {MIL_FP32, MIL_FP16, MIL_INT32, MIL_INT32,
                                      MIL_INT8, MIL_BOOL, MIL_UINT1};
    mil_dtype t = types[pick(b, 0, COUNT(types) - 1)];
    double most = t == MIL_BOOL || t == MIL_UINT1 ? 1 : pick(b, 0, 9) ? 4 : 2e9;
    host_array a = new_array(b, t, s, pick(b, 0, 1) ? 0 : -most, most);
    for (size_t i = 0; i < a.shape.n && !mil_is_integer(t) && most > 1; i++) {
        a.f[i] = pick(b, 0, 19) ? (float)(int64_t)a.f[i] : pick(b, 0, 1) ? 1e30f : 0.0f / 0.0f;
    }
    return a;
}

/* Shapes repeat, or else nothing would ever fit. */
static host_array pick_any(call_bench *b, const shape *shapes, int n, bool may_miss) {
    if (may_miss && pick(b, 0, 4) == 0) {
        return ABSENT;
    }
    return pick_operand(b, &shapes[pick(b, 0, (size_t)n - 1)]);
}

/* The shape behind "computed as [": what the kernel would have liked. */
static bool read_wanted(const char *message, shape *s) {
    const char *at = strstr(message, "computed as [");
    *s = (shape){.n = 1};
    for (at = at ? strchr(at, '[') : NULL; at && *at != ']' && s->rank < MAX_RANK;) {
        char *end;
        s->dim[s->rank] = strtoull(at + 1, &end, 10);
        if (end == at + 1) {
            break; /* a scalar */
        }
        s->n *= s->dim[s->rank++];
        at = *end == ',' ? end + 1 : end;
        if (s->n == 0 || s->n > 100000) {
            return false;
        }
    }
    return at != NULL;
}

/* Runs the kernel; if the shape of a result is all that is wrong, once more with the right one. */
static anet_code run_one(call_bench *b, size_t which) {
    shape shapes[4], wanted;
    for (int i = 0; i < 4; i++) {
        shapes[i] = i == 3 ? (shape){.n = 1} : pick_dims(b);
    }
    host_array in[MOST], out[4];
    int ins = kernels[which].ins, outs = kernels[which].outs;
    for (int i = 0; i < ins; i++) {
        in[i] = pick_any(b, shapes, 4, i >= kernels[which].needed);
    }
    int mode = kernels[which].modes ? (int)pick(b, 0, (size_t)kernels[which].modes - 1) : 0;
    host_call c = {.name = "test.mil",
                   .op = kernels[which].name,
                   .ins = ins,
                   .outs = outs,
                   .in = in,
                   .out = out,
                   .params = &mode,
                   .err = &b->err};
    for (int i = 0; i < outs; i++) {
        out[i] = new_result(b, pick(b, 0, 1) ? MIL_FP32 : MIL_INT8, &shapes[i % 3]);
    }
    anet_code code = ANET_OK;
    for (int i = 0; i <= outs; i++) { /* the first result that is wrong is the one it speaks of */
        b->err = (anet_error){0};
        code = kernels[which].kernel(&c);
        if (!code || i == outs || !read_wanted(b->err.message, &wanted)) {
            break;
        }
        out[i] = new_result(b, pick(b, 0, 1) ? MIL_FP32 : MIL_INT8, &wanted);
    }
    return code;
}

static void test_hostile_operands(void **state) {
    (void)state;
    call_bench b = bench_open(1, 1);
    int right = 0;
    for (size_t which = 0; which < COUNT(kernels); which++) {
        for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
            anet_code code = run_one(&b, which);
            assert_true(code == ANET_OK || code == ANET_BAD_INPUT);
            assert_true((b.err.message[0] != 0) == (code != ANET_OK));
            right += code == ANET_OK;
        }
    }
    assert_true(right > 5 * ROUNDS); /* not all is refused */
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hostile_operands)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
