/* literal.c: from a literal's tokens to a value of its declared type. The grammar has already made
 * sure that brackets match; here shapes are compared and numbers read. */
#include "mil/number.h"
#include "mil/reader.h"

#include <math.h>
#include <string.h>

/* a walk over the cells of one literal */
typedef struct cursor {
    mil_reader *r;
    size_t cell, blob;
} cursor;

static unsigned char kind(const cursor *c) {
    return *c->r->cells.at[c->cell];
}

static bool wrong(const cursor *c, const char *message) {
    return mil_read_error(c->r, MIL_M0105, mil_locate(c->r, c->r->cells.at[c->cell]), "%s",
                          message);
}

/* --- tensors --- */

/* what the brackets of a tensor literal say */
typedef struct outline {
    int depth;                  /* 0: a bare element */
    int64_t dims[MIL_MAX_RANK]; /* length of the first list of each depth */
    size_t elements, cells;     /* in all */
} outline;

/* one list of `counts[depth]` elements ends: every list of a depth is as long as the first */
static bool close_list(const cursor *c, outline *o, const int64_t *counts, int depth) {
    if (o->dims[depth] < 0) {
        o->dims[depth] = counts[depth];
    }
    return o->dims[depth] == counts[depth] ||
           wrong(c, "this list is not as long as its neighbours");
}

/* The brackets in front of the first element say how deep the lists are; then every list is held
 * against the first of its depth. */
static bool measure(cursor c, outline *o) {
    int64_t counts[MIL_MAX_RANK] = {0};
    int depth = 0;
    size_t first = c.cell;
    *o = (outline){0};
    for (; kind(&c) == '['; c.cell++) {
        if (depth == MIL_MAX_RANK) {
            return wrong(&c, "more nested lists than a tensor has dimensions");
        }
        o->dims[depth++] = -1;
    }
    o->depth = depth;
    c.cell = first;
    depth = 0;
    do {
        unsigned char k = kind(&c);
        if (k == ']') {
            depth--;
            if (!close_list(&c, o, counts, depth)) {
                return false;
            }
        } else if ((k == '[') != (depth < o->depth)) {
            return wrong(&c, "elements and lists are mixed");
        } else if (k == '(' || k == '{' || k == 'B') {
            return wrong(&c, "expected an element of a tensor");
        } else {
            if (depth > 0) {
                counts[depth - 1]++;
            }
            o->elements += k != '[';
            if (k == '[') {
                counts[depth++] = 0;
            }
        }
        c.cell++;
    } while (depth > 0);
    o->cells = c.cell - first;
    return true;
}

/* nested as the type says, or flat with the right number of elements */
static bool fits(const cursor *c, const outline *o, const mil_type *type) {
    bool nested = o->depth == type->rank, dynamic = false;
    for (int i = 0; i < type->rank; i++) {
        dynamic = dynamic || type->dims[i] < 0;
        nested = nested && (type->dims[i] == o->dims[i] || type->dims[i] < 0 || o->dims[i] < 0);
    }
    int64_t count = mil_elements(type);
    bool right_count = dynamic || count == (int64_t)o->elements;
    if ((nested || o->depth <= 1) && right_count) {
        return true;
    }
    if (o->depth > 1 || count < 0) {
        return wrong(c, "the literal's shape is not its type's");
    }
    return mil_read_error(c->r, MIL_M0105, mil_locate(c->r, c->r->cells.at[c->cell]),
                          "the literal has %zu elements, its type says %lld", o->elements,
                          (long long)count);
}

static bool read_number(const cursor *c, mil_dtype dtype, double *x) {
    unsigned char k = kind(c);
    if (dtype == MIL_BOOL) {
        *x = k == 't';
        return k == 't' || k == 'f' || wrong(c, "expected true or false");
    }
    if (k == 't' || k == 'f' || k == '"') {
        return wrong(c, "expected a number");
    }
    *x = mil_parse_number((const char *)c->r->cells.at[c->cell]);
    return true;
}

static char *read_string(const cursor *c) {
    const unsigned char *s = c->r->cells.at[c->cell] + 1;
    size_t length = 0;
    while (s[length] != '"') {
        length += s[length] == '\\' ? 2 : 1;
    }
    char *copy = arena_strndup(c->r->memory, (const char *)s, length), *to = copy;
    for (const char *from = copy; *from; from++) {
        if (*from == '\\') {
            from++;
            *to++ = (char)(*from == 'n' ? '\n' : *from);
        } else {
            *to++ = *from;
        }
    }
    *to = 0;
    return copy;
}

