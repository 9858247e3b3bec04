/* graph_read.h: the text form of the graph, read back. What it looks like: graph_print.c. */
#ifndef ANET_GRAPH_READ_H
#define ANET_GRAPH_READ_H

#include "graph.h"

#include "base/status.h"

/* Reads text as graph_print writes it, into a new graph, which is freed with graph_free before
 * memory is. A heading of --dump-after before it is skipped. Values may be numbered with gaps.
 * Whatever the text is, the graph of an ANET_OK is one that the passes after (*g)->after can work
 * on; everything else is ANET_BAD_INPUT with "name:line: ...". The places in the graph (loc) are
 * those in the text, as file 1. */
anet_code graph_read(arena *memory, const char *written, size_t size, const char *name, graph **g,
                     anet_error *err);

/* graph_check.c: what infer_shape and later passes take for granted. Each returns NULL, or what is
 * wrong, in the graph's memory. */

/* Attributes and operands of a node with the shape n->s. Pre: its operands exist. */
const char *check_operands(const graph *g, const node *n);
/* The whole graph, for the stage it is from; *v is the value that is wrong, or 0. */
const char *check_stage(const graph *g, value *v);

#endif
