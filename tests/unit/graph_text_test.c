/* The text form of the graph: what is printed reads back as the same graph after every pass, and
 * compiles to the same kernels; what is not a graph is refused, and nothing that is accepted upsets
 * a later pass. */
#include "graph_models.h"
#include "graph_random.h"
#include "graph_read.h"
#include "graph_source.h"

#include "mil/mil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the same graph --- */

static bool same_word(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_shape(const shape *a, const shape *b) {
    bool same = shape_equal(a, b);
    for (int i = 0; same && i < a->rank; i++) {
        same = same_word(a->axis[i], b->axis[i]);
    }
    return same;
}

static bool same_node(const graph *ga, const node *a, const graph *gb, const node *b) {
    bool leaf = op_flag(a->op, OP_LEAF) != 0;
    const layer_call *ca = &ga->calls.at[a->from.call], *cb = &gb->calls.at[b->from.call];
    return a->op == b->op && same_shape(&a->s, &b->s) && memcmp(a->in, b->in, sizeof a->in) == 0 &&
           memcmp(&a->at, &b->at, sizeof a->at) == 0 && a->from.forward == b->from.forward &&
           a->from.backward == b->from.backward && a->from.cpu == b->from.cpu &&
           same_word(a->from.kernel, b->from.kernel) && a->place == b->place &&
           a->native == b->native && a->kernel == b->kernel && same_word(a->name, b->name) &&
           a->name_implied == b->name_implied &&
           (leaf || (same_word(ca->path, cb->path) && same_word(ca->layer, cb->layer)));
}

static bool same_param(const param *a, const param *b) {
    return same_word(a->name, b->name) && same_shape(&a->s, &b->s) && a->init == b->init &&
           a->a == b->a && a->b == b->b && a->frozen == b->frozen;
}

static void check_same(const graph *a, const graph *b) {
    assert_int_equal(a->nodes.len, b->nodes.len);
    assert_int_equal(a->params.len, b->params.len);
    assert_int_equal(a->gradients.len, b->gradients.len);
    assert_int_equal(a->kernels.len, b->kernels.len);
    assert_int_equal(a->loss, b->loss);
    assert_int_equal(a->logits, b->logits);
    assert_int_equal(a->n_forward, b->n_forward);
    assert_int_equal(a->stored, b->stored);
    assert_int_equal(a->after, b->after);
    for (value v = 1; v < a->nodes.len; v++) {
        if (!same_node(a, graph_node(a, v), b, graph_node(b, v))) {
            text line = {0};
            graph_print_node(a, v, &line);
            fail_msg("another node: %s", line.at);
        }
    }
    for (size_t i = 0; i < a->params.len; i++) {
        assert_true(same_param(&a->params.at[i], &b->params.at[i]));
    }
    for (size_t i = 0; i < a->gradients.len; i++) {
        assert_int_equal(a->gradients.at[i].param, b->gradients.at[i].param);
        assert_int_equal(a->gradients.at[i].g, b->gradients.at[i].g);
    }
    for (size_t i = 1; i < a->kernels.len; i++) {
        const kernel *x = &a->kernels.at[i], *y = &b->kernels.at[i];
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->place, y->place);
        assert_int_equal(x->backward, y->backward);
        assert_string_equal(a->calls.at[x->call].path, b->calls.at[y->call].path);
    }
}

/* --- compiling on --- */

/* A build that begins with this text; m is NULL if it is refused. */
static build *build_read(const char *from, size_t size, anet_error *err) {
    arena *memory = arena_new();
    build *b = ARENA_NEW(memory, build);
    b->form = legal_form_of(&(target_list){0});
    graph *g;
    b->memory = memory;
    b->files.memory = memory;
    b->messages = (diags){.memory = memory, .files = &b->files, .max_errors = 20};
    source_add(&b->files, "test.ir", arena_strndup(memory, from, size), (uint32_t)size);
    if (graph_read(memory, from, size, "test.ir", &g, err) == ANET_OK) {
        b->m = ARENA_NEW(memory, elaborated);
        b->m->g = g;
    }
    return b;
}

/* All passes after `after`, and the programs and steps that they end in. */
static bool finish(build *b, pass_id after, int level, text *out) {
    for (int id = (int)after + 1; id <= PASS_SCHEDULE; id++) {
        if (!build_pass(b, (pass_id)id, level)) {
            return false;
        }
    }
    for (int i = 0; i < b->l->n_programs; i++) {
        text_puts(out, b->l->programs[i].name);
        text_add(out, b->l->programs[i].mil.at, b->l->programs[i].mil.len);
    }
    schedule_print(b->m->g, b->l, b->s, out);
    return true;
}