/* int64 and uint64 that a double cannot hold are read again, exactly */
static bool read_wide(cursor c, size_t cells, mil_value *v) {
    bool wide = false;
    for (size_t i = 0; i < v->count; i++) {
        wide = wide || fabs(v->numbers[i]) > 0x1p53;
    }
    if (!wide || (v->type.dtype != MIL_INT64 && v->type.dtype != MIL_UINT64)) {
        return true;
    }
    v->integers = ARENA_ARRAY(c.r->memory, int64_t, v->count);
    size_t end = c.cell + cells;
    for (size_t n = 0; c.cell < end; c.cell++) {
        const unsigned char *s = c.r->cells.at[c.cell];
        uint64_t x;
        if (*s == '[' || *s == ']') {
            continue;
        }
        bool ok = v->type.dtype == MIL_UINT64 ? mil_parse_uint64(s, &x)
                                              : mil_parse_int64(s, &v->integers[n]);
        if (!ok) {
            return wrong(&c, "not a number of this type");
        }
        if (v->type.dtype == MIL_UINT64) {
            v->integers[n] = (int64_t)x;
        }
        n++;
    }
    return true;
}

static bool read_tensor(cursor *c, mil_value *v) {
    outline o;
    if (!measure(*c, &o) || !fits(c, &o, &v->type)) {
        return false;
    }
    cursor start = *c;
    bool strings = v->type.dtype == MIL_STRING;
    v->kind = strings ? MIL_STRINGS : MIL_NUMBERS;
    v->count = o.elements;
    v->flat = o.depth != v->type.rank;
    if (strings) {
        v->strings = ARENA_ARRAY(c->r->memory, char *, o.elements);
    } else {
        v->numbers = ARENA_ARRAY(c->r->memory, double, o.elements);
    }
    size_t n = 0;
    for (; c->cell < start.cell + o.cells; c->cell++) {
        unsigned char k = kind(c);
        if (k == '[' || k == ']') {
            continue;
        }
        if (strings && k != '"') {
            return wrong(c, "expected a string");
        }
        if (strings) {
            v->strings[n++] = read_string(c);
        } else if (!read_number(c, v->type.dtype, &v->numbers[n++])) {
            return false;
        }
    }
    return strings || read_wide(start, o.cells, v);
}

/* --- containers --- */

static bool read_literal(cursor *c, mil_type type, mil_value *value);

static size_t count_items(cursor c) {
    size_t n = 0;
    int depth = 0;
    do {
        unsigned char k = kind(&c);
        bool opens = k == '[' || k == '(' || k == '{', closes = k == ']' || k == ')' || k == '}';
        n += depth == 1 && !closes;
        depth += opens - closes;
        c.cell++;
    } while (depth > 0);
    return n;
}

static bool read_items(cursor *c, mil_value *v, unsigned char open, const char *expected) {
    if (kind(c) != open) {
        return wrong(c, expected);
    }
    size_t n = count_items(*c);
    bool tuple = v->type.kind == MIL_TUPLE;
    if ((tuple && n != (size_t)v->type.parts) ||
        (v->type.kind == MIL_LIST && v->type.length >= 0 && n != (size_t)v->type.length)) {
        return wrong(c, "the literal does not have as many elements as its type");
    }
    v->kind = MIL_ITEMS;
    v->count = n;
    v->items = ARENA_ARRAY(c->r->memory, mil_value, n);
    c->cell++;
    for (size_t i = 0; i < n; i++) {
        size_t part = tuple ? i : v->type.kind == MIL_DICT ? i % 2 : 0;
        if (!read_literal(c, v->type.part[part], &v->items[i])) {
            return false;
        }
    }
    c->cell++;
    return true;
}

