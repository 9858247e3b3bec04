/* The reader: every construct of the grammar, every complaint, hostile input. */
#include "mil_test.h"

#include <time.h>

/* one of everything, in coremlc's layout */
static const char sample[] =
    "program(1.3)\n"
    "[buildInfo = dict<string, string>({{\"coremlc-version\", \"3405.2.1\"}, {\"q\", "
    "\"a\\\"b\\\\c\"}})]\n"
    "{\n"
    "    func main<ios18>(tensor<fp16, [1, ?]> x, state<tensor<fp16, [2]>> s, "
    "tensor_buffer<fp16, shape = [1, 2], strides = [2, 1]> b) "
    "[Shapes = tuple<string, dict<string, list<tensor<int32, [2]>, ?>>>((\"r\", {{\"x\", [[1, 2], "
    "[3, "
    "-1]]}}))] {\n"
    "            tensor<fp16, [2, 2]> w = const()[name = string(\"w\"), val = tensor<fp16, [2, "
    "2]>([[0x1p+0, -0x1.8p-3], [inf, -inf]])];\n"
    "            tensor<uint4, [8]> blob = const()[val = tensor<uint4, [8]>(BLOBFILE(path = "
    "string(\"@model_path/weights/weight.bin\"), offset = uint64(64)))];\n"
    "            tensor<fp16, [2]> r = read_state(input = s)[name = string(\"r\")];\n"
    "            write_state(data = r, input = s);\n"
    "            tensor<fp16, [4]> c = concat<ios17>(axis = int32(0), values = (r, tensor<fp16, "
    "[2]>([0x1p+0, 0x0p+0])));\n"
    "            list<string, 2> l = const()[val = list<string, 2>([\"a\", \"b\"])];\n"
    "            tensor<int32, [1]> i0 = const()[val = tensor<int32, [1]>([0])];\n"
    "            tensor<int32, [1]> i = while_loop(loop_vars = i0)[name = string(\"loop\")]\n"
    "                (tensor<int32, [1]> i1) {\n"
    "                    bool t = less(x = i1, y = 0x1.8p+1);\n"
    "                } -> (t)\n"
    "                (tensor<int32, [1]> i2) {\n"
    "                    tensor<int32, [1]> i3 = add(x = i2, y = int32(1));\n"
    "                } -> (i3);\n"
    "            fp16 p, int32 q = split(axis = 0, keep = true, x = c)[note = \"n\"];\n"
    "        } -> (c, x);\n"
    "}";

static const mil_op *op_at(const mil_program *p, int i) {
    assert_true(i < p->func[0].body.ops);
    return &p->func[0].body.op[i];
}

static void test_sample_is_read_whole(void **state) {
    (void)state;
    mil_program *p = read_ok(sample);
    assert_int_equal(p->version_major, 1);
    assert_int_equal(p->version_minor, 3);
    assert_string_equal(p->attr[0].value.items[3].strings[0], "a\"b\\c");
    const mil_func *f = &p->func[0];
    assert_string_equal(f->name, "main");
    assert_string_equal(f->opset, "ios18");
    assert_int_equal(f->body.params, 3);
    assert_int_equal(f->body.param[0].type.dims[1], MIL_ANY_DIM);
    assert_int_equal(f->body.param[1].type.kind, MIL_STATE);
    assert_int_equal(f->body.param[2].type.kind, MIL_BUFFER);
    assert_int_equal((int)f->body.param[2].type.buffer_at[1].value.numbers[0], 2);
    assert_int_equal(f->attr[0].value.kind, MIL_ITEMS);
    assert_int_equal(f->attr[0].value.items[1].items[1].count, 2);
    assert_int_equal(f->body.results, 2);
    assert_string_equal(f->body.result[1], "x");
    assert_int_equal(f->body.ops, 9);
    mil_free(p);
}

