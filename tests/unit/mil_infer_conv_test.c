/* Result types of convolution, pooling, products and normalisation. */
#include "mil_infer_test.h"

#define IMAGE "tensor<fp16, [1, 4, 9, 8]> x, "

static void test_conv(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, IMAGE "tensor<fp16, [6, 4, 3, 2]> w", "conv(x = x, weight = w)",
         "tensor<fp16, [1, 6, 7, 7]>"},
        {15, IMAGE "tensor<fp16, [6, 4, 3, 3]> w",
         "conv(x = x, weight = w, pad_type = \"valid\", pad = [9, 9, 9, 9], strides = [2, 3])",
         "tensor<fp16, [1, 6, 4, 2]>"},
        {15, IMAGE "tensor<fp16, [6, 4, 3, 3]> w",
         "conv(x = x, weight = w, pad_type = \"custom\", pad = [1, 0, 2, 1], dilations = [2, 1])",
         "tensor<fp16, [1, 6, 6, 9]>"},
        {15, IMAGE "tensor<fp16, [6, 4, 3, 3]> w",
         "conv(x = x, weight = w, pad_type = \"same\", strides = [2, 3])",
         "tensor<fp16, [1, 6, 5, 3]>"},
        {16, IMAGE "tensor<fp16, [6, 4, 4, 4]> w",
         "conv(x = x, weight = w, pad_type = \"same_lower\")", "tensor<fp16, [1, 6, 9, 8]>"},
        {15, IMAGE "tensor<fp16, [6, 2, 1, 1]> w, tensor<fp16, [6]> b",
         "conv(x = x, weight = w, bias = b, groups = 2)", "tensor<fp16, [1, 6, 9, 8]>"},
        {15, "tensor<fp32, [?, 4, ?]> x, tensor<fp32, [6, 4, 3]> w",
         "conv(x = x, weight = w, strides = [2])", "tensor<fp32, [?, 6, ?]>"},
        {15, "tensor<fp32, [1, 4, 5, 6, 7]> x, tensor<fp32, [2, 4, 3, 3, 3]> w",
         "conv(x = x, weight = w)", "tensor<fp32, [1, 2, 3, 4, 5]>"},
        {17, IMAGE "tensor<fp32, [6, 4, 1, 1]> w", "conv(x = x, weight = w)",
         "tensor<fp16, [1, 6, 9, 8]>"},
        {15, IMAGE "tensor<fp32, [6, 4, 1, 1]> w", "conv(x = x, weight = w)",
         "! weight is fp32, but x is fp16"},
        {15, IMAGE "tensor<fp16, [6, 3, 1, 1]> w", "conv(x = x, weight = w)",
         "! x has 4 channels, the weight is for 3"},
        {15, IMAGE "tensor<fp16, [5, 2, 1, 1]> w", "conv(x = x, weight = w, groups = 2)",
         "! 5 channels do not fall into 2 groups"},
        {15, IMAGE "tensor<fp16, [6, 4, 1, 1]> w, tensor<fp16, [5]> b",
         "conv(x = x, weight = w, bias = b)", "! bias is of shape [5], expected [6]"},
        {15, IMAGE "tensor<fp16, [6, 4, 10, 1]> w", "conv(x = x, weight = w)",
         "! a window of size 10 does not fit an axis of 9 with padding 0"},
        {15, IMAGE "tensor<fp16, [6, 4, 0, 1]> w", "conv(x = x, weight = w)",
         "! a window of size 0"},
        {15, IMAGE "tensor<fp16, [6, 4, 1]> w", "conv(x = x, weight = w)",
         "! weight has rank 3, expected 4"},
        {15, "tensor<fp16, [4, 9]> x, tensor<fp16, [6, 4]> w", "conv(x = x, weight = w)",
         "! x has rank 2, expected 3 to 5"},
        {15, IMAGE "tensor<fp16, [6, 4, 1, 1]> w", "conv(x = x, weight = w, strides = [1])",
         "! strides has 1 elements, expected 2"},
        {15, IMAGE "tensor<fp16, [6, 4, 1, 1]> w", "conv(x = x, weight = w, strides = [1, 0])",
         "! strides has the number 0, expected at least 1"},
        {15, IMAGE "tensor<fp16, [6, 4, 1, 1]> w", "conv(x = x, weight = w, groups = 0)",
         "! groups is 0, expected at least 1"},
        {15, IMAGE "tensor<fp16, [6, 4, 1, 1]> w", "conv(x = x, weight = w, pad_type = \"Same\")",
         "! pad_type is \"Same\", expected one of valid custom same same_lower"},
        {15, "tensor<fp16, [1, 1, 1]> x, tensor<fp16, [1, 1, 4611686018427387904]> w",
         "conv(x = x, weight = w, dilations = [2147483647])",
         "! the result's size is beyond 64 bits"},
        {15, "tensor<fp16, [1, 0, 3]> x, tensor<fp16, [2, 0, 1]> w", "conv(x = x, weight = w)",
         "tensor<fp16, [1, 2, 3]>"},
    };
    CHECK_CASES(cases)
}