/* a list of strings is kept as flat as a tensor of strings */
static bool read_list(cursor *c, mil_value *v) {
    const mil_type *part = &v->type.part[0];
    const cursor start = *c;
    if (!read_items(c, v, '[', "expected a list: [..]")) {
        return false;
    }
    if (part->kind == MIL_TENSOR && part->rank == 0 && part->dtype == MIL_STRING) {
        v->kind = MIL_STRINGS;
        v->strings = ARENA_ARRAY(c->r->memory, char *, v->count);
        for (size_t i = 0; i < v->count; i++) {
            if (v->items[i].kind != MIL_STRINGS) {
                return wrong(&start, "strings cannot be in a blob file");
            }
            v->strings[i] = v->items[i].strings[0];
        }
        v->items = NULL;
    }
    return true;
}

static bool read_literal(cursor *c, mil_type type, mil_value *v) {
    *v = (mil_value){.type = type};
    if (kind(c) == 'B' && type.kind == MIL_TENSOR) {
        mil_blob_place place = c->r->blobs.at[c->blob++];
        v->kind = MIL_BLOB;
        v->blob_path = place.path;
        v->blob_offset = place.offset;
        c->cell++;
        return true;
    }
    switch (type.kind) {
    case MIL_TENSOR:
        return read_tensor(c, v);
    case MIL_LIST:
        return read_list(c, v);
    case MIL_TUPLE:
        return read_items(c, v, '(', "expected a tuple: (..)");
    case MIL_DICT:
        return read_items(c, v, '{', "expected a dictionary: {{key, value}, ..}");
    default:
        return wrong(c, "a type without literals");
    }
}

static bool finish(mil_reader *r, mil_mark mark, mil_type type, mil_value *value) {
    cursor c = {r, mark.cells, mark.blobs};
    bool ok = read_literal(&c, type, value);
    r->cells.len = mark.cells;
    r->blobs.len = mark.blobs;
    return ok;
}

bool mil_take_value(mil_reader *r, mil_mark mark, mil_type type, mil_value *value) {
    bool ok = finish(r, mark, type, value);
    value->typed = true;
    return ok;
}

/* bool, string, int32, or fp32 if any number is not written as a whole one */
static mil_dtype guess_dtype(cursor c, size_t cells) {
    mil_dtype guess = MIL_INT32;
    for (size_t i = 0; i < cells; i++, c.cell++) {
        unsigned char k = kind(&c);
        int64_t whole;
        if (k == 't' || k == 'f') {
            return MIL_BOOL;
        }
        if (k == '"') {
            return MIL_STRING;
        }
        if (k != '[' && k != ']' && !mil_parse_int64(c.r->cells.at[c.cell], &whole)) {
            guess = MIL_FP32;
        }
    }
    return guess;
}

bool mil_take_untyped(mil_reader *r, mil_mark mark, mil_value *value) {
    cursor c = {r, mark.cells, mark.blobs};
    outline o;
    if (!measure(c, &o)) {
        return false;
    }
    mil_type type = mil_scalar(guess_dtype(c, o.cells));
    type.rank = o.depth;
    type.dims = o.depth ? ARENA_ARRAY(r->memory, int64_t, o.depth) : NULL;
    for (int i = 0; i < o.depth; i++) {
        type.dims[i] = o.dims[i] < 0 ? 0 : o.dims[i];
    }
    return finish(r, mark, type, value);
}

static const mil_value *scalar_attr(const mil_attr *attr, const char *name) {
    return strcmp(attr->name, name) == 0 && attr->value.count == 1 ? &attr->value : NULL;
}

bool mil_take_blob(mil_reader *r, size_t first, mil_loc at) {
    const mil_value *path = NULL, *offset = NULL;
    for (size_t i = first; i < r->attrs.len; i++) {
        const mil_value *v = scalar_attr(&r->attrs.at[i], "path");
        path = v ? v : path;
        v = scalar_attr(&r->attrs.at[i], "offset");
        offset = v ? v : offset;
    }
    bool whole = offset && offset->kind == MIL_NUMBERS && offset->numbers[0] >= 0 &&
                 offset->numbers[0] <= 0x1p53 && floor(offset->numbers[0]) == offset->numbers[0];
    if (r->attrs.len - first != 2 || !path || path->kind != MIL_STRINGS || !whole) {
        return mil_read_error(r, MIL_M0105, at,
                              "expected BLOBFILE(path = string(\"..\"), offset = uint64(..))");
    }
    mil_blob_place place = {path->strings[0], (uint64_t)offset->numbers[0]};
    vec_push(&r->blobs, place);
    r->attrs.len = first;
    return true;
}
