/* tap.c: what the backward pass reads of the forward pass is a tap: an output that its kernel keeps
 * in memory. An elementwise value whose operands are kept anyway is cheaper to compute again than
 * to keep. */
#include "fuse.h"

#include <string.h>

typedef struct taps {
    graph *g;
    const node *old;
    size_t n;
    bool *crosses;   /* leaves its kernel whatever we do here */
    bool *read_back; /* read by a backward kernel: kept if it cannot be computed again */
    int *again;      /* may be computed again, in so many steps */
    value *map;
    value
        *copy; /* of a forward value in the kernel being rebuilt: copy[v], made for copied_for[v] */
    uint32_t *copied_for;
} taps;

static bool is_leaf(const taps *t, value v) {
    return op_flag(t->old[v].op, OP_LEAF);
}

static value old_root(const taps *t, value v) {
    while (op_flag(t->old[v].op, OP_VIEW)) {
        v = t->old[v].in[0];
    }
    return v;
}

/* Reading v in backward kernels is why an elementwise value would be kept; any other reader outside
 * of its kernel keeps it anyway. */
static void find_crossing(taps *t) {
    for (value v = 1; v < t->n; v++) {
        const node *n = &t->old[v];
        for (int i = 0; i < op_infos[n->op].inputs; i++) {
            value x = old_root(t, n->in[i]);
            const node *from = &t->old[x];
            bool other = n->kernel != from->kernel && !op_flag(n->op, OP_VIEW);
            bool cheap = op_flag(from->op, OP_ELEMENTWISE) && n->from.backward && n->kernel;
            t->crosses[x] = t->crosses[x] || (other && !cheap);
            t->read_back[x] = t->read_back[x] || (other && cheap);
        }
    }
    t->crosses[old_root(t, t->g->logits)] = true;
    t->crosses[old_root(t, t->g->loss)] = true;
}

/* How long the chain is that has to be computed again for v, 0 if it cannot be. */
static int chain_to(const taps *t, value v) {
    enum { MAX_CHAIN = 16 }; /* a longer one costs more than it saves */
    const node *n = &t->old[v];
    bool able = !n->from.backward && n->kernel && op_flag(n->op, OP_ELEMENTWISE) && !t->crosses[v];
    int length = 1;
    for (int i = 0; able && i < op_infos[n->op].inputs; i++) {
        value x = old_root(t, n->in[i]);
        if (!is_leaf(t, x) && !t->crosses[x]) {
            able = t->again[x] || t->read_back[x];
            length = t->again[x] >= length ? t->again[x] + 1 : length;
        }
    }
    return able && length <= MAX_CHAIN ? length : 0;
}

static value redo(taps *t, value v, uint32_t k, origin from);

/* The new value of old operand v for a node of kernel k. */
static value operand(taps *t, value v, uint32_t k, origin from) {
    value root = old_root(t, v);
    const node *r = &t->old[root];
    if (!from.backward || !k || r->from.backward || r->kernel == k || !t->again[root]) {
        return t->map[v];
    }
    value copy = redo(t, root, k, from);
    return v == root ? copy : g_reshape(t->g, copy, &t->old[v].s);
}

static value redo(taps *t, value v, uint32_t k, origin from) {
    if (t->copied_for[v] == k && t->copy[v]) {
        return t->copy[v];
    }
    node n = t->old[v];
    value in[MAX_INPUTS] = {0};
    for (int i = 0; i < op_infos[n.op].inputs; i++) {
        in[i] = operand(t, n.in[i], k, from);
    }
    t->g->here = from;
    value copy = graph_add(t->g, n.op, in, &n.at, &n.s);
    graph_node(t->g, copy)->kernel = k;
    graph_node(t->g, copy)->name = n.name;
    t->copy[v] = copy;
    t->copied_for[v] = k;
    return copy;
}

static void rebuild_node(taps *t, value v) {
    node n = t->old[v];
    for (int i = 0; i < op_infos[n.op].inputs; i++) {
        n.in[i] = operand(t, n.in[i], n.kernel, n.from);
    }
    n.from.forward = n.from.forward ? t->map[n.from.forward] : 0;
    vec_push(&t->g->nodes, n);
    t->map[v] = (value)t->g->nodes.len - 1;
}

void recompute_taps(graph *g) {
    size_t n = g->nodes.len;
    taps t = {g,
              graph_take_nodes(g),
              n,
              anet_calloc(n, sizeof(bool)),
              anet_calloc(n, sizeof(bool)),
              anet_calloc(n, sizeof(int)),
              anet_calloc(n, sizeof(value)),
              anet_calloc(n, sizeof(value)),
              anet_calloc(n, sizeof(uint32_t))};
    find_crossing(&t);
    for (value v = 1; v < n; v++) {
        t.again[v] = chain_to(&t, v);
    }
    uint32_t forward = 0;
    for (value v = 1; v < n; v++) {
        if (v == g->n_forward) {
            forward = (uint32_t)g->nodes.len;
        }
        rebuild_node(&t, v);
    }
    g->n_forward = forward;
    g->here = (origin){0};
    graph_map_roots(g, t.map);
    free((void *)t.old);
    free(t.crosses);
    free(t.read_back);
    free(t.again);
    free(t.map);
    free(t.copy);
    free(t.copied_for);
}
