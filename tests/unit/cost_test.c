/* The estimate of a step held against steps that others have published (tests/cost/published.def):
 * each within 25 %. Set COST_SHOW to see them. */
#include "cost.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef enum row_kind {
    CALL,
    PRODUCT,
    PASS,
    COPY,
    BLAS,
    BACKGROUND,
    LOSS,
    STREAM,
    BESIDE, /* begins the time of the background */
    BEFORE, /* ends it */
    UPDATE
} row_kind;

typedef enum pipeline {
    STATIC = 1,
    EXTRAS = 2,
    GIVEN = 4,
    PACKED = 8,
    FIRST = 16,
    CONSTANT = STATIC | EXTRAS,
    PACKS = PACKED | FIRST,
    INPUT = GIVEN | PACKS
} pipeline;

typedef struct row {
    int pipelines;
    row_kind kind;
    const char *name;
    double times, a, b, c, d;
} row;

typedef struct net {
    double layers, width, hidden, q, kv, heads, window, words, used;
} net;

typedef enum net_id {
#define NET(name, layers, width, hidden, q, kv, heads, window, words, used) name,
#include "../cost/published.def"
} net_id;

static const net nets[] = {
#define NET(name, layers, width, hidden, q, kv, heads, window, words, used)                        \
    {layers, width, hidden, q, kv, heads, window, words, used},
#include "../cost/published.def"
};

enum { MOST_ROWS = 200 };

/* the rows of a pipeline with the sizes of a model; their number */
static size_t rows_of(pipeline which, const net *n, row *to) {
    const double L = n->layers, D = n->width, H = n->hidden, Q = n->q, K = n->kv, N = n->heads,
                 S = n->window, V = n->words, U = n->used, M = 2 * D * Q + 2 * D * K + 3 * D * H;
    const row rows[] = {
#define ROW(pipelines, kind, name, times, a, b, c, d) {pipelines, kind, name, times, a, b, c, d},
#include "../cost/published.def"
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].pipelines & (int)which) {
            assert_true(count < MOST_ROWS);
            to[count++] = rows[i];
        }
    }
    return count;
}

static mil_work work_of(const row *r) {
    double product = r->b * r->d + r->d * r->c + r->b * r->c;
    if (r->kind == PRODUCT) {
        return (mil_work){
            .macs = r->a * r->b * r->c * r->d, .bytes = 2 * r->a * product, .known = true};
    }
    return (mil_work){
        .bytes = 2 * r->a * r->b, .largest = 2 * (r->c > 0 ? r->c : r->b), .known = true};
}

static bool is_op(const row *r) {
    return r->kind == PRODUCT || r->kind == PASS;
}

/* the ops of a call, which follow it; in `to`, of which *n are in use */
static cost_phase call_phase(const row *call, const row *end, mil_work *to, size_t *n) {
    cost_phase made = {.name = call->name, .kind = PHASE_CALL, .times = call->times};
    made.ops = to + *n;
    for (const row *r = call + 1; r < end && is_op(r); r++) {
        for (double i = 0; i < r->times; i++) {
            to[(*n)++] = work_of(r);
            made.n_ops++;
        }
    }
    return made;
}

static cost_phase other_phase(const row *r) {
    cost_phase p = {.name = r->name, .times = r->times};
    switch (r->kind) {
    case COPY:
        p.kind = PHASE_COPY;
        p.amount = r->times * r->a * r->b * 6;
        break;
    case LOSS:
        p.kind = PHASE_LOSS;
        p.amount = r->times * r->a;
        break;
    case STREAM:
        p.kind = PHASE_STREAM;
        p.amount = r->times * r->a * 4;
        break;
    default:
        p.kind = r->kind == BLAS ? PHASE_BLAS : PHASE_BACKGROUND;
        p.amount = r->times * 2 * r->a * r->b * r->c;
    }
    return p;
}

typedef struct description {
    cost_step window, update;
} description;

static void add_update(const row *r, cost_step *update) {
    bool constants = (r->pipelines & CONSTANT) != 0;
    cost_weights w = {.feed = constants ? COST_BAKED : COST_PARAMETER, .tensors = 1};
    w.programs = w.elements = r->times * r->a;
    cost_add_update(update, &w);
}

/* works must have room for the ops of all calls */
static description describe(const row *rows, size_t count, mil_work *works) {
    const cost_step none = {0};
    description d = {none, none};
    size_t n = 0;
    bool beside = false;
    for (const row *r = rows; r < rows + count; r++) {
        if (is_op(r)) {
            continue;
        }
        if (r->kind == BESIDE || r->kind == BEFORE) {
            beside = r->kind == BESIDE;
        } else if (r->kind == UPDATE) {
            add_update(r, &d.update);
        } else {
            cost_phase p =
                r->kind == CALL ? call_phase(r, rows + count, works, &n) : other_phase(r);
            p.beside = beside;
            cost_add(&d.window, &p);
        }
    }
    return d;
}

typedef enum figure { STEP, ENGINE, UPDATE_TIME } figure;
typedef enum role { FITTED, HELD, UNSEEN } role;

typedef struct published {
    pipeline pipeline;
    net_id net;
    const char *chip;
    figure what;
    double from, to;
    role role;
} published;

