/* model.h: looking at an anet_model: sizes, what the arguments of a step mean, and the check that
 * all of it is consistent, made once before anything trusts it. */
#ifndef ANET_MODEL_H
#define ANET_MODEL_H

#include "abi.h"
#include "base/status.h"

#include <stdbool.h>

/* What a step does with one of its arguments. */
typedef enum anet_role {
    ANET_ROLE_NONE, /* there is no such argument */
    ANET_ROLE_READ,
    ANET_ROLE_IDS,   /* token ids of an input or target */
    ANET_ROLE_PARAM, /* the fp32 parameter itself */
    ANET_ROLE_WRITE
} anet_role;

anet_role step_role(const anet_model *m, const anet_step *step, int arg);
const char *step_name(anet_step_op op); /* "grad_matmul" */
bool step_is_gradient(anet_step_op op); /* adds to the gradient of step->param */
enum {
    STEP_OPS = 0 /* how many operations there are */
#define ANET_STEP(ID, ...) +1
#include "steps.def"
};

/* Products of dims; 1 for rank 0. Only after model_check, which refuses those beyond size_t. */
size_t value_elements(const anet_value *v);
size_t param_elements(const anet_param *p);
size_t model_parameters(const anet_model *m); /* elements of all parameters */
bool param_is_trained(const anet_param *p);
/* "[64, 512]" into the buffer, which it returns */
const char *shape_text(int rank, const int64_t *dims, char *buffer, size_t size);

/* rows and columns of a value seen as a matrix: its last dimension is the columns */
void value_matrix(const anet_value *v, size_t *rows, size_t *columns);
/* The same of argument `arg` of a step, as the step sees it. */
void step_matrix(const anet_model *m, const anet_step *step, int arg, size_t *rows,
                 size_t *columns);

/* Fills in a table value: out has value_elements(v) floats. Computed in double. */
void table_fill(const anet_value *v, float *out);

/* Every index in range, every size as its step needs it. ANET_INTERNAL: the compiler that wrote the
 * model has a bug, or the library is of another version; names the step. */
anet_code model_check(const anet_model *m, anet_error *err);

/* Is a trained parameter a constant of the step's kernel, or of any kernel? */
bool step_has_trained_constants(const anet_model *m, const anet_step *step);
bool model_has_trained_constants(const anet_model *m);

/* The config value of that name, or NULL. */
const anet_config *model_config(const anet_model *m, const char *name);
/* The index of the parameter of that name, or -1. */
int model_param(const anet_model *m, const char *name);

#endif
