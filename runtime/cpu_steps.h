/* cpu_steps.h: the steps of a schedule that the CPU does in fp32, beside the device.
 *
 * Matrices are packed row-major. Activations are [channels, tokens]. The way work is cut depends on
 * the shapes alone, so results are the same for any number of threads. */
#ifndef ANET_CPU_STEPS_H
#define ANET_CPU_STEPS_H

#include "pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* out[c][s] = table[ids[s]][c]; table is [vocab, width], out [width, n]. Here and in its gradient
 * the ids may be targets: ANET_IGNORE stands for a row of zeros. */
void cpu_gather(anet_pool *pool, const float *table, size_t width, const int32_t *ids, size_t n,
                float *out);

/* Column log-sum-exps of logits [vocab, n] into log_sum[n]. NaN if a logit is NaN or +infinity. */
void cpu_log_sum_exp(anet_pool *pool, const float *logits, size_t vocab, size_t n, double *log_sum);

/* Mean over the targets that are not ANET_IGNORE of log_sum - logit of the target; 0 if all are. */
double cpu_cross_entropy(const float *logits, size_t n, const int32_t *targets,
                         const double *log_sum);

/* out = (softmax(logits) - onehot(targets)) * seed / number of targets that count; the columns of
 * ignored targets are 0. out may be logits. */
void cpu_cross_entropy_grad(anet_pool *pool, const float *logits, size_t vocab, size_t n,
                            const int32_t *targets, const double *log_sum, float seed, float *out);

/* --- gradients: jobs in pieces, for pool_submit ---
 * Each adds to `to`, or overwrites it where `fresh`. (Those that are products are gemm_piece.) */
typedef struct cpu_gather_grad_job {
    float *to; /* [vocab, width] */
    size_t vocab, width, n;
    const int32_t *ids;
    const float *dy; /* [width, n] */
    bool fresh;
} cpu_gather_grad_job;

typedef struct cpu_add_grad_job {
    float *to;
    const float *from;
    size_t n;
    bool fresh;
} cpu_add_grad_job;

size_t cpu_gather_grad_pieces(const cpu_gather_grad_job *job);
void cpu_gather_grad_piece(const cpu_gather_grad_job *job, size_t piece);
size_t cpu_add_grad_pieces(const cpu_add_grad_job *job);
void cpu_add_grad_piece(const cpu_add_grad_job *job, size_t piece);

#endif
