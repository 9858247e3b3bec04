/* ports.h: inputs and outputs of a program, from its text. */
#ifndef ANET_ANE_PORTS_H
#define ANET_ANE_PORTS_H

#include "ane/layout.h"
#include "mil/mil.h"

typedef struct ane_port {
    ane_layout layout;
    int slot;  /* index in requests; -1: the engine has none for it, as nothing reads it */
    bool read; /* an op or the caller does */
} ane_port;

typedef struct ane_ports {
    int inputs, outputs;
    anet_port *input, *output; /* in the order of the text */
    ane_port *in, *out;        /* the same, as the engine has them */
} ane_ports;

/* Reads and checks the text. Ports are fp16 or fp32 of static shape; all memory is the arena's. */
anet_code ane_ports_read(arena *a, const anet_source *source, ane_ports *ports, anet_error *err);

#endif