static const published all[] = {
#define PUBLISHED(pipeline, net, chip, what, from, to, role, source)                               \
    {pipeline, net, chip, what, from, to, role},
#include "../cost/published.def"
};

/* of what comes before the background, see published.def */
static double engine_seconds(const cost_machine *m, const cost_step *s) {
    double seconds = 0;
    for (size_t i = 0; i < s->phases.len; i++) {
        const cost_phase *p = &s->phases.at[i];
        seconds += p->kind == PHASE_CALL && !p->beside ? cost_phase_seconds(m, p) : 0;
    }
    return seconds;
}

/* ms */
static double estimate(const published *x) {
    row rows[MOST_ROWS];
    mil_work works[3 * MOST_ROWS];
    description d = describe(rows, rows_of(x->pipeline, &nets[x->net], rows), works);
    cost_machine m;
    assert_true(cost_machine_find(x->chip, &m));
    double window = cost_sum(&m, &d.window).total, update = cost_sum(&m, &d.update).total;
    double seconds = x->what == ENGINE          ? engine_seconds(&m, &d.window)
                     : x->what == UPDATE_TIME   ? update
                     : (x->pipeline & CONSTANT) ? window
                                                : window + update;
    cost_step_free(&d.window);
    cost_step_free(&d.update);
    return 1e3 * seconds;
}

static const char *const net_names[] = {
#define NET(name, layers, width, hidden, q, kv, heads, window, words, used) #name,
#include "../cost/published.def"
};

static const char *const role_names[] = {"fitted", "held", "unseen"};
static const char *const figure_names[] = {"step", "engine", "update"};

static const char *pipeline_name(pipeline p) {
    return p == STATIC   ? "static"
           : p == EXTRAS ? "extras"
           : p == GIVEN  ? "given"
           : p == PACKED ? "packed"
                         : "first";
}

static void test_published(void **state) {
    (void)state;
    size_t wrong = 0, fitted = 0, unseen = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const published *x = &all[i];
        double measured = (x->from + x->to) / 2, ms = estimate(x), off = ms / measured - 1;
        bool good = fabs(off) <= (x->role == FITTED ? 0.02 : 0.25);
        wrong += !good;
        fitted += x->role == FITTED;
        unseen += x->role == UNSEEN;
        if (!good || getenv("COST_SHOW")) {
            printf("%-7s %-8s %-7s %-6s %-7s published %6.1f estimated %6.1f (%+.0f %%)%s\n",
                   pipeline_name(x->pipeline), net_names[x->net], x->chip, figure_names[x->what],
                   role_names[x->role], measured, ms, 100 * off, good ? "" : " WRONG");
        }
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(sizeof all / sizeof *all, COST_PUBLISHED); /* the table for users says so */
    assert_int_equal(fitted, COST_FITTED);
    assert_int_equal(unseen, COST_UNSEEN);
}

/* what an update takes, and what packing adds to each window, on M4 */
static void test_weights(void **state) {
    (void)state;
    cost_machine m;
    assert_true(cost_machine_find("m4", &m));
    const struct {
        cost_weights w;
        double seconds;
    } cases[] = {
        {{.feed = COST_PARAMETER, .elements = 52e9 / 6, .tensors = 3}, 1},
        {{.feed = COST_PACKED, .elements = 52e9 / 6, .tensors = 3}, 1},
        {{.feed = COST_BAKED, .elements = 52e9 / 6, .programs = 1000}, 56},
        {{.feed = COST_BAKED, .programs = 121, .patches = true}, 4.4 / 4.4},
        {{.feed = COST_BAKED}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cost_step update = {0};
        cost_add_update(&update, &cases[i].w);
        assert_true(fabs(cost_sum(&m, &update).total - cases[i].seconds) < 1e-9);
        cost_step_free(&update);
    }
    cost_step window = {0};
    cost_add_packing(&window, 13e9, false);
    cost_add_packing(&window, 13e9, false);
    assert_int_equal(window.phases.len, 1);
    assert_true(fabs(cost_sum(&m, &window).total - 2) < 1e-9);
    cost_step_free(&window);
}

/* the background hides beside what comes after its first job, and nowhere else */
static void test_background(void **state) {
    (void)state;
    cost_machine m;
    assert_false(cost_machine_find("m99", &m));
    assert_true(cost_machine_find("m4", &m));
    cost_phase early = {.name = "early", .kind = PHASE_STREAM, .times = 1, .amount = 52e9};
    cost_phase late = {.name = "late", .kind = PHASE_STREAM, .beside = true, .amount = 26e9};
    cost_phase back = {.name = "back", .kind = PHASE_BACKGROUND, .beside = true};
    back.amount = 1.38e12;
    cost_step s = {0};
    cost_add(&s, &early);
    cost_add(&s, &late);
    cost_add(&s, &early);
    assert_int_equal(s.phases.len, 2);
    assert_true(s.phases.at[0].times == 2);
    assert_true(fabs(cost_sum(&m, &s).total - 2.5) < 1e-9);
    cost_add(&s, &back);
    double background = cost_phase_seconds(&m, &back);
    assert_true(background > 1);
    assert_true(fabs(cost_sum(&m, &s).waiting - (background - 0.5)) < 1e-9);
    assert_true(fabs(cost_sum(&m, &s).total - (2 + background)) < 1e-9);
    cost_step_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_background),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
