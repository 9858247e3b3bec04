/* rules.c: asks the rules of rules.def about a program, for each target, and makes one finding of
 * what holds for several. */
#include "mil/rules.h"

#include <stdio.h>
#include <string.h>

/* --- the table --- */

enum chips { /* bit i: chip i + 1 */
             M1 = 1,
             M2 = 2,
             M1_M2 = 3,
             M3 = 4,
             M3_ON = 60,
             M4_M6 = 40,
             M4_ON = 56,
             M5 = 16,
             ALL = 63
};

enum scope {
    EACH,
    ONCE /* the first finding in a function stands for all */
};

typedef struct row {
    mil_rule data;
    enum chips chips;
    const char *on; /* names of ops, "*" (all but const), or FUNCTION, PROGRAM, PROCESS */
    enum scope scope;
    mil_rule_check *check;
} row;

#define FUNCTION "func"
#define PROGRAM "program"
#define PROCESS "process"

#define M1_TEXT "m1"
#define M2_TEXT "m2"
#define M1_M2_TEXT "m1, m2"
#define M3_TEXT "m3"
#define M3_ON_TEXT "m3, m4, m5, m6"
#define M4_M6_TEXT "m4, m6"
#define M4_ON_TEXT "m4, m5, m6"
#define M5_TEXT "m5"
#define ALL_TEXT "all"

static const row rows[] = {
#define MIL_RULE(id, severity, targets, on, scope, check, ...)                                     \
    MIL_RULE_ROW(id, severity, targets, on, scope, check, targets##_TEXT, __VA_ARGS__)
#define MIL_RULE_ROW(id, severity, targets, on, scope, check, names, title, ...)                   \
    {{#id, MIL_##severity, title, names, __VA_ARGS__}, targets, on, scope, mil_rule_##check},
#include "mil/rules.def"
};

enum { ROWS = sizeof rows / sizeof *rows };

/* The MIL's own findings as rules. */
static const mil_rule findings[] = {
#define MIL_FINDING(id, severity, title, explanation)                                              \
    {#id, severity, title, "all", "", explanation, "", ""},
#include "mil/findings.def"
};

enum { FINDINGS = sizeof findings / sizeof *findings };

int mil_rule_count(void) {
    return FINDINGS + ROWS;
}

const mil_rule *mil_rule_at(int i) {
    return i < FINDINGS ? &findings[i] : &rows[i - FINDINGS].data;
}

const mil_rule *mil_find_rule(const char *id) {
    for (int i = 0; i < mil_rule_count(); i++) {
        if (strcmp(mil_rule_at(i)->id, id) == 0) {
            return mil_rule_at(i);
        }
    }
    return NULL;
}

/* --- one run --- */

typedef struct broken { /* a finding before it is known for which targets it holds */
    const row *row;
    mil_finding finding;
    uint64_t targets; /* bit i: the i-th of the run */
    int more;         /* places that it stands for beside its own */
} broken;

typedef struct plan { /* the rules that an op is asked */
    const mil_op_spec *spec;
    const mil_acceptance *acceptance;
    const row *rows[ROWS];
    int n;
} plan;

struct mil_rule_run {
    mil_rule_case c;
    const mil_target *const *targets;
    int n, at; /* targets, and the one whose turn it is */
    const row *row;
    mil_findings *f;
    VEC(plan *) plans;
    VEC(broken) found; /* by the row at hand at one place */
    VEC(broken) held;  /* of rows that are asked once a function */
    mil_rule_names names;
};

/* --- findings --- */

static void note(mil_rule_run *run, const mil_finding *finding) {
    for (size_t i = 0; i < run->found.len; i++) {
        broken *b = &run->found.at[i];
        if (b->finding.loc.line == finding->loc.line &&
            b->finding.loc.column == finding->loc.column &&
            strcmp(b->finding.message, finding->message) == 0) {
            b->targets |= UINT64_C(1) << run->at;
            return;
        }
    }
    vec_push(&run->found, ((broken){run->row, *finding, UINT64_C(1) << run->at, 0}));
}

static void breaks(mil_rule_case *c, mil_loc at, const char *fmt, va_list ap) {
    mil_rule_run *run = c->run;
    const mil_rule *r = &run->row->data;
    text t = {0};
    char message[600];
    vsnprintf(message, sizeof message, fmt, ap);
    text_printf(&t, "%s%s%s", message, *r->workaround ? "; " : "", r->workaround);
    mil_finding finding = {.id = r->id, .severity = r->severity, .loc = at};
    if (c->in) {
        finding.op = c->in->op->op;
        finding.out = c->in->op->outs ? c->in->op->out[0].name : NULL;
    }
    finding.message = text_move(&t, run->f->memory);
    note(run, &finding);
}

void mil_rule_breaks_at(mil_rule_case *c, mil_loc at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    breaks(c, at, fmt, ap);
    va_end(ap);
}

void mil_rule_breaks(mil_rule_case *c, const char *fmt, ...) {
    mil_loc at = c->in ? c->in->op->loc : c->func ? c->func->loc : (mil_loc){0};
    va_list ap;
    va_start(ap, fmt);
    breaks(c, at, fmt, ap);
    va_end(ap);
}

static void report(mil_rule_run *run, const broken *b) {
    text names = {0};
    for (int i = 0; i < run->n; i++) {
        if (b->targets >> i & 1) {
            text_printf(&names, "%s%s", names.len ? ", " : "", run->targets[i]->name);
        }
    }
    mil_finding finding = b->finding;
    finding.targets = text_move(&names, run->f->memory);
    if (b->more) {
        mil_find(run->f, finding, "%s (and %d more)", finding.message, b->more);
    } else {
        mil_find(run->f, finding, "%s", finding.message);
    }
}

static void hold(mil_rule_run *run, const broken *b) {
    for (size_t i = 0; i < run->held.len; i++) {
        broken *h = &run->held.at[i];
        if (h->row == b->row && h->targets == b->targets) {
            h->more++;
            return;
        }
    }
    vec_push(&run->held, *b);
}

static void ask(mil_rule_run *run, const row *r) {
    run->row = r;
    run->found.len = 0;
    for (run->at = 0; run->at < run->n; run->at++) {
        const mil_target *t = run->targets[run->at];
        if (r->chips >> (t->chip - 1) & 1) {
            run->c.target = t;
            run->c.limits = t->limits;
            r->check(&run->c);
        }
    }
    for (size_t i = 0; i < run->found.len; i++) {
        if (r->scope == ONCE) {
            hold(run, &run->found.at[i]);
        } else {
            report(run, &run->found.at[i]);
        }
    }
}

static void ask_all(mil_rule_run *run, const char *on) {
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].on, on) == 0) {
            ask(run, &rows[i]);
        }
    }
}

