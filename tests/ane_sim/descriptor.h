/* descriptor.h: _ANEInMemoryModelDescriptor. */
#ifndef ANE_SIM_DESCRIPTOR_H
#define ANE_SIM_DESCRIPTOR_H

#include "foundation.h"

typedef struct sim_weight {
    const char *path; /* "@model_path/weights/x.bin" */
    const void *data;
    size_t size;
} sim_weight;

typedef struct sim_descriptor {
    sim_object head;
    const void *text, *weights, *options; /* NSData, NSDictionary, NSData or nil */
    sim_weight *weight;                   /* by path */
    size_t n_weights;
    char identifier[3 * 65];
} sim_descriptor;

extern const sim_class sim_descriptor_class;

#endif
