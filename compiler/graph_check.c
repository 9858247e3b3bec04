/* graph_check.c: is a graph that was read from text one that the compiler could have made? The
 * passes rely on it and end the program otherwise. */
#include "graph_read.h"
#include "place.h"

#include <string.h>

static const char *wrong(const graph *g, const char *fmt, ...) ANET_PRINTF(2, 3);

static const char *wrong(const graph *g, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    const char *message = arena_vprintf(g->memory, fmt, ap);
    va_end(ap);
    return message;
}

static const shape *operand(const graph *g, const node *n, int i) {
    return &graph_node(g, n->in[i])->s;
}

/* --- one node: a check for each layout rule, whose operations have the same needs --- */

typedef const char *check_rule(const graph *g, const node *n);

static const char *check_table(const graph *g, const node *n) {
    bool mask = n->at.index == ANET_TABLE_CAUSAL_MASK;
    if (n->s.rank != 2) {
        return wrong(g, "a table has two axes, not %d", n->s.rank);
    }
    if (mask ? n->at.number != 0 : !(n->at.number > 0)) {
        return mask ? "a causal_mask has no number" : "the number of this table is above 0";
    }
    return NULL;
}

static const char *check_LEAF(const graph *g, const node *n) {
    shape declared = {0};
    switch (n->op) {
    case OP_INPUT:
        declared = (shape){.rank = 1, .dim = {g->inputs.at[n->at.index].length}};
        break;
    case OP_TARGET:
        declared = (shape){.rank = 1, .dim = {g->targets.at[n->at.index].length}};
        break;
    case OP_PARAM:
        declared = g->params.at[n->at.index].s;
        break;
    case OP_TABLE:
        return check_table(g, n);
    case OP_CONST:
        return NULL;
    default: /* the seed is one number */
        break;
    }
    return shape_equal(&n->s, &declared) ? NULL
                                         : wrong(g, "`%s` is declared as %s", op_infos[n->op].name,
                                                 shape_string(g->memory, &declared));
}

static const char *check_SAME(const graph *g, const node *n) {
    (void)g;
    (void)n;
    return NULL;
}

static const char *check_BINARY(const graph *g, const node *n) {
    const shape *a = operand(g, n, 0), *b = operand(g, n, 1);
    if ((a->rank == 0 && op_is(g, n->in[0], OP_CONST)) ||
        (b->rank == 0 && op_is(g, n->in[1], OP_CONST))) {
        return NULL;
    }
    bool match = a->rank == b->rank;
    for (int i = 0; match && i < a->rank; i++) {
        match = a->dim[i] == b->dim[i] || a->dim[i] == 1 || b->dim[i] == 1;
    }
    return match ? NULL
                 : wrong(g, "`%s` of %s and %s: one rank and equal sizes or 1 are needed",
                         op_infos[n->op].name, shape_string(g->memory, a),
                         shape_string(g->memory, b));
}

static const char *check_axis(const graph *g, const shape *x, int64_t axis) {
    return axis < x->rank
               ? NULL
               : wrong(g, "%s has no axis %lld", shape_string(g->memory, x), (long long)axis);
}

static const char *check_AXIS(const graph *g, const node *n) {
    const shape *x = operand(g, n, 0);
    const char *bad = check_axis(g, x, n->at.axis);
    if (bad || n->op != OP_SLICE) {
        return bad;
    }
    return n->at.size >= 1 && n->at.begin <= x->dim[n->at.axis] - n->at.size
               ? NULL
               : wrong(g, "the slice reaches beyond axis %lld of %s", (long long)n->at.axis,
                       shape_string(g->memory, x));
}

static const char *check_SHAPED(const graph *g, const node *n) {
    const shape *x = operand(g, n, 0);
    bool match = x->rank == n->s.rank;
    for (int i = 0; match && i < x->rank; i++) {
        match = x->dim[i] == n->s.dim[i] || x->dim[i] == 1;
    }
    return match ? NULL
                 : wrong(g, "`expand` of %s: only axes of size 1 can be stretched",
                         shape_string(g->memory, x));
}

static const char *check_RESHAPE(const graph *g, const node *n) {
    const shape *x = operand(g, n, 0);
    return shape_size(x) == shape_size(&n->s)
               ? NULL
               : wrong(g, "`reshape` of %s, which has another number of elements",
                       shape_string(g->memory, x));
}