/* --- ops --- */

static bool word_matches(const char *word, size_t length, const char *name) {
    if (length && word[length - 1] == '*') {
        return strncmp(word, name, length - 1) == 0;
    }
    return strncmp(word, name, length) == 0 && name[length] == 0;
}

bool mil_rule_named(const mil_op *op, const char *words) {
    for (; *words; words += strspn(words, " ")) {
        size_t length = strcspn(words, " ");
        if (word_matches(words, length, op->op)) {
            return true;
        }
        words += length;
    }
    return false;
}

static bool is_asked(const row *r, const mil_op *op) {
    bool all = strcmp(r->on, "*") == 0, is_const = strcmp(op->op, "const") == 0;
    return all ? !is_const : mil_rule_named(op, r->on);
}

static const plan *find_plan(mil_rule_run *run, const mil_inference *in) {
    for (size_t i = 0; i < run->plans.len; i++) {
        if (run->plans.at[i]->spec == in->spec) {
            return run->plans.at[i];
        }
    }
    plan *p = anet_calloc(1, sizeof *p);
    p->spec = in->spec;
    p->acceptance = mil_find_acceptance(in->op->op);
    for (size_t i = 0; i < ROWS; i++) {
        if (is_asked(&rows[i], in->op)) {
            p->rows[p->n++] = &rows[i];
        }
    }
    vec_push(&run->plans, p);
    return p;
}

static void visit(void *context, const mil_func *func, const mil_inference *in) {
    mil_rule_run *run = context;
    const plan *p = find_plan(run, in);
    run->c.func = func;
    run->c.in = in;
    run->c.acceptance = p->acceptance;
    for (int i = 0; i < p->n; i++) {
        ask(run, p->rows[i]);
    }
}

/* --- names --- */

