/* Places in files: lines, columns in characters, the edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source.h"

#include <string.h>

static void expect_position(const char *text, uint32_t offset, uint32_t line, uint32_t column) {
    arena *memory = arena_new();
    sources files = {.memory = memory};
    uint32_t file = source_add(&files, "a", text, (uint32_t)strlen(text));
    position p = source_position(&files, file, offset);
    assert_int_equal(p.line, line);
    assert_int_equal(p.column, column);
    arena_free(memory);
}

static void lines_begin_after_newlines(void **state) {
    (void)state;
    expect_position("ab\ncd\n", 0, 1, 1);
    expect_position("ab\ncd\n", 1, 1, 2);
    expect_position("ab\ncd\n", 2, 1, 3); /* the newline belongs to its line */
    expect_position("ab\ncd\n", 3, 2, 1);
    expect_position("ab\ncd\n", 6, 3, 1);
    expect_position("\n\n\n", 2, 3, 1);
}

static void columns_count_characters(void **state) {
    (void)state;
    expect_position("\xC3\xA9x", 2, 1, 2);
    expect_position("\xE6\x97\xA5\xE6\x9C\xAC x", 6, 1, 3);
    expect_position("a\t b", 3, 1, 4);
}

static void beyond_the_end_is_the_end(void **state) {
    (void)state;
    expect_position("ab\nc", 100, 2, 2);
    expect_position("", 0, 1, 1);
    expect_position("", 7, 1, 1);
}

static void files_are_numbered_from_one(void **state) {
    (void)state;
    arena *memory = arena_new();
    sources files = {.memory = memory};
    for (uint32_t i = 1; i <= 100; i++) {
        const char *path = arena_printf(memory, "file %u", i);
        assert_int_equal(source_add(&files, path, "x\n", 2), i);
    }
    assert_int_equal(files.count, 100);
    assert_null(files.at[0]);
    assert_string_equal(files.at[1]->path, "file 1");
    assert_string_equal(files.at[100]->path, "file 100");
    assert_int_equal(files.at[57]->lines, 2);
    arena_free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_begin_after_newlines),
        cmocka_unit_test(columns_count_characters),
        cmocka_unit_test(beyond_the_end_is_the_end),
        cmocka_unit_test(files_are_numbered_from_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
