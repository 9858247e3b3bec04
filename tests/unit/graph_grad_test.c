/* Every gradient rule against central differences, in double. A case is the body of a model whose
 * last line defines the value under test; what is differentiated is its sum with random weights, so
 * that every element of the adjoint is different. */
#include "graph_eval.h"
#include "graph_source.h"

#include "autodiff.h"
#include "simplify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct test_case {
    op_id op;
    const char *body;        /* source, or: */
    value (*make)(graph *g); /* for what the language cannot say */
} test_case;

/* --- built by hand --- */

static value new_param(graph *g, int rank, const int64_t *dim) {
    param p = {.name = "p", .init = ANET_INIT_UNIFORM, .a = -1, .b = 1};
    p.s.rank = rank;
    memcpy(p.s.dim, dim, (size_t)rank * sizeof *dim);
    vec_push(&g->params, p);
    attrs at = {.index = (int64_t)g->params.len - 1};
    return graph_add(g, OP_PARAM, NULL, &at, &p.s);
}

#define PARAM(g, ...)                                                                              \
    new_param((g), (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                      \
              (int64_t[]){__VA_ARGS__})

static value expand_middle(graph *g) {
    shape s = {.rank = 3, .dim = {2, 4, 3}};
    return g_expand(g, PARAM(g, 2, 1, 3), &s);
}

static value expand_all(graph *g) {
    shape s = {.rank = 2, .dim = {3, 4}};
    return g_expand(g, PARAM(g, 1, 1), &s);
}

static value expand_rank(graph *g) {
    shape s = {.rank = 3, .dim = {2, 3, 4}};
    return g_expand(g, PARAM(g, 4), &s);
}

static value amax_first(graph *g) {
    return g_reduce(g, OP_AMAX, PARAM(g, 4, 3), 0);
}

static value amax_last(graph *g) {
    value x = PARAM(g, 2, 3, 4);
    return g_binary(g, OP_SUB, x, g_reduce(g, OP_AMAX, g_unary(g, OP_TANH, x), 2));
}

/* constant almost everywhere: no gradient comes through, but the other factor's does */
static value step_times(graph *g) {
    value x = PARAM(g, 3, 4);
    return g_binary(g, OP_MUL, g_unary(g, OP_STEP, x), x);
}

static value product(graph *g, value a, value b, const char *la, const char *lb, const char *lc) {
    attrs at = {0};
    const char *labels[] = {la, lb, lc};
    for (int k = 0; k < 3; k++) {
        for (int i = 0; labels[k][i]; i++) {
            at.label[k][i] = (int8_t)(labels[k][i] - 'a' + 1);
        }
    }
    return graph_add(g, OP_MATMUL, (value[]){a, b}, &at, NULL);
}

static value matmul_result_turned(graph *g) {
    return product(g, PARAM(g, 2, 3), PARAM(g, 3, 4), "ab", "bc", "ca");
}

static value matmul_first_turned(graph *g) {
    return product(g, PARAM(g, 3, 2), PARAM(g, 3, 4), "ba", "bc", "ac");
}

static value matmul_two_batches(graph *g) {
    return product(g, PARAM(g, 2, 3, 2, 5), PARAM(g, 2, 3, 5, 2), "abcd", "abde", "abce");
}

static value matmul_batch_missing_left(graph *g) {
    return product(g, PARAM(g, 3, 4), PARAM(g, 2, 4, 5), "ab", "cbd", "cad");
}

static value matmul_batch_missing_right(graph *g) {
    return product(g, PARAM(g, 2, 3, 4), PARAM(g, 4, 5), "cab", "bd", "cad");
}

static value matmul_batch_in_the_middle(graph *g) {
    return product(g, PARAM(g, 3, 2, 4), PARAM(g, 4, 2, 5), "acb", "bcd", "adc");
}

static value matmul_of_itself(graph *g) {
    value x = PARAM(g, 3, 4);
    return product(g, x, x, "ab", "cb", "ac");
}

static value rope_turned_back(graph *g) {
    attrs at = {.axis = 2, .other = 1, .inverse = 1};
    shape s = {.rank = 2, .dim = {5, 2}};
    attrs angle = {.index = ANET_TABLE_ROPE_COS, .number = 100};
    value cosine = graph_add(g, OP_TABLE, NULL, &angle, &s);
    angle.index = ANET_TABLE_ROPE_SIN;
    value sine = graph_add(g, OP_TABLE, NULL, &angle, &s);
    return graph_add(g, OP_ROPE, (value[]){PARAM(g, 3, 5, 4), cosine, sine}, &at, NULL);
}

/* --- the table --- */

#define AB "param a[A, B]; param b[A, B]; "
#define POSITIVE "param a[A, B] = uniform(0.5, 2); "

static const test_case cases[] = {
    {OP_NEG, "param a[A, B]; y = -a", NULL},
    {OP_EXP, "param a[A, B]; y = exp(a)", NULL},
    {OP_LOG, POSITIVE "y = log(a)", NULL},
    {OP_LOG, POSITIVE "y = log(a + 0.25)", NULL},
    {OP_LOG, POSITIVE "y = log(0.25 + a) * a", NULL},
    {OP_SQRT, POSITIVE "y = sqrt(a)", NULL},
    {OP_SQRT, POSITIVE "y = sqrt(a + 0.5) * a", NULL},
    {OP_RSQRT, POSITIVE "y = rsqrt(a)", NULL},
    {OP_RSQRT, POSITIVE "y = rsqrt(a + 0.5)", NULL},
    {OP_RSQRT, POSITIVE "y = a * rsqrt(mean(a * a, over = B) + 1e-5)", NULL},
    {OP_SIGMOID, "param a[A, B]; y = sigmoid(a)", NULL},
    {OP_SIGMOID, "param a[A, B]; y = sigmoid(a * 3) * a", NULL},
    {OP_TANH, "param a[A, B]; y = tanh(a)", NULL},
    {OP_SILU, "param a[A, B]; y = silu(a)", NULL},
    {OP_SILU, AB "y = silu(a) * b", NULL},
    {OP_RELU, "param a[A, B]; y = relu(a)", NULL},
    {OP_STEP, NULL, step_times},
    {OP_SQUARE, "param a[A, B]; y = square(a)", NULL},
    {OP_SQUARE, "param a[A, B]; y = square(square(a) + a)", NULL},
    {OP_ADD, AB "y = a + b", NULL},
    {OP_ADD, "param a[A, B]; param b[B]; y = a + b", NULL},
    {OP_ADD, "param a[A, 1]; param b[B]; y = a + b", NULL},
    {OP_ADD, "param a[A, B, C]; param b[1, B, 1]; y = b + a", NULL},
    {OP_ADD, "param a[A]; y = a + 2", NULL},
    {OP_ADD, "param a[A]; y = a + a", NULL},
    {OP_ADD, "param a[]; param b[A, B, C, D, E]; y = a + b", NULL},
    {OP_SUB, AB "y = a - b", NULL},
    {OP_SUB, "param a[B]; param b[A, B]; y = a - b", NULL},
    {OP_SUB, "param a[A, B]; y = 1 - a", NULL},
    {OP_SUB, "param a[A, 1, C]; param b[B, 1]; y = a - b", NULL},
    {OP_MUL, AB "y = a * b", NULL},
    {OP_MUL, "param a[A, B]; y = a * a", NULL},
    {OP_MUL, "param a[A, B]; y = a * a * a", NULL},
    {OP_MUL, "param a[A, B]; param b[B]; y = a * b", NULL},
    {OP_MUL, "param a[A, 1]; param b[1, B]; y = a * b", NULL},
    {OP_MUL, "param a[A, 1]; param b[B]; y = a * b * b", NULL},
    {OP_MUL, "param a[A, B]; y = 3 * a * 0.25", NULL},
    {OP_MUL, "param a[A, B]; frozen param b[A, B]; y = a * b", NULL},
    {OP_DIV, "param a[A, B]; param b[A, B] = uniform(0.5, 2); y = a / b", NULL},
    {OP_DIV, "param a[A, B]; param b[B] = uniform(0.5, 2); y = a / b", NULL},
    {OP_DIV, "param a[B]; param b[A, B] = uniform(0.5, 2); y = a / b", NULL},
    {OP_DIV, "param a[A, B] = uniform(0.5, 2); y = 1 / a", NULL},
    {OP_DIV, "param a[A, B] = uniform(0.5, 2); y = a / (a + a * a)", NULL},
    {OP_DIV, "param a[A, B]; y = a / 7", NULL},
    {OP_MAX, AB "y = max(a, b)", NULL},
    {OP_MAX, "param a[A, B]; y = max(a, 0.125)", NULL},
    {OP_MAX, "param a[A, B]; y = max(0.125, a) * a", NULL},
    {OP_MIN, AB "y = min(a, b)", NULL},
    {OP_MIN, "param a[A, B]; y = min(a, 0.125)", NULL},
    {OP_MIN, AB "y = min(max(a, b), a * b)", NULL},
    {OP_SUM, "param a[A, B, C]; y = sum(a, over = A)", NULL},
    {OP_SUM, "param a[A, B, C]; y = sum(a, over = B)", NULL},
    {OP_SUM, "param a[A, B, C]; y = sum(a, over = C)", NULL},
    {OP_SUM, "param a[A, B]; y = a / sum(exp(a), over = B)", NULL},
    {OP_SUM, "param a[A, 1]; y = sum(a, over = 1)", NULL},
    {OP_MEAN, "param a[A, B, C]; y = mean(a, over = A)", NULL},
    {OP_MEAN, "param a[A, B, C]; y = mean(square(a), over = 1)", NULL},
    {OP_MEAN, "param a[A, B, C, D, E]; y = mean(a, over = C)", NULL},
    {OP_AMAX, NULL, amax_first},
    {OP_AMAX, NULL, amax_last},
    {OP_AMAX, "param a[V, B]; y = amax(gather(a, ids), over = 0)", NULL},
    {OP_AMAX, "param a[A, B, C]; y = amax(a, over = B) * a", NULL},
    {OP_SUM, "param a[A, B]; y = a * sum(square(a))", NULL},
    {OP_MEAN, "param a[A, B, C]; y = exp(mean(a)) + a", NULL},
    {OP_SOFTMAX, "param a[A, B]; y = softmax(a, over = B)", NULL},
    {OP_SOFTMAX, "param a[A, B]; y = softmax(a, over = A)", NULL},
    {OP_SOFTMAX, "param a[A, B, C]; y = softmax(a * 2, over = B)", NULL},
    {OP_SOFTMAX, "param a[A, F, G]; y = softmax(a + causal_mask(F, G), over = G)", NULL},
    {OP_EXPAND, NULL, expand_middle},
    {OP_EXPAND, NULL, expand_all},
    {OP_EXPAND, NULL, expand_rank},
    {OP_RESHAPE, "param a[A, B]; y = reshape(exp(a), B, A)", NULL},
    {OP_RESHAPE, "param a[A, B]; y = reshape(exp(a), A * B)", NULL},
    {OP_RESHAPE, "param a[A, D]; y = reshape(exp(a), 2, A, 2, 1)", NULL},
    {OP_TRANSPOSE, "param a[A, B]; y = transpose(exp(a), B, A)", NULL},
    {OP_TRANSPOSE, "param a[A, B, C]; y = transpose(exp(a), C, A, B)", NULL},
    {OP_TRANSPOSE, "param a[A, B, C, D, E]; y = transpose(exp(a), D, B, A, E, C)", NULL},
    {OP_SLICE, "param a[A, B]; y = slice(exp(a), over = B, begin = 1, size = 2)", NULL},
    {OP_SLICE, "param a[A, B]; y = slice(exp(a), over = A, begin = 0, size = 2)", NULL},
    {OP_SLICE, "param a[A, B, C]; y = slice(exp(a), over = B, begin = 3, size = 1)", NULL},
    {OP_SLICE,
     "param a[A, D]; y = slice(a, over = D, begin = 0, size = 2) * slice(a, over = D, begin = 2, "
     "size = 2)",
     NULL},
    {OP_CONCAT, "param a[A, B]; param b[A, B]; y = concat(exp(a), exp(b), over = A)", NULL},
    {OP_CONCAT, "param a[A, B]; param b[A, B]; y = exp(concat(a, a * b, over = B))", NULL},
    {OP_CONCAT, "param a[A, B, C]; param b[A, 1, C]; y = exp(concat(b, a, over = 1))", NULL},
    {OP_MATMUL, "param a[A, B]; param b[C, B]; y = matmul(a, b, over = B)", NULL},
    {OP_MATMUL, "param a[B, A]; param b[C, B]; y = matmul(a, b, over = B)", NULL},
    {OP_MATMUL, "param a[B, A]; param b[B, C]; y = matmul(a, b, over = B)", NULL},
    {OP_MATMUL, "param a[A, B, C]; param b[A, D, C]; y = matmul(a, b, over = C)", NULL},
    {OP_MATMUL, "param a[A, B, C]; param b[D, C]; y = matmul(a, b, over = C)", NULL},
    {OP_MATMUL, "param a[D, C]; param b[A, B, C]; y = matmul(a, b, over = C)", NULL},
    {OP_MATMUL, /* grouped queries: b has no axis E */
     "param a[A, E, B, D]; param b[A, C, D]; y = matmul(a, b, over = D)", NULL},
    {OP_MATMUL, "param a[A, E, B, C]; param b[A, C, D]; y = matmul(a, b, over = C)", NULL},
    {OP_MATMUL, "param a[E, A, B, D]; param b[C, A, D]; y = matmul(a, b, over = D)", NULL},
    {OP_MATMUL, "param a[A, B]; b = exp(reshape(a, F - 3, B)); y = matmul(a, b, over = B)", NULL},
    {OP_MATMUL, NULL, matmul_result_turned},
    {OP_MATMUL, NULL, matmul_first_turned},
    {OP_MATMUL, NULL, matmul_two_batches},
    {OP_MATMUL, NULL, matmul_batch_missing_left},
    {OP_MATMUL, NULL, matmul_batch_missing_right},
    {OP_MATMUL, NULL, matmul_batch_in_the_middle},
    {OP_MATMUL, NULL, matmul_of_itself},
    {OP_ROPE, "param a[A, D]; y = rope(a, over = D, along = A)", NULL},
    {OP_ROPE, "param a[B, A, D]; y = rope(a * a, over = D, along = A, theta = 100)", NULL},
    {OP_ROPE, "param a[A, B, D]; y = rope(a, over = D, along = A)", NULL},
    {OP_ROPE, NULL, rope_turned_back},
    {OP_GATHER, "param a[V, B]; y = gather(a, ids)", NULL},
    {OP_GATHER, "param a[V, B]; y = gather(a, ids) * gather(a, ids)", NULL},
    {OP_CROSS_ENTROPY, "param a[S, V]; y = cross_entropy(a, next)", NULL},
    {OP_CROSS_ENTROPY, "param a[S, V]; y = cross_entropy(a * 5, next) * 3", NULL},
    {OP_CROSS_ENTROPY,
     "param a[V, B]; y = cross_entropy(matmul(gather(a, ids), a, over = B), next)", NULL},
};

static bool has_gradient(op_id op) {
    static const char *const rule[OP_COUNT] = {
        [OP_NONE] = "NONE",
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = #GRAD,
#include "ops.def"
    };
    return strcmp(rule[op], "NONE") != 0;
}

/* --- one case --- */

/* Seven ids below 5 in 12 places: some repeat. */
#define HEAD                                                                                       \
    "model m {\n"                                                                                  \
    "config { A = 3; B = 5; C = 2; D = 4; E = 2; F = 6; G = 6; S = 12; V = 7 }\n"                  \
    "input ids : token[S] < V; target next : token[S] < V\n"                                       \
    "frozen param logits_[S, V]\n"                                                                 \
    "output logits = logits_ * 1\n"                                                                \
    "l = cross_entropy(logits, next)\n"
#define TAIL                                                                                       \
    "\ntrain { loss = l }\n"                                                                       \
    "}\n"

/* Replaces the loss by the sum of y with random weights. */
static void weigh(graph *g, value y) {
    shape s = graph_node(g, y)->s;
    value w = new_param(g, s.rank, s.dim);
    g->params.at[g->params.len - 1].frozen = true;
    value sum = g_binary(g, OP_MUL, y, w);
    for (int i = 0; i < s.rank; i++) {
        sum = g_reduce(g, OP_SUM, sum, i);
    }
    g->loss = g_reshape(g, sum, &(shape){0});
}

static build *build_case(const test_case *c) {
    const char *body = c->body ? c->body : "";
    char model_text[1200];
    int n = snprintf(model_text, sizeof model_text, "%s%s%s", HEAD, body, TAIL);
    assert_true(n > 0 && n < (int)sizeof model_text);
    build *b = build_new(model_text, (size_t)n, NULL);
    if (!b->m) {
        fail_msg("%s\n%s", body, build_messages(b));
    }
    graph *g = b->m->g;
    value y = (value)g->nodes.len - 1;
    weigh(g, c->make ? c->make(g) : y);
    return b;
}

static double loss_at(const graph *g, const graph_data *d) {
    graph_values v = graph_eval(g, d);
    double loss = v.at[g->loss][0];
    graph_values_free(&v);
    return loss;
}

static double difference(const graph *g, graph_data *d, size_t p, size_t i) {
    const double h = 1e-5;
    double x = d->param[p][i];
    d->param[p][i] = x + h;
    double after = loss_at(g, d);
    d->param[p][i] = x - h;
    double before = loss_at(g, d);
    d->param[p][i] = x;
    return (after - before) / (2 * h);
}

/* Largest error of parameter p's gradient against the largest element of all gradients. */
static double gradient_error(const graph *g, graph_data *d, const graph_result *r, size_t p,
                             double *largest) {
    double error = 0;
    for (size_t i = 0; i < r->elements[p]; i++) {
        double wanted = difference(g, d, p, i), got = r->gradient[p] ? r->gradient[p][i] : 0;
        error = fmax(error, isnan(got) ? HUGE_VAL : fabs(wanted - got));
        *largest = fmax(*largest, fabs(wanted));
    }
    return error;
}

static void check_case(const test_case *c, bool simplified) {
    build *b = build_case(c);
    graph *g = b->m->g;
    drop_dead(g);
    bool found = false;
    for (value v = 1; v < g->nodes.len; v++) {
        found = found || op_is(g, v, c->op);
    }
    const char *what = c->body ? c->body : "built by hand";
    if (!found) {
        fail_msg("no %s in: %s", op_infos[c->op].name, what);
    }
    graph_data *d = graph_data_new(g, 7);
    if (simplified) {
        simplify(g);
    }
    differentiate(g);
    assert_null(graph_verify(g));
    graph_result r = graph_results(g, d);
    double largest = 1e-3, error = 0;
    for (size_t p = 0; p < g->params.len; p++) {
        if (!g->params.at[p].frozen) {
            error = fmax(error, gradient_error(g, d, &r, p, &largest));
        }
    }
    if (!(error < 1e-6 * largest)) {
        fail_msg("%s%s: relative error %.3g in: %s", op_infos[c->op].name,
                 simplified ? ", simplified" : "", error / largest, what);
    }
    graph_result_free(&r);
    graph_data_free(d);
    build_free(b);
}

/* --- tests --- */

static void gradients_are_differences(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(&cases[i], false);
    }
}

static void simplified_gradients_are_differences(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(&cases[i], true);
    }
}

static void every_rule_has_a_case(void **state) {
    (void)state;
    for (int op = 1; op < OP_COUNT; op++) {
        bool tested = !has_gradient((op_id)op);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            tested = tested || (int)cases[i].op == op;
        }
        if (!tested) {
            fail_msg("the gradient rule of `%s` has no case", op_infos[op].name);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_a_case),
        cmocka_unit_test(gradients_are_differences),
        cmocka_unit_test(simplified_gradients_are_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
