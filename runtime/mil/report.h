/* report.h: how reader and checker word their findings: "file:line:column: message". */
#ifndef ANET_MIL_REPORT_H
#define ANET_MIL_REPORT_H

#include "mil/mil.h"

#include <stdarg.h>

/* Records an ANET_BAD_INPUT and returns false. Programs built in memory have no line (0): then the
 * file's name alone is the place. */
bool mil_report(anet_error *err, const char *file, mil_loc at, const char *fmt, va_list ap);

#endif
