/* program.h: what the host device makes of a MIL function: buffers, and steps that read and write
 * them. */
#ifndef ANET_HOST_PROGRAM_H
#define ANET_HOST_PROGRAM_H

#include "base/arena.h"
#include "base/status.h"
#include "device.h"
#include "host/call.h"
#include "host/gemm.h"
#include "host/nest.h"
#include "host/report.h"
#include "host/strips.h"
#include "mil/mil.h"
#include "pool.h"

typedef enum buffer_kind {
    BUFFER_WORK,   /* in the device's workspace, at `offset` */
    BUFFER_INPUT,  /* the surface of input `port` */
    BUFFER_OUTPUT, /* the surface of output `port` */
    BUFFER_CONST   /* `data` */
} buffer_kind;

typedef struct buffer {
    buffer_kind kind;
    int port;
    size_t n, offset;
    float *data;
    bool literal; /* a constant that one op alone may use: it has no name */
} buffer;

enum { MAX_RUN_OPS = 32, MAX_RUN_TEMPS = 12 };

/* Where a tensor's elements begin: several tensors may be views of one buffer. */
typedef struct ref {
    int buffer;
    size_t at;
} ref;

typedef struct execution {
    const char *name;   /* of the program, for messages */
    float *const *base; /* of each buffer */
    anet_pool *pool;
    anet_error *err;
} execution;

typedef struct step step;
typedef anet_code step_fn(const step *s, const execution *x);

/* One elementwise function of a run. Operands: inputs of the run, then results of its ops. */
typedef struct run_op {
    strip_fn *fn;
    int operand[STRIP_OPERANDS], operands;
    float number[STRIP_NUMBERS];
    host_rounding round;
    host_tally *tally;
    int out;  /* output of the step that holds the result, or -1: needed inside the run only */
    int temp; /* then the strip that holds it */
} run_op;

typedef struct elementwise {
    nest loops;      /* operands: the inputs; the outputs are packed */
    unsigned spread; /* bit i: input i may not be passed as a scalar */
    int ops;
    run_op *op;
} elementwise;

typedef enum reduction_kind { REDUCE_SUM, REDUCE_MEAN, REDUCE_MAX, REDUCE_MIN } reduction_kind;

typedef struct reduction {
    reduction_kind kind;
    nest kept;       /* outer axes that stay: 0 = x, 1 = result */
    nest reduced;    /* outer axes that go: 0 = x */
    size_t inner;    /* length of the innermost axis, contiguous in x */
    bool inner_kept; /* whether it stays */
    host_rounding round;
} reduction;

typedef struct softmax { /* x is [outer, length, inner] */
    size_t outer, length, inner;
    host_rounding round;
} softmax;

typedef struct matmul {
    gemm product; /* without its pointers */
    gemm_batch batch;
} matmul;

typedef struct copying {
    nest loops; /* 0 = from, 1 = to */
    bool tiled; /* the last axis but one is contiguous in `from`, the last in `to` */
} copying;

/* What someone who looks inside sees of a value: packed words, see host_array in planner.h. */
typedef struct host_value_seen {
    const char *name, *op;
    mil_dtype dtype;
    const shape *shape;
    const void *words;
} host_value_seen;
typedef anet_code host_watch(void *context, const host_value_seen *value, anet_error *err);

typedef struct calling {
    host_kernel *kernel;
    int ins;              /* with absent ones, which have no ref in the step */
    host_array *in, *out; /* get their data when the step runs */
    host_rounding *round; /* of each result */
    const void *params;
    anet_numerics numerics;
} calling;

typedef struct watching {
    host_watch *watch;
    void *context;
    host_value_seen seen;
} watching;

struct step {
    const char *op; /* name of the (first) MIL op */
    mil_loc loc;
    host_tally *tally; /* of the op, or NULL; ops of a run have their own */
    step_fn *run;
    int ins, outs;
    ref *in, *out;
    union {
        elementwise elementwise;
        reduction reduction;
        softmax softmax;
        matmul matmul;
        copying copying;
        calling calling;
        watching watching;
    } as;
};

struct anet_program {
    anet_device *device;
    arena *memory;
    const char *name;
    int inputs, outputs, buffers, steps;
    anet_port *input, *output;
    buffer *buffer;
    step *step;
    size_t workspace; /* elements */
    size_t bytes;     /* held by constants */
    float **base;
    float **in, **out; /* the words of the surfaces that it runs on */
};

step_fn host_run_elementwise, host_run_reduction, host_run_softmax, host_run_matmul,
    host_run_copying, host_run_call, host_run_watch;

static inline float *at_ref(const execution *x, ref r) {
    return x->base[r.buffer] + r.at;
}

/* softmax of one row, stored as `round` says; `out` may be x */
void host_softmax_row(float *out, const float *x, size_t n, host_rounding round);

/* Calls body on pieces of [0, n) that hold at least `grain` units each, in parallel. */
typedef void range_fn(const void *context, size_t from, size_t to);
void host_for_ranges(anet_pool *pool, size_t n, size_t grain, range_fn *body, const void *context);

typedef struct host_config {
    anet_numerics numerics;
    anet_pool *pool;     /* for what is computed while planning; may be NULL */
    host_report *report; /* where to count what numerics do; must outlive the program, or NULL */
    const anet_blob *blob;
    int blobs;
    const mil_type *input; /* static types for main's parameters, in their order; NULL: declared */
    /* which values to show to `watch` in every evaluation; NULL: none. Costs their memory. */
    bool (*watched)(void *context, const char *name);
    host_watch *watch;
    void *context;
} host_config;

/* Compiles function "main" (or the only one), which has passed mil_check. Allocates the program.
 * Blobs are borrowed until it returns. */
anet_code host_plan_program(const mil_program *mil, const char *name, const host_config *config,
                            anet_program **program, anet_error *err);
/* Runs it: words in and out in the order of the ports, as many as these say. `workspace` has
 * p->workspace floats. */
anet_code host_execute(anet_program *p, float *const *in, float *const *out, float *workspace,
                       anet_pool *pool, anet_error *err);
void host_free_program(anet_program *p);
/* merges the axes of c->loops and chooses the way to copy */
void host_plan_copying(copying *c);
/* Gives every BUFFER_WORK its place; buffers that are never needed at the same time share memory.
 */
void host_plan_memory(anet_program *p);

#endif
