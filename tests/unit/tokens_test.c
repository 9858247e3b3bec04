#include "scratch.h"

#include "tokens.h"

enum { FIRST_LETTER = 259, VOCAB = FIRST_LETTER + 27 };

/* <unk>, <s>, </s>, the 256 bytes, a space, a to z; no merges */
static tokenizer *letters(scratch *s) {
    const char *path = scratch_path(s, "letters");
    FILE *out = fopen(path, "wb");
    const int32_t longest = 6;
    const float score = -1;
    tokenizer *t;
    fwrite(&longest, 4, 1, out);
    for (int id = 0; id < VOCAB; id++) {
        char name[8] = "<unk>";
        if (id >= FIRST_LETTER) {
            snprintf(name, sizeof name, "%c",
                     id > FIRST_LETTER ? 'a' + id - FIRST_LETTER - 1 : ' ');
        } else if (id >= 3) {
            snprintf(name, sizeof name, "<0x%02X>", (unsigned)(id - 3));
        }
        int32_t len = (int32_t)strlen(name);
        fwrite(&score, 4, 1, out);
        fwrite(&len, 4, 1, out);
        fwrite(name, 1, (size_t)len, out);
    }
    fclose(out);
    expect_ok(s, tokenizer_open(s->memory, path, VOCAB, &t, &s->err));
    return t;
}

/* the ids 0, 1, ... n - 1 */
static tokens *counting(scratch *s, size_t n) {
    unsigned char *bytes = arena_alloc(s->memory, 2 * n);
    tokens *data;
    for (size_t i = 0; i < n; i++) {
        bytes[2 * i] = (unsigned char)i;
        bytes[2 * i + 1] = (unsigned char)(i >> 8);
    }
    const char *path = scratch_file(s, "count.bin", bytes, 2 * n);
    expect_ok(s, tokens_open(s->memory, path, NULL, 65536, &data, &s->err));
    return data;
}

/* encodes the text of a file; `expected` spells its tokens, with ^ for BOS and _ for the space */
static void expect_text(scratch *s, const char *text, const char *expected) {
    tokens *data;
    int32_t ids[64];
    const char *path = scratch_file(s, "t.txt", text, strlen(text));
    expect_ok(s, tokens_open(s->memory, path, letters(s), VOCAB, &data, &s->err));
    assert_int_equal(tokens_count(data), strlen(expected));
    expect_ok(s, tokens_read(data, 0, strlen(expected), ids, &s->err));
    for (size_t i = 0; expected[i]; i++) {
        char c = expected[i];
        int32_t id = c == '^'               ? TOKEN_BOS
                     : c == '_'             ? FIRST_LETTER
                     : c >= 'a' && c <= 'z' ? FIRST_LETTER + 1 + c - 'a'
                                            : 3 + c;
        assert_int_equal(ids[i], id);
    }
    tokens_close(data);
}

static void text_is_cut_into_documents(void **state) {
    scratch *s = *state;
    expect_text(s, "", "");
    expect_text(s, "\n\n", "");
    expect_text(s, "ab", "^_ab");
    expect_text(s, "ab\n\nc\n", "^_ab\n\nc");
    expect_text(s, "ab\n<|endoftext|>\nc\n", "^_ab^_c");
    expect_text(s, "\nab\r\n\r\n<|endoftext|>  \r\n\n\nc\n<|endoftext|>\n", "^_ab^_c");
    expect_text(s, "<|endoftext|>\n<|endoftext|>\na\n<|endoftext|>", "^_a");
    expect_text(s, " a\n x<|endoftext|>\n", "^__a\n_x<|endoftext|>");
}

static void text_errors(void **state) {
    scratch *s = *state;
    tokens *data;
    const char *path = scratch_file(s, "t.txt", "ab\0c", 4);
    expect_error(s, tokens_open(s->memory, path, NULL, VOCAB, &data, &s->err), ANET_BAD_USAGE,
                 "text needs a tokenizer");
    assert_null(data);
    expect_error(s, tokens_open(s->memory, path, letters(s), VOCAB, &data, &s->err), ANET_BAD_INPUT,
                 "not text: byte 2 is zero");
    expect_error(s, tokens_open(s->memory, path, letters(s), 100, &data, &s->err), ANET_BAD_INPUT,
                 "the tokenizer has 286 tokens, the model's vocab is 100");
    expect_error(
        s, tokens_open(s->memory, scratch_path(s, "absent"), letters(s), VOCAB, &data, &s->err),
        ANET_BAD_USAGE, "absent: No such file");
    expect_error(s, tokens_open(s->memory, s->folder, letters(s), VOCAB, &data, &s->err),
                 ANET_BAD_USAGE, "Is a directory");
}

