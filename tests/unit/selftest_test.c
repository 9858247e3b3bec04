/* Kernels on the host device behind a layer that makes mistakes: each must be found and named. */
#include "selftest/selftest.h"

#include "host/numerics.h"
#include "pool.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { X_ROWS = 6, X_COLUMNS = 5, W_COLUMNS = 4, PACKED_COLUMNS = X_COLUMNS + W_COLUMNS };

/* y = w' x and twice = 2 x, where x and w are parts of one input */
static const char packed_mil[] =
    "program(1.3)\n"
    "[buildInfo = dict<string, string>({})]\n"
    "{\n"
    "func main<ios18>(tensor<fp16, [6, 9]> both) {\n"
    "bool yes = const()[name = string(\"yes\"), val = bool(true)];\n"
    "bool no = const()[name = string(\"no\"), val = bool(false)];\n"
    "tensor<int32, [2]> at_x = const()[name = string(\"at_x\"), val = tensor<int32, [2]>([0, "
    "0])];\n"
    "tensor<int32, [2]> at_w = const()[name = string(\"at_w\"), val = tensor<int32, [2]>([0, "
    "5])];\n"
    "tensor<int32, [2]> size_x = const()[name = string(\"size_x\"), val = tensor<int32, [2]>([6, "
    "5])];\n"
    "tensor<int32, [2]> size_w = const()[name = string(\"size_w\"), val = tensor<int32, [2]>([6, "
    "4])];\n"
    "tensor<fp16, [6, 5]> x = slice_by_size(begin = at_x, size = size_x, x = both)[name = "
    "string(\"x\")];\n"
    "tensor<fp16, [6, 4]> w = slice_by_size(begin = at_w, size = size_w, x = both)[name = "
    "string(\"w\")];\n"
    "tensor<fp16, [4, 5]> y = matmul(transpose_x = yes, transpose_y = no, x = w, y = x)[name = "
    "string(\"y\")];\n"
    "tensor<fp16, [6, 5]> twice = add(x = x, y = x)[name = string(\"twice\")];\n"
    "} -> (y, twice);\n"
    "}\n";

/* y = w x + v with constants, and square = y y */
static const char baked_mil[] =
    "program(1.3)\n"
    "[buildInfo = dict<string, string>({})]\n"
    "{\n"
    "func main<ios18>(tensor<fp16, [6, 5]> x) {\n"
    "bool no = const()[name = string(\"no\"), val = bool(false)];\n"
    "tensor<fp16, [4, 6]> w = const()[name = string(\"w\"), val = tensor<fp16, [4, "
    "6]>(BLOBFILE(path = string(\"@model_path/weights/w.bin\"), offset = uint64(64)))];\n"
    "tensor<fp16, [4, 1]> v = const()[name = string(\"v\"), val = tensor<fp16, [4, "
    "1]>(BLOBFILE(path = string(\"@model_path/weights/v.bin\"), offset = uint64(64)))];\n"
    "tensor<fp16, [4, 5]> product = matmul(transpose_x = no, transpose_y = no, x = w, y = x)[name "
    "= string(\"product\")];\n"
    "tensor<fp16, [4, 5]> y = add(x = product, y = v)[name = string(\"y\")];\n"
    "tensor<fp16, [4, 5]> square = mul(x = y, y = y)[name = string(\"square\")];\n"
    "} -> (y, square);\n"
    "}\n";

/* z = log(x), plus what nothing depends on */
static const char logarithm_mil[] =
    "program(1.3)\n"
    "[buildInfo = dict<string, string>({})]\n"
    "{\n"
    "func main<ios18>(tensor<fp16, [6, 5]> x, tensor<fp16, [6, 5]> unused) {\n"
    "fp16 epsilon = const()[name = string(\"epsilon\"), val = fp16(0x0p+0)];\n"
    "fp16 zero = const()[name = string(\"zero\"), val = fp16(0x0p+0)];\n"
    "tensor<fp16, [6, 5]> y = log(epsilon = epsilon, x = x)[name = string(\"y\")];\n"
    "tensor<fp16, [6, 5]> nothing = mul(x = unused, y = zero)[name = string(\"nothing\")];\n"
    "tensor<fp16, [6, 5]> z = add(x = y, y = nothing)[name = string(\"z\")];\n"
    "} -> (z);\n"
    "}\n";

enum { X, W, WT, V, Y, SQUARE, TWICE, UNUSED, VALUES };

