/* tokenizer.c: merges by a heap of candidate pairs: O(n log n) in the length of a piece. */
#include "tokenizer.h"

#include "base/file.h"
#include "base/hash.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BYTE_TOKENS = 3 }; /* the token of byte b is BYTE_TOKENS + b */
enum { MAX_FILE = 1 << 30, MAX_TOKEN = 1 << 16 };

typedef struct token {
    const char *bytes; /* not NUL terminated */
    size_t len;
    float score;
    int value; /* of a token <0xHH>, else -1 */
} token;

struct tokenizer {
    int32_t vocab;
    token *tokens;
    int32_t *table; /* hash table of ids by bytes; -1 is empty */
    size_t mask;    /* its size - 1, a power of two less one */
    size_t longest;
    char byte[256]; /* byte[b] == b */
    /* joins[a][b]: some token holds byte b right after byte a. Neighbours that do not join are
     * never part of one token, so text can be cut there before merging. */
    bool joins[256][256];
};

/* --- the vocabulary --- */

/* the slot that holds these bytes, or the empty one where they belong */
static int32_t *slot(const tokenizer *t, const char *s, size_t n) {
    for (size_t i = hash_bytes(s, n);; i++) {
        int32_t *id = &t->table[i & t->mask];
        if (*id < 0 || (t->tokens[*id].len == n && memcmp(t->tokens[*id].bytes, s, n) == 0)) {
            return id;
        }
    }
}

/* the id, or -1 */
static int32_t find(const tokenizer *t, const char *s, size_t n) {
    return n > t->longest ? -1 : *slot(t, s, n);
}

static int hex(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int byte_value(const char *s, size_t n) {
    if (n != 6 || memcmp(s, "<0x", 3) != 0 || s[5] != '>' || hex(s[3]) < 0 || hex(s[4]) < 0) {
        return -1;
    }
    return hex(s[3]) * 16 + hex(s[4]);
}

static void index_tokens(arena *a, tokenizer *t) {
    size_t size = 16;
    while (size / 2 < (size_t)t->vocab) {
        size *= 2;
    }
    t->mask = size - 1;
    t->table = ARENA_ARRAY(a, int32_t, size);
    memset(t->table, -1, size * sizeof *t->table);
    for (int32_t id = 0; id < t->vocab; id++) {
        const token *k = &t->tokens[id];
        int32_t *place = slot(t, k->bytes, k->len);
        *place = *place < 0 ? id : *place; /* of equal tokens, the first */
        t->longest = k->len > t->longest ? k->len : t->longest;
        for (size_t i = 1; i < k->len; i++) {
            t->joins[(unsigned char)k->bytes[i - 1]][(unsigned char)k->bytes[i]] = true;
        }
    }
    for (int b = 0; b < 256; b++) {
        t->byte[b] = (char)b;
    }
}

/* --- the file --- */

typedef struct cursor {
    const char *path, *at, *end;
} cursor;

static bool take(cursor *c, void *to, size_t n) {
    if ((size_t)(c->end - c->at) < n) {
        return false;
    }
    memcpy(to, c->at, n);
    c->at += n;
    return true;
}

static anet_code read_token(cursor *c, int32_t id, int32_t longest, token *k, anet_error *err) {
    int32_t len;
    if (!take(c, &k->score, sizeof k->score) || !take(c, &len, sizeof len)) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: truncated in token %d", c->path, (int)id);
    }
    if (len <= 0 || len > longest) {
        return anet_fail(
            err, ANET_BAD_INPUT,
            "%s: token %d has a length of %d, but the file says 1 to %d: damaged, or not a "
            "llama2.c tokenizer",
            c->path, (int)id, (int)len, (int)longest);
    }
    if (c->end - c->at < len) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: truncated in token %d", c->path, (int)id);
    }
    if (!isfinite(k->score)) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: the score of token %d is not finite", c->path,
                         (int)id);
    }
    k->bytes = c->at;
    k->len = (size_t)len;
    k->value = byte_value(k->bytes, k->len);
    c->at += len;
    return ANET_OK;
}

