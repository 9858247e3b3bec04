/* rules_ops.c: rules about the forms that single ops can have. */
#include "mil/rules.h"

#include <math.h>
#include <string.h>

static bool is_numbers(const mil_value *v) {
    return v && v->kind == MIL_NUMBERS && v->numbers && v->count > 0;
}

/* --- convolution --- */

static bool has_computed_weight(const mil_rule_case *c) {
    return !rule_operand(c->in, "weight")->constant;
}

static int64_t batch_of(const mil_rule_case *c) {
    mil_shape x = rule_operand_shape(c->in, "x");
    return x.rank > 0 ? x.dims[0] : 1;
}

void mil_rule_dynamic_weight_batch(mil_rule_case *c) {
    if (has_computed_weight(c) && batch_of(c) > 1) {
        mil_rule_breaks(c, "the weight is computed and the batch is %lld", (long long)batch_of(c));
    }
}

void mil_rule_dynamic_weight(mil_rule_case *c) {
    if (has_computed_weight(c) && batch_of(c) <= 1) {
        mil_rule_breaks(c, "the weight is computed");
    }
}

void mil_rule_conv_3d(mil_rule_case *c) {
    if (rule_operand(c->in, "x")->type->rank == 5) {
        mil_rule_breaks(c, "x is of rank 5");
    }
}

void mil_rule_m3_channels(mil_rule_case *c) {
    enum { SEEN = 512 };
    mil_shape w = rule_operand_shape(c->in, "weight"), x = rule_operand_shape(c->in, "x");
    if (w.rank > 1 && x.rank > 1 && (w.dims[0] != SEEN || x.dims[1] != SEEN)) {
        mil_rule_breaks(c, "%lld channels in and %lld out", (long long)x.dims[1],
                        (long long)w.dims[0]);
    }
}

/* --- attention, einsum --- */

void mil_rule_einsum_equation(mil_rule_case *c) {
    const char *equation = rule_string(c->in, "equation");
    if (equation && strcmp(equation, "nchw,nwhu->nchu") != 0) {
        mil_rule_breaks(c, "the equation is %s", equation);
    }
}

void mil_rule_attention_mask(mil_rule_case *c) {
    if (rule_operand(c->in, "attn_mask")) {
        mil_rule_breaks(c, "attn_mask is given, and not looked at");
    }
}

void mil_rule_attention_size(mil_rule_case *c) {
    enum { HEADS = 64, POSITIONS = 496 };
    mil_shape q = rule_operand_shape(c->in, "query");
    if (q.rank >= 3 && q.dims[q.rank - 3] >= HEADS && q.dims[q.rank - 2] >= POSITIONS) {
        mil_rule_breaks(c, "%lld heads and %lld positions", (long long)q.dims[q.rank - 3],
                        (long long)q.dims[q.rank - 2]);
    }
}

/* --- elementwise --- */

/* the axis of x and y, of one rank, along which one of them is repeated */
static bool is_broadcast(const mil_rule_case *c, int rank, int axis) {
    int64_t size = 0;
    for (size_t i = 0; i < c->in->operands.len; i++) {
        const mil_type *t = c->in->operands.at[i].type;
        if (t->kind != MIL_TENSOR || t->rank != rank) {
            continue;
        }
        if (size && t->dims[axis] > 0 && t->dims[axis] != size) {
            return true;
        }
        size = t->dims[axis] > 0 ? t->dims[axis] : size;
    }
    return false;
}

void mil_rule_depth_broadcast(mil_rule_case *c) {
    if (is_broadcast(c, 5, 2)) {
        mil_rule_breaks(c, "an operand is repeated along depth");
    }
}

void mil_rule_batch_broadcast(mil_rule_case *c) {
    if (is_broadcast(c, 4, 0)) {
        mil_rule_breaks(c, "an operand is repeated along the first axis");
    }
}

void mil_rule_square_then_curve(mil_rule_case *c) {
    enum { BLOCK = 128, HALF = 64 };
    mil_shape x = rule_operand_shape(c->in, "x");
    const mil_op *maker = mil_rule_maker(c, "x");
    int64_t width = x.rank > 0 ? x.dims[x.rank - 1] : 1;
    if (maker && strcmp(maker->op, "square") == 0 && width % BLOCK > HALF) {
        mil_rule_breaks(c, "x is a square of width %lld", (long long)width);
    }
}

static bool is_zero(const mil_value *v) {
    bool zero = v && v->kind == MIL_NUMBERS && v->count > 0 && !v->integers;
    for (size_t i = 0; zero && i < v->count; i++) {
        zero = v->numbers[i] == 0;
    }
    return zero;
}

