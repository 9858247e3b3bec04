/* graph_eval.h: what a graph computes, in double and written naively: the reference of every
 * operation of ops.def, before and after layout. Shares no code with the compiler's own rules. */
#ifndef ANET_TESTS_GRAPH_EVAL_H
#define ANET_TESTS_GRAPH_EVAL_H

#include "graph.h"

typedef struct graph_data { /* what a graph reads */
    double **param;         /* by parameter, row-major as written */
    int64_t **input, **target;
    double seed; /* gradient of the loss with respect to itself */
    size_t params, inputs, targets;
} graph_data;

/* Parameters between the bounds of a `uniform` initialiser, else between -1 and 1; ids below their
 * bounds, with repetitions; about one target in eight is ignored, but never the first. */
graph_data *graph_data_new(const graph *g, uint64_t seed);
void graph_data_free(graph_data *d);

typedef struct graph_values { /* every value of a graph, in its storage order */
    double **at;
    size_t n;
} graph_values;

graph_values graph_eval(const graph *g, const graph_data *d);
void graph_values_free(graph_values *v);

typedef struct graph_result { /* what must not change from pass to pass */
    double loss;
    size_t logits, params;
    double *logit;     /* as [positions, classes]; none without logits */
    double **gradient; /* by parameter: sum of its contributions; NULL without any */
    size_t *elements;  /* of each parameter */
} graph_result;

graph_result graph_results(const graph *g, const graph_data *d);
void graph_result_free(graph_result *r);

/* Largest difference, each array's measured against its own largest element; a gradient's at least
 * against 1e-4 of the largest of all, because some are zero but for rounding. `where` says which
 * array that was; infinite where a number is not finite or a gradient is missing on one side. */
double graph_result_distance(const graph_result *a, const graph_result *b, const char **where);

#endif