static void test_conv_transpose(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, IMAGE "tensor<fp16, [4, 3, 2, 3]> w",
         "conv_transpose(x = x, weight = w, strides = [2, 1])", "tensor<fp16, [1, 3, 18, 10]>"},
        {15, IMAGE "tensor<fp16, [4, 3, 4, 4]> w",
         "conv_transpose(x = x, weight = w, strides = [2, 2], pad_type = \"custom\", pad = [1, 1, "
         "0, 2])",
         "tensor<fp16, [1, 3, 18, 16]>"},
        {15, IMAGE "tensor<fp16, [4, 3, 4, 4]> w",
         "conv_transpose(x = x, weight = w, strides = [2, 3], pad_type = \"same\")",
         "tensor<fp16, [1, 3, 18, 24]>"},
        {15, IMAGE "tensor<fp16, [4, 3, 4, 4]> w, tensor<fp16, [6]> b",
         "conv_transpose(x = x, weight = w, bias = b, groups = 2, dilations = [2, 1])",
         "tensor<fp16, [1, 6, 15, 11]>"},
        {15, IMAGE "tensor<fp16, [4, 3, 3, 3]> w",
         "conv_transpose(x = x, weight = w, strides = [2, 2], output_shape = [1, 3, 18, 16])",
         "tensor<fp16, [1, 3, 18, 16]>"},
        {15, "tensor<fp16, [1, 4, ?]> x, tensor<fp16, [4, 3, 3]> w",
         "conv_transpose(x = x, weight = w)", "tensor<fp16, [1, 3, ?]>"},
        {15, IMAGE "tensor<fp16, [3, 3, 1, 1]> w", "conv_transpose(x = x, weight = w)",
         "! x has 4 channels, the weight is for 3"},
        {15, IMAGE "tensor<fp16, [4, 3, 1, 1]> w",
         "conv_transpose(x = x, weight = w, pad_type = \"custom\", pad = [5, 5, 0, 0])",
         "! the padding 10 leaves nothing of an axis"},
        {15, IMAGE "tensor<fp16, [4, 3, 1, 1]> w",
         "conv_transpose(x = x, weight = w, output_shape = [18, 16])",
         "! output_shape has 2 elements, expected 4"},
    };
    CHECK_CASES(cases)
}

