/* failures.c: see failures.h. */
#include "failures.h"

#include "foundation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENGINE "com.apple.appleneuralengine"
#define COMPILER "com.apple.appleneuralengine.compiler"
#define PROCESS_REQUEST(status)                                                                    \
    "ANEProgramProcessRequestDirect() Failed with status=" status                                  \
    " : statusType=0x9: Program Inference error"

static const struct {
    const char *name, *domain, *text;
    long code;
} failures[FAILURES] = {
#define FAILURE(id, name, domain, code, text) [FAILURE_##id] = {name, domain, text, code},
#include "failures.def"
};

sim_failure sim_failure_named(const char *name, size_t length) {
    for (int i = FAILURE_NONE + 1; i < FAILURES; i++) {
        if (strlen(failures[i].name) == length && memcmp(failures[i].name, name, length) == 0) {
            return (sim_failure)i;
        }
    }
    return FAILURE_NONE;
}

bool sim_fail(const void **error, sim_failure failure) {
    if (error) {
        *error = sim_autorelease(sim_error_new(failures[failure].domain, failures[failure].code,
                                               failures[failure].text));
    }
    sim_note("%s", failures[failure].text);
    return false;
}

void sim_note(const char *fmt, ...) {
    if (!getenv("ANE_SIM_LOG")) {
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    fputs("ane_sim: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}
