#include "scratch.h"

#include "rng.h"
#include "tokenizer.h"

#include <math.h>

typedef struct entry {
    const char *text;
    float score;
} entry;

/* <unk>, <s>, </s>, the 256 bytes, then these */
static const entry words[] = {
    {" ", -1e6F},
    {"a", -1e6F},
    {"b", -1e6F},
    {"c", -1e6F},
    {"\xC3\xA9", -1e6F},
    {"ab", -1},
    {"bc", -2},
    {"abc", -3},
    {" a", -4},
    {"aa", -1},
    {"aaa", -2e10F},
    {"cb", -1},
    {"\xC3\xA9\xC3\xA9", -5},
};
enum { WORDS = sizeof words / sizeof *words, FIRST_WORD = 259, VOCAB = FIRST_WORD + WORDS };
enum { SPACE = FIRST_WORD, A, B, C, E_ACUTE, AB, BC, ABC, SPACE_A, AA, AAA, CB, EE };

typedef struct image {
    unsigned char bytes[16 * 1024];
    size_t len;
} image;

static void put(image *m, const void *data, size_t n) {
    memcpy(m->bytes + m->len, data, n);
    m->len += n;
}

static void put_token(image *m, const char *text, float score) {
    int32_t len = (int32_t)strlen(text);
    put(m, &score, sizeof score);
    put(m, &len, sizeof len);
    put(m, text, (size_t)len);
}

/* the tokens <unk>, <s>, </s>, the bytes if wanted, then n words */
static void build(image *m, bool bytes, const entry *list, size_t n) {
    const int32_t longest = 9;
    m->len = 0;
    put(m, &longest, sizeof longest);
    put_token(m, "<unk>", 0);
    put_token(m, "\n<s>\n", 0);
    put_token(m, "\n</s>\n", 0);
    for (int b = 0; b < 256 && bytes; b++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", (unsigned)b);
        put_token(m, name, 0);
    }
    for (size_t i = 0; i < n; i++) {
        put_token(m, list[i].text, list[i].score);
    }
}

static tokenizer *open_ok(scratch *s, const char *path, int64_t vocab) {
    tokenizer *t;
    expect_ok(s, tokenizer_open(s->memory, path, vocab, &t, &s->err));
    return t;
}

static tokenizer *sample(scratch *s) {
    image m;
    build(&m, true, words, WORDS);
    return open_ok(s, scratch_file(s, "t", m.bytes, m.len), VOCAB);
}

static void refuse(scratch *s, const image *m, int64_t vocab, const char *message) {
    tokenizer *t;
    const char *path = scratch_file(s, "bad", m->bytes, m->len);
    anet_code code = tokenizer_open(s->memory, path, vocab, &t, &s->err);
    assert_null(t);
    expect_error(s, code, ANET_BAD_INPUT, message);
}

static void expect_ids(scratch *s, const tokenizer *t, const char *text, unsigned flags,
                       const int32_t *ids, size_t n) {
    token_list got = {0};
    expect_ok(s, tokenizer_encode(t, text, strlen(text), flags, &got, &s->err));
    assert_int_equal(got.len, n);
    assert_memory_equal(got.at, ids, n * sizeof *ids);
    vec_free(&got);
}

