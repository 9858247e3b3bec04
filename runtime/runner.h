/* runner.h: executes the steps of a model on a device, one sequence at a time.
 *
 *     runner_open(&config, &r, &err);
 *     runner_forward(r, ids, targets, &loss, &err);
 *     runner_backward(r, scale, &err);     adds to the gradients, partly in the background
 *     runner_finish(r);                    now the gradients are complete
 *
 * Weight gradients run in the background beside the device's kernels. They are added up in the
 * order of the schedule, so the sums are bit-identical from run to run for one thread count. */
#ifndef ANET_RUNNER_H
#define ANET_RUNNER_H

#include "device.h"
#include "weights.h"

typedef struct runner runner;

typedef struct runner_config {
    const anet_device_ops *ops;
    anet_device_config device; /* its pool is that of the CPU steps, too */
    bool backward;             /* will runner_backward be called */
    const weights *weights;    /* borrowed */
} runner_config;

anet_code runner_open(const runner_config *config, runner **r, anet_error *err);
void runner_close(runner *r); /* NULL is fine */

/* The trained parameters' memory has new content, or is getting it from jobs in the background that
 * count in runner_updating: they are waited for when a step needs the parameter. */
void runner_weights_changed(runner *r);
int *runner_updating(runner *r); /* per parameter, for pool_submit */
/* Is there something that can go on beside its evaluations? If not, what runs there is in the way.
 */
bool runner_computes_apart(const runner *r);
const int *runner_param_order(const runner *r); /* all parameters, the first needed first */

/* ids and targets hold the lengths of the model's input and target. Without targets (NULL) no loss
 * is computed, only what leads to the logits; loss may be NULL then. */
anet_code runner_forward(runner *r, const int32_t *ids, const int32_t *targets, double *loss,
                         anet_error *err);
/* [vocab, sequence], after runner_forward, until the next call */
const float *runner_logits(runner *r);

/* For the sequence of the last runner_forward. The loss's gradient is `scale`. */
anet_code runner_backward(runner *r, double scale, anet_error *err);
void runner_finish(runner *r);

/* Per parameter; NULL for frozen ones. Valid after runner_finish. */
float *const *runner_gradients(const runner *r);
/* The next runner_backward overwrites the gradients instead of adding to them. */
void runner_restart_gradients(runner *r);

/* --- what it takes --- */
typedef struct runner_times {
    double *steps;     /* seconds the caller spent per step of the schedule, all runs together,
                          without what is counted below */
    double background; /* seconds of weight gradients on all threads together */
    double waiting;    /* seconds the caller waited for (or helped with) the background */
    double updating;   /* seconds the caller brought changed parameters to the device */
} runner_times;

const runner_times *runner_clock(runner *r);
/* of the device, without the CPU's own kernels */
const anet_device_stats *runner_stats(const runner *r);
const char *runner_architecture(const runner *r);   /* see device.h */
bool runner_uses_device(const runner *r, int step); /* to evaluate that step's kernel */
size_t runner_memory(const runner *r);              /* bytes of the devices */
size_t runner_gradient_memory(const runner *r);

#endif
