/* emit_cost.c: the estimate of a training step, from the schedule and the MIL text of the kernels.
 *
 * The window's steps run one after the other; kernels hand tensors to each other in place, and what
 * both engine and processor touch is copied once. After the last window of a step come the
 * optimizer and the copy of the weights. */
#include "cost.h"
#include "emit.h"

#include "mil/ops.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct work_list {
    VEC(mil_work) ops;
} work_list;

typedef struct estimator {
    const product *p;
    work_list *works; /* of each program */
    bool *on_engine;  /* each value of the schedule: a kernel of the engine touches it */
    bool *copied;
    bool beside;
    cost_step step;
} estimator;

/* ---- work of kernels ---- */

static void take_work(void *context, const mil_func *func, const mil_inference *in) {
    (void)func;
    work_list *w = context;
    if (strcmp(in->op->op, "const") != 0) {
        vec_push(&w->ops, mil_work_of(in));
    }
}

static void read_works(const program *k, work_list *w) {
    anet_error err = {0};
    mil_program *mil = NULL;
    if (mil_read(k->mil.at, k->mil.len, k->name, &mil, &err)) {
        die("the cost of a kernel: %s", err.message);
    }
    arena *memory = arena_new();
    mil_findings found = {.memory = memory};
    mil_examine(mil, &found, take_work, w);
    mil_findings_free(&found);
    arena_free(memory);
    mil_free(mil);
}

/* ---- phases ---- */

static double elements_of(const estimator *e, int v) {
    const schedule *s = e->p->s;
    return (double)shape_size(&graph_node(e->p->m->g, s->values.at[v].shown)->s);
}

static anet_value_kind kind_of(const estimator *e, int v) {
    return value_kind(graph_node(e->p->m->g, e->p->s->values.at[v].v)->op);
}

static void add(estimator *e, const char *name, phase_kind kind, double amount) {
    if (amount == 0) {
        return;
    }
    cost_phase p = {.name = name, .kind = kind, .beside = e->beside, .times = 1, .amount = amount};
    cost_add(&e->step, &p);
}

/* what a step of the processor reads or writes of the engine's */
static void add_copies(estimator *e, const step *s) {
    for (int i = 0; i < s->n_args; i++) {
        int v = s->args[i];
        if (kind_of(e, v) == ANET_VALUE_TEMP && e->on_engine[v] && !e->copied[v]) {
            e->copied[v] = true;
            add(e, "copies", PHASE_COPY, cost_copied * elements_of(e, v));
        }
    }
}

/* what is copied beside the weights before a call */
static double packed_elements(const estimator *e, const step *s) {
    const program *k = &e->p->l->programs[s->program];
    bool packed = k->n_ports == 1 && k->n_in > 1 && !k->feed[0].blob && !k->feed[1].blob;
    double n = 0;
    for (int i = 0; packed && i < k->n_in; i++) {
        n += kind_of(e, s->args[i]) == ANET_VALUE_TEMP ? elements_of(e, s->args[i]) : 0;
    }
    return n;
}

static void add_kernel(estimator *e, const step *s) {
    const program *k = &e->p->l->programs[s->program];
    const work_list *w = &e->works[s->program];
    if (k->place == ANET_PLACE_ANE) {
        double packed = packed_elements(e, s);
        if (packed > 0) {
            cost_add_packing(&e->step, packed, e->beside);
        }
        cost_phase call = {.name = k->name, .kind = PHASE_CALL, .beside = e->beside, .times = 1};
        call.ops = w->ops.at;
        call.n_ops = w->ops.len;
        cost_add(&e->step, &call);
        return;
    }
    add_copies(e, s);
    double flops = 0, bytes = 0;
    for (size_t i = 0; i < w->ops.len; i++) {
        flops += 2 * w->ops.at[i].macs;
        bytes += 2 * w->ops.at[i].bytes; /* fp32 instead of the text's fp16 */
    }
    add(e, k->name, PHASE_BLAS, flops);
    add(e, k->name, PHASE_STREAM, bytes);
}

/* A gradient [M, N] += op(a) op(b) of [M, K] and [K, N]: 2 M N K. */
static double gradient_flops(const estimator *e, const step *s) {
    double mn = (double)shape_size(&e->p->m->g->params.at[s->param].s);
    double a = elements_of(e, s->args[0]), b = elements_of(e, s->args[1]);
    return 2 * sqrt(mn * a * b);
}

