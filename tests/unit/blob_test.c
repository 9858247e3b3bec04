/* Weight files: every dtype there and back, every fault with its message. */
#include "scratch.h"

#include "mil_test.h"

#include "base/half.h"
#include "mil/blob_read.h"

/* --- a file of one entry, whose parts tests spoil --- */

static anet_blob file_of(const mil_blob_writer *w) {
    return (anet_blob){"@model_path/w.bin", w->bytes.at, w->bytes.len};
}

static mil_blob_writer halves(uint64_t n) {
    mil_blob_writer w = {0};
    uint16_t *data = anet_calloc(n + 1, 2);
    for (uint64_t i = 0; i < n; i++) {
        data[i] = half_bits((float)i);
    }
    assert_int_equal(mil_blob_add(&w, MIL_FP16, data, n), 64);
    mil_blob_finish(&w);
    free(data);
    return w;
}

static void put(mil_blob_writer *w, size_t at, uint64_t x, int bytes) {
    for (int i = 0; i < bytes; i++) {
        w->bytes.at[at + (size_t)i] = (char)(x >> 8 * i);
    }
}

static void assert_find_fails(const mil_blob_writer *w, uint64_t offset, const char *message) {
    anet_blob file = file_of(w);
    mil_blob_entry e;
    anet_error err = {0};
    assert_int_equal(mil_blob_find(&file, offset, &e, &err), ANET_BAD_INPUT);
    assert_string_equal(err.message, message);
}

/* --- dtypes --- */

/* packs as the fact file says: element i in bits [i * bits, (i + 1) * bits), lowest first */
static void pack(uint8_t *to, size_t bits, size_t n, const int64_t *x) {
    for (size_t i = 0; i < n * bits; i++) {
        uint64_t bit = (uint64_t)x[i / bits] >> i % bits & 1;
        to[i / 8] = (uint8_t)(to[i / 8] | bit << i % 8);
    }
}

static void test_integers(void **state) {
    (void)state;
    static const struct {
        mil_dtype dtype;
        int64_t least, most;
    } rows[] = {{MIL_UINT1, 0, 1},         {MIL_UINT2, 0, 3},
                {MIL_UINT3, 0, 7},         {MIL_UINT4, 0, 15},
                {MIL_UINT6, 0, 63},        {MIL_INT4, -8, 7},
                {MIL_UINT8, 0, 255},       {MIL_INT8, -128, 127},
                {MIL_UINT16, 0, 65535},    {MIL_INT16, -32768, 32767},
                {MIL_UINT32, 0, 1u << 31}, {MIL_INT32, -(1LL << 31), (1LL << 31) - 1}};
    mil_blob_writer w = {0};
    uint64_t at[12];
    enum { N = 1037 };
    static int64_t x[12][N];
    for (int r = 0; r < 12; r++) {
        uint8_t packed[4 * N] = {0};
        int64_t range = rows[r].most - rows[r].least + 1;
        for (int64_t i = 0; i < N; i++) {
            x[r][i] = i == 0 ? rows[r].most : rows[r].least + i * 7919 * (r + 1) % range;
        }
        pack(packed, (size_t)mil_dtype_bits(rows[r].dtype), N, x[r]);
        at[r] = mil_blob_add(&w, rows[r].dtype, packed, N);
    }
    mil_blob_finish(&w);
    anet_blob file = file_of(&w);
    for (int r = 0; r < 12; r++) {
        mil_blob_entry e;
        anet_error err = {0};
        int32_t ints[N];
        float floats[N];
        assert_int_equal(mil_blob_find(&file, at[r], &e, &err), ANET_OK);
        assert_int_equal(e.dtype, rows[r].dtype);
        assert_int_equal(mil_blob_elements(&e), N);
        for (size_t first = 0; first < N; first += 97) { /* from the middle of bytes, too */
            mil_blob_ints(&e, first, N - first, ints);
            mil_blob_floats(&e, first, N - first, floats);
            for (size_t i = first; i < N; i++) {
                int64_t fits = x[r][i] > INT32_MAX ? INT32_MAX : x[r][i];
                assert_int_equal(ints[i - first], fits);
                assert_true(floats[i - first] == (float)fits);
            }
        }
    }
    text_free(&w.bytes);
}

