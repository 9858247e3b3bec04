/* copy.h: packed floats to the strided halves or floats of a surface, and back. */
#ifndef ANET_ANE_COPY_H
#define ANET_ANE_COPY_H

#include "ane/layout.h"
#include "host/numerics.h"

/* Into the surface, rounded as the engine takes what comes from outside (host_accept); what lies
 * between the rows stays as it is. pool may be NULL. */
void ane_pack(const ane_layout *l, host_rounding how, void *surface, const float *packed,
              anet_pool *pool);
void ane_unpack(const ane_layout *l, float *packed, const void *surface, anet_pool *pool);

#endif
