/* check.c: is a program well formed? Names, types, literals, arguments, and each op's result
 * against the rule of its row in ops.def. Stops at the first finding. */
#include "mil/ops.h"
#include "mil/report.h"
#include "mil/scope.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct checker {
    const mil_program *program;
    const mil_func *func;
    mil_scope scope;
    int opset;        /* of the function */
    mil_inference in; /* of the op at hand; its stacks are reused */
    VEC(const char *) words;
} checker;

/* --- messages --- */

static bool report(const mil_inference *in, mil_loc at, const char *fmt, ...) ANET_PRINTF(3, 4);

static bool report(const mil_inference *in, mil_loc at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    mil_report(in->err, in->file, at, fmt, ap);
    va_end(ap);
    return false;
}

bool mil_op_error(mil_inference *in, mil_loc at, const char *fmt, ...) {
    char message[500];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    const char *result = in->op->outs ? in->op->out[0].name : "";
    return report(in, at, "%s%s%s: %s", result, *result ? " = " : "", in->op->op, message);
}

/* --- types and literals --- */

static bool well_formed(const mil_type *t) {
    static const int parts[] = {[MIL_TENSOR] = 0, [MIL_LIST] = 1,  [MIL_TUPLE] = -1,
                                [MIL_DICT] = 2,   [MIL_STATE] = 1, [MIL_BUFFER] = 0};
    return t->rank >= 0 && t->rank <= MIL_MAX_RANK &&
           (parts[t->kind] < 0 || t->parts == parts[t->kind]);
}

/* every static size, in bytes too, must fit 63 bits */
static bool check_type(checker *c, mil_loc at, const mil_type *t) {
    enum { WIDEST = 8 };
    if (!well_formed(t)) {
        return report(&c->in, at, "a type of rank %d with %d parts does not exist", t->rank,
                      t->parts);
    }
    bool dynamic = t->kind != MIL_TENSOR;
    for (int i = 0; i < t->rank; i++) {
        dynamic = dynamic || t->dims[i] < 0;
    }
    int64_t n = dynamic ? 0 : mil_elements(t);
    if (n < 0 || n > INT64_MAX / WIDEST) {
        return report(&c->in, at, "a tensor whose size is beyond 64 bits");
    }
    for (int i = 0; i < t->parts; i++) {
        if (!check_type(c, at, &t->part[i])) {
            return false;
        }
    }
    return true;
}

static bool in_range(mil_dtype dtype, double x) {
    if (dtype == MIL_BOOL) {
        return x == 0 || x == 1;
    }
    if (!mil_is_integer(dtype)) {
        return true;
    }
    int bits = mil_dtype_bits(dtype);
    bool negative = dtype <= MIL_INT64;
    double high = ldexp(1, bits - negative), low = negative ? -high : 0;
    /* the neighbours of the widest limits are not doubles: those are compared exactly by the reader
     */
    return x == floor(x) && x >= low && (bits == 64 ? x <= high : x < high);
}

static bool check_numbers(checker *c, mil_loc at, const mil_value *v) {
    for (size_t i = 0; i < v->count && !v->integers; i++) {
        if (!in_range(v->type.dtype, v->numbers[i])) {
            return report(&c->in, at, "%.17g is not a value of type %s", v->numbers[i],
                          mil_dtype_name(v->type.dtype));
        }
    }
    return true;
}

static bool check_blob(checker *c, mil_loc at, const mil_value *v) {
    if (v->type.kind != MIL_TENSOR || !v->blob_path || !*v->blob_path) {
        return report(&c->in, at, "only tensors can be in a blob file, which must have a path");
    }
    if (v->type.dtype == MIL_STRING || (v->type.rank && mil_elements(&v->type) < 0)) {
        return report(&c->in, at,
                      "a tensor in a blob file needs a static shape and a numeric type");
    }
    return true;
}

static int64_t wanted_count(const mil_type *t) {
    switch (t->kind) {
    case MIL_TENSOR:
        return mil_elements(t);
    case MIL_LIST:
        return t->length;
    case MIL_TUPLE:
        return t->parts;
    default:
        return -1;
    }
}

