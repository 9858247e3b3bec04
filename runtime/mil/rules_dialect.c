/* rules_dialect.c: rules about how a program is written. */
#include "mil/rules.h"

#include <stdlib.h>
#include <string.h>

/* --- the program --- */

void mil_rule_dialect(mil_rule_case *c) {
    const mil_program *p = c->program;
    const mil_target *t = c->target;
    const char *newest = t->opset;
    for (int i = 0; i < p->funcs; i++) {
        bool newer = mil_opset_number(p->func[i].opset) > mil_opset_number(newest);
        newest = newer ? p->func[i].opset : newest;
    }
    if (p->version_minor > t->minor || newest != t->opset) {
        mil_rule_breaks(c, "program(1.%d) and %s where the chip reads program(1.%d) and %s",
                        p->version_minor, newest, t->minor, t->opset);
    }
}

void mil_rule_build_info(mil_rule_case *c) {
    for (int i = 0; i < c->program->attrs; i++) {
        if (strcmp(c->program->attr[i].name, "buildInfo") == 0) {
            return;
        }
    }
    mil_rule_breaks(c, "the program has no buildInfo");
}

/* --- names --- */

void mil_rule_name_missing(mil_rule_case *c) {
    if (!mil_find_attr(c->in->op, "name")) {
        mil_rule_breaks(c, "the op has no name attribute");
    }
}

typedef struct op_name {
    const char *name;
    mil_loc at;
} op_name;

typedef struct op_names {
    VEC(op_name) all;
} op_names;

static void take_name(mil_rule_case *c, const mil_op *op, void *state) {
    (void)c;
    op_names *names = state;
    const mil_attr *attr = mil_find_attr(op, "name");
    if (attr && attr->value.kind == MIL_STRINGS && attr->value.count == 1) {
        vec_push(&names->all, ((op_name){attr->value.strings[0], op->loc}));
    }
}

static int by_name(const void *a, const void *b) {
    const op_name *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->at.line > y->at.line) - (x->at.line < y->at.line);
}

void mil_rule_name_twice(mil_rule_case *c) {
    op_names names = {0};
    mil_rule_each_op(c, take_name, &names);
    if (names.all.len) {
        qsort(names.all.at, names.all.len, sizeof *names.all.at, by_name);
    }
    for (size_t i = 1; i < names.all.len; i++) {
        const op_name *a = &names.all.at[i - 1], *b = a + 1;
        if (strcmp(a->name, b->name) == 0) {
            mil_rule_breaks_at(c, b->at, "the name \"%s\" is that of the op on line %d, too",
                               b->name, a->at.line);
        }
    }
    vec_free(&names.all);
}

static bool is_reserved(const char *name) {
    static const char *const words[] = {"state", "tensor", "list", "tuple", "dict", "const",
                                        "true",  "false",  "inf",  "nan",   "func", "program"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], name) == 0) {
            return true;
        }
    }
    return mil_dtype_named(name, strlen(name)) != MIL_NONE;
}

static void check_names(mil_rule_case *c, int n, const mil_name *names) {
    for (int i = 0; i < n; i++) {
        if (is_reserved(names[i].name)) {
            mil_rule_breaks_at(c, names[i].loc, "%s is a word of the language", names[i].name);
        }
    }
}

static void check_results(mil_rule_case *c, const mil_op *op, void *state) {
    (void)state;
    check_names(c, op->outs, op->out);
}

void mil_rule_reserved_name(mil_rule_case *c) {
    check_names(c, c->func->body.params, c->func->body.param);
    mil_rule_each_op(c, check_results, NULL);
}

/* --- arguments --- */

void mil_rule_always_cast(mil_rule_case *c) {
    mil_rule_breaks(c, "a cast");
}

static bool is_bool_literal(const mil_arg *arg) {
    return arg->kind == MIL_LITERAL && arg->literal->type.kind == MIL_TENSOR &&
           arg->literal->type.dtype == MIL_BOOL;
}

void mil_rule_inline_bool(mil_rule_case *c) {
    for (int i = 0; i < c->in->op->args; i++) {
        const mil_arg *arg = &c->in->op->arg[i];
        if (is_bool_literal(arg)) {
            mil_rule_breaks_at(c, arg->loc, "%s is a boolean written in place", arg->name);
        }
    }
}