static void ids_are_little_endian(void **state) {
    scratch *s = *state;
    tokens *data = counting(s, 40000); /* several pieces */
    int32_t *ids = ARENA_ARRAY(s->memory, int32_t, 40000);
    assert_int_equal(tokens_count(data), 40000);
    expect_ok(s, tokens_read(data, 0, 40000, ids, &s->err));
    for (int i = 0; i < 40000; i++) {
        assert_int_equal(ids[i], i);
    }
    expect_ok(s, tokens_read(data, 39998, 2, ids, &s->err));
    assert_int_equal(ids[1], 39999);
    expect_ok(s, tokens_read(data, 40000, 0, ids, &s->err));
    expect_error(s, tokens_read(data, 39999, 2, ids, &s->err), ANET_INTERNAL,
                 "tokens 39999 to 40001 of 40000");
    expect_error(s, tokens_read(data, 40001, 0, ids, &s->err), ANET_INTERNAL, "were asked for");
    tokens_close(data);
    tokens_close(NULL);
}

static void id_errors(void **state) {
    scratch *s = *state;
    tokens *data;
    int32_t id;
    const char *path = scratch_file(s, "t.bin", "\1\0\2\0\3", 5);
    expect_error(s, tokens_open(s->memory, path, NULL, 9, &data, &s->err), ANET_BAD_INPUT,
                 "5 bytes, which is odd");
    assert_null(data);
    path = scratch_file(s, "t.bin", "\1\0\2\0\0\2", 6);
    expect_error(s, tokens_open(s->memory, path, NULL, 512, &data, &s->err), ANET_BAD_INPUT,
                 "token 2 is 512, but the model's vocab is 512");
    expect_ok(s, tokens_open(s->memory, path, NULL, 513, &data, &s->err));
    assert_int_equal(truncate(path, 4), 0);
    expect_error(s, tokens_read(data, 2, 1, &id, &s->err), ANET_BAD_INPUT, "too early");
    tokens_close(data);
    expect_error(s, tokens_open(s->memory, scratch_path(s, "absent.bin"), NULL, 9, &data, &s->err),
                 ANET_BAD_USAGE, "absent.bin: No such file");
}

static void ids_that_change_are_refused(void **state) {
    scratch *s = *state;
    tokens *data;
    const char *path = scratch_file(s, "changing.bin", "\1\0\2\0\3\0\4\0", 8);
    int32_t ids[4];
    expect_ok(s, tokens_open(s->memory, path, NULL, 9, &data, &s->err));
    expect_ok(s, tokens_read(data, 0, 4, ids, &s->err));
    scratch_file(s, "changing.bin", "\1\0\2\0\377\377\4\0", 8);
    expect_ok(s, tokens_read(data, 0, 2, ids, &s->err));
    expect_error(s, tokens_read(data, 1, 2, ids, &s->err), ANET_BAD_INPUT, "token 2 is 65535");
    tokens_close(data);
}

static void windows_are_counted(void **state) {
    static const struct {
        size_t n, seq, windows;
    } cases[] = {{0, 4, 0}, {1, 4, 0}, {4, 4, 0}, {5, 4, 1}, {8, 4, 1}, {9, 4, 2}, {2, 1, 1}};
    scratch *s = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tokens *data = counting(s, cases[i].n);
        assert_int_equal(tokens_windows(data, cases[i].seq), cases[i].windows);
        anet_code code = tokens_require(data, cases[i].seq, &s->err);
        if (cases[i].windows) {
            expect_ok(s, code);
        } else {
            char message[80];
            snprintf(message, sizeof message, "count.bin: %zu tokens, but the model needs %zu",
                     cases[i].n, cases[i].seq + 1);
            token_order order = {0};
            int32_t ids[8];
            expect_error(s, code, ANET_BAD_INPUT, message);
            expect_error(s, tokens_next(data, &order, cases[i].seq, ids, &s->err), ANET_BAD_INPUT,
                         message);
        }
        tokens_close(data);
    }
}

/* Every epoch has whole windows, none twice, and all that fit behind its offset. */
static void epochs_visit_every_window_once(void **state) {
    enum { COUNT = 107, SEQ = 8 };
    scratch *s = *state;
    tokens *data = counting(s, COUNT);
    token_order order = {.seed = 4};
    int offsets[SEQ] = {0}, orders_differ = 0;
    int32_t ids[SEQ + 1], first_of_epoch = -1;
    uint64_t epoch = 0;
    for (; epoch < 20; epoch++) {
        int seen[COUNT] = {0}, n = 0, offset = -1;
        do {
            expect_ok(s, tokens_next(data, &order, SEQ, ids, &s->err));
            assert_int_equal(order.epoch, epoch);
            offset = offset < 0 ? ids[0] % SEQ : offset;
            orders_differ += n == 0 && ids[0] != first_of_epoch;
            first_of_epoch = n == 0 ? ids[0] : first_of_epoch;
            assert_int_equal(ids[0] % SEQ, offset);
            assert_int_equal(seen[ids[0]]++, 0);
            for (int i = 0; i <= SEQ; i++) {
                assert_int_equal(ids[i], ids[0] + i);
            }
            n++;
        } while (n < (COUNT - 1 - offset) / SEQ);
        assert_int_equal(order.index, n);
        assert_true(epoch > 0 || offset == 0);
        offsets[offset]++;
    }
    int used = 0;
    for (int i = 0; i < SEQ; i++) {
        used += offsets[i] > 0;
    }
    assert_true(used > SEQ / 2);
    assert_true(orders_differ > 10);
    tokens_close(data);
}

