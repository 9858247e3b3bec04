/* floats.h: arrays of floats: memory for them, and the search for values that are no numbers. */
#ifndef ANET_FLOATS_H
#define ANET_FLOATS_H

#include "base/status.h"

#include <stddef.h>

/* n floats, 64-byte aligned, for free(): zeroed ones, or the program ends when there is no memory
 */
float *floats_new(size_t n);
/* the same, not zeroed; NULL when there is no memory */
float *floats_try_new(size_t n);

/* index of the first NaN or infinity, or n */
size_t floats_first_bad(const float *x, size_t n);

/* ANET_BAD_INPUT "path: what holds NaN at element 17", e.g. what = "tensor net.norm.weight" */
anet_code floats_check(const char *path, const char *what, const float *x, size_t n,
                       anet_error *err);

#endif
