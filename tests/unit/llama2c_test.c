#include "scratch.h"

#include "llama2c.h"

#include <math.h>

static const llama2c_config small = {
    .dim = 8,
    .hidden_dim = 6,
    .n_layers = 2,
    .n_heads = 2,
    .n_kv_heads = 1,
    .vocab_size = 5,
    .seq_len = 3,
    .tied = true,
};

/* a value that tells array, layer and element apart */
static float value(int array, int64_t layer, size_t element) {
    return (float)array * 1000 + (float)layer * 100 + (float)element * 0.5F;
}

static const char *write_sample(scratch *s, const char *name, const llama2c_config *config) {
    const char *path = scratch_path(s, name);
    llama2c_writer *w;
    expect_ok(s, llama2c_writer_begin(path, config, &w, &s->err));
    const llama2c_layout *layout = llama2c_writer_layout(w);
    for (int i = 0; i < layout->n_arrays; i++) {
        const llama2c_array *array = &layout->arrays[i];
        for (int64_t layer = 0; layer < array->layers; layer++) {
            float x[64];
            for (size_t e = 0; e < array->elements; e++) {
                x[e] = value(i, layer, e);
            }
            expect_ok(s, llama2c_write(w, array, layer, x, &s->err));
        }
    }
    assert_false(file_exists(path));
    expect_ok(s, llama2c_writer_commit(w, &s->err));
    return path;
}

static void refuse(scratch *s, const char *path, anet_code expected, const char *message) {
    llama2c_file file;
    expect_error(s, llama2c_open(&file, path, &s->err), expected, message);
}

static void round_trip(scratch *s, const llama2c_config *config) {
    llama2c_file file;
    float x[64];
    expect_ok(
        s, llama2c_open(&file, write_sample(s, config->tied ? "tied" : "untied", config), &s->err));
    assert_memory_equal(&file.config, config, offsetof(llama2c_config, tied));
    assert_int_equal(file.config.tied, config->tied);
    assert_int_equal(file.layout.n_arrays, config->tied ? 11 : 12);
    assert_true(!llama2c_find(&file.layout, "wcls") == config->tied);
    for (int i = 0; i < file.layout.n_arrays; i++) {
        const llama2c_array *array = &file.layout.arrays[i];
        assert_ptr_equal(llama2c_find(&file.layout, array->name), array);
        for (int64_t layer = 0; layer < array->layers; layer++) {
            expect_ok(s, llama2c_read(&file, array, layer, x, &s->err));
            for (size_t e = 0; e < array->elements; e++) {
                assert_true(x[e] == value(i, layer, e));
            }
        }
    }
    llama2c_close(&file);
}

static void what_is_written_reads_back(void **state) {
    llama2c_config untied = small;
    untied.tied = false;
    round_trip(*state, &small);
    round_trip(*state, &untied);
}

/* offsets in floats, computed by hand from the order in the format's description */
static void the_layout_is_that_of_the_format(void **state) {
    static const struct {
        const char *name;
        int64_t layers, rows, columns;
        uint64_t floats_before;
    } expected[] = {
        {"token_embedding_table", 1, 5, 8, 0},
        {"rms_att_weight", 2, 1, 8, 40},
        {"wq", 2, 8, 8, 56},
        {"wk", 2, 4, 8, 184},
        {"wv", 2, 4, 8, 248},
        {"wo", 2, 8, 8, 312},
        {"rms_ffn_weight", 2, 1, 8, 440},
        {"w1", 2, 6, 8, 456},
        {"w2", 2, 8, 6, 552},
        {"w3", 2, 6, 8, 648},
        {"rms_final_weight", 1, 1, 8, 744},
        {"wcls", 1, 5, 8, 764}, /* after two tables of 3 x 2 angles */
    };
    scratch *s = *state;
    llama2c_config untied = small;
    llama2c_layout layout;
    untied.tied = false;
    expect_ok(s, llama2c_plan(&untied, "t", &layout, &s->err));
    for (int i = 0; i < 12; i++) {
        const llama2c_array *a = &layout.arrays[i];
        assert_string_equal(a->name, expected[i].name);
        assert_int_equal(a->layers, expected[i].layers);
        assert_int_equal(a->rows, expected[i].rows);
        assert_int_equal(a->columns, expected[i].columns);
        assert_int_equal(a->elements, a->rows * a->columns);
        assert_int_equal(a->offset, 28 + 4 * expected[i].floats_before);
    }
    assert_int_equal(layout.size, 28 + 4 * (764 + 40));
}

