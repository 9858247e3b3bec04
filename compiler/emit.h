/* emit.h: what leaves the compiler: the C program, and the reports that --emit asks for. */
#ifndef ANET_EMIT_H
#define ANET_EMIT_H

#include "elaborate.h"
#include "lower.h"
#include "schedule.h"

typedef struct product { /* everything that the passes made */
    const elaborated *m;
    const lowered *l;
    const schedule *s;
    const char *source; /* path of the model */
} product;

void emit_c(const product *p, text *out);        /* emit_c.c, from templates/program.c */
void emit_manifest(const product *p, text *out); /* emit_manifest.c: JSON */
/* emit_cost.c: a table for people, for each chip; all chips if there are no targets */
void emit_cost(const product *p, const target_list *chips, text *out);
void emit_kernels(const product *p, text *out); /* emit_manifest.c: a table for people */

#endif
