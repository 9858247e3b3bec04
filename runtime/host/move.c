/* move.c: copies along loops: what transpose, slice, concat and others come to. */
#include "host/program.h"
#include "host/words.h"

#include <string.h>

enum { TILE = 16, GRAIN = 16384 };

typedef struct copy_job {
    const nest *loops;
    const host_word *from;
    host_word *to;
    size_t tiles; /* of the last axis but one */
} copy_job;

/* [rows, columns] where `to` is contiguous along columns and `from` along rows */
static void transpose_tile(const host_word *from, host_word *to, size_t rows, size_t columns,
                           ptrdiff_t from_step, ptrdiff_t to_step) {
    for (size_t j0 = 0; j0 < columns; j0 += TILE) {
        size_t j1 = j0 + TILE < columns ? j0 + TILE : columns;
        for (size_t i = 0; i < rows; i++) {
            for (size_t j = j0; j < j1; j++) {
                to[(ptrdiff_t)i * to_step + (ptrdiff_t)j] =
                    from[(ptrdiff_t)i + (ptrdiff_t)j * from_step];
            }
        }
    }
}

static void copy_row(const host_word *from, host_word *to, size_t n, ptrdiff_t from_step,
                     ptrdiff_t to_step) {
    if (from_step == 1 && to_step == 1) {
        memcpy(to, from, n * sizeof *to);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        to[(ptrdiff_t)i * to_step] = from[(ptrdiff_t)i * from_step];
    }
}

static void copy_rows(const void *context, size_t begin, size_t end) {
    const copy_job *j = context;
    const nest *l = j->loops;
    int last = l->rank - 1;
    for (size_t i = begin; i < end; i++) {
        copy_row(j->from + nest_offset(l, 0, last, i), j->to + nest_offset(l, 1, last, i),
                 l->dim[last], l->step[0][last], l->step[1][last]);
    }
}

static void copy_tiles(const void *context, size_t begin, size_t end) {
    const copy_job *j = context;
    const nest *l = j->loops;
    int last = l->rank - 1, across = last - 1;
    for (size_t i = begin; i < end; i++) {
        size_t outer = i / j->tiles, row = i % j->tiles * TILE;
        size_t rows = l->dim[across] - row < TILE ? l->dim[across] - row : TILE;
        const host_word *from = j->from + nest_offset(l, 0, across, outer) + row;
        host_word *to =
            j->to + nest_offset(l, 1, across, outer) + (ptrdiff_t)row * l->step[1][across];
        transpose_tile(from, to, rows, l->dim[last], l->step[0][last], l->step[1][across]);
    }
}

static void swap_axes(nest *n, int a, int b) {
    size_t dim = n->dim[a];
    n->dim[a] = n->dim[b];
    n->dim[b] = dim;
    for (int o = 0; o < n->operands; o++) {
        ptrdiff_t kept = n->step[o][a];
        n->step[o][a] = n->step[o][b];
        n->step[o][b] = kept;
    }
}

void host_plan_copying(copying *c) {
    nest *l = &c->loops;
    nest_merge(l);
    int last = l->rank - 1;
    c->tiled = false;
    if (l->step[0][last] == 1 || l->step[1][last] != 1) {
        return;
    }
    for (int axis = 0; axis < last; axis++) {
        if (l->step[0][axis] == 1) {
            swap_axes(l, axis, last - 1);
            c->tiled = true;
            return;
        }
    }
}

static void copy(anet_pool *pool, const copying *c, const host_word *from, host_word *to) {
    const nest *l = &c->loops;
    copy_job j = {.loops = l, .from = from, .to = to};
    int last = l->rank - 1;
    if (c->tiled) {
        j.tiles = (l->dim[last - 1] + TILE - 1) / TILE;
        host_for_ranges(pool, nest_count(l, last - 1) * j.tiles, GRAIN / (TILE * l->dim[last]) + 1,
                        copy_tiles, &j);
    } else {
        host_for_ranges(pool, nest_count(l, last), GRAIN / l->dim[last] + 1, copy_rows, &j);
    }
}

void host_copy_words(anet_pool *pool, const nest *loops, const host_word *from, host_word *to) {
    copying c = {.loops = *loops};
    host_plan_copying(&c);
    copy(pool, &c, from, to);
}

anet_code host_run_copying(const step *s, const execution *x) {
    copy(x->pool, &s->as.copying, (const host_word *)at_ref(x, s->in[0]),
         (host_word *)at_ref(x, s->out[0]));
    return ANET_OK;
}

typedef struct fill_job {
    host_word *to, word;
} fill_job;

static void fill_range(const void *context, size_t begin, size_t end) {
    const fill_job *j = context;
    for (size_t i = begin; i < end; i++) {
        j->to[i] = j->word;
    }
}

void host_fill_words(anet_pool *pool, host_word *to, size_t n, host_word w) {
    host_for_ranges(pool, n, GRAIN, fill_range, &(fill_job){to, w});
}
