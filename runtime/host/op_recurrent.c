/* op_recurrent.c: lstm, gru and rnn. The input's part of all gates and steps is one product; then
 * there is one for each step. */
#include "host/kernels.h"
#include "host/op_parts.h"
#include "host/vmath.h"

#include <string.h>

typedef enum activation { SIGMOID, TANH, RELU, LINEAR, HARD_SIGMOID, SCALED_TANH } activation;

/* the second name of hard_sigmoid is what older programs say */
static const char *const activation_names[] = {
    "sigmoid", "tanh", "relu", "linear", "hard_sigmoid", "scaled_tanh", "sigmoid_hard", NULL};
enum { SIGMOID_HARD = 6 };

typedef enum cell_kind { LSTM, GRU, RNN } cell_kind;

static const int cell_gates[] = {[LSTM] = 4, [GRU] = 3, [RNN] = 1};

typedef struct recurrent {
    cell_kind cell;
    size_t steps, batch, inputs, hidden, gates;
    int directions;
    bool backward, sequence; /* of the first direction; whether all steps are wanted */
    bool reset_after;
    activation recurrent, inner, outer; /* of the gates; of the cell; of the result */
    float clip;                         /* of the cell state; INFINITY: none */
} recurrent;

/* --- planning --- */

static anet_code read_activation(planner *p, const mil_op *op, const char *arg, activation preset,
                                 activation *a) {
    int choice;
    anet_code code = host_choice(p, op, arg, activation_names, (int)preset, &choice);
    *a = code ? preset : choice == SIGMOID_HARD ? HARD_SIGMOID : (activation)choice;
    return code;
}

static anet_code read_arguments(planner *p, const mil_op *op, recurrent *f) {
    static const char *const one[] = {"forward", "reverse", NULL};
    static const char *const both[] = {"forward", "reverse", "bidirectional", NULL};
    int direction;
    double clip;
    anet_code code = host_choice(p, op, "direction", f->cell == LSTM ? both : one, 0, &direction);
    code = code ? code : host_bool(p, op, "output_sequence", false, &f->sequence);
    code = code ? code : host_bool(p, op, "reset_after", false, &f->reset_after);
    code = code ? code : host_number(p, op, "clip", INFINITY, &clip);
    code = code ? code : read_activation(p, op, "recurrent_activation", SIGMOID, &f->recurrent);
    code = code ? code : read_activation(p, op, "cell_activation", TANH, &f->inner);
    code = code ? code : read_activation(p, op, "activation", TANH, &f->outer);
    if (!code) {
        f->backward = direction == 1;
        f->directions = direction == 2 ? 2 : 1;
        f->clip = (float)clip;
    }
    return code;
}

static bool has_shape(const host_array *a, size_t rows, size_t columns) {
    const shape *s = &a->shape;
    return s->rank == 2 && s->dim[0] == rows && s->dim[1] == columns;
}

static bool has_length(const host_array *a, size_t n) {
    return host_absent(a) || a->shape.n == n;
}

/* weight_ih, weight_hh, bias and what else has a number for each unit, of one direction */
static bool weights_fit(const recurrent *f, const host_array *in) {
    size_t rows = f->gates * f->hidden, extra = f->cell == LSTM ? 3 * f->hidden : rows;
    return has_shape(&in[0], rows, f->inputs) && has_shape(&in[1], rows, f->hidden) &&
           has_length(&in[2], rows) && (f->cell == RNN || has_length(&in[3], extra));
}

/* Operands: x initial_h [initial_c] {weight_ih weight_hh bias peephole or input_bias} for each
 * direction. */
static anet_code prepare(planner *p, const mil_op *op, const host_array *in, int ins,
                         const host_array *out, int outs, cell_kind cell, const void **params) {
    recurrent *f = ARENA_NEW(p->memory, recurrent);
    *params = f;
    f->cell = cell;
    int states = cell == LSTM ? 2 : 1;
    anet_code code = read_arguments(p, op, f);
    code = code ? code : host_floats_only(p, op, in, ins);
    if (code) {
        return code;
    }
    const shape *x = &in[0].shape, *hidden = &in[1 + states + 1].shape;
    f->gates = (size_t)cell_gates[cell];
    bool fit = x->rank == 3 && hidden->rank == 2 && outs == states + 1;
    if (fit) {
        size_t directions = (size_t)f->directions;
        f->steps = x->dim[0];
        f->batch = x->dim[1];
        f->inputs = x->dim[2];
        f->hidden = hidden->dim[1];
        for (int i = 0; i < states; i++) {
            fit = fit && has_shape(&in[1 + i], f->batch, directions * f->hidden) &&
                  out[1 + i].shape.n == in[1 + i].shape.n;
        }
        for (int d = 0; d < f->directions; d++) {
            fit = fit && weights_fit(f, in + 1 + states + 4 * d);
        }
        fit = fit &&
              out[0].shape.n == (f->sequence ? f->steps : 1) * f->batch * directions * f->hidden;
        fit = fit && gemm_fits(f->steps * f->batch, f->gates * f->hidden, f->inputs);
    }
    return fit ? ANET_OK
               : host_fail(p, op,
                           "the shapes of x, states, weights and result do not fit together");
}