static void test_ops_of_the_sample(void **state) {
    (void)state;
    mil_program *p = read_ok(sample);
    const mil_value *w = mil_find_value(op_at(p, 0), "val");
    assert_int_equal(w->count, 4);
    assert_true(w->numbers[1] == -0.1875 && w->numbers[2] == (double)INFINITY);
    const mil_value *blob = mil_find_value(op_at(p, 1), "val");
    assert_int_equal(blob->kind, MIL_BLOB);
    assert_int_equal(blob->blob_offset, 64);
    assert_int_equal(op_at(p, 3)->outs, 0);
    assert_string_equal(op_at(p, 4)->opset, "ios17");
    const mil_arg *values = mil_find_arg(op_at(p, 4), "values");
    assert_int_equal(values->kind, MIL_ARGS);
    assert_string_equal(values->part[0].ref, "r");
    assert_int_equal(values->part[1].literal->count, 2);
    assert_int_equal(op_at(p, 7)->blocks, 2);
    assert_int_equal(mil_find_arg(op_at(p, 7), "loop_vars")->kind, MIL_REF);
    assert_int_equal(op_at(p, 8)->outs, 2);
    assert_null(mil_find_arg(op_at(p, 8), "absent"));
    assert_null(mil_find_attr(op_at(p, 8), "absent"));
    mil_free(p);
}

static void test_places(void **state) {
    (void)state;
    mil_program *p =
        read_ok("program(1.0)\n{\n  func f<ios15>(fp16 x) {\n    fp16 y =\n      relu(x = x);\n"
                "  } -> (y);\n}\n");
    const mil_op *op = op_at(p, 0);
    assert_int_equal(op->loc.line, 5);
    assert_int_equal(op->loc.column, 7);
    assert_int_equal(op->out[0].loc.line, 4);
    assert_int_equal(op->out[0].loc.column, 10);
    assert_int_equal(op->arg[0].loc.column, 12);
    assert_int_equal(p->func[0].body.param[0].loc.column, 22);
    mil_free(p);
}

/* `val` of a const of this type and literal */
static mil_program *read_const(arena *a, const char *type, const char *literal) {
    const char *body = arena_printf(a, "%s c = const()[val = %s(%s)];", type, type, literal);
    return read_ok(func_text(a, "", body, "c"));
}

static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0x1.8p-3", 0.1875},
        {"0x1.0p-3", 0.125},
        {"0X1P2", 4},
        {"0x.8p1", 1},
        {"0x1.1000000000000p-20", 0x1.1p-20},
        {"-0x0p+0", -0.0},
        {"0x1p-1074", 0x1p-1074},
        {"0x1p-1080", 0},
        {"0x1.fffffffffffffffffp0", 2},
        {"0x1p99999", (double)INFINITY},
        {"0.125000", 0.125},
        {"1e-05", 1e-05},
        {"1.000000e-05", 1e-05},
        {"+3", 3},
        {"-1", -1},
        {"1.", 1},
        {".5", 0.5},
        {"1E3", 1000},
        {"3.4028234663852886e+38", 3.4028234663852886e+38},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
        {"0.1000000000000000055511151231257827", 0.1},
        {"1e400", (double)INFINITY},
        {"inf", (double)INFINITY},
        {"-inf", -(double)INFINITY},
        {"infinity", (double)INFINITY},
    };
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mil_program *p = read_const(a, "fp64", cases[i].text);
        double x = mil_find_value(op_at(p, 0), "val")->numbers[0];
        if (memcmp(&x, &cases[i].value, sizeof x) != 0) {
            fail_msg("%s read as %a", cases[i].text, x);
        }
        mil_free(p);
    }
    mil_program *p = read_const(a, "fp16", "nan");
    assert_true(isnan(mil_find_value(op_at(p, 0), "val")->numbers[0]));
    mil_free(p);
    arena_free(a);
}

/* against the C library, over numbers of all magnitudes and lengths */
static void test_numbers_like_strtod(void **state) {
    (void)state;
    static const char *const formats[] = {"%.17g", "%.6g", "%.3f", "%.15e", "%a"};
    arena *a = arena_new();
    uint64_t seed = 1;
    for (int i = 0; i < 2000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        double x = ldexp((double)(seed >> 11), (int)(seed >> 3 & 63) - 64) * (seed & 1 ? -1 : 1);
        char *s = arena_printf(a, formats[i % 5], x);
        mil_program *p = read_const(a, "fp64", s);
        double want = strtod(s, NULL), got = mil_find_value(op_at(p, 0), "val")->numbers[0];
        assert_memory_equal(&want, &got, sizeof want);
        mil_free(p);
    }
    arena_free(a);
}

