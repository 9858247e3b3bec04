/* Kernels that gather, scatter and sort, on random shapes, against index arithmetic; indices
 * outside their axis are errors of the run. */
#include "host_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the word `fail` */

#include <math.h>
#include <string.h>

enum { ROUNDS = 600 };

static mil_dtype pick_dtype(call_bench *b) {
    return pick(b, 0, 1) ? MIL_INT32 : MIL_FP32;
}

static host_array pick_x(call_bench *b, const shape *s) {
    return new_array(b, pick_dtype(b), s, -2e9, 2e9);
}

static host_array pick_indices(call_bench *b, const shape *s, size_t length) {
    return new_array(b, MIL_INT16, s, -(double)length, (double)length - 1);
}

static size_t positive(int32_t index, size_t length) {
    return (size_t)(index < 0 ? index + (int32_t)length : index);
}

/* appends dims [from, to) */
static void append(shape *to, const shape *s, int from, int end) {
    for (int i = from; i < end; i++) {
        to->dim[to->rank++] = s->dim[i];
    }
    *to = shape_of(to->rank, to->dim);
}

/* every index just outside must be refused */
static void refuse_outside(call_bench *b, host_kernel *kernel, host_array *in, int ins,
                           const host_array *out, const void *params, size_t length) {
    host_array *indices = &in[1];
    const int32_t wrong[] = {(int32_t)length, -(int32_t)length - 1, INT32_MAX, INT32_MIN};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        size_t i = pick(b, 0, indices->shape.n - 1);
        int32_t kept = indices->i[i];
        indices->i[i] = wrong[k];
        refuse_kernel(b, kernel, in, ins, out, 1, params, "is outside [-");
        indices->i[i] = kept;
    }
}

static void test_gather(void **state) {
    (void)state;
    call_bench b = bench_open_wide(1, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 1, 4), axis = (int)pick(&b, 0, (size_t)rank - 1);
        int batch = (int)pick(&b, 0, (size_t)axis), more = (int)pick(&b, 0, 2);
        shape x = pick_shape(&b, rank, 4), extra = pick_shape(&b, more, 4);
        shape at_shape = {.n = 1}, r = {.n = 1};
        append(&at_shape, &x, 0, batch);
        append(&at_shape, &extra, 0, more);
        append(&r, &x, 0, axis);
        append(&r, &extra, 0, more);
        append(&r, &x, axis + 1, rank);
        host_array in[] = {pick_x(&b, &x), pick_indices(&b, &at_shape, x.dim[axis]),
                           new_scalar(&b, MIL_INT32, axis - (round % 2 ? rank : 0)),
                           batch ? new_scalar(&b, MIL_INT32, batch) : ABSENT};
        host_array out[] = {new_result(&b, in[0].dtype, &r)};
        RUN(&b, host_gather, in, out, NULL);
        for (size_t i = 0, k[MAX_RANK]; i < r.n; i++) {
            unravel(&r, i, k);
            size_t where[MAX_RANK], from[MAX_RANK];
            memcpy(where, k, (size_t)batch * sizeof *k);
            memcpy(where + batch, k + axis, (size_t)more * sizeof *k);
            memcpy(from, k, (size_t)axis * sizeof *k);
            from[axis] = positive(in[1].i[ravel(&at_shape, where)], x.dim[axis]);
            memcpy(from + axis + 1, k + axis + more, (size_t)(rank - axis - 1) * sizeof *k);
            check_at("gather", &out[0], i, at(&in[0], ravel(&x, from)));
        }
        refuse_outside(&b, host_gather, in, 4, out, NULL, x.dim[axis]);
        in[3] = new_scalar(&b, MIL_INT32, axis + 1);
        REFUSE(&b, host_gather, in, out, NULL, "batch_dims");
    }
    bench_close(&b);
}

static void test_gather_along_axis(void **state) {
    (void)state;
    call_bench b = bench_open_wide(2, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 1, 4), axis = (int)pick(&b, 0, (size_t)rank - 1);
        shape x = pick_shape(&b, rank, 5), r = x;
        r.dim[axis] = pick(&b, 1, 6);
        r = shape_of(rank, r.dim);
        host_array in[] = {pick_x(&b, &x), pick_indices(&b, &r, x.dim[axis]),
                           new_scalar(&b, MIL_INT32, axis)};
        host_array out[] = {new_result(&b, in[0].dtype, &r)};
        RUN(&b, host_gather_along_axis, in, out, NULL);
        for (size_t i = 0, k[MAX_RANK]; i < r.n; i++) {
            unravel(&r, i, k);
            k[axis] = positive(in[1].i[i], x.dim[axis]);
            check_at("gather_along_axis", &out[0], i, at(&in[0], ravel(&x, k)));
        }
        refuse_outside(&b, host_gather_along_axis, in, 3, out, NULL, x.dim[axis]);
    }
    bench_close(&b);
}

