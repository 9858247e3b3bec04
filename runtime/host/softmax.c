/* softmax.c: along rows, or along columns side by side. exp is computed once and kept in the
 * result. In the engine's numerics exp and the inverse of the sum come from its tables, and what
 * passes from one to the next is half. */
#include "host/engine_tables.h"
#include "host/program.h"
#include "host/vmath.h"

#include <math.h>

enum { LANES = 32, BLOCK = 512, COLUMNS = 64, GRAIN = 4096 };

ANET_SIMD static float largest(const float *x, size_t n) {
    float lane[LANES], most = -INFINITY;
    for (size_t k = 0; k < LANES; k++) {
        lane[k] = -INFINITY;
    }
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            lane[k] = x[i + k] > lane[k] ? x[i + k] : lane[k];
        }
    }
    for (; i < n; i++) {
        most = x[i] > most ? x[i] : most;
    }
    for (size_t k = 0; k < LANES; k++) {
        most = lane[k] > most ? lane[k] : most;
    }
    return most;
}

ANET_SIMD static void exp_row(float *out, const float *x, float most, size_t n) {
    for (size_t i = 0; i < n; i++) {
        out[i] = vm_exp(x[i] - most);
    }
}

/* engine_exp of differences that are not stored yet, in three passes: only the lookup between them
 * is done one by one. inf - inf is 0 on the engine. */
ANET_INLINE void engine_exp_loop(float *x, size_t n, bool away) {
    enum { PIECE = 64 };
    float whole[PIECE], part[PIECE], low[PIECE], high[PIECE];
    int32_t knot[PIECE];
    for (size_t from = 0; from < n; from += PIECE) {
        size_t count = n - from < PIECE ? n - from : PIECE;
        float *at = x + from;
        for (size_t i = 0; i < count; i++) {
            float t = engine_exponent(engine_half(at[i] != at[i] ? 0.0f : at[i], away), away);
            whole[i] = floorf(t);
            part[i] = (t - whole[i]) * 32.0f;
            knot[i] = (int32_t)part[i];
        }
        for (size_t i = 0; i < count; i++) {
            low[i] = knots_exp2[knot[i]];
            high[i] = knots_exp2[knot[i] + 1];
        }
        for (size_t i = 0; i < count; i++) {
            float rise = (high[i] - low[i]) * (part[i] - (float)knot[i]);
            float y = low[i] + rise;
            at[i] = engine_half(y * engine_power((int32_t)whole[i]), away);
        }
    }
}

ANET_SIMD static void exp_even(float *x, size_t n) {
    engine_exp_loop(x, n, false);
}

ANET_SIMD static void exp_away(float *x, size_t n) {
    engine_exp_loop(x, n, true);
}

static void engine_exp_row(float *out, const float *x, float most, size_t n, host_rounding round) {
    for (size_t i = 0; i < n; i++) {
        out[i] = x[i] - most;
    }
    (round == ROUND_ENGINE_AWAY ? exp_away : exp_even)(out, n);
}

static void engine_exp_columns(float *out, const float *x, const float *most, size_t n,
                               host_rounding round) {
    for (size_t i = 0; i < n; i++) {
        out[i] = x[i] - most[i];
    }
    (round == ROUND_ENGINE_AWAY ? exp_away : exp_even)(out, n);
}

/* of at most BLOCK elements: short enough for float */
ANET_SIMD static float sum_block(const float *x, size_t n) {
    float lane[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            lane[k] += x[i + k];
        }
    }
    for (; i < n; i++) {
        sum += x[i];
    }
    for (size_t k = 0; k < LANES; k++) {
        sum += lane[k];
    }
    return sum;
}

/* writes exp(x - most); returns the sum */
static double exp_and_sum(float *out, const float *x, float most, size_t n, host_rounding round) {
    double sum = 0;
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t count = n - i < BLOCK ? n - i : BLOCK;
        if (round > ROUND_HALF) {
            engine_exp_row(out + i, x + i, most, count, round);
        } else {
            exp_row(out + i, x + i, most, count);
        }
        sum += (double)sum_block(out + i, count);
    }
    return sum;
}

