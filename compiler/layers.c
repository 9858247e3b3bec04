/* layers.c: layers become instances when they are named with their arguments, and operations when
 * an instance is applied to tensors. */
#include "scope.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* --- members --- */

static bool declare_if(elaborator *e, scope *s, const ast *n) {
    bool yes;
    return eval_bool(e, s, n->a, "the condition", &yes) && declare_members(e, s, yes ? n->b : n->c);
}

/* `(a, b) = value`: a hidden name holds the value, once; each name is an element of it. */
static void declare_unpack(elaborator *e, scope *s, const ast *n) {
    const char *whole = arena_printf(e->memory, "(%s, ...)", n->a ? n->a->text : "");
    scope_define(e, s, whole, n->at, n);
    int64_t i = 0;
    for (const ast *name = n->a; name; name = name->next, i++) {
        ast *parts = ARENA_ARRAY(e->memory, ast, 4);
        parts[0] = (ast){.kind = AST_NAME, .at = name->at, .text = whole};
        parts[1] = (ast){.kind = AST_INTEGER, .at = name->at, .integer = i};
        parts[2] = (ast){.kind = AST_INDEX, .at = name->at, .a = &parts[0], .b = &parts[1]};
        parts[3] = (ast){.kind = AST_LET, .at = name->at, .text = name->text, .a = &parts[2]};
        scope_define(e, s, name->text, name->at, &parts[3]);
    }
}

static bool define_member(elaborator *e, scope *s, const ast *n) {
    return scope_define(e, s, n->text, n->at, n)->definition == n;
}

bool declare_members(elaborator *e, scope *s, const ast *members) {
    bool ok = true;
    for (const ast *n = members; n; n = n->next) {
        switch (n->kind) {
        case AST_CONFIG:
            ok = declare_members(e, s, n->a) && ok;
            break;
        case AST_LET:
        case AST_PARAM:
        case AST_INPUT:
        case AST_TARGET:
        case AST_OUTPUT:
            ok = define_member(e, s, n) && ok;
            break;
        case AST_UNPACK:
            declare_unpack(e, s, n);
            break;
        case AST_IF:
            ok = declare_if(e, s, n) && ok;
            break;
        case AST_FUNC:
            if (s->owner->func) {
                report(e, E0202, n->at, "a layer has one function");
                ok = false;
            }
            s->owner->func = n;
            break;
        default:
            break;
        }
    }
    return ok;
}

/* "here dim = 48, heads = 5" for the names in a condition */
static void list_values(elaborator *e, scope *s, const ast *x, text *out) {
    for (; x; x = x->next) {
        binding *b = x->kind == AST_NAME ? scope_find(s, x->text) : NULL;
        double number;
        if (b && b->state == KNOWN && as_number(&b->value, &number)) {
            text_printf(out, "%s%s = %.9g", out->len ? ", " : "here ", x->text, number);
        }
        list_values(e, s, x->a, out);
        list_values(e, s, x->b, out);
        list_values(e, s, x->c, out);
    }
}

static void report_requirement(elaborator *e, scope *s, const ast *n) {
    text values = {0};
    diag *d = report(e, E0304, n->at, "%s", n->b ? n->b->text : "the requirement does not hold");
    list_values(e, s, n->a, &values);
    if (values.len) {
        diag_add_hint(e->messages, d, "%s", values.at);
    }
    text_free(&values);
}

bool check_requirement(elaborator *e, scope *s, const ast *n) {
    bool holds;
    if (!eval_bool(e, s, n->a, "a requirement", &holds)) {
        return false;
    }
    if (!holds) {
        report_requirement(e, s, n);
    }
    return holds;
}

bool check_requirements(elaborator *e, scope *s, const ast *members) {
    bool ok = true, yes;
    for (const ast *n = members; n; n = n->next) {
        if (n->kind == AST_REQUIRE) {
            ok = check_requirement(e, s, n) && ok;
        } else if (n->kind == AST_IF) {
            ok = eval_bool(e, s, n->a, "the condition", &yes) &&
                 check_requirements(e, s, yes ? n->b : n->c) && ok;
        }
    }
    return ok;
}

