/* rules.h: what the predicates of rules.def are written with (rules_*.c). A predicate looks at one
 * op, function or program for one target, and says mil_rule_breaks() for each place that the engine
 * would not take as it is. */
#ifndef ANET_MIL_RULES_H
#define ANET_MIL_RULES_H

#include "mil/infer.h"
#include "mil/target.h"

typedef struct mil_rule_run mil_rule_run;

typedef struct mil_rule_case {
    const mil_target *target;
    const mil_limits *limits; /* the target's */
    const mil_program *program;
    const mil_func *func;             /* NULL for rules about programs */
    const mil_inference *in;          /* NULL for rules about functions and programs */
    const mil_acceptance *acceptance; /* of the op; NULL if nothing is known of it */
    size_t programs;                  /* for rules about processes */
    mil_rule_run *run;
} mil_rule_case;

/* What is wrong, with the measured value and the limit; the row's workaround is added. The finding
 * stands at the op, the function, or the program. */
void mil_rule_breaks(mil_rule_case *c, const char *fmt, ...) ANET_PRINTF(2, 3);
void mil_rule_breaks_at(mil_rule_case *c, mil_loc at, const char *fmt, ...) ANET_PRINTF(3, 4);

/* The op that makes the value which this argument of the op names; NULL if it is a literal or a
 * parameter of the function. */
const mil_op *mil_rule_maker(const mil_rule_case *c, const char *arg);
const mil_op *mil_rule_maker_of(const mil_rule_case *c, const char *name);
/* a parameter of the function */
bool mil_rule_is_input(const mil_rule_case *c, const mil_arg *arg);
/* how often a name is used in the function, results included */
int mil_rule_uses(const mil_rule_case *c, const char *name);

/* every op of the function, nested ones too */
typedef void mil_rule_op(mil_rule_case *c, const mil_op *op, void *state);
void mil_rule_each_op(mil_rule_case *c, mil_rule_op *visit, void *state);

/* --- the names of a function (rules_names.c) --- */

typedef struct mil_rule_name {
    const char *name;
    const mil_op *maker; /* NULL: a parameter */
    int uses;            /* as an argument or result */
} mil_rule_name;

typedef struct mil_rule_names {
    const mil_func *of; /* whose names they are; NULL before the first question */
    VEC(mil_rule_name) all;
} mil_rule_names;

/* NULL if the function has no such name. Only some rules ask: made at the first question. */
const mil_rule_name *mil_rule_find_name(mil_rule_names *names, const mil_func *f, const char *name);

/* --- sizes --- */

/* A tensor as the engine sees it, 1 where the type has no such axis: rank 5 is [n, c, d, h, w],
 * 4 [n, c, h, w], 3 [c, h, w], 2 [n, c], 1 [c]. Dimensions that are not static are -1. */
typedef struct mil_rule_extent {
    int64_t n, c, d, h, w;
} mil_rule_extent;
mil_rule_extent mil_rule_extents(const mil_type *t);

int64_t mil_rule_bytes(const mil_type *t);                /* 0 if not static */
bool mil_rule_named(const mil_op *op, const char *words); /* is it one of "conv linear reduce_*"? */
/* the ends of the op's numbers, 0-based and with a default where the argument is absent */
int64_t mil_rule_number(const mil_rule_case *c, const char *arg, size_t i, int64_t fallback);

typedef void mil_rule_check(mil_rule_case *c);

#define MIL_RULE(id, severity, targets, on, scope, check, ...) mil_rule_check mil_rule_##check;
#include "mil/rules.def"

#endif