/* --- round trips --- */

static void check_round_trip(const graph *g, int level, const text *wanted) {
    anet_error err = {0};
    text first = {0}, again = {0}, made = {0};
    graph_print(g, &first);
    build *b = build_read(first.at, first.len, &err);
    if (!b->m) {
        fail_msg("%s\n%s", err.message, first.at);
    }
    check_same(g, b->m->g);
    graph_print(b->m->g, &again);
    assert_string_equal(first.at, again.at);
    assert_true(finish(b, g->after, level, &made));
    assert_string_equal(made.at, wanted->at);
    text_free(&first);
    text_free(&again);
    text_free(&made);
    build_free(b);
}

static void check_stages(const char *model, int level) {
    build *whole = build_new(model, strlen(model), NULL);
    text wanted = {0};
    if (!whole->m || !finish(whole, PASS_ELABORATE, level, &wanted)) {
        fail_msg("%s\n%s", build_messages(whole), model);
    }
    build *b = build_new(model, strlen(model), NULL);
    for (int id = PASS_ELABORATE; id <= PASS_TAP; id++) {
        assert_true(build_pass(b, (pass_id)id, level));
        b->m->g->after = (pass_id)id;
        check_round_trip(b->m->g, level, &wanted);
    }
    text_free(&wanted);
    build_free(b);
    build_free(whole);
}

static void models_read_back(void **state) {
    (void)state;
    for (size_t i = 0; i < graph_models_count; i++) {
        check_stages(graph_models[i], 0);
        check_stages(graph_models[i], 1);
    }
}

static void random_programs_read_back(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        text t = {0};
        random_program(seed, &t);
        check_stages(t.at, (int)(seed % 2));
        text_free(&t);
    }
}

static void numbers_read_back(void **state) {
    (void)state;
    static const double numbers[] = {0.1,    1.0 / 3, -0.0,     5e-324,
                                     -65504, 1e300,   1e-5 / 3, 0.30000000000000004};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        anet_error err = {0};
        text t = {0};
        text_printf(
            &t,
            "graph m after simplify {\n input ids : token[2] < 3\n target next : token[2] < "
            "3\n param w : [3, 4] = normal %.17g\n %%1 : [] = const %.17g\n %%2 : [2] = "
            "input ids\n %%3 : [3, 4] = param w\n %%4 : [2, 4] = gather %%3, %%2\n %%5 : "
            "[2] = target next\n %%7 : [] = cross_entropy %%4, %%5\n output %%4\n loss "
            "%%7\n}\n",
            numbers[i], numbers[i]);
        build *b = build_read(t.at, t.len, &err);
        assert_string_equal(err.message, "");
        assert_memory_equal(&graph_node(b->m->g, 1)->at.number, &numbers[i], sizeof *numbers);
        assert_memory_equal(&b->m->g->params.at[0].a, &numbers[i], sizeof *numbers);
        t.len = 0;
        graph_print(b->m->g, &t);
        build *c = build_read(t.at, t.len, &err);
        assert_memory_equal(&graph_node(c->m->g, 1)->at.number, &numbers[i], sizeof *numbers);
        text_free(&t);
        build_free(b);
        build_free(c);
    }
}

/* --- damage --- */

static uint32_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* Bounds [from, to) of a random line. */
static void pick_line(const text *t, uint64_t *state, size_t *from, size_t *to) {
    *from = *to = next_random(state) % t->len;
    while (*from > 0 && t->at[*from - 1] != '\n') {
        --*from;
    }
    while (*to < t->len && t->at[*to] != '\n') {
        ++*to;
    }
    *to += *to < t->len;
}

static void replace(text *t, size_t from, size_t to, const char *by, size_t n) {
    text r = {0};
    text_add(&r, t->at, from);
    text_add(&r, by, n);
    text_add(&r, t->at + to, t->len - to);
    text_free(t);
    *t = r;
}

/* A number of the text becomes another one, or one of the text's. */
static void change_number(text *t, uint64_t *state) {
    size_t from = next_random(state) % t->len, to;
    while (from < t->len && (t->at[from] < '0' || t->at[from] > '9')) {
        from++;
    }
    for (to = from; to < t->len && t->at[to] >= '0' && t->at[to] <= '9';) {
        to++;
    }
    static const char *const odd[] = {"0", "1", "2", "3", "2147483647", "99999999999999999999"};
    char nearby[32];
    int n = snprintf(nearby, sizeof nearby, "%d",
                     atoi(t->at + from) + (int)(next_random(state) % 5) - 2);
    const char *by = next_random(state) % 4 ? nearby : odd[next_random(state) % 6];
    replace(t, from, to, by, by == nearby ? (size_t)n : strlen(by));
}

