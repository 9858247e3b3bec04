/* report.c: the one place that formats "file:line:column: message". */
#include "mil/report.h"

#include <stdio.h>

bool mil_report(anet_error *err, const char *file, mil_loc at, const char *fmt, va_list ap) {
    char message[700], place[40] = "";
    vsnprintf(message, sizeof message, fmt, ap);
    if (at.line) {
        snprintf(place, sizeof place, ":%d:%d", at.line, at.column);
    }
    anet_fail(err, ANET_BAD_INPUT, "%s%s: %s", file, place, message);
    return false;
}
