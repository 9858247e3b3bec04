/* mil_writer.c: the pieces that MIL operations are written with. */
#include "mil_writer.h"

#include <string.h>

const char *w_result(const lowering *l, value v) {
    return l->name[v];
}

/* Where axis i of a tensor of this rank lies in its border shape. */
int border_axis(int rank, int i) {
    static const int of_two[] = {1, 3};
    return rank >= 4 ? i : rank == 2 ? of_two[i] : i + 1;
}

int64_t w_parts(const lowering *l, int64_t size) {
    const int64_t shortest = l->form->longest / 512; /* of a part that is worth a product */
    int64_t parts = 1;
    while (size / parts > l->form->longest || size % parts) {
        if (size / ++parts < shortest) {
            return 1;
        }
    }
    return parts;
}

mil_shape w_shape(const lowering *l, value v) {
    mil_shape s;
    s.rank = border_shape(l->g, v, s.dim);
    int64_t parts = op_is(l->g, v, OP_PARAM) && s.rank == 3 ? w_parts(l, s.dim[1]) : 1;
    return parts > 1 ? (mil_shape){4, {1, parts, s.dim[1] / parts, s.dim[2]}} : s;
}

mil_shape w_plain_shape(const lowering *l, value v) {
    const shape *s = &graph_node(l->g, v)->s;
    bool matrix = op_is(l->g, v, OP_PARAM) && s->rank == 2;
    return matrix ? (mil_shape){4, {1, s->dim[0], 1, s->dim[1]}} : w_shape(l, v);
}

bool same_mil_shape(const mil_shape *a, const mil_shape *b) {
    return a->rank == b->rank && memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim) == 0;
}

static const char *remember(lowering *l, const char *key, const char *name) {
    name_set(l->g->memory, &l->constants, key, (void *)name);
    return name;
}

static const char *write_constant(lowering *l, const char *wanted, mil_value v) {
    const char *name = fresh_name(l, wanted);
    mil_op *op = mil_add_op(l->p, &l->f->body, "const");
    mil_add_out(l->p, op, v.type, name);
    mil_add_attr(l->p, op, "name", mil_string(l->p, name));
    mil_add_attr(l->p, op, "val", v);
    return name;
}

const char *w_constant(lowering *l, const char *wanted, mil_value v) {
    text t = {0};
    text_printf(&t, "%s %d %d", wanted, v.type.dtype, v.type.rank);
    for (size_t i = 0; i < v.count; i++) {
        text_printf(&t, " %a", v.numbers[i]);
    }
    const char *key = text_move(&t, l->g->memory), *known = name_get(&l->constants, key);
    return known ? known : remember(l, key, write_constant(l, wanted, v));
}

static const char *w_constant_string(lowering *l, const char *wanted, const char *content) {
    const char *key = arena_printf(l->g->memory, "\"%s\"", content);
    const char *known = name_get(&l->constants, key);
    return known ? known : remember(l, key, write_constant(l, wanted, mil_string(l->p, content)));
}

/* Printed with float precision: fp32 numerics see it unrounded. */
const char *w_number(lowering *l, double x) {
    return w_constant(l, "c", mil_number(l->p, MIL_FP16, (double)(float)x));
}

const char *w_flag(lowering *l, const char *wanted, bool b) {
    return w_constant(l, wanted, mil_bool(l->p, b));
}

const char *w_integers(lowering *l, const char *wanted, int n, const int64_t *x) {
    double values[MAX_RANK];
    for (int i = 0; i < n; i++) {
        values[i] = (double)x[i];
    }
    return w_constant(l, wanted, mil_vector(l->p, MIL_INT32, (size_t)n, values));
}

const char *w_integer(lowering *l, const char *wanted, int64_t x) {
    return w_constant(l, wanted, mil_number(l->p, MIL_INT32, (double)x));
}

mil_op *w_begin(lowering *l, const char *op) {
    l->operations++;
    return mil_add_op(l->p, &l->f->body, op);
}

