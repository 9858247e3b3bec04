/* program.c: see program.h. */
#include "ane/program.h"

#include "ane/slots.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

void ane_program_free(anet_program *p) {
    if (p) {
        ane_model_close(&p->model);
        arena_free(p->memory);
        free(p);
    }
}

anet_code ane_program_new(ane_engine *e, const anet_source *source, anet_program **program,
                          anet_error *err) {
    anet_program *p = anet_calloc(1, sizeof *p);
    *program = NULL;
    p->engine = e;
    p->memory = arena_new();
    if (ane_ports_read(p->memory, source, &p->ports, err) ||
        ane_model_new(&p->model, e, source, err) ||
        ane_model_start(&p->model, source, ANE_FIRST, NULL, &p->ports, err)) {
        ane_program_free(p);
        return err->code;
    }
    p->ins = ane_slots_count(p->ports.in, p->ports.inputs);
    p->outs = ane_slots_count(p->ports.out, p->ports.outputs);
    p->in = ARENA_ARRAY(p->memory, ane_id, p->ins + 1);
    p->out = ARENA_ARRAY(p->memory, ane_id, p->outs + 1);
    *program = p;
    return ANET_OK;
}

/* --- other weights --- */

static ane_port *unbound(arena *a, const ane_port *port, int ports) {
    ane_port *copy = ARENA_ARRAY(a, ane_port, ports + 1);
    for (int i = 0; i < ports; i++) {
        copy[i] = (ane_port){.slot = -1, .read = port[i].read};
    }
    return copy;
}

/* The same text: as many slots, and surfaces of before fit. */
static bool bound_alike(const ane_port *a, const ane_port *b, int ports) {
    for (int i = 0; i < ports; i++) {
        if (a[i].slot != b[i].slot || !ane_layout_same(&a[i].layout, &b[i].layout)) {
            return false;
        }
    }
    return true;
}

static anet_code start_changed(const anet_program *p, ane_model *m, const anet_source *source,
                               ane_way way, anet_error *err) {
    if (!ane_model_same_text(m, &p->model)) {
        return anet_fail(err, ANET_INTERNAL, "%s: other weights come with another text", m->name);
    }
    arena *a = arena_new();
    ane_ports ports = p->ports;
    ports.in = unbound(a, p->ports.in, ports.inputs);
    ports.out = unbound(a, p->ports.out, ports.outputs);
    if (!ane_model_start(m, source, way, &p->model, &ports, err) &&
        !(bound_alike(ports.in, p->ports.in, ports.inputs) &&
          bound_alike(ports.out, p->ports.out, ports.outputs))) {
        anet_fail(err, ANET_FAILED,
                  "%s: with other weights the loaded model reports other inputs and outputs",
                  m->name);
    }
    arena_free(a);
    return err->code;
}

anet_code ane_program_change(anet_program *p, const anet_source *source, ane_way way,
                             anet_error *err) {
    ane_model m;
    anet_device_stats *stats = &p->engine->stats;
    double start = seconds_now(), loading = stats->load_seconds;
    anet_code code = ane_model_new(&m, p->engine, source, err);
    if (code || ane_model_same(&m, &p->model)) {
        ane_model_close(&m); /* nothing to do */
        return code;
    }
    code = start_changed(p, &m, source, way, err);
    if (code) {
        ane_model_close(&m);
        return code;
    }
    ane_model_close(&p->model);
    p->model = m;
    if (way == ANE_PATCHED) {
        stats->patches++;
        stats->patch_seconds += seconds_now() - start; /* with its load */
        stats->load_seconds = loading;
    }
    return ANET_OK;
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

anet_code ane_program_evaluate(anet_program *p, anet_surface *const *in, anet_surface *const *out,
                               anet_error *err) {
    const anet_error *failed = &p->engine->memory.failed;
    if (failed->code) {
        return anet_fail(err, failed->code, "%s", failed->message);
    }
    if (check_sizes(p, p->ports.input, p->ports.inputs, in, err) ||
        check_sizes(p, p->ports.output, p->ports.outputs, out, err) ||
        check_sharing(p, in, out, err) || bind_surfaces(p, in, out, err)) {
        return err->code;
    }
    double start = seconds_now();
    if (ane_model_evaluate(&p->model, p->ins, p->in, p->outs, p->out, err)) {
        return err->code;
    }
    p->engine->stats.evaluations++;
    p->engine->stats.evaluate_seconds += seconds_now() - start;
    for (int i = 0; i < p->ports.outputs; i++) {
        ane_surface_written(&out[i]->s, &p->ports.out[i].layout);
    }
    return ANET_OK;
}
