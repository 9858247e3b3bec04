/* infer_shape.c: inference rules of the ops that give the same elements another shape. */
#include "mil/infer.h"

/* the dims that `shape` asks for; *free_axis is that of -1, or -1 */
static bool wanted_dims(mil_inference *in, const mil_shape *x, const constants *shape,
                        mil_shape *out, int *free_axis) {
    *free_axis = -1;
    for (size_t i = 0; i < shape->count; i++) {
        double dim = shape->at[i];
        bool copy = dim == 0;
        if (dim < -1 || (copy && i >= (size_t)x->rank)) {
            return rule_error(in, "shape cannot have %g at position %zu", dim, i);
        }
        if (dim == -1 && *free_axis >= 0) {
            return rule_error(in, "shape has more than one -1");
        }
        if (dim == -1) {
            *free_axis = (int)i;
        }
        if (!rule_add_dim(in, out, copy ? x->dims[i] : (int64_t)dim)) {
            return false;
        }
    }
    return true;
}

bool infer_reshape(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = x.dtype};
    constants shape = rule_constants(in, "shape");
    if (shape.known != KNOWN) {
        int64_t rank = rule_length(in, "shape");
        out = rule_unknown_dims(x.dtype, rank >= 0 && rank <= MIL_MAX_RANK ? (int)rank : -1);
        return rule_give(in, &out);
    }
    int free_axis;
    if (!wanted_dims(in, &x, &shape, &out, &free_axis)) {
        return false;
    }
    int64_t have = rule_shape_elements(&x);
    mil_shape rest = out;
    if (free_axis >= 0) {
        rest.dims[free_axis] = 1;
    }
    int64_t want = rule_shape_elements(&rest);
    bool fits = have < 0 || want < 0 || (free_axis < 0 ? have == want : want && have % want == 0);
    shape_text from, to;
    if (!fits) {
        return rule_error(in, "%s has %lld elements and cannot become %s",
                          rule_print_shape(&x, &from), (long long)have,
                          rule_print_shape(&out, &to));
    }
    if (free_axis >= 0) {
        out.dims[free_axis] = have < 0 || want < 0 ? MIL_ANY_DIM : have / want;
    }
    return rule_give(in, &out);
}

bool infer_transpose(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = x;
    constants perm = rule_constants(in, "perm");
    if (!rule_want_length(in, "perm", x.rank)) {
        return false;
    }
    if (perm.known != KNOWN || perm.count != (size_t)x.rank) {
        out = rule_unknown_dims(x.dtype, x.rank);
        return rule_give(in, &out);
    }
    bool used[MIL_MAX_RANK] = {false};
    for (int i = 0; i < x.rank; i++) {
        int axis;
        if (!rule_axis(in, perm.at[i], x.rank, &axis)) {
            return false;
        }
        if (used[axis]) {
            return rule_error(in, "perm names axis %d twice", axis);
        }
        used[axis] = true;
        out.dims[i] = x.dims[axis];
    }
    return rule_give(in, &out);
}

bool infer_expand_dims(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = x.dtype};
    constants axes = rule_constants(in, "axes");
    if (axes.known != KNOWN) {
        return rule_give_unknown(in);
    }
    bool is_new[MIL_MAX_RANK] = {false};
    size_t rank = (size_t)x.rank + axes.count;
    if (rank > MIL_MAX_RANK) {
        return rule_error(in, "the result's rank would exceed %d", MIL_MAX_RANK);
    }
    for (size_t i = 0; i < axes.count; i++) {
        int axis;
        if (!rule_axis(in, axes.at[i], (int)rank, &axis)) {
            return false;
        }
        if (is_new[axis]) {
            return rule_error(in, "axis %d is named twice", axis);
        }
        is_new[axis] = true;
    }
    for (int i = 0, from = 0; i < (int)rank; i++) {
        out.dims[out.rank++] = is_new[i] ? 1 : x.dims[from++];
    }
    return rule_give(in, &out);
}

