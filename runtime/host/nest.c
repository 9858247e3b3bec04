/* nest.c: shapes and loop nests. */
#include "host/nest.h"

#include <string.h>

bool shape_same(const shape *a, const shape *b) {
    return a->rank == b->rank && memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim) == 0;
}

shape shape_padded(const shape *s) {
    shape p = {.rank = MAX_RANK, .n = s->n};
    int lead = MAX_RANK - s->rank;
    for (int i = 0; i < MAX_RANK; i++) {
        p.dim[i] = i < lead ? 1 : s->dim[i - lead];
    }
    return p;
}

void shape_steps(const shape *s, ptrdiff_t step[MAX_RANK]) {
    size_t span = 1;
    for (int i = s->rank - 1; i >= 0; i--) {
        step[i] = (ptrdiff_t)span;
        span *= s->dim[i];
    }
}

size_t shape_span(const shape *s, int from, int to) {
    size_t span = 1;
    for (int i = from; i < to; i++) {
        span *= s->dim[i];
    }
    return span;
}

/* for every operand one step outside is a whole walk inside */
static bool mergeable(const nest *n, int outer, int inner) {
    for (int o = 0; o < n->operands; o++) {
        if (n->step[o][outer] != n->step[o][inner] * (ptrdiff_t)n->dim[inner]) {
            return false;
        }
    }
    return true;
}

static void move_axis(nest *n, int from, int to) {
    n->dim[to] = n->dim[from];
    for (int o = 0; o < n->operands; o++) {
        n->step[o][to] = n->step[o][from];
    }
}

void nest_merge(nest *n) {
    int kept = 0;
    for (int axis = 0; axis < n->rank; axis++) {
        if (n->dim[axis] == 1) {
            continue;
        }
        if (kept && mergeable(n, kept - 1, axis)) {
            size_t dim = n->dim[kept - 1] * n->dim[axis];
            move_axis(n, axis, kept - 1);
            n->dim[kept - 1] = dim;
        } else {
            move_axis(n, axis, kept++);
        }
    }
    if (kept == 0) {
        n->dim[0] = 1;
        for (int o = 0; o < n->operands; o++) {
            n->step[o][0] = 1;
        }
        kept = 1;
    }
    n->rank = kept;
}

size_t nest_count(const nest *n, int axes) {
    size_t count = 1;
    for (int i = 0; i < axes; i++) {
        count *= n->dim[i];
    }
    return count;
}

ptrdiff_t nest_offset(const nest *n, int o, int axes, size_t i) {
    ptrdiff_t at = 0;
    for (int axis = axes - 1; axis > 0; axis--) {
        at += (ptrdiff_t)(i % n->dim[axis]) * n->step[o][axis];
        i /= n->dim[axis];
    }
    return axes ? at + (ptrdiff_t)i * n->step[o][0] : at;
}
