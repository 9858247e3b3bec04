/* diag.h: messages about the user's source. Each has a stable code (diag.def), a primary place, and
 * any number of notes (with a place) and hints. Collected, then rendered by diag_render. */
#ifndef ANET_DIAG_H
#define ANET_DIAG_H

#include "source.h"

#include "base/text.h"

#include <stdbool.h>

typedef enum diag_code {
#define DIAG(ID, summary, explanation) ID,
#include "diag.def"
    DIAG_COUNT
} diag_code;

typedef struct diag_note {
    loc at; /* file 0: no place */
    bool hint;
    const char *text;
    struct diag_note *next;
} diag_note;

typedef enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE } diag_level;

typedef struct diag {
    const char *id; /* "E0201" */
    diag_level level;
    loc at;
    const char *text;
    diag_note *notes, *last;
    struct diag *next;
} diag;

typedef struct diags {
    arena *memory;
    const sources *files;
    diag *first, *last;
    int errors, warnings, max_errors; /* later errors are counted but not kept; 0: after 20 */
} diags;

/* A second error at the same place is dropped. The result is never NULL: notes may be added to it.
 */
diag *diag_error(diags *d, diag_code code, loc at, const char *fmt, ...) ANET_PRINTF(4, 5);
diag *diag_warning(diags *d, diag_code code, loc at, const char *fmt, ...) ANET_PRINTF(4, 5);
/* A message of another table than diag.def: kept whatever was said before. */
diag *diag_add(diags *d, diag_level level, const char *id, loc at, const char *message);
void diag_add_note(diags *d, diag *to, loc at, const char *fmt, ...) ANET_PRINTF(4, 5);
void diag_add_hint(diags *d, diag *to, const char *fmt, ...) ANET_PRINTF(3, 4);

/* "did you mean `near`?" if one of the n names is near to what was written; returns whether */
bool diag_suggest(diags *d, diag *to, const char *written, const char *const *names, size_t n);

bool diags_full(const diags *d); /* more errors than are kept: no use in going on */

typedef enum diag_format { DIAG_TEXT, DIAG_JSON } diag_format;
/* All messages, in order of file and place; in text with the source line and a caret range. */
void diag_render(const diags *d, diag_format format, bool colour, text *out);

const char *diag_name(diag_code code);        /* "E0201" */
const char *diag_summary(diag_code code);     /* one line */
const char *diag_explanation(diag_code code); /* for --explain */

#endif
