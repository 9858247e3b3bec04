/* npy.c: the header of .npy files, which is a Python dictionary literal. */
#include "npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAGIC = 6, VERSION = 8, MAX_KEY = 20, MAX_DESCR = 40 };

typedef struct header {
    const char *at, *end, *name; /* the literal; the file for messages */
    anet_error *err;
} header;

static anet_code bad(header *h, const char *what) {
    return anet_fail(h->err, ANET_BAD_INPUT, "%s: not a .npy file that NumPy writes: %s", h->name,
                     what);
}

/* --- pieces of the literal --- */

static char look(header *h) {
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\t')) {
        h->at++;
    }
    return h->at < h->end ? *h->at : 0;
}

static bool accept(header *h, char c) {
    bool there = look(h) == c;
    h->at += there;
    return there;
}

static bool accept_word(header *h, const char *word) {
    size_t n = strlen(word);
    look(h);
    bool there = (size_t)(h->end - h->at) >= n && memcmp(h->at, word, n) == 0;
    h->at += there ? n : 0;
    return there;
}

/* a string without escapes */
static anet_code read_string(header *h, char *to, size_t room) {
    char quote = look(h);
    if (quote != '\'' && quote != '"') {
        return bad(h, "a string is missing in its header");
    }
    size_t n = 0;
    for (h->at++; h->at < h->end && *h->at != quote && n + 1 < room; h->at++) {
        to[n++] = *h->at >= ' ' && *h->at < 127 ? *h->at : '?';
    }
    to[n] = 0;
    return accept(h, quote) ? ANET_OK : bad(h, "a string in its header does not end");
}

static anet_code read_dim(header *h, int64_t *dim) {
    look(h);
    const char *start = h->at;
    *dim = 0;
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++) {
        int digit = *h->at - '0';
        if (*dim > (INT64_MAX - digit) / 10) {
            return bad(h, "a dimension is beyond 2^63");
        }
        *dim = *dim * 10 + digit;
    }
    if (h->at == start) {
        return bad(h, "its shape is not a tuple of numbers");
    }
    accept_word(h, "L"); /* of Python 2 */
    return ANET_OK;
}

static anet_code read_shape(header *h, npy_array *a) {
    if (!accept(h, '(')) {
        return bad(h, "its shape is not a tuple");
    }
    for (a->rank = 0; !accept(h, ')');) {
        if (a->rank == NPY_MAX_RANK) {
            return bad(h, "it has more than 32 dimensions");
        }
        anet_code code = read_dim(h, &a->dims[a->rank++]);
        if (code) {
            return code;
        }
        if (!accept(h, ',') && look(h) != ')') {
            return bad(h, "its shape is not a tuple of numbers");
        }
    }
    return ANET_OK;
}

/* --- element types --- */

static const struct {
    const char *descr; /* behind the byte order */
    mil_dtype dtype;
} types[] = {
    {"b1", MIL_BOOL},  {"f2", MIL_FP16},   {"f4", MIL_FP32},   {"f8", MIL_FP64},
    {"i1", MIL_INT8},  {"i2", MIL_INT16},  {"i4", MIL_INT32},  {"i8", MIL_INT64},
    {"u1", MIL_UINT8}, {"u2", MIL_UINT16}, {"u4", MIL_UINT32}, {"u8", MIL_UINT64},
};

enum { TYPES = sizeof types / sizeof types[0] };

static anet_code read_type(header *h, npy_array *a) {
    char descr[MAX_DESCR];
    if (look(h) == '[') {
        return bad(h, "its elements are records; save one field");
    }
    anet_code code = read_string(h, descr, sizeof descr);
    bool ordered = *descr && strchr("<>|=", *descr);
    for (int i = 0; i < TYPES && !code && ordered; i++) {
        if (strcmp(descr + 1, types[i].descr) == 0) {
            a->dtype = types[i].dtype;
            a->swapped = *descr == '>' && mil_dtype_bits(a->dtype) > 8;
            return ANET_OK;
        }
    }
    return code ? code
                : anet_fail(h->err, ANET_BAD_INPUT,
                            "%s: elements of type '%s' cannot be read; save floats, integers or "
                            "booleans, as with x.astype(numpy.float32)",
                            h->name, descr);
}

