/* folder.c: see folder.h. */
#include "ane/folder.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRIVATE = 0700, TRIES = 100 };

static anet_code fail(const char *path, int error, anet_error *err) {
    return anet_fail(err, ANET_FAILED,
                     "%s: %s; the ane device needs this folder for its programs (TMPDIR "
                     "says where)",
                     path, strerror(error));
}

/* Locked and still the folder of that name: who removed it in between took the lock with it. */
static bool is_current(const char *path, int lock) {
    struct stat named, held;
    return lstat(path, &named) == 0 && fstat(lock, &held) == 0 && named.st_dev == held.st_dev &&
           named.st_ino == held.st_ino;
}

/* 0, or EAGAIN if it was removed meanwhile, or another error */
static int try_open(ane_folder *f) {
    if (mkdir(f->path, PRIVATE) != 0 && errno != EEXIST) {
        return errno;
    }
    f->lock = open(f->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (f->lock < 0) {
        return errno == ENOENT ? EAGAIN : errno;
    }
    struct stat s;
    int error = fstat(f->lock, &s) != 0         ? errno
                : s.st_uid != geteuid()         ? EPERM
                : fchmod(f->lock, PRIVATE) != 0 ? errno
                : flock(f->lock, LOCK_SH) != 0  ? errno
                : !is_current(f->path, f->lock) ? EAGAIN
                                                : 0;
    if (error) {
        close(f->lock);
        f->lock = -1;
    }
    return error;
}

anet_code ane_folder_open(ane_folder *f, const char *parent, const char *name, anet_error *err) {
    size_t n = strlen(parent);
    text path = {0};
    text_printf(&path, "%s%s%s", parent, n && parent[n - 1] == '/' ? "" : "/", name);
    *f = (ane_folder){.path = path.at, .lock = -1};
    int error = EAGAIN;
    for (int i = 0; i < TRIES && error == EAGAIN; i++) {
        error = try_open(f);
    }
    if (error) {
        fail(f->path, error, err);
        ane_folder_close(f);
        return err->code;
    }
    return ANET_OK;
}

anet_code ane_folder_write(const ane_folder *f, const char *name, const void *data, size_t size,
                           anet_error *err) {
    arena *a = arena_new();
    const char *path = path_join(a, f->path, name), *folder = path_folder(a, path);
    int error = mkdir(folder, PRIVATE) != 0 && errno != EEXIST ? errno : 0;
    error = error ? error : file_write(path, data, size);
    if (error) {
        fail(path, error, err);
    }
    arena_free(a);
    return err->code;
}

/* --- removing --- */

/* no link is followed; `fd` is closed */
static void empty_folder(int fd) {
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return;
    }
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            unlinkat(dirfd(dir), e->d_name, 0) == 0) {
            continue;
        }
        int inner = openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner >= 0) {
            empty_folder(inner);
            unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR);
        }
    }
    closedir(dir);
}

void ane_folder_close(ane_folder *f) {
    if (f->path && f->lock >= 0) {
        if (flock(f->lock, LOCK_EX | LOCK_NB) == 0) {
            int files = openat(f->lock, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (files >= 0) {
                empty_folder(files);
            }
            rmdir(f->path);
        }
        close(f->lock);
    }
    free(f->path);
    *f = (ane_folder){0};
}
