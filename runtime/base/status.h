/* status.h: how a function of the runtime says that it failed.
 *
 * A function that can fail returns an anet_code and fills in the caller's anet_error: one clear
 * sentence with file, position and what to do. The first error wins. The codes are the exit codes
 * of anetc and of the programs it writes. */
#ifndef ANET_BASE_STATUS_H
#define ANET_BASE_STATUS_H

#include "base/arena.h"

typedef enum anet_code {
    ANET_OK = 0,
    ANET_BAD_INPUT = 1,    /* what a file says is wrong: source, MIL, checkpoint, tokenizer, data */
    ANET_BAD_USAGE = 2,    /* the command line is wrong, or a file cannot be opened or written */
    ANET_FAILED = 3,       /* the machine, the device or the C compiler failed */
    ANET_INTERNAL = 70,    /* a bug in this program */
    ANET_RESTART = -1,     /* only a new process can go on: never an exit code */
    ANET_INTERRUPTED = 130 /* SIGINT and the like: train saved its state */
} anet_code;

typedef struct anet_error {
    anet_code code;
    char message[1000];
} anet_error;

/* Records the error unless one is recorded already; returns the recorded code.
 * `return anet_fail(err, ANET_BAD_INPUT, "%s: ...", path);` */
anet_code anet_fail(anet_error *err, anet_code code, const char *fmt, ...) ANET_PRINTF(3, 4);

#endif
