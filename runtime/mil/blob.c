/* blob.c: finds entries of blob files, every number in them checked against the file's size. */
#include "mil/blob.h"

#include "mil/blob_read.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    mil_dtype dtype;
    unsigned code;
} codes[] = {
#define MIL_DTYPE(ID, text, bits, blob_code) {MIL_##ID, blob_code},
#include "mil/dtypes.def"
};

enum { CODES = sizeof codes / sizeof codes[0] };

unsigned blob_code(mil_dtype t) {
    return t == MIL_NONE ? 0 : codes[t - 1].code;
}

static mil_dtype dtype_of(uint32_t code) {
    for (int i = 0; i < CODES && code; i++) {
        if (codes[i].code == code) {
            return codes[i].dtype;
        }
    }
    return MIL_NONE;
}

bool blob_bytes(mil_dtype t, uint64_t n, uint64_t *bytes) {
    uint64_t bits = (uint64_t)mil_dtype_bits(t);
    if (bits && n > (UINT64_MAX - 7) / bits) {
        return false;
    }
    *bytes = (n * bits + 7) / 8;
    return true;
}

bool blob_fail(blob_fault *fault, mil_finding_id id, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(fault->message, sizeof fault->message, fmt, ap);
    va_end(ap);
    fault->id = id;
    return false;
}

static anet_code as_error(const blob_fault *fault, anet_error *err) {
    return anet_fail(err, ANET_BAD_INPUT, "%s", fault->message);
}

