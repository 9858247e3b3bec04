/* item_ops.c: ops about which the sources disagree. Facts: ane-facts sections 1.2, 4 and 5. */
#include "doctor/trial.h"

#include "ane/ane.h"
#include "mil/blob.h"

#include <math.h>
#include <stdlib.h>

enum { CHANNELS = 32, WIDTH = 64 };

/* An op that is not compiled is to blame only if the same without it is. */
static bool plain_program_works(bench *b) {
    text mil = {0};
    trial t;
    anet_error err = {0};
    trial_program(b, "tensor<fp16, [1, 32, 1, 64]> x",
                  "        tensor<fp16, [1, 32, 1, 64]> y = add(x = x, y = x)[name = "
                  "string(\"y\")];\n",
                  "(y)", &mil, &err);
    if (trial_open(&t, b, "plain", &mil, NULL, NULL, &err)) {
        return false;
    }
    trial_close(&t);
    return true;
}

/* --- conv with a weight that is an input --- */

static bool conv_right(const float *y, int period) {
    for (int o = 0; o < CHANNELS; o++) {
        for (int s = 0; s < WIDTH; s++) {
            int sum = 0;
            for (int i = 0; i < CHANNELS; i++) {
                sum += (i * WIDTH + s) % period * ((o * CHANNELS + i) % 2);
            }
            if (y[o * WIDTH + s] != (float)sum) {
                return false;
            }
        }
    }
    return true;
}

anet_code doctor_try_conv_weight(bench *b, text *said, anet_error *err) {
    enum { PERIOD = 5 };
    text mil = {0};
    trial t;
    trial_program(b, "tensor<fp16, [32, 32, 1, 1]> a_w, tensor<fp16, [1, 32, 1, 64]> b_x",
                  TRIAL_CONV_CONSTANTS "        tensor<fp16, [1, 32, 1, 64]> y = " TRIAL_CONV
                                       "weight = a_w, x = b_x)[name = string(\"y\")];\n",
                  "(y)", &mil, err);
    if (trial_open(&t, b, "conv_weight", &mil, NULL, NULL, err)) {
        b->m->runtime_conv_weight = b->m->runtime_conv_weight && !plain_program_works(b);
        return err->code;
    }
    trial_count(&t, 0, 2, 1);
    trial_count(&t, 1, PERIOD, 1);
    if (!trial_run(&t, err)) {
        b->m->runtime_conv_weight = conv_right(trial_result(&t, 0), PERIOD);
        text_puts(said, b->m->runtime_conv_weight
                            ? "right numbers"
                            : "wrong numbers: the weight is ignored or misread");
    }
    trial_close(&t);
    return err->code;
}

/* --- concat --- */

anet_code doctor_try_concat(bench *b, text *said, anet_error *err) {
    enum { PERIOD = 11 };
    text mil = {0};
    trial t;
    trial_program(
        b, "tensor<fp16, [1, 32, 1, 64]> x",
        "        fp16 two = const()[name = string(\"two\"), val = fp16(0x1p+1)];\n"
        "        int32 axis = const()[name = string(\"axis\"), val = int32(1)];\n"
        "        bool no = const()[name = string(\"no\"), val = bool(false)];\n"
        "        tensor<fp16, [1, 32, 1, 64]> x2 = mul(x = x, y = two)[name = string(\"x2\")];\n"
        "        tensor<fp16, [1, 64, 1, 64]> y = concat(axis = axis, interleave = no, values = "
        "(x2, x))[name = string(\"y\")];\n",
        "(y)", &mil, err);
    if (trial_open(&t, b, "concat", &mil, NULL, NULL, err)) {
        b->m->concat = b->m->concat && !plain_program_works(b);
        return err->code;
    }
    trial_count(&t, 0, PERIOD, 1);
    if (!trial_run(&t, err)) {
        const float *y = trial_result(&t, 0);
        b->m->concat = true;
        for (int i = 0; i < CHANNELS * WIDTH; i++) {
            b->m->concat = b->m->concat && y[i] == (float)(2 * (i % PERIOD)) &&
                           y[CHANNELS * WIDTH + i] == (float)(i % PERIOD);
        }
        text_puts(said, b->m->concat ? "right numbers" : "wrong numbers");
    }
    trial_close(&t);
    return err->code;
}

