/* copy.h: elements between packed floats and the strided halves or floats of surfaces. */
#ifndef ANET_ANE_COPY_H
#define ANET_ANE_COPY_H

#include "ane/layout.h"

/* A tensor in memory: its elements are numbered in packed order. */
typedef struct ane_view {
    unsigned char *base;
    ane_layout layout;
    int64_t stride; /* bytes between the elements of a row */
} ane_view;

ane_view ane_view_of(const ane_layout *l, void *surface);
/* n packed floats; a view that is only read from may be of constant ones */
ane_view ane_view_floats(const float *x, size_t n);

/* All n elements of `from` to a region of `to`. Floats that become halves have to be halves
 * already. What lies between rows stays as it is. pool may be NULL. */
void ane_copy(const ane_view *to, const anet_region *region, const ane_view *from, size_t n,
              anet_pool *pool);

#endif
