/* schedule.c: a depth-first walk over what each kernel and step needs, then slots of memory for
 * what they leave to each other. */
#include "schedule.h"
#include "fuse.h"

#include <string.h>

typedef struct scheduler {
    graph *g;
    const lowered *l;
    schedule *s;
    int *index; /* schedule value of each graph value, -1 if none yet */
    bool *kernel_done;
    bool *node_done;
    VEC(value) * members; /* nodes of each kernel */
} scheduler;

anet_value_kind value_kind(op_id op) {
    switch (op) {
    case OP_PARAM:
        return ANET_VALUE_PARAM;
    case OP_TABLE:
        return ANET_VALUE_TABLE;
    case OP_INPUT:
        return ANET_VALUE_INPUT;
    case OP_TARGET:
        return ANET_VALUE_TARGET;
    case OP_SEED:
        return ANET_VALUE_SEED;
    default:
        return ANET_VALUE_TEMP;
    }
}

static const char *value_name(const graph *g, value v) {
    const node *n = graph_node(g, v);
    const char *path = g->calls.at[n->from.call].path;
    switch (n->op) {
    case OP_PARAM:
        return g->params.at[n->at.index].name;
    case OP_INPUT:
        return g->inputs.at[n->at.index].name;
    case OP_TARGET:
        return g->targets.at[n->at.index].name;
    case OP_SEED:
        return "seed";
    case OP_TABLE:
        return graph_tables[n->at.index];
    default:
        return arena_printf(g->memory, "%s%s%s%s", path, *path ? "." : "",
                            n->from.backward && !n->name ? "d_" : "",
                            n->name ? n->name : op_infos[n->op].name);
    }
}

static int value_index(scheduler *c, value v) {
    v = view_root(c->g, v);
    if (c->index[v] < 0) {
        value shown = c->g->logits && v == view_root(c->g, c->g->logits) ? c->g->logits : v;
        sched_value x = {v, shown, value_name(c->g, v), -1};
        vec_push(&c->s->values, x);
        c->index[v] = (int)c->s->values.len - 1;
    }
    return c->index[v];
}

static int *arguments(scheduler *c, const value *v, int n) {
    int *args = ARENA_ARRAY(c->g->memory, int, n);
    for (int i = 0; i < n; i++) {
        args[i] = value_index(c, v[i]);
    }
    return args;
}

static const char *comment_of(const graph *g, value v) {
    const layer_call *c = &g->calls.at[graph_node(g, v)->from.call];
    return *c->path ? c->path : c->layer;
}

static int64_t columns_of(const graph *g, value v) {
    const shape *s = &graph_node(g, v)->s;
    return s->rank ? s->dim[s->rank - 1] : 1;
}

/* A step of the CPU reads its first arguments as matrices. Their values have the dims of what was
 * computed, of which an argument may be a view with other dims. */
static void see_matrices(const scheduler *c, step *s, const value *args) {
    for (int i = 0; s->op != ANET_STEP_EVAL && i < s->n_args && i < 2; i++) {
        int64_t columns = columns_of(c->g, args[i]);
        value shown = c->s->values.at[s->args[i]].shown;
        s->columns[i] = columns == columns_of(c->g, shown) ? 0 : columns;
    }
}

static void add_step(scheduler *c, step s, const value *args, int n, value from) {
    s.args = arguments(c, args, n);
    s.n_args = n;
    see_matrices(c, &s, args);
    s.comment = comment_of(c->g, from);
    vec_push(&c->s->steps, s);
    if (!graph_node(c->g, from)->from.backward) {
        c->s->n_forward = (int)c->s->steps.len;
    }
}

/* --- steps --- */

/* The layer that the nodes of a kernel have in common. */
static const char *common_path(const graph *g, const value *v, size_t n) {
    const char *first = g->calls.at[graph_node(g, v[0])->from.call].path;
    size_t common = strlen(first);
    for (size_t i = 1; i < n; i++) {
        const char *path = g->calls.at[graph_node(g, v[i])->from.call].path;
        size_t k = 0;
        while (k < common && path[k] == first[k]) {
            k++;
        }
        bool whole = (first[k] == 0 || first[k] == '.') && (path[k] == 0 || path[k] == '.');
        while (!whole && k > 0 && first[k] != '.') {
            k--;
        }
        common = k < common ? k : common;
    }
    return arena_strndup(g->memory, first, common);
}

static void emit_node(scheduler *c, value v);

