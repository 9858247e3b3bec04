/* rules_names.c: who makes a value of a function, and how often it is used. */
#include "mil/rules.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b) {
    return strcmp(((const mil_rule_name *)a)->name, ((const mil_rule_name *)b)->name);
}

static mil_rule_name *find(const mil_rule_names *names, const char *name) {
    mil_rule_name key = {.name = name};
    return names->all.len ? bsearch(&key, names->all.at, names->all.len, sizeof key, by_name)
                          : NULL;
}

static void add_names(mil_rule_names *names, const mil_block *b) {
    for (int i = 0; i < b->params; i++) {
        vec_push(&names->all, ((mil_rule_name){b->param[i].name, NULL, 0}));
    }
    for (int i = 0; i < b->ops; i++) {
        const mil_op *op = &b->op[i];
        for (int k = 0; k < op->outs; k++) {
            vec_push(&names->all, ((mil_rule_name){op->out[k].name, op, 0}));
        }
        for (int k = 0; k < op->blocks; k++) {
            add_names(names, &op->block[k]);
        }
    }
}

static void count_use(const mil_rule_names *names, const char *name) {
    mil_rule_name *n = find(names, name);
    if (n) {
        n->uses++;
    }
}

static void count_arg(const mil_rule_names *names, const mil_arg *arg) {
    if (arg->kind == MIL_REF) {
        count_use(names, arg->ref);
    }
    for (int i = 0; i < arg->parts; i++) {
        count_arg(names, &arg->part[i]);
    }
}

static void count_uses(const mil_rule_names *names, const mil_block *b) {
    for (int i = 0; i < b->ops; i++) {
        for (int k = 0; k < b->op[i].args; k++) {
            count_arg(names, &b->op[i].arg[k]);
        }
        for (int k = 0; k < b->op[i].blocks; k++) {
            count_uses(names, &b->op[i].block[k]);
        }
    }
    for (int i = 0; i < b->results; i++) {
        count_use(names, b->result[i]);
    }
}

const mil_rule_name *mil_rule_find_name(mil_rule_names *names, const mil_func *f,
                                        const char *name) {
    if (names->of != f) {
        names->of = f;
        names->all.len = 0;
        add_names(names, &f->body);
        if (names->all.len) {
            qsort(names->all.at, names->all.len, sizeof *names->all.at, by_name);
        }
        count_uses(names, &f->body);
    }
    return find(names, name);
}
