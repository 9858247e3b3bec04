/* cost.h: about how long a training step takes on a chip.
 *
 * A step is a list of phases: calls of the engine, what the processor does between them, copies
 * over the border between the two, and weight gradients in the background. Calls take what
 * mil/cost.h says, with the bytes a second that this chip's engine was measured to read. Work of
 * the processor takes its amount at the rate of an M4, by the clock of the large cores. The
 * background runs beside the phases that come after its first job; what does not fit there is
 * waited for.
 *
 * Held against published steps in tests/unit/cost_test.c. Nothing was ever measured by us. */
#ifndef ANET_COST_H
#define ANET_COST_H

#include "base/vec.h"
#include "mil/cost.h"

/* How well: so many published times, all within 25 %; so many of these fitted, and so many asked
 * for only when the model was as it is. */
enum { COST_PUBLISHED = 30, COST_FITTED = 1, COST_UNSEEN = 8 };

static const double cost_copied = 6; /* bytes of an element that crosses the border: fp16, fp32 */

typedef enum phase_kind { /* of cost_chips.def */
#define COST_PHASE(ID, name, rate, unit) PHASE_##ID,
#include "cost_chips.def"
                          PHASE_KINDS
} phase_kind;

typedef struct cost_phase {
    const char *name; /* borrowed */
    phase_kind kind;
    bool beside; /* comes after the first job of the background */
    double times;
    double amount;       /* all times together: FLOP, elements or bytes, see cost_chips.def */
    const mil_work *ops; /* CALL: of one call; borrowed */
    size_t n_ops;
} cost_phase;

typedef struct cost_step {
    VEC(cost_phase) phases;
} cost_step;

typedef struct cost_chip cost_chip; /* a row of cost_chips.def */

typedef struct cost_sums { /* seconds */
    double kind[PHASE_KINDS];
    double waiting; /* for the background */
    double total;   /* of all kinds but the background, and the waiting */
} cost_sums;

typedef struct cost_machine {
    const cost_chip *processor;
    const mil_cost_target *engine;
    double wider;  /* so many times the bytes a second of the engine's row, where measured */
    double slower; /* so many times its start of a call, likewise */
} cost_machine;
/* "m4", "m4max"; false if there is none of that name */
bool cost_machine_find(const char *name, cost_machine *m);

/* Adds to the phase of that name, kind and side, or appends it. */
void cost_add(cost_step *s, const cost_phase *p);
void cost_step_free(cost_step *s);

/* --- how weights get to the engine --- */

typedef enum cost_feed {
    COST_PARAMETER, /* each is an input of its own: written once per update */
    COST_PACKED,    /* beside the activations in one input: so too, and activations are copied there
                       before each call */
    COST_BAKED      /* constants: each update compiles or patches the programs that hold them */
} cost_feed;

typedef struct cost_weights {
    cost_feed feed;
    double elements, tensors; /* PARAMETER, PACKED: written, once for each input that holds them */
    double programs;          /* BAKED: that hold trained weights */
    bool patches;             /* BAKED: the compiled program takes others, without a compile */
} cost_weights;

/* PACKED: so many elements go beside the weights, for one call */
void cost_add_packing(cost_step *window, double elements, bool beside);
/* what an update of the weights adds to the step, once for all windows */
void cost_add_update(cost_step *update, const cost_weights *w);

const char *phase_kind_name(phase_kind kind);
double cost_phase_seconds(const cost_machine *m, const cost_phase *p);
cost_sums cost_sum(const cost_machine *m, const cost_step *s);

#endif
