/* Kernels that put elements elsewhere, on random shapes, against index arithmetic. */
#include "host/slices.h"
#include "host_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the word `fail` */

#include <string.h>

enum { ROUNDS = 1000 };

/* half of the rounds are about integers, which need not fit a float */
static mil_dtype pick_dtype(call_bench *b) {
    return pick(b, 0, 1) ? MIL_INT32 : MIL_FP32;
}

static host_array pick_x(call_bench *b, const shape *s) {
    return new_array(b, pick_dtype(b), s, -2e9, 2e9);
}

static void test_reverse(void **state) {
    (void)state;
    call_bench b = bench_open_wide(1, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        shape s = pick_shape(&b, (int)pick(&b, 1, 5), 5);
        bool flip[MAX_RANK] = {false};
        int64_t axes[MAX_RANK];
        size_t n = 0;
        bool all = round % 4 == 0;
        for (int i = 0; i < s.rank; i++) {
            flip[i] = all || pick(&b, 0, 1);
            if (flip[i]) {
                axes[n++] = pick(&b, 0, 1) ? i : i - s.rank;
            }
        }
        host_array in[] = {pick_x(&b, &s), all ? ABSENT : new_vector(&b, MIL_INT32, n, axes)};
        host_array out[] = {new_result(&b, in[0].dtype, &s)};
        RUN(&b, host_reverse, in, out, NULL);
        for (size_t i = 0, index[MAX_RANK]; i < s.n; i++) {
            unravel(&s, i, index);
            for (int k = 0; k < s.rank; k++) {
                index[k] = flip[k] ? s.dim[k] - 1 - index[k] : index[k];
            }
            check_at("reverse", &out[0], i, at(&in[0], ravel(&s, index)));
        }
    }
    bench_close(&b);
}

static void test_reverse_sequence(void **state) {
    (void)state;
    call_bench b = bench_open_wide(2, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 2, 4), axis = (int)pick(&b, 0, (size_t)rank - 1);
        int batch = (axis + (int)pick(&b, 1, (size_t)rank - 1)) % rank;
        shape s = pick_shape(&b, rank, 5), lengths = shape_of(1, &s.dim[batch]);
        host_array in[] = {pick_x(&b, &s),
                           new_array(&b, MIL_INT32, &lengths, 0, (double)s.dim[axis]),
                           new_scalar(&b, MIL_INT32, axis), new_scalar(&b, MIL_INT32, batch)};
        host_array out[] = {new_result(&b, in[0].dtype, &s)};
        RUN(&b, host_reverse_sequence, in, out, NULL);
        for (size_t i = 0, index[MAX_RANK]; i < s.n; i++) {
            unravel(&s, i, index);
            size_t length = (size_t)at(&in[1], index[batch]);
            index[axis] = index[axis] < length ? length - 1 - index[axis] : index[axis];
            check_at("reverse_sequence", &out[0], i, at(&in[0], ravel(&s, index)));
        }
        in[1].i[0] = (int32_t)s.dim[axis] + 1;
        REFUSE(&b, host_reverse_sequence, in, out, NULL, "outside [0,");
        in[1].i[0] = -1;
        REFUSE(&b, host_reverse_sequence, in, out, NULL, "outside [0,");
    }
    bench_close(&b);
}

static void test_crop(void **state) {
    (void)state;
    call_bench b = bench_open_wide(3, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 2, 5);
        shape s = pick_shape(&b, rank, 6), r = s;
        int64_t cut[2][2];
        for (int k = 0; k < 2; k++) {
            size_t *dim = &r.dim[rank - 2 + k];
            cut[k][0] = (int64_t)pick(&b, 0, *dim - 1);
            cut[k][1] = (int64_t)pick(&b, 0, *dim - 1 - (size_t)cut[k][0]);
            *dim -= (size_t)(cut[k][0] + cut[k][1]);
        }
        r = shape_of(rank, r.dim);
        host_array in[] = {pick_x(&b, &s), new_vector(&b, MIL_INT32, 2, cut[0]),
                           new_vector(&b, MIL_INT32, 2, cut[1])};
        host_array out[] = {new_result(&b, in[0].dtype, &r)};
        RUN(&b, host_crop, in, out, NULL);
        for (size_t i = 0, index[MAX_RANK]; i < r.n; i++) {
            unravel(&r, i, index);
            index[rank - 2] += (size_t)cut[0][0];
            index[rank - 1] += (size_t)cut[1][0];
            check_at("crop", &out[0], i, at(&in[0], ravel(&s, index)));
        }
        in[2].i[1] = (int32_t)s.dim[rank - 1];
        REFUSE(&b, host_crop, in, out, NULL, "leaves nothing");
    }
    bench_close(&b);
}

