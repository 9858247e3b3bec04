/* progress.c: one line per report, rewritten on a terminal. */
#include "progress.h"

#include "base/clock.h"

#include <math.h>
#include <unistd.h>

enum { LINE_STEPS = 10, SHORT_RUN = 20 };
static const double LINE_SECONDS = 5;

void progress_begin(progress *p, FILE *out, int64_t first, int64_t total) {
    *p = (progress){.out = out, .first = first, .total = total};
    p->terminal = out && isatty(fileno(out));
    p->started = p->last_line = seconds_now();
    p->smoothed = NAN;
}

static void print_time(FILE *out, double seconds) {
    long long s = seconds < 1e9 ? (long long)(seconds + 0.5) : 0;
    if (s >= 3600) {
        fprintf(out, "%lldh%02lldm", s / 3600, s / 60 % 60);
    } else {
        fprintf(out, "%lldm%02llds", s / 60, s % 60);
    }
}

static void print_line(progress *p, int64_t step, double loss, bool skipped) {
    double elapsed = seconds_now() - p->started;
    double each = elapsed / (double)(step - p->first);
    fprintf(p->out, "%sstep %lld/%lld  loss %.4f  mean %.4f  %.0f tokens/s  ETA ",
            p->terminal ? "\r\033[K" : "", (long long)step, (long long)p->total, loss, p->smoothed,
            (double)p->tokens / elapsed);
    print_time(p->out, each * (double)(p->total - step));
    fprintf(p->out, "%s%s", skipped ? "  skipped: gradients not finite" : "",
            p->terminal ? "" : "\n");
    fflush(p->out);
    p->open_line = p->terminal;
}

void progress_step(progress *p, int64_t step, double loss, int64_t tokens, bool skipped) {
    const double weight = 0.05;
    p->tokens += tokens;
    if (isfinite(loss)) {
        p->smoothed = isnan(p->smoothed) ? loss : p->smoothed + weight * (loss - p->smoothed);
    }
    double now = seconds_now();
    bool due = p->terminal || p->total - p->first <= SHORT_RUN || step == p->first + 1 ||
               step == p->total || step % LINE_STEPS == 0 || now - p->last_line >= LINE_SECONDS;
    if (p->out && due) {
        print_line(p, step, loss, skipped);
        p->last_line = now;
    }
}

void progress_break(progress *p) {
    if (p->out && p->open_line) {
        fprintf(p->out, "\n");
        p->open_line = false;
    }
}
