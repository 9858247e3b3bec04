/* reduce.c: sums, means, maxima and minima over any axes. Sums are kept in double, so that their
 * error does not grow with the length. On the engine the sum of a mean is stored before it is
 * divided: beyond 65504 it is infinite. */
#include "host/program.h"
#include "host/vmath.h"

#include <math.h>

enum { LANES = 16, COLUMNS = 128, GRAIN = 16384 };

/* per-lane sums of a contiguous row: the lanes are what vectorises */
ANET_SIMD static void add_row_to_lanes(const float *x, size_t n, double *sum) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            sum[k] += (double)x[i + k];
        }
    }
    for (; i < n; i++) {
        sum[0] += (double)x[i];
    }
}

/* keeps NaN once met */
ANET_INLINE float larger(float a, float x) {
    return (x > a || x != x) ? x : a;
}

ANET_SIMD static void max_row_to_lanes(const float *x, size_t n, float sign, float *most) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            most[k] = larger(most[k], sign * x[i + k]);
        }
    }
    for (; i < n; i++) {
        most[0] = larger(most[0], sign * x[i]);
    }
}

ANET_SIMD static void add_to_columns(const float *x, size_t n, double *sum) {
    for (size_t k = 0; k < n; k++) {
        sum[k] += (double)x[k];
    }
}

ANET_SIMD static void max_to_columns(const float *x, size_t n, float sign, float *most) {
    for (size_t k = 0; k < n; k++) {
        most[k] = larger(most[k], sign * x[k]);
    }
}

typedef struct job {
    const reduction *r;
    const float *x;
    float *out;
    size_t rows;   /* combinations of the outer reduced axes */
    size_t blocks; /* of columns, when the innermost axis stays */
    host_tally *tally;
    double scale;
    float sign; /* -1: the minimum is the negated maximum of the negated */
} job;

static bool by_sum(const reduction *r) {
    return r->kind == REDUCE_SUM || r->kind == REDUCE_MEAN;
}

/* An infinite maximum is an operand, and no news. */
static void count(const job *j, double sum, float y) {
    bool beyond = fabs(sum) >= 65520.0 || fabsf(y) >= 65520.0f;
    host_tally_add(j->tally, TALLY_STORE_OVERFLOW, by_sum(j->r) && beyond && j->r->round);
    host_tally_add(j->tally, TALLY_MADE_ZERO, y != y && j->r->round > ROUND_HALF);
}

static void store(const job *j, float *to, double value) {
    host_rounding round = j->r->round;
    if (round > ROUND_HALF && j->r->kind == REDUCE_MEAN) {
        value = (double)host_round(round, (float)value);
    }
    float y = (float)(value * j->scale);
    *to = host_round(round, y);
    if (j->tally) {
        count(j, value, y);
    }
}

/* one result: the sum of whole rows */
static void reduce_rows(const void *context, size_t from, size_t to) {
    const job *j = context;
    const reduction *r = j->r;
    for (size_t i = from; i < to; i++) {
        const float *x = j->x + nest_offset(&r->kept, 0, r->kept.rank, i);
        double sum[LANES] = {0}, total = 0;
        float most[LANES], best = -INFINITY;
        for (int k = 0; k < LANES; k++) {
            most[k] = -INFINITY;
        }
        for (size_t row = 0; row < j->rows; row++) {
            const float *at = x + nest_offset(&r->reduced, 0, r->reduced.rank, row);
            if (by_sum(r)) {
                add_row_to_lanes(at, r->inner, sum);
            } else {
                max_row_to_lanes(at, r->inner, j->sign, most);
            }
        }
        for (int k = 0; k < LANES; k++) {
            total += sum[k];
            best = larger(best, most[k]);
        }
        float *y = j->out + nest_offset(&r->kept, 1, r->kept.rank, i);
        store(j, y, by_sum(r) ? total : (double)best);
    }
}

/* a block of neighbouring results: rows added to each other */
static void reduce_columns(const void *context, size_t from, size_t to) {
    const job *j = context;
    const reduction *r = j->r;
    for (size_t i = from; i < to; i++) {
        size_t kept = i / j->blocks, column = i % j->blocks * COLUMNS;
        size_t n = r->inner - column < COLUMNS ? r->inner - column : COLUMNS;
        const float *x = j->x + nest_offset(&r->kept, 0, r->kept.rank, kept) + column;
        float *y = j->out + nest_offset(&r->kept, 1, r->kept.rank, kept) + column;
        double sum[COLUMNS] = {0};
        float most[COLUMNS];
        for (size_t k = 0; k < n; k++) {
            most[k] = -INFINITY;
        }
        for (size_t row = 0; row < j->rows; row++) {
            const float *at = x + nest_offset(&r->reduced, 0, r->reduced.rank, row);
            if (by_sum(r)) {
                add_to_columns(at, n, sum);
            } else {
                max_to_columns(at, n, j->sign, most);
            }
        }
        for (size_t k = 0; k < n; k++) {
            store(j, y + k, by_sum(r) ? sum[k] : (double)most[k]);
        }
    }
}

anet_code host_run_reduction(const step *s, const execution *x) {
    const reduction *r = &s->as.reduction;
    size_t results = nest_count(&r->kept, r->kept.rank);
    job j = {.r = r, .x = at_ref(x, s->in[0]), .out = at_ref(x, s->out[0]), .sign = 1, .scale = 1};
    j.tally = s->tally;
    j.rows = nest_count(&r->reduced, r->reduced.rank);
    size_t work = j.rows * (r->inner_kept ? COLUMNS : r->inner);
    if (r->kind == REDUCE_MEAN) {
        j.scale = 1 / ((double)j.rows * (r->inner_kept ? 1 : (double)r->inner));
    } else if (r->kind == REDUCE_MIN) {
        j.scale = j.sign = -1;
    }
    j.blocks = r->inner_kept ? (r->inner + COLUMNS - 1) / COLUMNS : 1;
    host_for_ranges(x->pool, results * j.blocks, GRAIN / work + 1,
                    r->inner_kept ? reduce_columns : reduce_rows, &j);
    return ANET_OK;
}
