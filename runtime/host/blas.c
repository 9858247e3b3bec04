/* blas.c: the machine's BLAS. */
#include "host/blas.h"

#ifdef __APPLE__

#include <dlfcn.h>
#include <pthread.h>

#define ACCELERATE "/System/Library/Frameworks/Accelerate.framework/Accelerate"

/* of the CBLAS standard */
enum { CblasRowMajor = 101, CblasNoTrans = 111, CblasTrans = 112 };

typedef void sgemm_fn(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                      const float *a, int lda, const float *b, int ldb, float beta, float *c,
                      int ldc);
typedef void sgemv_fn(int order, int transpose, int m, int n, float alpha, const float *a, int lda,
                      const float *x, int x_step, float beta, float *y, int y_step);

/* where the framework is in this process: found once, the same for everyone */
static struct {
    pthread_once_t once;
    sgemm_fn *sgemm;
    sgemv_fn *sgemv;
} accelerate = {.once = PTHREAD_ONCE_INIT};

static void find_accelerate(void) {
    void *library = dlopen(ACCELERATE, RTLD_NOW);
    if (library) {
        accelerate.sgemm = (sgemm_fn *)dlsym(library, "cblas_sgemm");
        accelerate.sgemv = (sgemv_fn *)dlsym(library, "cblas_sgemv");
    }
}

anet_code blas_init(anet_error *err) {
    pthread_once(&accelerate.once, find_accelerate);
    return accelerate.sgemm && accelerate.sgemv
               ? ANET_OK
               : anet_fail(err, ANET_FAILED, "cannot load %s: macOS should have it", ACCELERATE);
}

const char *blas_kernels(void) {
    return "Accelerate";
}

#define SGEMM accelerate.sgemm
#define SGEMV accelerate.sgemv

#else

#include <cblas.h>

anet_code blas_init(anet_error *err) {
    (void)err;
#ifdef OPENBLAS_VERSION
    openblas_set_num_threads(1);
#endif
    return ANET_OK;
}

const char *blas_kernels(void) {
#ifdef OPENBLAS_VERSION
    return openblas_get_corename();
#else
    return "BLAS";
#endif
}

#define SGEMM cblas_sgemm
#define SGEMV cblas_sgemv

#endif

void blas_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc) {
    SGEMM(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
          transpose_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void blas_sgemv(bool transpose, int m, int n, float alpha, const float *a, int lda, const float *x,
                int x_step, float beta, float *y, int y_step) {
    SGEMV(CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, m, n, alpha, a, lda, x, x_step,
          beta, y, y_step);
}
