/* graph.c: making nodes of the graph, and looking at them. Shapes: shape.c. */
#include "graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const op_info op_infos[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil)                               \
    [OP_##ID] = {name, inputs, flags, mil},
#include "ops.def"
};

const char *const graph_tables[] = {
    [ANET_TABLE_ROPE_COS] = "rope_cos",
    [ANET_TABLE_ROPE_SIN] = "rope_sin",
    [ANET_TABLE_CAUSAL_MASK] = "causal_mask",
    NULL,
};

const init_info graph_inits[] = {
    [ANET_INIT_ZEROS] = {"zeros", 0},       [ANET_INIT_ONES] = {"ones", 0},
    [ANET_INIT_CONSTANT] = {"constant", 1}, [ANET_INIT_NORMAL] = {"normal", 1},
    [ANET_INIT_UNIFORM] = {"uniform", 2},   {NULL, 0},
};

void die(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fputs("anetc: internal error: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputs("\nThis is a bug in anetc; please report it with the input.\n", stderr);
    va_end(ap);
    exit(70);
}

graph *graph_new(arena *memory) {
    graph *g = ARENA_NEW(memory, graph);
    g->memory = memory;
    vec_push(&g->nodes, (node){0});
    return g;
}

void graph_free(graph *g) {
    if (g) {
        vec_free(&g->nodes);
        vec_free(&g->calls);
        vec_free(&g->params);
        vec_free(&g->inputs);
        vec_free(&g->targets);
        vec_free(&g->gradients);
        vec_free(&g->kernels);
    }
}

node *graph_node(const graph *g, value v) {
    if (v == 0 || v >= g->nodes.len) {
        die("value %%%u does not exist", v);
    }
    return &g->nodes.at[v];
}

node *graph_take_nodes(graph *g) {
    node *taken = g->nodes.at;
    g->nodes.at = NULL;
    g->nodes.len = g->nodes.cap = 0;
    vec_push(&g->nodes, (node){0});
    return taken;
}

void graph_map_roots(graph *g, const value *map) {
    g->loss = map[g->loss];
    g->logits = map[g->logits];
    for (size_t i = 0; i < g->gradients.len; i++) {
        g->gradients.at[i].g = map[g->gradients.at[i].g];
    }
}

bool op_is(const graph *g, value v, op_id op) {
    return v && graph_node(g, v)->op == op;
}

unsigned op_flag(op_id op, unsigned flags) {
    return op_infos[op].flags & flags;
}

int64_t shape_size(const shape *s) {
    int64_t n = 1;
    for (int i = 0; i < s->rank; i++) {
        n *= s->dim[i];
    }
    return n;
}

bool shape_equal(const shape *a, const shape *b) {
    return a->rank == b->rank && memcmp(a->dim, b->dim, (size_t)a->rank * sizeof a->dim[0]) == 0;
}

value graph_add(graph *g, op_id op, const value *in, const attrs *at, const shape *given) {
    node n = {.op = op, .from = g->here};
    for (int i = 0; i < op_infos[op].inputs; i++) {
        n.in[i] = in[i];
        graph_node(g, in[i]);
    }
    if (at) {
        n.at = *at;
    }
    infer_shape(g, &n, given);
    n.place = n.from.cpu ? ANET_PLACE_CPU : ANET_PLACE_ANE;
    vec_push(&g->nodes, n);
    return (value)(g->nodes.len - 1);
}

value g_const(graph *g, double number) {
    return g_fill(g, number, &(shape){0});
}

value g_fill(graph *g, double number, const shape *s) {
    return graph_add(g, OP_CONST, NULL, &(attrs){.number = number}, s);
}

value g_unary(graph *g, op_id op, value x) {
    return graph_add(g, op, &x, NULL, NULL);
}

static bool is_scalar_const(const graph *g, value v) {
    return op_is(g, v, OP_CONST) && graph_node(g, v)->s.rank == 0;
}

/* Axes are matched from the right, as in numpy. A scalar constant fits everything as it is. */
static value raise_rank(graph *g, value v, int rank) {
    shape s = graph_node(g, v)->s;
    if (s.rank >= rank || is_scalar_const(g, v)) {
        return v;
    }
    shape r = {.rank = rank};
    int lead = rank - s.rank;
    for (int i = 0; i < rank; i++) {
        r.dim[i] = i < lead ? 1 : s.dim[i - lead];
        r.axis[i] = i < lead ? NULL : s.axis[i - lead];
    }
    return g_reshape(g, v, &r);
}

value g_binary(graph *g, op_id op, value a, value b) {
    int ra = graph_node(g, a)->s.rank, rb = graph_node(g, b)->s.rank;
    int rank = ra > rb ? ra : rb;
    value in[] = {raise_rank(g, a, rank), raise_rank(g, b, rank)};
    return graph_add(g, op, in, NULL, NULL);
}

value g_scale(graph *g, value x, double factor) {
    return factor == 1.0 ? x : g_binary(g, OP_MUL, x, g_const(g, factor));
}

value g_reduce(graph *g, op_id op, value x, int axis) {
    return graph_add(g, op, &x, &(attrs){.axis = axis}, NULL);
}

value g_softmax(graph *g, value x, int axis) {
    return graph_add(g, OP_SOFTMAX, &x, &(attrs){.axis = axis}, NULL);
}

static bool same_names(const shape *a, const shape *b) {
    for (int i = 0; i < a->rank; i++) {
        const char *x = a->axis[i], *y = b->axis[i];
        if (x != y && (!x || !y || strcmp(x, y) != 0)) {
            return false;
        }
    }
    return true;
}

value g_reshape(graph *g, value x, const shape *s) {
    const shape *now = &graph_node(g, x)->s;
    if (shape_equal(now, s) && same_names(now, s)) {
        return x;
    }
    return graph_add(g, OP_RESHAPE, &x, NULL, s);
}

value g_transpose(graph *g, value x, const int8_t *perm) {
    attrs at = {0};
    bool identity = true;
    for (int i = 0; i < graph_node(g, x)->s.rank; i++) {
        at.perm[i] = perm[i];
        identity = identity && perm[i] == i;
    }
    return identity ? x : graph_add(g, OP_TRANSPOSE, &x, &at, NULL);
}

value g_expand(graph *g, value x, const shape *s) {
    x = raise_rank(g, x, s->rank);
    return shape_equal(&graph_node(g, x)->s, s) ? x : graph_add(g, OP_EXPAND, &x, NULL, s);
}

value g_slice(graph *g, value x, int axis, int64_t begin, int64_t size) {
    if (begin == 0 && size == graph_node(g, x)->s.dim[axis]) {
        return x;
    }
    return graph_add(g, OP_SLICE, &x, &(attrs){.axis = axis, .begin = begin, .size = size}, NULL);
}

value g_concat(graph *g, value a, value b, int axis) {
    value in[] = {a, b};
    return graph_add(g, OP_CONCAT, in, &(attrs){.axis = axis}, NULL);
}

value view_root(const graph *g, value v) {
    while (v && op_flag(graph_node(g, v)->op, OP_VIEW)) {
        v = graph_node(g, v)->in[0];
    }
    return v;
}

void name_value(graph *g, value v, const char *name, bool implied) {
    node *n = graph_node(g, view_root(g, v));
    bool better = !n->name || (n->name_implied && !implied);
    if (name && better && !op_flag(n->op, OP_LEAF)) {
        n->name = name;
        n->name_implied = implied;
    }
}

const char *param_tail(const char *path) {
    const char *last = strrchr(path, '.');
    while (last && last > path && last[-1] != '.') {
        last--;
    }
    return last ? last : path;
}
