/* infer_sort.c: inference rules of sorting and searching. */
#include "mil/infer.h"

/* values and their indices along the axis, k of them */
bool infer_topk(mil_inference *in) {
    mil_shape out = rule_operand_shape(in, "x");
    mil_dtype dtype;
    int64_t k, both;
    int axis;
    if (!rule_constant_axis(in, "axis", -1, out.rank, &axis)) {
        return false;
    }
    bool is_known = rule_scalar(in, "k", 1, &k);
    if (!rule_dtype(in, "output_indices_dtype", MIL_INT32, &dtype) ||
        !rule_scalar(in, "return_indices", 1, &both) || axis < 0) {
        return rule_give_unknown(in);
    }
    int64_t *dim = &out.dims[axis];
    if (is_known && (k < -1 || (*dim >= 0 && k > *dim))) {
        return rule_error(in, "the %lld largest of %lld", (long long)k, (long long)*dim);
    }
    *dim = !is_known ? MIL_ANY_DIM : k == -1 ? *dim : k;
    rule_give(in, &out);
    out.dtype = dtype;
    return !both || rule_give(in, &out);
}

bool infer_argsort(mil_inference *in) {
    mil_shape out = rule_operand_shape(in, "x");
    int axis;
    if (!rule_constant_axis(in, "axis", -1, out.rank, &axis)) {
        return false;
    }
    out.dtype = MIL_INT32;
    return rule_give(in, &out);
}

/* as many rows as there are numbers other than 0 */
bool infer_non_zero(mil_inference *in) {
    mil_shape out = {
        .dtype = MIL_INT32, .rank = 2, .dims = {MIL_ANY_DIM, rule_operand(in, "x")->type->rank}};
    return rule_give(in, &out);
}

/* --- boxes --- */

/* boxes and scores with `most` boxes on `axis`, and the indices of the boxes */
static bool give_boxes(mil_inference *in, int axis) {
    int64_t corners[] = {MIL_ANY_DIM, MIL_ANY_DIM, MIL_ANY_DIM};
    corners[3 - axis] = 4;
    mil_shape boxes = rule_operand_shape(in, "boxes"), scores = rule_operand_shape(in, "scores");
    int64_t most;
    if (!rule_want_shape(in, "boxes", 3, corners) || !rule_want_rank(in, "scores", 3, 3) ||
        !rule_want_scalar(in, "max_boxes", 0, 0, &most)) {
        return false;
    }
    if (!rule_same_dim(boxes.dims[0], scores.dims[0]) ||
        !rule_same_dim(boxes.dims[axis], scores.dims[axis])) {
        shape_text left, right;
        return rule_error(in, "boxes of shape %s and scores of shape %s",
                          rule_print_shape(&boxes, &left), rule_print_shape(&scores, &right));
    }
    boxes.dims[axis] = most;
    scores.dims[axis] = most;
    mil_shape chosen = {.dtype = MIL_INT32, .rank = 2, .dims = {boxes.dims[0], most}};
    return rule_give(in, &boxes) && rule_give(in, &scores) && rule_give(in, &chosen);
}

/* [n, box, 4]; the number of boxes that were found is the last result */
bool infer_suppression(mil_inference *in) {
    mil_shape found = {
        .dtype = MIL_INT32, .rank = 1, .dims = {rule_operand_shape(in, "boxes").dims[0]}};
    return give_boxes(in, 1) && rule_give(in, &found);
}

/* [n, 4, box] from ios17 on, and no number */
bool infer_suppression_last(mil_inference *in) {
    return give_boxes(in, 2);
}
