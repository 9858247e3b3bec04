/* .npy files: every type in every order, there and back, and files that are not right. */
#include "mil_test.h"

#include "npy.h"

/* a version 1 file of this header and these bytes */
static text file_of(const char *header, const void *bytes, size_t n) {
    text t = {0};
    size_t length = strlen(header);
    text_add(&t, "\x93NUMPY\1\0", 8);
    text_putc(&t, (char)(length & 0xFF));
    text_putc(&t, (char)(length >> 8));
    text_puts(&t, header);
    text_add(&t, bytes, n);
    return t;
}

static npy_array parse_ok(const text *t) {
    npy_array a;
    anet_error err = {0};
    if (npy_parse(t->at, t->len, "x.npy", &a, &err)) {
        fail_msg("%s", err.message);
    }
    return a;
}

static void assert_refused(const text *t, const char *message) {
    npy_array a;
    anet_error err = {0};
    assert_int_equal(npy_parse(t->at, t->len, "x.npy", &a, &err), ANET_BAD_INPUT);
    assert_string_equal(err.message, message);
}

static void assert_header_refused(const char *header, const char *what) {
    arena *a = arena_new();
    text t = file_of(header, "12345678", 8);
    assert_refused(&t, arena_printf(a, "x.npy: not a .npy file that NumPy writes: %s", what));
    text_free(&t);
    arena_free(a);
}

/* --- reading --- */

static void test_types_and_byte_orders(void **state) {
    (void)state;
    static const struct {
        const char *descr, *bytes;
        size_t size;
        float wanted; /* element 1 of 2 */
    } rows[] = {
        {"|b1", "\0\1", 1, 1},
        {"|i1", "\0\xFE", 1, -2},
        {"|u1", "\0\xFE", 1, 254},
        {"<i2", "\0\0\xFE\xFF", 2, -2},
        {">i2", "\0\0\xFF\xFE", 2, -2},
        {"<u2", "\0\0\xFE\xFF", 2, 65534},
        {"<i4", "\0\0\0\0\xFE\xFF\xFF\xFF", 4, -2},
        {">i4", "\0\0\0\0\xFF\xFF\xFF\xFE", 4, -2},
        {">u4", "\0\0\0\0\0\0\1\2", 4, 258},
        {"<i8", "\0\0\0\0\0\0\0\0\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, -2},
        {">u8", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\2", 8, 258},
        {"<f2", "\0\0\0\xC1", 2, -2.5f},
        {">f2", "\0\0\xC1\0", 2, -2.5f},
        {"=f4", "\0\0\0\0\0\0\x20\xC0", 4, -2.5f},
        {">f4", "\0\0\0\0\xC0\x20\0\0", 4, -2.5f},
        {"<f8", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\xC0", 8, -2.5f},
        {">f8", "\0\0\0\0\0\0\0\0\xC0\x04\0\0\0\0\0\0", 8, -2.5f},
    };
    arena *a = arena_new();
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char *header = arena_printf(a, "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }\n",
                                    rows[r].descr);
        text t = file_of(header, rows[r].bytes, 2 * rows[r].size);
        npy_array array = parse_ok(&t);
        anet_error err = {0};
        float x[2] = {9, 9};
        int32_t i[2] = {9, 9};
        assert_int_equal(array.elements, 2);
        assert_int_equal(npy_floats(&array, "x.npy", x, &err), ANET_OK);
        assert_true(x[0] == 0 && x[1] == rows[r].wanted);
        if (rows[r].wanted == floorf(rows[r].wanted)) {
            assert_int_equal(npy_ints(&array, "x.npy", i, &err), ANET_OK);
            assert_true(i[0] == 0 && (float)i[1] == rows[r].wanted);
        }
        text_free(&t);
    }
    arena_free(a);
}

static void test_fortran_order(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0, 3, 1, 4, 2, 5}; /* [[0 1 2] [3 4 5]] by columns */
    text t = file_of("{\"shape\": (2L, 3L), 'fortran_order': True, 'descr': '|u1'}", bytes, 6);
    npy_array a = parse_ok(&t);
    anet_error err = {0};
    int32_t x[6];
    assert_int_equal(npy_ints(&a, "x.npy", x, &err), ANET_OK);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(x[i], i);
    }
    text_free(&t);
}

