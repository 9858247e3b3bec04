#include "scratch.h"

#include "base/half.h"
#include "floats.h"
#include "safetensors.h"

#include <math.h>

/* a file with this header and so many zero bytes of data */
static const char *make(scratch *s, const char *header, size_t data) {
    size_t n = strlen(header);
    unsigned char *bytes = arena_alloc(s->memory, 8 + n + data);
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)((uint64_t)n >> 8 * i);
    }
    memcpy(bytes + 8, header, n);
    return scratch_file(s, "t.safetensors", bytes, 8 + n + data);
}

static safetensors *open_ok(scratch *s, const char *path) {
    safetensors *st;
    expect_ok(s, st_open(s->memory, path, &st, &s->err));
    return st;
}

static void refuse(scratch *s, const char *path, anet_code expected, const char *message) {
    safetensors *st;
    anet_code code = st_open(s->memory, path, &st, &s->err);
    assert_null(st);
    expect_error(s, code, expected, message);
}

static const st_tensor declared[] = {
    {.name = "step", .dtype = ST_I64, .rank = 0},
    {.name = "net.w\"\xC3\xA9", .dtype = ST_F32, .rank = 2, .dims = {2, 3}},
    {.name = "none", .dtype = ST_F32, .rank = 2, .dims = {4, 0}},
    {.name = "a", .dtype = ST_U8, .rank = 1, .dims = {3}},
};
enum { DECLARED = sizeof declared / sizeof *declared };

static const float weights[6] = {1, -2, 3.5F, 0, 1e-30F, -0.0F};

static const char *write_sample(scratch *s, const char *name) {
    const st_pair metadata[] = {{"format", "pt"}, {"note", "a \"b\"\n\tc"}};
    const char *path = scratch_path(s, name);
    const int64_t step = 123456789012345;
    st_writer *w;
    expect_ok(s,
              st_writer_begin(path, &(st_content){declared, DECLARED, metadata, 2}, &w, &s->err));
    expect_ok(s, st_write(w, &step, sizeof step, &s->err));
    expect_ok(s, st_write(w, weights, 8, &s->err)); /* in pieces */
    expect_ok(s, st_write(w, weights + 2, sizeof weights - 8, &s->err));
    expect_ok(s, st_write(w, NULL, 0, &s->err));
    expect_ok(s, st_write(w, "xyz", 3, &s->err));
    assert_false(file_exists(path));
    expect_ok(s, st_writer_commit(w, &s->err));
    return path;
}

static void what_is_written_reads_back(void **state) {
    scratch *s = *state;
    safetensors *st = open_ok(s, write_sample(s, "a.safetensors"));
    float got[6];
    int64_t step;
    char bytes[3];
    assert_int_equal(st->data % 8, 0);
    assert_int_equal(st->n_tensors, DECLARED);
    assert_string_equal(st_metadata(st, "format"), "pt");
    assert_string_equal(st_metadata(st, "note"), "a \"b\"\n\tc");
    assert_null(st_metadata(st, "other"));
    assert_null(st_find(st, "b"));
    for (int i = 0; i < DECLARED; i++) {
        const st_tensor *t = st_find(st, declared[i].name);
        assert_non_null(t);
        assert_int_equal(t->dtype, declared[i].dtype);
        assert_int_equal(t->rank, declared[i].rank);
        assert_memory_equal(t->dims, declared[i].dims, sizeof t->dims);
    }
    const st_tensor *w = st_find(st, declared[1].name), *none = st_find(st, "none");
    assert_int_equal(w->elements, 6);
    assert_int_equal(none->elements, 0);
    expect_ok(s, st_read_f32(st, w, got, &s->err));
    assert_memory_equal(got, weights, sizeof got);
    expect_ok(s, st_read_f32(st, none, got, &s->err));
    expect_ok(s, st_read(st, st_find(st, "step"), &step, sizeof step, &s->err));
    assert_int_equal(step, 123456789012345);
    expect_ok(s, st_read(st, st_find(st, "a"), bytes, 3, &s->err));
    assert_memory_equal(bytes, "xyz", 3);
    expect_error(s, st_read(st, w, got, 20, &s->err), ANET_BAD_INPUT, "24 bytes, expected 20");
    expect_error(s, st_read_f32(st, st_find(st, "a"), got, &s->err), ANET_BAD_INPUT,
                 "tensor a holds U8, expected floats");
    st_close(st);
    st_close(NULL);
}

