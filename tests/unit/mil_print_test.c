/* The printer: coremlc's layout to the byte, numbers, what the builders make, and round trips. */
#include "mil_test.h"

#include "mil/number.h"

#include <stdio.h>

static void expect_same_text(const char *source) {
    arena *a = arena_new();
    mil_program *p = read_ok(source);
    assert_string_equal(printed(a, p), source);
    mil_free(p);
    arena_free(a);
}

static void test_layout(void **state) {
    (void)state;
    expect_same_text(
        "program(1.3)\n"
        "[buildInfo = dict<string, string>({{\"coremlc-component-MIL\", \"3405.2.1\"}})]\n"
        "{\n"
        "    func main<ios18>(tensor<fp16, [1, 4]> x) {\n"
        "            tensor<fp16, [1, 4]> y = relu(x = x)[name = string(\"y\")];\n"
        "        } -> (y);\n"
        "}");
    expect_same_text("program(1.3)\n[buildInfo = dict<string, string>({})]\n{\n}");
    expect_same_text(
        "program(1.3)\n{\n    func a<ios18>() {\n        } -> ();\n    func b<ios15>(fp16 x) "
        "[n = bool(true)] {\n        } -> (x);\n}");
}

static void test_long_scalars(void **state) {
    (void)state;
    expect_same_text(
        "program(1.0)\n"
        "[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{\"v\", \"0\"}})]\n"
        "{\n"
        "    func main<ios15>(tensor<fp16, []> x) {\n"
        "            tensor<fp16, []> a = const()[val = tensor<fp16, []>(0x1p-1)];\n"
        "            tensor<fp16, [2]> b = const()[val = tensor<fp16, [2]>(BLOBFILE(path = "
        "tensor<string, "
        "[]>(\"w\"), offset = tensor<uint64, []>(64)))];\n"
        "        } -> (a);\n"
        "}");
}

static void test_nested_blocks(void **state) {
    (void)state;
    expect_same_text(
        "program(1.3)\n{\n    func main<ios18>(fp16 x) {\n"
        "            fp16 a, fp16 b = while_loop(loop_vars = (x, x))[name = string(\"w\")]\n"
        "                (fp16 c, fp16 d) {\n"
        "                    bool e = less(x = c, y = d);\n"
        "                } -> (e)\n"
        "                (fp16 f, fp16 g) {\n"
        "                    fp16 h = cond(pred = e)\n"
        "                        () {\n"
        "                        } -> (f)\n"
        "                        () {\n"
        "                        } -> (g);\n"
        "                } -> (f, h);\n"
        "        } -> (a);\n}");
}

static void test_values(void **state) {
    (void)state;
    static const char *const values[] = {
        "tensor<fp16, [2, 1, 2]>([[[0x1p+0, inf]], [[-inf, nan]]])",
        "tensor<int32, [3]>([1, -2, 2147483647])",
        "tensor<bool, [2]>([true, false])",
        "tensor<string, [2]>([\"a\", \"b\\\"\\\\\\n\"])",
        "int64(-9223372036854775808)",
        "uint64(18446744073709551615)",
        "int64(9007199254740992)",
        "tensor<int32, [0]>([])",
        "tensor<int32, [?]>([1, 2])",
        "list<string, 2>([\"a\", \"b\"])",
        "list<tensor<fp32, [2]>, ?>([[0x1p+0, 0x1p+1], [0x0p+0, -0x0p+0]])",
        "tuple<string, int32>((\"a\", 1))",
        "dict<string, dict<string, tensor<int32, [1]>>>({{\"k\", {{\"a\", [1]}, {\"b\", [2]}}}})",
        "true",
        "\"text\"",
        "[1, 2]",
        "0x1p-1",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char source[400];
        snprintf(
            source, sizeof source,
            "program(1.3)\n{\n    func f<ios18>(fp16 x) {\n            fp16 y = g(x = x)[val = "
            "%s];\n        } -> (y);\n}",
            values[i]);
        expect_same_text(source);
    }
}

