/* restart.h: a training run that goes on in a new process, from its checkpoint: the compiler of the
 * engine serves a process only so often (facts: ane-facts section 1.3), and fork is not an option.
 */
#ifndef ANET_RESTART_H
#define ANET_RESTART_H

#include "cli.h"

/* Replaces this process by the program with the same command line, but --resume in place of
 * --init. Everything is closed. `evaluate`: the new process owes the evaluation of the step that
 * the checkpoint holds. Returns only when it fails. */
anet_code restart_program(const cli *c, bool evaluate, anet_error *err);

/* How often this run was restarted, and whether an evaluation is owed; of the first process, 0 and
 * false. */
int64_t restart_count(bool *evaluate);

#endif
