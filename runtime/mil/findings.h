/* findings.h: what the checks of a MIL program have to say, in a list.
 *
 * A finding has a stable id: M.... is wrong in the MIL itself (check.c, blob files), A.... is a
 * rule of the engine (rules.def). Messages are one sentence: what is wrong here and what to do. */
#ifndef ANET_MIL_FINDINGS_H
#define ANET_MIL_FINDINGS_H

#include "base/vec.h"
#include "mil/mil.h"

typedef enum mil_severity { MIL_NOTE, MIL_WARNING, MIL_ERROR } mil_severity;

typedef struct mil_finding {
    const char *id; /* "M0203"; static */
    mil_severity severity;
    mil_loc loc;          /* line 0: the program as a whole */
    const char *op, *out; /* the op and its first result, NULL outside of ops; of the program */
    const char *targets;  /* of an engine rule: "m1, m2"; NULL for the MIL's own */
    const char *message;
} mil_finding;

typedef struct mil_findings {
    arena *memory; /* of the messages; borrowed */
    VEC(mil_finding) all;
    size_t errors, warnings;
    size_t max_errors; /* 0: all; after the last one that fits, checking stops */
} mil_findings;

/* Takes the finding, whose message is copied. */
void mil_find(mil_findings *f, mil_finding finding, const char *fmt, ...) ANET_PRINTF(3, 4);
bool mil_findings_full(const mil_findings *f);
/* by line and column; those without a line first. Stable. */
void mil_findings_sort(mil_findings *f);
/* "file:line:column: error: message [M0203]", one a line */
void mil_findings_print(const mil_findings *f, const char *file, text *out);
void mil_findings_free(mil_findings *f);

#endif
