/* check.c: is a program well formed? Names, types, literals, arguments, and each op's result
 * against the rule of its row in ops.def.
 *
 * Everything that is wrong is said, but once: what is wrong is believed to be what it declares, so
 * that nothing is said about what only follows from it. */
#include "mil/call.h"
#include "mil/scope.h"
#include "mil/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct checker {
    const mil_program *program;
    mil_findings *findings;
    mil_visit *visit;
    void *context;

    const mil_func *func;
    mil_scope scope;
    mil_scope everything; /* all names that the function defines anywhere, once needed */
    int guesses;          /* how often a similar name may still be looked for */
    int opset;            /* of the function */

    mil_inference in; /* of the op at hand; its lists are reused */
    mil_value_check values;
    VEC(const char *) words;
} checker;

/* --- messages --- */

static bool report(checker *c, mil_finding_id id, mil_loc at, const char *fmt, ...)
    ANET_PRINTF(4, 5);

/* about the op at hand, if there is one */
static bool report(checker *c, mil_finding_id id, mil_loc at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    mil_vfind_in(c->findings, id, at, c->values.op, fmt, ap);
    va_end(ap);
    return false;
}

bool mil_complain(mil_inference *in, mil_finding_id id, mil_loc at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    mil_vfind_in(in->findings, id, at, in->op, fmt, ap);
    va_end(ap);
    return false;
}

/* --- attributes --- */

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
    bool ok = true;
    c->words.len = 0;
    for (int i = 0; i < n; i++) {
        vec_push(&c->words, attr[i].name);
        ok &= mil_check_value(&c->values, at, &attr[i].value);
    }
    const char *again = twice(c->words.at, n);
    return again ? report(c, MIL_M0404, at, "the attribute %s is given twice", again) : ok;
}

/* --- names --- */

static void define(checker *c, const mil_name *name, const mil_value *value, bool constant) {
    const mil_symbol *old = mil_scope_find(&c->scope, name->name);
    bool again = old && !old->missing;
    if (again && old->name->loc.line) {
        report(c, MIL_M0203, name->loc, "%s is defined a second time; first on line %d", name->name,
               old->name->loc.line);
    } else if (again) {
        report(c, MIL_M0203, name->loc, "%s is defined a second time", name->name);
    }
    mil_scope_add(&c->scope, (mil_symbol){.name = name,
                                          .value = value,
                                          .constant = constant,
                                          .missing = !mil_is_sound(&name->type)});
}

static void gather_names(mil_scope *all, const mil_block *b) {
    for (int i = 0; i < b->ops; i++) {
        for (int k = 0; k < b->op[i].outs; k++) {
            mil_scope_add(all, (mil_symbol){.name = &b->op[i].out[k]});
        }
        for (int k = 0; k < b->op[i].blocks; k++) {
            gather_names(all, &b->op[i].block[k]);
        }
    }
}

/* the definition of a name somewhere in the function, or NULL */
static const mil_name *find_anywhere(checker *c, const char *name) {
    if (c->everything.symbols.len == 0) {
        gather_names(&c->everything, &c->func->body);
    }
    const mil_symbol *symbol = mil_scope_find(&c->everything, name);
    return symbol ? symbol->name : NULL;
}

static const char *similar_name(checker *c, const char *name) {
    c->words.len = 0;
    for (size_t i = 0; i < c->scope.symbols.len && c->guesses > 0; i++) {
        if (!c->scope.symbols.at[i].missing) {
            vec_push(&c->words, c->scope.symbols.at[i].name->name);
        }
    }
    c->guesses -= c->guesses > 0;
    return nearest_name(name, c->words.at, c->words.len);
}

static void report_undefined(checker *c, mil_loc at, const char *name) {
    const mil_op *op = c->values.op;
    const mil_name *defined = find_anywhere(c, name);
    if (defined) {
        bool own = op && op->outs && defined >= op->out && defined < op->out + op->outs;
        report(c, MIL_M0202, at,
               own ? "%s is used in its own definition"
                   : "%s is used before or outside of its definition",
               name);
        return;
    }
    const char *near = similar_name(c, name);
    report(c, MIL_M0201, at, "%s is not defined%s%s%s", name, near ? "; did you mean " : "",
           near ? near : "", near ? "?" : "");
}

