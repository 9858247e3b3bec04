/* reduce_names.c: which names are used, and the ops that nobody uses. */
#include "mil/reduce_parts.h"

#include <string.h>

bool reduce_is_const(const mil_op *op) {
    return strcmp(op->op, "const") == 0;
}

/* ---- names ---- */

void names_add(names *s, const char *name) {
    name_set(s->memory, &s->map, name, s);
}

bool names_have(const names *s, const char *name) {
    return name_get(&s->map, name) != NULL;
}

static void add_refs(names *s, const mil_arg *arg) {
    if (arg->kind == MIL_REF) {
        names_add(s, arg->ref);
    }
    for (int i = 0; arg->kind == MIL_ARGS && i < arg->parts; i++) {
        add_refs(s, &arg->part[i]);
    }
}

void names_add_used(names *s, const mil_op *op) {
    for (int i = 0; i < op->args; i++) {
        add_refs(s, &op->arg[i]);
    }
    for (int i = 0; i < op->blocks; i++) {
        const mil_block *b = &op->block[i];
        for (int k = 0; k < b->ops; k++) {
            names_add_used(s, &b->op[k]);
        }
        for (int k = 0; k < b->results; k++) {
            names_add(s, b->result[k]);
        }
    }
}

/* ---- dead code ---- */

static bool is_used(const names *used, const mil_op *op) {
    for (int i = 0; i < op->outs; i++) {
        if (names_have(used, op->out[i].name)) {
            return true;
        }
    }
    return op->outs == 0; /* it writes a state */
}

static void drop_dead_ops(arena *memory, mil_block *b, names *used) {
    mil_op *kept = ARENA_ARRAY(memory, mil_op, b->ops);
    int first = b->ops;
    for (int i = 0; i < b->results; i++) {
        names_add(used, b->result[i]);
    }
    for (int i = b->ops; i-- > 0;) {
        mil_op *op = &b->op[i];
        if (is_used(used, op)) {
            for (int k = 0; k < op->blocks; k++) {
                drop_dead_ops(memory, &op->block[k], used);
            }
            names_add_used(used, op);
            kept[--first] = *op;
        }
    }
    b->op = kept + first;
    b->ops -= first;
    b->op_room = 0;
}

void reduce_clean(mil_program *p, mil_func *f) {
    names used = {.memory = p->memory};
    drop_dead_ops(p->memory, &f->body, &used);
}
