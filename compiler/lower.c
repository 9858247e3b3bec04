/* lower.c: the frame of a MIL program: ports, names, merging of equal texts. Operations:
 * lower_ops.c. */
#include "fuse.h"
#include "mil_writer.h"

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

/* Axes of size 1 change places with others: the bytes stay where they are. */
static void swap(int64_t *a, int64_t *b) {
    int64_t x = *a;
    *a = *b;
    *b = x;
}

/* The shape that a value has as an input or output; an activation's may have to differ from the one
 * that it has inside. */
static int port_shape(const lowering *l, value v, int64_t *dim) {
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

static bool is_reserved(const char *s) {
    static const char *const words[] = {"const",   "true",   "false", "inf",     "nan",  "func",
                                        "program", "tensor", "list",  "tuple",   "dict", "state",
                                        "bool",    "string", "main",  "BLOBFILE"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], s) == 0) {
            return true;
        }
    }
    return mil_dtype_named(s, strlen(s)) != MIL_NONE;
}

const char *fresh_name(lowering *l, const char *wanted) {
    char *base = arena_strdup(l->g->memory, wanted);
    for (char *c = base; *c; c++) {
        *c = isalnum((unsigned char)*c) ? *c : '_';
    }
    const char *name =
        isdigit((unsigned char)*base) ? arena_printf(l->g->memory, "v%s", base) : base;
    if (is_reserved(name) && !name_get(&l->names, name)) {
        name_fresh(l->g->memory, &l->names, name, "_"); /* no one gets it */
    }
    return name_fresh(l->g->memory, &l->names, name, "_");
}