#define EXPECT(text, flags, ...)                                                                   \
    expect_ids(s, t, text, flags, (const int32_t[]){__VA_ARGS__},                                  \
               sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

static void encodes_by_the_rules(void **state) {
    scratch *s = *state;
    tokenizer *t = sample(s);
    assert_int_equal(tokenizer_vocab(t), VOCAB);
    EXPECT("", ENCODE_BOS, TOKEN_BOS);
    EXPECT("", ENCODE_BOS | ENCODE_EOS, TOKEN_BOS, TOKEN_EOS);
    EXPECT("b", 0, SPACE, B);
    EXPECT("a", ENCODE_BOS | ENCODE_EOS, TOKEN_BOS, SPACE_A, TOKEN_EOS);
    /* "ab" has the best score, then "abc"; nothing joins the space to it */
    EXPECT("abc", 0, SPACE, ABC);
    /* of equal scores the leftmost goes first: aa, a and not a, aa; AAA's score is below all */
    EXPECT("baaa", 0, SPACE, B, AA, A);
    EXPECT("baaaaa", 0, SPACE, B, AA, AA, A);
    /* ab and cb before bc */
    EXPECT("bcb", 0, SPACE, B, CB);
    EXPECT("bc bab", 0, SPACE, BC, SPACE, B, AB);
    /* characters that are no tokens fall back to bytes, also when they are not UTF-8 */
    EXPECT("\xC3\xA9", 0, SPACE, E_ACUTE);
    EXPECT("\xC3\xA9\xC3\xA9", 0, SPACE, EE);
    EXPECT("\xE2\x82\xAC", 0, SPACE, 3 + 0xE2, 3 + 0x82, 3 + 0xAC);
    EXPECT("d\n", 0, SPACE, 3 + 'd', 3 + '\n');
    EXPECT("\xA9\xC3", 0, SPACE, 3 + 0xA9, 3 + 0xC3);
    EXPECT("\xFF\x80\x80\x80\x80", 0, SPACE, 3 + 0xFF, 3 + 0x80, 3 + 0x80, 3 + 0x80, 3 + 0x80);
    /* what looks like a byte token in the text is text */
    EXPECT("<0x41>", 0, SPACE, 3 + '<', 3 + '0', 3 + 'x', 3 + '4', 3 + '1', 3 + '>');
}

static void zero_bytes_are_bytes(void **state) {
    scratch *s = *state;
    tokenizer *t = sample(s);
    const int32_t expected[] = {SPACE_A, 3, B};
    token_list ids = {0};
    expect_ok(s, tokenizer_encode(t, "a\0b", 3, 0, &ids, &s->err));
    assert_int_equal(ids.len, 3);
    assert_memory_equal(ids.at, expected, sizeof expected);
    vec_free(&ids);
}

static void expect_piece(const tokenizer *t, int32_t previous, int32_t id, const char *piece) {
    size_t n;
    const char *got = tokenizer_decode(t, previous, id, &n);
    assert_int_equal(n, strlen(piece));
    assert_memory_equal(got, piece, n);
}

static void decodes_by_the_rules(void **state) {
    scratch *s = *state;
    tokenizer *t = sample(s);
    size_t n;
    expect_piece(t, AB, SPACE_A, " a");
    expect_piece(t, TOKEN_BOS, SPACE_A, "a");
    expect_piece(t, TOKEN_BOS, SPACE, "");
    expect_piece(t, TOKEN_BOS, ABC, "abc");
    expect_piece(t, A, 3 + 0xC3, "\xC3");
    expect_piece(t, A, TOKEN_BOS, "\n<s>\n");
    assert_memory_equal(tokenizer_decode(t, A, 3, &n), "\0", 1);
    assert_int_equal(n, 1);
    expect_piece(t, A, -1, "");
    expect_piece(t, A, VOCAB, "");
}

/* the plain method: look at all pairs, merge the first of the best, until there is none */
static void merge_slowly(const tokenizer *t, token_list *ids) {
    for (;;) {
        size_t best_at = ids->len;
        int best = -1;
        for (size_t i = 0; i + 1 < ids->len; i++) {
            size_t n, m;
            char both[32];
            const char *a = tokenizer_decode(t, 0, ids->at[i], &n);
            memcpy(both, a, n);
            const char *b = tokenizer_decode(t, 0, ids->at[i + 1], &m);
            memcpy(both + n, b, m);
            for (int w = 0; w < WORDS; w++) {
                if (strlen(words[w].text) == n + m && memcmp(words[w].text, both, n + m) == 0 &&
                    words[w].score > (best < 0 ? -1e10F : words[best].score)) {
                    best = w;
                    best_at = i;
                }
            }
        }
        if (best < 0) {
            return;
        }
        ids->at[best_at] = FIRST_WORD + best;
        memmove(ids->at + best_at + 1, ids->at + best_at + 2,
                (ids->len - best_at - 2) * sizeof *ids->at);
        ids->len--;
    }
}

static void agrees_with_the_plain_method(void **state) {
    scratch *s = *state;
    tokenizer *t = sample(s);
    rng r;
    rng_seed(&r, 11);
    for (int round = 0; round < 300; round++) {
        char text[41] = {0};
        token_list slow = {0};
        size_t n = (size_t)rng_below(&r, sizeof text);
        vec_push(&slow, SPACE);
        for (size_t i = 0; i < n; i++) {
            int32_t id = SPACE + (int32_t)rng_below(&r, 4);
            text[i] = words[id - SPACE].text[0];
            vec_push(&slow, id);
        }
        slow.len = n ? slow.len : 0;
        merge_slowly(t, &slow);
        expect_ids(s, t, text, 0, slow.at, slow.len);
        vec_free(&slow);
    }
}

static void refuses_damaged_files(void **state) {
    scratch *s = *state;
    image m;
    tokenizer *t;
    const float nan_score = NAN;
    const int32_t lengths[] = {0, -1, 10, INT32_MAX, INT32_MIN};
    const int32_t longest[] = {0, -1, 4, INT32_MAX, INT32_MIN};
    expect_error(s, tokenizer_open(s->memory, scratch_path(s, "absent"), 0, &t, &s->err),
                 ANET_BAD_USAGE, "absent: No such file");
    build(&m, true, words, WORDS);
    refuse(s, &m, 32000, "the tokenizer has 272 tokens, the model's vocab is 32000");
    refuse(s, &m, VOCAB - 1, "the tokenizer has 272 tokens, the model's vocab is 271");
    put(&m, "x", 1);
    refuse(s, &m, VOCAB, "truncated in token 272");
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        build(&m, true, words, WORDS);
        memcpy(m.bytes + 8, &lengths[i], 4);
        refuse(s, &m, 0, "token 0 has a length of");
    }
    for (size_t i = 0; i < sizeof longest / sizeof *longest; i++) {
        build(&m, true, words, WORDS);
        memcpy(m.bytes, &longest[i], 4);
        refuse(s, &m, 0, longest[i] == 4 ? "token 0 has a length of 5" : "not a llama2.c");
    }
    build(&m, true, words, WORDS);
    memcpy(m.bytes + 4, &nan_score, 4);
    refuse(s, &m, 0, "the score of token 0 is not finite");
    m.len = 0;
    refuse(s, &m, 0, "not a llama2.c tokenizer");
}

