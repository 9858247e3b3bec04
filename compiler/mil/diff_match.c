/* diff_match.c: matching in steps, each with what those before have left.
 *
 * 1. Ops that are equal with everything they depend on (equal hashes).
 * 2. In program order, ops that are equal but for what changed above them, or else the most similar
 *    op of that kind that shares an operand, a weight or its name.
 * 3. From the results up: what makes the same argument of twins, if it is the same kind of op;
 *    then 2 again.
 * 4. Ops of different kinds on the same operands. */
#include "mil/diff_match.h"

#include <stdlib.h>
#include <string.h>

typedef struct matcher {
    diff_graph *a, *b;
    const diff_block *x, *y;
} matcher;

bool diff_same_link(const diff_graph *a, const diff_link *x, const diff_link *y) {
    if (x->value == NOTHING || y->value == NOTHING) {
        return x->value == y->value && x->hash == y->hash;
    }
    int written = x->written == NOTHING ? NOTHING : a->nodes.at[x->written].twin;
    bool same_state = written == y->written && (x->written == NOTHING || written != NOTHING);
    return a->values.at[x->value].twin == y->value && same_state;
}

static void pair_values(matcher *m, int v, int w) {
    m->a->values.at[v].twin = w;
    m->b->values.at[w].twin = v;
}

static void pair_blocks(matcher *m, const diff_node *n, const diff_node *o) {
    for (int i = 0; i < n->blocks && i < o->blocks; i++) {
        const diff_block *p = &n->block[i], *q = &o->block[i];
        for (int k = 0; k < p->params && k < q->params; k++) {
            pair_values(m, p->first_param + k, q->first_param + k);
        }
        diff_match(m->a, p, m->b, q);
    }
}

static void pair(matcher *m, int i, int k) {
    diff_node *n = &m->a->nodes.at[i], *o = &m->b->nodes.at[k];
    n->twin = k;
    o->twin = i;
    for (int v = 0; v < n->op->outs && v < o->op->outs; v++) {
        pair_values(m, n->first_out + v, o->first_out + v);
    }
    pair_blocks(m, n, o);
}

/* ---- 1: equal hashes ---- */

typedef struct hashed {
    uint64_t hash;
    int node;
} hashed;

static int compare_hashes(const void *a, const void *b) {
    const hashed *x = a, *y = b;
    int order = (x->hash > y->hash) - (x->hash < y->hash);
    return order ? order : (x->node > y->node) - (x->node < y->node);
}

static hashed *sorted(const diff_graph *g, const diff_block *b) {
    hashed *all = anet_calloc((size_t)b->nodes + 1, sizeof *all);
    for (int i = 0; i < b->nodes; i++) {
        all[i] = (hashed){g->nodes.at[b->node[i]].hash, b->node[i]};
    }
    qsort(all, (size_t)b->nodes, sizeof *all, compare_hashes);
    return all;
}

static void match_equal(matcher *m) {
    hashed *xs = sorted(m->a, m->x), *ys = sorted(m->b, m->y);
    int i = 0, k = 0;
    while (i < m->x->nodes && k < m->y->nodes) {
        if (xs[i].hash == ys[k].hash) {
            pair(m, xs[i++].node, ys[k++].node);
        } else if (xs[i].hash < ys[k].hash) {
            i++;
        } else {
            k++;
        }
    }
    free(xs);
    free(ys);
}

/* ---- 2 and 4: similar ops ---- */

enum { MANY_NUMBERS = 16 };

/* a constant that hardly occurs twice by chance */
static bool telling(const diff_link *l) {
    return l->data && (l->data->kind == MIL_BLOB || l->data->count >= MANY_NUMBERS);
}

static bool same_name(const diff_node *n, const diff_node *o) {
    return n->op->outs > 0 && o->op->outs > 0 &&
           strcmp(n->op->out[0].name, o->op->out[0].name) == 0;
}

typedef struct likeness {
    int equal, telling; /* arguments */
    bool all;
} likeness;

static likeness compare_nodes(const diff_graph *a, const diff_node *n, const diff_node *o) {
    likeness l = {0};
    for (int i = 0, k = 0; i < n->args && k < o->args;) {
        const diff_arg *p = &n->arg[i], *q = &o->arg[k];
        int order = strcmp(p->name, q->name);
        order = order ? order : p->part - q->part;
        bool same = order == 0 && diff_same_link(a, &p->to, &q->to);
        l.equal += same;
        l.telling += same && (p->to.value != NOTHING || telling(&p->to));
        i += order <= 0;
        k += order >= 0;
    }
    l.all = l.equal == n->args && l.equal == o->args;
    return l;
}

typedef int judge(const diff_graph *a, const diff_node *n, const diff_node *o);

enum { EQUAL = 1000000, SHARED = 100, NAMED = 50 };

/* 0: not at all; equal ops beat all others */
static int same_kind(const diff_graph *a, const diff_node *n, const diff_node *o) {
    if (strcmp(n->op->op, o->op->op) != 0) {
        return 0;
    }
    likeness l = compare_nodes(a, n, o);
    bool rest = n->types == o->types && n->attrs == o->attrs && n->inner == o->inner;
    bool named = same_name(n, o);
    if (l.all && rest) {
        return EQUAL + named;
    }
    bool akin = l.telling > 0 || named;
    return akin ? SHARED * l.telling + NAMED * named + l.equal + rest : 0;
}

static int same_operands(const diff_graph *a, const diff_node *n, const diff_node *o) {
    likeness l = compare_nodes(a, n, o);
    bool akin = n->types == o->types && l.telling > 0 && l.telling == l.equal;
    return akin ? SHARED * l.telling + NAMED * same_name(n, o) : 0;
}

