/* interrupt.c: the handler of SIGINT and SIGTERM only sets a flag. */
#include "interrupt.h"

#include <signal.h>
#include <string.h>

/* The only variable of the library: a signal handler has no other way to say something. */
static volatile sig_atomic_t wanted;

static void note(int signal_number) {
    (void)signal_number;
    wanted = 1;
}

static void set_handler(void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void interrupt_watch(void) {
    wanted = 0;
    set_handler(note, (int)(SA_RESETHAND | (unsigned)SA_RESTART));
}

void interrupt_restore(void) {
    set_handler(SIG_DFL, 0);
}

bool interrupt_wanted(void) {
    return wanted != 0;
}
