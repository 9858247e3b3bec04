/* driver.h: one run of anetc, from the command line to the files it writes. */
#ifndef ANET_DRIVER_H
#define ANET_DRIVER_H

#include "ast.h"
#include "graph.h"
#include "options.h"

#include "base/status.h"

typedef struct artifact { /* one thing that --emit asks for: "mil/kFwdAttn.mil", "ir.txt", "tiny.c"
                           */
    const char *name, *data;
    size_t size;
} artifact;

typedef struct timing {
    const char *name;
    double seconds;
} timing;

typedef struct compilation {
    arena *memory;
    sources files;
    diags diags;
    const options *options;
    artifact *artifacts;
    size_t n_artifacts;
    timing timings[PASS_COUNT + 4]; /* for --time */
    int n_timings;
} compilation;

/* compile.c: runs the passes; adds one artifact for each part that --emit names, or the C program
 * when it names none. Dumps go to standard error. false: the errors are in diags. */
bool compile_program(compilation *c, ast *tree);
/* The passes after g->after, on a graph that was read from text; frees it. There is no C program.
 */
bool compile_graph(compilation *c, graph *g);

/* For the passes. The content is moved into c->memory. Names may hold folders. */
void artifact_add(compilation *c, const char *name, text *content);
void timing_add(compilation *c, const char *name, double seconds); /* adds to what the name has */

/* link.c: compiles the C program with the C compiler and libanet into `output`. On failure the C
 * stays beside the output. */
anet_code link_program(compilation *c, const artifact *program, const char *output,
                       anet_error *err);

/* driver.c: all of anetc; returns the exit code. */
int anetc(int argc, char **argv);

#endif