void mil_rule_conv_bias(mil_rule_case *c) {
    if (rule_operand(c->in, "bias")) {
        mil_rule_breaks(c, "conv has a bias");
    }
}

void mil_rule_gelu_mode(mil_rule_case *c) {
    if (!rule_operand(c->in, "mode")) {
        mil_rule_breaks(c, "mode is missing");
    }
}

void mil_rule_epsilon_missing(mil_rule_case *c) {
    if (!rule_operand(c->in, "epsilon")) {
        mil_rule_breaks(c, "epsilon is missing");
    }
}

void mil_rule_pow_exponent(mil_rule_case *c) {
    const mil_operand *y = rule_operand(c->in, "y");
    if (!y->constant) {
        mil_rule_breaks(c, "the exponent is computed");
    } else if (y->type->rank > 0 && mil_elements(y->type) != 1) {
        mil_rule_breaks(c, "the exponent is a tensor of rank %d", y->type->rank);
    }
}

void mil_rule_concat_form(mil_rule_case *c) {
    if (!rule_operand(c->in, "interleave")) {
        mil_rule_breaks(c, "interleave is missing");
    }
}

void mil_rule_negative_axis(mil_rule_case *c) {
    int64_t axis = mil_rule_number(c, "axis", 0, 0);
    if (axis < 0) {
        mil_rule_breaks(c, "the axis is %lld", (long long)axis);
    }
}

void mil_rule_axes_missing(mil_rule_case *c) {
    bool one = mil_rule_named(c->in->op, "softmax reduce_argmax reduce_argmin");
    const char *axes = one ? "axis" : "axes";
    if (!rule_operand(c->in, axes)) {
        mil_rule_breaks(c, "%s is missing", axes);
    }
    if (!mil_rule_named(c->in->op, "softmax") && !rule_operand(c->in, "keep_dims")) {
        mil_rule_breaks(c, "keep_dims is missing");
    }
}

void mil_rule_pad_type(mil_rule_case *c) {
    const char *type = rule_string(c->in, "pad_type");
    if (type && strcmp(type, "valid") != 0 && strcmp(type, "same") != 0 &&
        strcmp(type, "custom") != 0) {
        mil_rule_breaks(c, "pad_type is \"%s\"", type);
    }
}

/* --- types --- */

static bool is_dynamic(const mil_type *t) {
    return t->kind == MIL_TENSOR && t->rank > 0 && mil_elements(t) < 0;
}

void mil_rule_dynamic_result(mil_rule_case *c) {
    for (int i = 0; i < c->in->op->outs; i++) {
        const mil_name *out = &c->in->op->out[i];
        if (is_dynamic(&out->type)) {
            mil_rule_breaks(c, "the shape of %s is not static", out->name);
        }
    }
}

void mil_rule_dynamic_input(mil_rule_case *c) {
    for (int i = 0; i < c->func->body.params; i++) {
        const mil_name *in = &c->func->body.param[i];
        if (is_dynamic(&in->type)) {
            mil_rule_breaks_at(c, in->loc, "the shape of the input %s is not static", in->name);
        }
    }
}

void mil_rule_rank(mil_rule_case *c) {
    enum { HIGHEST = 5 };
    for (int i = 0; i < c->in->op->outs; i++) {
        const mil_name *out = &c->in->op->out[i];
        if (out->type.rank > HIGHEST) {
            mil_rule_breaks(c, "%s is of rank %d, at most %d", out->name, out->type.rank, HIGHEST);
        }
    }
}

/* --- compressed weights --- */

void mil_rule_blockwise_direct(mil_rule_case *c) {
    static const char *const names[] = {"x", "y", "weight"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const mil_op *maker = mil_rule_maker(c, names[i]);
        if (maker && strcmp(maker->op, "constexpr_blockwise_shift_scale") == 0) {
            mil_rule_breaks(c, "%s is the result of %s", names[i], maker->op);
        }
    }
}

void mil_rule_constexpr_reshape(mil_rule_case *c) {
    const mil_op *maker = mil_rule_maker(c, "x");
    if (maker && mil_rule_named(maker, "constexpr_*")) {
        mil_rule_breaks(c, "x is the result of %s", maker->op);
    }
}
