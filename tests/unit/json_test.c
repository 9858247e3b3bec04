#include "scratch.h"

#include "json.h"

static json *parse_ok(scratch *s, const char *text) {
    json *root;
    expect_ok(s, json_parse(s->memory, text, strlen(text), "t", &root, &s->err));
    assert_non_null(root);
    return root;
}

static void refuse(scratch *s, const char *text, const char *message) {
    json *root;
    anet_code code = json_parse(s->memory, text, strlen(text), "t", &root, &s->err);
    assert_null(root);
    expect_error(s, code, ANET_BAD_INPUT, message);
}

static void reads_every_kind(void **state) {
    json *root =
        parse_ok(*state, " {\"a\": [1, -2.5e2, true, false, null, \"x\"],\n\t\"b\": {}} \n");
    assert_int_equal(root->kind, JSON_OBJECT);
    assert_int_equal(root->len, 2);
    const json *a = json_get(root, "a");
    assert_ptr_equal(a, root->items[0]);
    assert_int_equal(a->len, 6);
    assert_true(a->items[0]->number == 1);
    assert_true(a->items[1]->number == -250);
    assert_int_equal(a->items[2]->kind, JSON_BOOL);
    assert_true(a->items[2]->truth);
    assert_int_equal(a->items[3]->kind, JSON_BOOL);
    assert_false(a->items[3]->truth);
    assert_int_equal(a->items[4]->kind, JSON_NULL);
    assert_string_equal(a->items[5]->text, "x");
    assert_int_equal(json_get(root, "b")->kind, JSON_OBJECT);
    assert_int_equal(json_get(root, "b")->len, 0);
    assert_null(json_get(root, "c"));
    assert_null(json_get(a, "c"));
    assert_null(json_get(NULL, "c"));
}

static void finds_every_key(void **state) {
    scratch *s = *state;
    enum { KEYS = 1000 };
    char *text = arena_alloc(s->memory, KEYS * 16 + 3), *at = text;
    for (int i = 0; i < KEYS; i++) {
        at += sprintf(at, "%s\"k%d\":%d", i ? "," : "{", i * 7 % KEYS, i);
    }
    strcpy(at, "}");
    json *root = parse_ok(s, text);
    for (int i = 0; i < KEYS; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i * 7 % KEYS);
        assert_true(json_get(root, key)->number == i);
    }
}

static void decodes_strings(void **state) {
    json *root = parse_ok(*state, "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u0041\\u00e9\\u20AC\\ud83d"
                                  "\\ude00\", \"\xC3\xA9\", \"a\\u0000b\", \"\"]");
    assert_string_equal(root->items[0]->text, "\"\\/\b\f\n\r\t");
    assert_string_equal(root->items[1]->text, "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    assert_string_equal(root->items[2]->text, "\xC3\xA9");
    assert_int_equal(root->items[3]->len, 3);
    assert_memory_equal(root->items[3]->text, "a\0b", 4);
    assert_int_equal(root->items[4]->len, 0);
}

static void integers_are_exact(void **state) {
    json *root = parse_ok(*state, "[9007199254740991, -9007199254740991, 9007199254740992, 1.5, "
                                  "-0, 1e3, \"1\"]");
    int64_t value = 7;
    assert_true(json_integer(root->items[0], &value) && value == 9007199254740991);
    assert_true(json_integer(root->items[1], &value) && value == -9007199254740991);
    assert_false(json_integer(root->items[2], &value));
    assert_false(json_integer(root->items[3], &value));
    assert_true(json_integer(root->items[4], &value) && value == 0);
    assert_true(json_integer(root->items[5], &value) && value == 1000);
    assert_false(json_integer(root->items[6], &value));
    assert_false(json_integer(NULL, &value));
}

static void refuses_what_is_not_json(void **state) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "t:1:1: bad JSON: the text ends here"},
        {"  \n ", "t:2:2: bad JSON: the text ends here"},
        {"{", "expected a key"},
        {"{\"a\"", "expected ':'"},
        {"{\"a\":", "the text ends here"},
        {"{\"a\":1", "expected ',' or '}'"},
        {"{\"a\":1,}", "t:1:8: bad JSON: expected a key"},
        {"{a:1}", "expected a key"},
        {"[1,]", "expected a value"},
        {"[1 2]", "expected ',' or ']'"},
        {"[1}", "expected ',' or ']'"},
        {"[", "the text ends here"},
        {"nul", "expected a value"},
        {"True", "expected a value"},
        {"1 2", "something follows"},
        {"{} x", "something follows"},
        {"01", "no number"},
        {"-", "no number"},
        {"+1", "expected a value"},
        {".5", "expected a value"},
        {"1.", "no number"},
        {"1e", "no number"},
        {"1e+", "no number"},
        {"1e999", "too large"},
        {"NaN", "expected a value"},
        {"\"abc", "does not end"},
        {"\"abc\\\"", "does not end"},
        {"\"\\x\"", "escape"},
        {"\"\\u12g4\"", "escape"},
        {"\"\\u12\"", "escape"},
        {"\"\\ud800\"", "escape"},
        {"\"\\ud800\\u0041\"", "escape"},
        {"\"\\udc00\"", "escape"},
        {"\"a\nb\"", "control character"},
        {"\"\xFF\"", "not UTF-8"},
        {"\"\xC0\x80\"", "not UTF-8"},
        {"\"\xED\xA0\x80\"", "not UTF-8"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "two members have the key \"a\""},
        {"{\"\\u0061\":1,\"a\":3}", "two members have the key \"a\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuse(*state, cases[i].text, cases[i].message);
    }
}

static void nesting_has_a_limit(void **state) {
    char text[2 * JSON_MAX_DEPTH + 3] = {0};
    memset(text, '[', JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    parse_ok(*state, text);
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    refuse(*state, text, "nested too deeply");
}

/* Every prefix of a document is refused, and reads nothing beyond its end. */
static void every_prefix_is_refused(void **state) {
    static const char text[] =
        "{\"k\\u00e9\":[1.5e-3,\"a\\n\\ud83d\\ude00\",true,null,{\"x\":-7}]}";
    scratch *s = *state;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        char *copy = anet_calloc(n, 1);
        json *root;
        memcpy(copy, text, n);
        anet_code code = json_parse(s->memory, copy, n, "t", &root, &s->err);
        free(copy);
        expect_error(s, code, ANET_BAD_INPUT, "bad JSON");
    }
    parse_ok(s, text);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        TEST(reads_every_kind),         TEST(finds_every_key),     TEST(decodes_strings),
        TEST(integers_are_exact),       TEST(nesting_has_a_limit), TEST(every_prefix_is_refused),
        TEST(refuses_what_is_not_json),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
