/* lower.h: kernels become MIL programs. */
#ifndef ANET_LOWER_H
#define ANET_LOWER_H

#include "graph.h"
#include "name_map.h"

#include "mil/mil.h"

typedef struct port { /* an input or output of a program */
    const char *name;
    int rank;
    int64_t dim[MAX_RANK];
    const char *role; /* "param", "table", "activation", "tap", "gradient", ... */
} port;

typedef struct program { /* one MIL text, shared by all kernels that lower to it */
    const char *name;    /* "kFwdAttn"; unique */
    anet_place place;
    text mil;
    int n_in, n_out;
    port *in, *out;            /* in order of the MIL function's parameters and results */
    int *in_order, *out_order; /* place of each port in the structural order */
    int operations;            /* MIL operations besides constants */
} program;

typedef struct kernel_use { /* a kernel of the graph: a program and the values at its ports */
    int program;
    value *in, *out;
} kernel_use;

typedef struct lowered {
    program *programs;
    int n_programs;
    kernel_use *uses; /* by kernel number; [0] unused */
    name_map names;   /* of programs */
} lowered;

/* Post: MIL text of every kernel; kernels that compute the same of their ports share one program,
 * whatever their values are called. */
lowered *lower(graph *g);
void lowered_free(lowered *l);
/* Reads every program's text back and checks it: what --verify-each asks of lowering. */
anet_code lowered_check(const lowered *l, anet_error *err);

/* The shape that a value has at a kernel's border: [1, C, 1, S] and its kin. Returns the rank. */
int border_shape(const graph *g, value v, int64_t *dim);

/* --- for mil_writer.c and lower_ops.c --- */

typedef struct lowering {
    graph *g;
    mil_program *p;
    mil_func *f;
    const char **name;  /* MIL name of each value in this kernel, or NULL */
    name_map names;     /* the MIL names that are taken */
    name_map constants; /* each constant and each reshape is written once: their names */
    int operations;
} lowering;

/* A fresh MIL name like `wanted`. */
const char *fresh_name(lowering *l, const char *wanted);
void lower_node(lowering *l, value v);

#endif
