/* walk.c: walks over all of a program. */
#include "mil/walk.h"

typedef struct walk {
    visit_value *visit;
    void *context;
} walk;

static void walk_value(const walk *w, const mil_value *v) {
    w->visit(w->context, v);
    for (size_t i = 0; v->kind == MIL_ITEMS && i < v->count; i++) {
        walk_value(w, &v->items[i]);
    }
}

static void walk_attrs(const walk *w, int n, const mil_attr *attr) {
    for (int i = 0; i < n; i++) {
        walk_value(w, &attr[i].value);
    }
}

static void walk_arg(const walk *w, const mil_arg *arg) {
    if (arg->kind == MIL_LITERAL) {
        walk_value(w, arg->literal);
    }
    for (int i = 0; arg->kind == MIL_ARGS && i < arg->parts; i++) {
        walk_arg(w, &arg->part[i]);
    }
}

void mil_visit_op_values(const mil_op *op, visit_value *visit, void *context) {
    walk w = {visit, context};
    for (int i = 0; i < op->args; i++) {
        walk_arg(&w, &op->arg[i]);
    }
    walk_attrs(&w, op->attrs, op->attr);
}

void mil_visit_ops(const mil_block *b, visit_op *visit, void *context) {
    for (int i = 0; i < b->ops; i++) {
        visit(context, &b->op[i]);
        for (int k = 0; k < b->op[i].blocks; k++) {
            mil_visit_ops(&b->op[i].block[k], visit, context);
        }
    }
}

static void walk_op(void *context, const mil_op *op) {
    const walk *w = context;
    mil_visit_op_values(op, w->visit, w->context);
}

void mil_visit_values(const mil_program *p, visit_value *visit, void *context) {
    walk w = {visit, context};
    walk_attrs(&w, p->attrs, p->attr);
    for (int i = 0; i < p->funcs; i++) {
        walk_attrs(&w, p->func[i].attrs, p->func[i].attr);
        mil_visit_ops(&p->func[i].body, walk_op, &w);
    }
}