static void test_gather_nd(void **state) {
    (void)state;
    call_bench b = bench_open_wide(3, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 1, 4), batch = (int)pick(&b, 0, (size_t)rank - 1);
        int k = (int)pick(&b, 1, (size_t)(rank - batch)), more = (int)pick(&b, 0, 2);
        size_t dim = pick(&b, 2, 4); /* of all named axes, so that indices are easy to pick */
        shape x = pick_shape(&b, rank, 4), extra = pick_shape(&b, more, 4);
        for (int i = batch; i < batch + k; i++) {
            x.dim[i] = dim;
        }
        x = shape_of(rank, x.dim);
        shape at_shape = {.n = 1}, r = {.n = 1};
        append(&at_shape, &x, 0, batch);
        append(&at_shape, &extra, 0, more);
        r = at_shape;
        at_shape.dim[at_shape.rank++] = (size_t)k;
        at_shape = shape_of(at_shape.rank, at_shape.dim);
        append(&r, &x, batch + k, rank);
        host_array in[] = {pick_x(&b, &x), pick_indices(&b, &at_shape, dim),
                           new_scalar(&b, MIL_INT32, batch)};
        host_array out[] = {new_result(&b, in[0].dtype, &r)};
        RUN(&b, host_gather_nd, in, out, NULL);
        for (size_t i = 0, j[MAX_RANK]; i < r.n; i++) {
            unravel(&r, i, j);
            size_t where[MAX_RANK], from[MAX_RANK];
            memcpy(where, j, (size_t)(batch + more) * sizeof *j);
            memcpy(from, j, (size_t)batch * sizeof *j);
            for (int a = 0; a < k; a++) {
                where[batch + more] = (size_t)a;
                from[batch + a] = positive(in[1].i[ravel(&at_shape, where)], dim);
            }
            memcpy(from + batch + k, j + batch + more, (size_t)(rank - batch - k) * sizeof *j);
            check_at("gather_nd", &out[0], i, at(&in[0], ravel(&x, from)));
        }
        refuse_outside(&b, host_gather_nd, in, 3, out, NULL, dim);
    }
    bench_close(&b);
}

/* --- scatter --- */

enum { ADD, SUB, MUL, DIV, MAX, MIN, UPDATE, MODES };

static double combine(int mode, bool integer, double a, double b) {
    double x[MODES] = {a + b, a - b, a * b, a / b, fmax(a, b), fmin(a, b), b};
    if (integer && mode == DIV) {
        return b == 0 ? 0 : trunc(a / b);
    }
    return integer ? x[mode] : (double)(float)x[mode];
}

/* data whose sums and products stay exact */
static host_array pick_small(call_bench *b, mil_dtype t, const shape *s) {
    return new_array(b, t, s, -9, 9);
}

/* one update into the naive version's copy of data */
static void put_in(int mode, const host_array *data, double *want, size_t to, double update) {
    want[to] = combine(mode, mil_is_integer(data->dtype), want[to], update);
}

static double *copy_of(call_bench *b, const host_array *a) {
    double *x = arena_array(b->memory, a->shape.n, sizeof *x);
    for (size_t i = 0; i < a->shape.n; i++) {
        x[i] = at(a, i);
    }
    return x;
}

static void check_all(const char *what, const host_array *out, const double *want) {
    for (size_t i = 0; i < out->shape.n; i++) {
        check_at(what, out, i, want[i]);
    }
}

