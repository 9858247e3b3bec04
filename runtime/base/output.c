/* output.c: a file_writer whose errors are messages. */
#include "base/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static anet_code cannot_write(const output *out, int error, anet_error *err) {
    return anet_fail(err, ANET_BAD_USAGE, "cannot write %s: %s", out->path, strerror(error));
}

anet_code output_begin(output *out, const char *path, anet_error *err) {
    size_t n = strlen(path) + 1;
    *out = (output){.path = memcpy(anet_calloc(n, 1), path, n)};
    int error = file_begin(&out->file, path);
    anet_code code = error ? cannot_write(out, error, err) : ANET_OK;
    if (code) {
        output_cancel(out);
    }
    return code;
}

anet_code output_put(output *out, const void *data, size_t n, anet_error *err) {
    errno = 0;
    if (n && fwrite(data, 1, n, out->file.out) != n) {
        return cannot_write(out, errno ? errno : EIO, err);
    }
    return ANET_OK;
}

anet_code output_flush(output *out, anet_error *err) {
    errno = 0;
    return fflush(out->file.out) ? cannot_write(out, errno ? errno : EIO, err) : ANET_OK;
}

anet_code output_commit(output *out, anet_error *err) {
    int error = file_commit(&out->file);
    anet_code code = error ? cannot_write(out, error, err) : ANET_OK;
    output_cancel(out);
    return code;
}

void output_cancel(output *out) {
    file_cancel(&out->file);
    free(out->path);
    out->path = NULL;
}
