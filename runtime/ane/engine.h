/* engine.h: what the parts of the ane device share: Apple's libraries, the machine, the settings,
 * and what is to be told. */
#ifndef ANET_ANE_ENGINE_H
#define ANET_ANE_ENGINE_H

#include "ane/cache.h"
#include "ane/surface.h"
#include "machine.h"

typedef struct ane_engine {
    ane_api api;
    ane_memory memory;
    machine machine;
    bool measured; /* the machine's properties are from a report about it */
    ane_cache cache;
    int64_t budget;     /* compiles of this process */
    anet_update update; /* AUTO until the trial has decided */
    bool may_recompile; /* should patching fail */
    bool impatient;     /* a rejection is final: no second compile after a pause */
    bool guesses;       /* models do not report their ports; that was told */
    bool cache_told;    /* that nothing is kept */
    anet_device_stats stats;
    void (*notice)(void *context, const char *sentence); /* or NULL */
    void *notice_context;
} ane_engine;

/* One sentence that the user should know although nothing failed. */
void ane_tell(const ane_engine *e, const char *fmt, ...) ANET_PRINTF(2, 3);

#endif
