/* Result types of compressed weights, of state, control flow, lists and labels. */
#include "mil_infer_test.h"

#define BYTES "tensor<int8, [4, 6]> q, "

static void test_scales(void **state) {
    (void)state;
    static const call_case cases[] = {
        {16, BYTES "tensor<fp16, [6]> s, int8 z",
         "constexpr_affine_dequantize(quantized_data = q, scale = s, zero_point = z, axis = 1)",
         "tensor<fp16, [4, 6]>"},
        {16, BYTES "tensor<fp16, [6]> s, int8 z",
         "constexpr_affine_dequantize(quantized_data = q, scale = s, zero_point = z, axis = 0)",
         "! scale is of shape [6], expected [4]"},
        {16, BYTES "fp16 s", "constexpr_affine_dequantize(quantized_data = q, scale = s, axis = 0)",
         "! the argument zero_point is missing"},
        {17, BYTES "fp16 s", "dequantize(input = q, scale = s)", "tensor<fp16, [4, 6]>"},
        {17, BYTES "tensor<fp16, [6]> s", "dequantize(input = q, scale = s, axis = -1)",
         "tensor<fp16, [4, 6]>"},
        {17, "tensor<fp16, [4, 6]> x, fp16 s",
         "quantize(input = x, scale = s, output_dtype = \"uint8\")", "tensor<uint8, [4, 6]>"},
        {17, "tensor<fp16, [4, 6]> x, fp16 s, int8 z",
         "quantize(input = x, scale = s, zero_point = z, output_dtype = \"uint8\")",
         "! zero_point is int8, output_dtype is uint8"},
        {17, "tensor<fp16, [4, 6]> x, fp16 s",
         "quantize(input = x, scale = s, output_dtype = \"int4\")",
         "! output_dtype is \"int4\", expected one of int8 uint8"},
        {18, "tensor<uint4, [4, 6]> q, tensor<fp16, [4, 2]> s",
         "constexpr_blockwise_shift_scale(data = q, scale = s)", "tensor<fp16, [4, 6]>"},
        {18, "tensor<uint4, [4, 6]> q, tensor<fp16, [4, 4]> s",
         "constexpr_blockwise_shift_scale(data = q, scale = s)",
         "! scale has 4 blocks along axis 1, which is 6 long"},
        {18, "tensor<uint4, [4, 6]> q, tensor<fp16, [4, 0]> s",
         "constexpr_blockwise_shift_scale(data = q, scale = s)",
         "! scale has 0 blocks along axis 1, which is 6 long"},
        {18, "tensor<uint4, [4, 6]> q, tensor<fp16, [4, 2]> s, tensor<int4, [4, 1]> o",
         "constexpr_blockwise_shift_scale(data = q, scale = s, offset = o)",
         "! offset is of shape [4, 1], expected [4, 2]"},
        {18, "tensor<uint4, [4, 6]> q, tensor<fp16, [2]> s",
         "constexpr_blockwise_shift_scale(data = q, scale = s)", "! scale has rank 1, expected 2"},
        {18, "tensor<uint1, [4, 6]> m, tensor<int8, [9]> d, tensor<fp32, [1, 3]> s",
         "constexpr_sparse_blockwise_shift_scale(data_mask = m, nonzero_data = d, scale = s)",
         "tensor<uint1, [4, 6]>; tensor<fp32, [9]>"},
        {16, "tensor<fp16, [3]> x", "constexpr_cast(source_val = x, output_dtype = \"fp32\")",
         "tensor<fp32, [3]>"},
    };
    CHECK_CASES(cases)
}

