/* graph_random.h: random valid programs that use every builtin. */
#ifndef ANET_TESTS_GRAPH_RANDOM_H
#define ANET_TESTS_GRAPH_RANDOM_H

#include "base/text.h"

#include <stdint.h>

/* The same seed gives the same program. Every parameter gets a gradient, intermediate values stay
 * between about -10 and 10. */
void random_program(uint64_t seed, text *out);

#endif
