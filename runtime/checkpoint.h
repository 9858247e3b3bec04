/* checkpoint.h: what a training run keeps between two processes.
 *
 * A checkpoint is a safetensors file: every parameter under its name, `optimizer.m.<name>` and
 * `optimizer.v.<name>` for the trained ones, all F32, and the train_state as metadata
 * `anet.<field>`. It is written beside its target and renamed, so a killed run leaves the last
 * complete one. */
#ifndef ANET_CHECKPOINT_H
#define ANET_CHECKPOINT_H

#include "optimizer.h"
#include "tokens.h"

typedef struct train_state {
    int64_t step;      /* steps done */
    int64_t seen;      /* tokens */
    token_order order; /* where the data goes on */
    loss_scale scale;
    anet_recipe recipe; /* as the run was started: the rest of the schedule depends on it */
} train_state;

anet_code checkpoint_write(const char *path, const weights *w, optimizer *o, const train_state *s,
                           anet_error *err);
/* Everything must be there and belong to this model. ANET_BAD_USAGE if there is no such file,
 * ANET_BAD_INPUT if it is not a checkpoint of this model. */
anet_code checkpoint_read(const char *path, const weights *w, optimizer *o, train_state *s,
                          anet_error *err);

/* Does it end in ".bin"? Then checkpoint_write writes the weights alone, in llama2.c's format. */
bool checkpoint_is_llama2c(const char *path);

/* The weights alone, from a safetensors file with the model's names or a llama2.c file (see
 * foreign.h); which of them it is shows in its first bytes. Refuses what is not finite. */
anet_code weights_read(const char *path, const weights *w, anet_error *err);

#endif
