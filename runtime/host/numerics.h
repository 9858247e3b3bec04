/* numerics.h: what the arithmetic of each numerics mode is, where the kernels ask for it. */
#ifndef ANET_HOST_NUMERICS_H
#define ANET_HOST_NUMERICS_H

#include "device.h"

/* how a result is stored */
typedef enum host_rounding {
    ROUND_NONE,        /* fp32 */
    ROUND_HALF,        /* the nearest half, ties to even; NaN and infinity as in IEEE 754 */
    ROUND_ENGINE_EVEN, /* as M1 stores it: ties to even, never NaN */
    ROUND_ENGINE_AWAY  /* as M4 and later store it: ties away from zero, never NaN */
} host_rounding;

/* stores n results (`to` may be `from`); nothing happens for ROUND_NONE. pool may be NULL. */
void host_round_all(host_rounding how, float *to, const float *from, size_t n, anet_pool *pool);

#endif
