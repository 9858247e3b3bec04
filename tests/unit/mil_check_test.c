/* The checker: results of every op's rule, and every complaint. */
#include "mil_test.h"

#include "mil/ops.h"

#include <stdio.h>

static anet_code check(const char *source, anet_error *err) {
    mil_program *p = read_ok(source);
    anet_code code = mil_check(p, "t.mil", err);
    mil_free(p);
    return code;
}

/* a function without results around one statement, which is on line 4 */
static char *call_text(arena *a, const char *opset, const char *params, const char *statement) {
    return arena_printf(a, "program(1.3)\n{\n    func main<%s>(%s) {\n%s\n        } -> ();\n}",
                        opset, params, statement);
}

static void expect_good(const char *params, const char *statement) {
    arena *a = arena_new();
    anet_error err = {0};
    if (check(call_text(a, "ios18", params, statement), &err) != ANET_OK) {
        fail_msg("%s\nin: %s", err.message, statement);
    }
    arena_free(a);
}

static void expect_bad_for(const char *opset, const char *params, const char *statement,
                           const char *message) {
    arena *a = arena_new();
    anet_error err = {0};
    assert_int_equal(check(call_text(a, opset, params, statement), &err), ANET_BAD_INPUT);
    assert_string_equal(err.message, message);
    arena_free(a);
}

/* the reader refuses `()`; a program made in memory may have it */
static void test_no_values(void **state) {
    (void)state;
    mil_program *p = mil_new();
    mil_func *f = mil_add_func(p, "main", "ios18");
    mil_op *op = mil_add_op(p, &f->body, "stack");
    mil_add_literal(p, op, "axis", mil_number(p, MIL_INT32, 0));
    mil_add_refs(p, op, "values", 0, NULL);
    anet_error err = {0};
    assert_int_equal(mil_check(p, "built", &err), ANET_BAD_INPUT);
    assert_string_equal(err.message, "built: stack: the argument values is missing");
    mil_free(p);
}

static void expect_bad(const char *params, const char *statement, const char *message) {
    expect_bad_for("ios18", params, statement, message);
}

typedef struct inference {
    const char *params, *call;
    const char *result, *not ; /* a type that is accepted for the result, and one that is not */
} inference;

