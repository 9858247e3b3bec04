/* simplify.c: rules over a graph that is rebuilt node by node, so every operand is simplified
 * before its use.
 *
 * Requirements on a rule: it keeps the value (up to rounding) and the shape; it returns a node with
 * fewer operations behind it, or moves a scale or view strictly closer to the leaves, so the
 * recursion of `make` ends. Rules are tried in order; the first that answers wins. */
#include "simplify.h"

#include "base/hash.h"

#include <math.h>
#include <string.h>

typedef struct builder {
    graph *g;
    value *bucket; /* hash table of values, open addressing */
    size_t buckets;
    VEC(uint32_t) uses; /* of each value that an old one became, in the old graph */
} builder;

static value make(builder *b, op_id op, const value *in, const attrs *at, const shape *s);

/* --- common subexpressions --- */

static uint64_t hash_node(const node *n) {
    uint64_t h = hash_add(HASH_START, &n->op, sizeof n->op);
    h = hash_add(h, n->in, sizeof n->in);
    h = hash_add(h, &n->at, sizeof n->at);
    return hash_add(h, n->s.dim, sizeof n->s.dim);
}

static bool same_node(const node *a, const node *b) {
    return a->op == b->op && memcmp(a->in, b->in, sizeof a->in) == 0 &&
           memcmp(&a->at, &b->at, sizeof a->at) == 0 && shape_equal(&a->s, &b->s) &&
           a->from.cpu == b->from.cpu;
}

static void rehash(builder *b) {
    b->buckets = b->buckets ? b->buckets * 2 : 1024;
    b->bucket = ARENA_ARRAY(b->g->memory, value, b->buckets);
    for (value v = 1; v < b->g->nodes.len; v++) {
        size_t i = hash_node(graph_node(b->g, v)) & (b->buckets - 1);
        while (b->bucket[i]) {
            i = (i + 1) & (b->buckets - 1);
        }
        b->bucket[i] = v;
    }
}

/* The node, or an equal one that exists already. */
static value unique(builder *b, op_id op, const value *in, const attrs *at, const shape *s) {
    graph *g = b->g;
    if ((g->nodes.len + 1) * 2 > b->buckets) {
        rehash(b);
    }
    value v = graph_add(g, op, in, at, s);
    size_t i = hash_node(graph_node(g, v)) & (b->buckets - 1);
    for (; b->bucket[i]; i = (i + 1) & (b->buckets - 1)) {
        if (same_node(graph_node(g, b->bucket[i]), graph_node(g, v))) {
            g->nodes.len--;
            return b->bucket[i];
        }
    }
    b->bucket[i] = v;
    return v;
}

/* --- looking at operands --- */

static node at_value(const builder *b, value v) {
    return *graph_node(b->g, v);
}

static bool scalar_const(const builder *b, value v, double *x) {
    node n = at_value(b, v);
    if (n.op != OP_CONST || n.s.rank != 0) {
        return false;
    }
    *x = n.at.number;
    return true;
}

static value constant(builder *b, double x) {
    return make(b, OP_CONST, NULL, &(attrs){.number = x}, &(shape){0});
}

static value binary(builder *b, op_id op, value x, value y) {
    return make(b, op, (value[]){x, y}, NULL, NULL);
}

static value scaled(builder *b, value x, double c) {
    return c == 1 ? x : binary(b, OP_MUL, x, constant(b, c));
}

/* Rewriting what others need too would compute it twice. */
static bool used_once(const builder *b, value v) {
    return v >= b->uses.len || b->uses.at[v] <= 1;
}

/* --- rules: each returns 0 when it does not apply --- */

typedef struct candidate {
    op_id op;
    const value *in;
    const attrs *at;
    const shape *s;
} candidate;

typedef value rule(builder *b, const candidate *c);

static bool fold_two(op_id op, double x, double y, double *r) {
    switch (op) {
    case OP_ADD:
        *r = x + y;
        return true;
    case OP_SUB:
        *r = x - y;
        return true;
    case OP_MUL:
        *r = x * y;
        return true;
    case OP_DIV:
        *r = x / y;
        return isfinite(*r);
    case OP_MAX:
        *r = x > y ? x : y;
        return true;
    case OP_MIN:
        *r = x < y ? x : y;
        return true;
    default:
        return false;
    }
}

static value fold_constants(builder *b, const candidate *c) {
    double x, y, r;
    bool two = op_infos[c->op].inputs == 2 && op_flag(c->op, OP_ELEMENTWISE);
    if (!two || !scalar_const(b, c->in[0], &x) || !scalar_const(b, c->in[1], &y)) {
        return 0;
    }
    return fold_two(c->op, x, y, &r) ? constant(b, r) : 0;
}

