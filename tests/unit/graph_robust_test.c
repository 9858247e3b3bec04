/* No text that a user may write ends in a crash, a hang, a leak or an internal error: valid
 * programs with random mistakes go through the whole compiler, and sizes, depths and numbers are
 * driven to their limits. Rounds are multiplied by ANET_TEST_ROUNDS; ANET_TEST_SEED=N runs one of
 * them. */
#include "graph_models.h"
#include "graph_random.h"
#include "graph_source.h"

#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What die() would leave unsaid: shown when the program ends inside a test. */
static const char *running;
static uint64_t running_seed;

static void show_running(void) {
    if (running) {
        fprintf(stderr, "seed %llu, while compiling:\n%.3000s\n", (unsigned long long)running_seed,
                running);
    }
}

/* --- compiling --- */

static void check_programs(const build *b) {
    anet_error err = {0};
    if (lowered_check(b->l, &err)) {
        fail_msg("%s\n%s", err.message, running);
    }
}

/* Whether it compiled. What is wrong must be said, what is said must have a place. */
static bool compile(const char *source_text, size_t size, int level, const define *defines) {
    running = source_text;
    build *b = build_new(source_text, size, defines);
    bool ok = b->m != NULL;
    assert_true(ok == (b->messages.errors == 0));
    for (int id = PASS_SIMPLIFY; ok && id <= PASS_SCHEDULE; id++) {
        ok = build_pass(b, (pass_id)id, level);
        const char *wrong = ok ? graph_verify(b->m->g) : NULL;
        if (wrong) {
            fail_msg("after %s: %s\n%s", passes[id].name, wrong, running);
        }
    }
    if (ok) {
        check_programs(b);
    } else {
        assert_true(build_messages(b)[0] != 0);
    }
    build_free(b);
    running = NULL;
    return ok;
}

/* --- mistakes --- */

typedef struct words {
    const char *at[4000];
    int length[4000];
    int n;
} words;

static int word_length(const char *s) {
    if (strchr(" \n", *s)) {
        return (int)strspn(s, " \n");
    }
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    int n = (int)strspn(s, letters);
    return n ? n : 1;
}

static void split(const char *s, words *w) {
    w->n = 0;
    while (*s && w->n < 4000) {
        w->at[w->n] = s;
        w->length[w->n] = word_length(s);
        s += w->length[w->n++];
    }
}

static const char *const extremes[] = {
    "0",
    "-1",
    "1",
    "2",
    "3",
    "7",
    "64",
    "1000",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "1e308",
    "0.5",
    "1e-300",
    "-0.0",
    "true",
    "\"text\"",
    "()",
    "(1, 2)",
    "repeat 3 { 1 }",
    "ids",
    "next",
    "zeros",
    "cosine(warmup = 1)",
    "sqrt",
    "Linear",
    "S",
    "V",
    "dim",
    "normal(1)",
    "layer",
    "1 / 0",
    "x -> x",
    "causal_mask(S, S)",
};

static const char *some_extreme(rng *r) {
    return extremes[rng_below(r, sizeof extremes / sizeof *extremes)];
}

static bool is_word(const words *w, int i) {
    return !strchr(" \n", *w->at[i]);
}

/* A word that is no blank. */
static int some_word(rng *r, const words *w) {
    int i;
    do {
        i = (int)rng_below(r, (uint64_t)w->n);
    } while (!is_word(w, i));
    return i;
}

static void put_mutated(rng *r, const words *w, int i, text *out) {
    int other = some_word(r, w);
    switch (rng_below(r, 6)) {
    case 0: /* lost */
        break;
    case 1: /* twice */
        text_add(out, w->at[i], (size_t)w->length[i]);
        text_putc(out, ' ');
        text_add(out, w->at[i], (size_t)w->length[i]);
        break;
    case 2: /* another one of the text */
    case 3:
        text_add(out, w->at[other], (size_t)w->length[other]);
        break;
    case 4:
        text_puts(out, some_extreme(r));
        break;
    default: /* misspelt */
        text_add(out, w->at[i], (size_t)w->length[i] - 1);
        text_putc(out, (char)('!' + rng_below(r, 94)));
        break;
    }
}

