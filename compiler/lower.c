/* lower.c: the frame of a MIL program: ports, names, merging of equal texts. Operations: lower_ops.c. */
#include "lower.h"
#include "fuse.h"

#include <ctype.h>
#include <string.h>

/* --- shapes --- */

int border_shape(const graph *g, value v, int64_t *dim) {
    const node *n = graph_node(g, v);
    const int64_t *d = n->s.dim;
    if (n->op == OP_PARAM && n->s.rank == 2) { /* the form that a runtime weight of matmul has */
        dim[0] = 1;
        memcpy(dim + 1, d, 2 * sizeof *d);
        return 3;
    }
    switch (n->s.rank) {
    case 0:
    case 1:
        memcpy(dim, (int64_t[]){1, n->s.rank ? d[0] : 1, 1, 1}, 4 * sizeof *d);
        return 4;
    case 2:
        memcpy(dim, (int64_t[]){1, d[0], 1, d[1]}, 4 * sizeof *d);
        return 4;
    case 3:
        dim[0] = 1;
        memcpy(dim + 1, d, 3 * sizeof *d);
        return 4;
    default:
        memcpy(dim, d, (size_t)n->s.rank * sizeof *d);
        return n->s.rank;
    }
}

/* --- names --- */

static bool is_reserved(const char *s) {
    static const char *const words[] = {"const",  "true",   "false", "inf",  "nan",  "func", "program",
                                        "tensor", "list",   "tuple", "dict", "state", "bool", "string",
                                        "main",   "BLOBFILE"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], s) == 0) {
            return true;
        }
    }
    return mil_dtype_named(s, strlen(s)) != MIL_NONE;
}

static bool is_used(const lowering *l, const char *s) {
    for (size_t i = 0; i < l->names.len; i++) {
        if (strcmp(l->names.at[i], s) == 0) {
            return true;
        }
    }
    return is_reserved(s);
}

const char *fresh_name(lowering *l, const char *wanted) {
    char *base = arena_strdup(l->g->memory, wanted);
    for (char *c = base; *c; c++) {
        *c = isalnum((unsigned char)*c) ? *c : '_';
    }
    const char *name = isdigit((unsigned char)*base) ? arena_printf(l->g->memory, "v%s", base) : base;
    const char *first = name;
    for (int i = 2; is_used(l, name); i++) {
        name = arena_printf(l->g->memory, "%s_%d", first, i);
    }
    vec_push(&l->names, name);
    return name;
}

/* "net.blocks.0.attention.wq.weight" -> "wq_weight": what is left is the same in every layer */
static const char *param_base(const char *path) {
    const char *last = strrchr(path, '.');
    if (!last) {
        return path;
    }
    while (last > path && last[-1] != '.') {
        last--;
    }
    return last;
}

static const char *base_name(const graph *g, value v) {
    static const char *const tables[] = {"rope_cos", "rope_sin", "causal_mask"};
    const node *n = graph_node(g, v);
    if (n->op == OP_PARAM) {
        return param_base(g->params.at[n->at.index].name);
    }
    if (n->op == OP_TABLE) {
        return tables[n->at.index];
    }
    if (n->name) {
        return n->name;
    }
    return n->from.backward ? arena_printf(g->memory, "d_%s", op_infos[n->op].name)
                            : op_infos[n->op].name;
}

/* --- ports --- */

typedef struct ports {
    VEC(value) in;
    VEC(value) out;
} ports;

static void add_once(ports *p, bool out, value v) {
    if (out) {
        for (size_t i = 0; i < p->out.len; i++) {
            if (p->out.at[i] == v) {
                return;
            }
        }
        vec_push(&p->out, v);
        return;
    }
    for (size_t i = 0; i < p->in.len; i++) {
        if (p->in.at[i] == v) {
            return;
        }
    }
    vec_push(&p->in, v);
}

static ports *find_ports(const graph *g) {
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
                add_once(&all[n->kernel], false, root);
            }
            if (from && n->kernel != from) {
                add_once(&all[from], true, root);
            }
        }
    }
    value roots[] = {g->loss, g->logits};
    for (size_t i = 0; i < 2 + g->gradients.len; i++) {
        value root = view_root(g, i < 2 ? roots[i] : g->gradients.at[i - 2].g);
        uint32_t from = root ? graph_node(g, root)->kernel : 0;
        if (from) {
            add_once(&all[from], true, root);
        }
    }
    return all;
}

static const char *role_of(const graph *g, value v, bool out) {
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
    return n->from.backward ? "gradient" : out ? "tap" : "activation";
}

/* Ports in alphabetical order, which is also the order in which the engine binds surfaces. */
static void sort_ports(value *v, const char **name, int n) {
    for (int i = 1; i < n; i++) {
        for (int k = i; k > 0 && strcmp(name[k - 1], name[k]) > 0; k--) {
            const char *swapped = name[k];
            name[k] = name[k - 1];
            name[k - 1] = swapped;
            value moved = v[k];
            v[k] = v[k - 1];
            v[k - 1] = moved;
        }
    }
}

static port make_port(const graph *g, value v, const char *name, bool out) {
    port p = {.name = name, .role = role_of(g, v, out)};
    p.rank = border_shape(g, v, p.dim);
    return p;
}

/* --- kernels --- */