/* All tokens of the file. */
static anet_code read_tokens(arena *a, cursor *c, tokenizer *t, anet_error *err) {
    int32_t longest;
    if (!take(c, &longest, sizeof longest) || longest <= 0 || longest > MAX_TOKEN) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: not a llama2.c tokenizer", c->path);
    }
    VEC(token) tokens = {0};
    anet_code code = ANET_OK;
    while (c->at < c->end && !code) {
        token k = {0};
        code = read_token(c, (int32_t)tokens.len, longest, &k, err);
        vec_push(&tokens, k);
    }
    t->vocab = (int32_t)tokens.len; /* fits: a token takes 9 bytes of at most MAX_FILE */
    t->tokens = arena_memdup(a, tokens.at, tokens.len * sizeof *tokens.at);
    vec_free(&tokens);
    if (!code && t->vocab <= TOKEN_EOS) {
        code =
            anet_fail(err, ANET_BAD_INPUT, "%s: a tokenizer of only %d tokens", c->path, t->vocab);
    }
    return code;
}

anet_code tokenizer_open(arena *a, const char *path, int64_t vocab, tokenizer **result,
                         anet_error *err) {
    char *data = NULL;
    size_t size = 0;
    *result = NULL;
    int error = file_read(a, path, MAX_FILE, &data, &size);
    if (error) {
        return anet_fail(err, ANET_BAD_USAGE, "%s: %s", path, strerror(error));
    }
    tokenizer *t = ARENA_NEW(a, tokenizer);
    cursor c = {path, data, data + size};
    anet_code code = read_tokens(a, &c, t, err);
    if (code) {
        return code;
    }
    if (vocab && vocab != t->vocab) {
        return anet_fail(err, ANET_BAD_INPUT,
                         "%s: the tokenizer has %d tokens, the model's vocab is %lld", path,
                         (int)t->vocab, (long long)vocab);
    }
    index_tokens(a, t);
    *result = t;
    return ANET_OK;
}

int32_t tokenizer_vocab(const tokenizer *t) {
    return t->vocab;
}

/* --- merging one piece --- */

typedef struct node {
    int32_t id;
    size_t before, after; /* NOWHERE at the ends */
} node;

typedef struct merge {
    float score;
    int32_t id;          /* of the union */
    size_t left;         /* node; the order of nodes is the order of the text */
    int32_t first, last; /* ids of the two when this was found: else it is out of date */
} merge;

static const size_t NOWHERE = (size_t)-1;

typedef struct merger {
    const tokenizer *t;
    VEC(node) nodes;
    VEC(merge) heap; /* the best at the root */
    char *buffer;    /* room for two tokens */
} merger;

static bool better(const merge *a, const merge *b) {
    return a->score > b->score || (a->score == b->score && a->left < b->left);
}

static void heap_push(merger *m, merge x) {
    vec_push(&m->heap, x);
    size_t i = m->heap.len - 1;
    for (; i && better(&x, &m->heap.at[(i - 1) / 2]); i = (i - 1) / 2) {
        m->heap.at[i] = m->heap.at[(i - 1) / 2];
    }
    m->heap.at[i] = x;
}

static merge heap_pop(merger *m) {
    merge top = m->heap.at[0], x = m->heap.at[--m->heap.len];
    size_t i = 0, n = m->heap.len;
    for (size_t child = 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && better(&m->heap.at[child + 1], &m->heap.at[child])) {
            child++;
        }
        if (!better(&m->heap.at[child], &x)) {
            break;
        }
        m->heap.at[i] = m->heap.at[child];
        i = child;
    }
    m->heap.at[i] = x; /* n may be 0: the slot still exists */
    return top;
}

/* Queues the union of a node and its successor, if the vocabulary has it. */
static void propose(merger *m, size_t left) {
    const float least = -1e10F; /* llama2.c never merges below this */
    const node *nodes = m->nodes.at;
    if (left == NOWHERE || nodes[left].after == NOWHERE) {
        return;
    }
    int32_t first = nodes[left].id, last = nodes[nodes[left].after].id;
    const token *a = &m->t->tokens[first], *b = &m->t->tokens[last];
    memcpy(m->buffer, a->bytes, a->len);
    memcpy(m->buffer + a->len, b->bytes, b->len);
    int32_t id = find(m->t, m->buffer, a->len + b->len);
    if (id >= 0 && m->t->tokens[id].score > least) {
        heap_push(m, (merge){m->t->tokens[id].score, id, left, first, last});
    }
}