static void test_scatter(void **state) {
    (void)state;
    call_bench b = bench_open_wide(4, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int mode = round % MODES, rank = (int)pick(&b, 1, 4), more = (int)pick(&b, 0, 2);
        int axis = (int)pick(&b, 0, (size_t)rank - 1);
        mil_dtype t = pick_dtype(&b);
        shape data = pick_shape(&b, rank, 4), at_shape = pick_shape(&b, more, 3), u = {.n = 1};
        append(&u, &data, 0, axis);
        append(&u, &at_shape, 0, more);
        append(&u, &data, axis + 1, rank);
        host_array in[] = {pick_small(&b, t, &data), pick_indices(&b, &at_shape, data.dim[axis]),
                           pick_small(&b, t, &u), new_scalar(&b, MIL_INT32, axis)};
        host_array out[] = {new_result(&b, t, &data)};
        RUN(&b, host_scatter, in, out, &mode);
        double *want = copy_of(&b, &in[0]);
        for (size_t i = 0, k[MAX_RANK]; i < u.n; i++) {
            unravel(&u, i, k);
            size_t to[MAX_RANK];
            memcpy(to, k, (size_t)axis * sizeof *k);
            to[axis] = positive(in[1].i[ravel(&at_shape, k + axis)], data.dim[axis]);
            memcpy(to + axis + 1, k + axis + more, (size_t)(rank - axis - 1) * sizeof *k);
            put_in(mode, &in[0], want, ravel(&data, to), at(&in[2], i));
        }
        check_all("scatter", &out[0], want);
        refuse_outside(&b, host_scatter, in, 4, out, &mode, data.dim[axis]);
        if (u.rank > 0) {
            in[2].shape.dim[0]++;
            REFUSE(&b, host_scatter, in, out, &mode, "updates have not the shape");
        }
    }
    bench_close(&b);
}

static void test_scatter_along_axis(void **state) {
    (void)state;
    call_bench b = bench_open(5, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int mode = round % MODES, rank = (int)pick(&b, 1, 4);
        int axis = (int)pick(&b, 0, (size_t)rank - 1);
        mil_dtype t = pick_dtype(&b);
        shape data = pick_shape(&b, rank, 4), u = data;
        u.dim[axis] = pick(&b, 1, 6);
        u = shape_of(rank, u.dim);
        host_array in[] = {pick_small(&b, t, &data), pick_indices(&b, &u, data.dim[axis]),
                           pick_small(&b, t, &u), new_scalar(&b, MIL_INT32, axis)};
        host_array out[] = {new_result(&b, t, &data)};
        RUN(&b, host_scatter_along_axis, in, out, &mode);
        double *want = copy_of(&b, &in[0]);
        for (size_t i = 0, k[MAX_RANK]; i < u.n; i++) {
            unravel(&u, i, k);
            k[axis] = positive(in[1].i[i], data.dim[axis]);
            put_in(mode, &in[0], want, ravel(&data, k), at(&in[2], i));
        }
        check_all("scatter_along_axis", &out[0], want);
        refuse_outside(&b, host_scatter_along_axis, in, 4, out, &mode, data.dim[axis]);
    }
    bench_close(&b);
}

static void test_scatter_nd(void **state) {
    (void)state;
    call_bench b = bench_open(6, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int mode = round % MODES, rank = (int)pick(&b, 1, 4), more = (int)pick(&b, 0, 2);
        size_t k = pick(&b, 1, (size_t)rank), dim = pick(&b, 2, 4);
        mil_dtype t = pick_dtype(&b);
        shape data = pick_shape(&b, rank, 4), u = pick_shape(&b, more, 4), at_shape = u;
        for (size_t i = 0; i < k; i++) {
            data.dim[i] = dim;
        }
        data = shape_of(rank, data.dim);
        at_shape.dim[at_shape.rank++] = k;
        at_shape = shape_of(more + 1, at_shape.dim);
        append(&u, &data, (int)k, rank);
        host_array in[] = {pick_small(&b, t, &data), pick_indices(&b, &at_shape, dim),
                           pick_small(&b, t, &u)};
        host_array out[] = {new_result(&b, t, &data)};
        RUN(&b, host_scatter_nd, in, out, &mode);
        double *want = copy_of(&b, &in[0]);
        for (size_t i = 0, j[MAX_RANK]; i < u.n; i++) {
            unravel(&u, i, j);
            size_t where[MAX_RANK], to[MAX_RANK];
            memcpy(where, j, (size_t)more * sizeof *j);
            for (size_t a = 0; a < k; a++) {
                where[more] = a;
                to[a] = positive(in[1].i[ravel(&at_shape, where)], dim);
            }
            memcpy(to + k, j + more, ((size_t)rank - k) * sizeof *j);
            put_in(mode, &in[0], want, ravel(&data, to), at(&in[2], i));
        }
        check_all("scatter_nd", &out[0], want);
        refuse_outside(&b, host_scatter_nd, in, 3, out, &mode, dim);
    }
    bench_close(&b);
}

