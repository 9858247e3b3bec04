/* keys.h: elements as keys whose order as unsigned numbers is the order that is asked for. NaN
 * comes last in both. */
#ifndef ANET_HOST_KEYS_H
#define ANET_HOST_KEYS_H

#include "base/half.h"

#include <math.h>
#include <stdbool.h>

static inline uint32_t host_float_key(float x, bool ascending) {
    uint32_t u = float_bits(x + 0.0f); /* -0 is 0 */
    uint32_t rising = u & 0x80000000u ? ~u : u | 0x80000000u;
    return isnan(x) ? UINT32_MAX : ascending ? rising : ~rising;
}

static inline uint32_t host_int_key(int32_t x, bool ascending) {
    uint32_t rising = (uint32_t)x ^ 0x80000000u;
    return ascending ? rising : ~rising;
}

/* for qsort of uint64_t */
static inline int host_compare_keys(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

#endif
