/* chip.h: the machine that is stood in for: ANE_SIM_CHIP, m4 by default. */
#ifndef ANE_SIM_CHIP_H
#define ANE_SIM_CHIP_H

#include "device.h"
#include "mil/target.h"

typedef enum sim_order { /* of the slots for surfaces */
                         BY_NAME,
                         BY_SIZE /* inputs ascend, outputs descend (MX#47); then by name */
} sim_order;

typedef struct sim_chip {
    const char *name, *architecture; /* "m4", "h16g" */
    anet_numerics numerics;
    sim_order order;
    long smallest; /* bytes of a surface */
    long multiple; /* of bytes, of a surface */
} sim_chip;

const sim_chip *sim_chip_now(void);
const mil_target *sim_chip_target(void);
const char *sim_os_build(void); /* ANE_SIM_BUILD: a program compiled on another does not load */

#endif
