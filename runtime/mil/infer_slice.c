/* infer_slice.c: inference rules of the ops that cut. */
#include "mil/infer.h"

/* a bound, counted from the end if it is negative, within low .. high */
static int64_t place(const double *bound, int64_t open, int64_t dim, int64_t low, int64_t high) {
    static const double far = 0x1p62;
    double at = !bound ? 0 : *bound < -far ? -far : *bound > far ? far : *bound;
    int64_t x = !bound ? open : at < 0 ? (int64_t)at + dim : (int64_t)at;
    return x < low ? low : x > high ? high : x;
}

/* do the bounds alone say that there is nothing between them? */
static bool is_nothing(const double *begin, const double *end, bool up) {
    return begin && end &&
           (up ? *begin >= 0 && *begin >= *end && *end >= 0
               : *begin < 0 && *begin <= *end && *end < 0);
}

/* The number of elements of numpy's x[begin:end:stride]; NULL is an open bound. Of an axis of size
 * 1 coremltools keeps the one element in most cases where numpy would not. */
static int64_t slice_length(int64_t dim, const double *begin, const double *end, double stride) {
    bool up = stride > 0;
    int64_t low = up ? 0 : -1, high = up ? dim : dim - 1;
    int64_t from = place(begin, up ? low : high, dim, low, high);
    int64_t to = place(end, up ? high : low, dim, low, high);
    int64_t step = (int64_t)(up ? stride : -stride);
    int64_t span = up ? to - from : from - to;
    int64_t n = span <= 0 ? 0 : (span - 1) / step + 1;
    return n == 0 && dim == 1 && !is_nothing(begin, end, up) ? 1 : n;
}

static bool masked(const constants *mask, int axis) {
    return mask->known == KNOWN && (size_t)axis < mask->count && mask->at[axis] != 0;
}

/* The shape of x[begin:end:stride]. *known is false if the number of axes cannot be said; returns
 * false after an error. */
static bool indexed_shape(mil_inference *in, mil_shape *out, bool *known) {
    static const char *const vectors[] = {"begin",      "end",      "stride",
                                          "begin_mask", "end_mask", "squeeze_mask"};
    enum { BEGIN, END, STRIDE, BEGIN_MASK, END_MASK, SQUEEZE_MASK, VECTORS };
    mil_shape x = rule_operand_shape(in, "x");
    constants v[VECTORS];
    *out = (mil_shape){.dtype = x.dtype};
    *known = true;
    for (int i = 0; i < VECTORS; i++) {
        v[i] = rule_constants(in, vectors[i]);
        if (!rule_want_length(in, vectors[i], x.rank)) {
            return false;
        }
        *known = *known && (i < STRIDE || v[i].known != UNKNOWN);
    }
    for (int i = 0; *known && i < x.rank; i++) {
        double stride = v[STRIDE].known == KNOWN ? v[STRIDE].at[i] : 1;
        bool open_begin = masked(&v[BEGIN_MASK], i), open_end = masked(&v[END_MASK], i);
        bool bounds = (open_begin || v[BEGIN].known == KNOWN) &&
                      (open_end || v[END].known == KNOWN) && x.dims[i] >= 0;
        if (stride == 0) {
            return rule_error(in, "stride is 0 on axis %d", i);
        }
        if (!masked(&v[SQUEEZE_MASK], i)) {
            out->dims[out->rank++] =
                bounds ? slice_length(x.dims[i], open_begin ? NULL : &v[BEGIN].at[i],
                                      open_end ? NULL : &v[END].at[i], stride)
                       : MIL_ANY_DIM;
        }
    }
    return true;
}

bool infer_slice_by_index(mil_inference *in) {
    mil_shape out;
    bool known;
    if (!indexed_shape(in, &out, &known)) {
        return false;
    }
    return known ? rule_give(in, &out) : rule_give_unknown(in);
}

/* x with the part that the indices say replaced */
bool infer_slice_update(mil_inference *in) {
    mil_shape part;
    bool known;
    return indexed_shape(in, &part, &known) &&
           (!known || rule_want_shape(in, "update", part.rank, part.dims)) &&
           rule_give_type(in, rule_operand(in, "x")->type);
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
    mil_shape x = rule_operand_shape(in, "x"), out = rule_unknown_dims(x.dtype, x.rank);
    constants begin = rule_constants(in, "begin"), size = rule_constants(in, "size");
    if (!rule_want_length(in, "begin", x.rank) || !rule_want_length(in, "size", x.rank)) {
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

static bool split_count(mil_inference *in, int64_t dim, const constants *sizes, int64_t equal,
                        int64_t *count) {
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
    int64_t equal, count = 0;
    if (axes.known != KNOWN || axes.count != 1 || sizes.known == UNKNOWN ||
        !rule_scalar(in, "num_splits", 0, &equal)) {
        return rule_give_unknown(in);
    }
    if (!rule_axis(in, axes.at[0], x.rank, &axis) ||
        !split_count(in, x.dims[axis], &sizes, equal, &count)) {
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
