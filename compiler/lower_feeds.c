/* lower_feeds.c: how inputs get into a kernel: each as a port of its own, all as parts of one port,
 * or weights as constants of the program; and weights with zeros where the target wants more rows
 * or columns to sum over. */
#include "lower_ports.h"

#include <string.h>

typedef struct input {
    value v;
    const char *name;
    mil_shape outside, inside;
    padded form;  /* what it is inside, if that has zeros */
    int64_t size; /* elements outside */
} input;

typedef struct inputs {
    input *at; /* in order of names */
    int n;
} inputs;

static int64_t product_of(const mil_shape *s) {
    int64_t n = 1;
    for (int i = 0; i < s->rank; i++) {
        n *= s->dim[i];
    }
    return n;
}

static bool is_engines(const lowering *l, const job *j) {
    return l->g->kernels.at[j->kernel].place != ANET_PLACE_CPU;
}

/* --- names and order --- */

static input describe(const lowering *l, value v, const job *j) {
    input x = {.v = v, .inside = w_shape(l, v)};
    x.outside.rank = port_shape(l, v, x.outside.dim);
    x.form =
        is_engines(l, j) && x.inside.rank == 3 ? padded_form(l, v, j->node, j->nodes) : (padded){0};
    if (x.form.dim[0]) {
        x.inside = x.outside = (mil_shape){3, {1, x.form.dim[0], x.form.dim[1]}};
    }
    x.size = product_of(&x.outside);
    return x;
}

/* All inputs by name. order[i] is the place of the i-th in j->io->in. */
static inputs name_inputs(lowering *l, const job *j, bool backward, int *order) {
    arena *memory = l->g->memory;
    int n = (int)j->io->in.len;
    inputs all = {ARENA_ARRAY(memory, input, n), n};
    input *given = ARENA_ARRAY(memory, input, n);
    const char **names = ARENA_ARRAY(memory, const char *, n);
    int64_t *size = ARENA_ARRAY(memory, int64_t, n);
    for (int i = 0; i < n; i++) {
        given[i] = describe(l, j->io->in.at[i], j);
        names[i] = input_name(l->g, given[i].v, backward);
        size[i] = given[i].size;
    }
    if (l->form->sorted_sizes && l->form->weights != WEIGHTS_PACKED) {
        sort_by_size(l, size, names, n, false, "i");
    }
    for (int i = 0; i < n; i++) {
        names[i] = given[i].name = fresh_name(l, names[i]);
        name_set(memory, &l->origins, names[i], (void *)(uintptr_t)given[i].v);
    }
    sort_ports(names, order, n);
    for (int i = 0; i < n; i++) {
        all.at[i] = given[order[i]];
    }
    return all;
}

/* --- feeds --- */

/* All of a tensor in order, from `offset` on; of a padded one the rows, or what lies before the
 * zeros. */
static anet_region region_of(const lowering *l, const input *x, int64_t offset) {
    int64_t n = shape_size(&graph_node(l->g, x->v)->s);
    if (x->form.dim[0] && x->form.axis == 1) {
        const int64_t *d = graph_node(l->g, x->v)->s.dim;
        return (anet_region){(size_t)offset, (size_t)d[1], (size_t)x->form.dim[1]};
    }
    return (anet_region){(size_t)offset, (size_t)n, (size_t)n};
}

/* From now on the kernel knows the input under this name, which has its inside shape. */
static void know_as(lowering *l, const input *x, const char *name) {
    if (x->form.dim[0]) {
        l->padded[x->v] = x->form;
        l->padded[x->v].name = name;
    } else {
        l->name[x->v] = name;
    }
}

static const char *as_inside(lowering *l, const input *x, const mil_shape *now, const char *name) {
    l->now = x->v;
    return same_mil_shape(now, &x->inside)
               ? name
               : w_reshape(l, name, &x->inside, fresh_name(l, input_name(l->g, x->v, false)));
}

