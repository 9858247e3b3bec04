/* blob_random.c: weight files with random values, in memory, for programs whose own are not at
 * hand. Values are drawn from a table, which is what makes hundreds of megabytes quick. */
#include "base/half.h"
#include "base/hash.h"
#include "mil/blob_use.h"
#include "rng.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { TABLE_BITS = 12, TABLE = 1 << TABLE_BITS };

typedef struct slot { /* an entry of a file */
    const char *path;
    uint64_t offset, elements, size, data;
    mil_dtype dtype;
    blob_use use;
    size_t order; /* among the references */
    mil_loc loc;
} slot;

typedef struct slots {
    VEC(slot) all;
} slots;

/* --- values --- */

typedef struct values {
    float normal[TABLE]; /* mean 0 and deviation 1, both exactly: draws and their negatives */
    float around[TABLE]; /* even from three to five quarters */
} values;

static values *new_values(arena *a) {
    values *v = ARENA_NEW(a, values);
    rng r;
    double squares = 0;
    rng_seed(&r, 1);
    for (int i = 0; i < TABLE / 2; i++) {
        double x = rng_normal(&r);
        v->normal[i] = (float)x;
        squares += x * x;
    }
    for (int i = 0; i < TABLE / 2; i++) {
        v->normal[i] *= (float)(1 / sqrt(squares / (TABLE / 2)));
        v->normal[i + TABLE / 2] = -v->normal[i];
    }
    for (int i = 0; i < TABLE; i++) {
        v->around[i] = 0.75f + ((float)i + 0.5f) / (float)(2 * TABLE);
    }
    return v;
}

static uint32_t bits_of(mil_dtype t, float x) {
    switch (t) {
    case MIL_FP16:
        return half_bits(x);
    case MIL_FP32:
        return float_bits(x);
    case MIL_BF16:
        return float_bits(x) >> 16;
    case MIL_FP8E5M2:
        return half_bits(x) >> 8;
    default: { /* MIL_FP8E4M3FN: cut off below its smallest normal, and at its largest */
        float size = fabsf(x) < 0x1p-6f ? 0 : fminf(fabsf(x), 448);
        uint32_t bits = size > 0 ? (float_bits(size * 0x1p-120f) >> 20) : 0;
        return bits | (x < 0 ? 0x80 : 0);
    }
    }
}

/* n elements, each one of the table's */
#define DRAW(name, T)                                                                              \
    static void name(rng *r, const uint32_t table[TABLE], uint64_t n, uint8_t *to) {               \
        enum { AT_ONCE = 64 / TABLE_BITS };                                                        \
        for (uint64_t i = 0; i < n; i += AT_ONCE) {                                                \
            uint64_t random = rng_next(r), end = n - i < AT_ONCE ? n : i + AT_ONCE;                \
            for (uint64_t k = i; k < end; k++, random >>= TABLE_BITS) {                            \
                T x = (T)table[random % TABLE];                                                    \
                memcpy(to + k * sizeof x, &x, sizeof x);                                           \
            }                                                                                      \
        }                                                                                          \
    }
DRAW(draw_8, uint8_t)
DRAW(draw_16, uint16_t)
DRAW(draw_32, uint32_t)

static void fill_floats(const slot *s, const values *v, rng *r, uint8_t *to) {
    uint32_t table[TABLE];
    bool normal = s->use.kind == BLOB_NORMAL;
    const float *from = normal ? v->normal : v->around;
    float factor = (float)(normal ? s->use.deviation : s->use.middle);
    for (int i = 0; i < TABLE; i++) {
        table[i] = bits_of(s->dtype, from[i] * factor);
    }
    int bits = mil_dtype_bits(s->dtype);
    (bits == 8 ? draw_8 : bits == 16 ? draw_16 : draw_32)(r, table, s->elements, to);
}

/* whole words of random bits, then what is left */
static void fill_range(const slot *s, rng *r, uint8_t *to) {
    for (uint64_t i = 0; i < s->size; i += sizeof(uint64_t)) {
        uint64_t random = rng_next(r), left = s->size - i;
        memcpy(to + i, &random, left < sizeof random ? left : sizeof random);
    }
}

