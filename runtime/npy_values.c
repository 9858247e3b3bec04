/* npy_values.c: the elements of .npy files in C order, and files from elements. */
#include "base/half.h"
#include "mil/blob.h"
#include "npy.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* --- reading --- */

static size_t item_size(const npy_array *a) {
    return (size_t)mil_dtype_bits(a->dtype) / 8;
}

/* distance in elements between neighbours along each axis */
static void find_steps(const npy_array *a, size_t steps[NPY_MAX_RANK]) {
    size_t step = 1;
    for (int i = 0; i < a->rank; i++) {
        int axis = a->fortran ? i : a->rank - 1 - i;
        steps[axis] = step;
        step *= (size_t)a->dims[axis];
    }
}

/* Walks through the elements in C order. */
typedef struct walk {
    const npy_array *array;
    size_t steps[NPY_MAX_RANK], at;
    int64_t index[NPY_MAX_RANK];
} walk;

static walk start_walk(const npy_array *a) {
    walk w = {.array = a};
    find_steps(a, w.steps);
    return w;
}

static void next_element(walk *w) {
    const npy_array *a = w->array;
    for (int axis = a->rank - 1; axis >= 0; axis--) {
        w->at += w->steps[axis];
        if (++w->index[axis] < a->dims[axis]) {
            return;
        }
        w->at -= w->steps[axis] * (size_t)a->dims[axis];
        w->index[axis] = 0;
    }
}

/* the bits of an element, those of signed ones extended to 64 */
static uint64_t element_bits(const walk *w) {
    const npy_array *a = w->array;
    size_t size = item_size(a);
    const uint8_t *p = a->bytes + w->at * size;
    uint64_t x = 0;
    for (size_t i = 0; i < size; i++) {
        x |= (uint64_t)p[a->swapped ? size - 1 - i : i] << 8 * i;
    }
    bool negative = mil_is_signed(a->dtype) && x >> (size * 8 - 1);
    return negative && size < 8 ? x | UINT64_MAX << size * 8 : x;
}

static double bits_double(uint64_t u) {
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static double element(const walk *w) {
    uint64_t bits = element_bits(w);
    switch (w->array->dtype) {
    case MIL_BOOL:
        return bits != 0;
    case MIL_FP16:
        return half_float((uint16_t)bits);
    case MIL_FP32:
        return bits_float((uint32_t)bits);
    case MIL_FP64:
        return bits_double(bits);
    case MIL_UINT64:
        return (double)bits;
    default:
        return (double)(int64_t)bits;
    }
}

/* The elements as they are in the file, if that is how a weight file would hold them, too. */
static bool as_blob(const npy_array *a, mil_blob_entry *e) {
    *e = (mil_blob_entry){.dtype = a->dtype, .bytes = a->bytes, .size = a->elements * item_size(a)};
    return !a->swapped && (!a->fortran || a->rank < 2);
}

anet_code npy_floats(const npy_array *a, const char *name, float *to, anet_error *err) {
    mil_blob_entry e;
    if (as_blob(a, &e) && (a->dtype == MIL_FP16 || a->dtype == MIL_FP32)) {
        mil_blob_floats(&e, 0, a->elements, to);
        return ANET_OK;
    }
    walk w = start_walk(a);
    for (size_t i = 0; i < a->elements; i++, next_element(&w)) {
        double x = element(&w);
        to[i] = (float)x;
        if (isinf(to[i]) && !isinf(x)) {
            return anet_fail(err, ANET_BAD_INPUT,
                             "%s: element %zu is %.17g, which a 32-bit float cannot hold", name, i,
                             x);
        }
    }
    return ANET_OK;
}

anet_code npy_ints(const npy_array *a, const char *name, int32_t *to, anet_error *err) {
    mil_blob_entry e;
    if (as_blob(a, &e) && a->dtype == MIL_INT32) {
        mil_blob_ints(&e, 0, a->elements, to);
        return ANET_OK;
    }
    walk w = start_walk(a);
    for (size_t i = 0; i < a->elements; i++, next_element(&w)) {
        double x = element(&w);
        if (!(x >= INT32_MIN && x <= INT32_MAX) || x != floor(x)) {
            return anet_fail(err, ANET_BAD_INPUT,
                             "%s: element %zu is %.17g, which a 32-bit integer cannot hold", name,
                             i, x);
        }
        to[i] = (int32_t)x;
    }
    return ANET_OK;
}

/* --- writing --- */

/* what NumPy calls the type that holds every element of a MIL dtype */
static const char *descr_of(mil_dtype t) {
    switch (t) {
    case MIL_BOOL:
        return "|b1";
    case MIL_FP16:
        return "<f2";
    case MIL_FP64:
        return "<f8";
    case MIL_INT4:
    case MIL_INT8:
        return "|i1";
    case MIL_INT16:
        return "<i2";
    case MIL_INT32:
        return "<i4";
    case MIL_INT64:
        return "<i8";
    case MIL_UINT1:
    case MIL_UINT2:
    case MIL_UINT3:
    case MIL_UINT4:
    case MIL_UINT6:
    case MIL_UINT8:
        return "|u1";
    case MIL_UINT16:
        return "<u2";
    case MIL_UINT32:
        return "<u4";
    case MIL_UINT64:
        return "<u8";
    default: /* fp32, and bf16 and fp8, which NumPy does not have */
        return "<f4";
    }
}

/* The header is filled up so that the elements begin at a multiple of 64. */
static void print_header(const char *descr, int rank, const int64_t *dims, text *out) {
    text h = {0};
    text_printf(&h, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int i = 0; i < rank; i++) {
        text_printf(&h, "%s%" PRId64 "%s", i ? ", " : "", dims[i], rank == 1 ? "," : "");
    }
    text_puts(&h, "), }");
    while ((10 + h.len + 1) % 64 != 0) {
        text_putc(&h, ' ');
    }
    text_putc(&h, '\n');
    const char start[] = {
        '\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, (char)(h.len & 0xFF), (char)(h.len >> 8)};
    text_add(out, start, sizeof start);
    text_add(out, h.at, h.len);
    text_free(&h);
}

static uint64_t double_bits(double x) {
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

/* the file's bits of element i */
static uint64_t word_bits(mil_dtype t, char kind, size_t size, const void *words, size_t i) {
    if (mil_is_integer(t)) {
        return (uint64_t)((const int32_t *)words)[i];
    }
    float x = ((const float *)words)[i];
    if (kind == 'b') {
        return x != 0;
    }
    return size == 2 ? half_bits(x) : size == 4 ? float_bits(x) : double_bits(x);
}

void npy_print(mil_dtype dtype, int rank, const int64_t *dims, const void *words, text *out) {
    const char *descr = descr_of(dtype);
    size_t size = (size_t)(descr[2] - '0'), n = 1;
    for (int i = 0; i < rank; i++) {
        n *= (size_t)dims[i];
    }
    print_header(descr, rank, dims, out);
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = word_bits(dtype, descr[1], size, words, i);
        char bytes[8];
        for (size_t b = 0; b < size; b++) {
            bytes[b] = (char)(bits >> 8 * b);
        }
        text_add(out, bytes, size);
    }
}
