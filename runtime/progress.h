/* progress.h: what a person sees of a training run: a line that is rewritten on a terminal, a plain
 * line every few steps elsewhere. */
#ifndef ANET_PROGRESS_H
#define ANET_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct progress {
    FILE *out; /* NULL: quiet */
    bool terminal, open_line;
    int64_t first, total; /* steps */
    double started, last_line;
    double smoothed; /* loss, exponential mean */
    int64_t tokens;  /* since the start */
} progress;

/* The run goes on after `first` steps of `total`. */
void progress_begin(progress *p, FILE *out, int64_t first, int64_t total);
void progress_step(progress *p, int64_t step, double loss, int64_t tokens, bool skipped);
/* ends the line that is being rewritten, so that something else can be printed */
void progress_break(progress *p);

#endif
