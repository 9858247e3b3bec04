/* resize and its kin, crop_resize, resample and affine against their formulas, pixel by pixel. */
#include "host_run.h"

#include <math.h>

enum { C = 2, ROOM = 4000 };

typedef enum mode { DEFAULT, STRICT, ALIGN, OFFSET, UNALIGN, MODES } mode;

static const char *const mode_names[] = {"DEFAULT", "STRICT_ALIGN_CORNERS", "ALIGN_CORNERS",
                                         "OFFSET_CORNERS", "UNALIGN_CORNERS"};

/* point i of n on an interval of `in` pixels */
static double grid(mode m, double i, double n, double in) {
    double at = 0;
    if (m == DEFAULT) {
        at = n > 1 ? i * (in - in / n) / (n - 1) : 0;
    } else if (m == OFFSET) {
        at = (0.5 + i) * fmax(1, in - 1) / n;
    } else if (m == UNALIGN) {
        at = i * in / n + 0.5 * in / n - 0.5;
    } else {
        at = n > 1 ? i * (in - 1) / (n - 1) : m == ALIGN ? (in - 1) / 2 : 0;
    }
    return fmin(in - 1, fmax(0, at));
}

/* between the pixels around (y, x); pixels outside give `outside` */
static double pixel(const float *plane, size_t h, size_t w, double y, double x, double outside) {
    return y >= 0 && x >= 0 && y < (double)h && x < (double)w
               ? (double)plane[(size_t)y * w + (size_t)x]
               : outside;
}

static double bilinear(const float *plane, size_t h, size_t w, double y, double x, double outside) {
    double y0 = floor(y), x0 = floor(x), v = 0;
    for (int i = 0; i < 4; i++) {
        double fy = i / 2 ? y - y0 : 1 - (y - y0), fx = i % 2 ? x - x0 : 1 - (x - x0);
        if (fy * fx != 0) {
            v += fy * fx * pixel(plane, h, w, y0 + i / 2, x0 + i % 2, outside);
        }
    }
    return v;
}

typedef struct images {
    host_tensor x, y;
    size_t h, w, to_h, to_w;
    double want[ROOM];
} images;

static void open_images(images *m, uint32_t *seed) {
    m->h = host_pick(seed, 1, 7), m->w = host_pick(seed, 1, 9);
    m->to_h = host_pick(seed, 1, 12), m->to_w = host_pick(seed, 1, 14);
    m->x = host_floats("x", DIMS(1, C, m->h, m->w), *seed);
    m->y = host_floats("y", DIMS(1, C, m->to_h, m->to_w), 0);
}

static void finish_images(images *m, const char *op, const char *args) {
    host_run(op, args, &m->x, 1, &m->y, 1);
    host_expect(args, &m->y, m->want, 1e-5);
    host_run_free(&m->x, 1);
    host_run_free(&m->y, 1);
}

static void want_linear(images *m, mode how) {
    for (size_t i = 0; i < m->y.shape.n; i++) {
        double y = (double)(i / m->to_w % m->to_h), x = (double)(i % m->to_w);
        m->want[i] = bilinear(m->x.f + i / m->to_w / m->to_h * m->h * m->w, m->h, m->w,
                              grid(how, y, (double)m->to_h, (double)m->h),
                              grid(how, x, (double)m->to_w, (double)m->w), 0);
    }
}

static void want_nearest(images *m) {
    for (size_t i = 0; i < m->y.shape.n; i++) {
        size_t y = i / m->to_w % m->to_h * m->h / m->to_h, x = i % m->to_w * m->w / m->to_w;
        m->want[i] = (double)m->x.f[(i / m->to_w / m->to_h * m->h + y) * m->w + x];
    }
}

static void test_resize(void **state) {
    (void)state;
    uint32_t seed = 5;
    char args[300];
    for (int i = 0; i < 100; i++) {
        images m;
        mode how = (mode)(i % MODES);
        open_images(&m, &seed);
        want_linear(&m, how);
        snprintf(args, sizeof args,
                 "x = x, target_size_height = int32(%zu), target_size_width = int32(%zu), "
                 "sampling_mode = string(\"%s\")",
                 m.to_h, m.to_w, mode_names[how]);
        finish_images(&m, "resize_bilinear", args);
        open_images(&m, &seed);
        want_linear(&m, how);
        snprintf(args, sizeof args,
                 "x = x, shape = tensor<int32, [2]>([%zu, %zu]), resized_dims = uint32(2), "
                 "sampling_mode = string(\"%s\")",
                 m.to_h, m.to_w, mode_names[how]);
        finish_images(&m, "resize", args);
        open_images(&m, &seed);
        want_nearest(&m);
        snprintf(args, sizeof args,
                 "x = x, target_size_height = int32(%zu), target_size_width = int32(%zu)", m.to_h,
                 m.to_w);
        finish_images(&m, "resize_nearest_neighbor", args);
        open_images(&m, &seed);
        bool align = i % 3 == 0, half = i % 3 == 1;
        want_linear(&m, align ? STRICT : half ? UNALIGN : DEFAULT);
        snprintf(args, sizeof args,
                 "x = x, scale_factor_height = fp32(1), scale_factor_width = fp32(1), "
                 "align_corners = bool(%s), half_pixel_centers = bool(%s)",
                 align ? "true" : "false", half ? "true" : "false");
        finish_images(&m, "upsample_bilinear", args);
    }
}

