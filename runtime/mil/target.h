/* target.h: the chips (targets.def) and what their engines accept (rules.def).
 *
 * A rule is a row of data: id, severity, symptom on the hardware, reason, workaround, source, and
 * a predicate in rules_*.c. Where the sources conflict, the rule is a warning that says so. */
#ifndef ANET_MIL_TARGET_H
#define ANET_MIL_TARGET_H

#include "mil/findings.h"

typedef struct mil_limits { /* of a family of engines; elements, see targets.def */
    const char *family;
    int64_t plane, depth, channels, batch, turn;
    int64_t kernel_width, kernel_height, group;
    int64_t reduce, arg, inner, pool;
    bool texture;
} mil_limits;

typedef struct mil_target { /* a row of targets.def */
    const char *name;       /* "m1", "h13g" */
    int chip;               /* 1 for m1 */
    const mil_limits *limits;
    int minor;         /* it reads program(1.minor) ... */
    const char *opset; /* ... and functions up to this opset */
} mil_target;

/* "m1", "h13g", ... ; NULL if there is none of that name. */
const mil_target *mil_find_target(const char *name);
int mil_target_count(void); /* the chips m1 .. m6, without the architecture strings */
const mil_target *mil_target_at(int i);
const char *mil_target_name(const mil_target *t);
const char *mil_nearest_target(const char *name); /* NULL if no name is near */

/* Appends what the rules say about the program, which has passed mil_examine without an error.
 * What holds for several targets is one finding. */
void mil_check_target(const mil_program *p, const mil_target *const *targets, int n,
                      mil_findings *f);
/* What the rules say about a process that loads so many programs. */
void mil_check_program_count(size_t programs, const mil_target *const *targets, int n,
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

/* --- which ops the engines have (accept.def), for `anetc mil rules --ops` --- */
typedef struct mil_acceptance {
    const char *op;
    char by[4];       /* M1, M2, M3, M4 and later: Y native, B bridged, F on later chips, N not, C
                         conflict */
    const char *note; /* conditions; may be empty */
} mil_acceptance;
int mil_acceptance_count(void);
const mil_acceptance *mil_acceptance_at(int i);
const mil_acceptance *mil_find_acceptance(const char *op); /* NULL: nothing is known */

#endif