static const inference inferences[] = {
    {"tensor<fp16, [2, 3]> x", "identity(x = x)", "tensor<fp16, [2, 3]>", "tensor<fp32, [2, 3]>"},
    {"state<tensor<fp16, [2]>> s", "read_state(input = s)", "tensor<fp16, [2]>", "fp16"},
    {"tensor<fp16, [2, 3]> x", "cast(x = x, dtype = string(\"int32\"))", "tensor<int32, [2, 3]>",
     "tensor<fp16, [2, 3]>"},
    {"tensor<bool, [?]> x", "cast(x = x, dtype = string(\"uint8\"))", "tensor<uint8, [?]>",
     "uint8"},
    {"tensor<fp16, [2, 3]> x, tensor<fp16, [3]> y", "add(x = x, y = y)", "tensor<fp16, [2, 3]>",
     "tensor<fp16, [3]>"},
    {"tensor<fp16, [2, 1, 3]> x, tensor<fp16, [4, 1]> y", "sub(x = x, y = y)",
     "tensor<fp16, [2, 4, 3]>", "tensor<fp16, [2, 1, 3]>"},
    {"tensor<fp32, [2]> x, fp32 y", "mul(x = x, y = y)", "tensor<fp32, [2]>", "fp32"},
    {"tensor<int32, [2]> x", "mul(x = 2, y = x)", "tensor<int32, [2]>", "tensor<fp32, [2]>"},
    {"tensor<fp16, [2]> x", "pow(x = x, y = 2)", "tensor<fp16, [2]>", "tensor<int32, [2]>"},
    {"tensor<fp16, [?, 3]> x, tensor<fp16, [4, 1]> y", "real_div(x = x, y = y)",
     "tensor<fp16, [4, 3]>", "tensor<fp16, [2, 3]>"},
    {"tensor<fp16, [?]> x, tensor<fp16, [1]> y", "maximum(x = x, y = y)", "tensor<fp16, [?]>",
     "fp16"},
    {"tensor<fp16, [2, 1]> x, tensor<fp16, [3]> y", "minimum(x = x, y = y)", "tensor<fp16, [2, 3]>",
     "fp16"},
    {"tensor<fp16, [2, 1]> x, tensor<fp16, [3]> y", "greater(x = x, y = y)", "tensor<bool, [2, 3]>",
     "tensor<fp16, [2, 3]>"},
    {"int32 x", "less(x = x, y = int32(3))", "bool", "int32"},
    {"int32 x", "equal(x = x, y = int32(3))", "bool", "int32"},
    {"tensor<bool, [2, 1]> c, tensor<fp16, [3]> a, fp16 b", "select(cond = c, a = a, b = b)",
     "tensor<fp16, [2, 3]>", "tensor<bool, [2, 3]>"},
    {"tensor<fp16, [2]> x", "exp(x = x)", "tensor<fp16, [2]>", "tensor<fp16, [3]>"},
    {"tensor<fp16, [2]> x", "gelu(x = x, mode = string(\"EXACT\"))", "tensor<fp16, [2]>", "fp16"},
    {"tensor<fp16, [2]> x", "rsqrt(x = x, epsilon = fp32(1e-5))", "tensor<fp16, [2]>", "fp32"},
    {"tensor<fp16, [2]> x", "log(x = x)", "tensor<fp16, [2]>", "fp16"},
    {"tensor<fp16, [2]> x", "clip(x = x, alpha = fp16(-inf), beta = fp16(1))", "tensor<fp16, [2]>",
     "fp16"},
    {"tensor<fp16, [2, 3]> x", "softmax(x = x, axis = int32(-2))", "tensor<fp16, [2, 3]>", "fp16"},
    {"tensor<fp16, [2, 3]> x", "reduce_sum(x = x)", "fp16", "tensor<fp16, [1]>"},
    {"tensor<fp16, [2, 3, 4]> x", "reduce_mean(x = x, axes = tensor<int32, [2]>([0, -1]))",
     "tensor<fp16, [3]>", "tensor<fp16, [2]>"},
    {"tensor<fp16, [2, 3, 4]> x", "reduce_max(x = x, axes = [1], keep_dims = true)",
     "tensor<fp16, [2, 1, 4]>", "tensor<fp16, [2, 4]>"},
    {"tensor<fp16, [2, 3]> x, tensor<fp16, [3, 4]> y", "matmul(x = x, y = y)",
     "tensor<fp16, [2, 4]>", "tensor<fp16, [2, 3]>"},
    {"tensor<fp16, [5, 1, 3, 2]> x, tensor<fp16, [7, 4, 3]> y",
     "matmul(x = x, y = y, transpose_x = true, transpose_y = bool(true))",
     "tensor<fp16, [5, 7, 2, 4]>", "tensor<fp16, [7, 2, 4]>"},
    {"tensor<fp16, [3]> x, tensor<fp16, [3, 4]> y", "matmul(x = x, y = y)", "tensor<fp16, [4]>",
     "tensor<fp16, [1, 4]>"},
    {"tensor<fp16, [5, 2, 3]> x, tensor<fp16, [3]> y", "matmul(x = x, y = y, transpose_y = true)",
     "tensor<fp16, [5, 2]>", "tensor<fp16, [5, 2, 1]>"},
    {"tensor<fp16, [3]> x, tensor<fp16, [3]> y", "matmul(x = x, y = y)", "fp16",
     "tensor<fp16, [1]>"},
    {"tensor<fp16, [2, 6]> x", "reshape(x = x, shape = tensor<int32, [3]>([3, -1, 2]))",
     "tensor<fp16, [3, 2, 2]>", "tensor<fp16, [3, 4]>"},
    {"tensor<fp16, [2, 6]> x", "reshape(x = x, shape = tensor<int32, [3]>([0, 3, 2]))",
     "tensor<fp16, [2, 3, 2]>", "tensor<fp16, [0, 3, 2]>"},
    {"tensor<fp16, [2, 3, 4]> x", "transpose(x = x, perm = tensor<int32, [3]>([2, 0, -2]))",
     "tensor<fp16, [4, 2, 3]>", "tensor<fp16, [2, 3, 4]>"},
    {"tensor<fp16, [2, 3]> x", "expand_dims(x = x, axes = tensor<int32, [2]>([0, -1]))",
     "tensor<fp16, [1, 2, 3, 1]>", "tensor<fp16, [1, 1, 2, 3]>"},
    {"tensor<fp16, [1, 3, 1]> x", "squeeze(x = x)", "tensor<fp16, [3]>", "tensor<fp16, [1, 3]>"},
    {"tensor<fp16, [1, 3, 1]> x", "squeeze(x = x, axes = [-1, 1])", "tensor<fp16, [1, 3]>",
     "tensor<fp16, [3]>"},
    {"tensor<fp16, [4, 9]> x", "slice_by_size(x = x, begin = [1, 2], size = [2, -1])",
     "tensor<fp16, [2, 7]>", "tensor<fp16, [2, 9]>"},
    {"tensor<fp16, [4, 9]> x, tensor<int32, [2]> b",
     "slice_by_size(x = x, begin = b, size = [2, 3])", "tensor<fp16, [2, 3]>",
     "tensor<fp16, [2, 9]>"},
    {"tensor<fp16, [4, 9]> x", "slice_by_index(x = x, begin = [1, 2], end = [3, -1])",
     "tensor<fp16, [2, 6]>", "tensor<fp16, [2, 7]>"},
    {"tensor<fp16, [4, 9]> x",
     "slice_by_index(x = x, begin = [3, 99], end = [0, 0], stride = [-2, -3], begin_mask = [false, "
     "true], "
     "end_mask = [false, true])",
     "tensor<fp16, [2, 3]>", "tensor<fp16, [2, 9]>"},
    {"tensor<fp16, [4, 9]> x",
     "slice_by_index(x = x, begin = [-1, 0], end = [0, 99], squeeze_mask = [true, false])",
     "tensor<fp16, [9]>", "tensor<fp16, [1, 9]>"},
    {"tensor<fp16, [2, 3]> x, tensor<fp16, [2, 5]> y", "concat(values = (x, y), axis = int32(-1))",
     "tensor<fp16, [2, 8]>", "tensor<fp16, [4, 3]>"},
    {"int32 x", "concat(values = (x, x, x), axis = int32(0))", "tensor<int32, [3]>", "int32"},
    {"tensor<fp16, [2]> x", "concat(values = x, axis = int32(0))", "tensor<fp16, [2]>", "fp16"},
    {"tensor<fp16, [2, 3]> x", "stack(values = (x, x), axis = int32(1))", "tensor<fp16, [2, 2, 3]>",
     "tensor<fp16, [2, 6]>"},
    {"tensor<fp16, [2, 3]> x", "tile(x = x, reps = tensor<int32, [2]>([3, 1]))",
     "tensor<fp16, [6, 3]>", "tensor<fp16, [2, 3]>"},
    {"tensor<fp16, [7, 8]> x, tensor<int32, [2, 3]> i", "gather(x = x, indices = i)",
     "tensor<fp16, [2, 3, 8]>", "tensor<fp16, [2, 3]>"},
    {"tensor<fp16, [7, 8]> x, int32 i", "gather(x = x, indices = i, axis = int32(-1))",
     "tensor<fp16, [7]>", "tensor<fp16, [8]>"},
    {"tensor<fp16, [2, 5, 8]> x, tensor<int32, [2, 3]> i",
     "gather(x = x, indices = i, axis = int32(1), batch_dims = int32(1))",
     "tensor<fp16, [2, 3, 8]>", "tensor<fp16, [2, 2, 3, 8]>"},
};