static const char *base_name(const graph *g, value v) {
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
static const char *input_name(const graph *g, value v, bool backward) {
    const node *n = graph_node(g, v);
    if (n->op == OP_PARAM || n->op == OP_TABLE || (n->name && !n->name_implied)) {
        return base_name(g, v);
    }
    return !backward ? "x" : n->from.backward && !n->name ? "dy" : base_name(g, v);
}

/* --- ports --- */

typedef VEC(value) values;

typedef struct ports {
    values in, out;
} ports;

static void add_once(values *list, value v) {
    for (size_t i = 0; i < list->len; i++) {
        if (list->at[i] == v) {
            return;
        }
    }
    vec_push(list, v);
}

/* What each kernel reads from and gives to the outside, in order of first use. */
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

/* Ports in alphabetical order, which is also the order in which the engine binds surfaces. order[i]
 * is the port's place in the structural order. */
static void sort_ports(const char **name, int *order, int n) {
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

static port make_port(const lowering *l, value v, const char *name, bool backward) {
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
    return sizes ? sizes : strcmp(x->name, y->name);
}

/* Puts a prefix before each name, so that their alphabetical order is that of their sizes. */
static void sort_by_size(const lowering *l, const value *v, const char **name, int n, bool falling,
                         const char *letter) {
    sized *list = anet_calloc((size_t)n + 1, sizeof *list);
    for (int i = 0; i < n; i++) {
        list[i] = (sized){name[i], shape_size(&graph_node(l->g, v[i])->s), i};
    }
    qsort(list, (size_t)n, sizeof *list, by_size);
    for (int i = 0; i < n; i++) {
        int place = falling ? n - 1 - i : i;
        name[list[i].at] = arena_printf(l->g->memory, "%s%03d_%s", letter, place, list[i].name);
    }
    free(list);
}

/* --- kernels --- */

/* The value under `name`, of the shape that it has outside, as it is inside. */
static const char *unpack(lowering *l, value v, const char *name) {
    mil_shape outside, inside = w_shape(l, v);
    outside.rank = port_shape(l, v, outside.dim);
    l->now = v;
    return same_mil_shape(&outside, &inside)
               ? name
               : w_reshape(l, name, &inside, fresh_name(l, input_name(l->g, v, false)));
}

static void remember_origin(lowering *l, const char *name, value v) {
    name_set(l->g->memory, &l->origins, name, (void *)(uintptr_t)v);
}

static void declare_inputs(lowering *l, program *out, const ports *io, bool backward) {
    const graph *g = l->g;
    int n = (int)io->in.len;
    const char **names = ARENA_ARRAY(g->memory, const char *, n);
    for (int i = 0; i < n; i++) {
        names[i] = input_name(g, io->in.at[i], backward);
    }
    if (l->form->sorted_sizes) {
        sort_by_size(l, io->in.at, names, n, false, "i");
    }
    for (int i = 0; i < n; i++) {
        names[i] = fresh_name(l, names[i]);
        remember_origin(l, names[i], io->in.at[i]);
    }
    out->n_in = n;
    out->in = ARENA_ARRAY(g->memory, port, n);
    out->in_order = ARENA_ARRAY(g->memory, int, n);
    sort_ports(names, out->in_order, n);
    for (int i = 0; i < n; i++) {
        int at = out->in_order[i];
        port *p = &out->in[i];
        *p = make_port(l, io->in.at[at], names[at], backward);
        mil_add_param(l->p, &l->f->body, mil_tensor(l->p, MIL_FP16, p->rank, p->dim), names[at]);
    }
    for (int i = 0; i < n; i++) {
        l->name[io->in.at[i]] = unpack(l, io->in.at[i], names[i]);
    }
}

/* The names of outputs that their sizes decide, before anything else takes them. */
static void name_outputs(lowering *l, const ports *io) {
    int n = (int)io->out.len;
    if (!l->form->sorted_sizes || n < 2) {
        return;
    }
    const char **names = ARENA_ARRAY(l->g->memory, const char *, n);
    for (int i = 0; i < n; i++) {
        names[i] = base_name(l->g, io->out.at[i]);
    }
    sort_by_size(l, io->out.at, names, n, true, "o");
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

static void declare_outputs(lowering *l, program *out, const ports *io, bool backward) {
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

typedef struct job { /* one kernel to lower */
    uint32_t kernel;
    const value *node;
    size_t nodes;
    const ports *io;
    int *place; /* of values: from 1, in io->in, or behind them in node; 0 elsewhere */
} job;

value program_origin(const program *p, const char *name) {
    return (value)(uintptr_t)name_get(&p->origins, name);
}

static lowering new_lowering(graph *g, const legal_form *form) {
    lowering l = {.g = g, .form = form, .p = mil_new()};
    l.p->version_minor = form->minor;
    l.name = anet_calloc(g->nodes.len, sizeof *l.name);
    l.f = mil_add_func(l.p, "main", form->opset);
    return l;
}

static program lower_kernel(graph *g, const legal_form *form, const job *j) {
    lowering l = new_lowering(g, form);
    program out = {.place = g->kernels.at[j->kernel].place};
    bool backward = g->kernels.at[j->kernel].backward;
    declare_inputs(&l, &out, j->io, backward);
    name_outputs(&l, j->io);
    for (size_t i = 0; i < j->nodes; i++) {
        l.now = j->node[i];
        if (!l.name[l.now]) {
            l.name[l.now] = fresh_name(&l, base_name(g, l.now));
        }
        lower_node(&l, l.now);
    }
    declare_outputs(&l, &out, j->io, backward);
    mil_print(l.p, &out.mil);
    text_putc(&out.mil, '\n');
    out.operations = l.operations;
    out.origins = l.origins;
    out.at = j->nodes ? graph_node(g, j->node[0])->from.at : (loc){0};
    mil_free(l.p);
    free(l.name);
    return out;
}

/* --- equal kernels --- */

static void key_add(text *key, const void *data, size_t n) {
    text_add(key, data, n);
}

/* The place of operand v: what it computes from what, but not what anything is called. */
static void key_operand(const graph *g, const job *j, value v, text *key) {
    const shape *s = &graph_node(g, v)->s;
    key_add(key, &s->rank, sizeof s->rank);
    key_add(key, s->dim, sizeof s->dim);
    v = view_root(g, v); /* views between are not written */
    const node *n = graph_node(g, v);
    int at[2] = {n->op == OP_CONST, j->place[v]};
    key_add(key, at, sizeof at);
    key_add(key, &n->at.number, sizeof n->at.number * (n->op == OP_CONST));
    key_add(key, n->s.dim, sizeof n->s.dim);
    key_add(key, &n->s.rank, sizeof n->s.rank);
}

static int by_number(const void *a, const void *b) {
    value x = *(const value *)a, y = *(const value *)b;
    return (x > y) - (x < y);
}

/* Two kernels with equal keys do the same with their ports. */
static text structure_key(const graph *g, const job *j) {
    text key = {0};
    const kernel *k = &g->kernels.at[j->kernel];
    text_puts(&key, k->name);
    key_add(&key, &k->place, sizeof k->place);
    for (size_t i = 0; i < j->nodes; i++) {
        const node *n = graph_node(g, j->node[i]);
        const value *out_at = j->io->out.at;
        bool out = j->io->out.len &&
                   bsearch(&j->node[i], out_at, j->io->out.len, sizeof *out_at, by_number);
        key_add(&key, &n->op, sizeof n->op);
        key_add(&key, &n->at, sizeof n->at);
        key_add(&key, n->s.dim, sizeof n->s.dim);
        key_add(&key, &out, sizeof out);
        for (int o = 0; o < op_infos[n->op].inputs; o++) {
            key_operand(g, j, n->in[o], &key);
        }
    }
    return key;
}

static int find_program(const lowered *l, const text *keys, const text *key) {
    for (int i = 0; i < l->n_programs; i++) {
        if (keys[i].len == key->len && memcmp(keys[i].at, key->at, key->len) == 0) {
            return i;
        }
    }
    return -1;
}

static void bind_use(graph *g, kernel_use *u, const program *p, const ports *io) {
    u->in = ARENA_ARRAY(g->memory, value, p->n_in);
    u->out = ARENA_ARRAY(g->memory, value, p->n_out);
    for (int i = 0; i < p->n_in; i++) {
        u->in[i] = io->in.at[p->in_order[i]];
    }
    for (int i = 0; i < p->n_out; i++) {
        u->out[i] = io->out.at[p->out_order[i]];
    }
}

static void lower_job(graph *g, lowered *l, text *keys, const job *j) {
    text key = structure_key(g, j);
    int same = find_program(l, keys, &key);
    if (same < 0) {
        program p = lower_kernel(g, &l->form, j);
        p.name = name_fresh(g->memory, &l->names, g->kernels.at[j->kernel].name, "");
        same = l->n_programs++;
        l->programs[same] = p;
        keys[same] = key;
    } else {
        text_free(&key);
    }
    l->uses[j->kernel].program = same;
    bind_use(g, &l->uses[j->kernel], &l->programs[same], j->io);
}

static void set_places(const job *j, int first) {
    int step = first != 0, at = first;
    for (size_t i = 0; i < j->io->in.len; i++, at += step) {
        j->place[j->io->in.at[i]] = at;
    }
    for (size_t i = 0; i < j->nodes; i++, at += step) {
        j->place[j->node[i]] = at;
    }
}

lowered *lower(graph *g, const legal_form *form) {
    lowered *l = ARENA_NEW(g->memory, lowered);
    l->form = *form;
    size_t n = g->kernels.len;
    l->programs = ARENA_ARRAY(g->memory, program, n);
    l->uses = ARENA_ARRAY(g->memory, kernel_use, n);
    text *keys = anet_calloc(n, sizeof *keys);
    int *place = anet_calloc(g->nodes.len, sizeof *place);
    ports *io = find_ports(g), *members = anet_calloc(n, sizeof *members);
    for (value v = 1; v < g->nodes.len; v++) {
        vec_push(&members[graph_node(g, v)->kernel].in, v);
    }
    for (uint32_t k = 1; k < n; k++) {
        if (io[k].out.len) { /* what was read from text may be of no use */
            qsort(io[k].out.at, io[k].out.len, sizeof(value), by_number);
        }
        job j = {k, members[k].in.at, members[k].in.len, &io[k], place};
        set_places(&j, 1);
        lower_job(g, l, keys, &j);
        set_places(&j, 0);
    }
    for (size_t k = 0; k < n; k++) {
        vec_free(&io[k].in);
        vec_free(&io[k].out);
        vec_free(&members[k].in);
        text_free(&keys[k]);
    }
    free(keys);
    free(members);
    free(place);
    return l;
}

void lowered_free(lowered *l) {
    for (int i = 0; l && i < l->n_programs; i++) {
        text_free(&l->programs[i].mil);
    }
}

anet_code lowered_check(const lowered *l, anet_error *err) {
    for (int i = 0; i < l->n_programs && !err->code; i++) {
        const program *p = &l->programs[i];
        mil_program *mil = NULL;
        if (mil_read(p->mil.at, p->mil.len, p->name, &mil, err) == ANET_OK) {
            mil_check(mil, p->name, err);
        }
        mil_free(mil);
    }
    return err->code;
}
