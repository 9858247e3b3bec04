/* arithmetic.c: operators. On numbers they are computed here and now; on tensors they add
 * operations to the graph. */
#include "scope.h"

#include <math.h>
#include <string.h>

/* --- on numbers --- */

static val overflow(elaborator *e, loc at) {
    report(e, E0303, at, "the result does not fit into a 64-bit integer");
    return val_error();
}

static val integer_arithmetic(elaborator *e, const ast *x, int64_t a, int64_t b) {
    int64_t r = 0;
    switch (x->text[0]) {
    case '+':
        return __builtin_add_overflow(a, b, &r) ? overflow(e, x->at) : val_int(r);
    case '-':
        return __builtin_sub_overflow(a, b, &r) ? overflow(e, x->at) : val_int(r);
    case '*':
        return __builtin_mul_overflow(a, b, &r) ? overflow(e, x->at) : val_int(r);
    default:
        break;
    }
    if (b == 0) {
        report(e, E0303, x->at, "division by zero");
        return val_error();
    }
    if (b == -1) { /* INT64_MIN / -1 traps */
        return x->text[0] == '%' ? val_int(0) : a == INT64_MIN ? overflow(e, x->at) : val_int(-a);
    }
    if (x->text[0] == '%') {
        return val_int(a % b);
    }
    return a % b == 0 ? val_int(a / b) : val_real((double)a / (double)b);
}

static double real_result(const char *sign, double a, double b) {
    switch (sign[0]) {
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    case '/':
        return a / b;
    default:
        return fmod(a, b);
    }
}

static val real_arithmetic(elaborator *e, const ast *x, double a, double b) {
    if (b == 0 && (x->text[0] == '/' || x->text[0] == '%')) {
        report(e, E0303, x->at, "division by zero");
        return val_error();
    }
    double r = real_result(x->text, a, b);
    if (!isfinite(r)) {
        report(e, E0303, x->at, "the result is too large for a real number");
        return val_error();
    }
    return val_real(r);
}

static val compare(const ast *x, double a, double b) {
    const char *op = x->text;
    bool equal = a <= b && a >= b;
    if (strcmp(op, "==") == 0) {
        return val_bool(equal);
    }
    if (strcmp(op, "!=") == 0) {
        return val_bool(!equal);
    }
    bool less = op[0] == '<' ? a < b : a > b;
    return val_bool(less || (op[1] == '=' && equal));
}

/* --- on tensors --- */

static bool broadcasts(const shape *a, const shape *b) {
    for (int i = 1; i <= a->rank && i <= b->rank; i++) {
        int64_t x = a->dim[a->rank - i], y = b->dim[b->rank - i];
        if (x != y && x != 1 && y != 1) {
            return false;
        }
    }
    return true;
}

val tensor_binary(elaborator *e, op_id op, const char *sign, const val *a, const val *b,
                  const loc at[3]) {
    value l = as_tensor(e, a, at[0]), r = as_tensor(e, b, at[1]);
    if (!l || !r) {
        return val_error();
    }
    const shape *sl = &graph_node(e->g, l)->s, *sr = &graph_node(e->g, r)->s;
    if (!broadcasts(sl, sr)) {
        report(e, E0401, at[2], "shapes do not match: %s %s %s", show_shape(e, sl), sign,
               show_shape(e, sr));
        return val_error();
    }
    value v = g_binary(e->g, op, l, r);
    shape s = graph_node(e->g, v)->s;
    return check_shape(e, at[2], &s) ? val_tensor(v) : val_error();
}

static val tensor_arithmetic(elaborator *e, const ast *x, const val *a, const val *b) {
    static const struct {
        char sign;
        op_id op;
    } ops[] = {{'+', OP_ADD}, {'-', OP_SUB}, {'*', OP_MUL}, {'/', OP_DIV}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (x->text[0] == ops[i].sign) {
            return tensor_binary(e, ops[i].op, x->text, a, b, (loc[]){x->a->at, x->b->at, x->at});
        }
    }
    report(e, E0301, x->at, "`%s` is for numbers, not for tensors", x->text);
    return val_error();
}

static val eval_logic(elaborator *e, scope *s, const ast *x) {
    bool a, b;
    if (!eval_bool(e, s, x->a, "an operand of `and` and `or`", &a)) {
        return val_error();
    }
    bool is_and = x->text[0] == 'a';
    if (a != is_and) { /* decided: the right side is not looked at */
        return val_bool(a);
    }
    return eval_bool(e, s, x->b, "an operand of `and` and `or`", &b) ? val_bool(b) : val_error();
}

static bool same_kind_equal(const val *a, const val *b, bool *equal) {
    if (a->kind == V_STRING && b->kind == V_STRING) {
        *equal = strcmp(a->string, b->string) == 0;
        return true;
    }
    *equal = a->integer == b->integer;
    return a->kind == V_BOOL && b->kind == V_BOOL;
}

val eval_binary(elaborator *e, scope *s, const ast *x) {
    if (strcmp(x->text, "and") == 0 || strcmp(x->text, "or") == 0) {
        return eval_logic(e, s, x);
    }
    val a = eval(e, s, x->a), b = eval(e, s, x->b);
    if (a.kind == V_ERROR || b.kind == V_ERROR) {
        return val_error();
    }
    bool comparison = strchr("=!<>", x->text[0]) != NULL, equal;
    double p, q;
    if (as_number(&a, &p) && as_number(&b, &q)) {
        if (comparison) {
            return compare(x, p, q);
        }
        return a.kind == V_INT && b.kind == V_INT ? integer_arithmetic(e, x, a.integer, b.integer)
                                                  : real_arithmetic(e, x, p, q);
    }
    if (comparison && x->text[1] == '=' && strchr("=!", x->text[0]) &&
        same_kind_equal(&a, &b, &equal)) {
        return val_bool(equal == (x->text[0] == '='));
    }
    if (comparison) {
        report(e, E0301, x->at, "`%s` cannot compare %s with %s", x->text, describe(e, &a),
               describe(e, &b));
        return val_error();
    }
    return tensor_arithmetic(e, x, &a, &b);
}

val eval_unary(elaborator *e, scope *s, const ast *x) {
    if (x->text[0] == 'n') {
        bool b;
        return eval_bool(e, s, x->a, "the operand of `not`", &b) ? val_bool(!b) : val_error();
    }
    val a = eval(e, s, x->a);
    if (a.kind == V_INT) {
        return a.integer == INT64_MIN ? overflow(e, x->at) : val_int(-a.integer);
    }
    if (a.kind == V_REAL) {
        return val_real(-a.real);
    }
    value t = as_tensor(e, &a, x->at);
    return t ? val_tensor(g_unary(e->g, OP_NEG, t)) : val_error();
}