static void test_inference(void **state) {
    (void)state;
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof inferences / sizeof *inferences; i++) {
        const inference *t = &inferences[i];
        expect_good(t->params, arena_printf(a, "%s r = %s;", t->result, t->call));
        expect_bad(t->params, arena_printf(a, "%s r = %s;", t->not, t->call),
                   arena_printf(a,
                                "t.mil:4:%zu: r = %.*s: r is declared as %s, but the result is %s",
                                strlen(t->not ) + 2, (int)strcspn(t->call, "("), t->call, t->not,
                                t->result));
    }
    arena_free(a);
}

static void test_split_and_unknown_results(void **state) {
    (void)state;
    expect_good("tensor<fp16, [6, 2]> x", "tensor<fp16, [3, 2]> a, tensor<fp16, [3, 2]> b = "
                                          "split(x = x, num_splits = 2, axis = int32(0));");
    expect_good("tensor<fp16, [6, 2]> x",
                "tensor<fp16, [1, 2]> a, tensor<fp16, [5, 2]> b = split(x = x, "
                "split_sizes = [1, 5], axis = int32(-2));");
    expect_bad("tensor<fp16, [6, 2]> x",
               "tensor<fp16, [6, 2]> a = split(x = x, num_splits = 2, axis = int32(0));",
               "t.mil:4:26: a = split: 1 results are declared for 2 parts");
    expect_bad("tensor<fp16, [6, 2]> x",
               "fp16 a, fp16 b = split(x = x, split_sizes = [1, 4], axis = int32(0));",
               "t.mil:4:18: a = split: an axis of 6 does not fall into these parts");
    expect_good("tensor<fp16, [6, 2]> x, tensor<int32, [2]> e",
                "tensor<fp16, [?, 1]> a = slice_by_index(x = x, begin = [0, 0], end = e);");
    expect_good("tensor<fp16, [2, 6]> x, tensor<int32, [2]> s",
                "tensor<fp16, [3, 4]> y = reshape(x = x, shape = s);");
    expect_bad("tensor<fp16, [2, 6]> x, tensor<int32, [2]> s",
               "tensor<fp16, [12]> y = reshape(x = x, shape = s);",
               "t.mil:4:20: y = reshape: y is declared as tensor<fp16, [12]>, but the result is "
               "tensor<fp16, [?, ?]>");
    expect_good("state<fp16> s, fp16 x", "write_state(input = s, data = x);");
}

