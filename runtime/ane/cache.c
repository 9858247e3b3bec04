/* cache.c: see cache.h. */
#include "ane/cache.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char ENDING[] = ".program", BESIDE[] = ".new", MAGIC[16] = "anet programs 1";
enum { STALE = 3600 }; /* seconds after which nobody will finish a file */

/* What a file begins with; net.plist and data follow. */
typedef struct header {
    char magic[16];
    uint64_t plist, data; /* bytes */
    uint64_t has_data, check;
} header;

const char *ane_cache_usual(arena *a) {
    const char *home = getenv("HOME"), *folder = NULL;
    bool homeless = !home || !*home;
#ifndef __APPLE__
    folder = getenv("XDG_CACHE_HOME");
    const char *below = ".cache";
#else
    const char *below = "Library/Caches";
#endif
    folder = folder && *folder == '/' ? folder : homeless ? NULL : path_join(a, home, below);
    return folder ? path_join(a, folder, "anet") : NULL;
}

int ane_cache_open(ane_cache *c, const char *path, int most) {
    arena *a = arena_new();
    *c = (ane_cache){.folder = -1, .most = most, .bytes = ANE_CACHE_BYTES};
    int error = folder_make(path_folder(a, path));
    arena_free(a);
    if (error || (mkdir(path, 0700) != 0 && errno != EEXIST)) {
        return error ? error : errno;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat s;
    if (fd < 0) {
        return errno;
    }
    bool own = fstat(fd, &s) == 0 && s.st_uid == geteuid() && !(s.st_mode & (S_IWGRP | S_IWOTH));
    if (!own) {
        close(fd);
        return EPERM;
    }
    c->folder = fd;
    return 0;
}

void ane_cache_close(ane_cache *c) {
    if (c->folder >= 0) {
        close(c->folder);
    }
    c->folder = -1;
}

static char *file_of(arena *a, const char *name) {
    return arena_printf(a, "%s%s", name, ENDING);
}

void ane_cache_drop(const ane_cache *c, const char *name) {
    arena *a = arena_new();
    if (c->folder >= 0) {
        unlinkat(c->folder, file_of(a, name), 0);
    }
    arena_free(a);
}

/* --- reading --- */

static uint64_t check_of(const header *h, const char *plist, const char *data) {
    uint64_t x = hash_add(HASH_START, &h->has_data, sizeof h->has_data);
    x = hash_add(x, &h->plist, sizeof h->plist);
    x = hash_add(x, plist, (size_t)h->plist);
    return hash_add(x, data, (size_t)h->data);
}

static int unpack(const char *file, size_t size, const ane_folder *to) {
    header h;
    if (size < sizeof h) {
        return EINVAL;
    }
    memcpy(&h, file, sizeof h);
    size_t rest = size - sizeof h;
    const char *plist = file + sizeof h;
    if (memcmp(h.magic, MAGIC, sizeof h.magic) != 0 || h.plist > rest || h.data != rest - h.plist ||
        check_of(&h, plist, plist + h.plist) != h.check) {
        return EINVAL;
    }
    int error = ane_folder_put(to, "net.plist", &(ane_piece){plist, (size_t)h.plist}, 1);
    if (!error && h.has_data) {
        error = ane_folder_put(to, "data", &(ane_piece){plist + h.plist, (size_t)h.data}, 1);
    }
    return error;
}

int ane_cache_fetch(const ane_cache *c, const char *name, const ane_folder *to) {
    if (c->folder < 0) {
        return ENOENT;
    }
    arena *a = arena_new();
    char *path = file_of(a, name), *file;
    size_t size;
    int error = ane_file_get(c->folder, path, a, &file, &size);
    error = error == ELOOP ? EINVAL : error; /* a link */
    error = error ? error : unpack(file, size, to);
    if (error == EINVAL) {
        unlinkat(c->folder, path, 0);
    } else if (!error) {
        utimensat(c->folder, path, NULL, AT_SYMLINK_NOFOLLOW); /* used now */
    }
    arena_free(a);
    return error;
}

/* --- keeping --- */

typedef struct entry {
    char *name;
    struct timespec used;
    int64_t bytes;
} entry;

typedef VEC(entry) entries;

static int latest_first(const void *a, const void *b) {
    const struct timespec *x = &((const entry *)b)->used, *y = &((const entry *)a)->used;
    return x->tv_sec != y->tv_sec ? (x->tv_sec > y->tv_sec) - (x->tv_sec < y->tv_sec)
                                  : (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

static struct timespec time_of(const struct stat *s) {
#ifdef __APPLE__
    return s->st_mtimespec;
#else
    return s->st_mtim;
#endif
}

/* Programs go to the list; what a process that was killed had begun to write goes at once. */
static void look_at(int folder, const char *name, arena *a, entries *all) {
    struct stat s;
    if (fstatat(folder, name, &s, AT_SYMLINK_NOFOLLOW) != 0) {
        return;
    }
    struct timespec used = time_of(&s);
    if (text_ends_in(name, BESIDE)) {
        if (strstr(name, ENDING) && time(NULL) - used.tv_sec > STALE) {
            unlinkat(folder, name, 0);
        }
    } else if (text_ends_in(name, ENDING)) {
        vec_push(all, ((entry){arena_strdup(a, name), used, s.st_size}));
    }
}

static void prune(const ane_cache *c) {
    int fd = openat(c->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    arena *a = arena_new();
    entries all = {0};
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        look_at(c->folder, e->d_name, a, &all);
    }
    closedir(dir);
    int64_t bytes = 0;
    if (all.len) {
        qsort(all.at, all.len, sizeof *all.at, latest_first);
    }
    for (size_t i = 0; i < all.len; i++) {
        bytes += all.at[i].bytes;
        if (i >= (size_t)c->most || (i > 0 && bytes > c->bytes)) {
            unlinkat(c->folder, all.at[i].name, 0);
        }
    }
    free(all.at);
    arena_free(a);
}

int ane_cache_keep(const ane_cache *c, const char *name, const ane_folder *from) {
    if (c->folder < 0) {
        return 0;
    }
    arena *a = arena_new();
    char *plist, *data = NULL;
    size_t plist_size, data_size = 0;
    int error = ane_file_get(from->lock, "net.plist", a, &plist, &plist_size);
    int without = error ? error : ane_file_get(from->lock, "data", a, &data, &data_size);
    error = without == ENOENT && !error ? 0 : without; /* a program without weights has no data */
    if (!error) {
        header h = {.plist = plist_size, .data = data_size, .has_data = !without};
        memcpy(h.magic, MAGIC, sizeof h.magic);
        h.check = check_of(&h, plist, data);
        ane_piece piece[] = {{&h, sizeof h}, {plist, plist_size}, {data, data_size}};
        error = ane_file_put(c->folder, file_of(a, name), piece, 3);
    }
    if (!error) {
        prune(c);
    }
    arena_free(a);
    return error;
}