/* 2 for scalar constants, 1 for what is given from outside, 0 for what is computed */
static int operand_class(const builder *b, value v) {
    double x;
    bool leaf = op_flag(graph_node(b->g, view_root(b->g, v))->op, OP_LEAF);
    return scalar_const(b, v, &x) ? 2 : leaf;
}

/* Computed before given before constant, then older first: equal sums and products become equal
 * nodes, and equal layers equal graphs. */
static value order_operands(builder *b, const candidate *c) {
    if (!op_flag(c->op, OP_COMMUTATIVE)) {
        return 0;
    }
    int first = operand_class(b, c->in[0]), second = operand_class(b, c->in[1]);
    bool swap = first != second ? first > second : c->in[0] > c->in[1];
    return swap ? binary(b, c->op, c->in[1], c->in[0]) : 0;
}

static value neutral_element(builder *b, const candidate *c) {
    double x;
    if (op_infos[c->op].inputs != 2 || !scalar_const(b, c->in[1], &x)) {
        return 0;
    }
    bool neutral = ((c->op == OP_ADD || c->op == OP_SUB) && x == 0) ||
                   ((c->op == OP_MUL || c->op == OP_DIV) && x == 1);
    return neutral ? c->in[0] : 0;
}

static value divide_by_constant(builder *b, const candidate *c) {
    double x;
    if (c->op != OP_DIV || !scalar_const(b, c->in[1], &x) || x == 0) {
        return 0;
    }
    return scaled(b, c->in[0], 1 / x);
}

static value negate_is_scale(builder *b, const candidate *c) {
    return c->op == OP_NEG ? scaled(b, c->in[0], -1) : 0;
}

static value square_is_product(builder *b, const candidate *c) {
    return c->op == OP_SQUARE ? binary(b, OP_MUL, c->in[0], c->in[0]) : 0;
}

static value twice_is_scale(builder *b, const candidate *c) {
    return c->op == OP_ADD && c->in[0] == c->in[1] ? scaled(b, c->in[0], 2) : 0;
}

/* a + (-1) b is a - b */
static value add_negated(builder *b, const candidate *c) {
    if (c->op != OP_ADD) {
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        node n = at_value(b, c->in[i]);
        double x;
        if (n.op == OP_MUL && scalar_const(b, n.in[1], &x) && x == -1) {
            return binary(b, OP_SUB, c->in[1 - i], n.in[0]);
        }
    }
    return 0;
}

/* An operand that is only stretched to a shape which the other operand has anyway need not be. */
static value drop_expand(builder *b, const candidate *c) {
    if (op_infos[c->op].inputs != 2 || !op_flag(c->op, OP_ELEMENTWISE)) {
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        node n = at_value(b, c->in[i]), other = at_value(b, c->in[1 - i]);
        if (n.op == OP_EXPAND && shape_equal(&n.s, &other.s)) {
            return i == 0 ? binary(b, c->op, n.in[0], c->in[1])
                          : binary(b, c->op, c->in[0], n.in[0]);
        }
    }
    return 0;
}

/* A constant factor sinks into the scale at the far end of a chain of products, where it keeps the
 * intermediate products small: ((s x) y) y * c = ((s c x) y) y. Returns 0 without such a scale. */
static value sink_scale(builder *b, value v, double c, int depth) {
    node n = at_value(b, v);
    double x;
    if (n.op != OP_MUL || depth == 0) {
        return 0;
    }
    if (scalar_const(b, n.in[1], &x)) {
        return scaled(b, n.in[0], x * c);
    }
    for (int i = 0; used_once(b, v) && i < 2; i++) {
        value r = sink_scale(b, n.in[i], c, depth - 1);
        if (r) {
            return binary(b, OP_MUL, r, n.in[1 - i]);
        }
    }
    return 0;
}

/* Scaling the smaller operand of a product costs less than scaling the result. */
static value scale_before_matmul(builder *b, value v, double c) {
    node n = at_value(b, v);
    int64_t size[2];
    for (int i = 0; i < 2; i++) {
        node operand = at_value(b, n.in[i]);
        bool weight = at_value(b, view_root(b->g, n.in[i])).op == OP_PARAM;
        size[i] = weight ? INT64_MAX : shape_size(&operand.s);
    }
    int small = size[0] <= size[1] ? 0 : 1;
    if (size[small] > shape_size(&n.s) / 2 || !used_once(b, v)) {
        return 0;
    }
    value in[] = {n.in[0], n.in[1]};
    const char *name = graph_node(b->g, view_root(b->g, in[small]))->name;
    in[small] = scaled(b, in[small], c);
    if (name) {
        name_value(b->g, in[small], arena_printf(b->g->memory, "%s_scaled", name), true);
    }
    return make(b, OP_MATMUL, in, &n.at, &n.s);
}

