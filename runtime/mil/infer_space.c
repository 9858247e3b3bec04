/* infer_space.c: inference rules of the ops that move elements between the axes of images, pad,
 * crop and window them. */
#include "mil/infer.h"

#include <string.h>

enum { IMAGE = 4, CHANNELS = 1, HEIGHT = 2, WIDTH = 3 };

/* --- blocks of pixels and channels --- */

static bool divide_dim(mil_inference *in, const char *what, int64_t dim, int64_t by,
                       int64_t *quotient) {
    if (dim >= 0 && by > 0 && dim % by != 0) {
        return rule_error(in, "%s of %lld do not divide by %lld", what, (long long)dim,
                          (long long)by);
    }
    *quotient = dim < 0 || by < 1 ? MIL_ANY_DIM : dim / by;
    return true;
}

/* [n, C, H, W] to [n, C*b*b, H/b, W/b] */
static bool gather_pixels(mil_inference *in, const char *block) {
    int64_t b, area;
    if (!rule_want_rank(in, "x", IMAGE, IMAGE) || !rule_want_scalar(in, block, 1, 1, &b) ||
        !rule_multiply_dims(in, b, b, &area)) {
        return false;
    }
    mil_shape x = rule_operand_shape(in, "x");
    return rule_multiply_dims(in, x.dims[CHANNELS], area, &x.dims[CHANNELS]) &&
           divide_dim(in, "rows", x.dims[HEIGHT], b, &x.dims[HEIGHT]) &&
           divide_dim(in, "columns", x.dims[WIDTH], b, &x.dims[WIDTH]) && rule_give(in, &x);
}

/* [n, C, H, W] to [n, C/b/b, H*b, W*b] */
static bool scatter_pixels(mil_inference *in, const char *block) {
    int64_t b, area;
    if (!rule_want_rank(in, "x", IMAGE, IMAGE) || !rule_want_scalar(in, block, 1, 1, &b) ||
        !rule_multiply_dims(in, b, b, &area)) {
        return false;
    }
    mil_shape x = rule_operand_shape(in, "x");
    return divide_dim(in, "channels", x.dims[CHANNELS], area, &x.dims[CHANNELS]) &&
           rule_multiply_dims(in, x.dims[HEIGHT], b, &x.dims[HEIGHT]) &&
           rule_multiply_dims(in, x.dims[WIDTH], b, &x.dims[WIDTH]) && rule_give(in, &x);
}

bool infer_space_to_depth(mil_inference *in) {
    return gather_pixels(in, "block_size");
}

bool infer_pixel_unshuffle(mil_inference *in) {
    return gather_pixels(in, "downscale_factor");
}

bool infer_depth_to_space(mil_inference *in) {
    return scatter_pixels(in, "block_size");
}

bool infer_pixel_shuffle(mil_inference *in) {
    return scatter_pixels(in, "upscale_factor");
}

/* block_shape [2] and a table [2, 2] of what is added or cut before and after H and W */
static bool read_blocks(mil_inference *in, const char *table, int64_t *block, int64_t *around) {
    static const int64_t pairs[] = {2, 2};
    return rule_want_rank(in, "x", IMAGE, IMAGE) &&
           rule_want_numbers(in, "block_shape", 2, 1, 1, block) &&
           rule_want_shape(in, table, 2, pairs) && rule_want_numbers(in, table, 4, 0, 0, around);
}

static int64_t sum_of_pair(const int64_t *pair) {
    return pair[0] < 0 || pair[1] < 0 ? MIL_ANY_DIM : pair[0] + pair[1];
}

bool infer_space_to_batch(mil_inference *in) {
    int64_t block[2], around[4];
    mil_shape x = rule_operand_shape(in, "x");
    if (!read_blocks(in, "paddings", block, around)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        int64_t more = sum_of_pair(around + 2 * i), *dim = &x.dims[HEIGHT + i];
        *dim = *dim < 0 || more < 0 || *dim > INT64_MAX - more ? MIL_ANY_DIM : *dim + more;
        if (!divide_dim(in, i ? "columns" : "rows", *dim, block[i], dim) ||
            !rule_multiply_dims(in, x.dims[0], block[i], &x.dims[0])) {
            return false;
        }
    }
    return rule_give(in, &x);
}

bool infer_batch_to_space(mil_inference *in) {
    int64_t block[2], around[4];
    mil_shape x = rule_operand_shape(in, "x");
    if (!read_blocks(in, "crops", block, around)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        int64_t less = sum_of_pair(around + 2 * i), *dim = &x.dims[HEIGHT + i];
        if (!divide_dim(in, "images", x.dims[0], block[i], &x.dims[0]) ||
            !rule_multiply_dims(in, *dim, block[i], dim)) {
            return false;
        }
        if (*dim >= 0 && less > *dim) {
            return rule_error(in, "crops of %lld leave nothing of %lld", (long long)less,
                              (long long)*dim);
        }
        *dim = *dim < 0 || less < 0 ? MIL_ANY_DIM : *dim - less;
    }
    return rule_give(in, &x);
}

