#include "runner.h"

#include "base/vec.h"
#include "cpu_steps.h"
#include "host/gemm.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* Memory of one thing that values refer to: a slot, parameter, table, input, target or the seed.
 * Values that the device touches live in `surface`. What only the CPU touches stays fp32 in
 * `plain`, and a CPU kernel sees it through `cpu`, a surface of the second device over `plain`. */
typedef struct place {
    size_t elements;
    anet_surface *surface, *cpu;
    float *plain;
    bool plain_is_ours;
    VEC(int) readers; /* steps whose background jobs may still read it */
} place;

struct runner {
    runner_config config;
    const anet_model *model;
    anet_device *device, *cpu_device; /* the same where the device computes as the CPU does */
    const anet_device_ops *cpu_ops;
    int n_steps;             /* that this runner may execute */
    anet_program **programs; /* per kernel */
    bool *on_device;         /* per value: a device kernel reads or writes it */
    place *slots, *params, *tables, *inputs, *targets, seed;
    int32_t **ids, **target_ids; /* of the current sequence */
    double loss;                 /* unrounded, if a loss step computed it */
    bool loss_is_known;
    double *log_sum; /* of log_sum_logits, kept from the loss for its gradient */
    int log_sum_logits;
    float **gradients; /* per parameter */
    bool *fresh;       /* nothing was added yet */
    int *pending;      /* per step: its background jobs, for pool_wait */
    anet_surface **args;
    runner_times times;
    _Atomic uint64_t background_ns;
};

double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --- opening --- */