/* The bytes of a small file, by the published description of the format. */
static void the_layout_is_that_of_the_format(void **state) {
    static const char expected[] =
        "\x40\0\0\0\0\0\0\0{\"wt\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}"
        "       \0\0\x80\x3F\0\0\0\xC0";
    scratch *s = *state;
    const st_tensor w = {.name = "wt", .dtype = ST_F32, .rank = 2, .dims = {1, 2}};
    const char *path = scratch_path(s, "a");
    const float data[] = {1, -2};
    st_writer *writer;
    size_t n;
    expect_ok(
        s, st_writer_begin(path, &(st_content){.tensors = &w, .n_tensors = 1}, &writer, &s->err));
    expect_ok(s, st_write(writer, data, sizeof data, &s->err));
    expect_ok(s, st_writer_commit(writer, &s->err));
    char *got = scratch_read(s, path, &n);
    assert_int_equal(n, sizeof expected - 1);
    assert_memory_equal(got, expected, n);
}

static void every_float_dtype_converts(void **state) {
    scratch *s = *state;
    const uint16_t half[] = {0x3C00, 0xC000, 0x7BFF, 0x0001, 0x8400}, brain[] = {0x3F80, 0xC040};
    const double wide[] = {0.5, -3};
    const st_tensor tensors[] = {
        {.name = "d", .dtype = ST_F64, .rank = 1, .dims = {2}},
        {.name = "h", .dtype = ST_F16, .rank = 1, .dims = {5}},
        {.name = "b", .dtype = ST_BF16, .rank = 1, .dims = {2}},
    };
    const char *path = scratch_path(s, "a");
    st_writer *w;
    float got[5];
    expect_ok(
        s, st_writer_begin(path, &(st_content){.tensors = tensors, .n_tensors = 3}, &w, &s->err));
    expect_ok(s, st_write(w, wide, sizeof wide, &s->err));
    expect_ok(s, st_write(w, half, sizeof half, &s->err));
    expect_ok(s, st_write(w, brain, sizeof brain, &s->err));
    expect_ok(s, st_writer_commit(w, &s->err));
    safetensors *st = open_ok(s, path);
    expect_ok(s, st_read_f32(st, st_find(st, "d"), got, &s->err));
    assert_true(got[0] == 0.5F && got[1] == -3);
    expect_ok(s, st_read_f32(st, st_find(st, "h"), got, &s->err));
    assert_true(got[0] == 1 && got[1] == -2 && got[2] == 65504 && got[3] == 0x1p-24F &&
                got[4] == -0x1p-14F);
    expect_ok(s, st_read_f32(st, st_find(st, "b"), got, &s->err));
    assert_true(got[0] == 1 && got[1] == -3);
    st_close(st);
}

static void long_halves_convert_in_pieces(void **state) {
    enum { N = 30000 };
    scratch *s = *state;
    const st_tensor h = {.name = "h", .dtype = ST_BF16, .rank = 1, .dims = {N}};
    uint16_t *bits = ARENA_ARRAY(s->memory, uint16_t, N);
    float *got = ARENA_ARRAY(s->memory, float, N);
    st_writer *w;
    for (int i = 0; i < N; i++) {
        bits[i] = (uint16_t)(i & 0x7F7F);
    }
    expect_ok(s, st_writer_begin(scratch_path(s, "a"), &(st_content){.tensors = &h, .n_tensors = 1},
                                 &w, &s->err));
    expect_ok(s, st_write(w, bits, N * sizeof *bits, &s->err));
    expect_ok(s, st_writer_commit(w, &s->err));
    safetensors *st = open_ok(s, scratch_path(s, "a"));
    expect_ok(s, st_read_f32(st, st->tensors, got, &s->err));
    for (int i = 0; i < N; i++) {
        assert_true(got[i] == bits_float((uint32_t)bits[i] << 16));
    }
    st_close(st);
}

static void bad_values_are_named(void **state) {
    scratch *s = *state;
    float x[20] = {0};
    expect_ok(s, floats_check("f", "tensor w", x, 20, &s->err));
    x[17] = NAN;
    expect_error(s, floats_check("f", "tensor w", x, 20, &s->err), ANET_BAD_INPUT,
                 "f: tensor w holds NaN at element 17");
    x[3] = -INFINITY;
    expect_error(s, floats_check("f", "tensor w", x, 20, &s->err), ANET_BAD_INPUT,
                 "f: tensor w holds infinity at element 3");
    assert_int_equal(floats_first_bad(x, 3), 3);
}

