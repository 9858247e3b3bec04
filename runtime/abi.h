/* abi.h: what a program written by anetc hands to libanet: one anet_model, all of it constant data.
 *
 * The only header that the compiler and the runtime share besides base/, mil/ and machine.h. The
 * runtime executes `steps` in order for every sequence: steps [0, n_forward) compute the loss, the
 * rest the gradients. */
#ifndef ANET_ABI_H
#define ANET_ABI_H

#include <stddef.h>
#include <stdint.h>

#define ANET_ABI_VERSION 2

enum { ANET_MAX_RANK = 5 };

/* Initial value of a parameter: (a, b) are the numbers of the initialiser. */
typedef enum anet_init {
    ANET_INIT_ZEROS,
    ANET_INIT_ONES,
    ANET_INIT_CONSTANT, /* a */
    ANET_INIT_NORMAL,   /* mean 0, standard deviation a */
    ANET_INIT_UNIFORM   /* [a, b) */
} anet_init;

enum {
    ANET_PARAM_FROZEN = 1,  /* no gradient, no update */
    ANET_PARAM_NO_DECAY = 2 /* vectors: norms and biases */
};

typedef struct anet_param {
    const char *name; /* "blocks.0.attention.wq.weight" */
    int rank;
    int64_t dims[ANET_MAX_RANK];
    anet_init init;
    double a, b;
    unsigned flags;
} anet_param;

/* Tables that the runtime computes once, in double, at start. dims are those of the value.
 * They are inputs of kernels and not constants of the MIL text, so that fp32 numerics see them
 * unrounded. */
typedef enum anet_table {
    ANET_TABLE_ROPE_COS,   /* [d/2, S]: cos(s * theta^(-2i/d)), a = theta */
    ANET_TABLE_ROPE_SIN,   /* [d/2, S]: sin of the same */
    ANET_TABLE_CAUSAL_MASK /* [S, T]: 0 where t <= s, else -65504 */
} anet_table;

typedef enum anet_value_kind {
    ANET_VALUE_TEMP,   /* computed by a step; lives in memory slot `index` */
    ANET_VALUE_PARAM,  /* parameter `index` */
    ANET_VALUE_TABLE,  /* table `table` with argument a; `index` numbers the tables */
    ANET_VALUE_INPUT,  /* token ids of input `index` */
    ANET_VALUE_TARGET, /* token ids of target `index` */
    ANET_VALUE_SEED    /* the loss scale: gradient of the loss with respect to itself */
} anet_value_kind;

/* A tensor of the schedule, packed row-major in storage order (channels first, tokens last). */
typedef struct anet_value {
    const char *name;
    anet_value_kind kind;
    int index;
    int rank;
    int64_t dims[ANET_MAX_RANK];
    anet_table table;
    double a;
} anet_value;

typedef enum anet_place { ANET_PLACE_ANE, ANET_PLACE_CPU } anet_place;

/* Where the elements of a tensor are in a larger one: element i at
 * offset + i / width * stride + i % width. */
typedef struct anet_region {
    size_t offset, width, stride;
} anet_region;

/* How an input argument of a kernel's steps gets into the MIL program: as a port of its own, as a
 * part of one that it shares (packed), with zeros between its rows (padded), or as a constant. */
typedef struct anet_feed {
    const char *blob; /* constant: the file of it, "@model_path/weights/wq.bin"; else NULL */
    int port;         /* index of the MIL function's input; -1 for a constant */
    size_t elements;  /* of the whole port or constant, halves in the file */
    anet_region region;
} anet_feed;

/* One MIL program. `cpu` kernels run on the host executor in fp32 whatever the device is. */
typedef struct anet_kernel {
    const char *name; /* "kFwdAttn" */
    anet_place place;
    const char *mil;
    size_t mil_size;
    int n_in, n_out;        /* arguments of its steps */
    int n_ports;            /* inputs of the MIL function, if there are feeds */
    const anet_feed *feeds; /* per input argument, of `ane` kernels only; NULL: argument i is all of
                               port i */
} anet_kernel;

typedef enum anet_step_op { /* what each does with its args: steps.def */
#define ANET_STEP(ID, ...) ANET_STEP_##ID,
#include "steps.def"
} anet_step_op;

enum { ANET_IGNORE = -1 }; /* a target that does not count */

typedef struct anet_step {
    anet_step_op op;
    int kernel; /* EVAL */
    int param;  /* GRAD_*: index of the parameter */
    int transpose_a, transpose_b;
    int n_args;
    const int *args;     /* indices into values */
    const char *comment; /* "blocks.3.attention" */
    int64_t columns[2];  /* of the matrices that args 0 and 1 are, where not the last of their dims:
                            a tensor can be one matrix for one step and another for the next; or 0 */
} anet_step;

typedef struct anet_token_input {
    const char *name;
    int64_t length, vocab;
} anet_token_input;

/* The recipe of the model's `train` block: defaults of the command line. */
typedef struct anet_recipe {
    double lr, beta1, beta2, eps, decay, clip; /* clip 0: no clipping */
    int warmup;
    double floor; /* of the cosine, as a share of lr; 1 = constant */
    int batch, accumulate, steps;
    double loss_scale;
} anet_recipe;

typedef struct anet_config { /* `config` values, for `info` and for foreign checkpoint headers */
    const char *name;
    double value;
} anet_config;

/* How an array of a foreign checkpoint maps onto parameters: "wq" =
 * "net.blocks.*.attention.wq.weight", where * runs over the repeat index in order. */
typedef struct anet_foreign {
    const char *format, *name, *pattern;
} anet_foreign;

typedef struct anet_model {
    int abi_version;
    const char *name;
    int n_inputs, n_targets, n_config, n_params, n_slots, n_values, n_kernels, n_steps, n_forward,
        n_foreign;
    const anet_token_input *inputs, *targets;
    const anet_config *config;
    const anet_param *params;
    const size_t *slots; /* elements of each memory slot: the memory plan */
    const anet_value *values;
    const anet_kernel *kernels;
    const anet_step *steps;
    const anet_foreign *foreign;
    int loss;   /* value: the scalar loss */
    int logits; /* value: [V, S], the output that eval and generate read */
    anet_recipe recipe;
} anet_model;

/* The whole command line program (see `--help` of any generated program). Returns the exit code. */
int anet_main(const anet_model *model, int argc, char **argv);

#endif
