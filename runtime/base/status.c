/* status.c: the first error is kept. */
#include "base/status.h"

#include <stdio.h>

anet_code anet_fail(anet_error *err, anet_code code, const char *fmt, ...) {
    if (err->code == ANET_OK) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(err->message, sizeof err->message, fmt, ap);
        va_end(ap);
        err->code = code;
    }
    return err->code;
}
