/* infer_norm.c: inference rules of normalisation and of activations with numbers per channel. */
#include "mil/infer.h"

enum { HIGHEST_RANK = 5 };

static const char *const channel_vectors[] = {"mean", "variance", "gamma", "beta", "alpha"};

/* x [n, C, D..] and one number per channel */
bool infer_per_channel(mil_inference *in) {
    const mil_type *x = rule_operand(in, "x")->type;
    if (!rule_want_rank(in, "x", 3, HIGHEST_RANK)) {
        return false;
    }
    for (size_t i = 0; i < sizeof channel_vectors / sizeof *channel_vectors; i++) {
        if (!rule_want_vector(in, channel_vectors[i], x->dims[1])) {
            return false;
        }
    }
    return rule_give_type(in, x);
}

/* gamma and beta have the shape of the normalised axes */
bool infer_layer_norm(mil_inference *in) {
    const mil_type *x = rule_operand(in, "x")->type;
    bool marked[MIL_MAX_RANK];
    int64_t dims[MIL_MAX_RANK];
    int rank = 0;
    if (rule_constants(in, "axes").known == UNKNOWN) {
        return rule_give_type(in, x);
    }
    if (!rule_mark_axes(in, "axes", x->rank, marked)) {
        return false;
    }
    for (int i = 0; i < x->rank; i++) {
        if (marked[i]) {
            dims[rank++] = x->dims[i];
        }
    }
    return rule_want_shape(in, "gamma", rank, dims) && rule_want_shape(in, "beta", rank, dims) &&
           rule_give_type(in, x);
}

bool infer_l2_norm(mil_inference *in) {
    return rule_want_rank(in, "x", 3, HIGHEST_RANK) &&
           rule_give_type(in, rule_operand(in, "x")->type);
}

bool infer_local_response_norm(mil_inference *in) {
    int64_t size;
    return rule_want_rank(in, "x", 3, HIGHEST_RANK) && rule_want_scalar(in, "size", 1, 1, &size) &&
           rule_give_type(in, rule_operand(in, "x")->type);
}
