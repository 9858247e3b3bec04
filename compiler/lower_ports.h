/* lower_ports.h: inputs and outputs of a kernel, for lower.c and lower_feeds.c. */
#ifndef ANET_LOWER_PORTS_H
#define ANET_LOWER_PORTS_H

#include "mil_writer.h"

typedef VEC(value) values;

typedef struct ports {
    values in, out;
} ports;

typedef struct job { /* one kernel to lower */
    uint32_t kernel;
    const value *node;
    size_t nodes;
    const ports *io;
    int *place; /* of values: from 1, in io->in, or behind them in node; 0 elsewhere */
} job;

/* What each kernel reads from and gives to the outside, in order of first use. */
ports *find_ports(const graph *g);

/* The shape that a value has as an input or output; an activation's may have to differ from the one
 * that it has inside. Returns the rank. */
int port_shape(const lowering *l, value v, int64_t *dim);
/* what a value should be called in MIL; as an input */
const char *base_name(const graph *g, value v);
const char *input_name(const graph *g, value v, bool backward);
port make_port(const lowering *l, value v, const char *name, bool backward);

/* The order of ports by name, in which the engine binds surfaces, too: order[i] is the place of the
 * i-th in `name`. */
void sort_ports(const char **name, int *order, int n);
/* Puts a prefix before each name, so that their alphabetical order is that of their sizes. */
void sort_by_size(const lowering *l, const int64_t *size, const char **name, int n, bool falling,
                  const char *letter);

/* lower_feeds.c: the inputs, as own ports, parts of one, or constants; out->in, feeds, ports. */
void declare_inputs(lowering *l, program *out, const job *j, bool backward);
/* The names of outputs that their sizes decide, before anything else takes them. */
void name_outputs(lowering *l, const ports *io);
void declare_outputs(lowering *l, program *out, const ports *io, bool backward);

#endif
