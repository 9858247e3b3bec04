/* runner_open.c: devices, compiled kernels and memory of a runner, and their end. */
#include "floats.h"
#include "host/blas.h"
#include "runner_parts.h"

place *runner_place(runner *r, const anet_value *v) {
    switch (v->kind) {
    case ANET_VALUE_TEMP:
        return &r->slots[v->index];
    case ANET_VALUE_PARAM:
        return &r->params[v->index];
    case ANET_VALUE_TABLE:
        return &r->tables[v->index];
    case ANET_VALUE_INPUT:
        return &r->inputs[v->index];
    case ANET_VALUE_TARGET:
        return &r->targets[v->index];
    case ANET_VALUE_SEED:
        break;
    }
    return &r->seed;
}

bool runner_on_cpu(const runner *r, const anet_step *step) {
    return step->op == ANET_STEP_EVAL && r->model->kernels[step->kernel].place == ANET_PLACE_CPU &&
           r->cpu_device != r->device;
}

static bool on_main_device(const runner *r, const anet_step *step) {
    return step->op == ANET_STEP_EVAL && !runner_on_cpu(r, step);
}

static anet_code open_devices(runner *r, anet_error *err) {
    const runner_config *c = &r->config;
    if (c->ops->open(&c->device, &r->device, err)) {
        return err->code;
    }
    r->cpu_ops = c->ops;
    r->cpu_device = r->device;
    if (c->ops == &anet_host_device && c->device.numerics == ANET_NUMERICS_FP32) {
        return ANET_OK;
    }
    for (int i = 0; i < r->n_steps; i++) {
        const anet_step *step = &r->model->steps[i];
        if (step->op == ANET_STEP_EVAL && r->model->kernels[step->kernel].place == ANET_PLACE_CPU) {
            anet_device_config cpu_config = {.numerics = ANET_NUMERICS_FP32,
                                             .pool = c->device.pool};
            r->cpu_ops = &anet_host_device;
            r->cpu_device = NULL;
            return r->cpu_ops->open(&cpu_config, &r->cpu_device, err);
        }
    }
    return ANET_OK;
}

static void size_places(runner *r) {
    const anet_model *m = r->model;
    for (int i = 0; i < m->n_slots; i++) {
        r->slots[i].elements = m->slots[i];
    }
    for (int i = 0; i < m->n_params; i++) {
        r->params[i].elements = r->config.weights->count[i];
        r->params[i].plain = r->config.weights->at[i];
    }
    for (int i = 0; i < m->n_inputs; i++) {
        r->inputs[i].elements = (size_t)m->inputs[i].length;
        r->ids[i] = anet_calloc(r->inputs[i].elements, sizeof(int32_t));
    }
    for (int i = 0; i < m->n_targets; i++) {
        r->targets[i].elements = (size_t)m->targets[i].length;
        r->target_ids[i] = anet_calloc(r->targets[i].elements, sizeof(int32_t));
    }
    r->seed.elements = 1;
}

/* `plain` memory, made when first asked for; a table is filled in */
static float *plain_of(runner *r, const anet_value *v) {
    place *p = runner_place(r, v);
    if (!p->plain) {
        p->elements = v->kind == ANET_VALUE_TABLE ? value_elements(v) : p->elements;
        p->plain = floats_new(p->elements);
        p->plain_is_ours = true;
        if (v->kind == ANET_VALUE_TABLE) {
            table_fill(v, p->plain);
        }
    }
    return p->plain;
}

/* temporaries own their surface; all else is a surface over fp32 memory where the device can */
static anet_code device_surface(runner *r, const anet_value *v, anet_error *err) {
    place *p = runner_place(r, v);
    if (p->surface) {
        return ANET_OK;
    }
    float *over = v->kind == ANET_VALUE_TEMP ? NULL : plain_of(r, v);
    if (r->config.ops->surface_new(r->device, p->elements, over, &p->surface, err)) {
        return err->code;
    }
    if (over) {
        r->config.ops->surface_write(p->surface, over, p->elements);
    }
    return ANET_OK;
}

static anet_code cpu_surface(runner *r, const anet_value *v, anet_error *err) {
    place *p = runner_place(r, v);
    float *over = plain_of(r, v);
    return p->cpu ? ANET_OK
                  : r->cpu_ops->surface_new(r->cpu_device, p->elements, over, &p->cpu, err);
}

/* First who touches what, then the memory: a value that the device touches never needs plain memory
 * of its own. */
static anet_code make_surfaces(runner *r, anet_error *err) {
    for (int i = 0; i < r->n_steps; i++) {
        const anet_step *step = &r->model->steps[i];
        for (int k = 0; on_main_device(r, step) && k < step->n_args; k++) {
            bool constant =
                k < r->model->kernels[step->kernel].n_in && runner_feed(r, step, k).blob;
            r->on_device[step->args[k]] |= !constant;
        }
    }
    for (int i = 0; i < r->n_steps; i++) {
        const anet_step *step = &r->model->steps[i];
        for (int k = 0; k < step->n_args; k++) {
            const anet_value *v = &r->model->values[step->args[k]];
            if (r->on_device[step->args[k]] && device_surface(r, v, err)) {
                return err->code;
            }
            if (runner_on_cpu(r, step) && cpu_surface(r, v, err)) {
                return err->code;
            }
            if (!r->on_device[step->args[k]]) {
                plain_of(r, v);
            }
        }
    }
    return ANET_OK;
}

static void make_gradients(runner *r) {
    for (int i = 0; r->config.backward && i < r->model->n_params; i++) {
        if (param_is_trained(&r->model->params[i])) {
            r->gradients[i] = floats_new(r->config.weights->count[i]);
        }
    }
}

