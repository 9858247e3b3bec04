/* engine_test.h: runs one MIL op in one of the engine's numerics. */
#ifndef ANET_ENGINE_TEST_H
#define ANET_ENGINE_TEST_H

#include "base/text.h"
#include "device.h"
#include "host/report.h"

#include <string.h>

/* Runs `y = CALL` on `ins` operands of `n` elements, named a and b, of shape [1, 1, 1, n], to a
 * result of `shape` with m elements. */
static inline void run_call(anet_numerics mode, const char *call, int ins, const float *const *x,
                            size_t n, const char *shape, float *y, size_t m, host_report *report) {
    anet_error err = {0};
    anet_device *device;
    anet_program *program;
    anet_surface *in[2], *out;
    text t = {0};
    text_puts(&t, "program(1.3)\n[buildInfo = dict<string, string>({})]\n{\nfunc main<ios18>(");
    for (int i = 0; i < ins; i++) {
        text_printf(&t, "%stensor<fp16, [1, 1, 1, %zu]> %c", i ? ", " : "", n, 'a' + i);
    }
    text_printf(&t, ") {\ntensor<fp16, %s> y = %s[name = string(\"y\")];\n} -> (y);\n}\n", shape,
                call);
    anet_device_config config = {.numerics = mode, .report = report};
    assert_int_equal(anet_host_device.open(&config, &device, &err), ANET_OK);
    anet_source source = {.name = "test.mil", .text = t.at, .size = t.len};
    if (anet_host_device.compile(device, &source, &program, &err)) {
        fail_msg("%s\n%s", err.message, t.at);
    }
    for (int i = 0; i < ins; i++) {
        assert_int_equal(anet_host_device.surface_new(device, n, NULL, &in[i], &err), ANET_OK);
        anet_host_device.surface_write(in[i], x[i], n);
    }
    assert_int_equal(anet_host_device.surface_new(device, m, NULL, &out, &err), ANET_OK);
    assert_int_equal(anet_host_device.evaluate(program, in, &out, &err), ANET_OK);
    memcpy(y, anet_host_device.surface_read(out), m * sizeof *y);
    for (int i = 0; i < ins; i++) {
        anet_host_device.surface_free(in[i]);
    }
    anet_host_device.surface_free(out);
    anet_host_device.release(program);
    anet_host_device.close(device);
    text_free(&t);
}

/* one element in, one out */
static inline float run_one(anet_numerics mode, const char *call, float x) {
    float y;
    run_call(mode, call, 1, (const float *const[]){&x}, 1, "[1, 1, 1, 1]", &y, 1, NULL);
    return y;
}

static inline float run_two(anet_numerics mode, const char *call, float a, float b) {
    float y;
    run_call(mode, call, 2, (const float *const[]){&a, &b}, 1, "[1, 1, 1, 1]", &y, 1, NULL);
    return y;
}

#endif
