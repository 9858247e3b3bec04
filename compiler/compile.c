/* compile.c: the passes, in order. */
#include "autodiff.h"
#include "driver.h"
#include "elaborate.h"
#include "emit.h"
#include "fuse.h"
#include "layout.h"
#include "lower.h"
#include "place.h"
#include "schedule.h"
#include "simplify.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

typedef struct pipeline {
    compilation *c;
    ast *tree; /* NULL: the graph was read from text, and there is nothing else */
    elaborated *m;
    lowered *l;
    schedule *s;
} pipeline;

/* --- passes --- */

static void run_PARSE(pipeline *p) {
    (void)p; /* driver.c does */
}

static void run_ELABORATE(pipeline *p) {
    p->m = elaborate(p->c->memory, p->tree, p->c->options, &p->c->diags);
}

static void run_SIMPLIFY(pipeline *p) {
    simplify(p->m->g);
}

static bool is_trained(const graph *g, size_t i) {
    for (size_t k = 0; k < g->gradients.len; k++) {
        if ((size_t)g->gradients.at[k].param == i) {
            return true;
        }
    }
    return false;
}

/* A frozen parameter must at least be read. */
static bool is_read(const graph *g, size_t i) {
    for (value v = 1; v < g->nodes.len; v++) {
        const node *n = graph_node(g, v);
        if (n->op == OP_PARAM && (size_t)n->at.index == i) {
            return true;
        }
    }
    return false;
}

static void report_unused(diags *d, const param *x) {
    diag *e = diag_error(d, E0503, x->made, "parameter `%s` is never used", x->name);
    if (x->made.file != x->at.file || x->made.begin != x->at.begin) {
        diag_add_note(d, e, x->at, "declared here");
    }
    diag_add_hint(d, e, "remove it, or use it on the way to the loss");
}

static void run_DIFFERENTIATE(pipeline *p) {
    graph *g = p->m->g;
    differentiate(g);
    drop_dead(g);
    for (size_t i = 0; i < g->params.len; i++) {
        const param *x = &g->params.at[i];
        if (x->frozen ? !is_read(g, i) : !is_trained(g, i)) {
            report_unused(&p->c->diags, x);
        }
    }
}

static void run_RESIMPLIFY(pipeline *p) {
    simplify(p->m->g);
}

static void run_LAYOUT(pipeline *p) {
    layout(p->m->g);
    drop_dead(p->m->g);
}

static void run_PLACE(pipeline *p) {
    place(p->m->g);
}

static void run_FUSE(pipeline *p) {
    fuse(p->m->g, p->c->options->level);
}

static void run_TAP(pipeline *p) {
    recompute_taps(p->m->g);
    drop_dead(p->m->g);
}

static void run_LOWER(pipeline *p) {
    const target_list *t = &p->c->options->targets;
    legal_form form = legal_form_of(t);
    if (p->c->options->weights_given) {
        form.weights = p->c->options->weights;
    }
    p->l = lower(p->m->g, &form);
    if (t->n) {
        lowered_check_targets(p->l, p->m->g, t, &p->c->diags);
    }
}

static void run_SCHEDULE(pipeline *p) {
    p->s = make_schedule(p->m->g, p->l);
}

/* --- what leaves --- */

/* The model's file, which comes after all that it imports; an installed model may be named without
 * its path. */
static const char *source_path(const pipeline *p) {
    const ast *file = p->tree;
    while (file && file->next) {
        file = file->next;
    }
    return file ? p->c->files.at[file->at.file]->path : p->c->options->input;
}

static void add_mil(compilation *c, const product *p) {
    text t = {0};
    for (int i = 0; i < p->l->n_programs; i++) {
        const program *k = &p->l->programs[i];
        text_add(&t, k->mil.at, k->mil.len);
        artifact_add(c, arena_printf(c->memory, "%s.mil", k->name), &t);
    }
    emit_manifest(p, &t);
    artifact_add(c, "manifest.json", &t);
}

