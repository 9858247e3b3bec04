/* infer_product.c: inference rules of matrix products. */
#include "mil/infer.h"

#include <string.h>

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

/* x [.., D_in], weight [D_out, D_in] */
bool infer_linear(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), weight = rule_operand_shape(in, "weight");
    if (!rule_want_rank(in, "x", 1, MIL_MAX_RANK) || !rule_want_rank(in, "weight", 2, 2)) {
        return false;
    }
    int64_t *last = &x.dims[x.rank - 1];
    if (!rule_same_dim(*last, weight.dims[1])) {
        return rule_error(in, "x has %lld features, the weight is for %lld", (long long)*last,
                          (long long)weight.dims[1]);
    }
    *last = weight.dims[0];
    return rule_want_vector(in, "bias", weight.dims[0]) && rule_give(in, &x);
}

/* the mask must broadcast with the scores [.., L, S] */
static bool check_mask(mil_inference *in, mil_shape rows, int64_t columns) {
    const mil_operand *mask = rule_operand(in, "attn_mask");
    mil_shape given, masked;
    if (!mask) {
        return true;
    }
    given = rule_shape_of(mask);
    return rule_add_dim(in, &rows, columns) && rule_broadcast(in, &rows, &given, &masked);
}

/* softmax(query key^T) value: [.., L, E], [.., S, E], [.., S, V] give [.., L, V] */
bool infer_attention(mil_inference *in) {
    mil_shape q = rule_operand_shape(in, "query"), k = rule_operand_shape(in, "key"),
              v = rule_operand_shape(in, "value"), out;
    if (!rule_want_rank(in, "query", 2, MIL_MAX_RANK) ||
        !rule_want_rank(in, "key", 2, MIL_MAX_RANK) ||
        !rule_want_rank(in, "value", 2, MIL_MAX_RANK)) {
        return false;
    }
    const int64_t *ends[] = {q.dims + q.rank - 2, k.dims + k.rank - 2, v.dims + v.rank - 2};
    if (!rule_same_dim(ends[0][1], ends[1][1]) || !rule_same_dim(ends[1][0], ends[2][0])) {
        return rule_error(in,
                          "query, key and value end in [%lld, %lld], [%lld, %lld] and [%lld, "
                          "%lld], expected [L, E], [S, E] and [S, V]",
                          (long long)ends[0][0], (long long)ends[0][1], (long long)ends[1][0],
                          (long long)ends[1][1], (long long)ends[2][0], (long long)ends[2][1]);
    }
    mil_shape batches[] = {batch_of(&q), batch_of(&k), batch_of(&v)};
    if (!rule_broadcast(in, &batches[0], &batches[1], &out) ||
        !rule_broadcast(in, &out, &batches[2], &out) || !rule_add_dim(in, &out, ends[0][0])) {
        return false;
    }
    return check_mask(in, out, ends[1][0]) && rule_add_dim(in, &out, ends[2][1]) &&
           rule_give(in, &out);
}

/* --- einsum --- */

enum { LABELS = 'z' + 1 };

typedef struct equation {
    bool is_known[LABELS];
    int64_t dims[LABELS];
} equation;

/* one more value's dims under its labels; 1 stretches */
static bool take_dims(mil_inference *in, equation *e, const mil_shape *s, const char *labels) {
    for (int i = 0; i < s->rank; i++) {
        int label = labels[i];
        int64_t *dim = &e->dims[label];
        if (!e->is_known[label] || *dim == 1 || *dim < 0) {
            *dim = e->is_known[label] && s->dims[i] == 1 ? *dim : s->dims[i];
        } else if (s->dims[i] != 1 && !rule_same_dim(*dim, s->dims[i])) {
            return rule_error(in, "the label %c stands for %lld and for %lld", label,
                              (long long)*dim, (long long)s->dims[i]);
        }
        e->is_known[label] = true;
    }
    return true;
}

/* the length of a run of labels, which are lower-case letters */
static size_t count_labels(const char *s) {
    size_t n = 0;
    while (s[n] >= 'a' && s[n] <= 'z') {
        n++;
    }
    return n;
}

static bool bad_equation(mil_inference *in, const char *formula) {
    return rule_error(in, "\"%s\" is not an equation over %zu values", formula,
                      rule_operand_count(in, "values"));
}

/* "nchw,nwhu->nchu": a dim for every label, then the labels behind the arrow */
bool infer_einsum(mil_inference *in) {
    const char *formula = rule_string(in, "equation"), *s = formula;
    mil_shape out = rule_operand_shape(in, "values");
    equation e = {0};
    if (!formula) {
        return rule_give_unknown(in);
    }
    out.rank = 0;
    for (size_t i = 0; i < in->operands.len; i++) {
        const mil_operand *o = &in->operands.at[i];
        if (strcmp(o->param->name, "values") != 0) {
            continue;
        }
        mil_shape shape = rule_shape_of(o);
        s += s > formula && *s == ',';
        if (count_labels(s) != (size_t)shape.rank) {
            return bad_equation(in, formula);
        }
        if (!take_dims(in, &e, &shape, s)) {
            return false;
        }
        s += shape.rank;
    }
    if (strncmp(s, "->", 2) != 0 || s[2 + count_labels(s + 2)] != 0) {
        return bad_equation(in, formula);
    }
    for (s += 2; *s; s++) {
        if (!e.is_known[(int)*s] || out.rank == MIL_MAX_RANK) {
            return bad_equation(in, formula);
        }
        out.dims[out.rank++] = e.dims[(int)*s];
    }
    return rule_give(in, &out);
}
