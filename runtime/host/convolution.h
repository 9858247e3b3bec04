/* convolution.h: the products that convolutions are, for op_conv*.c. */
#ifndef ANET_HOST_CONVOLUTION_H
#define ANET_HOST_CONVOLUTION_H

#include "host/window.h"

/* One convolution of [images, groups * channels, D..] into [images, groups * rows, D..]. */
typedef struct convolution {
    window window;
    size_t images, groups;
    size_t channels, rows; /* of each group, in and out */
} convolution;

/* [groups * rows, channels, taps..] is the weight, bias has groups * rows numbers or is NULL. */
anet_code host_convolve(const host_call *c, const convolution *v, const float *x,
                        const float *weight, const float *bias, float *out);
/* the same for channels == 1, without products */
anet_code host_convolve_depthwise(const host_call *c, const convolution *v, const float *x,
                                  const float *weight, const float *bias, float *out);

/* How many columns to unfold at a time, so that k rows of them stay in the cache. */
size_t convolution_columns(size_t k, size_t outputs);
/* Into how many blocks of rows each product is cut, so that every thread has one. */
size_t convolution_row_blocks(const host_call *c, size_t items, size_t rows);

#endif
