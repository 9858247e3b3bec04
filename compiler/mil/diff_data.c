/* diff_data.c: hashes of types and values. */
#include "mil/diff_data.h"

#include "base/half.h"

#include <math.h>

uint64_t diff_type_hash(const mil_type *t) {
    uint64_t h = diff_add_number(diff_add_number(HASH_START, t->kind), t->dtype);
    h = diff_add_number(h, (uint64_t)t->rank);
    for (int i = 0; i < t->rank; i++) {
        h = diff_add_number(h, (uint64_t)t->dims[i]);
    }
    for (int i = 0; i < t->parts; i++) {
        h = diff_add_number(h, diff_type_hash(&t->part[i]));
    }
    return diff_add_number(h, (uint64_t)t->length);
}

static double as_held(mil_dtype dtype, double x) {
    switch (dtype) {
    case MIL_FP16:
        return (double)half_round((float)x);
    case MIL_FP32:
        return (double)(float)x;
    default:
        return x;
    }
}

size_t diff_element_count(const mil_value *v) {
    int64_t n = v->type.kind == MIL_TENSOR ? mil_elements(&v->type) : -1;
    return v->kind == MIL_NUMBERS ? v->count : n > 0 ? (size_t)n : 0;
}

static bool blob_elements(const mil_blob_entry *e, size_t first, size_t n, double *to) {
    enum { MOST = 256 };
    float floats[MOST];
    int32_t ints[MOST];
    for (size_t at = 0; at < n; at += MOST) {
        size_t count = n - at < MOST ? n - at : MOST;
        bool whole = !mil_is_float(e->dtype);
        if (whole) {
            mil_blob_ints(e, first + at, count, ints);
        } else {
            mil_blob_floats(e, first + at, count, floats);
        }
        for (size_t i = 0; i < count; i++) {
            to[at + i] = whole ? (double)ints[i] : (double)floats[i];
        }
    }
    return true;
}

static bool find_blob(const mil_value *v, const mil_weights *weights, mil_blob_entry *e) {
    anet_error none = {0};
    return v->kind == MIL_BLOB && weights && v->type.dtype != MIL_UINT32 &&
           mil_blob_value(weights->files.at, (int)weights->files.len, v, e, &none) == ANET_OK;
}

bool diff_elements(const mil_value *v, const mil_weights *weights, size_t first, size_t n,
                   double *to) {
    mil_blob_entry e;
    if (find_blob(v, weights, &e)) {
        return blob_elements(&e, first, n, to);
    }
    for (size_t i = 0; v->kind == MIL_NUMBERS && !v->integers && i < n; i++) {
        to[i] = as_held(v->type.dtype, v->numbers[first + i]);
    }
    return v->kind == MIL_NUMBERS && !v->integers;
}

static uint64_t add_elements(uint64_t h, const mil_value *v, const mil_weights *weights) {
    enum { MOST = 1024 };
    double x[MOST];
    size_t n = diff_element_count(v);
    for (size_t at = 0; at < n; at += MOST) {
        size_t count = n - at < MOST ? n - at : MOST;
        diff_elements(v, weights, at, count, x);
        for (size_t i = 0; i < count; i++) {
            x[i] = isnan(x[i]) ? (double)NAN : x[i];
        }
        h = hash_add(h, x, count * sizeof *x);
    }
    return h;
}

static uint64_t add_strings(uint64_t h, const mil_value *v) {
    for (size_t i = 0; i < v->count; i++) {
        h = diff_add_string(h, v->strings[i]);
    }
    return h;
}

static uint64_t add_items(uint64_t h, const mil_value *v, const mil_weights *weights) {
    for (size_t i = 0; i < v->count; i++) {
        h = diff_add_number(h, diff_value_hash(&v->items[i], weights));
    }
    return h;
}

uint64_t diff_value_hash(const mil_value *v, const mil_weights *weights) {
    uint64_t h = diff_type_hash(&v->type);
    double none;
    if (diff_elements(v, weights, 0, 0, &none)) {
        return add_elements(h, v, weights);
    }
    h = diff_add_number(h, v->kind);
    switch (v->kind) {
    case MIL_NUMBERS:
        return hash_add(h, v->integers, v->count * sizeof *v->integers);
    case MIL_STRINGS:
        return add_strings(h, v);
    case MIL_ITEMS:
        return add_items(h, v, weights);
    case MIL_BLOB:
        break;
    }
    return diff_add_number(diff_add_string(h, v->blob_path), v->blob_offset);
}

uint64_t diff_attrs_hash(int n, const mil_attr *attr, const mil_weights *weights) {
    uint64_t sum = 0;
    for (int i = 0; i < n; i++) {
        if (strcmp(attr[i].name, "name") != 0) {
            sum += diff_add_number(diff_add_string(HASH_START, attr[i].name),
                                   diff_value_hash(&attr[i].value, weights));
        }
    }
    return sum;
}
