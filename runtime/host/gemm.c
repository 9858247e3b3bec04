/* gemm.c: the cut of a product into calls of sgemm and sgemv. */
#include "host/gemm.h"

#include "host/blas.h"
#include "host/engine_mac.h"

#include <limits.h>

/* the engine's sums take about 5 times as long */
enum { MIN_PIECE_WORK = 1 << 20, MIN_ENGINE_WORK = 1 << 17, CUT_ALIGN = 16 };

bool gemm_fits(size_t m, size_t n, size_t k) {
    return m <= INT_MAX && n <= INT_MAX && k <= INT_MAX;
}

static void scale_block(const gemm *g) {
    for (size_t i = 0; i < g->m; i++) {
        float *row = g->c + i * g->ldc;
        for (size_t j = 0; j < g->n; j++) {
            row[j] = g->beta == 0.0f ? 0.0f : g->beta * row[j];
        }
    }
}

/* one call where the rows touch */
static void round_block(const gemm *g) {
    bool together = g->ldc == g->n;
    size_t rows = together ? 1 : g->m, n = together ? g->m * g->n : g->n;
    for (size_t i = 0; i < rows; i++) {
        float *row = g->c + i * g->ldc;
        host_round_all(g->round, row, row, n, NULL, g->tally);
    }
}

/* A product with one column or row: sgemm would copy the whole matrix first. A row times B is B
 * transposed times a column. */
static void multiply_vector(const gemm *g) {
    bool column = g->n == 1;
    const float *matrix = column ? g->a : g->b, *vector = column ? g->b : g->a;
    size_t rows = column ? g->m : g->n, ld = column ? g->lda : g->ldb;
    bool flip = column ? g->transpose_a : !g->transpose_b;
    size_t step = column ? (g->transpose_b ? 1 : g->ldb) : (g->transpose_a ? g->lda : 1);
    blas_sgemv(flip, (int)(flip ? g->k : rows), (int)(flip ? rows : g->k), g->alpha, matrix,
               (int)ld, vector, (int)step, g->beta, g->c, column ? (int)g->ldc : 1);
}

/* BLAS libraries differ in what they make of empty products, so they see none. */
static void run_block(const gemm *g) {
    if (g->m == 0 || g->n == 0) {
        return;
    }
    if (g->mac) {
        engine_multiply(g);
        return;
    }
    if (g->k == 0) {
        scale_block(g);
    } else if (g->n == 1 || g->m == 1) {
        multiply_vector(g);
    } else {
        blas_sgemm(g->transpose_a, g->transpose_b, (int)g->m, (int)g->n, (int)g->k, g->alpha, g->a,
                   (int)g->lda, g->b, (int)g->ldb, g->beta, g->c, (int)g->ldc);
    }
    if (g->round) {
        round_block(g);
    }
}

size_t gemm_pieces(const gemm *g, int threads) {
    if (threads <= 1) {
        return 1;
    }
    size_t longest = g->m > g->n ? g->m : g->n, most = (longest + CUT_ALIGN - 1) / CUT_ALIGN;
    size_t work = g->m * g->n * (g->k ? g->k : 1);
    size_t enough = work / (g->mac ? MIN_ENGINE_WORK : MIN_PIECE_WORK) + 1;
    size_t pieces = (size_t)threads;
    pieces = pieces < most ? pieces : most;
    pieces = pieces < enough ? pieces : enough;
    return pieces ? pieces : 1;
}

/* the i-th of `pieces` parts of [0, n), cut at multiples of CUT_ALIGN */
static size_t cut(size_t n, size_t pieces, size_t i) {
    size_t units = (n + CUT_ALIGN - 1) / CUT_ALIGN, at = units * i / pieces * CUT_ALIGN;
    return at < n ? at : n;
}

void gemm_piece(const gemm *g, size_t pieces, size_t i) {
    if (g->k == 0) { /* a and b may be NULL */
        if (i == 0) {
            run_block(g);
        }
        return;
    }
    gemm part = *g;
    bool rows = g->m >= g->n;
    size_t from = cut(rows ? g->m : g->n, pieces, i);
    size_t count = cut(rows ? g->m : g->n, pieces, i + 1) - from;
    if (rows) {
        part.m = count;
        part.a += g->transpose_a ? from : from * g->lda;
        part.c += from * g->ldc;
    } else {
        part.n = count;
        part.b += g->transpose_b ? from * g->ldb : from;
        part.c += from;
    }
    run_block(&part);
}

typedef struct batch_work {
    const gemm *g;
    const gemm_batch *batch;
    size_t pieces; /* of each product */
} batch_work;

static void run_piece(void *context, size_t i) {
    const batch_work *w = context;
    const gemm_batch *b = w->batch;
    size_t product = i / w->pieces, rest = product;
    gemm one = *w->g;
    one.c += product * one.m * one.ldc;
    for (int axis = 2; axis >= 0; axis--) {
        size_t at = rest % b->dims[axis];
        rest /= b->dims[axis];
        one.a += at * b->a_step[axis];
        one.b += at * b->b_step[axis];
    }
    gemm_piece(&one, w->pieces, i % w->pieces);
}

void gemm_parallel(anet_pool *pool, const gemm *g) {
    gemm_batched(pool, g, &(gemm_batch){.dims = {1, 1, 1}});
}

void gemm_batched(anet_pool *pool, const gemm *g, const gemm_batch *batch) {
    size_t count = batch->dims[0] * batch->dims[1] * batch->dims[2];
    size_t threads = (size_t)pool_threads(pool);
    bool whole = count >= 4 * threads || count % threads == 0;
    batch_work w = {g, batch, whole ? 1 : gemm_pieces(g, (int)threads)};
    pool_for(pool, count * w.pieces, run_piece, &w);
}
