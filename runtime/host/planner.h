/* planner.h: from the ops of a MIL function to the steps of an anet_program.
 *
 * Every MIL name becomes a tensor: a shape and a place in a buffer. Each op has a planner
 * (kernels.def) that reads its arguments, checks them (the text may be hostile) and adds steps. */
#ifndef ANET_HOST_PLANNER_H
#define ANET_HOST_PLANNER_H

#include "base/vec.h"
#include "host/program.h"
#include "mil/ops.h"

/* 64 GiB in floats: the most that a tensor or a workspace may have */
#define MAX_ELEMENTS ((size_t)1 << 34)

/* A slice or a transposed tensor is copied together only when an op needs it packed; until then it
 * is a walk through the elements of its source. */
typedef struct tensor {
    const char *name;
    mil_dtype dtype;
    shape shape;
    ref at;                 /* at.buffer is -1 for a constant that no step has needed yet */
    const mil_value *value; /* of a constant, else NULL */
    bool walked;            /* element distances are in `step`; else it is packed */
    ptrdiff_t step[MAX_RANK];
} tensor;

typedef struct planner {
    arena *memory; /* of the program */
    const char *name;
    anet_numerics numerics;
    const host_config *config;
    anet_error *err;
    VEC(tensor) tensors;
    VEC(buffer) buffers;
    VEC(float *) base; /* of each buffer that is constant, else NULL */
    VEC(step) steps;
    int opset;           /* of the function */
    mil_inference infer; /* of op `inferred`, made when a declared type is open */
    const mil_op *inferred;
    int *names; /* open addressing: index of a tensor + 1 */
    size_t names_size;
    size_t bytes; /* of constants */
    VEC(tensor) results;
} planner;

/* --- ops that run as one call on whole tensors (plan_call.c) ---
 *
 * A row CALL(op, kernel, prepare, "x weight bias") of kernels.def, or CALL_PLAIN(op, kernel, "x
 * ..") when there is nothing to prepare. The planner packs the named operands in that order (one
 * that is missing has the dtype MIL_NONE and no elements; "values*" stands for all members of a
 * tuple, and comes last), takes the shapes of the results from the op's inference rule, calls
 * `prepare`, if any, for the parameters, and adds a step. What the kernel writes is then rounded as
 * the mode and the results' dtypes say: kernels compute in float (or wider inside) and never round.
 */
/* in[] and out[] have shapes and dtypes, but no data yet */
typedef anet_code host_prepare(planner *p, const mil_op *op, const host_array *in, int ins,
                               const host_array *out, int outs, const void **params);

typedef struct host_op host_op;
typedef anet_code plan_fn(planner *p, const mil_op *op, const host_op *row);

struct host_op {
    const char *name;
    plan_fn *plan;
    int variant;
    strip_fn *strip, *int_strip; /* elementwise, on floats and on integers; NULL: not on these */
    int operands;
    bool compare; /* results are booleans */
    const char *number[STRIP_NUMBERS];
    double preset[STRIP_NUMBERS];
    host_kernel *kernel; /* CALL */
    host_prepare *prepare;
    bool moves;        /* the results' elements are operands' elements and need no rounding */
    const char *words; /* CALL: its operands; REFUSED: the reason */
};

const host_op *host_find_op(const char *name);

plan_fn host_plan_elementwise, host_plan_threshold, host_plan_channelwise, host_plan_gelu,
    host_plan_select, host_plan_cast, host_plan_softmax, host_plan_reduction, host_plan_matmul;
plan_fn host_plan_const, host_plan_view, host_plan_transpose, host_plan_slice_by_size,
    host_plan_slice_by_index, host_plan_concat;
plan_fn host_plan_shape;
plan_fn host_plan_call, host_plan_refused;

/* Joins neighbouring elementwise steps of one shape into runs, then merges the axes of every run.
 */
void host_plan_runs(planner *p);

/* Takes away the steps that no result depends on. */
void host_drop_dead_steps(planner *p);
/* Runs the steps from `first` on whose inputs are constants, here and now: so shapes that a program
 * computes are known when they are needed. Large results are left to be computed each time, unless
 * they are weights that are stored compressed. */
anet_code host_fold_steps(planner *p, size_t first);
/* Frees the memory of constants that were added since then (or only of literals, which have no
 * name) and that neither a step since then nor one of the users reads. */
typedef struct planned {
    size_t buffers, steps, tensors;
} planned;
void host_free_constants(planner *p, const planned *since, bool literals, const tensor *user,
                         size_t users);