/* The text with one to four mistakes. */
static void damage(rng *r, const char *from, text *out) {
    words *w = anet_calloc(1, sizeof *w);
    split(from, w);
    int hit[4], hits = 1 + (int)rng_below(r, 4);
    for (int i = 0; i < hits; i++) {
        hit[i] = some_word(r, w);
    }
    for (int i = 0; i < w->n; i++) {
        bool wanted = false;
        for (int k = 0; k < hits; k++) {
            wanted = wanted || hit[k] == i;
        }
        if (wanted) {
            put_mutated(r, w, i, out);
        } else {
            text_add(out, w->at[i], (size_t)w->length[i]);
        }
    }
    free(w);
}

static bool one_round(uint64_t seed) {
    rng r;
    rng_seed(&r, seed);
    text whole = {0}, damaged = {0};
    if (seed % 2) {
        text_puts(&whole, graph_models[rng_below(&r, graph_models_count)]);
    } else {
        random_program(seed, &whole);
    }
    damage(&r, whole.at, &damaged);
    running_seed = seed;
    bool ok = compile(damaged.at, damaged.len, (int)rng_below(&r, 2), NULL);
    text_free(&whole);
    text_free(&damaged);
    return ok;
}

static void mistakes_are_reported(void **state) {
    (void)state;
    const char *factor = getenv("ANET_TEST_ROUNDS"), *one = getenv("ANET_TEST_SEED");
    uint64_t rounds = 1500 * (factor ? strtoull(factor, NULL, 10) : 1), compiled = 0;
    if (one) {
        one_round(strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 0; seed < rounds; seed++) {
        compiled += one_round(seed);
    }
    assert_in_range(compiled, 1, rounds - 1);
}

/* --- limits --- */

static bool compile_all(const char *model, const define *defines) {
    return compile(model, strlen(model), 0, defines) && compile(model, strlen(model), 1, defines);
}

static void sizes_at_their_limits(void **state) {
    (void)state;
    static const char *const values[] = {
        "0",
        "-1",
        "1",
        "2",
        "3",
        "64",
        "2147483647",
        "2147483648",
        "9223372036854775807",
        "-9223372036854775808",
        "1e300",
    };
    static const char *const names[] = {"dim", "hidden", "heads", "vocab", "seq"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            define d[] = {{names[i], values[k]}, {NULL, NULL}};
            compile_all(graph_models[0], d);
            define two[] = {{names[i], values[k]}, {"seq", values[k]}, {NULL, NULL}};
            compile_all(graph_models[0], two);
        }
    }
}

static void many_layers(void **state) {
    (void)state;
    define d[] = {{"layers", "60"}, {NULL, NULL}};
    assert_true(compile_all(graph_models[0], d));
}

/* A chain of `depth` layers that hold one another. */
static void nest(text *t, int depth) {
    text_puts(t, "model m {\n  input ids : token[3] < 4\n  target next : token[3] < 4\n"
                 "  net = L0()\n  output logits = net(ids)\n"
                 "  train { loss = cross_entropy(logits, next) }\n}\n");
    for (int i = 0; i + 1 < depth; i++) {
        text_printf(t, "layer L%d() {\n  next = L%d()\n", i, i + 1);
        text_puts(t, "  (x : token[S] < 4) -> [S, 4] { next(x) }\n}\n");
    }
    text_printf(t, "layer L%d() {\n  param w[4, 4]\n", depth - 1);
    text_puts(t, "  (x : token[S] < 4) -> [S, 4] { gather(w, x) }\n}\n");
}

static void deep_layers(void **state) {
    (void)state;
    static const int depths[] = {1, 2, 199, 200, 201, 500};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        text t = {0};
        nest(&t, depths[i]);
        assert_true(compile_all(t.at, NULL) == (depths[i] <= 200));
        text_free(&t);
    }
}

static const char head[] = "model m {\n  input ids : token[3] < 4\n  target next : token[3] < 4\n"
                           "  param w[4, 4]\n  x0 = gather(w, ids)\n";

