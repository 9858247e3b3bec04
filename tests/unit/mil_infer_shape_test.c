/* Result types of the ops that reshape, cut, join and move between axes. */
#include "mil_infer_test.h"

#define SQUARE "tensor<fp16, [2, 6]> x"
#define IMAGE "tensor<fp16, [2, 12, 6, 8]> x"

static void test_reshaping(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, "tensor<fp16, [?, 6]> x", "reshape(x = x, shape = [-1, 3])", "tensor<fp16, [?, 3]>"},
        {15, "tensor<fp16, [?, 6]> x", "reshape(x = x, shape = [0, 2, 3])",
         "tensor<fp16, [?, 2, 3]>"},
        {15, "tensor<fp16, [0, 6]> x", "reshape(x = x, shape = [3, -1])", "tensor<fp16, [3, 0]>"},
        {15, "tensor<fp16, [0, 6]> x", "reshape(x = x, shape = [5])",
         "! [0, 6] has 0 elements and cannot become [5]"},
        {15, SQUARE ", tensor<int32, [?]> s", "reshape(x = x, shape = s)", "tensor<fp16, [..]>"},
        {15, "tensor<fp16, [1, ?, 1]> x", "squeeze(x = x)", "tensor<fp16, [..]>"},
        {15, "tensor<fp16, [1, ?, 1]> x", "squeeze(x = x, axes = [0])", "tensor<fp16, [?, 1]>"},
        {15, "tensor<fp16, [1, 3, 1]> x", "squeeze(x = x, axes = [0, 1])", "tensor<fp16, [3, 1]>"},
        {15, IMAGE, "flatten2d(x = x)", "tensor<fp16, [2, 576]>"},
        {15, IMAGE, "flatten2d(x = x, axis = -1)", "tensor<fp16, [144, 8]>"},
        {15, "tensor<fp16, [3]> x", "flatten2d(x = x, axis = 1)", "tensor<fp16, [3, 1]>"},
        {15, IMAGE, "flatten2d(x = x, axis = 5)", "! axis 5 does not exist in rank 4"},
        {15, "tensor<fp16, [?, 3]> x", "flatten2d(x = x)", "tensor<fp16, [?, 3]>"},
        {15, "tensor<fp16, [?, 3]> x", "shape(x = x)", "tensor<int32, [2]>"},
        {15, "fp16 x", "shape(x = x)", "tensor<int32, [0]>"},
        {16, SQUARE ", tensor<fp16, [3, 5]> a, tensor<fp16, [4, 7]> b",
         "reshape_like(x = x, ref_tensors = (a, b), begins = (0, -2), ends = (1, 1), "
         "end_masks = (false, false))",
         "tensor<fp16, [3, 4]>"},
        {16, SQUARE ", tensor<fp16, [3, 4]> a",
         "reshape_like(x = x, ref_tensors = a, begins = 0, ends = 1, end_masks = true)",
         "tensor<fp16, [3, 4]>"},
        {16, SQUARE ", tensor<fp16, [3, 5]> a",
         "reshape_like(x = x, ref_tensors = a, begins = 0, ends = 2, end_masks = false)",
         "! [2, 6] cannot become [3, 5]"},
        {16, SQUARE ", tensor<fp16, [3, 5]> a",
         "reshape_like(x = x, ref_tensors = a, begins = 0, ends = 3, end_masks = false)",
         "! reference 1 has no dimensions from 0 to 3"},
        {16, SQUARE ", tensor<fp16, [3, 5]> a",
         "reshape_like(x = x, ref_tensors = (a, a), begins = 0, ends = 3, end_masks = false)",
         "! begins, ends and end_masks must be as many as ref_tensors"},
        {15, "tensor<fp16, [2, 3, 4]> x, tensor<int32, [3]> p", "transpose(x = x, perm = p)",
         "tensor<fp16, [?, ?, ?]>"},
    };
    CHECK_CASES(cases)
}

