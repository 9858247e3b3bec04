/* usage.h: what the command lines of anetc and of its tools share. */
#ifndef ANET_USAGE_H
#define ANET_USAGE_H

#include "base/status.h"
#include "base/text.h"

/* `words` folded into the right column of a help text, where the line has `at` columns already */
void usage_fold(text *out, size_t at, const char *words);
void usage_row(const char *name, const char *words, text *out);

/* --color: always, never, or auto as the descriptor, NO_COLOR, CLICOLOR_FORCE and TERM say */
anet_code colour_wanted(const char *when, int fd, bool *colour, anet_error *err);

/* What a code means: a message of the compiler (diag.def), a finding about MIL or a rule of the
 * engine (mil/target.h). */
anet_code explain(const char *id, text *out, anet_error *err);

#endif
