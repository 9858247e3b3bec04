/* call.c: the operands of an op, in the order of its row in ops.def. */
#include "mil/call.h"

#include <string.h>

enum { MOST_PARAMS = 32 };

/* --- types --- */

static unsigned type_bit(const mil_type *t) {
    return t->kind == MIL_TENSOR  ? 1u << t->dtype
           : t->kind == MIL_LIST  ? MIL_TYPE_LIST
           : t->kind == MIL_STATE ? MIL_TYPE_STATE
                                  : MIL_TYPE_OTHER;
}

static void print_types(unsigned types, text *out) {
    static const struct {
        unsigned bit;
        const char *name;
    } others[] = {{MIL_TYPE_LIST, "list"}, {MIL_TYPE_STATE, "state"}, {MIL_TYPE_OTHER, "others"}};
    for (int t = MIL_NONE + 1; t < MIL_DTYPE_COUNT; t++) {
        if (types >> t & 1) {
            text_printf(out, "%s%s", out->len ? ", " : "", mil_dtype_name((mil_dtype)t));
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (types & others[i].bit) {
            text_printf(out, "%s%s", out->len ? ", " : "", others[i].name);
        }
    }
}

/* An untyped number may stand for any numeric dtype that the argument takes. */
static bool type_allowed(const mil_operand *o) {
    unsigned bit = type_bit(o->type), integers = 0, floats = 0;
    for (int t = MIL_NONE + 1; t < MIL_DTYPE_COUNT; t++) {
        integers |= mil_is_integer((mil_dtype)t) ? 1u << t : 0;
        floats |= mil_is_float((mil_dtype)t) ? 1u << t : 0;
    }
    if (o->value && !o->value->typed && (bit & integers)) {
        bit |= integers | floats;
    } else if (o->value && !o->value->typed && (bit & floats)) {
        bit |= floats;
    }
    return (o->param->types & bit) != 0;
}

/* is `word` one of those that `words` lists? */
static bool is_listed(const char *words, const char *word) {
    size_t n = strlen(word);
    for (const char *s = words; *s;) {
        size_t length = strcspn(s, " ");
        if (length == n && memcmp(s, word, n) == 0) {
            return true;
        }
        s += length;
        s += *s == ' ';
    }
    return false;
}

static bool check_choice(const mil_call *call, const mil_operand *o) {
    const mil_value *v = o->value;
    if (!o->param->words || !v || v->kind != MIL_STRINGS || v->count != 1 ||
        is_listed(o->param->words, v->strings[0])) {
        return true;
    }
    return mil_complain(call->in, MIL_M0415, o->loc, "%s is \"%s\", expected one of %s",
                        o->param->name, v->strings[0], o->param->words);
}

static bool check_operand(const mil_call *call, const mil_operand *o) {
    if (o->param->flags & MIL_CONSTANT && !o->constant && !call->checked) {
        return mil_complain(call->in, MIL_M0405, o->loc, "%s must be a constant", o->param->name);
    }
    if (type_allowed(o)) {
        return check_choice(call, o);
    }
    text is = {0}, wanted = {0};
    mil_print_type(call->program, o->type, &is);
    print_types(o->param->types, &wanted);
    mil_complain(call->in, MIL_M0406, o->loc, "%s is %s, expected %s", o->param->name, is.at,
                 wanted.at ? wanted.at : "nothing");
    text_free(&is);
    text_free(&wanted);
    return false;
}

/* --- arguments --- */

static bool add_operand(const mil_call *call, const mil_param *param, const mil_arg *arg) {
    mil_operand o = {.param = param, .loc = arg->loc};
    if (arg->kind == MIL_ARGS) {
        return mil_complain(call->in, MIL_M0408, arg->loc, "%s does not take a tuple here",
                            param->name);
    }
    if (arg->kind == MIL_LITERAL) {
        o.type = &arg->literal->type;
        o.value = arg->literal;
        o.constant = true;
    } else if (!call->look_up(call->context, arg->ref, &o)) {
        return false;
    }
    vec_push(&call->in->operands, o);
    return check_operand(call, &o);
}

static const mil_param *find_param(const mil_op_spec *spec, const char *name) {
    for (const mil_param *p = spec->param; p->name; p++) {
        if (strcmp(p->name, name) == 0 && !(p->flags & MIL_IS_BLOCK)) {
            return p;
        }
    }
    return NULL;
}

static bool is_empty(const mil_arg *arg) { /* the reader makes none */
    return arg->kind == MIL_ARGS && arg->parts == 0;
}

/* the argument that was probably meant for a missing parameter: one that the op does not have */
static const mil_arg *find_stray(const mil_call *call, const mil_param *param) {
    const mil_op *op = call->in->op;
    const mil_arg *stray = NULL;
    for (int i = 0; i < op->args; i++) {
        if (!find_param(call->in->spec, op->arg[i].name)) {
            if (nearest_name(op->arg[i].name, &param->name, 1)) {
                return &op->arg[i];
            }
            stray = &op->arg[i];
        }
    }
    return param->flags & MIL_REQUIRED ? stray : NULL;
}

/* A missing argument is an error; so is one that is optional but was misspelt. */
static bool check_absence(const mil_call *call, const mil_param *param) {
    const mil_arg *stray = find_stray(call, param);
    if (stray) {
        return mil_complain(call->in, MIL_M0402, stray->loc,
                            "there is no argument %s; did you mean %s?", stray->name, param->name);
    }
    return !(param->flags & MIL_REQUIRED) ||
           mil_complain(call->in, MIL_M0401, call->in->op->loc, "the argument %s is missing",
                        param->name);
}

/* the argument of a parameter; parameters of ios16's constexpr ops are attributes */
static bool bind_param(const mil_call *call, const mil_param *param) {
    const mil_op *op = call->in->op;
    const mil_arg *arg = mil_find_arg(op, param->name);
    const mil_attr *attr = arg ? NULL : mil_find_attr(op, param->name);
    if (attr) {
        mil_operand o = {param, &attr->value.type, &attr->value, true, op->loc};
        vec_push(&call->in->operands, o);
        return check_operand(call, &o);
    }
    if (!arg || is_empty(arg)) {
        return check_absence(call, param);
    }
    if (arg->kind != MIL_ARGS || !(param->flags & MIL_TUPLE_OK)) {
        return add_operand(call, param, arg);
    }
    bool ok = true;
    for (int i = 0; i < arg->parts; i++) {
        ok &= add_operand(call, param, &arg->part[i]);
    }
    return ok;
}

static bool check_repetition(const mil_call *call) {
    const mil_op *op = call->in->op;
    const mil_param *first = call->in->spec->param;
    bool given[MOST_PARAMS] = {false}, ok = true;
    for (int i = 0; i < op->args; i++) {
        const mil_param *p = find_param(call->in->spec, op->arg[i].name);
        if (p && given[p - first]) {
            ok = mil_complain(call->in, MIL_M0404, op->arg[i].loc, "the argument %s is given twice",
                              op->arg[i].name);
        }
        if (p) {
            given[p - first] = true;
        }
    }
    return ok;
}

/* operands of one type variable share their dtype; untyped literals adapt */
static bool check_variables(const mil_call *call) {
    const mil_operand *first['Z' + 1] = {NULL};
    bool ok = true;
    for (size_t i = 0; i < call->in->operands.len; i++) {
        const mil_operand *o = &call->in->operands.at[i];
        if (!o->param->variable || (o->value && !o->value->typed)) {
            continue;
        }
        const mil_operand **bound = &first[(int)o->param->variable];
        if (*bound && (*bound)->type->dtype != o->type->dtype) {
            ok = mil_complain(call->in, MIL_M0407, o->loc, "%s is %s, but %s is %s", o->param->name,
                              mil_dtype_name(o->type->dtype), (*bound)->param->name,
                              mil_dtype_name((*bound)->type->dtype));
        }
        *bound = *bound ? *bound : o;
    }
    return ok;
}

bool mil_bind(mil_call *call) {
    bool ok = check_repetition(call);
    for (const mil_param *p = call->in->spec->param; p->name; p++) {
        ok &= p->flags & MIL_IS_BLOCK || bind_param(call, p);
    }
    return ok && check_variables(call);
}

/* --- warnings --- */

static void warn_of_untyped(const mil_call *call, const mil_arg *arg) {
    if (arg->kind == MIL_LITERAL && !arg->literal->typed) {
        mil_complain(call->in, MIL_M0307, arg->loc, "%s is a literal without a type",
                     arg->name ? arg->name : "a value");
    }
    for (int i = 0; i < arg->parts; i++) {
        warn_of_untyped(call, &arg->part[i]);
    }
}

void mil_warn_of_call(const mil_call *call) {
    const mil_op *op = call->in->op;
    for (int i = 0; i < op->args; i++) {
        warn_of_untyped(call, &op->arg[i]);
        if (!find_param(call->in->spec, op->arg[i].name)) {
            mil_complain(call->in, MIL_M0403, op->arg[i].loc,
                         "%s has no argument %s, which is ignored", op->op, op->arg[i].name);
        }
    }
    bool constant = strcmp(op->op, "const") == 0;
    for (int i = 0; i < op->attrs; i++) {
        const char *name = op->attr[i].name;
        if (!op->attr[i].value.typed) {
            mil_complain(call->in, MIL_M0307, op->loc,
                         "the attribute %s is a literal without a type", name);
        }
        if (constant && strcmp(name, "name") != 0 && strcmp(name, "val") != 0) {
            mil_complain(call->in, MIL_M0414, op->loc, "const has no attribute %s", name);
        }
    }
}