static void test_slicing(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, "tensor<fp16, [10]> x", "slice_by_index(x = x, begin = [7], end = [2], stride = [-2])",
         "tensor<fp16, [3]>"},
        {15, "tensor<fp16, [10]> x", "slice_by_index(x = x, begin = [-4], end = [-1])",
         "tensor<fp16, [3]>"},
        {15, "tensor<fp16, [10]> x", "slice_by_index(x = x, begin = [5], end = [5])",
         "tensor<fp16, [0]>"},
        /* one element stays, whatever the bounds say */
        {15, "tensor<fp16, [1, 4]> x",
         "slice_by_index(x = x, begin = [1, 0], end = [1, 4], end_mask = [true, false])",
         "tensor<fp16, [1, 4]>"},
        {15, "tensor<fp16, [1, 1, 1]> x",
         "slice_by_index(x = x, begin = [1, -1, 1], end = [1, -1, -1], stride = [1, -1, 1])",
         "tensor<fp16, [0, 0, 1]>"},
        {15, "tensor<fp16, [?, 4]> x", "slice_by_index(x = x, begin = [0, 1], end = [2, 3])",
         "tensor<fp16, [?, 2]>"},
        {15, "tensor<fp16, [6, 4]> x, tensor<int32, [2]> b",
         "slice_by_index(x = x, begin = b, end = [0, 0], squeeze_mask = [true, false], end_mask = "
         "[false, true])",
         "tensor<fp16, [?]>"},
        {15, "tensor<fp16, [9223372036854775807]> x",
         "slice_by_index(x = x, begin = [-2147483648], end = [2147483647], stride = [-2147483648])",
         "tensor<fp16, [4294967294]>"},
        {15, "tensor<fp16, [6, ?]> x", "slice_by_size(x = x, begin = [1, 2], size = [-1, -1])",
         "tensor<fp16, [5, ?]>"},
        {18, "tensor<fp16, [6, 4]> x, tensor<fp16, [2, 4]> u",
         "slice_update(x = x, update = u, begin = [1, 0], end = [3, 4])", "tensor<fp16, [6, 4]>"},
        {18, "tensor<fp16, [6, 4]> x, tensor<fp16, [4]> u",
         "slice_update(x = x, update = u, begin = [1, 0], end = [0, 0], squeeze_mask = [true, "
         "false], end_mask = [false, true])",
         "tensor<fp16, [6, 4]>"},
        {18, "tensor<fp16, [6, 4]> x, tensor<fp16, [3, 4]> u",
         "slice_update(x = x, update = u, begin = [1, 0], end = [3, 4])",
         "! update is of shape [3, 4], expected [2, 4]"},
        {18, "tensor<fp16, [6, 4]> x, tensor<fp16, [3, 4]> u, tensor<int32, [2]> b",
         "slice_update(x = x, update = u, begin = b, end = [3, 4])", "tensor<fp16, [6, 4]>"},
        {15, "tensor<fp16, [7]> x", "split(x = x, num_splits = 2, axis = 0)",
         "! an axis of 7 does not fall into these parts"},
        {15, "tensor<fp16, [7, 2]> x", "split(x = x, split_sizes = [3, 4], axis = -2)",
         "tensor<fp16, [3, 2]>; tensor<fp16, [4, 2]>"},
        {15, "tensor<fp16, [?]> x", "split(x = x, num_splits = 2, axis = 0)",
         "tensor<fp16, [?]>; tensor<fp16, [?]>"},
        {15, "tensor<fp16, [8]> x", "split(x = x, axis = 0)",
         "! num_splits and split_sizes do not say into how many parts"},
    };
    CHECK_CASES(cases)
}

