/* Any bytes as a weight file: every entry is unpacked, found again by its offset and by a value of
 * its type, and all references into the file are checked. */
#include "fuzz.h"

#include "mil/blob.h"

#include <string.h>

enum { MOST = 4096, REFERENCES = 4 };

/* the first elements as floats and the last ones as integers */
static void unpack(const mil_blob_entry *e) {
    float floats[MOST];
    int32_t ints[MOST];
    uint64_t elements = mil_blob_elements(e), n = elements < MOST ? elements : MOST;
    mil_blob_floats(e, 0, (size_t)n, floats);
    mil_blob_ints(e, (size_t)(elements - n), (size_t)n, ints);
}

static void find_again(const anet_blob *file, const mil_blob_entry *e) {
    int64_t n = (int64_t)mil_blob_elements(e);
    char path[] = "fuzz.bin";
    mil_value value = {.type = {.dtype = e->dtype, .rank = 1, .dims = &n},
                       .kind = MIL_BLOB,
                       .blob_path = path,
                       .blob_offset = e->offset};
    mil_blob_entry same;
    anet_error err = {0};
    if (mil_blob_find(file, e->offset, &same, &err) || same.bytes != e->bytes) {
        abort();
    }
    if (mil_blob_value(file, 1, &value, &same, &err) == ANET_OK) {
        unpack(&same);
    }
}

/* The file's first bytes, read as what a program would say of it. */
static void check_references(const anet_blob *file) {
    mil_program *p = mil_new();
    mil_func *f = mil_add_func(p, "main", "ios18");
    mil_findings found = {.memory = p->memory};
    const uint8_t *bytes = file->data;
    for (size_t i = 0; i < REFERENCES && i < file->size; i++) {
        int64_t n = bytes[i];
        mil_dtype dtype = MIL_FP16 + bytes[i] % (MIL_UINT64 - MIL_FP16);
        mil_op *op = mil_add_op(p, &f->body, "const");
        mil_add_attr(p, op, "val",
                     mil_blob(p, mil_tensor(p, dtype, 1, &n), "fuzz.bin", bytes[i] * UINT64_C(64)));
    }
    mil_check_blobs(p, file, 1, &found);
    mil_findings_free(&found);
    mil_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    anet_blob file = {"fuzz.bin", data, size};
    mil_blob_list list = {0};
    anet_error err = {0};
    mil_blob_entries(&file, &list, &err);
    for (size_t i = 0; i < list.all.len; i++) {
        unpack(&list.all.at[i]);
        find_again(&file, &list.all.at[i]);
    }
    vec_free(&list.all);
    check_references(&file);
    return 0;
}
