/* elaborate.h: from syntax to meaning. Names, config values, repeats, conditions and layers are
 * resolved, and the tensor expressions become a typed graph. */
#ifndef ANET_ELABORATE_H
#define ANET_ELABORATE_H

#include "ast.h"
#include "diag.h"
#include "graph.h"
#include "options.h"

#include "abi.h"

typedef struct elaborated {
    const char *name;
    graph *g;
    anet_recipe recipe;
    VEC(anet_config) config;
    VEC(anet_foreign) foreign;
} elaborated;

/* The model that the options choose; NULL (with errors in d) if there is none or it is wrong. */
elaborated *elaborate(arena *memory, const ast *program, const options *o, diags *d);
void model_free(elaborated *m);

#endif
