/* schedule.h: the order of kernels and CPU steps, and the memory of what flows between them. */
#ifndef ANET_SCHEDULE_H
#define ANET_SCHEDULE_H

#include "graph.h"
#include "lower.h"

#include "abi.h"

typedef struct step {
    anet_step_op op;
    int program; /* EVAL */
    int param;   /* GRAD_* */
    bool transpose_a, transpose_b;
    int n_args;
    int *args; /* into schedule.values */
    const char *comment;
    int64_t columns[2]; /* of args 0 and 1 as matrices, where not the last dim of the value; or 0 */
} step;

typedef struct sched_value {
    value v;     /* of the graph */
    value shown; /* v, or the view of it that has the dims that others see */
    const char *name;
    int slot; /* temporaries */
} sched_value;

typedef struct schedule {
    VEC(step) steps;
    VEC(sched_value) values;
    VEC(int64_t) slots; /* elements */
    int n_forward;
    int loss, logits; /* into values */
    int n_tables;
} schedule;

/* Post: steps in an order that respects every dependency, forward first; every temporary has a slot
 * that no other live value shares. Slots hold values of one size only, as the engine's surfaces do.
 */
schedule *make_schedule(graph *g, const lowered *l);
void schedule_free(schedule *s);
void schedule_print(const graph *g, const lowered *l, const schedule *s, text *out);

anet_value_kind value_kind(op_id op);

#endif
