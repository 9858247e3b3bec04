/* place.h: which operations are kernels and which are steps of the CPU. */
#ifndef ANET_PLACE_H
#define ANET_PLACE_H

#include "graph.h"

/* Policy: embedding look-ups, the loss and weight gradients run on the CPU beside the engine,
 * everything else is kernels. Sets node.native and node.place. */
void place(graph *g);

#endif
