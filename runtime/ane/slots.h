/* slots.h: the places of a request: which port is in which, and how large surfaces have to be. */
#ifndef ANET_ANE_SLOTS_H
#define ANET_ANE_SLOTS_H

#include "ane/ports.h"
#include "machine.h"

int ane_slots_count(const ane_port *port, int ports);

/* Fills in slot and layout of the ports that are read as was observed on such machines: what to do
 * when the loaded model does not report its own. */
anet_code ane_slots_guess(const machine *m, ane_ports *ports, anet_error *err);

/* Enlarges the surfaces of bound ports to what the machine demands of those of one request. */
void ane_slots_fit_sizes(const machine *m, ane_ports *ports);

#endif
