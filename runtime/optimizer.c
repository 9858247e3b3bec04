/* optimizer.c: AdamW in one pass over chunks of parameters. */
#include "optimizer.h"

#include "base/clock.h"
#include "base/simd.h"
#include "base/vec.h"
#include "floats.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CHUNK = 1 << 15, LANES = 16 };

typedef struct chunk {
    int param;
    size_t begin, end;
} chunk;

struct optimizer {
    const weights *weights;
    anet_pool *pool;
    float **first, **second;
    VEC(chunk) chunks;
    size_t *first_chunk; /* per parameter, and the end */
    double *squares;     /* per chunk */
    _Atomic uint64_t nanoseconds;
};

optimizer *optimizer_new(const weights *w, anet_pool *pool) {
    optimizer *o = anet_calloc(1, sizeof *o);
    int n = w->model->n_params;
    o->weights = w;
    o->pool = pool;
    o->first = anet_calloc((size_t)n, sizeof *o->first);
    o->second = anet_calloc((size_t)n, sizeof *o->second);
    o->first_chunk = anet_calloc((size_t)n + 1, sizeof *o->first_chunk);
    for (int i = 0; i < n; i++) {
        o->first_chunk[i] = o->chunks.len;
        if (!param_is_trained(&w->model->params[i])) {
            continue;
        }
        o->first[i] = floats_new(w->count[i]);
        o->second[i] = floats_new(w->count[i]);
        for (size_t begin = 0; begin < w->count[i]; begin += CHUNK) {
            size_t end = w->count[i] - begin > CHUNK ? begin + CHUNK : w->count[i];
            vec_push(&o->chunks, ((chunk){i, begin, end}));
        }
    }
    o->first_chunk[n] = o->chunks.len;
    o->squares = anet_calloc(o->chunks.len, sizeof *o->squares);
    return o;
}

void optimizer_free(optimizer *o) {
    if (!o) {
        return;
    }
    for (int i = 0; i < o->weights->model->n_params; i++) {
        free(o->first[i]);
        free(o->second[i]);
    }
    free(o->first);
    free(o->second);
    free(o->first_chunk);
    free(o->squares);
    vec_free(&o->chunks);
    free(o);
}

float *optimizer_first_moment(optimizer *o, int param) {
    return o->first[param];
}

float *optimizer_second_moment(optimizer *o, int param) {
    return o->second[param];
}

size_t optimizer_memory(const optimizer *o) {
    size_t bytes = 0;
    for (int i = 0; i < o->weights->model->n_params; i++) {
        bytes += o->first[i] ? 2 * sizeof(float) * o->weights->count[i] : 0;
    }
    return bytes;
}

typedef struct norm_job {
    const optimizer *optimizer;
    float *const *gradients;
} norm_job;

/* lanes of their own, so that the sum can be vectorised and still has one order */
ANET_SIMD static double sum_of_squares(const float *g, size_t n) {
    double lanes[LANES] = {0}, sum = 0;
    size_t k = 0;
    for (; k + LANES <= n; k += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            lanes[j] += (double)g[k + j] * (double)g[k + j];
        }
    }
    for (; k < n; k++) {
        sum += (double)g[k] * (double)g[k];
    }
    for (size_t j = 0; j < LANES; j++) {
        sum += lanes[j];
    }
    return sum;
}

static void norm_chunk(void *context, size_t i) {
    const norm_job *job = context;
    const chunk *c = &job->optimizer->chunks.at[i];
    job->optimizer->squares[i] =
        sum_of_squares(job->gradients[c->param] + c->begin, c->end - c->begin);
}

double optimizer_norm(optimizer *o, float *const *gradients, double unscale) {
    norm_job job = {o, gradients};
    pool_for(o->pool, o->chunks.len, norm_chunk, &job);
    double sum = 0;
    for (size_t i = 0; i < o->chunks.len; i++) {
        sum += o->squares[i];
    }
    return sqrt(sum) * unscale;
}

typedef struct step_factors {
    float unscale, beta1, beta2, eps, step_size, keep, sqrt_correction;
} step_factors;

