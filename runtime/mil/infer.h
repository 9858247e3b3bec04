/* infer.h: what inference rules are written with. A rule looks its operands up by name, says
 * `give(in, &shape)` once per result and returns true, or reports what is wrong and returns false.
 * Dimensions and constants that are not known yet make the result unknown there, not wrong. */
#ifndef ANET_MIL_INFER_H
#define ANET_MIL_INFER_H

#include "mil/ops.h"

/* the operand, or NULL if it was left out */
const mil_operand *operand(const mil_inference *in, const char *name);
size_t operand_count(const mil_inference *in, const char *name); /* of a tuple */

/* the type of a tensor operand that must be there */
mil_shape shape_of(const mil_operand *o);
mil_shape operand_shape(const mil_inference *in, const char *name);

typedef enum knowledge { ABSENT, UNKNOWN, KNOWN } knowledge;

typedef struct constants { /* whole numbers or booleans */
    knowledge known;
    size_t count;
    const double *at;
} constants;
constants operand_constants(const mil_inference *in, const char *name);
/* the constant scalar, or `fallback` if it is absent; false if its value is not known */
bool scalar_constant(const mil_inference *in, const char *name, int64_t fallback, int64_t *value);
const char *string_constant(const mil_inference *in, const char *name); /* NULL if not known */

/* brings an axis that may be negative into 0 .. rank-1 */
bool resolve_axis(mil_inference *in, double axis, int rank, int *resolved);

bool rule_error(mil_inference *in, const char *fmt, ...) ANET_PRINTF(2, 3);
/* for messages: "[1, 64, ?]", in a buffer of the caller */
typedef struct shape_text {
    char at[MIL_MAX_RANK * 21 + 4];
} shape_text;
const char *print_shape(const mil_shape *s, shape_text *buffer);

bool add_dim(mil_inference *in, mil_shape *s,
             int64_t dim); /* appends; false beyond the highest rank */
bool multiply_dims(mil_inference *in, int64_t a, int64_t b, int64_t *product);
int64_t shape_elements(const mil_shape *s); /* -1 if not known or beyond int64 */
bool broadcast_shapes(mil_inference *in, const mil_shape *a, const mil_shape *b, mil_shape *out);

bool give(mil_inference *in, const mil_shape *s);
bool give_type(mil_inference *in, const mil_type *t);
/* the rule cannot say: the declared types are believed */
bool give_unknown(mil_inference *in);

#endif
