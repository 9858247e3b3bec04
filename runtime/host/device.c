/* device.c: the host device: surfaces in this machine's memory, programs run by its own cores. */
#include "device.h"

#include "base/clock.h"
#include "floats.h"
#include "host/blas.h"
#include "host/program.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { COPY_PIECE = 1 << 16 };

struct anet_device {
    anet_numerics numerics;
    anet_pool *pool;
    host_report *report;
    host_tally *written; /* to surfaces */
    float *workspace;    /* of the program that runs; as large as the largest needs */
    size_t workspace_n;
    size_t bytes;
    anet_device_stats stats;
};

struct anet_surface {
    anet_device *device;
    float *data; /* what programs read and write */
    float *over; /* the caller's memory, or NULL */
    size_t n;
};

static anet_code host_open(const anet_device_config *config, anet_device **device,
                           anet_error *err) {
    *device = NULL;
    if (blas_init(err)) {
        return err->code;
    }
    *device = anet_calloc(1, sizeof **device);
    (*device)->numerics = config->numerics;
    (*device)->pool = config->pool;
    (*device)->report = config->report;
    (*device)->written = host_report_tally(config->report, "surfaces", "write", "values");
    return ANET_OK;
}

static void host_close(anet_device *device) {
    if (device) {
        free(device->workspace);
        free(device);
    }
}

/* --- surfaces --- */

typedef struct range_piece {
    range_fn *body;
    const void *context;
    size_t n, pieces;
} range_piece;

static void run_range(void *context, size_t i) {
    const range_piece *r = context;
    size_t each = r->n / r->pieces, more = r->n % r->pieces;
    size_t from = i * each + (i < more ? i : more);
    r->body(r->context, from, from + each + (i < more));
}

void host_for_ranges(anet_pool *pool, size_t n, size_t grain, range_fn *body, const void *context) {
    size_t threads = (size_t)pool_threads(pool), most = threads > 1 ? threads * 4 : 1;
    size_t pieces = n / (grain ? grain : 1);
    pieces = pieces < most ? pieces : most;
    range_piece r = {body, context, n, pieces ? pieces : 1};
    pool_for(pool, r.pieces, run_range, &r);
}

typedef struct copy {
    float *to;
    const float *from;
} copy;

static void copy_range(const void *context, size_t from, size_t to) {
    const copy *c = context;
    memcpy(c->to + from, c->from + from, (to - from) * sizeof *c->to);
}

static void store(anet_surface *s, const float *data, size_t n) {
    const anet_device *d = s->device;
    host_rounding how = host_numerics_of(d->numerics)->round;
    copy c = {s->data, data};
    if (how) {
        host_accept_all(how, s->data, data, n, d->pool, d->written);
    } else if (data != s->data) {
        host_for_ranges(d->pool, n, COPY_PIECE, copy_range, &c);
    }
}

static bool owns_data(const anet_surface *s) {
    return s->data != s->over;
}

static anet_code host_surface_new(anet_device *device, size_t n, float *over,
                                  anet_surface **surface, anet_error *err) {
    anet_surface *s = anet_calloc(1, sizeof *s);
    s->device = device;
    s->over = over;
    s->n = n;
    bool use_over = over && device->numerics == ANET_NUMERICS_FP32;
    s->data = use_over ? over : floats_try_new(n);
    *surface = s;
    if (!s->data) {
        free(s);
        *surface = NULL;
        return anet_fail(err, ANET_FAILED, "no memory for a surface of %zu elements", n);
    }
    if (owns_data(s)) {
        device->bytes += n * sizeof(float);
        if (over) {
            store(s, over, n);
        } else {
            memset(s->data, 0, n * sizeof(float));
        }
    }
    return ANET_OK;
}

static void host_surface_free(anet_surface *s) {
    if (!s) {
        return;
    }
    if (owns_data(s)) {
        s->device->bytes -= s->n * sizeof(float);
        free(s->data);
    }
    free(s);
}

static void host_surface_write(anet_surface *s, const float *data, size_t n) {
    store(s, data ? data : s->over ? s->over : s->data, n < s->n ? n : s->n);
}

static const float *host_surface_read(anet_surface *s) {
    return s->data;
}

static void host_surface_place(anet_surface *to, const anet_region *region, anet_surface *from,
                               size_t n) {
    for (size_t i = 0; i < n; i += region->width) {
        size_t width = n - i < region->width ? n - i : region->width;
        memcpy(to->data + region->offset + i / region->width * region->stride, from->data + i,
               width * sizeof(float));
    }
}

static void host_device_accept(const anet_device *device, float *to, const float *from, size_t n) {
    host_rounding how = host_numerics_of(device->numerics)->round;
    if (how) {
        host_accept_all(how, to, from, n, device->pool, NULL);
    } else {
        memcpy(to, from, n * sizeof *to);
    }
}

/* --- programs --- */

static anet_code grow_workspace(anet_device *d, const anet_program *p, anet_error *err) {
    if (d->workspace && p->workspace <= d->workspace_n) {
        return ANET_OK;
    }
    float *larger = floats_try_new(p->workspace);
    if (!larger) {
        return anet_fail(err, ANET_FAILED, "%s: no memory for a workspace of %zu MiB", p->name,
                         p->workspace >> 18);
    }
    free(d->workspace);
    d->bytes += (p->workspace - d->workspace_n) * sizeof(float);
    d->workspace = larger;
    d->workspace_n = p->workspace;
    return ANET_OK;
}

static void host_release(anet_program *p) {
    if (p) {
        p->device->bytes -= p->bytes;
        host_free_program(p);
    }
}