static void test_joining(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, SQUARE, "concat(values = (x, x), axis = 0, interleave = true)",
         "tensor<fp16, [4, 6]>"},
        {15, SQUARE ", tensor<fp16, [3, 6]> y",
         "concat(values = (x, y), axis = 0, interleave = true)",
         "! values of 2 and 3 rows cannot be interleaved"},
        {15, "tensor<int32, [?]> x, int32 y", "concat(values = (x, y), axis = 0)",
         "tensor<int32, [?]>"},
        {15, "fp16 x", "concat(values = (1, x), axis = 0)", "tensor<fp16, [2]>"},
        {15, "tensor<fp16, [2, ?]> x, tensor<fp16, [?, 3]> y", "stack(values = (x, y), axis = -1)",
         "tensor<fp16, [2, 3, 2]>"},
        {15, "fp16 x", "stack(values = (x, x), axis = 0)", "tensor<fp16, [2]>"},
        {15, "fp16 x", "stack(values = (x, x), axis = 1)", "! axis 1 does not exist in rank 1"},
        {15, SQUARE, "tile(x = x, reps = [0, -1])", "tensor<fp16, [2, 6]>"},
        {15, SQUARE ", tensor<int32, [2]> r", "tile(x = x, reps = r)", "tensor<fp16, [?, ?]>"},
        {15, SQUARE, "tile(x = x, reps = [2])", "! reps has 1 elements, expected 2"},
        {15, SQUARE, "pad(x = x, pad = [1, 2])", "tensor<fp16, [2, 9]>"},
        {15, SQUARE, "pad(x = x, pad = [0, 1, 1, 2], mode = \"replicate\")",
         "tensor<fp16, [3, 9]>"},
        {15, SQUARE, "pad(x = x, pad = [5, 5], mode = \"reflect\")", "tensor<fp16, [2, 16]>"},
        {15, SQUARE, "pad(x = x, pad = [6, 5], mode = \"reflect\")",
         "! 6 elements of an axis of 6 cannot be reflected"},
        {15, SQUARE, "pad(x = x, pad = [-1, 5])", "! pad has a negative number"},
        {15, SQUARE, "pad(x = x, pad = [1, 5, 1])",
         "! pad has 3 elements, expected pairs for up to 2 axes"},
        {15, SQUARE, "pad(x = x, pad = [1, 5, 1, 1, 1, 1])",
         "! pad has 6 elements, expected pairs for up to 2 axes"},
        {15, SQUARE, "pad(x = x, pad = [1, 5], mode = \"wrap\")",
         "! mode is \"wrap\", expected one of constant reflect replicate"},
        {15, IMAGE ", tensor<int32, [4]> p", "pad(x = x, pad = p)", "tensor<fp16, [2, 12, ?, ?]>"},
    };
    CHECK_CASES(cases)
}