static void test_sliding_windows(void **state) {
    (void)state;
    call_bench b = bench_open(4, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 1, 4), axis = (int)pick(&b, 0, (size_t)rank - 1);
        shape s = pick_shape(&b, rank, 7), r = s;
        size_t size = pick(&b, 1, s.dim[axis]), stride = pick(&b, 1, 3);
        r.dim[axis] = (s.dim[axis] - size) / stride + 1;
        memmove(&r.dim[axis + 2], &r.dim[axis + 1], (size_t)(rank - axis - 1) * sizeof *r.dim);
        r.dim[axis + 1] = size;
        r = shape_of(rank + 1, r.dim);
        host_array in[] = {pick_x(&b, &s), new_scalar(&b, MIL_INT32, axis - rank),
                           new_scalar(&b, MIL_INT32, (double)size),
                           new_scalar(&b, MIL_INT32, (double)stride)};
        host_array out[] = {new_result(&b, in[0].dtype, &r)};
        RUN(&b, host_sliding_windows, in, out, NULL);
        for (size_t i = 0, index[MAX_RANK]; i < r.n; i++) {
            unravel(&r, i, index);
            index[axis] = index[axis] * stride + index[axis + 1];
            memmove(&index[axis + 1], &index[axis + 2], (size_t)(rank - axis - 1) * sizeof *index);
            check_at("sliding_windows", &out[0], i, at(&in[0], ravel(&s, index)));
        }
        in[2].i[0] = (int32_t)s.dim[axis] + 1;
        REFUSE(&b, host_sliding_windows, in, out, NULL, "do not fit");
    }
    bench_close(&b);
}

static void test_band_part(void **state) {
    (void)state;
    call_bench b = bench_open_wide(5, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        shape s = pick_shape(&b, (int)pick(&b, 2, 4), 6);
        int64_t lower = (int64_t)pick(&b, 0, 7) - 1, upper = (int64_t)pick(&b, 0, 7) - 1;
        host_array in[] = {pick_x(&b, &s), new_scalar(&b, MIL_INT32, (double)lower),
                           new_scalar(&b, MIL_INT32, (double)upper)};
        host_array out[] = {new_result(&b, in[0].dtype, &s)};
        RUN(&b, host_band_part, in, out, NULL);
        for (size_t i = 0, index[MAX_RANK]; i < s.n; i++) {
            unravel(&s, i, index);
            int64_t m = (int64_t)index[s.rank - 2], n = (int64_t)index[s.rank - 1];
            bool keep = (lower < 0 || m - n <= lower) && (upper < 0 || n - m <= upper);
            check_at("band_part", &out[0], i, keep ? at(&in[0], i) : 0);
        }
    }
    bench_close(&b);
}

static void test_blocks_and_depth(void **state) {
    (void)state;
    static const struct {
        host_kernel *down, *up;
        bool fast;
    } pairs[] = {{host_space_to_depth, host_depth_to_space, false},
                 {host_pixel_unshuffle, host_pixel_shuffle, true}};
    call_bench b = bench_open(6, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        size_t n = pick(&b, 1, 3), c = pick(&b, 1, 4), h = pick(&b, 1, 4), w = pick(&b, 1, 20);
        size_t f = pick(&b, 1, 3);
        bool fast = pairs[round % 2].fast;
        shape large = shape_of(4, (size_t[]){n, c, h * f, w * f});
        shape small = shape_of(4, (size_t[]){n, c * f * f, h, w});
        host_array in[] = {pick_x(&b, &large), new_scalar(&b, MIL_INT32, (double)f)};
        host_array out[] = {new_result(&b, in[0].dtype, &small)};
        RUN(&b, pairs[round % 2].down, in, out, NULL);
        for (size_t i = 0, k[MAX_RANK]; i < small.n; i++) {
            unravel(&small, i, k);
            size_t block = fast ? k[1] % (f * f) : k[1] / c;
            size_t channel = fast ? k[1] / (f * f) : k[1] % c;
            size_t from[] = {k[0], channel, k[2] * f + block / f, k[3] * f + block % f};
            check_at("to depth", &out[0], i, at(&in[0], ravel(&large, from)));
        }
        host_array back[] = {out[0], in[1]}, again[] = {new_result(&b, in[0].dtype, &large)};
        RUN(&b, pairs[round % 2].up, back, again, NULL);
        assert_memory_equal(again[0].i, in[0].i, large.n * sizeof(int32_t));
        in[1].i[0] = (int32_t)(w * f * h) + 1;
        REFUSE(&b, pairs[round % 2].down, in, out, NULL, "does not divide");
    }
    bench_close(&b);
}

