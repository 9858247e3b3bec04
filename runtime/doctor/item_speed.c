/* item_speed.c: how fast. Facts: ane-facts sections 6.2 and 8: the clock rises for about 0.3 s, so
 * everything is warmed up for longer; only evaluations that succeed are counted. */
#include "doctor/trial.h"

#include "base/clock.h"
#include "mil/blob.h"
#include "pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const double WARM = 1.2, MEASURE = 2;

/* rounded: more digits would say more than is known */
static double four_digits(double x) {
    char digits[40];
    snprintf(digits, sizeof digits, "%.4g", x);
    return strtod(digits, NULL);
}

static anet_code time_it(bench *b, trial *t, double *median, int *n, anet_error *err) {
    return trial_time(t, b->quick ? 0 : WARM, b->quick ? 0 : MEASURE, median, n, err);
}

/* A speed counts only with the right numbers. */
static anet_code wrong_numbers(anet_error *err) {
    return anet_fail(err, ANET_FAILED, "the numbers are wrong, so how fast they come is of no use");
}

anet_code doctor_try_dispatch(bench *b, text *said, anet_error *err) {
    text mil = {0};
    trial t;
    double median;
    int n;
    trial_program(b, "tensor<fp16, [1, 32, 1, 64]> x",
                  "        tensor<fp16, [1, 32, 1, 64]> y = add(x = x, y = x)[name = "
                  "string(\"y\")];\n",
                  "(y)", &mil, err);
    if (trial_open(&t, b, "dispatch", &mil, NULL, NULL, err)) {
        return err->code;
    }
    trial_count(&t, 0, 7, 1);
    anet_code code = time_it(b, &t, &median, &n, err);
    if (!code && trial_result(&t, 0)[1] != 2) {
        code = wrong_numbers(err);
    }
    trial_close(&t);
    if (code) {
        return code;
    }
    b->m->dispatch_us = four_digits(1e6 * median);
    text_printf(said, "%.4g us, median of %d evaluations of an add of [1, 32, 1, 64]",
                b->m->dispatch_us, n);
    return ANET_OK;
}

/* --- matmul --- */

enum { PERIOD_X = 7, PERIOD_W = 5 };
static const float SCALE = 0.125f;

static void matmul_program(const bench *b, int64_t n, text *mil, anet_error *err) {
    text parameters = {0}, ops = {0};
    long long k = (long long)n;
    text_printf(&parameters, "tensor<fp16, [1, %lld, %lld]> a_x, tensor<fp16, [1, %lld, %lld]> b_w",
                k, k, k, k);
    text_printf(&ops,
                "        bool no = const()[name = string(\"no\"), val = bool(false)];\n"
                "        tensor<fp16, [1, %lld, %lld]> y = matmul(transpose_x = no, transpose_y = "
                "no, x = a_x, y = b_w)[name = string(\"y\")];\n",
                k, k);
    trial_program(b, parameters.at, ops.at, "(y)", mil, err);
    text_free(&parameters);
    text_free(&ops);
}

/* some elements, as closely as halves allow */
static bool product_right(const float *y, int64_t n) {
    for (int64_t at = 0; at < n * n; at += n * n / 5 + 1) {
        double sum = 0;
        for (int64_t k = 0; k < n; k++) {
            int64_t x = at / n * n + k, w = k * n + at % n;
            sum += (double)(x % PERIOD_X) * (double)(w % PERIOD_W) * SCALE * SCALE;
        }
        if (!(fabs(y[at] - sum) <= 0.01 * sum + 0.01)) {
            return false;
        }
    }
    return true;
}

anet_code doctor_try_matmul(bench *b, text *said, anet_error *err) {
    const int64_t size = b->quick ? 64 : 2048;
    text mil = {0};
    trial t;
    double median;
    int n;
    matmul_program(b, size, &mil, err);
    if (trial_open(&t, b, "matmul", &mil, NULL, NULL, err)) {
        return err->code;
    }
    trial_count(&t, 0, PERIOD_X, SCALE); /* not zeros: the engine may skip them */
    trial_count(&t, 1, PERIOD_W, SCALE);
    anet_code code = time_it(b, &t, &median, &n, err);
    if (!code && !product_right(trial_result(&t, 0), size)) {
        code = wrong_numbers(err);
    }
    trial_close(&t);
    if (code) {
        return code;
    }
    double flops = 2.0 * (double)(size * size * size);
    b->m->matmul_tflops = four_digits(flops / median / 1e12);
    text_printf(said, "%.4g TFLOPS, [%lld, %lld] x [%lld, %lld], median of %d", b->m->matmul_tflops,
                (long long)size, (long long)size, (long long)size, (long long)size, n);
    return ANET_OK;
}

/* --- a chain of convolutions with a constant --- */

typedef struct chain {
    int channels, height, width, length;
} chain;

static void chain_program(const bench *b, const chain *c, text *mil, anet_error *err) {
    text parameters = {0}, ops = {0}, type = {0};
    text_printf(&type, "tensor<fp16, [1, %d, %d, %d]>", c->channels, c->height, c->width);
    text_printf(&parameters, "%s x0", type.at);
    text_printf(
        &ops,
        TRIAL_CONV_CONSTANTS
        "        tensor<fp16, [%d, %d, 1, 1]> w = const()[name = string(\"w\"), val = "
        "tensor<fp16, [%d, %d, 1, 1]>(BLOBFILE(path = string(\"@model_path/weights/w.bin\"), "
        "offset = uint64(64)))];\n",
        c->channels, c->channels, c->channels, c->channels);
    for (int i = 0; i < c->length; i++) {
        text_printf(
            &ops, "        %s x%d = " TRIAL_CONV "weight = w, x = x%d)[name = string(\"x%d\")];\n",
            type.at, i + 1, i, i + 1);
    }
    text results = {0};
    text_printf(&results, "(x%d)", c->length);
    trial_program(b, parameters.at, ops.at, results.at, mil, err);
    text_free(&parameters);
    text_free(&ops);
    text_free(&type);
    text_free(&results);
}