typedef struct step_job {
    optimizer *optimizer;
    const float *gradient;
    int param;
    step_factors factors;
} step_job;

/* Bias corrections are in step_size and sqrt_correction. Decay goes by `keep`, beside the gradient:
 * that is what makes it AdamW. */
ANET_SIMD static void adamw_update(float *restrict p, float *restrict m, float *restrict v,
                                   const float *restrict g, size_t n, const step_factors *factors,
                                   float keep) {
    const step_factors f = *factors;
    for (size_t k = 0; k < n; k++) {
        float grad = g[k] * f.unscale;
        m[k] = f.beta1 * m[k] + (1 - f.beta1) * grad;
        v[k] = f.beta2 * v[k] + (1 - f.beta2) * grad * grad;
        p[k] = p[k] * keep - f.step_size * m[k] / (sqrtf(v[k]) / f.sqrt_correction + f.eps);
    }
}

static void step_chunk(void *context, size_t i) {
    const step_job *job = context;
    optimizer *o = job->optimizer;
    int p = job->param;
    double start = seconds_now();
    const chunk *c = &o->chunks.at[o->first_chunk[p] + i];
    bool decays = (o->weights->model->params[p].flags & ANET_PARAM_NO_DECAY) == 0;
    adamw_update(o->weights->at[p] + c->begin, o->first[p] + c->begin, o->second[p] + c->begin,
                 job->gradient + c->begin, c->end - c->begin, &job->factors,
                 decays ? job->factors.keep : 1);
    atomic_fetch_add_explicit(&o->nanoseconds, (uint64_t)(1e9 * (seconds_now() - start)),
                              memory_order_relaxed);
}

static step_factors factors_of(const adamw *how, int64_t step, double unscale, double norm) {
    double clip = how->clip > 0 && norm > how->clip ? how->clip / (norm + 1e-6) : 1;
    double correction1 = 1 - pow(how->beta1, (double)step);
    double correction2 = 1 - pow(how->beta2, (double)step);
    return (step_factors){
        .unscale = (float)(unscale * clip),
        .beta1 = (float)how->beta1,
        .beta2 = (float)how->beta2,
        .eps = (float)how->eps,
        .step_size = (float)(how->lr / correction1),
        .keep = (float)(1 - how->lr * how->decay),
        .sqrt_correction = (float)sqrt(correction2),
    };
}

void optimizer_step(optimizer *o, float *const *gradients, const adamw *how, int64_t step,
                    double unscale, double norm, const int *order, int *pending) {
    step_job job = {.optimizer = o, .factors = factors_of(how, step, unscale, norm)};
    for (int i = 0; i < o->weights->model->n_params; i++) {
        int p = order[i];
        job.param = p;
        job.gradient = gradients[p];
        pool_submit(o->pool, gradients[p], o->first_chunk[p + 1] - o->first_chunk[p], step_chunk,
                    &job, sizeof job, &pending[p]);
    }
}

double optimizer_seconds(const optimizer *o) {
    return 1e-9 * (double)atomic_load(&o->nanoseconds);
}

double lr_share(const lr_schedule *s, int64_t step) {
    if (step < s->warmup) {
        return (double)(step + 1) / (double)s->warmup;
    }
    int64_t span = s->total - 1 - s->warmup;
    double at = span > 0 ? (double)(step - s->warmup) / (double)span : 1;
    const double pi = 3.14159265358979323846;
    return s->floor + (1 - s->floor) * 0.5 * (1 + cos(pi * (at > 1 ? 1 : at)));
}

void loss_scale_update(loss_scale *s, bool finite) {
    enum { CLEAN_STEPS = 1000 };
    if (!finite) {
        s->stuck = s->scale > 1 ? 0 : s->stuck + 1;
        s->scale = s->scale > 2 ? s->scale / 2 : 1;
        s->clean = 0;
        s->skipped++;
        return;
    }
    s->stuck = 0;
    if (++s->clean >= CLEAN_STEPS && s->scale < s->initial) {
        s->scale = s->scale * 2 < s->initial ? s->scale * 2 : s->initial;
        s->clean = 0;
    }
}