/* NULL if the name is not defined, which is reported at its first use */
static const mil_symbol *resolve(checker *c, mil_loc at, char *name) {
    const mil_symbol *symbol = mil_scope_find(&c->scope, name);
    if (symbol) {
        return symbol->missing ? NULL : symbol;
    }
    report_undefined(c, at, name);
    mil_name *missing = ARENA_NEW(c->findings->memory, mil_name);
    missing->name = name;
    mil_scope_add(&c->scope, (mil_symbol){.name = missing, .missing = true});
    return NULL;
}

static bool look_up(void *context, const char *name, mil_operand *o) {
    checker *c = context;
    const mil_symbol *symbol = resolve(c, o->loc, (char *)name);
    if (symbol) {
        o->type = &symbol->name->type;
        o->value = symbol->value;
        o->constant = symbol->constant;
    }
    return symbol != NULL;
}

/* --- results --- */

/* what an op gives, as text */
static void print_outcome(checker *c, const mil_outcome *o, const mil_type *inferred, text *out) {
    if (!o->whole && o->shape.rank < 0) {
        text_printf(out, "tensor<%s, [..]>", mil_dtype_name(o->shape.dtype));
    } else {
        mil_print_type(c->program, inferred, out);
    }
}

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
    print_outcome(c, outcome, inferred, &given);
    report(c, MIL_M0410, out->loc, "%s is declared as %s, but the result is %s", out->name,
           declared.at, given.at);
    text_free(&declared);
    text_free(&given);
    return false;
}

static bool check_results(checker *c) {
    const mil_op *op = c->in.op;
    bool ok = true;
    if (c->in.believe) {
        return true;
    }
    if ((size_t)op->outs != c->in.outcomes.len) {
        return report(c, MIL_M0411, op->loc, "%d results are declared, the op has %zu", op->outs,
                      c->in.outcomes.len);
    }
    for (int i = 0; i < op->outs; i++) {
        ok &= check_result(c, &op->out[i], &c->in.outcomes.at[i]);
    }
    return ok;
}

/* --- ops --- */

static bool find_spec(checker *c, int opset) {
    const mil_op *op = c->in.op;
    c->in.spec = mil_find_op(op->op, opset);
    if (c->in.spec) {
        return true;
    }
    int since = mil_op_since(op->op);
    if (since) {
        return report(c, MIL_M0205, op->loc, "this op exists from ios%d on; here the opset is %s",
                      since, op->opset ? op->opset : c->func->opset);
    }
    const char *near = c->guesses > 0 ? mil_nearest_op(op->op) : NULL;
    c->guesses -= c->guesses > 0;
    return report(c, MIL_M0204, op->loc, "unknown op%s%s%s", near ? "; did you mean " : "",
                  near ? near : "", near ? "?" : "");
}

static bool check_block_count(checker *c) {
    int want = 0;
    for (const mil_param *p = c->in.spec->param; p->name; p++) {
        want += (p->flags & MIL_IS_BLOCK) != 0;
    }
    return c->in.op->blocks == want ||
           report(c, MIL_M0412, c->in.op->loc, "%d nested blocks, expected %d", c->in.op->blocks,
                  want);
}

static bool check_literals(checker *c, int n, const mil_arg *arg) {
    bool ok = true;
    for (int i = 0; i < n; i++) {
        if (arg[i].kind == MIL_LITERAL) {
            ok &= mil_check_value(&c->values, arg[i].loc, arg[i].literal);
        } else if (arg[i].kind == MIL_ARGS) {
            ok &= check_literals(c, arg[i].parts, arg[i].part);
        }
    }
    return ok;
}

/* the references of an op that is not known */
static void resolve_all(checker *c, int n, const mil_arg *arg) {
    for (int i = 0; i < n; i++) {
        if (arg[i].kind == MIL_REF) {
            resolve(c, arg[i].loc, arg[i].ref);
        } else if (arg[i].kind == MIL_ARGS) {
            resolve_all(c, arg[i].parts, arg[i].part);
        }
    }
}

