/* chip.c: see chip.h. Facts: ane-facts section 4 (OR3, OR4, OR13, MX47, PR35), section 6.1. */
#include "chip.h"

#include "objects.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 16384, ORION = 49152 };

/* M2 has the engine of the A14, whose sums nobody measured: it counts as its elder here. */
static const sim_chip chips[] = {
    {"m1", "h13", ANET_NUMERICS_ANE_M1, BY_SIZE, PAGE, 1},
    {"m2", "h14", ANET_NUMERICS_ANE_M1, BY_NAME, PAGE, 1},
    {"m3", "h15g", ANET_NUMERICS_ANE_M4, BY_NAME, PAGE, 1},
    {"m4", "h16g", ANET_NUMERICS_ANE_M4, BY_NAME, ORION, 1},
    {"m5", "h17", ANET_NUMERICS_ANE_M5, BY_NAME, PAGE, 128},
    {"m6", "h18g", ANET_NUMERICS_ANE_M6, BY_NAME, PAGE, 128},
};

const sim_chip *sim_chip_now(void) {
    const char *name = getenv("ANE_SIM_CHIP");
    name = name ? name : "m4";
    for (size_t i = 0; i < sizeof chips / sizeof *chips; i++) {
        if (strcmp(chips[i].name, name) == 0) {
            return &chips[i];
        }
    }
    sim_fatal("ANE_SIM_CHIP=%s: the chips are m1 to m6", name);
}

const mil_target *sim_chip_target(void) {
    return mil_find_target(sim_chip_now()->name);
}

const char *sim_os_build(void) {
    const char *build = getenv("ANE_SIM_BUILD");
    return build ? build : "25B78";
}
