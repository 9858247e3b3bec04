/* floats.c: alignment is that of a cache line and of the widest vectors. */
#include "floats.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

float *floats_try_new(size_t n) {
    void *p = NULL;
    if (n > SIZE_MAX / sizeof(float) || posix_memalign(&p, 64, (n ? n : 1) * sizeof(float))) {
        return NULL;
    }
    return p;
}

float *floats_new(size_t n) {
    float *p = floats_try_new(n);
    if (!p) {
        anet_out_of_memory();
    }
    return memset(p, 0, n * sizeof *p);
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
    return anet_fail(err, ANET_BAD_INPUT, "%s: %s holds %s at element %zu", path, what,
                     isnan(x[i]) ? "NaN" : "infinity", i);
}
