/* reduce_edit.c: the kinds of edits beside the removal of ops, and the table of all. */
#include "mil/reduce_parts.h"

#include "mil/walk.h"

#include <string.h>

/* ---- functions ---- */

static int count_funcs(const mil_program *p) {
    return p->funcs > 1 ? p->funcs : 0;
}

static bool drop_funcs(mil_program *p, int first, int count) {
    if (count >= p->funcs) {
        return false;
    }
    memmove(p->func + first, p->func + first + count,
            (size_t)(p->funcs - first - count) * sizeof *p->func);
    p->funcs -= count;
    p->func_room = 0;
    return true;
}

/* ---- results ---- */

static int count_results(const mil_program *p) {
    int n = 0;
    for (int i = 0; i < p->funcs; i++) {
        n += p->func[i].body.results;
    }
    return n;
}

static bool drop_results(mil_program *p, int first, int count) {
    int at = 0;
    for (int i = 0; i < p->funcs; i++) {
        mil_block *b = &p->func[i].body;
        int kept = 0;
        for (int k = 0; k < b->results; k++, at++) {
            if (at < first || at >= first + count) {
                b->result[kept++] = b->result[k];
            }
        }
        b->results = kept;
        b->result_room = 0;
        if (kept == 0) {
            return false;
        }
        reduce_clean(p, &p->func[i]);
    }
    return true;
}

/* ---- inputs ---- */

static int count_params(const mil_program *p) {
    int n = 0;
    for (int i = 0; i < p->funcs; i++) {
        n += p->func[i].body.params;
    }
    return n;
}

static bool drop_params(mil_program *p, int first, int count) {
    int at = 0, dropped = 0;
    for (int i = 0; i < p->funcs; i++) {
        mil_block *b = &p->func[i].body;
        names used = {.memory = p->memory};
        mil_op whole = {.blocks = 1, .block = b};
        int kept = 0;
        names_add_used(&used, &whole);
        for (int k = 0; k < b->params; k++, at++) {
            bool goes = at >= first && at < first + count && !names_have(&used, b->param[k].name);
            dropped += goes;
            if (!goes) {
                b->param[kept++] = b->param[k];
            }
        }
        b->params = kept;
        b->param_room = 0;
    }
    return dropped > 0;
}

/* ---- one op after the other ---- */

typedef struct visit {
    mil_program *program;
    mil_func *func;
    int wanted, next; /* items */
    bool done;
} visit;

typedef void edit_op(visit *v, mil_op *op);

static void edit_block(visit *v, mil_block *b, edit_op *edit) {
    for (int i = 0; i < b->ops && !v->done; i++) {
        edit(v, &b->op[i]);
        for (int k = 0; k < b->op[i].blocks; k++) {
            edit_block(v, &b->op[i].block[k], edit);
        }
    }
}

static bool edit_item(mil_program *p, int item, edit_op *edit) {
    visit v = {.program = p, .wanted = item};
    for (int i = 0; i < p->funcs && !v.done; i++) {
        v.func = &p->func[i];
        edit_block(&v, &v.func->body, edit);
        if (v.done) {
            reduce_clean(p, v.func);
        }
    }
    return v.done;
}

static void count_op_args(void *context, const mil_op *op) {
    *(int *)context += op->args;
}

static int count_args(const mil_program *p) {
    int n = 0;
    for (int i = 0; i < p->funcs; i++) {
        mil_visit_ops(&p->func[i].body, count_op_args, &n);
    }
    return n;
}

/* ---- an op's only result becomes one of its operands ---- */

static void rename_arg(mil_arg *arg, const char *from, char *to) {
    if (arg->kind == MIL_REF && strcmp(arg->ref, from) == 0) {
        arg->ref = to;
    }
    for (int i = 0; arg->kind == MIL_ARGS && i < arg->parts; i++) {
        rename_arg(&arg->part[i], from, to);
    }
}

