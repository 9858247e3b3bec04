/* recipe.c: the `train` and `checkpoint` blocks. */
#include "scope.h"

#include <math.h>
#include <string.h>

typedef struct setting { /* a number of the recipe and what it may be */
    const char *name;
    size_t offset;
    bool integer;
    double low, high;
    const char *rule;
} setting;

#define REAL(name, field, low, high, rule)                                                         \
    { name, offsetof(anet_recipe, field), false, low, high, rule }
#define INT(name, field, low, rule)                                                                \
    { name, offsetof(anet_recipe, field), true, low, 1e9, rule }

static const setting train_settings[] = {
    INT("batch", batch, 1, "a whole number from 1 to 10^9"),
    INT("accumulate", accumulate, 1, "a whole number from 1 to 10^9"),
    INT("steps", steps, 1, "a whole number from 1 to 10^9"),
    REAL("loss_scale", loss_scale, 1e-30, 1e30, "a number above 0"),
};

static const setting adamw_settings[] = {
    REAL("lr", lr, 0, 1e6, "a number from 0"),
    REAL("eps", eps, 1e-300, 1, "a number above 0, at most 1"),
    REAL("decay", decay, 0, 1e6, "a number from 0"),
    REAL("clip", clip, 0, 1e30, "a number from 0 (0: no clipping)"),
};

static const setting cosine_settings[] = {
    INT("warmup", warmup, 0, "a whole number from 0 to 10^9"),
    REAL("floor", floor, 0, 1, "a number from 0 to 1"),
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const setting *find_setting(const setting *list, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return &list[i];
        }
    }
    return NULL;
}

static void store(elaborator *e, const setting *s, const val *v, loc at) {
    double x;
    char *field = (char *)&e->m->recipe + s->offset;
    bool fits =
        as_number(v, &x) && x >= s->low && x <= s->high && (!s->integer || v->kind == V_INT);
    if (v->kind != V_ERROR && !fits) {
        report(e, E0504, at, "`%s` must be %s", s->name, s->rule);
    } else if (fits && s->integer) {
        *(int *)field = (int)x;
    } else if (fits) {
        *(double *)field = x;
    }
}

static void read_betas(elaborator *e, const val *v, loc at) {
    double a, b;
    bool pair = v->kind == V_TUPLE && v->count == 2;
    bool ok = pair && as_number(&v->items[0], &a) && as_number(&v->items[1], &b);
    if (!ok || a < 0 || a >= 1 || b < 0 || b >= 1) {
        report(e, E0504, at, "`betas` must be two numbers from 0 to below 1, such as (0.9, 0.95)");
        return;
    }
    e->m->recipe.beta1 = a;
    e->m->recipe.beta2 = b;
}

static void read_optimizer(elaborator *e, const val *v, loc at) {
    if (v->kind != V_RECORD || strcmp(v->string, "adamw") != 0) {
        if (v->kind != V_ERROR) {
            report(e, E0504, at, "unknown optimizer; there is `adamw(lr = ..., ...)`");
        }
        return;
    }
    for (int i = 0; i < v->count; i++) {
        const record_item *item = &v->settings[i];
        const setting *s = find_setting(adamw_settings, COUNT(adamw_settings), item->name);
        if (s) {
            store(e, s, item->value, item->at);
        } else {
            read_betas(e, item->value, item->at);
        }
    }
}

static void read_schedule(elaborator *e, const val *v, loc at) {
    bool cosine = v->kind == V_RECORD && strcmp(v->string, "cosine") == 0;
    bool constant = v->kind == V_RECORD && strcmp(v->string, "constant") == 0;
    if (!cosine && !constant) {
        if (v->kind != V_ERROR) {
            report(e, E0504, at,
                   "unknown schedule; there are `cosine(warmup = ..., floor = ...)` and "
                   "`constant(warmup = ...)`");
        }
        return;
    }
    e->m->recipe.floor = constant ? 1 : 0;
    for (int i = 0; i < v->count; i++) {
        const record_item *item = &v->settings[i];
        if (!item->name) {
            report(e, E0504, item->at, "the learning rate of a schedule is that of the optimizer");
            return;
        }
        store(e, find_setting(cosine_settings, COUNT(cosine_settings), item->name), item->value,
              item->at);
    }
}

static void read_loss(elaborator *e, const val *v, loc at) {
    if (v->kind == V_ERROR) {
        return;
    }
    if (v->kind != V_TENSOR || shape_size(&graph_node(e->g, v->tensor)->s) != 1) {
        report(e, E0502, at, "the loss must be one number, but this is %s", describe(e, v));
        return;
    }
    e->g->loss = g_reshape(e->g, v->tensor, &(shape){0});
}

static void read_train_item(elaborator *e, scope *s, const ast *n) {
    val v = eval(e, s, n->a);
    const setting *known = find_setting(train_settings, COUNT(train_settings), n->text);
    if (known) {
        store(e, known, &v, n->at);
    } else if (strcmp(n->text, "loss") == 0) {
        read_loss(e, &v, n->a->at);
    } else if (strcmp(n->text, "optimizer") == 0) {
        read_optimizer(e, &v, n->a->at);
    } else if (strcmp(n->text, "schedule") == 0) {
        read_schedule(e, &v, n->a->at);
    } else {
        static const char *const all[] = {"loss",  "optimizer",  "schedule",  "batch",
                                          "steps", "accumulate", "loss_scale"};
        diag *d = report(e, E0504, n->at, "`train` has no setting `%s`", n->text);
        diag_suggest(e->messages, d, n->text, all, COUNT(all));
    }
}

void read_recipe(elaborator *e, scope *s, const ast *train) {
    for (const ast *n = train->a; n; n = n->next) {
        const ast *first = train->a;
        while (strcmp(first->text, n->text) != 0) {
            first = first->next;
        }
        if (first == n) {
            read_train_item(e, s, n);
        } else {
            diag *d = report(e, E0202, n->at, "`%s` is given twice", n->text);
            diag_add_note(e->messages, d, first->at, "first given here");
        }
    }
}

void read_checkpoint(elaborator *e, scope *s, const ast *checkpoint) {
    static const char *const arrays[] = {
        "token_embedding_table",
        "rms_att_weight",
        "wq",
        "wk",
        "wv",
        "wo",
        "rms_ffn_weight",
        "w1",
        "w2",
        "w3",
        "rms_final_weight",
        "wcls",
    };
    if (strcmp(checkpoint->text, "llama2c") != 0) {
        report(e, E0504, checkpoint->at, "unknown checkpoint format `%s`; there is `llama2c`",
               checkpoint->text);
        return;
    }
    for (const ast *n = checkpoint->a; n; n = n->next) {
        val v = eval(e, s, n->a);
        bool known = false;
        for (size_t i = 0; i < COUNT(arrays); i++) {
            known = known || strcmp(arrays[i], n->text) == 0;
        }
        if (!known || v.kind != V_STRING) {
            diag *d = report(e, E0504, n->at,
                             known ? "`%s` needs the name of a parameter, as a string"
                                   : "a llama2c checkpoint has no array `%s`",
                             n->text);
            if (!known) {
                diag_suggest(e->messages, d, n->text, arrays, COUNT(arrays));
            }
            continue;
        }
        anet_foreign f = {checkpoint->text, n->text, scope_path(e, s, v.string)};
        vec_push(&e->m->foreign, f);
    }
}