static value sink_scales(builder *b, const candidate *c) {
    double x;
    if (c->op != OP_MUL || !scalar_const(b, c->in[1], &x)) {
        return 0;
    }
    node n = at_value(b, c->in[0]);
    if (n.op == OP_MUL) {
        return sink_scale(b, c->in[0], x, 8);
    }
    if (n.op == OP_RESHAPE || n.op == OP_EXPAND || n.op == OP_TRANSPOSE) {
        value in = scaled(b, n.in[0], x);
        return make(b, n.op, &in, &n.at, &n.s);
    }
    return n.op == OP_MATMUL ? scale_before_matmul(b, c->in[0], x) : 0;
}

/* rsqrt and log add an epsilon of their own */
static value absorb_epsilon(builder *b, const candidate *c) {
    if ((c->op != OP_RSQRT && c->op != OP_LOG) || (c->at && c->at->number != 0)) {
        return 0;
    }
    node n = at_value(b, c->in[0]);
    double x;
    if (n.op != OP_ADD || !scalar_const(b, n.in[1], &x)) {
        return 0;
    }
    return make(b, c->op, &n.in[0], &(attrs){.number = x}, NULL);
}

static value reduce_one_element(builder *b, const candidate *c) {
    bool reduction = c->op == OP_SUM || c->op == OP_MEAN || c->op == OP_AMAX;
    return reduction && at_value(b, c->in[0]).s.dim[c->at->axis] == 1 ? c->in[0] : 0;
}

/* how many axes of an operand the other one lacks */
static int free_axes(const int8_t *label, const int8_t *other) {
    int n = 0;
    for (int i = 0; label[i]; i++) {
        n += !strchr((const char *)other, label[i]);
    }
    return n;
}

static void drop_label(int8_t *labels, int8_t label, shape *s) {
    char *at = strchr((char *)labels, label);
    if (!at) {
        return;
    }
    int i = (int)(at - (char *)labels);
    memmove(at, at + 1, (size_t)(7 - i));
    labels[7] = 0;
    for (; i + 1 < s->rank; i++) {
        s->dim[i] = s->dim[i + 1];
        s->axis[i] = s->axis[i + 1];
    }
    s->dim[--s->rank] = 0;
    s->axis[s->rank] = NULL;
}

/* An axis of size 1 that is only carried along does not take part in the product. */
static value matmul_unit_axis(builder *b, const candidate *c) {
    if (c->op != OP_MATMUL) {
        return 0;
    }
    for (int i = 0; i < c->s->rank; i++) {
        int8_t label = c->at->label[2][i];
        bool in_a = strchr((const char *)c->at->label[0], label) != NULL;
        bool in_b = strchr((const char *)c->at->label[1], label) != NULL;
        int free_here = free_axes(c->at->label[in_a ? 0 : 1], c->at->label[in_a ? 1 : 0]);
        if (c->s->dim[i] != 1 || ((!in_a || !in_b) && free_here < 2)) {
            continue;
        }
        attrs at = *c->at;
        shape out = *c->s;
        value in[2];
        for (int k = 0; k < 2; k++) {
            shape s = at_value(b, c->in[k]).s;
            drop_label(at.label[k], label, &s);
            in[k] = make(b, OP_RESHAPE, &c->in[k], NULL, &s);
        }
        drop_label(at.label[2], label, &out);
        value product = make(b, OP_MATMUL, in, &at, &out);
        return make(b, OP_RESHAPE, &product, NULL, c->s);
    }
    return 0;
}

static value reshape_of_reshape(builder *b, const candidate *c) {
    if (c->op != OP_RESHAPE) {
        return 0;
    }
    node n = at_value(b, c->in[0]);
    if (shape_equal(&n.s, c->s)) {
        return c->in[0];
    }
    return n.op == OP_RESHAPE ? make(b, OP_RESHAPE, &n.in[0], NULL, c->s) : 0;
}

static value view_of_constant(builder *b, const candidate *c) {
    if (c->op != OP_RESHAPE && c->op != OP_EXPAND) {
        return 0;
    }
    node n = at_value(b, c->in[0]);
    return n.op == OP_CONST ? make(b, OP_CONST, NULL, &n.at, c->s) : 0;
}

static value expand_of_same(builder *b, const candidate *c) {
    if (c->op != OP_EXPAND) {
        return 0;
    }
    node n = at_value(b, c->in[0]);
    if (shape_equal(&n.s, c->s)) {
        return c->in[0];
    }
    return n.op == OP_EXPAND ? make(b, OP_EXPAND, &n.in[0], NULL, c->s) : 0;
}

