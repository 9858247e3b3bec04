/* gemm.h: C = alpha * op(A) * op(B) + beta * C on packed row-major floats, through the BLAS.
 *
 * The BLAS itself runs on one thread; the work is cut into blocks of C here. The cut depends on the
 * shapes and the number of threads only, so results are bit-identical from run to run. */
#ifndef ANET_HOST_GEMM_H
#define ANET_HOST_GEMM_H

#include "host/numerics.h"
#include "pool.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct gemm {
    size_t m, n, k;
    float alpha, beta;
    const float *a; /* [m, k], or [k, m] when transpose_a; rows lda apart */
    const float *b; /* [k, n], or [n, k] when transpose_b; rows ldb apart */
    float *c;       /* [m, n]; rows ldc apart */
    size_t lda, ldb, ldc;
    bool transpose_a, transpose_b;
    host_rounding round;
    /* MAC_FLOAT: the BLAS. Else the engine's sums: alpha is 1, beta is 0 or 1 (then c holds the
     * bias), and the results come rounded to half whatever `round` says, so the k of a product
     * cannot be cut into several calls. */
    host_mac mac;
    bool one_tap;      /* a 1x1 convolution of one channel, which M1 sums without its limit */
    host_tally *tally; /* of the op, or NULL */
} gemm;

/* The BLAS counts in int: m, n, k and the leading dimensions must be below 2^31. */
bool gemm_fits(size_t m, size_t n, size_t k);

/* How many pieces the cut of g for this number of threads has, and the i-th piece of it. For work
 * that is handed to pool_submit; gemm_parallel does both. */
size_t gemm_pieces(const gemm *g, int threads);
void gemm_piece(const gemm *g, size_t pieces, size_t i);

void gemm_parallel(anet_pool *pool, const gemm *g);

/* Products of one shape over up to three batch axes: product (x, y, z) takes a and b from where the
 * steps lead (0 repeats the operand); the results lie in order, m * ldc apart. */
typedef struct gemm_batch {
    size_t dims[3], a_step[3], b_step[3];
} gemm_batch;

void gemm_batched(anet_pool *pool, const gemm *g, const gemm_batch *batch);

#endif
