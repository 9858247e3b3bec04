/* verify.c: what must hold of a graph after every pass. */
#include "graph.h"

#include <string.h>

static const char *check_node(const graph *g, value v) {
    const node *n = graph_node(g, v);
    if (n->op == OP_NONE || n->op >= OP_COUNT) {
        return "no such operation";
    }
    for (int i = 0; i < op_infos[n->op].inputs; i++) {
        if (n->in[i] == 0 || n->in[i] >= v) {
            return "an operand does not come before its use";
        }
    }
    for (int i = 0; i < n->s.rank; i++) {
        if (n->s.dim[i] < 1) {
            return "an axis without elements";
        }
    }
    node again = *n;
    infer_shape(g, &again, &n->s);
    if (!shape_equal(&again.s, &n->s)) {
        return "the shape is not the inferred one";
    }
    if (n->from.call >= g->calls.len) {
        return "the layer call does not exist";
    }
    return NULL;
}

const char *graph_verify(const graph *g) {
    for (value v = 1; v < g->nodes.len; v++) {
        const char *wrong = check_node(g, v);
        if (wrong) {
            text line = {0};
            graph_print_node(g, v, &line);
            const char *report = arena_printf(g->memory, "%s: %s", wrong, line.at);
            text_free(&line);
            return report;
        }
    }
    for (size_t i = 0; i < g->gradients.len; i++) {
        const gradient *c = &g->gradients.at[i];
        if (!shape_equal(&graph_node(g, c->g)->s, &g->params.at[c->param].s)) {
            return arena_printf(g->memory, "the gradient of %s has another shape",
                                g->params.at[c->param].name);
        }
    }
    return NULL;
}
