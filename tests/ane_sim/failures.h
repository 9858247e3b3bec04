/* failures.h: the errors of Apple's framework, by name. */
#ifndef ANE_SIM_FAILURES_H
#define ANE_SIM_FAILURES_H

#include "objects.h"

typedef enum sim_failure {
    FAILURE_NONE,
#define FAILURE(id, name, domain, code, text) FAILURE_##id,
#include "failures.def"
    FAILURES
} sim_failure;

/* FAILURE_NONE if there is none of that name */
sim_failure sim_failure_named(const char *name, size_t length);

/* Sets *error (if the caller wants it) to an autoreleased NSError; false, for callers to return. */
bool sim_fail(const void **error, sim_failure failure);

/* What lies behind a failure, which Apple does not say: to stderr if ANE_SIM_LOG is set. */
void sim_note(const char *fmt, ...) ANET_PRINTF(1, 2);

#endif
