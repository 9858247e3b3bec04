/* The parser on damaged text: it ends, it says why, and what it returns is a tree. The shapes of
 * trees are pinned by tests/parse, the messages by tests/diag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ast.h"

#include <stdlib.h>
#include <string.h>

static const char sample[] =
    "import std.llama\n"
    "/// a model\n"
    "model tiny {\n"
    "    config { dim = 64; heads = 4 }\n"
    "    input tokens : token[seq] < vocab\n"
    "    require dim % heads == 0, \"dim\"\n"
    "    if heads > 1 { a = 1 } else if not b { a = 2 } else { a = -3.5e2 }\n"
    "    output logits = tokens -> net.embed\n"
    "        -> net.head\n"
    "    train { loss = f(logits, k = (0.9, true)) }\n"
    "    checkpoint c { wq = \"a.*\" }\n"
    "}\n"
    "layer L(n, eps = 1e-5) {\n"
    "    frozen param w[n, 2] = normal(0.02)\n"
    "    blocks = repeat n as i { Block(i) }\n"
    "    @kernel(k) (p, q) = g(n ? 1 : 2)[0]\n"
    "    (x : [S, n]) -> ([S, n], []) {\n"
    "        y = x * w /* scaled */ + 1\n"
    "        (y, x)\n"
    "    }\n"
    "}\n";

typedef struct outcome {
    int errors;
    size_t nodes, damaged;
} outcome;

static void count_nodes(const ast *n, size_t size, outcome *o) {
    for (; n; n = n->next) {
        assert_true(n->kind < AST_KIND_COUNT);
        assert_int_equal(n->at.file, 1);
        assert_true(n->at.begin <= n->at.end && n->at.end <= size);
        o->nodes++;
        o->damaged += n->kind == AST_ERROR;
        count_nodes(n->a, size, o);
        count_nodes(n->b, size, o);
        count_nodes(n->c, size, o);
    }
}

/* Parses a copy that ends where its memory ends, so that reading on is noticed. */
static outcome parse(const char *written, size_t size) {
    arena *memory = arena_new();
    sources files = {.memory = memory};
    diags d = {.memory = memory, .files = &files};
    char *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, written, size);
    copy[size] = 0;
    uint32_t file = source_add(&files, "sample", copy, (uint32_t)size);
    ast *tree = parse_file(memory, &files, &d, file);
    outcome o = {0};
    assert_non_null(tree);
    assert_int_equal(tree->kind, AST_FILE);
    assert_null(tree->next);
    count_nodes(tree, size, &o);
    o.errors = d.errors;
    text out = {0};
    diag_render(&d, DIAG_TEXT, false, &out);
    assert_true((d.errors > 0) == (out.len > 0));
    out.len = 0;
    tokens_dump(&files, file, &out);
    ast_dump(tree, &files, &out);
    text_free(&out);
    free(copy);
    arena_free(memory);
    return o;
}

static void the_sample_is_whole(void **state) {
    (void)state;
    outcome o = parse(sample, strlen(sample));
    assert_int_equal(o.errors, 0);
    assert_int_equal(o.damaged, 0);
    assert_true(o.nodes > 80);
}

/* Cut anywhere inside a declaration it has an error; cut between declarations it has none. */
static void every_prefix_is_read(void **state) {
    (void)state;
    size_t model = (size_t)(strstr(sample, "\nmodel") - sample) + 1;
    size_t layer = (size_t)(strstr(sample, "\nlayer") - sample) + 1;
    for (size_t n = 0; n < strlen(sample); n++) {
        outcome o = parse(sample, n);
        bool inside = (n >= model + 5 && n < layer - 1) || n >= layer + 5;
        if (inside && n + 1 < strlen(sample)) {
            assert_true(o.errors > 0);
        }
        assert_true(o.errors <= 2);
    }
}

/* Recovery does not cascade. */
static void one_line_less_is_few_messages(void **state) {
    (void)state;
    char damaged[sizeof sample];
    for (const char *line = sample; *line;) {
        size_t before = (size_t)(line - sample), length = strcspn(line, "\n") + 1;
        memcpy(damaged, sample, before);
        strcpy(damaged + before, line + length);
        assert_true(parse(damaged, strlen(damaged)).errors <= 2);
        line += length;
    }
}

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Bytes changed, dropped and doubled at random. */
static void mutations_are_read(void **state) {
    (void)state;
    static const char pieces[] = "{}()[]=;,.:?@\"\n\\ -><!*/%x19\xC3";
    uint32_t seed = 1;
    char damaged[2 * sizeof sample];
    for (int round = 0; round < 3000; round++) {
        size_t n = strlen(sample);
        memcpy(damaged, sample, n);
        for (uint32_t k = next_random(&seed) % 6; k <= 6; k++) {
            size_t at = next_random(&seed) % n, length = 1 + next_random(&seed) % 12;
            length = length < n - at ? length : n - at - 1;
            switch (next_random(&seed) % 3) {
            case 0:
                damaged[at] = pieces[next_random(&seed) % (sizeof pieces - 1)];
                break;
            case 1:
                memmove(damaged + at, damaged + at + length, n - at - length);
                n -= length;
                break;
            default:
                memmove(damaged + at + length, damaged + at, n - at);
                n += length;
                break;
            }
        }
        parse(damaged, n);
    }
}

/* Words of the language in any order. */
static void soups_of_words_are_read(void **state) {
    (void)state;
    static const char *const words[] = {
        "model ",  "layer ",  "a ", "{ ",     "} ",     "( ",      ") ",     "[ ",
        "] ",      "= ",      "\n", "; ",     "-> ",    ": ",      "? ",     "if ",
        "else ",   "repeat ", "1 ", ", ",     "input ", "@",       "token ", "param ",
        "config ", "not ",    "- ", "\"s\" ", "/* ",    "import ", "==",     "."};
    uint32_t seed = 7;
    char soup[4096];
    for (int round = 0; round < 3000; round++) {
        size_t n = 0;
        for (uint32_t k = next_random(&seed) % 120; k > 0; k--) {
            const char *word = words[next_random(&seed) % (sizeof words / sizeof *words)];
            size_t length = strlen(word);
            memcpy(soup + n, word, length);
            n += length;
        }
        parse(soup, n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_is_whole),           cmocka_unit_test(every_prefix_is_read),
        cmocka_unit_test(one_line_less_is_few_messages), cmocka_unit_test(mutations_are_read),
        cmocka_unit_test(soups_of_words_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
