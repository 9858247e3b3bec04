/* Messages: what is kept, in what order, and how it looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diag.h"

#include <string.h>

typedef struct fixture {
    arena *memory;
    sources files;
    diags d;
    text out;
} fixture;

static int set_up(void **state) {
    arena *memory = arena_new();
    fixture *f = ARENA_NEW(memory, fixture);
    f->memory = memory;
    f->files.memory = memory;
    f->d = (diags){.memory = memory, .files = &f->files};
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    text_free(&f->out);
    arena_free(f->memory);
    return 0;
}

static uint32_t add_file(fixture *f, const char *path, const char *written) {
    return source_add(&f->files, path, written, (uint32_t)strlen(written));
}

static void expect(fixture *f, diag_format format, const char *wanted) {
    f->out.len = 0;
    diag_render(&f->d, format, false, &f->out);
    assert_string_equal(f->out.at ? f->out.at : "", wanted);
}

static void no_messages_no_text(void **state) {
    expect(*state, DIAG_TEXT, "");
    expect(*state, DIAG_JSON, "");
}

static void a_range_is_underlined(void **state) {
    fixture *f = *state;
    uint32_t file = add_file(f, "m.anet", "model m {\n    x = abc\n}\n");
    diag_error(&f->d, E0201, (loc){file, 18, 21}, "unknown name `%s`", "abc");
    expect(f, DIAG_TEXT,
           "m.anet:2:9: error: unknown name `abc` [E0201]\n"
           "   2 |     x = abc\n"
           "     |         ^~~\n");
}

static void notes_and_hints_follow(void **state) {
    fixture *f = *state;
    uint32_t file = add_file(f, "m.anet", "one\ntwo\n");
    diag *e = diag_error(&f->d, E0202, (loc){file, 4, 7}, "again");
    diag_add_note(&f->d, e, (loc){file, 0, 3}, "first here");
    diag_add_note(&f->d, e, (loc){0}, "no place");
    diag_add_hint(&f->d, e, "rename it");
    expect(f, DIAG_TEXT,
           "m.anet:2:1: error: again [E0202]\n"
           "   2 | two\n"
           "     | ^~~\n"
           "m.anet:1:1: note: first here\n"
           "   1 | one\n"
           "     | ^~~\n"
           "     = note: no place\n"
           "     = hint: rename it\n");
}

static void places_at_the_edges(void **state) {
    fixture *f = *state;
    uint32_t file = add_file(f, "m", "ab\ncd");
    diag_error(&f->d, E0102, (loc){file, 2, 2}, "end of a line");
    diag_error(&f->d, E0102, (loc){file, 5, 5}, "end of the file");
    diag_error(&f->d, E0102, (loc){file, 1, 4}, "over two lines");
    expect(f, DIAG_TEXT,
           "m:1:2: error: over two lines [E0102]\n"
           "   1 | ab\n"
           "     |  ^\n"
           "m:1:3: error: end of a line [E0102]\n"
           "   1 | ab\n"
           "     |   ^\n"
           "m:2:3: error: end of the file [E0102]\n"
           "   2 | cd\n"
           "     |   ^\n");
}

static void an_error_may_have_no_place(void **state) {
    fixture *f = *state;
    diag_error(&f->d, E0505, (loc){0}, "no config `x`");
    diag_error(&f->d, E0505, (loc){0}, "no config `y`");
    expect(f, DIAG_TEXT, "error: no config `x` [E0505]\nerror: no config `y` [E0505]\n");
    assert_int_equal(f->d.errors, 2);
}

static void order_is_file_then_place_then_time(void **state) {
    fixture *f = *state;
    uint32_t a = add_file(f, "a", "xyz"), b = add_file(f, "b", "xyz");
    diag_error(&f->d, E0201, (loc){b, 0, 1}, "third");
    diag_error(&f->d, E0201, (loc){a, 2, 3}, "second");
    diag_warning(&f->d, E0201, (loc){b, 0, 1}, "fourth");
    diag_error(&f->d, E0201, (loc){a, 0, 1}, "first");
    expect(f, DIAG_TEXT,
           "a:1:1: error: first [E0201]\n   1 | xyz\n     | ^\n"
           "a:1:3: error: second [E0201]\n   1 | xyz\n     |   ^\n"
           "b:1:1: error: third [E0201]\n   1 | xyz\n     | ^\n"
           "b:1:1: warning: fourth [E0201]\n   1 | xyz\n     | ^\n");
    assert_int_equal(f->d.errors, 3);
    assert_int_equal(f->d.warnings, 1);
}

static void the_same_place_is_reported_once(void **state) {
    fixture *f = *state;
    uint32_t file = add_file(f, "a", "xyz");
    diag_error(&f->d, E0201, (loc){file, 0, 1}, "first");
    diag *e = diag_error(&f->d, E0301, (loc){file, 0, 1}, "second");
    assert_non_null(e);
    diag_add_hint(&f->d, e, "lost with it");
    diag_error(&f->d, E0301, (loc){file, 0, 2}, "another range");
    assert_int_equal(f->d.errors, 2);
}

static void later_errors_are_only_counted(void **state) {
    fixture *f = *state;
    uint32_t file = add_file(f, "a", "0123456789");
    f->d.max_errors = 2;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(diags_full(&f->d), i > 2);
        diag_add_hint(&f->d, diag_error(&f->d, E0201, (loc){file, i, i + 1}, "e%u", i), "h");
    }
    assert_int_equal(f->d.errors, 5);
    expect(f, DIAG_TEXT,
           "a:1:1: error: e0 [E0201]\n   1 | 0123456789\n     | ^\n     = hint: h\n"
           "a:1:2: error: e1 [E0201]\n   1 | 0123456789\n     |  ^\n     = hint: h\n"
           "too many errors: 3 more not shown\n");
}

static void json_is_one_object_a_line(void **state) {
    fixture *f = *state;
    uint32_t file = add_file(f, "a\"b", "\xC3\xA9 x\ny");
    diag *e = diag_error(&f->d, E0201, (loc){file, 3, 6}, "say \"x\"\n");
    diag_add_note(&f->d, e, (loc){file, 0, 2}, "there");
    diag_add_hint(&f->d, e, "do");
    diag_warning(&f->d, E0503, (loc){0}, "w");
    expect(f, DIAG_JSON,
           "{\"code\":\"E0503\",\"level\":\"warning\",\"message\":\"w\",\"notes\":[]}\n"
           "{\"code\":\"E0201\",\"level\":\"error\",\"message\":\"say "
           "\\\"x\\\"\\n\",\"file\":\"a\\\"b\","
           "\"line\":1,\"column\":3,\"end_line\":2,\"end_column\":2,\"notes\":["
           "{\"level\":\"note\",\"message\":\"there\",\"file\":\"a\\\"b\",\"line\":1,\"column\":1,"
           "\"end_line\":1,\"end_column\":2},"
           "{\"level\":\"hint\",\"message\":\"do\"}]}\n");
}

/* Every place in a line of odd bytes renders, and never much. */
static void any_bytes_render(void **state) {
    fixture *f = *state;
    char line[1200];
    for (uint32_t i = 0; i < sizeof line; i++) {
        line[i] = (char)(i * 37 % 251 + 1);
        line[i] = line[i] == '\n' ? '\t' : line[i];
    }
    uint32_t file =
        source_add(&f->files, "odd", arena_memdup(f->memory, line, sizeof line), sizeof line - 1);
    for (uint32_t i = 0; i < sizeof line; i += 7) {
        for (uint32_t length = 0; length < 400; length += 57) {
            diags d = {.memory = f->memory, .files = &f->files};
            diag_error(&d, E0102, (loc){file, i, i + length}, "here");
            f->out.len = 0;
            diag_render(&d, DIAG_TEXT, false, &f->out);
            assert_non_null(strchr(f->out.at, '^'));
            assert_true(f->out.len < 1000);
            assert_true(utf8_valid(f->out.at, f->out.len));
        }
    }
}

static void every_code_explains_itself(void **state) {
    (void)state;
    for (int i = 0; i < DIAG_COUNT; i++) {
        diag_code code = (diag_code)i;
        assert_int_equal(strlen(diag_name(code)), 5);
        assert_true(strlen(diag_summary(code)) > 3);
        assert_true(strlen(diag_explanation(code)) > 20);
    }
    assert_string_equal(diag_name(E0201), "E0201");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_messages_no_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_range_is_underlined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notes_and_hints_follow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(places_at_the_edges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_may_have_no_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(order_is_file_then_place_then_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_place_is_reported_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(later_errors_are_only_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_is_one_object_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_bytes_render, set_up, tear_down),
        cmocka_unit_test(every_code_explains_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