/* Marked as done first: its inputs never lead back to it (see fuse.h). */
static void emit_kernel(scheduler *c, uint32_t k) {
    if (c->kernel_done[k]) {
        return;
    }
    c->kernel_done[k] = true;
    const kernel_use *u = &c->l->uses[k];
    const program *p = &c->l->programs[u->program];
    for (int i = 0; i < p->n_in; i++) {
        emit_node(c, u->in[i]);
    }
    value *args = ARENA_ARRAY(c->g->memory, value, p->n_in + p->n_out);
    memcpy(args, u->in, (size_t)p->n_in * sizeof *args);
    memcpy(args + p->n_in, u->out, (size_t)p->n_out * sizeof *args);
    step s = {.op = ANET_STEP_EVAL, .program = u->program};
    add_step(c, s, args, p->n_in + p->n_out, c->members[k].at[0]);
    c->s->steps.at[c->s->steps.len - 1].comment =
        common_path(c->g, c->members[k].at, c->members[k].len);
}

static void emit_native(scheduler *c, value v) {
    const node *n = graph_node(c->g, v);
    for (int i = 0; i < op_infos[n->op].inputs; i++) {
        emit_node(c, view_root(c->g, n->in[i]));
    }
    switch (n->op) {
    case OP_GATHER:
        add_step(c, (step){.op = ANET_STEP_GATHER}, (value[]){n->in[0], n->in[1], v}, 3, v);
        break;
    case OP_CROSS_ENTROPY:
        add_step(c, (step){.op = ANET_STEP_LOSS}, (value[]){n->in[0], n->in[1], v}, 3, v);
        break;
    case OP_CROSS_ENTROPY_GRAD:
        add_step(c, (step){.op = ANET_STEP_LOSS_GRAD}, (value[]){n->in[0], n->in[1], n->in[2], v},
                 4, v);
        break;
    default: /* parameter gradients are steps of their own: emit_gradient */
        break;
    }
}

static void emit_node(scheduler *c, value v) {
    const node *n = graph_node(c->g, v);
    if (c->node_done[v] || op_flag(n->op, OP_LEAF)) {
        return;
    }
    c->node_done[v] = true;
    if (n->kernel) {
        emit_kernel(c, n->kernel);
    } else {
        emit_native(c, v);
    }
}

/* Which operand has the rows of the gradient, and how the operands lie. */
static void emit_weight_gradient(scheduler *c, int p, value v) {
    const node *n = graph_node(c->g, v);
    const int8_t *rows_of_a = (const int8_t *)memchr(n->at.label[0], n->at.label[2][0], 2);
    int a = rows_of_a ? 0 : 1;
    step s = {.op = ANET_STEP_GRAD_MATMUL, .param = p};
    s.transpose_a = n->at.label[a][0] != n->at.label[2][0];
    s.transpose_b = n->at.label[1 - a][1] != n->at.label[2][1];
    add_step(c, s, (value[]){n->in[a], n->in[1 - a]}, 2, v);
}

static void emit_gradient(scheduler *c, const gradient *p) {
    value root = view_root(c->g, p->g);
    const node *n = graph_node(c->g, root);
    emit_node(c, root);
    if (n->native && n->op == OP_MATMUL) {
        emit_weight_gradient(c, p->param, root);
    } else if (n->op == OP_GATHER_GRAD) {
        add_step(c, (step){.op = ANET_STEP_GATHER_GRAD, .param = p->param}, n->in, 2, root);
    } else {
        add_step(c, (step){.op = ANET_STEP_GRAD_ADD, .param = p->param}, &root, 1, root);
    }
}

static void emit_all(scheduler *c) {
    const graph *g = c->g;
    size_t *order = anet_calloc(g->gradients.len + 1, sizeof *order), next = 0;
    for (size_t i = 0; i < g->gradients.len; i++) { /* gradients in order of their nodes */
        size_t k = i;
        for (; k > 0 && g->gradients.at[order[k - 1]].g > g->gradients.at[i].g; k--) {
            order[k] = order[k - 1];
        }
        order[k] = i;
    }
    for (value v = 1; v < g->nodes.len; v++) {
        if (!op_flag(graph_node(g, v)->op, OP_LEAF | OP_VIEW)) {
            emit_node(c, v);
        }
        for (; next < g->gradients.len && g->gradients.at[order[next]].g <= v; next++) {
            emit_gradient(c, &g->gradients.at[order[next]]);
        }
    }
    free(order);
}

/* --- memory --- */

/* the first free one of exactly this size */
static int take_slot(schedule *s, bool *busy, int64_t elements) {
    for (size_t i = 0; i < s->slots.len; i++) {
        if (!busy[i] && s->slots.at[i] == elements) {
            busy[i] = true;
            return (int)i;
        }
    }
    vec_push(&s->slots, elements);
    busy[s->slots.len - 1] = true;
    return (int)s->slots.len - 1;
}

