/* The rules of the engine: for each one a program that breaks it and one that just meets it, in
 * tests/rules; and how findings are made of them. */
#include "mil_test.h"

#include "mil/ops.h"
#include "mil/target.h"

#include <stdio.h>

typedef struct outcome {
    arena *memory;
    mil_program *program;
    mil_findings found;
} outcome;

static void outcome_free(outcome *o) {
    mil_findings_free(&o->found);
    mil_free(o->program);
    arena_free(o->memory);
}

static int all_chips(const mil_target **list) {
    int n = mil_target_count();
    for (int i = 0; i < n; i++) {
        list[i] = mil_target_at(i);
    }
    return n;
}

static const char *first_message(const mil_findings *f) {
    return f->all.len ? f->all.at[0].message : "";
}

static outcome examine(const char *source) {
    outcome o = {.memory = arena_new()};
    o.found.memory = o.memory;
    o.program = read_ok(source);
    mil_examine(o.program, &o.found, NULL, NULL);
    return o;
}

static void check_targets(outcome *o) {
    const mil_target *targets[64];
    o->found.all.len = 0;
    mil_check_target(o->program, targets, all_chips(targets), &o->found);
}

/* The program must be right as MIL. */
static outcome check(const char *source) {
    outcome o = examine(source);
    assert_int_equal(o.found.errors, 0);
    check_targets(&o);
    return o;
}

static const mil_finding *find(const mil_findings *f, const char *id) {
    for (size_t i = 0; i < f->all.len; i++) {
        if (strcmp(f->all.at[i].id, id) == 0) {
            return &f->all.at[i];
        }
    }
    return NULL;
}

/* --- tests/rules/ID.mil ---
 * // breaks TARGETS: PART OF THE MESSAGE
 * a program, or a function of one
 * // meets
 * the same */

typedef struct rule_test {
    const char *id, *targets, *says, *breaks, *meets;
} rule_test;

static char *program_of(arena *a, const char *section) {
    static const char head[] =
        "program(1.3)\n[buildInfo = dict<string, string>({{\"coremlc-version\", \"3505.4.1\"}})]\n";
    bool whole = strncmp(section, "program", strlen("program")) == 0;
    return whole ? arena_strdup(a, section) : arena_printf(a, "%s{\n%s\n}\n", head, section);
}

static bool take_after(char **at, const char *word) {
    char *found = strstr(*at, word);
    if (found) {
        *found = 0;
        *at = found + strlen(word);
    }
    return found != NULL;
}

static rule_test read_test(arena *a, const char *path, const char *id) {
    char *data;
    size_t size;
    rule_test t = {.id = id};
    assert_int_equal(file_read(a, path, 1 << 20, &data, &size), 0);
    char *at = arena_strndup(a, data, size);
    bool ok = take_after(&at, "// breaks ");
    t.targets = at;
    ok = ok && take_after(&at, ": ");
    t.says = at;
    ok = ok && take_after(&at, "\n");
    char *section = at;
    ok = ok && take_after(&at, "// meets\n");
    if (!ok) {
        fail_msg("%s: not of the form `// breaks TARGETS: MESSAGE`, program, `// meets`, program",
                 path);
    }
    t.breaks = program_of(a, section);
    t.meets = program_of(a, at);
    return t;
}

/* false after saying why */
static bool complain(const char *fmt, ...) ANET_PRINTF(1, 2);

static bool complain(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    return false;
}

static bool is_right(const outcome *o, const char *id, const char *source) {
    return !o->found.errors || complain("%s: %s\n%s\n", id, first_message(&o->found), source);
}

static bool check_breaks(const rule_test *t) {
    outcome o = examine(t->breaks);
    bool ok = is_right(&o, t->id, t->breaks);
    if (ok) {
        check_targets(&o);
        const mil_finding *f = find(&o.found, t->id);
        ok = f ? (strcmp(f->targets, t->targets) == 0 && strstr(f->message, t->says)) ||
                     complain("%s: expected %s: %s\nfound    %s: %s\n", t->id, t->targets, t->says,
                              f->targets, f->message)
               : complain("%s: not found in\n%s\n", t->id, t->breaks);
        ok = ok && f->severity == mil_find_rule(t->id)->severity;
    }
    outcome_free(&o);
    return ok;
}

static bool check_meets(const rule_test *t) {
    outcome o = examine(t->meets);
    bool ok = is_right(&o, t->id, t->meets);
    if (ok) {
        check_targets(&o);
        const mil_finding *f = find(&o.found, t->id);
        ok = !f || complain("%s: found in what meets it: %s\n%s\n", t->id, f->message, t->meets);
    }
    outcome_free(&o);
    return ok;
}

/* Those whose programs are too long to be written out have a test of their own here. */
static bool is_built(const char *id) {
    return strcmp(id, "A0328") == 0 || strcmp(id, "A0701") == 0;
}

