/* tokens.c: token ids from a file or from text, and the order of their windows. */
#include "tokens.h"

#include "base/file.h"
#include "base/input.h"
#include "base/text.h"
#include "rng.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char separator[] = "<|endoftext|>";
static const size_t max_text = (size_t)4 << 30;

struct tokens {
    const char *path;
    uint64_t count;
    int64_t vocab;   /* ids are below it */
    input in;        /* ids in a file; not open for text */
    token_list text; /* ids of encoded text */
};

/* --- ids in a file --- */

enum { ID_BYTES = 2, PIECE = 8 * 1024 };

static int32_t get_id(const unsigned char *p) {
    return p[0] | p[1] << 8;
}

/* Ids are used as indices, and the file can change between any two reads: checked in each. */
static anet_code read_file_ids(const tokens *data, uint64_t start, size_t n, int32_t *ids,
                               anet_error *err) {
    unsigned char buffer[PIECE * ID_BYTES];
    for (size_t done = 0; done < n;) {
        size_t part = n - done < PIECE ? n - done : PIECE;
        anet_code code =
            input_read(&data->in, (start + done) * ID_BYTES, buffer, part * ID_BYTES, err);
        if (code) {
            return code;
        }
        for (size_t i = 0; i < part; i++, done++) {
            ids[done] = get_id(buffer + i * ID_BYTES);
            if (ids[done] >= data->vocab) {
                return anet_fail(
                    err, ANET_BAD_INPUT,
                    "%s: token %llu is %d, but the model's vocab is %lld: not uint16 token "
                    "ids, or made with another tokenizer",
                    data->path, (unsigned long long)(start + done), (int)ids[done],
                    (long long)data->vocab);
            }
        }
    }
    return ANET_OK;
}

/* all of them, before the work begins */
static anet_code check_ids(const tokens *data, anet_error *err) {
    int32_t ids[PIECE];
    for (uint64_t at = 0; at < data->count; at += PIECE) {
        size_t n = data->count - at < PIECE ? (size_t)(data->count - at) : PIECE;
        if (read_file_ids(data, at, n, ids, err)) {
            return err->code;
        }
    }
    return ANET_OK;
}

static anet_code open_ids(tokens *data, anet_error *err) {
    anet_code code = input_open(&data->in, data->path, err);
    if (code) {
        return code;
    }
    data->count = data->in.size / ID_BYTES;
    if (data->in.size % ID_BYTES) {
        return anet_fail(
            err, ANET_BAD_INPUT,
            "%s: %llu bytes, which is odd: token ids are uint16, and text must not be named "
            "*.bin",
            data->path, (unsigned long long)data->in.size);
    }
    return check_ids(data, err);
}

/* --- text --- */

static bool is_separator(const char *line, size_t n) {
    while (n && (line[n - 1] == '\r' || line[n - 1] == ' ')) {
        n--;
    }
    return n == sizeof separator - 1 && memcmp(line, separator, n) == 0;
}

static anet_code add_document(tokens *data, const tokenizer *t, const char *from, const char *to,
                              anet_error *err) {
    while (from < to && (*from == '\n' || *from == '\r')) {
        from++;
    }
    while (to > from && (to[-1] == '\n' || to[-1] == '\r')) {
        to--;
    }
    if (from == to) {
        return ANET_OK;
    }
    return tokenizer_encode(t, from, (size_t)(to - from), ENCODE_BOS, &data->text, err);
}

static anet_code encode_documents(tokens *data, const tokenizer *t, const char *content,
                                  size_t size, anet_error *err) {
    const char *end = content + size, *document = content;
    anet_code code = ANET_OK;
    for (const char *line = content; line < end && !code;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *next = newline ? newline + 1 : end;
        if (is_separator(line, (size_t)((newline ? newline : end) - line))) {
            code = add_document(data, t, document, line, err);
            document = next;
        }
        line = next;
    }
    return code ? code : add_document(data, t, document, end, err);
}

