/* own_process.h: runs the cases of a test each in a process of its own, begun by exec of the test
 * with the case's number: the stand-in for Apple's frameworks ends a process that does something
 * forbidden, counts until its end, and does not survive a fork. */
#ifndef ANET_TESTS_OWN_PROCESS_H
#define ANET_TESTS_OWN_PROCESS_H

#include "scratch.h"

#include <sys/wait.h>

enum { OWN_PROCESS_FAILED = 1 };

static const char *own_process_program; /* the test's path */

/* before the first case: `program` is argv[0]; the frameworks are those of this build */
static inline void own_process_prepare(const char *program) {
    own_process_program = program;
    if (!getenv("ANET_FRAMEWORKS")) {
        const char *build = getenv("BUILD");
        char path[1000];
        snprintf(path, sizeof path, "%s/ane_sim", build ? build : "build");
        char *whole = realpath(path, NULL);
        setenv("ANET_FRAMEWORKS", whole ? whole : path, 1);
        free(whole);
    }
}

static inline void own_process_set(char *settings) {
    for (char *item = strtok(settings, " "); item; item = strtok(NULL, " ")) {
        char *equals = strchr(item, '=');
        *equals = 0;
        setenv(item, equals + 1, 1);
    }
}

static inline _Noreturn void own_process_become(scratch *s, int i, const char *temporary,
                                                const char *settings) {
    const char *runner = getenv("RUNNER"); /* of another machine's programs: qemu */
    char number[16];
    snprintf(number, sizeof number, "%d", i);
    if (!freopen(scratch_path(s, "stderr"), "w", stderr)) {
        _exit(OWN_PROCESS_FAILED);
    }
    setenv("TMPDIR", temporary, 1);
    own_process_set(arena_strdup(s->memory, settings));
    if (runner && *runner) {
        execlp(runner, runner, own_process_program, number, (char *)NULL);
    }
    execl(own_process_program, own_process_program, number, (char *)NULL);
    _exit(OWN_PROCESS_FAILED);
}

/* Case i with that temporary folder, and "NAME=value NAME=value" in its environment; what it says
 * is in the scratch file "stderr". Returns its status, as of waitpid. */
static inline int own_process_run(scratch *s, int i, const char *temporary, const char *settings) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        own_process_become(s, i, temporary, settings);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

#endif