static void the_order_resumes_and_depends_on_the_seed(void **state) {
    enum { SEQ = 4, STEPS = 100 };
    scratch *s = *state;
    tokens *data = counting(s, 90);
    token_order order = {.seed = 1}, saved = order, other = {.seed = 2};
    int32_t all[STEPS][SEQ + 1], again[SEQ + 1];
    int same = 0;
    for (int i = 0; i < STEPS; i++) {
        saved = i == 37 ? order : saved;
        expect_ok(s, tokens_next(data, &order, SEQ, all[i], &s->err));
        expect_ok(s, tokens_next(data, &other, SEQ, again, &s->err));
        same += memcmp(all[i], again, sizeof again) == 0;
    }
    for (int i = 37; i < STEPS; i++) {
        expect_ok(s, tokens_next(data, &saved, SEQ, again, &s->err));
        assert_memory_equal(again, all[i], sizeof again);
    }
    assert_memory_equal(&saved, &order, sizeof order);
    assert_true(same < STEPS / 4);
    tokens_close(data);
}

static void one_window_is_enough(void **state) {
    scratch *s = *state;
    tokens *data = counting(s, 6);
    token_order order = {.seed = 3};
    int32_t ids[6];
    for (uint64_t i = 0; i < 10; i++) {
        expect_ok(s, tokens_next(data, &order, 5, ids, &s->err));
        assert_int_equal(order.epoch, i);
        assert_int_equal(ids[5], 5);
    }
    tokens_close(data);
}

static void a_position_from_another_file_moves_on(void **state) {
    scratch *s = *state;
    tokens *data = counting(s, 20);
    token_order order = {.seed = 3, .epoch = 2, .index = UINT64_MAX};
    int32_t ids[5];
    expect_ok(s, tokens_next(data, &order, 4, ids, &s->err));
    assert_int_equal(order.epoch, 3);
    assert_int_equal(order.index, 1);
    tokens_close(data);
}

static void real_data_opens(void **state) {
    scratch *s = *state;
    tokens *data;
    const char *path = shared_file(s, "data/tinystories_sample.tok512.bin");
    expect_ok(s, tokens_open(s->memory, path, NULL, 512, &data, &s->err));
    assert_int_equal(tokens_count(data), 66364);
    assert_int_equal(tokens_windows(data, 512), 129);
    tokens_close(data);
    expect_error(s, tokens_open(s->memory, path, NULL, 300, &data, &s->err), ANET_BAD_INPUT,
                 "but the model's vocab is 300");
}

/* The stories that come with the project: one BOS each, and no byte but the newline has to stand
 * in. */
static void our_stories_fit_our_tokenizer(void **state) {
    scratch *s = *state;
    tokenizer *t;
    tokens *data;
    size_t bos = 0, newlines = 0;
    if (!folder_exists("models/data")) {
        print_message("skipped: not run in the project's folder\n");
        skip();
    }
    expect_ok(s, tokenizer_open(s->memory, "models/data/stories.tok512.bin", 512, &t, &s->err));
    expect_ok(s, tokens_open(s->memory, "models/data/stories.txt", t, 512, &data, &s->err));
    size_t n = (size_t)tokens_count(data);
    int32_t *ids = ARENA_ARRAY(s->memory, int32_t, n);
    expect_ok(s, tokens_read(data, 0, n, ids, &s->err));
    for (size_t i = 0; i < n; i++) {
        bos += ids[i] == TOKEN_BOS;
        newlines += ids[i] == 3 + '\n';
        assert_true(ids[i] == TOKEN_BOS || ids[i] == 3 + '\n' || ids[i] >= 259);
    }
    assert_int_equal(bos, 171);
    assert_true(newlines > bos);
    assert_in_range(n, 45000, 55000); /* better than 2.1 characters a token */
    tokens_close(data);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        TEST(text_is_cut_into_documents),
        TEST(text_errors),
        TEST(ids_are_little_endian),
        TEST(id_errors),
        TEST(ids_that_change_are_refused),
        TEST(windows_are_counted),
        TEST(epochs_visit_every_window_once),
        TEST(the_order_resumes_and_depends_on_the_seed),
        TEST(one_window_is_enough),
        TEST(a_position_from_another_file_moves_on),
        TEST(real_data_opens),
        TEST(our_stories_fit_our_tokenizer),
    };
    return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