const char *w_finish_as(lowering *l, mil_op *op, mil_dtype type, const mil_shape *s,
                        const char *name) {
    mil_add_out(l->p, op, mil_tensor(l->p, type, s->rank, s->dim), name);
    mil_add_attr(l->p, op, "name", mil_string(l->p, name));
    name_set(l->g->memory, &l->origins, name, (void *)(uintptr_t)l->now);
    return name;
}

const char *w_finish(lowering *l, mil_op *op, const mil_shape *s, const char *name) {
    return w_finish_as(l, op, MIL_FP16, s, name);
}

const char *w_reshape(lowering *l, const char *x, const mil_shape *s, const char *name) {
    const char *to = w_integers(l, "shape", s->rank, s->dim);
    mil_op *op = w_begin(l, "reshape");
    mil_add_ref(l->p, op, "shape", to);
    mil_add_ref(l->p, op, "x", x);
    return w_finish(l, op, s, name);
}

/* the name under which the text knows that x with this shape has been written */
static const char *shape_key(lowering *l, const char *op, const char *x, const mil_shape *s) {
    text t = {0};
    text_printf(&t, "%s %s", op, x);
    for (int i = 0; i < s->rank; i++) {
        text_printf(&t, " %lld", (long long)s->dim[i]);
    }
    return text_move(&t, l->g->memory);
}

const char *w_reshaped(lowering *l, const char *x, const mil_shape *s, const char *wanted) {
    const char *key = shape_key(l, "reshape", x, s), *known = name_get(&l->constants, key);
    return known ? known : remember(l, key, w_reshape(l, x, s, fresh_name(l, wanted)));
}

const char *w_tiled_once(lowering *l, const char *x, const mil_shape *from, const mil_shape *to,
                         const char *wanted) {
    const char *key = shape_key(l, "tile", x, to), *known = name_get(&l->constants, key);
    return known ? known : remember(l, key, w_tiled(l, x, from, to, fresh_name(l, wanted)));
}

const char *w_transpose(lowering *l, const char *x, const mil_shape *s, const int64_t *perm,
                        const char *name) {
    mil_shape to = *s;
    for (int i = 0; i < s->rank; i++) {
        to.dim[i] = s->dim[perm[i]];
    }
    const char *order = w_integers(l, "perm", s->rank, perm);
    mil_op *op = w_begin(l, "transpose");
    mil_add_ref(l->p, op, "perm", order);
    mil_add_ref(l->p, op, "x", x);
    return w_finish(l, op, &to, name);
}

const char *w_padded(lowering *l, const char *x, const mil_shape *from, const mil_shape *to,
                     const char *name) {
    double pad[2 * MAX_RANK] = {0};
    for (int i = 0; i < to->rank; i++) {
        pad[2 * i + 1] = (double)(to->dim[i] - from->dim[i]);
    }
    const char *zero = w_number(l, 0);
    const char *mode = w_constant_string(l, "mode", "constant");
    const char *by = w_constant(l, "pad", mil_vector(l->p, MIL_INT32, 2 * (size_t)to->rank, pad));
    mil_op *op = w_begin(l, "pad");
    mil_add_ref(l->p, op, "constant_val", zero);
    mil_add_ref(l->p, op, "mode", mode);
    mil_add_ref(l->p, op, "pad", by);
    mil_add_ref(l->p, op, "x", x);
    return w_finish(l, op, to, name);
}

const char *w_slice(lowering *l, const char *x, const int64_t *from, const mil_shape *s,
                    const char *name) {
    const char *first = w_integers(l, "begin", s->rank, from);
    const char *size = w_integers(l, "size", s->rank, s->dim);
    mil_op *op = w_begin(l, "slice_by_size");
    mil_add_ref(l->p, op, "begin", first);
    mil_add_ref(l->p, op, "size", size);
    mil_add_ref(l->p, op, "x", x);
    return w_finish(l, op, s, name);
}

const char *w_binary(lowering *l, const char *mil, const char *x, const char *y, const mil_shape *s,
                     const char *name) {
    mil_op *op = w_begin(l, mil);
    mil_add_ref(l->p, op, "x", x);
    mil_add_ref(l->p, op, "y", y);
    return w_finish(l, op, s, name);
}

