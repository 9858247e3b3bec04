/* reduce_failure.h: does a program still fail? */
#ifndef ANET_MIL_REDUCE_FAILURE_H
#define ANET_MIL_REDUCE_FAILURE_H

#include "mil/tool.h"

typedef struct failure {
    const tool *tool;
    const char *id;          /* the finding that makes it a failure; with --cmd NULL */
    VEC(const char *) known; /* ids of errors that the whole program has, too */
    const char *folder;      /* with --cmd: where the program goes for a run */
    int status;              /* with --keep-status: that of the whole program */
    size_t tries;
} failure;

/* Looks at the whole program, and fails with a message when there is nothing to reduce. */
anet_code failure_begin(failure *f, const tool *t, const mil_file *whole, anet_error *err);
/* MIL with another error than those of the whole program does not fail. A run that cannot be
 * started is an error. */
bool still_fails(failure *f, const char *text, size_t size, anet_error *err);
void failure_end(failure *f); /* fine when never begun but zeroed */

#endif
