/* beside.h: programs that lie beside anetc and belong to it. */
#ifndef ANET_BESIDE_H
#define ANET_BESIDE_H

#include "base/status.h"

/* Becomes that program, with these words behind its name. Returns only if it cannot. */
anet_code run_beside(arena *a, const char *name, int argc, char **argv, anet_error *err);

#endif
