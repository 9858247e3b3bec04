/* simplify.h: the same function with fewer and better-conditioned operations. */
#ifndef ANET_SIMPLIFY_H
#define ANET_SIMPLIFY_H

#include "graph.h"

/* Rebuilds the graph: common subexpressions, constant folding, algebra, scale folding, dead code.
 */
void simplify(graph *g);

/* Drops nodes that no root (loss, output, gradients) needs. */
void drop_dead(graph *g);

#endif