/* every half, bf16 and fp8 there is */
static void test_small_floats(void **state) {
    (void)state;
    static uint16_t words[65536];
    static float x[65536];
    uint8_t bytes[256];
    for (int i = 0; i < 65536; i++) {
        words[i] = (uint16_t)i;
        bytes[i % 256] = (uint8_t)i;
    }
    mil_blob_writer w = {0};
    uint64_t half = mil_blob_add(&w, MIL_FP16, words, 65536);
    uint64_t bfloat = mil_blob_add(&w, MIL_BF16, words, 65536);
    uint64_t e4m3 = mil_blob_add(&w, MIL_FP8E4M3FN, bytes, 256);
    uint64_t e5m2 = mil_blob_add(&w, MIL_FP8E5M2, bytes, 256);
    mil_blob_finish(&w);
    anet_blob file = file_of(&w);
    mil_blob_entry e;
    anet_error err = {0};
    assert_int_equal(mil_blob_find(&file, half, &e, &err), ANET_OK);
    mil_blob_floats(&e, 0, 65536, x);
    for (int i = 0; i < 65536; i++) {
        float wanted = half_float((uint16_t)i);
        assert_true(wanted != wanted ? x[i] != x[i] : float_bits(x[i]) == float_bits(wanted));
    }
    assert_int_equal(mil_blob_find(&file, bfloat, &e, &err), ANET_OK);
    mil_blob_floats(&e, 0, 65536, x);
    for (uint32_t i = 0; i < 65536; i++) {
        assert_int_equal(float_bits(x[i]), i << 16);
    }
    assert_int_equal(mil_blob_find(&file, e5m2, &e, &err), ANET_OK);
    mil_blob_floats(&e, 0, 256, x);
    assert_true(x[0x3C] == 1 && x[0xC0] == -2 && x[0x7C] == INFINITY && isnan(x[0x7F]));
    assert_true(x[0x7B] == 57344 && x[1] == 0x1p-16f);
    assert_int_equal(mil_blob_find(&file, e4m3, &e, &err), ANET_OK);
    mil_blob_floats(&e, 0, 256, x);
    assert_true(x[0x38] == 1 && x[0xC0] == -2 && x[0x7E] == 448 && isnan(x[0x7F]) && isnan(x[255]));
    assert_true(x[1] == 0x1p-9f && x[8] == 0x1p-6f && x[0] == 0 && signbit(x[0x80]));
    text_free(&w.bytes);
}

static void test_floats_as_ints(void **state) {
    (void)state;
    static const float x[] = {1.75f, -2.5f, 3e9f, -3e9f, NAN, INFINITY};
    static const int32_t wanted[] = {1, -2, INT32_MAX, INT32_MIN, 0, INT32_MAX};
    mil_blob_writer w = {0};
    mil_blob_add(&w, MIL_FP32, x, 6);
    mil_blob_finish(&w);
    anet_blob file = file_of(&w);
    mil_blob_entry e;
    anet_error err = {0};
    int32_t got[6];
    assert_int_equal(mil_blob_find(&file, 64, &e, &err), ANET_OK);
    mil_blob_ints(&e, 0, 6, got);
    assert_memory_equal(got, wanted, sizeof got);
    text_free(&w.bytes);
}

/* --- lists of entries --- */

static void test_example_of_the_format(void **state) {
    (void)state;
    const uint16_t nine[9] = {0x3C00};
    const uint8_t five[2] = {0xFF, 0x7F};
    mil_blob_writer w = {0};
    assert_int_equal(mil_blob_add(&w, MIL_FP16, nine, 9), 64);
    assert_int_equal(mil_blob_add(&w, MIL_UINT3, five, 5), 192);
    assert_int_equal(mil_blob_add(&w, MIL_STRING, five, 1), 0);
    assert_int_equal(mil_blob_add(&w, MIL_FP64, five, 1), 0);
    mil_blob_finish(&w);
    const uint8_t *at = (const uint8_t *)w.bytes.at;
    assert_int_equal(w.bytes.len, 258);
    assert_memory_equal(at, "\2\0\0\0\2\0\0\0\0", 9);
    assert_memory_equal(at + 64, "\xEF\xBE\xAD\xDE\1\0\0\0\x12\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\0",
                        25);
    assert_memory_equal(at + 192, "\xEF\xBE\xAD\xDE\x0C\0\0\0\2\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\1\0",
                        26);
    text_free(&w.bytes);
}

static void assert_entries(const mil_blob_writer *w, size_t n) {
    anet_blob file = file_of(w);
    mil_blob_list list = {0};
    anet_error err = {0};
    assert_int_equal(mil_blob_entries(&file, &list, &err), ANET_OK);
    assert_int_equal(list.all.len, n);
    vec_free(&list.all);
}

static void test_count_lies(void **state) {
    (void)state;
    uint16_t data[32] = {0};
    mil_blob_writer w = {0};
    for (int i = 0; i < 5; i++) {
        mil_blob_add(&w, MIL_FP16, data, 32);
    }
    mil_blob_finish(&w);
    assert_entries(&w, 5);
    put(&w, 0, 1, 4);
    assert_entries(&w, 5);
    put(&w, 0, 0xFFFFFFFF, 4);
    assert_entries(&w, 5);
    put(&w, 64 + 16, 128, 8);
    put(&w, 64 + 8, 0, 8); /* an empty entry leads to what is behind its metadata: nothing */
    assert_entries(&w, 1);
    text_free(&w.bytes);
    mil_blob_writer empty = {0};
    mil_blob_finish(&empty);
    assert_entries(&empty, 0);
    text_free(&empty.bytes);
}