static bool check_value(checker *c, mil_loc at, const mil_value *v) {
    if (!check_type(c, at, &v->type)) {
        return false;
    }
    if (v->kind == MIL_BLOB) {
        return check_blob(c, at, v);
    }
    int64_t want = wanted_count(&v->type);
    if (want >= 0 && v->count != (uint64_t)want) {
        return report(&c->in, at, "a literal of %zu elements where its type says %lld", v->count,
                      (long long)want);
    }
    bool strings = v->type.kind == MIL_TENSOR && v->type.dtype == MIL_STRING;
    if ((v->kind == MIL_NUMBERS && (v->type.kind != MIL_TENSOR || strings)) ||
        (v->kind == MIL_STRINGS && !strings && v->type.kind != MIL_LIST)) {
        return report(&c->in, at, "a literal that is not of its type");
    }
    for (size_t i = 0; v->kind == MIL_ITEMS && i < v->count; i++) {
        if (!check_value(c, at, &v->items[i])) {
            return false;
        }
    }
    return v->kind != MIL_NUMBERS || check_numbers(c, at, v);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* a name that occurs twice, or NULL; sorts the n names */
static const char *twice(const char **names, int n) {
    if (n > 1) {
        qsort(names, (size_t)n, sizeof *names, compare_names);
    }
    for (int i = 1; i < n; i++) {
        if (strcmp(names[i - 1], names[i]) == 0) {
            return names[i];
        }
    }
    return NULL;
}

static bool check_attrs(checker *c, mil_loc at, int n, const mil_attr *attr) {
    c->words.len = 0;
    for (int i = 0; i < n; i++) {
        vec_push(&c->words, attr[i].name);
        if (!check_value(c, at, &attr[i].value)) {
            return false;
        }
    }
    const char *again = twice(c->words.at, n);
    return !again || report(&c->in, at, "the attribute %s is given twice", again);
}

/* --- names --- */

static bool define(checker *c, const mil_name *name, const mil_value *value, bool constant) {
    const mil_symbol *old = mil_scope_find(&c->scope, name->name);
    if (old && old->name->loc.line) {
        return report(&c->in, name->loc, "%s is defined a second time; first on line %d",
                      name->name, old->name->loc.line);
    }
    if (old) {
        return report(&c->in, name->loc, "%s is defined a second time", name->name);
    }
    mil_scope_add(&c->scope, (mil_symbol){.name = name, .value = value, .constant = constant});
    return check_type(c, name->loc, &name->type);
}

static bool defined_in(const mil_block *b, const char *name) {
    for (int i = 0; i < b->ops; i++) {
        for (int k = 0; k < b->op[i].outs; k++) {
            if (strcmp(b->op[i].out[k].name, name) == 0) {
                return true;
            }
        }
        for (int k = 0; k < b->op[i].blocks; k++) {
            if (defined_in(&b->op[i].block[k], name)) {
                return true;
            }
        }
    }
    return false;
}

static bool report_undefined(checker *c, mil_loc at, const char *name) {
    if (defined_in(&c->func->body, name)) {
        return report(&c->in, at, "%s is used before or outside of its definition", name);
    }
    c->words.len = 0;
    for (size_t i = 0; i < c->scope.symbols.len; i++) {
        vec_push(&c->words, c->scope.symbols.at[i].name->name);
    }
    const char *near = nearest_name(name, c->words.at, c->words.len);
    return report(&c->in, at, "%s is not defined%s%s%s", name, near ? "; did you mean " : "",
                  near ? near : "", near ? "?" : "");
}

static const mil_symbol *resolve(checker *c, mil_loc at, const char *name) {
    const mil_symbol *symbol = mil_scope_find(&c->scope, name);
    if (!symbol) {
        report_undefined(c, at, name);
    }
    return symbol;
}

/* --- arguments --- */

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
    } others[] = {{MIL_TYPE_LIST, "list"}, {MIL_TYPE_STATE, "state"}};
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