static void test_names(void **state) {
    (void)state;
    expect_bad("fp16 x", "fp16 x = relu(x = x);",
               "t.mil:4:6: x = relu: x is defined a second time; first on line 3");
    expect_bad("fp16 x, fp16 x", "", "t.mil:3:35: x is defined a second time; first on line 3");
    expect_bad("fp16 input", "fp16 y = relu(x = imput);",
               "t.mil:4:15: y = relu: imput is not defined; did you mean input?");
    expect_bad("fp16 x", "fp16 y = relu(x = absent);",
               "t.mil:4:15: y = relu: absent is not defined");
    expect_bad("fp16 x", "fp16 y = relu(x = z); fp16 z = relu(x = y);",
               "t.mil:4:15: y = relu: z is used before or outside of its definition");
    expect_bad("fp16 x", "fp16 y = relu(x = y);",
               "t.mil:4:15: y = relu: y is used in its own definition");
    arena *a = arena_new();
    anet_error err = {0};
    assert_int_equal(check(func_text(a, "fp16 x", "", "y"), &err), ANET_BAD_INPUT);
    assert_string_equal(err.message, "t.mil:3:30: y is not defined");
    err = (anet_error){0};
    check(
        "program(1.3){func f<ios18>(){} -> (); func g<ios18>(){} -> (); func f<ios15>(){} -> ();}",
        &err);
    assert_string_equal(err.message, "t.mil:1:69: the function f is defined twice");
    arena_free(a);
}

static void test_ops_and_opsets(void **state) {
    (void)state;
    expect_bad("fp16 x", "fp16 y = sofmax(x = x);",
               "t.mil:4:10: y = sofmax: unknown op; did you mean softmax?");
    expect_bad("fp16 x", "fp16 y = frobnicate(x = x);", "t.mil:4:10: y = frobnicate: unknown op");
    expect_bad_for(
        "ios16", "state<fp16> x", "fp16 y = read_state(input = x);",
        "t.mil:4:10: y = read_state: this op exists from ios18 on; here the opset is ios16");
    expect_bad_for("ios19", "fp16 x", "",
                   "t.mil:3:10: unknown opset ios19; ios15 to ios18 and ios26 exist");
    expect_bad("fp16 x", "fp16 y = relu<ios3>(x = x);", "t.mil:4:10: y = relu: unknown opset ios3");
    expect_bad_for(
        "ios16", "tensor<int8, [2]> x", "tensor<int8, [1, 2]> y = reshape(x = x, shape = [1, 2]);",
        "t.mil:4:34: y = reshape: x is tensor<int8, [2]>, expected bool, fp16, fp32, int32");
    expect_good("tensor<int8, [2]> x", "tensor<int8, [1, 2]> y = reshape(x = x, shape = [1, 2]);");
    expect_bad("tensor<int8, [2]> x",
               "tensor<int8, [1, 2]> y = reshape<ios15>(x = x, shape = [1, 2]);",
               "t.mil:4:41: y = reshape: x is tensor<int8, [2]>, expected bool, fp16, fp32, int32");
    assert_int_equal(mil_opset_number("ios26"), 26);
}

