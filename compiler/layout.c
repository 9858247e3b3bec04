/* layout.c: the storage order of every tensor.
 *
 * An axis is a position (`far`) if it runs over tokens, pixels or time, which starts at the model's
 * inputs and follows the operations; every other axis is a channel. A tensor is stored with its
 * channels first and its positions last, each group in the order written. That makes x [S, C] the
 * engine's [1, C, 1, S], heads [H, S, D] become [H, D, S], scores [H, S, T] stay, and no product
 * needs a transposed copy. */
#include "layout.h"

#include "base/vec.h"

#include <string.h>

typedef struct plan {
    graph *g;
    const node *old;
    value *map;    /* new value of each old one */
    unsigned *far; /* bit i: written axis i of the old value is a position */
} plan;

typedef value layout_rule(plan *p, value v);

/* order[i] is the written axis that is stored as axis i */
static void storage_order(int rank, unsigned far, int8_t *order) {
    int n = 0;
    for (unsigned want = 0; want < 2; want++) {
        for (int i = 0; i < rank; i++) {
            if (((far >> i) & 1) == want) {
                order[n++] = (int8_t)i;
            }
        }
    }
}

static int stored_axis(int rank, unsigned far, int written) {
    int8_t order[MAX_RANK] = {0};
    storage_order(rank, far, order);
    int at = 0;
    while (order[at] != written) {
        at++;
    }
    return at;
}

static shape stored_shape(const shape *s, unsigned far) {
    int8_t order[MAX_RANK] = {0};
    storage_order(s->rank, far, order);
    shape r = {.rank = s->rank};
    for (int i = 0; i < s->rank; i++) {
        r.dim[i] = s->dim[order[i]];
        r.axis[i] = s->axis[order[i]];
    }
    return r;
}

/* Rearranges x, stored with axes `from`, so that they lie in order `to` (both name written axes).
 */
static value rearrange(plan *p, value x, int rank, const int8_t *from, const int8_t *to) {
    shape now = graph_node(p->g, x)->s, then = {.rank = rank};
    int8_t perm[MAX_RANK];
    int last = -1;
    bool moves = false;
    for (int i = 0; i < rank; i++) {
        int at = 0;
        while (from[at] != to[i]) {
            at++;
        }
        perm[i] = (int8_t)at;
        then.dim[i] = now.dim[at];
        then.axis[i] = now.axis[at];
        if (now.dim[at] != 1) {
            moves = moves || at < last;
            last = at;
        }
    }
    if (moves) {
        return g_transpose(p->g, x, perm);
    }
    return memcmp(perm, (int8_t[]){0, 1, 2, 3, 4, 5}, (size_t)rank) == 0
               ? x
               : g_reshape(p->g, x, &then);
}

/* The new value of old v, stored as if its positions were `far`. */
static value fetch(plan *p, value v, unsigned far) {
    int rank = p->old[v].s.rank;
    int8_t from[MAX_RANK] = {0}, to[MAX_RANK] = {0};
    storage_order(rank, p->far[v], from);
    storage_order(rank, far, to);
    return rank == 0 ? p->map[v] : rearrange(p, p->map[v], rank, from, to);
}

static value rebuild(plan *p, value v, const value *in, const attrs *at) {
    shape s = stored_shape(&p->old[v].s, p->far[v]);
    return graph_add(p->g, p->old[v].op, in, at, &s);
}

static value layout_LEAF(plan *p, value v) {
    const node *n = &p->old[v];
    bool token = n->op == OP_INPUT || n->op == OP_TARGET;
    bool mask = n->op == OP_TABLE && n->at.index == ANET_TABLE_CAUSAL_MASK;
    p->far[v] = token || mask ? 63 : n->op == OP_TABLE ? 1 : 0;
    return rebuild(p, v, n->in, &n->at);
}

static value layout_SAME(plan *p, value v) {
    const node *n = &p->old[v];
    p->far[v] = p->far[n->in[0]];
    return rebuild(p, v, &p->map[n->in[0]], &n->at);
}

