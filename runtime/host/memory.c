/* memory.c: places for the intermediate tensors of a program. Walking the steps in order, a buffer
 * takes the best fitting gap when it is first written and gives it back after it was last read. */
#include "base/vec.h"
#include "host/program.h"

#include <string.h>

enum { LINE = 16 }; /* floats */

typedef struct gap {
    size_t at, n;
} gap;

typedef struct heap {
    VEC(gap) gaps; /* in order, never touching each other */
    size_t end;    /* of the workspace so far */
} heap;

static size_t take(heap *h, size_t n) {
    size_t best = h->gaps.len;
    for (size_t i = 0; i < h->gaps.len; i++) {
        if (h->gaps.at[i].n >= n && (best == h->gaps.len || h->gaps.at[i].n < h->gaps.at[best].n)) {
            best = i;
        }
    }
    if (best < h->gaps.len) {
        gap *g = &h->gaps.at[best];
        size_t at = g->at;
        g->at += n;
        g->n -= n;
        if (g->n == 0) {
            memmove(g, g + 1, (--h->gaps.len - best) * sizeof *g);
        }
        return at;
    }
    /* grow at the end, from the last gap if it touches the end */
    gap *last = h->gaps.len ? &h->gaps.at[h->gaps.len - 1] : NULL;
    size_t at = h->end;
    if (last && last->at + last->n == h->end) {
        at = last->at;
        h->gaps.len--;
    }
    h->end = at + n;
    return at;
}

/* keeps the gaps in order, and joins those that touch */
static void give_back(heap *h, size_t at, size_t n) {
    size_t i = 0;
    while (i < h->gaps.len && h->gaps.at[i].at < at) {
        i++;
    }
    vec_push(&h->gaps, (gap){0});
    memmove(&h->gaps.at[i + 1], &h->gaps.at[i], (h->gaps.len - 1 - i) * sizeof(gap));
    h->gaps.at[i] = (gap){at, n};
    if (i + 1 < h->gaps.len && at + n == h->gaps.at[i + 1].at) {
        h->gaps.at[i].n += h->gaps.at[i + 1].n;
        memmove(&h->gaps.at[i + 1], &h->gaps.at[i + 2], (h->gaps.len - i - 2) * sizeof(gap));
        h->gaps.len--;
    }
    if (i > 0 && h->gaps.at[i - 1].at + h->gaps.at[i - 1].n == at) {
        h->gaps.at[i - 1].n += h->gaps.at[i].n;
        memmove(&h->gaps.at[i], &h->gaps.at[i + 1], (h->gaps.len - i - 1) * sizeof(gap));
        h->gaps.len--;
    }
}

static size_t room(const buffer *b) {
    return (b->n + LINE - 1) / LINE * LINE;
}

/* `last` becomes -1, so that a buffer which a step reads twice is given back once */
static void release_dead(const anet_program *p, heap *h, const ref *refs, int n, int now,
                         int *last) {
    for (int k = 0; k < n; k++) {
        int i = refs[k].buffer;
        if (p->buffer[i].kind == BUFFER_WORK && last[i] == now) {
            give_back(h, p->buffer[i].offset, room(&p->buffer[i]));
            last[i] = -1;
        }
    }
}

void host_plan_memory(anet_program *p) {
    int *last = anet_calloc((size_t)p->buffers, sizeof *last);
    bool *placed = anet_calloc((size_t)p->buffers, sizeof *placed);
    heap h = {0};
    for (int i = 0; i < p->steps; i++) {
        for (int k = 0; k < p->step[i].ins; k++) {
            last[p->step[i].in[k].buffer] = i;
        }
        for (int k = 0; k < p->step[i].outs; k++) {
            last[p->step[i].out[k].buffer] = i;
        }
    }
    for (int i = 0; i < p->steps; i++) {
        const step *s = &p->step[i];
        for (int k = 0; k < s->outs; k++) {
            buffer *b = &p->buffer[s->out[k].buffer];
            if (b->kind == BUFFER_WORK && !placed[s->out[k].buffer]) {
                b->offset = take(&h, room(b));
                placed[s->out[k].buffer] = true;
            }
        }
        release_dead(p, &h, s->in, s->ins, i, last);
        release_dead(p, &h, s->out, s->outs, i, last);
    }
    p->workspace = h.end;
    vec_free(&h.gaps);
    free(placed);
    free(last);
}