static const anet_value values[VALUES] = {
    [X] = {"x", ANET_VALUE_TEMP, 0, 2, {X_ROWS, X_COLUMNS}, 0, 0},
    [W] = {"head.weight", ANET_VALUE_PARAM, 0, 2, {X_ROWS, W_COLUMNS}, 0, 0},
    [WT] = {"w", ANET_VALUE_PARAM, 1, 2, {W_COLUMNS, X_ROWS}, 0, 0},
    [V] = {"v", ANET_VALUE_PARAM, 2, 2, {W_COLUMNS, 1}, 0, 0},
    [Y] = {"y", ANET_VALUE_TEMP, 1, 2, {W_COLUMNS, X_COLUMNS}, 0, 0},
    [SQUARE] = {"square", ANET_VALUE_TEMP, 2, 2, {W_COLUMNS, X_COLUMNS}, 0, 0},
    [TWICE] = {"twice", ANET_VALUE_TEMP, 4, 2, {X_ROWS, X_COLUMNS}, 0, 0},
    [UNUSED] = {"unused", ANET_VALUE_TEMP, 3, 2, {X_ROWS, X_COLUMNS}, 0, 0},
};

static const anet_feed packed_feeds[] = {
    {NULL, 0, X_ROWS *PACKED_COLUMNS, {0, X_COLUMNS, PACKED_COLUMNS}},
    {NULL, 0, X_ROWS *PACKED_COLUMNS, {X_COLUMNS, W_COLUMNS, PACKED_COLUMNS}},
};

static const anet_feed baked_feeds[] = {
    {NULL, 0, X_ROWS *X_COLUMNS, {0, X_COLUMNS, X_COLUMNS}},
    {"@model_path/weights/w.bin", -1, W_COLUMNS *X_ROWS, {0, X_ROWS, X_ROWS}},
    {"@model_path/weights/v.bin", -1, W_COLUMNS, {0, 1, 1}},
};

enum { PACKED, BAKED, LOGARITHM, KERNELS };

static const anet_kernel kernels[KERNELS] = {
    [PACKED] = {"kPacked", ANET_PLACE_ANE, packed_mil, sizeof packed_mil - 1, 2, 2, 1,
                packed_feeds},
    [BAKED] = {"kBaked", ANET_PLACE_ANE, baked_mil, sizeof baked_mil - 1, 3, 2, 1, baked_feeds},
    [LOGARITHM] = {"kLogarithm", ANET_PLACE_ANE, logarithm_mil, sizeof logarithm_mil - 1, 2, 1, 2,
                   NULL},
};

static const int packed_args[] = {X, W, Y, TWICE}, baked_args[] = {X, WT, V, Y, SQUARE},
                 logarithm_args[] = {X, UNUSED, UNUSED};

static const anet_step steps[KERNELS] = {
    [PACKED] = {.op = ANET_STEP_EVAL, .kernel = PACKED, .n_args = 4, .args = packed_args},
    [BAKED] = {.op = ANET_STEP_EVAL, .kernel = BAKED, .n_args = 5, .args = baked_args},
    [LOGARITHM] = {.op = ANET_STEP_EVAL, .kernel = LOGARITHM, .n_args = 3, .args = logarithm_args},
};

static const anet_model model = {
    .name = "selftest",
    .n_values = VALUES,
    .values = values,
    .n_kernels = KERNELS,
    .kernels = kernels,
    .n_steps = KERNELS,
    .steps = steps,
};

/* --- a device that makes mistakes --- */

typedef enum mistake {
    NONE,
    SWAP_OUTPUTS,
    DROP_PART,
    LEAVE_END,
    ALL_ZEROS,
    LAST_ZEROS,
    WOBBLE,
    KEEP_CONSTANTS,
    KEEP_V,
    REFUSE
} mistake;

/* Operations of a device have no context of their own. */
static struct {
    mistake now;
    int calls;
    char v[256]; /* the file of v that the program was compiled with */
} broken;

static void set_element(anet_surface *s, size_t n, size_t at, float x) {
    float copy[64];
    memcpy(copy, anet_host_device.surface_read(s), n * sizeof *copy);
    copy[at] = x;
    anet_host_device.surface_write(s, copy, n);
}

static void clear(anet_surface *s) {
    static const float zeros[X_ROWS * X_COLUMNS];
    anet_host_device.surface_write(s, zeros, X_ROWS * X_COLUMNS);
}

static void drop_part(anet_surface *s) {
    float copy[X_ROWS * PACKED_COLUMNS];
    memcpy(copy, anet_host_device.surface_read(s), sizeof copy);
    for (int i = 0; i < X_ROWS * PACKED_COLUMNS; i++) {
        copy[i] = i % PACKED_COLUMNS < X_COLUMNS ? copy[i] : 0;
    }
    anet_host_device.surface_write(s, copy, X_ROWS * PACKED_COLUMNS);
}

