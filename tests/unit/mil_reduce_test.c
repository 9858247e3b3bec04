/* Edits that make programs smaller: whatever is cut out, every name that is used is defined once,
 * the printed program can be read, and only results, inputs and blocks change, not what the rest
 * does. */
#include "mil_test.h"

#include "mil/ops.h"
#include "mil/reduce_edit.h"

static bool is_about_names(const char *id) {
    return strncmp(id, "M01", 3) == 0 || strncmp(id, "M02", 3) == 0;
}

/* no syntax error, and no error about names that the whole program has not */
static void check_result(const mil_program *p, const char *what, int item) {
    text out = {0};
    arena *a = arena_new();
    mil_findings f = {.memory = a};
    mil_print(p, &out);
    mil_program *q = mil_read_found(out.at, out.len, &f);
    if (q) {
        mil_examine(q, &f, NULL, NULL);
    }
    for (size_t i = 0; i < f.all.len; i++) {
        const mil_finding *one = &f.all.at[i];
        if (one->severity == MIL_ERROR && is_about_names(one->id)) {
            fail_msg("%s %d: line %d: %s: %s\n%s", what, item, one->loc.line, one->id, one->message,
                     out.len < 4000 ? out.at : "");
        }
    }
    assert_non_null(q);
    mil_free(q);
    mil_findings_free(&f);
    text_free(&out);
    arena_free(a);
}

/* at most `most` places for each kind of edit, one item or a third of all */
static int check_edits(const char *source, int most) {
    int applied = 0;
    for (const reduction *kind = reductions; kind->name; kind++) {
        mil_program *whole = read_ok(source);
        int n = kind->items(whole), step = n / most + 1;
        mil_free(whole);
        for (int i = 0; i < n; i += step) {
            int counts[] = {1, n / 3 > 1 ? n / 3 : 1};
            for (size_t k = 0; k < (kind->chunks ? 2 : 1); k++) {
                mil_program *p = read_ok(source);
                int count = counts[k] < n - i ? counts[k] : n - i;
                if (kind->apply(p, i, count)) {
                    check_result(p, kind->name, i);
                    applied++;
                }
                mil_free(p);
            }
        }
    }
    return applied;
}

static const char LOOP[] =
    "            int32 zero = const()[val = int32(0)];\n"
    "            tensor<fp16, [8]> w = const()[val = tensor<fp16, [8]>([1, 2, 3, 4, 5, 6, 7, "
    "8])];\n"
    "            tensor<fp16, [9]> big = const()[val = tensor<fp16, [9]>([1, 2, 3, 4, 5, 6, 7, 8, "
    "9])];\n"
    "            tensor<fp16, [8]> a = add(x = x, y = w);\n"
    "            tensor<fp16, [9]> b = relu(x = big);\n"
    "            int32 i, tensor<fp16, [8]> y = while_loop(loop_vars = (zero, a))\n"
    "                (int32 k, tensor<fp16, [8]> t) {\n"
    "                    bool more = less(x = k, y = int32(4));\n"
    "                } -> (more)\n"
    "                (int32 n, tensor<fp16, [8]> u) {\n"
    "                    int32 next = add(x = n, y = int32(1));\n"
    "                    tensor<fp16, [8]> v = mul(x = u, y = a);\n"
    "                } -> (next, v);\n"
    "            tensor<fp16, [8]> z = exp(x = y);\n";

static void test_all_edits(void **state) {
    (void)state;
    arena *a = arena_new();
    char *source = func_text(a, "tensor<fp16, [8]> x, tensor<fp16, [2]> unused", LOOP, "z, a, b");
    assert_true(check_edits(source, 100) > 30);
    arena_free(a);
}

static mil_program *edited(const char *source, const char *name, int first, int count) {
    const reduction *kind = reductions;
    while (strcmp(kind->name, name) != 0) {
        kind++;
    }
    mil_program *p = read_ok(source);
    assert_true(kind->apply(p, first, count));
    return p;
}

static void assert_body(mil_program *p, const char *params, const char *body, const char *result) {
    arena *a = arena_new();
    mil_program *wanted = read_ok(func_text(a, params, body, result));
    assert_string_equal(printed(a, p), printed(a, wanted));
    mil_free(wanted);
    mil_free(p);
    arena_free(a);
}

#define T "tensor<fp16, [8]> "

/* what is cut out leaves its results as inputs, and what only it used as results */
static void test_cut(void **state) {
    (void)state;
    arena *a = arena_new();
    char *source =
        func_text(a, T "x", T "a = relu(x = x);" T "b = exp(x = a);" T "c = sin(x = b);", "c");
    assert_body(edited(source, "ops", 0, 1), T "x, " T "a", T "b = exp(x = a);" T "c = sin(x = b);",
                "c");
    assert_body(edited(source, "ops", 1, 1), T "x, " T "b",
                T "a = relu(x = x);" T "c = sin(x = b);", "c, a");
    assert_body(edited(source, "ops", 2, 1), T "x", T "a = relu(x = x);" T "b = exp(x = a);", "b");
    assert_body(edited(source, "ops", 1, 2), T "x", T "a = relu(x = x);", "a");
    assert_body(edited(source, "detours", 1, 1), T "x", T "a = relu(x = x);" T "c = sin(x = a);",
                "c");
    mil_program *p = read_ok(source);
    assert_false(reductions[1].apply(p, 0, 3)); /* nothing would be left */
    mil_free(p);
    arena_free(a);
}

static void test_sizes(void **state) {
    (void)state;
    arena *a = arena_new();
    char *source = func_text(
        a, "tensor<fp16, [8, 16]> x",
        "tensor<int32, [2]> s = const()[val = tensor<int32, [2]>([16, 8])];"
        "tensor<fp16, [16, 8]> y = reshape(x = x, shape = s);"
        "tensor<fp16, [8]> w = const()[val = tensor<fp16, [8]>([1, 2, 3, 4, 5, 6, 7, 8])];"
        "tensor<fp16, [16, 8]> z = mul(x = y, y = w);",
        "z");
    mil_program *p = read_ok(source);
    assert_int_equal(greatest_dim(p, 0), 16);
    assert_int_equal(greatest_dim(p, 16), 8);
    assert_int_equal(greatest_dim(p, 2), 1);
    assert_true(reduce_dims(p, 8, 2, true, true));
    assert_body(p, "tensor<fp16, [2, 4]> x",
                "tensor<int32, [2]> s = const()[val = tensor<int32, [2]>([4, 2])];"
                "tensor<fp16, [4, 2]> y = reshape(x = x, shape = s);"
                "tensor<fp16, [2]> w = const()[val = tensor<fp16, [2]>([1, 2])];"
                "tensor<fp16, [4, 2]> z = mul(x = y, y = w);",
                "z");
    arena_free(a);
}

static void check_file(const char *path, char *source, size_t size) {
    (void)path;
    check_edits(source, size < 100000 ? 4 : 1);
}

static void test_corpus(void **state) {
    (void)state;
    each_corpus_text(check_file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_edits),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_corpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
