/* Result types of gathering, scattering, sorting, generating, sampling and recurrence. */
#include "mil_infer_test.h"

#define TABLE "tensor<fp16, [5, 7, 9]> x"
#define DATA "tensor<fp32, [5, 7]> d"
#define IMAGE "tensor<fp16, [2, 4, 6, 8]> x"

static void test_gathering(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, TABLE ", tensor<int32, [2, 3]> i", "gather(x = x, indices = i, axis = 1)",
         "tensor<fp16, [5, 2, 3, 9]>"},
        {15, TABLE ", tensor<uint16, [2, 3]> i", "gather(x = x, indices = i)",
         "! indices is tensor<uint16, [2, 3]>, expected int32"},
        {16, TABLE ", tensor<uint16, [2, 3]> i", "gather(x = x, indices = i)",
         "tensor<fp16, [2, 3, 7, 9]>"},
        {15, TABLE ", tensor<int32, [5, 2, 9]> i",
         "gather_along_axis(x = x, indices = i, axis = 1)", "tensor<fp16, [5, 2, 9]>"},
        {15, TABLE ", tensor<int32, [5, 2, 8]> i",
         "gather_along_axis(x = x, indices = i, axis = 1)",
         "! indices of shape [5, 2, 8] do not lie along an axis of [5, 7, 9]"},
        {15, TABLE ", tensor<int32, [5]> i", "gather_along_axis(x = x, indices = i)",
         "! indices of shape [5] do not lie along an axis of [5, 7, 9]"},
        {15, TABLE ", tensor<int32, [3, 2]> i", "gather_nd(x = x, indices = i)",
         "tensor<fp16, [3, 9]>"},
        {15, TABLE ", tensor<int32, [3, ?]> i", "gather_nd(x = x, indices = i)",
         "tensor<fp16, [..]>"},
        {16, TABLE ", tensor<int32, [5, 3, 1]> i", "gather_nd(x = x, indices = i, batch_dims = 1)",
         "tensor<fp16, [5, 3, 9]>"},
        {15, TABLE ", tensor<int32, [3, 4]> i", "gather_nd(x = x, indices = i)",
         "! 4 indices each do not fit rank 3 behind 0 batch dimensions"},
        {15, TABLE ", int32 i", "gather_nd(x = x, indices = i)",
         "! 0 indices each do not fit rank 3 behind 0 batch dimensions"},
    };
    CHECK_CASES(cases)
}

static void test_scattering(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, DATA ", tensor<int32, [3]> i, tensor<fp32, [5, 3]> u",
         "scatter(data = d, indices = i, updates = u, axis = 1)", "tensor<fp32, [5, 7]>"},
        {15, DATA ", tensor<int32, [3]> i, tensor<fp32, [5, 3]> u",
         "scatter(data = d, indices = i, updates = u)",
         "! updates is of shape [5, 3], expected [3, 7]"},
        {15, DATA ", tensor<int32, [5, 2]> i, tensor<fp32, [5, 2]> u",
         "scatter_along_axis(data = d, indices = i, updates = u, axis = 1, mode = \"max\")",
         "tensor<fp32, [5, 7]>"},
        {15, DATA ", tensor<int32, [5, 2]> i, tensor<fp32, [5, 3]> u",
         "scatter_along_axis(data = d, indices = i, updates = u, axis = 1)",
         "! updates is of shape [5, 3], expected [5, 2]"},
        {15, DATA ", tensor<int32, [4, 1]> i, tensor<fp32, [4, 7]> u",
         "scatter_nd(data = d, indices = i, updates = u)", "tensor<fp32, [5, 7]>"},
        {15, DATA ", tensor<int32, [4, 2]> i, tensor<fp32, [4, 7]> u",
         "scatter_nd(data = d, indices = i, updates = u)",
         "! updates is of shape [4, 7], expected [4]"},
        {15, DATA ", tensor<int32, [3]> i, tensor<fp32, [3, 7]> u",
         "scatter(data = d, indices = i, updates = u, mode = \"set\")",
         "! mode is \"set\", expected one of add sub mul div max min update"},
    };
    CHECK_CASES(cases)
}

