/* sha256.h: FIPS 180-4, for the names of compiled models. */
#ifndef ANE_SIM_SHA256_H
#define ANE_SIM_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct sim_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    unsigned char block[64];
} sim_sha256;

void sim_sha256_begin(sim_sha256 *s);
void sim_sha256_add(sim_sha256 *s, const void *data, size_t n);
void sim_sha256_end(sim_sha256 *s, char hex[65]);

#endif