static bool check_types(checker *c, int n, const mil_name *name) {
    bool ok = true;
    for (int i = 0; i < n; i++) {
        ok &= mil_check_type(&c->values, name[i].loc, &name[i].type);
    }
    return ok;
}

/* arguments and results of c->in.op */
static bool check_call(checker *c, int opset) {
    const mil_op *op = c->in.op;
    bool ok = check_attrs(c, op->loc, op->attrs, op->attr);
    ok &= check_literals(c, op->args, op->arg);
    ok &= check_types(c, op->outs, op->out);
    if (!find_spec(c, opset)) {
        resolve_all(c, op->args, op->arg);
        return false;
    }
    mil_call call = {&c->in, c->program, look_up, c, false};
    ok &= check_block_count(c);
    ok &= mil_bind(&call);
    if (!ok) {
        return false;
    }
    mil_warn_of_call(&call);
    return c->in.spec->infer(&c->in) && check_results(c);
}

static void begin_op(mil_inference *in, const mil_op *op) {
    in->op = op;
    in->spec = NULL;
    in->operands.len = 0;
    in->outcomes.len = 0;
    in->believe = false;
}

static int opset_of(checker *c, const mil_op *op) {
    int opset = op->opset ? mil_opset_number(op->opset) : c->opset;
    if (!opset) {
        report(c, MIL_M0206, op->loc, "unknown opset %s", op->opset);
    }
    return opset ? opset : c->opset;
}

static void check_block(checker *c, const mil_block *b, const mil_op *op, const mil_param *as);

/* the nested blocks, in the order in which the table names them; of an op that is wrong, too */
static void check_nested(checker *c, const mil_op *op, const mil_op_spec *spec, bool ok) {
    const mil_param *param = spec ? spec->param : NULL;
    for (int i = 0; i < op->blocks; i++) {
        while (ok && !(param->flags & MIL_IS_BLOCK)) {
            param++;
        }
        check_block(c, &op->block[i], op, ok ? param++ : NULL);
    }
}

static void check_op(checker *c, const mil_op *op) {
    c->values.op = op;
    begin_op(&c->in, op);
    bool ok = check_call(c, opset_of(c, op));
    const mil_op_spec *spec = c->in.spec;
    if (ok && c->visit) {
        c->visit(c->context, c->func, &c->in);
    }
    check_nested(c, op, spec, ok);
    c->values.op = op;
    const mil_attr *val = strcmp(op->op, "const") == 0 ? mil_find_attr(op, "val") : NULL;
    bool constant = val || strncmp(op->op, "constexpr_", strlen("constexpr_")) == 0;
    for (int i = 0; i < op->outs; i++) {
        define(c, &op->out[i], val && ok ? &val->value : NULL, constant);
    }
    c->values.op = NULL;
}

/* --- blocks, functions --- */

/* a block of a loop or branch returns what its op declares, a condition one bool */
static void check_yield(checker *c, const mil_symbol *symbol, const mil_type *want, mil_loc at) {
    const mil_type *type = &symbol->name->type;
    bool agrees = want ? mil_types_agree(type, want)
                       : type->kind == MIL_TENSOR && type->dtype == MIL_BOOL && type->rank <= 1;
    if (!agrees) {
        report(c, MIL_M0413, at, "the block returns %s, which is not of the type it must have",
               symbol->name->name);
    }
}

/* `op` is NULL for a function's body; `as` is NULL there and for blocks of ops that are wrong */
static void check_block(checker *c, const mil_block *b, const mil_op *op, const mil_param *as) {
    size_t outside = c->scope.symbols.len;
    check_types(c, b->params, b->param);
    for (int i = 0; i < b->params; i++) {
        define(c, &b->param[i], NULL, false);
    }
    for (int i = 0; i < b->ops && !mil_findings_full(c->findings); i++) {
        check_op(c, &b->op[i]);
    }
    c->values.op = NULL;
    for (int i = 0; i < b->results; i++) {
        const mil_symbol *symbol = resolve(c, b->loc, b->result[i]);
        const mil_type *want = as && !(as->flags & MIL_GIVES_BOOL) ? &op->out[i].type : NULL;
        if (symbol && as) {
            check_yield(c, symbol, want, b->loc);
        }
    }
    mil_scope_leave(&c->scope, outside);
}

