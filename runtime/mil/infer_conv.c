/* infer_conv.c: inference rules of convolution and pooling. */
#include "mil/infer.h"

#include <string.h>

/* --- windows --- */

enum { WINDOW_AXES = 3, WINDOW_FRONT = 2 /* batch and channel */ };

typedef enum padding { PAD_VALID, PAD_CUSTOM, PAD_SAME, PAD_OPEN /* not known */ } padding;

/* what slides over the axes behind batch and channel; MIL_ANY_DIM where something is not known */
typedef struct window {
    int axes;
    int64_t kernel[WINDOW_AXES]; /* the caller's to fill in */
    int64_t stride[WINDOW_AXES], dilation[WINDOW_AXES];
    padding type;
    int64_t pad[2 * WINDOW_AXES]; /* before, after, before, ...; custom only */
} window;

/* same and same_lower differ in where the padding goes, not in its amount */
static padding read_padding(const mil_inference *in) {
    const mil_operand *o = rule_operand(in, "pad_type");
    const char *type = o ? rule_string(in, "pad_type") : "valid";
    return !type                         ? PAD_OPEN
           : strcmp(type, "valid") == 0  ? PAD_VALID
           : strcmp(type, "custom") == 0 ? PAD_CUSTOM
                                         : PAD_SAME;
}

/* x [n, C, D..] has 1 to 3 axes D */
static bool read_window(mil_inference *in, window *w) {
    if (!rule_want_rank(in, "x", WINDOW_FRONT + 1, WINDOW_FRONT + WINDOW_AXES)) {
        return false;
    }
    w->axes = rule_operand(in, "x")->type->rank - WINDOW_FRONT;
    w->type = read_padding(in);
    /* `pad` is often there without a meaning */
    bool pads = w->type != PAD_CUSTOM || rule_want_numbers(in, "pad", 2 * w->axes, 0, 0, w->pad);
    return pads && rule_want_numbers(in, "strides", w->axes, 1, 1, w->stride) &&
           rule_want_numbers(in, "dilations", w->axes, 1, 1, w->dilation);
}

/* (kernel - 1) * dilation + 1, the size of the window over axis i */
static bool window_size(mil_inference *in, const window *w, int i, int64_t *size) {
    int64_t span;
    *size = MIL_ANY_DIM;
    if (w->kernel[i] == 0) {
        return rule_error(in, "a window of size 0");
    }
    int64_t steps = w->kernel[i] < 0 ? MIL_ANY_DIM : w->kernel[i] - 1;
    if (!rule_multiply_dims(in, steps, w->dilation[i], &span)) {
        return false;
    }
    *size = span < 0 ? MIL_ANY_DIM : span == INT64_MAX ? span : span + 1;
    return true;
}

/* what padding adds to axis i */
static int64_t padding_of(const window *w, int i) {
    int64_t before = w->pad[2 * i], after = w->pad[2 * i + 1];
    return w->type == PAD_VALID ? 0
           : w->type != PAD_CUSTOM || before < 0 || after < 0 || after > INT64_MAX - before
               ? MIL_ANY_DIM
               : before + after;
}

static int64_t divide_up(int64_t a, int64_t b) {
    return a / b + (a % b != 0);
}

/* How many windows fit along axis i. With `ceil_mode` a last one may hang over the end, if it
 * starts on the data or on the padding before it. */
static bool count_windows(mil_inference *in, const window *w, int i, bool ceil_mode,
                          int64_t *count) {
    int64_t dim = rule_operand(in, "x")->type->dims[WINDOW_FRONT + i];
    int64_t stride = w->stride[i], pad = padding_of(w, i), size;
    *count = MIL_ANY_DIM;
    if (!window_size(in, w, i, &size)) {
        return false;
    }
    if (dim < 0 || stride < 0 || (w->type != PAD_SAME && (pad < 0 || size < 0))) {
        return true;
    }
    if (w->type == PAD_SAME) {
        *count = divide_up(dim, stride);
        return true;
    }
    if (dim > INT64_MAX - pad || (!ceil_mode && dim + pad < size) ||
        (ceil_mode && size - stride >= dim + pad)) {
        return rule_error(in,
                          "a window of size %lld does not fit an axis of %lld with padding %lld",
                          (long long)size, (long long)dim, (long long)pad);
    }
    int64_t room = dim + pad - size; /* may be negative with ceil_mode */
    *count = ceil_mode && room < 0 ? 1 : (ceil_mode ? divide_up(room, stride) : room / stride) + 1;
    if (ceil_mode && pad > 0 && *count > 1 && (*count - 1) > (dim + w->pad[2 * i] - 1) / stride) {
        --*count;
    }
    return true;
}

/* --- convolution --- */

/* a dim of the weight times the number of groups is one of x or of the result */
static bool group_channels(mil_inference *in, int64_t each, int64_t *channels) {
    int64_t groups;
    return rule_want_scalar(in, "groups", 1, 1, &groups) &&
           rule_multiply_dims(in, each, groups, channels);
}