static const char *check_TRANSPOSE(const graph *g, const node *n) {
    const shape *x = operand(g, n, 0);
    unsigned seen = 0;
    for (int i = 0; i < n->s.rank; i++) {
        seen |= 1u << n->at.perm[i];
    }
    return n->s.rank == x->rank && seen == (1u << x->rank) - 1
               ? NULL
               : wrong(g, "`perm` names each axis of %s once", shape_string(g->memory, x));
}

static const char *check_CONCAT(const graph *g, const node *n) {
    const shape *a = operand(g, n, 0), *b = operand(g, n, 1);
    const char *bad = check_axis(g, a, n->at.axis);
    if (bad) {
        return bad;
    }
    shape same = *b;
    same.dim[n->at.axis] = a->dim[n->at.axis];
    return shape_equal(a, &same)
               ? NULL
               : wrong(g, "`concat` of %s and %s, which differ in another axis than %lld",
                       shape_string(g->memory, a), shape_string(g->memory, b),
                       (long long)n->at.axis);
}

static bool labels_are_distinct(const int8_t *label, int n) {
    for (int i = 0; i < n; i++) {
        if (memchr(label, label[i], (size_t)i)) {
            return false;
        }
    }
    return true;
}

static int find_label(const int8_t *labels, int8_t label) {
    const char *at = strchr((const char *)labels, label);
    return at ? (int)(at - (const char *)labels) : -1;
}

static const char *check_MATMUL(const graph *g, const node *n) {
    const int8_t(*label)[8] = n->at.label;
    const int rank[] = {operand(g, n, 0)->rank, operand(g, n, 1)->rank, n->s.rank};
    for (int k = 0; k < 3; k++) {
        if ((int)strlen((const char *)label[k]) != rank[k] ||
            !labels_are_distinct(label[k], rank[k])) {
            return "`matmul` needs a letter for each axis, and another one for every axis of a "
                   "tensor";
        }
    }
    int summed = 0, results = 0, free_axes[2] = {0, 0};
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < rank[k]; i++) {
            int twin = find_label(label[1 - k], label[k][i]);
            bool kept = find_label(label[2], label[k][i]) >= 0;
            if (twin >= 0 && operand(g, n, k)->dim[i] != operand(g, n, 1 - k)->dim[twin]) {
                return wrong(g, "`matmul` of %s and %s: axes with one letter have one size",
                             shape_string(g->memory, operand(g, n, 0)),
                             shape_string(g->memory, operand(g, n, 1)));
            }
            free_axes[k] += twin < 0 && kept;
            summed += !kept && (k == 0 || twin < 0);
            summed += !kept && twin < 0; /* never right: counts twice */
            results += kept && (k == 0 || twin < 0);
        }
    }
    if (summed != 1 || results != rank[2] || !free_axes[0] || !free_axes[1]) {
        return "`matmul` sums over one letter that both operands have, keeps all others, and each "
               "operand has one that the other lacks";
    }
    return NULL;
}

static const char *check_ROPE(const graph *g, const node *n) {
    const shape *x = operand(g, n, 0);
    const char *bad = check_axis(g, x, n->at.axis);
    bad = bad ? bad : check_axis(g, x, n->at.other);
    if (bad) {
        return bad;
    }
    if (n->at.axis == n->at.other || x->dim[n->at.axis] % 2) {
        return "`rope` rotates pairs along an axis of even size, but not the axis of positions";
    }
    shape wanted = {.rank = 2};
    wanted.dim[g->stored] = x->dim[n->at.other];
    wanted.dim[!g->stored] = x->dim[n->at.axis] / 2;
    for (int i = 1; i < 3; i++) {
        const node *t = graph_node(g, n->in[i]);
        int kind = i == 1 ? ANET_TABLE_ROPE_COS : ANET_TABLE_ROPE_SIN;
        if (t->op != OP_TABLE || t->at.index != kind || !shape_equal(&t->s, &wanted)) {
            return wrong(g, "operand %d of `rope` is a table %s %s", i + 1, graph_tables[kind],
                         shape_string(g->memory, &wanted));
        }
    }
    return NULL;
}

/* Number of token ids and their bound; false: v is not token ids. */
static bool token_ids(const graph *g, value v, token_input *ids) {
    const node *n = graph_node(g, v);
    if (n->op != OP_INPUT && n->op != OP_TARGET) {
        return false;
    }
    *ids = n->op == OP_INPUT ? g->inputs.at[n->at.index] : g->targets.at[n->at.index];
    return true;
}

