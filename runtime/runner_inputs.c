/* runner_inputs.c: kernels and what goes into them: compiles them, with weights that are constants
 * for them, and puts together the ports that several values share. */
#include "base/clock.h"
#include "base/half.h"
#include "floats.h"
#include "interrupt.h"
#include "mil/blob.h"
#include "runner_parts.h"

#include <stdlib.h>

anet_feed runner_feed(const runner *r, const anet_step *step, int arg) {
    const anet_kernel *kernel = &r->model->kernels[step->kernel];
    size_t n = value_elements(&r->model->values[step->args[arg]]);
    return kernel->feeds ? kernel->feeds[arg] : (anet_feed){NULL, arg, n, {0, n, n}};
}

static int ports_of(const anet_kernel *kernel) {
    return kernel->feeds ? kernel->n_ports : kernel->n_in;
}

static bool is_whole_port(const anet_feed *f, size_t elements) {
    return f->elements == elements && f->region.offset == 0 && f->region.width == elements;
}

/* --- constants --- */

/* A weight file: one entry, halves, rounded as the device rounds what it is given. */
static text make_blob(runner *r, const anet_value *v, const anet_feed *f) {
    size_t n = value_elements(v);
    float *rounded = floats_new(n);
    uint16_t *halves = anet_calloc(f->elements, sizeof *halves);
    r->config.ops->accept(r->device, rounded, runner_param(r, v->index), n);
    for (size_t i = 0; i < n; i++) {
        size_t row = i / f->region.width, column = i % f->region.width;
        halves[f->region.offset + row * f->region.stride + column] = half_bits(rounded[i]);
    }
    mil_blob_writer w = {0};
    mil_blob_add(&w, MIL_FP16, halves, f->elements);
    mil_blob_finish(&w);
    free(rounded);
    free(halves);
    return w.bytes;
}

typedef anet_code build_fn(runner *r, compiled *c, const anet_source *source, anet_error *err);

/* `build`s the program from its text and the values that its constants have now. */
static anet_code with_constants(runner *r, compiled *c, build_fn *build, anet_error *err) {
    const anet_kernel *kernel = &r->model->kernels[c->kernel];
    size_t most = (size_t)kernel->n_in + 1;
    text *file = anet_calloc(most, sizeof *file);
    anet_blob *blob = anet_calloc(most, sizeof *blob);
    anet_source source = {kernel->name, kernel->mil, kernel->mil_size, blob, 0};
    for (int i = 0; i < kernel->n_in; i++) {
        anet_feed f = runner_feed(r, c->step, i);
        if (f.blob) {
            text *t = &file[source.blobs];
            *t = make_blob(r, &r->model->values[c->step->args[i]], &f);
            blob[source.blobs++] = (anet_blob){f.blob, t->at, t->len};
        }
    }
    anet_code code = build(r, c, &source, err);
    for (int i = 0; i < source.blobs; i++) {
        text_free(&file[i]);
    }
    free(file);
    free(blob);
    return code;
}

static anet_code compile(runner *r, compiled *c, const anet_source *source, anet_error *err) {
    bool cpu = runner_on_cpu(r, c->step);
    return (cpu ? r->cpu_ops : r->config.ops)
        ->compile(cpu ? r->cpu_device : r->device, source, &c->program, err);
}

static anet_code reload(runner *r, compiled *c, const anet_source *source, anet_error *err) {
    return r->config.ops->reload(&c->program, source, err);
}

/* --- which program a step needs --- */

static bool same_constants(const runner *r, const anet_step *a, const anet_step *b) {
    for (int i = 0; i < r->model->kernels[a->kernel].n_in; i++) {
        if (runner_feed(r, a, i).blob && a->args[i] != b->args[i]) {
            return false;
        }
    }
    return true;
}

static size_t find_program(runner *r, const anet_step *step) {
    for (size_t i = 0; i < r->programs.len; i++) {
        const compiled *c = &r->programs.at[i];
        if (c->kernel == step->kernel && same_constants(r, c->step, step)) {
            return i;
        }
    }
    compiled c = {.kernel = step->kernel,
                  .step = step,
                  .changes = step_has_trained_constants(r->model, step)};
    vec_push(&r->programs, c);
    return r->programs.len - 1;
}

/* The schedule and the MIL text come from the same compiler, but only here do they meet. */
static anet_code check_ports(const runner *r, const anet_step *step, anet_error *err) {
    const anet_kernel *kernel = &r->model->kernels[step->kernel];
    const anet_device_ops *ops = runner_on_cpu(r, step) ? r->cpu_ops : r->config.ops;
    const anet_program *program = runner_program(r, step);
    const anet_port *in, *out;
    int n_in = ops->inputs(program, &in), n_out = ops->outputs(program, &out);
    if (n_in != ports_of(kernel) || n_out != kernel->n_out) {
        return anet_fail(
            err, ANET_INTERNAL,
            "internal error: kernel %s has %d inputs and %d outputs, its step at %s has "
            "%d and %d",
            kernel->name, n_in, n_out, step->comment ? step->comment : "?", ports_of(kernel),
            kernel->n_out);
    }
    for (int i = 0; i < step->n_args; i++) {
        bool is_input = i < kernel->n_in;
        const anet_value *v = &r->model->values[step->args[i]];
        anet_feed f = is_input ? runner_feed(r, step, i) : (anet_feed){0};
        if (f.blob) { /* compiling it has compared the file with the text */
            continue;
        }
        const anet_port *port = is_input ? &in[f.port] : &out[i - kernel->n_in];
        size_t n = is_input ? f.elements : value_elements(v);
        if (port->elements != n) {
            return anet_fail(
                err, ANET_INTERNAL,
                "internal error: kernel %s at %s: port %s has %zu elements, value %s has %zu",
                kernel->name, step->comment ? step->comment : "?", port->name, port->elements,
                v->name, n);
        }
    }
    return ANET_OK;
}

