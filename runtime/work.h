/* work.h: how many floating-point operations a schedule takes: 2 per multiplication of its matrix
 * products and convolutions, forward, backward and weight gradients; everything else is not
 * counted. */
#ifndef ANET_WORK_H
#define ANET_WORK_H

#include "model.h"

/* of one call */
anet_code kernel_work(const anet_kernel *kernel, double *operations, anet_error *err);
/* of one sequence: steps [begin, end) */
anet_code model_work(const anet_model *m, int begin, int end, double *operations, anet_error *err);

#endif
