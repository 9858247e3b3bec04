/* infer_recurrent.c: inference rules of recurrent layers: x is [time, batch, features], weights
 * have one row for each gate and hidden unit. */
#include "mil/infer.h"

#include <string.h>

typedef struct layer {
    int64_t time, batch, features, hidden, rows; /* rows: gates * hidden */
    int directions;                              /* 0: not known */
} layer;

static int count_directions(const mil_inference *in) {
    const char *direction =
        rule_operand(in, "direction") ? rule_string(in, "direction") : "forward";
    return !direction ? 0 : strcmp(direction, "bidirectional") == 0 ? 2 : 1;
}

static bool read_layer(mil_inference *in, int gates, layer *l) {
    if (!rule_want_rank(in, "x", 3, 3) || !rule_want_rank(in, "weight_hh", 2, 2)) {
        return false;
    }
    const int64_t *x = rule_operand(in, "x")->type->dims;
    *l = (layer){.time = x[0],
                 .batch = x[1],
                 .features = x[2],
                 .hidden = rule_operand(in, "weight_hh")->type->dims[1],
                 .directions = count_directions(in)};
    return rule_multiply_dims(in, l->hidden, gates, &l->rows);
}

static bool check_weights(mil_inference *in, const layer *l, const char *ih, const char *hh,
                          const char *bias) {
    const int64_t wide[] = {l->rows, l->features}, square[] = {l->rows, l->hidden};
    return rule_want_shape(in, ih, 2, wide) && rule_want_shape(in, hh, 2, square) &&
           rule_want_vector(in, bias, l->rows);
}

/* [batch, hidden units of all directions] */
static bool state_shape(mil_inference *in, const layer *l, mil_shape *s) {
    *s = (mil_shape){.dtype = rule_operand(in, "x")->type->dtype, .rank = 2, .dims = {l->batch}};
    return rule_multiply_dims(in, l->hidden, l->directions ? l->directions : MIL_ANY_DIM,
                              &s->dims[1]);
}

/* y [time or 1, batch, hidden], then the last state so many times */
static bool give_states(mil_inference *in, const layer *l, const mil_shape *state, int count) {
    int64_t all;
    bool is_known = rule_scalar(in, "output_sequence", 0, &all);
    mil_shape y = {.dtype = state->dtype,
                   .rank = 3,
                   .dims = {!is_known ? MIL_ANY_DIM
                            : all     ? l->time
                                      : 1,
                            l->batch, state->dims[1]}};
    rule_give(in, &y);
    for (int i = 0; i < count; i++) {
        rule_give(in, state);
    }
    return true;
}

static bool check_back(mil_inference *in, const layer *l) {
    bool there = rule_operand(in, "weight_ih_back") && rule_operand(in, "weight_hh_back");
    if (l->directions == 2 && !there) {
        return rule_error(in, "bidirectional needs weight_ih_back and weight_hh_back");
    }
    return l->directions == 1 ||
           check_weights(in, l, "weight_ih_back", "weight_hh_back", "bias_back");
}

bool infer_lstm(mil_inference *in) {
    enum { GATES = 4, PEEPHOLES = 3 };
    layer l;
    mil_shape state;
    int64_t peeps;
    return read_layer(in, GATES, &l) && check_weights(in, &l, "weight_ih", "weight_hh", "bias") &&
           check_back(in, &l) && rule_multiply_dims(in, l.hidden, PEEPHOLES, &peeps) &&
           rule_want_vector(in, "peephole", peeps) &&
           rule_want_vector(in, "peephole_back", peeps) && state_shape(in, &l, &state) &&
           rule_want_shape(in, "initial_h", 2, state.dims) &&
           rule_want_shape(in, "initial_c", 2, state.dims) && give_states(in, &l, &state, 2);
}

static bool infer_simple(mil_inference *in, int gates) {
    layer l;
    mil_shape state;
    return read_layer(in, gates, &l) && check_weights(in, &l, "weight_ih", "weight_hh", "bias") &&
           rule_want_vector(in, "input_bias", l.rows) && state_shape(in, &l, &state) &&
           rule_want_shape(in, "initial_h", 2, state.dims) && give_states(in, &l, &state, 1);
}

bool infer_gru(mil_inference *in) {
    return infer_simple(in, 3);
}

bool infer_rnn(mil_inference *in) {
    return infer_simple(in, 1);
}