static void test_wide_integers(void **state) {
    (void)state;
    arena *a = arena_new();
    mil_program *p =
        read_const(a, "tensor<int64, [3]>", "[9007199254740993, -9223372036854775808, 7]");
    const mil_value *v = mil_find_value(op_at(p, 0), "val");
    assert_non_null(v->integers);
    assert_true(v->integers[0] == 9007199254740993 && v->integers[1] == INT64_MIN &&
                v->integers[2] == 7);
    mil_free(p);
    p = read_const(a, "uint64", "18446744073709551615");
    v = mil_find_value(op_at(p, 0), "val");
    assert_true((uint64_t)v->integers[0] == UINT64_MAX);
    mil_free(p);
    p = read_const(a, "int64", "9007199254740992");
    assert_null(mil_find_value(op_at(p, 0), "val")->integers);
    mil_free(p);
    arena_free(a);
}

static void test_scalar_spellings_are_one_type(void **state) {
    (void)state;
    mil_program *p = read_ok(
        "program(1.0) { func f<ios15>(tensor<fp16, []> x) { fp16 y = const()[val=tensor<fp16, "
        "[]>(1)]; tensor<fp16, []> z = const()[val=fp16(BLOBFILE(path=tensor<string, []>(\"w\"), "
        "offset=tensor<uint64, []>(128)))]; } -> (y); }");
    mil_type scalar = mil_scalar(MIL_FP16);
    assert_true(mil_same_type(&p->func[0].body.param[0].type, &scalar));
    assert_true(mil_same_type(&mil_find_value(op_at(p, 0), "val")->type, &scalar));
    assert_int_equal(mil_find_value(op_at(p, 1), "val")->blob_offset, 128);
    mil_free(p);
}

static void test_hand_written_dialect(void **state) {
    (void)state;
    mil_program *p = read_ok(
        "program(1.3) {\n// a comment, and \"quotes\"\nfunc main<ios18>(tensor<fp16,[1,2]>x){\n"
        "tensor<fp16,[2,2]> m=const()[val=tensor<fp16,[2,2]>([1,2.5,3,4])];//flat\n"
        "tensor<fp16,[1,2]> y=reduce_sum(x=x,keep_dims=true,axes=[1,-1],e=1e-3,mode=\"m\");\n"
        "tensor<fp16,[1]> one=const()[val=tensor<fp16,[1]>(0.5)];\n"
        "fp16 list=concat(values=(x),axis=int32(0));\n"
        "fp16 tensor=f(state=list,bool=tensor,program=fp16,v=(BLOBFILE,func));\n"
        "}->(y);}\n");
    assert_int_equal(mil_find_value(op_at(p, 0), "val")->count, 4);
    const mil_op *sum = op_at(p, 1);
    assert_false(mil_find_value(sum, "keep_dims")->typed);
    assert_int_equal(mil_find_value(sum, "keep_dims")->type.dtype, MIL_BOOL);
    assert_int_equal(mil_find_value(sum, "axes")->type.dtype, MIL_INT32);
    assert_int_equal(mil_find_value(sum, "axes")->type.dims[0], 2);
    assert_int_equal(mil_find_value(sum, "e")->type.dtype, MIL_FP32);
    assert_int_equal(mil_find_value(sum, "mode")->type.dtype, MIL_STRING);
    assert_int_equal(mil_find_arg(op_at(p, 3), "values")->kind, MIL_REF);
    const mil_op *words = op_at(p, 4);
    assert_string_equal(words->out[0].name, "tensor");
    assert_string_equal(mil_find_arg(words, "program")->ref, "fp16");
    assert_string_equal(mil_find_arg(words, "v")->part[0].ref, "BLOBFILE");
    mil_free(p);
}