static anet_code open_text(tokens *data, const tokenizer *t, int64_t vocab, anet_error *err) {
    if (!t) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "%s: text needs a tokenizer; files of token ids are named *.bin",
                         data->path);
    }
    if (tokenizer_vocab(t) > vocab) {
        return anet_fail(err, ANET_BAD_INPUT,
                         "the tokenizer has %d tokens, the model's vocab is %lld",
                         (int)tokenizer_vocab(t), (long long)vocab);
    }
    arena *scratch = arena_new();
    char *content = NULL;
    size_t size = 0;
    int error = file_read(scratch, data->path, max_text, &content, &size);
    const char *zero = error || !size ? NULL : memchr(content, 0, size);
    anet_code code = ANET_OK;
    if (error) {
        code = anet_fail(err, ANET_BAD_USAGE, "%s: %s", data->path, strerror(error));
    } else if (zero) {
        code = anet_fail(err, ANET_BAD_INPUT,
                         "%s: not text: byte %zu is zero; files of token ids are named *.bin",
                         data->path, (size_t)(zero - content));
    } else {
        code = encode_documents(data, t, content, size, err);
    }
    arena_free(scratch);
    data->count = data->text.len;
    return code;
}

/* --- both --- */

anet_code tokens_open(arena *a, const char *path, const tokenizer *t, int64_t vocab,
                      tokens **result, anet_error *err) {
    tokens *data = ARENA_NEW(a, tokens);
    data->path = arena_strdup(a, path);
    data->vocab = vocab;
    data->in.fd = -1;
    anet_code code =
        text_ends_in(path, ".bin") ? open_ids(data, err) : open_text(data, t, vocab, err);
    if (code) {
        tokens_close(data);
    }
    *result = code ? NULL : data;
    return code;
}

void tokens_close(tokens *data) {
    if (data) {
        input_close(&data->in);
        vec_free(&data->text);
    }
}

uint64_t tokens_count(const tokens *data) {
    return data->count;
}

anet_code tokens_read(const tokens *data, uint64_t start, size_t n, int32_t *ids, anet_error *err) {
    if (start > data->count || n > data->count - start) {
        return anet_fail(err, ANET_INTERNAL, "%s: tokens %llu to %llu of %llu were asked for",
                         data->path, (unsigned long long)start, (unsigned long long)(start + n),
                         (unsigned long long)data->count);
    }
    if (data->in.fd >= 0) {
        return read_file_ids(data, start, n, ids, err);
    }
    if (n) {
        memcpy(ids, data->text.at + start, n * sizeof *ids);
    }
    return ANET_OK;
}

uint64_t tokens_windows(const tokens *data, size_t seq) {
    return data->count ? (data->count - 1) / seq : 0;
}

anet_code tokens_require(const tokens *data, size_t seq, anet_error *err) {
    if (tokens_windows(data, seq)) {
        return ANET_OK;
    }
    return anet_fail(err, ANET_BAD_INPUT,
                     "%s: %llu tokens, but the model needs %zu (its seq and one more)", data->path,
                     (unsigned long long)data->count, seq + 1);
}

/* --- the order of training --- */

/* Where the windows of an epoch begin, and how many there are. Epoch 0 begins at 0. */
static uint64_t epoch_offset(const tokens *data, const token_order *order, size_t seq,
                             uint64_t *windows) {
    uint64_t offset = order->epoch ? rng_mix(order->seed, ~order->epoch) % seq : 0;
    if (data->count - 1 - offset < seq) {
        offset = 0; /* only short data has no window left there */
    }
    *windows = (data->count - 1 - offset) / seq;
    return offset;
}

anet_code tokens_next(const tokens *data, token_order *order, size_t seq, int32_t *ids,
                      anet_error *err) {
    anet_code code = tokens_require(data, seq, err);
    if (code) {
        return code;
    }
    uint64_t windows, offset = epoch_offset(data, order, seq, &windows);
    if (order->index >= windows) {
        *order = (token_order){order->seed, order->epoch + 1, 0};
        offset = epoch_offset(data, order, seq, &windows);
    }
    uint64_t key = rng_mix(order->seed, order->epoch);
    uint64_t window = rng_permute(key, windows, order->index++);
    return tokens_read(data, offset + window * seq, seq + 1, ids, err);
}