static void add_cpu_step(estimator *e, const step *s) {
    const double add_bytes = 12, half = 0.5;
    e->beside = e->beside || s->op == ANET_STEP_GRAD_MATMUL;
    add_copies(e, s);
    switch (s->op) {
    case ANET_STEP_EVAL:
        break;
    case ANET_STEP_GATHER:
        add(e, "embedding", PHASE_STREAM, 8 * elements_of(e, s->args[2]));
        break;
    case ANET_STEP_GATHER_GRAD:
        add(e, "embedding gradient", PHASE_STREAM, add_bytes * elements_of(e, s->args[1]));
        break;
    case ANET_STEP_LOSS:
        add(e, "loss", PHASE_LOSS, half * elements_of(e, s->args[0]));
        break;
    case ANET_STEP_LOSS_GRAD:
        add(e, "loss gradient", PHASE_LOSS, half * elements_of(e, s->args[0]));
        break;
    case ANET_STEP_GRAD_MATMUL:
        add(e, "weight gradients", PHASE_BACKGROUND, gradient_flops(e, s));
        break;
    case ANET_STEP_GRAD_ADD:
        add(e, "small gradients", PHASE_STREAM, add_bytes * elements_of(e, s->args[0]));
        break;
    }
}

/* of one window */
static void add_window(estimator *e) {
    const schedule *s = e->p->s;
    for (size_t i = 0; i < s->steps.len; i++) {
        const step *x = &s->steps.at[i];
        if (x->op == ANET_STEP_EVAL) {
            add_kernel(e, x);
        } else {
            add_cpu_step(e, x);
        }
    }
}

static bool is_trained(const estimator *e, int v) {
    const sched_value *x = &e->p->s->values.at[v];
    return kind_of(e, v) == ANET_VALUE_PARAM &&
           !e->p->m->g->params.at[graph_node(e->p->m->g, x->v)->at.index].frozen;
}

static bool on_engine(const estimator *e, const step *s) {
    return s->op == ANET_STEP_EVAL && e->p->l->programs[s->program].place == ANET_PLACE_ANE;
}

/* Inputs of their own are written once for all kernels, parts of packed ones for each call. */
static cost_weights written_weights(const estimator *e, cost_feed feed) {
    cost_weights w = {.feed = feed};
    bool *counted = anet_calloc(e->p->s->values.len + 1, sizeof *counted);
    for (size_t i = 0; i < e->p->s->steps.len; i++) {
        const step *s = &e->p->s->steps.at[i];
        for (int k = 0; on_engine(e, s) && k < s->n_args; k++) {
            int v = s->args[k];
            if (is_trained(e, v) && (feed == COST_PACKED || !counted[v])) {
                counted[v] = true;
                w.elements += elements_of(e, v);
                w.tensors++;
            }
        }
    }
    free(counted);
    return w;
}

/* Each choice of constants is a program of its own. */
static cost_weights baked_weights(const estimator *e) {
    cost_weights w = {.feed = COST_BAKED, .patches = true};
    for (size_t i = 0; i < e->p->s->steps.len; i++) {
        const step *s = &e->p->s->steps.at[i];
        const program *p = &e->p->l->programs[s->program];
        bool holds = false;
        for (int k = 0; on_engine(e, s) && k < p->n_in; k++) {
            holds = holds || (p->feed[k].blob && is_trained(e, s->args[k]));
        }
        w.programs += holds;
    }
    return w;
}

static cost_weights weights_of(const estimator *e) {
    weights_mode mode = e->p->l->form.weights;
    return mode == WEIGHTS_BAKED
               ? baked_weights(e)
               : written_weights(e, mode == WEIGHTS_PACKED ? COST_PACKED : COST_PARAMETER);
}

/* what follows the last window: gradients are read, moments and weights read and written */
static void add_update(estimator *e) {
    const double bytes = 7 * sizeof(float);
    const graph *g = e->p->m->g;
    e->beside = false;
    for (size_t i = 0; i < g->params.len; i++) {
        double n = g->params.at[i].frozen ? 0 : (double)shape_size(&g->params.at[i].s);
        add(e, "optimizer", PHASE_STREAM, bytes * n);
    }
    cost_weights w = weights_of(e);
    cost_add_update(&e->step, &w);
}

static void find_engine_values(estimator *e) {
    const schedule *s = e->p->s;
    for (size_t i = 0; i < s->steps.len; i++) {
        const step *x = &s->steps.at[i];
        bool engine =
            x->op == ANET_STEP_EVAL && e->p->l->programs[x->program].place == ANET_PLACE_ANE;
        for (int k = 0; engine && k < x->n_args; k++) {
            e->on_engine[x->args[k]] = true;
        }
    }
}

/* ---- the table ---- */

static void show_line(const char *name, const char *where, double times, double seconds,
                      double total, text *out) {
    char count[24] = "";
    if (times > 0) {
        snprintf(count, sizeof count, "%.0f", times);
    }
    text_printf(out, "  %-20s %-10s %6s %10.3f", name, where, count, 1e3 * seconds);
    if (total > 0) {
        text_printf(out, " %6.1f %%\n", 100 * seconds / total);
    } else {
        text_puts(out, "   beside\n");
    }
}

static void show_phases(const cost_machine *m, const cost_step *s, double total, text *out) {
    for (size_t i = 0; i < s->phases.len; i++) {
        const cost_phase *p = &s->phases.at[i];
        bool background = p->kind == PHASE_BACKGROUND;
        show_line(p->name, phase_kind_name(p->kind), p->times, cost_phase_seconds(m, p),
                  background ? 0 : total, out);
    }
}