static void every_cut_is_refused(void **state) {
    scratch *s = *state;
    image m;
    build(&m, true, words, WORDS);
    for (size_t n = m.len; n-- > 0;) {
        m.len = n;
        tokenizer *t;
        anet_code code =
            tokenizer_open(s->memory, scratch_file(s, "cut", m.bytes, n), VOCAB, &t, &s->err);
        expect_error(s, code, ANET_BAD_INPUT, "cut: ");
    }
}

static void a_vocabulary_without_bytes_says_so(void **state) {
    scratch *s = *state;
    image m;
    token_list ids = {0};
    build(&m, false, words, WORDS);
    tokenizer *t = open_ok(s, scratch_file(s, "t", m.bytes, m.len), 0);
    expect_ok(s, tokenizer_encode(t, "abc", 3, 0, &ids, &s->err));
    expect_error(s, tokenizer_encode(t, "abz", 3, 0, &ids, &s->err), ANET_BAD_INPUT,
                 "nor is its byte 0x7A");
    vec_free(&ids);
}

/* One token that spans everything keeps a megabyte of text in one piece. */
static void long_pieces_are_quick(void **state) {
    enum { N = 1 << 20 };
    scratch *s = *state;
    tokenizer *t = sample(s);
    char *text = arena_alloc(s->memory, N);
    token_list ids = {0};
    memset(text, 'a', N);
    expect_ok(s, tokenizer_encode(t, text, N, 0, &ids, &s->err));
    assert_int_equal(ids.len, 1 + N / 2); /* " ", then pairs */
    assert_int_equal(ids.at[0], SPACE);
    for (size_t i = 1; i < ids.len; i++) {
        assert_int_equal(ids.at[i], AA);
    }
    vec_free(&ids);
}

/* where the next document of the shared sample begins: see the README beside it */
static const char *next_document(const char *p, const char *end) {
    for (const char *q = p; (q = strstr(q, "\n\n"));) {
        q += strspn(q, "\n");
        if (strncmp(q, "Once upon a time", 16) == 0 || strncmp(q, "One day", 7) == 0) {
            return q;
        }
    }
    return end;
}

static void matches_reference(scratch *s, const char *vocabulary, const char *reference) {
    tokenizer *t = open_ok(s, shared_file(s, vocabulary), 0);
    size_t n, m;
    const char *text = scratch_read(s, shared_file(s, "data/tinystories_sample.txt"), &n);
    const unsigned char *expected =
        (const unsigned char *)scratch_read(s, shared_file(s, reference), &m);
    const char *end = text + n;
    token_list ids = {0};
    for (const char *p = text, *next; p < end; p = next) {
        next = next_document(p, end);
        const char *stop = next;
        while (next < end && stop[-1] == '\n') {
            stop--;
        }
        expect_ok(s, tokenizer_encode(t, p, (size_t)(stop - p), ENCODE_BOS, &ids, &s->err));
    }
    assert_int_equal(ids.len, m / 2);
    for (size_t i = 0; i < ids.len; i++) {
        assert_int_equal(ids.at[i], expected[2 * i] | expected[2 * i + 1] << 8);
    }
    vec_free(&ids);
}

static void real_vocabularies_match_the_reference(void **state) {
    matches_reference(*state, "data/tok512.bin", "data/tinystories_sample.tok512.bin");
    matches_reference(*state, "data/llama2_tokenizer.bin", "data/tinystories_sample.tok32000.bin");
}

static void real_text_survives_the_round_trip(void **state) {
    scratch *s = *state;
    tokenizer *t = open_ok(s, shared_file(s, "data/llama2_tokenizer.bin"), 32000);
    size_t n, at = 0;
    const char *text = scratch_read(s, shared_file(s, "data/tinystories_sample.txt"), &n);
    token_list ids = {0};
    expect_ok(s, tokenizer_encode(t, text, n, ENCODE_BOS, &ids, &s->err));
    for (size_t i = 1; i < ids.len; i++) {
        size_t len;
        const char *piece = tokenizer_decode(t, ids.at[i - 1], ids.at[i], &len);
        assert_true(len <= n - at);
        assert_memory_equal(piece, text + at, len);
        at += len;
    }
    assert_int_equal(at, n);
    vec_free(&ids);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        TEST(encodes_by_the_rules),
        TEST(zero_bytes_are_bytes),
        TEST(decodes_by_the_rules),
        TEST(agrees_with_the_plain_method),
        TEST(refuses_damaged_files),
        TEST(every_cut_is_refused),
        TEST(a_vocabulary_without_bytes_says_so),
        TEST(long_pieces_are_quick),
        TEST(real_vocabularies_match_the_reference),
        TEST(real_text_survives_the_round_trip),
    };
    return cmocka_run_group_tests_name("tokenizer", tests, NULL, NULL);
}
