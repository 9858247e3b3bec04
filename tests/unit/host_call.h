/* host_call.h: for tests that run kernels of calls on arrays of their own and compare with a naive
 * version, element by element. */
#ifndef HOST_CALL_H
#define HOST_CALL_H

#include "host/kernels.h"
#include "rng.h"

typedef struct call_bench {
    rng random;
    bool wide; /* some shapes are large enough to be cut between threads */
    anet_pool *pool;
    arena *memory; /* of the arrays; emptied by bench_next */
    anet_error err;
} call_bench;

call_bench bench_open(uint64_t seed, int threads);
call_bench bench_open_wide(uint64_t seed, int threads);
void bench_close(call_bench *b);
void bench_next(call_bench *b);

size_t pick(call_bench *b, size_t low, size_t high); /* both included */
/* random dims in [1, most]; with `wide` one of them is sometimes much larger */
shape pick_shape(call_bench *b, int rank, size_t most);
shape shape_of(int rank, const size_t *dim);

/* arrays of random elements: integers in [low, high], floats in the same range with fractions */
host_array new_array(call_bench *b, mil_dtype t, const shape *s, double low, double high);
host_array new_scalar(call_bench *b, mil_dtype t, double x);
host_array new_vector(call_bench *b, mil_dtype t, size_t n, const int64_t *x);
/* room for a result, filled with what no kernel leaves there */
host_array new_result(call_bench *b, mil_dtype t, const shape *s);
#define ABSENT ((host_array){.dtype = MIL_NONE})

double at(const host_array *a, size_t i);
void unravel(const shape *s, size_t i, size_t index[MAX_RANK]);
size_t ravel(const shape *s, const size_t *index);

/* Runs the kernel; fails the test when it fails. */
void run_kernel(call_bench *b, host_kernel *kernel, const host_array *in, int ins,
                const host_array *out, int outs, const void *params);
/* Runs the kernel, which must fail with a message that has `says` in it. */
void refuse_kernel(call_bench *b, host_kernel *kernel, const host_array *in, int ins,
                   const host_array *out, int outs, const void *params, const char *says);
/* fails unless element i of the result is `want` */
void check_at(const char *what, const host_array *out, size_t i, double want);

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))
#define RUN(b, kernel, in, out, params)                                                            \
    run_kernel(b, kernel, in, COUNT(in), out, COUNT(out), params)
#define REFUSE(b, kernel, in, out, params, text)                                                   \
    refuse_kernel(b, kernel, in, COUNT(in), out, COUNT(out), params, text)

#endif
