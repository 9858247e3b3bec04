/* engine.c: see engine.h. */
#include "ane/engine.h"

#include <stdarg.h>
#include <stdio.h>

void ane_tell(const ane_engine *e, const char *fmt, ...) {
    char sentence[1000];
    if (!e->notice) {
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    e->notice(e->notice_context, sentence);
}