static void test_blocks_and_batch(void **state) {
    (void)state;
    call_bench b = bench_open(7, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        size_t n = pick(&b, 1, 3), c = pick(&b, 1, 3), block[2], many[2], whole[2];
        int64_t edges[4], blocks[2];
        for (size_t k = 0; k < 2; k++) {
            block[k] = pick(&b, 1, 3);
            many[k] = pick(&b, 1, 4);
            edges[2 * k] = (int64_t)pick(&b, 0, block[k] * many[k] - 1);
            edges[2 * k + 1] = (int64_t)pick(&b, 0, block[k] * many[k] - 1 - (size_t)edges[2 * k]);
            whole[k] = block[k] * many[k] - (size_t)(edges[2 * k] + edges[2 * k + 1]);
            blocks[k] = (int64_t)block[k];
        }
        shape x = shape_of(4, (size_t[]){n, c, whole[0], whole[1]});
        shape y = shape_of(4, (size_t[]){n * block[0] * block[1], c, many[0], many[1]});
        host_array pads = new_vector(&b, MIL_INT32, 4, edges);
        host_array in[] = {pick_x(&b, &x), new_vector(&b, MIL_INT32, 2, blocks), pads};
        host_array out[] = {new_result(&b, in[0].dtype, &y)};
        RUN(&b, host_space_to_batch, in, out, NULL);
        for (size_t i = 0, k[MAX_RANK]; i < y.n; i++) {
            unravel(&y, i, k);
            size_t at_block = k[0] / n;
            size_t row = k[2] * block[0] + at_block / block[1] - (size_t)edges[0];
            size_t column = k[3] * block[1] + at_block % block[1] - (size_t)edges[2];
            bool exists = row < whole[0] && column < whole[1];
            size_t from[] = {k[0] % n, k[1], exists ? row : 0, exists ? column : 0};
            check_at("space_to_batch", &out[0], i, exists ? at(&in[0], ravel(&x, from)) : 0);
        }
        host_array back[] = {out[0], in[1], pads}, again[] = {new_result(&b, in[0].dtype, &x)};
        RUN(&b, host_batch_to_space, back, again, NULL);
        assert_memory_equal(again[0].i, in[0].i, x.n * sizeof(int32_t));
        in[1].i[0] = INT32_MAX;
        in[1].i[1] = INT32_MAX;
        REFUSE(&b, host_space_to_batch, in, out, NULL, "64 GiB");
        REFUSE(&b, host_batch_to_space, back, again, NULL, "64 GiB");
    }
    bench_close(&b);
}

/* numpy's slice by walking: from begin (clamped) in steps until end is reached */
static size_t walk_slice(const host_slice *s, int64_t dim, int64_t *taken) {
    size_t n = 0;
    if (s->squeeze) {
        taken[n++] = s->begin < 0 ? s->begin + dim : s->begin;
        return n;
    }
    int64_t low = s->stride < 0 ? -1 : 0, high = s->stride < 0 ? dim - 1 : dim;
    int64_t begin = s->begin < 0 ? s->begin + dim : s->begin;
    int64_t end = s->end < 0 ? s->end + dim : s->end;
    begin = begin < low ? low : begin > high ? high : begin;
    end = end < low ? low : end > high ? high : end;
    begin = s->open_begin ? (s->stride < 0 ? high : low) : begin;
    end = s->open_end ? (s->stride < 0 ? low : high) : end;
    for (int64_t i = begin; s->stride < 0 ? i > end : i < end; i += s->stride) {
        taken[n++] = i;
    }
    if (n == 0 && dim == 1) {
        taken[n++] = 0;
    }
    return n;
}

typedef struct slice_case {
    shape x, part;
    host_slice slice[MAX_RANK];
    int64_t taken[MAX_RANK][8];
    bool empty;
} slice_case;