static void run_EMIT(pipeline *p) {
    compilation *c = p->c;
    unsigned emit = c->options->emit;
    product made = {p->m, p->l, p->s, source_path(p)};
    text t = {0};
    if (emit & EMIT_IR) {
        graph_print(p->m->g, &t);
        artifact_add(c, "ir.txt", &t);
    }
    if (emit & EMIT_KERNELS) {
        emit_kernels(&made, &t);
        artifact_add(c, "kernels.txt", &t);
    }
    if (emit & EMIT_MIL) {
        add_mil(c, &made);
    }
    if (emit & EMIT_SCHEDULE) {
        schedule_print(p->m->g, p->l, p->s, &t);
        artifact_add(c, "schedule.txt", &t);
    }
    if (emit & EMIT_DOT) {
        graph_print_dot(p->m->g, &t);
        artifact_add(c, "graph.dot", &t);
    }
    if (emit & EMIT_COST) {
        emit_cost(&made, &c->options->targets, &t);
        artifact_add(c, "cost.txt", &t);
    }
    if (p->tree && (emit & EMIT_C || !emit)) {
        emit_c(&made, &t);
        artifact_add(c, arena_printf(c->memory, "%s.c", p->m->name), &t);
    }
}

/* --- the pipeline --- */

static bool is_on(const options *o, pass_id id) {
    if (passes[id].optional && o->pass[id]) {
        return o->pass[id] > 0;
    }
    return o->level >= passes[id].level;
}

static void dump(const pipeline *p, pass_id id) {
    text t = {0};
    product made = {p->m, p->l, p->s, source_path(p)};
    if (id == PASS_LOWER) {
        for (int i = 0; i < p->l->n_programs; i++) {
            text_add(&t, p->l->programs[i].mil.at, p->l->programs[i].mil.len);
        }
    } else if (id == PASS_SCHEDULE) {
        schedule_print(p->m->g, p->l, p->s, &t);
    } else if (id == PASS_EMIT) {
        if (!p->tree) {
            return;
        }
        emit_c(&made, &t);
    } else {
        graph_print(p->m->g, &t);
    }
    fprintf(stderr, "=== after %s ===\n%s", passes[id].name, t.at ? t.at : "");
    text_free(&t);
}

/* In every build but those with NDEBUG: a pass that breaks the graph is named, not its successor.
 */
static void verify(const pipeline *p, pass_id id) {
    const char *wrong = p->m ? graph_verify(p->m->g) : NULL;
    if (wrong) {
        die("after %s: %s", passes[id].name, wrong);
    }
    anet_error err = {0};
    if (id == PASS_LOWER && lowered_check(p->l, &err)) {
        die("after lower: %s", err.message);
    }
}

static bool run_pass(pipeline *p, pass_id id, void (*run)(pipeline *)) {
    double start = seconds_now();
    if (is_on(p->c->options, id)) {
        run(p);
    }
    if (p->m && id <= PASS_TAP) {
        p->m->g->after = id;
    }
    timing_add(p->c, passes[id].name, seconds_now() - start);
    if (p->c->diags.errors) {
        return false;
    }
    if (p->c->options->verify) {
        verify(p, id);
    }
    if (p->c->options->dump_after[id]) {
        dump(p, id);
    }
    return true;
}

/* --check stops when all shapes are known and all parameters are used, and the targets were asked.
 */
static bool is_done(const pipeline *p, pass_id id) {
    pass_id last = p->c->options->targets.n ? PASS_LOWER : PASS_DIFFERENTIATE;
    return p->c->options->check && id >= last;
}

static bool run_passes(pipeline *p, int first) {
    static void (*const runs[PASS_COUNT])(pipeline *) = {
#define PASS(ID, name, level, optional, text) [PASS_##ID] = run_##ID,
#include "passes.def"
    };
    bool ok = true;
    for (int id = first; ok && id < PASS_COUNT; id++) {
        ok = run_pass(p, (pass_id)id, runs[id]);
        if (is_done(p, (pass_id)id)) {
            break;
        }
    }
    schedule_free(p->s);
    lowered_free(p->l);
    model_free(p->m);
    return ok;
}

bool compile_program(compilation *c, ast *tree) {
    pipeline p = {.c = c, .tree = tree};
    return run_passes(&p, PASS_PARSE + 1);
}

bool compile_graph(compilation *c, graph *g) {
    pipeline p = {.c = c, .m = ARENA_NEW(c->memory, elaborated)};
    p.m->name = g->calls.at[0].layer;
    p.m->g = g;
    return run_passes(&p, (int)g->after + 1);
}
