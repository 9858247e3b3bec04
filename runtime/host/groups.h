/* groups.h: the elements of a tensor in groups, for what sums along some of its axes.
 *
 * The elements of a group are met in strips of neighbours: of this group alone or, where the
 * innermost axis is not summed along, one element each of as many groups side by side. */
#ifndef ANET_HOST_GROUPS_H
#define ANET_HOST_GROUPS_H

#include "host/nest.h"
#include "pool.h"

enum { STRIP = 64 };

typedef struct host_groups {
    nest kept, gone;         /* where groups begin; the elements of one: 0 = x, 1 = packed */
    bool rows;               /* strips lie within a group */
    size_t groups, elements; /* of each group */
    size_t strips, pieces;   /* of each group; of each row of a group */
    size_t columns;          /* groups side by side; 1 if `rows` */
} host_groups;

/* bit i of axes: axis i goes */
void host_plan_groups(const shape *x, unsigned axes, host_groups *g);

typedef struct host_strip {
    ptrdiff_t x, packed; /* from the beginning of the group, in x and in a packed group */
    size_t n;
} host_strip;
/* strip i of a group, or of `columns` groups side by side */
host_strip host_strip_at(const host_groups *g, size_t i, size_t columns);

/* Up to STRIP groups side by side, or one. */
typedef struct host_block {
    size_t group; /* index of the first */
    ptrdiff_t x;  /* where it begins */
    size_t columns;
} host_block;
size_t host_blocks(const host_groups *g);
host_block host_block_at(const host_groups *g, size_t i);
/* blocks that make enough work for a thread */
size_t host_block_grain(const host_groups *g);

#endif