/* --- complaints --- */

static void expect_error(const char *params, const char *body, const char *message) {
    arena *a = arena_new();
    const char *source = func_text(a, params, body, "y");
    assert_read_error(source, strlen(source), message);
    arena_free(a);
}

static void test_syntax_errors(void **state) {
    (void)state;
    expect_error("", "fp16 y = relu(x = );",
                 "t.mil:4:19: unexpected \")\", expected a name or a value (in an argument list)");
    expect_error(
        "", "fp16 y = relu(3 = x);",
        "t.mil:4:15: unexpected \"3\", expected an identifier or \")\" (in an argument list)");
    expect_error("", "fp16 y = relu(x = x]",
                 "t.mil:4:20: unexpected \"]\", expected \")\" or \",\" (in an argument list)");
    expect_error("fp16", "",
                 "t.mil:3:26: unexpected \")\", expected an identifier (in a parameter list)");
    expect_error("tensor<fp16, 3> x", "",
                 "t.mil:3:35: unexpected \"3\", expected \"[\" (in a type)");
    expect_error("tensor<fp16, [a]> x", "",
                 "t.mil:3:36: unexpected \"a\", expected a number or \"]\" or \"?\" (in a shape)");
    expect_error("", "fp16 y = const()[val = fp16(x)];",
                 "t.mil:4:29: unexpected \"x\", expected a literal (in a literal)");
    expect_error("", "fp16 y relu",
                 "t.mil:4:8: unexpected \"relu\", expected \",\" or \"=\" (in a function)");
    expect_error("", "= relu(x = x);",
                 "t.mil:4:1: unexpected \"=\", expected a statement or \"}\" (in a function)");
    expect_error("", "fp16 y = f(v = (a, 3 4));",
                 "t.mil:4:22: unexpected \"4\", expected \")\" or \",\" (in a tuple of arguments)");
    assert_read_error(
        "main[CoreML8](%x", 16,
        "t.mil:1:1: this is what coremltools prints for a program in Python, not MIL text, which "
        "starts with program(1.0) or program(1.3)");
    assert_read_error(
        "module {", 8,
        "t.mil:1:1: unexpected \"module\", expected \"program\" (at the start of MIL text)");
    assert_read_error(
        "", 0,
        "t.mil:1:1: unexpected end of the text, expected \"program\" (at the start of MIL "
        "text)");
    assert_read_error(
        "program(1.3) {} x", 17,
        "t.mil:1:17: unexpected \"x\", expected the end of the text (after the program)");
}

