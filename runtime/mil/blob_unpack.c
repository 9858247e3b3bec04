/* blob_unpack.c: elements of blob entries as floats and as int32. */
#include "base/half.h"
#include "base/simd.h"
#include "mil/blob.h"

#include <string.h>

/* elements are unpacked in pieces of so many when they need a second step */
enum { PIECE = 1024 };

/* --- floats --- */

/* A half's bits moved to a float's place are its value times 2^-112. */
ANET_SIMD static void from_halves(const uint8_t *from, size_t n, float *to) {
    for (size_t i = 0; i < n; i++) {
        uint16_t h;
        memcpy(&h, from + 2 * i, sizeof h);
        uint32_t size = (uint32_t)(h & 0x7FFF) << 13, sign = (uint32_t)(h & 0x8000) << 16;
        uint32_t finite = float_bits(bits_float(size) * 0x1p112f);
        uint32_t bits = size >= 0x0F800000u ? size | 0x7F800000u : finite;
        to[i] = bits_float(bits | sign);
    }
}

static void from_bfloats(const uint8_t *from, size_t n, float *to) {
    for (size_t i = 0; i < n; i++) {
        to[i] = bits_float((uint32_t)from[2 * i] << 16 | (uint32_t)from[2 * i + 1] << 24);
    }
}

/* E5M2 is the upper half of a half. */
static void from_e5m2(const uint8_t *from, size_t n, float *to) {
    for (size_t i = 0; i < n; i++) {
        to[i] = half_float((uint16_t)(from[i] << 8));
    }
}

/* E4M3FN has no infinity; all ones is NaN. */
static void from_e4m3(const uint8_t *from, size_t n, float *to) {
    for (size_t i = 0; i < n; i++) {
        uint32_t size = from[i] & 0x7Fu, sign = (uint32_t)(from[i] & 0x80u) << 24;
        float x = size == 0x7F ? bits_float(0x7FC00000u) : bits_float(size << 20) * 0x1p120f;
        to[i] = bits_float(float_bits(x) | sign);
    }
}

static void floats_of(mil_dtype t, const uint8_t *from, size_t n, float *to) {
    switch (t) {
    case MIL_FP16:
        from_halves(from, n, to);
        break;
    case MIL_BF16:
        from_bfloats(from, n, to);
        break;
    case MIL_FP8E5M2:
        from_e5m2(from, n, to);
        break;
    case MIL_FP8E4M3FN:
        from_e4m3(from, n, to);
        break;
    default: /* MIL_FP32 */
        memcpy(to, from, n * sizeof *to);
    }
}

/* --- integers --- */

/* Element i has the bits [i * bits, (i + 1) * bits) of the stream; it may lie in two bytes. */
static void from_bits(const mil_blob_entry *e, size_t first, size_t n, int32_t *to) {
    size_t bits = (size_t)mil_dtype_bits(e->dtype);
    uint32_t mask = (1u << bits) - 1, sign = mil_is_signed(e->dtype) ? 1u << (bits - 1) : 0;
    for (size_t i = 0; i < n; i++) {
        size_t bit = (first + i) * bits, at = bit / 8;
        uint32_t pair = e->bytes[at];
        if (bit % 8 + bits > 8) {
            pair |= (uint32_t)e->bytes[at + 1] << 8;
        }
        uint32_t x = pair >> bit % 8 & mask;
        to[i] = (int32_t)(x ^ sign) - (int32_t)sign;
    }
}

static void from_bytes(mil_dtype t, const uint8_t *from, size_t n, int32_t *to) {
    for (size_t i = 0; i < n; i++) {
        to[i] = t == MIL_INT8 ? (int8_t)from[i] : from[i];
    }
}

static void from_shorts(mil_dtype t, const uint8_t *from, size_t n, int32_t *to) {
    for (size_t i = 0; i < n; i++) {
        int32_t x = from[2 * i] | from[2 * i + 1] << 8;
        to[i] = t == MIL_INT16 ? (int16_t)x : x;
    }
}

/* uint32 beyond int32 becomes its limit */
static void from_words(mil_dtype t, const uint8_t *from, size_t n, int32_t *to) {
    memcpy(to, from, n * sizeof *to);
    for (size_t i = 0; i < n && t == MIL_UINT32; i++) {
        to[i] = to[i] < 0 ? INT32_MAX : to[i];
    }
}

static void ints_of(const mil_blob_entry *e, size_t first, size_t n, int32_t *to) {
    size_t bits = (size_t)mil_dtype_bits(e->dtype);
    const uint8_t *from = e->bytes + first * bits / 8;
    if (bits < 8) {
        from_bits(e, first, n, to);
    } else if (bits == 8) {
        from_bytes(e->dtype, from, n, to);
    } else if (bits == 16) {
        from_shorts(e->dtype, from, n, to);
    } else {
        from_words(e->dtype, from, n, to);
    }
}

/* --- either as either --- */

void mil_blob_floats(const mil_blob_entry *e, size_t first, size_t n, float *to) {
    if (mil_is_float(e->dtype)) {
        floats_of(e->dtype, e->bytes + first * (size_t)mil_dtype_bits(e->dtype) / 8, n, to);
        return;
    }
    int32_t piece[PIECE];
    for (size_t at = 0; at < n; at += PIECE) {
        size_t m = n - at < PIECE ? n - at : PIECE;
        ints_of(e, first + at, m, piece);
        for (size_t i = 0; i < m; i++) {
            to[at + i] = (float)piece[i];
        }
    }
}

static int32_t to_int(float x) {
    if (x >= 0x1p31f || x < -0x1p31f) {
        return x > 0 ? INT32_MAX : INT32_MIN;
    }
    return x == x ? (int32_t)x : 0;
}

void mil_blob_ints(const mil_blob_entry *e, size_t first, size_t n, int32_t *to) {
    if (!mil_is_float(e->dtype)) {
        ints_of(e, first, n, to);
        return;
    }
    float piece[PIECE];
    for (size_t at = 0; at < n; at += PIECE) {
        size_t m = n - at < PIECE ? n - at : PIECE;
        mil_blob_floats(e, first + at, m, piece);
        for (size_t i = 0; i < m; i++) {
            to[at + i] = to_int(piece[i]);
        }
    }
}
