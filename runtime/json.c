/* json.c: a recursive reader of JSON, at most JSON_MAX_DEPTH deep. */
#include "json.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    arena *memory;
    const char *start, *at, *end;
    const char *name;
    int depth;
    anet_error *err;
} reader;

/* Lines are counted only when something is wrong. */
static int line_of(const char *start, const char *at, size_t *column) {
    int line = 1;
    const char *line_start = start;
    for (const char *p = start; p < at; p++) {
        if (*p == '\n') {
            line++;
            line_start = p + 1;
        }
    }
    *column = (size_t)(at - line_start) + 1;
    return line;
}

int json_line(const char *source, const json *node, size_t *column) {
    return line_of(source, source + node->at, column);
}

static anet_code bad(reader *r, const char *at, const char *what) {
    size_t column;
    int line = line_of(r->start, at, &column);
    return anet_fail(r->err, ANET_BAD_INPUT, "%s:%d:%zu: bad JSON: %s", r->name, line, column,
                     what);
}

const char *json_kind_name(json_kind kind) {
    static const char *const names[] = {
        [JSON_NULL] = "null",       [JSON_BOOL] = "a boolean", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string", [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
    };
    return names[kind];
}

static void skip_space(reader *r) {
    while (r->at < r->end && memchr(" \t\r\n", *r->at, 4)) {
        r->at++;
    }
}

static bool take(reader *r, char c) {
    if (r->at < r->end && *r->at == c) {
        r->at++;
        return true;
    }
    return false;
}

