/* infer.h: what inference rules are written with. A rule looks its operands up by name, says
 * `rule_give(in, &shape)` once per result and returns true, or reports what is wrong and returns
 * false. Dimensions and constants that are not known yet make the result unknown there, not wrong.
 */
#ifndef ANET_MIL_INFER_H
#define ANET_MIL_INFER_H

#include "mil/ops.h"

/* the operand, or NULL if it was left out */
const mil_operand *rule_operand(const mil_inference *in, const char *name);
size_t rule_operand_count(const mil_inference *in, const char *name); /* of a tuple */

/* the type of a tensor operand that must be there */
mil_shape rule_shape_of(const mil_operand *o);
mil_shape rule_operand_shape(const mil_inference *in, const char *name);

typedef enum knowledge { ABSENT, UNKNOWN, KNOWN } knowledge;

typedef struct constants { /* whole numbers or booleans */
    knowledge known;
    size_t count;
    const double *at;
} constants;
constants rule_constants(const mil_inference *in, const char *name);
/* the constant scalar, or `fallback` if it is absent; false if its value is not known */
bool rule_scalar(const mil_inference *in, const char *name, int64_t fallback, int64_t *value);
const char *rule_string(const mil_inference *in, const char *name); /* NULL if not known */
/* the type that a constant string names, or `fallback` if it is absent; false if it is not known */
bool rule_dtype(const mil_inference *in, const char *name, mil_dtype fallback, mil_dtype *dtype);

/* how many numbers an operand holds; -1 if that is dynamic */
int64_t rule_length(const mil_inference *in, const char *name);

/* --- what operands must be, if they are there; dims that are not known are as wanted --- */

/* so many numbers */
bool rule_want_length(mil_inference *in, const char *name, int64_t length);
bool rule_want_rank(mil_inference *in, const char *name, int low, int high);
/* one dimension of this length */
bool rule_want_vector(mil_inference *in, const char *name, int64_t length);
bool rule_want_shape(mil_inference *in, const char *name, int rank, const int64_t *dims);
/* The constants of a vector with one number for each axis, all at least `low`; all `fallback` if it
 * is absent, all MIL_ANY_DIM if it is not known. */
bool rule_want_numbers(mil_inference *in, const char *name, int count, int64_t low,
                       int64_t fallback, int64_t *numbers);
/* the constant scalar, at least `low`; MIL_ANY_DIM (which `low` must exclude) if it is not known */
bool rule_want_scalar(mil_inference *in, const char *name, int64_t low, int64_t fallback,
                      int64_t *value);

/* brings an axis that may be negative into 0 .. rank-1 */
bool rule_axis(mil_inference *in, double axis, int rank, int *resolved);

/* The constant axis of that name. *resolved is -1 if it is not known. */
bool rule_constant_axis(mil_inference *in, const char *name, int64_t fallback, int rank,
                        int *resolved);
/* Marks the axes that a constant vector names, all of them if it is absent; refuses one named
 * twice. The vector must be known. */
bool rule_mark_axes(mil_inference *in, const char *name, int rank, bool *marked);

bool rule_error(mil_inference *in, const char *fmt, ...) ANET_PRINTF(2, 3);
/* for messages: "[1, 64, ?]", in a buffer of the caller */
typedef struct shape_text {
    char at[MIL_MAX_RANK * 21 + 4];
} shape_text;
const char *rule_print_shape(const mil_shape *s, shape_text *buffer);

bool rule_add_dim(mil_inference *in, mil_shape *s,
                  int64_t dim); /* appends; false beyond the highest rank */
bool rule_multiply_dims(mil_inference *in, int64_t a, int64_t b, int64_t *product);
bool rule_same_dim(int64_t a, int64_t b); /* or one is not known */
mil_shape rule_unknown_dims(mil_dtype dtype, int rank);
/* the shape that a vector operand of dims asks for; what is not known of it is open */
bool rule_shape_from(mil_inference *in, const char *name, mil_dtype dtype, mil_shape *out);
int64_t rule_shape_elements(const mil_shape *s); /* -1 if not known or beyond int64 */
bool rule_broadcast(mil_inference *in, const mil_shape *a, const mil_shape *b, mil_shape *out);

bool rule_give(mil_inference *in, const mil_shape *s);
bool rule_give_type(mil_inference *in, const mil_type *t);
/* the rule cannot say: the declared types are believed */
bool rule_give_unknown(mil_inference *in);

#endif