static void pick_slice(call_bench *b, slice_case *c) {
    *c = (slice_case){.x = pick_shape(b, (int)pick(b, 1, 4), 6), .part = {.n = 1}};
    for (int i = 0; i < c->x.rank; i++) {
        size_t dim = c->x.dim[i];
        host_slice *s = &c->slice[i];
        s->begin = (int64_t)pick(b, 0, 2 * dim + 1) - (int64_t)dim;
        s->end = (int64_t)pick(b, 0, 2 * dim + 4) - (int64_t)dim - 2;
        s->stride = (int64_t)pick(b, 1, 3) * (pick(b, 0, 2) ? 1 : -1);
        s->open_begin = pick(b, 0, 3) == 0;
        s->open_end = pick(b, 0, 2) == 0;
        s->squeeze = pick(b, 0, 5) == 0;
        size_t n = walk_slice(s, (int64_t)dim, c->taken[i]);
        c->empty |= n == 0 || c->taken[i][0] < 0 || c->taken[i][0] >= (int64_t)dim;
        if (!s->squeeze) {
            c->part.dim[c->part.rank++] = n;
            c->part.n *= n;
        }
    }
}

/* begin, end, stride and the masks */
static void put_slice(call_bench *b, const slice_case *c, host_array *in) {
    int64_t v[6][MAX_RANK];
    for (int i = 0; i < c->x.rank; i++) {
        const host_slice *s = &c->slice[i];
        const int64_t all[] = {s->begin, s->end, s->stride, s->open_begin, s->open_end, s->squeeze};
        for (int k = 0; k < 6; k++) {
            v[k][i] = all[k];
        }
    }
    for (int k = 0; k < 6; k++) {
        in[k] = new_vector(b, k < 3 ? MIL_INT32 : MIL_BOOL, (size_t)c->x.rank, v[k]);
    }
}

/* where element i of the slice is in x */
static size_t slice_source(const slice_case *c, size_t i) {
    size_t index[MAX_RANK], from[MAX_RANK];
    unravel(&c->part, i, index);
    for (int k = 0, next = 0; k < c->x.rank; k++) {
        from[k] = (size_t)c->taken[k][c->slice[k].squeeze ? 0 : index[next++]];
    }
    return ravel(&c->x, from);
}

static void test_slices(void **state) {
    (void)state;
    call_bench b = bench_open(8, 2);
    int full = 0, empty = 0;
    for (int round = 0; round < 10 * ROUNDS; round++, bench_next(&b)) {
        slice_case c;
        pick_slice(&b, &c);
        host_array in[7] = {pick_x(&b, &c.x)}, update[8];
        put_slice(&b, &c, in + 1);
        host_array out[] = {new_result(&b, in[0].dtype, &c.part)};
        host_array updated[] = {new_result(&b, in[0].dtype, &c.x)};
        update[0] = in[0];
        update[1] = new_array(&b, in[0].dtype, &c.part, -9, 9);
        memcpy(update + 2, in + 1, 6 * sizeof *in);
        if (c.empty) {
            REFUSE(&b, host_slice_by_index, in, out, NULL, "is empty or leaves");
            REFUSE(&b, host_slice_update, update, updated, NULL, "is empty or leaves");
            empty++;
            continue;
        }
        full++;
        RUN(&b, host_slice_by_index, in, out, NULL);
        RUN(&b, host_slice_update, update, updated, NULL);
        for (size_t i = 0; i < c.part.n; i++) {
            size_t from = slice_source(&c, i);
            check_at("slice_by_index", &out[0], i, at(&in[0], from));
            check_at("slice_update", &updated[0], from, at(&update[1], i));
            in[0].i[from] = updated[0].i[from];
        }
        assert_memory_equal(in[0].i, updated[0].i, c.x.n * sizeof(int32_t)); /* the rest stays */
    }
    assert_true(full > ROUNDS && empty > ROUNDS);
    bench_close(&b);
}

