/* infer_join.c: inference rules of the ops that put tensors or copies together. */
#include "mil/infer.h"

#include <string.h>

/* the dims of one more value of concat or stack; all but `axis` (-1: none) must agree */
static bool join(mil_inference *in, mil_shape *out, const mil_shape *more, int axis) {
    shape_text first, second;
    bool agree = out->rank == more->rank;
    for (int i = 0; agree && i < out->rank; i++) {
        int64_t a = out->dims[i], b = more->dims[i];
        agree = i == axis || a == b || a < 0 || b < 0;
    }
    if (!agree) {
        return rule_error(in, "values of shapes %s and %s do not join",
                          rule_print_shape(out, &first), rule_print_shape(more, &second));
    }
    for (int i = 0; i < out->rank; i++) {
        int64_t a = out->dims[i], b = more->dims[i];
        if (i != axis) {
            out->dims[i] = a < 0 ? b : a;
        } else if (a >= 0 && b > INT64_MAX - a) {
            return rule_error(in, "the result's size is beyond 64 bits");
        } else {
            out->dims[i] = a < 0 || b < 0 ? MIL_ANY_DIM : a + b;
        }
    }
    return true;
}

/* scalars are joined as if they were [1] */
static mil_shape joined_shape(const mil_operand *o, bool scalars) {
    mil_shape s = rule_shape_of(o);
    if (scalars && s.rank == 0) {
        s.dims[s.rank++] = 1;
    }
    return s;
}

static bool join_all(mil_inference *in, int axis, bool scalars, mil_shape *out) {
    bool first = true;
    mil_dtype dtype = MIL_NONE;
    for (size_t i = 0; i < in->operands.len; i++) {
        const mil_operand *o = &in->operands.at[i];
        if (strcmp(o->param->name, "values") != 0) {
            continue;
        }
        mil_shape more = joined_shape(o, scalars);
        if (!first && !join(in, out, &more, axis)) {
            return false;
        }
        *out = first ? more : *out;
        first = false;
        /* an untyped literal takes the dtype of the others */
        dtype = o->value && !o->value->typed ? dtype : o->type->dtype;
    }
    out->dtype = dtype == MIL_NONE ? out->dtype : dtype;
    return true;
}

/* values that are interleaved must be as long as each other */
static bool check_equal(mil_inference *in, int axis) {
    const mil_type *first = rule_operand(in, "values")->type;
    for (size_t i = 0; i < in->operands.len; i++) {
        const mil_operand *o = &in->operands.at[i];
        if (strcmp(o->param->name, "values") == 0 && axis < first->rank && axis < o->type->rank &&
            !rule_same_dim(o->type->dims[axis], first->dims[axis])) {
            return rule_error(in, "values of %lld and %lld rows cannot be interleaved",
                              (long long)first->dims[axis], (long long)o->type->dims[axis]);
        }
    }
    return true;
}

bool infer_concat(mil_inference *in) {
    mil_shape out = joined_shape(rule_operand(in, "values"), true);
    constants axes = rule_constants(in, "axis");
    int axis;
    if (axes.known != KNOWN || axes.count != 1) {
        return rule_give_unknown(in);
    }
    int64_t interleave;
    bool equal = rule_scalar(in, "interleave", 0, &interleave) && interleave;
    return rule_axis(in, axes.at[0], out.rank, &axis) && (!equal || check_equal(in, axis)) &&
           join_all(in, axis, true, &out) && rule_give(in, &out);
}

bool infer_stack(mil_inference *in) {
    mil_shape out = {.rank = 0};
    constants axes = rule_constants(in, "axis");
    int axis;
    if (axes.known != KNOWN || axes.count != 1) {
        return rule_give_unknown(in);
    }
    if (!join_all(in, -1, false, &out) || !rule_axis(in, axes.at[0], out.rank + 1, &axis) ||
        !rule_add_dim(in, &out, 0)) {
        return false;
    }
    memmove(&out.dims[axis + 1], &out.dims[axis],
            (size_t)(out.rank - 1 - axis) * sizeof out.dims[0]);
    out.dims[axis] = (int64_t)rule_operand_count(in, "values");
    return rule_give(in, &out);
}

bool infer_tile(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = rule_unknown_dims(x.dtype, x.rank);
    constants reps = rule_constants(in, "reps");
    if (!rule_want_length(in, "reps", x.rank)) {
        return false;
    }
    for (int i = 0; i < x.rank && reps.known == KNOWN; i++) {
        /* shipped models rely on counts below 1 meaning 1 */
        int64_t count = reps.at[i] < 1 ? 1 : (int64_t)reps.at[i];
        if (!rule_multiply_dims(in, x.dims[i], count, &out.dims[i])) {
            return false;
        }
    }
    return rule_give(in, &out);
}