static bool check_operand_type(checker *c, const mil_operand *o) {
    if (o->param->flags & MIL_CONSTANT && !o->constant) {
        return mil_op_error(&c->in, o->loc, "%s must be a constant", o->param->name);
    }
    if (type_allowed(o)) {
        return true;
    }
    text is = {0}, wanted = {0};
    mil_print_type(c->program, o->type, &is);
    print_types(o->param->types, &wanted);
    mil_op_error(&c->in, o->loc, "%s is %s, expected %s", o->param->name, is.at, wanted.at);
    text_free(&is);
    text_free(&wanted);
    return false;
}

static bool add_operand(checker *c, const mil_param *param, const mil_arg *arg) {
    mil_operand o = {.param = param, .loc = arg->loc};
    if (arg->kind == MIL_ARGS) {
        return mil_op_error(&c->in, arg->loc, "%s does not take a tuple here", param->name);
    }
    if (arg->kind == MIL_LITERAL) {
        o.type = &arg->literal->type;
        o.value = arg->literal;
        o.constant = true;
        if (!check_value(c, arg->loc, arg->literal)) {
            return false;
        }
    } else {
        const mil_symbol *symbol = resolve(c, arg->loc, arg->ref);
        if (!symbol) {
            return false;
        }
        o.type = &symbol->name->type;
        o.value = symbol->value;
        o.constant = symbol->constant;
    }
    vec_push(&c->in.operands, o);
    return check_operand_type(c, &o);
}

/* the argument of a parameter; parameters of ios16's constexpr ops are attributes */
static bool bind(checker *c, const mil_param *param) {
    const mil_arg *arg = mil_find_arg(c->in.op, param->name);
    const mil_attr *attr = arg ? NULL : mil_find_attr(c->in.op, param->name);
    if (attr) {
        mil_operand o = {param, &attr->value.type, &attr->value, true, c->in.op->loc};
        vec_push(&c->in.operands, o);
        return check_operand_type(c, &o);
    }
    bool empty = arg && arg->kind == MIL_ARGS && arg->parts == 0; /* the reader makes none */
    if (!arg || empty) {
        return !(param->flags & MIL_REQUIRED) ||
               mil_op_error(&c->in, c->in.op->loc, "the argument %s is missing", param->name);
    }
    if (arg->kind != MIL_ARGS || !(param->flags & MIL_TUPLE_OK)) {
        return add_operand(c, param, arg);
    }
    for (int i = 0; i < arg->parts; i++) {
        if (!add_operand(c, param, &arg->part[i])) {
            return false;
        }
    }
    return true;
}

static const mil_param *find_param(const mil_op_spec *spec, const char *name) {
    for (const mil_param *p = spec->param; p->name; p++) {
        if (strcmp(p->name, name) == 0 && !(p->flags & MIL_IS_BLOCK)) {
            return p;
        }
    }
    return NULL;
}

