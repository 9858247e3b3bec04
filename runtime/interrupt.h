/* interrupt.h: SIGINT, SIGTERM, the end of the terminal (unless that is ignored, as by nohup) and
 * that of whoever reads the progress, as a request to finish the step. SIGINT and SIGTERM a second
 * time end the program at once. */
#ifndef ANET_INTERRUPT_H
#define ANET_INTERRUPT_H

#include <stdbool.h>

void interrupt_watch(void);
void interrupt_restore(void); /* back to what SIGINT and SIGTERM do by default */
bool interrupt_wanted(void);

#endif
