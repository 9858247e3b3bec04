/* fuse.h: operations into kernels. A kernel is one MIL program and one dispatch. */
#ifndef ANET_FUSE_H
#define ANET_FUSE_H

#include "graph.h"

/* Sets node.kernel for every node that is neither a leaf, a view nor native, and fills g->kernels.
 * No kernel depends on itself through another one. level 0: a kernel per layer call. level 1: per
 * residual branch one forward kernel; its backward is one kernel, or, around a softmax, three: up
 * to the gradient of the softmax, the softmax with the products that consume its gradient, and the
 * products with weights behind it. */
void fuse(graph *g, int level);

/* tap.c: cheap forward values that a backward kernel can compute again from what it reads anyway
 * are computed there instead of being kept. */
void recompute_taps(graph *g);

#endif
