/* work.c: counts from the MIL text of the kernels and the shapes of gradient steps. */
#include "work.h"

#include "mil/mil.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* the type of what an argument refers to, or NULL */
static const mil_type *argument_type(const mil_block *b, const mil_op *op, const char *name) {
    const mil_arg *arg = mil_find_arg(op, name);
    if (!arg || arg->kind != MIL_REF) {
        return NULL;
    }
    for (int i = 0; i < b->params; i++) {
        if (strcmp(b->param[i].name, arg->ref) == 0) {
            return &b->param[i].type;
        }
    }
    for (int i = 0; i < b->ops; i++) {
        for (int k = 0; k < b->op[i].outs; k++) {
            if (strcmp(b->op[i].out[k].name, arg->ref) == 0) {
                return &b->op[i].out[k].type;
            }
        }
    }
    return NULL;
}

static double last_two(const mil_type *t) {
    double n = 1;
    for (int i = t->rank > 2 ? t->rank - 2 : 0; i < t->rank; i++) {
        n *= (double)t->dims[i];
    }
    return n;
}

/* [M, K] x [K, N] -> [M, N] whatever is transposed: K^2 = MK * KN / MN */
static double matmul_work(const mil_block *b, const mil_op *op) {
    const mil_type *x = argument_type(b, op, "x"), *y = argument_type(b, op, "y");
    if (!x || !y || op->outs != 1) {
        return 0;
    }
    const mil_type *out = &op->out[0].type;
    return 2 * (double)mil_elements(out) * sqrt(last_two(x) * last_two(y) / last_two(out));
}

static double conv_work(const mil_block *b, const mil_op *op) {
    const mil_type *w = argument_type(b, op, "weight");
    if (!w || op->outs != 1 || w->rank < 1) {
        return 0;
    }
    return 2 * (double)mil_elements(&op->out[0].type) * (double)mil_elements(w) /
           (double)w->dims[0];
}

static anet_code kernel_work(const anet_kernel *kernel, double *work, anet_error *err) {
    mil_program *p;
    if (mil_read(kernel->mil, kernel->mil_size, kernel->name, &p, err)) {
        return err->code;
    }
    *work = 0;
    for (int i = 0; p->funcs > 0 && i < p->func[0].body.ops; i++) {
        const mil_block *b = &p->func[0].body;
        const mil_op *op = &b->op[i];
        if (strcmp(op->op, "matmul") == 0) {
            *work += matmul_work(b, op);
        } else if (strcmp(op->op, "conv") == 0 || strcmp(op->op, "linear") == 0) {
            *work += conv_work(b, op);
        }
    }
    mil_free(p);
    return ANET_OK;
}

static double gradient_work(const anet_model *m, const anet_step *step) {
    size_t rows, columns;
    step_matrix(m, step, 0, &rows, &columns);
    size_t inner = step->transpose_a ? rows : columns;
    return 2 * (double)param_elements(&m->params[step->param]) * (double)inner;
}

anet_code model_work(const anet_model *m, int begin, int end, double *operations, anet_error *err) {
    double *kernels = anet_calloc((size_t)m->n_kernels, sizeof *kernels);
    *operations = 0;
    for (int i = 0; i < m->n_kernels && !err->code; i++) {
        kernel_work(&m->kernels[i], &kernels[i], err);
    }
    for (int i = begin; i < end; i++) {
        const anet_step *step = &m->steps[i];
        *operations += step->op == ANET_STEP_EVAL          ? kernels[step->kernel]
                       : step->op == ANET_STEP_GRAD_MATMUL ? gradient_work(m, step)
                                                           : 0;
    }
    free(kernels);
    return err->code;
}