static void test_entries_refuse(void **state) {
    (void)state;
    mil_blob_writer w = halves(10);
    put(&w, 64 + 8, 21, 8);
    anet_blob file = file_of(&w);
    mil_blob_list list = {0};
    anet_error err = {0};
    assert_int_equal(mil_blob_entries(&file, &list, &err), ANET_BAD_INPUT);
    assert_string_equal(err.message,
                        "@model_path/w.bin: the entry at offset 64 has 21 bytes of data "
                        "from 128 on, but the file ends at 148: it is cut short, copy "
                        "it again");
    vec_free(&list.all);
    text_free(&w.bytes);
}

/* --- faults of one entry --- */

static void test_faults(void **state) {
    (void)state;
    mil_blob_writer w = halves(10);
    assert_find_fails(&w, 0,
                      "@model_path/w.bin: offset 0 is not that of an entry, which is a multiple "
                      "of 64 from 64 on; the first entry is at 64");
    assert_find_fails(&w, 100,
                      "@model_path/w.bin: offset 100 is not that of an entry, which is a "
                      "multiple of 64 from 64 on");
    assert_find_fails(&w, 128, "@model_path/w.bin: offset 128 lies behind the file's 148 bytes");
    assert_find_fails(&w, UINT64_MAX - 63,
                      "@model_path/w.bin: offset 18446744073709551552 lies behind "
                      "the file's 148 bytes");
    put(&w, 64 + 4, 99, 4);
    assert_find_fails(&w, 64,
                      "@model_path/w.bin: the entry at offset 64 has the unknown data type 99");
    put(&w, 64 + 4, 0, 4);
    assert_find_fails(&w, 64,
                      "@model_path/w.bin: the entry at offset 64 has the unknown data type 0");
    put(&w, 64 + 4, 1, 4);
    put(&w, 64 + 16, 100, 8);
    assert_find_fails(&w, 64,
                      "@model_path/w.bin: the data of the entry at offset 64 overlaps its own "
                      "metadata");
    put(&w, 64 + 16, 40, 8);
    assert_find_fails(&w, 64,
                      "@model_path/w.bin: the data of the entry at offset 64 overlaps the "
                      "file's header");
    put(&w, 64 + 16, UINT64_MAX - 2, 8);
    assert_find_fails(&w, 64,
                      "@model_path/w.bin: the entry at offset 64 has 20 bytes of data from "
                      "18446744073709551613 on, but the file ends at 148");
    put(&w, 64, 0, 4);
    assert_find_fails(&w, 64,
                      "@model_path/w.bin: there is no entry at offset 64, whose first word would "
                      "be 0xDEADBEEF");
    text_free(&w.bytes);
}

static void test_offset_of_the_data(void **state) {
    (void)state;
    mil_blob_writer w = halves(40);
    assert_find_fails(&w, 128,
                      "@model_path/w.bin: there is no entry at offset 128: that is where the "
                      "data of an entry begins, and BLOBFILE wants the offset of its metadata, "
                      "64 less");
    text_free(&w.bytes);
}

static void test_other_files(void **state) {
    (void)state;
    mil_blob_writer w = halves(10);
    put(&w, 4, 1, 4);
    assert_find_fails(&w, 64,
                      "'@model_path/w.bin' is a weight file of version 1 (neural networks before "
                      "ML programs); convert the model to an ML program, which writes version 2");
    put(&w, 4, 3, 4);
    assert_find_fails(&w, 64,
                      "'@model_path/w.bin' is no weight file: its second word must be the "
                      "version 2, not 3");
    w.bytes.len = 63;
    assert_find_fails(&w, 64,
                      "'@model_path/w.bin' is no weight file: it has 63 bytes, less than the "
                      "header of 64");
    text_free(&w.bytes);
}

/* --- values --- */

static void assert_value(const mil_blob_writer *w, mil_type type, uint64_t offset,
                         mil_blob_entry *e, const char *message) {
    arena *a = arena_new();
    anet_blob file = file_of(w);
    mil_value value = {.type = type,
                       .kind = MIL_BLOB,
                       .blob_path = arena_strdup(a, file.path),
                       .blob_offset = offset};
    anet_error err = {0};
    anet_code code = mil_blob_value(&file, 1, &value, e, &err);
    assert_string_equal(err.message, message);
    assert_int_equal(code, *message ? ANET_BAD_INPUT : ANET_OK);
    arena_free(a);
}

