/* interrupt.c: the handler of SIGINT and SIGTERM only sets a flag. */
#include "interrupt.h"

#include <signal.h>
#include <string.h>

/* A variable, as a signal handler has no other way to say something. */
static volatile sig_atomic_t wanted;

static void note(int signal_number) {
    (void)signal_number;
    wanted = 1;
}

static void set_handler(int signal_number, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

static bool is_ignored(int signal_number) {
    struct sigaction now;
    return sigaction(signal_number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void interrupt_watch(void) {
    int once = (int)(SA_RESETHAND | (unsigned)SA_RESTART);
    set_handler(SIGINT, note, once);
    set_handler(SIGTERM, note, once);
    if (!is_ignored(SIGHUP)) {
        set_handler(SIGHUP, note, SA_RESTART);
    }
    set_handler(SIGPIPE, note, SA_RESTART); /* every write fails from then on: more than once */
}

void interrupt_restore(void) {
    set_handler(SIGINT, SIG_DFL, 0);
    set_handler(SIGTERM, SIG_DFL, 0);
    if (!is_ignored(SIGHUP)) {
        set_handler(SIGHUP, SIG_DFL, 0);
    }
}

bool interrupt_wanted(void) {
    return wanted != 0;
}

anet_code interrupt_check(anet_error *err) {
    return wanted ? anet_fail(err, ANET_INTERRUPTED, "interrupted before the end") : ANET_OK;
}