static void declare_inputs(lowering *l, program *out, ports *io) {
    const graph *g = l->g;
    size_t n = io->in.len;
    const char **names = ARENA_ARRAY(g->memory, const char *, n);
    for (size_t i = 0; i < n; i++) {
        names[i] = fresh_name(l, base_name(g, io->in.at[i]));
    }
    sort_ports(io->in.at, names, (int)n);
    out->n_in = (int)n;
    out->in = ARENA_ARRAY(g->memory, port, n);
    for (size_t i = 0; i < n; i++) {
        out->in[i] = make_port(g, io->in.at[i], names[i], false);
        mil_add_param(l->p, &l->f->body,
                      mil_tensor(l->p, MIL_FP16, out->in[i].rank, out->in[i].dim), names[i]);
        l->name[io->in.at[i]] = names[i];
    }
}

static void declare_outputs(lowering *l, program *out, ports *io) {
    const graph *g = l->g;
    size_t n = io->out.len;
    const char **names = ARENA_ARRAY(g->memory, const char *, n);
    for (size_t i = 0; i < n; i++) {
        names[i] = l->name[io->out.at[i]];
    }
    sort_ports(io->out.at, names, (int)n);
    out->n_out = (int)n;
    out->out = ARENA_ARRAY(g->memory, port, n);
    for (size_t i = 0; i < n; i++) {
        out->out[i] = make_port(g, io->out.at[i], names[i], true);
        mil_add_result(l->p, &l->f->body, names[i]);
    }
}

static program lower_kernel(graph *g, diags *d, uint32_t k, const value *nodes, size_t count,
                            ports *io) {
    lowering l = {.g = g, .messages = d, .p = mil_new()};
    l.name = xcalloc(g->nodes.len, sizeof *l.name);
    l.f = mil_add_func(l.p, "main", "ios18");
    program out = {.name = g->kernels.at[k].name, .place = g->kernels.at[k].place};
    declare_inputs(&l, &out, io);
    for (size_t i = 0; i < count; i++) {
        value v = nodes[i];
        l.name[v] = fresh_name(&l, base_name(g, v));
        lower_node(&l, v);
    }
    declare_outputs(&l, &out, io);
    mil_print(l.p, &out.mil);
    text_putc(&out.mil, '\n');
    out.operations = l.operations;
    mil_free(l.p);
    free(l.name);
    vec_free(&l.names);
    return out;
}

static int find_program(const lowered *l, const program *p) {
    for (int i = 0; i < l->n_programs; i++) {
        const program *q = &l->programs[i];
        if (q->place == p->place && q->mil.len == p->mil.len &&
            memcmp(q->mil.at, p->mil.at, p->mil.len) == 0) {
            return i;
        }
    }
    return -1;
}

static const char *unique_program_name(arena *memory, const lowered *l, const char *wanted) {
    const char *name = wanted;
    for (int n = 2;; n++) {
        bool taken = false;
        for (int i = 0; i < l->n_programs && !taken; i++) {
            taken = strcmp(l->programs[i].name, name) == 0;
        }
        if (!taken) {
            return name;
        }
        name = arena_printf(memory, "%s%d", wanted, n);
    }
}

/* Equal kernels of a graph read and write the same number of values. */
static void record_use(graph *g, kernel_use *u, const ports *io) {
    u->in = arena_memdup(g->memory, io->in.at, io->in.len * sizeof(value));
    u->out = arena_memdup(g->memory, io->out.at, io->out.len * sizeof(value));
}

lowered *lower(graph *g, diags *d) {
    lowered *l = ARENA_NEW(g->memory, lowered);
    l->programs = ARENA_ARRAY(g->memory, program, g->kernels.len);
    l->uses = ARENA_ARRAY(g->memory, kernel_use, g->kernels.len);
    ports *io = find_ports(g);
    size_t *first = xcalloc(g->kernels.len + 1, sizeof *first);
    value *sorted = xcalloc(g->nodes.len, sizeof *sorted);
    for (value v = 1; v < g->nodes.len; v++) {
        first[graph_node(g, v)->kernel + 1 < g->kernels.len ? graph_node(g, v)->kernel + 1 : 0]++;
    }
    first[0] = 0;
    for (size_t k = 1; k < g->kernels.len; k++) {
        first[k] += first[k - 1];
    }
    size_t *next = arena_memdup(g->memory, first, g->kernels.len * sizeof *first);
    for (value v = 1; v < g->nodes.len; v++) {
        sorted[next[graph_node(g, v)->kernel]++] = v;
    }
    for (uint32_t k = 1; k < g->kernels.len; k++) {
        program p = lower_kernel(g, d, k, sorted + first[k], next[k] - first[k], &io[k]);
        int same = find_program(l, &p);
        record_use(g, &l->uses[k], &io[k]);
        l->uses[k].program = same >= 0 ? same : l->n_programs;
        if (same >= 0) {
            text_free(&p.mil);
        } else {
            p.name = unique_program_name(g->memory, l, p.name);
            l->programs[l->n_programs++] = p;
        }
        vec_free(&io[k].in);
        vec_free(&io[k].out);
    }
    free(first);
    free(sorted);
    return l;
}

void lowered_free(lowered *l) {
    for (int i = 0; l && i < l->n_programs; i++) {
        text_free(&l->programs[i].mil);
    }
}