/* A word of the text takes the place of another one. */
static void change_word(text *t, uint64_t *state) {
    size_t from[2], n[2];
    for (int i = 0; i < 2; i++) {
        from[i] = next_random(state) % t->len;
        while (from[i] > 0 && t->at[from[i] - 1] > ' ') {
            from[i]--;
        }
        n[i] = strcspn(t->at + from[i], " \n");
    }
    char *word = malloc(n[1] + 1);
    assert_non_null(word);
    memcpy(word, t->at + from[1], n[1]);
    replace(t, from[0], from[0] + n[0], word, n[1]);
    free(word);
}

static void move_line(text *t, uint64_t *state) {
    size_t from, to, at, end;
    pick_line(t, state, &from, &to);
    char *line = malloc(to - from + 1);
    assert_non_null(line);
    memcpy(line, t->at + from, to - from);
    size_t n = to - from;
    if (next_random(state) % 3) {
        replace(t, from, to, "", 0);
    }
    if (t->len && next_random(state) % 3) {
        pick_line(t, state, &at, &end);
        replace(t, at, at, line, n);
    }
    free(line);
}

static void damage(text *t, uint64_t *state) {
    static const char bytes[] = "%[]=,:@<>{}k-.0123456789aAzZ \n\t/+\x80\xff";
    switch (next_random(state) % 8) {
    case 0:
        t->at[next_random(state) % t->len] = bytes[next_random(state) % (sizeof bytes - 1)];
        break;
    case 1:
        replace(t, next_random(state) % t->len, t->len, "", 0);
        break;
    case 2:
    case 3:
        change_word(t, state);
        break;
    case 4:
        move_line(t, state);
        break;
    default:
        change_number(t, state);
        break;
    }
}

/* What the compiler checks in debug builds and would take for its own mistake. */
static void check_compiles(build *b, int level, const text *t) {
    text made = {0};
    pass_id after = b->m->g->after;
    const char *bad = graph_verify(b->m->g);
    if (bad) {
        fail_msg("%s\n%s", bad, t->at);
    }
    if (finish(b, after, level, &made)) {
        for (int i = 0; i < b->l->n_programs; i++) {
            const program *k = &b->l->programs[i];
            anet_error err = {0};
            mil_program *mil = NULL;
            if (mil_read(k->mil.at, k->mil.len, k->name, &mil, &err) == ANET_OK) {
                mil_check(mil, k->name, &err);
            }
            mil_free(mil);
            if (err.code) {
                fail_msg("%s\n%s", err.message, t->at);
            }
        }
    } else {
        assert_true(b->messages.errors > 0);
    }
    text_free(&made);
}

/* Returns whether the text was accepted. The copy ends where its memory ends. */
static bool try_text(const text *t, int level) {
    anet_error err = {0};
    char *exact = malloc(t->len ? t->len : 1);
    assert_non_null(exact);
    memcpy(exact, t->at ? t->at : "", t->len);
    build *b = build_read(exact, t->len, &err);
    free(exact);
    bool accepted = b->m != NULL;
    if (accepted) {
        check_compiles(b, level, t);
    } else {
        assert_int_equal(err.code, ANET_BAD_INPUT);
        assert_true(strncmp(err.message, "test.ir:", 8) == 0);
    }
    build_free(b);
    return accepted;
}

static void damaged_text_is_refused_or_compiles(void **state) {
    (void)state;
    uint64_t random = 5;
    const char *turns = getenv("GRAPH_TEXT_TURNS");
    int accepted = 0, refused = 0, per_graph = turns ? atoi(turns) : 20;
    for (size_t i = 0; i < graph_models_count; i++) {
        int level = (int)(i % 2);
        build *b = build_new(graph_models[i], strlen(graph_models[i]), NULL);
        for (int id = PASS_ELABORATE; id <= PASS_TAP; id++) {
            build_pass(b, (pass_id)id, level);
            b->m->g->after = (pass_id)id;
            for (int turn = 0; turn < per_graph; turn++) {
                text t = {0};
                graph_print(b->m->g, &t);
                for (uint32_t n = 1 + next_random(&random) % 3; n > 0 && t.len; n--) {
                    damage(&t, &random);
                }
                bool good = try_text(&t, level);
                accepted += good;
                refused += !good;
                text_free(&t);
            }
        }
        build_free(b);
    }
    print_message("%d accepted, %d refused\n", accepted, refused);
    assert_true(accepted > 0 && refused > accepted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_read_back),
        cmocka_unit_test(random_programs_read_back),
        cmocka_unit_test(numbers_read_back),
        cmocka_unit_test(damaged_text_is_refused_or_compiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
