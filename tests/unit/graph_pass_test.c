/* Every pass keeps what a model computes: loss, logits and the gradient of every parameter, in
 * double, after each pass against the first graph that has them; for models that people write, and
 * for random ones. */
#include "graph_eval.h"
#include "graph_models.h"
#include "graph_random.h"
#include "graph_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double tolerance = 1e-9;

/* --- the check --- */

/* For messages: what was being compiled. */
typedef struct subject {
    const char *what;
    const char *model;
    int level;
} subject;

static void compare(const subject *s, pass_id id, const graph_result *now,
                    const graph_result *before) {
    const char *where;
    double apart = graph_result_distance(now, before, &where);
    if (!(apart <= tolerance)) {
        fail_msg("%s -O%d: after %s %s differs by %.3g\n%s", s->what, s->level, passes[id].name,
                 where, apart, s->model);
    }
}

static void move(graph_data *d, const graph *g, const graph_result *r, double by) {
    for (size_t p = 0; p < r->params; p++) {
        for (size_t i = 0; !g->params.at[p].frozen && i < r->elements[p]; i++) {
            d->param[p][i] += (i % 3 == p % 3 ? -by : by);
        }
    }
}

static double loss_at(const graph *g, const graph_data *d) {
    graph_values v = graph_eval(g, d);
    double loss = v.at[g->loss][0];
    graph_values_free(&v);
    return loss;
}

/* The gradient against the change of the loss along one direction. */
static void check_slope(const subject *s, const graph *g, graph_data *d, const graph_result *r) {
    const double h = 1e-7; /* norms of small values bend sharply */
    double wanted = 0, size = 0;
    for (size_t p = 0; p < r->params; p++) {
        for (size_t i = 0; r->gradient[p] && i < r->elements[p]; i++) {
            double x = r->gradient[p][i] / d->seed;
            wanted += i % 3 == p % 3 ? -x : x;
            size += fabs(x);
        }
    }
    move(d, g, r, h);
    double after = loss_at(g, d);
    move(d, g, r, -2 * h);
    double slope = (after - loss_at(g, d)) / (2 * h);
    move(d, g, r, h);
    if (!(fabs(slope - wanted) <= 1e-5 * size + 1e-7)) {
        fail_msg("%s: slope %.9g, but the gradient says %.9g\n%s", s->what, slope, wanted,
                 s->model);
    }
}

static void check_passes(const subject *s) {
    build *b = build_new(s->model, strlen(s->model), NULL);
    if (!b->m) {
        fail_msg("%s\n%s\n%s", s->what, build_messages(b), s->model);
    }
    graph *g = b->m->g;
    graph_data *d = graph_data_new(g, 11);
    d->seed = 0.75;
    graph_result first = graph_results(g, d), joint = {0};
    for (int id = PASS_SIMPLIFY; id < PASS_LOWER; id++) {
        if (!build_pass(b, (pass_id)id, s->level)) {
            fail_msg("%s\n%s\n%s", s->what, build_messages(b), s->model);
        }
        const char *wrong = graph_verify(g);
        if (wrong) {
            fail_msg("%s: after %s: %s", s->what, passes[id].name, wrong);
        }
        graph_result now = graph_results(g, d);
        if (id < PASS_DIFFERENTIATE) {
            compare(s, (pass_id)id, &now, &first);
        } else if (id > PASS_DIFFERENTIATE) {
            compare(s, (pass_id)id, &now, &joint);
        }
        if (id == PASS_DIFFERENTIATE) {
            joint = now;
            assert_true(fabs(joint.loss - first.loss) <= tolerance * fabs(first.loss));
            check_slope(s, g, d, &joint);
        } else {
            graph_result_free(&now);
        }
    }
    graph_result_free(&first);
    graph_result_free(&joint);
    graph_data_free(d);
    build_free(b);
}

static void models_keep_their_values(void **state) {
    (void)state;
    for (size_t i = 0; i < graph_models_count; i++) {
        for (int level = 0; level < 2; level++) {
            subject s = {"a model", graph_models[i], level};
            check_passes(&s);
        }
    }
}

static void random_programs_keep_their_values(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        text t = {0};
        random_program(seed, &t);
        for (int level = 0; level < 2; level++) {
            subject s = {"a random program", t.at, level};
            check_passes(&s);
        }
        text_free(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_keep_their_values),
        cmocka_unit_test(random_programs_keep_their_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
