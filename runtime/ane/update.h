/* update.h: how programs get other weights: anet_update made into deeds. */
#ifndef ANET_ANE_UPDATE_H
#define ANET_ANE_UPDATE_H

#include "ane/program.h"

/* Gives the program other weights. The first one with AUTO tries out whether patching works here.
 * On failure the program is as before. */
anet_code ane_update(anet_program *p, const anet_source *source, anet_error *err);
int64_t ane_updates_left(ane_engine *e); /* INT64_MAX while patching works */

#endif
