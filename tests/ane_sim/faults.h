/* faults.h: failures on demand, from the environment variable ANE_SIM_FAULT. */
#ifndef ANE_SIM_FAULTS_H
#define ANE_SIM_FAULTS_H

#include "failures.h"

typedef enum sim_fault {
#define FAULT(id, name, argument) FAULT_##id,
#include "faults.def"
    FAULTS
} sim_fault;

/* Counts one more occasion for the fault; true if it is to happen now. */
bool sim_fault_now(sim_fault fault);
/* The failure to answer with: the one that ANE_SIM_FAULT names, or else `usual`. */
sim_failure sim_fault_failure(sim_fault fault, sim_failure usual);
long sim_fault_ms(sim_fault fault);          /* 0 without one */
const char *sim_fault_word(sim_fault fault); /* "" without one */

#endif