/* Merges in the queue are not taken out when one of their nodes changes: its ids tell. */
static void apply(merger *m, const merge *x) {
    node *nodes = m->nodes.at, *left = &nodes[x->left];
    size_t gone = left->after;
    if (left->id != x->first || gone == NOWHERE || nodes[gone].id != x->last) {
        return;
    }
    left->id = x->id;
    left->after = nodes[gone].after;
    nodes[gone].id = -1; /* no merge knows this id */
    if (left->after != NOWHERE) {
        nodes[left->after].before = x->left;
    }
    propose(m, left->before);
    propose(m, x->left);
}

/* Merges the piece and appends it to ids. */
static void merge_piece(merger *m, token_list *ids) {
    size_t n = m->nodes.len;
    for (size_t i = 0; i < n; i++) {
        m->nodes.at[i].before = i ? i - 1 : NOWHERE;
        m->nodes.at[i].after = i + 1 < n ? i + 1 : NOWHERE;
    }
    for (size_t i = 0; i + 1 < n; i++) {
        propose(m, i);
    }
    while (m->heap.len) {
        merge best = heap_pop(m);
        apply(m, &best);
    }
    for (size_t i = n ? 0 : NOWHERE; i != NOWHERE; i = m->nodes.at[i].after) {
        vec_push(ids, m->nodes.at[i].id);
    }
    m->nodes.len = 0;
}

/* --- encoding --- */

static void add_token(merger *m, int32_t id, token_list *ids) {
    if (m->nodes.len) {
        const token *last = &m->t->tokens[m->nodes.at[m->nodes.len - 1].id];
        unsigned char a = (unsigned char)last->bytes[last->len - 1];
        if (!m->t->joins[a][(unsigned char)m->t->tokens[id].bytes[0]]) {
            merge_piece(m, ids);
        }
    }
    node fresh = {.id = id};
    vec_push(&m->nodes, fresh);
}

/* One code point (or stray bytes, which are taken as they come). */
static anet_code add_character(merger *m, const char *s, size_t n, token_list *ids,
                               anet_error *err) {
    int32_t id = find(m->t, s, n);
    if (id >= 0) {
        add_token(m, id, ids);
        return ANET_OK;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t byte = BYTE_TOKENS + (unsigned char)s[i];
        if (byte >= m->t->vocab) {
            return anet_fail(err, ANET_BAD_INPUT,
                             "the text has a character that is no token, nor is its byte 0x%02X",
                             (unsigned)(unsigned char)s[i]);
        }
        add_token(m, byte, ids);
    }
    return ANET_OK;
}

/* bytes of the character at s: a first byte and the continuation bytes after it, at most 4 */
static size_t character(const char *s, size_t n) {
    size_t len = 1;
    while (len < n && len < 4 && ((unsigned char)s[len] & 0xC0) == 0x80) {
        len++;
    }
    return len;
}

anet_code tokenizer_encode(const tokenizer *t, const char *text, size_t n, unsigned flags,
                           token_list *ids, anet_error *err) {
    merger m = {.t = t, .buffer = anet_calloc(2, t->longest)};
    anet_code code = ANET_OK;
    if (flags & ENCODE_BOS) {
        vec_push(ids, TOKEN_BOS);
    }
    if (n) {
        code = add_character(&m, " ", 1, ids, err);
    }
    for (size_t i = 0; i < n && !code;) {
        size_t len = character(text + i, n - i);
        code = add_character(&m, text + i, len, ids, err);
        i += len;
    }
    merge_piece(&m, ids);
    if (flags & ENCODE_EOS) {
        vec_push(ids, TOKEN_EOS);
    }
    vec_free(&m.nodes);
    vec_free(&m.heap);
    free(m.buffer);
    return code;
}

const char *tokenizer_decode(const tokenizer *t, int32_t previous, int32_t id, size_t *len) {
    *len = 0;
    if (id < 0 || id >= t->vocab) {
        return "";
    }
    const token *k = &t->tokens[id];
    if (k->value >= 0) {
        *len = 1;
        return &t->byte[k->value];
    }
    size_t skip = previous == TOKEN_BOS && k->bytes[0] == ' ';
    *len = k->len - skip;
    return k->bytes + skip;
}