static void check_func(checker *c, const mil_func *f) {
    enum { NEWEST = 26 };
    c->func = f;
    c->opset = mil_opset_number(f->opset);
    if (!c->opset) {
        report(c, MIL_M0206, f->loc, "unknown opset %s; ios15 to ios18 and ios26 exist", f->opset);
        c->opset = NEWEST;
    }
    check_attrs(c, f->loc, f->attrs, f->attr);
    check_block(c, &f->body, NULL, NULL);
    mil_scope_free(&c->everything);
}

static void check_functions(checker *c) {
    const mil_program *p = c->program;
    c->words.len = 0;
    for (int i = 0; i < p->funcs; i++) {
        vec_push(&c->words, p->func[i].name);
    }
    const char *again = twice(c->words.at, p->funcs);
    mil_loc at = {0}; /* of the last one */
    for (int i = 0; again && i < p->funcs; i++) {
        at = strcmp(p->func[i].name, again) == 0 ? p->func[i].loc : at;
    }
    if (again) {
        report(c, MIL_M0601, at, "the function %s is defined twice", again);
    }
    if (p->funcs == 0) {
        report(c, MIL_M0603, (mil_loc){0}, "the program has no function");
    }
    for (int i = 0; i < p->funcs && !mil_findings_full(c->findings); i++) {
        check_func(c, &p->func[i]);
    }
}

void mil_examine(const mil_program *p, mil_findings *f, mil_visit *visit, void *context) {
    enum { GUESSES = 200 }; /* they take long in a large program with many errors */
    checker c = {
        .program = p, .findings = f, .visit = visit, .context = context, .guesses = GUESSES};
    c.in.findings = f;
    bool known = p->version_major == 1 && (p->version_minor == 0 || p->version_minor == 3);
    c.values = (mil_value_check){.findings = f, .program = p, .spelling_told = !known};
    if (!known) {
        report(&c, MIL_M0602, p->version_at,
               "program(%d.%d) is no dialect that is known; program(1.0) and program(1.3) are",
               p->version_major, p->version_minor);
    }
    check_attrs(&c, (mil_loc){0}, p->attrs, p->attr);
    check_functions(&c);
    mil_scope_free(&c.scope);
    vec_free(&c.words);
    mil_inference_free(&c.in);
}

void mil_inference_free(mil_inference *in) {
    vec_free(&in->operands);
    vec_free(&in->outcomes);
}

anet_code mil_check(const mil_program *p, const char *name, anet_error *err) {
    mil_findings f = {.memory = arena_new(), .max_errors = 1};
    mil_examine(p, &f, NULL, NULL);
    anet_code code = mil_findings_fail(&f, name, err);
    arena_free(f.memory);
    mil_findings_free(&f);
    return code;
}

anet_code mil_infer(const char *file, const mil_op *op, int opset, mil_look_up *known,
                    void *context, mil_inference *in, anet_error *err) {
    mil_findings f = {.memory = arena_new(), .max_errors = 1};
    mil_call call = {in, NULL, known, context, true};
    begin_op(in, op);
    in->findings = &f;
    in->spec = mil_find_op(op->op, op->opset ? mil_opset_number(op->opset) : opset);
    bool ok = in->spec && mil_bind(&call) && in->spec->infer(in);
    anet_code code = mil_findings_fail(&f, file, err);
    if (!ok && !code) {
        code = anet_fail(err, ANET_BAD_INPUT, "%s:%d:%d: %s: not an op whose operands are known",
                         file, op->loc.line, op->loc.column, op->op);
    }
    in->findings = NULL;
    arena_free(f.memory);
    mil_findings_free(&f);
    return code;
}
