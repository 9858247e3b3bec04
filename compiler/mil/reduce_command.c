/* reduce_command.c: a shell command with a limit of time. */
#include "mil/reduce_command.h"

#include "interrupt.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLED = 128 };

static void quote(text *out, const char *path) {
    text_putc(out, '\'');
    for (; *path; path++) {
        if (*path == '\'') {
            text_puts(out, "'\\'");
        }
        text_putc(out, *path);
    }
    text_putc(out, '\'');
}

/* the command with the path in each {}, or behind it */
static void fill_in(text *line, const char *command, const char *path) {
    const char *hole = strstr(command, "{}");
    if (!hole) {
        text_printf(line, "%s ", command);
        quote(line, path);
    }
    while (hole) {
        text_add(line, command, (size_t)(hole - command));
        quote(line, path);
        command = hole + 2;
        hole = strstr(command, "{}");
        if (!hole) {
            text_puts(line, command);
        }
    }
}

static void be_command(const char *line) {
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0); /* so that what it starts can be ended with it */
    for (int fd = 0; fd <= 2 && null >= 0; fd++) {
        dup2(null, fd);
    }
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(REDUCE_CANNOT_RUN);
}

static int status_of(int wait_status) {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : KILLED + WTERMSIG(wait_status);
}

/* -1: it could not be started */
static pid_t start(const char *command, const char *path) {
    text line = {0};
    fill_in(&line, command, path);
    pid_t child = fork();
    if (child == 0) {
        be_command(line.at);
    }
    text_free(&line);
    return child;
}

int reduce_run(const char *command, const char *path, double limit, anet_error *err) {
    double end = seconds_now() + limit;
    struct timespec pause = {0, 1000000};
    pid_t child = start(command, path), done;
    int status = 0;
    if (child < 0) {
        anet_fail(err, ANET_FAILED, "cannot start a process: %s", strerror(errno));
        return -1;
    }
    setpgid(child, child); /* whichever of the two comes first */
    while ((done = waitpid(child, &status, WNOHANG)) == 0) {
        if (seconds_now() > end || interrupt_wanted()) {
            kill(-child, SIGKILL);
            waitpid(child, &status, 0);
            return REDUCE_TIMED_OUT;
        }
        nanosleep(&pause, NULL);
    }
    return done == child ? status_of(status) : REDUCE_TIMED_OUT;
}