#define ENTRY(dtype, shape, offsets)                                                               \
    "{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void refuses_wrong_headers(void **state) {
    static const struct {
        const char *header;
        size_t data;
        const char *message;
    } cases[] = {
        {"[]", 0, "the header is an array, not an object"},
        {"{\"a\":", 0, "header:1:6: bad JSON"},
        {"{\"a\":1}", 0, "tensor a: its header is no object"},
        {"{\"a\":{}}", 0, "gives no dtype"},
        {"{\"a\":" ENTRY("7", "[]", "[0,1]") "}", 1, "gives no dtype"},
        {"{\"a\":" ENTRY("\"F33\"", "[]", "[0,1]") "}", 1, "unknown dtype \"F33\""},
        {"{\"a\":{\"dtype\":\"U8\"}}", 0, "gives no shape"},
        {"{\"a\":" ENTRY("\"U8\"", "[1,1,1,1,1,1,1,1,1]", "[0,1]") "}", 1, "more than 8"},
        {"{\"a\":" ENTRY("\"U8\"", "[-1]", "[0,1]") "}", 1, "no whole number"},
        {"{\"a\":" ENTRY("\"U8\"", "[1.5]", "[0,1]") "}", 1, "no whole number"},
        {"{\"a\":" ENTRY("\"U8\"", "[\"1\"]", "[0,1]") "}", 1, "no whole number"},
        {"{\"a\":" ENTRY("\"F32\"", "[4294967296,4294967296]", "[0,0]") "}", 0, "too large"},
        {"{\"a\":" ENTRY("\"F64\"", "[4294967296,1073741824]", "[0,0]") "}", 0, "too large"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}", 0, "data_offsets"},
        {"{\"a\":" ENTRY("\"U8\"", "[1]", "[0]") "}", 1, "must be two whole numbers"},
        {"{\"a\":" ENTRY("\"U8\"", "[1]", "[-1,0]") "}", 1, "must be two whole numbers"},
        {"{\"a\":" ENTRY("\"U8\"", "[1]", "[0,2]") "}", 2, "do not fit its shape"},
        {"{\"a\":" ENTRY("\"U8\"", "[1]", "[1,0]") "}", 2, "do not fit its shape"},
        {"{\"a\":" ENTRY("\"F32\"", "[2]", "[0,4]") "}", 4, "which needs 8 bytes"},
        {"{\"a\":" ENTRY("\"U8\"", "[2]", "[0,2]") "}", 1, "truncated"},
        {"{\"a\":" ENTRY("\"U8\"", "[2]", "[0,2]") "}", 3, "followed by something else"},
        {"{\"a\":" ENTRY("\"U8\"", "[1]", "[1,2]") "}", 2, "leaves a gap"},
        {"{\"a\":" ENTRY("\"U8\"", "[2]", "[0,2]") ",\"b\":" ENTRY("\"U8\"", "[2]", "[1,3]") "}", 3,
         "tensor b begins at byte 1 of the data, but overlaps"},
        {"{\"a\":" ENTRY("\"U8\"", "[1]", "[0,1]") ",\"a\":" ENTRY("\"U8\"", "[1]", "[1,2]") "}", 2,
         "two members have the key \"a\""},
        {"{\"a\\u0000\":" ENTRY("\"U8\"", "[1]", "[0,1]") "}", 1, "zero byte"},
        {"{\"__metadata__\":3}", 0, "__metadata__ is a number, not an object"},
        {"{\"__metadata__\":{\"k\":3}}", 0, "__metadata__ k is a number, not a string"},
    };
    scratch *s = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuse(s, make(s, cases[i].header, cases[i].data), ANET_BAD_INPUT, cases[i].message);
    }
}

static void odd_but_right_headers_are_read(void **state) {
    scratch *s = *state;
    safetensors *st = open_ok(s, make(s, "{}  ", 0));
    assert_int_equal(st->n_tensors, 0);
    assert_null(st_find(st, "a"));
    st_close(st);
    /* the order of the header need not be that of the data */
    st =
        open_ok(s, make(s,
                        "{\"b\":" ENTRY("\"U8\"", "[2]", "[1,3]") ",\"e\":" ENTRY(
                            "\"F32\"", "[0]", "[1,1]") ",\"a\":" ENTRY("\"U8\"", "[]", "[0,1]") "}",
                        3));
    assert_string_equal(st->tensors[0].name, "a");
    assert_string_equal(st->tensors[1].name, "e");
    assert_string_equal(st->tensors[2].name, "b");
    assert_int_equal(st_find(st, "b")->elements, 2);
    st_close(st);
}

