/* target_check.c: asks the engine's rules about the lowered kernels; what they say is said about
 * the place in the model that each MIL operation comes from. */
#include "lower.h"

#include "mil/ops.h"

#include <string.h>

typedef struct told { /* a rule that has warned */
    const char *id;
    diag *first;
    int more;
} told;

typedef struct inquiry {
    const target_list *t;
    const graph *g;
    diags *messages;
    VEC(told) warned;
} inquiry;

static const char *name_at(int n, const mil_name *names, mil_loc at) {
    for (int i = 0; i < n; i++) {
        if (names[i].loc.line == at.line && names[i].loc.column == at.column) {
            return names[i].name;
        }
    }
    return NULL;
}

/* The value that a finding is about: the result of its op, or the input or output at its place. */
static value value_of(const program *p, const mil_program *mil, const mil_finding *f) {
    const char *name = f->out;
    for (int i = 0; i < mil->funcs && !name; i++) {
        const mil_block *body = &mil->func[i].body;
        name = name_at(body->params, body->param, f->loc);
        for (int k = 0; k < body->ops && !name; k++) {
            name = name_at(body->op[k].outs, body->op[k].out, f->loc);
        }
    }
    return name ? program_origin(p, name) : 0;
}

/* through which layers the model asks for it */
static void add_calls(inquiry *q, diag *d, value v) {
    enum { MAX_NOTES = 6 };
    uint32_t call = v ? graph_node(q->g, v)->from.call : 0;
    for (int i = 0; call && i < MAX_NOTES; i++) {
        const layer_call *c = &q->g->calls.at[call];
        diag_add_note(q->messages, d, c->at, "in `%s`, layer `%s`", c->path, c->layer);
        call = c->parent;
    }
}

static void warn(inquiry *q, const mil_finding *f, loc at, value v, const char *where) {
    for (size_t i = 0; i < q->warned.len; i++) {
        if (strcmp(q->warned.at[i].id, f->id) == 0) {
            q->warned.at[i].more++;
            return;
        }
    }
    diag *d = diag_warning(q->messages, W0601, at, "%s: %s [%s]", f->targets, f->message, f->id);
    diag_add_note(q->messages, d, (loc){0}, "in %s, %s", where, f->op ? f->op : "as a whole");
    add_calls(q, d, v);
    vec_push(&q->warned, ((told){f->id, d, 0}));
}

static void tell(inquiry *q, const program *p, const mil_program *mil, const mil_finding *f) {
    value v = value_of(p, mil, f);
    loc at = v ? graph_node(q->g, v)->from.at : p->at;
    if (f->severity == MIL_WARNING) {
        warn(q, f, at, v, p->name);
    } else if (f->severity == MIL_ERROR) {
        diag *d = diag_error(q->messages, E0601, at, "%s cannot compute this: %s [%s]", f->targets,
                             f->message, f->id);
        diag_add_note(q->messages, d, (loc){0}, "in %s, %s%s%s", p->name, f->out ? f->out : "",
                      f->out ? " = " : "", f->op ? f->op : "as a whole");
        add_calls(q, d, v);
        diag_add_hint(q->messages, d,
                      "`anetc mil explain %s` says more; @cpu keeps a call off the "
                      "engine",
                      f->id);
    }
}

/* What does not work on a machine that was examined, and no rule says so of its chip. */
static void ask_machine(inquiry *q, const program *p, const mil_program *mil, const machine *m) {
    const mil_block *body = &mil->func[0].body;
    mil_finding found = {.targets = m->chip};
    if (!m->several_inputs && body->params > 1) {
        found.id = "several_inputs";
        found.message = "the report says that programs with several inputs do not work there";
        warn(q, &found, p->at, 0, p->name);
    }
    for (int i = 0; i < body->ops && !m->concat; i++) {
        const mil_op *op = &body->op[i];
        if (strcmp(op->op, "concat") == 0) {
            value v = program_origin(p, op->out[0].name);
            found.id = "concat";
            found.op = op->op;
            found.message = "the report says that concat does not work there";
            warn(q, &found, v ? graph_node(q->g, v)->from.at : p->at, v, p->name);
        }
    }
}

static void ask(inquiry *q, const program *p) {
    arena *memory = arena_new();
    anet_error err = {0};
    mil_program *mil = NULL;
    mil_findings found = {.memory = memory};
    if (mil_read(p->mil.at, p->mil.len, p->name, &mil, &err) || mil_check(mil, p->name, &err)) {
        die("after lower: %s", err.message);
    }
    mil_check_target(mil, q->t->at, q->t->n, &found);
    mil_findings_sort(&found);
    for (size_t i = 0; i < found.all.len; i++) {
        tell(q, p, mil, &found.all.at[i]);
    }
    for (int i = 0; i < q->t->n; i++) {
        ask_machine(q, p, mil, &q->t->machine[i]);
    }
    mil_findings_free(&found);
    mil_free(mil);
    arena_free(memory);
}

static void ask_process(inquiry *q, size_t programs) {
    arena *memory = arena_new();
    mil_findings found = {.memory = memory};
    mil_check_program_count(programs, q->t->at, q->t->n, &found);
    for (size_t i = 0; i < found.all.len; i++) {
        const mil_finding *f = &found.all.at[i];
        diag_warning(q->messages, W0601, (loc){0}, "%s: %s [%s]", f->targets, f->message, f->id);
    }
    mil_findings_free(&found);
    arena_free(memory);
}

void lowered_check_targets(const lowered *l, const graph *g, const target_list *t,
                           diags *messages) {
    inquiry q = {.t = t, .g = g, .messages = messages};
    size_t programs = 0;
    for (int i = 0; i < l->n_programs && t->n; i++) {
        if (l->programs[i].place != ANET_PLACE_CPU) {
            programs++;
            ask(&q, &l->programs[i]);
        }
    }
    for (size_t i = 0; i < q.warned.len; i++) {
        if (q.warned.at[i].more) {
            diag_add_note(messages, q.warned.at[i].first, (loc){0}, "and in %d other place%s",
                          q.warned.at[i].more, q.warned.at[i].more == 1 ? "" : "s");
        }
    }
    ask_process(&q, programs);
    vec_free(&q.warned);
}
