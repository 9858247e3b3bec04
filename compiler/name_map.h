/* name_map.h: a map from names to anything. */
#ifndef ANET_NAME_MAP_H
#define ANET_NAME_MAP_H

#include "base/arena.h"

typedef struct name_entry {
    const char *name; /* NULL: free */
    void *value;
} name_entry;

typedef struct name_map { /* zeroed to begin with; lives in an arena */
    name_entry *at;       /* by hash of the name, open addressing; at least half is free */
    size_t buckets, count;
} name_map;

/* The value of a name, or NULL. */
void *name_get(const name_map *m, const char *name);
/* Sets the value of a name, which must outlive the map. */
void name_set(arena *memory, name_map *m, const char *name, void *v);

/* `wanted`, or with 2, 3, ... behind the separator where that is taken; takes it. Maps for this
 * hold nothing else. */
const char *name_fresh(arena *memory, name_map *m, const char *wanted, const char *separator);

#endif
