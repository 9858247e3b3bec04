/* lower.c: the frame of a MIL program, and merging of equal texts. Operations: lower_ops.c. */
#include "fuse.h"
#include "lower_ports.h"

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

/* --- kernels --- */

value program_origin(const program *p, const char *name) {
    return (value)(uintptr_t)name_get(&p->origins, name);
}

static lowering new_lowering(graph *g, const legal_form *form) {
    lowering l = {.g = g, .form = form, .p = mil_new()};
    l.p->version_minor = form->minor;
    l.name = anet_calloc(g->nodes.len, sizeof *l.name);
    l.padded = anet_calloc(g->nodes.len, sizeof *l.padded);
    l.f = mil_add_func(l.p, "main", form->opset);
    return l;
}

static program lower_kernel(graph *g, const legal_form *form, const job *j) {
    lowering l = new_lowering(g, form);
    program out = {.place = g->kernels.at[j->kernel].place};
    bool backward = g->kernels.at[j->kernel].backward;
    declare_inputs(&l, &out, j, backward);
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
    free(l.padded);
    return out;
}

/* --- equal kernels --- */

static void key_add(text *key, const void *data, size_t n) {
    text_add(key, data, n);
}

/* The place of operand v: what it computes from what, but not what anything is called. A parameter
 * that becomes a constant of the program is not what a port is. */
static void key_operand(const graph *g, const legal_form *form, const job *j, value v, text *key) {
    const shape *s = &graph_node(g, v)->s;
    key_add(key, &s->rank, sizeof s->rank);
    key_add(key, s->dim, sizeof s->dim);
    v = view_root(g, v); /* views between are not written */
    const node *n = graph_node(g, v);
    bool baked = n->op == OP_PARAM && form->weights == WEIGHTS_BAKED;
    int at[3] = {n->op == OP_CONST, baked, j->place[v]};
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
static text structure_key(const graph *g, const legal_form *form, const job *j) {
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
            key_operand(g, form, j, n->in[o], &key);
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
    text key = structure_key(g, &l->form, j);
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
