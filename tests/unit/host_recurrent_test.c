/* lstm, gru and rnn against their equations, one unit at a time. */
#include "host_run.h"

#include <math.h>

enum { T = 5, B = 2, I = 3, H = 4, MOST = 4 * H };

static double activate(const char *name, double x) {
    if (strcmp(name, "sigmoid") == 0) {
        return 1 / (1 + exp(-x));
    } else if (strcmp(name, "tanh") == 0) {
        return tanh(x);
    } else if (strcmp(name, "relu") == 0) {
        return x > 0 ? x : 0;
    } else if (strcmp(name, "hard_sigmoid") == 0) {
        return fmin(fmax(0.2 * x + 0.5, 0), 1);
    } else if (strcmp(name, "scaled_tanh") == 0) {
        return 1.7159 * tanh(2 * x / 3);
    }
    return x;
}

typedef struct setup {
    const char *recurrent, *inner, *outer;
    bool reset_after;
    double clip;
} setup;

/* of one direction */
typedef struct weights {
    const float *ih, *hh, *bias, *extra; /* NULL: absent */
} weights;

static double get(const float *x, size_t i) {
    return x ? (double)x[i] : 0;
}

/* row `unit` of a weight times a vector */
static double dot(const float *weight, size_t unit, size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)weight[unit * n + i] * x[i];
    }
    return sum;
}

static void lstm_cell(const setup *s, const weights *w, const double *x, double *h, double *c) {
    double gate[MOST], old[H];
    memcpy(old, c, sizeof old);
    for (size_t g = 0; g < MOST; g++) {
        gate[g] = dot(w->ih, g, I, x) + dot(w->hh, g, H, h) + get(w->bias, g);
    }
    for (size_t u = 0; u < H; u++) {
        double i = activate(s->recurrent, gate[u] + get(w->extra, u) * old[u]);
        double f = activate(s->recurrent, gate[H + u] + get(w->extra, H + u) * old[u]);
        double z = activate(s->inner, gate[3 * H + u]);
        c[u] = fmin(fmax(f * old[u] + i * z, -s->clip), s->clip);
        double o = activate(s->recurrent, gate[2 * H + u] + get(w->extra, 2 * H + u) * c[u]);
        h[u] = o * activate(s->outer, c[u]);
    }
}

static void gru_cell(const setup *s, const weights *w, const double *x, double *h, double *c) {
    (void)c;
    double r[H], z[H], reset[H], next[H];
    for (size_t u = 0; u < H; u++) {
        r[u] = dot(w->ih, u, I, x) + dot(w->hh, u, H, h) + get(w->bias, u) + get(w->extra, u);
        r[u] = activate(s->recurrent, r[u]);
        size_t k = 2 * H + u;
        z[u] = dot(w->ih, k, I, x) + dot(w->hh, k, H, h) + get(w->bias, k) + get(w->extra, k);
        z[u] = activate(s->recurrent, z[u]);
        reset[u] = r[u] * h[u];
    }
    for (size_t u = 0; u < H; u++) {
        size_t k = H + u;
        double n = dot(w->ih, k, I, x) + get(w->extra, k);
        n += s->reset_after ? r[u] * (dot(w->hh, k, H, h) + get(w->bias, k))
                            : dot(w->hh, k, H, reset) + get(w->bias, k);
        next[u] = (1 - z[u]) * activate(s->outer, n) + z[u] * h[u];
    }
    memcpy(h, next, sizeof next);
}

static void rnn_cell(const setup *s, const weights *w, const double *x, double *h, double *c) {
    (void)c;
    double next[H];
    for (size_t u = 0; u < H; u++) {
        next[u] = activate(s->outer, dot(w->ih, u, I, x) + dot(w->hh, u, H, h) + get(w->bias, u));
    }
    memcpy(h, next, sizeof next);
}

typedef void cell_fn(const setup *s, const weights *w, const double *x, double *h, double *c);

/* one direction; y is [T, B, width], h and c are [B, width], all from `column` on */
static void run_direction(cell_fn *cell, const setup *s, const weights *w, const float *x,
                          bool backward, size_t width, size_t column, double *y, double *h,
                          double *c) {
    for (size_t b = 0; b < B; b++) {
        double *state = h + b * width + column, *memory = c + b * width + column;
        for (size_t i = 0; i < T; i++) {
            size_t t = backward ? T - 1 - i : i;
            double in[I];
            for (size_t k = 0; k < I; k++) {
                in[k] = (double)x[(t * B + b) * I + k];
            }
            cell(s, w, in, state, memory);
            memcpy(y + (t * B + b) * width + column, state, H * sizeof *y);
        }
    }
}

typedef struct op_case {
    const char *op;
    cell_fn *cell;
    size_t gates, extra; /* numbers of peephole or input_bias; 0: the op has none */
    const char *extra_name, *direction;
    bool optional; /* bias and extra are given */
    setup setup;
} op_case;