static void test_scalars_and_empty_arrays(void **state) {
    (void)state;
    text t = file_of("{'descr': '<i2', 'fortran_order': False, 'shape': (), }", "\7\0", 2);
    npy_array a = parse_ok(&t);
    anet_error err = {0};
    int32_t x = 0;
    assert_true(a.rank == 0 && a.elements == 1);
    assert_int_equal(npy_ints(&a, "x.npy", &x, &err), ANET_OK);
    assert_int_equal(x, 7);
    text_free(&t);
    t = file_of("{'descr': '<i2', 'fortran_order': True, "
                "'shape': (9223372036854775807, 0, 9223372036854775807), }",
                "", 0);
    a = parse_ok(&t);
    assert_int_equal(a.elements, 0);
    assert_int_equal(npy_ints(&a, "x.npy", &x, &err), ANET_OK);
    text_free(&t);
}

static void test_versions(void **state) {
    (void)state;
    const char *header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }\n";
    for (char version = 2; version <= 3; version++) {
        text t = {0};
        text_add(&t, "\x93NUMPY", 6);
        text_putc(&t, version);
        text_putc(&t, 0);
        text_putc(&t, (char)strlen(header));
        text_add(&t, "\0\0", 3);
        text_puts(&t, header);
        text_putc(&t, 5);
        npy_array a = parse_ok(&t);
        assert_int_equal(*a.bytes, 5);
        text_free(&t);
    }
}

/* --- numbers that do not fit --- */

static void assert_values_refused(const char *descr, uint64_t bits, size_t size, bool ints,
                                  const char *message) {
    arena *a = arena_new();
    char *header =
        arena_printf(a, "{'descr': '%s', 'fortran_order': False, 'shape': (1,), }", descr);
    text t = file_of(header, &bits, size);
    npy_array array = parse_ok(&t);
    anet_error err = {0};
    float x;
    int32_t i;
    assert_int_equal(ints ? npy_ints(&array, "x.npy", &i, &err)
                          : npy_floats(&array, "x.npy", &x, &err),
                     ANET_BAD_INPUT);
    assert_string_equal(err.message, message);
    text_free(&t);
    arena_free(a);
}

static void test_what_does_not_fit(void **state) {
    (void)state;
    assert_values_refused("<u4", 0x80000000u, 4, true,
                          "x.npy: element 0 is 2147483648, which a 32-bit integer cannot hold");
    assert_values_refused("<i8", 1ull << 40, 8, true,
                          "x.npy: element 0 is 1099511627776, which a 32-bit integer cannot hold");
    assert_values_refused("<f4", 0x3FC00000u, 4, true,
                          "x.npy: element 0 is 1.5, which a 32-bit integer cannot hold");
    assert_values_refused("<f4", 0x7FC00000u, 4, true,
                          "x.npy: element 0 is nan, which a 32-bit integer cannot hold");
    assert_values_refused("<f8", 0x7FEFFFFFFFFFFFFFu, 8, false,
                          "x.npy: element 0 is 1.7976931348623157e+308, which a 32-bit float "
                          "cannot hold");
}

/* --- files that are wrong --- */

static void test_bad_headers(void **state) {
    (void)state;
    assert_header_refused("", "its header is not a dictionary");
    assert_header_refused("{", "a string is missing in its header");
    assert_header_refused("{'descr", "a string in its header does not end");
    assert_header_refused("{'descr' '<f4'}", "a ':' is missing in its header");
    assert_header_refused("{'descr': '<f4' 'shape': ()}", "a ',' is missing in its header");
    assert_header_refused("{'descr': '<f4', 'descr': '<f4'}",
                          "its header has a key twice, or an unknown one");
    assert_header_refused("{'colour': 1}", "its header has a key twice, or an unknown one");
    assert_header_refused("{'descr': [('a', '<f4')]}", "its elements are records; save one field");
    assert_header_refused("{'fortran_order': 0}",
                          "fortran_order in its header is neither True nor False");
    assert_header_refused("{'shape': 3}", "its shape is not a tuple");
    assert_header_refused("{'shape': (-1,)}", "its shape is not a tuple of numbers");
    assert_header_refused("{'shape': (1 2)}", "its shape is not a tuple of numbers");
    assert_header_refused("{'shape': (9223372036854775808,)}", "a dimension is beyond 2^63");
    assert_header_refused(
        "{'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
        "1,1)}",
        "it has more than 32 dimensions");
    assert_header_refused("{'shape': (1,)}",
                          "descr, fortran_order or shape is missing in its header");
    assert_header_refused("{'descr': '<f4', 'fortran_order': False, 'shape': ()} x",
                          "something follows the dictionary in its header");
}