void force_members(elaborator *e, scope *s) {
    for (binding *b = s->first; b; b = b->next) {
        force(e, s, b);
    }
}

/* --- parameters --- */

static tie *find_tie(const instance *inst, const char *name) {
    for (tie *t = (tie *)inst->ties; t; t = t->next) {
        if (strcmp(t->name, name) == 0) {
            return t;
        }
    }
    return NULL;
}

static bool read_sizes(elaborator *e, scope *s, const ast *sizes, shape *out) {
    *out = (shape){0};
    for (const ast *x = sizes; x; x = x->next) {
        if (out->rank == ANET_MAX_RANK) {
            report(e, E0403, x->at, "at most %d axes are possible", ANET_MAX_RANK);
            return false;
        }
        if (!eval_int(e, s, x, "a size", &out->dim[out->rank])) {
            return false;
        }
        out->axis[out->rank++] = x->kind == AST_NAME ? x->text : NULL;
    }
    return true;
}

static bool check_init(elaborator *e, const ast *x, const param *p) {
    if (p->init == ANET_INIT_NORMAL && p->a < 0) {
        report(e, E0303, x->at, "a standard deviation of %.9g: it is at least 0", p->a);
        return false;
    }
    if (p->init == ANET_INIT_UNIFORM && p->a > p->b) {
        report(e, E0303, x->at, "uniform from %.9g to %.9g: the smaller bound goes first", p->a,
               p->b);
        return false;
    }
    return true;
}

/* The numbers of an initialiser. */
static bool read_init_numbers(elaborator *e, const ast *x, const val *v, param *p) {
    int wanted = graph_inits[p->init].numbers;
    double *numbers[] = {&p->a, &p->b};
    if (v->count != wanted || (v->count && v->settings[0].name)) {
        report(e, E0302, x->at, "the initialiser `%s` takes %d number%s", v->string, wanted,
               wanted == 1 ? "" : "s");
        return false;
    }
    for (int k = 0; k < wanted; k++) {
        as_number(v->settings[k].value, numbers[k]);
        if (fabs(*numbers[k]) > FLT_MAX / 16) { /* a normal number is below 16 deviations */
            report(e, E0303, x->at, "%.9g is too large for a parameter", *numbers[k]);
            return false;
        }
    }
    return check_init(e, x, p);
}

static bool read_init(elaborator *e, scope *s, const ast *x, param *p) {
    p->init = ANET_INIT_ZEROS;
    if (!x) {
        return true;
    }
    val v = eval(e, s, x);
    for (int i = 0; v.kind == V_RECORD && graph_inits[i].name; i++) {
        if (strcmp(v.string, graph_inits[i].name) == 0) {
            p->init = (anet_init)i;
            return read_init_numbers(e, x, &v, p);
        }
    }
    if (v.kind != V_ERROR) {
        diag *d = report(e, E0301, x->at, "expected an initialiser, got %s", describe(e, &v));
        diag_add_hint(
            e->messages, d,
            "initialisers are zeros, ones, constant(x), normal(std) and uniform(low, high)");
    }
    return false;
}

static val tied_param(elaborator *e, const tie *t, const shape *s) {
    if (t->value.kind == V_ERROR) {
        return t->value;
    }
    if (t->value.kind != V_PARAM) {
        report(e, E0301, t->at, "a parameter can only be tied to a parameter, not to %s",
               describe(e, &t->value));
        return val_error();
    }
    const param *p = &e->g->params.at[t->value.integer];
    if (!shape_equal(&p->s, s)) {
        diag *d = report(e, E0401, t->at, "the tied parameter `%s` is %s, but this needs %s",
                         p->name, show_shape(e, &p->s), show_shape(e, s));
        diag_add_note(e->messages, d, p->at, "`%s` is declared here", p->name);
        return val_error();
    }
    val v = t->value;
    v.axes = arena_memdup(e->memory, s, sizeof *s);
    return v;
}

/* What checkpoints and gradients hold beside the parameters. */
static bool is_reserved(const char *name) {
    return strcmp(name, "loss") == 0 || strcmp(name, "__metadata__") == 0 ||
           strncmp(name, "optimizer.m.", 12) == 0 || strncmp(name, "optimizer.v.", 12) == 0;
}

