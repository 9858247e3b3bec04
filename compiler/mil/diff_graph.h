/* diff_graph.h: a function as a graph of values, with a hash of what each value is. */
#ifndef ANET_MIL_DIFF_GRAPH_H
#define ANET_MIL_DIFF_GRAPH_H

#include "mil/diff_data.h"
#include "name_map.h"

#include "base/vec.h"

enum { NOTHING = -1 };

/* What an argument or a result refers to: a value of the graph, or else something written down (a
 * literal, a constant, a name that is not defined). */
typedef struct diff_link {
    int value;             /* index, or NOTHING */
    uint64_t hash;         /* of what is referred to, whatever it is called */
    const char *name;      /* as written, NULL for a literal */
    const mil_value *data; /* of a literal or a constant */
    int written;           /* of a state: the op that wrote to it last, or NOTHING */
} diff_link;

typedef struct diff_value {
    const mil_name *name;
    int node, out; /* the op that makes it; NOTHING for a parameter */
    uint64_t hash;
    int twin; /* the value of the other graph that it corresponds to, or NOTHING */
} diff_value;

/* An argument, flattened: `values` of concat with three parts gives three. */
typedef struct diff_arg {
    const char *name;
    int part; /* its place in a tuple, or NOTHING */
    mil_loc loc;
    diff_link to;
} diff_arg;

typedef struct diff_block {
    mil_loc loc;
    int params, first_param; /* values */
    int nodes, *node;
    int results;
    diff_link *result;
} diff_block;

typedef struct diff_node { /* an op that is no constant */
    const mil_op *op;
    int args;
    diff_arg *arg;                /* sorted by name */
    uint64_t attrs, types, inner; /* attributes but for the name, results, blocks */
    uint64_t hash;                /* of the op and everything that it depends on, names aside */
    int first_out;                /* value */
    int blocks;
    diff_block *block;
    int twin;
} diff_node;

typedef struct diff_graph {
    arena *memory;
    const mil_weights *weights;
    VEC(diff_value) values;
    VEC(diff_node) nodes;
    diff_block body;
    name_map names; /* to diff_link */
} diff_graph;

/* param_hash tells the parameters apart: one for each. weights may be NULL (diff_data.h). */
void diff_graph_build(diff_graph *g, arena *memory, const mil_func *func,
                      const uint64_t *param_hash, const mil_weights *weights);
void diff_graph_free(diff_graph *g);

/* of all ops in the block, whatever their order and names, and of its results */
uint64_t diff_block_hash(const diff_graph *g, const diff_block *b);

#endif
