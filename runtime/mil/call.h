/* call.h: one call of an op: its operands against its row in ops.def. Shared by the checker and
 * mil_infer. */
#ifndef ANET_MIL_CALL_H
#define ANET_MIL_CALL_H

#include "mil/ops.h"

typedef struct mil_call {
    mil_inference *in;          /* op, spec and findings filled in */
    const mil_program *program; /* how types are spelt in messages; may be NULL */
    mil_look_up *look_up;       /* false: the name is unknown, which is reported already */
    void *context;
    bool checked; /* the op has passed mil_examine: its constants may be known later only */
} mil_call;

/* Fills in->operands. Reports every argument that is missing, unknown or of a wrong type; false if
 * there was one. */
bool mil_bind(mil_call *call);
/* Warns of arguments and attributes without effect, of literals without a type. */
void mil_warn_of_call(const mil_call *call);

#endif