/* --- slices --- */

anet_code doctor_try_slice(bench *b, text *said, anet_error *err) {
    text mil = {0};
    trial t;
    trial_program(
        b, "tensor<fp16, [1, 32, 1, 64]> x",
        "        tensor<int32, [4]> from = const()[name = string(\"from\"), val = tensor<int32, "
        "[4]>([0, 0, 0, 32])];\n"
        "        tensor<int32, [4]> size = const()[name = string(\"size\"), val = tensor<int32, "
        "[4]>([1, 32, 1, 32])];\n"
        "        tensor<fp16, [1, 32, 1, 32]> y = slice_by_size(begin = from, size = size, x = "
        "x)[name = string(\"y\")];\n",
        "(y)", &mil, err);
    if (trial_open(&t, b, "slice", &mil, NULL, NULL, err)) {
        return err->code;
    }
    /* 5000 at odd places, 0 at even ones */
    trial_count(&t, 0, 2, 5000);
    if (!trial_run(&t, err)) {
        const float *y = trial_result(&t, 0);
        int i = 0;
        while (i < CHANNELS * WIDTH / 2 && y[i] == (i % 2 ? 5000.0f : 0.0f)) {
            i++;
        }
        b->m->slices_saturate = i < CHANNELS * WIDTH / 2;
        if (b->m->slices_saturate && !isinf(y[i])) {
            anet_fail(err, ANET_FAILED, "wrong numbers: element %d is %g, not %d", i, (double)y[i],
                      i % 2 ? 5000 : 0);
        }
        text_puts(said, b->m->slices_saturate ? "5000 becomes infinite" : "5000 stays 5000");
    }
    trial_close(&t);
    return err->code;
}

/* --- ties --- */

anet_code doctor_try_rounding(bench *b, text *said, anet_error *err) {
    text mil = {0};
    trial t;
    trial_program(b, "tensor<fp16, [1, 32, 1, 64]> x",
                  "        fp16 one = const()[name = string(\"one\"), val = fp16(0x1p+0)];\n"
                  "        tensor<fp16, [1, 32, 1, 64]> y = add(x = x, y = one)[name = "
                  "string(\"y\")];\n",
                  "(y)", &mil, err);
    if (trial_open(&t, b, "rounding", &mil, NULL, NULL, err)) {
        return err->code;
    }
    trial_fill(&t, 0, 2048);
    if (!trial_run(&t, err)) {
        float y = trial_result(&t, 0)[0];
        if (y != 2048 && y != 2050) {
            anet_fail(err, ANET_FAILED, "2048 + 1 becomes %g, which is neither 2048 nor 2050",
                      (double)y);
        } else {
            b->m->rounds_even = y == 2048;
            text_printf(said, "2049 becomes %g: %s", (double)y,
                        b->m->rounds_even ? "to even" : "away from zero");
        }
    }
    trial_close(&t);
    return err->code;
}

/* --- patch of a constant, as the device does it --- */

static void identity(mil_blob_writer *w, uint16_t diagonal) {
    uint16_t *bits = anet_calloc(CHANNELS * CHANNELS, sizeof *bits);
    for (int i = 0; i < CHANNELS; i++) {
        bits[i * CHANNELS + i] = diagonal;
    }
    mil_blob_add(w, MIL_FP16, bits, CHANNELS * CHANNELS);
    mil_blob_finish(w);
    free(bits);
}

typedef struct patched {
    const anet_device_ops *ops;
    anet_device *device;
    anet_program *program;
    anet_surface *in, *out;
} patched;

