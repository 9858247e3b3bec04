/* cpu_steps.c: look-ups, loss and gradients. Work is cut into pieces of fixed size, so that sums
 * do not depend on the number of threads. */
#include "cpu_steps.h"

#include "abi.h"
#include "base/arena.h"
#include "base/simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t pieces_of(size_t n, size_t piece) {
    return (n + piece - 1) / piece;
}

static size_t piece_end(size_t n, size_t piece, size_t i) {
    return n - i * piece > piece ? (i + 1) * piece : n;
}

/* --- embedding --- */

enum { GATHER_TOKENS = 32 };

typedef struct gather_job {
    const float *table;
    const int32_t *ids;
    size_t width, n;
    float *out;
} gather_job;

static void gather_piece(void *context, size_t piece) {
    const gather_job *g = context;
    size_t begin = piece * GATHER_TOKENS, end = piece_end(g->n, GATHER_TOKENS, piece);
    for (size_t c = 0; c < g->width; c++) {
        for (size_t s = begin; s < end; s++) {
            int32_t id = g->ids[s];
            g->out[c * g->n + s] = id == ANET_IGNORE ? 0 : g->table[(size_t)id * g->width + c];
        }
    }
}

void cpu_gather(anet_pool *pool, const float *table, size_t width, const int32_t *ids, size_t n,
                float *out) {
    gather_job job = {table, ids, width, n, out};
    pool_for(pool, pieces_of(n, GATHER_TOKENS), gather_piece, &job);
}

enum { GATHER_CHANNELS = 64 };

size_t cpu_gather_grad_pieces(const cpu_gather_grad_job *job) {
    return pieces_of(job->width, GATHER_CHANNELS);
}

/* a piece is a range of channels, so that no two pieces touch the same element */
void cpu_gather_grad_piece(const cpu_gather_grad_job *g, size_t piece) {
    size_t begin = piece * GATHER_CHANNELS, end = piece_end(g->width, GATHER_CHANNELS, piece);
    for (size_t v = 0; g->fresh && v < g->vocab; v++) {
        memset(g->to + v * g->width + begin, 0, (end - begin) * sizeof(float));
    }
    for (size_t s = 0; s < g->n; s++) {
        if (g->ids[s] == ANET_IGNORE) {
            continue;
        }
        float *row = g->to + (size_t)g->ids[s] * g->width;
        for (size_t c = begin; c < end; c++) {
            row[c] += g->dy[c * g->n + s];
        }
    }
}

/* --- cross entropy --- */

enum { LOSS_ROWS = 128 }; /* with 256 tokens a piece of the logits fits into a core's L2 */

/* e^x within 2 units in the last place, in a form that compilers vectorise: 2^n times a polynomial.
 * x at most 0; below -87 it gives e^-87. NaN stays NaN. Without what vm_exp (host/vmath.h) does for
 * large and subnormal results the sums take half the time. */