static void test_meaning_errors(void **state) {
    (void)state;
    expect_error("", "fp16 y = const()[val = fp16(true)];", "t.mil:4:29: expected a number");
    expect_error("", "bool y = const()[val = bool(1)];", "t.mil:4:29: expected true or false");
    expect_error("", "string y = const()[val = string(1)];", "t.mil:4:33: expected a string");
    expect_error("", "tensor<fp16, [2, 2]> y = const()[val = tensor<fp16, [2, 2]>([[1, 2], [3]])];",
                 "t.mil:4:72: this list is not as long as its neighbours");
    expect_error(
        "", "tensor<fp16, [2, 2]> y = const()[val = tensor<fp16, [2, 2]>([[1], [2], [3], [4]])];",
        "t.mil:4:61: the literal's shape is not its type's");
    expect_error("", "tensor<fp16, [2, 2]> y = const()[val = tensor<fp16, [2, 2]>([1, 2, 3])];",
                 "t.mil:4:61: the literal has 3 elements, its type says 4");
    expect_error("", "fp16 y = const()[val = tensor<fp16, [2]>([1, [2]])];",
                 "t.mil:4:46: elements and lists are mixed");
    expect_error("", "fp16 y = const()[val = tensor<fp16, [2]>((1, 2))];",
                 "t.mil:4:42: expected an element of a tensor");
    expect_error("", "fp16 y = const()[val = tuple<fp16, fp16>((1))];",
                 "t.mil:4:42: the literal does not have as many elements as its type");
    expect_error("", "fp16 y = const()[val = dict<string, fp16>([1])];",
                 "t.mil:4:43: expected a dictionary: {{key, value}, ..}");
    expect_error("", "fp16 y = const()[val = state<fp16>(1)];",
                 "t.mil:4:36: a type without literals");
    expect_error("", "fp16 y = const()[val = fp16(BLOBFILE(path = string(\"w\")))];",
                 "t.mil:4:37: expected BLOBFILE(path = string(\"..\"), offset = uint64(..))");
    expect_error(
        "", "fp16 y = const()[val = fp16(BLOBFILE(path = string(\"w\"), offset = int32(-64)))];",
        "t.mil:4:37: expected BLOBFILE(path = string(\"..\"), offset = uint64(..))");
    expect_error(
        "",
        "list<string, 1> y = const()[val = list<string, 1>([BLOBFILE(path = string(\"w\"), "
        "offset = uint64(64))])];",
        "t.mil:4:51: strings cannot be in a blob file");
    expect_error("", "int64 y = const()[val = int64(99999999999999999999)];",
                 "t.mil:4:31: not a number of this type");
    expect_error("tensor<fp16, [99999999999999999999]> x", "",
                 "t.mil:3:36: a dimension must be ? or a whole number from 0 to 2^63 - 1");
    expect_error("tensor<fp16, [-1]> x", "",
                 "t.mil:3:36: a dimension must be ? or a whole number from 0 to 2^63 - 1");
    expect_error("tensor<fp16, [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]> x", "",
                 "t.mil:3:22: a tensor of rank 17; at most 16 is supported");
    assert_read_error("program(13) {}", 14, "t.mil:1:9: a program's version looks like 1.3");
    assert_read_error("program(1.3e1) {}", 17, "t.mil:1:9: a program's version looks like 1.3");
}

static void test_character_errors(void **state) {
    (void)state;
    expect_error("", "fp16 y @ relu", "t.mil:4:8: stray \"@\"");
    expect_error("", "string y = const()[val = string(\"abc\n\")];",
                 "t.mil:4:33: string without its closing quote");
    expect_error("", "fp16 \xc3\xa9 = relu(x = x);",
                 "t.mil:4:6: stray byte 0xc3 outside of a string");
    assert_read_error("program(1.3)\0{}", 15, "t.mil:1:13: NUL byte: this is not MIL text");
    assert_read_error("program(1.3) // \0{}", 19, "t.mil:1:17: NUL byte: this is not MIL text");
    assert_read_error("program(1.3)[a = \"\0\"]{}", 23,
                      "t.mil:1:18: string without its closing quote");
}

/* --- hostile input --- */

static void read_any(const char *source, size_t size) {
    char *exact = malloc(size ? size : 1); /* so that reading past the end is seen by sanitizers */
    memcpy(exact, source, size);
    mil_program *p;
    anet_error err = {0};
    if (mil_read(exact, size, "t.mil", &p, &err) == ANET_OK) {
        text out = {0};
        mil_print(p, &out);
        text_free(&out);
        mil_free(p);
    } else {
        assert_null(p);
        assert_true(strncmp(err.message, "t.mil:", 6) == 0);
    }
    free(exact);
}

static void test_truncation_everywhere(void **state) {
    (void)state;
    for (size_t n = 0; n < sizeof sample - 1; n++) {
        mil_program *p;
        anet_error err = {0};
        assert_int_equal(mil_read(sample, n, "t.mil", &p, &err), ANET_BAD_INPUT);
        assert_null(p);
        read_any(sample, n);
    }
}

static void test_one_byte_changed(void **state) {
    (void)state;
    static const char bytes[] = {0,   '"', '[', ']', '(', ')', '{',  '}',
                                 '<', '>', ',', '9', '-', 'a', '\\', '\xff'};
    char copy[sizeof sample];
    memcpy(copy, sample, sizeof sample);
    for (size_t i = 0; i < sizeof sample - 1; i++) {
        for (size_t k = 0; k < sizeof bytes; k++) {
            copy[i] = bytes[k];
            read_any(copy, sizeof sample - 1);
        }
        copy[i] = sample[i];
    }
}

