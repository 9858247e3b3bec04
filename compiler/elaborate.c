/* elaborate.c: the model: its config, inputs, members, output and recipe. */
#include "elaborate.h"
#include "scope.h"

#include <errno.h>
#include <string.h>

static const ast *choose_model(const ast *program, const options *o, diags *d) {
    const ast *found = NULL, *last_file = NULL;
    int models = 0;
    text list = {0};
    for (const ast *file = program; file; file = file->next) {
        last_file = file;
    }
    for (const ast *n = last_file ? last_file->a : NULL; n; n = n->next) {
        if (n->kind != AST_MODEL) {
            continue;
        }
        models++;
        text_printf(&list, "%s`%s`", models > 1 ? ", " : "", n->text);
        if (!o->model || strcmp(o->model, n->text) == 0) {
            found = n;
        }
    }
    loc at = last_file ? last_file->at : (loc){0};
    at.end = at.begin;
    if (!models) {
        diag_error(d, E0501, at, "the file holds no model");
    } else if (!found) {
        diag_error(d, E0501, at, "no model `%s`; the file holds %s", o->model, list.at);
        found = NULL;
    } else if (models > 1 && !o->model) {
        diag_error(d, E0501, at, "the file holds several models: %s; choose one with --model",
                   list.at);
        found = NULL;
    }
    text_free(&list);
    return found;
}

static bool sees(const scope *file, const scope *other) {
    bool found = file == other;
    for (int i = 0; i < file->n_imported; i++) {
        found = found || file->imported[i] == other;
    }
    return found;
}

static void see(scope *file, scope *other) {
    if (!sees(file, other)) {
        file->imported[file->n_imported++] = other;
    }
}

/* A file sees its own names, then those of the files it imports, then theirs. */
static void link_imports(elaborator *e, const ast *file, size_t files) {
    scope *s = e->file[file->at.file];
    s->imported = ARENA_ARRAY(e->memory, scope *, files);
    for (const ast *n = file->a; n; n = n->next) {
        if (n->kind == AST_IMPORT) {
            see(s, e->file[n->integer]);
        }
    }
    for (int i = 0, direct = s->n_imported; i < direct; i++) {
        for (int k = 0; k < s->imported[i]->n_imported; k++) {
            see(s, s->imported[i]->imported[k]);
        }
    }
}

static void declare_file(elaborator *e, const ast *file) {
    scope *s = e->file[file->at.file];
    for (const ast *n = file->a; n; n = n->next) {
        if (n->kind == AST_LAYER) {
            scope_set(e, s, n->text, n->at, (val){.kind = V_LAYER, .layer = n});
        } else if (n->kind == AST_LET) {
            scope_define(e, s, n->text, n->at, n);
        }
    }
}

/* Files come after the files that they import. */
static void declare_layers(elaborator *e, uint32_t files) {
    e->file = ARENA_ARRAY(e->memory, scope *, files + 1);
    for (const ast *file = e->program; file; file = file->next) {
        e->file[file->at.file] = scope_new(e, NULL, NULL);
        link_imports(e, file, files);
        declare_file(e, file);
    }
}

/* --- -D name=value --- */

static bool parse_define(const char *s, val *v) {
    char *end;
    errno = 0;
    long long i = strtoll(s, &end, 10);
    if (*s && !*end && !errno) {
        *v = val_int(i);
        return true;
    }
    errno = 0;
    double x = strtod(s, &end);
    if (*s && !*end && !errno && x - x == 0) {
        *v = val_real(x);
        return true;
    }
    *v = val_bool(strcmp(s, "true") == 0);
    return v->integer || strcmp(s, "false") == 0;
}

static binding *find_config(scope *s, const ast *model, const char *name) {
    for (const ast *n = model->a; n; n = n->next) {
        for (const ast *c = n->kind == AST_CONFIG ? n->a : NULL; c; c = c->next) {
            if (strcmp(c->text, name) == 0) {
                return scope_find_here(s, name);
            }
        }
    }
    return NULL;
}

static void unknown_config(elaborator *e, const ast *model, const define *d) {
    VEC(const char *) known = {0};
    for (const ast *n = model->a; n; n = n->next) {
        for (const ast *c = n->kind == AST_CONFIG ? n->a : NULL; c; c = c->next) {
            vec_push(&known, c->text);
        }
    }
    diag *m = report(e, E0505, model->at, "-D %s=%s: model `%s` has no config value `%s`", d->name,
                     d->value, model->text, d->name);
    if (!diag_suggest(e->messages, m, d->name, known.at, known.len) && known.len) {
        text list = {0};
        for (size_t i = 0; i < known.len; i++) {
            text_printf(&list, "%s`%s`", i ? ", " : "", known.at[i]);
        }
        diag_add_hint(e->messages, m, "there are %s", list.at);
        text_free(&list);
    }
    vec_free(&known);
}

/* A real may be given as an integer; otherwise the kind must be that of the declared value. */
static void override(elaborator *e, scope *s, const ast *model, const define *d) {
    binding *b = find_config(s, model, d->name);
    if (!b) {
        unknown_config(e, model, d);
        return;
    }
    val given;
    if (!parse_define(d->value, &given)) {
        report(e, E0505, b->at, "-D %s=%s: not a number, `true` or `false`", d->name, d->value);
        return;
    }
    const ast *x = b->definition->a;
    bool wants_real = x->kind == AST_REAL, wants_int = x->kind == AST_INTEGER;
    bool wants_bool = x->kind == AST_BOOLEAN;
    if (wants_real && given.kind == V_INT) {
        given = val_real((double)given.integer);
    }
    if ((wants_int && given.kind != V_INT) || (wants_real && given.kind != V_REAL) ||
        (wants_bool != (given.kind == V_BOOL) && (wants_bool || wants_int || wants_real))) {
        report(e, E0505, b->at, "-D %s=%s: `%s` is %s", d->name, d->value, d->name,
               wants_int    ? "an integer"
               : wants_real ? "a real number"
                            : "true or false");
        return;
    }
    b->value = given;
    b->state = KNOWN;
}

