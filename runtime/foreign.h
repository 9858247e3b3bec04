/* foreign.h: weights in llama2.c's format, by the model's own map of names (`checkpoint` block).
 *
 * The header's seven numbers are compared with the config values dim, hidden, layers, heads,
 * kv_heads, vocab and seq. A model is tied if no parameter of its own answers to `wcls`; it takes
 * tied files only, and the other way round. */
#ifndef ANET_FOREIGN_H
#define ANET_FOREIGN_H

#include "weights.h"

/* Every parameter of the model is read, or the message says which could not be. */
anet_code foreign_read(const char *path, const weights *w, anet_error *err);
anet_code foreign_write(const char *path, const weights *w, anet_error *err);

/* Can the model be written so? For a message before the training and not after it. */
anet_code foreign_check(const char *path, const weights *w, anet_error *err);

#endif
