/* arena.c: chunks that double up to 4 MiB; the newest gives out memory from its start. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct chunk {
    struct chunk *prev;
    size_t used, size;
    max_align_t data[];
} chunk;

struct arena {
    chunk *top;
};

enum { FIRST_CHUNK = 16 * 1024, MAX_CHUNK = 4 * 1024 * 1024 };

void anet_out_of_memory(void) {
    fputs("error: out of memory\n", stderr);
    _Exit(3); /* a library that has no memory either may hang in its exit */
}

void *anet_calloc(size_t count, size_t size) {
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p) {
        anet_out_of_memory();
    }
    return p;
}

void *anet_realloc(void *p, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) {
        anet_out_of_memory();
    }
    size_t bytes = count * size;
    void *q = realloc(p, bytes ? bytes : 1);
    if (!q) {
        anet_out_of_memory();
    }
    return q;
}

arena *arena_new(void) {
    return anet_calloc(1, sizeof(arena));
}

void arena_free(arena *a) {
    if (!a) {
        return;
    }
    for (chunk *c = a->top; c;) {
        chunk *prev = c->prev;
        free(c);
        c = prev;
    }
    free(a);
}

static chunk *push_chunk(arena *a, size_t size) {
    if (size > SIZE_MAX - sizeof(chunk)) {
        anet_out_of_memory();
    }
    chunk *c = anet_calloc(1, sizeof(chunk) + size);
    c->prev = a->top;
    c->size = size;
    a->top = c;
    return c;
}

void *arena_alloc(arena *a, size_t size) {
    enum { ALIGN = _Alignof(max_align_t) };
    if (size > SIZE_MAX - ALIGN) {
        anet_out_of_memory();
    }
#ifdef ANET_ARENA_MALLOC
    return push_chunk(a, size)->data;
#else
    size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
    chunk *c = a->top;
    if (!c || c->size - c->used < rounded) {
        size_t next = c ? (c->size < MAX_CHUNK / 2 ? c->size * 2 : MAX_CHUNK) : FIRST_CHUNK;
        c = push_chunk(a, rounded > next ? rounded : next);
    }
    void *p = (char *)c->data + c->used;
    c->used += rounded;
    return p;
#endif
}

void *arena_array(arena *a, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) {
        anet_out_of_memory();
    }
    return arena_alloc(a, count * size);
}

void *arena_memdup(arena *a, const void *p, size_t size) {
    void *q = arena_alloc(a, size);
    if (size) {
        memcpy(q, p, size);
    }
    return q;
}

char *arena_strndup(arena *a, const char *s, size_t n) {
    char *p = arena_alloc(a, n + 1);
    memcpy(p, s, n);
    return p;
}

char *arena_strdup(arena *a, const char *s) {
    return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(arena *a, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *p = arena_alloc(a, n > 0 ? (size_t)n + 1 : 1);
    if (n > 0) {
        vsnprintf(p, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    return p;
}

char *arena_printf(arena *a, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    char *p = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return p;
}
