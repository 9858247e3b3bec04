/* fuzz.h: libFuzzer hands over bytes; readers want the path of a file. */
#ifndef ANET_FUZZ_H
#define ANET_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <fcntl.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes the bytes to $FUZZ_FILE, which tests/fuzz/run sets to a place in memory, and returns that
 * path. */
static inline const char *fuzz_file(const uint8_t *data, size_t size) {
    const char *path = getenv("FUZZ_FILE");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd)) {
        abort();
    }
    return path;
}

#endif
