/* nest.h: loops over the axes of several tensors at once.
 *
 * A nest has up to MAX_RANK axes, outermost first, and for every operand the distance in elements
 * from one index of an axis to the next (0 repeats the operand along the axis: broadcasting). */
#ifndef ANET_HOST_NEST_H
#define ANET_HOST_NEST_H

#include <stdbool.h>
#include <stddef.h>

enum {
    MAX_RANK = 7, /* a palette has two axes more than its weight, which may have five */
    MAX_OPERANDS = 12
};

typedef struct shape {
    int rank;
    size_t dim[MAX_RANK];
    size_t n; /* elements */
} shape;

bool shape_same(const shape *a, const shape *b);
/* the shape with 1s in front, so that its rank is MAX_RANK */
shape shape_padded(const shape *s);
/* distance between neighbours along each axis of a packed tensor */
void shape_steps(const shape *s, ptrdiff_t step[MAX_RANK]);
/* the product of dims [from, to) */
size_t shape_span(const shape *s, int from, int to);

typedef struct nest {
    int rank, operands;
    size_t dim[MAX_RANK];
    ptrdiff_t step[MAX_OPERANDS][MAX_RANK];
} nest;

/* Drops axes of length 1 and joins neighbouring axes that every operand walks as one. Leaves at
 * least one axis. */
void nest_merge(nest *n);
/* the product of dims [0, axes) */
size_t nest_count(const nest *n, int axes);
/* where operand `o` stands at the i-th index of the axes [0, axes), in row-major order */
ptrdiff_t nest_offset(const nest *n, int o, int axes, size_t i);

#endif
