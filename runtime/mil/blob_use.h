/* blob_use.h: what constants in weight files are for, so that random ones are of use. */
#ifndef ANET_MIL_BLOB_USE_H
#define ANET_MIL_BLOB_USE_H

#include "mil/blob_read.h"

typedef enum blob_role {
    BLOB_OTHER,           /* not in the table */
    BLOB_WEIGHT,          /* [out, in, ...] */
    BLOB_WEIGHT_IN_FIRST, /* [in, out, ...] */
    BLOB_FACTOR_X,        /* of a matrix product */
    BLOB_FACTOR_Y,
    BLOB_SMALL,      /* around zero */
    BLOB_NEAR_ONE,   /* positive */
    BLOB_SOURCE,     /* what the result of the op is for, with its deviation */
    BLOB_CODE,       /* integers over their range */
    BLOB_SCALE,      /* of codes */
    BLOB_ZERO_POINT, /* of codes */
    BLOB_INDEX,
    BLOB_MASK
} blob_role;

typedef enum blob_kind {
    BLOB_NORMAL,
    BLOB_AROUND,
    BLOB_FULL_RANGE,
    BLOB_BELOW,
    BLOB_BITS
} blob_kind;

/* how to draw the elements of a constant */
typedef struct blob_use {
    blob_kind kind;
    double deviation;  /* BLOB_NORMAL: around zero */
    double middle;     /* BLOB_AROUND: within a quarter of it */
    uint64_t bound;    /* BLOB_BELOW: integers in [0, bound) */
    uint64_t ones, of; /* BLOB_BITS: so many ones among the first `of` bits */
} blob_use;

/* the names of one function */
typedef struct blob_names blob_names;
blob_names *blob_names_of(arena *a, const mil_func *func);
blob_use blob_find_use(const blob_names *names, const blob_ref *ref);

#endif
