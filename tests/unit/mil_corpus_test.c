/* The corpus of real programs: all of them parse, print and check. */
#include "mil_test.h"

#include "mil/ops.h"

typedef struct tally {
    arena *a;
    const char *folder;
    int right, ops, warnings;
} tally;

static void count_op(void *context, const mil_func *func, const mil_inference *in) {
    (void)func;
    (void)in;
    ((tally *)context)->ops++;
}

static bool only_unknown_ops(const mil_findings *f) {
    bool only = true;
    for (size_t i = 0; i < f->all.len; i++) {
        const mil_finding *one = &f->all.at[i];
        only = only && (one->severity < MIL_ERROR || strcmp(one->id, "M0204") == 0);
    }
    return only;
}

static void check_file(const char *path, void *user) {
    tally *t = user;
    char *source;
    size_t size;
    assert_int_equal(file_read(t->a, path, (size_t)1 << 30, &source, &size), 0);
    mil_findings f = {.memory = t->a};
    mil_program *p = mil_read_found(source, size, &f);
    if (p) {
        mil_examine(p, &f, count_op, t);
    }
    if (!only_unknown_ops(&f)) {
        text out = {0};
        mil_findings_print(&f, path, &out);
        fail_msg("%s", out.at);
    }
    t->right += p && f.errors == 0;
    t->warnings += (int)f.warnings;
    mil_findings_free(&f);
    mil_free(p);
}

static void test_all_programs(void **state) {
    (void)state;
    tally t = {.a = arena_new()};
    t.folder = corpus_folder(t.a);
    if (t.folder) {
        int files = each_mil_file(t.a, t.folder, check_file, &t);
        print_message("%d programs, %d right, %d ops, %d warnings\n", files, t.right, t.ops,
                      t.warnings);
        assert_true(t.right >= 71);
    }
    arena_free(t.a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