static void test_sorting(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, DATA, "topk(x = d, k = 3)", "tensor<fp32, [5, 3]>; tensor<int32, [5, 3]>"},
        {15, DATA, "topk(x = d, k = -1, axis = 0)", "tensor<fp32, [5, 7]>; tensor<int32, [5, 7]>"},
        {16, DATA, "topk(x = d, k = 3, return_indices = false)", "tensor<fp32, [5, 3]>"},
        {17, DATA, "topk(x = d, k = 3, output_indices_dtype = \"uint16\")",
         "tensor<fp32, [5, 3]>; tensor<uint16, [5, 3]>"},
        {15, DATA, "topk(x = d, k = 8)", "! the 8 largest of 7"},
        {15, DATA, "topk(x = d, k = 3, axis = 2)", "! axis 2 does not exist in rank 2"},
        {15, DATA, "argsort(x = d, axis = 0)", "tensor<int32, [5, 7]>"},
        {15, DATA, "non_zero(x = d)", "tensor<int32, [?, 2]>"},
        {15, "tensor<fp16, [2, 9, 4]> b, tensor<fp16, [2, 9, 3]> s",
         "non_maximum_suppression(boxes = b, scores = s, iou_threshold = 0.5, score_threshold = "
         "0.5, max_boxes = 6)",
         "tensor<fp16, [2, 6, 4]>; tensor<fp16, [2, 6, 3]>; tensor<int32, [2, 6]>; tensor<int32, "
         "[2]>"},
        {17, "tensor<fp16, [2, 4, 9]> b, tensor<fp16, [2, 3, 9]> s",
         "non_maximum_suppression(boxes = b, scores = s, iou_threshold = 0.5, max_boxes = 6)",
         "tensor<fp16, [2, 4, 6]>; tensor<fp16, [2, 3, 6]>; tensor<int32, [2, 6]>"},
        {17, "tensor<fp16, [2, 9, 4]> b, tensor<fp16, [2, 9, 4]> s",
         "non_maximum_suppression(boxes = b, scores = s, iou_threshold = 0.5, max_boxes = 6)",
         "! boxes is of shape [2, 9, 4], expected [?, 4, ?]"},
        {17, "tensor<fp16, [2, 4, 9]> b, tensor<fp16, [2, 3, 8]> s",
         "non_maximum_suppression(boxes = b, scores = s, iou_threshold = 0.5, max_boxes = 6)",
         "! boxes of shape [2, 4, 9] and scores of shape [2, 3, 8]"},
    };
    CHECK_CASES(cases)
}

static void test_generating(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, "fp16 x", "fill(shape = [2, 3], value = fp16(1))", "tensor<fp16, [2, 3]>"},
        {15, "fp16 x", "fill(shape = [2, 3])", "tensor<fp32, [2, 3]>"},
        {15, "tensor<int32, [2]> s", "fill(shape = s, value = false)", "tensor<fp32, [?, ?]>"},
        {15, "tensor<int32, [?]> s", "fill(shape = s, value = bool(false))", "tensor<bool, [..]>"},
        {15, "fp16 x", "fill(shape = [2, -3])", "! shape has the dimension -3"},
        {15, "fp16 x", "fill(shape = [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1])",
         "! the result's rank would exceed 16"},
        {16, TABLE, "fill_like(ref_tensor = x, value = int32(4))", "tensor<int32, [5, 7, 9]>"},
        {15, "fp16 x", "random_normal(shape = [4], mean = fp16(0))", "tensor<fp16, [4]>"},
        {15, "fp16 x", "random_bernoulli(shape = [4, 0])", "tensor<fp32, [4, 0]>"},
        {15, "tensor<int32, [3]> s", "random_uniform(shape = s, low = fp16(0), high = fp16(1))",
         "tensor<fp16, [?, ?, ?]>"},
        {15, DATA, "random_categorical(x = d, size = 3)", "tensor<fp32, [5, 3]>"},
        {15, "tensor<int32, [2, 3]> i",
         "one_hot(indices = i, one_hot_vector_size = 7, on_value = fp16(1))",
         "tensor<fp16, [2, 3, 7]>"},
        {15, "tensor<int32, [2, 3]> i, int32 n",
         "one_hot(indices = i, one_hot_vector_size = n, axis = 1)", "tensor<int32, [2, ?, 3]>"},
        {15, "fp16 x", "range_1d(start = 0, end = 7, step = 2)", "tensor<int32, [4]>"},
        {15, "fp16 x", "range_1d(start = int32(7), end = int32(0), step = int32(-3))",
         "tensor<int32, [3]>"},
        {15, "fp16 x", "range_1d(start = fp32(1), end = fp32(0), step = fp32(0.25))",
         "tensor<fp32, [0]>"},
        {15, "int32 n", "range_1d(start = int32(0), end = n, step = int32(1))",
         "tensor<int32, [?]>"},
        {15, "fp16 x", "range_1d(start = int32(0), end = int32(7), step = int32(0))",
         "! from 0 to 7 in steps of 0"},
        {15, "fp16 x", "range_1d(start = fp32(nan), end = fp32(1), step = fp32(1))",
         "! from nan to 1 in steps of 1"},
    };
    CHECK_CASES(cases)
}

