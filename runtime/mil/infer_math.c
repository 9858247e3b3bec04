/* infer_math.c: inference rules of constants, arithmetic, products and reductions. */
#include "mil/infer.h"

#include <string.h>

bool infer_const(mil_inference *in) {
    const mil_attr *val = mil_find_attr(in->op, "val");
    if (!val) {
        return rule_error(in, "the attribute val is missing");
    }
    return val->value.typed ? rule_give_type(in, &val->value.type) : rule_give_unknown(in);
}

bool infer_same(mil_inference *in) {
    return rule_give_type(in, rule_operand(in, "x")->type);
}

bool infer_cast(mil_inference *in) {
    const char *name = rule_string(in, "dtype");
    mil_shape s = rule_operand_shape(in, "x");
    if (!name) {
        return rule_give_unknown(in);
    }
    s.dtype = mil_dtype_named(name, strlen(name));
    /* what x may be, a result may be */
    if (s.dtype == MIL_NONE || !(rule_operand(in, "x")->param->types >> s.dtype & 1)) {
        return rule_error(in, "\"%s\" is not a type that this opset can cast to", name);
    }
    return rule_give(in, &s);
}

static bool binary(mil_inference *in, mil_shape *out) {
    mil_shape x = rule_operand_shape(in, "x"), y = rule_operand_shape(in, "y");
    /* an untyped literal takes the other operand's dtype */
    const mil_value *literal = rule_operand(in, "x")->value;
    mil_dtype dtype = literal && !literal->typed ? y.dtype : x.dtype;
    bool ok = rule_broadcast(in, &x, &y, out);
    out->dtype = dtype;
    return ok;
}

bool infer_broadcast(mil_inference *in) {
    mil_shape out;
    return binary(in, &out) && rule_give(in, &out);
}

bool infer_compare(mil_inference *in) {
    mil_shape out;
    if (!binary(in, &out)) {
        return false;
    }
    out.dtype = MIL_BOOL;
    return rule_give(in, &out);
}

bool infer_select(mil_inference *in) {
    mil_shape cond = rule_operand_shape(in, "cond"), a = rule_operand_shape(in, "a"),
              b = rule_operand_shape(in, "b"), out;
    if (!rule_broadcast(in, &a, &b, &out) || !rule_broadcast(in, &out, &cond, &out)) {
        return false;
    }
    return rule_give(in, &out);
}

/* --- products --- */

static bool transposed(mil_inference *in, const char *flag, mil_shape *s) {
    int64_t swap;
    if (!rule_scalar(in, flag, 0, &swap)) {
        return false;
    }
    if (swap && s->rank > 1) {
        int64_t last = s->dims[s->rank - 1];
        s->dims[s->rank - 1] = s->dims[s->rank - 2];
        s->dims[s->rank - 2] = last;
    }
    return true;
}

/* the dims before the last two */
static mil_shape batch_of(const mil_shape *s) {
    mil_shape batch = *s;
    batch.rank = s->rank > 2 ? s->rank - 2 : 0;
    return batch;
}

/* numpy's matmul: a vector is a row on the left and a column on the right, and its 1 is dropped */
bool infer_matmul(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), y = rule_operand_shape(in, "y"), out;
    if (x.rank == 0 || y.rank == 0) {
        return rule_error(in, "a scalar cannot be multiplied as a matrix; use mul");
    }
    shape_text left, right;
    rule_print_shape(&x, &left);
    rule_print_shape(&y, &right);
    if (!transposed(in, "transpose_x", &x) || !transposed(in, "transpose_y", &y)) {
        return rule_give_unknown(in);
    }
    int64_t inner_x = x.dims[x.rank - 1], inner_y = y.dims[y.rank > 1 ? y.rank - 2 : 0];
    if (inner_x != inner_y && inner_x >= 0 && inner_y >= 0) {
        return rule_error(in, "the inner dimensions %lld and %lld of x %s and y %s differ",
                          (long long)inner_x, (long long)inner_y, left.at, right.at);
    }
    mil_shape batch_x = batch_of(&x), batch_y = batch_of(&y);
    if (!rule_broadcast(in, &batch_x, &batch_y, &out) ||
        (x.rank > 1 && !rule_add_dim(in, &out, x.dims[x.rank - 2])) ||
        (y.rank > 1 && !rule_add_dim(in, &out, y.dims[y.rank - 1]))) {
        return false;
    }
    return rule_give(in, &out);
}

/* --- reductions --- */

bool infer_along_axis(mil_inference *in) {
    const mil_type *type = rule_operand(in, "x")->type;
    constants axis = rule_constants(in, "axis");
    int resolved;
    if (axis.known == KNOWN && axis.count == 1 &&
        !rule_axis(in, axis.at[0], type->rank, &resolved)) {
        return false;
    }
    return rule_give_type(in, type);
}

/* marks the named axes, all of them if `axes` is absent */
static bool mark_axes(mil_inference *in, const constants *axes, int rank, bool *marked) {
    for (int i = 0; i < rank; i++) {
        marked[i] = axes->known == ABSENT;
    }
    for (size_t i = 0; i < axes->count; i++) {
        int axis;
        if (!rule_axis(in, axes->at[i], rank, &axis)) {
            return false;
        }
        if (marked[axis]) {
            return rule_error(in, "axis %d is named twice", axis);
        }
        marked[axis] = true;
    }
    return true;
}

bool infer_reduce(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = x.dtype};
    constants axes = rule_constants(in, "axes");
    int64_t keep;
    bool reduced[MIL_MAX_RANK];
    if (!rule_scalar(in, "keep_dims", 0, &keep) || axes.known == UNKNOWN) {
        return rule_give_unknown(in);
    }
    if (!mark_axes(in, &axes, x.rank, reduced)) {
        return false;
    }
    for (int i = 0; i < x.rank; i++) {
        if (!reduced[i] || keep) {
            out.dims[out.rank++] = reduced[i] ? 1 : x.dims[i];
        }
    }
    return rule_give(in, &out);
}
