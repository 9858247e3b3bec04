/* input.h: a file open for reading at positions. Reads check the size first, and the file may
 * shrink while it is open: that is an error of the read, not a crash as with mmap. */
#ifndef ANET_BASE_INPUT_H
#define ANET_BASE_INPUT_H

#include "base/status.h"

#include <stdint.h>

typedef struct input {
    const char *path; /* for messages; borrowed from the caller of input_open */
    int fd;           /* -1 when closed */
    uint64_t size;
} input;

/* ANET_BAD_USAGE when the file cannot be opened or is not a regular file. */
anet_code input_open(input *in, const char *path, anet_error *err);
void input_close(input *in); /* fine when closed */

/* exactly n bytes from `offset` */
anet_code input_read(const input *in, uint64_t offset, void *to, size_t n, anet_error *err);

#endif