static void test_sampling(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, IMAGE, "upsample_nearest_neighbor(x = x, scale_factor_height = 2)",
         "tensor<fp16, [2, 4, 12, 8]>"},
        {15, IMAGE,
         "upsample_bilinear(x = x, scale_factor_height = fp32(1.5), scale_factor_width = "
         "fp32(1.4))",
         "tensor<fp16, [2, 4, 9, 11]>"},
        {15, "tensor<fp16, [1, 1, 3, ?]> x",
         "upsample_nearest_neighbor(x = x, scale_factor_height = fp32(1.33333333333), "
         "scale_factor_width = 3)",
         "tensor<fp16, [1, 1, 4, ?]>"},
        {15, IMAGE, "upsample_nearest_neighbor(x = x, scale_factor_height = fp32(inf))",
         "! scale_factor_height is inf"},
        {15, IMAGE, "upsample_nearest_neighbor(x = x, scale_factor_height = -1)",
         "! scale_factor_height is -1"},
        {15, IMAGE, "resize_bilinear(x = x, target_size_height = 3, target_size_width = 20)",
         "tensor<fp16, [2, 4, 3, 20]>"},
        {15, IMAGE, "resize_bilinear(x = x)", "tensor<fp16, [2, 4, 1, 1]>"},
        {15, IMAGE, "resize_nearest_neighbor(x = x, target_size_height = 3)",
         "! the argument target_size_width is missing"},
        {17, IMAGE, "resize(x = x, shape = [0, 20], resized_dims = 2)",
         "tensor<fp16, [2, 4, 6, 20]>"},
        {17, IMAGE, "resize(x = x, shape = [9, 9, 3, 20], resized_dims = 2)",
         "tensor<fp16, [2, 4, 3, 20]>"},
        {17, IMAGE ", tensor<int32, [2]> s", "resize(x = x, shape = s, resized_dims = 2)",
         "tensor<fp16, [2, 4, ?, ?]>"},
        {17, IMAGE, "resize(x = x, shape = [3], resized_dims = 2)",
         "! 2 resized dimensions do not fit rank 4 and a shape of 1"},
        {17, IMAGE ", tensor<fp16, [9, 4]> b",
         "crop_resize(x = x, boxes = b, target_height = 3, target_width = 2)",
         "tensor<fp16, [9, 4, 3, 2]>"},
        {17, IMAGE ", tensor<fp16, [9, 5]> b", "crop_resize(x = x, boxes = b)",
         "! boxes is of shape [9, 5], expected [?, 4]"},
        {15, IMAGE ", tensor<fp16, [9, 1, 4, 1, 1]> r",
         "crop_resize(x = x, roi = r, target_height = 3)", "tensor<fp16, [9, 2, 4, 3, 1]>"},
        {15, IMAGE ", tensor<fp16, [9, 1, 6, 1, 1]> r", "crop_resize(x = x, roi = r)",
         "! roi has 6 numbers for a box, expected 4 or 5"},
        {15, IMAGE ", tensor<fp32, [2, 3, 5, 2]> g",
         "resample(x = x, coordinates = g, sampling_mode = \"bilinear\", padding_mode = "
         "\"border\", padding_value = 0, coordinates_mode = \"unnormalized\", align_corners = "
         "true)",
         "tensor<fp16, [2, 4, 3, 5]>"},
        {15, IMAGE ", tensor<fp16, [2, 6]> m",
         "affine(x = x, transform_matrix = m, output_height = 3, output_width = 5, sampling_mode = "
         "\"bilinear\", padding_mode = \"constant\", padding_value = fp16(0), coordinates_mode = "
         "\"normalized_minus_one_to_one\", align_corners = true)",
         "tensor<fp16, [2, 4, 3, 5]>"},
    };
    CHECK_CASES(cases)
}