static bool is_digit(const reader *r) {
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static bool take_digits(reader *r) {
    const char *from = r->at;
    while (is_digit(r)) {
        r->at++;
    }
    return r->at > from;
}

static anet_code read_number(reader *r, json *node) {
    const char *from = r->at;
    take(r, '-');
    bool ok = take(r, '0') ? !is_digit(r) : take_digits(r);
    if (ok && take(r, '.')) {
        ok = take_digits(r);
    }
    if (ok && (take(r, 'e') || take(r, 'E'))) {
        if (!take(r, '+')) {
            take(r, '-');
        }
        ok = take_digits(r);
    }
    if (!ok) {
        return bad(r, r->at, "this is no number");
    }
    node->kind = JSON_NUMBER;
    node->number = strtod(arena_strndup(r->memory, from, (size_t)(r->at - from)), NULL);
    return isfinite(node->number) ? ANET_OK : bad(r, from, "this number is too large");
}

/* four hex digits, or -1 */
static int read_hex4(reader *r) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = r->at < r->end ? *r->at++ : 0;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

static char *put_utf8(char *to, int point) {
    if (point < 0x80) {
        *to++ = (char)point;
        return to;
    }
    int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const int lead[] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(lead[more] | point >> 6 * more);
    while (more--) {
        *to++ = (char)(0x80 | (point >> 6 * more & 0x3F));
    }
    return to;
}

/* after "\u"; returns the end of what was written, or NULL */
static char *read_unicode(reader *r, char *to) {
    int point = read_hex4(r);
    if (point >= 0xD800 && point < 0xDC00) {
        int low = take(r, '\\') && take(r, 'u') ? read_hex4(r) : -1;
        point =
            low >= 0xDC00 && low < 0xE000 ? 0x10000 + (point - 0xD800) * 0x400 + low - 0xDC00 : -1;
    } else if (point >= 0xDC00 && point < 0xE000) {
        point = -1;
    }
    return point < 0 ? NULL : put_utf8(to, point);
}

static char *read_escape(reader *r, char *to) {
    static const char letters[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->end ? *r->at++ : 0;
    if (c == 'u') {
        return read_unicode(r, to);
    }
    const char *found = c ? strchr(letters, c) : NULL;
    if (!found) {
        return NULL;
    }
    *to++ = meaning[found - letters];
    return to;
}

/* past the opening quote */
static anet_code read_string(reader *r, const char **decoded, size_t *len) {
    const char *close = r->at;
    while (close < r->end && *close != '"') {
        close += *close == '\\' ? 2 : 1;
    }
    if (close >= r->end) {
        return bad(r, r->at - 1, "this string does not end");
    }
    /* no escape is shorter than what it stands for */
    char *buffer = arena_alloc(r->memory, (size_t)(close - r->at) + 1), *to = buffer;
    while (r->at < close) {
        const char *from = r->at;
        unsigned char c = (unsigned char)*r->at++;
        if (c < 0x20) {
            return bad(r, from, "a control character in a string must be written as an escape");
        }
        if (c != '\\') {
            *to++ = (char)c;
        } else if (to = read_escape(r, to), !to) {
            return bad(r, from, "unknown or incomplete escape");
        }
    }
    r->at = close + 1;
    *decoded = buffer;
    *len = (size_t)(to - buffer);
    return ANET_OK;
}

static int compare_keys(const char *a, size_t na, const char *b, size_t nb) {
    int order = memcmp(a, b, na < nb ? na : nb);
    return order ? order : (na > nb) - (na < nb);
}

static int compare_members(const void *a, const void *b) {
    const json *x = *(json *const *)a, *y = *(json *const *)b;
    return compare_keys(x->key, x->key_len, y->key, y->key_len);
}

/* Turns the list of items into arrays. */
static anet_code close_items(reader *r, json *node, json *first) {
    node->items = ARENA_ARRAY(r->memory, json *, node->len);
    size_t n = 0;
    for (json *item = first; item; item = item->next) {
        node->items[n++] = item;
    }
    if (node->kind == JSON_ARRAY || n == 0) {
        return ANET_OK;
    }
    node->by_key = arena_memdup(r->memory, node->items, n * sizeof *node->items);
    qsort(node->by_key, n, sizeof *node->by_key, compare_members);
    for (size_t i = 1; i < n; i++) {
        if (compare_members(&node->by_key[i - 1], &node->by_key[i]) == 0) {
            text message = {0};
            text_puts(&message, "two members have the key ");
            text_json(&message, node->by_key[i]->key, node->by_key[i]->key_len);
            anet_code code = bad(r, r->at - 1, message.at);
            text_free(&message);
            return code;
        }
    }
    return ANET_OK;
}

static anet_code read_value(reader *r, json *node);

static anet_code read_key(reader *r, json *item) {
    if (!take(r, '"')) {
        return bad(r, r->at, "expected a key in quotes");
    }
    anet_code code = read_string(r, &item->key, &item->key_len);
    skip_space(r);
    if (!code && !take(r, ':')) {
        return bad(r, r->at, "expected ':' after the key");
    }
    return code;
}

/* past the opening bracket */
static anet_code read_items(reader *r, json *node, char close) {
    json *first = NULL, **last = &first;
    skip_space(r);
    bool more = !take(r, close);
    while (more) {
        json *item = ARENA_NEW(r->memory, json);
        *last = item;
        last = &item->next;
        node->len++;
        skip_space(r);
        anet_code code = node->kind == JSON_OBJECT ? read_key(r, item) : ANET_OK;
        code = code ? code : read_value(r, item);
        if (code) {
            return code;
        }
        skip_space(r);
        more = take(r, ',');
        if (!more && !take(r, close)) {
            return bad(r, r->at, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        }
    }
    return close_items(r, node, first);
}

static bool take_word(reader *r, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0) {
        return false;
    }
    r->at += n;
    return true;
}

static anet_code read_nested(reader *r, json *node, json_kind kind, char close) {
    if (++r->depth > JSON_MAX_DEPTH) {
        return bad(r, r->at - 1, "nested too deeply");
    }
    node->kind = kind;
    anet_code code = read_items(r, node, close);
    r->depth--;
    return code;
}

static anet_code read_value(reader *r, json *node) {
    skip_space(r);
    node->at = (size_t)(r->at - r->start);
    if (take(r, '{')) {
        return read_nested(r, node, JSON_OBJECT, '}');
    }
    if (take(r, '[')) {
        return read_nested(r, node, JSON_ARRAY, ']');
    }
    if (take(r, '"')) {
        node->kind = JSON_STRING;
        return read_string(r, &node->text, &node->len);
    }
    node->truth = take_word(r, "true");
    if (node->truth || take_word(r, "false")) {
        node->kind = JSON_BOOL;
        return ANET_OK;
    }
    if (take_word(r, "null")) {
        return ANET_OK;
    }
    if (is_digit(r) || (r->at < r->end && *r->at == '-')) {
        return read_number(r, node);
    }
    return bad(r, r->at, r->at == r->end ? "the text ends here" : "expected a value");
}

anet_code json_parse(arena *a, const char *source, size_t n, const char *name, json **root,
                     anet_error *err) {
    reader r = {
        .memory = a, .start = source, .at = source, .end = source + n, .name = name, .err = err};
    *root = NULL;
    if (!utf8_valid(source, n)) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: bad JSON: not UTF-8", name);
    }
    json *node = ARENA_NEW(a, json);
    anet_code code = read_value(&r, node);
    skip_space(&r);
    if (!code && r.at < r.end) {
        code = bad(&r, r.at, "something follows the document");
    }
    *root = code ? NULL : node;
    return code;
}

const json *json_get(const json *object, const char *key) {
    size_t n = strlen(key);
    size_t low = 0, high = object && object->kind == JSON_OBJECT ? object->len : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        json *item = object->by_key[middle];
        int order = compare_keys(key, n, item->key, item->key_len);
        if (order == 0) {
            return item;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

bool json_integer(const json *node, int64_t *value) {
    if (!node || node->kind != JSON_NUMBER || fabs(node->number) >= 0x1p53 ||
        node->number != floor(node->number)) {
        return false;
    }
    *value = (int64_t)node->number;
    return true;
}
