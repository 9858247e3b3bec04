/* report.h: what a numerics mode did to a whole run: the tallies of all ops of all programs.
 *
 *     host_report *r = host_report_new();
 *     config.report = r;                     of the device, before programs are compiled
 *     host_report_at(r, step);               from now on things happen in this step
 *     if (host_report_news(r, "step", &line)) puts(line.at);
 *     host_report_print(r, "step", &table);
 *
 * It must outlive the device and its programs. Counting is safe from any thread; the other calls
 * are for the thread that evaluates. */
#ifndef ANET_HOST_REPORT_H
#define ANET_HOST_REPORT_H

#include "base/text.h"
#include "host/tally.h"

typedef struct host_report host_report;

host_report *host_report_new(void);
void host_report_free(host_report *r); /* NULL is fine */

/* The number of the training step, or of the evaluation, from 1. */
void host_report_at(host_report *r, uint64_t now);

/* A tally for one op, owned by the report; NULL without a report. All names are copied. */
host_tally *host_report_tally(host_report *r, const char *program, const char *op,
                              const char *result);

uint64_t host_report_total(const host_report *r, tally_event event);
uint64_t host_report_products(const host_report *r);

/* Adds one line about what was seen for the first time since the last call, if it is worth that,
 * and returns whether. `unit` is what host_report_at counts. */
bool host_report_news(host_report *r, const char *unit, text *out);
/* The table, a row for each op to which anything happened, in the order of the programs; then what
 * its columns mean. */
void host_report_print(const host_report *r, const char *unit, text *out);

#endif