static void test_bad_files(void **state) {
    (void)state;
    const char *no = "x.npy: not a .npy file that NumPy writes: it does not begin as one; write it "
                     "with numpy.save";
    text t = {"PK\3\4........", 12, 0};
    assert_refused(&t, no);
    t = (text){"\x93NUMPY\1", 7, 0};
    assert_refused(&t, no);
    t = (text){"\x93NUMPY\4\0\1\0{", 11, 0};
    assert_refused(&t, "x.npy: not a .npy file that NumPy writes: its version is not 1, 2 or 3");
    t = (text){"\x93NUMPY\1\0\2\0{", 11, 0};
    assert_refused(&t, "x.npy: not a .npy file that NumPy writes: it ends in its header");
    t = (text){"\x93NUMPY\2\0\xFF\xFF\xFF", 11, 0};
    assert_refused(&t, "x.npy: not a .npy file that NumPy writes: it ends in its header");
    t = file_of("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "12345678", 8);
    assert_refused(&t, "x.npy: elements of type '<c8' cannot be read; save floats, integers or "
                       "booleans, as with x.astype(numpy.float32)");
    text_free(&t);
}

static void test_cut_short(void **state) {
    (void)state;
    static const char *const shapes[] = {"(3,)", "(2, 2)", "(4294967296, 4294967296, 2)",
                                         "(9223372036854775807,)"};
    arena *a = arena_new();
    for (int i = 0; i < 4; i++) {
        text t = file_of(
            arena_printf(a, "{'descr': '<f4', 'fortran_order': False, 'shape': %s}", shapes[i]),
            "12345678901", 11);
        assert_refused(&t, "x.npy: the file ends after 11 bytes of elements, but its shape needs "
                           "more: it is cut short");
        text_free(&t);
    }
    arena_free(a);
}

/* --- writing --- */

static void test_header_of_numpy(void **state) {
    (void)state;
    text t = {0};
    float x[3] = {1, -0.5f, 65504};
    npy_print(MIL_FP16, 1, (int64_t[]){3}, x, &t);
    assert_int_equal(t.len, 128 + 6);
    assert_memory_equal(t.at,
                        "\x93NUMPY\1\0v\0{'descr': '<f2', 'fortran_order': False, 'shape': (3,"
                        "), }          ",
                        76);
    assert_int_equal(t.at[127], '\n');
    assert_memory_equal(t.at + 128, "\0\x3C\0\xB8\xFF\x7B", 6);
    text_free(&t);
}

static void test_there_and_back(void **state) {
    (void)state;
    static const float f[6] = {0, 1, 1, 0, 1, 1};
    static const int32_t n[6] = {0, 1, 7, 3, 5, 0};
    int64_t dims[] = {1, 2, 3};
    for (mil_dtype d = MIL_NONE + 1; d < MIL_DTYPE_COUNT; d++) {
        if (d == MIL_STRING) {
            continue;
        }
        text t = {0};
        anet_error err = {0};
        npy_print(d, 3, dims, mil_is_integer(d) ? (const void *)n : f, &t);
        npy_array a = parse_ok(&t);
        assert_true(a.rank == 3 && a.dims[0] == 1 && a.dims[1] == 2 && a.dims[2] == 3);
        assert_int_equal(mil_is_float(a.dtype), mil_is_float(d));
        assert_true(mil_dtype_bits(a.dtype) >= mil_dtype_bits(d));
        float x[6];
        int32_t i[6];
        assert_int_equal(npy_floats(&a, "x.npy", x, &err), ANET_OK);
        assert_int_equal(npy_ints(&a, "x.npy", i, &err), ANET_OK);
        for (int k = 0; k < 6; k++) {
            assert_true(x[k] == (mil_is_integer(d) ? (float)n[k] : f[k]));
            assert_true((float)i[k] == x[k]);
        }
        text_free(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_and_byte_orders),
        cmocka_unit_test(test_fortran_order),
        cmocka_unit_test(test_scalars_and_empty_arrays),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_header_of_numpy),
        cmocka_unit_test(test_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