static void test_values(void **state) {
    (void)state;
    mil_blob_writer w = halves(12);
    int64_t dims[] = {3, 4}, any[] = {3, -1};
    mil_blob_entry e;
    assert_value(&w, (mil_type){.dtype = MIL_FP16, .rank = 2, .dims = dims}, 64, &e, "");
    assert_int_equal(e.size, 24);
    assert_value(
        &w, (mil_type){.dtype = MIL_FP32, .rank = 2, .dims = dims}, 64, &e,
        "@model_path/w.bin: the entry at offset 64 holds fp16, but the value is declared fp32");
    assert_value(
        &w, (mil_type){.dtype = MIL_FP16, .rank = 1, .dims = dims}, 64, &e,
        "@model_path/w.bin: the entry at offset 64 has 24 bytes, but the 3 elements of fp16 that "
        "the value is declared with need 6");
    assert_value(&w, (mil_type){.dtype = MIL_FP16, .rank = 2, .dims = any}, 64, &e,
                 "a value in a weight file must have a static shape of less than 2^60 elements");
    assert_value(
        &w, (mil_type){.dtype = MIL_BOOL, .rank = 2, .dims = dims}, 64, &e,
        "a value in a weight file must be a tensor of numbers of at most 32 bits, not of bool");
    assert_value(&w, (mil_type){.kind = MIL_TUPLE}, 64, &e,
                 "a value in a weight file must be a tensor of numbers of at most 32 bits, not of "
                 "another kind");
    text_free(&w.bytes);
}

static void test_scalar_and_missing_file(void **state) {
    (void)state;
    mil_blob_writer w = halves(1);
    mil_blob_entry e;
    float x = -1;
    assert_value(&w, mil_scalar(MIL_FP16), 64, &e, "");
    mil_blob_floats(&e, 0, 1, &x);
    assert_true(x == 0);
    mil_value value = {
        .type = mil_scalar(MIL_FP16), .kind = MIL_BLOB, .blob_path = (char[]){"other"}};
    anet_error err = {0};
    assert_int_equal(mil_blob_value(NULL, 0, &value, &e, &err), ANET_BAD_INPUT);
    assert_string_equal(err.message, "there is no file 'other'");
    text_free(&w.bytes);
}

/* what bench programs of other projects write: int8 called fp16, a nonsense size and no offset */
static void test_bare_entry(void **state) {
    (void)state;
    int8_t data[100];
    for (int i = 0; i < 100; i++) {
        data[i] = (int8_t)(i - 50);
    }
    mil_blob_writer w = {0};
    mil_blob_add(&w, MIL_INT8, data, 100);
    mil_blob_finish(&w);
    put(&w, 64 + 4, 1, 4);
    put(&w, 64 + 8, 0x80000, 8);
    put(&w, 64 + 16, 0, 8);
    int64_t dims[] = {10, 10}, more[] = {101};
    int32_t got[100];
    mil_blob_entry e;
    assert_value(&w, (mil_type){.dtype = MIL_INT8, .rank = 2, .dims = dims}, 64, &e, "");
    mil_blob_ints(&e, 0, 100, got);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(got[i], i - 50);
    }
    assert_value(
        &w, (mil_type){.dtype = MIL_INT8, .rank = 1, .dims = more}, 64, &e,
        "@model_path/w.bin: the entry at offset 64 has 101 bytes of data from 128 on, but the "
        "file ends at 228: it is cut short, copy it again");
    text_free(&w.bytes);
}

/* --- whole programs --- */

typedef struct reference {
    const char *type, *path;
    int offset;
} reference;

static mil_program *program_of(arena *a, int n, const reference *refs) {
    text body = {0};
    for (int i = 0; i < n; i++) {
        text_printf(&body,
                    "%s c%d = const()[name = string(\"c\"), val = %s(BLOBFILE(path = "
                    "string(\"%s\"), offset = uint64(%d)))];\n",
                    refs[i].type, i, refs[i].type, refs[i].path, refs[i].offset);
    }
    return read_ok(func_text(a, "fp16 x", text_move(&body, a), "x"));
}

static void assert_findings(const mil_program *p, const anet_blob *files, int n,
                            const char *wanted) {
    mil_findings f = {.memory = arena_new()};
    text out = {0};
    text_puts(&out, "");
    mil_check_blobs(p, files, n, &f);
    mil_findings_sort(&f);
    mil_findings_print(&f, "m", &out);
    assert_string_equal(out.len ? out.at : "", wanted);
    text_free(&out);
    arena_free(f.memory);
    mil_findings_free(&f);
}

