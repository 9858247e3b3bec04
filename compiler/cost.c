/* cost.c: adds up what the phases of a step take. */
#include "cost.h"

#include <string.h>

/* Of a matrix unit the background gets this much beside other work. The one figure that was chosen
 * so that a published total (static weights on M4, 106.7 ms) comes out. */
static const double SHARE = 0.66;

struct cost_chip {
    const char *name, *engine;
    double clock; /* GHz */
    double clusters;
    double stream;  /* GB/s of its engine, 0: as mil/cost.def */
    double start;   /* microseconds of a call, likewise */
    double compile; /* milliseconds of a program */
};

static const cost_chip chips[] = {
#define COST_CHIP(name, engine, clock, clusters, stream, start, compile, source)                   \
    {name, engine, clock, clusters, stream, start, compile},
#include "cost_chips.def"
};

static const struct {
    const char *name;
    double rate;
} kinds[] = {
#define COST_PHASE(ID, name, rate, unit) {name, rate},
#include "cost_chips.def"
};

static const cost_chip *find_chip(const char *name) {
    for (size_t i = 0; i < sizeof chips / sizeof *chips; i++) {
        if (strcmp(name, chips[i].name) == 0) {
            return &chips[i];
        }
    }
    return NULL;
}

bool cost_machine_find(const char *name, cost_machine *m) {
    m->processor = find_chip(name);
    m->engine = m->processor ? mil_cost_find(m->processor->engine) : NULL;
    if (!m->engine) {
        return false;
    }
    const double giga = 1e9, micro = 1e-6;
    double stream = m->processor->stream, start = m->processor->start;
    m->wider = stream > 0 ? giga * stream / mil_cost_bandwidth(m->engine) : 1;
    m->slower = start > 0 ? micro * start / mil_cost_start(m->engine) : 1;
    return true;
}

void cost_add(cost_step *s, const cost_phase *p) {
    for (size_t i = 0; i < s->phases.len; i++) {
        cost_phase *known = &s->phases.at[i];
        if (known->kind == p->kind && known->beside == p->beside && known->ops == p->ops &&
            strcmp(known->name, p->name) == 0) {
            known->times += p->times;
            known->amount += p->amount;
            return;
        }
    }
    vec_push(&s->phases, *p);
}

void cost_add_packing(cost_step *window, double elements, bool beside) {
    const double bytes = 4; /* fp16, read and written */
    cost_phase p = {.name = "packing", .kind = PHASE_COPY, .beside = beside, .times = 1};
    p.amount = bytes * elements;
    cost_add(window, &p);
}

void cost_add_update(cost_step *update, const cost_weights *w) {
    cost_phase p = {.name = "weights", .kind = PHASE_COPY, .times = w->tensors};
    p.amount = cost_copied * w->elements;
    if (w->feed == COST_BAKED) {
        p.kind = w->patches ? PHASE_PATCH : PHASE_COMPILE;
        p.times = p.amount = w->programs;
    }
    if (p.amount > 0) {
        cost_add(update, &p);
    }
}

void cost_step_free(cost_step *s) {
    vec_free(&s->phases);
}

const char *phase_kind_name(phase_kind kind) {
    return kinds[kind].name;
}

/* What is no product and small stays inside the engine between the ops of a call: chains of 32
 * layers take as long as one (facts ane-facts, 6.3), operands up to 2 MB are kept (6.2). */
static double op_seconds(const cost_machine *m, const mil_work *w) {
    const double kept = 2e6;
    mil_work moved = *w;
    moved.bytes /= m->wider;
    return w->macs == 0 && w->largest <= kept ? 0 : mil_cost_op(m->engine, &moved);
}

static double call_seconds(const cost_machine *m, const cost_phase *p) {
    double seconds = m->slower * mil_cost_start(m->engine);
    for (size_t i = 0; i < p->n_ops; i++) {
        seconds += op_seconds(m, &p->ops[i]);
    }
    return p->times * seconds;
}

double cost_phase_seconds(const cost_machine *m, const cost_phase *p) {
    if (p->kind == PHASE_CALL) {
        return call_seconds(m, p);
    }
    if (p->kind == PHASE_COMPILE) {
        const double milli = 1e-3;
        return p->amount * milli * m->processor->compile;
    }
    double rate = kinds[p->kind].rate * m->processor->clock / find_chip("m4")->clock;
    if (p->kind == PHASE_BACKGROUND) {
        rate *= SHARE * m->processor->clusters;
    }
    return p->amount / rate;
}

cost_sums cost_sum(const cost_machine *m, const cost_step *s) {
    cost_sums sums = {0};
    double beside = 0;
    for (size_t i = 0; i < s->phases.len; i++) {
        const cost_phase *p = &s->phases.at[i];
        double seconds = cost_phase_seconds(m, p);
        bool background = p->kind == PHASE_BACKGROUND;
        sums.kind[p->kind] += seconds;
        sums.total += background ? 0 : seconds;
        beside += p->beside && !background ? seconds : 0;
    }
    double over = sums.kind[PHASE_BACKGROUND] - beside;
    sums.waiting = over > 0 ? over : 0;
    sums.total += sums.waiting;
    return sums;
}
