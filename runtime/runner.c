/* runner.c: runs the steps of sequences. */
#include "runner.h"

#include "base/clock.h"
#include "cpu_steps.h"
#include "runner_parts.h"

#include <string.h>

/* --- memory as steps see it --- */

const int32_t *runner_ids(const runner *r, int value) {
    const anet_value *v = &r->model->values[value];
    return v->kind == ANET_VALUE_INPUT ? r->ids[v->index] : r->target_ids[v->index];
}

static void wait_pending(runner *r, int *pending) {
    double start = seconds_now();
    pool_wait(r->config.device.pool, pending);
    r->times.waiting += seconds_now() - start;
}

/* background jobs of earlier steps may still read what is about to be overwritten */
static void wait_for_place(runner *r, place *p) {
    for (size_t i = 0; i < p->readers.len; i++) {
        wait_pending(r, &r->pending[p->readers.at[i]]);
    }
    p->readers.len = 0;
}

/* Where reads are copies, the copy is what they read: it must not change before they are done. */
static const float *read_surface(runner *r, place *p) {
    if (r->config.ops->reads_are_copies && p->written) {
        wait_for_place(r, p);
    }
    p->written = false;
    return r->config.ops->surface_read(p->surface);
}

const float *runner_read(runner *r, int value) {
    const anet_value *v = &r->model->values[value];
    place *p = runner_place(r, v);
    return v->kind == ANET_VALUE_TEMP && r->on_device[value] ? read_surface(r, p)
           : v->kind == ANET_VALUE_PARAM                     ? runner_param(r, v->index)
                                                             : p->plain;
}

const float *runner_param(runner *r, int param) {
    place *p = &r->params[param];
    if (p->changed) {
        p->changed = false;
        wait_pending(r, &r->updating[param]);
        double start = seconds_now();
        if (p->surface) {
            r->config.ops->surface_write(p->surface, p->plain, p->elements);
        }
        if (p->cpu) {
            r->cpu_ops->surface_write(p->cpu, p->plain, p->elements);
        }
        r->times.updating += seconds_now() - start;
    }
    return p->plain;
}

/* Memory for a CPU step to fill in; wrote_value afterwards. The const is the reader's promise: what
 * surface_read maps may be written if surface_write is told. */
static float *write_value(runner *r, int value) {
    return (float *)(uintptr_t)runner_read(r, value);
}

static void wrote_value(runner *r, int value, const float *data) {
    place *p = runner_place(r, &r->model->values[value]);
    if (r->on_device[value]) {
        r->config.ops->surface_write(p->surface, data, value_elements(&r->model->values[value]));
    }
}

/* A device of which reads are copies writes something else than what jobs in the background read:
 * it need not wait for them. */
static void wait_for_readers(runner *r, const anet_step *step) {
    bool apart =
        step->op == ANET_STEP_EVAL && !runner_on_cpu(r, step) && r->config.ops->reads_are_copies;
    for (int k = 0; k < step->n_args && !apart; k++) {
        if (step_role(r->model, step, k) == ANET_ROLE_WRITE) {
            wait_for_place(r, runner_place(r, &r->model->values[step->args[k]]));
        }
    }
}

static void wait_for_params(runner *r, const anet_step *step) {
    for (int k = 0; k < step->n_args; k++) {
        const anet_value *v = &r->model->values[step->args[k]];
        if (v->kind == ANET_VALUE_PARAM) {
            runner_param(r, v->index);
        }
    }
}

/* --- steps --- */

static anet_code run_on_device(runner *r, const anet_step *step, anet_error *err) {
    anet_program *program = runner_program(r, step);
    const anet_port *ports;
    int n_in = r->config.ops->inputs(program, &ports);
    runner_fill_args(r, step);
    for (int k = r->model->kernels[step->kernel].n_in; k < step->n_args; k++) {
        runner_place(r, &r->model->values[step->args[k]])->written = true;
    }
    return r->config.ops->evaluate(program, r->args, r->args + n_in, err);
}