/* +-2^-5 in a pattern: values neither vanish nor grow beyond a half over the chain */
static void chain_weights(const chain *c, mil_blob_writer *w) {
    enum { SMALL = 0x2800, SIGN = 0x8000 };
    size_t n = (size_t)c->channels * (size_t)c->channels;
    uint16_t *bits = anet_calloc(n, sizeof *bits);
    for (size_t i = 0; i < n; i++) {
        bits[i] = (uint16_t)(SMALL | ((i * 2654435761u >> 16) % 2 ? SIGN : 0));
    }
    mil_blob_add(w, MIL_FP16, bits, n);
    mil_blob_finish(w);
    free(bits);
}

/* Finite, and not zero throughout: what can be said without computing it once more. */
static bool chain_alive(const float *y, size_t n) {
    bool alive = false;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(y[i])) {
            return false;
        }
        alive = alive || y[i] != 0;
    }
    return alive;
}

anet_code doctor_try_conv(bench *b, text *said, anet_error *err) {
    const chain c = b->quick ? (chain){32, 4, 32, 2} : (chain){512, 64, 64, 16};
    mil_blob_writer w = {0};
    text mil = {0};
    trial t;
    double median;
    int n;
    chain_program(b, &c, &mil, err);
    chain_weights(&c, &w);
    anet_blob blob = {"@model_path/weights/w.bin", w.bytes.at, w.bytes.len};
    anet_code code = trial_open(&t, b, "conv", &mil, &blob, NULL, err);
    if (!code) {
        trial_count(&t, 0, PERIOD_X, SCALE);
        code = time_it(b, &t, &median, &n, err);
        if (!code && !chain_alive(trial_result(&t, 0), t.program->ports.output[0].elements)) {
            code = wrong_numbers(err);
        }
        trial_close(&t);
    }
    text_free(&w.bytes);
    if (code) {
        return code;
    }
    double flops = 2.0 * c.channels * c.channels * c.height * c.width * c.length;
    b->m->conv_tflops = four_digits(flops / median / 1e12);
    text_printf(said, "%.4g TFLOPS, %d times 1x1 of %d channels on %dx%d, median of %d",
                b->m->conv_tflops, c.length, c.channels, c.height, c.width, n);
    return ANET_OK;
}

/* --- writing weights into a surface --- */

anet_code doctor_try_weight_write(bench *b, text *said, anet_error *err) {
    const int64_t size = b->quick ? 64 : 2048;
    const double least = b->quick ? 0 : MEASURE;
    text mil = {0};
    trial t;
    matmul_program(b, size, &mil, err);
    anet_pool *pool = pool_new(0);
    if (trial_open(&t, b, "weight_write", &mil, NULL, pool, err)) {
        pool_free(pool);
        return err->code;
    }
    size_t elements = (size_t)(size * size);
    float *weights = anet_calloc(elements, sizeof *weights);
    for (size_t i = 0; i < elements; i++) {
        weights[i] = (float)(i % 11);
    }
    int n = -1; /* the first makes the memory */
    double start = seconds_now();
    ane_id object;
    while (!err->code && (n < 3 || seconds_now() - start < least)) {
        ane_surface_write(&t.in[1].s, weights, elements);
        ane_surface_input(&t.in[1].s, &t.program->ports.in[1].layout, &object, err);
        n++;
        start = n == 0 ? seconds_now() : start;
    }
    double seconds = seconds_now() - start;
    free(weights);
    trial_close(&t);
    if (!err->code) {
        b->m->weight_write_gbps = four_digits(2e-9 * (double)elements * n / seconds);
        text_printf(said, "%.4g GB/s of halves, from floats, %d threads, [%lld, %lld]",
                    b->m->weight_write_gbps, pool_threads(pool), (long long)size, (long long)size);
    }
    pool_free(pool);
    return err->code;
}

/* --- compiles --- */

anet_code doctor_try_compiles(bench *b, text *said, anet_error *err) {
    enum { MOST = 256, ENOUGH = 3 };
    int tried = 0, last = 0;
    anet_error failed = {0};
    /* those of an earlier run may be known to Apple's service, and cost nothing */
    const long long unique = (long long)time(NULL);
    while (tried < MOST && tried - last < ENOUGH) {
        text mil = {0}, ops = {0};
        trial t;
        anet_error e = {0};
        text_printf(&ops,
                    "        fp16 c%lld = const()[name = string(\"c%lld\"), val = fp16(%d.0)];\n"
                    "        tensor<fp16, [1, 32, 1, 64]> y = add(x = x, y = c%lld)[name = "
                    "string(\"y\")];\n",
                    unique, unique, tried + 1, unique);
        trial_program(b, "tensor<fp16, [1, 32, 1, 64]> x", ops.at, "(y)", &mil, &e);
        text_free(&ops);
        tried++;
        if (!trial_open(&t, b, "compiles", &mil, NULL, NULL, &e)) {
            trial_close(&t);
            last = tried;
        } else if (tried - last == 1) {
            failed = e;
        }
    }
    if (!last) {
        return anet_fail(err, failed.code, "%s", failed.message);
    }
    b->m->compile_limit = last;
    if (last == MOST) {
        text_printf(said, "%d different ones, and no end; no more were tried", MOST);
    } else {
        text_printf(said, "%d different ones, then %d in a row fail; the first: %s", last, ENOUGH,
                    failed.message);
    }
    return ANET_OK;
}
