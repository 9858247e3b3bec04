/* optimizer.h: AdamW with decoupled decay, clipping by the global norm, the learning rate's
 * schedule and the loss scale. Sums are taken over fixed chunks in order: the same for any number
 * of threads. */
#ifndef ANET_OPTIMIZER_H
#define ANET_OPTIMIZER_H

#include "weights.h"

typedef struct adamw {
    double lr, beta1, beta2, eps, decay; /* parameters flagged NO_DECAY are not decayed */
    double clip;                         /* largest norm of all gradients together; 0: any */
} adamw;

typedef struct optimizer optimizer;

/* Moments, zero at first, for every parameter that is trained. Everything is borrowed. */
optimizer *optimizer_new(const weights *w, anet_pool *pool);
void optimizer_free(optimizer *o); /* NULL is fine */

/* NULL for a frozen parameter */
float *optimizer_first_moment(optimizer *o, int param);
float *optimizer_second_moment(optimizer *o, int param);
size_t optimizer_memory(const optimizer *o); /* bytes */

/* Norm of all gradients (one array per parameter) times `unscale`; not finite if one of them is
 * not. */
double optimizer_norm(optimizer *o, float *const *gradients, double unscale);

/* Step number `step` (from 1) with the gradients times `unscale`; `norm` is what optimizer_norm
 * gave. Runs in the background, a job for each trained parameter in this order of all: while
 * pending[i] is not 0, parameter i changes and its gradient is read (pool_wait). Jobs that are
 * submitted with the gradient's memory as their key come after it. */
void optimizer_step(optimizer *o, float *const *gradients, const adamw *how, int64_t step,
                    double unscale, double norm, const int *order, int *pending);
double optimizer_seconds(const optimizer *o); /* of these jobs, on all threads together */

/* Linear warm-up, then a cosine from 1 down to `floor` at the last step. */
typedef struct lr_schedule {
    int64_t warmup, total; /* steps */
    double floor;
} lr_schedule;
double lr_share(const lr_schedule *s, int64_t step); /* of the peak rate; step from 0 */

/* The loss is multiplied by `scale` so that small gradients survive in half precision. A step whose
 * gradients are not finite is skipped and halves the scale; a long run of clean steps doubles it.
 */
typedef struct loss_scale {
    double scale, initial;
    int64_t clean;   /* steps in a row since the scale last changed */
    int64_t stuck;   /* skipped in a row at scale 1 */
    int64_t skipped; /* in all */
} loss_scale;
void loss_scale_update(loss_scale *s, bool finite);

#endif
