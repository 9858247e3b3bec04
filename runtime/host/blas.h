/* blas.h: the two routines of the BLAS that the host device needs, row-major, in float.
 *
 * Accelerate is looked up when the program runs: so a Mac program is built on any machine, and one
 * without it says so. Elsewhere the BLAS is linked. */
#ifndef ANET_HOST_BLAS_H
#define ANET_HOST_BLAS_H

#include "base/status.h"

#include <stdbool.h>

/* Before the first product; again is harmless. One thread per call: the work is cut here. */
anet_code blas_init(anet_error *err);
/* for reports: "SkylakeX", "Accelerate" */
const char *blas_kernels(void);

/* C[m,n] = alpha op(A)[m,k] op(B)[k,n] + beta C */
void blas_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
/* y = alpha op(A) x + beta y, where A is [m,n] as it lies in memory */
void blas_sgemv(bool transpose, int m, int n, float alpha, const float *a, int lda, const float *x,
                int x_step, float beta, float *y, int y_step);

#endif
