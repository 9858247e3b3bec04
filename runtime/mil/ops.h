/* ops.h: the table of MIL operations (ops.def) as data, and what its inference rules work on.
 *
 * To add an op: a row in ops.def. If no rule fits its result, a function `infer_<rule>` in infer.c;
 * everything else (argument checks, messages, spelling suggestions) comes from the row. */
#ifndef ANET_MIL_OPS_H
#define ANET_MIL_OPS_H

#include "base/vec.h"
#include "mil/findings.h"
#include "mil/mil.h"

enum { /* mil_param.flags */
       MIL_REQUIRED = 1,
       MIL_CONSTANT = 2,   /* known at compile time */
       MIL_TUPLE_OK = 4,   /* any number of values */
       MIL_IS_BLOCK = 8,   /* a nested block that returns what the op does ... */
       MIL_GIVES_BOOL = 16 /* ... or, with this, one bool */
};

enum { /* mil_param.types beside one bit per dtype */
       MIL_TYPE_LIST = 1 << 28,
       MIL_TYPE_STATE = 1 << 29,
       MIL_TYPE_OTHER = 1 << 30
};

typedef struct mil_param {
    const char *name;
    int flags;
    char variable;        /* arguments with the same one share their dtype; 0: none */
    unsigned types;       /* 1 << dtype, MIL_TYPE_*: what is allowed */
    const char *fallback; /* the value when absent, as text; NULL when required */
    const char *words;    /* what a string may be, separated by blanks; NULL: anything */
} mil_param;

struct mil_inference;

typedef struct mil_op_spec {
    const char *name;
    size_t length; /* of the name */
    int since;     /* 15 for ios15 */
    bool (*infer)(struct mil_inference *in);
    const mil_param *param; /* ends with a NULL name */
} mil_op_spec;

/* the row that counts for a function of this opset; NULL if the op is unknown there */
const mil_op_spec *mil_find_op(const char *name, int opset);
/* the first opset that has the op, 0 if none does */
int mil_op_since(const char *name);
int mil_op_count(void); /* rows of the table; an op may have several */
const mil_op_spec *mil_op_at(int i);
const char *mil_nearest_op(const char *name); /* NULL if no name is near */
int mil_opset_number(const char *opset);      /* "ios18" -> 18; 0 if it is none */

/* equal but for lengths and dimensions that one of them leaves open */
bool mil_types_agree(const mil_type *a, const mil_type *b);

/* --- for the rules in infer*.c --- */

/* a tensor type with room for any rank, so that rules need no memory */
typedef struct mil_shape {
    mil_dtype dtype;
    int rank; /* -1: not known */
    int64_t dims[MIL_MAX_RANK];
} mil_shape;

typedef struct mil_operand {
    const mil_param *param;
    const mil_type *type;
    const mil_value *value; /* NULL unless it is a literal or a const; may be a blob */
    bool constant; /* known at compile time, perhaps without a value here (constexpr ops) */
    mil_loc loc;
} mil_operand;

/* what an op gives: `whole` (exactly that type) or else `shape` */
typedef struct mil_outcome {
    const mil_type *whole;
    mil_shape shape;
} mil_outcome;

typedef struct mil_inference {
    mil_findings *findings; /* where the rule complains */
    const mil_op *op;
    const mil_op_spec *spec;
    VEC(mil_operand) operands; /* in the table's order; those that are absent are missing */
    VEC(mil_outcome) outcomes; /* filled in by the rule */
    bool believe;              /* the rule cannot say: the declared types are taken as they are */
} mil_inference;

/* Adds a finding about the op at hand; returns false. */
bool mil_complain(mil_inference *in, mil_finding_id id, mil_loc at, const char *fmt, ...)
    ANET_PRINTF(4, 5);
void mil_inference_free(mil_inference *in); /* its lists */

/* --- walking over checked programs --- */

/* Called for every op that is right, in order, with its operands and results; nested blocks first
 * the op, then its blocks' ops. */
typedef void mil_visit(void *context, const mil_func *func, const mil_inference *in);

/* Checks everything and appends each finding (M....). An op that is unknown or wrong is believed to
 * have the results that it declares, so that the others are still checked. `visit` may be NULL. */
void mil_examine(const mil_program *p, mil_findings *f, mil_visit *visit, void *context);

/* Infers the results of one op of a checked program whose operands' types and values the caller
 * knows, perhaps better than the checker did: into in->outcomes (or in->believe). `look_up` fills
 * in type, value and constant of a name; false if it does not know it. `in` is {0} or one that was
 * used before; free it with mil_inference_free. `file` is for messages. */
typedef bool mil_look_up(void *context, const char *name, mil_operand *operand);
anet_code mil_infer(const char *file, const mil_op *op, int opset, mil_look_up *look_up,
                    void *context, mil_inference *in, anet_error *err);

#define MIL_OP(name, since, rule, params) bool infer_##rule(mil_inference *in);
#include "mil/ops.def"

#endif
