/* reduce_dims.c: smaller sizes, everywhere at once. */
#include "mil/reduce_edit.h"

#include "mil/walk.h"

#include <string.h>

typedef struct resize {
    mil_program *program;
    int64_t from, to;
    bool multiples, blobs;
    bool changed, impossible;
} resize;

static int64_t resized(const resize *r, int64_t dim) {
    if (dim == r->from) {
        return r->to;
    }
    bool multiple = r->multiples && r->from > 1 && dim > r->from && dim % r->from == 0;
    return multiple ? dim / r->from * r->to : dim;
}

/* Dimensions may be shared between types: they are replaced, not written into. */
static bool resize_type(resize *r, mil_type *t) {
    bool changed = false;
    for (int i = 0; i < t->rank; i++) {
        changed = changed || resized(r, t->dims[i]) != t->dims[i];
    }
    if (changed) {
        t->dims = arena_memdup(r->program->memory, t->dims, (size_t)t->rank * sizeof *t->dims);
        for (int i = 0; i < t->rank; i++) {
            t->dims[i] = resized(r, t->dims[i]);
        }
    }
    for (int i = 0; i < t->parts; i++) {
        changed = resize_type(r, &t->part[i]) || changed;
    }
    r->changed = r->changed || changed;
    return changed;
}

/* The first elements stay, in row-major order: what they are matters less than how many. */
static void cut_literal(resize *r, mil_value *v) {
    int64_t n = mil_elements(&v->type);
    if (n < 0 || (uint64_t)n > v->count) {
        r->impossible = true;
    } else {
        v->count = (size_t)n;
    }
}

static void resize_numbers(resize *r, mil_value *v) {
    bool sizes = v->type.dtype == MIL_INT32 && v->type.rank <= 1 && !v->integers;
    for (size_t i = 0; sizes && i < v->count; i++) {
        bool size = v->numbers[i] > 1 && v->numbers[i] <= INT32_MAX;
        int64_t x = size ? (int64_t)v->numbers[i] : 0;
        if (size && resized(r, x) != x) {
            v->numbers[i] = (double)resized(r, x);
            r->changed = true;
        }
    }
}

static void resize_value(resize *r, mil_value *v) {
    bool changed = resize_type(r, &v->type);
    if (v->kind == MIL_BLOB) {
        r->impossible = r->impossible || (changed && !r->blobs);
    } else if (v->kind == MIL_NUMBERS) {
        resize_numbers(r, v);
        if (changed) {
            cut_literal(r, v);
        }
    } else if (changed) {
        r->impossible = true;
    }
}

static void resize_arg(resize *r, mil_arg *arg) {
    if (arg->kind == MIL_LITERAL) {
        resize_value(r, arg->literal);
    }
    for (int i = 0; arg->kind == MIL_ARGS && i < arg->parts; i++) {
        resize_arg(r, &arg->part[i]);
    }
}

static void resize_block(resize *r, mil_block *b) {
    for (int i = 0; i < b->params; i++) {
        resize_type(r, &b->param[i].type);
    }
    for (int i = 0; i < b->ops; i++) {
        mil_op *op = &b->op[i];
        for (int k = 0; k < op->outs; k++) {
            resize_type(r, &op->out[k].type);
        }
        for (int k = 0; k < op->args; k++) {
            resize_arg(r, &op->arg[k]);
        }
        for (int k = 0; k < op->attrs; k++) {
            resize_value(r, &op->attr[k].value);
        }
        for (int k = 0; k < op->blocks; k++) {
            resize_block(r, &op->block[k]);
        }
    }
}

bool reduce_dims(mil_program *p, int64_t from, int64_t to, bool multiples, bool blobs) {
    resize r = {.program = p, .from = from, .to = to, .multiples = multiples, .blobs = blobs};
    for (int i = 0; i < p->funcs; i++) {
        resize_block(&r, &p->func[i].body);
    }
    return r.changed && !r.impossible;
}

typedef struct search {
    int64_t below, best;
} search;

static void look_at_type(search *s, const mil_type *t) {
    for (int i = 0; i < t->rank; i++) {
        bool better = t->dims[i] > s->best && (s->below == 0 || t->dims[i] < s->below);
        s->best = better ? t->dims[i] : s->best;
    }
    for (int i = 0; i < t->parts; i++) {
        look_at_type(s, &t->part[i]);
    }
}

static void look_at_op(void *context, const mil_op *op) {
    for (int i = 0; i < op->outs; i++) {
        look_at_type(context, &op->out[i].type);
    }
}

int64_t greatest_dim(const mil_program *p, int64_t below) {
    search s = {below, 1};
    for (int i = 0; i < p->funcs; i++) {
        const mil_block *b = &p->func[i].body;
        for (int k = 0; k < b->params; k++) {
            look_at_type(&s, &b->param[k].type);
        }
        mil_visit_ops(b, look_at_op, &s);
    }
    return s.best;
}