static anet_code read_order(header *h, npy_array *a) {
    a->fortran = accept_word(h, "True");
    return a->fortran || accept_word(h, "False")
               ? ANET_OK
               : bad(h, "fortran_order in its header is neither True nor False");
}

/* --- the whole --- */

typedef enum npy_key { KEY_DESCR, KEY_ORDER, KEY_SHAPE, KEYS } npy_key;

static anet_code read_entry(header *h, npy_array *a, bool seen[KEYS]) {
    static const struct {
        const char *name;
        anet_code (*read)(header *h, npy_array *a);
    } keys[KEYS] = {{"descr", read_type}, {"fortran_order", read_order}, {"shape", read_shape}};
    char key[MAX_KEY];
    anet_code code = read_string(h, key, sizeof key);
    if (code) {
        return code;
    }
    for (int i = 0; i < KEYS; i++) {
        if (strcmp(key, keys[i].name) == 0 && !seen[i]) {
            seen[i] = true;
            return accept(h, ':') ? keys[i].read(h, a) : bad(h, "a ':' is missing in its header");
        }
    }
    return bad(h, "its header has a key twice, or an unknown one");
}

static anet_code read_dictionary(header *h, npy_array *a) {
    bool seen[KEYS] = {false};
    if (!accept(h, '{')) {
        return bad(h, "its header is not a dictionary");
    }
    while (!accept(h, '}')) {
        anet_code code = read_entry(h, a, seen);
        if (code) {
            return code;
        }
        if (!accept(h, ',') && look(h) != '}') {
            return bad(h, "a ',' is missing in its header");
        }
    }
    if (!seen[KEY_DESCR] || !seen[KEY_ORDER] || !seen[KEY_SHAPE]) {
        return bad(h, "descr, fortran_order or shape is missing in its header");
    }
    return look(h) ? bad(h, "something follows the dictionary in its header") : ANET_OK;
}

/* Sets the number of elements; their bytes must be in the file. */
static anet_code count_elements(header *h, npy_array *a, size_t room) {
    size_t most = room / ((size_t)mil_dtype_bits(a->dtype) / 8), n = 1;
    bool fits = true, empty = false;
    for (int i = 0; i < a->rank; i++) {
        empty |= a->dims[i] == 0;
    }
    for (int i = 0; i < a->rank && !empty && fits; i++) {
        fits = (uint64_t)a->dims[i] <= most / n;
        n *= fits ? (size_t)a->dims[i] : 1;
    }
    a->elements = empty ? 0 : n;
    if (!fits || a->elements > most) {
        return anet_fail(h->err, ANET_BAD_INPUT,
                         "%s: the file ends after %zu bytes of elements, but its shape needs more: "
                         "it is cut short",
                         h->name, room);
    }
    return ANET_OK;
}

anet_code npy_parse(const void *data, size_t size, const char *name, npy_array *array,
                    anet_error *err) {
    const uint8_t *p = data;
    header h = {.name = name, .err = err};
    if (size < VERSION || memcmp(p, "\x93NUMPY", MAGIC) != 0) {
        return bad(&h, "it does not begin as one; write it with numpy.save");
    }
    unsigned version = p[MAGIC];
    size_t start = version == 1 ? VERSION + 2 : VERSION + 4, length = 0;
    if (version < 1 || version > 3) {
        return bad(&h, "its version is not 1, 2 or 3");
    }
    for (size_t i = VERSION; i < start && i < size; i++) {
        length |= (size_t)p[i] << 8 * (i - VERSION);
    }
    if (size < start || length > size - start) {
        return bad(&h, "it ends in its header");
    }
    h.at = (const char *)p + start;
    h.end = h.at + length;
    *array = (npy_array){.bytes = p + start + length};
    anet_code code = read_dictionary(&h, array);
    return code ? code : count_elements(&h, array, size - start - length);
}
