#include "host_call.h"

#include "pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the word `fail` */

#include <math.h>
#include <string.h>

call_bench bench_open(uint64_t seed, int threads) {
    call_bench b = {.pool = pool_new(threads), .memory = arena_new()};
    rng_seed(&b.random, seed);
    return b;
}

call_bench bench_open_wide(uint64_t seed, int threads) {
    call_bench b = bench_open(seed, threads);
    b.wide = true;
    return b;
}

void bench_next(call_bench *b) {
    arena_free(b->memory);
    b->memory = arena_new();
}

void bench_close(call_bench *b) {
    pool_free(b->pool);
    arena_free(b->memory);
}

size_t pick(call_bench *b, size_t low, size_t high) {
    return low + (size_t)rng_below(&b->random, high - low + 1);
}

shape shape_of(int rank, const size_t *dim) {
    shape s = {.rank = rank, .n = 1};
    for (int i = 0; i < rank; i++) {
        s.dim[i] = dim[i];
        s.n *= dim[i];
    }
    return s;
}

shape pick_shape(call_bench *b, int rank, size_t most) {
    size_t dim[MAX_RANK];
    for (int i = 0; i < rank; i++) {
        dim[i] = pick(b, 1, most);
    }
    if (b->wide && rank > 0 && pick(b, 0, 99) == 0) {
        dim[pick(b, 0, (size_t)rank - 1)] *= 70000 / shape_of(rank, dim).n + 1;
    }
    return shape_of(rank, dim);
}

static void put(const host_array *a, size_t i, double x) {
    if (mil_is_integer(a->dtype)) {
        a->i[i] = (int32_t)x;
    } else {
        a->f[i] = (float)x;
    }
}

double at(const host_array *a, size_t i) {
    assert_true(i < a->shape.n);
    return mil_is_integer(a->dtype) ? (double)a->i[i] : (double)a->f[i];
}

static host_array new_memory(call_bench *b, mil_dtype t, const shape *s) {
    host_array a = {.dtype = t, .shape = *s};
    a.f = arena_array(b->memory, s->n, sizeof *a.f);
    return a;
}

host_array new_array(call_bench *b, mil_dtype t, const shape *s, double low, double high) {
    host_array a = new_memory(b, t, s);
    for (size_t i = 0; i < s->n; i++) {
        double x = low + (high - low + mil_is_integer(t)) * rng_uniform(&b->random);
        put(&a, i, mil_is_integer(t) ? floor(x) : x);
    }
    return a;
}

host_array new_scalar(call_bench *b, mil_dtype t, double x) {
    shape s = {.n = 1};
    host_array a = new_memory(b, t, &s);
    put(&a, 0, x);
    return a;
}

host_array new_vector(call_bench *b, mil_dtype t, size_t n, const int64_t *x) {
    shape s = shape_of(1, &n);
    host_array a = new_memory(b, t, &s);
    for (size_t i = 0; i < n; i++) {
        put(&a, i, (double)x[i]);
    }
    return a;
}

host_array new_result(call_bench *b, mil_dtype t, const shape *s) {
    host_array a = new_memory(b, t, s);
    memset(a.f, 0xA5, s->n * sizeof *a.f);
    return a;
}

void unravel(const shape *s, size_t i, size_t index[MAX_RANK]) {
    for (int k = s->rank - 1; k >= 0; k--) {
        index[k] = i % s->dim[k];
        i /= s->dim[k];
    }
}

size_t ravel(const shape *s, const size_t *index) {
    size_t i = 0;
    for (int k = 0; k < s->rank; k++) {
        assert_true(index[k] < s->dim[k]);
        i = i * s->dim[k] + index[k];
    }
    return i;
}

static anet_code run(call_bench *b, host_kernel *kernel, const host_array *in, int ins,
                     const host_array *out, int outs, const void *params) {
    b->err = (anet_error){0};
    host_call c = {.name = "test.mil",
                   .op = "op",
                   .ins = ins,
                   .outs = outs,
                   .in = in,
                   .out = out,
                   .params = params,
                   .pool = b->pool,
                   .err = &b->err};
    return kernel(&c);
}

void run_kernel(call_bench *b, host_kernel *kernel, const host_array *in, int ins,
                const host_array *out, int outs, const void *params) {
    if (run(b, kernel, in, ins, out, outs, params)) {
        fail_msg("%s", b->err.message);
    }
}

void refuse_kernel(call_bench *b, host_kernel *kernel, const host_array *in, int ins,
                   const host_array *out, int outs, const void *params, const char *says) {
    assert_int_equal(run(b, kernel, in, ins, out, outs, params), ANET_BAD_INPUT);
    if (!strstr(b->err.message, says)) {
        fail_msg("'%s' does not say '%s'", b->err.message, says);
    }
}

void check_at(const char *what, const host_array *out, size_t i, double want) {
    double x = at(out, i);
    if (!(x == want || (isnan(x) && isnan(want)))) {
        fail_msg("%s: element %zu of %zu is %.9g, not %.9g", what, i, out->shape.n, x, want);
    }
}