static void test_findings(void **state) {
    (void)state;
    arena *a = arena_new();
    static const reference values[] = {
        {"tensor<fp16, [12]>", "@model_path/w.bin", 64},
        {"tensor<fp16, [3, 4]>", "@model_path/w.bin", 64}, /* one entry, used twice */
        {"tensor<fp16, [12]>", "gone.bin", 64},
        {"tensor<fp16, [12]>", "gone.bin", 128},
        {"tensor<fp16, [13]>", "@model_path/w.bin", 64},
        {"tensor<int8, [24]>", "@model_path/w.bin", 64},
    };
    mil_program *p = program_of(a, 6, values);
    mil_blob_writer w = halves(12);
    anet_blob file = file_of(&w);
    assert_findings(
        p, &file, 1,
        "m:6:25: error: c2 = const: there is no file 'gone.bin' [M0501]\n"
        "m:8:25: error: c4 = const: @model_path/w.bin: the entry at offset 64 has 24 bytes, but "
        "the "
        "13 elements of fp16 that the value is declared with need 26 [M0508]\n"
        "m:9:25: error: c5 = const: @model_path/w.bin: the entry at offset 64 holds fp16, but the "
        "value is declared int8 [M0507]\n");
    mil_free(p);
    text_free(&w.bytes);
    arena_free(a);
}

static void test_overlaps(void **state) {
    (void)state;
    arena *a = arena_new();
    static const reference values[] = {
        {"tensor<fp16, [32]>", "@model_path/w.bin", 192},
        {"tensor<fp16, [32]>", "@model_path/w.bin", 64},
        {"tensor<fp16, [32]>", "@model_path/w.bin", 320},
    };
    uint16_t data[32] = {0};
    mil_blob_writer w = {0};
    for (int i = 0; i < 3; i++) {
        mil_blob_add(&w, MIL_FP16, data, 32);
    }
    mil_blob_finish(&w);
    mil_program *p = program_of(a, 3, values);
    anet_blob file = file_of(&w);
    assert_findings(p, &file, 1, "");
    put(&w, 320 + 16, 192 + 32, 8); /* from its metadata on into its data */
    assert_findings(
        p, &file, 1,
        "m:6:25: error: c2 = const: @model_path/w.bin: the entries at offset 192 and 320 "
        "overlap [M0509]\n");
    mil_free(p);
    text_free(&w.bytes);
    arena_free(a);
}

static void test_bare_entry_is_a_warning(void **state) {
    (void)state;
    arena *a = arena_new();
    static const reference values[] = {{"tensor<fp16, [12]>", "@model_path/w.bin", 64}};
    mil_program *p = program_of(a, 1, values);
    mil_blob_writer w = halves(12);
    put(&w, 64 + 16, 0, 8);
    anet_blob file = file_of(&w);
    assert_findings(
        p, &file, 1,
        "m:4:25: warning: c0 = const: @model_path/w.bin: the entry at offset 64 does not "
        "say where its data is; the 24 bytes behind it are taken, as Apple's loader does "
        "[M0510]\n");
    mil_free(p);
    text_free(&w.bytes);
    arena_free(a);
}

/* --- random files --- */

static mil_program *read_body(const char *body) {
    arena *a = arena_new();
    mil_program *p = read_ok(func_text(a, "tensor<fp16, [1, 64, 8, 8]> x", body, "y"));
    arena_free(a);
    return p;
}

static void random_ok(const mil_program *p, uint64_t seed, mil_weights *w) {
    anet_error err = {0};
    if (mil_weights_random(p, seed, w, &err)) {
        fail_msg("%s", err.message);
    }
    assert_findings(p, w->files.at, (int)w->files.len, "");
}

static void floats_at(const mil_weights *w, uint64_t offset, size_t n, float *x) {
    mil_blob_entry e;
    anet_error err = {0};
    assert_int_equal(mil_blob_find(&w->files.at[0], offset, &e, &err), ANET_OK);
    assert_int_equal(mil_blob_elements(&e), n);
    mil_blob_floats(&e, 0, n, x);
}

static void assert_spread(const float *x, size_t n, double mean, double deviation) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    }
    assert_true(fabs(sum / (double)n - mean) < 4 * deviation / sqrt((double)n));
    assert_true(fabs(sqrt(squares / (double)n) / deviation - 1) < 0.1);
}

#define CONST(type, name, offset)                                                                  \
    type " " name " = const()[name = string(\"" name "\"), val = " type                            \
         "(BLOBFILE(path = string(\"@model_path/w.bin\"), offset = uint64(" #offset ")))];\n"