/* Positions of a result that broadcasts: an axis of size 1 has no say where the other has one. */
static unsigned joint_far(const plan *p, const node *n) {
    unsigned far = 0;
    for (int i = 0; i < n->s.rank; i++) {
        for (int k = 0; k < 2; k++) {
            const shape *s = &p->old[n->in[k]].s;
            if (s->rank && (s->dim[i] != 1 || n->s.dim[i] == 1)) {
                far |= p->far[n->in[k]] & (1u << i);
            }
        }
    }
    return far;
}

static value layout_BINARY(plan *p, value v) {
    const node *n = &p->old[v];
    p->far[v] = joint_far(p, n);
    value in[] = {fetch(p, n->in[0], p->far[v]), fetch(p, n->in[1], p->far[v])};
    return rebuild(p, v, in, &n->at);
}

static value layout_CONCAT(plan *p, value v) {
    const node *n = &p->old[v];
    p->far[v] = joint_far(p, n);
    value in[] = {fetch(p, n->in[0], p->far[v]), fetch(p, n->in[1], p->far[v])};
    attrs at = n->at;
    at.axis = stored_axis(n->s.rank, p->far[v], (int)n->at.axis);
    return rebuild(p, v, in, &at);
}

static value layout_AXIS(plan *p, value v) {
    const node *n = &p->old[v];
    p->far[v] = p->far[n->in[0]];
    attrs at = n->at;
    at.axis = stored_axis(n->s.rank, p->far[v], (int)n->at.axis);
    return rebuild(p, v, &p->map[n->in[0]], &at);
}

static value layout_SHAPED(plan *p, value v) {
    return layout_SAME(p, v);
}

/* Which axes of a reshaped tensor are positions: axes are matched in groups of equal size. Returns
 * false when a group mixes positions and channels, so that the stored order cannot be read the new
 * way. */
static bool regroup(const shape *x, unsigned far, const shape *y, unsigned *result) {
    int i = 0, j = 0;
    *result = 0;
    while (i < x->rank || j < y->rank) {
        int64_t nx = i < x->rank ? x->dim[i] : 1, ny = j < y->rank ? y->dim[j] : 1;
        int i_end = i + (i < x->rank), j_end = j + (j < y->rank);
        while (nx != ny) {
            if (nx < ny) {
                nx *= x->dim[i_end++];
            } else {
                ny *= y->dim[j_end++];
            }
        }
        unsigned positions = 0, channels = 0;
        for (; i < i_end; i++) {
            positions |= x->dim[i] > 1 && (far >> i & 1);
            channels |= x->dim[i] > 1 && !(far >> i & 1);
        }
        if (positions && channels) {
            return false;
        }
        for (; j < j_end; j++) {
            *result |= positions << j;
        }
    }
    return true;
}

static value layout_RESHAPE(plan *p, value v) {
    const node *n = &p->old[v];
    value x = n->in[0];
    value in = p->map[x];
    if (!regroup(&p->old[x].s, p->far[x], &n->s, &p->far[v])) {
        in = fetch(p, x, 0);
        p->far[v] = 0;
    }
    return rebuild(p, v, &in, &n->at);
}

static value layout_TRANSPOSE(plan *p, value v) {
    const node *n = &p->old[v];
    int8_t from[MAX_RANK] = {0}, to[MAX_RANK] = {0};
    p->far[v] = 0;
    for (int i = 0; i < n->s.rank; i++) {
        p->far[v] |= (p->far[n->in[0]] >> n->at.perm[i] & 1) << i;
    }
    storage_order(n->s.rank, p->far[n->in[0]], from);
    storage_order(n->s.rank, p->far[v], to);
    for (int i = 0; i < n->s.rank; i++) {
        to[i] = n->at.perm[to[i]];
    }
    return rearrange(p, p->map[n->in[0]], n->s.rank, from, to);
}