static void test_resize_integers(void **state) {
    (void)state;
    host_tensor x = host_ints("x", DIMS(3, 2), INT32_MIN / 2, INT32_MAX / 2, 1);
    host_tensor y = host_ints("y", DIMS(3, 4), 0, 1, 0);
    double want[12];
    for (int i = 0; i < 12; i++) {
        want[i] = x.i[i / 4 * 2 + i % 4 / 2];
    }
    host_run("resize",
             "x = x, shape = tensor<int32, [1]>([4]), resized_dims = uint32(1), "
             "interpolation_mode = string(\"NEAREST_NEIGHBOR\")",
             &x, 1, &y, 1);
    host_expect("resize", &y, want, 0);
    host_run_refused("resize", "x = x, shape = tensor<int32, [1]>([4]), resized_dims = uint32(1)",
                     &x, 1, &y, 1, "interpolates floats only");
    host_run_free(&x, 1);
    host_run_free(&y, 1);
}

/* boxes partly outside; both forms of the op, all modes */
static void check_crop_resize(mode how, int box_mode, bool old, bool normalized) {
    enum { H = 6, W = 7, N = 3, IMAGES = 2, TO_H = 3, TO_W = 4 };
    static const char *const box_names[] = {"CORNERS_HEIGHT_FIRST", "CORNERS_WIDTH_FIRST",
                                            "CENTER_SIZE_HEIGHT_FIRST", "CENTER_SIZE_WIDTH_FIRST"};
    static const float corners[N][4] = {{0, 1, 4, 5}, {1.5f, 0.5f, 2, 3}, {2, -1, 4.5f, 9}};
    static const int32_t image[N] = {1, 0, 1};
    host_tensor in[] = {host_floats("x", DIMS(IMAGES, C, H, W), 1),
                        old ? host_floats("roi", DIMS(N, 1, 5, 1, 1), 0)
                            : host_floats("boxes", DIMS(N, 4), 0),
                        host_ints("at", DIMS(N), 0, 1, 0)};
    host_tensor y = old ? host_floats("y", DIMS(N, 1, C, TO_H, TO_W), 0)
                        : host_floats("y", DIMS(N, C, TO_H, TO_W), 0);
    double want[N * C * TO_H * TO_W];
    for (int b = 0; b < N; b++) {
        float y1 = corners[b][0], x1 = corners[b][1], y2 = corners[b][2], x2 = corners[b][3];
        float h = normalized ? H - 1 : 1, w = normalized ? W - 1 : 1;
        float box[4] = {y1 / h, x1 / w, y2 / h, x2 / w};
        if (box_mode >= 2) {
            box[0] = (y1 + y2) / 2 / h, box[1] = (x1 + x2) / 2 / w;
            box[2] = (y2 - y1) / h, box[3] = (x2 - x1) / w;
        }
        float *to = in[1].f + b * (old ? 5 : 4);
        if (old) {
            *to++ = (float)image[b];
        }
        for (int k = 0; k < 4; k++) {
            to[k] = box[box_mode % 2 ? k ^ 1 : k] / 0.5f; /* undone by spatial_scale */
        }
        in[2].i[b] = image[b];
        for (int i = 0; i < C * TO_H * TO_W; i++) {
            double at_y = (double)y1 + grid(how, i / TO_W % TO_H, TO_H, (double)(y2 - y1) + 1);
            double at_x = (double)x1 + grid(how, i % TO_W, TO_W, (double)(x2 - x1) + 1);
            const float *plane = in[0].f + (image[b] * C + i / TO_W / TO_H) * H * W;
            bool inside = at_y >= 0 && at_x >= 0 && at_y <= H - 1 && at_x <= W - 1;
            want[b * C * TO_H * TO_W + i] = inside ? bilinear(plane, H, W, at_y, at_x, 0) : 7;
        }
    }
    char args[400];
    snprintf(args, sizeof args,
             "x = x, %s, target_height = int32(3), target_width = int32(4), spatial_scale = "
             "fp32(0.5), pad_value = fp32(7), normalized_coordinates = bool(%s), "
             "box_coordinate_mode = string(\"%s\"), sampling_mode = string(\"%s\")",
             old ? "roi = roi" : "boxes = boxes, box_indices = at", normalized ? "true" : "false",
             box_names[box_mode], mode_names[how]);
    host_run("crop_resize", args, in, 3, &y, 1);
    host_expect(args, &y, want, 1e-5);
    in[2].i[1] = IMAGES;
    in[1].f[old ? 5 : 0] = IMAGES;
    host_run_refused("crop_resize", args, in, 3, &y, 1, "box 1 is for an image that is not there");
    host_run_free(in, 3);
    host_run_free(&y, 1);
}