/* Surfaces do not know their dtype: what is written to them is rounded, which integers do not
 * stand.
 */
static anet_code check_integers(const anet_device *d, const anet_program *p, anet_error *err) {
    for (int i = 0; i < p->inputs + p->outputs && d->numerics != ANET_NUMERICS_FP32; i++) {
        const anet_port *port = i < p->inputs ? &p->input[i] : &p->output[i - p->inputs];
        if (strstr(port->dtype, "int")) {
            return anet_fail(err, ANET_BAD_INPUT,
                             "%s: '%s' is %s: integers cross the border of the host device in fp32 "
                             "numerics only",
                             p->name, port->name, port->dtype);
        }
    }
    return ANET_OK;
}

static anet_code host_compile(anet_device *device, const anet_source *source,
                              anet_program **program, anet_error *err) {
    mil_program *mil;
    double start = seconds_now();
    *program = NULL;
    anet_code code = mil_read(source->text, source->size, source->name, &mil, err);
    if (code) {
        return code;
    }
    anet_program *p = NULL;
    host_config config = {.numerics = device->numerics,
                          .blob = source->blob,
                          .blobs = source->blobs,
                          .pool = device->pool,
                          .report = device->report};
    code = mil_check(mil, source->name, err);
    code = code ? code : host_plan_program(mil, source->name, &config, &p, err);
    mil_free(mil);
    if (code) {
        return code;
    }
    p->device = device;
    device->bytes += p->bytes;
    code = check_integers(device, p, err);
    code = code ? code : grow_workspace(device, p, err);
    if (code) {
        host_release(p);
        return code;
    }
    device->stats.compiles++;
    device->stats.compile_seconds += seconds_now() - start;
    *program = p;
    return ANET_OK;
}

static anet_code host_reload(anet_program **program, const anet_source *source, anet_error *err) {
    anet_program *changed;
    if (host_compile((*program)->device, source, &changed, err)) {
        return err->code;
    }
    host_release(*program);
    *program = changed;
    return ANET_OK;
}

static int64_t host_reloads_left(anet_device *device) {
    (void)device;
    return INT64_MAX;
}

static int host_inputs(const anet_program *p, const anet_port **ports) {
    *ports = p->input;
    return p->inputs;
}

static int host_outputs(const anet_program *p, const anet_port **ports) {
    *ports = p->output;
    return p->outputs;
}

static anet_code check_surfaces(const anet_program *p, const char *what, const anet_port *port,
                                int ports, anet_surface *const *s, anet_error *err) {
    for (int i = 0; i < ports; i++) {
        if (!s[i]) {
            return anet_fail(err, ANET_INTERNAL, "%s: %s '%s' has no surface", p->name, what,
                             port[i].name);
        }
        if (s[i]->n < port[i].elements) { /* memory may be shared with larger values */
            return anet_fail(err, ANET_INTERNAL,
                             "%s: %s '%s' has %zu elements, but its surface %zu", p->name, what,
                             port[i].name, port[i].elements, s[i]->n);
        }
    }
    return ANET_OK;
}

/* Results are written while inputs are still read. */
static anet_code check_sharing(const anet_program *p, anet_surface *const *in,
                               anet_surface *const *out, anet_error *err) {
    for (int i = 0; i < p->outputs; i++) {
        for (int k = 0; k < p->inputs + i; k++) {
            const anet_surface *other = k < p->inputs ? in[k] : out[k - p->inputs];
            if (out[i]->data == other->data) {
                return anet_fail(err, ANET_INTERNAL, "%s: output '%s' shares its surface with '%s'",
                                 p->name, p->output[i].name,
                                 k < p->inputs ? p->input[k].name : p->output[k - p->inputs].name);
            }
        }
    }
    return ANET_OK;
}

static anet_code host_evaluate(anet_program *p, anet_surface *const *in, anet_surface *const *out,
                               anet_error *err) {
    anet_code code = check_surfaces(p, "input", p->input, p->inputs, in, err);
    code = code ? code : check_surfaces(p, "output", p->output, p->outputs, out, err);
    code = code ? code : check_sharing(p, in, out, err);
    if (code) {
        return code;
    }
    for (int i = 0; i < p->inputs; i++) {
        p->in[i] = in[i]->data;
    }
    for (int i = 0; i < p->outputs; i++) {
        p->out[i] = out[i]->data;
    }
    double start = seconds_now();
    if (!host_execute(p, p->in, p->out, p->device->workspace, p->device->pool, err)) {
        p->device->stats.evaluations++;
        p->device->stats.evaluate_seconds += seconds_now() - start;
    }
    return err->code;
}

static size_t host_memory(const anet_device *device) {
    return device->bytes;
}

static const anet_device_stats *host_stats(const anet_device *device) {
    return &device->stats;
}

static anet_numerics host_device_numerics(const anet_device *device) {
    return device->numerics;
}

static const char *host_architecture(const anet_device *device) {
    (void)device;
    return "";
}

const anet_device_ops anet_host_device = {
    .name = "host",
    .open = host_open,
    .close = host_close,
    .compile = host_compile,
    .release = host_release,
    .reload = host_reload,
    .reloads_left = host_reloads_left,
    .inputs = host_inputs,
    .outputs = host_outputs,
    .surface_new = host_surface_new,
    .surface_free = host_surface_free,
    .surface_write = host_surface_write,
    .surface_read = host_surface_read,
    .surface_place = host_surface_place,
    .accept = host_device_accept,
    .evaluate = host_evaluate,
    .memory = host_memory,
    .stats = host_stats,
    .numerics = host_device_numerics,
    .architecture = host_architecture,
};
