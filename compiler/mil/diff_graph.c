/* diff_graph.c: from a function to its graph; every hash is made of content only, never of names.
 */
#include "mil/diff_graph.h"

#include <string.h>

/* ---- building ---- */

static void bind_link(diff_graph *g, const char *name, diff_link to) {
    name_set(g->memory, &g->names, name, arena_memdup(g->memory, &to, sizeof to));
}

static int add_value(diff_graph *g, const mil_name *name, int node, int out, uint64_t hash) {
    int index = (int)g->values.len;
    diff_value v = {name, node, out, hash, NOTHING};
    vec_push(&g->values, v);
    bind_link(g, name->name, (diff_link){index, hash, name->name, NULL, NOTHING});
    return index;
}

static diff_link link_to(const diff_graph *g, const char *name) {
    const diff_link *known = name_get(&g->names, name);
    return known ? *known
                 : (diff_link){NOTHING, diff_add_string(HASH_START, name), name, NULL, NOTHING};
}

static diff_link link_of(const diff_graph *g, const mil_arg *arg) {
    if (arg->kind == MIL_REF) {
        return link_to(g, arg->ref);
    }
    return (diff_link){NOTHING, diff_value_hash(arg->literal, g->weights), NULL, arg->literal,
                       NOTHING};
}

static int compare_args(const void *a, const void *b) {
    const diff_arg *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->part > y->part) - (x->part < y->part);
}

static void flatten_args(const diff_graph *g, const mil_op *op, diff_node *n) {
    int count = 0;
    for (int i = 0; i < op->args; i++) {
        count += op->arg[i].kind == MIL_ARGS ? op->arg[i].parts : 1;
    }
    n->arg = ARENA_ARRAY(g->memory, diff_arg, count);
    for (int i = 0; i < op->args; i++) {
        const mil_arg *arg = &op->arg[i];
        if (arg->kind != MIL_ARGS) {
            n->arg[n->args++] = (diff_arg){arg->name, 0, arg->loc, link_of(g, arg)};
        }
        for (int k = 0; arg->kind == MIL_ARGS && k < arg->parts; k++) {
            n->arg[n->args++] = (diff_arg){arg->name, k, arg->loc, link_of(g, &arg->part[k])};
        }
    }
    if (n->args > 1) {
        qsort(n->arg, (size_t)n->args, sizeof *n->arg, compare_args);
    }
}

static uint64_t node_hash(const diff_node *n) {
    uint64_t h = diff_add_string(diff_add_string(HASH_START, n->op->op), n->op->opset);
    for (int i = 0; i < n->args; i++) {
        h = diff_add_number(diff_add_string(h, n->arg[i].name), (uint64_t)n->arg[i].part);
        h = diff_add_number(h, n->arg[i].to.hash);
    }
    return diff_add_number(diff_add_number(diff_add_number(h, n->attrs), n->types), n->inner);
}

static void build_block(diff_graph *g, const mil_block *b, diff_block *to, uint64_t depth);

uint64_t diff_block_hash(const diff_graph *g, const diff_block *b) {
    uint64_t h = HASH_START, sum = 0;
    for (int i = 0; i < b->params; i++) {
        h = diff_add_number(h, diff_type_hash(&g->values.at[b->first_param + i].name->type));
    }
    for (int i = 0; i < b->nodes; i++) {
        sum += g->nodes.at[b->node[i]].hash; /* whatever the order */
    }
    for (int i = 0; i < b->results; i++) {
        h = diff_add_number(h, b->result[i].hash);
    }
    return diff_add_number(h, sum);
}

/* What is read from a state depends on what was written to it before. */
static void note_write(diff_graph *g, const diff_node *n, int index) {
    for (int i = 0; i < n->args && strcmp(n->op->op, "write_state") == 0; i++) {
        diff_link to = n->arg[i].to;
        if (to.value != NOTHING && g->values.at[to.value].name->type.kind == MIL_STATE) {
            to.hash = n->hash;
            to.written = index;
            bind_link(g, to.name, to);
        }
    }
}

static void build_op(diff_graph *g, const mil_op *op, diff_block *to, uint64_t depth) {
    diff_node n = {.op = op, .twin = NOTHING, .blocks = op->blocks, .inner = HASH_START};
    flatten_args(g, op, &n);
    n.attrs = diff_attrs_hash(op->attrs, op->attr, g->weights);
    n.types = HASH_START;
    for (int i = 0; i < op->outs; i++) {
        n.types = diff_add_number(n.types, diff_type_hash(&op->out[i].type));
    }
    n.block = ARENA_ARRAY(g->memory, diff_block, op->blocks);
    for (int i = 0; i < op->blocks; i++) {
        build_block(g, &op->block[i], &n.block[i], depth + 1);
        n.inner = diff_add_number(n.inner, diff_block_hash(g, &n.block[i]));
    }
    n.hash = node_hash(&n);
    n.first_out = (int)g->values.len;
    int index = (int)g->nodes.len;
    for (int i = 0; i < op->outs; i++) {
        add_value(g, &op->out[i], index, i, diff_add_number(n.hash, (uint64_t)i));
    }
    note_write(g, &n, index);
    to->node[to->nodes++] = index;
    vec_push(&g->nodes, n);
}

static void build_ops(diff_graph *g, const mil_block *b, diff_block *to, uint64_t depth) {
    to->node = ARENA_ARRAY(g->memory, int, b->ops);
    for (int i = 0; i < b->ops; i++) {
        const mil_op *op = &b->op[i];
        const mil_attr *val = strcmp(op->op, "const") == 0 ? mil_find_attr(op, "val") : NULL;
        if (val && op->outs == 1) {
            const char *name = op->out[0].name;
            bind_link(g, name,
                      (diff_link){NOTHING, diff_value_hash(&val->value, g->weights), name,
                                  &val->value, NOTHING});
        } else {
            build_op(g, op, to, depth);
        }
    }
    to->loc = b->loc;
    to->results = b->results;
    to->result = ARENA_ARRAY(g->memory, diff_link, b->results);
    for (int i = 0; i < b->results; i++) {
        to->result[i] = link_to(g, b->result[i]);
    }
}

static void build_block(diff_graph *g, const mil_block *b, diff_block *to, uint64_t depth) {
    to->params = b->params;
    to->first_param = (int)g->values.len;
    for (int i = 0; i < b->params; i++) {
        add_value(g, &b->param[i], NOTHING, i,
                  diff_add_number(diff_add_number(HASH_START, depth), (uint64_t)i));
    }
    build_ops(g, b, to, depth);
}

void diff_graph_build(diff_graph *g, arena *memory, const mil_func *func,
                      const uint64_t *param_hash, const mil_weights *weights) {
    *g = (diff_graph){.memory = memory, .weights = weights};
    g->body.params = func->body.params;
    for (int i = 0; i < func->body.params; i++) {
        add_value(g, &func->body.param[i], NOTHING, i, param_hash[i]);
    }
    build_ops(g, &func->body, &g->body, 1);
}

void diff_graph_free(diff_graph *g) {
    vec_free(&g->values);
    vec_free(&g->nodes);
}