static void test_crop_resize(void **state) {
    (void)state;
    for (int i = 0; i < MODES * 4; i++) {
        check_crop_resize((mode)(i / 4), i % 4, i % 3 == 0, false);
    }
    check_crop_resize(STRICT, 0, false, true);
}

/* a coordinate brought into the image as the padding says; the constant is seen to elsewhere */
static double folded(const char *padding, double at, double n) {
    if (strcmp(padding, "border") == 0) {
        return fmin(fmax(at, 0), n - 1);
    }
    double low = strcmp(padding, "symmetric") == 0 ? -0.5 : 0, high = n - 1 - low;
    for (int i = 0; i < 100 && strcmp(padding, "constant") != 0 && n > 1; i++) {
        at = at < low ? 2 * low - at : at > high ? 2 * high - at : at;
    }
    /* symmetric: half a pixel around the edge is the edge */
    return strcmp(padding, "constant") == 0 ? at : fmin(fmax(at, 0), n - 1);
}

static void test_resample(void **state) {
    (void)state;
    enum { H = 5, W = 4, TO = 30 };
    static const char *const paddings[] = {"constant", "border", "reflection", "symmetric"};
    static const char *const systems[] = {"unnormalized", "normalized_minus_one_to_one",
                                          "normalized_zero_to_one"};
    for (int i = 0; i < 48; i++) {
        const char *padding = paddings[i % 4];
        int system = i / 4 % 3;
        bool align = i / 12 % 2, nearest = i / 24;
        host_tensor in[] = {host_floats("x", DIMS(1, C, H, W), 1),
                            host_floats("at", DIMS(1, 1, TO, 2), (uint32_t)i + 2)};
        host_tensor y = host_floats("y", DIMS(1, C, 1, TO), 0);
        double want[C * TO];
        for (int k = 0; k < TO; k++) {
            double at[2];
            for (int axis = 0; axis < 2; axis++) {
                double n = axis ? H : W, v = (double)(in[1].f[2 * k + axis] *= system ? 2 : 8);
                v = system == 1 ? (v + 1) / 2 : v;
                at[axis] = system ? (align ? v * (n - 1) : v * n - 0.5) : v;
                at[axis] = nearest ? nearbyint(at[axis]) : at[axis];
                at[axis] = folded(padding, at[axis], n);
            }
            for (int c = 0; c < C; c++) {
                want[c * TO + k] = bilinear(in[0].f + c * H * W, H, W, at[1], at[0], 3);
            }
        }
        char args[300];
        snprintf(args, sizeof args,
                 "x = x, coordinates = at, sampling_mode = string(\"%s\"), padding_mode = "
                 "string(\"%s\"), padding_value = fp32(3), coordinates_mode = string(\"%s\"), "
                 "align_corners = bool(%s)",
                 nearest ? "nearest" : "bilinear", padding, systems[system],
                 align ? "true" : "false");
        host_run("resample", args, in, 2, &y, 1);
        host_expect(args, &y, want, 1e-4);
        host_run_free(in, 2);
        host_run_free(&y, 1);
    }
}

static void test_affine(void **state) {
    (void)state;
    enum { H = 5, W = 4, TO_H = 3, TO_W = 6 };
    host_tensor in[] = {host_floats("x", DIMS(2, C, H, W), 1), host_floats("m", DIMS(2, 6), 2)};
    host_tensor y = host_floats("y", DIMS(2, C, TO_H, TO_W), 0);
    double want[2 * C * TO_H * TO_W];
    for (size_t i = 0; i < y.shape.n; i++) {
        const float *m = in[1].f + i / TO_W / TO_H / C * 6;
        double v = -1 + 2.0 * (double)(i / TO_W % TO_H) / (TO_H - 1);
        double h = -1 + 2.0 * (double)(i % TO_W) / (TO_W - 1);
        double at_x = (double)m[0] * h + (double)m[1] * v + (double)m[2];
        double at_y = (double)m[3] * h + (double)m[4] * v + (double)m[5];
        want[i] = bilinear(in[0].f + i / TO_W / TO_H * H * W, H, W, (at_y + 1) / 2 * (H - 1),
                           (at_x + 1) / 2 * (W - 1), 0);
    }
    host_run("affine",
             "x = x, transform_matrix = m, output_height = int32(3), output_width = int32(6), "
             "sampling_mode = string(\"bilinear\"), padding_mode = string(\"constant\"), "
             "padding_value = fp32(0), coordinates_mode = "
             "string(\"normalized_minus_one_to_one\"), align_corners = bool(true)",
             in, 2, &y, 1);
    host_expect("affine", &y, want, 1e-5);
    host_run_free(in, 2);
    host_run_free(&y, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resize), cmocka_unit_test(test_resize_integers),
        cmocka_unit_test(test_crop_resize), cmocka_unit_test(test_resample),
        cmocka_unit_test(test_affine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
