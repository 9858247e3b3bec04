/* tally.h: counts of what a numerics mode did to the results of one op. Reports are off unless
 * asked for: then no tally exists, and pointers to it are NULL. */
#ifndef ANET_HOST_TALLY_H
#define ANET_HOST_TALLY_H

#include <stdbool.h>
#include <stdint.h>

typedef enum tally_event {
#define EVENT(ID, header, at_once, meaning) TALLY_##ID,
#include "host/tally.def"
    TALLY_EVENTS
} tally_event;

typedef struct host_tally host_tally;

/* Any thread may call these; tally NULL and n 0 do nothing. */
void host_tally_add(host_tally *t, tally_event event, uint64_t n);
/* products other than 0, of which TALLY_DROPPED is a share */
void host_tally_products(host_tally *t, uint64_t n);

#endif
