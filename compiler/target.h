/* target.h: the machines that --target names: what they make of the MIL text, and whether they take
 * it. */
#ifndef ANET_TARGET_H
#define ANET_TARGET_H

#include "base/status.h"
#include "machine.h"
#include "mil/target.h"

#include <stdbool.h>
#include <stdint.h>

enum { MAX_TARGETS = 32 };

typedef struct target_list { /* none: the default text, which no chip was asked about */
    const mil_target *at[MAX_TARGETS];
    machine machine[MAX_TARGETS]; /* what is known of each, or was found out */
    int n;
} target_list;

/* "ane:m1,ane:h13g,host,report.json"; a later list replaces an earlier one. */
anet_code targets_parse(const char *list, target_list *t, anet_error *err);
target_list target_alone(const mil_target *t);
void targets_list(text *out); /* what --target may be, a line each */

/* How pairs of rope are told apart; each way has its own trouble (rules A0422, A0602, A0419). */
typedef enum pair_form {
    PAIRS_OF_HEADS,   /* [heads, D/2, 2, S]: the table is repeated along the first axis */
    PAIRS_IN_ROWS,    /* [1, heads, D/2, 2 S]: a slice with an offset on the last axis */
    PAIRS_OF_CHANNELS /* [1, heads D/2, 2, S]: the table is tiled */
} pair_form;

typedef enum weights_mode { /* how weights get into kernels that run on the engine */
#define WEIGHTS_MODE(ID, name, text) WEIGHTS_##ID,
#include "weights.def"
                            WEIGHTS_MODES
} weights_mode;

typedef struct weights_mode_info {
    const char *name, *text;
} weights_mode_info;
extern const weights_mode_info weights_modes[WEIGHTS_MODES];

typedef struct legal_form { /* what the text must be like so that all targets take it */
    int minor;              /* program(1.minor) */
    const char *opset;
    bool sorted_sizes; /* in the order of their names inputs grow and outputs shrink */
    bool one_item;     /* the first axis of inputs and outputs is 1 */
    bool wide_vectors; /* their last axis is not 1 where another is longer */
    bool plain_slices; /* no slice with an offset on the last axis */
    int64_t inner;     /* inner dimensions of matmul are multiples of this ... */
    int64_t longest;   /* ... and neither they nor a plane's sides are longer than this */
    pair_form pairs;
    weights_mode weights;
} legal_form;

legal_form legal_form_of(const target_list *t);

#endif
