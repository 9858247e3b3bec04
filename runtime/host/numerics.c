/* numerics.c: the table of modes, and storing values as a mode says. */
#include "host/numerics.h"

#include "host/engine_round.h"
#include "host/program.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

static const host_numerics table[] = {
#define NUMERICS(mode, name, round, mac, tables, hazard)                                           \
    [mode] = {name, round, mac, tables, hazard},
#include "host/numerics.def"
};

const char *const host_numerics_names[ANET_NUMERICS_MODES] = {
#define NUMERICS(mode, name, round, mac, tables, hazard) [mode] = name,
#include "host/numerics.def"
};

const host_numerics *host_numerics_of(anet_numerics mode) {
    return &table[mode];
}

/* The last family of engines that has these numerics; the last row is for all that come after. */
static const struct {
    long family; /* 16 for "h16g" */
    anet_numerics numerics;
} families[] = {{0, ANET_NUMERICS_ANE_M4},
                {14, ANET_NUMERICS_ANE_M1},
                {16, ANET_NUMERICS_ANE_M4},
                {17, ANET_NUMERICS_ANE_M5},
                {LONG_MAX, ANET_NUMERICS_ANE_M6}};

anet_numerics host_numerics_of_engine(const char *architecture) {
    long family = architecture[0] ? strtol(architecture + 1, NULL, 10) : 0;
    size_t row = 0;
    while (families[row].family < family) {
        row++;
    }
    return families[row].numerics;
}

/* what becomes of NaN: on the engine `for_nan`, else it stays */
ANET_INLINE float stored(host_rounding how, float x, float for_nan) {
    switch (how) {
    case ROUND_HALF:
        return half_round(x);
    case ROUND_ENGINE_EVEN:
        return x != x ? for_nan : half_round(x);
    case ROUND_ENGINE_AWAY:
        return x != x ? for_nan : half_round_away(x);
    case ROUND_NONE:
        break;
    }
    return x;
}

float host_round(host_rounding how, float x) {
    return stored(how, x, 0.0f);
}

float host_accept(host_rounding how, float x) {
    return stored(how, x, INFINITY);
}

ANET_SIMD static void even_loop(float *to, const float *from, size_t n, float for_nan) {
    for (size_t i = 0; i < n; i++) {
        to[i] = stored(ROUND_ENGINE_EVEN, from[i], for_nan);
    }
}

ANET_SIMD static void away_loop(float *to, const float *from, size_t n, float for_nan) {
    for (size_t i = 0; i < n; i++) {
        to[i] = stored(ROUND_ENGINE_AWAY, from[i], for_nan);
    }
}

static void store_strip(host_rounding how, float *to, const float *from, size_t n, float for_nan) {
    if (how == ROUND_HALF) {
        half_round_all(to, from, n);
    } else if (how == ROUND_ENGINE_EVEN) {
        even_loop(to, from, n, for_nan);
    } else if (how == ROUND_ENGINE_AWAY) {
        away_loop(to, from, n, for_nan);
    }
}

void host_round_strip(host_rounding how, float *to, const float *from, size_t n) {
    store_strip(how, to, from, n, 0.0f);
}

typedef struct storing {
    host_rounding how;
    float *to;
    const float *from;
    float for_nan;
    host_tally *tally;
} storing;

enum { PIECE = 1 << 16 };

/* Finite numbers that will not fit, and NaN. What is infinite already was counted where it arose.
 */
static void count(const storing *s, size_t from, size_t to) {
    uint64_t overflows = 0, nans = 0;
    for (size_t i = from; i < to; i++) {
        float size = fabsf(s->from[i]);
        overflows += size >= 65520.0f && size < INFINITY;
        nans += size != size && s->how != ROUND_HALF;
    }
    host_tally_add(s->tally, TALLY_STORE_OVERFLOW, overflows);
    host_tally_add(s->tally, s->for_nan > 0.0f ? TALLY_MADE_INFINITE : TALLY_MADE_ZERO, nans);
}

static void store_range(const void *context, size_t from, size_t to) {
    const storing *s = context;
    if (s->tally) {
        count(s, from, to);
    }
    store_strip(s->how, s->to + from, s->from + from, to - from, s->for_nan);
}

static void store_all(const storing *s, size_t n, anet_pool *pool) {
    if (s->how != ROUND_NONE) {
        host_for_ranges(pool, n, PIECE, store_range, s);
    }
}

void host_round_all(host_rounding how, float *to, const float *from, size_t n, anet_pool *pool,
                    host_tally *tally) {
    store_all(&(storing){how, to, from, 0.0f, tally}, n, pool);
}

void host_accept_all(host_rounding how, float *to, const float *from, size_t n, anet_pool *pool,
                     host_tally *tally) {
    store_all(&(storing){how, to, from, INFINITY, tally}, n, pool);
}
