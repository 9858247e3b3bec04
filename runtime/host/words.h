/* words.h: elements of tensors as 32 bits, whatever they mean. Ops that only move them see words.
 */
#ifndef ANET_HOST_WORDS_H
#define ANET_HOST_WORDS_H

#include "host/nest.h"
#include "pool.h"

#include <stdint.h>

typedef uint32_t __attribute__((may_alias)) host_word;

/* Copies along the loops (operand 0 = from, 1 = to), in parallel; pool may be NULL. */
void host_copy_words(anet_pool *pool, const nest *loops, const host_word *from, host_word *to);
/* to[0..n) = w */
void host_fill_words(anet_pool *pool, host_word *to, size_t n, host_word w);

#endif