/* the axes of size 1, or those of them that are named; a dim that is not known may be 1 or stay */
bool infer_squeeze(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = x.dtype};
    constants axes = rule_constants(in, "axes");
    bool named[MIL_MAX_RANK] = {false}, open = axes.known == UNKNOWN;
    for (size_t i = 0; i < axes.count; i++) {
        int axis;
        if (!rule_axis(in, axes.at[i], x.rank, &axis)) {
            return false;
        }
        named[axis] = true;
    }
    for (int i = 0; i < x.rank; i++) {
        bool meant = axes.known == ABSENT || named[i];
        open = open || (meant && x.dims[i] < 0);
        if (!meant || x.dims[i] != 1) {
            out.dims[out.rank++] = x.dims[i];
        }
    }
    out.rank = open ? -1 : out.rank;
    return rule_give(in, &out);
}

/* [product of the dims before axis, product of the others] */
bool infer_flatten2d(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = x.dtype, .rank = 2, .dims = {1, 1}};
    int64_t axis;
    if (!rule_scalar(in, "axis", 1, &axis)) {
        out = rule_unknown_dims(x.dtype, 2);
        return rule_give(in, &out);
    }
    axis += axis < 0 ? x.rank : 0;
    if (axis < 0 || axis > x.rank) {
        return rule_error(in, "axis %lld does not exist in rank %d", (long long)axis, x.rank);
    }
    for (int i = 0; i < x.rank; i++) {
        if (!rule_multiply_dims(in, out.dims[i >= axis], x.dims[i], &out.dims[i >= axis])) {
            return false;
        }
    }
    return rule_give(in, &out);
}

bool infer_shape_of(mil_inference *in) {
    mil_shape out = {.dtype = MIL_INT32, .rank = 1, .dims = {rule_operand(in, "x")->type->rank}};
    return rule_give(in, &out);
}

/* --- reshape_like --- */

typedef struct references { /* tuples of the same length */
    const mil_operand *tensors, *begins, *ends, *masks;
    size_t count;
} references;

static bool number_of(const mil_operand *o, int64_t *x) {
    bool known = o->value && o->value->kind == MIL_NUMBERS && o->value->count == 1;
    *x = known ? (int64_t)o->value->numbers[0] : 0;
    return known;
}

/* appends the dims begin .. end of the i-th reference; false with *known = false if the bounds are
 * not known */
static bool add_reference(mil_inference *in, const references *r, size_t i, mil_shape *out,
                          bool *known) {
    mil_shape ref = rule_shape_of(&r->tensors[i]);
    int64_t begin = 0, end = 0, masked = 0;
    *known = number_of(&r->begins[i], &begin) && number_of(&r->ends[i], &end) &&
             number_of(&r->masks[i], &masked);
    if (!*known) {
        return false;
    }
    begin += begin < 0 ? ref.rank : 0;
    end = masked ? ref.rank : end + (end < 0 ? ref.rank : 0);
    if (begin < 0 || end > ref.rank || begin > end) {
        return rule_error(in, "reference %zu has no dimensions from %lld to %lld", i + 1,
                          (long long)begin, (long long)end);
    }
    for (int64_t k = begin; k < end; k++) {
        if (!rule_add_dim(in, out, ref.dims[k])) {
            return false;
        }
    }
    return true;
}

bool infer_reshape_like(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = x.dtype};
    references r = {rule_operand(in, "ref_tensors"), rule_operand(in, "begins"),
                    rule_operand(in, "ends"), rule_operand(in, "end_masks"),
                    rule_operand_count(in, "ref_tensors")};
    if (rule_operand_count(in, "begins") != r.count || rule_operand_count(in, "ends") != r.count ||
        rule_operand_count(in, "end_masks") != r.count) {
        return rule_error(in, "begins, ends and end_masks must be as many as ref_tensors");
    }
    for (size_t i = 0; i < r.count; i++) {
        bool known;
        if (!add_reference(in, &r, i, &out, &known)) {
            return !known && rule_give_unknown(in);
        }
    }
    int64_t has = rule_shape_elements(&x), wants = rule_shape_elements(&out);
    shape_text from, to;
    return rule_same_dim(has, wants)
               ? rule_give(in, &out)
               : rule_error(in, "%s cannot become %s", rule_print_shape(&x, &from),
                            rule_print_shape(&out, &to));
}
