/* groups.c: the elements of a tensor in groups. */
#include "host/groups.h"

enum { GRAIN = 16384 };

static void split_axes(const shape *x, unsigned axes, host_groups *g) {
    ptrdiff_t steps[MAX_RANK], packed[MAX_RANK];
    size_t span[2] = {1, 1};
    shape_steps(x, steps);
    for (int i = x->rank - 1; i >= 0; i--) {
        packed[i] = (ptrdiff_t)span[axes >> i & 1];
        span[axes >> i & 1] *= x->dim[i];
    }
    *g = (host_groups){.kept.operands = 2, .gone.operands = 2};
    for (int i = 0; i < x->rank; i++) {
        nest *to = axes >> i & 1 ? &g->gone : &g->kept;
        to->dim[to->rank] = x->dim[i];
        to->step[0][to->rank] = steps[i];
        to->step[1][to->rank++] = packed[i];
    }
    nest_merge(&g->kept);
    nest_merge(&g->gone);
}

void host_plan_groups(const shape *x, unsigned axes, host_groups *g) {
    split_axes(x, axes, g);
    const nest *kept = &g->kept, *gone = &g->gone;
    size_t width = gone->dim[gone->rank - 1];
    g->rows = gone->step[0][gone->rank - 1] == 1;
    g->elements = nest_count(gone, gone->rank);
    g->columns = g->rows ? 1 : kept->dim[kept->rank - 1];
    g->groups = nest_count(kept, kept->rank);
    g->pieces = g->rows ? (width + STRIP - 1) / STRIP : 1;
    g->strips = g->rows ? g->elements / width * g->pieces : g->elements;
}

host_strip host_strip_at(const host_groups *g, size_t i, size_t columns) {
    int axes = g->rows ? g->gone.rank - 1 : g->gone.rank;
    size_t row = i / g->pieces, at = i % g->pieces * STRIP;
    host_strip s = {nest_offset(&g->gone, 0, axes, row) + (ptrdiff_t)at,
                    nest_offset(&g->gone, 1, axes, row) + (ptrdiff_t)at, columns};
    if (g->rows) {
        size_t left = g->gone.dim[axes] - at;
        s.n = left < STRIP ? left : STRIP;
    }
    return s;
}

static size_t blocks_in_row(const host_groups *g) {
    return (g->columns + STRIP - 1) / STRIP;
}

size_t host_blocks(const host_groups *g) {
    return g->groups / g->columns * blocks_in_row(g);
}

host_block host_block_at(const host_groups *g, size_t i) {
    size_t row = i / blocks_in_row(g), column = i % blocks_in_row(g) * STRIP;
    size_t left = g->columns - column;
    int axes = g->rows ? g->kept.rank : g->kept.rank - 1;
    return (host_block){.group = row * g->columns + column,
                        .x = nest_offset(&g->kept, 0, axes, row) + (ptrdiff_t)column,
                        .columns = left < STRIP ? left : STRIP};
}

size_t host_block_grain(const host_groups *g) {
    return GRAIN / (g->elements * (g->rows ? 1 : STRIP)) + 1;
}