val make_param(elaborator *e, scope *s, const ast *n) {
    param p = {.frozen = n->flag, .at = n->at, .made = n->at};
    for (const frame *f = e->stack; f; f = f->parent) {
        p.made = f->at;
    }
    tie *t = find_tie(s->owner, n->text);
    if (t) {
        t->used = true;
    }
    if (!read_sizes(e, s, n->a, &p.s) || !check_shape(e, n->at, &p.s)) {
        return val_error();
    }
    if (t) {
        return tied_param(e, t, &p.s);
    }
    if (!read_init(e, s, n->b, &p)) {
        return val_error();
    }
    p.name = scope_path(e, s, n->text);
    if (is_reserved(p.name)) {
        report(e, E0202, n->at,
               "no parameter can be called `%s`: checkpoints use that name for something else",
               p.name);
        return val_error();
    }
    vec_push(&e->g->params, p);
    const shape *axes = arena_memdup(e->memory, &p.s, sizeof p.s);
    return (val){.kind = V_PARAM, .integer = (int64_t)e->g->params.len - 1, .axes = axes};
}

/* --- instances --- */

/* `wanted`, or wanted_2 and so on where it is taken. */
static const char *free_path(elaborator *e, const char *wanted) {
    return name_fresh(e->memory, &e->paths, wanted, "_");
}