void mil_rule_zero_times_reduction(mil_rule_case *c) {
    static const char *const names[] = {"x", "y"};
    for (int i = 0; i < 2; i++) {
        const mil_op *maker = mil_rule_maker(c, names[i]);
        const mil_operand *other = rule_operand(c->in, names[1 - i]);
        if (maker && mil_rule_named(maker, "reduce_*") && is_zero(other->value)) {
            mil_rule_breaks(c, "%s is a reduction and %s is 0", names[i], names[1 - i]);
        }
    }
}

void mil_rule_int32_tensor(mil_rule_case *c) {
    const mil_op *op = c->in->op;
    if (mil_rule_named(op, "constexpr_* cast reduce_argmax reduce_argmin topk argsort")) {
        return;
    }
    for (int i = 0; i < op->outs; i++) {
        if (op->out[i].type.kind == MIL_TENSOR && op->out[i].type.dtype == MIL_INT32) {
            mil_rule_breaks(c, "%s is int32", op->out[i].name);
        }
    }
}

void mil_rule_fp32_value(mil_rule_case *c) {
    const mil_op *op = c->in->op;
    if (mil_rule_named(op, "constexpr_* cast identity")) {
        return;
    }
    for (int i = 0; i < op->outs; i++) {
        if (op->out[i].type.kind == MIL_TENSOR && op->out[i].type.dtype == MIL_FP32) {
            mil_rule_breaks(c, "%s is fp32", op->out[i].name);
        }
    }
}

/* --- casts --- */

static mil_dtype cast_to(const mil_rule_case *c) {
    const char *name = rule_string(c->in, "dtype");
    return name ? mil_dtype_named(name, strlen(name)) : MIL_NONE;
}

void mil_rule_cast_int32(mil_rule_case *c) {
    mil_dtype from = rule_operand(c->in, "x")->type->dtype, to = cast_to(c);
    if (from == MIL_INT32 || to == MIL_INT32) {
        mil_rule_breaks(c, "a cast from %s to %s", mil_dtype_name(from), mil_dtype_name(to));
    }
}

static bool is_partner(mil_dtype t) {
    return t == MIL_FP32 || t == MIL_BOOL || t == MIL_INT8 || t == MIL_UINT8 || t == MIL_INT16 ||
           t == MIL_FP16;
}

void mil_rule_cast_unproven(mil_rule_case *c) {
    mil_dtype from = rule_operand(c->in, "x")->type->dtype, to = cast_to(c);
    bool known = from == MIL_INT32 || to == MIL_INT32 || to == MIL_NONE; /* another rule's */
    bool proven = (from == MIL_FP16 && is_partner(to)) || (to == MIL_FP16 && is_partner(from));
    if (!known && !proven) {
        mil_rule_breaks(c, "a cast from %s to %s", mil_dtype_name(from), mil_dtype_name(to));
    }
}

/* --- tile, gather, topk, norms --- */

void mil_rule_tile_runtime(mil_rule_case *c) {
    if (!rule_operand(c->in, "x")->constant) {
        mil_rule_breaks(c, "x is computed");
    }
}

void mil_rule_gather_computed(mil_rule_case *c) {
    if (!rule_operand(c->in, "indices")->constant) {
        mil_rule_breaks(c, "the indices are computed");
    }
}

void mil_rule_gather_m1(mil_rule_case *c) {
    const mil_type *x = rule_operand(c->in, "x")->type, *i = rule_operand(c->in, "indices")->type;
    mil_rule_extent data = mil_rule_extents(x), index = mil_rule_extents(i);
    if (x->rank >= 4 && (data.n > 1 || data.d > 1)) {
        mil_rule_breaks(c, "x has a batch of %lld and a depth of %lld, at most 1 and 1",
                        (long long)data.n, (long long)data.d);
    } else if (i->rank >= 3 && index.c > 3) {
        mil_rule_breaks(c, "indices of %lld channels, at most 3", (long long)index.c);
    }
}

void mil_rule_topk_k(mil_rule_case *c) {
    int64_t k = mil_rule_number(c, "k", 0, 1);
    if (k == 3 || k == 4) {
        mil_rule_breaks(c, "k is %lld", (long long)k);
    }
}

void mil_rule_response_size(mil_rule_case *c) {
    enum { LARGEST = 15 };
    int64_t size = mil_rule_number(c, "size", 0, 1);
    if (size > LARGEST) {
        mil_rule_breaks(c, "a size of %lld, at most %d", (long long)size, LARGEST);
    }
}

void mil_rule_gelu_m1(mil_rule_case *c) {
    mil_rule_breaks(c, "about 0.08 of relative error");
}

/* --- slices with an offset on the last axis --- */

