/* fuse.c: the partition. First each node gets a group (what we would like to be one kernel), then
 * groups become kernels, split where a group would depend on itself. Nothing here knows a layer by
 * its name. */
#include "fuse.h"

#include <string.h>

typedef struct fusion {
    graph *g;
    size_t n;
    int *segment; /* forward: which residual branch; backward: that of the forward node it serves */
    int *stage;   /* backward: even = products with weights, odd = around a softmax */
} fusion;

static bool is_fusable(const graph *g, value v) {
    const node *n = graph_node(g, v);
    return !op_flag(n->op, OP_LEAF | OP_VIEW) && !n->native;
}

/* --- segments: the forward pass is cut at its residual stream --- */

static value *last_forward_uses(const graph *g) {
    value *last = anet_calloc(g->nodes.len, sizeof *last);
    for (value v = 1; v < g->nodes.len; v++) {
        const node *n = graph_node(g, v);
        for (int i = 0; !n->from.backward && i < op_infos[n->op].inputs; i++) {
            value root = view_root(g, n->in[i]);
            if (!op_flag(n->op, OP_VIEW) && !op_flag(graph_node(g, root)->op, OP_LEAF)) {
                last[root] = v;
            }
        }
    }
    return last;
}

typedef struct stream { /* of the forward pass */
    const graph *g;
    bool *alone;   /* nothing computed before the value is read after it */
    int *products; /* how many there are up to the value */
    value entry;   /* where the segment began */
} stream;

/* The value of the stream that v is, or that v adds something to; 0 if there is none. */
static value stream_under(const stream *s, value v, int depth) {
    const node *n = graph_node(s->g, v);
    if (v < s->entry || op_flag(n->op, OP_LEAF) || n->from.backward) {
        return 0;
    }
    if (s->alone[v]) {
        return v;
    }
    value x = 0;
    for (int i = 0; n->op == OP_ADD && depth > 0 && !x && i < 2; i++) {
        x = stream_under(s, view_root(s->g, n->in[i]), depth - 1);
    }
    return x;
}

/* x + f(x) or x + f(x) + g(x), where f has a product and x is all that was known of the segment */
static bool joins_residual(const stream *s, value v) {
    enum { MAX_BRANCHES = 6 };
    const node *n = graph_node(s->g, v);
    for (int i = 0; n->op == OP_ADD && i < 2; i++) {
        value from = view_root(s->g, n->in[i]), other = view_root(s->g, n->in[1 - i]);
        bool computed = !op_flag(graph_node(s->g, other)->op, OP_LEAF);
        value x = computed ? stream_under(s, from, MAX_BRANCHES) : 0;
        if (x && s->products[v] > s->products[x]) {
            return true;
        }
    }
    return false;
}

/* A segment ends behind a native step and where a branch has been added to the residual stream:
 * there nothing but the stream goes on. */
static void find_segments(fusion *f) {
    const graph *g = f->g;
    value *last = last_forward_uses(g);
    stream s = {g, anet_calloc(f->n, sizeof(bool)), anet_calloc(f->n, sizeof(int)), 0};
    value open_until = 0;
    int segment = 0, products = 0;
    for (value v = 1; v < f->n; v++) {
        const node *n = graph_node(g, v);
        if (n->from.backward || op_flag(n->op, OP_LEAF | OP_VIEW)) {
            continue;
        }
        f->segment[v] = segment;
        s.products[v] = products += n->op == OP_MATMUL;
        bool cut = open_until <= v;
        open_until = last[v] > open_until ? last[v] : open_until;
        if (n->native || (cut && joins_residual(&s, v))) {
            s.entry = v;
            segment++;
        }
        s.alone[v] = cut || n->native;
    }
    free(last);
    free(s.alone);
    free(s.products);
}

/* --- stages: the backward of a segment is cut around a softmax --- */

static bool serves_softmax(const graph *g, const node *n) {
    return n->from.forward && op_is(g, n->from.forward, OP_SOFTMAX);
}

static bool multiplies_weight(const graph *g, const node *n) {
    return n->op == OP_MATMUL && (op_is(g, view_root(g, n->in[0]), OP_PARAM) ||
                                  op_is(g, view_root(g, n->in[1]), OP_PARAM));
}

/* As late as the latest operand, and one later on entering or leaving the part around a softmax. */
static int stage_of(const fusion *f, value v) {
    const graph *g = f->g;
    const node *n = graph_node(g, v);
    int stage = 0;
    for (int i = 0; i < op_infos[n->op].inputs; i++) {
        value root = view_root(g, n->in[i]);
        const node *x = graph_node(g, root);
        if (x->from.backward && is_fusable(g, root) && f->segment[root] == f->segment[v] &&
            f->stage[root] > stage) {
            stage = f->stage[root];
        }
    }
    bool softmax = serves_softmax(g, n), odd = stage % 2;
    return stage + ((softmax && !odd) || (odd && multiplies_weight(g, n)));
}