static anet_code run_on_cpu(runner *r, const anet_step *step, anet_error *err) {
    int n_in = r->model->kernels[step->kernel].n_in;
    for (int k = 0; k < step->n_args; k++) {
        const anet_value *v = &r->model->values[step->args[k]];
        place *p = runner_place(r, v);
        r->args[k] = p->cpu;
        if (k < n_in && v->kind == ANET_VALUE_TEMP && r->on_device[step->args[k]]) {
            r->cpu_ops->surface_write(p->cpu, read_surface(r, p), value_elements(v));
        }
    }
    if (r->cpu_ops->evaluate(runner_program(r, step), r->args, r->args + n_in, err)) {
        return err->code;
    }
    for (int k = n_in; k < step->n_args; k++) {
        wrote_value(r, step->args[k], r->cpu_ops->surface_read(r->args[k]));
    }
    return ANET_OK;
}

static void run_gather(runner *r, const anet_step *step) {
    const anet_value *table = &r->model->values[step->args[0]];
    const anet_value *ids = &r->model->values[step->args[1]];
    float *out = write_value(r, step->args[2]);
    cpu_gather(r->config.device.pool, r->params[table->index].plain, (size_t)table->dims[1],
               runner_ids(r, step->args[1]), value_elements(ids), out);
    wrote_value(r, step->args[2], out);
}

static void run_loss(runner *r, const anet_step *step) {
    size_t vocab, n;
    step_matrix(r->model, step, 0, &vocab, &n);
    const float *logits = runner_read(r, step->args[0]);
    cpu_log_sum_exp(r->config.device.pool, logits, vocab, n, r->log_sum);
    r->log_sum_logits = step->args[0];
    double loss = cpu_cross_entropy(logits, n, runner_ids(r, step->args[1]), r->log_sum);
    if (step->args[2] == r->model->loss) {
        r->loss = loss;
        r->loss_is_known = true;
    }
    float *out = write_value(r, step->args[2]);
    *out = (float)loss;
    wrote_value(r, step->args[2], out);
}

static void run_loss_grad(runner *r, const anet_step *step) {
    size_t vocab, n;
    step_matrix(r->model, step, 0, &vocab, &n);
    const float *logits = runner_read(r, step->args[0]);
    if (r->log_sum_logits != step->args[0]) {
        cpu_log_sum_exp(r->config.device.pool, logits, vocab, n, r->log_sum);
    }
    float *out = write_value(r, step->args[3]);
    cpu_cross_entropy_grad(r->config.device.pool, logits, vocab, n, runner_ids(r, step->args[1]),
                           r->log_sum, *runner_read(r, step->args[2]), out);
    r->log_sum_logits = -1;
    wrote_value(r, step->args[3], out);
}

static anet_code run_step(runner *r, int index, anet_error *err) {
    const anet_step *step = &r->model->steps[index];
    double start = seconds_now(), apart = r->times.waiting + r->times.updating;
    wait_for_readers(r, step);
    wait_for_params(r, step);
    anet_code code = ANET_OK;
    if (step->op == ANET_STEP_EVAL) {
        code = runner_on_cpu(r, step) ? run_on_cpu(r, step, err) : run_on_device(r, step, err);
    } else if (step->op == ANET_STEP_GATHER) {
        run_gather(r, step);
    } else if (step->op == ANET_STEP_LOSS) {
        run_loss(r, step);
    } else if (step->op == ANET_STEP_LOSS_GRAD) {
        run_loss_grad(r, step);
    } else {
        runner_submit_gradient(r, index);
    }
    apart = r->times.waiting + r->times.updating - apart;
    r->times.steps[index] += seconds_now() - start - apart;
    return code;
}

/* --- sequences --- */

/* token ids as floats, for kernels that want them */
static void write_ids(runner *r, place *p, int32_t *kept, const int32_t *ids) {
    memcpy(kept, ids, p->elements * sizeof *ids);
    for (size_t i = 0; p->plain && i < p->elements; i++) {
        p->plain[i] = (float)ids[i];
    }
    if (p->surface) {
        r->config.ops->surface_write(p->surface, p->plain, p->elements);
    }
}

static void set_tokens(runner *r, const int32_t *ids, const int32_t *targets) {
    for (int i = 0; i < r->model->n_inputs; i++) {
        write_ids(r, &r->inputs[i], r->ids[i], ids);
    }
    for (int i = 0; targets && i < r->model->n_targets; i++) {
        write_ids(r, &r->targets[i], r->target_ids[i], targets);
    }
}

