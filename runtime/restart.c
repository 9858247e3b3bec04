/* restart.c: exec with the state of the run in the environment. */
#include "restart.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char VARIABLE[] = "ANET_RESTARTED"; /* "3": three times; "3 evaluate" */

/* argv without --init and its value, and with --resume */
static char **resuming_argv(const cli *c) {
    static char init[] = "--init", resume[] = "--resume";
    char **argv = anet_calloc((size_t)c->argc + 2, sizeof *argv);
    int n = 0;
    for (int i = 0; i < c->argc; i++) {
        const char *word = c->argv[i];
        if (strcmp(word, init) == 0) {
            i++;
        } else if (strncmp(word, "--init=", sizeof "--init=" - 1) != 0 &&
                   strcmp(word, resume) != 0) {
            argv[n++] = c->argv[i];
        }
    }
    argv[n] = resume;
    return argv;
}

int64_t restart_count(bool *evaluate) {
    const char *state = getenv(VARIABLE);
    char *end = NULL;
    int64_t n = state ? strtoll(state, &end, 10) : 0;
    *evaluate = n > 0 && strcmp(end, " evaluate") == 0;
    return n > 0 ? n : 0;
}

anet_code restart_program(const cli *c, bool evaluate, anet_error *err) {
    char value[40];
    bool owed;
    snprintf(value, sizeof value, "%lld%s", (long long)restart_count(&owed) + 1,
             evaluate ? " evaluate" : "");
    char **argv = resuming_argv(c);
    if (setenv(VARIABLE, value, 1) == 0) {
        execvp(argv[0], argv);
    }
    int error = errno;
    free(argv);
    return anet_fail(err, ANET_FAILED,
                     "cannot start %s again: %s; the same command with --resume and without --init "
                     "goes on",
                     c->program, strerror(error));
}