static anet_code broken_evaluate(anet_program *p, anet_surface *const *in, anet_surface *const *out,
                                 anet_error *err) {
    enum { N = W_COLUMNS * X_COLUMNS };
    anet_surface *const swapped[] = {out[1], out[0]};
    broken.calls++;
    if (broken.now == REFUSE) {
        return anet_fail(err, ANET_FAILED, "this device does not want to");
    }
    if (broken.now == DROP_PART) {
        drop_part(in[0]);
    }
    if (anet_host_device.evaluate(p, in, broken.now == SWAP_OUTPUTS ? swapped : out, err)) {
        return err->code;
    }
    if (broken.now == ALL_ZEROS) {
        clear(out[0]);
    }
    if (broken.now == ALL_ZEROS || broken.now == LAST_ZEROS) {
        clear(out[1]);
    }
    if (broken.now == LEAVE_END) {
        set_element(out[0], N, N - 2, SELFTEST_POISON);
        set_element(out[0], N, N - 1, SELFTEST_POISON);
    }
    if (broken.now == WOBBLE && broken.calls == 2) {
        float x = anet_host_device.surface_read(out[0])[3];
        set_element(out[0], N, 3, nextafterf(x, 0) - ldexpf(x, -11));
    }
    return ANET_OK;
}

static anet_code broken_compile(anet_device *device, const anet_source *source,
                                anet_program **program, anet_error *err) {
    for (int i = 0; i < source->blobs; i++) {
        if (strstr(source->blob[i].path, "/v.bin") && source->blob[i].size <= sizeof broken.v) {
            memcpy(broken.v, source->blob[i].data, source->blob[i].size);
        }
    }
    return anet_host_device.compile(device, source, program, err);
}

static anet_code broken_reload(anet_program **program, const anet_source *source, anet_error *err) {
    anet_blob blob[2] = {source->blob[0], source->blob[1]};
    anet_source other = *source;
    if (broken.now == KEEP_CONSTANTS) {
        return ANET_OK;
    }
    for (int i = 0; broken.now == KEEP_V && i < 2; i++) {
        blob[i].data = strstr(blob[i].path, "/v.bin") ? broken.v : blob[i].data;
    }
    other.blob = blob;
    return anet_host_device.reload(program, &other, err);
}

static void try_kernel(int kernel, mistake m, anet_numerics numerics, selftest_result *r) {
    anet_error err = {0};
    anet_device_ops ops = anet_host_device;
    ops.evaluate = broken_evaluate;
    ops.compile = broken_compile;
    ops.reload = broken_reload;
    anet_device_config config = {.numerics = numerics, .pool = pool_new(1), .keep_outputs = true};
    selftest t = {.ops = &ops, .reference_ops = &anet_host_device, .seed = 3};
    broken.now = m;
    broken.calls = 0;
    assert_int_equal(ops.open(&config, &t.device, &err), 0);
    assert_int_equal(ops.open(&config, &t.reference, &err), 0);
    kernel_case c;
    if (case_open(&c, &model, &steps[kernel], &err) || selftest_kernel(&t, &c, r, &err)) {
        fail_msg("%s", err.message);
    }
    case_close(&c);
    ops.close(t.device);
    ops.close(t.reference);
    pool_free(config.pool);
}

static void finds(int kernel, mistake m, selftest_finding finding, const char *words) {
    selftest_result r;
    try_kernel(kernel, m, ANET_NUMERICS_ANE_M4, &r);
    if (r.finding != finding || !strstr(r.why.len ? r.why.at : "", words)) {
        fail_msg("%s, %s: %s; wanted %s: %s", kernels[kernel].name, selftest_word(r.finding),
                 r.why.len ? r.why.at : "", selftest_word(finding), words);
    }
    selftest_result_free(&r);
}

/* --- tests --- */

static void test_no_false_alarm(void **state) {
    (void)state;
    for (int kernel = 0; kernel < KERNELS; kernel++) {
        for (anet_numerics n = 0; n < ANET_NUMERICS_MODES; n++) {
            selftest_result r;
            try_kernel(kernel, NONE, n, &r);
            assert_int_equal(r.finding, FOUND_NOTHING);
            assert_true(r.exact && r.largest <= 0 && r.why.len == 0);
            assert_int_equal(r.reloaded, kernel == BAKED);
            selftest_result_free(&r);
        }
    }
}

static void test_inputs_that_do_not_matter_are_named(void **state) {
    (void)state;
    selftest_result r;
    try_kernel(LOGARITHM, NONE, ANET_NUMERICS_FP32, &r); /* needs positive data */
    assert_string_equal(r.unseen.at, "unused");
    selftest_result_free(&r);
    try_kernel(PACKED, NONE, ANET_NUMERICS_FP32, &r);
    assert_int_equal(r.unseen.len, 0);
    selftest_result_free(&r);
}

