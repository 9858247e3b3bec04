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

enum { PRIVATE = 0700, TRIES = 100, MOST_AT_ONCE = 1 << 30 };

static const char MARK[] = "made-by-anet"; /* a file in each folder of ours */

anet_code ane_folder_fail(const ane_folder *f, int error, anet_error *err) {
    return anet_fail(err, ANET_FAILED,
                     "%s: %s; the ane device needs this folder for its programs (TMPDIR "
                     "says where)",
                     f->path, strerror(error));
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
                : flock(f->lock, LOCK_SH) != 0  ? (errno == EINTR ? EAGAIN : errno)
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
        return ane_folder_fail(f, error, err);
    }
    return ane_folder_write(f, MARK, "", 0, err);
}

/* --- files --- */

static int write_pieces(int fd, const ane_piece *piece, int n) {
    for (int i = 0; i < n; i++) {
        const char *at = piece[i].data;
        for (size_t left = piece[i].size; left;) {
            ssize_t wrote = write(fd, at, left < MOST_AT_ONCE ? left : MOST_AT_ONCE);
            if (wrote < 0 && errno != EINTR) {
                return errno;
            }
            left -= wrote > 0 ? (size_t)wrote : 0;
            at += wrote > 0 ? wrote : 0;
        }
    }
    return 0;
}

/* Nothing is synced: what a crash of the machine leaves here is of no use to anyone. */
int ane_file_put(int folder, const char *name, const ane_piece *piece, int n) {
    text beside = {0};
    text_printf(&beside, "%s.%ld.new", name, (long)getpid());
    int fd = openat(folder, beside.at, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = fd < 0 ? errno : write_pieces(fd, piece, n);
    if (fd >= 0 && close(fd) != 0 && !error) {
        error = errno;
    }
    if (!error && renameat(folder, beside.at, folder, name) != 0) {
        error = errno;
    }
    if (error && fd >= 0) {
        unlinkat(folder, beside.at, 0);
    }
    text_free(&beside);
    return error;
}

static int read_all(int fd, char *to, size_t size) {
    for (size_t done = 0; done < size;) {
        size_t left = size - done;
        ssize_t got = read(fd, to + done, left < MOST_AT_ONCE ? left : MOST_AT_ONCE);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return got == 0 ? EIO : errno;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

int ane_file_get(int folder, const char *name, arena *a, char **data, size_t *size) {
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat s;
    if (fd < 0) {
        return errno;
    }
    int error = fstat(fd, &s) != 0 ? errno : !S_ISREG(s.st_mode) ? EINVAL : 0;
    if (!error) {
        *size = (size_t)s.st_size;
        *data = arena_alloc(a, *size + 1);
        error = read_all(fd, *data, *size);
    }
    close(fd);
    return error;
}

/* neither upwards, nor absolute behind a second slash */
static bool stays_inside(const char *name, const char *slash) {
    const char *file = slash ? slash + 1 : name;
    return name[0] != '/' && name[0] != '.' && file[0] && file[0] != '.' && !strchr(file, '/');
}

int ane_folder_put(const ane_folder *f, const char *name, const ane_piece *piece, int n) {
    const char *slash = strchr(name, '/');
    if (!stays_inside(name, slash)) {
        return EINVAL;
    }
    if (!slash) {
        return ane_file_put(f->lock, name, piece, n);
    }
    text inner = {0};
    text_add(&inner, name, (size_t)(slash - name));
    int made = mkdirat(f->lock, inner.at, PRIVATE) != 0 && errno != EEXIST ? errno : 0;
    int fd = openat(f->lock, inner.at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = fd >= 0 ? ane_file_put(fd, slash + 1, piece, n) : made ? made : errno;
    if (fd >= 0) {
        close(fd);
    }
    text_free(&inner);
    return error;
}

anet_code ane_folder_write(const ane_folder *f, const char *name, const void *data, size_t size,
                           anet_error *err) {
    int error = ane_folder_put(f, name, &(ane_piece){data, size}, 1);
    return error ? ane_folder_fail(f, error, err) : ANET_OK;
}

void ane_folder_remove(const ane_folder *f, const char *name) {
    unlinkat(f->lock, name, 0);
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

/* unless someone else uses it */
static void remove_unused(const char *path, int lock) {
    if (flock(lock, LOCK_EX | LOCK_NB) == 0 && is_current(path, lock)) {
        int files = openat(lock, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (files >= 0) {
            empty_folder(files);
        }
        rmdir(path);
    }
}

void ane_folder_close(ane_folder *f) {
    if (f->path && f->lock >= 0) {
        remove_unused(f->path, f->lock);
        close(f->lock);
    }
    free(f->path);
    *f = (ane_folder){0};
}

/* --- what others left --- */

/* The framework's name of a program: three SHA-256 in hexadecimal, by the one who looked (ane-facts
 * section 1.1). One is enough here, as the mark decides. */
static bool is_identifier(const char *name) {
    enum { DIGITS = 64 };
    size_t n = strspn(name, "0123456789abcdefABCDEF_");
    return n >= DIGITS && name[n] == 0;
}

/* Other users of the framework make such folders, too, and hold no lock: only ours have the mark.
 */
static void sweep_one(const char *path) {
    struct stat s, mark;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    if (fstat(fd, &s) == 0 && s.st_uid == geteuid() &&
        fstatat(fd, MARK, &mark, AT_SYMLINK_NOFOLLOW) == 0) {
        remove_unused(path, fd);
    }
    close(fd);
}

void ane_folder_sweep(const char *parent) {
    arena *a = arena_new();
    DIR *dir = opendir(parent);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        if (is_identifier(e->d_name)) {
            sweep_one(path_join(a, parent, e->d_name));
        }
    }
    if (dir) {
        closedir(dir);
    }
    arena_free(a);
}
