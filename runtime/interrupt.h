/* interrupt.h: SIGINT, SIGTERM, the end of the terminal (unless that is ignored, as by nohup) and
 * that of whoever reads what is printed, as a request to finish the step. SIGINT and SIGTERM a
 * second time end the program at once.
 *
 * A program that dies leaves its programs' folders on the ane device behind. So every command that
 * opens a device is watched from its start to its end, and asks before each kernel that it compiles
 * and each sequence that it runs. */
#ifndef ANET_INTERRUPT_H
#define ANET_INTERRUPT_H

#include "base/status.h"

#include <stdbool.h>

void interrupt_watch(void);
void interrupt_restore(void); /* back to what these do by default, but for SIGPIPE */
bool interrupt_wanted(void);
/* The same as an error: ANET_INTERRUPTED, for what has nothing to save. */
anet_code interrupt_check(anet_error *err);

#endif