static const mil_rule_name *value_named(const mil_rule_case *c, const char *name) {
    return mil_rule_find_name(&c->run->names, c->func, name);
}

const mil_op *mil_rule_maker_of(const mil_rule_case *c, const char *name) {
    const mil_rule_name *n = value_named(c, name);
    return n ? n->maker : NULL;
}

const mil_op *mil_rule_maker(const mil_rule_case *c, const char *arg) {
    const mil_arg *a = mil_find_arg(c->in->op, arg);
    return a && a->kind == MIL_REF ? mil_rule_maker_of(c, a->ref) : NULL;
}

bool mil_rule_is_input(const mil_rule_case *c, const mil_arg *arg) {
    const mil_rule_name *n = arg && arg->kind == MIL_REF ? value_named(c, arg->ref) : NULL;
    return n && !n->maker;
}

int mil_rule_uses(const mil_rule_case *c, const char *name) {
    const mil_rule_name *n = value_named(c, name);
    return n ? n->uses : 0;
}

static void each_op(mil_rule_case *c, const mil_block *b, mil_rule_op *call, void *state) {
    for (int i = 0; i < b->ops; i++) {
        call(c, &b->op[i], state);
        for (int k = 0; k < b->op[i].blocks; k++) {
            each_op(c, &b->op[i].block[k], call, state);
        }
    }
}

void mil_rule_each_op(mil_rule_case *c, mil_rule_op *call, void *state) {
    each_op(c, &c->func->body, call, state);
}

/* --- sizes --- */

mil_rule_extent mil_rule_extents(const mil_type *t) {
    mil_rule_extent e = {1, 1, 1, 1, 1};
    const int64_t *d = t->dims;
    switch (t->kind == MIL_TENSOR ? t->rank : 0) {
    case 5:
        return (mil_rule_extent){d[0], d[1], d[2], d[3], d[4]};
    case 4:
        return (mil_rule_extent){d[0], d[1], 1, d[2], d[3]};
    case 3:
        return (mil_rule_extent){1, d[0], 1, d[1], d[2]};
    case 2:
        e.n = d[0];
        e.c = d[1];
        return e;
    case 1:
        e.c = d[0];
        return e;
    default:
        return e;
    }
}

int64_t mil_rule_bytes(const mil_type *t) {
    int64_t n = t->kind == MIL_TENSOR ? mil_elements(t) : 0;
    int bits = mil_dtype_bits(t->dtype);
    return n <= 0 || n > INT64_MAX / 64 ? 0 : (n * bits + 7) / 8;
}

int64_t mil_rule_number(const mil_rule_case *c, const char *arg, size_t i, int64_t fallback) {
    constants k = rule_constants(c->in, arg);
    return k.known == KNOWN && i < k.count ? (int64_t)k.at[i] : fallback;
}

/* --- the whole --- */

static void check_functions(mil_rule_run *run) {
    mil_rule_case *c = &run->c;
    c->in = NULL;
    for (int i = 0; i < c->program->funcs; i++) {
        c->func = &c->program->func[i];
        ask_all(run, FUNCTION);
    }
    c->func = NULL;
    ask_all(run, PROGRAM);
}

static void end_run(mil_rule_run *run) {
    for (size_t i = 0; i < run->plans.len; i++) {
        free(run->plans.at[i]);
    }
    vec_free(&run->plans);
    vec_free(&run->found);
    vec_free(&run->held);
    vec_free(&run->names.all);
}

void mil_check_target(const mil_program *p, const mil_target *const *list, int n, mil_findings *f) {
    mil_rule_run run = {.targets = list, .n = n, .f = f};
    mil_findings unwanted = {.memory = f->memory};
    run.c = (mil_rule_case){.program = p, .run = &run};
    mil_examine(p, &unwanted, visit, &run);
    for (size_t i = 0; i < run.held.len; i++) {
        report(&run, &run.held.at[i]);
    }
    check_functions(&run);
    mil_findings_free(&unwanted);
    end_run(&run);
}

void mil_check_program_count(size_t programs, const mil_target *const *list, int n,
                             mil_findings *f) {
    mil_rule_run run = {.targets = list, .n = n, .f = f};
    run.c = (mil_rule_case){.programs = programs, .run = &run};
    ask_all(&run, PROCESS);
    end_run(&run);
}
