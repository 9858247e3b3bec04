/* slices.h: numpy's x[begin:end:stride] on one axis, as MIL's slice ops say it. */
#ifndef ANET_HOST_SLICES_H
#define ANET_HOST_SLICES_H

#include <stdbool.h>
#include <stdint.h>

/* what is asked for */
typedef struct host_slice {
    int64_t begin, end, stride;
    bool open_begin, open_end; /* as far as it goes: `begin` and `end` do not count */
    bool squeeze;              /* the one element at `begin`, and the axis goes */
} host_slice;

/* what that is on an axis of `dim` elements: x[begin], x[begin + stride] ... */
typedef struct host_range {
    int64_t begin, count, stride;
    bool drop; /* the axis */
} host_range;

host_range host_slice_range(const host_slice *s, int64_t dim);
/* slice_by_size: a size of -1 goes to the end */
host_range host_sized_range(int64_t begin, int64_t size, int64_t dim);
/* not empty, and inside the axis */
bool host_range_fits(const host_range *r, int64_t dim);

#endif
