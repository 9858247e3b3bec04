/* autodiff.h: the backward pass of the whole model, from the gradient rule of each operation. */
#ifndef ANET_AUTODIFF_H
#define ANET_AUTODIFF_H

#include "graph.h"

/* Pre: g holds the forward pass and g->loss. Post: backward nodes follow the forward ones,
 * g->gradients holds every contribution to a trainable parameter's gradient, scaled by the seed. */
void differentiate(graph *g);

#endif
