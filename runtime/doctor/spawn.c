/* spawn.c: a process that tries something, watched from outside: it may crash or hang. */
#include "doctor/doctor.h"

#include "base/clock.h"
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static const struct timespec nap = {0, 2000000};

static const char *ended(arena *a, int status) {
    if (WIFSIGNALED(status)) {
        return arena_printf(a, "the process that tried it was ended by signal %d (%s)",
                            WTERMSIG(status), strsignal(WTERMSIG(status)));
    }
    return WEXITSTATUS(status) ? arena_printf(a, "the process that tried it ended with code %d",
                                              WEXITSTATUS(status))
                               : NULL;
}

/* One that hangs in a driver does not end even so: it is left behind. */
static void kill_and_wait(pid_t child) {
    enum { TIMES = 2500 };
    int status;
    kill(child, SIGKILL);
    for (int i = 0; i < TIMES && waitpid(child, &status, WNOHANG) != child; i++) {
        nanosleep(&nap, NULL);
    }
}

static const char *watch(arena *a, pid_t child, int seconds, bool *late) {
    double start = seconds_now();
    int status = 0;
    for (;;) {
        pid_t who = waitpid(child, &status, WNOHANG);
        if (who == child) {
            return ended(a, status);
        }
        if (who < 0 && errno != EINTR) {
            return arena_printf(a, "the process that tried it is lost: %s", strerror(errno));
        }
        if (interrupt_wanted()) {
            kill_and_wait(child);
            return "interrupted";
        }
        if (seconds_now() - start > seconds) {
            kill_and_wait(child);
            *late = true;
            return arena_printf(a, "nothing came of it within %d seconds", seconds);
        }
        nanosleep(&nap, NULL);
    }
}

const char *doctor_spawn(arena *a, const char *const *words, const char *log, int seconds,
                         bool *late) {
    *late = false;
    posix_spawn_file_actions_t files;
    size_t n = 0;
    while (words[n]) {
        n++;
    }
    char **argv = ARENA_ARRAY(a, char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        argv[i] = arena_strdup(a, words[i]); /* posix_spawn wants them writable */
    }
    pid_t child;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    int error = posix_spawn(&child, argv[0], &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return error ? arena_printf(a, "cannot start %s: %s", argv[0], strerror(error))
                 : watch(a, child, seconds, late);
}
