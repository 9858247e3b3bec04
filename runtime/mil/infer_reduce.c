/* infer_reduce.c: inference rules of reductions, and of what works along axes. */
#include "mil/infer.h"

/* one axis, if it is named, must exist */
bool infer_along_axis(mil_inference *in) {
    const mil_type *type = rule_operand(in, "x")->type;
    int axis;
    if (rule_operand(in, "axis") && !rule_constant_axis(in, "axis", 0, type->rank, &axis)) {
        return false;
    }
    return rule_give_type(in, type);
}

bool infer_along_axes(mil_inference *in) {
    const mil_type *type = rule_operand(in, "x")->type;
    bool marked[MIL_MAX_RANK];
    return rule_mark_axes(in, "axes", type->rank, marked) && rule_give_type(in, type);
}

/* x without the reduced axes, or with 1 in their place */
static bool give_reduced(mil_inference *in, mil_dtype dtype, const bool *reduced, bool keep) {
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = dtype};
    for (int i = 0; i < x.rank; i++) {
        if (!reduced[i] || keep) {
            out.dims[out.rank++] = reduced[i] ? 1 : x.dims[i];
        }
    }
    return rule_give(in, &out);
}

bool infer_reduce(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x");
    int64_t keep;
    bool reduced[MIL_MAX_RANK];
    if (!rule_scalar(in, "keep_dims", 0, &keep) || rule_constants(in, "axes").known == UNKNOWN) {
        return rule_give_unknown(in);
    }
    return rule_mark_axes(in, "axes", x.rank, reduced) && give_reduced(in, x.dtype, reduced, keep);
}

bool infer_reduce_arg(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x");
    mil_dtype dtype;
    int64_t keep;
    int axis;
    bool reduced[MIL_MAX_RANK] = {false};
    if (!rule_constant_axis(in, "axis", -1, x.rank, &axis)) {
        return false;
    }
    if (!rule_dtype(in, "output_dtype", MIL_INT32, &dtype) ||
        !rule_scalar(in, "keep_dims", 0, &keep) || axis < 0) {
        return rule_give_unknown(in);
    }
    reduced[axis] = true;
    return give_reduced(in, dtype, reduced, keep);
}
