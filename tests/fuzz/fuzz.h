/* fuzz.h: libFuzzer hands over bytes; readers want the path of a file. */
#ifndef ANET_FUZZ_H
#define ANET_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes the bytes to $FUZZ_FILE, which tests/fuzz/run sets, and returns that path. */
static inline const char *fuzz_file(const uint8_t *data, size_t size) {
    const char *path = getenv("FUZZ_FILE");
    if (!path || file_write(path, data, size)) {
        abort();
    }
    return path;
}

#endif
