/* conv, conv_transpose and conv_quantized against loops over every output, channel and tap. */
#include "host_run.h"

#include <math.h>

typedef struct conv_case {
    int axes;
    size_t images, groups, in, out; /* channels of each group */
    size_t dim[3], kernel[3], stride[3], dilation[3], before[3], after[3];
    const char *padding;
    bool bias;
} conv_case;

static void write_list(char *to, const char *name, int n, const size_t *a, const size_t *b) {
    char *at = to + sprintf(to, ", %s = tensor<int32, [%d]>([", name, b ? 2 * n : n);
    for (int i = 0; i < n; i++) {
        at += sprintf(at, "%s%zu", i ? ", " : "", a[i]);
        at += b ? sprintf(at, ", %zu", b[i]) : 0;
    }
    sprintf(at, "])");
}

static void write_args(const conv_case *c, const char *first, char *to) {
    strcpy(to, first);
    strcat(to, c->bias ? ", bias = bias" : "");
    write_list(to + strlen(to), "strides", c->axes, c->stride, NULL);
    write_list(to + strlen(to), "dilations", c->axes, c->dilation, NULL);
    write_list(to + strlen(to), "pad", c->axes, c->before, c->after);
    sprintf(to + strlen(to), ", pad_type = string(\"%s\"), groups = int32(%zu)", c->padding,
            c->groups);
}

static host_tensor image(const char *name, size_t n, size_t channels, int axes, const size_t *dim,
                         uint32_t seed) {
    size_t dims[6] = {n, channels, dim[0], axes > 1 ? dim[1] : 0, axes > 2 ? dim[2] : 0, 0};
    return host_floats(name, dims, seed);
}

/* adds value * weight for all pairs of an output and an input that a tap joins */
typedef struct sizes {
    size_t in[3], out[3], kernel[3];
    ptrdiff_t stride[3], dilation[3], before[3];
} sizes;

static sizes three_axes(const conv_case *c, const shape *x, const shape *y) {
    sizes s;
    for (int i = 0; i < 3; i++) {
        bool there = i < c->axes;
        s.in[i] = there ? x->dim[i + 2] : 1;
        s.out[i] = there ? y->dim[i + 2] : 1;
        s.kernel[i] = there ? c->kernel[i] : 1;
        s.stride[i] = there ? (ptrdiff_t)c->stride[i] : 1;
        s.dilation[i] = there ? (ptrdiff_t)c->dilation[i] : 1;
        s.before[i] = there ? (ptrdiff_t)c->before[i] : 0;
    }
    return s;
}

static size_t product(const size_t *a) {
    return a[0] * a[1] * a[2];
}

/* index of the input that the tap joins to the output, or -1 */
static ptrdiff_t joined(const sizes *s, size_t o, size_t t) {
    size_t out[3] = {o / s->out[2] / s->out[1], o / s->out[2] % s->out[1], o % s->out[2]};
    size_t tap[3] = {t / s->kernel[2] / s->kernel[1], t / s->kernel[2] % s->kernel[1],
                     t % s->kernel[2]};
    ptrdiff_t at = 0;
    for (int i = 0; i < 3; i++) {
        ptrdiff_t k = (ptrdiff_t)out[i] * s->stride[i] + (ptrdiff_t)tap[i] * s->dilation[i];
        k -= s->before[i];
        if (k < 0 || k >= (ptrdiff_t)s->in[i]) {
            return -1;
        }
        at = at * (ptrdiff_t)s->in[i] + k;
    }
    return at;
}

static void naive(const conv_case *c, const host_tensor *x, const host_tensor *w,
                  const host_tensor *bias, const host_tensor *y, double *out) {
    sizes s = three_axes(c, &x->shape, &y->shape);
    size_t ins = product(s.in), outs = product(s.out), taps = product(s.kernel);
    for (size_t plane = 0; plane < c->images * c->groups * c->out; plane++) {
        size_t channel = plane % (c->groups * c->out), first = plane / c->out * c->in;
        for (size_t o = 0; o < outs; o++) {
            double sum = c->bias ? (double)bias->f[channel] : 0;
            for (size_t k = 0; k < c->in; k++) {
                for (size_t t = 0; t < taps; t++) {
                    ptrdiff_t at = joined(&s, o, t);
                    double a = at < 0 ? 0 : (double)x->f[(first + k) * ins + (size_t)at];
                    sum += a * (double)w->f[(channel * c->in + k) * taps + t];
                }
            }
            out[plane * outs + o] = sum;
        }
    }
}

/* the adjoint: x has the outputs of the plain convolution, y its inputs */
static void naive_transposed(const conv_case *c, const host_tensor *x, const host_tensor *w,
                             const host_tensor *bias, const host_tensor *y, double *out) {
    sizes s = three_axes(c, &y->shape, &x->shape);
    size_t ins = product(s.out), outs = product(s.in), taps = product(s.kernel);
    for (size_t i = 0; i < y->shape.n; i++) {
        out[i] = c->bias ? (double)bias->f[i / outs % (c->groups * c->out)] : 0;
    }
    for (size_t plane = 0; plane < c->images * c->groups * c->in; plane++) {
        size_t channel = plane % (c->groups * c->in), first = plane / c->in * c->out;
        for (size_t i = 0; i < ins * taps * c->out; i++) {
            size_t row = i % c->out, t = i / c->out % taps, o = i / c->out / taps;
            ptrdiff_t at = joined(&s, o, t);
            if (at >= 0) {
                out[(first + row) * outs + (size_t)at] +=
                    (double)x->f[plane * ins + o] *
                    (double)w->f[(channel * c->out + row) * taps + t];
            }
        }
    }
}

