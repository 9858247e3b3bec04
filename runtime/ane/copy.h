/* copy.h: packed floats to the strided halves or floats of a surface, and back. */
#ifndef ANET_ANE_COPY_H
#define ANET_ANE_COPY_H

#include "ane/layout.h"

/* Into the surface; values for halves are halves already. What lies between the rows stays as it
 * is. pool may be NULL. */
void ane_pack(const ane_layout *l, void *surface, const float *packed, anet_pool *pool);
void ane_unpack(const ane_layout *l, float *packed, const void *surface, anet_pool *pool);

#endif
