/* grid.h: where images are sampled when they are resized. */
#ifndef ANET_HOST_GRID_H
#define ANET_HOST_GRID_H

#include "host/planner.h"

typedef enum sampling {
    SAMPLE_DEFAULT,
    SAMPLE_STRICT_ALIGN,
    SAMPLE_ALIGN,
    SAMPLE_OFFSET,
    SAMPLE_UNALIGN
} sampling;

/* the argument `sampling_mode` */
anet_code host_read_sampling(planner *p, const mil_op *op, sampling *s);

/* Point i of n on the interval [0, last] of pixel centres; within it if last >= 0. */
double host_grid_point(sampling s, size_t i, size_t n, double last);

/* The two pixels around a point, and how far the point is on its way to the second. */
typedef struct host_tap {
    size_t low, high;
    float part;
} host_tap;
/* `at` lies in [0, length - 1] */
host_tap host_tap_at(double at, size_t length);

static inline float host_mix(float a, float b, float part) {
    return part == 0.0f ? a : a * (1.0f - part) + b * part;
}

#endif
