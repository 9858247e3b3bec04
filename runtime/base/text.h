/* text.h: a string that grows. `at` is always NUL terminated once anything was added. */
#ifndef ANET_BASE_TEXT_H
#define ANET_BASE_TEXT_H

#include "base/arena.h"

#include <stdbool.h>

typedef struct text {
    char *at;
    size_t len, cap;
} text;

void text_add(text *t, const char *s, size_t n);
void text_puts(text *t, const char *s);
void text_putc(text *t, char c);
void text_printf(text *t, const char *fmt, ...) ANET_PRINTF(2, 3);
/* s as a JSON string with its quotes; invalid UTF-8 bytes become U+FFFD */
void text_json(text *t, const char *s, size_t n);
void text_free(text *t);
/* the content ("" if there is none) in the arena, as a string; frees t */
char *text_move(text *t, arena *a);

bool text_ends_in(const char *s, const char *ending);

/* the nearest of n names within a distance a typo would explain, or NULL */
const char *nearest_name(const char *wanted, const char *const *names, size_t n);

bool utf8_valid(const char *s, size_t n);

#endif
