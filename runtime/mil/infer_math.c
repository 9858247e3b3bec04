/* infer_math.c: inference rules of constants, arithmetic, products and reductions. */
#include "mil/infer.h"

#include <string.h>

bool infer_const(mil_inference *in) {
    const mil_attr *val = mil_find_attr(in->op, "val");
    if (!val) {
        return rule_error(in, "the attribute val is missing");
    }
    return val->value.typed ? give_type(in, &val->value.type) : give_unknown(in);
}

bool infer_same(mil_inference *in) {
    return give_type(in, operand(in, "x")->type);
}

bool infer_cast(mil_inference *in) {
    const char *name = string_constant(in, "dtype");
    mil_shape s = operand_shape(in, "x");
    if (!name) {
        return give_unknown(in);
    }
    s.dtype = mil_dtype_named(name, strlen(name));
    /* what x may be, a result may be */
    if (s.dtype == MIL_NONE || !(operand(in, "x")->param->types >> s.dtype & 1)) {
        return rule_error(in, "\"%s\" is not a type that this opset can cast to", name);
    }
    return give(in, &s);
}

static bool binary(mil_inference *in, mil_shape *out) {
    mil_shape x = operand_shape(in, "x"), y = operand_shape(in, "y");
    /* an untyped literal takes the other operand's dtype */
    const mil_value *literal = operand(in, "x")->value;
    mil_dtype dtype = literal && !literal->typed ? y.dtype : x.dtype;
    bool ok = broadcast_shapes(in, &x, &y, out);
    out->dtype = dtype;
    return ok;
}

bool infer_broadcast(mil_inference *in) {
    mil_shape out;
    return binary(in, &out) && give(in, &out);
}

bool infer_compare(mil_inference *in) {
    mil_shape out;
    if (!binary(in, &out)) {
        return false;
    }
    out.dtype = MIL_BOOL;
    return give(in, &out);
}

bool infer_select(mil_inference *in) {
    mil_shape cond = operand_shape(in, "cond"), a = operand_shape(in, "a"),
              b = operand_shape(in, "b"), out;
    if (!broadcast_shapes(in, &a, &b, &out) || !broadcast_shapes(in, &out, &cond, &out)) {
        return false;
    }
    return give(in, &out);
}

/* --- products --- */

static bool transposed(mil_inference *in, const char *flag, mil_shape *s) {
    int64_t swap;
    if (!scalar_constant(in, flag, 0, &swap)) {
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
    mil_shape x = operand_shape(in, "x"), y = operand_shape(in, "y"), out;
    if (x.rank == 0 || y.rank == 0) {
        return rule_error(in, "a scalar cannot be multiplied as a matrix; use mul");
    }
    shape_text left, right;
    print_shape(&x, &left);
    print_shape(&y, &right);
    if (!transposed(in, "transpose_x", &x) || !transposed(in, "transpose_y", &y)) {
        return give_unknown(in);
    }
    int64_t inner_x = x.dims[x.rank - 1], inner_y = y.dims[y.rank > 1 ? y.rank - 2 : 0];
    if (inner_x != inner_y && inner_x >= 0 && inner_y >= 0) {
        return rule_error(in, "the inner dimensions %lld and %lld of x %s and y %s differ",
                          (long long)inner_x, (long long)inner_y, left.at, right.at);
    }
    mil_shape batch_x = batch_of(&x), batch_y = batch_of(&y);
    if (!broadcast_shapes(in, &batch_x, &batch_y, &out) ||
        (x.rank > 1 && !add_dim(in, &out, x.dims[x.rank - 2])) ||
        (y.rank > 1 && !add_dim(in, &out, y.dims[y.rank - 1]))) {
        return false;
    }
    return give(in, &out);
}

/* --- reductions --- */

bool infer_along_axis(mil_inference *in) {
    const mil_type *type = operand(in, "x")->type;
    constants axis = operand_constants(in, "axis");
    int resolved;
    if (axis.known == KNOWN && axis.count == 1 &&
        !resolve_axis(in, axis.at[0], type->rank, &resolved)) {
        return false;
    }
    return give_type(in, type);
}

/* marks the named axes, all of them if `axes` is absent */
static bool mark_axes(mil_inference *in, const constants *axes, int rank, bool *marked) {
    for (int i = 0; i < rank; i++) {
        marked[i] = axes->known == ABSENT;
    }
    for (size_t i = 0; i < axes->count; i++) {
        int axis;
        if (!resolve_axis(in, axes->at[i], rank, &axis)) {
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
    mil_shape x = operand_shape(in, "x"), out = {.dtype = x.dtype};
    constants axes = operand_constants(in, "axes");
    int64_t keep;
    bool reduced[MIL_MAX_RANK];
    if (!scalar_constant(in, "keep_dims", 0, &keep) || axes.known == UNKNOWN) {
        return give_unknown(in);
    }
    if (!mark_axes(in, &axes, x.rank, reduced)) {
        return false;
    }
    for (int i = 0; i < x.rank; i++) {
        if (!reduced[i] || keep) {
            out.dims[out.rank++] = reduced[i] ? 1 : x.dims[i];
        }
    }
    return give(in, &out);
}