static void test_pools(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, IMAGE "fp16 n",
         "max_pool(x = x, kernel_sizes = [3, 2], strides = [2, 2], pad_type = \"valid\")",
         "tensor<fp16, [1, 4, 4, 4]>"},
        {15, IMAGE "fp16 n", "avg_pool(x = x, kernel_sizes = [2, 2], pad_type = \"same\")",
         "tensor<fp16, [1, 4, 9, 8]>"},
        {15, IMAGE "fp16 n",
         "max_pool(x = x, kernel_sizes = [2, 3], strides = [2, 3], pad_type = \"valid\", "
         "ceil_mode = true)",
         "tensor<fp16, [1, 4, 5, 3]>"},
        /* the last window would start in the padding behind the data */
        {15, "tensor<fp16, [1, 1, 5]> x",
         "max_pool(x = x, kernel_sizes = [2], strides = [2], pad_type = \"custom\", pad = [1, 1], "
         "ceil_mode = true)",
         "tensor<fp16, [1, 1, 3]>"},
        {15, "tensor<fp16, [1, 1, 6]> x",
         "max_pool(x = x, kernel_sizes = [3], strides = [2], pad_type = \"custom\", pad = [1, 1], "
         "ceil_mode = true)",
         "tensor<fp16, [1, 1, 4]>"},
        {15, "tensor<fp16, [1, 1, 2]> x",
         "l2_pool(x = x, kernel_sizes = [3], strides = [2], pad_type = \"valid\", ceil_mode = "
         "true)",
         "tensor<fp16, [1, 1, 1]>"},
        {15, "tensor<fp16, [1, 1, 1]> x",
         "l2_pool(x = x, kernel_sizes = [3], strides = [2], pad_type = \"valid\", ceil_mode = "
         "true)",
         "! a window of size 3 does not fit an axis of 1 with padding 0"},
        {15, IMAGE "fp16 n",
         "max_pool(x = x, kernel_sizes = [2, 2], pad_type = \"same\", ceil_mode = true)",
         "! ceil_mode is for one or two axes, and for equal padding on both sides"},
        {15, IMAGE "fp16 n",
         "max_pool(x = x, kernel_sizes = [2, 2], pad_type = \"custom\", pad = [1, 1, 0, 1], "
         "ceil_mode = true)",
         "! ceil_mode is for one or two axes, and for equal padding on both sides"},
        {15, "tensor<fp16, [1, 1, 4, 4, 4]> x",
         "l2_pool(x = x, kernel_sizes = [2, 2, 2], pad_type = \"valid\")",
         "! x has rank 5, expected 3 to 4"},
        {15, IMAGE "fp16 n", "max_pool(x = x, kernel_sizes = [2, 2])",
         "! the argument pad_type is missing"},
        {15, IMAGE "fp16 n", "max_pool(x = x, kernel_sizes = [2], pad_type = \"valid\")",
         "! kernel_sizes has 1 elements, expected 2"},
        {15, IMAGE "fp16 n", "max_pool(x = x, kernel_sizes = [0, 1], pad_type = \"valid\")",
         "! kernel_sizes has the number 0, expected at least 1"},
    };
    CHECK_CASES(cases)
}

static void test_products(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, "tensor<fp16, [2, 3, 8]> x, tensor<fp16, [5, 8]> w, tensor<fp16, [5]> b",
         "linear(x = x, weight = w, bias = b)", "tensor<fp16, [2, 3, 5]>"},
        {15, "tensor<fp16, [?, ?]> x, tensor<fp16, [5, 8]> w", "linear(x = x, weight = w)",
         "tensor<fp16, [?, 5]>"},
        {15, "tensor<fp16, [3, 7]> x, tensor<fp16, [5, 8]> w", "linear(x = x, weight = w)",
         "! x has 7 features, the weight is for 8"},
        {15, "fp16 x, tensor<fp16, [5, 8]> w", "linear(x = x, weight = w)",
         "! x has rank 0, expected 1 to 16"},
        {15, "tensor<fp16, [3, 8]> x, tensor<fp16, [8]> w", "linear(x = x, weight = w)",
         "! weight has rank 1, expected 2"},
        {17, "tensor<fp16, [3, 8]> x, tensor<fp32, [2, 8]> w", "linear(x = x, weight = w)",
         "tensor<fp16, [3, 2]>"},
        {18,
         "tensor<fp16, [2, 4, 5, 8]> q, tensor<fp16, [2, 1, 7, 8]> k, tensor<fp16, [4, 7, 3]> v",
         "scaled_dot_product_attention(query = q, key = k, value = v)",
         "tensor<fp16, [2, 4, 5, 3]>"},
        {18, "tensor<fp16, [4, 5, 8]> q, tensor<bool, [5, 5]> m",
         "scaled_dot_product_attention(query = q, key = q, value = q, attn_mask = m)",
         "tensor<fp16, [4, 5, 8]>"},
        {18, "tensor<fp16, [4, 5, 8]> q, tensor<fp16, [4, 6]> m",
         "scaled_dot_product_attention(query = q, key = q, value = q, attn_mask = m)",
         "! shapes [4, 5, 5] and [4, 6] do not broadcast"},
        {18, "tensor<fp16, [4, 5, 8]> q, tensor<fp16, [4, 5, 7]> k",
         "scaled_dot_product_attention(query = q, key = k, value = q)",
         "! query, key and value end in [5, 8], [5, 7] and [5, 8], expected [L, E], [S, E] and [S, "
         "V]"},
        {17, "tensor<fp16, [4, 5, 8]> q", "scaled_dot_product_attention(query = q, key = q)",
         "! not an op whose operands are known"},
        {15, "tensor<fp16, [2, 3, 4, 5]> x, tensor<fp16, [2, 5, 4, 6]> y",
         "einsum(values = (x, y), equation = \"nchw,nwhu->nchu\")", "tensor<fp16, [2, 3, 4, 6]>"},
        {15, "tensor<fp16, [3, 1, 5]> x, tensor<fp16, [5, 4, 6]> y",
         "einsum(values = (x, y), equation = \"chw,whr->chr\")", "tensor<fp16, [3, 4, 6]>"},
        {15, "tensor<fp16, [3, 4]> x, tensor<fp16, [?, 2]> y",
         "einsum(values = (x, y), equation = \"ab,cd->ac\")", "tensor<fp16, [3, ?]>"},
        {15, "tensor<fp16, [3, 4]> x, tensor<fp16, [5, 2]> y",
         "einsum(values = (x, y), equation = \"ab,bc->ac\")",
         "! the label b stands for 4 and for 5"},
        {15, "tensor<fp16, [3, 4]> x, tensor<fp16, [4, 2]> y",
         "einsum(values = (x, y), equation = \"abc,bc->ac\")",
         "! \"abc,bc->ac\" is not an equation over 2 values"},
        {15, "tensor<fp16, [3, 4]> x", "einsum(values = x, equation = \"ab->ac\")",
         "! \"ab->ac\" is not an equation over 1 values"},
        {15, "tensor<fp16, [3, 4]> x", "einsum(values = x, equation = \"ab->ba \")",
         "! \"ab->ba \" is not an equation over 1 values"},
    };
    CHECK_CASES(cases)
}

