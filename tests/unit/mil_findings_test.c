/* The checker says everything, once, and the reader where it stops: places, ids, severities. */
#include "mil_test.h"

#include "mil/ops.h"

#include <stdio.h>

/* all findings of a text, sorted, one a line */
static char *findings_of(arena *a, const char *source, size_t size, mil_visit *visit,
                         void *context) {
    mil_findings f = {.memory = a};
    text out = {0};
    mil_program *p = mil_read_found(source, size, &f);
    if (p) {
        mil_examine(p, &f, visit, context);
    }
    mil_findings_sort(&f);
    mil_findings_print(&f, "t", &out);
    mil_findings_free(&f);
    mil_free(p);
    return text_move(&out, a);
}

static void expect(const char *source, const char *findings) {
    arena *a = arena_new();
    char *found = findings_of(a, source, strlen(source), NULL, NULL);
    if (strcmp(found, findings) != 0) {
        fail_msg("%s\nfound:\n%sexpected:\n%s", source, found, findings);
    }
    arena_free(a);
}

/* a function of opset ios18 with a body that starts on line 2 */
static void expect_in(const char *params, const char *body, const char *findings) {
    arena *a = arena_new();
    expect(arena_printf(a, "program(1.3){func f<ios18>(%s){\n%s} -> ();}", params, body), findings);
    arena_free(a);
}

static void test_all_are_found(void **state) {
    (void)state;
    expect_in("tensor<fp16, [2, 3]> x, fp16 s",
              "tensor<fp16, [2]> a = relu(x = x);\n"
              "fp16 b = sofmax(x = a);\n"
              "fp16 c = softmax(x = b, axis = s);\n"
              "tensor<fp16, [2, 3]> d = add(x = x, y = missing);\n"
              "tensor<fp32, [2, 3]> e = mul(x = d, y = d);\n"
              "tensor<fp32, [2, 3]> g = mul(x = e, y = x);\n",
              "t:2:19: error: a = relu: a is declared as tensor<fp16, [2]>, but the result is "
              "tensor<fp16, [2, 3]> [M0410]\n"
              "t:3:10: error: b = sofmax: unknown op; did you mean softmax? [M0204]\n"
              "t:4:25: error: c = softmax: axis must be a constant [M0405]\n"
              "t:5:37: error: d = add: missing is not defined [M0201]\n"
              "t:6:22: error: e = mul: e is declared as tensor<fp32, [2, 3]>, but the result is "
              "tensor<fp16, [2, 3]> [M0410]\n"
              "t:7:37: error: g = mul: y is fp16, but x is fp32 [M0407]\n");
}

/* one cause, one finding */
static void test_nothing_follows(void **state) {
    (void)state;
    expect_in("", "fp16 a = relu(x = nowhere);\nfp16 b = add(x = nowhere, y = nowhere);\n",
              "t:2:15: error: a = relu: nowhere is not defined [M0201]\n");
    expect_in("fp16 x",
              "tensor<fp16, [4]> a = zzzz(x = x);\n"
              "tensor<fp16, [4, 4]> b = transpose(x = a, perm = int32(0));\n",
              "t:2:23: error: a = zzzz: unknown op [M0204]\n"
              "t:3:22: error: b = transpose: b is declared as tensor<fp16, [4, 4]>, but the result "
              "is tensor<fp16, [4]> [M0410]\n");
    expect_in("tensor<fp16, [4294967296, 4294967296]> x",
              "tensor<fp16, [2]> a = relu(x = x); fp16 b = add(x = x, y = a);",
              "t:1:67: error: a tensor whose size is beyond 64 bits [M0302]\n");
    expect_in("",
              "tensor<int32, [2]> a = const()[val = tensor<int32, [1]>([4])];\n"
              "tensor<fp16, [2]> b = fill(shape = a, value = fp16(0));",
              "t:2:20: error: a = const: a is declared as tensor<int32, [2]>, but the result is "
              "tensor<int32, [1]> [M0410]\n"
              "t:3:19: error: b = fill: b is declared as tensor<fp16, [2]>, but the result is "
              "tensor<fp16, [?, ?]> [M0410]\n");
}

