/* sample.h: picks the next token from logits. */
#ifndef ANET_SAMPLE_H
#define ANET_SAMPLE_H

#include "rng.h"

#include <stddef.h>
#include <stdint.h>

typedef struct sample_options {
    double temperature; /* 0 (or less): the first of the largest logits, no randomness */
    double top_p;       /* in (0, 1): from the fewest tokens that together exceed it; else off */
} sample_options;

/* logits[i * stride], i in [0, n). Returns the token, or -1 if a logit is NaN or the largest is not
 * finite. Draws from `r` once unless the temperature is 0. */
int32_t sample_token(const float *logits, size_t stride, size_t n, const sample_options *options,
                     rng *r);

#endif
