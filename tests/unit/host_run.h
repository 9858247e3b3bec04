/* host_run.h: one op on the host device, in fp32, for the tests of its kernels. */
#ifndef ANET_TESTS_HOST_RUN_H
#define ANET_TESTS_HOST_RUN_H

#include "host/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A tensor; its memory is freed by host_run_free. */
typedef struct host_tensor {
    const char *name, *dtype; /* "x", "fp32" */
    shape shape;
    union {
        float *f;
        int32_t *i;
    };
} host_tensor;

/* values in [-1, 1) that depend on the seed; zeros for the seed 0. The dims end with 0. */
host_tensor host_floats(const char *name, const size_t *dims, uint32_t seed);
host_tensor host_ints(const char *name, const size_t *dims, int32_t low, int32_t high,
                      uint32_t seed);
#define DIMS(...) ((const size_t[]){__VA_ARGS__, 0})
void host_run_free(host_tensor *t, int n);

/* pseudo random numbers for choosing cases: [low, high] */
size_t host_pick(uint32_t *seed, size_t low, size_t high);

/* Runs `op(args)`, where args name the tensors `in`; the results get the shapes of `out`, and are
 * written there. The text is not checked: an operand that must be constant may be an input. */
void host_run(const char *op, const char *args, const host_tensor *in, int ins, host_tensor *out,
              int outs);
/* the same in another mode */
void host_run_in(anet_numerics numerics, const char *op, const char *args, const host_tensor *in,
                 int ins, host_tensor *out, int outs);
/* the same in fp32; what it comes to, for arguments that may be wrong */
anet_code host_try(const char *op, const char *args, const host_tensor *in, int ins,
                   host_tensor *out, int outs, anet_error *err);
/* the same in fp32; the op must be refused with a message that has `words` in it */
void host_run_refused(const char *op, const char *args, const host_tensor *in, int ins,
                      host_tensor *out, int outs, const char *words);

/* |got - want| <= tolerance * (1 + |want|), or both NaN, or the same */
void host_expect(const char *what, const host_tensor *got, const double *want, double tolerance);

#endif
