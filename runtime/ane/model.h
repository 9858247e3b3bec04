/* model.h: a program on the engine: compiled, loaded, evaluated, unloaded. */
#ifndef ANET_ANE_MODEL_H
#define ANET_ANE_MODEL_H

#include "ane/engine.h"
#include "ane/folder.h"
#include "ane/ports.h"

typedef struct ane_model {
    ane_engine *engine;
    char *name;       /* of the program, for messages */
    char *identifier; /* the framework's, made of text, options and weights */
    uint64_t text;    /* hash of the text */
    ane_id object, options;
    ane_folder folder;
    bool loaded;
    bool kept; /* it is in the cache */
} ane_model;

/* how a program gets onto the engine */
typedef enum ane_way {
    ANE_FIRST,    /* from the cache, or else compiled, and kept in the cache */
    ANE_COMPILED, /* compiled, without the cache: weights that change would only fill it */
    ANE_PATCHED   /* as another that is compiled, with other weights, without a compile */
} ane_way;

/* The framework's objects; nothing is compiled yet. Close it whatever this returns. */
anet_code ane_model_new(ane_model *m, ane_engine *e, const anet_source *source, anet_error *err);
/* Compiles and loads it, and binds the ports to what the loaded model reports. `donor` is what to
 * patch, with the same text. */
anet_code ane_model_start(ane_model *m, const anet_source *source, ane_way way,
                          const ane_model *donor, ane_ports *ports, anet_error *err);
/* Takes it out of the cache. */
void ane_model_forget(ane_model *m);
void ane_model_close(ane_model *m);

bool ane_model_same(const ane_model *a, const ane_model *b); /* text and weights */
bool ane_model_same_text(const ane_model *a, const ane_model *b);

/* Surfaces are _ANEIOSurfaceObjects in the order of slots. */
anet_code ane_model_evaluate(const ane_model *m, int inputs, const ane_id *in, int outputs,
                             const ane_id *out, anet_error *err);

/* Fails with what was tried ("load") and why it failed, see explain.h. */
anet_code ane_model_fail(const ane_model *m, const char *what, ane_id error, const char *more,
                         anet_error *err);

#endif