static const char *instance_path(elaborator *e, const scope *s, const ast *layer) {
    if (e->naming) {
        return free_path(e, e->naming);
    }
    char *name = arena_strdup(e->memory, layer->text);
    for (char *c = name; *c; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return free_path(e, scope_path(e, s, name));
}

static bool has_param(const ast *members, const char *name) {
    for (const ast *n = members; n; n = n->next) {
        if ((n->kind == AST_PARAM && strcmp(n->text, name) == 0) ||
            (n->kind == AST_IF && (has_param(n->b, name) || has_param(n->c, name)))) {
            return true;
        }
    }
    return false;
}

static const ast *find_parameter(const ast *layer, const char *name) {
    for (const ast *p = layer->a; p; p = p->next) {
        if (strcmp(p->text, name) == 0) {
            return p;
        }
    }
    return NULL;
}

static void too_many(elaborator *e, const ast *layer, const ast *arg) {
    diag *d = report(e, E0302, arg->at, "too many arguments for layer `%s`", layer->text);
    diag_add_note(e->messages, d, layer->at, "`%s` is defined here", layer->text);
}

static void unknown_argument(elaborator *e, const ast *layer, const ast *arg) {
    VEC(const char *) known = {0};
    for (const ast *p = layer->a; p; p = p->next) {
        vec_push(&known, p->text);
    }
    diag *d = report(e, E0302, arg->at, "layer `%s` has no parameter `%s`", layer->text, arg->text);
    diag_suggest(e->messages, d, arg->text, known.at, known.len);
    diag_add_note(e->messages, d, layer->at, "`%s` is defined here", layer->text);
    vec_free(&known);
}

/* An argument belongs to the caller, and so do its errors. */
static val eval_outside(elaborator *e, scope *s, const ast *x) {
    const frame *inside = e->stack;
    e->stack = inside->parent;
    val v = eval(e, s, x);
    e->stack = inside;
    return v;
}

/* Binds one argument; positional ones go to *next. */
static bool bind_argument(elaborator *e, scope *s, instance *inst, const ast *arg,
                          const ast **next) {
    const ast *p = arg->text ? find_parameter(inst->layer, arg->text) : *next;
    if (!p && arg->text && has_param(inst->layer->b, arg->text)) {
        tie *t = ARENA_NEW(e->memory, tie);
        *t = (tie){arg->text, eval_outside(e, s, arg->a), arg->at, false, (tie *)inst->ties};
        inst->ties = t;
        return true;
    }
    if (!p) {
        if (arg->text) {
            unknown_argument(e, inst->layer, arg);
        } else {
            too_many(e, inst->layer, arg);
        }
        return false;
    }
    if (!arg->text) {
        *next = p->next;
    }
    val v = eval_outside(e, s, arg->a);
    if (v.kind == V_TENSOR || v.kind == V_TOKENS) {
        report(e, E0301, arg->at, "`%s` of layer `%s` is a setting, not a tensor", p->text,
               inst->layer->text);
        return false;
    }
    binding *old = scope_find_here(inst->names, p->text);
    if (old) {
        report(e, E0302, arg->at, "`%s` is given twice", p->text);
        return false;
    }
    scope_set(e, inst->names, p->text, p->at, v);
    inst->names->last->outer = arg->a->kind == AST_NAME ? arg->a->text : NULL;
    return v.kind != V_ERROR;
}

static bool bind_defaults(elaborator *e, instance *inst, const ast *call) {
    for (const ast *p = inst->layer->a; p; p = p->next) {
        if (scope_find_here(inst->names, p->text)) {
            continue;
        }
        if (!p->a) {
            diag *d =
                report(e, E0302, call->at, "layer `%s` needs `%s`", inst->layer->text, p->text);
            diag_add_note(e->messages, d, p->at, "`%s` has no default", p->text);
            return false;
        }
        val v = eval(e, inst->names, p->a);
        if (v.kind == V_ERROR) {
            return false;
        }
        scope_set(e, inst->names, p->text, p->at, v);
    }
    return true;
}

static bool build_instance(elaborator *e, scope *s, instance *inst, const ast *call) {
    const ast *next = inst->layer->a;
    for (const ast *arg = call->b; arg; arg = arg->next) {
        if (!bind_argument(e, s, inst, arg, &next)) {
            return false;
        }
    }
    if (!bind_defaults(e, inst, call)) {
        return false;
    }
    const ast *members = inst->layer->b;
    if (!declare_members(e, inst->names, members) || !check_requirements(e, inst->names, members)) {
        return false;
    }
    int before = e->messages->errors;
    force_members(e, inst->names);
    for (const ast *n = members; n; n = n->next) {
        if (n->kind == AST_CHECKPOINT) {
            read_checkpoint(e, inst->names, n);
        }
    }
    for (const tie *t = inst->ties; t; t = t->next) {
        if (!t->used) {
            report(e, E0302, t->at, "layer `%s` has no parameter `%s` with these settings",
                   inst->layer->text, t->name);
        }
    }
    return e->messages->errors == before;
}

/* `mse(a, b)` of a layer without settings is short for `mse()(a, b)`. */
static bool is_application(const ast *layer, const ast *call) {
    bool in_order = false;
    for (const ast *arg = call->b; arg; arg = arg->next) {
        in_order = in_order || !arg->text;
    }
    return !layer->a && in_order;
}

/* Named arguments are settings, which the instance takes; the others are tensors. */
static val apply_directly(elaborator *e, scope *s, const ast *layer, const ast *call) {
    ast bare = *call, **named = &bare.b;
    VEC(val) args = {0};
    bool ok = true;
    for (const ast *arg = call->b; arg; arg = arg->next) {
        if (arg->text) {
            *named = arena_memdup(e->memory, arg, sizeof *arg);
            named = &(*named)->next;
        } else {
            vec_push(&args, eval(e, s, arg->a));
            ok = ok && args.at[args.len - 1].kind != V_ERROR;
        }
    }
    *named = NULL;
    val f = ok ? instantiate(e, s, layer, &bare) : val_error();
    val v = f.kind == V_ERROR ? f : apply(e, &f, args.at, (int)args.len, call->at);
    vec_free(&args);
    return v;
}

val instantiate(elaborator *e, scope *s, const ast *layer, const ast *call) {
    if (is_application(layer, call)) {
        return apply_directly(e, s, layer, call);
    }
    frame f;
    if (!push_frame(e, &f, arena_printf(e->memory, "in layer `%s`", layer->text), call->at)) {
        return val_error();
    }
    instance *inst = ARENA_NEW(e->memory, instance);
    inst->layer = layer;
    inst->path = instance_path(e, s, layer);
    inst->names = scope_new(e, e->file[layer->at.file], inst);
    const char *naming = e->naming;
    e->naming = NULL;
    inst->broken = !build_instance(e, s, inst, call);
    e->naming = naming;
    e->stack = f.parent;
    return inst->broken ? val_error() : (val){.kind = V_INSTANCE, .inst = inst};
}
