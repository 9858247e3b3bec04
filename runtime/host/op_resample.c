/* op_resample.c: resample and affine: images sampled at points that are computed. */
#include "host/grid.h"
#include "host/kernels.h"
#include "host/op_parts.h"

#include <math.h>

typedef enum padding { PAD_CONSTANT, PAD_BORDER, PAD_REFLECTION, PAD_SYMMETRIC } padding;
typedef enum coordinates { PIXELS, MINUS_ONE_TO_ONE, ZERO_TO_ONE } coordinates;

typedef struct resampling {
    bool nearest, align;
    int padding, coordinates;
    float value; /* outside */
    size_t images, channels, height, width, to_height, to_width;
    size_t matrices; /* affine: 1, or one for each image */
} resampling;

static anet_code prepare(planner *p, const mil_op *op, const shape *x, const shape *out,
                         resampling *f) {
    static const char *const samplings[] = {"bilinear", "nearest", NULL};
    static const char *const paddings[] = {"constant", "border", "reflection", "symmetric", NULL};
    static const char *const modes[] = {"unnormalized", "normalized_minus_one_to_one",
                                        "normalized_zero_to_one", NULL};
    int choice;
    double value;
    anet_code code = host_choice(p, op, "sampling_mode", samplings, 0, &choice);
    code = code ? code : host_choice(p, op, "padding_mode", paddings, 0, &f->padding);
    code = code ? code : host_choice(p, op, "coordinates_mode", modes, PIXELS, &f->coordinates);
    code = code ? code : host_bool(p, op, "align_corners", true, &f->align);
    code = code ? code : host_number(p, op, "padding_value", 0, &value);
    if (!code &&
        (x->rank != 4 || out->rank != 4 || out->dim[0] != x->dim[0] || out->dim[1] != x->dim[1])) {
        code = host_fail(p, op, "x must be [B, C, H, W] and the result of the same B and C");
    }
    if (!code) {
        f->nearest = choice == 1;
        f->value = (float)value;
        f->images = x->dim[0];
        f->channels = x->dim[1];
        f->height = x->dim[2];
        f->width = x->dim[3];
        f->to_height = out->dim[2];
        f->to_width = out->dim[3];
    }
    return code;
}

anet_code host_prepare_resample(planner *p, const mil_op *op, const host_array *in, int ins,
                                const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    resampling *f = ARENA_NEW(p->memory, resampling);
    *params = f;
    anet_code code = prepare(p, op, &in[0].shape, &out[0].shape, f);
    if (!code && in[1].shape.n != f->images * f->to_height * f->to_width * 2) {
        code = host_fail(p, op, "coordinates must be [B, height, width, 2]");
    }
    return code;
}

anet_code host_prepare_affine(planner *p, const mil_op *op, const host_array *in, int ins,
                              const host_array *out, int outs, const void **params) {
    (void)ins, (void)outs;
    resampling *f = ARENA_NEW(p->memory, resampling);
    *params = f;
    anet_code code = prepare(p, op, &in[0].shape, &out[0].shape, f);
    if (!code && (f->coordinates != MINUS_ONE_TO_ONE || !f->align)) {
        code = host_fail(p, op, "only normalized_minus_one_to_one with align_corners is known");
    }
    f->matrices = in[1].shape.n / 6;
    if (!code && (in[1].shape.n % 6 != 0 || (f->matrices != 1 && f->matrices != f->images))) {
        code = host_fail(p, op, "transform_matrix must be [1 or B, 6]");
    }
    return code;
}

/* a coordinate in pixels */
static double as_pixel(const resampling *f, double at, size_t length) {
    double n = (double)length;
    switch ((coordinates)f->coordinates) {
    case MINUS_ONE_TO_ONE:
        return f->align ? (at + 1) / 2 * (n - 1) : ((at + 1) * n - 1) / 2;
    case ZERO_TO_ONE:
        return f->align ? at * (n - 1) : at * n - 0.5;
    case PIXELS:
        break;
    }
    return at;
}

/* i in [0, period), as if it went round */
static double wrap(double i, double period) {
    double rest = fmod(i, period);
    return rest < 0 ? rest + period : rest;
}

