/* lower_ports.c: inputs and outputs of a kernel: which values, under what names, of what shapes, in
 * what order. */
#include "lower_ports.h"

#include <string.h>

/* --- shapes --- */

/* Axes of size 1 change places with others: the bytes stay where they are. */
static void swap(int64_t *a, int64_t *b) {
    int64_t x = *a;
    *a = *b;
    *b = x;
}

int port_shape(const lowering *l, value v, int64_t *dim) {
    mil_shape s = w_shape(l, v);
    memcpy(dim, s.dim, sizeof s.dim);
    if (s.rank != 4) {
        return s.rank;
    }
    if (l->form->one_item && dim[0] > 1) {
        dim[1] *= dim[0];
        dim[0] = 1;
    }
    for (int i = 2; l->form->wide_vectors && dim[3] == 1 && i > 0; i--) {
        swap(&dim[i], &dim[3]);
    }
    return s.rank;
}

/* --- names --- */

const char *base_name(const graph *g, value v) {
    const node *n = graph_node(g, v);
    if (n->op == OP_PARAM) {
        return param_tail(g->params.at[n->at.index].name);
    }
    if (n->op == OP_TABLE) {
        return graph_tables[n->at.index];
    }
    if (n->name) {
        return n->name;
    }
    return n->from.backward ? arena_printf(g->memory, "d_%s", op_infos[n->op].name)
                            : op_infos[n->op].name;
}

/* What a forward kernel reads is just x, since the kernels of all layers share the program; what a
 * backward kernel reads is a tap or gradient with a name of its own. */
const char *input_name(const graph *g, value v, bool backward) {
    const node *n = graph_node(g, v);
    if (n->op == OP_PARAM || n->op == OP_TABLE || (n->name && !n->name_implied)) {
        return base_name(g, v);
    }
    return !backward ? "x" : n->from.backward && !n->name ? "dy" : base_name(g, v);
}

/* --- ports --- */

static void add_once(values *list, value v) {
    for (size_t i = 0; i < list->len; i++) {
        if (list->at[i] == v) {
            return;
        }
    }
    vec_push(list, v);
}

ports *find_ports(const graph *g) {
    ports *all = ARENA_ARRAY(g->memory, ports, g->kernels.len);
    for (value v = 1; v < g->nodes.len; v++) {
        const node *n = graph_node(g, v);
        if (op_flag(n->op, OP_LEAF | OP_VIEW)) {
            continue;
        }
        for (int i = 0; i < op_infos[n->op].inputs; i++) {
            value root = view_root(g, n->in[i]);
            uint32_t from = graph_node(g, root)->kernel;
            if (n->kernel && n->kernel != from && !op_is(g, root, OP_CONST)) {
                add_once(&all[n->kernel].in, root);
            }
            if (from && n->kernel != from) {
                add_once(&all[from].out, root);
            }
        }
    }
    value roots[] = {g->loss, g->logits};
    for (size_t i = 0; i < 2 + g->gradients.len; i++) {
        value root = view_root(g, i < 2 ? roots[i] : g->gradients.at[i - 2].g);
        uint32_t from = root ? graph_node(g, root)->kernel : 0;
        if (from) {
            add_once(&all[from].out, root);
        }
    }
    return all;
}

/* Does the forward pass itself need v outside of the kernel that computes it? If not, it is a tap.
 */
static bool flows_forward(const graph *g, value v) {
    const node *made = graph_node(g, v);
    for (value u = v + 1; u < g->n_forward; u++) {
        const node *n = graph_node(g, u);
        for (int i = 0; i < op_infos[n->op].inputs && !op_flag(n->op, OP_VIEW); i++) {
            if (view_root(g, n->in[i]) == v && n->kernel != made->kernel) {
                return true;
            }
        }
    }
    return v == view_root(g, g->logits) || v == view_root(g, g->loss);
}

