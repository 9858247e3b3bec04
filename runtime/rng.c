/* rng.c: xoshiro256**, seeded by splitmix64. */
#include "rng.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x) {
    uint64_t z = *x += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void rng_seed(rng *r, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        r->s[i] = splitmix(&seed);
    }
}

static uint64_t rotate(uint64_t x, int k) {
    return x << k | x >> (64 - k);
}

uint64_t rng_next(rng *r) {
    uint64_t *s = r->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double rng_uniform(rng *r) {
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}

/* Box-Muller without keeping the second value, so that four words stay the whole state. */
double rng_normal(rng *r) {
    const double two_pi = 6.283185307179586476925;
    double u = 1 - rng_uniform(r); /* (0, 1] */
    return sqrt(-2 * log(u)) * cos(two_pi * rng_uniform(r));
}

uint64_t rng_below(rng *r, uint64_t bound) {
    uint64_t uneven = (0 - bound) % bound; /* 2^64 mod bound: the values to draw again */
    uint64_t x;
    do {
        x = rng_next(r);
    } while (x < uneven);
    return x % bound;
}

uint64_t rng_mix(uint64_t a, uint64_t b) {
    uint64_t x = a;
    x = splitmix(&x) ^ b;
    return splitmix(&x);
}

/* A Feistel network permutes [0, 4^half); walking on from values outside [0, n) makes that a
 * permutation of [0, n). The domain is less than 4 n, so few steps are needed. */
uint64_t rng_permute(uint64_t key, uint64_t n, uint64_t index) {
    enum { ROUNDS = 4 };
    int half = 1;
    while (half < 32 && (uint64_t)1 << 2 * half < n) {
        half++;
    }
    uint64_t mask = ((uint64_t)1 << half) - 1;
    do {
        uint64_t left = index >> half, right = index & mask;
        for (uint64_t round = 0; round < ROUNDS; round++) {
            uint64_t mixed = left ^ (rng_mix(rng_mix(key, round), right) & mask);
            left = right;
            right = mixed;
        }
        index = left << half | right;
    } while (index >= n);
    return index;
}