/* the C library's %a, which this printer replaces because C libraries differ */
static void test_floats_like_printf(void **state) {
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t bits = i % 2 ? seed : seed >> 44 << 44;
        double x;
        memcpy(&x, &bits, sizeof x);
        if (!isnormal(x)) {
            continue;
        }
        char want[40];
        text got = {0};
        snprintf(want, sizeof want, "%a", x);
        mil_print_float(&got, x);
        assert_string_equal(got.at, want);
        assert_true(mil_parse_number(got.at) == x);
        text_free(&got);
    }
}

static void expect_float(double x, const char *want) {
    text t = {0};
    mil_print_float(&t, x);
    assert_string_equal(t.at, want);
    text_free(&t);
}

static void test_special_floats(void **state) {
    (void)state;
    expect_float(0, "0x0p+0");
    expect_float(-0.0, "-0x0p+0");
    expect_float(1, "0x1p+0");
    expect_float(0x1p-24, "0x1p-24");
    expect_float(-0x1.8p-1073, "-0x1.8p-1073");
    expect_float(0x1p-1074, "0x1p-1074");
    expect_float((double)INFINITY, "inf");
    expect_float(-(double)INFINITY, "-inf");
    expect_float((double)NAN, "nan");
    expect_float(0.1, "0x1.999999999999ap-4");
}

static void test_integers_that_are_not(void **state) {
    (void)state;
    text t = {0};
    mil_print_integer(&t, 1.5);
    text_putc(&t, ' ');
    mil_print_integer(&t, -3);
    text_putc(&t, ' ');
    mil_print_integer(&t, 0x1p63);
    assert_string_equal(t.at, "0x1.8p+0 -3 0x1p+63");
    text_free(&t);
}

static void test_built_program(void **state) {
    (void)state;
    mil_program *p = mil_new();
    mil_func *f = mil_add_func(p, "main", "ios18");
    const int64_t dims[] = {1, 64, 1, 32};
    mil_type wide = mil_tensor(p, MIL_FP16, 4, dims);
    mil_add_param(p, &f->body, wide, "x");
    const double axes[] = {1, -1};
    mil_op *op = mil_add_op(p, &f->body, "const");
    mil_add_out(p, op, mil_tensor(p, MIL_INT32, 1, &(int64_t){2}), "axes");
    mil_add_attr(p, op, "name", mil_string(p, "axes"));
    mil_add_attr(p, op, "val", mil_vector(p, MIL_INT32, 2, axes));
    op = mil_add_op(p, &f->body, "const");
    mil_add_out(p, op, wide, "w");
    mil_add_attr(p, op, "val", mil_blob(p, wide, "@model_path/w.bin", 64));
    op = mil_add_op(p, &f->body, "concat");
    mil_add_literal(p, op, "axis", mil_number(p, MIL_INT32, 1));
    mil_add_literal(p, op, "interleave", mil_bool(p, false));
    mil_add_refs(p, op, "values", 2, (const char *const[]){"x", "w"});
    mil_add_out(p, op, mil_tensor(p, MIL_FP16, 4, (const int64_t[]){1, 128, 1, 32}), "y");
    op = mil_add_op(p, &f->body, "concat");
    mil_add_ref(p, op, "axis", "one");
    mil_add_refs(p, op, "values", 1, (const char *const[]){"y"});
    mil_add_out(p, op, wide, "z");
    mil_add_result(p, &f->body, "y");
    arena *a = arena_new();
    assert_string_equal(
        printed(a, p),
        "program(1.3)\n"
        "[buildInfo = dict<string, string>({{\"coremlc-component-MIL\", \"3510.2.1\"}, "
        "{\"coremlc-version\", "
        "\"3505.4.1\"}, {\"coremltools-component-milinternal\", \"\"}, {\"coremltools-version\", "
        "\"9.0\"}})]\n"
        "{\n"
        "    func main<ios18>(tensor<fp16, [1, 64, 1, 32]> x) {\n"
        "            tensor<int32, [2]> axes = const()[name = string(\"axes\"), val = "
        "tensor<int32, [2]>([1, "
        "-1])];\n"
        "            tensor<fp16, [1, 64, 1, 32]> w = const()[val = tensor<fp16, [1, 64, 1, "
        "32]>(BLOBFILE(path "
        "= string(\"@model_path/w.bin\"), offset = uint64(64)))];\n"
        "            tensor<fp16, [1, 128, 1, 32]> y = concat(axis = int32(1), interleave = "
        "bool(false), values "
        "= (x, w));\n"
        "            tensor<fp16, [1, 64, 1, 32]> z = concat(axis = one, values = y);\n"
        "        } -> (y);\n"
        "}");
    mil_program *again = read_ok(printed(a, p));
    assert_same_program(p, again);
    mil_free(again);
    mil_free(p);
    arena_free(a);
}

