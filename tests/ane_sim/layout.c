/* layout.c: see layout.h. Facts: ane-facts section 1.1, "Surface order/size truth". */
#include "layout.h"

#include "base/half.h"
#include "faults.h"
#include "mil/rules.h"

#include <string.h>

enum { ROW_ALIGNMENT = 64, PADDING = 0x7E };

sim_layout sim_layout_of(const anet_port *port) {
    int64_t dims[7];
    memcpy(dims, port->dims, sizeof dims);
    mil_type type = {.kind = MIL_TENSOR, .rank = port->rank, .dims = dims};
    mil_rule_extent e = mil_rule_extents(&type);
    sim_layout l = {mil_dtype_named(port->dtype, strlen(port->dtype)),
                    e.n,
                    e.d,
                    e.c,
                    e.h,
                    e.w,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0};
    int bits = mil_dtype_bits(l.dtype);
    size_t align = (size_t)sim_setting("ANE_SIM_ROW", ROW_ALIGNMENT);
    l.element = bits < 8 ? 1 : (size_t)bits / 8;
    l.row = ((size_t)l.w * l.element + align - 1) / align * align;
    l.plane = (size_t)l.h * l.row;
    l.depth = (size_t)l.c * l.plane;
    l.batch = (size_t)l.d * l.depth;
    l.bytes = (size_t)l.n * l.batch;
    return l;
}

static float load(const unsigned char *p, mil_dtype dtype) {
    union {
        float f;
        int32_t i;
        uint16_t u16;
        int16_t i16;
    } x = {0};
    switch (dtype) {
    case MIL_FP32:
        memcpy(&x.f, p, 4);
        return x.f;
    case MIL_BOOL:
        return *p ? 1.0f : 0.0f;
    case MIL_INT8:
        x.i = *(const signed char *)p;
        return x.f;
    case MIL_UINT8:
        x.i = *p;
        return x.f;
    case MIL_INT16:
        memcpy(&x.i16, p, 2);
        x.i = x.i16;
        return x.f;
    case MIL_UINT16:
        memcpy(&x.u16, p, 2);
        x.i = x.u16;
        return x.f;
    default:
        sim_fatal("no surface holds %s", mil_dtype_name(dtype));
    }
}

static void store(float word, mil_dtype dtype, unsigned char *p) {
    uint32_t bits = float_bits(word);
    uint16_t low = (uint16_t)bits;
    switch (dtype) {
    case MIL_FP32:
        memcpy(p, &bits, 4);
        break;
    case MIL_BOOL:
        *p = word != 0.0f;
        break;
    case MIL_INT8:
    case MIL_UINT8:
        *p = (unsigned char)bits;
        break;
    case MIL_INT16:
    case MIL_UINT16:
        memcpy(p, &low, 2);
        break;
    default:
        sim_fatal("no surface holds %s", mil_dtype_name(dtype));
    }
}

/* where row `i` of all of them is; packed order is n, c, d, h */
static size_t row_at(const sim_layout *l, int64_t i) {
    int64_t h = i % l->h, d = i / l->h % l->d, c = i / l->h / l->d % l->c,
            n = i / l->h / l->d / l->c;
    return (size_t)n * l->batch + (size_t)d * l->depth + (size_t)c * l->plane + (size_t)h * l->row;
}

static int64_t rows_of(const sim_layout *l) {
    return l->n * l->c * l->d * l->h;
}

/* Most of what crosses the border; so without the choice of dtype at each element. */
static void load_halves(const unsigned char *row, int64_t n, float *words) {
    for (int64_t i = 0; i < n; i++) {
        uint16_t bits;
        memcpy(&bits, row + 2 * i, 2);
        words[i] = half_float(bits);
    }
}

static void store_halves(const float *words, int64_t n, unsigned char *row) {
    for (int64_t i = 0; i < n; i++) {
        uint16_t bits = half_bits(words[i]);
        memcpy(row + 2 * i, &bits, 2);
    }
}

static void load_row(const sim_layout *l, const unsigned char *row, float *words) {
    if (l->dtype == MIL_FP16) {
        load_halves(row, l->w, words);
        return;
    }
    for (int64_t i = 0; i < l->w; i++) {
        words[i] = load(row + (size_t)i * l->element, l->dtype);
    }
}

static void store_row(const sim_layout *l, const float *words, unsigned char *row) {
    if (l->dtype == MIL_FP16) {
        store_halves(words, l->w, row);
        return;
    }
    for (int64_t i = 0; i < l->w; i++) {
        store(words[i], l->dtype, row + (size_t)i * l->element);
    }
}

void sim_unpack(const sim_layout *l, const unsigned char *surface, float *words) {
    for (int64_t i = 0; i < rows_of(l); i++) {
        load_row(l, surface + row_at(l, i), words + i * l->w);
    }
}

void sim_pack(const sim_layout *l, const float *words, unsigned char *surface) {
    for (int64_t i = 0; i < rows_of(l); i++) {
        unsigned char *row = surface + row_at(l, i);
        size_t used = (size_t)l->w * l->element;
        store_row(l, words + i * l->w, row);
        memset(row + used, PADDING, l->row - used);
    }
}