static uint32_t word(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t long_word(const uint8_t *p) {
    return word(p) | (uint64_t)word(p + 4) << 32;
}

bool blob_header(const anet_blob *file, blob_fault *fault) {
    const uint8_t *bytes = file->data;
    if (file->size < BLOB_HEADER) {
        return blob_fail(fault, MIL_M0502,
                         "'%s' is no weight file: it has %zu bytes, less than the header of 64",
                         file->path, file->size);
    }
    uint32_t version = word(bytes + 4);
    if (version == 1) {
        return blob_fail(fault, MIL_M0503,
                         "'%s' is a weight file of version 1 (neural networks before ML programs); "
                         "convert the model to an ML program, which writes version 2",
                         file->path);
    }
    if (version != BLOB_VERSION) {
        return blob_fail(
            fault, MIL_M0502,
            "'%s' is no weight file: its second word must be the version 2, not %" PRIu32,
            file->path, version);
    }
    return true;
}

/* --- one entry --- */

static bool has_entry(const anet_blob *file, uint64_t offset) {
    return file->size >= BLOB_METADATA && offset <= file->size - BLOB_METADATA &&
           word((const uint8_t *)file->data + offset) == BLOB_SENTINEL;
}

static bool check_place(const anet_blob *file, uint64_t offset, blob_fault *fault) {
    if (offset < BLOB_HEADER || offset % BLOB_ALIGN != 0) {
        return blob_fail(fault, MIL_M0504,
                         "%s: offset %" PRIu64
                         " is not that of an entry, which is a multiple of 64 "
                         "from 64 on%s",
                         file->path, offset, offset == 0 ? "; the first entry is at 64" : "");
    }
    if (file->size < BLOB_METADATA || offset > file->size - BLOB_METADATA) {
        return blob_fail(fault, MIL_M0504,
                         "%s: offset %" PRIu64 " lies behind the file's %zu bytes", file->path,
                         offset, file->size);
    }
    if (has_entry(file, offset)) {
        return true;
    }
    bool data = has_entry(file, offset - BLOB_METADATA);
    return blob_fail(
        fault, MIL_M0505, "%s: there is no entry at offset %" PRIu64 "%s", file->path, offset,
        data ? ": that is where the data of an entry begins, and BLOBFILE wants the offset "
               "of its metadata, 64 less"
             : ", whose first word would be 0xDEADBEEF");
}

/* Apple's loader takes bench programs whose metadata has no offset and nonsense for a size. */
static bool is_bare(const anet_blob *file, uint64_t offset) {
    return long_word((const uint8_t *)file->data + offset + 16) == 0;
}

static bool check_range(const anet_blob *file, uint64_t offset, uint64_t from, uint64_t size,
                        blob_fault *fault) {
    if (from > file->size || size > file->size - from) {
        return blob_fail(fault, MIL_M0506,
                         "%s: the entry at offset %" PRIu64 " has %" PRIu64
                         " bytes of data from %" PRIu64 " on, but the file ends at %zu%s",
                         file->path, offset, size, from, file->size,
                         from <= file->size ? ": it is cut short, copy it again" : "");
    }
    if (size && from < offset + BLOB_METADATA && from + size > offset) {
        return blob_fail(fault, MIL_M0509,
                         "%s: the data of the entry at offset %" PRIu64
                         " overlaps its own metadata",
                         file->path, offset);
    }
    if (size && from < BLOB_HEADER) {
        return blob_fail(fault, MIL_M0509,
                         "%s: the data of the entry at offset %" PRIu64
                         " overlaps the file's header",
                         file->path, offset);
    }
    return true;
}

static bool read_entry(const anet_blob *file, uint64_t offset, mil_blob_entry *entry,
                       blob_fault *fault) {
    if (!blob_header(file, fault) || !check_place(file, offset, fault)) {
        return false;
    }
    const uint8_t *metadata = (const uint8_t *)file->data + offset;
    uint32_t code = word(metadata + 4);
    uint64_t from = long_word(metadata + 16);
    from = from ? from : offset + BLOB_METADATA;
    *entry = (mil_blob_entry){dtype_of(code), offset, NULL, long_word(metadata + 8),
                              long_word(metadata + 24)};
    if (!entry->dtype) {
        return blob_fail(fault, MIL_M0507,
                         "%s: the entry at offset %" PRIu64 " has the unknown data type %" PRIu32,
                         file->path, offset, code);
    }
    if (!check_range(file, offset, from, entry->size, fault)) {
        return false;
    }
    entry->bytes = (const uint8_t *)file->data + from;
    return true;
}

anet_code mil_blob_find(const anet_blob *file, uint64_t offset, mil_blob_entry *entry,
                        anet_error *err) {
    blob_fault fault = {0};
    return read_entry(file, offset, entry, &fault) ? ANET_OK : as_error(&fault, err);
}

uint64_t mil_blob_elements(const mil_blob_entry *e) {
    uint64_t bits = (uint64_t)mil_dtype_bits(e->dtype);
    uint64_t unused = bits < 8 && e->padding < 8 && e->size ? e->padding : 0;
    return (e->size * 8 - unused) / bits;
}

anet_code mil_blob_entries(const anet_blob *file, mil_blob_list *list, anet_error *err) {
    blob_fault fault = {0};
    if (!blob_header(file, &fault)) {
        return as_error(&fault, err);
    }
    for (uint64_t at = BLOB_HEADER; has_entry(file, at);) {
        mil_blob_entry entry;
        if (!read_entry(file, at, &entry, &fault)) {
            return as_error(&fault, err);
        }
        vec_push(&list->all, entry);
        uint64_t end = (uint64_t)(entry.bytes - (const uint8_t *)file->data) + entry.size;
        uint64_t next = (end + BLOB_ALIGN - 1) / BLOB_ALIGN * BLOB_ALIGN;
        if (next <= at) {
            break; /* data before its metadata: nothing says where the next one would be */
        }
        at = next;
    }
    return ANET_OK;
}

/* --- the entry of a value --- */

const anet_blob *blob_file(const anet_blob *files, int n, const char *path) {
    for (int i = 0; i < n; i++) {
        if (strcmp(files[i].path, path) == 0) {
            return &files[i];
        }
    }
    return NULL;
}

bool blob_wanted_bytes(const mil_value *value, uint64_t *bytes, blob_fault *fault) {
    int64_t n = mil_elements(&value->type);
    if (value->type.kind != MIL_TENSOR || !blob_code(value->type.dtype)) {
        return blob_fail(fault, MIL_M0507,
                         "a value in a weight file must be a tensor of numbers of at most 32 bits, "
                         "not of %s",
                         value->type.kind == MIL_TENSOR ? mil_dtype_name(value->type.dtype)
                                                        : "another kind");
    }
    if (n < 0 || !blob_bytes(value->type.dtype, (uint64_t)n, bytes)) {
        return blob_fail(fault, MIL_M0508,
                         "a value in a weight file must have a static shape of less "
                         "than 2^60 elements");
    }
    return true;
}

/* an entry without an offset of its data: what the value's type says is believed */
static bool read_bare(const anet_blob *file, const mil_value *value, uint64_t bytes,
                      mil_blob_entry *entry, blob_fault *fault, blob_fault *mended) {
    uint64_t offset = value->blob_offset, from = offset + BLOB_METADATA;
    if (!check_range(file, offset, from, bytes, fault)) {
        return false;
    }
    *entry =
        (mil_blob_entry){value->type.dtype, offset, (const uint8_t *)file->data + from, bytes, 0};
    blob_fail(mended, MIL_M0510,
              "%s: the entry at offset %" PRIu64 " does not say where its data is; the %" PRIu64
              " bytes behind it are taken, as Apple's loader does",
              file->path, offset, bytes);
    return true;
}

static bool check_fit(const anet_blob *file, const mil_value *value, uint64_t bytes,
                      const mil_blob_entry *entry, blob_fault *fault) {
    uint64_t offset = entry->offset;
    if (entry->dtype != value->type.dtype) {
        return blob_fail(
            fault, MIL_M0507,
            "%s: the entry at offset %" PRIu64 " holds %s, but the value is declared %s",
            file->path, offset, mil_dtype_name(entry->dtype), mil_dtype_name(value->type.dtype));
    }
    if (entry->size != bytes) {
        return blob_fail(fault, MIL_M0508,
                         "%s: the entry at offset %" PRIu64 " has %" PRIu64
                         " bytes, but the %lld elements of %s that the value is declared with need "
                         "%" PRIu64,
                         file->path, offset, entry->size, (long long)mil_elements(&value->type),
                         mil_dtype_name(entry->dtype), bytes);
    }
    return true;
}

bool blob_resolve(const anet_blob *files, int n, const mil_value *value, mil_blob_entry *entry,
                  blob_fault *fault, blob_fault *mended) {
    const anet_blob *file = blob_file(files, n, value->blob_path);
    uint64_t bytes = 0;
    if (!file) {
        return blob_fail(fault, MIL_M0501, "there is no file '%s'", value->blob_path);
    }
    if (!blob_wanted_bytes(value, &bytes, fault) || !blob_header(file, fault) ||
        !check_place(file, value->blob_offset, fault)) {
        return false;
    }
    if (is_bare(file, value->blob_offset)) {
        return read_bare(file, value, bytes, entry, fault, mended);
    }
    return read_entry(file, value->blob_offset, entry, fault) &&
           check_fit(file, value, bytes, entry, fault);
}

anet_code mil_blob_value(const anet_blob *files, int n, const mil_value *value,
                         mil_blob_entry *entry, anet_error *err) {
    blob_fault fault = {0}, mended = {0};
    return blob_resolve(files, n, value, entry, &fault, &mended) ? ANET_OK : as_error(&fault, err);
}