/* the ids of the last sequence belong to its background jobs until they are done */
static void wait_for_ids(runner *r) {
    for (int i = 0; i < r->model->n_inputs; i++) {
        wait_for_place(r, &r->inputs[i]);
    }
    for (int i = 0; i < r->model->n_targets; i++) {
        wait_for_place(r, &r->targets[i]);
    }
}

/* Programs whose constants have changed; all of them or none, if this process cannot do it. */
static anet_code renew_programs(runner *r, anet_error *err) {
    int64_t stale = runner_stale(r);
    if (stale == 0) {
        return ANET_OK;
    }
    int64_t left = r->config.ops->reloads_left(r->device);
    if (stale > left) {
        return anet_fail(err, ANET_RESTART,
                         "%lld programs need other weights, but this process may compile only "
                         "%lld more",
                         (long long)stale, (long long)left);
    }
    return runner_reload(r, err);
}

anet_code runner_forward(runner *r, const int32_t *ids, const int32_t *targets, double *loss,
                         anet_error *err) {
    const anet_model *m = r->model;
    if (renew_programs(r, err)) {
        return err->code;
    }
    wait_for_ids(r);
    set_tokens(r, ids, targets);
    r->loss_is_known = false;
    r->log_sum_logits = -1;
    for (int i = 0; i < m->n_forward; i++) {
        if (!targets && m->steps[i].op == ANET_STEP_LOSS) {
            continue;
        }
        if (run_step(r, i, err)) {
            return err->code;
        }
    }
    if (targets && loss) {
        *loss = r->loss_is_known ? r->loss : *runner_read(r, m->loss);
    }
    return ANET_OK;
}

const float *runner_logits(runner *r) {
    return runner_read(r, r->model->logits);
}

anet_code runner_backward(runner *r, double scale, anet_error *err) {
    place *seed = &r->seed;
    wait_for_place(r, seed);
    if (seed->plain) {
        *seed->plain = (float)scale;
    }
    if (seed->surface) {
        r->config.ops->surface_write(seed->surface, seed->plain, 1);
    }
    for (int i = r->model->n_forward; i < r->model->n_steps; i++) {
        if (run_step(r, i, err)) {
            return err->code;
        }
    }
    return ANET_OK;
}

static void forget_readers(place *places, int n) {
    for (int i = 0; i < n; i++) {
        places[i].readers.len = 0;
    }
}

void runner_finish(runner *r) {
    wait_pending(r, NULL);
    forget_readers(r->slots, r->model->n_slots);
    forget_readers(r->inputs, r->model->n_inputs);
    forget_readers(r->targets, r->model->n_targets);
    forget_readers(&r->seed, 1);
}

void runner_weights_changed(runner *r) {
    runner_forget_weights(r);
    for (int i = 0; i < r->model->n_params; i++) {
        r->params[i].changed = param_is_trained(&r->model->params[i]);
    }
}

int *runner_updating(runner *r) {
    return r->updating;
}

bool runner_computes_apart(const runner *r) {
    return r->config.ops->computes_apart;
}

const int *runner_param_order(const runner *r) {
    return r->order;
}

float *const *runner_gradients(const runner *r) {
    return r->gradients;
}

void runner_restart_gradients(runner *r) {
    for (int i = 0; i < r->model->n_params; i++) {
        r->fresh[i] = true;
    }
}

/* --- what it takes --- */

const runner_times *runner_clock(runner *r) {
    r->times.background = 1e-9 * (double)atomic_load(&r->background_ns);
    return &r->times;
}

size_t runner_memory(const runner *r) {
    size_t bytes = r->config.ops->memory(r->device);
    return r->cpu_device != r->device ? bytes + r->cpu_ops->memory(r->cpu_device) : bytes;
}

size_t runner_gradient_memory(const runner *r) {
    size_t bytes = 0;
    for (int i = 0; i < r->model->n_params; i++) {
        bytes += r->gradients[i] ? r->config.weights->count[i] * sizeof(float) : 0;
    }
    return bytes;
}