static void show_sums(const product *p, const cost_sums *window, double once, text *out) {
    double background = window->kind[PHASE_BACKGROUND], engine = window->kind[PHASE_CALL];
    double total = window->total + once;
    text_printf(out, "  engine %.3f ms, %.1f %%; background %.3f ms, of which %.3f overlap\n",
                1e3 * engine, 100 * engine / total, 1e3 * background,
                1e3 * (background - window->waiting));
    int windows = p->m->recipe.batch * p->m->recipe.accumulate;
    if (windows > 1) {
        text_printf(out, "  a step of %d windows, as the recipe of the model says: %.3f ms\n",
                    windows, 1e3 * (windows * window->total + once));
    }
    text_putc(out, '\n');
}

/* An architecture such as h13g has the processor of the chips that it is in. */
static bool machine_of(const mil_target *t, cost_machine *m) {
    char chip[16];
    snprintf(chip, sizeof chip, "m%d", t->chip);
    const mil_cost_target *engine = mil_cost_find(mil_target_name(t));
    bool known = cost_machine_find(chip, m) && engine;
    m->engine = engine;
    return known;
}

/* `update` is the part of the step that is done once for all windows */
static void show_chip(const product *p, const mil_target *t, const cost_step *window,
                      const cost_step *update, text *out) {
    cost_machine m;
    const char *name = mil_target_name(t);
    if (!machine_of(t, &m)) {
        text_printf(out, "%s on %s: not enough is known of it\n\n", p->m->name, name);
        return;
    }
    cost_sums sums = cost_sum(&m, window);
    double once = cost_sum(&m, update).total, total = sums.total + once;
    text_printf(out, "%s on %s, estimated: a training step of one window\n", p->m->name, name);
    text_printf(out, "  %-20s %-10s %6s %10s %8s\n", "phase", "where", "times", "ms", "share");
    show_phases(&m, window, total, out);
    show_line("waiting for those", "processor", 0, sums.waiting, total, out);
    show_line("the window", "", 0, sums.total, total, out);
    show_phases(&m, update, total, out);
    show_line("total", "", 0, total, total, out);
    show_sums(p, &sums, once, out);
}

static void show_chips(const product *p, const target_list *chips, text *out) {
    arena *memory = arena_new();
    estimator e = {.p = p};
    e.works = ARENA_ARRAY(memory, work_list, p->l->n_programs);
    e.on_engine = ARENA_ARRAY(memory, bool, p->s->values.len);
    e.copied = ARENA_ARRAY(memory, bool, p->s->values.len);
    for (int i = 0; i < p->l->n_programs; i++) {
        read_works(&p->l->programs[i], &e.works[i]);
    }
    find_engine_values(&e);
    add_window(&e);
    cost_step window = e.step;
    e.step = (cost_step){0};
    add_update(&e);
    for (int i = 0; i < chips->n; i++) {
        show_chip(p, chips->at[i], &window, &e.step, out);
    }
    cost_step_free(&window);
    cost_step_free(&e.step);
    for (int i = 0; i < p->l->n_programs; i++) {
        vec_free(&e.works[i].ops);
    }
    arena_free(memory);
}

/* With the kernels in the form that this chip takes, if it takes them at all. */
static void show_own(const product *p, const mil_target *t, text *out) {
    graph *g = p->m->g;
    target_list chip = target_alone(t);
    legal_form form = legal_form_of(&chip);
    form.weights = p->l->form.weights;
    lowered *l = lower(g, &form);
    diags found = {.memory = g->memory};
    lowered_check_targets(l, g, &chip, &found);
    const diag *d = found.first;
    while (d && d->level != DIAG_ERROR) {
        d = d->next;
    }
    if (d) {
        const char *name = mil_target_name(t);
        text_printf(out, "%s on %s: %s [%s]\n  --target=ane:%s says where\n\n", p->m->name, name,
                    d->text, d->id, name);
    } else {
        schedule *s = make_schedule(g, l);
        product own = {p->m, l, s, p->source};
        show_chips(&own, &chip, out);
        schedule_free(s);
    }
    lowered_free(l);
}

void emit_cost(const product *p, const target_list *chips, text *out) {
    if (chips->n) {
        show_chips(p, chips, out);
    }
    for (int i = 0; !chips->n && i < mil_target_count(); i++) {
        show_own(p, mil_target_at(i), out);
    }
    text_printf(
        out,
        "No hardware was used. The model comes within 25 %% of all %d published times of "
        "other programs that it was held against;\nits rates were fitted on %d of them, "
        "its structure was chosen with others in view, and %d were asked when it was "
        "done.\nNone is on M2 or M6. No program of anetc was measured. Use it to compare.\n",
        COST_PUBLISHED, COST_FITTED, COST_UNSEEN);
}
