/* blob_read.h: what reading and checking of blob files share: a fault has an id, so that it can
 * become an error as well as a finding. */
#ifndef ANET_MIL_BLOB_READ_H
#define ANET_MIL_BLOB_READ_H

#include "mil/blob.h"

enum { BLOB_ALIGN = 64, BLOB_HEADER = 64, BLOB_METADATA = 64, BLOB_VERSION = 2 };
#define BLOB_SENTINEL 0xDEADBEEFu

typedef struct blob_fault {
    mil_finding_id id;
    char message[700]; /* "": none */
} blob_fault;

/* false */
bool blob_fail(blob_fault *fault, mil_finding_id id, const char *fmt, ...) ANET_PRINTF(3, 4);

/* of an element's dtype in blobs; 0 if it cannot be in one */
unsigned blob_code(mil_dtype t);

/* bytes of n elements; false beyond 64 bits */
bool blob_bytes(mil_dtype t, uint64_t n, uint64_t *bytes);

const anet_blob *blob_file(const anet_blob *files, int n, const char *path);
/* is `data` such a file at all? */
bool blob_header(const anet_blob *file, blob_fault *fault);
/* how many bytes a value of this type has in a file; false if it cannot be in one */
bool blob_wanted_bytes(const mil_value *value, uint64_t *bytes, blob_fault *fault);
/* As mil_blob_value; `mended` says what was read in spite of what the file says. */
bool blob_resolve(const anet_blob *files, int n, const mil_value *value, mil_blob_entry *entry,
                  blob_fault *fault, blob_fault *mended);

/* --- the references of a program --- */

typedef struct blob_ref {
    const mil_value *value;
    const mil_func *func; /* NULL: an attribute of the program */
    const mil_op *op;     /* NULL: an attribute of the function */
    const char *arg;      /* argument or attribute of the op */
} blob_ref;

typedef struct blob_refs {
    VEC(blob_ref) all;
} blob_refs;

/* every BLOBFILE of the program, in its order */
void blob_collect(const mil_program *p, blob_refs *refs);

/* --- writing --- */
void blob_metadata(uint8_t to[BLOB_METADATA], mil_dtype dtype, uint64_t elements, uint64_t from);
void blob_write_header(uint8_t to[BLOB_HEADER], uint32_t count);

#endif
