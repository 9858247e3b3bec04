/* text.c: growing strings, and the questions that messages ask of names. */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(text *t, size_t more) {
    if (more > SIZE_MAX - t->len - 1) {
        anet_out_of_memory();
    }
    size_t need = t->len + more + 1;
    if (need <= t->cap) {
        return;
    }
    size_t cap = t->cap ? t->cap : 64;
    while (cap < need) {
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    }
    t->at = anet_realloc(t->at, cap, 1);
    t->cap = cap;
}

void text_add(text *t, const char *s, size_t n) {
    reserve(t, n);
    if (n) {
        memcpy(t->at + t->len, s, n);
    }
    t->len += n;
    t->at[t->len] = 0;
}

void text_puts(text *t, const char *s) {
    text_add(t, s, strlen(s));
}

void text_putc(text *t, char c) {
    text_add(t, &c, 1);
}

void text_printf(text *t, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0) {
        reserve(t, (size_t)n);
        vsnprintf(t->at + t->len, (size_t)n + 1, fmt, again);
        t->len += (size_t)n;
    }
    va_end(again);
}

/* length of the well-formed UTF-8 sequence at s, or 0 */
static size_t utf8_sequence(const unsigned char *s, size_t n) {
    if (s[0] < 0x80) {
        return 1;
    }
    size_t len = s[0] >= 0xF0 && s[0] <= 0xF4 ? 4 : s[0] >= 0xE0 ? 3 : s[0] >= 0xC2 ? 2 : 0;
    if (len == 0 || len > n || s[0] > 0xF4) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xED && s[1] >= 0xA0;
    bool beyond = s[0] == 0xF4 && s[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : len;
}

bool utf8_valid(const char *s, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t len = utf8_sequence((const unsigned char *)s + i, n - i);
        if (len == 0) {
            return false;
        }
        i += len;
    }
    return true;
}

void text_json(text *t, const char *s, size_t n) {
    text_putc(t, '"');
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)s[i];
        size_t len = utf8_sequence((const unsigned char *)s + i, n - i);
        if (len == 0) {
            text_puts(t, "\\ufffd");
            len = 1;
        } else if (c == '"' || c == '\\') {
            text_printf(t, "\\%c", c);
        } else if (c == '\n') {
            text_puts(t, "\\n");
        } else if (c < 0x20 || c == 0x7F) {
            text_printf(t, "\\u%04x", c);
        } else {
            text_add(t, s + i, len);
        }
        i += len;
    }
    text_putc(t, '"');
}

void text_free(text *t) {
    free(t->at);
    *t = (text){0};
}

char *text_move(text *t, arena *a) {
    char *kept = arena_strndup(a, t->at ? t->at : "", t->len);
    text_free(t);
    return kept;
}

bool text_ends_in(const char *s, const char *ending) {
    size_t n = strlen(s), m = strlen(ending);
    return n >= m && strcmp(s + n - m, ending) == 0;
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* Characters to add, drop, replace or swap with a neighbour; stops counting above `limit` and
 * returns limit + 1. */
static int edit_distance(const char *a, const char *b, int limit) {
    enum { MAX_NAME = 64 };
    size_t la = strlen(a), lb = strlen(b);
    if (la > MAX_NAME || lb > MAX_NAME) {
        return limit + 1;
    }
    int rows[3][MAX_NAME + 1], *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= lb; j++) {
        row[j] = (int)j;
    }
    for (size_t i = 1; i <= la; i++) {
        int *oldest = before;
        before = above;
        above = row;
        row = oldest;
        int best = row[0] = (int)i;
        for (size_t j = 1; j <= lb; j++) {
            row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(row[j - 1], above[j]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
            best = least(best, row[j]);
        }
        if (best > limit) {
            return limit + 1;
        }
    }
    return row[lb];
}

const char *nearest_name(const char *wanted, const char *const *names, size_t n) {
    size_t len = strlen(wanted);
    int limit = len < 3 ? 1 : len < 7 ? 2 : 3;
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        int d = edit_distance(wanted, names[i], limit);
        if (d <= limit && (size_t)d < len) {
            best = names[i];
            limit = d - 1;
        }
        if (limit < 0) {
            break;
        }
    }
    return best;
}