static void permute_labels(int8_t *labels, int rank, unsigned far) {
    int8_t order[MAX_RANK], written[8];
    storage_order(rank, far, order);
    memcpy(written, labels, sizeof written);
    for (int i = 0; i < rank; i++) {
        labels[i] = written[order[i]];
    }
}

static value layout_MATMUL(plan *p, value v) {
    const node *n = &p->old[v];
    attrs at = n->at;
    p->far[v] = 0;
    for (int i = 0; i < n->s.rank; i++) {
        for (int k = 0; k < 2; k++) {
            const char *labels = (const char *)n->at.label[k];
            const char *found = strchr(labels, n->at.label[2][i]);
            if (found && (p->far[n->in[k]] >> (found - labels) & 1)) {
                p->far[v] |= 1u << i;
            }
        }
    }
    for (int k = 0; k < 2; k++) {
        permute_labels(at.label[k], p->old[n->in[k]].s.rank, p->far[n->in[k]]);
    }
    permute_labels(at.label[2], n->s.rank, p->far[v]);
    value in[] = {p->map[n->in[0]], p->map[n->in[1]]};
    return rebuild(p, v, in, &at);
}

/* Pairs and positions are the last two axes, as the rule that lowers it wants them. */
static value layout_ROPE(plan *p, value v) {
    const node *n = &p->old[v];
    unsigned far = 1u << n->at.other;
    p->far[v] = far;
    attrs at = n->at;
    at.axis = stored_axis(n->s.rank, far, (int)n->at.axis);
    at.other = stored_axis(n->s.rank, far, (int)n->at.other);
    value in[] = {fetch(p, n->in[0], far), p->map[n->in[1]], p->map[n->in[2]]};
    return rebuild(p, v, in, &at);
}

static value layout_GATHER(plan *p, value v) {
    const node *n = &p->old[v];
    p->far[v] = 1;
    value in[] = {p->map[n->in[0]], p->map[n->in[1]]};
    return rebuild(p, v, in, &n->at);
}

static value layout_GATHER_GRAD(plan *p, value v) {
    const node *n = &p->old[v];
    value in[] = {p->map[n->in[0]], fetch(p, n->in[1], 1)};
    return rebuild(p, v, in, &n->at);
}

static value layout_NATIVE(plan *p, value v) {
    const node *n = &p->old[v];
    p->far[v] = n->s.rank ? 1 : 0;
    value in[MAX_INPUTS] = {fetch(p, n->in[0], 1), p->map[n->in[1]],
                            n->in[2] ? p->map[n->in[2]] : 0};
    return rebuild(p, v, in, &n->at);
}

static layout_rule *const rules[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = layout_##LAYOUT,
#include "ops.def"
};

void layout(graph *g) {
    size_t n = g->nodes.len;
    plan p = {g, graph_take_nodes(g), anet_calloc(n, sizeof(value)),
              anet_calloc(n, sizeof(unsigned))};
    g->stored = true;
    uint32_t forward = 0;
    for (value v = 1; v < n; v++) {
        if (v == g->n_forward) {
            forward = (uint32_t)g->nodes.len;
        }
        g->here = p.old[v].from;
        g->here.forward = p.map[p.old[v].from.forward];
        p.map[v] = rules[p.old[v].op](&p, v);
        name_value(g, p.map[v], p.old[v].name, p.old[v].name_implied);
    }
    g->n_forward = g->n_forward ? forward : 0;
    g->here = (origin){.backward = g->n_forward != 0};
    for (size_t i = 0; i < g->gradients.len; i++) {
        g->gradients.at[i].g = fetch(&p, g->gradients.at[i].g, 0);
    }
    g->loss = p.map[g->loss];
    g->logits = g->logits ? fetch(&p, g->logits, 1) : 0;
    g->here = (origin){0};
    free((void *)p.old);
    free(p.map);
    free(p.far);
}