/* the builders' arrays grow while what is in them stays */
static void test_many_of_everything(void **state) {
    (void)state;
    enum { MANY = 100 };
    mil_program *p = mil_new();
    arena *a = arena_new();
    for (int i = 0; i < MANY; i++) {
        mil_add_func(p, arena_printf(a, "f%d", i), "ios18");
    }
    mil_block *b = &p->func[MANY - 1].body;
    for (int i = 0; i < MANY; i++) {
        const char *name = arena_printf(a, "n%d", i);
        mil_add_param(p, b, mil_scalar(MIL_FP32), name);
        mil_add_result(p, b, name);
        mil_op *op = mil_add_op(p, b, "op");
        for (int k = 0; k < i; k++) {
            mil_add_out(p, op, mil_scalar(MIL_BOOL), name);
            mil_add_ref(p, op, arena_printf(a, "a%d", k), name);
            mil_add_attr(p, op, arena_printf(a, "b%d", k), mil_number(p, MIL_FP32, k));
        }
    }
    mil_program *again = read_ok(printed(a, p));
    assert_same_program(p, again);
    assert_string_equal(mil_find_arg(&again->func[MANY - 1].body.op[MANY - 1], "a37")->ref, "n99");
    mil_free(again);
    mil_free(p);
    arena_free(a);
}

static void test_elements(void **state) {
    (void)state;
    int64_t dims[] = {3, 4, 5};
    mil_type t = {.kind = MIL_TENSOR, .dtype = MIL_FP16, .rank = 3, .dims = dims};
    assert_int_equal(mil_elements(&t), 60);
    dims[1] = MIL_ANY_DIM;
    assert_int_equal(mil_elements(&t), -1);
    dims[1] = INT64_MAX;
    assert_int_equal(mil_elements(&t), -1);
    dims[0] = 0;
    assert_int_equal(mil_elements(&t), 0);
    mil_type scalar = mil_scalar(MIL_FP16), list = {.kind = MIL_LIST};
    assert_int_equal(mil_elements(&scalar), 1);
    assert_int_equal(mil_elements(&list), -1);
    assert_int_equal(mil_dtype_named("uint16", 6), MIL_UINT16);
    assert_int_equal(mil_dtype_named("uint1", 5), MIL_UINT1);
    assert_int_equal(mil_dtype_named("uint5", 5), MIL_NONE);
}

typedef struct tally {
    int same_bytes;
    arena *a;
} tally;

static void round_trip(const char *path, void *user) {
    tally *t = user;
    char *source;
    size_t size;
    assert_int_equal(file_read(t->a, path, (size_t)1 << 30, &source, &size), 0);
    mil_program *first = read_ok(source);
    char *once = printed(t->a, first);
    mil_program *second = read_ok(once);
    assert_same_program(first, second);
    assert_string_equal(printed(t->a, second), once);
    size -= size && source[size - 1] == '\n'; /* some tools add one */
    t->same_bytes += strlen(once) == size && memcmp(once, source, size) == 0;
    mil_free(first);
    mil_free(second);
}

static void test_corpus(void **state) {
    (void)state;
    tally t = {.a = arena_new()};
    const char *folder = corpus_folder(t.a);
    if (folder) {
        int files = each_mil_file(t.a, folder, round_trip, &t);
        print_message("%d programs, %d printed byte for byte as they came\n", files, t.same_bytes);
        assert_true(files > 0);
        assert_int_equal(t.same_bytes, files);
    }
    arena_free(t.a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_long_scalars),
        cmocka_unit_test(test_nested_blocks),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_floats_like_printf),
        cmocka_unit_test(test_special_floats),
        cmocka_unit_test(test_integers_that_are_not),
        cmocka_unit_test(test_built_program),
        cmocka_unit_test(test_many_of_everything),
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_corpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