static void test_each_rule(void **state) {
    (void)state;
    int failed = 0;
    for (int i = 0; i < mil_rule_count(); i++) {
        const char *id = mil_rule_at(i)->id;
        if (*id != 'A' || is_built(id)) {
            continue;
        }
        arena *a = arena_new();
        const char *path = arena_printf(a, "tests/rules/%s.mil", id);
        if (!file_exists(path)) {
            fail_msg("%s has no test: %s", id, path);
        }
        rule_test t = read_test(a, path, id);
        failed += !check_breaks(&t);
        failed += !check_meets(&t);
        arena_free(a);
    }
    assert_int_equal(failed, 0);
}

static void check_file(const char *path, void *user) {
    (void)user;
    const char *name = strrchr(path, '/') + 1;
    arena *a = arena_new();
    const char *id = arena_strndup(a, name, strlen(name) - strlen(".mil"));
    if (!mil_find_rule(id)) {
        fail_msg("%s is the test of no rule", path);
    }
    arena_free(a);
}

static void test_each_file(void **state) {
    (void)state;
    arena *a = arena_new();
    assert_true(each_mil_file(a, "tests/rules", check_file, NULL) > 100);
    arena_free(a);
}

/* --- the two that are built --- */

static char *convolutions(arena *a, int n) {
    text t = {0};
    text_puts(&t, "func main<ios18>(tensor<fp16, [1, 4, 1, 32]> x0) {\n"
                  "tensor<fp16, [4, 4, 1, 1]> w = const()[name = string(\"w\"), val = tensor<fp16, "
                  "[4, 4, 1, 1]>(BLOBFILE(path = string(\"w.bin\"), offset = uint64(64)))];\n");
    for (int i = 0; i < n; i++) {
        text_printf(&t,
                    "tensor<fp16, [1, 4, 1, 32]> x%d = conv(weight = w, x = x%d)[name = "
                    "string(\"x%d\")];\n",
                    i + 1, i, i + 1);
    }
    text_printf(&t, "} -> (x%d);", n);
    char *program = program_of(a, t.at);
    text_free(&t);
    return program;
}

