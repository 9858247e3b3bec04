/* cost.h: how much work an op is, and about how long it takes on a chip.
 *
 * The model is that of facts ane-facts, section 6.3: a call takes t0 + sum max(flops / P, bytes /
 * B) over its ops, with B, t0 and P measured on three chips and scaled to the others by cores and
 * clock. Where it was measured its median error was 31 %, and there is no form for attention: use
 * it to compare programs and chips, not as a figure in milliseconds. */
#ifndef ANET_MIL_COST_H
#define ANET_MIL_COST_H

#include "mil/ops.h"

typedef struct mil_work {
    double macs;     /* of products: conv, matmul, linear, ...; one is two FLOPs */
    double elements; /* operations on single elements */
    double bytes;    /* read and written, weights included */
    double largest;  /* bytes of the largest tensor among them */
    bool known;      /* false: a shape is not static, or a weight's is not known */
} mil_work;

/* The work of an op that mil_examine shows. Constants are none. */
mil_work mil_work_of(const mil_inference *in);
double mil_flops(const mil_work *w); /* of products and elements */

typedef struct mil_cost_target mil_cost_target; /* a row of cost.def */

/* "m1", "h13g"; NULL if there is none of that name */
const mil_cost_target *mil_cost_find(const char *name);
double mil_cost_start(const mil_cost_target *t);                 /* seconds of a call of nothing */
double mil_cost_bandwidth(const mil_cost_target *t);             /* bytes a second */
double mil_cost_op(const mil_cost_target *t, const mil_work *w); /* seconds beyond the start */

#endif
