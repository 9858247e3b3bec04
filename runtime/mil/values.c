/* values.c: types whose sizes can be counted, literals that fill their types. */
#include "mil/values.h"

#include <math.h>

static bool complain(const mil_value_check *c, mil_finding_id id, mil_loc at, const char *fmt, ...)
    ANET_PRINTF(4, 5);

static bool complain(const mil_value_check *c, mil_finding_id id, mil_loc at, const char *fmt,
                     ...) {
    va_list ap;
    va_start(ap, fmt);
    mil_vfind_in(c->findings, id, at, c->op, fmt, ap);
    va_end(ap);
    return false;
}

/* --- types --- */

static bool well_formed(const mil_type *t) {
    static const int parts[] = {[MIL_TENSOR] = 0, [MIL_LIST] = 1,  [MIL_TUPLE] = -1,
                                [MIL_DICT] = 2,   [MIL_STATE] = 1, [MIL_BUFFER] = 0};
    return t->rank >= 0 && t->rank <= MIL_MAX_RANK &&
           (parts[t->kind] < 0 || t->parts == parts[t->kind]);
}

/* every static size, in bytes too, must fit 63 bits */
static bool is_countable(const mil_type *t) {
    enum { WIDEST = 8 };
    bool dynamic = t->kind != MIL_TENSOR;
    for (int i = 0; i < t->rank; i++) {
        dynamic = dynamic || t->dims[i] < 0;
    }
    int64_t n = dynamic ? 0 : mil_elements(t);
    return n >= 0 && n <= INT64_MAX / WIDEST;
}

bool mil_is_sound(const mil_type *t) {
    bool sound = well_formed(t) && is_countable(t);
    for (int i = 0; sound && i < t->parts; i++) {
        sound = mil_is_sound(&t->part[i]);
    }
    return sound;
}

static void check_spelling(mil_value_check *c, mil_loc at, const mil_type *t) {
    bool short_scalars = c->program->version_major > 1 || c->program->version_minor >= 3;
    mil_spelling usual = short_scalars ? MIL_SPELT_SHORT : MIL_SPELT_LONG;
    if (t->spelt == MIL_SPELT_ANY || t->spelt == usual || c->spelling_told) {
        return;
    }
    c->spelling_told = true;
    const char *name = mil_dtype_name(t->dtype);
    complain(c, MIL_M0308, at, "program(%d.%d) spells this type %s%s%s, not %s%s%s",
             c->program->version_major, c->program->version_minor, short_scalars ? "" : "tensor<",
             name, short_scalars ? "" : ", []>", short_scalars ? "tensor<" : "", name,
             short_scalars ? ", []>" : "");
}

bool mil_check_type(mil_value_check *c, mil_loc at, const mil_type *t) {
    if (!well_formed(t)) {
        return complain(c, MIL_M0301, at, "a type of rank %d with %d parts does not exist", t->rank,
                        t->parts);
    }
    check_spelling(c, at, t);
    if (!is_countable(t)) {
        return complain(c, MIL_M0302, at, "a tensor whose size is beyond 64 bits");
    }
    bool ok = true;
    for (int i = 0; i < t->parts; i++) {
        ok &= mil_check_type(c, at, &t->part[i]);
    }
    return ok;
}

/* --- literals --- */

static bool in_range(mil_dtype dtype, double x) {
    if (dtype == MIL_BOOL) {
        return x == 0 || x == 1;
    }
    if (!mil_is_integer(dtype)) {
        return true;
    }
    int bits = mil_dtype_bits(dtype);
    bool negative = dtype <= MIL_INT64;
    double high = ldexp(1, bits - negative), low = negative ? -high : 0;
    /* the neighbours of the widest limits are not doubles: those are compared exactly by the reader
     */
    return x == floor(x) && x >= low && (bits == 64 ? x <= high : x < high);
}

static bool check_numbers(const mil_value_check *c, mil_loc at, const mil_value *v) {
    for (size_t i = 0; i < v->count && !v->integers; i++) {
        if (!in_range(v->type.dtype, v->numbers[i])) {
            return complain(c, MIL_M0304, at, "%.17g is not a value of type %s", v->numbers[i],
                            mil_dtype_name(v->type.dtype));
        }
    }
    return true;
}

static bool check_blob(const mil_value_check *c, mil_loc at, const mil_value *v) {
    if (v->type.kind != MIL_TENSOR || !v->blob_path || !*v->blob_path) {
        return complain(c, MIL_M0305, at,
                        "only tensors can be in a blob file, which must have a path");
    }
    if (v->type.dtype == MIL_STRING || (v->type.rank && mil_elements(&v->type) < 0)) {
        return complain(c, MIL_M0305, at,
                        "a tensor in a blob file needs a static shape and a numeric type");
    }
    return true;
}

static int64_t wanted_count(const mil_type *t) {
    switch (t->kind) {
    case MIL_TENSOR:
        return mil_elements(t);
    case MIL_LIST:
        return t->length;
    case MIL_TUPLE:
        return t->parts;
    default:
        return -1;
    }
}

static bool check_items(mil_value_check *c, mil_loc at, const mil_value *v) {
    bool ok = true;
    for (size_t i = 0; i < v->count; i++) {
        ok &= mil_check_value(c, at, &v->items[i]);
    }
    return ok;
}

bool mil_check_value(mil_value_check *c, mil_loc at, const mil_value *v) {
    if (!mil_check_type(c, at, &v->type)) {
        return false;
    }
    if (v->kind == MIL_BLOB) {
        return check_blob(c, at, v);
    }
    int64_t want = wanted_count(&v->type);
    if (want >= 0 && v->count != (uint64_t)want) {
        return complain(c, MIL_M0303, at, "a literal of %zu elements where its type says %lld",
                        v->count, (long long)want);
    }
    bool strings = v->type.kind == MIL_TENSOR && v->type.dtype == MIL_STRING;
    if ((v->kind == MIL_NUMBERS && (v->type.kind != MIL_TENSOR || strings)) ||
        (v->kind == MIL_STRINGS && !strings && v->type.kind != MIL_LIST)) {
        return complain(c, MIL_M0303, at, "a literal that is not of its type");
    }
    if (v->flat) {
        complain(c, MIL_M0306, at, "one flat list for a tensor of rank %d", v->type.rank);
    }
    return v->kind == MIL_ITEMS     ? check_items(c, at, v)
           : v->kind == MIL_NUMBERS ? check_numbers(c, at, v)
                                    : true;
}