static void find_stages(fusion *f) {
    const graph *g = f->g;
    for (value v = 1; v < f->n; v++) {
        const node *n = graph_node(g, v);
        if (!n->from.backward || !is_fusable(g, v)) {
            continue;
        }
        value forward = n->from.forward ? n->from.forward : view_root(g, n->in[0]);
        f->segment[v] = forward ? f->segment[view_root(g, forward)] : 0;
        f->stage[v] = stage_of(f, v);
    }
}

/* A product with a weight moves to the stage that needs it, so that the gradients of q, k and v
 * meet in one kernel although v's is known earlier. */
static void sink_weight_products(fusion *f) {
    const graph *g = f->g;
    int *needed = anet_calloc(f->n, sizeof *needed);
    for (size_t v = 0; v < f->n; v++) {
        needed[v] = INT32_MAX;
    }
    for (size_t i = 0; i < g->gradients.len; i++) {
        needed[view_root(g, g->gradients.at[i].g)] = 0;
    }
    for (value v = (value)f->n - 1; v > 0; v--) {
        const node *n = graph_node(g, v);
        if (op_flag(n->op, OP_LEAF | OP_VIEW)) {
            continue;
        }
        if (is_fusable(g, v) && multiplies_weight(g, n) && needed[v] != INT32_MAX &&
            needed[v] > f->stage[v]) {
            f->stage[v] = needed[v];
        }
        for (int i = 0; i < op_infos[n->op].inputs; i++) {
            value root = view_root(g, n->in[i]);
            bool inside = is_fusable(g, v) && f->segment[v] == f->segment[root];
            int stage = inside ? f->stage[v] : 0;
            needed[root] = stage < needed[root] ? stage : needed[root];
        }
    }
    free(needed);
}

/* --- groups to kernels --- */

typedef struct group {
    int key[3];
    const char *name;
    uint32_t kernel; /* the newest of the group */
} group;

static bool same_group(const group *a, const group *b) {
    bool named = a->name && b->name ? strcmp(a->name, b->name) == 0 : a->name == b->name;
    return named && memcmp(a->key, b->key, sizeof a->key) == 0;
}

static group group_of(const fusion *f, value v, int level) {
    const node *n = graph_node(f->g, v);
    int back = n->from.backward, cpu = n->place == ANET_PLACE_CPU;
    if (level == 0) {
        return (group){{(int)n->from.call, back, cpu}, n->from.kernel, 0};
    }
    return (group){{f->segment[v], back ? 1 + f->stage[v] : 0, cpu}, n->from.kernel, 0};
}

typedef struct reach { /* reach[k] holds j: kernel k depends on kernel j */
    uint64_t *bits;
    size_t words, rows;
} reach;

static void reach_grow(reach *r, size_t kernels) {
    size_t words = kernels / 64 + 1;
    if (words <= r->words && kernels < r->rows) {
        return;
    }
    size_t new_words = words > r->words ? words * 2 : r->words;
    size_t rows = kernels < r->rows ? r->rows : kernels * 2;
    uint64_t *bits = anet_calloc(rows * new_words, sizeof *bits);
    for (size_t i = 0; i < r->rows; i++) {
        memcpy(bits + i * new_words, r->bits + i * r->words, r->words * sizeof *bits);
    }
    free(r->bits);
    *r = (reach){bits, new_words, rows};
}

static bool depends(const reach *r, size_t k, size_t on) {
    return r->bits[k * r->words + on / 64] >> (on % 64) & 1;
}

/* k, and all that depend on k, now depend on j and on all that j depends on */
static void add_dependency(reach *r, size_t kernels, size_t k, size_t j) {
    if (depends(r, k, j)) {
        return;
    }
    for (size_t i = 1; i < kernels; i++) {
        if (i == k || depends(r, i, k)) {
            for (size_t w = 0; w < r->words; w++) {
                r->bits[i * r->words + w] |= r->bits[j * r->words + w];
            }
            r->bits[i * r->words + j / 64] |= (uint64_t)1 << (j % 64);
        }
    }
}

/* Steps of the CPU are kernels of one node here, so that dependencies through them count. */
static uint32_t new_kernel(graph *g, reach *r, value v) {
    const node *n = graph_node(g, v);
    kernel k = {n->from.kernel, n->place, n->from.call, n->from.backward};
    vec_push(&g->kernels, k);
    reach_grow(r, g->kernels.len);
    return (uint32_t)g->kernels.len - 1;
}

static bool would_cycle(const graph *g, const reach *r, value v, uint32_t k) {
    const node *n = graph_node(g, v);
    for (int i = 0; i < op_infos[n->op].inputs; i++) {
        uint32_t j = graph_node(g, view_root(g, n->in[i]))->kernel;
        if (j && j != k && depends(r, j, k)) {
            return true;
        }
    }
    return false;
}

