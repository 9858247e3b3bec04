/* type.c: element types, and questions about types. */
#include "mil/ops.h"

#include <string.h>

static const struct {
    const char *name;
    int bits;
} dtypes[MIL_DTYPE_COUNT] = {
    [MIL_NONE] = {"none", 0},
#define MIL_DTYPE(ID, text, bits, blob_code) [MIL_##ID] = {text, bits},
#include "mil/dtypes.def"
};

const char *mil_dtype_name(mil_dtype t) {
    return dtypes[t].name;
}

int mil_dtype_bits(mil_dtype t) {
    return dtypes[t].bits;
}

mil_dtype mil_dtype_named(const char *name, size_t length) {
    for (int t = MIL_NONE + 1; t < MIL_DTYPE_COUNT; t++) {
        if (strlen(dtypes[t].name) == length && memcmp(dtypes[t].name, name, length) == 0) {
            return (mil_dtype)t;
        }
    }
    return MIL_NONE;
}

bool mil_is_float(mil_dtype t) {
    return t >= MIL_FP16 && t <= MIL_FP8E5M2;
}

bool mil_is_integer(mil_dtype t) {
    return t >= MIL_INT4 && t <= MIL_UINT64;
}

bool mil_is_signed(mil_dtype t) {
    return t >= MIL_INT4 && t <= MIL_INT64;
}

int64_t mil_elements(const mil_type *t) {
    bool dynamic = t->kind != MIL_TENSOR, empty = false;
    for (int i = 0; i < t->rank; i++) {
        dynamic |= t->dims[i] < 0;
        empty |= t->dims[i] == 0;
    }
    if (dynamic || empty) {
        return dynamic ? -1 : 0;
    }
    int64_t n = 1;
    for (int i = 0; i < t->rank; i++) {
        if (n > INT64_MAX / t->dims[i]) {
            return -1;
        }
        n *= t->dims[i];
    }
    return n;
}

static bool same_value(const mil_value *a, const mil_value *b);

static bool same_buffer(const mil_type *a, const mil_type *b) {
    bool same = a->buffer_ats == b->buffer_ats;
    for (int i = 0; same && i < a->buffer_ats; i++) {
        same = strcmp(a->buffer_at[i].name, b->buffer_at[i].name) == 0 &&
               same_value(&a->buffer_at[i].value, &b->buffer_at[i].value);
    }
    return same;
}

bool mil_same_type(const mil_type *a, const mil_type *b) {
    if (a->kind != b->kind || a->dtype != b->dtype || a->rank != b->rank || a->parts != b->parts ||
        a->length != b->length) {
        return false;
    }
    bool same = true;
    for (int i = 0; same && i < a->rank; i++) {
        same = a->dims[i] == b->dims[i];
    }
    for (int i = 0; same && i < a->parts; i++) {
        same = mil_same_type(&a->part[i], &b->part[i]);
    }
    return same && same_buffer(a, b);
}

/* layouts of buffers hold numbers only */
static bool same_value(const mil_value *a, const mil_value *b) {
    bool same = a->kind == b->kind && a->kind == MIL_NUMBERS && a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = a->numbers[i] == b->numbers[i];
    }
    return same;
}

bool mil_types_agree(const mil_type *a, const mil_type *b) {
    bool same =
        a->kind == b->kind && a->dtype == b->dtype && a->rank == b->rank && a->parts == b->parts;
    for (int i = 0; same && i < a->parts; i++) {
        same = mil_types_agree(&a->part[i], &b->part[i]);
    }
    for (int i = 0; same && i < a->rank; i++) {
        same = a->dims[i] == b->dims[i] || a->dims[i] < 0 || b->dims[i] < 0;
    }
    return same && (a->length == b->length || a->length < 0 || b->length < 0);
}