static void test_norms(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, IMAGE "tensor<fp16, [4]> c", "batch_norm(x = x, mean = c, variance = c, gamma = c)",
         "tensor<fp16, [1, 4, 9, 8]>"},
        {15, IMAGE "tensor<fp16, [5]> c", "batch_norm(x = x, mean = c, variance = c)",
         "! mean is of shape [5], expected [4]"},
        {15, IMAGE "tensor<fp16, [4]> c", "batch_norm(x = x, mean = c)",
         "! the argument variance is missing"},
        {15, "tensor<fp16, [1, 4]> x, tensor<fp16, [4]> c",
         "batch_norm(x = x, mean = c, variance = c)", "! x has rank 2, expected 3 to 5"},
        {15, IMAGE "tensor<fp16, [1, 4]> c", "instance_norm(x = x, beta = c)",
         "! beta is of shape [1, 4], expected [4]"},
        {15, IMAGE "tensor<fp16, [4]> c", "prelu(x = x, alpha = c)", "tensor<fp16, [1, 4, 9, 8]>"},
        {15, IMAGE "tensor<fp16, [4]> c", "softplus_parametric(x = x, alpha = c, beta = c)",
         "tensor<fp16, [1, 4, 9, 8]>"},
        {15, IMAGE "tensor<fp16, [4, 8]> c", "layer_norm(x = x, axes = [1, -1], gamma = c)",
         "tensor<fp16, [1, 4, 9, 8]>"},
        {15, IMAGE "tensor<fp16, [4, 9]> c", "layer_norm(x = x, axes = [1, -1], gamma = c)",
         "! gamma is of shape [4, 9], expected [4, 8]"},
        {15, IMAGE "fp16 n", "layer_norm(x = x, axes = [1, 1])", "! axis 1 is named twice"},
        {15, IMAGE "fp16 n", "layer_norm(x = x, axes = [4])", "! axis 4 does not exist in rank 4"},
        {15, "tensor<fp16, [3, 4]> x", "layer_norm(x = x)", "tensor<fp16, [3, 4]>"},
        {15, "tensor<fp16, [3, 4]> x", "l2_norm(x = x)", "! x has rank 2, expected 3 to 5"},
        {15, IMAGE "fp16 n", "local_response_norm(x = x, size = 0)",
         "! size is 0, expected at least 1"},
        {15, IMAGE "fp16 n", "local_response_norm(x = x, size = 3)", "tensor<fp16, [1, 4, 9, 8]>"},
    };
    CHECK_CASES(cases)
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),  cmocka_unit_test(test_conv_transpose),
        cmocka_unit_test(test_pools), cmocka_unit_test(test_products),
        cmocka_unit_test(test_norms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