static void test_integers_stay_exact(void **state) {
    (void)state;
    call_bench b = bench_open(7, 1);
    const int64_t data[] = {INT32_MAX, INT32_MIN, 16777217, 7}, to[] = {0, 1, 2, 3};
    const int64_t updates[] = {1, -1, 1, 0};
    const int32_t sums[] = {INT32_MIN, INT32_MAX, 16777218, 7};
    const int32_t quotients[] = {INT32_MAX, INT32_MIN, 16777217, 0};
    host_array in[] = {new_vector(&b, MIL_INT32, 4, data), new_vector(&b, MIL_INT32, 4, to),
                       new_vector(&b, MIL_INT32, 4, updates), ABSENT};
    host_array out[] = {new_result(&b, MIL_INT32, &in[0].shape)};
    RUN(&b, host_scatter, in, out, &(int){ADD});
    assert_memory_equal(out[0].i, sums, sizeof sums);
    RUN(&b, host_scatter, in, out, &(int){DIV}); /* what overflows wraps, x / 0 is 0 */
    assert_memory_equal(out[0].i, quotients, sizeof quotients);
    bench_close(&b);
}

/* --- sorting --- */

/* whether element i of a line comes before element j: NaN last, equal ones in their order */
static bool before(double x, double y, size_t i, size_t j, bool ascending) {
    if (isnan(x) || isnan(y) || x == y) {
        return isnan(x) == isnan(y) ? i < j : isnan(y);
    }
    return ascending ? x < y : x > y;
}

static void test_sorting(void **state) {
    (void)state;
    call_bench b = bench_open_wide(8, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 1, 3), axis = (int)pick(&b, 0, (size_t)rank - 1);
        bool ascending = round % 2;
        shape x = pick_shape(&b, rank, 4), r = x;
        size_t length = x.dim[axis] = round % 3 ? pick(&b, 1, 6) : pick(&b, 60, 90);
        x = shape_of(rank, x.dim);
        size_t k = pick(&b, 1, length < 8 || round % 5 ? length : 4);
        r.dim[axis] = k;
        r = shape_of(rank, r.dim);
        mil_dtype t = pick_dtype(&b);
        host_array a = new_array(&b, t, &x, -4, 4); /* many are equal */
        for (size_t i = 0; i < x.n; i++) {
            if (t == MIL_INT32) {
                a.i[i] += a.i[i] > 0 ? INT32_MAX - 4 : INT32_MIN + 4;
            } else {
                size_t kind = pick(&b, 0, 9);
                a.f[i] = kind == 0 ? NAN : kind == 1 ? -0.0f : kind == 2 ? 0 : floorf(a.f[i]);
            }
        }
        host_array in[] = {a, new_scalar(&b, MIL_INT32, k == length ? -1 : (double)k),
                           new_scalar(&b, MIL_INT32, axis), new_scalar(&b, MIL_BOOL, ascending)};
        host_array out[] = {new_result(&b, t, &r), new_result(&b, MIL_INT32, &r)};
        host_array order[] = {new_result(&b, MIL_INT32, &x)}, sorted[] = {a, in[2], in[3]};
        RUN(&b, host_topk, in, out, NULL);
        run_kernel(&b, host_argsort, sorted, 3, order, 1, NULL);
        for (size_t i = 0, index[MAX_RANK]; i < x.n; i++) {
            unravel(&x, i, index);
            size_t own = index[axis], place = 0;
            for (size_t j = 0; j < length; j++) { /* how many come before it */
                index[axis] = j;
                place += before(at(&a, ravel(&x, index)), at(&a, i), j, own, ascending);
            }
            index[axis] = place;
            check_at("argsort", &order[0], ravel(&x, index), (double)own);
            if (place < k) {
                check_at("topk values", &out[0], ravel(&r, index), at(&a, i));
                check_at("topk indices", &out[1], ravel(&r, index), (double)own);
            }
        }
        run_kernel(&b, host_topk, in, 4, out, 1, NULL); /* return_indices = false */
        in[1].i[0] = (int32_t)length + 1;
        REFUSE(&b, host_topk, in, out, NULL, "outside [1,");
    }
    bench_close(&b);
}