/* --- messages and types (arguments.c) --- */
anet_code host_fail(planner *p, const mil_op *op, const char *fmt, ...) ANET_PRINTF(3, 4);
/* how a value of this dtype is stored */
host_rounding host_rounds(const planner *p, mil_dtype t);
/* the static shape of a tensor type, or an error that names `what` */
anet_code host_static_shape(planner *p, mil_loc loc, const char *what, const mil_type *type,
                            shape *s);

/* --- names (names.c) --- */
anet_code host_add_tensor(planner *p, const mil_name *name, const shape *s, ref at,
                          const mil_value *value);
/* NULL if there is none. Good until the next tensor is added, as that of host_look_up. */
tensor *host_find_tensor(const planner *p, const char *name);
anet_code host_look_up(planner *p, const mil_op *op, const char *name, tensor **t);
/* whether the name is one of a tensor of numbers (not of a string) */
bool host_is_tensor(const planner *p, const char *name);

/* --- constants (constants.c) --- */
double host_value_at(const mil_value *v, size_t i);
/* makes a buffer of the workspace one of the program's constants, with memory to fill in */
anet_code host_make_constant(planner *p, int buffer);
/* gives a constant that no step has needed yet its buffer, with the words of t->value */
anet_code host_fill_constant(planner *p, const mil_op *op, tensor *t);
/* What the value of a tensor is, as if it had been written down, also when it was computed from
 * constants; NULL if it is not known, or too long to be anyone's shape or axes. */
anet_code host_constant_value(planner *p, const mil_op *op, tensor *t, const mil_value **value);

/* --- arguments (arguments.c) --- */
/* The tensor that an argument refers to, packed; a literal or constant gets a buffer. */
anet_code host_operand(planner *p, const mil_op *op, const char *arg, tensor *out);
anet_code host_part(planner *p, const mil_op *op, const mil_arg *arg, tensor *out);
/* The same, but it may be a walk whose last axis (of those longer than 1) is contiguous. */
anet_code host_rows(planner *p, const mil_op *op, const char *arg, tensor *out);
/* makes a walk a packed tensor, by a copy */
void host_pack(planner *p, const mil_op *op, tensor *t);
/* distance between neighbours along each axis */
void host_tensor_steps(const tensor *t, ptrdiff_t to[MAX_RANK]);

/* Constants of an op. host_value gives NULL for an argument that is missing; a preset of NAN means
 * required. */
anet_code host_value(planner *p, const mil_op *op, const char *arg, const mil_value **value);
anet_code host_number(planner *p, const mil_op *op, const char *arg, double preset, double *x);
anet_code host_string(planner *p, const mil_op *op, const char *arg, const char *preset,
                      const char **s);
anet_code host_bool(planner *p, const mil_op *op, const char *arg, bool preset, bool *x);
/* an axis in [0, rank) */
anet_code host_axis(planner *p, const mil_op *op, const char *arg, int preset, int rank, int *axis);
/* whether an argument is known while planning, or missing */
bool host_is_constant(const planner *p, const mil_op *op, const char *arg);
/* up to MAX_RANK integers; *n is -1 if the argument is missing */
anet_code host_integers(planner *p, const mil_op *op, const char *arg, int64_t x[MAX_RANK], int *n);

/* --- results (results.c) --- */
/* Sets s->n, the product of its dims; fails beyond MAX_ELEMENTS. */
anet_code host_count(planner *p, const mil_op *op, shape *s);
/* The shape of result `i`: the declared one, or where that is open the one that the op's rule
 * infers from its operands. */
anet_code host_result_shape(planner *p, const mil_op *op, int i, shape *s);
/* Declares result `i` of the op and checks that its type says `s`. */
anet_code host_add_result(planner *p, const mil_op *op, int i, const shape *s, ref at);
int host_add_buffer(planner *p, size_t n);
/* A step of the op with one output: its result, in a new buffer. Fill in `as` of *out. */
anet_code host_add_step(planner *p, const mil_op *op, step_fn *run, const tensor *const *in,
                        int ins, const shape *s, step **out);
/* An elementwise function of a tensor that may be a walk, as host_rows gives it. */
anet_code host_add_unary(planner *p, const mil_op *op, strip_fn *fn, const tensor *x);
/* A step that only copies, along `loops` (0 = from, 1 = to). */
void host_add_copy(planner *p, const mil_op *op, ref from, ref to, const nest *loops);
/* a result that is a walk: element i of axis k lies i * to[k] behind `at` */
anet_code host_add_walk(planner *p, const mil_op *op, const shape *s, ref at,
                        const ptrdiff_t steps[MAX_RANK]);

#endif