static const char *check_GATHER(const graph *g, const node *n) {
    const shape *rows = operand(g, n, 0);
    token_input ids;
    if (!op_is(g, n->in[0], OP_PARAM) || rows->rank != 2 || !token_ids(g, n->in[1], &ids) ||
        rows->dim[0] < ids.vocab) {
        return "`gather` takes a parameter [V, C] and an input or target of ids less than V";
    }
    return NULL;
}

/* A tensor over these positions: [positions, n], or [n, positions] once it is stored. */
static bool runs_over(const graph *g, const shape *s, int64_t positions, int64_t n) {
    return s->rank == 2 && s->dim[g->stored] == positions && s->dim[!g->stored] == n;
}

static const char *check_GATHER_GRAD(const graph *g, const node *n) {
    token_input ids;
    if (n->s.rank != 2 || !token_ids(g, n->in[0], &ids) || n->s.dim[0] < ids.vocab ||
        !runs_over(g, operand(g, n, 1), ids.length, n->s.dim[1])) {
        return "`gather_grad` to [V, C] takes an input or target of ids less than V, and a "
               "gradient of C for each";
    }
    return NULL;
}

static const char *check_NATIVE(const graph *g, const node *n) {
    const shape *x = operand(g, n, 0);
    token_input ids;
    if (!token_ids(g, n->in[1], &ids) || !op_is(g, n->in[1], OP_TARGET) || x->rank != 2 ||
        !runs_over(g, x, ids.length, x->dim[!g->stored]) || x->dim[!g->stored] < ids.vocab) {
        return wrong(g, "`%s` takes logits for every id of a target", op_infos[n->op].name);
    }
    return op_infos[n->op].inputs == 3 && operand(g, n, 2)->rank != 0
               ? wrong(g, "operand 3 of `%s` is one number", op_infos[n->op].name)
               : NULL;
}

const char *check_operands(const graph *g, const node *n) {
    static check_rule *const rules[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = check_##LAYOUT,
#include "ops.def"
    };
    return rules[n->op](g, n);
}

/* --- the stage --- */

/* What is a step of the schedule, in no kernel: gradients of weights only as long as nothing but
 * the optimizer wants them. */
static const char *check_place(const graph *g, value v, bool read, bool is_gradient) {
    const node *n = graph_node(g, v);
    if (g->after < PASS_PLACE) {
        return n->native ? "nothing is native before the stage `place`" : NULL;
    }
    if (is_native_op(n->op) && !n->native) {
        return wrong(g, "`%s` is native after the stage `place`", op_infos[n->op].name);
    }
    bool weight = is_weight_gradient(g, n) && is_gradient && !read;
    if (n->native && !is_native_op(n->op) && !weight) {
        return wrong(g, "`%s` cannot be native here", op_infos[n->op].name);
    }
    return NULL;
}

static const char *check_kernel(const graph *g, value v) {
    const node *n = graph_node(g, v);
    bool in_kernel = !n->native && !op_flag(n->op, OP_LEAF | OP_VIEW);
    if (g->after < PASS_FUSE || !in_kernel) {
        return !n->kernel             ? NULL
               : g->after < PASS_FUSE ? "there are no kernels before the stage `fuse`"
                                      : "leaves, views and native steps are in no kernel";
    }
    if (n->kernel == 0) {
        return "after the stage `fuse` this is in a kernel";
    }
    return n->kernel < g->kernels.len ? NULL : wrong(g, "kernel k%u is not declared", n->kernel);
}

static const char *check_gradients(const graph *g, value *v) {
    bool joint = g->after >= PASS_DIFFERENTIATE;
    if (!joint && (g->n_forward || g->gradients.len)) {
        return "there is no backward pass before the stage `differentiate`";
    }
    for (size_t i = 0; i < g->gradients.len; i++) {
        const param *p = &g->params.at[g->gradients.at[i].param];
        *v = g->gradients.at[i].g;
        if (p->frozen || !shape_equal(&graph_node(g, *v)->s, &p->s)) {
            return wrong(g,
                         p->frozen ? "parameter `%s` is frozen and has no gradient"
                                   : "the gradient of parameter `%s` has another shape",
                         p->name);
        }
    }
    return NULL;
}