static void test_arguments(void **state) {
    (void)state;
    expect_bad("fp16 x", "fp16 y = relu(X = x);",
               "t.mil:4:15: y = relu: there is no argument X; did you mean x?");
    expect_bad("fp16 x", "fp16 y = softmax(x = x, axes = int32(0));",
               "t.mil:4:25: y = softmax: there is no argument axes; did you mean axis?");
    expect_bad("fp16 x", "fp16 y = add(x = x);", "t.mil:4:10: y = add: the argument y is missing");
    expect_bad("fp16 x", "fp16 y = relu(x = x, x = x);",
               "t.mil:4:22: y = relu: the argument x is given twice");
    expect_bad("fp16 x", "fp16 y = relu(x = (x, x));",
               "t.mil:4:15: y = relu: x does not take a tuple here");
    expect_bad("fp16 x, fp32 z", "fp16 y = add(x = x, y = z);",
               "t.mil:4:21: y = add: y is fp32, but x is fp16");
    expect_bad("fp16 x, fp32 z", "fp16 y = concat(values = (x, x, z), axis = int32(0));",
               "t.mil:4:33: y = concat: values is fp32, but values is fp16");
    expect_bad("string x", "string y = relu(x = x);",
               "t.mil:4:17: y = relu: x is string, expected fp16, fp32");
    expect_bad("fp16 x", "fp16 y = add(x = x, y = \"a\");",
               "t.mil:4:21: y = add: y is string, expected fp16, fp32, int32");
    expect_bad("fp16 x", "fp16 y = read_state(input = x);",
               "t.mil:4:21: y = read_state: input is fp16, expected state");
    expect_bad("tensor<fp16, [2]> x, int32 a", "tensor<fp16, [2]> y = softmax(axis = a, x = x);",
               "t.mil:4:31: y = softmax: axis must be a constant");
    expect_bad("fp16 x", "relu(x = x);", "t.mil:4:1: relu: 0 results are declared, the op has 1");
    expect_bad("fp16 x", "fp16 y = relu(x = x) () {} -> ();",
               "t.mil:4:10: y = relu: 1 nested blocks, expected 0");
    expect_bad("fp16 x", "fp16 y = relu(x = x)[a = bool(true), b = bool(true), a = bool(true)];",
               "t.mil:4:10: y = relu: the attribute a is given twice");
}

static void test_rule_errors(void **state) {
    (void)state;
    static const struct {
        const char *params, *call, *message;
    } cases[] = {
        {"tensor<fp16, [2, 3]> x, tensor<fp16, [4]> z", "add(x = x, y = z)",
         "add: shapes [2, 3] and [4] do not broadcast"},
        {"tensor<fp16, [2, 3]> x, tensor<fp16, [2, 4]> z", "matmul(x = x, y = z)",
         "matmul: the inner dimensions 3 and 2 of x [2, 3] and y [2, 4] differ"},
        {"tensor<fp16, [2, 2, 3]> x, tensor<fp16, [3, 3, 4]> z", "matmul(x = x, y = z)",
         "matmul: shapes [2] and [3] do not broadcast"},
        {"fp16 x", "matmul(x = x, y = x)",
         "matmul: a scalar cannot be multiplied as a matrix; use mul"},
        {"fp16 x", "cast(x = x, dtype = string(\"int4\"))",
         "cast: \"int4\" is not a type that this opset can cast to"},
        {"tensor<fp16, [2]> x", "softmax(x = x, axis = int32(1))",
         "softmax: axis 1 does not exist in rank 1"},
        {"tensor<fp16, [2]> x", "reduce_sum(x = x, axes = [0, -1])",
         "reduce_sum: axis 0 is named twice"},
        {"tensor<fp16, [6]> x", "reshape(x = x, shape = [4, 2])",
         "reshape: [6] has 6 elements and cannot become [4, 2]"},
        {"tensor<fp16, [6]> x", "reshape(x = x, shape = [4, -1])",
         "reshape: [6] has 6 elements and cannot become [4, ?]"},
        {"tensor<fp16, [6]> x", "reshape(x = x, shape = [-1, -1])",
         "reshape: shape has more than one -1"},
        {"tensor<fp16, [6]> x", "reshape(x = x, shape = [6, 0])",
         "reshape: shape cannot have 0 at position 1"},
        {"tensor<fp16, [6]> x", "reshape(x = x, shape = [-2])",
         "reshape: shape cannot have -2 at position 0"},
        {"tensor<fp16, [6, 2]> x", "transpose(x = x, perm = [0, 0])",
         "transpose: perm names axis 0 twice"},
        {"tensor<fp16, [6, 2]> x", "transpose(x = x, perm = [0])",
         "transpose: perm has 1 elements, expected 2"},
        {"tensor<fp16, [6]> x", "expand_dims(x = x, axes = [0, 0])",
         "expand_dims: axis 0 is named twice"},
        {"fp16 x", "expand_dims(x = x, axes = [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16])",
         "expand_dims: the result's rank would exceed 16"},
        {"tensor<fp16, [6]> x", "squeeze(x = x, axes = [1])",
         "squeeze: axis 1 does not exist in rank 1"},
        {"tensor<fp16, [6]> x", "slice_by_size(x = x, begin = [4], size = [3])",
         "slice_by_size: begin 4 and size 3 leave an axis of 6"},
        {"tensor<fp16, [6]> x", "slice_by_index(x = x, begin = [0], end = [3], stride = [0])",
         "slice_by_index: stride is 0 on axis 0"},
        {"tensor<fp16, [6]> x", "slice_by_index(x = x, begin = [0], end = [3, 4])",
         "slice_by_index: end has 2 elements, expected 1"},
        {"tensor<fp16, [6, 2]> x, tensor<fp16, [6, 3]> z",
         "concat(values = (x, z), axis = int32(0))",
         "concat: values of shapes [6, 2] and [6, 3] do not join"},
        {"tensor<fp16, [6, 2]> x, tensor<fp16, [6]> z", "concat(values = (x, z), axis = int32(0))",
         "concat: values of shapes [6, 2] and [6] do not join"},
        {"tensor<fp16, [9223372036854775807]> x", "concat(values = (x, x), axis = int32(0))", NULL},
        {"tensor<fp16, [1000000000, 1000000]> x", "tile(x = x, reps = [2147483647, 2147483647])",
         NULL},
        {"tensor<fp16, [6, 2]> x, int32 i", "gather(x = x, indices = i, batch_dims = int32(1))",
         "gather: batch_dims 1 does not fit axis 0 and indices of rank 0"},
        {"state<fp16> s, fp32 x", "write_state(input = s, data = x)",
         "write_state: data is not of the state's type"},
    };
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *source =
            call_text(a, "ios18", cases[i].params, arena_printf(a, "fp16 y = %s;", cases[i].call));
        anet_error err = {0};
        assert_int_equal(check(source, &err), ANET_BAD_INPUT);
        if (cases[i].message) {
            assert_string_equal(err.message,
                                arena_printf(a, "t.mil:4:10: y = %s", cases[i].message));
        }
    }
    arena_free(a);
}