static void test_short_indices(void **state) {
    (void)state;
    call_bench b = bench_open(9, 1);
    shape x = shape_of(1, (size_t[]){65537}), r = shape_of(1, (size_t[]){1});
    host_array in[] = {new_array(&b, MIL_FP16, &x, 0, 1), new_scalar(&b, MIL_INT32, 1), ABSENT,
                       ABSENT};
    host_array out[] = {new_result(&b, MIL_FP16, &r), new_result(&b, MIL_UINT16, &r)};
    REFUSE(&b, host_topk, in, out, NULL, "16-bit");
    in[0].shape = shape_of(1, (size_t[]){65536});
    in[0].f[65535] = 2;
    RUN(&b, host_topk, in, out, NULL);
    assert_int_equal(out[1].i[0], 65535);
    bench_close(&b);
}

/* --- made of numbers --- */

static void test_one_hot(void **state) {
    (void)state;
    call_bench b = bench_open_wide(10, 2);
    for (int round = 0; round < ROUNDS; round++, bench_next(&b)) {
        int rank = (int)pick(&b, 0, 3), axis = (int)pick(&b, 0, (size_t)rank);
        shape s = pick_shape(&b, rank, 4), r = s;
        size_t size = pick(&b, 1, 5);
        memmove(&r.dim[axis + 1], &r.dim[axis], (size_t)(rank - axis) * sizeof *r.dim);
        r.dim[axis] = size;
        r = shape_of(rank + 1, r.dim);
        bool given = pick(&b, 0, 1);
        mil_dtype t = pick_dtype(&b);
        host_array in[] = {
            new_array(&b, MIL_INT32, &s, -2, 6), new_scalar(&b, MIL_INT32, (double)size),
            new_scalar(&b, MIL_INT32, axis - rank - 1), given ? new_scalar(&b, t, 7) : ABSENT,
            given ? new_scalar(&b, t, -3) : ABSENT};
        host_array out[] = {new_result(&b, t, &r)};
        RUN(&b, host_one_hot, in, out, NULL);
        for (size_t i = 0, k[MAX_RANK]; i < r.n; i++) {
            unravel(&r, i, k);
            int64_t place = (int64_t)k[axis];
            memmove(&k[axis], &k[axis + 1], (size_t)(rank - axis) * sizeof *k);
            bool on = (int64_t)at(&in[0], ravel(&s, k)) == place;
            check_at("one_hot", &out[0], i, given ? (on ? 7 : -3) : on);
        }
    }
    bench_close(&b);
}

static void test_ranges_and_fills(void **state) {
    (void)state;
    call_bench b = bench_open(11, 1);
    static const struct {
        mil_dtype t;
        double start, end, by;
        size_t n;
    } ranges[] = {{MIL_INT32, 0, 5, 1, 5},
                  {MIL_INT32, 5, -4, -3, 3},
                  {MIL_INT32, 2147483000, 2147483647, 100, 7},
                  {MIL_FP32, 0, 1, 0.25, 4},
                  {MIL_FP32, -1.5, 1.6, 0.5, 7}};
    for (int i = 0; i < COUNT(ranges); i++) {
        mil_dtype t = ranges[i].t;
        shape s = shape_of(1, &ranges[i].n);
        host_array in[] = {new_scalar(&b, t, ranges[i].end), new_scalar(&b, t, ranges[i].start),
                           new_scalar(&b, t, ranges[i].by)};
        host_array out[] = {new_result(&b, t, &s)};
        RUN(&b, host_range_1d, in, out, NULL);
        for (size_t k = 0; k < s.n; k++) {
            check_at("range_1d", &out[0], k, ranges[i].start + (double)k * ranges[i].by);
        }
        out[0].shape.dim[0]++;
        REFUSE(&b, host_range_1d, in, out, NULL, "declared");
        in[2] = new_scalar(&b, t, 0);
        REFUSE(&b, host_range_1d, in, out, NULL, "no elements");
        in[2] = new_scalar(&b, t, -ranges[i].by);
        REFUSE(&b, host_range_1d, in, out, NULL, "no elements");
    }
    shape s = shape_of(3, (size_t[]){2, 3, 7000});
    host_array value[] = {new_scalar(&b, MIL_INT32, 16777217)}, none[] = {ABSENT};
    host_array out[] = {new_result(&b, MIL_INT32, &s)}, zeros[] = {new_result(&b, MIL_FP16, &s)};
    RUN(&b, host_fill, value, out, NULL);
    RUN(&b, host_fill, none, zeros, NULL);
    for (size_t i = 0; i < s.n; i++) {
        check_at("fill", &out[0], i, 16777217);
        check_at("fill", &zeros[0], i, 0);
    }
    bench_close(&b);
}

/* --- boxes --- */

