/* runner_parts.h: the inside of a runner, shared by runner.c (runs steps), runner_open.c (makes
 * what they need), runner_inputs.c (kernels and what goes into them) and runner_gradients.c
 * (background work). */
#ifndef ANET_RUNNER_PARTS_H
#define ANET_RUNNER_PARTS_H

#include "base/vec.h"
#include "runner.h"

#include <stdatomic.h>

/* Memory of one thing that values refer to: a slot, parameter, table, input, target or the seed.
 * Values that the device touches live in `surface`. What only the CPU touches stays fp32 in
 * `plain`, and a CPU kernel sees it through `cpu`, a surface of the second device over `plain`. */
typedef struct place {
    size_t elements;
    anet_surface *surface, *cpu;
    float *plain;
    bool plain_is_ours;
    bool written;     /* by the device, since the CPU last read it */
    bool changed;     /* parameter: `plain` is or will be newer than the surfaces */
    VEC(int) readers; /* steps whose background jobs may still read it */
} place;

/* A kernel as steps use it: one whose weights are constants is compiled for each choice of them. */
typedef struct compiled {
    int kernel;
    const anet_step *step; /* the first of them: says which constants */
    anet_program *program;
    bool changes, stale; /* constants are trained; they have changed */
} compiled;

/* An input port that values share, or that has zeros between their rows. */
typedef struct assembly {
    anet_surface *surface; /* NULL: the port is a value's own surface */
    bool filled;           /* with the parameters as they are now, and the tables */
} assembly;

struct runner {
    runner_config config;
    const anet_model *model;
    anet_device *device, *cpu_device; /* the same where the device computes as the CPU does */
    const anet_device_ops *cpu_ops;
    int n_steps; /* that this runner may execute */
    VEC(compiled) programs;
    int *program_of;       /* per step */
    assembly **assemblies; /* per step that the device evaluates: per port */
    bool *on_device;       /* per value: a device kernel reads or writes it */
    place *slots, *params, *tables, *inputs, *targets, seed;
    int32_t **ids, **target_ids; /* of the current sequence */
    double loss;                 /* unrounded, if a loss step computed it */
    bool loss_is_known;
    double *log_sum; /* of log_sum_logits, kept from the loss for its gradient */
    int log_sum_logits;
    float **gradients; /* per parameter */
    bool *fresh;       /* nothing was added yet */
    int *updating;     /* per parameter: jobs that still change it, for pool_wait */
    int *order;        /* parameters in the order in which steps first need them */
    int *pending;      /* per step: its background jobs, for pool_wait */
    anet_surface **args;
    runner_times times;
    _Atomic uint64_t background_ns;
};

place *runner_place(runner *r, const anet_value *v);
/* does the step run on the second device */
bool runner_on_cpu(const runner *r, const anet_step *step);

/* The parameter as it is after what runs in the background; its surfaces, too. */
const float *runner_param(runner *r, int param);

/* What a CPU step reads of a value: on the host device the device's own memory. */
const float *runner_read(runner *r, int value);
const int32_t *runner_ids(const runner *r, int value);

/* --- runner_inputs.c --- */
/* how an argument of an EVAL step gets into its kernel */
anet_feed runner_feed(const runner *r, const anet_step *step, int arg);
anet_program *runner_program(const runner *r, const anet_step *step);
anet_code runner_compile(runner *r, anet_error *err);
/* after the surfaces of all values */
anet_code runner_make_assemblies(runner *r, anet_error *err);
/* the surfaces of the program's ports, into r->args */
void runner_fill_args(runner *r, const anet_step *step);
/* The parameters have changed: what was made of them is to be made again. */
void runner_forget_weights(runner *r);
/* how many programs must be reloaded; does it */
int64_t runner_stale(const runner *r);
anet_code runner_reload(runner *r, anet_error *err);
void runner_free_inputs(runner *r);

/* Hands a gradient step to the background. */
void runner_submit_gradient(runner *r, int step);

#endif