/* The backward pass is not made twice. */
static const char *check_pass(const graph *g, value v) {
    const node *n = graph_node(g, v);
    bool backward = n->op == OP_SEED || n->op == OP_GATHER_GRAD || n->op == OP_CROSS_ENTROPY_GRAD;
    return backward && g->after < PASS_DIFFERENTIATE
               ? wrong(g, "`%s` is for the backward pass", op_infos[n->op].name)
               : NULL;
}

static const char *check_nodes(const graph *g, value *v) {
    size_t len = g->nodes.len;
    bool *read = anet_calloc(len, sizeof *read),
         *is_gradient = anet_calloc(len, sizeof *is_gradient);
    for (*v = 1; *v < len; ++*v) {
        const node *n = graph_node(g, *v);
        for (int i = 0; i < op_infos[n->op].inputs; i++) {
            read[n->in[i]] = true;
        }
    }
    for (size_t i = 0; i < g->gradients.len; i++) {
        is_gradient[g->gradients.at[i].g] = true;
    }
    const char *bad = NULL;
    for (*v = 1; *v < len; *v += !bad) {
        bad = check_pass(g, *v);
        bad = bad ? bad : check_place(g, *v, read[*v], is_gradient[*v]);
        bad = bad ? bad : check_kernel(g, *v);
        if (bad) {
            break;
        }
    }
    free(read);
    free(is_gradient);
    return bad;
}

/* --- kernels: none waits for itself --- */

typedef struct edges { /* those of unit u lead to to[start[u]] up to to[start[u + 1]] */
    uint32_t *start, *to, *waiting; /* waiting: edges that still lead to a unit */
    size_t units;
} edges;

/* Native steps count as kernels of their own. 0: runs nowhere. */
static uint32_t unit_of(const graph *g, value v) {
    const node *n = graph_node(g, v);
    return n->native ? (uint32_t)g->kernels.len + v : n->kernel;
}

/* Counts the edges, or stores them. */
static void visit_edges(const graph *g, edges *e, bool store) {
    for (value v = 1; v < g->nodes.len; v++) {
        const node *n = graph_node(g, v);
        uint32_t to = unit_of(g, v);
        for (int i = 0; to && i < op_infos[n->op].inputs; i++) {
            uint32_t from = unit_of(g, view_root(g, n->in[i]));
            if (from && from != to && store) {
                e->to[--e->start[from]] = to;
            } else if (from && from != to) {
                e->start[from]++;
                e->waiting[to]++;
            }
        }
    }
}

static edges find_edges(const graph *g) {
    edges e = {.units = g->kernels.len + g->nodes.len};
    e.start = anet_calloc(e.units + 1, sizeof *e.start);
    e.waiting = anet_calloc(e.units, sizeof *e.waiting);
    visit_edges(g, &e, false);
    for (size_t u = 1; u <= e.units; u++) {
        e.start[u] += e.start[u - 1];
    }
    e.to = anet_calloc((size_t)e.start[e.units] + 1, sizeof *e.to);
    visit_edges(g, &e, true);
    return e;
}

static void edges_free(edges *e) {
    free(e->start);
    free(e->to);
    free(e->waiting);
}

static const char *check_order(const graph *g, value *v) {
    edges e = find_edges(g);
    uint32_t *ready = anet_calloc(e.units, sizeof *ready);
    size_t done = 0, found = 0;
    for (uint32_t u = 0; u < e.units; u++) {
        if (!e.waiting[u]) {
            ready[found++] = u;
        }
    }
    for (; done < found; done++) {
        for (uint32_t i = e.start[ready[done]]; i < e.start[ready[done] + 1]; i++) {
            if (--e.waiting[e.to[i]] == 0) {
                ready[found++] = e.to[i];
            }
        }
    }
    const char *bad = NULL;
    for (*v = 1; !bad && *v < g->nodes.len; *v += !bad) {
        uint32_t k = graph_node(g, *v)->kernel;
        if (k && e.waiting[k]) {
            bad = wrong(g, "kernel k%u would have to wait for itself", k);
        }
    }
    free(ready);
    edges_free(&e);
    return bad;
}

const char *check_stage(const graph *g, value *v) {
    *v = 0;
    if (!g->inputs.len) {
        return "the graph has no input";
    }
    if (!g->loss || !g->logits) {
        return wrong(g, "the graph has no %s", g->loss ? "output" : "loss");
    }
    const char *bad = check_gradients(g, v);
    bad = bad ? bad : check_nodes(g, v);
    return bad ? bad : check_order(g, v);
}