static void test_random_values_fit_their_use(void **state) {
    (void)state;
    mil_program *p = read_body(
        CONST("tensor<fp16, [32, 64, 1, 1]>", "w", 64) CONST("tensor<fp16, [4096]>", "b", 4224)
            CONST("tensor<fp16, [512]>", "variance", 12480)
                CONST("tensor<fp32, [1000, 400]>", "right", 13568)
                    CONST("tensor<uint16, [1000]>", "i",
                          1613632) "tensor<fp16, [1, 32, 8, 8]> c = conv(bias = b, weight = w, x = "
                                   "x)[name = string(\"c\")];\n"
                                   "tensor<fp16, [1]> n = batch_norm(mean = b, variance = "
                                   "variance, x = c)[name = "
                                   "string(\"n\")];\n"
                                   "tensor<fp32, [1]> m = matmul(x = c, y = right, transpose_y = "
                                   "bool(true))[name = "
                                   "string(\"m\")];\n"
                                   "tensor<fp16, [7, 9]> t = relu(x = x)[name = string(\"t\")];\n"
                                   "tensor<fp16, [1]> y = gather(x = t, indices = i)[name = "
                                   "string(\"y\")];\n");
    mil_weights w;
    static float x[400000];
    random_ok(p, 7, &w);
    floats_at(&w, 64, 2048, x);
    assert_spread(x, 2048, 0, 1 / 8.0);
    floats_at(&w, 4224, 4096, x);
    assert_spread(x, 4096, 0, 0.02);
    floats_at(&w, 12480, 512, x);
    assert_spread(x, 512, 1, 0.144);
    for (int i = 0; i < 512; i++) {
        assert_true(x[i] > 0.7f && x[i] < 1.3f);
    }
    floats_at(&w, 13568, 400000, x);
    assert_spread(x, 400000, 0, 0.05);
    floats_at(&w, 1613632, 1000, x);
    float most = 0;
    for (int i = 0; i < 1000; i++) {
        most = fmaxf(most, x[i]);
    }
    assert_true(most == 6);
    mil_weights_close(&w);
    mil_free(p);
}

static void test_random_compressed_weights(void **state) {
    (void)state;
    mil_program *p = read_body(
        CONST("tensor<uint1, [64, 64]>", "mask", 64) CONST("tensor<int8, [1000]>", "data", 640)
            CONST("tensor<fp16, [1]>", "scale", 1728)
                CONST("tensor<int8, [1]>", "zero",
                      1856) "tensor<uint1, [64, 64]> k, tensor<fp16, [1000]> d = "
                            "constexpr_sparse_blockwise_shift_scale(data_mask = mask, nonzero_data "
                            "= data, scale = "
                            "scale, offset = zero)[name = string(\"k\")];\n"
                            "tensor<fp16, [64, 64]> s = constexpr_sparse_to_dense(nonzero_data = "
                            "d, mask = k)[name = "
                            "string(\"s\")];\n"
                            "tensor<fp16, [64, 64]> y = linear(x = x, weight = s)[name = "
                            "string(\"y\")];\n");
    mil_weights w;
    float x[4096];
    random_ok(p, 7, &w);
    floats_at(&w, 64, 4096, x);
    int ones = 0;
    for (int i = 0; i < 4096; i++) {
        ones += x[i] == 1;
    }
    assert_int_equal(ones, 1000);
    floats_at(&w, 640, 1000, x);
    assert_spread(x, 1000, -0.5, 256 / sqrt(12));
    floats_at(&w, 1728, 1, x);
    assert_true(x[0] > 0.7 / 8 / 74 && x[0] < 1.3 / 8 / 73);
    floats_at(&w, 1856, 1, x);
    assert_true(x[0] == 0);
    mil_weights_close(&w);
    mil_free(p);
}

static void test_random_codes(void **state) {
    (void)state;
    mil_program *p = read_body(
        CONST("tensor<uint8, [64, 64]>", "q", 64) CONST("tensor<fp32, [64]>", "scale", 4224) CONST(
            "tensor<uint8, [64]>", "zero", 4544) CONST("tensor<uint6, [64, 64]>", "i", 4672)
            CONST("tensor<fp16, [1, 1, 64, 1]>", "lut",
                  7808) "tensor<fp32, [64, 64]> a = constexpr_affine_dequantize(quantized_data = "
                        "q, scale = scale, "
                        "zero_point = zero, axis = int32(0))[name = string(\"a\")];\n"
                        "tensor<fp16, [64, 64]> l = constexpr_lut_to_dense(indices = i, lut = "
                        "lut)[name = "
                        "string(\"l\")];\n"
                        "tensor<fp32, [64, 64]> t = transpose(x = a, perm = tensor<int32, [2]>([1, "
                        "0]))[name = "
                        "string(\"t\")];\n"
                        "tensor<fp32, [64, 64]> m = matmul(x = t, y = t)[name = string(\"m\")];\n"
                        "tensor<fp16, [64, 64]> y = linear(x = x, weight = l)[name = "
                        "string(\"y\")];\n");
    mil_weights w;
    float x[4096];
    random_ok(p, 7, &w);
    floats_at(&w, 64, 4096, x);
    assert_spread(x, 4096, 127.5, 256 / sqrt(12));
    floats_at(&w, 4224, 64, x);
    for (int i = 0; i < 64; i++) {
        assert_true(x[i] > 0.74 / 8 / 73.9 && x[i] < 1.26 / 8 / 73.9);
    }
    floats_at(&w, 4544, 64, x);
    assert_true(x[0] == 128 && x[63] == 128);
    floats_at(&w, 4672, 4096, x);
    assert_spread(x, 4096, 31.5, 64 / sqrt(12));
    floats_at(&w, 7808, 64, x);
    double squares = 0;
    for (int i = 0; i < 64; i++) {
        squares += (double)x[i] * (double)x[i];
    }
    assert_true(squares > 0.5 && squares < 1.5); /* 64 of a deviation of 1/8 */
    mil_weights_close(&w);
    mil_free(p);
}

