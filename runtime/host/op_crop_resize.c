/* op_crop_resize.c: crop_resize: boxes cut out of images and brought to one size. */
#include "host/grid.h"
#include "host/kernels.h"
#include "host/op_parts.h"

typedef enum box_mode {
    CORNERS_HEIGHT_FIRST,
    CORNERS_WIDTH_FIRST,
    CENTER_SIZE_HEIGHT_FIRST,
    CENTER_SIZE_WIDTH_FIRST
} box_mode;

typedef struct box_resizing {
    size_t boxes, numbers;   /* numbers of each box: 4, or 5 with the image in front */
    size_t images, channels; /* of x */
    size_t each;             /* crops of a box: one, or one of each image */
    size_t height, width, to_height, to_width;
    bool normalized, listed; /* listed: by box_indices */
    int mode;
    sampling sampling;
    double scale, padding;
} box_resizing;

static anet_code read_arguments(planner *p, const mil_op *op, box_resizing *f) {
    static const char *const modes[] = {"CORNERS_HEIGHT_FIRST", "CORNERS_WIDTH_FIRST",
                                        "CENTER_SIZE_HEIGHT_FIRST", "CENTER_SIZE_WIDTH_FIRST",
                                        NULL};
    anet_code code = host_bool(p, op, "normalized_coordinates", false, &f->normalized);
    code = code ? code : host_number(p, op, "spatial_scale", 1, &f->scale);
    code = code ? code : host_number(p, op, "pad_value", 0, &f->padding);
    code = code ? code : host_choice(p, op, "box_coordinate_mode", modes, 0, &f->mode);
    return code ? code : host_read_sampling(p, op, &f->sampling);
}

/* roi is [N, 1, 4 or 5, 1, 1], boxes is [N, 4] with box_indices [N] */
anet_code host_prepare_crop_resize(planner *p, const mil_op *op, const host_array *in, int ins,
                                   const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    const shape *x = &in[0].shape, *result = &out[0].shape;
    bool old = !host_absent(&in[1]);
    const shape *boxes = old ? &in[1].shape : &in[2].shape;
    box_resizing *f = ARENA_NEW(p->memory, box_resizing);
    *params = f;
    anet_code code = read_arguments(p, op, f);
    if (code) {
        return code;
    }
    if (x->rank != 4 || boxes->rank != (old ? 5 : 2) || result->rank != (old ? 5 : 4)) {
        return host_fail(p, op, "x must be [B, C, H, W], roi [N, 1, 4 or 5, 1, 1], boxes [N, 4]");
    }
    f->images = x->dim[0];
    f->channels = x->dim[1];
    f->height = x->dim[2];
    f->width = x->dim[3];
    f->boxes = boxes->dim[0];
    f->numbers = boxes->n / f->boxes;
    f->each = old && f->numbers == 4 ? f->images : 1;
    f->listed = !old && !host_absent(&in[3]);
    f->to_height = result->dim[result->rank - 2];
    f->to_width = result->dim[result->rank - 1];
    if ((f->numbers != 4 && !(old && f->numbers == 5)) ||
        (f->listed && in[3].shape.n != f->boxes) ||
        result->n != f->boxes * f->each * f->channels * f->to_height * f->to_width) {
        return host_fail(p, op, "the boxes, their indices and the result do not fit together");
    }
    return ANET_OK;
}

/* which image a crop is of; -1 if there is no such image */
static ptrdiff_t image_of(const host_call *c, const box_resizing *f, size_t crop) {
    size_t box = crop / f->each;
    double image = (double)box;
    if (f->each > 1 || (f->numbers == 4 && !host_absent(&c->in[1]))) {
        image = (double)(crop % f->each);
    } else if (f->numbers == 5) {
        image = host_number_at(&c->in[1], box * 5);
    } else if (f->listed) {
        image = host_number_at(&c->in[3], box);
    }
    return image >= 0 && image < (double)f->images ? (ptrdiff_t)image : -1;
}

typedef struct interval {
    double start, end;
} interval;

/* of one box, along the height (axis 0) or width, in pixels */
static interval side(const host_call *c, const box_resizing *f, size_t box, int axis) {
    const host_array *boxes = host_absent(&c->in[1]) ? &c->in[2] : &c->in[1];
    size_t at = box * f->numbers + f->numbers - 4;
    bool width_first = f->mode == CORNERS_WIDTH_FIRST || f->mode == CENTER_SIZE_WIDTH_FIRST;
    at += (axis == 1) != width_first;
    double a = host_number_at(boxes, at), b = host_number_at(boxes, at + 2);
    interval s = {a, b};
    if (f->mode >= CENTER_SIZE_HEIGHT_FIRST) {
        s = (interval){a - b / 2, a + b / 2};
    }
    double by = f->scale;
    if (f->normalized) {
        by *= (double)((axis ? f->width : f->height) - 1);
    }
    return (interval){s.start * by, s.end * by};
}

/* false: outside of the image */
static bool tap_of(const box_resizing *f, interval s, size_t i, size_t n, size_t length,
                   host_tap *t) {
    double at = s.start + host_grid_point(f->sampling, i, n, s.end - s.start);
    bool inside = at >= 0 && at <= (double)(length - 1);
    if (inside) {
        *t = host_tap_at(at, length);
    }
    return inside;
}

static void crop_one(const void *context, size_t item, float *scratch) {
    (void)scratch;
    const host_call *c = context;
    const box_resizing *f = c->params;
    size_t plane = f->height * f->width, to_plane = f->to_height * f->to_width;
    const float *x = c->in[0].f + (size_t)image_of(c, f, item) * f->channels * plane;
    float *out = c->out[0].f + item * f->channels * to_plane;
    interval high = side(c, f, item / f->each, 0), wide = side(c, f, item / f->each, 1);
    for (size_t i = 0; i < to_plane; i++) {
        host_tap v, h;
        bool inside = tap_of(f, high, i / f->to_width, f->to_height, f->height, &v) &&
                      tap_of(f, wide, i % f->to_width, f->to_width, f->width, &h);
        for (size_t k = 0; k < f->channels; k++) {
            const float *low = x + k * plane + (inside ? v.low * f->width : 0);
            const float *next = x + k * plane + (inside ? v.high * f->width : 0);
            out[k * to_plane + i] =
                inside ? host_mix(host_mix(low[h.low], low[h.high], h.part),
                                  host_mix(next[h.low], next[h.high], h.part), v.part)
                       : (float)f->padding;
        }
    }
}

anet_code host_crop_resize(const host_call *c) {
    const box_resizing *f = c->params;
    size_t crops = f->boxes * f->each;
    for (size_t i = 0; i < crops; i++) {
        if (image_of(c, f, i) < 0) {
            return host_call_fail(c, "box %zu is for an image that is not there: x has %zu",
                                  i / f->each, f->images);
        }
    }
    return host_for_items(c, crops, 0, crop_one, c);
}
