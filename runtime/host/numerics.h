/* numerics.h: what the arithmetic of each numerics mode is, where the kernels ask for it. */
#ifndef ANET_HOST_NUMERICS_H
#define ANET_HOST_NUMERICS_H

#include "device.h"
#include "host/tally.h"

/* how a result is stored */
typedef enum host_rounding {
    ROUND_NONE,        /* fp32 */
    ROUND_HALF,        /* the nearest half, ties to even; NaN and infinity as in IEEE 754 */
    ROUND_ENGINE_EVEN, /* as M1 stores it: ties to even, never NaN */
    ROUND_ENGINE_AWAY  /* as M4 and later store it: ties away from zero, never NaN */
} host_rounding;

/* how a sum of products is made, see engine_mac.c */
typedef enum host_mac {
    MAC_FLOAT, /* by the BLAS */
    MAC_WIDE,  /* M1: tiles of four products, then a wide sum that breaks at 2^15 */
    MAC_FIXED  /* M4 and later: 32 bits of fixed point, 16 of them behind the point */
} host_mac;

/* which tables functions are looked up in, see engine_tables.c */
typedef enum host_tables { TABLES_NONE, TABLES_M1, TABLES_M4 } host_tables;

typedef struct host_numerics {
    const char *name; /* "ane-m4", as on command lines */
    host_rounding round;
    host_mac mac;
    host_tables tables;
    bool slice_hazard;
} host_numerics;

const host_numerics *host_numerics_of(anet_numerics mode);
/* what the engine of an architecture ("h16g") computes like; that of M4 if it is not known */
anet_numerics host_numerics_of_engine(const char *architecture);
/* the names of all modes, indexed by mode */
extern const char *const host_numerics_names[ANET_NUMERICS_MODES];

/* How the engine stores what it computed: what IEEE 754 calls NaN becomes +0. */
float host_round(host_rounding how, float x);
/* How it takes what comes from outside: NaN becomes +infinity. */
float host_accept(host_rounding how, float x);

/* The same for n elements (`to` may be `from`); nothing happens for ROUND_NONE. pool and tally may
 * be NULL. */
void host_round_all(host_rounding how, float *to, const float *from, size_t n, anet_pool *pool,
                    host_tally *tally);
void host_accept_all(host_rounding how, float *to, const float *from, size_t n, anet_pool *pool,
                     host_tally *tally);
/* on the calling thread */
void host_round_strip(host_rounding how, float *to, const float *from, size_t n);

#endif