static void put_bits(uint8_t *to, uint64_t bit, int bits, uint64_t x) {
    for (int i = 0; i < bits; i++, bit++) {
        to[bit / 8] = (uint8_t)(to[bit / 8] | (x >> i & 1) << bit % 8);
    }
}

static void fill_below(const slot *s, rng *r, uint8_t *to) {
    int bits = mil_dtype_bits(s->dtype), used = bits - mil_is_signed(s->dtype);
    uint64_t most = UINT64_C(1) << used, bound = s->use.bound < most ? s->use.bound : most;
    for (uint64_t i = 0; i < s->elements; i++) {
        put_bits(to, i * (uint64_t)bits, bits, rng_below(r, bound));
    }
}

static void fill_middle(const slot *s, uint8_t *to) {
    int bits = mil_dtype_bits(s->dtype);
    for (uint64_t i = 0; i < s->elements; i++) {
        put_bits(to, i * (uint64_t)bits, bits, (uint64_t)s->use.middle);
    }
}

/* Each bit is one with the chance that is needed for the count to come out. */
static void fill_mask(const slot *s, rng *r, uint8_t *to) {
    uint64_t of = s->use.of < s->size * 8 ? s->use.of : s->size * 8;
    uint64_t ones = s->use.ones < of ? s->use.ones : of;
    for (uint64_t i = 0; i < of; i++) {
        bool one = rng_below(r, of - i) < ones;
        put_bits(to, i, 1, one);
        ones -= one;
    }
}

static void fill(const slot *s, const values *v, uint64_t seed, uint8_t *to) {
    rng r;
    rng_seed(&r, rng_mix(rng_mix(seed, hash_add(HASH_START, s->path, strlen(s->path))), s->offset));
    if (s->use.kind == BLOB_BITS) {
        fill_mask(s, &r, to);
    } else if (mil_is_float(s->dtype)) {
        fill_floats(s, v, &r, to);
    } else if (s->use.kind == BLOB_AROUND) {
        fill_middle(s, to);
    } else if (s->use.kind == BLOB_BELOW) {
        fill_below(s, &r, to);
    } else {
        fill_range(s, &r, to);
    }
}

/* --- what a program needs --- */

static anet_code ANET_PRINTF(3, 4) refuse(mil_loc at, anet_error *err, const char *fmt, ...) {
    char message[700];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    return anet_fail(err, ANET_BAD_INPUT, "no random weights for line %d of the program: %s",
                     at.line, message);
}

static anet_code add_slot(const blob_names *names, const blob_ref *ref, slots *to,
                          anet_error *err) {
    const mil_value *v = ref->value;
    blob_fault fault = {0};
    slot s = {.path = v->blob_path,
              .offset = v->blob_offset,
              .dtype = v->type.dtype,
              .order = to->all.len,
              .loc = ref->op ? ref->op->loc : (mil_loc){0}};
    if (!blob_wanted_bytes(v, &s.size, &fault)) {
        return refuse(s.loc, err, "%s", fault.message);
    }
    if (s.offset % BLOB_ALIGN || s.offset < BLOB_HEADER) {
        return refuse(s.loc, err, "offset %" PRIu64 " is not a multiple of 64 from 64 on",
                      s.offset);
    }
    s.elements = (uint64_t)mil_elements(&v->type);
    s.use = blob_find_use(names, ref);
    vec_push(&to->all, s);
    return ANET_OK;
}

static anet_code add_slots(const mil_program *p, arena *a, slots *to, anet_error *err) {
    blob_refs refs = {0};
    const mil_func *func = NULL;
    const blob_names *names = NULL;
    anet_code code = ANET_OK;
    blob_collect(p, &refs);
    for (size_t i = 0; i < refs.all.len && !code; i++) {
        const blob_ref *ref = &refs.all.at[i];
        if (!names || func != ref->func) {
            func = ref->func;
            names = blob_names_of(a, func);
        }
        code = add_slot(names, ref, to, err);
    }
    vec_free(&refs.all);
    return code;
}

