/* reduce_ops.c: removing ops.
 *
 * An op that is removed leaves its results as inputs of the function where they are still used, and
 * makes what only it used a result of the function: so nothing else becomes dead code by it. */
#include "mil/reduce_parts.h"

#include "base/vec.h"

int reduce_count_ops(const mil_block *b) {
    int n = 0;
    for (int i = 0; i < b->ops; i++) {
        n += !reduce_is_const(&b->op[i]);
        for (int k = 0; k < b->op[i].blocks; k++) {
            n += reduce_count_ops(&b->op[i].block[k]);
        }
    }
    return n;
}

int reduce_op_count(const mil_program *p) {
    int n = 0;
    for (int i = 0; i < p->funcs; i++) {
        n += reduce_count_ops(&p->func[i].body);
    }
    return n;
}

typedef struct cut {
    mil_program *program;
    mil_func *func;
    int next, first, last; /* ordinals of ops; [first, last) go */
    names gone, used;      /* results of what went; what it used */
    VEC(mil_name) lost;    /* the same results, in order */
} cut;

static void lose(cut *c, const mil_op *op) {
    for (int i = 0; i < op->outs; i++) {
        vec_push(&c->lost, op->out[i]);
        names_add(&c->gone, op->out[i].name);
    }
    names_add_used(&c->used, op);
}

static void cut_block(cut *c, mil_block *b) {
    int kept = 0;
    for (int i = 0; i < b->ops; i++) {
        mil_op *op = &b->op[i];
        bool goes = !reduce_is_const(op) && c->next >= c->first && c->next < c->last;
        c->next += !reduce_is_const(op);
        if (goes) {
            lose(c, op);
        }
        for (int k = 0; k < op->blocks; k++) {
            if (goes) {
                c->next += reduce_count_ops(&op->block[k]);
            } else {
                cut_block(c, &op->block[k]);
            }
        }
        if (!goes) {
            b->op[kept++] = *op;
        }
    }
    b->ops = kept;
    b->op_room = 0;
}

static void drop_lost_results(cut *c) {
    mil_block *b = &c->func->body;
    int kept = 0;
    for (int i = 0; i < b->results; i++) {
        if (!names_have(&c->gone, b->result[i])) {
            b->result[kept++] = b->result[i];
        }
    }
    b->results = kept;
    b->result_room = 0;
}

/* what only the removed ops used is a result from now on */
static void keep_alive(cut *c, const names *still) {
    mil_block *b = &c->func->body;
    for (int i = 0; i < b->ops; i++) {
        const mil_op *op = &b->op[i];
        for (int k = 0; k < op->outs && !reduce_is_const(op); k++) {
            const char *name = op->out[k].name;
            if (names_have(&c->used, name) && !names_have(still, name)) {
                mil_add_result(c->program, b, name);
            }
        }
    }
}

static bool mend_function(cut *c) {
    mil_block *b = &c->func->body;
    names still = {.memory = c->program->memory};
    mil_op whole = {.blocks = 1, .block = b};
    drop_lost_results(c);
    names_add_used(&still, &whole);
    for (size_t i = 0; i < c->lost.len; i++) {
        const mil_name *lost = &c->lost.at[i];
        if (names_have(&still, lost->name)) {
            mil_add_param(c->program, b, lost->type, lost->name);
        }
    }
    keep_alive(c, &still);
    return b->results > 0;
}

bool reduce_drop_ops(mil_program *p, int first, int count) {
    cut c = {.program = p, .first = first, .last = first + count};
    c.gone.memory = c.used.memory = p->memory;
    bool ok = true;
    for (int i = 0; i < p->funcs && ok; i++) {
        c.func = &p->func[i];
        c.lost.len = 0;
        cut_block(&c, &c.func->body);
        ok = c.lost.len == 0 || mend_function(&c);
        reduce_clean(p, c.func);
    }
    vec_free(&c.lost);
    return ok;
}