/* --- the model --- */

static void collect_config(elaborator *e, scope *s, const ast *model) {
    for (const ast *n = model->a; n; n = n->next) {
        for (const ast *c = n->kind == AST_CONFIG ? n->a : NULL; c; c = c->next) {
            val v = force(e, s, scope_find_here(s, c->text));
            double x;
            if (v.kind == V_BOOL) {
                v = val_int(v.integer);
            }
            if (as_number(&v, &x)) {
                anet_config item = {c->text, x};
                vec_push(&e->m->config, item);
            } else if (v.kind != V_ERROR) {
                report(e, E0301, c->at, "a config value is a number or a truth value, not %s",
                       describe(e, &v));
            }
        }
    }
}

static void read_output(elaborator *e, scope *s, const ast *n) {
    binding *b = scope_find_here(s, n->text);
    val v = force(e, s, b);
    if (v.kind == V_ERROR) {
        return;
    }
    if (v.kind != V_TENSOR || graph_node(e->g, v.tensor)->s.rank != 2) {
        report(e, E0502, n->at, "an output is a tensor [positions, classes], but this is %s",
               describe(e, &v));
        b->value = val_error(); /* said once */
        return;
    }
    if (e->g->logits) {
        report(e, E0502, n->at, "a model has one output");
        return;
    }
    e->g->logits = v.tensor;
}

/* The train block; E0202 if there are several. */
static const ast *find_train(elaborator *e, const ast *members) {
    const ast *found = NULL;
    for (const ast *n = members; n; n = n->next) {
        if (n->kind == AST_TRAIN && found) {
            diag *d = report(e, E0202, n->at, "a model has one `train` block");
            diag_add_note(e->messages, d, found->at, "the first stands here");
        } else if (n->kind == AST_TRAIN) {
            found = n;
        }
    }
    return found;
}

static void check_complete(elaborator *e, const ast *model) {
    loc at = model->at;
    if (!e->g->inputs.len) {
        report(e, E0502, at, "model `%s` has no `input`", model->text);
    }
    if (!e->g->logits) {
        report(e, E0502, at, "model `%s` has no `output`", model->text);
    }
    if (!e->g->loss) {
        diag *d = report(e, E0502, at, "model `%s` has no loss", model->text);
        diag_add_hint(e->messages, d, "add: train { loss = cross_entropy(logits, next) }");
    }
    if (e->g->inputs.len > 1 || e->g->targets.len > 1) {
        report(e, E0502, at, "model `%s` has %zu inputs and %zu targets: one of each is supported",
               model->text, e->g->inputs.len, e->g->targets.len);
    } else if (e->g->inputs.len == 1 && e->g->targets.len == 1 &&
               e->g->inputs.at[0].length != e->g->targets.at[0].length) {
        report(e, E0502, at, "`%s` has %lld ids and `%s` %lld: each input has its target",
               e->g->inputs.at[0].name, (long long)e->g->inputs.at[0].length,
               e->g->targets.at[0].name, (long long)e->g->targets.at[0].length);
    }
}

static void build_model(elaborator *e, const ast *model) {
    instance *inst = ARENA_NEW(e->memory, instance);
    inst->layer = model;
    inst->path = "";
    scope *s = inst->names = scope_new(e, e->file[model->at.file], inst);
    layer_call root = {0, "", model->text, model->at};
    vec_push(&e->g->calls, root);
    if (!declare_members(e, s, model->a)) {
        return;
    }
    for (size_t i = 0; i < e->options->n_defines; i++) {
        override(e, s, model, &e->options->defines[i]);
    }
    collect_config(e, s, model);
    if (e->messages->errors || !check_requirements(e, s, model->a)) {
        return;
    }
    force_members(e, s);
    for (const ast *n = model->a; n; n = n->next) {
        if (n->kind == AST_OUTPUT) {
            read_output(e, s, n);
        } else if (n->kind == AST_CHECKPOINT) {
            read_checkpoint(e, s, n);
        }
    }
    const ast *train = find_train(e, model->a);
    if (train) {
        read_recipe(e, s, train);
    }
    if (!e->messages->errors) {
        check_complete(e, model);
    }
}

static const anet_recipe default_recipe = {
    .lr = 5e-4,
    .beta1 = 0.9,
    .beta2 = 0.95,
    .eps = 1e-8,
    .floor = 1,
    .batch = 1,
    .accumulate = 1,
    .steps = 1000,
    .loss_scale = 1024,
};

elaborated *elaborate(arena *memory, const ast *program, const options *o, diags *d) {
    const ast *chosen = choose_model(program, o, d);
    if (!chosen) {
        return NULL;
    }
    elaborated *m = ARENA_NEW(memory, elaborated);
    *m = (elaborated){.name = chosen->text, .g = graph_new(memory), .recipe = default_recipe};
    elaborator e = {
        .memory = memory, .messages = d, .options = o, .program = program, .m = m, .g = m->g};
    declare_layers(&e, d->files->count);
    build_model(&e, chosen);
    free(e.param_node);
    m->g->here = (origin){0};
    if (d->errors) {
        model_free(m);
        return NULL;
    }
    return m;
}

void model_free(elaborated *m) {
    if (m) {
        graph_free(m->g);
        vec_free(&m->config);
        vec_free(&m->foreign);
    }
}