static void the_angles_are_written(void **state) {
    scratch *s = *state;
    size_t n;
    char *data = scratch_read(s, write_sample(s, "a", &small), &n);
    float angles[12];
    memcpy(angles, data + 28 + 4 * 752, sizeof angles);
    for (int pos = 0; pos < 3; pos++) {
        for (int i = 0; i < 2; i++) {
            double x = pos * (i ? 0.01 : 1);
            assert_true(fabs((double)angles[2 * pos + i] - cos(x)) < 1e-7);
            assert_true(fabs((double)angles[6 + 2 * pos + i] - sin(x)) < 1e-7);
        }
    }
}

static const char *with_header(scratch *s, const int32_t header[7], size_t size) {
    char *data = arena_alloc(s->memory, size < 28 ? 28 : size);
    memcpy(data, header, 28);
    return scratch_file(s, "h", data, size);
}

static void refuses_headers_that_cannot_be(void **state) {
    static const struct {
        int32_t header[7];
        const char *message;
    } cases[] = {
        {{0, 6, 2, 2, 1, 5, 3}, "dim is 0"},
        {{-8, 6, 2, 2, 1, 5, 3}, "dim is -8"},
        {{8, -6, 2, 2, 1, 5, 3}, "hidden_dim is -6"},
        {{8, 6, 0, 2, 1, 5, 3}, "n_layers is 0"},
        {{8, 6, 2, 0, 1, 5, 3}, "n_heads is 0"},
        {{8, 6, 2, 2, 0, 5, 3}, "n_kv_heads is 0"},
        {{8, 6, 2, 2, 1, 0, 3}, "vocab_size is 0"},
        {{8, 6, 2, 2, 1, INT32_MIN, 3}, "vocab_size is -2147483648"},
        {{8, 6, 2, 2, 1, 5, 0}, "seq_len is 0"},
        {{8, 6, 2, 3, 1, 5, 3}, "do not fit together"},
        {{8, 6, 2, 4, 3, 5, 3}, "do not fit together"},
        {{6, 6, 2, 2, 1, 5, 3}, "do not fit together"},
        {{INT32_MAX, 6, 2, 2, 1, 5, 3}, "dim is 2147483647"},
        {{8, INT32_MAX, 2, 2, 1, 5, 3}, "hidden_dim is"},
        {{8, 6, INT32_MAX, 2, 1, 5, 3}, "n_layers is"},
        {{1 << 20, 1 << 20, 1 << 12, 2, 1, 1 << 24, 1 << 24}, "truncated"},
        {{0x616B3432, 1, 8, 6, 2, 2, 1}, "version 1 or 2"},
        {{0x46554747, 3, 0, 0, 0, 0, 0}, "GGUF"},
    };
    scratch *s = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuse(s, with_header(s, cases[i].header, 200), ANET_BAD_INPUT, cases[i].message);
    }
}

static void refuses_files_of_another_size(void **state) {
    scratch *s = *state;
    size_t n;
    char *data = scratch_read(s, write_sample(s, "a", &small), &n);
    refuse(s, scratch_path(s, "absent"), ANET_BAD_USAGE, "absent: No such file");
    for (size_t cut = 0; cut < n; cut++) {
        const char *path = scratch_file(s, "cut", data, cut);
        refuse(s, path, ANET_BAD_INPUT, cut < 28 ? "the header alone has 28" : "truncated: it has");
    }
    char *longer = arena_alloc(s->memory, n + 1);
    memcpy(longer, data, n);
    refuse(s, scratch_file(s, "long", longer, n + 1), ANET_BAD_INPUT, "too long");
}

static void refuses_values_that_are_no_numbers(void **state) {
    scratch *s = *state;
    size_t n;
    char *data = scratch_read(s, write_sample(s, "a", &small), &n);
    llama2c_file file;
    float x[64], bad = NAN;
    expect_ok(s, llama2c_open(&file, scratch_path(s, "a"), &s->err));
    memcpy(data + 28 + 4 * (56 + 64 + 17), &bad, sizeof bad);
    bad = INFINITY;
    memcpy(data + 28 + 4 * (744 + 3), &bad, sizeof bad);
    llama2c_close(&file);
    expect_ok(s, llama2c_open(&file, scratch_file(s, "a", data, n), &s->err));
    const llama2c_array *wq = llama2c_find(&file.layout, "wq");
    expect_ok(s, llama2c_read(&file, wq, 0, x, &s->err));
    expect_error(s, llama2c_read(&file, wq, 1, x, &s->err), ANET_BAD_INPUT,
                 "wq of layer 1 holds NaN at element 17");
    expect_error(s,
                 llama2c_read(&file, llama2c_find(&file.layout, "rms_final_weight"), 0, x, &s->err),
                 ANET_BAD_INPUT, "rms_final_weight holds infinity at element 3");
    llama2c_close(&file);
}