#define SEQUENCE "tensor<fp32, [11, 2, 5]> x, tensor<fp32, [2, 3]> h, tensor<fp32, [2, 6]> hh, "
#define LSTM_WEIGHTS "tensor<fp32, [12, 5]> wi, tensor<fp32, [12, 3]> wh, tensor<fp32, [12]> b"

static void test_recurrence(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, SEQUENCE LSTM_WEIGHTS,
         "lstm(x = x, initial_h = h, initial_c = h, weight_ih = wi, weight_hh = wh, bias = b, "
         "output_sequence = true)",
         "tensor<fp32, [11, 2, 3]>; tensor<fp32, [2, 3]>; tensor<fp32, [2, 3]>"},
        {15, SEQUENCE LSTM_WEIGHTS,
         "lstm(x = x, initial_h = hh, initial_c = hh, weight_ih = wi, weight_hh = wh, "
         "weight_ih_back = wi, weight_hh_back = wh, direction = \"bidirectional\")",
         "tensor<fp32, [1, 2, 6]>; tensor<fp32, [2, 6]>; tensor<fp32, [2, 6]>"},
        {15, SEQUENCE LSTM_WEIGHTS,
         "lstm(x = x, initial_h = hh, initial_c = hh, weight_ih = wi, weight_hh = wh, direction = "
         "\"bidirectional\")",
         "! bidirectional needs weight_ih_back and weight_hh_back"},
        {15, SEQUENCE LSTM_WEIGHTS,
         "lstm(x = x, initial_h = hh, initial_c = hh, weight_ih = wi, weight_hh = wh)",
         "! initial_h is of shape [2, 6], expected [2, 3]"},
        {15, SEQUENCE LSTM_WEIGHTS,
         "lstm(x = x, initial_h = h, initial_c = h, weight_ih = wh, weight_hh = wh)",
         "! weight_ih is of shape [12, 3], expected [12, 5]"},
        {15, SEQUENCE LSTM_WEIGHTS,
         "lstm(x = x, initial_h = h, initial_c = h, weight_ih = wi, weight_hh = wh, peephole = b)",
         "! peephole is of shape [12], expected [9]"},
        {15,
         "tensor<fp16, [11, 2, 5]> x, tensor<fp16, [2, 3]> h, tensor<fp16, [12, 5]> wi, "
         "tensor<fp16, [12, 3]> wh",
         "lstm(x = x, initial_h = h, initial_c = h, weight_ih = wi, weight_hh = h)",
         "! x is tensor<fp16, [11, 2, 5]>, expected fp32"},
        {15, SEQUENCE "tensor<fp32, [9, 5]> wi, tensor<fp32, [9, 3]> wh",
         "gru(x = x, initial_h = h, weight_ih = wi, weight_hh = wh)",
         "tensor<fp32, [1, 2, 3]>; tensor<fp32, [2, 3]>"},
        {15, SEQUENCE "tensor<fp32, [3, 5]> wi, tensor<fp32, [3, 3]> wh",
         "rnn(x = x, initial_h = h, weight_ih = wi, weight_hh = wh, output_sequence = true)",
         "tensor<fp32, [11, 2, 3]>; tensor<fp32, [2, 3]>"},
        {15, SEQUENCE "tensor<fp32, [3, 5]> wi, tensor<fp32, [3, 3]> wh",
         "rnn(x = x, initial_h = h, weight_ih = wi, weight_hh = wh, direction = "
         "\"bidirectional\")",
         "! direction is \"bidirectional\", expected one of forward reverse"},
        {15,
         "tensor<fp32, [?, 2, 5]> x, tensor<fp32, [2, 3]> h, tensor<fp32, [3, 5]> wi, "
         "tensor<fp32, [3, 3]> wh",
         "rnn(x = x, initial_h = h, weight_ih = wi, weight_hh = wh, output_sequence = true)",
         "tensor<fp32, [?, 2, 3]>; tensor<fp32, [2, 3]>"},
    };
    CHECK_CASES(cases)
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gathering), cmocka_unit_test(test_scattering),
        cmocka_unit_test(test_sorting),   cmocka_unit_test(test_generating),
        cmocka_unit_test(test_sampling),  cmocka_unit_test(test_recurrence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