static void test_sizes_beyond_64_bits(void **state) {
    (void)state;
    expect_bad("tensor<fp16, [9223372036854775807]> x", "",
               "t.mil:3:58: a tensor whose size is beyond 64 bits");
    expect_bad("tensor<fp16, [4294967296, 4294967296]> x", "",
               "t.mil:3:61: a tensor whose size is beyond 64 bits");
    expect_bad("state<tensor<fp16, [4294967296, 4294967296]>> x", "",
               "t.mil:3:68: a tensor whose size is beyond 64 bits");
    expect_bad("tensor<fp16, [1000000000000000000]> x",
               "tensor<fp16, [1000000000000000000, 9]> y = expand_dims(x = x, axes = [1]);",
               "t.mil:4:40: y = expand_dims: a tensor whose size is beyond 64 bits");
    expect_bad("tensor<fp16, [1000000000000000000]> x",
               "tensor<fp16, [1]> y = tile(x = x, reps = [100]);",
               "t.mil:4:23: y = tile: the result's size is beyond 64 bits");
}

static void test_constants(void **state) {
    (void)state;
    expect_good("", "tensor<int8, [2]> c = const()[val = tensor<int8, [2]>([-128, 127])];");
    expect_good("", "uint64 c = const()[val = uint64(18446744073709551615)];");
    expect_good("", "int64 c = const()[val = int64(-9223372036854775808)];");
    expect_good("", "tensor<uint4, [3]> c = const()[val = tensor<uint4, [3]>(BLOBFILE(path = "
                    "string(\"w\"), offset = "
                    "uint64(64)))];");
    expect_bad("", "tensor<fp16, [2]> c = const()[val = tensor<fp16, [1]>([1])];",
               "t.mil:4:19: c = const: c is declared as tensor<fp16, [2]>, but the result is "
               "tensor<fp16, [1]>");
    expect_bad("", "fp16 c = const()[name = string(\"c\")];",
               "t.mil:4:10: c = const: the attribute val is missing");
    expect_bad("", "int8 c = const()[val = int8(128)];",
               "t.mil:4:10: c = const: 128 is not a value of type int8");
    expect_bad("", "uint4 c = const()[val = uint4(16)];",
               "t.mil:4:11: c = const: 16 is not a value of type uint4");
    expect_bad("", "uint8 c = const()[val = uint8(-1)];",
               "t.mil:4:11: c = const: -1 is not a value of type uint8");
    expect_bad("", "int32 c = const()[val = int32(1.5)];",
               "t.mil:4:11: c = const: 1.5 is not a value of type int32");
    expect_bad("", "int32 c = const()[val = int32(nan)];",
               "t.mil:4:11: c = const: nan is not a value of type int32");
    expect_bad(
        "",
        "string c = const()[val = string(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];",
        "t.mil:4:12: c = const: a tensor in a blob file needs a static shape and a numeric type");
    expect_bad("",
               "fp16 c = const()[val = fp16(BLOBFILE(path = string(\"\"), offset = uint64(64)))];",
               "t.mil:4:10: c = const: only tensors can be in a blob file, which must have a path");
}

