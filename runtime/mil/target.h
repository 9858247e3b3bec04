/* target.h: the chips (targets.def) and what their engines accept (rules.def).
 *
 * A rule is a row of data: id, severity, symptom on the hardware, reason, workaround, source, and
 * a predicate in rules_*.c. Where the sources conflict, the rule is a warning that says so. */
#ifndef ANET_MIL_TARGET_H
#define ANET_MIL_TARGET_H

#include "mil/findings.h"

typedef struct mil_target mil_target; /* a row of targets.def */

/* "m1", "h13g", ... ; NULL if there is none of that name. */
const mil_target *mil_find_target(const char *name);
int mil_target_count(void); /* the chips m1 .. m6, without the architecture strings */
const mil_target *mil_target_at(int i);
const char *mil_target_name(const mil_target *t);

/* Appends what the rules say about the program, which has passed mil_examine without an error. */
void mil_check_target(const mil_program *p, const mil_target *const *targets, int n,
                      mil_findings *f);

/* --- the rules as data, for `anetc mil rules` and `--explain` --- */
typedef struct mil_rule {
    const char *id; /* "A0101" */
    mil_severity severity;
    const char *title;
    const char *targets;    /* "m1, m2" or "all" */
    const char *symptom;    /* what the hardware does */
    const char *reason;     /* why */
    const char *workaround; /* what to write instead */
    const char *source;     /* fact file, section, row */
} mil_rule;
int mil_rule_count(void); /* M.... and A.... in order */
const mil_rule *mil_rule_at(int i);
const mil_rule *mil_find_rule(const char *id); /* NULL if there is none */

#endif