static int compare_slots(const void *a, const void *b) {
    const slot *x = a, *y = b;
    int path = strcmp(x->path, y->path), offset = (x->offset > y->offset) - (x->offset < y->offset);
    return path ? path : offset ? offset : (x->order > y->order) - (x->order < y->order);
}

/* Keeps the first of the references to one entry; they must agree about it. */
static anet_code merge_slots(slots *s, anet_error *err) {
    size_t kept = 0;
    if (s->all.len) {
        qsort(s->all.at, s->all.len, sizeof(slot), compare_slots);
    }
    for (size_t i = 0; i < s->all.len; i++) {
        const slot *one = kept ? &s->all.at[kept - 1] : NULL, *two = &s->all.at[i];
        if (!one || strcmp(one->path, two->path) != 0 || one->offset != two->offset) {
            s->all.at[kept++] = *two;
        } else if (one->dtype != two->dtype || one->size != two->size) {
            return refuse(two->loc, err,
                          "%s: the entry at offset %" PRIu64 " is %" PRIu64
                          " elements of %s here and %" PRIu64 " of %s in line %d",
                          two->path, two->offset, two->elements, mil_dtype_name(two->dtype),
                          one->elements, mil_dtype_name(one->dtype), one->loc.line);
        }
    }
    s->all.len = kept;
    return ANET_OK;
}

/* --- files --- */

static uint64_t aligned(uint64_t x) {
    return (x + BLOB_ALIGN - 1) / BLOB_ALIGN * BLOB_ALIGN;
}

/* The data of n entries of one file: behind their metadata, or at the end where the next entry
 * leaves no room. Returns the file's size; UINT64_MAX: beyond all bounds. */
static uint64_t place_data(slot *s, size_t n) {
    const uint64_t most = UINT64_MAX / 4;
    uint64_t end = s[n - 1].offset;
    if (end > most || s[n - 1].size > most) {
        return UINT64_MAX;
    }
    end += BLOB_METADATA + aligned(s[n - 1].size);
    for (size_t i = 0; i < n; i++) {
        uint64_t data = s[i].offset + BLOB_METADATA;
        bool fits = i + 1 == n || s[i].size <= s[i + 1].offset - data;
        if (s[i].size > most || end > most) {
            return UINT64_MAX;
        }
        s[i].data = fits ? data : end;
        end += fits ? 0 : aligned(s[i].size);
    }
    return end;
}

static anet_code make_file(slot *s, size_t n, const values *v, uint64_t seed, mil_weights *w,
                           anet_error *err) {
    uint64_t size = place_data(s, n);
    void *memory = MAP_FAILED;
    if (size <= SIZE_MAX / 2) {
        memory =
            mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (memory == MAP_FAILED) {
        return anet_fail(err, ANET_FAILED, "no memory for random weights of '%s'", s->path);
    }
    anet_blob file = {arena_strdup(w->memory, s->path), memory, (size_t)size};
    vec_push(&w->files, file);
    blob_write_header(memory, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        uint8_t *to = memory;
        blob_metadata(to + s[i].offset, s[i].dtype, s[i].elements, s[i].data);
        fill(&s[i], v, seed, to + s[i].data);
    }
    return ANET_OK;
}

static anet_code make_files(slots *s, uint64_t seed, mil_weights *w, anet_error *err) {
    anet_code code = ANET_OK;
    const values *v = new_values(w->memory);
    for (size_t i = 0, n; i < s->all.len && !code; i += n) {
        for (n = 1; i + n < s->all.len; n++) {
            if (strcmp(s->all.at[i].path, s->all.at[i + n].path) != 0) {
                break;
            }
        }
        code = make_file(&s->all.at[i], n, v, seed, w, err);
    }
    return code;
}

anet_code mil_weights_random(const mil_program *p, uint64_t seed, mil_weights *w, anet_error *err) {
    slots s = {0};
    *w = (mil_weights){.memory = arena_new()};
    anet_code code = add_slots(p, w->memory, &s, err);
    code = code ? code : merge_slots(&s, err);
    code = code ? code : make_files(&s, seed, w, err);
    vec_free(&s.all);
    if (code) {
        mil_weights_close(w);
    }
    return code;
}