/* what the reader would refuse can still be built */
static void test_built_programs(void **state) {
    (void)state;
    mil_program *p = mil_new();
    mil_func *f = mil_add_func(p, "main", "ios18");
    mil_op *op = mil_add_op(p, &f->body, "const");
    mil_add_out(p, op, mil_scalar(MIL_FP16), "c");
    mil_value two = mil_vector(p, MIL_FP16, 2, (const double[]){1, 2});
    two.type = mil_scalar(MIL_FP16);
    mil_add_attr(p, op, "val", two);
    anet_error err = {0};
    assert_int_equal(mil_check(p, "memory", &err), ANET_BAD_INPUT);
    assert_string_equal(err.message,
                        "memory: c = const: a literal of 2 elements where its type says 1");
    mil_free(p);

    p = mil_new();
    f = mil_add_func(p, "main", "ios18");
    mil_type broken = {.kind = MIL_STATE};
    mil_add_param(p, &f->body, broken, "s");
    err = (anet_error){0};
    assert_int_equal(mil_check(p, "memory", &err), ANET_BAD_INPUT);
    assert_string_equal(err.message, "memory: a type of rank 0 with 0 parts does not exist");
    mil_free(p);

    p = mil_new();
    f = mil_add_func(p, "main", "ios18");
    mil_add_param(p, &f->body, mil_scalar(MIL_FP16), "x");
    op = mil_add_op(p, &f->body, "relu");
    mil_add_ref(p, op, "x", "x");
    mil_add_out(p, op, mil_scalar(MIL_FP32), "y");
    err = (anet_error){0};
    assert_int_equal(mil_check(p, "memory", &err), ANET_BAD_INPUT);
    assert_string_equal(err.message,
                        "memory: y = relu: y is declared as fp32, but the result is fp16");
    mil_free(p);
}

static void test_blocks(void **state) {
    (void)state;
    static const char loop[] =
        "fp16 y = while_loop(loop_vars = x)(fp16 a) {%s} -> (%s) (%s b) {} -> (%s);";
    arena *a = arena_new();
    const char *test = "bool t = less(x = a, y = fp16(3));";
    expect_good("fp16 x", arena_printf(a, loop, test, "t", "fp16", "b"));
    expect_good("fp16 x", arena_printf(a, loop, test, "t", "fp16", "x"));
    expect_bad("fp16 x", arena_printf(a, loop, test, "a", "fp16", "b"),
               "t.mil:4:44: the block returns a, which is not of the type it must have");
    expect_bad("fp16 x", arena_printf(a, loop, test, "t", "fp16", "t"),
               "t.mil:4:97: t is used before or outside of its definition");
    expect_bad(
        "fp16 x", arena_printf(a, loop, test, "t", "fp32", "b"),
        "t.mil:4:10: y = while_loop: loop variable 1 is not of the type of the blocks' parameter");
    expect_bad("fp16 x", arena_printf(a, loop, test, "t", "fp16 c, fp16", "b"),
               "t.mil:4:10: y = while_loop: 1 loop variables need blocks with as many parameters, "
               "a condition with "
               "one result and a body with as many results");
    expect_good("bool p, fp16 x",
                "fp16 y = cond(pred = p) () {fp16 a = relu(x = x);} -> (a) () {} -> (x);");
    expect_good("bool p, fp16 x",
                "fp16 y = cond(pred = p) () {fp16 a = relu(x = x);} -> (a) () {fp16 a = exp(x = "
                "x);} -> (a);");
    expect_bad("bool p, fp16 x", "fp16 y = cond(pred = p) () {} -> (x) () {} -> (p);",
               "t.mil:4:41: the block returns p, which is not of the type it must have");
    expect_bad("bool p, fp16 x", "fp16 y = cond(pred = p) () {} -> () () {} -> (x);",
               "t.mil:4:10: y = cond: both blocks must take nothing and return 1 values");
    expect_bad("bool p, fp16 x", "fp16 y = cond(pred = p) () {} -> (x);",
               "t.mil:4:10: y = cond: 1 nested blocks, expected 2");
    arena_free(a);
}

