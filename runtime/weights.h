/* weights.h: the parameters of a model in memory: fp32 masters, one 64-byte aligned array each. */
#ifndef ANET_WEIGHTS_H
#define ANET_WEIGHTS_H

#include "model.h"
#include "pool.h"

typedef struct weights {
    const anet_model *model;
    float **at;    /* per parameter, zeroed at first */
    size_t *count; /* elements of each */
} weights;

void weights_new(weights *w, const anet_model *m);
void weights_free(weights *w); /* fine when zeroed */

/* Fills in every parameter by its recipe. The numbers depend on the seed, the parameter's index and
 * the position in it alone, so that they are the same for any number of threads. */
void weights_init(weights *w, uint64_t seed, anet_pool *pool);

#endif