static void test_convolutions(void **state) {
    (void)state;
    arena *a = arena_new();
    static const struct {
        int n;
        const char *targets;
    } cases[] = {{383, NULL}, {384, "m4"}, {386, "m4"}, {387, "m4"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        outcome o = check(convolutions(a, cases[i].n));
        const mil_finding *f = find(&o.found, "A0328");
        assert_int_equal(f != NULL, cases[i].targets != NULL);
        assert_true(!f || strcmp(f->targets, cases[i].targets) == 0);
        outcome_free(&o);
    }
    outcome o = check(convolutions(a, 387));
    int both = 0;
    for (size_t i = 0; i < o.found.all.len; i++) {
        both += strcmp(o.found.all.at[i].id, "A0328") == 0;
    }
    assert_int_equal(both, 2); /* with the limits of m4 and of m6 */
    outcome_free(&o);
    arena_free(a);
}

static void test_program_count(void **state) {
    (void)state;
    const mil_target *targets[64];
    int n = all_chips(targets);
    mil_findings f = {.memory = arena_new()};
    mil_check_program_count(119, targets, n, &f);
    assert_int_equal(f.all.len, 0);
    mil_check_program_count(120, targets, n, &f);
    assert_int_equal(f.all.len, 1);
    assert_string_equal(f.all.at[0].id, "A0701");
    assert_string_equal(f.all.at[0].targets, "m1, m2, m3, m4, m5, m6");
    assert_non_null(strstr(f.all.at[0].message, "120 programs, at most 119"));
    mil_findings_free(&f);
    arena_free(f.memory);
}

/* --- findings --- */

/* Every rule says something in all its columns, ids ascend, and workarounds and sources are there.
 */
static void test_rows(void **state) {
    (void)state;
    for (int i = 0; i < mil_rule_count(); i++) {
        const mil_rule *r = mil_rule_at(i);
        assert_ptr_equal(mil_find_rule(r->id), r);
        assert_true(*r->id == 'M' || i == 0 || strcmp(mil_rule_at(i - 1)->id, r->id) != 0);
        assert_true(*r->title && *r->targets && *r->reason);
        assert_true(*r->id == 'M' || (*r->symptom && *r->source));
        bool conflict = strstr(r->reason, "sources conflict") != NULL;
        assert_true(!conflict || r->severity != MIL_ERROR);
    }
    assert_null(mil_find_rule("A9999"));
}

/* One finding for the same place and message; another where the limit is another. */
static void test_targets_are_merged(void **state) {
    (void)state;
    arena *a = arena_new();
    outcome o = check(program_of(a, "func main<ios18>(tensor<fp16, [1, 1, 1, 65537]> x) {\n"
                                    "tensor<fp16, [1, 1, 1, 65537]> y = relu(x = x)[name = "
                                    "string(\"y\")];\n} -> (y);"));
    int n = 0;
    static const char *const want[] = {"m1, m2, m3", "m4, m5, m6"};
    for (size_t i = 0; i < o.found.all.len; i++) {
        const mil_finding *f = &o.found.all.at[i];
        if (strcmp(f->id, "A0301") == 0) {
            assert_true(n < 2);
            assert_string_equal(f->targets, want[n++]);
            assert_string_equal(f->op, "relu");
            assert_string_equal(f->out, "y");
            assert_int_equal(f->loc.line, 5);
        }
    }
    assert_int_equal(n, 2);
    outcome_free(&o);
    arena_free(a);
}

/* A rule that speaks once counts the other places. */
static void test_once(void **state) {
    (void)state;
    arena *a = arena_new();
    outcome o = check(program_of(a, "func main<ios18>(tensor<fp16, [1, 4, 1, 32]> x) {\n"
                                    "tensor<fp16, [1, 4, 1, 32]> a = relu(x = x);\n"
                                    "tensor<fp16, [1, 4, 1, 32]> b = relu(x = a);\n"
                                    "tensor<fp16, [1, 4, 1, 32]> c = relu(x = b);\n} -> (c);"));
    const mil_finding *f = find(&o.found, "A0005");
    assert_non_null(f);
    assert_string_equal(f->out, "a");
    assert_non_null(strstr(f->message, "(and 2 more)"));
    outcome_free(&o);
    arena_free(a);
}

static void test_targets(void **state) {
    (void)state;
    assert_int_equal(mil_target_count(), 6);
    assert_string_equal(mil_target_name(mil_target_at(0)), "m1");
    assert_string_equal(mil_target_name(mil_target_at(5)), "m6");
    assert_int_equal(mil_find_target("h13g")->chip, 1);
    assert_int_equal(mil_find_target("h18g")->chip, 6);
    assert_string_equal(mil_find_target("h16")->limits->family, "A16");
    assert_null(mil_find_target("m7"));
    assert_string_equal(mil_nearest_target("h13gg"), "h13g");
}

/* Conditions in the table of ops name rules that exist. */
static void test_acceptance(void **state) {
    (void)state;
    for (int i = 0; i < mil_acceptance_count(); i++) {
        const mil_acceptance *a = mil_acceptance_at(i);
        assert_ptr_equal(mil_find_acceptance(a->op), a);
        for (int k = 0; k < 4; k++) {
            assert_non_null(strchr("YBFNC", a->by[k]));
        }
        for (const char *at = strstr(a->note, "A0"); at; at = strstr(at + 1, "A0")) {
            char id[6] = "";
            memcpy(id, at, 5);
            if (!mil_find_rule(id)) {
                fail_msg("%s: there is no rule %s", a->op, id);
            }
        }
    }
    assert_null(mil_find_acceptance("unheard_of"));
}

static bool is_cited(const char *row) {
    for (int i = 0; i < mil_rule_count(); i++) {
        const char *at = mil_rule_at(i)->source;
        for (at = strstr(at, row); at; at = strstr(at + 1, row)) {
            char before = at[-1], after = at[strlen(row)];
            if (strchr(" ,", before) && (!after || strchr(" ,;", after))) {
                return true;
            }
        }
    }
    return false;
}

/* The constraints that the facts list, but for those that no text shows: OR7 (weights are baked
 * in), OR9 and OR11 (what the runtime hands over), AG-im2col (a compile time that grows with the
 * batch of a training step). */
static void test_constraints_are_cited(void **state) {
    (void)state;
    static const char *const table[] = {
        "OR1",     "OR2",      "OR3",     "OR4",      "OR5",        "OR6",
        "OR8",     "OR10",     "OR12",    "OR13",     "OR14",       "OR15",
        "OR16",    "OR17",     "MX-a",    "MX-b",     "PR6",        "MX47",
        "FG-tile", "FG-bcast", "FG-conv", "AG-slice", "AG-dynconv", "AG-cast32",
        "AF-misc", "IM-split", "Esp",     "PR35",     "OS"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!is_cited(table[i])) {
            fail_msg("no rule cites %s", table[i]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_rule),    cmocka_unit_test(test_each_file),
        cmocka_unit_test(test_convolutions), cmocka_unit_test(test_program_count),
        cmocka_unit_test(test_rows),         cmocka_unit_test(test_targets_are_merged),
        cmocka_unit_test(test_once),         cmocka_unit_test(test_targets),
        cmocka_unit_test(test_acceptance),   cmocka_unit_test(test_constraints_are_cited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
