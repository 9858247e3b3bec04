/* infer_shape.c: inference rules of the ops that move, cut and join, of state and of control flow.
 */
#include "mil/infer.h"

#include <string.h>

static mil_shape unknown_dims(mil_dtype dtype, int rank) {
    mil_shape s = {.dtype = dtype, .rank = rank};
    for (int i = 0; i < rank; i++) {
        s.dims[i] = MIL_ANY_DIM;
    }
    return s;
}

/* how many numbers an operand holds; -1 if that is dynamic */
static int64_t vector_length(const mil_inference *in, const char *name) {
    constants c = rule_constants(in, name);
    return c.known == KNOWN ? (int64_t)c.count : mil_elements(rule_operand(in, name)->type);
}

/* one number per axis, if the operand is there */
static bool want_length(mil_inference *in, const char *name, int64_t length) {
    int64_t has = rule_operand(in, name) ? vector_length(in, name) : length;
    return has == length || has < 0 ||
           rule_error(in, "%s has %lld elements, expected %lld", name, (long long)has,
                      (long long)length);
}

/* --- the same elements in another shape --- */

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
        int64_t rank = vector_length(in, "shape");
        out = unknown_dims(x.dtype, rank >= 0 && rank <= MIL_MAX_RANK ? (int)rank : -1);
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
    if (!want_length(in, "perm", x.rank)) {
        return false;
    }
    if (perm.known != KNOWN || perm.count != (size_t)x.rank) {
        out = unknown_dims(x.dtype, x.rank);
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

bool infer_squeeze(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = x.dtype};
    constants axes = rule_constants(in, "axes");
    if (axes.known == UNKNOWN) {
        return rule_give_unknown(in);
    }
    bool drop[MIL_MAX_RANK] = {false};
    for (int i = 0; i < x.rank; i++) {
        drop[i] = axes.known == ABSENT && x.dims[i] == 1;
    }
    for (size_t i = 0; i < axes.count; i++) {
        int axis;
        if (!rule_axis(in, axes.at[i], x.rank, &axis)) {
            return false;
        }
        drop[axis] = x.dims[axis] == 1 || x.dims[axis] < 0; /* others are left alone */
    }
    for (int i = 0; i < x.rank; i++) {
        if (!drop[i]) {
            out.dims[out.rank++] = x.dims[i];
        }
    }
    return rule_give(in, &out);
}

/* --- cutting --- */

static int64_t clamp(double x, double low, double high) {
    return (int64_t)(x < low ? low : x > high ? high : x);
}

/* the number of elements of numpy's x[begin:end:stride], masks applied */
static int64_t slice_length(int64_t dim, const double *begin, const double *end, double stride) {
    double size = (double)dim;
    double low = stride > 0 ? 0 : -1, high = stride > 0 ? size : size - 1;
    double first = begin ? *begin + (*begin < 0 ? size : 0) : stride > 0 ? 0 : size - 1;
    double last = end ? *end + (*end < 0 ? size : 0) : stride > 0 ? size : -1;
    int64_t from = clamp(first, low, high), to = clamp(last, low, high);
    int64_t step = (int64_t)(stride > 0 ? stride : -stride);
    int64_t span = stride > 0 ? to - from : from - to;
    int64_t n = span <= 0 ? 0 : (span - 1) / step + 1;
    return n == 0 && dim == 1 ? 1 : n; /* a single element stays, whatever the bounds say */
}

static bool masked(const constants *mask, int axis) {
    return mask->known == KNOWN && (size_t)axis < mask->count && mask->at[axis] != 0;
}

bool infer_slice_by_index(mil_inference *in) {
    static const char *const vectors[] = {"begin",      "end",      "stride",
                                          "begin_mask", "end_mask", "squeeze_mask"};
    enum { BEGIN, END, STRIDE, BEGIN_MASK, END_MASK, SQUEEZE_MASK, VECTORS };
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = x.dtype};
    constants v[VECTORS];
    for (int i = 0; i < VECTORS; i++) {
        v[i] = rule_constants(in, vectors[i]);
        if (!want_length(in, vectors[i], x.rank)) {
            return false;
        }
        if (i >= STRIDE && v[i].known == UNKNOWN) {
            return rule_give_unknown(in);
        }
    }
    for (int i = 0; i < x.rank; i++) {
        double stride = v[STRIDE].known == KNOWN ? v[STRIDE].at[i] : 1;
        bool open_begin = masked(&v[BEGIN_MASK], i), open_end = masked(&v[END_MASK], i);
        bool known = (open_begin || v[BEGIN].known == KNOWN) &&
                     (open_end || v[END].known == KNOWN) && x.dims[i] >= 0;
        if (stride == 0) {
            return rule_error(in, "stride is 0 on axis %d", i);
        }
        if (!masked(&v[SQUEEZE_MASK], i)) {
            out.dims[out.rank++] =
                known ? slice_length(x.dims[i], open_begin ? NULL : &v[BEGIN].at[i],
                                     open_end ? NULL : &v[END].at[i], stride)
                      : MIL_ANY_DIM;
        }
    }
    return rule_give(in, &out);
}

