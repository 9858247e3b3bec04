/* compiler.h: what stands in for Apple's compile service. */
#ifndef ANE_SIM_COMPILER_H
#define ANE_SIM_COMPILER_H

#include "descriptor.h"
#include "device.h"
#include "failures.h"

/* Compiles what lies in the folder, and writes net.plist and (with weight files) data there. */
sim_failure sim_compile(const sim_descriptor *d, const char *folder);

/* What net.plist says. The weights are those of data, in the same order, with nothing between. */
typedef struct sim_compiled {
    const char *text;
    size_t size;
    anet_blob *blob;
    int blobs;
} sim_compiled;

/* false: not there, damaged, or of another chip or system */
bool sim_compiled_read(arena *a, const char *folder, sim_compiled *c);

#endif
