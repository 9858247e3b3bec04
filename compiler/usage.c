/* usage.c: help texts, colour, and what codes mean. */
#include "usage.h"

#include "diag.h"
#include "mil/target.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HELP_COLUMN = 26, HELP_WIDTH = 80 };

void usage_fold(text *out, size_t at, const char *words) {
    size_t column = HELP_COLUMN;
    if (at + 2 > HELP_COLUMN) {
        text_putc(out, '\n');
        at = 0;
    }
    text_printf(out, "%*s", (int)(HELP_COLUMN - at), "");
    while (*words) {
        size_t n = strcspn(words, " ");
        if (column > HELP_COLUMN && column + 1 + n > HELP_WIDTH) {
            text_printf(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            text_putc(out, ' ');
            column++;
        }
        text_add(out, words, n);
        column += n;
        words += n + (words[n] == ' ');
    }
    text_putc(out, '\n');
}

void usage_row(const char *name, const char *words, text *out) {
    text_printf(out, "  %s", name);
    usage_fold(out, strlen(name) + 2, words);
}

anet_code colour_wanted(const char *when, int fd, bool *colour, anet_error *err) {
    bool always = strcmp(when, "always") == 0, automatic = strcmp(when, "auto") == 0;
    if (!always && !automatic && strcmp(when, "never") != 0) {
        return anet_fail(err, ANET_BAD_USAGE, "--color is auto, always or never, not `%s`", when);
    }
    const char *none = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE"),
               *term = getenv("TERM");
    bool dumb = (none && *none) || (term && strcmp(term, "dumb") == 0);
    bool forced = force && *force && strcmp(force, "0") != 0;
    *colour = always || (automatic && (forced || (isatty(fd) && !dumb)));
    return ANET_OK;
}

static void explain_part(const char *heading, const char *words, text *out) {
    if (words && *words) {
        text_printf(out, "\n%s:\n  %s\n", heading, words);
    }
}

static void explain_rule(const mil_rule *r, text *out) {
    text_printf(out, "%s: %s\n\n", r->id, r->title);
    text_printf(out, "%s", mil_severity_name(r->severity));
    if (r->targets && strcmp(r->targets, "all") != 0) {
        text_printf(out, " for %s", r->targets);
    }
    text_putc(out, '\n');
    explain_part("On the hardware", r->symptom, out);
    explain_part("Why", r->reason, out);
    explain_part("Instead", r->workaround, out);
    explain_part("Source", r->source, out);
}

anet_code explain(const char *id, text *out, anet_error *err) {
    for (int i = 0; i < DIAG_COUNT; i++) {
        if (strcmp(id, diag_name((diag_code)i)) == 0) {
            text_printf(out, "%s: %s\n\n%s\n", id, diag_summary((diag_code)i),
                        diag_explanation((diag_code)i));
            return ANET_OK;
        }
    }
    const mil_rule *rule = mil_find_rule(id);
    if (!rule) {
        return anet_fail(err, ANET_BAD_USAGE, "no message has the code `%s`; codes are such as %s",
                         id, diag_name((diag_code)0));
    }
    explain_rule(rule, out);
    return ANET_OK;
}