static void add_port(lowering *l, program *out, port p) {
    out->ports[out->n_ports++] = p;
    mil_add_param(l->p, &l->f->body, mil_tensor(l->p, MIL_FP16, p.rank, p.dim), p.name);
}

static port outside_port(const lowering *l, const input *x, bool backward) {
    port p = make_port(l, x->v, x->name, backward);
    p.rank = x->outside.rank;
    memcpy(p.dim, x->outside.dim, sizeof p.dim);
    return p;
}

/* --- own ports and constants --- */

static const char *write_constant(lowering *l, const input *x, const char *path) {
    enum { FIRST = 64 }; /* offset of a file's first entry */
    mil_type t = mil_tensor(l->p, MIL_FP16, x->inside.rank, x->inside.dim);
    mil_op *op = mil_add_op(l->p, &l->f->body, "const");
    mil_add_out(l->p, op, t, x->name);
    mil_add_attr(l->p, op, "name", mil_string(l->p, x->name));
    mil_add_attr(l->p, op, "val", mil_blob(l->p, t, path, FIRST));
    return x->name;
}

static void feed_constant(lowering *l, program *out, const input *x, int i) {
    char *path = arena_printf(l->g->memory, "@model_path/weights/%s.bin", x->name);
    out->feed[i] = (anet_feed){path, -1, (size_t)x->size, region_of(l, x, 0)};
    know_as(l, x, write_constant(l, x, path));
}

/* The engine was never seen to run a program without inputs: one of weights alone keeps them. */
static bool has_other_inputs(const lowering *l, const inputs *all) {
    for (int i = 0; i < all->n; i++) {
        if (!op_is(l->g, all->at[i].v, OP_PARAM)) {
            return true;
        }
    }
    return false;
}

/* Ports before constants and reshapes, as parameters come before ops. */
static void feed_apart(lowering *l, program *out, const inputs *all, bool constants,
                       bool backward) {
    for (int i = 0; i < all->n; i++) {
        const input *x = &all->at[i];
        if (!constants || !op_is(l->g, x->v, OP_PARAM)) {
            out->feed[i] = (anet_feed){NULL, out->n_ports, (size_t)x->size, region_of(l, x, 0)};
            add_port(l, out, outside_port(l, x, backward));
        }
    }
    for (int i = 0; i < all->n; i++) {
        const input *x = &all->at[i];
        if (constants && op_is(l->g, x->v, OP_PARAM)) {
            feed_constant(l, out, x, i);
        } else {
            know_as(l, x, as_inside(l, x, &x->outside, x->name));
        }
    }
}

/* --- one port for all --- */

/* The port is [1, C, 1, W]. Inputs lie beside each other along one axis; the other has `unit`
 * elements, of which an input that has fewer uses the first ones. */
typedef struct packing {
    int axis; /* that grows: 3, or 1 */
    int64_t unit, length;
} packing;

static int64_t length_of(const packing *p, const input *x) {
    return x->size < p->unit ? 1 : x->size / p->unit;
}

static mil_shape packed_shape(const packing *p, int64_t unit, int64_t length) {
    return p->axis == 3 ? (mil_shape){4, {1, unit, 1, length}}
                        : (mil_shape){4, {1, length, 1, unit}};
}

static mil_shape part_of(const packing *p, const input *x) {
    return packed_shape(p, x->size < p->unit ? x->size : p->unit, length_of(p, x));
}

/* Fills in the length; false if the unit does not divide what is larger, or something gets too
 * long. */
static bool fits(const lowering *l, packing *p, const inputs *all) {
    p->length = 0;
    for (int i = 0; i < all->n; i++) {
        if (all->at[i].size >= p->unit && all->at[i].size % p->unit) {
            return false;
        }
        p->length += length_of(p, &all->at[i]);
    }
    return p->unit <= l->form->longest && p->length <= l->form->longest;
}

