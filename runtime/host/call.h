/* call.h: what a kernel gets that works on whole tensors at once (rows CALL of kernels.def). */
#ifndef ANET_HOST_CALL_H
#define ANET_HOST_CALL_H

#include "device.h"
#include "host/nest.h"
#include "host/tally.h"
#include "mil/mil.h"

/* A tensor of packed, row-major words. */
typedef struct host_array {
    mil_dtype dtype;
    shape shape;
    union {         /* packed, row-major */
        float *f;   /* floats and booleans (0 and 1) */
        int32_t *i; /* integers of every width */
    };
} host_array;

typedef struct host_call {
    const char *name, *op; /* for messages: the program's, the op's, and its place */
    mil_loc loc;
    int ins, outs;
    const host_array *in;
    const host_array *out;
    const void *params; /* what `prepare` left, in the program's arena */
    anet_numerics numerics;
    host_tally *tally; /* for gemm; may be NULL */
    anet_pool *pool;   /* may be NULL */
    anet_error *err;
} host_call;

typedef anet_code host_kernel(const host_call *c);

#endif
