/* engine_strips.c: how strips are computed where more is to do than to call the function: storing
 * as the engine does, and counting. */
#include "host/strips.h"

#include <math.h>

typedef struct counts {
    uint64_t overflows, nans, outside;
} counts;

static int operands(const strip *s) {
    int n = 0;
    while (n < STRIP_OPERANDS && s->x[n]) {
        n++;
    }
    return n;
}

static float operand(const strip *s, int k, size_t i) {
    return s->x[k][s->scalar[k] ? 0 : i];
}

/* infinite already, or -65504, which stands for -infinity in masks */
static bool any_extreme(const strip *s, int n, size_t i) {
    bool extreme = false;
    for (int k = 0; k < n; k++) {
        extreme |= fabsf(operand(s, k, i)) >= 65504.0f;
    }
    return extreme;
}

/* Of results that are not rounded yet. An infinity that came from one is no news. */
static counts count(const strip *s, float low, float high) {
    counts c = {0};
    int n = operands(s);
    for (size_t i = 0; i < s->n; i++) {
        float size = fabsf(s->out[i]), x = operand(s, 0, i);
        c.overflows += size >= 65520.0f && !any_extreme(s, n, i);
        c.nans += size != size;
        c.outside += !(x >= low && x <= high);
    }
    return c;
}

static void add_counts(strip_fn *fn, const strip *s, host_rounding how, host_tally *tally) {
    float low = -INFINITY, high = INFINITY;
    host_engine_domain(fn, &low, &high);
    counts c = count(s, low, high);
    host_tally_add(tally, fn == engine_strip_crop ? TALLY_HAZARD : TALLY_STORE_OVERFLOW,
                   c.overflows);
    host_tally_add(tally, TALLY_MADE_ZERO, how == ROUND_HALF ? 0 : c.nans);
    host_tally_add(tally, TALLY_OUTSIDE, c.outside);
}

void host_run_strip(strip_fn *fn, const strip *s, host_tally *tally) {
    host_rounding how = s->round;
    if (how == ROUND_NONE || (how == ROUND_HALF && !tally)) {
        fn(s);
        return;
    }
    strip raw = *s;
    raw.round = ROUND_NONE;
    fn(&raw);
    if (tally) {
        add_counts(fn, &raw, how, tally);
    }
    host_round_strip(how, s->out, s->out, s->n);
}