ANET_INLINE float exp_negative(float x) {
    x = x < -87.0F ? -87.0F : x;
    const float shift = 12582912.0F; /* 1.5 * 2^23: adding it rounds to an integer */
    float z = x * 1.44269504088896341F + shift, n = z - shift;
    float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    uint32_t bits;
    memcpy(&bits, &z, sizeof bits);
    bits = (bits + 127U) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

typedef struct sum_job {
    const float *logits;
    size_t vocab, n;
    float *largest, *sum; /* [pieces][n] */
} sum_job;

ANET_SIMD static void raise_largest(float *restrict largest, const float *restrict row, size_t n) {
    for (size_t s = 0; s < n; s++) {
        largest[s] = row[s] > largest[s] ? row[s] : largest[s];
    }
}

ANET_SIMD static void add_exp(float *restrict sum, const float *restrict row,
                              const float *restrict largest, size_t n) {
    for (size_t s = 0; s < n; s++) {
        sum[s] += exp_negative(row[s] - largest[s]);
    }
}

static void sum_piece(void *context, size_t piece) {
    const sum_job *job = context;
    size_t n = job->n, end = piece_end(job->vocab, LOSS_ROWS, piece);
    float *largest = job->largest + piece * n, *sum = job->sum + piece * n;
    memcpy(largest, job->logits + piece * LOSS_ROWS * n, n * sizeof(float));
    memset(sum, 0, n * sizeof(float));
    for (size_t v = piece * LOSS_ROWS; v < end; v++) {
        raise_largest(largest, job->logits + v * n, n);
    }
    for (size_t v = piece * LOSS_ROWS; v < end; v++) {
        add_exp(sum, job->logits + v * n, largest, n);
    }
}

void cpu_log_sum_exp(anet_pool *pool, const float *logits, size_t vocab, size_t n,
                     double *log_sum) {
    size_t pieces = pieces_of(vocab, LOSS_ROWS);
    float *scratch = anet_calloc(pieces * n, 2 * sizeof(float));
    sum_job job = {logits, vocab, n, scratch, scratch + pieces * n};
    pool_for(pool, pieces, sum_piece, &job);
    for (size_t s = 0; s < n; s++) {
        float largest = job.largest[s];
        for (size_t i = 1; i < pieces; i++) {
            largest = job.largest[i * n + s] > largest ? job.largest[i * n + s] : largest;
        }
        double sum = 0;
        for (size_t i = 0; i < pieces; i++) {
            sum += job.sum[i * n + s] * exp((double)job.largest[i * n + s] - largest);
        }
        log_sum[s] = largest + log(sum);
    }
    free(scratch);
}

static size_t count_targets(const int32_t *targets, size_t n) {
    size_t count = 0;
    for (size_t s = 0; s < n; s++) {
        count += targets[s] != ANET_IGNORE;
    }
    return count;
}

double cpu_cross_entropy(const float *logits, size_t n, const int32_t *targets,
                         const double *log_sum) {
    size_t count = count_targets(targets, n);
    double loss = 0;
    for (size_t s = 0; s < n; s++) {
        if (targets[s] != ANET_IGNORE) {
            loss += log_sum[s] - logits[(size_t)targets[s] * n + s];
        }
    }
    return count ? loss / (double)count : 0;
}

typedef struct softmax_job {
    const float *logits, *log_sum, *scale; /* [n] each of the last two */
    size_t vocab, n;
    float *out;
} softmax_job;

/* out may be row */
ANET_SIMD static void softmax_row(float *out, const float *row, const float *restrict log_sum,
                                  const float *restrict scale, size_t n) {
    for (size_t s = 0; s < n; s++) {
        out[s] = exp_negative(row[s] - log_sum[s]) * scale[s];
    }
}

static void softmax_piece(void *context, size_t piece) {
    const softmax_job *job = context;
    size_t n = job->n, end = piece_end(job->vocab, LOSS_ROWS, piece);
    for (size_t v = piece * LOSS_ROWS; v < end; v++) {
        softmax_row(job->out + v * n, job->logits + v * n, job->log_sum, job->scale, n);
    }
}

void cpu_cross_entropy_grad(anet_pool *pool, const float *logits, size_t vocab, size_t n,
                            const int32_t *targets, const double *log_sum, float seed, float *out) {
    size_t count = count_targets(targets, n);
    float each = count ? seed / (float)count : 0;
    float *scratch = anet_calloc(n, 2 * sizeof(float)), *scale = scratch + n;
    for (size_t s = 0; s < n; s++) {
        scratch[s] = (float)log_sum[s];
        scale[s] = targets[s] == ANET_IGNORE ? 0 : each;
    }
    softmax_job job = {logits, scratch, scale, vocab, n, out};
    pool_for(pool, pieces_of(vocab, LOSS_ROWS), softmax_piece, &job);
    for (size_t s = 0; s < n; s++) {
        if (targets[s] != ANET_IGNORE) {
            out[(size_t)targets[s] * n + s] -= each;
        }
    }
    free(scratch);
}

/* --- weight gradients --- */

enum { ADD_ELEMENTS = 1 << 16 };

size_t cpu_add_grad_pieces(const cpu_add_grad_job *job) {
    return pieces_of(job->n, ADD_ELEMENTS);
}

void cpu_add_grad_piece(const cpu_add_grad_job *job, size_t piece) {
    size_t begin = piece * ADD_ELEMENTS, end = piece_end(job->n, ADD_ELEMENTS, piece);
    if (job->fresh) {
        memcpy(job->to + begin, job->from + begin, (end - begin) * sizeof(float));
        return;
    }
    for (size_t i = begin; i < end; i++) {
        job->to[i] += job->from[i];
    }
}
