/* device.c: see ane.h. */
#include "ane/ane.h"

#include "ane/message.h"
#include "ane/model.h"
#include "ane/surface.h"

#include <stdlib.h>
#include <string.h>

struct anet_device {
    ane_api api;
    ane_memory memory;
    anet_device_stats stats;
    char architecture[40]; /* "h16g" */
};

struct anet_surface {
    ane_surface s;
};

struct anet_program {
    anet_device *device;
    arena *memory;
    ane_ports ports;
    ane_model model;
    ane_id *in, *out; /* by slot */
    int ins, outs;    /* slots */
};

/* --- the device --- */

static anet_numerics numerics(const anet_device *device) {
    return host_numerics_of_engine(device->architecture);
}

static anet_code ane_open(const anet_device_config *config, anet_device **device, anet_error *err) {
    anet_device *d = anet_calloc(1, sizeof *d);
    *device = NULL;
    if (ane_api_open(&d->api, err)) {
        free(d);
        return err->code;
    }
    void *pool = d->api.objc_autoreleasePoolPush();
    bool has_ane = ane_ask(&d->api, d->api.classes.device_info, d->api.selectors.has_ane);
    ane_text(&d->api, ane_send(&d->api, d->api.classes.device_info, d->api.selectors.architecture),
             d->architecture, sizeof d->architecture);
    d->memory = (ane_memory){.api = &d->api,
                             .round = host_numerics_of(numerics(d))->round,
                             .pool = config->pool,
                             .keep_outputs = config->keep_outputs};
    d->api.objc_autoreleasePoolPop(pool);
    if (!has_ane) {
        ane_api_close(&d->api);
        free(d);
        return anet_fail(err, ANET_FAILED,
                         "this machine has no Neural Engine that can be used (a virtual one has "
                         "none); `--device host` runs everywhere");
    }
    *device = d;
    return ANET_OK;
}

static void ane_close(anet_device *d) {
    if (d) {
        ane_api_close(&d->api);
        free(d);
    }
}

static size_t ane_memory_of(const anet_device *d) {
    return d->memory.bytes;
}

/* --- surfaces --- */

static anet_code new_surface(anet_device *device, size_t n, float *over, anet_surface **surface,
                             anet_error *err) {
    (void)err;
    *surface = anet_calloc(1, sizeof **surface);
    ane_surface_init(&(*surface)->s, &device->memory, n, over);
    return ANET_OK;
}

static void free_surface(anet_surface *surface) {
    if (surface) {
        ane_surface_free(&surface->s);
        free(surface);
    }
}

static void write_surface(anet_surface *surface, const float *data, size_t n) {
    ane_surface_write(&surface->s, data, n);
}

static const float *read_surface(anet_surface *surface) {
    return ane_surface_read(&surface->s);
}

static void place_in_surface(anet_surface *to, const anet_region *region, anet_surface *from,
                             size_t n) {
    ane_surface_place(&to->s, region, &from->s, n);
}

static void accept(const anet_device *device, float *to, const float *from, size_t n) {
    host_accept_all(device->memory.round, to, from, n, device->memory.pool, NULL);
}

/* --- programs --- */

static void release(anet_program *p) {
    if (p) {
        if (p->model.api) {
            ane_model_close(&p->model);
        }
        arena_free(p->memory);
        free(p);
    }
}

static int count_slots(const ane_port *port, int ports) {
    int n = 0;
    for (int i = 0; i < ports; i++) {
        n += port[i].slot >= 0;
    }
    return n;
}

static anet_code compile(anet_device *device, const anet_source *source, anet_program **program,
                         anet_error *err) {
    anet_program *p = anet_calloc(1, sizeof *p);
    *program = NULL;
    p->device = device;
    p->memory = arena_new();
    if (ane_ports_read(p->memory, source, &p->ports, err) ||
        ane_model_open(&p->model, &device->api, source, &p->ports, err)) {
        release(p);
        return err->code;
    }
    p->ins = count_slots(p->ports.in, p->ports.inputs);
    p->outs = count_slots(p->ports.out, p->ports.outputs);
    p->in = ARENA_ARRAY(p->memory, ane_id, p->ins + 1);
    p->out = ARENA_ARRAY(p->memory, ane_id, p->outs + 1);
    *program = p;
    return ANET_OK;
}

