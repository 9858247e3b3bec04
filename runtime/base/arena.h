/* arena.h: memory by lifetime. Everything allocated from an arena dies with it, in one call.
 *
 * An arena never returns NULL: when the system has no memory, the program ends with exit code 3
 * and says so. Built with -DANET_ARENA_MALLOC every object is its own malloc, so that
 * AddressSanitizer and valgrind see overruns between neighbours. */
#ifndef ANET_BASE_ARENA_H
#define ANET_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#if defined(__GNUC__)
#define ANET_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ANET_NORETURN __attribute__((noreturn))
#else
#define ANET_PRINTF(fmt, args)
#define ANET_NORETURN
#endif

typedef struct arena arena;

arena *arena_new(void);
void arena_free(arena *a); /* NULL is fine */

/* size bytes, zeroed, aligned for any type */
void *arena_alloc(arena *a, size_t size);
/* count * size bytes, zeroed; a product that overflows counts as out of memory */
void *arena_array(arena *a, size_t count, size_t size);
char *arena_strndup(arena *a, const char *s, size_t n);
char *arena_strdup(arena *a, const char *s);
char *arena_printf(arena *a, const char *fmt, ...) ANET_PRINTF(2, 3);
char *arena_vprintf(arena *a, const char *fmt, va_list ap);
void *arena_memdup(arena *a, const void *p, size_t size);

#define ARENA_NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_array((a), (size_t)(n), sizeof(T)))

/* malloc and realloc that end the program (exit 3) instead of returning NULL; zeroed / grown */
void *anet_calloc(size_t count, size_t size);
void *anet_realloc(void *p, size_t count, size_t size);
void anet_out_of_memory(void) ANET_NORETURN;

#endif
