/* rules_accept.c: rules about which ops a chip's engine has (accept.def). */
#include "mil/rules.h"

/* the letter of the table for the chip; 0 if it has no row */
static char accepted(const mil_rule_case *c) {
    enum { COLUMNS = sizeof c->acceptance->by };
    int column = c->target->chip <= COLUMNS ? c->target->chip - 1 : COLUMNS - 1;
    return c->acceptance ? c->acceptance->by[column] : 0;
}

static void say(mil_rule_case *c, const char *what) {
    const char *note = c->acceptance->note;
    mil_rule_breaks(c, "%s%s%s", what, *note ? ": " : "", note);
}

void mil_rule_op_none(mil_rule_case *c) {
    if (accepted(c) == 'N') {
        say(c, "no engine has this op");
    }
}

void mil_rule_op_later(mil_rule_case *c) {
    if (accepted(c) == 'F') {
        say(c, "only later chips have this op");
    }
}

void mil_rule_op_conflict(mil_rule_case *c) {
    if (accepted(c) == 'C') {
        say(c, "the sources disagree about this op");
    }
}

void mil_rule_op_bridged(mil_rule_case *c) {
    if (accepted(c) == 'B') {
        say(c, "not native on this chip");
    }
}

void mil_rule_op_unknown(mil_rule_case *c) {
    if (!c->acceptance) {
        mil_rule_breaks(c, "nothing is known about this op on the engine");
    }
}