static void the_writer_keeps_its_promises(void **state) {
    scratch *s = *state;
    const char *path = scratch_file(s, "old", "kept", 4);
    llama2c_config wrong = small;
    llama2c_writer *w;
    float x[64] = {0};
    wrong.n_kv_heads = 3;
    expect_error(s, llama2c_writer_begin(path, &wrong, &w, &s->err), ANET_BAD_INPUT,
                 "do not fit together");
    assert_null(w);
    expect_error(s, llama2c_writer_begin(s->folder, &small, &w, &s->err), ANET_BAD_USAGE,
                 "cannot write");
    expect_ok(s, llama2c_writer_begin(path, &small, &w, &s->err));
    const llama2c_array *arrays = llama2c_writer_layout(w)->arrays;
    expect_error(s, llama2c_write(w, &arrays[1], 0, x, &s->err), ANET_INTERNAL,
                 "rms_att_weight of layer 0 is not what comes next");
    expect_ok(s, llama2c_write(w, &arrays[0], 0, x, &s->err));
    expect_error(s, llama2c_write(w, &arrays[1], 1, x, &s->err), ANET_INTERNAL, "comes next");
    expect_error(s, llama2c_writer_commit(w, &s->err), ANET_INTERNAL,
                 "rms_att_weight was not written");
    llama2c_writer_cancel(NULL);
    size_t n;
    assert_string_equal(scratch_read(s, path, &n), "kept");
    assert_int_equal(scratch_entries(s, "", false), 1);
}

/* A trained model, read and written again, is the same file but for the last bits of the angles. */
static void a_real_checkpoint_survives(void **state) {
    scratch *s = *state;
    const char *path = shared_file(s, "data/stories260K.bin"), *copy = scratch_path(s, "copy");
    llama2c_file file;
    llama2c_writer *w;
    expect_ok(s, llama2c_open(&file, path, &s->err));
    assert_int_equal(file.config.dim, 64);
    assert_int_equal(file.config.n_kv_heads, 4);
    assert_true(file.config.tied);
    expect_ok(s, llama2c_writer_begin(copy, &file.config, &w, &s->err));
    for (int i = 0; i < file.layout.n_arrays; i++) {
        const llama2c_array *array = &file.layout.arrays[i];
        float *x = ARENA_ARRAY(s->memory, float, array->elements);
        for (int64_t layer = 0; layer < array->layers; layer++) {
            expect_ok(s, llama2c_read(&file, array, layer, x, &s->err));
            expect_ok(s, llama2c_write(w, array, layer, x, &s->err));
        }
    }
    expect_ok(s, llama2c_writer_commit(w, &s->err));
    llama2c_close(&file);
    size_t n, m,
        weights =
            28 + 4 * (512 * 64 + 5 * (2 * 64 + 2 * 64 * 64 + 2 * 32 * 64) + 5 * 3 * 172 * 64 + 64);
    char *before = scratch_read(s, path, &n), *after = scratch_read(s, copy, &m);
    assert_int_equal(n, m);
    assert_int_equal(n, weights + 2 * 4 * 512 * 4);
    assert_memory_equal(before, after, weights);
    for (size_t at = weights; at < n; at += 4) {
        float x, y;
        memcpy(&x, before + at, 4);
        memcpy(&y, after + at, 4);
        assert_true(fabsf(x - y) < 1e-4F); /* their angles were computed in float: 511 * 2^-24 */
    }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_reads_back),    TEST(the_layout_is_that_of_the_format),
        TEST(the_angles_are_written),        TEST(refuses_headers_that_cannot_be),
        TEST(refuses_files_of_another_size), TEST(refuses_values_that_are_no_numbers),
        TEST(the_writer_keeps_its_promises), TEST(a_real_checkpoint_survives),
    };
    return cmocka_run_group_tests_name("llama2c", tests, NULL, NULL);
}
