/* blocks.h: a tensor cut into equal blocks, each with one entry of a smaller tensor of the same
 * rank: the scales of quantized weights, the palettes of coded ones. */
#ifndef ANET_HOST_BLOCKS_H
#define ANET_HOST_BLOCKS_H

#include "host/calls.h"

/* Neighbouring axes are merged where that changes nothing. */
typedef struct host_blocks {
    int rank; /* at least 1 */
    size_t n, dim[MAX_RANK + 1], block[MAX_RANK + 1];
    size_t entries;
} host_blocks;

/* `entries` has one number for each axis of `whole`: how many blocks there are along it. */
anet_code host_cut_blocks(const host_call *c, const shape *whole, const size_t *entries,
                          host_blocks *b);
/* the same with `n` entries along one axis and one along the others */
anet_code host_cut_axis(const host_call *c, const shape *whole, int axis, size_t n, host_blocks *b);

/* Calls `body` in parallel for stretches that together are all elements: those of a stretch have
 * one entry (by = 0), or the entries `entry`, `entry` + 1, ... (by = 1). */
typedef void host_stretch_fn(const void *context, size_t at, size_t n, size_t entry, size_t by);
void host_for_blocks(anet_pool *pool, const host_blocks *b, host_stretch_fn *body,
                     const void *context);
/* the entry of one element */
size_t host_block_entry(const host_blocks *b, size_t at);

/* all elements as floats, in memory of the caller's to free; an operand that is missing is `n`
 * times 0, a single number is repeated */
float *host_float_entries(const host_array *a, size_t n);
/* that a mask has as many ones */
anet_code host_want_ones(const host_call *c, const host_array *mask, size_t n);
/* to[0..n) = the elements from `at` on */
void host_to_floats(const host_array *a, size_t at, size_t n, float *to);

#endif
