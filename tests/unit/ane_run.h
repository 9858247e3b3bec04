/* ane_run.h: one program on one device, for tests that compare the ane device on the stand-in with
 * the host device. */
#ifndef ANET_TESTS_ANE_RUN_H
#define ANET_TESTS_ANE_RUN_H

#include "ane/ane.h"
#include "base/text.h"
#include "own_process.h"
#include "pool.h"

enum { FAILED = 1, MOST_PORTS = 4 };

#define START                                                                                      \
    "program(1.3)\n"                                                                               \
    "[buildInfo = dict<string, string>({{\"coremlc-component-MIL\", \"3510.2.1\"}})]\n"            \
    "{ func main<ios18>("

#define ON(chip) "ANE_SIM_CHIP=" chip
#define FAULT(fault) "ANE_SIM_FAULT=" fault

typedef struct run {
    const anet_device_ops *ops;
    anet_device *device;
    anet_program *program;
    anet_surface *in[MOST_PORTS], *out[MOST_PORTS];
    const anet_port *in_port, *out_port;
    int ins, outs;
} run;

/* everything that the device says, one after the other */
static inline void run_notice(void *context, const char *sentence) {
    text_puts(context, sentence);
    text_putc(context, '\n');
}

static inline bool run_fails(const anet_error *err) {
    if (err->code) {
        fprintf(stderr, "%s\n", err->message);
    }
    return err->code != ANET_OK;
}

static inline float run_value(size_t i, size_t port) {
    uint32_t x = (uint32_t)(i * 2654435761u + port * 40503u + 12345u);
    x ^= x >> 15;
    return (float)((int32_t)(x % 4001u) - 2000) / 977.0f; /* not a half */
}

static inline anet_source run_source(const char *mil) {
    return (anet_source){.name = "test", .text = mil, .size = strlen(mil)};
}

static inline bool run_compile(run *r, const anet_source *source, anet_error *err) {
    if (r->ops->compile(r->device, source, &r->program, err)) {
        return false;
    }
    r->ins = r->ops->inputs(r->program, &r->in_port);
    r->outs = r->ops->outputs(r->program, &r->out_port);
    for (int i = 0; i < r->ins + r->outs; i++) {
        bool input = i < r->ins;
        size_t n = (input ? r->in_port[i] : r->out_port[i - r->ins]).elements;
        if (r->ops->surface_new(r->device, n, NULL, input ? &r->in[i] : &r->out[i - r->ins], err)) {
            return false;
        }
    }
    return true;
}

static inline bool run_open(run *r, const anet_device_ops *ops, const anet_device_config *config,
                            const anet_source *source, anet_error *err) {
    *r = (run){.ops = ops};
    return !ops->open(config, &r->device, err) && run_compile(r, source, err);
}

static inline void run_fill(run *r, size_t round) {
    for (int i = 0; i < r->ins; i++) {
        size_t n = r->in_port[i].elements;
        float *data = anet_calloc(n, sizeof *data);
        for (size_t k = 0; k < n; k++) {
            data[k] = run_value(k, (size_t)i + 10 * round);
        }
        r->ops->surface_write(r->in[i], data, n);
        free(data);
    }
}

static inline void run_close(run *r) {
    for (int i = 0; i < MOST_PORTS && r->device; i++) {
        r->ops->surface_free(r->in[i]);
        r->ops->surface_free(r->out[i]);
    }
    if (r->program) {
        r->ops->release(r->program);
    }
    if (r->device) {
        r->ops->close(r->device);
    }
    *r = (run){0};
}

static inline bool run_same(const run *a, const run *b) {
    for (int i = 0; i < a->outs; i++) {
        const float *x = a->ops->surface_read(a->out[i]), *y = b->ops->surface_read(b->out[i]);
        if (memcmp(x, y, a->out_port[i].elements * sizeof *x) != 0) {
            fprintf(stderr, "output %s differs\n", a->out_port[i].name);
            return false;
        }
    }
    return a->outs == b->outs && a->outs > 0;
}

static inline bool run_evaluate(run *r, anet_error *err) {
    return !r->ops->evaluate(r->program, r->in, r->out, err);
}

/* the same inputs, and the same outputs? */
static inline bool run_agree(run *a, run *b, size_t round, anet_error *err) {
    run_fill(a, round);
    run_fill(b, round);
    return run_evaluate(a, err) && run_evaluate(b, err) && run_same(a, b);
}

#endif