static void check(const op_case *k, bool sequence) {
    bool lstm = strcmp(k->op, "lstm") == 0, both = strcmp(k->direction, "bidirectional") == 0;
    size_t rows = k->gates * H, extra = k->extra ? k->extra : 1, width = both ? 2 * H : H;
    host_tensor in[] = {host_floats("x", DIMS(T, B, I), 1),    host_floats("h", DIMS(B, width), 2),
                        host_floats("c", DIMS(B, width), 3),   host_floats("ih", DIMS(rows, I), 4),
                        host_floats("hh", DIMS(rows, H), 5),   host_floats("bias", DIMS(rows), 6),
                        host_floats("extra", DIMS(extra), 7),  host_floats("ih2", DIMS(rows, I), 8),
                        host_floats("hh2", DIMS(rows, H), 9),  host_floats("bias2", DIMS(rows), 10),
                        host_floats("extra2", DIMS(extra), 11)};
    host_tensor out[] = {host_floats("y", DIMS(sequence ? T : 1, B, width), 0),
                         host_floats("hn", DIMS(B, width), 0),
                         host_floats("cn", DIMS(B, width), 0)};
    double y[T * B * 2 * H], h[B * 2 * H], c[B * 2 * H];
    for (size_t i = 0; i < B * width; i++) {
        h[i] = (double)in[1].f[i];
        c[i] = (double)in[2].f[i];
    }
    bool backward = strcmp(k->direction, "reverse") == 0;
    for (int d = 0; d < (both ? 2 : 1); d++) {
        weights w = {.ih = in[3 + 4 * d].f, .hh = in[4 + 4 * d].f};
        w.bias = k->optional ? in[5 + 4 * d].f : NULL;
        w.extra = k->optional && k->extra ? in[6 + 4 * d].f : NULL;
        run_direction(k->cell, &k->setup, &w, in[0].f, backward || d == 1, width, (size_t)d * H, y,
                      h, c);
    }
    char args[900], given[80] = "", more[400] = "";
    snprintf(given, sizeof given, "%s%s%s%s", k->optional ? ", bias = bias" : "",
             k->optional && k->extra ? ", " : "", k->optional && k->extra ? k->extra_name : "",
             k->optional && k->extra ? " = extra" : "");
    snprintf(args, sizeof args,
             "x = x, initial_h = h%s, weight_ih = ih, weight_hh = hh%s, direction = "
             "string(\"%s\"), output_sequence = bool(%s), activation = string(\"%s\")",
             lstm ? ", initial_c = c" : "", given, k->direction, sequence ? "true" : "false",
             k->setup.outer);
    if (k->gates > 1) {
        snprintf(more, sizeof more, ", recurrent_activation = string(\"%s\")", k->setup.recurrent);
    }
    if (lstm) {
        snprintf(more + strlen(more), sizeof more - strlen(more),
                 ", cell_activation = string(\"%s\"), clip = fp32(%g)", k->setup.inner,
                 k->setup.clip);
    }
    if (both) {
        strcat(more, ", weight_ih_back = ih2, weight_hh_back = hh2");
        strcat(more, k->optional ? ", bias_back = bias2, peephole_back = extra2" : "");
    }
    strcat(args, k->setup.reset_after ? ", reset_after = bool(true)" : "");
    strcat(args, more);
    host_run(k->op, args, in, 11, out, lstm ? 3 : 2);
    if (sequence) {
        host_expect(args, &out[0], y, 1e-5);
    } else {
        host_expect(args, &out[0], h, 1e-5);
    }
    host_expect(args, &out[1], h, 1e-5);
    if (lstm) {
        host_expect(args, &out[2], c, 1e-5);
    }
    host_run_free(in, 11);
    host_run_free(out, 3);
}

static void test_cells(void **state) {
    (void)state;
    static const char *const directions[] = {"forward", "reverse", "bidirectional"};
    static const setup setups[] = {{"sigmoid", "tanh", "tanh", false, 1e9},
                                   {"hard_sigmoid", "scaled_tanh", "relu", true, 0.3},
                                   {"tanh", "linear", "sigmoid", false, 0.5}};
    for (int i = 0; i < 36; i++) {
        const setup *s = &setups[i / 12];
        const char *direction = directions[i % 3];
        bool optional = i / 3 % 2, sequence = i / 6 % 2;
        check(&(op_case){"lstm", lstm_cell, 4, 3 * H, "peephole", direction, optional, *s},
              sequence);
        if (i % 3 < 2) {
            check(&(op_case){"gru", gru_cell, 3, 3 * H, "input_bias", direction, optional, *s},
                  sequence);
            setup plain = *s;
            plain.reset_after = false;
            check(&(op_case){"rnn", rnn_cell, 1, 0, "", direction, optional, plain}, sequence);
        }
    }
}

static void test_refused(void **state) {
    (void)state;
    host_tensor in[] = {host_floats("x", DIMS(T, B, I), 1), host_floats("h", DIMS(B, H), 2),
                        host_floats("ih", DIMS(H, I), 4), host_floats("hh", DIMS(H, H), 5)};
    host_tensor out[] = {host_floats("y", DIMS(1, B, H), 0), host_floats("hn", DIMS(B, H), 0)};
    host_run_refused("rnn", "x = x, initial_h = h, weight_ih = hh, weight_hh = hh", in, 4, out, 2,
                     "do not fit together");
    host_run_refused("rnn",
                     "x = x, initial_h = h, weight_ih = ih, weight_hh = hh, direction = "
                     "string(\"bidirectional\")",
                     in, 4, out, 2, "is not one of: forward, reverse");
    host_run_refused("rnn",
                     "x = x, initial_h = h, weight_ih = ih, weight_hh = hh, activation = "
                     "string(\"softmax\")",
                     in, 4, out, 2, "is not one of: sigmoid");
    host_run_free(in, 4);
    host_run_free(out, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cells),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
