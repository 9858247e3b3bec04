/* runs.c: joins elementwise steps of one shape that follow each other into runs. What a run
 * computes for its own use only never reaches memory. */
#include "host/planner.h"

#include <string.h>

typedef struct run {
    step step; /* with `as.elementwise`; ins and outs grow */
    ref in[MAX_OPERANDS];
    ref out[MAX_RUN_OPS]; /* the buffer of every op's result */
    run_op op[MAX_RUN_OPS];
} run;

static bool same_loops(const nest *a, const nest *b) {
    return memcmp(a->dim, b->dim, sizeof a->dim) == 0;
}

static bool same_ref(ref a, ref b) {
    return a.buffer == b.buffer && a.at == b.at;
}

/* whether operand o is the whole result, element for element */
static bool walks_result(const nest *loops, int o) {
    ptrdiff_t packed = 1;
    for (int axis = MAX_RANK - 1; axis >= 0; axis--) {
        if (loops->dim[axis] != 1 && loops->step[o][axis] != packed) {
            return false;
        }
        packed *= (ptrdiff_t)loops->dim[axis];
    }
    return true;
}

/* The operand number that input o of the step has or would have in the run: an op's result, an
 * input, or a new input. -1: the step reads a result of the run in another way, and must wait for
 * its end. */
static int find_operand(const run *r, const step *s, int o) {
    const nest *loops = &s->as.elementwise.loops, *have = &r->step.as.elementwise.loops;
    for (int i = 0; i < r->step.as.elementwise.ops; i++) {
        if (r->out[i].buffer == s->in[o].buffer) {
            return same_ref(r->out[i], s->in[o]) && walks_result(loops, o) ? MAX_OPERANDS + i : -1;
        }
    }
    for (int i = 0; i < r->step.ins; i++) {
        if (same_ref(r->in[i], s->in[o]) &&
            memcmp(have->step[i], loops->step[o], sizeof loops->step[o]) == 0) {
            return i;
        }
    }
    return r->step.ins;
}

static bool fits(const run *r, const step *s) {
    const elementwise *e = &s->as.elementwise;
    if (r->step.as.elementwise.ops == MAX_RUN_OPS || r->step.ins + s->ins > MAX_OPERANDS ||
        !same_loops(&r->step.as.elementwise.loops, &e->loops)) {
        return false;
    }
    for (int o = 0; o < s->ins; o++) {
        if (find_operand(r, s, o) < 0) {
            return false;
        }
    }
    return true;
}

static void append(run *r, const step *s) {
    const elementwise *from = &s->as.elementwise;
    elementwise *to = &r->step.as.elementwise;
    run_op op = from->op[0];
    for (int o = 0; o < s->ins; o++) {
        int operand = find_operand(r, s, o);
        if (operand == r->step.ins) {
            r->in[operand] = s->in[o];
            memcpy(to->loops.step[operand], from->loops.step[o], sizeof from->loops.step[o]);
            to->loops.operands = ++r->step.ins;
        }
        if (operand < MAX_OPERANDS && from->spread) {
            to->spread |= 1u << operand;
        }
        op.operand[o] = operand;
    }
    r->out[to->ops] = s->out[0];
    r->op[to->ops++] = op;
}

static void begin(run *r, const step *s) {
    *r = (run){.step = *s};
    elementwise *e = &r->step.as.elementwise;
    e->ops = 0;
    e->spread = 0;
    e->loops.operands = r->step.ins = 0;
    append(r, s);
}

/* --- ending a run: which results leave it, and strips for those that do not --- */

static int reads_inside(const run *r, int result, int *last) {
    int reads = 0;
    for (int i = 0; i < r->step.as.elementwise.ops; i++) {
        for (int k = 0; k < r->op[i].operands; k++) {
            if (r->op[i].operand[k] == MAX_OPERANDS + result) {
                reads++;
                *last = i;
            }
        }
    }
    return reads;
}

/* Gives op i a strip that neither it nor a later op reads; false if all are taken. */
static bool take_temp(run_op *op, int i, int last, int busy_until[MAX_RUN_TEMPS]) {
    for (int t = 0; t < MAX_RUN_TEMPS; t++) {
        if (busy_until[t] < i) {
            op->temp = t;
            busy_until[t] = last;
            return true;
        }
    }
    return false;
}

/* A result leaves the run if something outside reads it, or if no strip is left for it. Only now is
 * the number of inputs known, behind which operands count results. */
static void end(planner *p, run *r, const int *reads) {
    elementwise *e = &r->step.as.elementwise;
    int busy_until[MAX_RUN_TEMPS], outs = 0;
    ref out[MAX_RUN_OPS];
    for (int t = 0; t < MAX_RUN_TEMPS; t++) {
        busy_until[t] = -1;
    }
    for (int i = 0; i < e->ops; i++) {
        run_op *op = &r->op[i];
        int last = i, inside = reads_inside(r, i, &last);
        bool leaves = reads[r->out[i].buffer] > inside;
        op->out = -1;
        if (leaves || !take_temp(op, i, last, busy_until)) {
            op->out = outs;
            out[outs++] = r->out[i];
        }
    }
    for (int i = 0; i < e->ops; i++) {
        for (int k = 0; k < r->op[i].operands; k++) {
            if (r->op[i].operand[k] >= MAX_OPERANDS) {
                r->op[i].operand[k] += r->step.ins - MAX_OPERANDS;
            }
        }
    }
    nest_merge(&e->loops);
    r->step.in = arena_memdup(p->memory, r->in, (size_t)r->step.ins * sizeof *r->in);
    r->step.outs = outs;
    r->step.out = arena_memdup(p->memory, out, (size_t)outs * sizeof *out);
    e->op = arena_memdup(p->memory, r->op, (size_t)e->ops * sizeof *r->op);
    vec_push(&p->steps, r->step);
}

/* how often each buffer is read by steps and results */
static int *count_reads(const planner *p) {
    int *reads = anet_calloc(p->buffers.len, sizeof *reads);
    for (size_t i = 0; i < p->steps.len; i++) {
        for (int k = 0; k < p->steps.at[i].ins; k++) {
            reads[p->steps.at[i].in[k].buffer]++;
        }
    }
    for (size_t i = 0; i < p->results.len; i++) {
        reads[p->results.at[i].at.buffer]++;
    }
    return reads;
}

static bool depends(const step *s, const run *r) {
    for (int k = 0; k < s->ins; k++) {
        for (int i = 0; i < r->step.as.elementwise.ops; i++) {
            if (s->in[k].buffer == r->out[i].buffer) {
                return true;
            }
        }
    }
    return false;
}

/* Steps between those of a run go in front of it, unless they read what it computes. */
void host_plan_runs(planner *p) {
    int *reads = count_reads(p);
    step *old = p->steps.at;
    size_t count = p->steps.len;
    p->steps.at = NULL;
    p->steps.len = p->steps.cap = 0;
    bool open = false;
    run r;
    for (size_t i = 0; i < count; i++) {
        bool joins = old[i].run == host_run_elementwise;
        if (open && joins && fits(&r, &old[i])) {
            append(&r, &old[i]);
            continue;
        }
        if (open && (joins || depends(&old[i], &r))) {
            end(p, &r, reads);
            open = false;
        }
        if (joins) {
            begin(&r, &old[i]);
            open = true;
        } else {
            vec_push(&p->steps, old[i]);
        }
    }
    if (open) {
        end(p, &r, reads);
    }
    free(old);
    free(reads);
}