/* sets the pads that the pad_type means, and the dims of the result */
static bool finish_case(conv_case *c, size_t *dims) {
    for (int i = 0; i < c->axes; i++) {
        size_t reach = (c->kernel[i] - 1) * c->dilation[i] + 1;
        if (strncmp(c->padding, "same", 4) == 0) {
            size_t outs = (c->dim[i] + c->stride[i] - 1) / c->stride[i];
            size_t need = (outs - 1) * c->stride[i] + reach;
            size_t all = need > c->dim[i] ? need - c->dim[i] : 0;
            bool lower = strcmp(c->padding, "same_lower") == 0;
            c->before[i] = lower ? all - all / 2 : all / 2;
            c->after[i] = all - c->before[i];
        } else if (strcmp(c->padding, "valid") == 0) {
            c->before[i] = c->after[i] = 0;
        }
        size_t length = c->dim[i] + c->before[i] + c->after[i];
        if (length < reach) {
            return false;
        }
        dims[i] = (length - reach) / c->stride[i] + 1;
    }
    return true;
}

static void check(conv_case c, uint32_t seed) {
    size_t result[3];
    char args[600];
    if (!finish_case(&c, result)) {
        return;
    }
    size_t channels = c.groups * c.out;
    host_tensor t[] = {image("x", c.images, c.groups * c.in, c.axes, c.dim, seed),
                       image("w", channels, c.in, c.axes, c.kernel, seed + 1),
                       host_floats("bias", DIMS(channels), seed + 2)};
    host_tensor y = image("y", c.images, channels, c.axes, result, 0);
    write_args(&c, "x = x, weight = w", args);
    double *want = calloc(y.shape.n, sizeof *want);
    assert_non_null(want);
    naive(&c, &t[0], &t[1], &t[2], &y, want);
    host_run("conv", args, t, c.bias ? 3 : 2, &y, 1);
    host_expect(args, &y, want, 1e-5);
    free(want);
    host_run_free(t, 3);
    host_run_free(&y, 1);
}

/* the same geometry the other way round */
static void check_transposed(conv_case c, uint32_t seed) {
    size_t small[3];
    char args[700];
    if (!finish_case(&c, small)) {
        return;
    }
    size_t channels = c.groups * c.out;
    host_tensor t[] = {image("x", c.images, c.groups * c.in, c.axes, small, seed),
                       image("w", c.groups * c.in, c.out, c.axes, c.kernel, seed + 1),
                       host_floats("bias", DIMS(channels), seed + 2)};
    host_tensor y = image("y", c.images, channels, c.axes, c.dim, 0);
    write_args(&c, "x = x, weight = w", args);
    double *want = calloc(y.shape.n, sizeof *want);
    assert_non_null(want);
    naive_transposed(&c, &t[0], &t[1], &t[2], &y, want);
    host_run("conv_transpose", args, t, c.bias ? 3 : 2, &y, 1);
    host_expect(args, &y, want, 1e-5);
    free(want);
    host_run_free(t, 3);
    host_run_free(&y, 1);
}

static const char *const paddings[] = {"valid", "custom", "same", "same_lower"};

static conv_case random_case(uint32_t *seed) {
    conv_case c = {.axes = (int)host_pick(seed, 1, 3), .images = host_pick(seed, 1, 2)};
    c.groups = host_pick(seed, 1, 3);
    c.in = host_pick(seed, 1, 4);
    c.out = host_pick(seed, 1, 4);
    c.padding = paddings[host_pick(seed, 0, 3)];
    c.bias = host_pick(seed, 0, 1);
    for (int i = 0; i < c.axes; i++) {
        c.dim[i] = host_pick(seed, 1, c.axes == 1 ? 90 : 9);
        c.kernel[i] = host_pick(seed, 1, 4);
        c.stride[i] = host_pick(seed, 1, 3);
        c.dilation[i] = host_pick(seed, 1, 3);
        c.before[i] = host_pick(seed, 0, 3);
        c.after[i] = host_pick(seed, 0, 3);
    }
    return c;
}

static void test_random(void **state) {
    (void)state;
    uint32_t seed = 7;
    for (uint32_t i = 1; i <= 300; i++) {
        conv_case c = random_case(&seed);
        check(c, i);
        check_transposed(c, i);
    }
}

/* larger ones: several blocks of columns and of rows, the plain path, depthwise rows beyond a block
 */