/* one axis of slice_by_size; `begin` is NULL when not known */
static bool sized_dim(mil_inference *in, int64_t dim, const double *begin, double size,
                      int64_t *out) {
    bool whole_rest = size == -1;
    double first = begin ? *begin : 0;
    *out = whole_rest ? MIL_ANY_DIM : (int64_t)size;
    if (size < -1 || first < 0 ||
        (dim >= 0 && (first > (double)dim || first + (whole_rest ? 0 : size) > (double)dim))) {
        return rule_error(in, "begin %g and size %g leave an axis of %lld", first, size,
                          (long long)dim);
    }
    if (whole_rest && begin && dim >= 0) {
        *out = dim - (int64_t)first;
    }
    return true;
}

bool infer_slice_by_size(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = unknown_dims(x.dtype, x.rank);
    constants begin = rule_constants(in, "begin"), size = rule_constants(in, "size");
    if (!want_length(in, "begin", x.rank) || !want_length(in, "size", x.rank)) {
        return false;
    }
    for (int i = 0; i < x.rank && size.known == KNOWN; i++) {
        const double *first = begin.known == KNOWN ? &begin.at[i] : NULL;
        if (!sized_dim(in, x.dims[i], first, size.at[i], &out.dims[i])) {
            return false;
        }
    }
    return rule_give(in, &out);
}

static bool split_count(mil_inference *in, int64_t dim, const constants *sizes, int64_t *count) {
    int64_t equal;
    if (!rule_scalar(in, "num_splits", 0, &equal)) {
        return rule_give_unknown(in);
    }
    double sum = 0;
    for (size_t i = 0; i < sizes->count; i++) {
        sum += sizes->at[i];
        if (sizes->at[i] < 0) {
            return rule_error(in, "split_sizes has the negative size %g", sizes->at[i]);
        }
    }
    *count = sizes->known == KNOWN ? (int64_t)sizes->count : equal;
    if (*count < 1 || (equal && equal != *count)) {
        return rule_error(in, "num_splits and split_sizes do not say into how many parts");
    }
    if (dim >= 0 && (sizes->known == KNOWN ? sum != (double)dim : dim % *count != 0)) {
        return rule_error(in, "an axis of %lld does not fall into these parts", (long long)dim);
    }
    return true;
}

bool infer_split(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x");
    constants axes = rule_constants(in, "axis"), sizes = rule_constants(in, "split_sizes");
    int axis;
    int64_t count = 0;
    if (axes.known != KNOWN || axes.count != 1 || sizes.known == UNKNOWN) {
        return rule_give_unknown(in);
    }
    if (!rule_axis(in, axes.at[0], x.rank, &axis) ||
        !split_count(in, x.dims[axis], &sizes, &count)) {
        return false;
    }
    if (count != in->op->outs) {
        return rule_error(in, "%d results are declared for %lld parts", in->op->outs,
                          (long long)count);
    }
    for (int64_t i = 0; i < count; i++) {
        mil_shape part = x;
        part.dims[axis] = sizes.known == KNOWN ? (int64_t)sizes.at[i]
                          : x.dims[axis] < 0   ? MIL_ANY_DIM
                                               : x.dims[axis] / count;
        rule_give(in, &part);
    }
    return true;
}

/* --- joining --- */

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
    return rule_axis(in, axes.at[0], out.rank, &axis) && join_all(in, axis, true, &out) &&
           rule_give(in, &out);
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
    mil_shape x = rule_operand_shape(in, "x"), out = unknown_dims(x.dtype, x.rank);
    constants reps = rule_constants(in, "reps");
    if (!want_length(in, "reps", x.rank)) {
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

/* --- state and control flow --- */

bool infer_read_state(mil_inference *in) {
    return rule_give_type(in, &rule_operand(in, "input")->type->part[0]);
}

bool infer_write_state(mil_inference *in) {
    if (!mil_types_agree(&rule_operand(in, "input")->type->part[0],
                         rule_operand(in, "data")->type)) {
        return rule_error(in, "data is not of the state's type");
    }
    return true;
}

/* loop variables go in and come out; both blocks take them, the body returns them */
bool infer_while_loop(mil_inference *in) {
    const mil_block *condition = &in->op->block[0], *body = &in->op->block[1];
    int count = (int)in->operands.len;
    if (condition->params != count || body->params != count || body->results != count ||
        condition->results != 1) {
        return rule_error(in,
                          "%d loop variables need blocks with as many parameters, a condition with "
                          "one result and a body with as many results",
                          count);
    }
    for (int i = 0; i < count; i++) {
        const mil_type *type = in->operands.at[i].type;
        if (!mil_types_agree(type, &condition->param[i].type) ||
            !mil_types_agree(type, &body->param[i].type)) {
            return rule_error(in, "loop variable %d is not of the type of the blocks' parameter",
                              i + 1);
        }
        rule_give_type(in, type);
    }
    return true;
}

bool infer_cond(mil_inference *in) {
    const mil_block *yes = &in->op->block[0], *no = &in->op->block[1];
    if (yes->results != in->op->outs || no->results != in->op->outs || yes->params || no->params) {
        return rule_error(in, "both blocks must take nothing and return %d values", in->op->outs);
    }
    return rule_give_unknown(in);
}
