/* cache.h: compiled programs, kept from run to run: the framework loads what it compiled before
 * from net.plist and data, without a compile (ane-facts section 1.3).
 *
 * A folder of one file per program, named by its content and the engine's architecture, which any
 * number of processes may use at once. The least recently used ones go when they are too many or
 * too large. */
#ifndef ANET_ANE_CACHE_H
#define ANET_ANE_CACHE_H

#include "ane/folder.h"

#include <stdint.h>

enum { ANE_CACHE_MOST = 256 };             /* programs */
#define ANE_CACHE_BYTES (INT64_C(4) << 30) /* of all, as their constants are in them */

typedef struct ane_cache {
    int folder;    /* descriptor; -1: there is none */
    int most;      /* programs to keep */
    int64_t bytes; /* that they may have; the one that is used last stays anyway */
} ane_cache;

/* Where programs are kept unless the user says otherwise: ~/Library/Caches/anet on macOS,
 * $XDG_CACHE_HOME/anet or ~/.cache/anet elsewhere; NULL if there is no home. In the arena. */
const char *ane_cache_usual(arena *a);

/* All return 0 or an errno value; a cache that is not there knows nothing and keeps nothing. */

/* Makes the folder if it is missing. EPERM if someone else could write what is kept there. */
int ane_cache_open(ane_cache *c, const char *path, int most);
void ane_cache_close(ane_cache *c); /* fine twice */
/* Writes what is kept under this name into the program's folder. ENOENT: nothing is; EINVAL: it was
 * damaged, and is dropped. */
int ane_cache_fetch(const ane_cache *c, const char *name, const ane_folder *to);
int ane_cache_keep(const ane_cache *c, const char *name, const ane_folder *from);
void ane_cache_drop(const ane_cache *c, const char *name);

#endif
