/* infer_gather.c: inference rules of gathering and scattering. */
#include "mil/infer.h"

/* x.shape[:axis] + indices.shape[batch_dims:] + x.shape[axis+1:] */
bool infer_gather(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), indices = rule_operand_shape(in, "indices");
    mil_shape out = {.dtype = x.dtype};
    int64_t axis_value, batch;
    int axis;
    if (!rule_scalar(in, "axis", 0, &axis_value) || !rule_scalar(in, "batch_dims", 0, &batch)) {
        return rule_give_unknown(in);
    }
    if (!rule_axis(in, (double)axis_value, x.rank, &axis)) {
        return false;
    }
    if (batch < 0 || batch > axis || batch > indices.rank) {
        return rule_error(in, "batch_dims %lld does not fit axis %d and indices of rank %d",
                          (long long)batch, axis, indices.rank);
    }
    bool ok = true;
    for (int i = 0; i < axis; i++) {
        ok = ok && rule_add_dim(in, &out, x.dims[i]);
    }
    for (int i = (int)batch; i < indices.rank; i++) {
        ok = ok && rule_add_dim(in, &out, indices.dims[i]);
    }
    for (int i = axis + 1; i < x.rank; i++) {
        ok = ok && rule_add_dim(in, &out, x.dims[i]);
    }
    return ok && rule_give(in, &out);
}

/* indices of x's rank: numpy's take_along_axis */
bool infer_gather_along_axis(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = rule_operand_shape(in, "indices");
    int axis;
    if (!rule_constant_axis(in, "axis", 0, x.rank, &axis)) {
        return false;
    }
    bool fits = out.rank == x.rank;
    for (int i = 0; fits && axis >= 0 && i < x.rank; i++) {
        fits = i == axis || rule_same_dim(out.dims[i], x.dims[i]);
    }
    shape_text from, to;
    if (!fits) {
        return rule_error(in, "indices of shape %s do not lie along an axis of %s",
                          rule_print_shape(&out, &to), rule_print_shape(&x, &from));
    }
    out.dtype = x.dtype;
    return rule_give(in, &out);
}

/* indices.shape[:-1] + x.shape[batch + depth:], where depth is the last dim of indices; `depth` is
 * MIL_ANY_DIM if it is not known */
static bool nd_shape(mil_inference *in, const mil_shape *x, const mil_shape *indices, int64_t batch,
                     mil_shape *out) {
    int64_t depth = indices->rank ? indices->dims[indices->rank - 1] : 0;
    *out = (mil_shape){.dtype = x->dtype};
    if (depth < 0) {
        out->rank = -1;
        return true;
    }
    if (indices->rank < 1 || batch < 0 || batch >= indices->rank || depth > x->rank - batch) {
        return rule_error(in, "%lld indices each do not fit rank %d behind %lld batch dimensions",
                          (long long)depth, x->rank, (long long)batch);
    }
    bool ok = true;
    for (int i = 0; i < indices->rank - 1; i++) {
        ok = ok && rule_add_dim(in, out, indices->dims[i]);
    }
    for (int i = (int)(batch + depth); i < x->rank; i++) {
        ok = ok && rule_add_dim(in, out, x->dims[i]);
    }
    return ok;
}

bool infer_gather_nd(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), indices = rule_operand_shape(in, "indices"), out;
    int64_t batch;
    if (!rule_scalar(in, "batch_dims", 0, &batch)) {
        return rule_give_unknown(in);
    }
    return nd_shape(in, &x, &indices, batch, &out) && rule_give(in, &out);
}

/* --- scattering: the result is of the type of data --- */

static bool give_data(mil_inference *in) {
    return rule_give_type(in, rule_operand(in, "data")->type);
}

/* updates: data.shape[:axis] + indices.shape + data.shape[axis+1:] */
bool infer_scatter(mil_inference *in) {
    mil_shape data = rule_operand_shape(in, "data"), indices = rule_operand_shape(in, "indices");
    int axis;
    if (!rule_constant_axis(in, "axis", 0, data.rank, &axis)) {
        return false;
    }
    mil_shape updates = {.dtype = data.dtype};
    bool ok = true;
    for (int i = 0; axis >= 0 && i < data.rank; i++) {
        for (int k = 0; i == axis && k < indices.rank; k++) {
            ok = ok && rule_add_dim(in, &updates, indices.dims[k]);
        }
        ok = ok && (i == axis || rule_add_dim(in, &updates, data.dims[i]));
    }
    return ok && (axis < 0 || rule_want_shape(in, "updates", updates.rank, updates.dims)) &&
           give_data(in);
}

bool infer_scatter_along_axis(mil_inference *in) {
    mil_shape data = rule_operand_shape(in, "data"), indices = rule_operand_shape(in, "indices");
    int axis;
    return rule_constant_axis(in, "axis", 0, data.rank, &axis) &&
           rule_want_rank(in, "indices", data.rank, data.rank) &&
           rule_want_shape(in, "updates", indices.rank, indices.dims) && give_data(in);
}

bool infer_scatter_nd(mil_inference *in) {
    mil_shape data = rule_operand_shape(in, "data"), indices = rule_operand_shape(in, "indices");
    mil_shape updates;
    return nd_shape(in, &data, &indices, 0, &updates) &&
           (updates.rank < 0 || rule_want_shape(in, "updates", updates.rank, updates.dims)) &&
           give_data(in);
}
