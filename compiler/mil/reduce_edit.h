/* reduce_edit.h: the ways in which a program can be made smaller. Each works in place on a program
 * of its own; whether the result is still a program, and still fails, is for the caller to see. */
#ifndef ANET_MIL_REDUCE_EDIT_H
#define ANET_MIL_REDUCE_EDIT_H

#include "mil/mil.h"

/* A kind of edit numbers what it can be applied to: 0 .. items - 1, in the order of the text. */
typedef struct reduction {
    const char *name; /* for the progress */
    int (*items)(const mil_program *p);
    /* Applies it to items first .. first + count - 1; false if that cannot be done. */
    bool (*apply)(mil_program *p, int first, int count);
    bool chunks; /* many at once first */
} reduction;

extern const reduction reductions[]; /* ends with a NULL name; in the order of their use */

/* Every size `from` becomes `to`, in types and in the integer constants that name sizes; with
 * `multiples` every multiple of it as well, in proportion. false if nothing changed, or if data in
 * weight files would no longer fit and `blobs` is false. */
bool reduce_dims(mil_program *p, int64_t from, int64_t to, bool multiples, bool blobs);
/* The greatest size below `below` (0: of all) in the types of the program; 1 if there is none. */
int64_t greatest_dim(const mil_program *p, int64_t below);

/* ops that are no constants */
int reduce_op_count(const mil_program *p);

#endif