/* Whoever is similar shares something with the op: an operand in the same place, a telling
 * constant, or the name. The ops of one program are found by what they have to share. */
typedef struct keyed {
    uint64_t key;
    int node;
} keyed;

typedef struct key_index {
    VEC(keyed) all; /* sorted */
} key_index;

enum { MOST_CANDIDATES = 200 }; /* of one key: ops that share it with many others say little */

static uint64_t operand_key(const diff_arg *arg, uint64_t what) {
    return diff_add_number(
        diff_add_number(diff_add_string(HASH_START, arg->name), (uint64_t)arg->part), what);
}

static uint64_t name_key(const diff_node *n) {
    return diff_add_string(HASH_START, n->op->outs > 0 ? n->op->out[0].name : "");
}

static int compare_keys(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    int order = (x->key > y->key) - (x->key < y->key);
    return order ? order : (x->node > y->node) - (x->node < y->node);
}

static void add_key(key_index *index, uint64_t key, int node) {
    keyed one = {key, node};
    vec_push(&index->all, one);
}

static void index_nodes(const matcher *m, key_index *index) {
    for (int k = 0; k < m->y->nodes; k++) {
        int node = m->y->node[k];
        const diff_node *o = &m->b->nodes.at[node];
        for (int i = 0; i < o->args && o->twin == NOTHING; i++) {
            const diff_link *to = &o->arg[i].to;
            if (to->value != NOTHING) {
                add_key(index, operand_key(&o->arg[i], (uint64_t)to->value), node);
            } else if (telling(to)) {
                add_key(index, operand_key(&o->arg[i], to->hash), node);
            }
        }
        if (o->twin == NOTHING) {
            add_key(index, name_key(o), node);
        }
    }
    if (index->all.len > 1) {
        qsort(index->all.at, index->all.len, sizeof *index->all.at, compare_keys);
    }
}

static size_t first_of(const key_index *index, uint64_t key) {
    size_t low = 0, high = index->all.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->all.at[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

typedef struct choice {
    int best, points;
} choice;

static void consider(const matcher *m, const key_index *index, uint64_t key, const diff_node *n,
                     judge *points_of, choice *c) {
    int left = MOST_CANDIDATES;
    for (size_t i = first_of(index, key); left > 0 && i < index->all.len; i++) {
        const diff_node *o = &m->b->nodes.at[index->all.at[i].node];
        if (index->all.at[i].key != key) {
            break;
        }
        if (o->twin == NOTHING) {
            int points = points_of(m->a, n, o);
            bool better = points > c->points ||
                          (points == c->points && points > 0 && index->all.at[i].node < c->best);
            *c = better ? (choice){index->all.at[i].node, points} : *c;
            left--;
        }
    }
}

static int most_similar(const matcher *m, const key_index *index, const diff_node *n,
                        judge *points_of) {
    choice c = {NOTHING, 0};
    for (int i = 0; i < n->args; i++) {
        const diff_link *to = &n->arg[i].to;
        int twin = to->value == NOTHING ? NOTHING : m->a->values.at[to->value].twin;
        if (twin != NOTHING) {
            consider(m, index, operand_key(&n->arg[i], (uint64_t)twin), n, points_of, &c);
        } else if (to->value == NOTHING && telling(to)) {
            consider(m, index, operand_key(&n->arg[i], to->hash), n, points_of, &c);
        }
    }
    consider(m, index, name_key(n), n, points_of, &c);
    return c.best;
}

static void match_similar(matcher *m, judge *points_of) {
    key_index index = {0};
    index_nodes(m, &index);
    for (int i = 0; i < m->x->nodes; i++) {
        const diff_node *n = &m->a->nodes.at[m->x->node[i]];
        int best = n->twin == NOTHING ? most_similar(m, &index, n, points_of) : NOTHING;
        if (best != NOTHING) {
            pair(m, m->x->node[i], best);
        }
    }
    vec_free(&index.all);
}

/* ---- 3: from the results up ---- */

static void match_links(matcher *m, const diff_link *x, const diff_link *y);

static void match_arguments(matcher *m, const diff_node *n, const diff_node *o) {
    for (int i = 0; i < n->args && i < o->args; i++) {
        match_links(m, &n->arg[i].to, &o->arg[i].to);
    }
}

static void match_links(matcher *m, const diff_link *x, const diff_link *y) {
    int i = x->value == NOTHING ? NOTHING : m->a->values.at[x->value].node;
    int k = y->value == NOTHING ? NOTHING : m->b->values.at[y->value].node;
    if (i == NOTHING || k == NOTHING) {
        return;
    }
    const diff_node *n = &m->a->nodes.at[i], *o = &m->b->nodes.at[k];
    bool free = n->twin == NOTHING && o->twin == NOTHING;
    if (free && strcmp(n->op->op, o->op->op) == 0) {
        pair(m, i, k);
    }
}

/* Users come after what they use, so one pass from the end reaches everything. */
static void match_upwards(matcher *m) {
    for (int i = 0; i < m->x->results && i < m->y->results; i++) {
        match_links(m, &m->x->result[i], &m->y->result[i]);
    }
    for (int i = m->x->nodes; i-- > 0;) {
        const diff_node *n = &m->a->nodes.at[m->x->node[i]];
        if (n->twin != NOTHING) {
            match_arguments(m, n, &m->b->nodes.at[n->twin]);
        }
    }
}

void diff_match(diff_graph *a, const diff_block *x, diff_graph *b, const diff_block *y) {
    matcher m = {a, b, x, y};
    match_equal(&m);
    match_similar(&m, same_kind);
    match_upwards(&m);
    match_similar(&m, same_kind);
    match_similar(&m, same_operands);
}