static float inverse_of(double sum, host_rounding round) {
    if (round > ROUND_HALF) {
        return host_round(round, engine_inverse(host_round(round, (float)sum)));
    }
    return (float)(1 / sum);
}

ANET_SIMD static void scale_row(float *x, float by, size_t n, host_rounding round) {
    if (round == ROUND_HALF) {
        for (size_t i = 0; i < n; i++) {
            x[i] = half_round(x[i] * by);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            x[i] *= by;
        }
    }
    if (round > ROUND_HALF) {
        host_round_strip(round, x, x, n);
    }
}

typedef struct job {
    const softmax *f;
    const float *x;
    float *out;
    size_t blocks; /* of columns in each outer index */
} job;

void host_softmax_row(float *out, const float *x, size_t n, host_rounding round) {
    double sum = exp_and_sum(out, x, largest(x, n), n, round);
    scale_row(out, inverse_of(sum, round), n, round);
}

static void softmax_rows(const void *context, size_t from, size_t to) {
    const job *j = context;
    size_t n = j->f->length;
    for (size_t row = from; row < to; row++) {
        host_softmax_row(j->out + row * n, j->x + row * n, n, j->f->round);
    }
}

ANET_SIMD static void most_of_columns(float *most, const float *x, size_t n) {
    for (size_t k = 0; k < n; k++) {
        most[k] = x[k] > most[k] ? x[k] : most[k];
    }
}

ANET_SIMD static void exp_columns(float *out, const float *x, const float *most, size_t n) {
    for (size_t k = 0; k < n; k++) {
        out[k] = vm_exp(x[k] - most[k]);
    }
}

ANET_SIMD static void add_columns(double *sum, const float *x, size_t n) {
    for (size_t k = 0; k < n; k++) {
        sum[k] += (double)x[k];
    }
}

ANET_SIMD static void scale_columns(float *out, const float *by, size_t n, host_rounding round) {
    for (size_t k = 0; k < n; k++) {
        float y = out[k] * by[k];
        out[k] = round == ROUND_HALF ? half_round(y) : y;
    }
    if (round > ROUND_HALF) {
        host_round_strip(round, out, out, n);
    }
}

/* along an axis that is not the last: many columns side by side */
static void softmax_columns(const void *context, size_t from, size_t to) {
    const job *j = context;
    const softmax *f = j->f;
    for (size_t i = from; i < to; i++) {
        size_t column = i % j->blocks * COLUMNS, start = i / j->blocks * f->length * f->inner;
        size_t n = f->inner - column < COLUMNS ? f->inner - column : COLUMNS;
        const float *x = j->x + start + column;
        float *out = j->out + start + column, most[COLUMNS], scale[COLUMNS];
        double sum[COLUMNS] = {0};
        for (size_t k = 0; k < n; k++) {
            most[k] = -INFINITY;
        }
        for (size_t row = 0; row < f->length; row++) {
            most_of_columns(most, x + row * f->inner, n);
        }
        for (size_t row = 0; row < f->length; row++) {
            float *y = out + row * f->inner;
            if (f->round > ROUND_HALF) {
                engine_exp_columns(y, x + row * f->inner, most, n, f->round);
            } else {
                exp_columns(y, x + row * f->inner, most, n);
            }
            add_columns(sum, y, n);
        }
        for (size_t k = 0; k < n; k++) {
            scale[k] = inverse_of(sum[k], f->round);
        }
        for (size_t row = 0; row < f->length; row++) {
            scale_columns(out + row * f->inner, scale, n, f->round);
        }
    }
}

anet_code host_run_softmax(const step *s, const execution *x) {
    const softmax *f = &s->as.softmax;
    job j = {.f = f, .x = at_ref(x, s->in[0]), .out = at_ref(x, s->out[0])};
    j.blocks = (f->inner + COLUMNS - 1) / COLUMNS;
    bool rows = f->inner == 1;
    size_t work = f->length * (rows ? 1 : COLUMNS);
    host_for_ranges(x->pool, f->outer * j.blocks, GRAIN / work + 1,
                    rows ? softmax_rows : softmax_columns, &j);
    return ANET_OK;
}
