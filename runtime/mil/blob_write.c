/* blob_write.c: writes blob files. */
#include "mil/blob_read.h"

#include <string.h>

static void put_word(uint8_t *to, uint64_t x, int bytes) {
    for (int i = 0; i < bytes; i++) {
        to[i] = (uint8_t)(x >> 8 * i);
    }
}

/* zeros up to the next place where something may begin */
static void align(text *bytes) {
    static const char zeros[BLOB_ALIGN];
    text_add(bytes, zeros, (0 - bytes->len) % BLOB_ALIGN);
}

static void begin(mil_blob_writer *w) {
    static const char header[BLOB_HEADER];
    if (w->bytes.len == 0) {
        text_add(&w->bytes, header, sizeof header);
    }
}

void blob_metadata(uint8_t to[BLOB_METADATA], mil_dtype dtype, uint64_t elements, uint64_t from) {
    uint64_t bits = elements * (uint64_t)mil_dtype_bits(dtype), size = (bits + 7) / 8;
    memset(to, 0, BLOB_METADATA);
    put_word(to, BLOB_SENTINEL, 4);
    put_word(to + 4, blob_code(dtype), 4);
    put_word(to + 8, size, 8);
    put_word(to + 16, from, 8);
    put_word(to + 24, size * 8 - bits, 8);
}

void blob_write_header(uint8_t to[BLOB_HEADER], uint32_t count) {
    memset(to, 0, BLOB_HEADER);
    put_word(to, count, 4);
    put_word(to + 4, BLOB_VERSION, 4);
}

uint64_t mil_blob_add(mil_blob_writer *w, mil_dtype dtype, const void *data, uint64_t elements) {
    uint8_t metadata[BLOB_METADATA];
    uint64_t size;
    if (!blob_code(dtype) || !blob_bytes(dtype, elements, &size)) {
        return 0;
    }
    begin(w);
    align(&w->bytes);
    uint64_t offset = w->bytes.len;
    blob_metadata(metadata, dtype, elements, offset + BLOB_METADATA);
    text_add(&w->bytes, (const char *)metadata, sizeof metadata);
    text_add(&w->bytes, data, (size_t)size);
    w->count++;
    return offset;
}

void mil_blob_finish(mil_blob_writer *w) {
    begin(w);
    blob_write_header((uint8_t *)w->bytes.at, w->count);
}
