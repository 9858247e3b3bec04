/* request.h: _ANERequest and _ANEIOSurfaceObject. */
#ifndef ANE_SIM_REQUEST_H
#define ANE_SIM_REQUEST_H

#include "foundation.h"
#include "program.h"

typedef struct sim_request {
    sim_object head;
    const void *inputs, *input_indices, *outputs, *output_indices; /* NSArray */
    int64_t procedure;
} sim_request;

extern const sim_class sim_request_class, sim_io_surface;

/* Puts the surfaces of a list where its indices say: one for each of n slots, each once. */
bool sim_bind(const void *objects, const void *indices, int n, sim_bound *to);

#endif