static void test_blocks_of_wrong_ops(void **state) {
    (void)state;
    expect_in("fp16 x",
              "fp16 y = whyle_loop(loop_vars = x) (fp16 a) {\n"
              "bool c = less(x = a, y = fp16(1)); fp16 d = rellu(x = a);} -> (c)\n"
              "(fp16 b) {fp16 e = add(x = b, y = q);} -> (z);",
              "t:2:10: error: y = whyle_loop: unknown op; did you mean while_loop? [M0204]\n"
              "t:3:45: error: d = rellu: unknown op; did you mean relu? [M0204]\n"
              "t:4:10: error: z is not defined [M0201]\n"
              "t:4:31: error: e = add: q is not defined [M0201]\n");
    expect_in("fp16 x, bool p",
              "fp16 y = cond(pred = p)\n() {fp16 a = relu(x = x);} -> (a)\n"
              "() {fp16 b = relu(x = a);} -> (p);",
              "t:4:4: error: the block returns p, which is not of the type it must have [M0413]\n"
              "t:4:19: error: b = relu: a is used before or outside of its definition [M0202]\n");
    expect_in("fp16 x", "fp16 y = relu(x = x)() {} -> ();",
              "t:2:10: error: y = relu: 1 nested blocks, expected 0 [M0412]\n");
}

static void test_recursion(void **state) {
    (void)state;
    expect_in("", "fp16 a = relu(x = a);",
              "t:2:15: error: a = relu: a is used in its own definition [M0202]\n");
    expect_in("", "fp16 a = relu(x = b);\nfp16 b = relu(x = a);",
              "t:2:15: error: a = relu: b is used before or outside of its definition [M0202]\n");
    expect_in("bool p", "fp16 a = cond(pred = p)() {} -> (a)() {fp16 b = relu(x = a);} -> (b);",
              "t:2:27: error: a is used before or outside of its definition [M0202]\n"
              "t:2:54: error: b = relu: a is used before or outside of its definition [M0202]\n");
    expect("program(1.3){func f<ios18>(fp16 x){fp16 y = f(x = x);} -> (y);}",
           "t:1:45: error: y = f: unknown op [M0204]\n");
}

static void test_program_form(void **state) {
    (void)state;
    expect("program(1.3){}", "t: warning: the program has no function [M0603]\n");
    expect("program(1.1){func f<ios18>(){fp16 y = relu(x = z);} -> ();}",
           "t:1:9: error: program(1.1) is no dialect that is known; program(1.0) and program(1.3) "
           "are [M0602]\n"
           "t:1:44: error: y = relu: z is not defined [M0201]\n");
    expect("program(1.3){func f<ios18>(){} -> ();\nfunc f<ios99>(){fp16 y = relu(x = z);} -> ();}",
           "t:2:6: error: the function f is defined twice [M0601]\n"
           "t:2:6: error: unknown opset ios99; ios15 to ios18 and ios26 exist [M0206]\n"
           "t:2:31: error: y = relu: z is not defined [M0201]\n");
    expect("program(1.3){func f<ios15>(fp16 a){fp16 y = read_state(input = b);} -> (c);}",
           "t:1:35: error: c is not defined [M0201]\n"
           "t:1:45: error: y = read_state: this op exists from ios18 on; here the opset is ios15 "
           "[M0205]\n"
           "t:1:56: error: y = read_state: b is not defined [M0201]\n");
}

/* what hand-written programs do and Apple's parser accepts */
static void test_odd_but_accepted(void **state) {
    (void)state;
    expect_in("",
              "tensor<fp16, [1, 1, 2, 2]> m = const()[val = tensor<fp16, [1, 1, 2, 2]>([0, 1, 2, "
              "3])];",
              "t:2:32: warning: m = const: one flat list for a tensor of rank 4 [M0306]\n");
    expect_in(
        "tensor<fp16, [2, 4]> x",
        "tensor<fp16, [2, 1]> m = reduce_sum(x = x, axes = tensor<int32, [1]>([1]), keep_dims "
        "= true);",
        "t:2:76: warning: m = reduce_sum: keep_dims is a literal without a type [M0307]\n");
    expect_in(
        "",
        "tensor<fp16, []> c = const()[val = fp16(0.5)];\ntensor<fp16, []> d = "
        "const()[val = fp16(0.5)];",
        "t:2:18: warning: c = const: program(1.3) spells this type fp16, not tensor<fp16, []> "
        "[M0308]\n");
    expect("program(1.0){func f<ios15>(fp16 x){} -> (x);}",
           "t:1:33: warning: program(1.0) spells this type tensor<fp16, []>, not fp16 [M0308]\n");
    expect_in("", "fp16 c = const()[name = string(\"c\"), shape = int32(1), val = fp16(1)];",
              "t:2:10: warning: c = const: const has no attribute shape [M0414]\n");
    expect_in("fp16 x", "fp16 y = relu(x = x, beta = x);",
              "t:2:22: warning: y = relu: relu has no argument beta, which is ignored [M0403]\n");
    expect_in("fp16 x",
              "fp16 a = relu(x = x)[name = string(\"n\")];\n"
              "fp16 b = relu(x = a)[name = string(\"n\"), milId = uint64(3)];",
              "");
    /* but what is needed must be there */
    expect_in("state<tensor<fp16, [2]>> s", "tensor<fp16, [2]> x = read_state(state = s);",
              "t:2:34: error: x = read_state: there is no argument state; did you mean input? "
              "[M0402]\n");
    expect_in("tensor<fp16, [2]> x", "tensor<fp16, [2]> y = softmax(x = x, axes = int32(0));",
              "t:2:38: error: y = softmax: there is no argument axes; did you mean axis? "
              "[M0402]\n");
}

