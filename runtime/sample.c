/* sample.c: greedy, softmax with a temperature, nucleus. */
#include "sample.h"

#include "base/arena.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct candidate {
    double weight; /* probability, not yet divided by the sum */
    size_t token;
} candidate;

/* the first of the largest logits; n if one of them is NaN or the largest is not finite */
static size_t largest(const float *logits, size_t stride, size_t n) {
    size_t best = 0;
    for (size_t i = 0; i < n; i++) {
        float x = logits[i * stride];
        if (isnan(x)) {
            return n;
        }
        best = x > logits[best * stride] ? i : best;
    }
    return n && isfinite(logits[best * stride]) ? best : n;
}

static int likelier_first(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }
    return x->token < y->token ? -1 : x->token > y->token;
}

/* Keeps the fewest likeliest candidates that together exceed top_p of the sum; returns how many. */
static size_t keep_top(candidate *c, size_t n, double sum, double top_p) {
    /* Fewer than n below the cutoff cannot reach the missing share, so these are never needed. The
     * likeliest, whose weight is 1, always is. */
    double cutoff = n > 1 ? fmin((1 - top_p) * sum / (double)(n - 1), 1) : 0;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (c[i].weight >= cutoff) {
            c[kept++] = c[i];
        }
    }
    qsort(c, kept, sizeof *c, likelier_first);
    double total = 0;
    for (size_t i = 0; i < kept; i++) {
        total += c[i].weight;
        if (total > top_p * sum) {
            return i + 1;
        }
    }
    return kept;
}

static size_t draw(const candidate *c, size_t n, double coin) {
    double sum = 0, reached = 0;
    for (size_t i = 0; i < n; i++) {
        sum += c[i].weight;
    }
    for (size_t i = 0; i < n; i++) {
        reached += c[i].weight;
        if (coin * sum < reached) {
            return c[i].token;
        }
    }
    return c[n - 1].token;
}

int32_t sample_token(const float *logits, size_t stride, size_t n, const sample_options *options,
                     rng *r) {
    size_t best = largest(logits, stride, n);
    if (best == n) {
        return -1;
    }
    if (!(options->temperature > 0)) {
        return (int32_t)best;
    }
    candidate *c = anet_calloc(n, sizeof *c);
    double sum = 0, top = (double)logits[best * stride];
    for (size_t i = 0; i < n; i++) {
        double weight = exp(((double)logits[i * stride] - top) / options->temperature);
        c[i] = (candidate){weight, i};
        sum += weight;
    }
    bool nucleus = options->top_p > 0 && options->top_p < 1;
    size_t kept = nucleus ? keep_top(c, n, sum, options->top_p) : n;
    size_t token = draw(c, kept, rng_uniform(r));
    free(c);
    return (int32_t)token;
}
