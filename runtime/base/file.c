/* file.c: reads whole files, and writes them beside their place until they are complete. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

void file_start(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY); /* takes the lowest: fd */
        }
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGXFSZ, &ignore, NULL);
}

bool file_same(const char *a, const char *b) {
    struct stat s, t;
    return stat(a, &s) == 0 && stat(b, &t) == 0 && S_ISREG(s.st_mode) && s.st_dev == t.st_dev &&
           s.st_ino == t.st_ino;
}

static int read_stream(arena *a, FILE *in, size_t limit, char **data, size_t *size) {
    size_t cap = 1 << 16, len = 0;
    char *buffer = anet_realloc(NULL, cap, 1);
    for (;;) {
        len += fread(buffer + len, 1, cap - len, in);
        if (len < cap) {
            break;
        }
        if (len > limit) {
            break;
        }
        cap *= 2;
        buffer = anet_realloc(buffer, cap, 1);
    }
    int error = ferror(in) ? (errno ? errno : EIO) : len > limit ? EFBIG : 0;
    if (!error) {
        *data = arena_strndup(a, buffer, len);
        *size = len;
    }
    free(buffer);
    return error;
}

int file_read(arena *a, const char *path, size_t limit, char **data, size_t *size) {
    if (strcmp(path, "-") == 0) {
        return read_stream(a, stdin, limit, data, size);
    }
    FILE *in = fopen(path, "rb");
    if (!in) {
        return errno;
    }
    struct stat st;
    int error = fstat(fileno(in), &st) ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (!error && S_ISREG(st.st_mode) && (uintmax_t)st.st_size > limit) {
        error = EFBIG;
    }
    errno = 0;
    if (!error && S_ISREG(st.st_mode)) {
        size_t want = (size_t)st.st_size;
        *data = arena_alloc(a, want + 1);
        *size = fread(*data, 1, want, in);
        error = ferror(in) ? (errno ? errno : EIO) : 0;
    } else if (!error) {
        error = read_stream(a, in, limit, data, size);
    }
    fclose(in);
    return error;
}

/* The temporary file is in the same folder: a rename across file systems is not atomic. */
int file_begin(file_writer *w, const char *path) {
    *w = (file_writer){0};
    struct stat st;
    bool exists = stat(path, &st) == 0, in_place = exists && !S_ISREG(st.st_mode);
    if (in_place && S_ISDIR(st.st_mode)) {
        return EISDIR;
    }
    if (!*path) {
        return ENOENT;
    }
    char *real = realpath(path, NULL); /* through a link: the file changes, the link stays */
    path = real ? real : path;
    size_t n = strlen(path);
    w->path = memcpy(anet_calloc(n + 1, 1), path, n + 1);
    free(real);
    path = w->path;
    if (!in_place) {
        w->temporary = anet_calloc(n + 32, 1);
        snprintf(w->temporary, n + 32, "%s.tmp%ld", path, (long)getpid());
    }
    w->out = fopen(in_place ? path : w->temporary, "wb");
    if (!w->out) {
        int error = errno;
        free(w->temporary);
        w->temporary = NULL;
        file_cancel(w);
        return error;
    }
    if (exists && !in_place) {
        (void)!fchmod(fileno(w->out), st.st_mode & 0777); /* as private as it was */
    }
    return 0;
}

/* Synced before it is renamed: else a crash may leave the new name with no content. */
int file_commit(file_writer *w) {
    errno = 0;
    int error = ferror(w->out) || fflush(w->out) ? (errno ? errno : EIO) : 0;
    if (!error && w->temporary && fsync(fileno(w->out))) {
        error = errno;
    }
    if (fclose(w->out) && !error) {
        error = errno;
    }
    w->out = NULL;
    if (!error && w->temporary && rename(w->temporary, w->path)) {
        error = errno;
    }
    if (!error) {
        free(w->temporary);
        w->temporary = NULL;
    }
    file_cancel(w);
    return error;
}

void file_cancel(file_writer *w) {
    if (w->out) {
        fclose(w->out);
    }
    if (w->temporary) {
        unlink(w->temporary);
    }
    free(w->temporary);
    free(w->path);
    *w = (file_writer){0};
}

static int write_stdout(const void *data, size_t size) {
    errno = 0;
    bool ok = fwrite(data, 1, size, stdout) == size && fflush(stdout) == 0;
    return ok ? 0 : errno ? errno : EIO;
}

int file_write(const char *path, const void *data, size_t size) {
    if (strcmp(path, "-") == 0) {
        return write_stdout(data, size);
    }
    file_writer w;
    int error = file_begin(&w, path);
    if (error) {
        return error;
    }
    errno = 0;
    if (fwrite(data, 1, size, w.out) != size) {
        error = errno ? errno : EIO;
        file_cancel(&w);
        return error;
    }
    return file_commit(&w);
}

bool file_exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

bool folder_exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int folder_make(const char *path) {
    if (folder_exists(path)) {
        return 0;
    }
    size_t n = strlen(path);
    char *copy = memcpy(anet_calloc(n + 1, 1), path, n + 1);
    int error = 0;
    for (size_t i = 1; i <= n && !error; i++) {
        if (copy[i] == '/' || copy[i] == 0) {
            char kept = copy[i];
            copy[i] = 0;
            if (mkdir(copy, 0777) && !folder_exists(copy)) {
                error = errno == EEXIST ? ENOTDIR : errno;
            }
            copy[i] = kept;
        }
    }
    free(copy);
    return error;
}

char *path_join(arena *a, const char *folder, const char *name) {
    size_t n = strlen(folder);
    const char *slash = n && folder[n - 1] == '/' ? "" : "/";
    return arena_printf(a, "%s%s%s", folder, slash, name);
}

const char *path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *path_folder(arena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) {
        return arena_strdup(a, ".");
    }
    return slash == path ? arena_strdup(a, "/") : arena_strndup(a, path, (size_t)(slash - path));
}

char *path_stem(arena *a, const char *path) {
    const char *name = path_name(path), *dot = strrchr(name, '.');
    return dot && dot != name ? arena_strndup(a, name, (size_t)(dot - name))
                              : arena_strdup(a, name);
}

char *program_folder(arena *a) {
    char path[4096];
#ifdef __APPLE__
    uint32_t size = sizeof path;
    if (_NSGetExecutablePath(path, &size)) {
        return NULL;
    }
#else
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) {
        return NULL;
    }
    path[n] = 0;
#endif
    char *real = realpath(path, NULL);
    char *folder = path_folder(a, real ? real : path);
    free(real);
    return folder;
}
