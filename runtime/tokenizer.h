/* tokenizer.h: text to token ids and back, with a llama2.c tokenizer file: int32 length of the
 * longest token, then per token float32 score, int32 length, bytes.
 *
 * Encodes exactly as llama2.c does: a space goes in front of text that is not empty; every code
 * point is a token if the vocabulary has it, else its bytes are tokens 3 + byte; then the
 * neighbours whose union is the token with the best score are merged, leftmost first, until none is
 * left. */
#ifndef ANET_TOKENIZER_H
#define ANET_TOKENIZER_H

#include "base/status.h"
#include "base/vec.h"

#include <stdint.h>

typedef struct tokenizer tokenizer;

typedef VEC(int32_t) token_list; /* zero it before use, vec_free it after */

enum { TOKEN_UNKNOWN = 0, TOKEN_BOS = 1, TOKEN_EOS = 2 };
enum { ENCODE_BOS = 1, ENCODE_EOS = 2 };

/* vocab: what the model says, which the file must agree with; 0 takes what the file has. The
 * tokenizer lives in the arena. */
anet_code tokenizer_open(arena *a, const char *path, int64_t vocab, tokenizer **t, anet_error *err);
int32_t tokenizer_vocab(const tokenizer *t);

/* Appends to `ids`. flags: ENCODE_BOS, ENCODE_EOS. Fails only if the text has a character that the
 * vocabulary has neither as a token nor as bytes. */
anet_code tokenizer_encode(const tokenizer *t, const char *text, size_t n, unsigned flags,
                           token_list *ids, anet_error *err);

/* The bytes of a token that follows `previous` (TOKEN_BOS at the start, which drops a leading
 * space). Byte tokens such as <0x0A> give their byte, which may be part of a UTF-8 sequence or a
 * control character. Valid as long as the tokenizer; "" for an id outside the vocabulary. */
const char *tokenizer_decode(const tokenizer *t, int32_t previous, int32_t id, size_t *len);

#endif
