/* trainer.h: one optimizer step after another. */
#ifndef ANET_TRAINER_H
#define ANET_TRAINER_H

#include "checkpoint.h"
#include "session.h"

typedef struct trainer {
    session *session;
    optimizer *optimizer;
    train_state state;
    const tokens *data;                      /* NULL: random tokens, to measure speed */
    int32_t *ids;                            /* one window */
    double optimizer_seconds, steps_seconds; /* spent so far by the caller; the second in all */
} trainer;

typedef struct train_report {
    double loss, lr, norm; /* mean loss of the step's sequences */
    double loss_scale;     /* that the step was made with */
    double seconds;
    double update_seconds; /* of them, to bring the parameters of before to the device */
    int64_t tokens;
    bool skipped; /* gradients were not finite */
} train_report;

/* The recipe of the model with what the command line changes. The session's weights are loaded;
 * its runner is opened before the first step. Free it whatever happens. */
void trainer_new(trainer *t, session *s, const tokens *data);
void trainer_free(trainer *t);
/* what the command line says about the recipe */
void trainer_apply_options(trainer *t);

int64_t trainer_sequences(const trainer *t); /* per step */
/* One step. Beside a device that computes apart, the parameters get their new values in the
 * background, while the next step begins. On failure the state is that before the step.
 * ANET_FAILED when no loss scale helps. */
anet_code trainer_step(trainer *t, train_report *report, anet_error *err);
/* Waits until weights and moments are those after the last step: before others look at them. */
void trainer_settle(const trainer *t);

#endif