/* Four boxes: 1 covers most of 0, 2 is apart, 3 is 0 again with a score below all thresholds. */
static void test_suppression(void **state) {
    (void)state;
    call_bench b = bench_open(12, 1);
    static const float boxes[4][4] = {
        {10, 10, 4, 4}, {10, 11, 4, 4}, {50, 10, 2, 2}, {10, 10, 4, 4}};
    static const float scores[4][2] = {{.5f, .1f}, {.2f, .9f}, {.6f, .6f}, {.05f, 0}};
    static const struct {
        double overlap, threshold;
        bool per_class;
        int count, kept[4];
    } cases[] = {{.5, .1, false, 2, {1, 2}},     /* IoU of 0 and 1 is 12 / 20 */
                 {.61, .1, false, 3, {1, 2, 0}}, /* 3 is below the threshold */
                 {.5, .1, true, 3, {1, 2, 0}},   /* 0 is of another class than 1 */
                 {.5, .7, false, 1, {1}},
                 {.61, -1, false, 3, {1, 2, 0}}}; /* 3 is 0 again */
    for (int k = 0; k < 2 * COUNT(cases); k++) {
        int i = k / 2;
        bool columns = k % 2; /* ios17: no threshold, other order of axes */
        shape box = shape_of(3, (size_t[]){1, 4, 4});
        shape score = shape_of(3, columns ? (size_t[]){1, 2, 4} : (size_t[]){1, 4, 2});
        shape few = shape_of(2, (size_t[]){1, 3}), one = shape_of(1, (size_t[]){1});
        shape box_out = shape_of(3, columns ? (size_t[]){1, 4, 3} : (size_t[]){1, 3, 4});
        shape score_out = shape_of(3, columns ? (size_t[]){1, 2, 3} : (size_t[]){1, 3, 2});
        host_array in[] = {new_result(&b, MIL_FP32, &box),
                           new_result(&b, MIL_FP32, &score),
                           new_scalar(&b, MIL_FP32, cases[i].overlap),
                           new_scalar(&b, MIL_INT32, 3),
                           columns ? ABSENT : new_scalar(&b, MIL_FP32, cases[i].threshold),
                           new_scalar(&b, MIL_BOOL, cases[i].per_class)};
        for (size_t j = 0; j < 4; j++) {
            for (size_t p = 0; p < 4; p++) {
                in[0].f[columns ? p * 4 + j : j * 4 + p] = boxes[j][p];
            }
            for (size_t p = 0; p < 2; p++) {
                in[1].f[columns ? p * 4 + j : j * 2 + p] = scores[j][p];
            }
        }
        if (columns && cases[i].threshold > .1) {
            continue;
        }
        host_array out[] = {new_result(&b, MIL_FP32, &box_out),
                            new_result(&b, MIL_FP32, &score_out), new_result(&b, MIL_INT32, &few),
                            new_result(&b, MIL_INT32, &one)};
        run_kernel(&b, host_non_maximum_suppression, in, 6, out, columns ? 3 : 4, NULL);
        for (size_t j = 0; j < 3; j++) {
            bool is = j < (size_t)cases[i].count;
            int kept = is ? cases[i].kept[j] : 0;
            check_at("indices", &out[2], j, kept);
            for (size_t p = 0; p < 4; p++) {
                check_at("boxes", &out[0], columns ? p * 3 + j : j * 4 + p,
                         is ? (double)boxes[kept][p] : 0);
            }
            for (size_t p = 0; p < 2; p++) {
                check_at("scores", &out[1], columns ? p * 3 + j : j * 2 + p,
                         is ? (double)scores[kept][p] : 0);
            }
        }
        if (!columns) {
            check_at("count", &out[3], 0, cases[i].count);
        }
        in[3].i[0] = 0;
        refuse_kernel(&b, host_non_maximum_suppression, in, 6, out, columns ? 3 : 4, NULL,
                      "max_boxes");
    }
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gather),
        cmocka_unit_test(test_gather_along_axis),
        cmocka_unit_test(test_gather_nd),
        cmocka_unit_test(test_scatter),
        cmocka_unit_test(test_scatter_along_axis),
        cmocka_unit_test(test_scatter_nd),
        cmocka_unit_test(test_integers_stay_exact),
        cmocka_unit_test(test_sorting),
        cmocka_unit_test(test_short_indices),
        cmocka_unit_test(test_one_hot),
        cmocka_unit_test(test_ranges_and_fills),
        cmocka_unit_test(test_suppression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
