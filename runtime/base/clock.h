/* clock.h: time for measurements. */
#ifndef ANET_BASE_CLOCK_H
#define ANET_BASE_CLOCK_H

/* of a clock that never goes back; its zero is arbitrary */
double seconds_now(void);

#endif