static void test_palettes_and_masks(void **state) {
    (void)state;
    static const call_case cases[] = {
        {16, "tensor<uint8, [9]> i, tensor<fp16, [16]> l",
         "constexpr_lut_to_dense(indices = i, lut = l, shape = tensor<uint32, [2]>([3, 6]))",
         "tensor<fp16, [3, 6]>"},
        {16, "tensor<uint8, [7]> i, tensor<fp16, [8]> l",
         "constexpr_lut_to_dense(indices = i, lut = l, shape = tensor<uint32, [2]>([3, 6]))",
         "tensor<fp16, [3, 6]>"},
        {16, "tensor<uint8, [9]> i, tensor<fp16, [64]> l",
         "constexpr_lut_to_dense(indices = i, lut = l, shape = tensor<uint32, [2]>([3, 6]))",
         "! indices is of shape [9], expected [14]"},
        {16, "tensor<uint8, [9]> i, tensor<fp16, [5]> l",
         "constexpr_lut_to_dense(indices = i, lut = l, shape = tensor<uint32, [2]>([3, 6]))",
         "! lut has 5 entries, expected 2, 4, 8, 16, 64 or 256"},
        {18, "tensor<uint4, [4, 6]> i, tensor<fp16, [2, 1, 16, 1]> l",
         "constexpr_lut_to_dense(indices = i, lut = l)", "tensor<fp16, [4, 6]>"},
        {18, "tensor<uint4, [4, 6]> i, tensor<fp16, [2, 1, 16, 3]> l",
         "constexpr_lut_to_dense(indices = i, lut = l, vector_axis = -1)", "tensor<fp16, [4, 18]>"},
        {18, "tensor<uint4, [4, 6]> i, tensor<fp16, [2, 1, 16, 3]> l",
         "constexpr_lut_to_dense(indices = i, lut = l)",
         "! a lut of vectors of 3 needs vector_axis"},
        {18, "tensor<uint4, [4, 6]> i, tensor<fp16, [2, 1, 8, 1]> l",
         "constexpr_lut_to_dense(indices = i, lut = l)",
         "! lut has 8 entries, an index of uint4 has 16"},
        {18, "tensor<uint4, [4, 6]> i, tensor<fp16, [3, 1, 16, 1]> l",
         "constexpr_lut_to_dense(indices = i, lut = l)",
         "! lut has 3 blocks along axis 0, which is 4 long"},
        {18, "tensor<uint4, [4, 6]> i, tensor<fp16, [16]> l",
         "constexpr_lut_to_dense(indices = i, lut = l)", "! lut has rank 1, expected 4"},
        {16, "tensor<fp16, [5]> d, tensor<uint8, [3]> m",
         "constexpr_sparse_to_dense(nonzero_data = d, mask = m, shape = tensor<uint32, [2]>([3, "
         "6]))",
         "tensor<fp16, [3, 6]>"},
        {16, "tensor<fp16, [5]> d, tensor<uint8, [2]> m",
         "constexpr_sparse_to_dense(nonzero_data = d, mask = m, shape = tensor<uint32, [2]>([3, "
         "6]))",
         "! mask is of shape [2], expected [3]"},
        {18, "tensor<int8, [5]> d, tensor<uint1, [3, 6]> m",
         "constexpr_sparse_to_dense(nonzero_data = d, mask = m)", "tensor<int8, [3, 6]>"},
        {18, "tensor<uint1, [4, 6]> m, tensor<uint2, [9]> i, tensor<fp16, [1, 1, 4, 1]> l",
         "constexpr_lut_to_sparse(indices_mask = m, indices_nonzero_data = i, lut = l)",
         "tensor<uint1, [4, 6]>; tensor<fp16, [9]>"},
    };
    CHECK_CASES(cases)
}

/* ops whose result only the declaration says: right and wrong ones */
static void expect(const char *params, const char *statement, const char *message) {
    arena *a = arena_new();
    mil_program *p = read_ok(func_text(a, params, statement, ""));
    anet_error err = {0};
    mil_check(p, "t", &err);
    assert_string_equal(err.message, message);
    mil_free(p);
    arena_free(a);
}

