/* model.h: a program on the engine: compiled, loaded, evaluated, unloaded. */
#ifndef ANET_ANE_MODEL_H
#define ANET_ANE_MODEL_H

#include "ane/folder.h"
#include "ane/objc.h"
#include "ane/ports.h"

typedef struct ane_model {
    const ane_api *api;
    char *name; /* of the program, for messages */
    ane_id object, options;
    ane_folder folder;
    bool loaded;
} ane_model;

/* Binds the ports to what the loaded model reports. On failure nothing is left. */
anet_code ane_model_open(ane_model *m, const ane_api *a, const anet_source *source,
                         ane_ports *ports, anet_error *err);
/* Surfaces are _ANEIOSurfaceObjects in the order of slots. */
anet_code ane_model_evaluate(const ane_model *m, int inputs, const ane_id *in, int outputs,
                             const ane_id *out, anet_error *err);
void ane_model_close(ane_model *m);

#endif