static const mil_value *value_of(const mil_rule_case *c, const mil_op *op, const char *arg) {
    const mil_arg *a = mil_find_arg(op, arg);
    if (!a || a->kind != MIL_REF) {
        return a && a->kind == MIL_LITERAL ? a->literal : NULL;
    }
    const mil_op *maker = mil_rule_maker_of(c, a->ref);
    return maker ? mil_find_value(maker, "val") : NULL;
}

/* where a slice begins on its last axis; 0 if it is not known or not an offset */
static double last_offset(const mil_rule_case *c, const mil_op *op) {
    if (!mil_rule_named(op, "slice_by_size slice_by_index")) {
        return 0;
    }
    const mil_value *begin = value_of(c, op, "begin"), *mask = value_of(c, op, "begin_mask");
    if (!is_numbers(begin)) {
        return 0;
    }
    size_t last = begin->count - 1;
    bool ignored = is_numbers(mask) && mask->count > last && mask->numbers[last] != 0;
    return ignored ? 0 : begin->numbers[last];
}

static bool splits_last_axis(const mil_rule_case *c) {
    int rank = rule_operand(c->in, "x")->type->rank;
    int64_t axis = mil_rule_number(c, "axis", 0, 0);
    return c->in->op->outs > 1 && (axis == -1 || axis == rank - 1);
}

void mil_rule_last_axis_slice(mil_rule_case *c) {
    if (strcmp(c->in->op->op, "split") == 0) {
        if (splits_last_axis(c)) {
            mil_rule_breaks(c, "the last axis is split");
        }
        return;
    }
    double offset = last_offset(c, c->in->op);
    if (offset != 0) {
        mil_rule_breaks(c, "an offset of %.0f on the last axis", offset);
    }
}

void mil_rule_concat_of_slices(mil_rule_case *c) {
    const mil_arg *values = mil_find_arg(c->in->op, "values");
    for (int i = 0; values && i < values->parts; i++) {
        const mil_arg *part = &values->part[i];
        const mil_op *maker = part->kind == MIL_REF ? mil_rule_maker_of(c, part->ref) : NULL;
        if (maker && last_offset(c, maker) != 0) {
            mil_rule_breaks(c, "%s is a slice with an offset on its last axis", part->ref);
            return;
        }
    }
}

/* --- constants --- */

void mil_rule_infinite_constant(mil_rule_case *c) {
    const double beyond = 65520; /* what fp16 rounds to infinity */
    for (size_t i = 0; i < c->in->operands.len; i++) {
        const mil_operand *o = &c->in->operands.at[i];
        const mil_value *v = o->value;
        bool numbers = v && v->kind == MIL_NUMBERS && mil_is_float(v->type.dtype);
        for (size_t k = 0; numbers && k < v->count; k++) {
            if (fabs(v->numbers[k]) >= beyond) {
                mil_rule_breaks(c, "%s holds %g", o->param->name, v->numbers[k]);
                break;
            }
        }
    }
}

void mil_rule_tiny_operand(mil_rule_case *c) {
    const double vanishes = 0x1p-16; /* beside operands below 1 */
    for (size_t i = 0; i < c->in->operands.len; i++) {
        const mil_operand *o = &c->in->operands.at[i];
        const mil_value *v = o->value;
        bool wanted = mil_is_float(o->type->dtype) && is_numbers(v);
        double largest = 0;
        for (size_t k = 0; wanted && k < v->count; k++) {
            largest = fmax(largest, fabs(v->numbers[k]));
        }
        if (largest > 0 && largest < vanishes) {
            mil_rule_breaks(c, "%s holds at most %g", o->param->name, largest);
        }
    }
}

void mil_rule_trigonometry(mil_rule_case *c) {
    mil_rule_breaks(c, "%s is off by up to 0.12 in places", c->in->op->op);
}

void mil_rule_epsilon_zero(mil_rule_case *c) {
    const double rounds_to_zero = 0x1p-25;
    const mil_operand *o = rule_operand(c->in, "epsilon");
    const mil_value *v = o ? o->value : NULL;
    if (v && v->kind == MIL_NUMBERS && v->count == 1 && v->numbers[0] > 0 &&
        v->numbers[0] <= rounds_to_zero) {
        mil_rule_breaks(c, "epsilon is %g", v->numbers[0]);
    }
}

/* --- inputs --- */

void mil_rule_moved_input(mil_rule_case *c) {
    static const char *const names[] = {"x", "values"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const mil_arg *arg = mil_find_arg(c->in->op, names[i]);
        bool is_input = mil_rule_is_input(c, arg);
        for (int k = 0; arg && k < arg->parts; k++) {
            is_input = is_input || mil_rule_is_input(c, &arg->part[k]);
        }
        if (is_input) {
            mil_rule_breaks(c, "%s is an input of the function", names[i]);
        }
    }
}
