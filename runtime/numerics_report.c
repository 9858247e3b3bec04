/* numerics_report.c: what --numerics-report prints. */
#include "host/report.h"
#include "session.h"

#include <stdio.h>

static const char *unit(const session *s) {
    return s->cli->command == CLI_TRAIN ? "step" : "sequence";
}

static void print(text *t) {
    fflush(stdout);
    fwrite(t->at, 1, t->len, stderr);
    text_free(t);
}

void session_report_at(session *s, uint64_t now) {
    if (s->report) {
        host_report_at(s->report, now);
    }
}

void session_report_news(session *s, progress *p) {
    text line = {0};
    if (s->report && host_report_news(s->report, unit(s), &line)) {
        progress_break(p);
        print(&line);
    }
}

void session_report_print(session *s) {
    if (s->report) {
        text table = {0};
        text_printf(&table, "\nnumerics %s\n\n", session_numerics(s));
        host_report_print(s->report, unit(s), &table);
        print(&table);
    }
}