anet_code runner_compile(runner *r, anet_error *err) {
    for (int i = 0; i < r->n_steps; i++) {
        const anet_step *step = &r->model->steps[i];
        if (step->op != ANET_STEP_EVAL) {
            continue;
        }
        size_t at = find_program(r, step);
        compiled *c = &r->programs.at[at];
        r->program_of[i] = (int)at;
        if (interrupt_wanted()) {
            return anet_fail(err, ANET_INTERRUPTED, "interrupted while kernels were compiled");
        }
        if ((!c->program && with_constants(r, c, compile, err)) || check_ports(r, step, err)) {
            return err->code;
        }
    }
    return ANET_OK;
}

anet_program *runner_program(const runner *r, const anet_step *step) {
    return r->programs.at[r->program_of[step - r->model->steps]].program;
}

/* --- constants that have changed --- */

int64_t runner_stale(const runner *r) {
    int64_t n = 0;
    for (size_t i = 0; i < r->programs.len; i++) {
        n += r->programs.at[i].stale;
    }
    return n;
}

anet_code runner_reload(runner *r, anet_error *err) {
    double start = seconds_now(), waited = r->times.waiting + r->times.updating;
    for (size_t i = 0; i < r->programs.len && !err->code; i++) {
        compiled *c = &r->programs.at[i];
        if (c->stale && !with_constants(r, c, reload, err)) {
            c->stale = false;
        }
    }
    r->times.updating += seconds_now() - start - (r->times.waiting + r->times.updating - waited);
    return err->code;
}

/* --- ports that are put together --- */

static anet_code make_assembly(runner *r, const anet_step *step, int arg, anet_error *err) {
    assembly *all = r->assemblies[step - r->model->steps];
    anet_feed f = runner_feed(r, step, arg);
    bool whole = is_whole_port(&f, value_elements(&r->model->values[step->args[arg]]));
    bool ready = f.blob || whole || all[f.port].surface;
    return ready
               ? ANET_OK
               : r->config.ops->surface_new(r->device, f.elements, NULL, &all[f.port].surface, err);
}

anet_code runner_make_assemblies(runner *r, anet_error *err) {
    for (int i = 0; i < r->n_steps; i++) {
        const anet_step *step = &r->model->steps[i];
        if (step->op != ANET_STEP_EVAL || runner_on_cpu(r, step)) {
            continue;
        }
        const anet_kernel *kernel = &r->model->kernels[step->kernel];
        r->assemblies[i] = anet_calloc((size_t)ports_of(kernel) + 1, sizeof **r->assemblies);
        for (int k = 0; k < kernel->n_in; k++) {
            if (make_assembly(r, step, k, err)) {
                return err->code;
            }
        }
    }
    return ANET_OK;
}

/* Parameters and tables stay in their place until they change. */
static void place_part(runner *r, const anet_value *v, const anet_feed *f, assembly *to) {
    bool stays = v->kind == ANET_VALUE_PARAM || v->kind == ANET_VALUE_TABLE;
    if (!stays || !to->filled) {
        double start = seconds_now();
        r->config.ops->surface_place(to->surface, &f->region, runner_place(r, v)->surface,
                                     value_elements(v));
        r->times.updating += v->kind == ANET_VALUE_PARAM ? seconds_now() - start : 0;
    }
}

void runner_fill_args(runner *r, const anet_step *step) {
    const anet_kernel *kernel = &r->model->kernels[step->kernel];
    assembly *all = r->assemblies[step - r->model->steps];
    int ports = ports_of(kernel);
    for (int i = 0; i < step->n_args; i++) {
        const anet_value *v = &r->model->values[step->args[i]];
        anet_feed f = i < kernel->n_in ? runner_feed(r, step, i) : (anet_feed){0};
        if (i >= kernel->n_in) {
            r->args[ports + i - kernel->n_in] = runner_place(r, v)->surface;
        } else if (!f.blob && all[f.port].surface) {
            place_part(r, v, &f, &all[f.port]);
            r->args[f.port] = all[f.port].surface;
        } else if (!f.blob) {
            r->args[f.port] = runner_place(r, v)->surface;
        }
    }
    for (int i = 0; i < ports; i++) {
        all[i].filled = true;
    }
}

void runner_forget_weights(runner *r) {
    for (size_t i = 0; i < r->programs.len; i++) {
        r->programs.at[i].stale = r->programs.at[i].changes;
    }
    for (int i = 0; i < r->n_steps; i++) {
        const anet_step *step = &r->model->steps[i];
        int ports = r->assemblies[i] ? ports_of(&r->model->kernels[step->kernel]) : 0;
        for (int k = 0; k < ports; k++) {
            r->assemblies[i][k].filled = false;
        }
    }
}

void runner_free_inputs(runner *r) {
    for (size_t i = 0; i < r->programs.len; i++) {
        const compiled *c = &r->programs.at[i];
        if (c->program) {
            (runner_on_cpu(r, c->step) ? r->cpu_ops : r->config.ops)->release(c->program);
        }
    }
    vec_free(&r->programs);
    for (int i = 0; i < r->n_steps; i++) {
        int ports = r->assemblies[i] ? ports_of(&r->model->kernels[r->model->steps[i].kernel]) : 0;
        for (int k = 0; k < ports; k++) {
            r->config.ops->surface_free(r->assemblies[i][k].surface);
        }
        free(r->assemblies[i]);
    }
}