static void rename_uses(mil_block *b, const char *from, char *to) {
    for (int i = 0; i < b->ops; i++) {
        for (int k = 0; k < b->op[i].args; k++) {
            rename_arg(&b->op[i].arg[k], from, to);
        }
        for (int k = 0; k < b->op[i].blocks; k++) {
            rename_uses(&b->op[i].block[k], from, to);
        }
    }
    for (int i = 0; i < b->results; i++) {
        if (strcmp(b->result[i], from) == 0) {
            b->result[i] = to;
        }
    }
}

/* Whether the types agree is for the checker to say. */
static void bypass_op(visit *v, mil_op *op) {
    int k = v->wanted - v->next;
    v->next += op->args;
    if (k < 0 || k >= op->args || op->outs != 1 || op->arg[k].kind != MIL_REF) {
        return;
    }
    rename_uses(&v->func->body, op->out[0].name, op->arg[k].ref);
    v->done = true;
}

static bool bypass(mil_program *p, int first, int count) {
    return count == 1 && edit_item(p, first, bypass_op);
}

/* ---- what is in a nested block takes the place of its op ---- */

static void count_op_blocks(void *context, const mil_op *op) {
    *(int *)context += op->blocks;
}

static int count_blocks(const mil_program *p) {
    int n = 0;
    for (int i = 0; i < p->funcs; i++) {
        mil_visit_ops(&p->func[i].body, count_op_blocks, &n);
    }
    return n;
}

/* Where the block does not return what the op does, the op's results become inputs. */
static void splice(visit *v, mil_block *outer, int at, const mil_block *inner) {
    mil_program *p = v->program;
    mil_block *body = &v->func->body;
    mil_op gone = outer->op[at];
    bool same = gone.outs == inner->results;
    mil_op *ops = ARENA_ARRAY(p->memory, mil_op, outer->ops - 1 + inner->ops);
    int n = 0;
    for (int i = 0; i < outer->ops; i++) {
        for (int k = 0; i == at && k < inner->ops; k++) {
            ops[n++] = inner->op[k];
        }
        if (i != at) {
            ops[n++] = outer->op[i];
        }
    }
    outer->op = ops;
    outer->ops += inner->ops - 1;
    outer->op_room = 0;
    for (int i = 0; i < inner->params; i++) {
        mil_add_param(p, body, inner->param[i].type, inner->param[i].name);
    }
    for (int i = 0; i < gone.outs; i++) {
        if (same) {
            rename_uses(body, gone.out[i].name, inner->result[i]);
        } else {
            mil_add_param(p, body, gone.out[i].type, gone.out[i].name);
        }
    }
    v->done = true;
}

static void unnest_block(visit *v, mil_block *b) {
    for (int i = 0; i < b->ops && !v->done; i++) {
        mil_op *op = &b->op[i];
        int k = v->wanted - v->next;
        v->next += op->blocks;
        if (k >= 0 && k < op->blocks) {
            splice(v, b, i, &op->block[k]);
            return;
        }
        for (k = 0; k < op->blocks; k++) {
            unnest_block(v, &op->block[k]);
        }
    }
}

static bool unnest(mil_program *p, int first, int count) {
    visit v = {.program = p, .wanted = first};
    for (int i = 0; i < p->funcs && !v.done; i++) {
        v.func = &p->func[i];
        unnest_block(&v, &v.func->body);
        if (v.done) {
            reduce_clean(p, v.func);
        }
    }
    return v.done && count == 1;
}

/* ---- arguments ---- */

static void drop_op_arg(visit *v, mil_op *op) {
    int k = v->wanted - v->next;
    v->next += op->args;
    if (k < 0 || k >= op->args) {
        return;
    }
    memmove(op->arg + k, op->arg + k + 1, (size_t)(op->args - k - 1) * sizeof *op->arg);
    op->args--;
    op->arg_room = 0;
    v->done = true;
}

static bool drop_arg(mil_program *p, int first, int count) {
    return count == 1 && edit_item(p, first, drop_op_arg);
}

/* ---- constants: an input instead, or zeros ---- */