static bool check_channels(mil_inference *in, int64_t has, int64_t wants) {
    return rule_same_dim(has, wants) ||
           rule_error(in, "x has %lld channels, the weight is for %lld", (long long)has,
                      (long long)wants);
}

static bool check_groups(mil_inference *in, int64_t channels) {
    int64_t groups;
    return !rule_scalar(in, "groups", 1, &groups) || channels < 0 || channels % groups == 0 ||
           rule_error(in, "%lld channels do not fall into %lld groups", (long long)channels,
                      (long long)groups);
}

/* the weight's dims behind the first two are the window */
static bool read_weight(mil_inference *in, window *w, mil_shape *weight) {
    *weight = rule_operand_shape(in, "weight");
    if (!read_window(in, w) ||
        !rule_want_rank(in, "weight", w->axes + WINDOW_FRONT, w->axes + WINDOW_FRONT)) {
        return false;
    }
    memcpy(w->kernel, weight->dims + WINDOW_FRONT, (size_t)w->axes * sizeof *w->kernel);
    return true;
}

/* weight [C_out, C_in/groups, K..] */
bool infer_conv(mil_inference *in) {
    mil_shape out = rule_operand_shape(in, "x"), weight;
    window w = {0};
    int64_t channels;
    if (!read_weight(in, &w, &weight) || !group_channels(in, weight.dims[1], &channels) ||
        !check_channels(in, out.dims[1], channels) || !check_groups(in, weight.dims[0]) ||
        !rule_want_vector(in, "bias", weight.dims[0])) {
        return false;
    }
    out.dims[1] = weight.dims[0];
    for (int i = 0; i < w.axes; i++) {
        if (!count_windows(in, &w, i, false, &out.dims[WINDOW_FRONT + i])) {
            return false;
        }
    }
    return rule_give(in, &out);
}

/* the axis that a convolution shrinks to `dim` */
static bool spread(mil_inference *in, const window *w, int i, int64_t dim, int64_t *out) {
    int64_t stride = w->stride[i], pad = padding_of(w, i), size, between;
    if (!window_size(in, w, i, &size)) {
        return false;
    }
    if (w->type == PAD_SAME) {
        return rule_multiply_dims(in, dim, stride, out);
    }
    if (dim < 1 || size < 0 || pad < 0) {
        *out = dim == 0 ? 0 : MIL_ANY_DIM;
        return true;
    }
    if (!rule_multiply_dims(in, dim - 1, stride, &between)) {
        return false;
    }
    if (between >= 0 && (between > INT64_MAX - size || between + size < pad)) {
        return rule_error(in, "the padding %lld leaves nothing of an axis", (long long)pad);
    }
    *out = between < 0 ? MIL_ANY_DIM : between + size - pad;
    return true;
}

/* weight [C_in, C_out/groups, K..]; output_shape, if it is there, is the whole result's */
bool infer_conv_transpose(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = x, weight;
    window w = {0};
    if (!read_weight(in, &w, &weight) || !check_channels(in, x.dims[1], weight.dims[0]) ||
        !group_channels(in, weight.dims[1], &out.dims[1]) || !check_groups(in, weight.dims[0]) ||
        !rule_want_vector(in, "bias", out.dims[1])) {
        return false;
    }
    if (rule_operand(in, "output_shape")) {
        return rule_want_length(in, "output_shape", x.rank) &&
               rule_shape_from(in, "output_shape", x.dtype, &out) && rule_give(in, &out);
    }
    for (int i = 0; i < w.axes; i++) {
        if (!spread(in, &w, i, x.dims[WINDOW_FRONT + i], &out.dims[WINDOW_FRONT + i])) {
            return false;
        }
    }
    return rule_give(in, &out);
}

/* --- pooling --- */

/* what coremltools asks of ceil_mode */
static bool check_ceil_mode(mil_inference *in, const window *w) {
    bool even = true;
    for (int i = 0; i < w->axes && w->type == PAD_CUSTOM; i++) {
        even = even && rule_same_dim(w->pad[2 * i], w->pad[2 * i + 1]);
    }
    return (w->axes <= 2 && w->type != PAD_SAME && even) ||
           rule_error(in, "ceil_mode is for one or two axes, and for equal padding on both sides");
}

bool infer_pool(mil_inference *in) {
    mil_shape out = rule_operand_shape(in, "x");
    window w = {0};
    int64_t ceil_mode;
    if (!read_window(in, &w) ||
        !rule_want_numbers(in, "kernel_sizes", w.axes, 1, MIL_ANY_DIM, w.kernel)) {
        return false;
    }
    if (!rule_scalar(in, "ceil_mode", 0, &ceil_mode)) {
        return rule_give_unknown(in);
    }
    if (ceil_mode && !check_ceil_mode(in, &w)) {
        return false;
    }
    for (int i = 0; i < w.axes; i++) {
        if (!count_windows(in, &w, i, ceil_mode, &out.dims[WINDOW_FRONT + i])) {
            return false;
        }
    }
    return rule_give(in, &out);
}

bool infer_l2_pool(mil_inference *in) {
    return rule_want_rank(in, "x", WINDOW_FRONT + 1, WINDOW_FRONT + 2) && infer_pool(in);
}