static void test_messages_are_one_line(void **state) {
    (void)state;
    expect_in("fp16 x", "fp16 y = cast(x = x, dtype = string(\"a\\n\x1b[1mb\\\"\"));",
              "t:2:10: error: y = cast: \"a??[1mb\"\" is not a type that this opset can cast to "
              "[M0409]\n");
}

static void test_limits(void **state) {
    (void)state;
    arena *a = arena_new();
    mil_findings f = {.memory = a, .max_errors = 2};
    mil_program *p = read_ok(func_text(a, "",
                                       "fp16 a = f1(x = p); fp16 b = f2(x = q); fp16 c = "
                                       "f3(x = r);",
                                       "z"));
    mil_examine(p, &f, NULL, NULL);
    assert_int_equal(f.errors, 2);
    assert_int_equal(f.all.len, 2);
    assert_true(mil_findings_full(&f));
    mil_findings_free(&f);
    mil_free(p);
    arena_free(a);
}

/* --- the reader's findings --- */

static void expect_text(const char *source, size_t size, const char *findings) {
    arena *a = arena_new();
    assert_string_equal(findings_of(a, source, size, NULL, NULL), findings);
    arena_free(a);
}

static void test_unreadable_text(void **state) {
    (void)state;
    expect("",
           "t:1:1: error: unexpected end of the text, expected \"program\" (at the start of MIL "
           "text) [M0101]\n");
    expect("main[CoreML8](%x: (1, 3, fp16)(Tensor)) {",
           "t:1:1: error: this is what coremltools prints for a program in Python, not MIL text, "
           "which starts with program(1.0) or program(1.3) [M0106]\n");
    expect("\n  main[CoreML5](", "t:1:1: error: this is what coremltools prints for a program in "
                                 "Python, not MIL text, which starts with program(1.0) or "
                                 "program(1.3) [M0106]\n");
    expect_text("PK\x03\x04rest", 8,
                "t:1:1: error: this is a zip archive, not MIL text, which starts with program(1.0) "
                "or program(1.3) [M0106]\n");
    expect_text("\x08\x07\x12\x22\x0a\x00xy", 8,
                "t:1:1: error: this is binary data, not MIL text, which starts with program(1.0) "
                "or program(1.3) [M0106]\n");
    expect_text("\xef\xbb\xbfprogram(1.3){}", 17,
                "t:1:1: error: this is text with a byte order mark, not MIL text, which starts "
                "with program(1.0) or program(1.3) [M0106]\n");
    expect_text("program(1.3)\n{\x00}", 16,
                "t:2:2: error: NUL byte: this is not MIL text [M0102]\n");
    expect("program(1.3){func f<ios18>(){} -> ();",
           "t:1:38: error: unexpected end of the text, expected \"func\" or \"}\" (in the program) "
           "[M0101]\n");
    expect("program(13)", "t:1:9: error: a program's version looks like 1.3 [M0104]\n");
    expect_in(
        "tensor<fp16, [99999999999999999999]> x", "",
        "t:1:42: error: a dimension must be ? or a whole number from 0 to 2^63 - 1 [M0104]\n");
    expect_in(
        "tensor<fp16, [-1]> x", "",
        "t:1:42: error: a dimension must be ? or a whole number from 0 to 2^63 - 1 [M0104]\n");
    expect_in("", "fp16 a = const()[val = fp16(\"x\")];",
              "t:2:29: error: expected a number [M0105]\n");
    expect_in("", "string a = const()[val = string(\"x)];\n",
              "t:2:33: error: string without its closing quote [M0102]\n");
}

/* the size is looked at before the text */
static void test_too_large(void **state) {
    (void)state;
    expect_text("", INT32_MAX,
                "t: error: MIL text of 2147483647 bytes; at most 2 GiB are supported [M0107]\n");
}

