/* name_map.c: open addressing; an old table stays in the arena when it has grown. */
#include "name_map.h"

#include "base/hash.h"

#include <string.h>

/* Where the name is, or where it would go. */
static name_entry *entry_of(const name_map *m, const char *name) {
    size_t i = hash_bytes(name, strlen(name)) & (m->buckets - 1);
    while (m->at[i].name && strcmp(m->at[i].name, name) != 0) {
        i = (i + 1) & (m->buckets - 1);
    }
    return &m->at[i];
}

void *name_get(const name_map *m, const char *name) {
    return m->buckets ? entry_of(m, name)->value : NULL;
}

static void grow(arena *memory, name_map *m) {
    name_map larger = {.buckets = m->buckets ? m->buckets * 2 : 8, .count = m->count};
    larger.at = ARENA_ARRAY(memory, name_entry, larger.buckets);
    for (size_t i = 0; i < m->buckets; i++) {
        if (m->at[i].name) {
            *entry_of(&larger, m->at[i].name) = m->at[i];
        }
    }
    *m = larger;
}

void name_set(arena *memory, name_map *m, const char *name, void *v) {
    if (m->count * 2 >= m->buckets) {
        grow(memory, m);
    }
    name_entry *e = entry_of(m, name);
    m->count += !e->name;
    *e = (name_entry){name, v};
}

/* Each name comes with the number that the next one like it gets. */
const char *name_fresh(arena *memory, name_map *m, const char *wanted, const char *separator) {
    int *next = name_get(m, wanted);
    const char *name = wanted;
    while (next && name_get(m, name)) {
        name = arena_printf(memory, "%s%s%d", wanted, separator, (*next)++);
    }
    int *first = ARENA_NEW(memory, int);
    *first = 2;
    name_set(memory, m, name, first);
    return name;
}
