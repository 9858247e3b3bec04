/* interrupt.h: SIGINT and SIGTERM as a request to finish the step. The same signal a second time
 * ends the program at once. */
#ifndef ANET_INTERRUPT_H
#define ANET_INTERRUPT_H

#include <stdbool.h>

void interrupt_watch(void);
void interrupt_restore(void); /* back to what signals do by default */
bool interrupt_wanted(void);

#endif
