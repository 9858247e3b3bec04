/* walk.h: walks over all of a program. */
#ifndef ANET_MIL_WALK_H
#define ANET_MIL_WALK_H

#include "mil/mil.h"

typedef void visit_value(void *context, const mil_value *v);
/* Every value of the program: literals of arguments, attributes; before its items. */
void mil_visit_values(const mil_program *p, visit_value *visit, void *context);
/* The values of one op, without its blocks. */
void mil_visit_op_values(const mil_op *op, visit_value *visit, void *context);

typedef void visit_op(void *context, const mil_op *op);
/* Every op of the block, before the ops of its own blocks. */
void mil_visit_ops(const mil_block *b, visit_op *visit, void *context);

#endif