static bool unknown_argument(checker *c, const mil_arg *arg) {
    const char *names[32];
    size_t n = 0;
    for (const mil_param *p = c->in.spec->param; p->name && n < 32; p++) {
        names[n++] = p->name;
    }
    const char *near = nearest_name(arg->name, names, n);
    return mil_op_error(&c->in, arg->loc, "there is no argument %s%s%s%s", arg->name,
                        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool check_argument_names(checker *c) {
    const mil_op *op = c->in.op;
    for (int i = 0; i < op->args; i++) {
        if (!find_param(c->in.spec, op->arg[i].name)) {
            return unknown_argument(c, &op->arg[i]);
        }
        if (mil_find_arg(op, op->arg[i].name) != &op->arg[i]) {
            return mil_op_error(&c->in, op->arg[i].loc, "the argument %s is given twice",
                                op->arg[i].name);
        }
    }
    return true;
}

/* operands of one type variable share their dtype; untyped literals adapt */
static bool check_variables(checker *c) {
    const mil_operand *first['Z' + 1] = {NULL};
    for (size_t i = 0; i < c->in.operands.len; i++) {
        const mil_operand *o = &c->in.operands.at[i];
        if (!o->param->variable || (o->value && !o->value->typed)) {
            continue;
        }
        const mil_operand **bound = &first[(int)o->param->variable];
        if (*bound && (*bound)->type->dtype != o->type->dtype) {
            return mil_op_error(&c->in, o->loc, "%s is %s, but %s is %s", o->param->name,
                                mil_dtype_name(o->type->dtype), (*bound)->param->name,
                                mil_dtype_name((*bound)->type->dtype));
        }
        *bound = *bound ? *bound : o;
    }
    return true;
}

/* --- results --- */

static bool check_result(checker *c, const mil_name *out, mil_outcome *outcome) {
    mil_type shaped = mil_scalar(outcome->shape.dtype);
    shaped.rank = outcome->shape.rank;
    shaped.dims = outcome->shape.dims;
    const mil_type *inferred = outcome->whole ? outcome->whole : &shaped;
    bool rank_open = !outcome->whole && shaped.rank < 0;
    if (rank_open ? out->type.kind == MIL_TENSOR && out->type.dtype == shaped.dtype
                  : mil_types_agree(&out->type, inferred)) {
        return true;
    }
    text declared = {0}, given = {0};
    mil_print_type(c->program, &out->type, &declared);
    if (rank_open) {
        text_printf(&given, "tensor<%s, [..]>", mil_dtype_name(shaped.dtype));
    } else {
        mil_print_type(c->program, inferred, &given);
    }
    mil_op_error(&c->in, out->loc, "%s is declared as %s, but the result is %s", out->name,
                 declared.at, given.at);
    text_free(&declared);
    text_free(&given);
    return false;
}

static bool check_results(checker *c) {
    const mil_op *op = c->in.op;
    if (c->in.believe) {
        return true;
    }
    if ((size_t)op->outs != c->in.outcomes.len) {
        return mil_op_error(&c->in, op->loc, "%d results are declared, the op has %zu", op->outs,
                            c->in.outcomes.len);
    }
    for (int i = 0; i < op->outs; i++) {
        if (!check_result(c, &op->out[i], &c->in.outcomes.at[i])) {
            return false;
        }
    }
    return true;
}

/* --- ops, blocks, functions --- */

static bool find_spec(checker *c, int opset) {
    const mil_op *op = c->in.op;
    c->in.spec = mil_find_op(op->op, opset);
    int since = mil_op_since(op->op);
    if (c->in.spec) {
        return true;
    }
    if (since) {
        return report(&c->in, op->loc, "the op %s exists from ios%d on; this function is %s",
                      op->op, since, c->func->opset);
    }
    const char *near = mil_nearest_op(op->op);
    return report(&c->in, op->loc, "unknown op %s%s%s%s", op->op, near ? "; did you mean " : "",
                  near ? near : "", near ? "?" : "");
}

static bool check_block_count(checker *c) {
    int want = 0;
    for (const mil_param *p = c->in.spec->param; p->name; p++) {
        want += (p->flags & MIL_IS_BLOCK) != 0;
    }
    return c->in.op->blocks == want ||
           mil_op_error(&c->in, c->in.op->loc, "%d nested blocks, expected %d", c->in.op->blocks,
                        want);
}

static bool check_call(checker *c, const mil_op *op, int opset) {
    c->in.op = op;
    c->in.operands.len = 0;
    c->in.outcomes.len = 0;
    c->in.believe = false;
    if (!find_spec(c, opset) || !check_attrs(c, op->loc, op->attrs, op->attr) ||
        !check_argument_names(c) || !check_block_count(c)) {
        return false;
    }
    for (const mil_param *p = c->in.spec->param; p->name; p++) {
        if (!(p->flags & MIL_IS_BLOCK) && !bind(c, p)) {
            return false;
        }
    }
    return check_variables(c) && c->in.spec->infer(&c->in) && check_results(c);
}

static bool check_block(checker *c, const mil_block *b, const mil_op *op, const mil_param *as);

/* the nested blocks, in the order in which the table names them */
static bool check_nested(checker *c, const mil_op *op, const mil_param *param) {
    for (int i = 0; i < op->blocks; param++) {
        if (param->flags & MIL_IS_BLOCK && !check_block(c, &op->block[i++], op, param)) {
            return false;
        }
    }
    return true;
}

static bool check_op(checker *c, const mil_op *op) {
    int opset = op->opset ? mil_opset_number(op->opset) : c->opset;
    if (!opset) {
        return report(&c->in, op->loc, "unknown opset %s", op->opset);
    }
    if (!check_call(c, op, opset) || !check_nested(c, op, c->in.spec->param)) {
        return false;
    }
    const mil_attr *val = strcmp(op->op, "const") == 0 ? mil_find_attr(op, "val") : NULL;
    bool constant = val || strncmp(op->op, "constexpr_", strlen("constexpr_")) == 0;
    for (int i = 0; i < op->outs; i++) {
        if (!define(c, &op->out[i], val ? &val->value : NULL, constant)) {
            return false;
        }
    }
    return true;
}

/* a block of a loop or branch returns what its op declares, a condition one bool */
static bool check_yield(checker *c, const mil_symbol *symbol, const mil_type *want, mil_loc at) {
    const mil_type *type = &symbol->name->type;
    bool agrees = want ? mil_types_agree(type, want)
                       : type->kind == MIL_TENSOR && type->dtype == MIL_BOOL && type->rank <= 1;
    return agrees ||
           report(&c->in, at, "the block returns %s, which is not of the type it must have",
                  symbol->name->name);
}

/* `op` is NULL for a function's body */
static bool check_block(checker *c, const mil_block *b, const mil_op *op, const mil_param *as) {
    size_t outside = c->scope.symbols.len;
    for (int i = 0; i < b->params; i++) {
        if (!define(c, &b->param[i], NULL, false)) {
            return false;
        }
    }
    for (int i = 0; i < b->ops; i++) {
        if (!check_op(c, &b->op[i])) {
            return false;
        }
    }
    for (int i = 0; i < b->results; i++) {
        const mil_symbol *symbol = resolve(c, b->loc, b->result[i]);
        const mil_type *want = as && !(as->flags & MIL_GIVES_BOOL) ? &op->out[i].type : NULL;
        if (!symbol || (as && !check_yield(c, symbol, want, b->loc))) {
            return false;
        }
    }
    mil_scope_leave(&c->scope, outside);
    return true;
}

static bool check_func(checker *c, const mil_func *f) {
    c->func = f;
    c->opset = mil_opset_number(f->opset);
    if (!c->opset) {
        return report(&c->in, f->loc, "unknown opset %s; ios15 to ios18 and ios26 exist", f->opset);
    }
    return check_attrs(c, f->loc, f->attrs, f->attr) && check_block(c, &f->body, NULL, NULL);
}

static bool check_program(checker *c) {
    const mil_program *p = c->program;
    if (!check_attrs(c, (mil_loc){0}, p->attrs, p->attr)) {
        return false;
    }
    c->words.len = 0;
    for (int i = 0; i < p->funcs; i++) {
        vec_push(&c->words, p->func[i].name);
    }
    const char *again = twice(c->words.at, p->funcs);
    if (again) {
        return report(&c->in, (mil_loc){0}, "the function %s is defined twice", again);
    }
    for (int i = 0; i < p->funcs; i++) {
        if (!check_func(c, &p->func[i])) {
            return false;
        }
    }
    return true;
}

anet_code mil_check(const mil_program *p, const char *name, anet_error *err) {
    checker c = {.program = p, .in = {.file = name, .err = err}};
    bool ok = check_program(&c);
    mil_scope_free(&c.scope);
    vec_free(&c.words);
    vec_free(&c.in.operands);
    vec_free(&c.in.outcomes);
    return ok ? ANET_OK : err->code;
}
