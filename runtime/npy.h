/* npy.h: NumPy's .npy files, versions 1 to 3, C order and Fortran order, little and big endian.
 * Source: NEP 1. */
#ifndef ANET_NPY_H
#define ANET_NPY_H

#include "mil/mil.h"

enum { NPY_MAX_RANK = 32 };

typedef struct npy_array {
    mil_dtype dtype; /* FP16 .. FP64, INT8 .. UINT64, BOOL */
    int rank;
    int64_t dims[NPY_MAX_RANK];
    size_t elements;
    const uint8_t *bytes; /* into the memory given to npy_parse */
    bool fortran, swapped;
} npy_array;

/* `name` appears in messages. Sizes are checked against `size` before they are used. */
anet_code npy_parse(const void *data, size_t size, const char *name, npy_array *array,
                    anet_error *err);
/* elements in C order; numbers that int32 or float cannot hold are errors, not wrapped */
anet_code npy_floats(const npy_array *a, const char *name, float *to, anet_error *err);
anet_code npy_ints(const npy_array *a, const char *name, int32_t *to, anet_error *err);

/* A version 1 file. `words` are floats (FP16, FP32, BOOL) or int32 (integer dtypes), narrowed. */
void npy_print(mil_dtype dtype, int rank, const int64_t *dims, const void *words, text *out);

#endif
