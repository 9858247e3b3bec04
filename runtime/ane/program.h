/* program.h: a compiled program of the ane device. */
#ifndef ANET_ANE_PROGRAM_H
#define ANET_ANE_PROGRAM_H

#include "ane/model.h"

struct anet_program {
    ane_engine *engine;
    arena *memory;
    ane_ports ports;
    ane_model model;
    ane_id *in, *out; /* by slot */
    int ins, outs;    /* slots */
};

anet_code ane_program_new(ane_engine *e, const anet_source *source, anet_program **program,
                          anet_error *err);
void ane_program_free(anet_program *p); /* NULL is fine */

/* Gives it other weights, without the cache. On failure it is as before. */
anet_code ane_program_change(anet_program *p, const anet_source *source, ane_way way,
                             anet_error *err);

anet_code ane_program_evaluate(anet_program *p, anet_surface *const *in, anet_surface *const *out,
                               anet_error *err);

#endif