const char *w_tiled(lowering *l, const char *x, const mil_shape *from, const mil_shape *to,
                    const char *name) {
    int64_t reps[MAX_RANK];
    for (int i = 0; i < to->rank; i++) {
        reps[i] = to->dim[i] / from->dim[i];
    }
    const char *times = w_integers(l, "reps", to->rank, reps);
    mil_op *op = w_begin(l, "tile");
    mil_add_ref(l->p, op, "reps", times);
    mil_add_ref(l->p, op, "x", x);
    return w_finish(l, op, to, name);
}

/* A constant tensor of one element. */
static const char *one_element(lowering *l, double number, int rank) {
    const int64_t ones[MAX_RANK] = {1, 1, 1, 1, 1, 1};
    double x = (double)(float)number;
    mil_value literal = mil_vector(l->p, MIL_FP16, 1, &x);
    literal.type = mil_tensor(l->p, MIL_FP16, rank, ones);
    return w_constant(l, "c", literal);
}

static const char *fill(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    if (n->s.rank == 0) {
        return w_number(l, n->at.number);
    }
    mil_shape one = {.rank = 4, .dim = {1, 1, 1, 1, 1, 1}}, s = w_shape(l, v);
    one.rank = s.rank;
    return w_tiled(l, one_element(l, n->at.number, s.rank), &one, &s, fresh_name(l, "fill"));
}

static bool is_number(const lowering *l, value v) {
    return op_is(l->g, v, OP_CONST) && graph_node(l->g, v)->s.rank == 0;
}

/* A matrix of which the kernel has only the padded form. */
static const char *without_zeros(lowering *l, value v) {
    mil_shape s = w_shape(l, v);
    return w_slice(l, l->padded[v].name, (int64_t[MAX_RANK]){0}, &s,
                   fresh_name(l, l->padded[v].name));
}

const char *w_operand_name(lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    if (l->name[v]) {
        return l->name[v];
    }
    if (n->op == OP_CONST) {
        return l->name[v] = fill(l, v);
    }
    if (l->padded[v].name) {
        return l->name[v] = without_zeros(l, v);
    }
    if (!op_flag(n->op, OP_VIEW)) {
        die("kernel reads %%%u, which is not among its inputs", v);
    }
    mil_shape to = w_shape(l, v);
    return l->name[v] = w_operand_as(l, v, &to);
}

/* Operand v with another shape; what it is a view of is reshaped directly. */
const char *w_operand_as(lowering *l, value v, const mil_shape *s) {
    value root = view_root(l->g, v);
    if (root != v && is_number(l, root)) {
        return one_element(l, graph_node(l->g, root)->at.number, s->rank);
    }
    const char *x = w_operand_name(l, root);
    mil_shape now = w_shape(l, root);
    return same_mil_shape(&now, s) ? x : w_reshaped(l, x, s, x);
}

/* Beside a tensor a number may stay one, but the result of numbers alone is to be a tensor. */
static bool has_only_numbers(const lowering *l, value v) {
    const node *n = graph_node(l->g, v);
    bool only = true;
    for (int i = 0; only && i < op_infos[n->op].inputs; i++) {
        only = is_number(l, n->in[i]);
    }
    return only;
}

/* A matrix parameter has the form of a weight of matmul; other operations read it as an activation.
 */
const char *w_operand(lowering *l, value v, int i) {
    value x = graph_node(l->g, v)->in[i];
    if (has_only_numbers(l, v)) {
        return one_element(l, graph_node(l->g, x)->at.number, w_shape(l, v).rank);
    }
    const shape *s = &graph_node(l->g, x)->s;
    mil_shape activation = {4, {1, s->dim[0], 1, s->dim[1]}};
    bool matrix = op_is(l->g, x, OP_PARAM) && s->rank == 2;
    return matrix ? w_operand_as(l, x, &activation) : w_operand_name(l, x);
}
