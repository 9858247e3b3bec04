/* input.c: positioned reads that are complete or an error. */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_NONBLOCK: opening a pipe must not wait for its writer before it is refused */
anet_code input_open(input *in, const char *path, anet_error *err) {
    *in = (input){.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (in->fd < 0) {
        return anet_fail(err, ANET_BAD_USAGE, "%s: %s", path, strerror(errno));
    }
    struct stat st;
    const char *why = fstat(in->fd, &st)     ? strerror(errno)
                      : S_ISDIR(st.st_mode)  ? strerror(EISDIR)
                      : !S_ISREG(st.st_mode) ? "not a regular file"
                                             : NULL;
    if (why) {
        input_close(in);
        return anet_fail(err, ANET_BAD_USAGE, "%s: %s", path, why);
    }
    in->size = (uint64_t)st.st_size;
    return ANET_OK;
}

void input_close(input *in) {
    if (in->fd >= 0) {
        close(in->fd);
    }
    in->fd = -1;
}

anet_code input_read(const input *in, uint64_t offset, void *to, size_t n, anet_error *err) {
    /* Linux and macOS both refuse single reads of 2 GiB and more */
    enum { MOST = 1 << 30 };
    for (size_t done = 0; done < n;) {
        size_t want = n - done < MOST ? n - done : MOST;
        ssize_t got = pread(in->fd, (char *)to + done, want, (off_t)(offset + done));
        if (got < 0 && errno != EINTR) {
            return anet_fail(err, ANET_FAILED, "%s: cannot read: %s", in->path, strerror(errno));
        }
        if (got == 0) {
            return anet_fail(err, ANET_BAD_INPUT, "%s: the file ends at byte %llu, too early",
                             in->path, (unsigned long long)(offset + done));
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return ANET_OK;
}