static void test_garbage(void **state) {
    (void)state;
    static const char *const words[] = {
        "program", "(",     ")",        "1.3",  "{", "}", "[",  "]",     "func",   "f",
        "<",       ">",     "ios18",    ",",    "=", ";", "->", "fp16",  "tensor", "dict",
        "list",    "\"s\"", "BLOBFILE", "true", "?", "x", "-1", "tuple", "state"};
    uint64_t seed = 7;
    for (int i = 0; i < 3000; i++) {
        text t = {0};
        text_puts(&t, i % 3 ? "program(1.3){func f<ios18>(fp16 x){" : "");
        for (int k = 0; k < 40; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text_puts(&t, words[(seed >> 33) % (sizeof words / sizeof *words)]);
            text_putc(&t, ' ');
        }
        read_any(t.at, t.len);
        text_free(&t);
    }
}

static void test_nesting(void **state) {
    (void)state;
    static const char *const bombs[] = {"(", "[", "{", "tuple<", "{{", "([{"};
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        for (int place = 0; place < 3; place++) {
            text t = {0};
            text_puts(&t, place == 0   ? "program"
                          : place == 1 ? "program(1.3){func f<ios18>(fp16 x){fp16 y = g(a = "
                                       : "program(1.3)[a = tuple<fp16, fp16>(");
            for (int k = 0; k < 10000; k++) {
                text_puts(&t, bombs[i]);
            }
            read_any(t.at, t.len);
            text_free(&t);
        }
    }
    text t = {0};
    text_puts(&t, "program(1.3){func f<ios18>(fp16 x){fp16 y = g(a = ");
    for (int k = 0; k < 10000; k++) {
        text_putc(&t, '(');
    }
    assert_read_error(t.at, t.len, "t.mil:1:248: nesting deeper than 200 levels");
    text_free(&t);
}

static void test_nested_blocks_to_the_limit(void **state) {
    (void)state;
    text t = {0};
    enum { DEPTH = 198 };
    text_puts(&t, "program(1.3){func f<ios18>(fp16 x){");
    for (int k = 0; k < DEPTH; k++) {
        text_puts(&t, "fp16 y = cond(pred = x) () {");
    }
    for (int k = 0; k < DEPTH; k++) {
        text_puts(&t, "} -> (x);");
    }
    text_puts(&t, "} -> (x);}");
    mil_free(read_ok(t.at));
    text_free(&t);
}

/* --- size --- */

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* a literal of 2 million numbers and 100,000 ops take time and memory in proportion */
static void test_large_text(void **state) {
    (void)state;
    double start = seconds();
    text t = {0};
    text_puts(&t, "program(1.3){func f<ios18>(fp16 x){ tensor<fp16, [?]> w = const()[val = "
                  "tensor<fp16, [?]>([1");
    for (int i = 1; i < 2000000; i++) {
        text_puts(&t, ",1");
    }
    text_puts(&t, "])];\n");
    for (int i = 0; i < 100000; i++) {
        text_printf(&t, "fp16 v%d = relu(x = x);", i);
    }
    text_puts(&t, "} -> (x);}");
    mil_program *p = read_ok(t.at);
    assert_int_equal(mil_find_value(op_at(p, 0), "val")->count, 2000000);
    assert_int_equal(p->func[0].body.ops, 100001);
    mil_free(p);
    text_free(&t);
    assert_true(seconds() - start < 20); /* a second or so, also under sanitizers */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample_is_read_whole),
        cmocka_unit_test(test_ops_of_the_sample),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_like_strtod),
        cmocka_unit_test(test_wide_integers),
        cmocka_unit_test(test_scalar_spellings_are_one_type),
        cmocka_unit_test(test_hand_written_dialect),
        cmocka_unit_test(test_syntax_errors),
        cmocka_unit_test(test_meaning_errors),
        cmocka_unit_test(test_character_errors),
        cmocka_unit_test(test_truncation_everywhere),
        cmocka_unit_test(test_one_byte_changed),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_nested_blocks_to_the_limit),
        cmocka_unit_test(test_large_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