static size_t most_args(const anet_model *m) {
    int most = 1;
    for (int i = 0; i < m->n_steps; i++) {
        most = m->steps[i].n_args > most ? m->steps[i].n_args : most;
    }
    return (size_t)most;
}

static size_t longest_sequence(const anet_model *m) {
    int64_t longest = 1;
    for (int i = 0; i < m->n_inputs + m->n_targets; i++) {
        const anet_token_input *at = i < m->n_inputs ? &m->inputs[i] : &m->targets[i - m->n_inputs];
        longest = at->length > longest ? at->length : longest;
    }
    return (size_t)longest;
}

static int *param_order(const anet_model *m) {
    int *order = anet_calloc((size_t)m->n_params, sizeof *order), n = 0;
    bool *listed = anet_calloc((size_t)m->n_params, sizeof *listed);
    for (int i = 0; i < m->n_steps; i++) {
        for (int k = 0; k < m->steps[i].n_args; k++) {
            const anet_value *v = &m->values[m->steps[i].args[k]];
            if (v->kind == ANET_VALUE_PARAM && !listed[v->index]) {
                listed[v->index] = true;
                order[n++] = v->index;
            }
        }
    }
    for (int i = 0; i < m->n_params; i++) { /* what no step reads */
        if (!listed[i]) {
            order[n++] = i;
        }
    }
    free(listed);
    return order;
}

static runner *runner_new(const runner_config *config) {
    const anet_model *m = config->weights->model;
    runner *r = anet_calloc(1, sizeof *r);
    r->config = *config;
    r->model = m;
    r->n_steps = config->backward ? m->n_steps : m->n_forward;
    r->program_of = anet_calloc((size_t)m->n_steps, sizeof *r->program_of);
    r->assemblies = anet_calloc((size_t)m->n_steps, sizeof *r->assemblies);
    r->on_device = anet_calloc((size_t)m->n_values, sizeof *r->on_device);
    r->slots = anet_calloc((size_t)m->n_slots, sizeof *r->slots);
    r->params = anet_calloc((size_t)m->n_params, sizeof *r->params);
    r->tables = anet_calloc((size_t)m->n_values, sizeof *r->tables);
    r->inputs = anet_calloc((size_t)m->n_inputs, sizeof *r->inputs);
    r->targets = anet_calloc((size_t)m->n_targets, sizeof *r->targets);
    r->ids = anet_calloc((size_t)m->n_inputs, sizeof *r->ids);
    r->target_ids = anet_calloc((size_t)m->n_targets, sizeof *r->target_ids);
    r->gradients = anet_calloc((size_t)m->n_params, sizeof *r->gradients);
    r->fresh = anet_calloc((size_t)m->n_params, sizeof *r->fresh);
    r->pending = anet_calloc((size_t)m->n_steps, sizeof *r->pending);
    r->updating = anet_calloc((size_t)m->n_params, sizeof *r->updating);
    r->order = param_order(m);
    r->args = anet_calloc(most_args(m), sizeof *r->args);
    r->log_sum = anet_calloc(longest_sequence(m), sizeof *r->log_sum);
    r->times.steps = anet_calloc((size_t)m->n_steps, sizeof *r->times.steps);
    size_places(r);
    return r;
}

anet_code runner_open(const runner_config *config, runner **r, anet_error *err) {
    *r = runner_new(config);
    if (blas_init(err) || open_devices(*r, err) || runner_compile(*r, err) ||
        make_surfaces(*r, err) || runner_make_assemblies(*r, err)) {
        runner_close(*r);
        *r = NULL;
        err->code = err->code == ANET_RESTART ? ANET_FAILED : err->code; /* it would not help */
        return err->code;
    }
    make_gradients(*r);
    runner_restart_gradients(*r);
    return ANET_OK;
}

/* --- closing --- */

static void free_places(runner *r, place *places, int n) {
    for (int i = 0; i < n; i++) {
        place *p = &places[i];
        if (p->surface) {
            r->config.ops->surface_free(p->surface);
        }
        if (p->cpu) {
            r->cpu_ops->surface_free(p->cpu);
        }
        if (p->plain_is_ours) {
            free(p->plain);
        }
        vec_free(&p->readers);
    }
}

static void free_devices(runner *r) {
    const anet_model *m = r->model;
    runner_free_inputs(r);
    free_places(r, r->slots, m->n_slots);
    free_places(r, r->params, m->n_params);
    free_places(r, r->tables, m->n_values);
    free_places(r, r->inputs, m->n_inputs);
    free_places(r, r->targets, m->n_targets);
    free_places(r, &r->seed, 1);
    if (r->cpu_device && r->cpu_device != r->device) {
        r->cpu_ops->close(r->cpu_device);
    }
    if (r->device) {
        r->config.ops->close(r->device);
    }
}

void runner_close(runner *r) {
    if (!r) {
        return;
    }
    runner_finish(r);
    free_devices(r);
    for (int i = 0; i < r->model->n_params; i++) {
        free(r->gradients[i]);
    }
    for (int i = 0; i < r->model->n_inputs; i++) {
        free(r->ids[i]);
    }
    for (int i = 0; i < r->model->n_targets; i++) {
        free(r->target_ids[i]);
    }
    free(r->program_of);
    free(r->assemblies);
    free(r->on_device);
    free(r->slots);
    free(r->params);
    free(r->tables);
    free(r->inputs);
    free(r->targets);
    free(r->ids);
    free(r->target_ids);
    free(r->gradients);
    free(r->fresh);
    free(r->pending);
    free(r->updating);
    free(r->order);
    free(r->args);
    free(r->log_sum);
    free(r->times.steps);
    free(r);
}
