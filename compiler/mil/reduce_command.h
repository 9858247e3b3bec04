/* reduce_command.h: a shell command with a limit of time. */
#ifndef ANET_MIL_REDUCE_COMMAND_H
#define ANET_MIL_REDUCE_COMMAND_H

#include "base/status.h"

enum { REDUCE_TIMED_OUT = 124, REDUCE_CANNOT_RUN = 126, REDUCE_NOT_FOUND = 127 };

/* Runs the command with the path in place of each {}, or behind it; without input, its output
 * dropped. Its exit status as a shell gives it; REDUCE_TIMED_OUT when it had to be ended after
 * `limit` seconds or because the user interrupted; -1 with an error when it cannot be started. */
int reduce_run(const char *command, const char *path, double limit, anet_error *err);

#endif