#define PREPARE(name, cell)                                                                        \
    anet_code name(planner *p, const mil_op *op, const host_array *in, int ins,                    \
                   const host_array *out, int outs, const void **params) {                         \
        return prepare(p, op, in, ins, out, outs, cell, params);                                   \
    }

PREPARE(host_prepare_lstm, LSTM)
PREPARE(host_prepare_gru, GRU)
PREPARE(host_prepare_rnn, RNN)

/* --- running --- */

ANET_INLINE float activate_one(activation a, float x) {
    switch (a) {
    case SIGMOID:
        return vm_sigmoid(x);
    case TANH:
        return vm_tanh(x);
    case RELU:
        return vm_max(x, 0.0f);
    case LINEAR:
        return x;
    case HARD_SIGMOID:
        return vm_min(vm_max(0.2f * x + 0.5f, 0.0f), 1.0f);
    case SCALED_TANH:
        return 1.7159f * vm_tanh(x * (2.0f / 3.0f));
    }
    return x;
}

ANET_SIMD static void activate(activation a, float *x, size_t n) {
    if (a == SIGMOID) {
        for (size_t i = 0; i < n; i++) {
            x[i] = activate_one(SIGMOID, x[i]);
        }
    } else if (a == TANH) {
        for (size_t i = 0; i < n; i++) {
            x[i] = activate_one(TANH, x[i]);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            x[i] = activate_one(a, x[i]);
        }
    }
}

/* one direction of one call */
typedef struct pass {
    const recurrent *f;
    const host_call *call;
    const float *weight_ih, *weight_hh, *bias, *extra; /* extra: peephole or input_bias */
    float *gates;                                      /* [steps, batch, gates * hidden] */
    float *h, *c, *work; /* [batch, hidden] each; work: [batch, gates * hidden] */
    size_t width;        /* of a row of the result and of the states: directions * hidden */
} pass;

typedef struct matrix {
    float *at;
    size_t ld; /* distance of rows */
} matrix;

/* y[rows, n] = x[rows, k] * weight[n, k]^T, added to what y holds or not */
static void multiply(const pass *p, size_t rows, const float *x, size_t ldx, const float *weight,
                     size_t n, size_t k, bool add, matrix y) {
    gemm g = host_gemm(p->call);
    g.m = rows;
    g.n = n;
    g.k = k;
    g.transpose_b = true;
    g.beta = add ? 1.0f : 0.0f;
    g.a = x;
    g.b = weight;
    g.c = y.at;
    g.lda = ldx;
    g.ldb = k;
    g.ldc = y.ld;
    gemm_parallel(p->call->pool, &g);
}

static void add_row(float *x, const float *y, size_t n) {
    for (size_t i = 0; i < n && y; i++) {
        x[i] += y[i];
    }
}

/* row of one batch entry: gates i f o z */
static void lstm_cell(const pass *p, float *gates, float *h, float *c) {
    const recurrent *f = p->f;
    size_t n = f->hidden;
    float *in = gates, *forget = gates + n, *out = gates + 2 * n, *cell = gates + 3 * n;
    for (size_t i = 0; i < n && p->extra; i++) {
        in[i] += p->extra[i] * c[i];
        forget[i] += p->extra[n + i] * c[i];
    }
    activate(f->recurrent, gates, 2 * n);
    activate(f->inner, cell, n);
    for (size_t i = 0; i < n; i++) {
        float next = forget[i] * c[i] + in[i] * cell[i];
        next = vm_min(vm_max(next, -f->clip), f->clip);
        c[i] = h[i] = next;
        out[i] += p->extra ? p->extra[2 * n + i] * next : 0.0f;
    }
    activate(f->recurrent, out, n);
    activate(f->outer, h, n);
    for (size_t i = 0; i < n; i++) {
        h[i] *= out[i];
    }
}

static void lstm_step(const pass *p, float *gates) {
    const recurrent *f = p->f;
    size_t n = f->hidden, row = 4 * n;
    multiply(p, f->batch, p->h, n, p->weight_hh, row, n, true, (matrix){gates, row});
    for (size_t b = 0; b < f->batch; b++) {
        lstm_cell(p, gates + b * row, p->h + b * n, p->c + b * n);
    }
}

static void rnn_step(const pass *p, float *gates) {
    const recurrent *f = p->f;
    size_t n = f->hidden;
    multiply(p, f->batch, p->h, n, p->weight_hh, n, n, true, (matrix){gates, n});
    activate(f->outer, gates, f->batch * n);
    memcpy(p->h, gates, f->batch * n * sizeof *gates);
}

