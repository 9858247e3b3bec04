/* safetensors.h: named tensors in a file: 8 bytes of header length, a JSON header, the raw data.
 *
 *     safetensors *st;
 *     anet_code code = st_open(a, "model.safetensors", &st, &err);
 *     const st_tensor *t = st_find(st, "net.norm.weight");     NULL: no such tensor
 *     code = st_read_f32(st, t, weights, &err);                t->elements floats
 *     st_close(st);
 *
 * Opening checks everything that the header says: known dtypes, shapes that do not overflow, data
 * that fills the file exactly, with neither gaps nor overlaps. */
#ifndef ANET_SAFETENSORS_H
#define ANET_SAFETENSORS_H

#include "base/input.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum st_dtype {
#define ST_DTYPE(ID, bytes, is_float) ST_##ID,
#include "st_dtypes.def"
    ST_DTYPE_COUNT
} st_dtype;

enum { ST_MAX_RANK = 8 };

typedef struct st_tensor {
    const char *name;
    st_dtype dtype;
    int rank;
    int64_t dims[ST_MAX_RANK];
    size_t elements;
    uint64_t begin, end; /* in the data; set by st_open and st_writer_begin */
} st_tensor;

typedef struct st_pair {
    const char *key, *value;
} st_pair;

typedef struct safetensors {
    input in;
    uint64_t data; /* where the data begins in the file */
    size_t n_tensors, n_metadata;
    st_tensor *tensors; /* in the order of their data */
    st_tensor **by_name;
    st_pair *metadata;
} safetensors;

/* Everything but the file descriptor lives in the arena. */
anet_code st_open(arena *a, const char *path, safetensors **st, anet_error *err);
void st_close(safetensors *st); /* NULL is fine */

const st_tensor *st_find(const safetensors *st, const char *name);
const char *st_metadata(const safetensors *st, const char *key); /* NULL if absent */

/* All elements as float, from F32, F16, BF16 or F64. Values are not checked: see floats_check. */
anet_code st_read_f32(const safetensors *st, const st_tensor *t, float *to, anet_error *err);
/* The bytes as they are; `bytes` must be those of the tensor. */
anet_code st_read(const safetensors *st, const st_tensor *t, void *to, size_t bytes,
                  anet_error *err);

/* --- writing ---
 * Declare all tensors (name, dtype, rank, dims), then write their data in that order, in pieces of
 * any size. Nothing appears at `path` before st_writer_commit. Declare wide dtypes first: the
 * format has no padding between tensors. */
typedef struct st_writer st_writer;

/* F32, for st_writer_begin; at most ST_MAX_RANK dims */
st_tensor st_floats(const char *name, int rank, const int64_t *dims);

typedef struct st_content {
    const st_tensor *tensors; /* in the order in which their data will come */
    size_t n_tensors;
    const st_pair *metadata;
    size_t n_metadata;
} st_content;

anet_code st_writer_begin(const char *path, const st_content *content, st_writer **w,
                          anet_error *err);
anet_code st_write(st_writer *w, const void *data, size_t bytes, anet_error *err);
/* Frees the writer, whether it succeeds or not. */
anet_code st_writer_commit(st_writer *w, anet_error *err);
void st_writer_cancel(st_writer *w); /* NULL is fine */

#endif