static void test_nesting_bombs(void **state) {
    (void)state;
    static const char *const starts[] = {
        "program(1.3)[a = tensor<fp16, [1]>(",
        "program(1.3){func f<ios18>(){x = relu(x = ",
        "program(1.3){func f<ios18>(",
    };
    static const char *const levels[] = {"[", "(", "tuple<"};
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        text bomb = {0};
        text_puts(&bomb, starts[i]);
        for (int k = 0; k < 100000; k++) {
            text_puts(&bomb, levels[i]);
        }
        const char *found = findings_of(a, bomb.at, bomb.len, NULL, NULL);
        assert_non_null(strstr(found, i == 1 ? "[M010" : "nesting deeper than 200 levels [M0103]"));
        text_free(&bomb);
    }
    arena_free(a);
}

/* every prefix of a program is refused with one place and one reason */
static void test_truncation(void **state) {
    (void)state;
    static const char source[] =
        "program(1.3)\n[buildInfo = dict<string, string>({{\"a\", \"b\"}})]\n{\n"
        "func f<ios18>(tensor<fp16, [2, ?]> x, state<fp16> s) [n = int32(3)] {\n"
        "fp16 c = const()[name = string(\"c\"), val = fp16(BLOBFILE(path = string(\"w\"), offset = "
        "uint64(64)))];\n"
        "bool l = while_loop(loop_vars = (c))(fp16 i) {} -> (i) (fp16 j) {} -> (j);\n} -> (x);\n}";
    arena *a = arena_new();
    for (size_t n = 0; n < sizeof source - 1; n++) {
        mil_findings f = {.memory = a};
        mil_program *p = mil_read_found(source, n, &f);
        assert_null(p);
        assert_int_equal(f.all.len, 1);
        assert_true(f.all.at[0].loc.line > 0 && f.all.at[0].loc.column > 0);
        mil_findings_free(&f);
    }
    arena_free(a);
}

/* --- visiting --- */

static void note_op(void *context, const mil_func *func, const mil_inference *in) {
    text *out = context;
    text_printf(out, "%s.%s(", func->name, in->op->op);
    for (size_t i = 0; i < in->operands.len; i++) {
        const mil_operand *o = &in->operands.at[i];
        text_printf(out, "%s%s%s", i ? ", " : "", o->param->name, o->constant ? "!" : "");
        if (o->value && o->value->kind == MIL_NUMBERS) {
            text_printf(out, "=%g", o->value->numbers[0]);
        }
    }
    text_printf(out, ")%zu ", in->outcomes.len);
}

static void test_visit(void **state) {
    (void)state;
    arena *a = arena_new();
    text seen = {0};
    const char *source = func_text(
        a, "tensor<fp16, [2]> x, bool p",
        "int32 k = const()[val = int32(0)]; tensor<fp16, [2]> y = softmax(axis = k, x = x);\n"
        "tensor<fp16, [2]> z = frob(x = y); tensor<fp16, [2]> b = cond(pred = p)()\n"
        "{tensor<fp16, [2]> c = relu(x = z);} -> (c)() {} -> (x);",
        "b");
    findings_of(a, source, strlen(source), note_op, &seen);
    assert_string_equal(seen.at, "main.const()1 main.softmax(x, axis!=0)1 main.cond(pred)0 "
                                 "main.relu(x)1 ");
    text_free(&seen);
    arena_free(a);
}

/* the programs that fuzzing starts from show every rule: they are right */
static void test_fuzzing_starts_from_right_programs(void **state) {
    (void)state;
    arena *a = arena_new();
    char *source;
    size_t size;
    assert_int_equal(file_read(a, "tests/fuzz/mil/rules.mil", (size_t)1 << 20, &source, &size), 0);
    assert_null(strstr(findings_of(a, source, size, NULL, NULL), " error: "));
    arena_free(a);
}

/* the table of findings: ids in order, none twice, everything said */
static void test_table(void **state) {
    (void)state;
    for (int i = 0; i < MIL_FINDING_COUNT; i++) {
        const mil_finding_kind *kind = mil_finding_kind_at((mil_finding_id)i);
        assert_true(strlen(kind->id) == 5 && kind->id[0] == 'M');
        assert_true(*kind->title && strlen(kind->explanation) > 20);
        assert_true(i == 0 || strcmp(kind[-1].id, kind->id) < 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_found),
        cmocka_unit_test(test_nothing_follows),
        cmocka_unit_test(test_blocks_of_wrong_ops),
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_program_form),
        cmocka_unit_test(test_odd_but_accepted),
        cmocka_unit_test(test_messages_are_one_line),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_unreadable_text),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_nesting_bombs),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_fuzzing_starts_from_right_programs),
        cmocka_unit_test(test_visit),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
