/* The first 64 bytes as text, the rest as the tokenizer that encodes and decodes it. */
#include "fuzz.h"

#include "tokenizer.h"

enum { TEXT = 64 };

static void encode_and_decode(const tokenizer *t, const char *text) {
    token_list ids = {0};
    anet_error err = {0};
    int32_t previous = TOKEN_BOS;
    tokenizer_encode(t, text, TEXT, ENCODE_BOS | ENCODE_EOS, &ids, &err);
    for (size_t i = 0; i < ids.len; i++) {
        size_t n;
        if (ids.at[i] < 0 || ids.at[i] >= tokenizer_vocab(t)) {
            abort();
        }
        tokenizer_decode(t, previous, ids.at[i], &n);
        previous = ids.at[i];
    }
    vec_free(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < TEXT) {
        return 0;
    }
    arena *a = arena_new();
    tokenizer *t = NULL;
    anet_error err = {0};
    if (tokenizer_open(a, fuzz_file(data + TEXT, size - TEXT), 0, &t, &err) == ANET_OK) {
        encode_and_decode(t, (const char *)data);
    }
    arena_free(a);
    return 0;
}
