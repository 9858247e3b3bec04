/* graph_models.h: small models as people write them: the library's and their own. */
#ifndef ANET_TESTS_GRAPH_MODELS_H
#define ANET_TESTS_GRAPH_MODELS_H

#include <stddef.h>

extern const char *const graph_models[];
extern const size_t graph_models_count;

#endif