static void refuses_files_that_are_something_else(void **state) {
    scratch *s = *state;
    refuse(s, scratch_path(s, "absent"), ANET_BAD_USAGE, "absent: No such file");
    refuse(s, s->folder, ANET_BAD_USAGE, "Is a directory");
    refuse(s, "/dev/null", ANET_BAD_USAGE, "not a regular file");
    refuse(s, scratch_file(s, "e", "", 0), ANET_BAD_INPUT, "only 0 bytes long");
    refuse(s, scratch_file(s, "t", "This is a text file", 19), ANET_BAD_INPUT,
           "not a safetensors file");
    refuse(s, scratch_file(s, "n", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFxx", 10), ANET_BAD_INPUT,
           "header of 18446744073709551615 bytes");
}

/* Cut anywhere, the file is refused; with any byte changed, it is read or refused, and nothing
 * else. */
static void damage_is_noticed(void **state) {
    scratch *s = *state;
    size_t n;
    char *data = scratch_read(s, write_sample(s, "a"), &n);
    for (size_t cut = 0; cut < n; cut++) {
        refuse(s, scratch_file(s, "cut", data, cut), ANET_BAD_INPUT, "cut: ");
    }
    uint64_t header = (unsigned char)data[0] + 256u * (unsigned char)data[1];
    for (size_t i = 0; i < 8 + header; i++) {
        char kept = data[i];
        for (int bit = 0; bit < 8; bit++) {
            safetensors *st;
            data[i] = (char)(kept ^ 1 << bit);
            anet_code code = st_open(s->memory, scratch_file(s, "flip", data, n), &st, &s->err);
            assert_true(code == ANET_OK || (code == ANET_BAD_INPUT && !st));
            s->err = (anet_error){0};
            st_close(st);
        }
        data[i] = kept;
    }
}

static void a_file_cut_while_open_is_an_error(void **state) {
    scratch *s = *state;
    const char *path = write_sample(s, "a");
    safetensors *st = open_ok(s, path);
    float got[6];
    assert_int_equal(truncate(path, (off_t)st->data + 10), 0);
    expect_error(s, st_read_f32(st, st_find(st, declared[1].name), got, &s->err), ANET_BAD_INPUT,
                 "too early");
    st_close(st);
}

static void the_writer_keeps_its_promises(void **state) {
    scratch *s = *state;
    const char *path = scratch_file(s, "old", "kept", 4);
    const st_tensor w = {.name = "w", .dtype = ST_U8, .rank = 1, .dims = {4}};
    const st_tensor twice[] = {w, w};
    const st_tensor huge = {.name = "h", .dtype = ST_F32, .rank = 2, .dims = {INT64_MAX, 8}};
    const st_tensor many = {.name = "m", .dtype = ST_U8, .rank = 9};
    st_writer *writer;
    expect_ok(
        s, st_writer_begin(path, &(st_content){.tensors = &w, .n_tensors = 1}, &writer, &s->err));
    expect_error(s, st_write(writer, "12345", 5, &s->err), ANET_INTERNAL, "more data");
    expect_error(s, st_writer_commit(writer, &s->err), ANET_INTERNAL,
                 "4 bytes were declared, 0 written");
    expect_ok(
        s, st_writer_begin(path, &(st_content){.tensors = &w, .n_tensors = 1}, &writer, &s->err));
    st_writer_cancel(writer);
    st_writer_cancel(NULL);
    expect_error(
        s, st_writer_begin(path, &(st_content){.tensors = twice, .n_tensors = 2}, &writer, &s->err),
        ANET_BAD_INPUT, "two members have the key \"w\"");
    expect_error(
        s, st_writer_begin(path, &(st_content){.tensors = &huge, .n_tensors = 1}, &writer, &s->err),
        ANET_BAD_INPUT, "too large");
    expect_error(
        s, st_writer_begin(path, &(st_content){.tensors = &many, .n_tensors = 1}, &writer, &s->err),
        ANET_BAD_INPUT, "too large");
    expect_error(
        s,
        st_writer_begin(s->folder, &(st_content){.tensors = &w, .n_tensors = 1}, &writer, &s->err),
        ANET_BAD_USAGE, "cannot write");
    size_t n;
    assert_string_equal(scratch_read(s, path, &n), "kept");
    assert_int_equal(scratch_entries(s, "", false), 1); /* no temporary file is left */
}

static void a_full_disk_is_an_error(void **state) {
    scratch *s = *state;
    const st_tensor w = {.name = "w", .dtype = ST_U8, .rank = 1, .dims = {4}};
    st_writer *writer;
    if (access("/dev/full", W_OK)) {
        print_message("skipped: no /dev/full here\n");
        skip();
    }
    expect_ok(s, st_writer_begin("/dev/full", &(st_content){.tensors = &w, .n_tensors = 1}, &writer,
                                 &s->err));
    expect_ok(s, st_write(writer, "1234", 4, &s->err));
    expect_error(s, st_writer_commit(writer, &s->err), ANET_BAD_USAGE, "No space left");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_reads_back),
        TEST(the_layout_is_that_of_the_format),
        TEST(every_float_dtype_converts),
        TEST(long_halves_convert_in_pieces),
        TEST(bad_values_are_named),
        TEST(refuses_wrong_headers),
        TEST(odd_but_right_headers_are_read),
        TEST(refuses_files_that_are_something_else),
        TEST(damage_is_noticed),
        TEST(a_file_cut_while_open_is_an_error),
        TEST(the_writer_keeps_its_promises),
        TEST(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests_name("safetensors", tests, NULL, NULL);
}
