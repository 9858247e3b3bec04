/* rules_whole.c: rules about what is in a function together, and about processes. */
#include "mil/rules.h"

#include <string.h>

typedef struct contents { /* how often a function has what the rules here look for */
    int ops, convs, splits, matmuls, softmaxes, tiles, norms, moves;
    const mil_op *sliced_input;
} contents;

static void count(mil_rule_case *c, const mil_op *op, void *state) {
    contents *n = state;
    if (mil_rule_named(op, "const constexpr_*")) {
        return;
    }
    n->ops++;
    n->convs += mil_rule_named(op, "conv conv_transpose");
    n->splits += mil_rule_named(op, "split");
    n->matmuls += mil_rule_named(op, "matmul");
    n->softmaxes += mil_rule_named(op, "softmax");
    n->tiles += mil_rule_named(op, "tile");
    n->norms += mil_rule_named(op, "rsqrt pow");
    n->moves += mil_rule_named(op, "reshape slice_by_index tile");
    if (mil_rule_named(op, "slice_by_index") && mil_rule_is_input(c, mil_find_arg(op, "x"))) {
        n->sliced_input = op;
    }
}

static contents contents_of(mil_rule_case *c) {
    contents n = {0};
    mil_rule_each_op(c, count, &n);
    return n;
}

void mil_rule_four_together(mil_rule_case *c) {
    contents n = contents_of(c);
    if (n.splits && n.matmuls && n.softmaxes && n.tiles) {
        mil_rule_breaks(c, "%s has split, matmul, softmax and tile", c->func->name);
    }
}

void mil_rule_sliced_norm_conv(mil_rule_case *c) {
    contents n = contents_of(c);
    if (n.sliced_input && n.convs && n.norms) {
        mil_rule_breaks_at(c, n.sliced_input->loc,
                           "slice_by_index of an input beside a norm and conv");
    }
}

void mil_rule_alone(mil_rule_case *c) {
    contents n = contents_of(c);
    if (n.ops && n.moves == n.ops) {
        mil_rule_breaks(c, "%s only moves data", c->func->name);
    }
}

void mil_rule_conv_count(mil_rule_case *c) {
    enum { M4 = 4, M4_MOST = 383, M6_MOST = 386 };
    int most = c->target->chip == M4 ? M4_MOST : M6_MOST;
    contents n = contents_of(c);
    if (n.convs > most) {
        mil_rule_breaks(c, "%d convolutions, at most %d", n.convs, most);
    }
}

void mil_rule_program_count(mil_rule_case *c) {
    enum { MOST = 119 };
    if (c->programs > MOST) {
        mil_rule_breaks(c, "%zu programs, at most %d", c->programs, MOST);
    }
}