/* every op that the compiler writes is in the table */
static void test_table(void **state) {
    (void)state;
    static const char *const needed[] = {"const",       "add",           "sub",
                                         "mul",         "real_div",      "maximum",
                                         "minimum",     "pow",           "exp",
                                         "log",         "sqrt",          "rsqrt",
                                         "sigmoid",     "tanh",          "silu",
                                         "relu",        "gelu",          "erf",
                                         "sin",         "cos",           "abs",
                                         "square",      "softmax",       "reduce_sum",
                                         "reduce_mean", "reduce_max",    "matmul",
                                         "reshape",     "transpose",     "expand_dims",
                                         "squeeze",     "slice_by_size", "slice_by_index",
                                         "concat",      "identity",      "cast",
                                         "gather",      "select",        "greater",
                                         "less",        "equal",         "clip",
                                         "tile"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        const mil_op_spec *spec = mil_find_op(needed[i], 18);
        assert_non_null(spec);
        assert_int_equal(mil_op_since(needed[i]), 15);
    }
    assert_int_equal(mil_find_op("gather", 15)->since, 15);
    assert_int_equal(mil_find_op("gather", 16)->since, 16);
    assert_int_equal(mil_find_op("gather", 26)->since, 17);
    assert_null(mil_find_op("read_state", 17));
}

/* programs that are nearly right: whatever the reader lets through, the checker survives */
static void test_one_byte_changed(void **state) {
    (void)state;
    static const char bytes[] = "0129-?x],(";
    arena *a = arena_new();
    char *source =
        call_text(a, "ios18", "tensor<fp16, [2, 3]> x, state<tensor<fp16, [2]>> s, int32 i, bool p",
                  "tensor<int32, [2]> d = const()[val = tensor<int32, [2]>([1, 1])];\n"
                  "tensor<fp16, [3, 2]> t = transpose(x = x, perm = [1, 0]);\n"
                  "tensor<fp16, [2, 2]> m = matmul(x = x, y = t, transpose_x = false);\n"
                  "tensor<fp16, [1, 1]> b = slice_by_index(x = m, begin = [0, 0], end = d, stride "
                  "= [1, 1]);\n"
                  "tensor<fp16, [1, 1]> e = slice_by_size(x = m, begin = d, size = [1, 1]);\n"
                  "tensor<fp16, [4, 1]> f = reshape(x = m, shape = [-1, 1]);\n"
                  "tensor<fp16, [4, 1, 1]> g = expand_dims(x = f, axes = [1]);\n"
                  "tensor<fp16, [4]> h = squeeze(x = g, axes = [1, 2]);\n"
                  "tensor<fp16, [8]> j = concat(values = (h, h), axis = int32(0));\n"
                  "tensor<fp16, [2, 4]> k = stack(values = (h, h), axis = int32(0));\n"
                  "tensor<fp16, [1, 4]> l, tensor<fp16, [1, 4]> n = split(x = k, axis = int32(0), "
                  "num_splits = 2);\n"
                  "tensor<fp16, [3, 4]> o = tile(x = l, reps = [3, 1]);\n"
                  "fp16 q = reduce_sum(x = o, axes = [0, 1]);\n"
                  "fp16 r = cond(pred = p) () {} -> (q) () {} -> (q);\n"
                  "tensor<fp16, [4]> u = gather(x = o, indices = i, axis = int32(0));");
    anet_error good = {0};
    if (check(source, &good) != ANET_OK) {
        fail_msg("%s", good.message);
    }
    for (char *c = source; *c; c++) {
        char was = *c;
        for (const char *b = bytes; *b; b++) {
            *c = *b;
            mil_program *p;
            anet_error err = {0};
            if (mil_read(source, strlen(source), "t.mil", &p, &err) == ANET_OK &&
                mil_check(p, "t.mil", &err) != ANET_OK) {
                assert_int_equal(err.code, ANET_BAD_INPUT);
            }
            mil_free(p);
        }
        *c = was;
    }
    arena_free(a);
}

/* sizes that would hang a quadratic checker */
static void test_many_names(void **state) {
    (void)state;
    text t = {0};
    text_puts(&t, "program(1.3){func f<ios18>(fp16 x){ fp16 y = relu(x = x)[a = bool(true)");
    for (int i = 0; i < 100000; i++) {
        text_printf(&t, ", a%d = bool(true)", i);
    }
    text_puts(&t, "];\ntensor<fp16, [100000]> z = concat(axis = int32(0), values = (x");
    for (int i = 1; i < 100000; i++) {
        text_puts(&t, ", x");
    }
    text_puts(&t, "));\n");
    for (int i = 0; i < 100000; i++) {
        text_printf(&t, "fp16 y%d = relu(x = x);", i);
    }
    text_puts(&t, "} -> (y99999);}");
    anet_error err = {0};
    if (check(t.at, &err) != ANET_OK) {
        fail_msg("%s", err.message);
    }
    text_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_values),
        cmocka_unit_test(test_inference),
        cmocka_unit_test(test_split_and_unknown_results),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_ops_and_opsets),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_rule_errors),
        cmocka_unit_test(test_sizes_beyond_64_bits),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_built_programs),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_one_byte_changed),
        cmocka_unit_test(test_many_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