static void test_lists(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, "list<tensor<fp16, [2, ?]>, 3> l, int32 i", "list_read(ls = l, index = i)",
         "tensor<fp16, [2, ?]>"},
        {15, "list<tensor<fp16, [2, ?]>, 3> l, tensor<fp16, [2, 4]> v",
         "list_write(ls = l, index = 1, value = v)", "list<tensor<fp16, [2, ?]>, 3>"},
        {15, "list<tensor<fp16, [2, ?]>, 3> l, tensor<fp16, [3, 4]> v",
         "list_write(ls = l, index = 1, value = v)",
         "! value is not of the type of the list's elements"},
        {15, "list<tensor<fp16, [2, ?]>, 3> l", "list_gather(ls = l, indices = [0, 2])",
         "tensor<fp16, [2, 2, ?]>"},
        {15, "list<tensor<fp16, [2, ?]>, ?> l, tensor<int32, [?]> i",
         "list_gather(ls = l, indices = i)", "tensor<fp16, [?, 2, ?]>"},
        {15, "list<tensor<fp16, [2]>, ?> l, tensor<fp16, [3, 2]> v",
         "list_scatter(ls = l, indices = [0, 1, 2], value = v)", "list<tensor<fp16, [2]>, ?>"},
        {15, "list<tensor<fp16, [2]>, ?> l, tensor<fp16, [3, 2]> v",
         "list_scatter(ls = l, indices = [0, 1], value = v)",
         "! value is of shape [3, 2], expected [2, 2]"},
        {15, "list<tensor<fp16, [2]>, ?> l", "list_length(ls = l)", "int32"},
        {15, "tensor<fp16, [2]> l", "list_length(ls = l)",
         "! ls is tensor<fp16, [2]>, expected list"},
        {15, "list<dict<string, fp16>, 2> l", "list_gather(ls = l, indices = [0])",
         "! the elements of the list are not tensors"},
    };
    CHECK_CASES(cases)
    expect("",
           "list<tensor<fp16, [2, ?]>, 3> l = make_list(elem_shape = (int32(2), string(\"n\")), "
           "dtype = string(\"fp16\"), init_length = int32(3));",
           "");
    expect("", "list<tensor<fp16, [2]>, 1> l = make_list(elem_shape = int32(2));",
           "t:4:32: l = make_list: the result must be a list of tensors of fp32 of rank 1");
    expect("", "list<tensor<fp32, [3]>, 1> l = make_list(elem_shape = int32(2));",
           "t:4:32: l = make_list: dimension 0 of the elements is 2, declared as 3");
    expect("", "list<tensor<fp32, [2]>, 2> l = make_list(elem_shape = int32(2));",
           "t:4:32: l = make_list: a list of 1 elements is declared with 2");
    expect("", "fp32 l = make_list(elem_shape = int32(2));",
           "t:4:10: l = make_list: the result must be a list of tensors of fp32 of rank 1");
    expect("",
           "list<tensor<fp32, [2]>, 1> l = make_list(elem_shape = int32(2), dtype = "
           "string(\"fp7\"));",
           "t:4:32: l = make_list: \"fp7\" is not a type");
}

#define CLASSES "classes = list<string, 2>([\"a\", \"b\"]), probabilities = p);"

static void test_labels(void **state) {
    (void)state;
    const char *params = "tensor<fp32, [2]> p";
    expect(params, "string l, dict<string, fp64> d = classify(" CLASSES, "");
    expect(params, "int64 l, dict<int64, fp64> d = classify(" CLASSES,
           "t:4:32: l = classify: the results must be a label and a dict from labels to floats");
    expect(params, "string l = classify(" CLASSES,
           "t:4:12: l = classify: 1 results are declared, the op has 2");
}

static void test_buffers(void **state) {
    (void)state;
    const char *buffer = "tensor_buffer<fp16, shape = [2], strides = [1]>";
    arena *a = arena_new();
    expect(arena_printf(a, "%s b", buffer),
           "tensor<fp16, [2]> x = tensor_buffer_to_tensor(input = b);", "");
    expect(
        arena_printf(a, "%s b", buffer),
        "tensor<fp32, [2]> x = tensor_buffer_to_tensor(input = b);",
        "t:4:19: x = tensor_buffer_to_tensor: x is declared as tensor<fp32, [2]>, but the result "
        "is tensor<fp16, [..]>");
    expect("tensor<fp16, [2]> x",
           arena_printf(a, "%s b = tensor_to_tensor_buffer(input = x);", buffer), "");
    expect("tensor<fp16, [2]> x", "tensor<fp16, [2]> b = tensor_to_tensor_buffer(input = x);",
           "t:4:23: b = tensor_to_tensor_buffer: the result must be a tensor_buffer of input's "
           "element type");
    expect("dict<string, fp16> b", "tensor<fp16, [2]> x = tensor_buffer_to_tensor(input = b);",
           "t:4:23: x = tensor_buffer_to_tensor: input is not a tensor_buffer");
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scales),  cmocka_unit_test(test_palettes_and_masks),
        cmocka_unit_test(test_lists),   cmocka_unit_test(test_labels),
        cmocka_unit_test(test_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
