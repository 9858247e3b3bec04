/* findings.h: what the checks of a MIL program have to say, in a list.
 *
 * A finding has a stable id: M.... is wrong in the MIL itself (findings.def), A.... is a rule of
 * the engine (rules.def). Messages are one sentence: what is wrong here and what to do. */
#ifndef ANET_MIL_FINDINGS_H
#define ANET_MIL_FINDINGS_H

#include "base/vec.h"
#include "mil/mil.h"

typedef enum mil_severity { MIL_NOTE, MIL_WARNING, MIL_ERROR } mil_severity;

const char *mil_severity_name(mil_severity s); /* "warning" */

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
/* Records the first error of the list, as "file:line:column: out = op: message" with
 * ANET_BAD_INPUT; ANET_OK if there is none. */
anet_code mil_findings_fail(const mil_findings *f, const char *file, anet_error *err);
void mil_findings_free(mil_findings *f);

/* --- findings.def as data --- */

typedef enum mil_finding_id {
#define MIL_FINDING(id, severity, title, explanation) MIL_##id,
#include "mil/findings.def"
    MIL_FINDING_COUNT
} mil_finding_id;

typedef struct mil_finding_kind {
    const char *id; /* "M0203" */
    mil_severity severity;
    const char *title, *explanation;
} mil_finding_kind;

const mil_finding_kind *mil_finding_kind_at(mil_finding_id id);

/* A finding of the table about `op` (NULL: about none), with its id and severity. */
void mil_find_in(mil_findings *f, mil_finding_id id, mil_loc at, const mil_op *op, const char *fmt,
                 ...) ANET_PRINTF(5, 6);
void mil_vfind_in(mil_findings *f, mil_finding_id id, mil_loc at, const mil_op *op, const char *fmt,
                  va_list ap);

/* mil_read (mil.h) that says what it found wrong as a finding; NULL if it did. */
mil_program *mil_read_found(const char *source, size_t size, mil_findings *f);

#endif
