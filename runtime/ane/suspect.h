/* suspect.h: what our own rules say about a program that Apple's compiler rejected. */
#ifndef ANET_ANE_SUSPECT_H
#define ANET_ANE_SUSPECT_H

#include "device.h"
#include "machine.h"

/* Appends the first finding of error severity, or else the first warning, for this chip, and how to
 * read more: a clause to go behind an error. Returns whether it is an error: a rejection that is no
 * riddle. */
bool ane_suspect(const machine *m, const anet_source *source, text *says);

#endif
