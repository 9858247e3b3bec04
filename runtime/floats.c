#include "floats.h"

#include <math.h>
#include <string.h>

static float from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

float float_from_half(uint16_t bits) {
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, rest = bits & 0x7FFFu;
    if (rest >= 0x7C00) { /* infinity, NaN */
        return from_bits(sign | 0x7F800000u | (rest & 0x3FF) << 13);
    }
    if (rest >= 0x0400) {
        return from_bits(sign | ((rest << 13) + ((127u - 15u) << 23)));
    }
    float tiny = (float)rest * 0x1p-24f; /* subnormal or zero: exact */
    return sign ? -tiny : tiny;
}

float float_from_bfloat(uint16_t bits) {
    return from_bits((uint32_t)bits << 16);
}

size_t floats_first_bad(const float *x, size_t n) {
    size_t i = 0;
    while (i < n && isfinite(x[i])) {
        i++;
    }
    return i;
}

anet_code floats_check(const char *path, const char *what, const float *x, size_t n,
                       anet_error *err) {
    size_t i = floats_first_bad(x, n);
    if (i == n) {
        return ANET_OK;
    }
    return fail(err, ANET_BAD_INPUT, "%s: %s holds %s at element %zu", path, what,
                isnan(x[i]) ? "NaN" : "infinity", i);
}