/* What a port carries, as seen from a kernel of the forward or backward pass. */
static const char *role_of(const graph *g, value v, bool backward) {
    const node *n = graph_node(g, v);
    if (n->op == OP_PARAM) {
        return "param";
    }
    if (n->op == OP_TABLE) {
        return "table";
    }
    if (n->op == OP_SEED) {
        return "seed";
    }
    if (n->from.backward) {
        return "gradient";
    }
    return backward || !flows_forward(g, v) ? "tap" : "activation";
}

typedef struct named_port {
    const char *name;
    int at;
} named_port;

static int by_name(const void *a, const void *b) { /* names are unique */
    return strcmp(((const named_port *)a)->name, ((const named_port *)b)->name);
}

void sort_ports(const char **name, int *order, int n) {
    named_port *list = anet_calloc((size_t)n + 1, sizeof *list);
    for (int i = 0; i < n; i++) {
        list[i] = (named_port){name[i], i};
    }
    qsort(list, (size_t)n, sizeof *list, by_name);
    for (int i = 0; i < n; i++) {
        order[i] = list[i].at;
    }
    free(list);
}

port make_port(const lowering *l, value v, const char *name, bool backward) {
    port p = {.name = name, .role = role_of(l->g, v, backward)};
    p.rank = port_shape(l, v, p.dim);
    return p;
}

/* --- order of sizes --- */

typedef struct sized {
    const char *name;
    int64_t size;
    int at;
} sized;

static int by_size(const void *a, const void *b) {
    const sized *x = a, *y = b;
    int sizes = (x->size > y->size) - (x->size < y->size);
    int names = strcmp(x->name, y->name); /* not unique yet */
    return sizes ? sizes : names ? names : x->at - y->at;
}

void sort_by_size(const lowering *l, const int64_t *size, const char **name, int n, bool falling,
                  const char *letter) {
    sized *list = anet_calloc((size_t)n + 1, sizeof *list);
    for (int i = 0; i < n; i++) {
        list[i] = (sized){name[i], size[i], i};
    }
    qsort(list, (size_t)n, sizeof *list, by_size);
    for (int i = 0; i < n; i++) {
        int place = falling ? n - 1 - i : i;
        name[list[i].at] = arena_printf(l->g->memory, "%s%03d_%s", letter, place, list[i].name);
    }
    free(list);
}

/* --- outputs --- */

void name_outputs(lowering *l, const ports *io) {
    int n = (int)io->out.len;
    if (!l->form->sorted_sizes || n < 2) {
        return;
    }
    const char **names = ARENA_ARRAY(l->g->memory, const char *, n);
    int64_t *size = ARENA_ARRAY(l->g->memory, int64_t, n);
    for (int i = 0; i < n; i++) {
        names[i] = base_name(l->g, io->out.at[i]);
        size[i] = shape_size(&graph_node(l->g, io->out.at[i])->s);
    }
    sort_by_size(l, size, names, n, true, "o");
    for (int i = 0; i < n; i++) {
        l->name[io->out.at[i]] = fresh_name(l, names[i]);
    }
}

/* What is computed under the value's name, as it is outside. */
static const char *pack(lowering *l, value v) {
    mil_shape outside, inside = w_shape(l, v);
    outside.rank = port_shape(l, v, outside.dim);
    l->now = v;
    return same_mil_shape(&outside, &inside)
               ? l->name[v]
               : w_reshape(l, l->name[v], &outside, fresh_name(l, l->name[v]));
}

void declare_outputs(lowering *l, program *out, const ports *io, bool backward) {
    const graph *g = l->g;
    int n = (int)io->out.len;
    const char **names = ARENA_ARRAY(g->memory, const char *, n);
    for (int i = 0; i < n; i++) {
        names[i] = pack(l, io->out.at[i]);
    }
    out->n_out = n;
    out->out = ARENA_ARRAY(g->memory, port, n);
    out->out_order = ARENA_ARRAY(g->memory, int, n);
    sort_ports(names, out->out_order, n);
    for (int i = 0; i < n; i++) {
        int at = out->out_order[i];
        out->out[i] = make_port(l, io->out.at[at], names[at], backward);
        mil_add_result(l->p, &l->f->body, names[at]);
    }
}