enum { SMALL = 8, MOST_ZEROS = 64 };

static bool is_heavy(const mil_op *op) {
    const mil_value *v = reduce_is_const(op) ? mil_find_value(op, "val") : NULL;
    return v && op->outs == 1 && v->type.kind == MIL_TENSOR &&
           (v->kind == MIL_BLOB || (v->kind == MIL_NUMBERS && v->count > SMALL));
}

static void count_heavy_op(void *context, const mil_op *op) {
    *(int *)context += is_heavy(op);
}

static int count_heavy(const mil_program *p) {
    int n = 0;
    for (int i = 0; i < p->funcs; i++) {
        mil_visit_ops(&p->func[i].body, count_heavy_op, &n);
    }
    return n;
}

static void release_op(visit *v, mil_op *op) {
    if (!is_heavy(op) || v->next++ != v->wanted) {
        return;
    }
    static const char UNUSED[] = "constant_that_became_an_input";
    mil_name *out = &op->out[0];
    mil_add_param(v->program, &v->func->body, out->type, out->name);
    out->name = arena_strdup(v->program->memory, UNUSED); /* dead code now */
    v->done = true;
}

static bool release_const(mil_program *p, int first, int count) {
    return count == 1 && edit_item(p, first, release_op);
}

static void zero_op(visit *v, mil_op *op) {
    if (!is_heavy(op) || v->next++ != v->wanted) {
        return;
    }
    mil_attr *val = op->attr;
    while (strcmp(val->name, "val") != 0) {
        val++;
    }
    int64_t n = mil_elements(&val->value.type);
    if (n < 1 || n > MOST_ZEROS || val->value.type.dtype == MIL_STRING) {
        return;
    }
    bool changed = val->value.kind == MIL_BLOB;
    for (size_t i = 0; i < val->value.count && !changed && val->value.numbers; i++) {
        changed = val->value.numbers[i] != 0;
    }
    mil_value zeros = {.type = val->value.type, .kind = MIL_NUMBERS, .typed = true};
    zeros.count = (size_t)n;
    zeros.numbers = ARENA_ARRAY(v->program->memory, double, n);
    val->value = zeros;
    v->done = changed;
}

static bool zero_const(mil_program *p, int first, int count) {
    return count == 1 && edit_item(p, first, zero_op);
}

/* ---- names of ops and attributes of the program ---- */

static int count_decoration(const mil_program *p) {
    (void)p;
    return 1;
}

static void drop_name(mil_block *b, bool *dropped) {
    for (int i = 0; i < b->ops; i++) {
        mil_op *op = &b->op[i];
        int kept = 0;
        for (int k = 0; k < op->attrs; k++) {
            if (strcmp(op->attr[k].name, "name") != 0) {
                op->attr[kept++] = op->attr[k];
            }
        }
        *dropped = *dropped || kept < op->attrs;
        op->attrs = kept;
        op->attr_room = 0;
        for (int k = 0; k < op->blocks; k++) {
            drop_name(&op->block[k], dropped);
        }
    }
}

static bool drop_decoration(mil_program *p, int first, int count) {
    (void)first;
    (void)count;
    bool dropped = false;
    for (int i = 0; i < p->funcs; i++) {
        drop_name(&p->func[i].body, &dropped);
        dropped = dropped || p->func[i].attrs > 0;
        p->func[i].attrs = 0;
    }
    return dropped;
}

const reduction reductions[] = {
    {"functions", count_funcs, drop_funcs, true},
    {"ops", reduce_op_count, reduce_drop_ops, true},
    {"results", count_results, drop_results, true},
    {"inputs", count_params, drop_params, true},
    {"detours", count_args, bypass, false},
    {"blocks", count_blocks, unnest, false},
    {"constants", count_heavy, release_const, false},
    {"arguments", count_args, drop_arg, false},
    {"data", count_heavy, zero_const, false},
    {"names", count_decoration, drop_decoration, false},
    {NULL, NULL, NULL, false},
};