/* A slot is free again after the last step that reads its value; the results of a step get their
 * slots before its operands give theirs back, because kernels write while they still read. */
static void plan_memory(const graph *g, schedule *s) {
    size_t n = s->values.len;
    int *last = anet_calloc(n + 1, sizeof *last);
    bool *busy = anet_calloc(n + 1, sizeof *busy);
    for (size_t i = 0; i < s->steps.len; i++) {
        for (int k = 0; k < s->steps.at[i].n_args; k++) {
            last[s->steps.at[i].args[k]] = (int)i;
        }
    }
    last[s->loss] = INT32_MAX; /* read after the last step */
    if (last[s->logits] < s->n_forward) {
        last[s->logits] = s->n_forward;
    }
    for (size_t i = 0; i < s->steps.len; i++) {
        const step *x = &s->steps.at[i];
        for (int k = 0; k < x->n_args; k++) {
            sched_value *v = &s->values.at[x->args[k]];
            const node *made = graph_node(g, v->v);
            if (value_kind(made->op) == ANET_VALUE_TEMP && v->slot < 0) {
                v->slot = take_slot(s, busy, shape_size(&made->s));
            }
        }
        for (int k = 0; k < x->n_args; k++) {
            const sched_value *v = &s->values.at[x->args[k]];
            if (v->slot >= 0 && last[x->args[k]] <= (int)i) {
                busy[v->slot] = false;
            }
        }
    }
    free(last);
    free(busy);
}

schedule *make_schedule(graph *g, const lowered *l) {
    schedule *s = ARENA_NEW(g->memory, schedule);
    size_t n = g->nodes.len;
    scheduler c = {.g = g, .l = l, .s = s};
    c.index = anet_calloc(n, sizeof *c.index);
    c.kernel_done = anet_calloc(g->kernels.len, sizeof *c.kernel_done);
    c.node_done = anet_calloc(n, sizeof *c.node_done);
    c.members = anet_calloc(g->kernels.len, sizeof *c.members);
    for (value v = 0; v < n; v++) {
        c.index[v] = -1;
    }
    for (value v = 1; v < n; v++) {
        uint32_t k = graph_node(g, v)->kernel;
        if (k) {
            vec_push(&c.members[k], v);
        }
    }
    emit_all(&c);
    s->loss = value_index(&c, g->loss);
    s->logits = value_index(&c, g->logits);
    plan_memory(g, s);
    for (size_t k = 0; k < g->kernels.len; k++) {
        vec_free(&c.members[k]);
    }
    free(c.members);
    free(c.index);
    free(c.kernel_done);
    free(c.node_done);
    return s;
}

void schedule_free(schedule *s) {
    if (s) {
        vec_free(&s->steps);
        vec_free(&s->values);
        vec_free(&s->slots);
    }
}

static const struct {
    const char *name;
    bool gradient;
} step_forms[] = {
#define ANET_STEP(ID, name, gradient, ...) {name, gradient},
#include "steps.def"
};

static void print_step(const graph *g, const lowered *l, const step *x, text *out) {
    const program *p = x->op == ANET_STEP_EVAL ? &l->programs[x->program] : NULL;
    text_printf(out, "  %s", p ? p->name : step_forms[x->op].name);
    if (step_forms[x->op].gradient) {
        text_printf(out, " %s +=", g->params.at[x->param].name);
    }
    for (int i = 0; i < x->n_args; i++) {
        bool transposed = (i == 0 && x->transpose_a) || (i == 1 && x->transpose_b);
        text_printf(out, "%s v%d%s", p && i == p->n_in ? " ->" : "", x->args[i],
                    transposed ? "'" : "");
    }
    text_printf(out, "  // %s\n", x->comment);
}

void schedule_print(const graph *g, const lowered *l, const schedule *s, text *out) {
    text_puts(out, "values\n");
    for (size_t i = 0; i < s->values.len; i++) {
        const sched_value *v = &s->values.at[i];
        text_printf(out, "  v%zu : ", i);
        shape_print(&graph_node(g, v->shown)->s, out);
        text_printf(out, " %s", v->name);
        if (v->slot >= 0) {
            text_printf(out, " slot %d", v->slot);
        }
        text_putc(out, '\n');
    }
    int64_t total = 0;
    for (size_t i = 0; i < s->slots.len; i++) {
        total += s->slots.at[i];
    }
    text_printf(out, "memory: %zu slots, %lld elements\nforward\n", s->slots.len, (long long)total);
    for (size_t i = 0; i < s->steps.len; i++) {
        if ((int)i == s->n_forward) {
            text_puts(out, "backward\n");
        }
        print_step(g, l, &s->steps.at[i], out);
    }
}
