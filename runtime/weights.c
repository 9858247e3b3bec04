/* weights.c: memory of the parameters and their first values. */
#include "weights.h"

#include "floats.h"
#include "rng.h"

#include <stdlib.h>

enum { CHUNK = 1 << 16 }; /* elements that share one random stream */

void weights_new(weights *w, const anet_model *m) {
    size_t n = (size_t)m->n_params;
    *w = (weights){
        .model = m, .at = anet_calloc(n, sizeof *w->at), .count = anet_calloc(n, sizeof(size_t))};
    for (size_t i = 0; i < n; i++) {
        w->count[i] = param_elements(&m->params[i]);
        w->at[i] = floats_new(w->count[i]);
    }
}

void weights_free(weights *w) {
    for (int i = 0; w->at && i < w->model->n_params; i++) {
        free(w->at[i]);
    }
    free(w->at);
    free(w->count);
    *w = (weights){0};
}

typedef struct init_job {
    const anet_param *param;
    float *to;
    size_t n;
    uint64_t seed;
} init_job;

static void init_chunk(void *context, size_t chunk) {
    const init_job *job = context;
    const anet_param *p = job->param;
    rng r;
    rng_seed(&r, rng_mix(job->seed, chunk));
    size_t begin = chunk * CHUNK, end = job->n - begin > CHUNK ? begin + CHUNK : job->n;
    for (size_t i = begin; i < end; i++) {
        double x = 0;
        switch (p->init) {
        case ANET_INIT_ZEROS:
            x = 0;
            break;
        case ANET_INIT_ONES:
            x = 1;
            break;
        case ANET_INIT_CONSTANT:
            x = p->a;
            break;
        case ANET_INIT_NORMAL:
            x = p->a * rng_normal(&r);
            break;
        case ANET_INIT_UNIFORM:
            x = p->a + (p->b - p->a) * rng_uniform(&r);
            break;
        }
        job->to[i] = (float)x;
    }
}

void weights_init(weights *w, uint64_t seed, anet_pool *pool) {
    for (int i = 0; i < w->model->n_params; i++) {
        init_job job = {&w->model->params[i], w->at[i], w->count[i], rng_mix(seed, (uint64_t)i)};
        pool_for(pool, (job.n + CHUNK - 1) / CHUNK, init_chunk, &job);
    }
}
