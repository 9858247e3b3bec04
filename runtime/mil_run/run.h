/* run.h: one run of `anetc mil run`, and its parts. */
#ifndef ANET_MIL_RUN_H
#define ANET_MIL_RUN_H

#include "host/program.h"
#include "mil/blob.h"
#include "mil_run/options.h"
#include "npy.h"

typedef struct run_input {
    const mil_name *param;
    mil_type type;       /* static */
    const run_pair *how; /* of --in */
    npy_array array;     /* of a file; bytes is NULL when it is something else */
    float *words;
} run_input;

/* what is told of a value */
typedef struct run_value {
    const char *name, *op; /* op NULL: an output */
    mil_dtype dtype;
    shape shape;
    double least, most, mean; /* of the finite elements; NAN if there are none */
    size_t nonfinite;
    const void *words; /* of an output, else NULL */
} run_value;

typedef struct run_trace {
    const char *name;
    text file; /* .npy */
} run_trace;

typedef struct run {
    arena *memory;
    anet_error *err;
    run_options options;
    const char *name; /* of the program's file, for messages */
    mil_program *mil;
    mil_program alone; /* `mil` with the function that runs and no other */
    const mil_func *func;
    mil_weights weights;
    anet_pool *pool;
    host_report *report; /* of --numerics-report, or NULL */
    anet_program *program;
    run_input *input;
    mil_type *types; /* of the inputs */
    float **out;     /* words of the outputs */
    const char **watched;
    size_t watched_n; /* names to watch, sorted */
    VEC(run_value) seen;
    VEC(run_trace) traces;
    double read_seconds, plan_seconds, run_seconds;
} run;

/* open.c: the program, its function and its weights */
anet_code run_read_program(run *r);
anet_code run_open_weights(run *r);

/* inputs.c: what --in says; the words of the inputs */
anet_code run_seed(const char *words, const char *option, uint64_t *seed, anet_error *err);
anet_code run_find_inputs(run *r);
anet_code run_fill_inputs(run *r);

/* shapes.c: the static types of the inputs, from --shape, files and the program's defaults */
anet_code run_find_shapes(run *r);
/* "fp16 [1, 4]" in the arena */
const char *run_show_type(arena *a, mil_dtype dtype, int rank, const int64_t *dims);

/* watch.c: values that are looked at while the program runs */
anet_code run_find_watched(run *r);
bool run_is_watched(void *context, const char *name);
anet_code run_watch(void *context, const host_value_seen *value, anet_error *err);
run_value run_describe(const char *name, const char *op, mil_dtype dtype, const shape *s,
                       const void *words);

/* outputs.c: files, all of them or none */
anet_code run_check_outputs(run *r);
anet_code run_write_outputs(run *r);

/* show.c: what is printed */
void run_show(const run *r, text *out);

#endif
