/* work.c: counts from the MIL text of the kernels and the shapes of gradient steps. */
#include "work.h"

#include "mil/cost.h"

#include <stdlib.h>

static void add_work(void *context, const mil_func *func, const mil_inference *in) {
    (void)func;
    double *work = context;
    mil_work one = mil_work_of(in);
    *work += one.known ? 2 * one.macs : 0;
}

anet_code kernel_work(const anet_kernel *kernel, double *operations, anet_error *err) {
    mil_program *p;
    *operations = 0;
    if (mil_read(kernel->mil, kernel->mil_size, kernel->name, &p, err)) {
        return err->code;
    }
    arena *memory = arena_new();
    mil_findings found = {.memory = memory};
    mil_examine(p, &found, add_work, operations);
    mil_findings_free(&found);
    arena_free(memory);
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
