/* host_plan_elementwise.c: planners of elementwise ops, select and cast. */
#include "host/planner.h"

#include <string.h>

/* numpy's broadcasting of n shapes */
static anet_code broadcast(planner *p, const mil_op *op, const tensor *const *in, int n,
                           shape *out) {
    *out = (shape){.n = 1};
    for (int i = 0; i < n; i++) {
        out->rank = in[i]->shape.rank > out->rank ? in[i]->shape.rank : out->rank;
    }
    for (int axis = 0; axis < out->rank; axis++) {
        size_t dim = 1;
        for (int i = 0; i < n; i++) {
            int at = axis - (out->rank - in[i]->shape.rank);
            size_t d = at < 0 ? 1 : in[i]->shape.dim[at];
            if (d != 1 && dim != 1 && d != dim) {
                return host_fail(p, op, "dimensions %zu and %zu of axis %d do not broadcast", dim,
                                 d, axis);
            }
            dim = d != 1 ? d : dim;
        }
        if (dim > MAX_ELEMENTS / out->n) {
            return host_fail(p, op, "the result needs more than 64 GiB");
        }
        out->dim[axis] = dim;
        out->n *= dim;
    }
    return ANET_OK;
}

/* the steps of a tensor inside loops over `over` */
static void broadcast_steps(const tensor *t, const shape *over, ptrdiff_t to[MAX_RANK]) {
    ptrdiff_t own[MAX_RANK];
    int lead = MAX_RANK - t->shape.rank;
    host_tensor_steps(t, own);
    for (int i = 0; i < MAX_RANK; i++) {
        bool repeats = i < lead || (t->shape.dim[i - lead] == 1 && over->dim[i] != 1);
        to[i] = repeats ? 0 : own[i - lead];
    }
}

/* a step with one elementwise function; `round` says how its result is stored */
static anet_code add_elementwise(planner *p, const mil_op *op, strip_fn *fn,
                                 const tensor *const *in, int ins,
                                 const float number[STRIP_NUMBERS], host_rounding round) {
    shape s;
    step *added;
    anet_code code = broadcast(p, op, in, ins, &s);
    code = code ? code : host_add_step(p, op, host_run_elementwise, in, ins, &s, &added);
    if (code) {
        return code;
    }
    shape over = shape_padded(&s);
    elementwise *e = &added->as.elementwise;
    e->loops = (nest){.rank = MAX_RANK, .operands = ins};
    memcpy(e->loops.dim, over.dim, sizeof over.dim);
    run_op *only = ARENA_NEW(p->memory, run_op);
    *only = (run_op){.fn = fn, .operands = ins, .round = round};
    for (int i = 0; i < ins; i++) {
        broadcast_steps(in[i], &over, e->loops.step[i]);
        only->operand[i] = i;
    }
    memcpy(only->number, number, sizeof only->number);
    e->spread = ins == 2 ? 0 : ~0u;
    e->ops = 1;
    e->op = only;
    return ANET_OK;
}

static const float no_numbers[STRIP_NUMBERS];

/* whether the op, whose arithmetic is that of floats, may work on this tensor */
static anet_code need_float(planner *p, const mil_op *op, const tensor *t) {
    if (mil_is_float(t->dtype)) {
        return ANET_OK;
    }
    return host_fail(p, op, "the host device computes on floats, not on %s",
                     mil_dtype_name(t->dtype));
}

static host_rounding rounds_result(const planner *p, const mil_op *op) {
    return op->outs > 0 ? host_rounds(p, op->out[0].type.dtype) : ROUND_NONE;
}

anet_code host_plan_elementwise(planner *p, const mil_op *op, const host_op *row) {
    static const char *const names[] = {"x", "y"};
    tensor x[2];
    const tensor *in[] = {&x[0], &x[1]};
    for (int i = 0; i < row->operands; i++) {
        anet_code code = host_rows(p, op, names[i], &x[i]);
        if (!code && !row->compare) {
            code = need_float(p, op, &x[i]);
        }
        if (code) {
            return code;
        }
    }
    float number[STRIP_NUMBERS] = {0};
    for (int i = 0; i < STRIP_NUMBERS && row->number[i]; i++) {
        double value;
        anet_code code = host_number(p, op, row->number[i], row->preset[i], &value);
        if (code) {
            return code;
        }
        number[i] = (float)value;
    }
    host_rounding round = row->compare ? ROUND_NONE : rounds_result(p, op);
    return add_elementwise(p, op, row->strip, in, row->operands, number, round);
}

anet_code host_plan_gelu(planner *p, const mil_op *op, const host_op *row) {
    static const struct {
        const char *mode;
        strip_fn *fn;
    } modes[] = {{"EXACT", strip_gelu},
                 {"TANH_APPROXIMATION", strip_gelu_tanh},
                 {"SIGMOID_APPROXIMATION", strip_gelu_sigmoid}};
    (void)row;
    const mil_value *v;
    tensor x;
    const tensor *in[] = {&x};
    anet_code code = host_value(p, op, "mode", &v);
    code = code ? code : host_rows(p, op, "x", &x);
    code = code ? code : need_float(p, op, &x);
    if (code) {
        return code;
    }
    const char *mode = !v ? "EXACT" : v->kind == MIL_STRINGS && v->count == 1 ? v->strings[0] : "";
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].mode, mode) == 0) {
            return add_elementwise(p, op, modes[i].fn, in, 1, no_numbers, rounds_result(p, op));
        }
    }
    return host_fail(p, op,
                     "the mode '%s' is unknown; EXACT, TANH_APPROXIMATION and "
                     "SIGMOID_APPROXIMATION are known",
                     mode);
}

anet_code host_plan_select(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor cond, a, b;
    const tensor *in[] = {&cond, &a, &b};
    anet_code code = host_rows(p, op, "cond", &cond);
    code = code ? code : host_rows(p, op, "a", &a);
    code = code ? code : host_rows(p, op, "b", &b);
    return code ? code : add_elementwise(p, op, strip_select, in, 3, no_numbers, ROUND_NONE);
}

anet_code host_plan_cast(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor x;
    const tensor *in[] = {&x};
    anet_code code = host_operand(p, op, "x", &x);
    if (code) {
        return code;
    }
    mil_dtype to = op->outs ? op->out[0].type.dtype : MIL_NONE;
    if (to == MIL_STRING || to == MIL_NONE) {
        return host_fail(p, op, "the host device casts numbers only");
    }
    if (to == MIL_BOOL && x.dtype != MIL_BOOL) {
        return add_elementwise(p, op, strip_is_true, in, 1, no_numbers, ROUND_NONE);
    }
    if (mil_is_float(x.dtype) && !mil_is_float(to)) {
        return add_elementwise(p, op, strip_truncate, in, 1, no_numbers, ROUND_NONE);
    }
    if (!mil_is_float(x.dtype) && host_rounds(p, to)) {
        return add_elementwise(p, op, strip_copy, in, 1, no_numbers, host_rounds(p, to));
    }
    return host_add_result(p, op, 0, &x.shape, x.at);
}