static void close_patched(patched *p) {
    if (p->in) {
        p->ops->surface_free(p->in);
    }
    if (p->out) {
        p->ops->surface_free(p->out);
    }
    if (p->program) {
        p->ops->release(p->program);
    }
    if (p->device) {
        p->ops->close(p->device);
    }
}

/* the factor by which the program multiplies; NAN if it is none of these */
static float factor(patched *p, anet_error *err) {
    if (p->ops->evaluate(p->program, &p->in, &p->out, err)) {
        return NAN;
    }
    const float *x = p->ops->surface_read(p->in), *y = p->ops->surface_read(p->out);
    float f = y[1] / x[1];
    for (int i = 0; i < CHANNELS * WIDTH; i++) {
        if (y[i] != f * x[i]) {
            return NAN;
        }
    }
    return f;
}

static anet_code open_patched(const bench *b, patched *p, const anet_source *source,
                              anet_error *err) {
    float x[CHANNELS * WIDTH];
    anet_device_config config = {.profile = b->known, .update = ANET_UPDATE_PATCH};
    size_t n = sizeof x / sizeof *x;
    if (p->ops->open(&config, &p->device, err) ||
        p->ops->compile(p->device, source, &p->program, err) ||
        p->ops->surface_new(p->device, n, NULL, &p->in, err) ||
        p->ops->surface_new(p->device, n, NULL, &p->out, err)) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(i % 7);
    }
    p->ops->surface_write(p->in, x, n);
    return ANET_OK;
}

static anet_code weigh_patch(bench *b, patched *p, const anet_source *before,
                             const anet_source *after, text *said, anet_error *err) {
    if (open_patched(b, p, before, err)) {
        return err->code;
    }
    float first = factor(p, err);
    if (!err->code && first != 1) {
        return anet_fail(err, ANET_FAILED, "a conv with a constant gives wrong numbers");
    }
    if (err->code || p->ops->reload(&p->program, after, err)) {
        return err->code;
    }
    float second = factor(p, err);
    if (err->code) {
        return err->code;
    }
    if (p->ops->stats(p->device)->patches == 0 && second == 3) {
        text_puts(said, "not tried: the device compiles programs again instead");
        return ANET_OK;
    }
    b->m->patches = second == 3;
    text_puts(said, second == 3   ? "the program uses the new constant without a compile"
                    : second == 1 ? "ignored: the program keeps the old constant"
                                  : "wrong numbers");
    return ANET_OK;
}

anet_code doctor_try_patch(bench *b, text *said, anet_error *err) {
    enum { ONE = 0x3C00, THREE = 0x4200 }; /* as halves */
    static const char path[] = "@model_path/weights/w.bin";
    mil_blob_writer one = {0}, three = {0};
    text mil = {0};
    patched p = {.ops = &anet_ane_device};
    trial_program(b, "tensor<fp16, [1, 32, 1, 64]> x",
                  TRIAL_CONV_CONSTANTS
                  "        tensor<fp16, [32, 32, 1, 1]> w = const()[name = string(\"w\"), val = "
                  "tensor<fp16, [32, 32, 1, 1]>(BLOBFILE(path = "
                  "string(\"@model_path/weights/w.bin\"), offset = uint64(64)))];\n"
                  "        tensor<fp16, [1, 32, 1, 64]> y = " TRIAL_CONV
                  "weight = w, x = x)[name = string(\"y\")];\n",
                  "(y)", &mil, err);
    identity(&one, ONE);
    identity(&three, THREE);
    anet_blob old = {path, one.bytes.at, one.bytes.len},
              new = {path, three.bytes.at, three.bytes.len};
    anet_source before = {"patch", mil.at, mil.len, &old, 1}, after = before;
    after.blob = &new;
    bool expected = b->m->patches;
    b->m->patches = false;
    anet_code code = err->code ? err->code : weigh_patch(b, &p, &before, &after, said, err);
    if (!code && p.ops->stats(p.device)->patches == 0) {
        b->m->patches = expected;
    }
    close_patched(&p);
    text_free(&one.bytes);
    text_free(&three.bytes);
    text_free(&mil);
    return code;
}
