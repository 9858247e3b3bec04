#include "floats.h"

#include <math.h>

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
