/* infer_fill.c: inference rules of the ops that make tensors out of numbers. */
#include "mil/infer.h"

#include <math.h>

/* the dtype of the first of these constants that is there and typed */
static mil_dtype dtype_of(const mil_inference *in, const char *const *names, size_t n,
                          mil_dtype fallback) {
    for (size_t i = 0; i < n; i++) {
        const mil_operand *o = rule_operand(in, names[i]);
        if (o && (!o->value || o->value->typed)) {
            return o->type->dtype;
        }
    }
    return fallback;
}

bool infer_fill(mil_inference *in) {
    static const char *const value[] = {"value"};
    mil_shape out;
    return rule_shape_from(in, "shape", dtype_of(in, value, 1, MIL_FP32), &out) &&
           rule_give(in, &out);
}

bool infer_fill_like(mil_inference *in) {
    static const char *const value[] = {"value"};
    mil_shape out = rule_operand_shape(in, "ref_tensor");
    out.dtype = dtype_of(in, value, 1, MIL_FP32);
    return rule_give(in, &out);
}

bool infer_random(mil_inference *in) {
    static const char *const settings[] = {"prob", "mean", "stddev", "low", "high"};
    mil_dtype dtype = dtype_of(in, settings, sizeof settings / sizeof *settings, MIL_FP32);
    mil_shape out;
    return rule_shape_from(in, "shape", dtype, &out) && rule_give(in, &out);
}

/* x [.., classes] gives [.., size], of its own type */
bool infer_random_categorical(mil_inference *in) {
    mil_shape out = rule_operand_shape(in, "x");
    int64_t size;
    if (!rule_want_rank(in, "x", 1, MIL_MAX_RANK) || !rule_want_scalar(in, "size", 0, 1, &size)) {
        return false;
    }
    out.dims[out.rank - 1] = size;
    return rule_give(in, &out);
}

/* a new axis among those of indices */
bool infer_one_hot(mil_inference *in) {
    static const char *const values[] = {"on_value", "off_value"};
    mil_shape indices = rule_operand_shape(in, "indices");
    mil_shape out = {.dtype = dtype_of(in, values, 2, MIL_INT32)};
    int64_t size;
    int axis;
    if (!rule_constant_axis(in, "axis", -1, indices.rank + 1, &axis) ||
        !rule_want_scalar(in, "one_hot_vector_size", 0, 0, &size)) {
        return false;
    }
    if (axis < 0) {
        return rule_give_unknown(in);
    }
    bool ok = true;
    for (int i = 0; i <= indices.rank; i++) {
        int64_t dim = i == axis ? size : indices.dims[i > axis ? i - 1 : i];
        ok = ok && rule_add_dim(in, &out, dim);
    }
    return ok && rule_give(in, &out);
}

/* start, start + step, .. below end */
bool infer_range(mil_inference *in) {
    static const char *const names[] = {"start", "end", "step"};
    mil_shape out = {.dtype = rule_operand(in, "start")->type->dtype, .rank = 1};
    double x[3];
    out.dims[0] = MIL_ANY_DIM;
    for (int i = 0; i < 3; i++) {
        constants c = rule_constants(in, names[i]);
        if (c.known != KNOWN || c.count != 1) {
            return rule_give(in, &out);
        }
        x[i] = c.at[0];
    }
    double count = ceil((x[1] - x[0]) / x[2]);
    if (!(fabs(count) < 0x1p53)) {
        return rule_error(in, "from %g to %g in steps of %g", x[0], x[1], x[2]);
    }
    out.dims[0] = count > 0 ? (int64_t)count : 0;
    return rule_give(in, &out);
}
