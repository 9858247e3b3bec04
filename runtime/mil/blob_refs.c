/* blob_refs.c: where a program refers to weight files. */
#include "mil/blob_read.h"

static void collect_value(const mil_value *v, blob_ref at, blob_refs *refs) {
    if (v->kind == MIL_BLOB) {
        at.value = v;
        vec_push(&refs->all, at);
    }
    for (size_t i = 0; i < v->count && v->kind == MIL_ITEMS; i++) {
        collect_value(&v->items[i], at, refs);
    }
}

static void collect_attrs(int n, const mil_attr *attr, blob_ref at, blob_refs *refs) {
    for (int i = 0; i < n; i++) {
        at.arg = attr[i].name;
        collect_value(&attr[i].value, at, refs);
    }
}

static void collect_arg(const mil_arg *arg, blob_ref at, blob_refs *refs) {
    at.arg = arg->name ? arg->name : at.arg;
    if (arg->kind == MIL_LITERAL) {
        collect_value(arg->literal, at, refs);
    }
    for (int i = 0; i < arg->parts; i++) {
        collect_arg(&arg->part[i], at, refs);
    }
}

static void collect_block(const mil_block *b, blob_ref at, blob_refs *refs) {
    for (int i = 0; i < b->ops; i++) {
        const mil_op *op = &b->op[i];
        at.op = op;
        for (int k = 0; k < op->args; k++) {
            collect_arg(&op->arg[k], at, refs);
        }
        collect_attrs(op->attrs, op->attr, at, refs);
        for (int k = 0; k < op->blocks; k++) {
            collect_block(&op->block[k], at, refs);
        }
    }
}

void blob_collect(const mil_program *p, blob_refs *refs) {
    collect_attrs(p->attrs, p->attr, (blob_ref){0}, refs);
    for (int i = 0; i < p->funcs; i++) {
        blob_ref at = {.func = &p->func[i]};
        collect_attrs(p->func[i].attrs, p->func[i].attr, at, refs);
        collect_block(&p->func[i].body, at, refs);
    }
}