static void test_random_is_the_same_for_a_seed(void **state) {
    (void)state;
    mil_program *p = read_body(
        CONST("tensor<uint3, [7]>", "a", 64) CONST("tensor<fp16, [7]>", "b", 192)
            CONST("tensor<bf16, [7]>", "c", 320) CONST("tensor<fp8e4m3fn, [7]>", "d", 448));
    mil_weights one, two, other;
    random_ok(p, 1, &one);
    random_ok(p, 1, &two);
    random_ok(p, 2, &other);
    size_t size = one.files.at[0].size;
    assert_int_equal(two.files.at[0].size, size);
    assert_memory_equal(one.files.at[0].data, two.files.at[0].data, size);
    assert_memory_not_equal(one.files.at[0].data, other.files.at[0].data, size);
    mil_weights_close(&one);
    mil_weights_close(&two);
    mil_weights_close(&other);
    mil_free(p);
}

/* metadata 64 bytes apart: the data has to go elsewhere */
static void test_random_without_room(void **state) {
    (void)state;
    mil_program *p = read_body(CONST("tensor<fp16, [100]>", "a", 64) CONST(
        "tensor<fp16, [100]>", "b", 128) CONST("tensor<fp16, [10, 10]>", "c", 64));
    mil_weights w;
    random_ok(p, 1, &w);
    float x[100];
    floats_at(&w, 64, 100, x);
    floats_at(&w, 128, 100, x);
    mil_weights_close(&w);
    mil_free(p);
}

static void assert_random_fails(const char *body, anet_code code, const char *message) {
    mil_program *p = read_body(body);
    mil_weights w;
    anet_error err = {0};
    assert_int_equal(mil_weights_random(p, 1, &w, &err), code);
    assert_string_equal(err.message, message);
    mil_free(p);
}

static void test_random_refuses(void **state) {
    (void)state;
    assert_random_fails(
        CONST("tensor<fp16, [?]>", "a", 64), ANET_BAD_INPUT,
        "no random weights for line 4 of the program: a value in a weight file must "
        "have a static shape of less than 2^60 elements");
    assert_random_fails(
        CONST("tensor<fp16, [1]>", "a", 65), ANET_BAD_INPUT,
        "no random weights for line 4 of the program: offset 65 is not a multiple of "
        "64 from 64 on");
    assert_random_fails(
        CONST("tensor<fp16, [9]>", "a", 64) CONST("tensor<int8, [9]>", "b", 64), ANET_BAD_INPUT,
        "no random weights for line 5 of the program: @model_path/w.bin: the entry at "
        "offset 64 is 9 elements of int8 here and 9 of fp16 in line 4");
    assert_random_fails(CONST("tensor<fp16, [1]>", "a", 9007199254740992), ANET_FAILED,
                        "no memory for random weights of '@model_path/w.bin'");
    assert_random_fails(CONST("tensor<uint1, [9223372036854775807]>", "a", 64)
                            CONST("tensor<uint1, [9223372036854775807]>", "b", 128),
                        ANET_FAILED, "no memory for random weights of '@model_path/w.bin'");
}

/* --- files of a folder --- */

static mil_program *program_with_path(scratch *s, const char *path) {
    reference ref = {"tensor<fp16, [12]>", path, 64};
    return program_of(s->memory, 1, &ref);
}

static void test_paths(void **state) {
    scratch *s = *state;
    static const char *const paths[] = {"@model_path/w.bin", "w.bin", "@model_path/./w.bin"};
    mil_blob_writer file = halves(12);
    scratch_file(s, "w.bin", file.bytes.at, file.bytes.len);
    for (int i = 0; i < 3; i++) {
        mil_program *p = program_with_path(s, paths[i]);
        mil_weights w;
        expect_ok(s, mil_weights_open(p, s->folder, &w, &s->err));
        assert_int_equal(w.files.len, 1);
        assert_findings(p, w.files.at, 1, "");
        mil_weights_close(&w);
        mil_free(p);
    }
    reference two[] = {{"tensor<fp16, [12]>", "any name", 64}, {"tensor<fp16, [12]>", "two", 64}};
    const char *path = scratch_path(s, "w.bin");
    for (int n = 1; n <= 2; n++) { /* the file itself */
        mil_program *p = program_of(s->memory, n, two);
        mil_weights w;
        anet_code code = mil_weights_open(p, path, &w, &s->err);
        if (n == 1) {
            expect_ok(s, code);
            assert_findings(p, w.files.at, 1, "");
        } else {
            expect_error(s, code, ANET_BAD_INPUT,
                         "the program has weights in 'any name' and in 'two': name the folder");
        }
        mil_weights_close(&w);
        mil_free(p);
    }
    text_free(&file.bytes);
}

