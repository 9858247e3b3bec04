/* trial.h: does this machine heed the weights of a patched program? Some keep the old ones without
 * a word (MX reports it of M5, ane-facts section 1.2). */
#ifndef ANET_ANE_TRIAL_H
#define ANET_ANE_TRIAL_H

#include "ane/engine.h"

/* Compiles a tiny program, patches it, and compares what it computes; ANET_OK if that is right
 * before and after. Costs a compile, unless the cache has the program. */
anet_code ane_trial(ane_engine *e, anet_error *why);

#endif
