/* info.c: the command `info` */
#include "session.h"
#include "work.h"

#include <stdio.h>

static void print_params(const anet_model *m) {
    printf("parameters: %zu in %d arrays\n", model_parameters(m), m->n_params);
    for (int i = 0; i < m->n_params; i++) {
        const anet_param *p = &m->params[i];
        char shape[160];
        printf("  %-48s %-16s%s%s\n", p->name, shape_text(p->rank, p->dims, shape, sizeof shape),
               p->flags & ANET_PARAM_FROZEN ? " frozen" : "",
               p->flags & ANET_PARAM_NO_DECAY ? " no decay" : "");
    }
}

static int count_uses(const anet_model *m, int kernel, int *first) {
    int uses = 0;
    for (int i = m->n_steps - 1; i >= 0; i--) {
        if (m->steps[i].op == ANET_STEP_EVAL && m->steps[i].kernel == kernel) {
            uses++;
            *first = i;
        }
    }
    return uses;
}

static void print_port_shapes(const anet_model *m, const anet_step *step, const char *title,
                              anet_role role) {
    printf("    %s", title);
    for (int k = 0; k < step->n_args; k++) {
        const anet_value *v = &m->values[step->args[k]];
        char shape[160];
        if (step_role(m, step, k) == role) {
            printf(" %s", shape_text(v->rank, v->dims, shape, sizeof shape));
        }
    }
    printf("\n");
}

static anet_code print_kernels(const anet_model *m, anet_error *err) {
    printf("kernels: %d\n", m->n_kernels);
    for (int i = 0; i < m->n_kernels; i++) {
        const anet_kernel *k = &m->kernels[i];
        double operations;
        int first = -1, uses = count_uses(m, i, &first);
        if (kernel_work(k, &operations, err)) {
            return err->code;
        }
        printf("  %-20s on %s, %d steps, %zu bytes of MIL, %.4g MFLOP in products\n", k->name,
               k->place == ANET_PLACE_CPU ? "cpu" : "ane", uses, k->mil_size, 1e-6 * operations);
        if (first >= 0) {
            print_port_shapes(m, &m->steps[first], "in ", ANET_ROLE_READ);
            print_port_shapes(m, &m->steps[first], "out", ANET_ROLE_WRITE);
        }
    }
    return ANET_OK;
}

static void print_schedule(const anet_model *m) {
    printf("steps per sequence: %d forward, %d backward\n", m->n_forward,
           m->n_steps - m->n_forward);
    for (int op = 0; op < STEP_OPS; op++) {
        int n = 0;
        for (int i = 0; i < m->n_steps; i++) {
            n += (int)m->steps[i].op == op;
        }
        if (n) {
            printf("  %-20s %d\n", step_name((anet_step_op)op), n);
        }
    }
    size_t elements = 0;
    for (int i = 0; i < m->n_slots; i++) {
        elements += m->slots[i];
    }
    printf("memory plan: %d values in %d slots, %.1f MiB as float\n", m->n_values, m->n_slots,
           (double)elements * sizeof(float) / (1024.0 * 1024.0));
}

anet_code command_info(session *s, anet_error *err) {
    const anet_model *m = s->model;
    const anet_recipe *r = &m->recipe;
    printf("model %s\nconfig:", m->name);
    for (int i = 0; i < m->n_config; i++) {
        printf(" %s=%.15g", m->config[i].name, m->config[i].value);
    }
    printf(
        "\nrecipe: lr %g, betas %g %g, eps %g, decay %g, clip %g, warmup %d, floor %g, batch %d, "
        "accumulate %d, steps %d, loss scale %g\n",
        r->lr, r->beta1, r->beta2, r->eps, r->decay, r->clip, r->warmup, r->floor, r->batch,
        r->accumulate, r->steps, r->loss_scale);
    print_params(m);
    if (print_kernels(m, err)) {
        return err->code;
    }
    print_schedule(m);
    return cli_flush(err);
}
