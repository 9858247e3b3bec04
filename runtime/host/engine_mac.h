/* engine_mac.h: sums of products as the engine makes them. */
#ifndef ANET_HOST_ENGINE_MAC_H
#define ANET_HOST_ENGINE_MAC_H

#include "host/gemm.h"

/* A block of a product, on the calling thread, by g->mac, which is not MAC_FLOAT. */
void engine_multiply(const gemm *g);

#endif