/* without those of tables */
static int64_t elements_in_place(const lowering *l, const packing *p, const inputs *all) {
    int64_t n = 0;
    for (int i = 0; i < all->n; i++) {
        const input *x = &all->at[i];
        mil_shape part = part_of(p, x);
        bool in_place = same_mil_shape(&part, &x->inside) && !op_is(l->g, x->v, OP_TABLE);
        n += in_place ? x->size : 0;
    }
    return n;
}

/* The unit with which most elements need no reshape behind their slice; of equal ones, the one that
 * leaves the port least long. A port that is too long in any way is the target's to refuse. Only
 * along the channels does each input lie in one piece, which one with zeros has to; there the unit
 * is a row, and short rows are padded, and in doubt on M1 (rule A0110). */
static packing plan_packing(const lowering *l, const inputs *all) {
    enum { MOST = 16384, ROW = 32 };
    bool channels = l->form->plain_slices || l->form->inner > 1;
    packing best = {.axis = channels ? 1 : 3, .unit = 1};
    int64_t most = INT64_MIN;
    fits(l, &best, all);
    for (int64_t unit = 1; unit <= MOST; unit++) {
        packing p = {.axis = best.axis, .unit = unit};
        if (fits(l, &p, all)) {
            bool narrow = channels && unit < ROW;
            int64_t n = narrow ? -p.length * unit : elements_in_place(l, &p, all);
            bool shorter = (p.length > unit ? p.length : unit) <
                           (best.length > best.unit ? best.length : best.unit);
            if (n > most || (n == most && shorter)) {
                best = p;
                most = n;
            }
        }
    }
    return best;
}

static anet_region packed_region(const lowering *l, const packing *p, const input *x, int64_t at) {
    if (p->axis == 1) {
        return region_of(l, x, at * p->unit);
    }
    return (anet_region){(size_t)at, (size_t)length_of(p, x), (size_t)p->length};
}

static void feed_packed(lowering *l, program *out, const inputs *all) {
    packing p = plan_packing(l, all);
    const char *name = fresh_name(l, "packed");
    mil_shape whole = packed_shape(&p, p.unit, p.length);
    port q = {.name = name, .rank = whole.rank, .role = "packed"};
    memcpy(q.dim, whole.dim, sizeof q.dim);
    add_port(l, out, q);
    int64_t at = 0;
    for (int i = 0; i < all->n; i++) {
        const input *x = &all->at[i];
        int64_t from[MAX_RANK] = {0};
        mil_shape part = part_of(&p, x);
        out->feed[i] =
            (anet_feed){NULL, 0, (size_t)(p.unit * p.length), packed_region(l, &p, x, at)};
        from[p.axis] = at;
        l->now = x->v;
        know_as(l, x, as_inside(l, x, &part, w_slice(l, name, from, &part, x->name)));
        at += length_of(&p, x);
    }
}

void declare_inputs(lowering *l, program *out, const job *j, bool backward) {
    arena *memory = l->g->memory;
    int n = (int)j->io->in.len;
    out->n_in = n;
    out->in = ARENA_ARRAY(memory, port, n);
    out->ports = ARENA_ARRAY(memory, port, n);
    out->feed = ARENA_ARRAY(memory, anet_feed, n);
    out->in_order = ARENA_ARRAY(memory, int, n);
    inputs all = name_inputs(l, j, backward, out->in_order);
    for (int i = 0; i < n; i++) {
        out->in[i] = outside_port(l, &all.at[i], backward);
    }
    weights_mode mode = is_engines(l, j) ? l->form->weights : WEIGHTS_PARAMETER;
    if (mode == WEIGHTS_PACKED && n > 1) {
        feed_packed(l, out, &all);
    } else {
        bool constants = mode == WEIGHTS_BAKED && has_other_inputs(l, &all);
        feed_apart(l, out, &all, constants, backward);
    }
}

bool program_is_plain(const program *p) {
    bool plain = p->n_ports == p->n_in;
    for (int i = 0; i < p->n_in && plain; i++) {
        const anet_feed *f = &p->feed[i];
        plain = !f->blob && f->port == i && f->region.offset == 0 && f->region.width == f->elements;
    }
    return plain;
}
