/* numerics.c: storing results as the mode says. */
#include "host/numerics.h"

#include "base/half.h"
#include "host/program.h"

typedef struct rounding {
    float *to;
    const float *from;
} rounding;

enum { ROUND_PIECE = 1 << 16 };

static void round_range(const void *context, size_t from, size_t to) {
    const rounding *r = context;
    half_round_all(r->to + from, r->from + from, to - from);
}

void host_round_all(host_rounding how, float *to, const float *from, size_t n, anet_pool *pool) {
    rounding r = {to, from};
    if (how != ROUND_NONE) {
        host_for_ranges(pool, n, ROUND_PIECE, round_range, &r);
    }
}