static void test_slice_by_size(void **state) {
    (void)state;
    call_bench b = bench_open_wide(9, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        shape s = pick_shape(&b, (int)pick(&b, 1, 5), 6), r = s;
        int64_t begin[MAX_RANK], size[MAX_RANK];
        size_t first[MAX_RANK];
        for (int i = 0; i < s.rank; i++) {
            first[i] = pick(&b, 0, s.dim[i] - 1);
            r.dim[i] = pick(&b, 1, s.dim[i] - first[i]);
            begin[i] = (int64_t)first[i] - (pick(&b, 0, 1) ? (int64_t)s.dim[i] : 0);
            size[i] = first[i] + r.dim[i] == s.dim[i] && pick(&b, 0, 1) ? -1 : (int64_t)r.dim[i];
        }
        r = shape_of(s.rank, r.dim);
        host_array in[] = {pick_x(&b, &s), new_vector(&b, MIL_INT32, (size_t)s.rank, begin),
                           new_vector(&b, MIL_INT32, (size_t)s.rank, size)};
        host_array out[] = {new_result(&b, in[0].dtype, &r)};
        RUN(&b, host_slice_by_size, in, out, NULL);
        for (size_t i = 0, index[MAX_RANK]; i < r.n; i++) {
            unravel(&r, i, index);
            for (int k = 0; k < s.rank; k++) {
                index[k] += first[k];
            }
            check_at("slice_by_size", &out[0], i, at(&in[0], ravel(&s, index)));
        }
        in[2].i[0] = (int32_t)(s.dim[0] - first[0] + 1);
        REFUSE(&b, host_slice_by_size, in, out, NULL, "leaves");
        in[1].i[0] = (int32_t)s.dim[0];
        REFUSE(&b, host_slice_by_size, in, out, NULL, "leaves");
    }
    bench_close(&b);
}

static void test_stack_and_interleave(void **state) {
    (void)state;
    call_bench b = bench_open_wide(10, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        bool stack = round % 2;
        int rank = (int)pick(&b, !stack, 4), n = (int)pick(&b, 1, 4);
        int axis = (int)pick(&b, 0, (size_t)(rank - !stack));
        shape s = pick_shape(&b, rank, 5), r = s;
        mil_dtype t = pick_dtype(&b);
        host_array in[5] = {new_scalar(&b, MIL_INT32, axis)};
        for (int k = 1; k <= n; k++) {
            in[k] = new_array(&b, t, &s, -2e9, 2e9);
        }
        if (stack) {
            memmove(&r.dim[axis + 1], &r.dim[axis], (size_t)(rank - axis) * sizeof *r.dim);
            r.dim[axis] = (size_t)n;
        } else {
            r.dim[axis] *= (size_t)n;
        }
        r = shape_of(rank + stack, r.dim);
        host_array out[] = {new_result(&b, t, &r)};
        run_kernel(&b, stack ? host_stack : host_interleave, in, n + 1, out, 1, NULL);
        for (size_t i = 0, index[MAX_RANK]; i < r.n; i++) {
            unravel(&r, i, index);
            size_t part = index[axis] % (size_t)n;
            if (stack) {
                memmove(&index[axis], &index[axis + 1], (size_t)(rank - axis) * sizeof *index);
            } else {
                index[axis] /= (size_t)n;
            }
            check_at("stack", &out[0], i, at(&in[1 + part], ravel(&s, index)));
        }
    }
    bench_close(&b);
}

static void test_split(void **state) {
    (void)state;
    call_bench b = bench_open(11, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 1, 4), axis = (int)pick(&b, 0, (size_t)rank - 1);
        shape s = pick_shape(&b, rank, 5);
        host_array out[12], in[2] = {{.dtype = pick_dtype(&b)}};
        int n = (int)pick(&b, 1, 12);
        s.dim[axis] = 0;
        for (int k = 0; k < n; k++) {
            shape part = s;
            part.dim[axis] = pick(&b, 1, 4);
            s.dim[axis] += part.dim[axis];
            part = shape_of(rank, part.dim);
            out[k] = new_result(&b, in[0].dtype, &part);
        }
        s = shape_of(rank, s.dim);
        in[0] = new_array(&b, in[0].dtype, &s, -2e9, 2e9);
        in[1] = new_scalar(&b, MIL_INT32, axis);
        run_kernel(&b, host_split, in, 2, out, n, NULL);
        for (size_t i = 0, index[MAX_RANK]; i < s.n; i++) {
            unravel(&s, i, index);
            int k = 0;
            for (; index[axis] >= out[k].shape.dim[axis]; k++) {
                index[axis] -= out[k].shape.dim[axis];
            }
            check_at("split", &out[k], ravel(&out[k].shape, index), at(&in[0], i));
        }
        refuse_kernel(&b, host_split, in, 2, out, n - 1, NULL, "of the");
        in[0].shape.dim[axis]--;
        in[0].shape = shape_of(rank, in[0].shape.dim);
        refuse_kernel(&b, host_split, in, 2, out, n, NULL, "more than");
    }
    bench_close(&b);
}