static void assign_kernels(fusion *f, int level) {
    graph *g = f->g;
    VEC(group) groups = {0};
    reach r = {0};
    vec_push(&g->kernels, (kernel){0});
    reach_grow(&r, 1);
    for (value v = 1; v < f->n; v++) {
        node *n = graph_node(g, v);
        if (op_flag(n->op, OP_LEAF | OP_VIEW)) {
            continue;
        }
        if (n->native) {
            n->kernel = new_kernel(g, &r, v);
        } else {
            group wanted = group_of(f, v, level);
            size_t at = 0;
            while (at < groups.len && !same_group(&groups.at[at], &wanted)) {
                at++;
            }
            if (at == groups.len) {
                vec_push(&groups, wanted);
            }
            if (!groups.at[at].kernel || would_cycle(g, &r, v, groups.at[at].kernel)) {
                groups.at[at].kernel = new_kernel(g, &r, v);
            }
            n->kernel = groups.at[at].kernel;
        }
        for (int i = 0; i < op_infos[n->op].inputs; i++) {
            uint32_t j = graph_node(g, view_root(g, n->in[i]))->kernel;
            if (j && j != n->kernel) {
                add_dependency(&r, g->kernels.len, n->kernel, j);
            }
        }
    }
    vec_free(&groups);
    free(r.bits);
}

/* Drops the placeholders of CPU steps and numbers kernels from 1. */
static void compact_kernels(graph *g) {
    uint32_t *map = anet_calloc(g->kernels.len, sizeof *map), next = 1;
    for (value v = 1; v < g->nodes.len; v++) {
        node *n = graph_node(g, v);
        if (n->kernel && !n->native && !map[n->kernel]) {
            map[n->kernel] = next++;
        }
    }
    size_t count = g->kernels.len;
    const kernel *old = arena_memdup(g->memory, g->kernels.at, count * sizeof *old);
    for (size_t i = 1; i < count; i++) {
        if (map[i]) {
            g->kernels.at[map[i]] = old[i];
        }
    }
    g->kernels.len = next;
    for (value v = 1; v < g->nodes.len; v++) {
        node *n = graph_node(g, v);
        n->kernel = n->native ? 0 : map[n->kernel];
    }
    free(map);
}

/* --- names: what a kernel does, for people --- */

typedef struct content {
    bool softmax, head;
    int stage;
    int segment;
} content;

static const char *fused_name(const content *forward, const kernel *k, int stage, arena *memory) {
    static const char *const sdpa[] = {"kSdpaBwd1", "kSdpaBwd2", "kQKVb"};
    const char *what = forward->softmax ? "Attn" : forward->head ? "Head" : "FFN";
    if (!k->backward) {
        return arena_printf(memory, "kFwd%s", what);
    }
    if (!forward->softmax) {
        return stage ? arena_printf(memory, "k%sBwd%d", what, stage + 1)
                     : arena_printf(memory, "k%sBwd", what);
    }
    return stage < 3 ? sdpa[stage] : arena_printf(memory, "kAttnBwd%d", stage + 1);
}

static void name_kernels(fusion *f, int level) {
    graph *g = f->g;
    content *segments = anet_calloc(f->n + 1, sizeof *segments);
    content *kernels = anet_calloc(g->kernels.len, sizeof *kernels);
    for (value v = 1; v < f->n; v++) {
        const node *n = graph_node(g, v);
        if (n->kernel) {
            content *s = &segments[f->segment[v]];
            s->softmax = s->softmax || (n->op == OP_SOFTMAX && !n->from.backward);
            s->head = s->head || v == view_root(g, g->logits);
            kernels[n->kernel] = (content){.stage = f->stage[v], .segment = f->segment[v]};
        }
    }
    for (size_t i = 1; i < g->kernels.len; i++) {
        kernel *k = &g->kernels.at[i];
        const char *layer = g->calls.at[k->call].layer;
        if (!k->name && level == 0) {
            k->name = arena_printf(g->memory, "k%s%s", layer, k->backward ? "Bwd" : "");
        } else if (!k->name) {
            k->name = fused_name(&segments[kernels[i].segment], k, kernels[i].stage, g->memory);
        }
    }
    free(segments);
    free(kernels);
}

void fuse(graph *g, int level) {
    fusion f = {g, g->nodes.len, anet_calloc(g->nodes.len, sizeof(int)),
                anet_calloc(g->nodes.len, sizeof(int))};
    if (level > 0) {
        find_segments(&f);
        find_stages(&f);
        sink_weight_products(&f);
    }
    assign_kernels(&f, level);
    compact_kernels(g);
    name_kernels(&f, level);
    free(f.segment);
    free(f.stage);
}
