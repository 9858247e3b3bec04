/* place.h: which operations are kernels and which are steps of the CPU. */
#ifndef ANET_PLACE_H
#define ANET_PLACE_H

#include "graph.h"

/* Policy: embedding look-ups, the loss and weight gradients run on the CPU beside the engine,
 * everything else is kernels. Sets node.native and node.place. */
void place(graph *g);

/* Is it always a step of the CPU? */
bool is_native_op(op_id op);
/* Is it a product a b^T of two matrices, summed over positions? If it is a gradient that nothing
 * else reads, it is a step of the CPU. */
bool is_weight_gradient(const graph *g, const node *n);

#endif