static void test_pad(void **state) {
    (void)state;
    call_bench b = bench_open_wide(12, 2);
    for (int round = 0; round < 2 * ROUNDS; round++, bench_next(&b)) {
        int mode = round % 3, rank = (int)pick(&b, 1, 5); /* constant, reflect, replicate */
        size_t padded = pick(&b, 1, (size_t)rank), first = (size_t)rank - padded;
        shape s = pick_shape(&b, rank, 5), r = s;
        int64_t pad[2 * MAX_RANK];
        for (size_t i = 0; i < 2 * padded; i++) {
            size_t axis = first + i / 2;
            pad[i] = (int64_t)pick(&b, 0, mode == 1 ? s.dim[axis] - 1 : 4);
            r.dim[axis] += (size_t)pad[i];
        }
        r = shape_of(rank, r.dim);
        host_array in[] = {pick_x(&b, &s), new_vector(&b, MIL_INT32, 2 * padded, pad), ABSENT};
        if (pick(&b, 0, 1)) {
            in[2] = new_scalar(&b, in[0].dtype, -7);
        }
        host_array out[] = {new_result(&b, in[0].dtype, &r)};
        RUN(&b, host_pad, in, out, &mode);
        for (size_t i = 0, index[MAX_RANK]; i < r.n; i++) {
            unravel(&r, i, index);
            bool inside = true;
            for (size_t k = first; k < (size_t)rank; k++) {
                int64_t j = (int64_t)index[k] - pad[2 * (k - first)], last = (int64_t)s.dim[k] - 1;
                inside = inside && j >= 0 && j <= last;
                j = mode == 1 && j < 0 ? -j : mode == 1 && j > last ? 2 * last - j : j;
                index[k] = (size_t)(j < 0 ? 0 : j > last ? last : j);
            }
            double fill = in[2].dtype ? -7 : 0, x = at(&in[0], ravel(&s, index));
            check_at("pad", &out[0], i, mode == 0 && !inside ? fill : x);
        }
        in[1].i[0] = -1;
        REFUSE(&b, host_pad, in, out, &mode, "negative");
        in[1].i[0] = (int32_t)s.dim[first];
        if (mode == 1) {
            REFUSE(&b, host_pad, in, out, &mode, "too few to reflect");
        }
    }
    bench_close(&b);
}

static void test_tile(void **state) {
    (void)state;
    call_bench b = bench_open_wide(13, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 0, 5);
        shape s = pick_shape(&b, rank, 4), r = s;
        int64_t reps[MAX_RANK];
        for (int i = 0; i < rank; i++) {
            reps[i] = (int64_t)pick(&b, 0, 5) - 1; /* below 1 means 1 */
            r.dim[i] *= reps[i] < 1 ? 1 : (size_t)reps[i];
        }
        r = shape_of(rank, r.dim);
        host_array in[] = {pick_x(&b, &s), new_vector(&b, MIL_INT32, (size_t)rank, reps)};
        host_array out[] = {new_result(&b, in[0].dtype, &r)};
        RUN(&b, host_tile, in, out, NULL);
        for (size_t i = 0, index[MAX_RANK]; i < r.n; i++) {
            unravel(&r, i, index);
            for (int k = 0; k < rank; k++) {
                index[k] %= s.dim[k];
            }
            check_at("tile", &out[0], i, at(&in[0], ravel(&s, index)));
        }
        if (rank > 0) {
            in[1].i[0] = INT32_MAX;
            REFUSE(&b, host_tile, in, out, NULL, s.dim[0] > 8 ? "64 GiB" : "declared");
        }
    }
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reverse),
        cmocka_unit_test(test_reverse_sequence),
        cmocka_unit_test(test_crop),
        cmocka_unit_test(test_sliding_windows),
        cmocka_unit_test(test_band_part),
        cmocka_unit_test(test_blocks_and_depth),
        cmocka_unit_test(test_blocks_and_batch),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_slice_by_size),
        cmocka_unit_test(test_stack_and_interleave),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_pad),
        cmocka_unit_test(test_tile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