static anet_code reload(anet_program **program, const anet_source *source, anet_error *err) {
    anet_program *changed;
    if (compile((*program)->device, source, &changed, err)) {
        return err->code;
    }
    release(*program);
    *program = changed;
    return ANET_OK;
}

static int64_t reloads_left(anet_device *device) {
    (void)device;
    return INT64_MAX;
}

static int inputs(const anet_program *p, const anet_port **ports) {
    *ports = p->ports.input;
    return p->ports.inputs;
}

static int outputs(const anet_program *p, const anet_port **ports) {
    *ports = p->ports.output;
    return p->ports.outputs;
}

/* --- evaluation --- */

static anet_code check_sizes(const anet_program *p, const anet_port *port, int ports,
                             anet_surface *const *s, anet_error *err) {
    for (int i = 0; i < ports; i++) {
        if (!s[i] || s[i]->s.n < port[i].elements) { /* memory may be shared with larger values */
            return anet_fail(err, ANET_INTERNAL, "%s: '%s' has %zu elements, but its surface %zu",
                             p->model.name, port[i].name, port[i].elements, s[i] ? s[i]->s.n : 0);
        }
    }
    return ANET_OK;
}

static anet_code check_sharing(const anet_program *p, anet_surface *const *in,
                               anet_surface *const *out, anet_error *err) {
    int ins = p->ports.inputs;
    for (int i = 0; i < p->ports.outputs; i++) {
        for (int k = 0; k < ins + i; k++) {
            if (out[i] == (k < ins ? in[k] : out[k - ins])) {
                return anet_fail(err, ANET_INTERNAL, "%s: output '%s' shares its surface",
                                 p->model.name, p->ports.output[i].name);
            }
        }
    }
    return ANET_OK;
}

static anet_code bind_surfaces(anet_program *p, anet_surface *const *in, anet_surface *const *out,
                               anet_error *err) {
    for (int i = 0; i < p->ports.inputs; i++) {
        const ane_port *port = &p->ports.in[i];
        if (port->slot >= 0 &&
            ane_surface_input(&in[i]->s, &port->layout, &p->in[port->slot], err)) {
            return err->code;
        }
    }
    for (int i = 0; i < p->ports.outputs; i++) {
        const ane_port *port = &p->ports.out[i];
        if (ane_surface_output(&out[i]->s, &port->layout, &p->out[port->slot], err)) {
            return err->code;
        }
    }
    return ANET_OK;
}

static anet_code evaluate(anet_program *p, anet_surface *const *in, anet_surface *const *out,
                          anet_error *err) {
    const anet_error *failed = &p->device->memory.failed;
    if (failed->code) {
        return anet_fail(err, failed->code, "%s", failed->message);
    }
    if (check_sizes(p, p->ports.input, p->ports.inputs, in, err) ||
        check_sizes(p, p->ports.output, p->ports.outputs, out, err) ||
        check_sharing(p, in, out, err) || bind_surfaces(p, in, out, err) ||
        ane_model_evaluate(&p->model, p->ins, p->in, p->outs, p->out, err)) {
        return err->code;
    }
    for (int i = 0; i < p->ports.outputs; i++) {
        ane_surface_written(&out[i]->s, &p->ports.out[i].layout);
    }
    return ANET_OK;
}

static const anet_device_stats *stats(const anet_device *device) {
    return &device->stats;
}

static const char *architecture(const anet_device *device) {
    return device->architecture;
}

const anet_device_ops anet_ane_device = {
    .name = "ane",
    .open = ane_open,
    .close = ane_close,
    .compile = compile,
    .release = release,
    .reload = reload,
    .reloads_left = reloads_left,
    .inputs = inputs,
    .outputs = outputs,
    .surface_new = new_surface,
    .surface_free = free_surface,
    .surface_write = write_surface,
    .surface_read = read_surface,
    .reads_are_copies = false,
    .surface_place = place_in_surface,
    .accept = accept,
    .evaluate = evaluate,
    .memory = ane_memory_of,
    .stats = stats,
    .numerics = numerics,
    .architecture = architecture,
};
