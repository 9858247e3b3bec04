/* place.c: what the CPU computes beside the engine. */
#include "place.h"

#include <string.h>

bool is_native_op(op_id op) {
    static const char *const lowering[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = #LOWER,
#include "ops.def"
    };
    return strcmp(lowering[op], "NATIVE") == 0;
}

/* A step reads a view as a matrix whose columns are the last axis of what it is a view of. */
static bool is_matrix_in_memory(const graph *g, value v) {
    const shape *s = &graph_node(g, v)->s, *root = &graph_node(g, view_root(g, v))->s;
    return s->rank == 2 && s->dim[1] == (root->rank ? root->dim[root->rank - 1] : 1);
}

bool is_weight_gradient(const graph *g, const node *n) {
    return n->op == OP_MATMUL && n->s.rank == 2 && is_matrix_in_memory(g, n->in[0]) &&
           is_matrix_in_memory(g, n->in[1]);
}

void place(graph *g) {
    size_t n = g->nodes.len;
    bool *used = anet_calloc(n, sizeof *used);
    for (value v = 1; v < n; v++) {
        node *x = graph_node(g, v);
        x->native = is_native_op(x->op);
        x->place = x->native || x->from.cpu ? ANET_PLACE_CPU : ANET_PLACE_ANE;
        for (int i = 0; i < op_infos[x->op].inputs; i++) {
            used[x->in[i]] = true;
        }
    }
    for (size_t i = 0; i < g->gradients.len; i++) {
        value v = g->gradients.at[i].g;
        node *x = graph_node(g, v);
        if (!used[v] && is_weight_gradient(g, x)) {
            x->native = true;
            x->place = ANET_PLACE_CPU;
        }
    }
    free(used);
}