/* Gates r o z. The part of the hidden state in r and z is added to that of the input; in o it waits
 * for r. */
static void gru_step(const pass *p, float *gates) {
    const recurrent *f = p->f;
    size_t n = f->hidden, row = 3 * n;
    float *work = p->work;
    multiply(p, f->batch, p->h, n, p->weight_hh, row, n, false, (matrix){work, row});
    for (size_t b = 0; b < f->batch; b++) {
        float *g = gates + b * row, *w = work + b * row, *h = p->h + b * n;
        add_row(w, f->reset_after ? p->bias : NULL, row);
        add_row(g, w, n);
        add_row(g + 2 * n, w + 2 * n, n);
        activate(f->recurrent, g, n);
        activate(f->recurrent, g + 2 * n, n);
        for (size_t i = 0; i < n; i++) { /* r * (U h), or r * h for the product to come */
            w[n + i] = g[i] * (f->reset_after ? w[n + i] : h[i]);
        }
    }
    if (!f->reset_after) {
        multiply(p, f->batch, work + n, row, p->weight_hh + n * n, n, n, true,
                 (matrix){gates + n, row});
    }
    for (size_t b = 0; b < f->batch; b++) {
        float *g = gates + b * row, *h = p->h + b * n, *fresh = g + n;
        add_row(fresh, f->reset_after ? work + b * row + n : NULL, n);
        activate(f->outer, fresh, n);
        for (size_t i = 0; i < n; i++) {
            float z = g[2 * n + i];
            h[i] = (1.0f - z) * fresh[i] + z * h[i];
        }
    }
}

/* Every row of the gates starts from the biases that belong to the input's part. */
static void start_gates(const pass *p) {
    const recurrent *f = p->f;
    size_t row = f->gates * f->hidden, rows = f->steps * f->batch;
    memset(p->gates, 0, rows * row * sizeof *p->gates);
    for (size_t i = 0; i < rows; i++) {
        float *g = p->gates + i * row;
        add_row(g, f->cell == GRU && f->reset_after ? NULL : p->bias, row);
        add_row(g, f->cell == GRU ? p->extra : NULL, row);
    }
    multiply(p, rows, p->call->in[0].f, f->inputs, p->weight_ih, row, f->inputs, true,
             (matrix){p->gates, row});
}

static void copy_rows(const float *from, size_t from_width, float *to, size_t to_width, size_t rows,
                      size_t n) {
    for (size_t i = 0; i < rows; i++) {
        memcpy(to + i * to_width, from + i * from_width, n * sizeof *to);
    }
}

static void run_pass(pass *p, int direction) {
    static void (*const cell_step[])(const pass *, float *) = {
        [LSTM] = lstm_step, [GRU] = gru_step, [RNN] = rnn_step};
    const recurrent *f = p->f;
    const host_call *c = p->call;
    size_t n = f->hidden, column = (size_t)direction * n;
    bool backward = f->backward || direction == 1, lstm = f->cell == LSTM;
    copy_rows(c->in[1].f + column, p->width, p->h, n, f->batch, n);
    if (lstm) {
        copy_rows(c->in[2].f + column, p->width, p->c, n, f->batch, n);
    }
    start_gates(p);
    for (size_t i = 0; i < f->steps; i++) {
        size_t t = backward ? f->steps - 1 - i : i;
        cell_step[f->cell](p, p->gates + t * f->batch * f->gates * n);
        if (f->sequence || i == f->steps - 1) {
            float *y = c->out[0].f + (f->sequence ? t * f->batch * p->width : 0) + column;
            copy_rows(p->h, n, y, p->width, f->batch, n);
        }
    }
    copy_rows(p->h, n, c->out[1].f + column, p->width, f->batch, n);
    if (lstm) {
        copy_rows(p->c, n, c->out[2].f + column, p->width, f->batch, n);
    }
}

anet_code host_recurrent(const host_call *c) {
    const recurrent *f = c->params;
    size_t state = f->batch * f->hidden, row = f->gates * state;
    float *memory = host_scratch(c, (f->steps + 1) * row + 2 * state);
    if (!memory) {
        return c->err->code;
    }
    pass p = {.f = f, .call = c, .gates = memory, .work = memory + f->steps * row};
    p.h = p.work + row;
    p.c = p.h + state;
    p.width = (size_t)f->directions * f->hidden;
    for (int d = 0; d < f->directions; d++) {
        const host_array *weights = c->in + (f->cell == LSTM ? 3 : 2) + 4 * d;
        p.weight_ih = weights[0].f;
        p.weight_hh = weights[1].f;
        p.bias = weights[2].f; /* NULL if absent, as is the next */
        p.extra = f->cell == RNN ? NULL : weights[3].f;
        run_pass(&p, d);
    }
    free(memory);
    return ANET_OK;
}