/* --- edges --- */

/* crop_height and crop_width: [from the start, from the end] of the last two axes */
bool infer_crop(mil_inference *in) {
    static const char *const names[] = {"crop_height", "crop_width"};
    mil_shape x = rule_operand_shape(in, "x");
    if (!rule_want_rank(in, "x", 2, MIL_MAX_RANK)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        int64_t cut[2], *dim = &x.dims[x.rank - 2 + i];
        if (!rule_want_numbers(in, names[i], 2, 0, 0, cut)) {
            return false;
        }
        int64_t less = sum_of_pair(cut);
        if (*dim >= 0 && less > *dim) {
            return rule_error(in, "%s takes %lld of %lld", names[i], (long long)less,
                              (long long)*dim);
        }
        *dim = *dim < 0 || less < 0 ? MIL_ANY_DIM : *dim - less;
    }
    return rule_give(in, &x);
}

/* one axis that grows by before + after; reflected edges must be inside */
static bool pad_dim(mil_inference *in, const char *mode, const double *pair, int64_t *dim) {
    bool reflect = mode && strcmp(mode, "reflect") == 0;
    double widest = pair[0] > pair[1] ? pair[0] : pair[1];
    if (pair[0] < 0 || pair[1] < 0) {
        return rule_error(in, "pad has a negative number");
    }
    if (*dim < 0) {
        return true;
    }
    if (reflect && widest >= (double)*dim) {
        return rule_error(in, "%g elements of an axis of %lld cannot be reflected", widest,
                          (long long)*dim);
    }
    int64_t more = (int64_t)pair[0] + (int64_t)pair[1];
    *dim = *dim > INT64_MAX - more ? MIL_ANY_DIM : *dim + more;
    return true;
}

/* pairs [before, after] for the last axes */
bool infer_pad(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x");
    constants pad = rule_constants(in, "pad");
    const char *mode = rule_string(in, "mode");
    int64_t numbers = rule_length(in, "pad");
    if (numbers > 2 * x.rank || (numbers >= 0 && numbers % 2 != 0)) {
        return rule_error(in, "pad has %lld elements, expected pairs for up to %d axes",
                          (long long)numbers, x.rank);
    }
    int axes = numbers < 0 ? x.rank : (int)numbers / 2;
    for (int i = 0; i < axes; i++) {
        int64_t *dim = &x.dims[x.rank - axes + i];
        if (pad.known != KNOWN) {
            *dim = MIL_ANY_DIM;
        } else if (!pad_dim(in, mode, pad.at + (size_t)2 * (size_t)i, dim)) {
            return false;
        }
    }
    return rule_give(in, &x);
}

/* --- windows and bands --- */

/* axis becomes (number of windows, size) */
bool infer_sliding_windows(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = x.dtype};
    int64_t size, stride;
    int axis;
    if (!rule_constant_axis(in, "axis", 0, x.rank, &axis) ||
        !rule_want_scalar(in, "size", 1, 1, &size) ||
        !rule_want_scalar(in, "stride", 1, 1, &stride)) {
        return false;
    }
    if (axis < 0) {
        out = rule_unknown_dims(x.dtype, x.rank < MIL_MAX_RANK ? x.rank + 1 : -1);
        return rule_give(in, &out);
    }
    int64_t dim = x.dims[axis];
    bool known = dim >= 0 && size > 0 && stride > 0;
    if (known && dim < size) {
        return rule_error(in, "a window of %lld does not fit an axis of %lld", (long long)size,
                          (long long)dim);
    }
    bool ok = true;
    for (int i = 0; i < x.rank; i++) {
        int64_t count = known ? (dim - size) / stride + 1 : MIL_ANY_DIM;
        ok = ok && rule_add_dim(in, &out, i == axis ? count : x.dims[i]) &&
             (i != axis || rule_add_dim(in, &out, size));
    }
    return ok && rule_give(in, &out);
}

bool infer_band_part(mil_inference *in) {
    return rule_want_rank(in, "x", 2, MIL_MAX_RANK) &&
           rule_give_type(in, rule_operand(in, "x")->type);
}

/* lengths: one for each entry of batch_axis */
bool infer_reverse_sequence(mil_inference *in) {
    const mil_type *x = rule_operand(in, "x")->type;
    int axis, batch;
    if (!rule_constant_axis(in, "seq_axis", 0, x->rank, &axis) ||
        !rule_constant_axis(in, "batch_axis", 0, x->rank, &batch)) {
        return false;
    }
    return (batch < 0 || rule_want_vector(in, "lengths", x->dims[batch])) && rule_give_type(in, x);
}
