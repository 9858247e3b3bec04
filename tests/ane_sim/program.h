/* program.h: a loaded program: the host device's, and the slots that surfaces are bound to. */
#ifndef ANE_SIM_PROGRAM_H
#define ANE_SIM_PROGRAM_H

#include "failures.h"
#include "layout.h"

typedef struct sim_slot { /* an input or output in the chip's order */
    const char *name;
    int port; /* of the host's program */
    sim_layout layout;
} sim_slot;

typedef struct sim_program {
    arena *memory;
    anet_program *host;
    sim_slot *in, *out;
    int ins, outs; /* live ones */
    float **words_in, **words_out, *workspace;
} sim_program;

/* Loads what was compiled into the folder. */
sim_failure sim_program_load(const char *folder, sim_program **program);
void sim_program_free(sim_program *p);

/* the dictionary of modelAttributes; new */
void *sim_program_attributes(const sim_program *p);

/* A surface as a request gives it; `offset` bytes of it are skipped. */
typedef struct sim_bound {
    const void *surface;
    size_t offset;
} sim_bound;

/* One bound surface for each slot, in order of the slots. */
sim_failure sim_program_evaluate(sim_program *p, const sim_bound *in, const sim_bound *out);
/* What the engine demands of a surface for this slot. */
bool sim_surface_suits(const sim_slot *slot, const sim_bound *b);
/* ... and of all inputs or all outputs together (ANE_SIM_SIZES) */
bool sim_surfaces_fit(const sim_bound *b, int n, bool inputs);

#endif
