/* elementwise.c: runs of elementwise ops, a strip at a time: what one op of the run leaves for the
 * next stays in the L1 cache. */
#include "host/program.h"

#include <string.h>

enum { STRIP = 1024, MIN_ROW = 64, GRAIN = 16384 };

typedef struct job {
    const execution *x;
    const step *s;
    const elementwise *e;
    size_t inner;          /* length of the innermost axis */
    size_t strips_per_row; /* 0: rows are short, strips run across them */
    size_t n;
} job;

typedef struct strip_memory {
    float temp[MAX_RUN_TEMPS][STRIP];
    float expanded[MAX_OPERANDS][STRIP];
} strip_memory;

typedef struct operand {
    const float *at;
    bool scalar;
} operand;

static bool packed(const nest *n, int o) {
    return n->rank == 1 && n->step[o][0] == 1;
}

static void fill(float *to, float value, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[i] = value;
    }
}

/* elements [start, start + n) of input o, repeated as its broadcasting says */
static void expand(const nest *loops, int o, const float *base, size_t start, size_t n, float *to) {
    int last = loops->rank - 1;
    size_t inner = loops->dim[last], row = start / inner, column = start % inner;
    while (n > 0) {
        size_t count = inner - column < n ? inner - column : n;
        const float *from = base + nest_offset(loops, o, last, row);
        if (loops->step[o][last]) {
            memcpy(to, from + column, count * sizeof *to);
        } else {
            fill(to, *from, count);
        }
        to += count;
        n -= count;
        column = 0;
        row++;
    }
}

/* where the function finds n elements of an input: in place, expanded, or one for all */
static operand bind_input(const job *j, int o, size_t start, size_t n, float *expanded) {
    const nest *loops = &j->e->loops;
    const float *base = at_ref(j->x, j->s->in[o]);
    int last = loops->rank - 1;
    if (packed(loops, o)) {
        return (operand){base + start, false};
    }
    if (j->strips_per_row == 0) {
        expand(loops, o, base, start, n, expanded);
        return (operand){expanded, false};
    }
    const float *row = base + nest_offset(loops, o, last, start / j->inner);
    if (loops->step[o][last]) {
        return (operand){row + start % j->inner, false};
    }
    if (j->e->spread >> o & 1) {
        fill(expanded, *row, n);
        return (operand){expanded, false};
    }
    return (operand){row, true};
}

static void run_strip(const job *j, size_t start, size_t n, strip_memory *memory) {
    const elementwise *e = j->e;
    operand operands[MAX_OPERANDS + MAX_RUN_OPS];
    for (int o = 0; o < j->s->ins; o++) {
        operands[o] = bind_input(j, o, start, n, memory->expanded[o]);
    }
    for (int i = 0; i < e->ops; i++) {
        const run_op *op = &e->op[i];
        strip s = {.round = op->round, .n = n};
        s.out = op->out < 0 ? memory->temp[op->temp] : at_ref(j->x, j->s->out[op->out]) + start;
        for (int k = 0; k < op->operands; k++) {
            s.x[k] = operands[op->operand[k]].at;
            s.scalar[k] = operands[op->operand[k]].scalar;
        }
        memcpy(s.number, op->number, sizeof s.number);
        host_run_strip(op->fn, &s, op->tally);
        operands[j->s->ins + i] = (operand){s.out, false};
    }
}

static void run_strips(const void *context, size_t from, size_t to) {
    const job *j = context;
    strip_memory memory;
    for (size_t i = from; i < to; i++) {
        size_t start = i * STRIP, end = start + STRIP < j->n ? start + STRIP : j->n;
        if (j->strips_per_row) {
            size_t row = i / j->strips_per_row * j->inner;
            start = row + i % j->strips_per_row * STRIP;
            end = start + STRIP < row + j->inner ? start + STRIP : row + j->inner;
        }
        run_strip(j, start, end - start, &memory);
    }
}

anet_code host_run_elementwise(const step *s, const execution *x) {
    const elementwise *e = &s->as.elementwise;
    int last = e->loops.rank - 1;
    job j = {.x = x, .s = s, .e = e, .inner = e->loops.dim[last]};
    size_t rows = nest_count(&e->loops, last), strips;
    j.n = rows * j.inner;
    if (last == 0 || j.inner >= MIN_ROW) {
        j.strips_per_row = (j.inner + STRIP - 1) / STRIP;
        strips = rows * j.strips_per_row;
    } else {
        strips = (j.n + STRIP - 1) / STRIP;
    }
    size_t length = j.n / strips;
    host_for_ranges(x->pool, strips, GRAIN / (length ? length : 1) + 1, run_strips, &j);
    return ANET_OK;
}
