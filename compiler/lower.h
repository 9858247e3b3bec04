/* lower.h: kernels become MIL programs. */
#ifndef ANET_LOWER_H
#define ANET_LOWER_H

#include "graph.h"
#include "name_map.h"
#include "target.h"

#include "abi.h"
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
    int n_in, n_out;           /* arguments of its steps */
    port *in, *out;            /* by name; results are those of the MIL function */
    int *in_order, *out_order; /* place of each in the structural order */
    anet_feed *feed;           /* how each input gets into the function */
    int n_ports;
    port *ports;      /* parameters of the function */
    int operations;   /* MIL operations besides constants */
    loc at;           /* of the first thing that it computes */
    name_map origins; /* the value that each MIL name was written for */
} program;

/* 0 if the name is none of the program's */
value program_origin(const program *p, const char *name);

typedef struct kernel_use { /* a kernel of the graph: a program and the values at its ports */
    int program;
    value *in, *out;
} kernel_use;

typedef struct lowered {
    program *programs;
    int n_programs;
    kernel_use *uses; /* by kernel number; [0] unused */
    name_map names;   /* of programs */
    legal_form form;
} lowered;

/* Post: MIL text of every kernel; kernels that compute the same of their ports share one program,
 * whatever their values are called. */
lowered *lower(graph *g, const legal_form *form);
void lowered_free(lowered *l);
/* Does every input have a port of its own, as it is? */
bool program_is_plain(const program *p);
/* Reads every program's text back and checks it: what --verify-each asks of lowering. */
anet_code lowered_check(const lowered *l, anet_error *err);
/* What the rules of the engine say about the kernels, at the places of the model (target_check.c):
 * errors, and the first warning of each rule. */
void lowered_check_targets(const lowered *l, const graph *g, const target_list *t, diags *messages);

/* The shape that a value has in a kernel: [1, C, 1, S] and its kin. Returns the rank. */
int border_shape(const graph *g, value v, int64_t *dim);

/* --- for mil_writer.c and lower_ops.c --- */

typedef struct padded { /* a matrix with zeros behind its elements along one axis */
    const char *name;   /* in MIL; NULL: there is none */
    int axis;
    int64_t dim[2];
} padded;

typedef struct lowering {
    graph *g;
    const legal_form *form;
    mil_program *p;
    mil_func *f;
    value now;          /* what is being lowered */
    const char **name;  /* MIL name of each value in this kernel, or NULL */
    padded *padded;     /* of each value: the form with zeros, if it is an input that has one */
    name_map names;     /* the MIL names that are taken */
    name_map constants; /* each constant and each reshape is written once: their names */
    name_map origins;   /* as in program */
    int operations;
} lowering;

/* A fresh MIL name like `wanted`. */
const char *fresh_name(lowering *l, const char *wanted);
void lower_node(lowering *l, value v);

#endif