/* `n` lines, each from its number and the next. */
static bool compile_lines(const char *line, int n) {
    text t = {0};
    text_puts(&t, head);
    for (int i = 0; i < n; i++) {
        text_printf(&t, line, i + 1, i);
    }
    text_printf(&t, "  last = 1\n  output logits = x%d\n", n);
    text_puts(&t, "  train { loss = cross_entropy(logits, next) }\n}\n");
    bool ok = compile_all(t.at, NULL);
    text_free(&t);
    return ok;
}

static void long_chains(void **state) {
    (void)state;
    assert_true(compile_lines("  x%d = relu(x%d)\n", 2000));
    assert_true(compile_lines("  x%d = x%d * x0\n", 2000));
    assert_true(compile_lines("  x%d = 2 * matmul(x%d, w, over = 1)\n", 300));
    assert_true(compile_lines("  x%d = 1.5 * reshape(x%d, 3, 4)\n", 2000));
    assert_true(compile_lines("  x%d = x%d + 1\n", 2000));
}

/* Every definition needs the one behind it. */
static void long_needs(void **state) {
    (void)state;
    text t = {0};
    text_puts(&t, head);
    for (int i = 0; i < 20000; i++) {
        text_printf(&t, "  a%d = a%d\n", i, i + 1);
    }
    text_puts(&t, "  a20000 = 1\n  output logits = x0\n");
    text_puts(&t, "  train { loss = cross_entropy(logits, next) }\n}\n");
    assert_false(compile(t.at, t.len, 1, NULL));
    text_free(&t);
}

/* Layers in layers, each behind many brackets. */
static void deep_brackets_in_layers(void **state) {
    (void)state;
    text t = {0};
    text_puts(&t, head);
    text_puts(&t, "  output logits = L0()(x0)\n");
    text_puts(&t, "  train { loss = cross_entropy(logits, next) }\n}\n");
    for (int i = 0; i < 190; i++) {
        text_printf(&t, "layer L%d() {\n  (x : [S, C]) -> [S, C] { ", i);
        for (int k = 0; k < 900; k++) {
            text_puts(&t, "- ");
        }
        text_printf(&t, i < 189 ? "L%d()(x) }\n}\n" : "x }\n}\n", i + 1);
    }
    assert_false(compile(t.at, t.len, 1, NULL));
    text_free(&t);
}

/* Whatever stands in for the number must be said to be wrong, or work. */
static void odd_numbers(void **state) {
    (void)state;
    static const char *const numbers[] = {
        "0",
        "-0.0",
        "1e308",
        "-1e308",
        "1e-320",
        "65504",
        "65505",
        "1e5",
        "-1e5",
        "6e-8",
        "1e-9",
        "9007199254740993",
        "9223372036854775807",
        "sqrt(2)",
        "exp(700)",
        "log(1e-300)",
        "1e200 * 1e200",
        "0 / 1",
        "0.0 / 3",
    };
    static const char *const forms[] = {
        "x * %s",           "x + %s",
        "x - %s",           "%s - x",
        "x / %s",           "%s / (x * x + 1)",
        "max(x, %s)",       "min(%s, x)",
        "log(x * x + %s)",  "rsqrt(x * x + %s)",
        "exp(x * %s) * %s", "x * %s * %s",
        "x + (%s + %s)",    "tanh(x) * (%s * %s)",
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
            char value_text[200], model[1000];
            snprintf(value_text, sizeof value_text, forms[k], numbers[i], numbers[i]);
            snprintf(model, sizeof model,
                     "model m {\n  input ids : token[3] < 4\n  target next : token[3] < 4\n"
                     "  param w[4, 4]\n  x = gather(w, ids)\n  output logits = %s\n"
                     "  train { loss = cross_entropy(logits, next) }\n}\n",
                     value_text);
            compile_all(model, NULL);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_at_their_limits),
        cmocka_unit_test(many_layers),
        cmocka_unit_test(deep_layers),
        cmocka_unit_test(long_chains),
        cmocka_unit_test(long_needs),
        cmocka_unit_test(deep_brackets_in_layers),
        cmocka_unit_test(odd_numbers),
        cmocka_unit_test(mistakes_are_reported),
    };
    atexit(show_running);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
