/* blob.h: MILBlob v2 weight files (facts: blob-and-mlpackage section 1, 2).
 *
 * 64 bytes of header, then entries: 64 bytes of metadata, the data behind them, each aligned to 64.
 * A reference in MIL names the offset of the metadata. Everything is checked against the size of
 * the file before it is used; counts are not trusted. */
#ifndef ANET_MIL_BLOB_H
#define ANET_MIL_BLOB_H

#include "device.h"
#include "mil/findings.h"

typedef struct mil_blob_entry {
    mil_dtype dtype;
    uint64_t offset;      /* of the metadata */
    const uint8_t *bytes; /* in the file's memory */
    uint64_t size;        /* of the data in bytes, padding bits included */
    uint64_t padding;     /* unused bits at the end of sub-byte data, as the file says */
} mil_blob_entry;

/* The entry whose metadata is at `offset`, checked against the file. */
anet_code mil_blob_find(const anet_blob *file, uint64_t offset, mil_blob_entry *entry,
                        anet_error *err);
uint64_t mil_blob_elements(const mil_blob_entry *e);
/* All entries in order, as far as the chain of them leads, whatever the header counts; into a
 * vector of the caller. */
typedef struct mil_blob_list {
    VEC(mil_blob_entry) all;
} mil_blob_list;
anet_code mil_blob_entries(const anet_blob *file, mil_blob_list *list, anet_error *err);

/* The data of a value `BLOBFILE(path, offset)`, found among the files; its dtype and bytes must be
 * those that the value's type says. An entry that does not say where its data is (offset 0) is read
 * as Apple's loader reads it: what the type says, right behind the metadata. Messages have no
 * position in the MIL text. */
anet_code mil_blob_value(const anet_blob *files, int n, const mil_value *value,
                         mil_blob_entry *entry, anet_error *err);

/* n elements from `first` on, unpacked; the caller keeps to mil_blob_elements or the value's count.
 * Any dtype to float (integers beyond 2^24 are rounded), any to int32 (floats are truncated; what
 * int32 cannot hold becomes its limit, NaN 0). */
void mil_blob_floats(const mil_blob_entry *e, size_t first, size_t n, float *to);
void mil_blob_ints(const mil_blob_entry *e, size_t first, size_t n, int32_t *to);

/* --- writing --- */
typedef struct mil_blob_writer {
    text bytes;
    uint32_t count;
} mil_blob_writer; /* {0} is empty */
/* Appends an entry of n elements, packed as the file holds them; returns its offset for MIL, or 0
 * if a file cannot hold the dtype. */
uint64_t mil_blob_add(mil_blob_writer *w, mil_dtype dtype, const void *data, uint64_t elements);
void mil_blob_finish(mil_blob_writer *w); /* makes w->bytes the whole file */

/* --- files of a program --- */
typedef struct mil_weights {
    arena *memory;
    VEC(anet_blob) files; /* what anet_source.blob wants */
} mil_weights;
/* Maps every file that the program refers to; "@model_path/" stands for the folder `from`. A path
 * that would leave the folder is refused. `from` may be the file itself if there is but one. The
 * files must not shrink while they are mapped. */
anet_code mil_weights_open(const mil_program *p, const char *from, mil_weights *w, anet_error *err);
/* The same without the files that are missing or cannot be opened: mil_check_blobs finds those. */
void mil_weights_find(const mil_program *p, const char *from, mil_weights *w);
/* Files with random values where the program refers to them, such that deep networks stay finite:
 * floats normal with a deviation of 1/sqrt(fan in), small or near one where the op that uses them
 * wants that (blob_roles.def), integers over their range, indices within theirs. The same seed
 * gives the same bytes. */
anet_code mil_weights_random(const mil_program *p, uint64_t seed, mil_weights *w, anet_error *err);
void mil_weights_close(mil_weights *w); /* fine when zeroed */

/* Every blob reference of the program against the files: M05xx findings with positions; a missing
 * file once. */
void mil_check_blobs(const mil_program *p, const anet_blob *files, int n, mil_findings *f);

#endif