static void test_paths_that_lead_outside(void **state) {
    scratch *s = *state;
    static const char *const paths[] = {
        "../w.bin",   "@model_path/../w.bin",   "a/../../w.bin", "a/..",
        "/etc/hosts", "@model_path//etc/hosts", "@model_path/",  ""};
    for (int i = 0; i < 8; i++) {
        mil_program *p = program_with_path(s, paths[i]);
        mil_weights w;
        anet_code code = mil_weights_open(p, s->folder, &w, &s->err);
        expect_error(
            s, code, ANET_BAD_INPUT,
            arena_printf(s->memory,
                         "the program wants its weights from '%s', which may lie outside of "
                         "the folder '%s'",
                         paths[i], s->folder));
        mil_weights_find(p, s->folder, &w);
        assert_int_equal(w.files.len, 0);
        mil_weights_close(&w);
        mil_free(p);
    }
}

static void test_files_that_cannot_be_opened(void **state) {
    scratch *s = *state;
    mil_program *p = program_with_path(s, "@model_path/..w");
    mil_weights w;
    expect_error(s, mil_weights_open(p, s->folder, &w, &s->err), ANET_BAD_USAGE,
                 "/..w: No such file or directory");
    mil_free(p);
    p = program_with_path(s, ".");
    expect_error(s, mil_weights_open(p, s->folder, &w, &s->err), ANET_BAD_USAGE, "Is a directory");
    mil_free(p);
    p = program_with_path(s, "empty");
    scratch_file(s, "empty", "", 0);
    expect_ok(s, mil_weights_open(p, s->folder, &w, &s->err));
    assert_findings(
        p, w.files.at, 1,
        "m:4:25: error: c0 = const: 'empty' is no weight file: it has 0 bytes, less than "
        "the header of 64 [M0502]\n");
    mil_weights_close(&w);
    mil_free(p);
}

/* --- real programs --- */

typedef struct visit {
    int programs, with_files;
} visit;

static void check_program(const char *path, void *user) {
    visit *v = user;
    arena *a = arena_new();
    char *source;
    size_t size;
    mil_program *p;
    mil_weights w;
    anet_error err = {0};
    assert_int_equal(file_read(a, path, SIZE_MAX / 2, &source, &size), 0);
    if (mil_read(source, size, path, &p, &err)) {
        fail_msg("%s", err.message);
    }
    random_ok(p, 1, &w);
    mil_weights_close(&w);
    const char *folder = path_folder(a, path),
               *name = arena_printf(a, "%s.bin", path_stem(a, path));
    const char *own = path_join(a, path_join(a, folder, "weights"), name); /* of ops/ */
    if (mil_weights_open(p, file_exists(own) ? own : folder, &w, &err) == ANET_OK) {
        v->with_files += w.files.len > 0;
        assert_findings(p, w.files.at, (int)w.files.len, "");
        mil_weights_close(&w);
    }
    v->programs++;
    mil_free(p);
    arena_free(a);
}

/* Every program gets random weights that suit it; those that have weights refer to them rightly. */
static void test_corpus(void **state) {
    (void)state;
    arena *a = arena_new();
    const char *folder = corpus_folder(a);
    visit v = {0};
    if (folder) {
        each_mil_file(a, folder, check_program, &v);
        print_message("%d programs, %d with weights\n", v.programs, v.with_files);
        assert_true(v.programs >= 200);
        assert_true(v.with_files >= 30);
    }
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_small_floats),
        cmocka_unit_test(test_floats_as_ints),
        cmocka_unit_test(test_example_of_the_format),
        cmocka_unit_test(test_count_lies),
        cmocka_unit_test(test_entries_refuse),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_offset_of_the_data),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_scalar_and_missing_file),
        cmocka_unit_test(test_bare_entry),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_overlaps),
        cmocka_unit_test(test_bare_entry_is_a_warning),
        cmocka_unit_test(test_random_values_fit_their_use),
        cmocka_unit_test(test_random_compressed_weights),
        cmocka_unit_test(test_random_codes),
        cmocka_unit_test(test_random_is_the_same_for_a_seed),
        cmocka_unit_test(test_random_without_room),
        cmocka_unit_test(test_random_refuses),
        cmocka_unit_test_setup_teardown(test_paths, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_paths_that_lead_outside, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_files_that_cannot_be_opened, scratch_open,
                                        scratch_close),
        cmocka_unit_test(test_corpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
