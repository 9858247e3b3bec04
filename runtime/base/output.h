/* output.h: a file written piece by piece, which appears only when it is complete (see
 * file_writer), with errors as messages. */
#ifndef ANET_BASE_OUTPUT_H
#define ANET_BASE_OUTPUT_H

#include "base/file.h"
#include "base/status.h"

typedef struct output {
    file_writer file;
    char *path; /* owned */
} output;

anet_code output_begin(output *out, const char *path, anet_error *err);
anet_code output_put(output *out, const void *data, size_t n, anet_error *err);
/* Everything put so far reaches the file, or fails. */
anet_code output_flush(output *out, anet_error *err);
/* Ends the output, whether it succeeds or not. */
anet_code output_commit(output *out, anet_error *err);
void output_cancel(output *out); /* fine when ended, or never begun but zeroed */

#endif