static place *place_of(runner *r, const anet_value *v) {
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

static bool on_cpu_device(const runner *r, const anet_step *step) {
    return step->op == ANET_STEP_EVAL && r->model->kernels[step->kernel].place == ANET_PLACE_CPU &&
           r->cpu_device != r->device;
}

static bool on_main_device(const runner *r, const anet_step *step) {
    return step->op == ANET_STEP_EVAL && !on_cpu_device(r, step);
}

static anet_code open_devices(runner *r, anet_error *err) {
    const runner_config *c = &r->config;
    anet_device_config main_config = {c->numerics, c->pool};
    if (c->ops->open(&main_config, &r->device, err)) {
        return err->code;
    }
    r->cpu_ops = c->ops;
    r->cpu_device = r->device;
    if (c->ops == &anet_host_device && c->numerics == ANET_NUMERICS_FP32) {
        return ANET_OK;
    }
    for (int i = 0; i < r->n_steps; i++) {
        const anet_step *step = &r->model->steps[i];
        if (step->op == ANET_STEP_EVAL && r->model->kernels[step->kernel].place == ANET_PLACE_CPU) {
            anet_device_config cpu_config = {ANET_NUMERICS_FP32, c->pool};
            r->cpu_ops = &anet_host_device;
            r->cpu_device = NULL;
            return r->cpu_ops->open(&cpu_config, &r->cpu_device, err);
        }
    }
    return ANET_OK;
}

static anet_code check_ports(const runner *r, const anet_step *step, const anet_kernel *kernel,
                             const anet_device_ops *ops, anet_error *err) {
    const anet_program *program = r->programs[step->kernel];
    const anet_port *in, *out;
    int n_in = ops->inputs(program, &in), n_out = ops->outputs(program, &out);
    if (n_in != kernel->n_in || n_out != kernel->n_out) {
        return fail(err, ANET_INTERNAL,
                    "internal error: kernel %s has %d inputs and %d outputs, its step at %s has "
                    "%d and %d",
                    kernel->name, n_in, n_out, step->comment ? step->comment : "?", kernel->n_in,
                    kernel->n_out);
    }
    for (int i = 0; i < step->n_args; i++) {
        const anet_port *port = i < n_in ? &in[i] : &out[i - n_in];
        const anet_value *v = &r->model->values[step->args[i]];
        if (port->elements != value_elements(v)) {
            return fail(
                err, ANET_INTERNAL,
                "internal error: kernel %s at %s: port %s has %zu elements, value %s has %zu",
                kernel->name, step->comment ? step->comment : "?", port->name, port->elements,
                v->name, value_elements(v));
        }
    }
    return ANET_OK;
}

static anet_code compile_kernels(runner *r, anet_error *err) {
    for (int i = 0; i < r->n_steps; i++) {
        const anet_step *step = &r->model->steps[i];
        if (step->op != ANET_STEP_EVAL) {
            continue;
        }
        const anet_kernel *kernel = &r->model->kernels[step->kernel];
        bool cpu = on_cpu_device(r, step);
        const anet_device_ops *ops = cpu ? r->cpu_ops : r->config.ops;
        anet_program **program = &r->programs[step->kernel];
        if (!*program && ops->compile(cpu ? r->cpu_device : r->device, kernel->name, kernel->mil,
                                      kernel->mil_size, program, err)) {
            return err->code;
        }
        if (check_ports(r, step, kernel, ops, err)) {
            return err->code;
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
        r->ids[i] = xcalloc(r->inputs[i].elements, sizeof(int32_t));
    }
    for (int i = 0; i < m->n_targets; i++) {
        r->targets[i].elements = (size_t)m->targets[i].length;
        r->target_ids[i] = xcalloc(r->targets[i].elements, sizeof(int32_t));
    }
    r->seed.elements = 1;
}

/* `plain` memory, made when first asked for; a table is filled in */
static float *plain_of(runner *r, const anet_value *v) {
    place *p = place_of(r, v);
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
    place *p = place_of(r, v);
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
    place *p = place_of(r, v);
    float *over = plain_of(r, v);
    return p->cpu ? ANET_OK
                  : r->cpu_ops->surface_new(r->cpu_device, p->elements, over, &p->cpu, err);
}

static anet_code make_surfaces(runner *r, anet_error *err) {
    for (int i = 0; i < r->n_steps; i++) {
        const anet_step *step = &r->model->steps[i];
        for (int k = 0; on_main_device(r, step) && k < step->n_args; k++) {
            r->on_device[step->args[k]] = true;
        }
    }
    for (int i = 0; i < r->n_steps; i++) {
        const anet_step *step = &r->model->steps[i];
        for (int k = 0; k < step->n_args; k++) {
            const anet_value *v = &r->model->values[step->args[k]];
            if (r->on_device[step->args[k]] && device_surface(r, v, err)) {
                return err->code;
            }
            if (on_cpu_device(r, step) && cpu_surface(r, v, err)) {
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

static runner *runner_new(const runner_config *config) {
    const anet_model *m = config->weights->model;
    runner *r = xcalloc(1, sizeof *r);
    r->config = *config;
    r->model = m;
    r->n_steps = config->backward ? m->n_steps : m->n_forward;
    r->programs = xcalloc((size_t)m->n_kernels, sizeof *r->programs);
    r->on_device = xcalloc((size_t)m->n_values, sizeof *r->on_device);
    r->slots = xcalloc((size_t)m->n_slots, sizeof *r->slots);
    r->params = xcalloc((size_t)m->n_params, sizeof *r->params);
    r->tables = xcalloc((size_t)m->n_values, sizeof *r->tables);
    r->inputs = xcalloc((size_t)m->n_inputs, sizeof *r->inputs);
    r->targets = xcalloc((size_t)m->n_targets, sizeof *r->targets);
    r->ids = xcalloc((size_t)m->n_inputs, sizeof *r->ids);
    r->target_ids = xcalloc((size_t)m->n_targets, sizeof *r->target_ids);
    r->gradients = xcalloc((size_t)m->n_params, sizeof *r->gradients);
    r->fresh = xcalloc((size_t)m->n_params, sizeof *r->fresh);
    r->pending = xcalloc((size_t)m->n_steps, sizeof *r->pending);
    r->args = xcalloc(most_args(m), sizeof *r->args);
    r->log_sum = xcalloc(longest_sequence(m), sizeof *r->log_sum);
    r->times.steps = xcalloc((size_t)m->n_steps, sizeof *r->times.steps);
    size_places(r);
    return r;
}

anet_code runner_open(const runner_config *config, runner **r, anet_error *err) {
    *r = runner_new(config);
    gemm_init();
    if (open_devices(*r, err) || compile_kernels(*r, err) || make_surfaces(*r, err)) {
        runner_close(*r);
        *r = NULL;
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

static const anet_device_ops *ops_of_kernel(const runner *r, int kernel) {
    return r->model->kernels[kernel].place == ANET_PLACE_CPU ? r->cpu_ops : r->config.ops;
}

static void free_devices(runner *r) {
    const anet_model *m = r->model;
    for (int i = 0; i < m->n_kernels; i++) {
        if (r->programs[i]) {
            ops_of_kernel(r, i)->release(r->programs[i]);
        }
    }
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
    free(r->programs);
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
    free(r->args);
    free(r->log_sum);
    free(r->times.steps);
    free(r);
}

/* --- memory as steps see it --- */

static const float *read_value(runner *r, int value) {
    place *p = place_of(r, &r->model->values[value]);
    bool temporary = r->model->values[value].kind == ANET_VALUE_TEMP;
    return temporary && r->on_device[value] ? r->config.ops->surface_read(p->surface) : p->plain;
}

/* Memory for a CPU step to fill in; wrote_value afterwards. The const is the reader's promise: what
 * surface_read maps may be written if surface_write is told. */
static float *write_value(runner *r, int value) {
    return (float *)(uintptr_t)read_value(r, value);
}

static void wrote_value(runner *r, int value, const float *data) {
    place *p = place_of(r, &r->model->values[value]);
    if (r->on_device[value]) {
        r->config.ops->surface_write(p->surface, data, value_elements(&r->model->values[value]));
    }
}

static void wait_pending(runner *r, int *pending) {
    double start = seconds_now();
    pool_wait(r->config.pool, pending);
    r->times.waiting += seconds_now() - start;
}

/* background jobs of earlier steps may still read what is about to be overwritten */
static void wait_for_place(runner *r, place *p) {
    for (size_t i = 0; i < p->readers.len; i++) {
        wait_pending(r, &r->pending[p->readers.at[i]]);
    }
    p->readers.len = 0;
}

static void wait_for_readers(runner *r, const anet_step *step) {
    for (int k = 0; k < step->n_args; k++) {
        if (step_role(r->model, step, k) == ANET_ROLE_WRITE) {
            wait_for_place(r, place_of(r, &r->model->values[step->args[k]]));
        }
    }
}

/* --- steps --- */

static anet_code run_on_device(runner *r, const anet_step *step, anet_error *err) {
    int n_in = r->model->kernels[step->kernel].n_in;
    for (int k = 0; k < step->n_args; k++) {
        r->args[k] = place_of(r, &r->model->values[step->args[k]])->surface;
    }
    return r->config.ops->evaluate(r->programs[step->kernel], r->args, r->args + n_in, err);
}

static anet_code run_on_cpu(runner *r, const anet_step *step, anet_error *err) {
    int n_in = r->model->kernels[step->kernel].n_in;
    for (int k = 0; k < step->n_args; k++) {
        const anet_value *v = &r->model->values[step->args[k]];
        place *p = place_of(r, v);
        r->args[k] = p->cpu;
        if (k < n_in && v->kind == ANET_VALUE_TEMP && r->on_device[step->args[k]]) {
            r->cpu_ops->surface_write(p->cpu, r->config.ops->surface_read(p->surface),
                                      value_elements(v));
        }
    }
    if (r->cpu_ops->evaluate(r->programs[step->kernel], r->args, r->args + n_in, err)) {
        return err->code;
    }
    for (int k = n_in; k < step->n_args; k++) {
        wrote_value(r, step->args[k], r->cpu_ops->surface_read(r->args[k]));
    }
    return ANET_OK;
}

static const int32_t *ids_of(const runner *r, int value) {
    const anet_value *v = &r->model->values[value];
    return v->kind == ANET_VALUE_INPUT ? r->ids[v->index] : r->target_ids[v->index];
}

static void run_gather(runner *r, const anet_step *step) {
    const anet_value *table = &r->model->values[step->args[0]];
    const anet_value *ids = &r->model->values[step->args[1]];
    float *out = write_value(r, step->args[2]);
    gather(r->config.pool, r->params[table->index].plain, (size_t)table->dims[1],
           ids_of(r, step->args[1]), value_elements(ids), out);
    wrote_value(r, step->args[2], out);
}

static void run_loss(runner *r, const anet_step *step) {
    size_t vocab, n;
    value_matrix(&r->model->values[step->args[0]], &vocab, &n);
    const float *logits = read_value(r, step->args[0]);
    log_sum_exp(r->config.pool, logits, vocab, n, r->log_sum);
    r->log_sum_logits = step->args[0];
    double loss = cross_entropy(logits, n, ids_of(r, step->args[1]), r->log_sum);
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
    value_matrix(&r->model->values[step->args[0]], &vocab, &n);
    const float *logits = read_value(r, step->args[0]);
    if (r->log_sum_logits != step->args[0]) {
        log_sum_exp(r->config.pool, logits, vocab, n, r->log_sum);
    }
    float *out = write_value(r, step->args[3]);
    cross_entropy_grad(r->config.pool, logits, vocab, n, ids_of(r, step->args[1]), r->log_sum,
                       *read_value(r, step->args[2]), out);
    r->log_sum_logits = -1;
    wrote_value(r, step->args[3], out);
}

/* --- weight gradients, in the background --- */

typedef struct gradient_job {
    runner *runner;
    anet_step_op op;
    size_t pieces;
    union {
        gather_grad_job gather;
        gemm matmul;
        add_grad_job add;
    } u;
} gradient_job;

static void gradient_piece(void *context, size_t piece) {
    const gradient_job *job = context;
    double start = seconds_now();
    if (job->op == ANET_STEP_GRAD_MATMUL) {
        gemm_piece(&job->u.matmul, job->pieces, piece);
    } else if (job->op == ANET_STEP_GATHER_GRAD) {
        gather_grad_piece(&job->u.gather, piece);
    } else {
        add_grad_piece(&job->u.add, piece);
    }
    atomic_fetch_add_explicit(&job->runner->background_ns,
                              (uint64_t)(1e9 * (seconds_now() - start)), memory_order_relaxed);
}

static gemm matmul_job(runner *r, const anet_step *step, float *to, bool fresh) {
    size_t rows_a, columns_a, rows_b, columns_b;
    value_matrix(&r->model->values[step->args[0]], &rows_a, &columns_a);
    value_matrix(&r->model->values[step->args[1]], &rows_b, &columns_b);
    size_t n = step->transpose_b ? rows_b : columns_b;
    return (gemm){
        .m = step->transpose_a ? columns_a : rows_a,
        .n = n,
        .k = step->transpose_a ? rows_a : columns_a,
        .alpha = 1,
        .beta = fresh ? 0 : 1,
        .a = read_value(r, step->args[0]),
        .b = read_value(r, step->args[1]),
        .c = to,
        .lda = columns_a,
        .ldb = columns_b,
        .ldc = n,
        .transpose_a = step->transpose_a != 0,
        .transpose_b = step->transpose_b != 0,
    };
}

/* small ones, so that a worker is soon free for the loops of a kernel */
static size_t matmul_pieces(const gemm *g) {
    const double piece_work = 1e8; /* multiplications: about a millisecond of one core */
    double pieces = (double)g->m * (double)g->n * (double)g->k / piece_work;
    return pieces < 1 ? 1 : pieces > 256 ? 256 : (size_t)pieces;
}

static gather_grad_job gather_job(runner *r, const anet_step *step, float *to, bool fresh) {
    const anet_param *p = &r->model->params[step->param];
    return (gather_grad_job){
        .to = to,
        .vocab = (size_t)p->dims[0],
        .width = (size_t)p->dims[1],
        .n = value_elements(&r->model->values[step->args[0]]),
        .ids = ids_of(r, step->args[0]),
        .dy = read_value(r, step->args[1]),
        .fresh = fresh,
    };
}

static gradient_job prepare_gradient(runner *r, const anet_step *step) {
    float *to = r->gradients[step->param];
    bool fresh = r->fresh[step->param];
    r->fresh[step->param] = false;
    gradient_job job = {.runner = r, .op = step->op};
    if (step->op == ANET_STEP_GRAD_MATMUL) {
        job.u.matmul = matmul_job(r, step, to, fresh);
        job.pieces = matmul_pieces(&job.u.matmul);
    } else if (step->op == ANET_STEP_GATHER_GRAD) {
        job.u.gather = gather_job(r, step, to, fresh);
        job.pieces = gather_grad_pieces(&job.u.gather);
    } else {
        job.u.add = (add_grad_job){to, read_value(r, step->args[0]),
                                   r->config.weights->count[step->param], fresh};
        job.pieces = add_grad_pieces(&job.u.add);
    }
    return job;
}

static void submit_gradient(runner *r, const anet_step *step, int index) {
    gradient_job job = prepare_gradient(r, step);
    for (int k = 0; k < step->n_args; k++) {
        const anet_value *v = &r->model->values[step->args[k]];
        if (v->kind != ANET_VALUE_PARAM && v->kind != ANET_VALUE_TABLE) {
            vec_push(&place_of(r, v)->readers, index);
        }
    }
    pool_submit(r->config.pool, r->gradients[step->param], job.pieces, gradient_piece, &job,
                sizeof job, &r->pending[index]);
}

static anet_code run_step(runner *r, int index, anet_error *err) {
    const anet_step *step = &r->model->steps[index];
    double start = seconds_now(), waited = r->times.waiting;
    wait_for_readers(r, step);
    anet_code code = ANET_OK;
    if (step->op == ANET_STEP_EVAL) {
        code = on_cpu_device(r, step) ? run_on_cpu(r, step, err) : run_on_device(r, step, err);
    } else if (step->op == ANET_STEP_GATHER) {
        run_gather(r, step);
    } else if (step->op == ANET_STEP_LOSS) {
        run_loss(r, step);
    } else if (step->op == ANET_STEP_LOSS_GRAD) {
        run_loss_grad(r, step);
    } else {
        submit_gradient(r, step, index);
    }
    r->times.steps[index] += seconds_now() - start - (r->times.waiting - waited);
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

anet_code runner_forward(runner *r, const int32_t *ids, const int32_t *targets, double *loss,
                         anet_error *err) {
    const anet_model *m = r->model;
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
        *loss = r->loss_is_known ? r->loss : *read_value(r, m->loss);
    }
    return ANET_OK;
}

const float *runner_logits(runner *r) {
    return read_value(r, r->model->logits);
}

anet_code runner_backward(runner *r, double scale, anet_error *err) {
    place *seed = &r->seed;
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
    for (int i = 0; i < r->model->n_params; i++) {
        place *p = &r->params[i];
        if (p->surface) {
            r->config.ops->surface_write(p->surface, p->plain, p->elements);
        }
        if (p->cpu) {
            r->cpu_ops->surface_write(p->cpu, p->plain, p->elements);
        }
    }
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