static void test_mistakes_are_named(void **state) {
    (void)state;
    finds(PACKED, DROP_PART, FOUND_IGNORED_INPUT,
          "the part for 'head.weight' of input 'both' is ignored");
    finds(PACKED, ALL_ZEROS, FOUND_ZEROS,
          "every output is zero throughout (as it would be without the part for 'x' of");
    finds(BAKED, ALL_ZEROS, FOUND_ZEROS, "every output is zero throughout");
    finds(BAKED, LAST_ZEROS, FOUND_ZEROS, "output 'square' is zero throughout");
    finds(PACKED, LEAVE_END, FOUND_UNWRITTEN,
          "2 of 20 elements of output 'y' are not written, the first is 18");
    finds(PACKED, WOBBLE, FOUND_UNSTEADY, "element 3 of output 'y'");
    finds(PACKED, REFUSE, FOUND_FAILURE, "this device does not want to");
    finds(BAKED, SWAP_OUTPUTS, FOUND_SWAPPED_OUTPUTS,
          "output 'y' holds what belongs to 'square', output 'square' holds what belongs to 'y'");
    finds(BAKED, KEEP_CONSTANTS, FOUND_OLD_CONSTANT, "constants keep what they were");
    finds(BAKED, KEEP_V, FOUND_OLD_CONSTANT,
          "constant '@model_path/weights/v.bin' keeps what it was before the reload");
}

static void test_numerics_of_engines(void **state) {
    (void)state;
    static const struct {
        const char *architecture;
        anet_numerics numerics;
    } rows[] = {{"h13g", ANET_NUMERICS_ANE_M1}, {"h14", ANET_NUMERICS_ANE_M1},
                {"h15g", ANET_NUMERICS_ANE_M4}, {"h16s", ANET_NUMERICS_ANE_M4},
                {"h17d", ANET_NUMERICS_ANE_M5}, {"h18g", ANET_NUMERICS_ANE_M6},
                {"h21", ANET_NUMERICS_ANE_M6},  {"", ANET_NUMERICS_ANE_M4},
                {"what", ANET_NUMERICS_ANE_M4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(host_numerics_of_engine(rows[i].architecture), rows[i].numerics);
    }
}

static void refused(const anet_feed *feeds) {
    anet_error err = {0};
    kernel_case c;
    anet_kernel kernel = kernels[PACKED];
    kernel.feeds = feeds;
    anet_model m = model;
    m.kernels = &kernel;
    if (case_open(&c, &m, &steps[PACKED], &err) != ANET_INTERNAL ||
        !strstr(err.message, "no place")) {
        fail_msg("code %d, '%s'", (int)err.code, err.message);
    }
    case_close(&c);
}

static void test_places_that_do_not_fit_are_refused(void **state) {
    (void)state;
    static const anet_region bad[] = {
        {0, 0, 9},        /* no width */
        {0, 5, 4},        /* rows over each other */
        {1, 5, 10},       /* the last row ends behind the end */
        {54, 5, 9},       /* begins there */
        {0, 5, SIZE_MAX}, /* and far behind it */
        {SIZE_MAX, 5, 9},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        anet_feed feeds[] = {packed_feeds[0], packed_feeds[1]};
        feeds[0].region = bad[i];
        refused(feeds);
    }
    anet_feed feeds[] = {packed_feeds[0], packed_feeds[1]};
    feeds[0].port = 1;
    refused(feeds);
    feeds[0].port = -1;
    refused(feeds);
    feeds[0].port = 0;
    feeds[1].elements = 60; /* of the same port */
    refused(feeds);
}

static void test_tolerance(void **state) {
    (void)state;
    static const double wanted[][2] = {
        {1, 1e-3}, {200, 1e-3}, {512, 2.6e-3}, {4096, 2.7e-2}, {32000, 2.7e-2}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_true(fabs(selftest_sum_tolerance(wanted[i][0]) / wanted[i][1] - 1) < 1e-9);
    }
    assert_true(selftest_sum_tolerance(1024) > 2.6e-3 && selftest_sum_tolerance(1024) < 2.7e-2);
    anet_error err = {0};
    double tolerance;
    assert_int_equal(selftest_tolerance(&kernels[PACKED], &tolerance, &err), 0);
    assert_true(fabs(tolerance - 1e-3) < 1e-12);
    assert_int_equal(selftest_tolerance(&kernels[LOGARITHM], &tolerance, &err), 0);
    assert_true(fabs(tolerance - 6.6e-3) < 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_false_alarm),
        cmocka_unit_test(test_inputs_that_do_not_matter_are_named),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_places_that_do_not_fit_are_refused),
        cmocka_unit_test(test_numerics_of_engines),
        cmocka_unit_test(test_tolerance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
