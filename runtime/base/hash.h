/* hash.h: FNV-1a, for tables in memory of names and the like. */
#ifndef ANET_BASE_HASH_H
#define ANET_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 14695981039346656037u

/* h, to begin with HASH_START, with n more bytes in it */
static inline uint64_t hash_add(uint64_t h, const void *data, size_t n) {
    const unsigned char *p = data;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ p[i]) * 1099511628211u;
    }
    return h;
}

static inline size_t hash_bytes(const void *data, size_t n) {
    uint64_t h = hash_add(HASH_START, data, n);
    return (size_t)(h ^ h >> 32);
}

#endif
