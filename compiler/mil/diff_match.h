/* diff_match.h: which op of one function is which op of another. */
#ifndef ANET_MIL_DIFF_MATCH_H
#define ANET_MIL_DIFF_MATCH_H

#include "mil/diff_graph.h"

/* Sets the twins of nodes and values of both blocks and of the blocks in their ops. */
void diff_match(diff_graph *a, const diff_block *x, diff_graph *b, const diff_block *y);

/* Do both refer to the same thing, as far as the twins say? */
bool diff_same_link(const diff_graph *a, const diff_link *x, const diff_link *y);

#endif