/* the pixel that stands for a whole number; -1: the constant */
static ptrdiff_t pixel(const resampling *f, double i, size_t length) {
    double n = (double)length;
    if (i >= 0 && i < n) {
        return (ptrdiff_t)i;
    }
    if (f->padding == PAD_CONSTANT || i != i) {
        return -1;
    }
    if (f->padding == PAD_REFLECTION && length > 1) {
        double at = wrap(i, 2 * n - 2);
        return (ptrdiff_t)(at < n ? at : 2 * n - 2 - at);
    }
    if (f->padding == PAD_SYMMETRIC) {
        double at = wrap(i, 2 * n);
        return (ptrdiff_t)(at < n ? at : 2 * n - 1 - at);
    }
    return i < 0 ? 0 : (ptrdiff_t)length - 1;
}

typedef struct point {
    ptrdiff_t x[2], y[2];
    float part_x, part_y;
} point;

static void around(const resampling *f, double at, size_t length, ptrdiff_t to[2], float *part) {
    double far = 0x1p50; /* beyond it there are no neighbours */
    at = at > far ? far : at < -far ? -far : at;
    double low = f->nearest ? nearbyint(at) : floor(at);
    *part = f->nearest || at != at ? 0.0f : (float)(at - low);
    to[0] = pixel(f, low, length);
    to[1] = pixel(f, low + 1, length);
}

static float value_at(const resampling *f, const float *plane, ptrdiff_t y, ptrdiff_t x) {
    return x < 0 || y < 0 ? f->value : plane[(size_t)y * f->width + (size_t)x];
}

static void sample(const resampling *f, const float *image, double x, double y, float *out) {
    size_t plane = f->height * f->width, to_plane = f->to_height * f->to_width;
    point t;
    around(f, as_pixel(f, x, f->width), f->width, t.x, &t.part_x);
    around(f, as_pixel(f, y, f->height), f->height, t.y, &t.part_y);
    for (size_t k = 0; k < f->channels; k++) {
        const float *in = image + k * plane;
        float low =
            host_mix(value_at(f, in, t.y[0], t.x[0]), value_at(f, in, t.y[0], t.x[1]), t.part_x);
        float high =
            host_mix(value_at(f, in, t.y[1], t.x[0]), value_at(f, in, t.y[1], t.x[1]), t.part_x);
        out[k * to_plane] = host_mix(low, high, t.part_y);
    }
}

/* item: a row of a result */
static void resample_row(const void *context, size_t item, float *scratch) {
    (void)scratch;
    const host_call *c = context;
    const resampling *f = c->params;
    size_t image = item / f->to_height, row = item % f->to_height;
    const float *x = c->in[0].f + image * f->channels * f->height * f->width;
    float *out = c->out[0].f + (image * f->channels * f->to_height + row) * f->to_width;
    const host_array *at = &c->in[1];
    for (size_t i = 0; i < f->to_width; i++) {
        size_t k = (item * f->to_width + i) * 2;
        sample(f, x, host_number_at(at, k), host_number_at(at, k + 1), out + i);
    }
}

anet_code host_resample(const host_call *c) {
    const resampling *f = c->params;
    return host_for_items(c, f->images * f->to_height, 0, resample_row, c);
}

/* n points from -1 to 1; a single one is in the middle */
static double spread(size_t i, size_t n) {
    return n > 1 ? -1 + 2 * (double)i / (double)(n - 1) : 0;
}

static void transform_row(const void *context, size_t item, float *scratch) {
    (void)scratch;
    const host_call *c = context;
    const resampling *f = c->params;
    size_t image = item / f->to_height, row = item % f->to_height;
    const float *x = c->in[0].f + image * f->channels * f->height * f->width;
    const float *m = c->in[1].f + (f->matrices == 1 ? 0 : image * 6);
    float *out = c->out[0].f + (image * f->channels * f->to_height + row) * f->to_width;
    double v = spread(row, f->to_height);
    for (size_t i = 0; i < f->to_width; i++) {
        double h = spread(i, f->to_width);
        sample(f, x, (double)m[0] * h + (double)m[1] * v + (double)m[2],
               (double)m[3] * h + (double)m[4] * v + (double)m[5], out + i);
    }
}

anet_code host_affine(const host_call *c) {
    const resampling *f = c->params;
    return host_for_items(c, f->images * f->to_height, 0, transform_row, c);
}