static void test_blocks(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, IMAGE, "space_to_depth(x = x, block_size = 2)", "tensor<fp16, [2, 48, 3, 4]>"},
        {15, IMAGE, "space_to_depth(x = x, block_size = 4)", "! rows of 6 do not divide by 4"},
        {15, IMAGE, "depth_to_space(x = x, block_size = 2)", "tensor<fp16, [2, 3, 12, 16]>"},
        {15, IMAGE, "pixel_shuffle(x = x, upscale_factor = 3)",
         "! channels of 12 do not divide by 9"},
        {15, IMAGE, "pixel_shuffle(x = x, upscale_factor = 0)",
         "! upscale_factor is 0, expected at least 1"},
        {15, "tensor<fp16, [12, 6, 8]> x", "pixel_shuffle(x = x, upscale_factor = 2)",
         "! x has rank 3, expected 4"},
        {16, IMAGE, "pixel_unshuffle(x = x, downscale_factor = uint32(2))",
         "tensor<fp16, [2, 48, 3, 4]>"},
        {15, IMAGE,
         "space_to_batch(x = x, block_shape = [2, 3], paddings = tensor<int32, [2, 2]>([[1, 1], "
         "[0, 1]]))",
         "tensor<fp16, [12, 12, 4, 3]>"},
        {15, IMAGE,
         "space_to_batch(x = x, block_shape = [2, 3], paddings = tensor<int32, [2, 2]>([[1, 1], "
         "[0, 0]]))",
         "! columns of 8 do not divide by 3"},
        {15, IMAGE,
         "batch_to_space(x = x, block_shape = [2, 1], crops = tensor<int32, [2, 2]>([[1, 2], [0, "
         "8]]))",
         "tensor<fp16, [1, 12, 9, 0]>"},
        {15, IMAGE,
         "batch_to_space(x = x, block_shape = [2, 1], crops = tensor<int32, [2, 2]>([[1, 2], [1, "
         "8]]))",
         "! crops of 9 leave nothing of 8"},
        {15, IMAGE, "batch_to_space(x = x, block_shape = [2, 1], crops = [1, 2, 1, 8])",
         "! crops is of shape [4], expected [2, 2]"},
        {15, IMAGE, "crop(x = x, crop_height = [1, 2], crop_width = [0, 3])",
         "tensor<fp16, [2, 12, 3, 5]>"},
        {15, IMAGE, "crop(x = x, crop_height = [4, 3], crop_width = [0, 3])",
         "! crop_height takes 7 of 6"},
        {15, "tensor<fp16, [2, 9]> x", "sliding_windows(x = x, axis = 1, size = 4, stride = 2)",
         "tensor<fp16, [2, 3, 4]>"},
        {15, "tensor<fp16, [2, ?]> x", "sliding_windows(x = x, axis = -2, size = 2)",
         "tensor<fp16, [1, 2, ?]>"},
        {15, "tensor<fp16, [2, 9]> x", "sliding_windows(x = x, axis = 1, size = 10)",
         "! a window of 10 does not fit an axis of 9"},
        {15, SQUARE, "band_part(x = x)", "tensor<fp16, [2, 6]>"},
        {15, "tensor<fp16, [2]> x", "band_part(x = x)", "! x has rank 1, expected 2 to 16"},
        {15, SQUARE, "reverse(x = x, axes = [0, -2])", "! axis 0 is named twice"},
        {15, SQUARE, "reverse(x = x)", "tensor<fp16, [2, 6]>"},
        {15, SQUARE ", tensor<int32, [6]> l",
         "reverse_sequence(x = x, lengths = l, seq_axis = 0, batch_axis = 1)",
         "tensor<fp16, [2, 6]>"},
        {15, SQUARE ", tensor<int32, [6]> l",
         "reverse_sequence(x = x, lengths = l, seq_axis = 1, batch_axis = 0)",
         "! lengths is of shape [6], expected [2]"},
    };
    CHECK_CASES(cases)
}

static void test_reductions(void **state) {
    (void)state;
    static const call_case cases[] = {
        {15, SQUARE, "reduce_sum(x = x, axes = [-1])", "tensor<fp16, [2]>"},
        {15, "tensor<fp16, [0, 3]> x", "reduce_max(x = x, axes = [0])", "tensor<fp16, [3]>"},
        {15, SQUARE, "reduce_argmax(x = x)", "tensor<int32, [2]>"},
        {15, SQUARE, "reduce_argmin(x = x, axis = 0, keep_dims = true)", "tensor<int32, [1, 6]>"},
        {17, SQUARE, "reduce_argmax(x = x, output_dtype = \"uint16\")", "tensor<uint16, [2]>"},
        {17, SQUARE, "reduce_argmax(x = x, output_dtype = \"int64\")",
         "! output_dtype is \"int64\", expected one of int32 uint16"},
        {15, SQUARE, "reduce_argmax(x = x, axis = 2)", "! axis 2 does not exist in rank 2"},
        {15, SQUARE, "cumsum(x = x, axis = -3)", "! axis -3 does not exist in rank 2"},
    };
    CHECK_CASES(cases)
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reshaping),  cmocka_unit_test(test_slicing),
        cmocka_unit_test(test_joining),    cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_reductions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
