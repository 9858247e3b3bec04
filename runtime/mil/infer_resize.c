/* infer_resize.c: inference rules of the ops that sample images. */
#include "mil/infer.h"

#include <math.h>

enum { IMAGE = 4, CHANNELS = 1, HEIGHT = 2, WIDTH = 3 };

/* floor(dim * scale): the factor counts as it is stored, in fp32 */
static bool scale_dim(mil_inference *in, const char *factor, int64_t *dim) {
    constants c = rule_constants(in, factor);
    double scale = c.known == ABSENT ? 1 : c.known == KNOWN && c.count == 1 ? (float)c.at[0] : -1;
    if (c.known == UNKNOWN || *dim < 0) {
        *dim = MIL_ANY_DIM;
        return true;
    }
    double scaled = floor((double)*dim * scale);
    if (!(scale > 0) || !(scaled < 0x1p53)) {
        return rule_error(in, "%s is %g", factor, scale);
    }
    *dim = (int64_t)scaled;
    return true;
}

bool infer_upsample(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x");
    return rule_want_rank(in, "x", 3, MIL_MAX_RANK) &&
           scale_dim(in, "scale_factor_height", &x.dims[x.rank - 2]) &&
           scale_dim(in, "scale_factor_width", &x.dims[x.rank - 1]) && rule_give(in, &x);
}

bool infer_resize_to(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x");
    return rule_want_rank(in, "x", 3, MIL_MAX_RANK) &&
           rule_want_scalar(in, "target_size_height", 1, 1, &x.dims[x.rank - 2]) &&
           rule_want_scalar(in, "target_size_width", 1, 1, &x.dims[x.rank - 1]) &&
           rule_give(in, &x);
}

/* the last resized_dims dims come from the end of `shape`; 0 keeps one */
bool infer_resize(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x");
    constants shape = rule_constants(in, "shape");
    int64_t count, numbers = rule_length(in, "shape");
    if (!rule_scalar(in, "resized_dims", 0, &count)) {
        x = rule_unknown_dims(x.dtype, x.rank);
        return rule_give(in, &x);
    }
    if (count < 1 || count > x.rank || (numbers >= 0 && numbers < count)) {
        return rule_error(in, "%lld resized dimensions do not fit rank %d and a shape of %lld",
                          (long long)count, x.rank, (long long)numbers);
    }
    for (int i = x.rank - (int)count; i < x.rank; i++) {
        size_t from = shape.count - (size_t)(x.rank - i);
        double dim = shape.known == KNOWN ? shape.at[from] : (double)MIL_ANY_DIM;
        if (shape.known == KNOWN && dim < 0) {
            return rule_error(in, "shape has the dimension %g", dim);
        }
        x.dims[i] = dim == 0 ? x.dims[i] : (int64_t)dim;
    }
    return rule_give(in, &x);
}

/* --- boxes and grids --- */

/* [boxes, C, h, w] */
bool infer_crop_resize(mil_inference *in) {
    static const int64_t four[] = {MIL_ANY_DIM, 4};
    mil_shape out = rule_operand_shape(in, "x");
    if (!rule_want_rank(in, "x", IMAGE, IMAGE) || !rule_want_shape(in, "boxes", 2, four)) {
        return false;
    }
    out.dims[0] = rule_operand(in, "boxes")->type->dims[0];
    return rule_want_vector(in, "box_indices", out.dims[0]) &&
           rule_want_scalar(in, "target_height", 1, 1, &out.dims[HEIGHT]) &&
           rule_want_scalar(in, "target_width", 1, 1, &out.dims[WIDTH]) && rule_give(in, &out);
}

/* [boxes, images, C, h, w]; a roi with five numbers names its image */
bool infer_crop_resize_roi(mil_inference *in) {
    static const int64_t columns[] = {MIL_ANY_DIM, 1, MIL_ANY_DIM, 1, 1};
    mil_shape x = rule_operand_shape(in, "x"), out = {.dtype = x.dtype, .rank = 5};
    if (!rule_want_rank(in, "x", IMAGE, IMAGE) || !rule_want_shape(in, "roi", 5, columns)) {
        return false;
    }
    const int64_t *roi = rule_operand(in, "roi")->type->dims;
    if (roi[2] >= 0 && roi[2] != 4 && roi[2] != 5) {
        return rule_error(in, "roi has %lld numbers for a box, expected 4 or 5", (long long)roi[2]);
    }
    out.dims[0] = roi[0];
    out.dims[1] = roi[2] == 4 ? x.dims[0] : MIL_ANY_DIM;
    out.dims[2] = x.dims[CHANNELS];
    return rule_want_scalar(in, "target_height", 1, 1, &out.dims[3]) &&
           rule_want_scalar(in, "target_width", 1, 1, &out.dims[4]) && rule_give(in, &out);
}

/* x [B, C, H, W] at coordinates [B, h, w, 2] */
bool infer_resample(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x");
    const int64_t grid[] = {x.dims[0], MIL_ANY_DIM, MIL_ANY_DIM, 2};
    if (!rule_want_rank(in, "x", IMAGE, IMAGE) ||
        !rule_want_shape(in, "coordinates", IMAGE, grid)) {
        return false;
    }
    const int64_t *at = rule_operand(in, "coordinates")->type->dims;
    x.dims[HEIGHT] = at[1];
    x.dims[WIDTH] = at[2];
    return rule_give(in, &x);
}

/* a matrix of 2 x 3 for each image */
bool infer_affine(mil_inference *in) {
    mil_shape x = rule_operand_shape(in, "x"), matrix = rule_operand_shape(in, "transform_matrix");
    const int64_t wanted[] = {x.dims[0], 6};
    if (!rule_want_rank(in, "x", IMAGE, IMAGE) ||
        (matrix.rank != 1 && !rule_want_shape(in, "transform_matrix", 2, wanted)) ||
        (matrix.rank == 1 && !rule_want_vector(in, "transform_matrix", 6))) {
        return false;
    }
    return rule_want_scalar(in, "output_height", 1, 1, &x.dims[HEIGHT]) &&
           rule_want_scalar(in, "output_width", 1, 1, &x.dims[WIDTH]) && rule_give(in, &x);
}
