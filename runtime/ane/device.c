/* device.c: see ane.h. */
#include "ane/ane.h"

#include "ane/budget.h"
#include "ane/message.h"
#include "ane/update.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct anet_device {
    ane_engine e;
};

/* --- the device --- */

static anet_code refuse_foreign_report(const anet_device_config *config, const machine *m,
                                       const char *architecture, anet_error *err) {
    bool same = strcmp(m->architecture, architecture) == 0 || !m->architecture[0];
    return same ? ANET_OK
                : anet_fail(err, ANET_BAD_USAGE,
                            "%s is about an engine %s, and this machine has %s: run `anetc "
                            "doctor` here",
                            config->profile, m->architecture, architecture);
}

static anet_code know_machine(ane_engine *e, const anet_device_config *config, anet_error *err) {
    char architecture[sizeof e->machine.architecture];
    ane_text(&e->api, ane_send(&e->api, e->api.classes.device_info, e->api.selectors.architecture),
             architecture, sizeof architecture);
    if (!config->profile) {
        machine_defaults(architecture, &e->machine);
        return ANET_OK;
    }
    e->measured = true;
    anet_code code = machine_read(config->profile, &e->machine, err);
    code = code ? code : refuse_foreign_report(config, &e->machine, architecture, err);
    memcpy(e->machine.architecture, architecture, sizeof architecture);
    return code;
}

static int64_t budget_of(const ane_engine *e, int wanted) {
    int64_t most = e->machine.compile_limit > 0 && e->machine.compile_limit < ANE_BUDGET
                       ? e->machine.compile_limit
                       : ANE_BUDGET;
    return wanted > 0 ? wanted : most;
}

static anet_code know_engine(ane_engine *e, const anet_device_config *config, anet_error *err) {
    char temporary[PATH_MAX];
    if (!ane_ask(&e->api, e->api.classes.device_info, e->api.selectors.has_ane)) {
        return anet_fail(err, ANET_FAILED,
                         "this machine has no Neural Engine that can be used (a virtual one has "
                         "none); `--device host` runs everywhere");
    }
    if (ane_text(&e->api, e->api.NSTemporaryDirectory(), temporary, sizeof temporary)) {
        ane_folder_sweep(temporary);
    }
    return know_machine(e, config, err);
}

static void use_cache(ane_engine *e, const char *path) {
    int error = path ? ane_cache_open(&e->cache, path, ANE_CACHE_MOST) : 0;
    if (error) {
        ane_tell(e, "compiled programs are not kept: %s: %s", path,
                 error == EPERM ? "it is not only yours to write (chmod go-w)" : strerror(error));
    }
}

static void ane_close(anet_device *d) {
    if (d) {
        ane_cache_close(&d->e.cache);
        ane_memory_free(&d->e.memory);
        ane_api_close(&d->e.api);
        free(d);
    }
}

static anet_code ane_open(const anet_device_config *config, anet_device **device, anet_error *err) {
    anet_device *d = anet_calloc(1, sizeof *d);
    ane_engine *e = &d->e;
    *device = NULL;
    *e = (ane_engine){.cache = {.folder = -1},
                      .update = config->update,
                      .may_recompile = config->update == ANET_UPDATE_AUTO,
                      .notice = config->notice,
                      .notice_context = config->notice_context};
    if (ane_api_open(&e->api, err)) {
        free(d);
        return err->code;
    }
    void *pool = e->api.objc_autoreleasePoolPush();
    anet_code code = know_engine(e, config, err);
    e->api.objc_autoreleasePoolPop(pool);
    if (code) {
        ane_close(d);
        return code;
    }
    e->budget = budget_of(e, config->compile_budget);
    e->memory =
        (ane_memory){.api = &e->api,
                     .round = e->machine.rounds_even ? ROUND_ENGINE_EVEN : ROUND_ENGINE_AWAY,
                     .pool = config->pool,
                     .stats = &e->stats,
                     .keep_outputs = config->keep_outputs};
    use_cache(e, config->cache);
    *device = d;
    return ANET_OK;
}

static size_t ane_memory_of(const anet_device *d) {
    return d->e.memory.bytes;
}

static const anet_device_stats *stats(const anet_device *d) {
    return &d->e.stats;
}

/* --- surfaces --- */

static anet_code new_surface(anet_device *device, size_t n, float *over, anet_surface **surface,
                             anet_error *err) {
    (void)err;
    *surface = anet_calloc(1, sizeof **surface);
    ane_surface_init(&(*surface)->s, &device->e.memory, n, over);
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
    host_accept_all(device->e.memory.round, to, from, n, device->e.memory.pool, NULL);
}

/* --- programs --- */

static anet_code compile(anet_device *device, const anet_source *source, anet_program **program,
                         anet_error *err) {
    return ane_program_new(&device->e, source, program, err);
}

static anet_code reload(anet_program **program, const anet_source *source, anet_error *err) {
    return ane_update(*program, source, err);
}

static int64_t reloads_left(anet_device *device) {
    return ane_updates_left(&device->e);
}

static int inputs(const anet_program *p, const anet_port **ports) {
    *ports = p->ports.input;
    return p->ports.inputs;
}

static int outputs(const anet_program *p, const anet_port **ports) {
    *ports = p->ports.output;
    return p->ports.outputs;
}

static anet_numerics numerics(const anet_device *d) {
    return host_numerics_of_engine(d->e.machine.architecture);
}

static const char *architecture(const anet_device *d) {
    return d->e.machine.architecture;
}

const anet_device_ops anet_ane_device = {
    .name = "ane",
    .open = ane_open,
    .close = ane_close,
    .compile = compile,
    .release = ane_program_free,
    .reload = reload,
    .reloads_left = reloads_left,
    .inputs = inputs,
    .outputs = outputs,
    .surface_new = new_surface,
    .surface_free = free_surface,
    .surface_write = write_surface,
    .surface_read = read_surface,
    .reads_are_copies = true,
    .computes_apart = true,
    .surface_place = place_in_surface,
    .accept = accept,
    .evaluate = ane_program_evaluate,
    .memory = ane_memory_of,
    .stats = stats,
    .numerics = numerics,
    .architecture = architecture,
};
