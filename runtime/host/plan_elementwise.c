/* plan_elementwise.c: planners of elementwise ops, select and cast. */
#include "host/planner.h"

#include <math.h>
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
    *only = (run_op){.fn = host_engine_strip(p->numerics, fn),
                     .operands = ins,
                     .round = round,
                     .tally = added->tally};
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

static host_rounding rounds_result(const planner *p, const mil_op *op) {
    return op->outs > 0 ? host_rounds(p, op->out[0].type.dtype) : ROUND_NONE;
}

anet_code host_add_unary(planner *p, const mil_op *op, strip_fn *fn, const tensor *x) {
    const tensor *in[] = {x};
    return add_elementwise(p, op, fn, in, 1, no_numbers, rounds_result(p, op));
}

/* The row's function for these operands, which are all floats and booleans, or all integers. */
static anet_code choose_strip(planner *p, const mil_op *op, const host_op *row, const tensor *x,
                              strip_fn **fn) {
    bool ints = mil_is_integer(x[0].dtype);
    for (int i = 1; i < row->operands; i++) {
        if (mil_is_integer(x[i].dtype) != ints) {
            return host_fail(p, op, "%s and %s cannot be mixed", mil_dtype_name(x[0].dtype),
                             mil_dtype_name(x[i].dtype));
        }
    }
    *fn = ints ? row->int_strip : row->strip;
    return *fn ? ANET_OK
               : host_fail(p, op, "the op does not work on %s", mil_dtype_name(x[0].dtype));
}

static anet_code get_numbers(planner *p, const mil_op *op, const host_op *row,
                             float number[STRIP_NUMBERS]) {
    for (int i = 0; i < STRIP_NUMBERS && row->number[i]; i++) {
        double value;
        anet_code code = host_number(p, op, row->number[i], row->preset[i], &value);
        if (code) {
            return code;
        }
        number[i] = (float)value;
    }
    return ANET_OK;
}

anet_code host_plan_elementwise(planner *p, const mil_op *op, const host_op *row) {
    static const char *const names[] = {"x", "y"};
    tensor x[2];
    const tensor *in[] = {&x[0], &x[1]};
    float number[STRIP_NUMBERS] = {0};
    strip_fn *fn = NULL;
    anet_code code = ANET_OK;
    for (int i = 0; i < row->operands && !code; i++) {
        code = host_rows(p, op, names[i], &x[i]);
    }
    code = code ? code : choose_strip(p, op, row, x, &fn);
    code = code ? code : get_numbers(p, op, row, number);
    if (code) {
        return code;
    }
    host_rounding round = row->compare ? ROUND_NONE : rounds_result(p, op);
    return add_elementwise(p, op, fn, in, row->operands, number, round);
}

/* the one function of two kinds of numbers that has a constant */
anet_code host_plan_threshold(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor x;
    const tensor *in[] = {&x};
    double alpha = 0;
    anet_code code = host_rows(p, op, "x", &x);
    code = code ? code : host_number(p, op, "alpha", NAN, &alpha);
    if (code) {
        return code;
    }
    strip_fn *fn = mil_is_integer(x.dtype) ? strip_int_threshold : strip_threshold;
    return add_elementwise(p, op, fn, in, 1, (float[STRIP_NUMBERS]){(float)alpha},
                           rounds_result(p, op));
}

/* alpha and beta have one element for each channel, which is axis 1 of x */
anet_code host_plan_channelwise(planner *p, const mil_op *op, const host_op *row) {
    static const char *const names[] = {"x", "alpha", "beta"};
    tensor x[3];
    const tensor *in[] = {&x[0], &x[1], &x[2]};
    for (int i = 0; i < row->variant; i++) {
        anet_code code = host_operand(p, op, names[i], &x[i]);
        if (code) {
            return code;
        }
    }
    for (int i = 1; i < row->variant; i++) {
        shape *s = &x[i].shape;
        if (x[0].shape.rank < 2 || (s->n != 1 && s->n != x[0].shape.dim[1])) {
            return host_fail(p, op, "%s needs one element for each of the channels of x", names[i]);
        }
        *s = (shape){.rank = x[0].shape.rank - 1, .n = s->n, .dim = {s->n, 1, 1, 1, 1}};
    }
    strip_fn *fn = row->variant == 2 ? strip_prelu : strip_softplus_parametric;
    anet_code code = add_elementwise(p, op, fn, in, row->variant, no_numbers, rounds_result(p, op));
    if (!code) {
        p->steps.at[p->steps.len - 1].as.elementwise.spread = ~0u;
    }
    return code;
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

/* what takes a value of dtype `from` to `to`; NULL: nothing need be done, but perhaps to round */
static strip_fn *conversion(mil_dtype from, mil_dtype to) {
    static strip_fn *const narrow[MIL_DTYPE_COUNT] = {[MIL_INT8] = strip_int_to_8,
                                                      [MIL_UINT8] = strip_int_to_u8,
                                                      [MIL_INT16] = strip_int_to_16,
                                                      [MIL_UINT16] = strip_int_to_u16};
    if (mil_is_integer(from)) {
        return mil_is_integer(to) ? narrow[to]
               : to == MIL_BOOL   ? strip_int_is_true
                                  : strip_int_to_float;
    }
    return mil_is_integer(to)                   ? strip_to_int
           : to == MIL_BOOL && from != MIL_BOOL ? strip_is_true
                                                : NULL;
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
    strip_fn *fn = conversion(x.dtype, to);
    /* fp32 numerics keep what fp16 does not; other modes have rounded at the source */
    return fn ? add_elementwise(p, op, fn, in, 1, no_numbers, host_rounds(p, to))
              : host_add_result(p, op, 0, &x.shape, x.at);
}
