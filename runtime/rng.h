/* rng.h: random numbers that are the same on every machine for the same seed (xoshiro256**). The
 * four words are the whole state: save them and set them to continue a stream. */
#ifndef ANET_RNG_H
#define ANET_RNG_H

#include <stdint.h>

typedef struct rng {
    uint64_t s[4];
} rng;

void rng_seed(rng *r, uint64_t seed);
uint64_t rng_next(rng *r);
double rng_uniform(rng *r);                 /* [0, 1), 53 bits */
double rng_normal(rng *r);                  /* mean 0, standard deviation 1 */
uint64_t rng_below(rng *r, uint64_t bound); /* [0, bound), unbiased; bound > 0 */

/* mixes two words into one that depends on every bit of both: seeds for parts of a run */
uint64_t rng_mix(uint64_t a, uint64_t b);

/* Where `index` goes in a permutation of [0, n) chosen by `key`; index < n. Needs no memory. */
uint64_t rng_permute(uint64_t key, uint64_t n, uint64_t index);

#endif