static void test_blocks(void **state) {
    (void)state;
    const conv_case base = {.axes = 2, .images = 1, .groups = 1, .padding = "same", .bias = true};
    conv_case c = base;
    c.in = 40, c.out = 33;
    for (int i = 0; i < 2; i++) {
        c.dim[i] = 31, c.kernel[i] = 3, c.stride[i] = 1, c.dilation[i] = 1;
    }
    check(c, 1);
    check_transposed(c, 2);
    c.kernel[0] = c.kernel[1] = 1;
    check(c, 3);
    c.dim[0] = 1, c.dim[1] = 5000;
    check(c, 4);
    c.groups = 5, c.in = 1, c.out = 2;
    c.dim[0] = 6, c.dim[1] = 200, c.kernel[0] = 3, c.kernel[1] = 5;
    check(c, 5);
    c.stride[1] = 2;
    check(c, 6);
}

static void test_quantized(void **state) {
    (void)state;
    host_tensor t[] = {host_floats("x", DIMS(1, 3, 9), 1), host_ints("q", DIMS(4, 3, 2), 0, 255, 2),
                       host_floats("scale", DIMS(4), 3), host_floats("shift", DIMS(4), 4)};
    host_tensor y = host_floats("y", DIMS(1, 4, 8), 0);
    double want[32] = {0};
    for (size_t i = 0; i < 32; i++) {
        for (size_t k = 0; k < 6; k++) {
            size_t channel = i / 8;
            double w = (double)t[1].i[channel * 6 + k] * (double)t[2].f[channel];
            want[i] += (w + (double)t[3].f[channel]) * (double)t[0].f[k / 2 * 9 + i % 8 + k % 2];
        }
    }
    host_run("conv_quantized",
             "x = x, weight = q, quant_scale = scale, quant_bias = shift, "
             "quantization_type = string(\"linear\")",
             t, 4, &y, 1);
    host_expect("conv_quantized", &y, want, 1e-5);
    host_run_refused("conv_quantized",
                     "x = x, weight = q, quant_scale = scale, quant_bias = shift, "
                     "quantization_type = string(\"lut\")",
                     t, 4, &y, 1, "is not one of: linear");
    host_run_free(t, 4);
    host_run_free(&y, 1);
}

/* one output of a convolution along n values with ones as weights */
static double engine_sum(anet_numerics numerics, const float *values, size_t n, float bias) {
    host_tensor t[] = {host_floats("x", DIMS(1, 1, n), 0), host_floats("w", DIMS(1, 1, n), 0),
                       host_floats("bias", DIMS(1), 0)};
    host_tensor y = host_floats("y", DIMS(1, 1, 1), 0);
    memcpy(t[0].f, values, n * sizeof *values);
    t[2].f[0] = bias;
    for (size_t i = 0; i < n; i++) {
        t[1].f[i] = 1;
    }
    host_run_in(numerics, "conv",
                bias == 0 ? "x = x, weight = w" : "x = x, weight = w, bias = bias", t,
                bias == 0 ? 2 : 3, &y, 1);
    double result = (double)y.f[0];
    host_run_free(t, 3);
    host_run_free(&y, 1);
    return result;
}

/* On the engine a sum of products breaks at 32768 and stays broken; the bias goes first. Nothing of
 * this may depend on the way that the host computes a convolution. */
static void test_engine_sums(void **state) {
    (void)state;
    static const float there_and_back[] = {16384, 16384, -16384, -16384, 1}, large[] = {60000, 0};
    assert_true(engine_sum(ANET_NUMERICS_FP32, there_and_back, 5, 0) == 1);
    assert_true(isinf(engine_sum(ANET_NUMERICS_ANE_M4, there_and_back, 5, 0)));
    assert_true(engine_sum(ANET_NUMERICS_ANE_M4, there_and_back, 5, -16384) == -16384);
    assert_true(engine_sum(ANET_NUMERICS_ANE_M1, large, 1, 0) == 60000);
    assert_true(isinf(engine_sum(ANET_NUMERICS_ANE_M1, large, 2, 0)));
}

static void test_hostile(void **state) {
    (void)state;
    host_tensor t[] = {host_floats("x", DIMS(1, 4, 9), 1), host_floats("w", DIMS(4, 3, 2), 2)};
    host_tensor y = host_floats("y", DIMS(1, 4, 8), 0);
    host_run_refused("conv", "x = x, weight = w", t, 2, &y, 1, "do not fit together");
    host_run_refused("conv", "x = x, weight = w, groups = int32(0)", t, 2, &y, 1, "'groups'");
    t[1].shape.dim[1] = 4;
    t[1].shape.n = 32;
    host_run_refused("conv", "x = x, weight = w, strides = tensor<int32, [1]>([0])", t, 2, &y, 1,
                     "'strides' holds 0");
    host_run_refused("conv", "x = x, weight = w, pad_type = string(\"full\")", t, 2, &y, 1,
                     "valid, custom, same, same_lower");
    host_run_refused("conv", "x = x, weight = w, strides = tensor<int32, [2]>([1, 1])", t, 2, &y, 1,
                     "'strides'");
    host_run_free(t, 2);
    host_run_free(&y, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random), cmocka_unit_test(test_blocks),
                                       cmocka_unit_test(test_quantized),
                                       cmocka_unit_test(test_engine_sums),
                                       cmocka_unit_test(test_hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