static value transpose_of_transpose(builder *b, const candidate *c) {
    if (c->op != OP_TRANSPOSE) {
        return 0;
    }
    node n = at_value(b, c->in[0]);
    attrs at = {0};
    bool identity = true;
    for (int i = 0; i < n.s.rank; i++) {
        at.perm[i] = n.op == OP_TRANSPOSE ? n.at.perm[c->at->perm[i]] : c->at->perm[i];
        identity = identity && at.perm[i] == i;
    }
    if (n.op != OP_TRANSPOSE) {
        return 0;
    }
    return identity ? n.in[0] : make(b, OP_TRANSPOSE, &n.in[0], &at, NULL);
}

static rule *const rules[] = {
    fold_constants,   order_operands,     neutral_element, divide_by_constant,
    negate_is_scale,  square_is_product,  twice_is_scale,  add_negated,
    drop_expand,      sink_scales,        absorb_epsilon,  reduce_one_element,
    view_of_constant, reshape_of_reshape, expand_of_same,  transpose_of_transpose,
    matmul_unit_axis,
};

static value make(builder *b, op_id op, const value *in, const attrs *at, const shape *s) {
    value kept[MAX_INPUTS] = {0};
    memcpy(kept, in ? in : kept, (size_t)op_infos[op].inputs * sizeof *kept);
    attrs kept_at = at ? *at : (attrs){0};
    candidate c = {op, kept, &kept_at, s};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        value v = rules[i](b, &c);
        if (v) {
            return v;
        }
    }
    return unique(b, op, kept, &kept_at, s);
}

/* --- the pass --- */

void drop_dead(graph *g) {
    size_t n = g->nodes.len;
    value *map = anet_calloc(n, sizeof *map);
    map[g->loss] = map[g->logits] = 1;
    for (size_t i = 0; i < g->gradients.len; i++) {
        map[g->gradients.at[i].g] = 1;
    }
    for (size_t v = n - 1; v > 0; v--) {
        for (int i = 0; map[v] && i < MAX_INPUTS; i++) {
            map[g->nodes.at[v].in[i]] = 1;
        }
    }
    value next = 1;
    uint32_t forward = 0;
    map[0] = 0;
    for (size_t v = 1; v < n; v++) {
        if (v == g->n_forward) {
            forward = next;
        }
        if (map[v]) {
            node *moved = &g->nodes.at[next];
            *moved = g->nodes.at[v];
            for (int i = 0; i < MAX_INPUTS; i++) {
                moved->in[i] = map[moved->in[i]];
            }
            /* a forward node that is gone is named by its nearest living predecessor */
            moved->from.forward = moved->from.forward ? map[moved->from.forward] : 0;
            map[v] = next++;
        } else {
            map[v] = 0;
        }
    }
    g->nodes.len = next;
    g->n_forward = g->n_forward ? forward : 0;
    graph_map_roots(g, map);
    free(map);
}

static uint32_t *count_uses(const graph *g) {
    uint32_t *uses = anet_calloc(g->nodes.len, sizeof *uses);
    for (value v = 1; v < g->nodes.len; v++) {
        for (int i = 0; i < MAX_INPUTS; i++) {
            uses[graph_node(g, v)->in[i]]++;
        }
    }
    uses[g->loss]++;
    uses[g->logits]++;
    for (size_t i = 0; i < g->gradients.len; i++) {
        uses[g->gradients.at[i].g]++;
    }
    return uses;
}

static void add_uses(builder *b, value v, uint32_t n) {
    while (b->uses.len <= v) {
        vec_push(&b->uses, 0);
    }
    b->uses.at[v] += n;
}

void simplify(graph *g) {
    size_t n = g->nodes.len;
    uint32_t *uses = count_uses(g);
    node *old = graph_take_nodes(g);
    value *map = anet_calloc(n, sizeof *map);
    builder b = {.g = g};
    uint32_t forward = 0;
    for (size_t v = 1; v < n; v++) {
        if (v == g->n_forward) {
            forward = (uint32_t)g->nodes.len;
        }
        value in[MAX_INPUTS];
        for (int i = 0; i < MAX_INPUTS; i++) {
            in[i] = map[old[v].in[i]];
        }
        g->here = old[v].from;
        g->here.forward = map[old[v].from.forward];
        map[v] = make(&b, old[v].op, in, &old[v].at, &old[v].s);
        add_uses(&b, map[v], uses[v]);
        name_value(g, map[v], old[v].name, old[v].name_implied);
    }
    g->n_forward = g->n_forward ? forward : 0;
    g->here = (origin){0};
    graph_map_roots(g, map);
    free(map);
    free(old);
    free(uses);
    vec_free(&b.uses);
    drop_dead(g);
}
