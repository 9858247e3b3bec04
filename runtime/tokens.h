/* tokens.h: the token ids that a model is trained or evaluated on.
 *
 * A file named *.bin holds ids as little-endian uint16 and is read piece by piece. Any other file
 * is text, which needs the tokenizer: it is cut into documents at lines that are `<|endoftext|>` (a
 * file without such a line is one document), the newlines around each document are dropped, and
 * each is encoded with BOS in front.
 *
 * A window is seq + 1 neighbouring ids: the first seq are inputs, the last seq their targets. */
#ifndef ANET_TOKENS_H
#define ANET_TOKENS_H

#include "base/status.h"
#include "tokenizer.h"

#include <stdint.h>

typedef struct tokens tokens;

/* t may be NULL for *.bin. Every id is checked to be below `vocab`. */
anet_code tokens_open(arena *a, const char *path, const tokenizer *t, int64_t vocab, tokens **data,
                      anet_error *err);
void tokens_close(tokens *data); /* NULL is fine */

uint64_t tokens_count(const tokens *data);

/* n ids from position `start`; fails only if the file was cut since it was opened */
anet_code tokens_read(const tokens *data, uint64_t start, size_t n, int32_t *ids, anet_error *err);

/* How many windows lie one after another: window i starts at id i * seq, and what is left over at
 * the end is dropped. */
uint64_t tokens_windows(const tokens *data, size_t seq);
/* fails with a message when there is not even one window */
anet_code tokens_require(const tokens *data, size_t seq, anet_error *err);

/* --- the order of training ---
 * Every epoch visits every window once, in an order that follows from (seed, epoch) alone; the
 * windows of each epoch are cut at another offset. So these three numbers are all that a checkpoint
 * has to keep; start with {seed, 0, 0}. */
typedef struct token_order {
    uint64_t seed, epoch, index;
} token_order;

/* The next window into ids[seq + 1]; moves `order` on. */
anet_code tokens_next(const tokens *data, token_order *order, size_t seq, int32_t *ids,
                      anet_error *err);

#endif
