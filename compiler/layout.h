/* layout.h: from axes as the user wrote them to axes as they lie in memory. */
#ifndef ANET_LAYOUT_H
#define ANET_LAYOUT_H

#include "graph.h"

/* Post: every shape is in storage order (g->stored): channels first, positions (tokens, pixels)
 * last, which is the engine's [1, C, 1, S]. Transposes that only said how to read the axes are
 * gone. */
void layout(graph *g);

#endif
