/* build.c: making programs in memory, and looking things up in them. */
#include "mil/mil.h"

#include <string.h>

mil_program *mil_new(void) {
    static const char *const versions[] = {"coremlc-component-MIL",
                                           "3510.2.1",
                                           "coremlc-version",
                                           "3505.4.1",
                                           "coremltools-component-milinternal",
                                           "",
                                           "coremltools-version",
                                           "9.0"};
    enum { COUNT = sizeof versions / sizeof *versions };
    arena *memory = arena_new();
    mil_program *p = ARENA_NEW(memory, mil_program);
    *p = (mil_program){.memory = memory, .version_major = 1, .version_minor = 3, .attrs = 1};
    mil_value info = {
        .type = {.kind = MIL_DICT, .parts = 2, .part = ARENA_ARRAY(memory, mil_type, 2)},
        .kind = MIL_ITEMS,
        .typed = true,
        .count = COUNT,
        .items = ARENA_ARRAY(memory, mil_value, COUNT)};
    info.type.part[0] = info.type.part[1] = mil_scalar(MIL_STRING);
    for (int i = 0; i < COUNT; i++) {
        info.items[i] = mil_string(p, versions[i]);
        info.items[i].typed = false;
    }
    p->attr = ARENA_NEW(memory, mil_attr);
    *p->attr = (mil_attr){arena_strdup(memory, "buildInfo"), info};
    return p;
}

void mil_free(mil_program *p) {
    if (p) {
        arena_free(p->memory);
    }
}

/* the array with room for one more element; doubles, so that n additions cost O(n) */
static void *grown(mil_program *p, void *array, int count, int *room, size_t size) {
    if (*room > 0) {
        --*room;
        return array;
    }
    size_t more = count > 4 ? (size_t)count : 4;
    char *bigger = arena_array(p->memory, (size_t)count + more, size);
    if (count > 0) {
        memcpy(bigger, array, (size_t)count * size);
    }
    *room = (int)more - 1;
    return bigger;
}

#define GROW(p, owner, what)                                                                       \
    ((owner)->what = grown((p), (owner)->what, (owner)->what##s, &(owner)->what##_room,            \
                           sizeof *(owner)->what),                                                 \
     &(owner)->what[(owner)->what##s++])

mil_func *mil_add_func(mil_program *p, const char *name, const char *opset) {
    mil_func *f = GROW(p, p, func);
    *f = (mil_func){.name = arena_strdup(p->memory, name), .opset = arena_strdup(p->memory, opset)};
    return f;
}

mil_name *mil_add_param(mil_program *p, mil_block *b, mil_type type, const char *name) {
    mil_name *n = GROW(p, b, param);
    *n = (mil_name){.type = type, .name = arena_strdup(p->memory, name)};
    return n;
}

mil_op *mil_add_op(mil_program *p, mil_block *b, const char *op) {
    mil_op *o = GROW(p, b, op);
    *o = (mil_op){.op = arena_strdup(p->memory, op)};
    return o;
}

mil_name *mil_add_out(mil_program *p, mil_op *op, mil_type type, const char *name) {
    mil_name *n = GROW(p, op, out);
    *n = (mil_name){.type = type, .name = arena_strdup(p->memory, name)};
    return n;
}

void mil_add_ref(mil_program *p, mil_op *op, const char *arg, const char *ref) {
    mil_arg *a = GROW(p, op, arg);
    *a = (mil_arg){
        .name = arena_strdup(p->memory, arg), .kind = MIL_REF, .ref = arena_strdup(p->memory, ref)};
}

void mil_add_refs(mil_program *p, mil_op *op, const char *arg, int n, const char *const *refs) {
    if (n == 1) {
        mil_add_ref(p, op, arg, refs[0]);
        return;
    }
    mil_arg *part = ARENA_ARRAY(p->memory, mil_arg, n);
    for (int i = 0; i < n; i++) {
        part[i] = (mil_arg){.kind = MIL_REF, .ref = arena_strdup(p->memory, refs[i])};
    }
    mil_arg *a = GROW(p, op, arg);
    *a =
        (mil_arg){.name = arena_strdup(p->memory, arg), .kind = MIL_ARGS, .parts = n, .part = part};
}

void mil_add_literal(mil_program *p, mil_op *op, const char *arg, mil_value value) {
    mil_arg *a = GROW(p, op, arg);
    *a = (mil_arg){.name = arena_strdup(p->memory, arg),
                   .kind = MIL_LITERAL,
                   .literal = arena_memdup(p->memory, &value, sizeof value)};
}

void mil_add_attr(mil_program *p, mil_op *op, const char *attr, mil_value value) {
    mil_attr *a = GROW(p, op, attr);
    *a = (mil_attr){arena_strdup(p->memory, attr), value};
}

void mil_add_result(mil_program *p, mil_block *b, const char *name) {
    char **r = GROW(p, b, result);
    *r = arena_strdup(p->memory, name);
}

mil_type mil_scalar(mil_dtype dtype) {
    return (mil_type){.kind = MIL_TENSOR, .dtype = dtype};
}

mil_type mil_tensor(mil_program *p, mil_dtype dtype, int rank, const int64_t *dims) {
    mil_type t = mil_scalar(dtype);
    t.rank = rank;
    t.dims = rank ? arena_memdup(p->memory, dims, (size_t)rank * sizeof *dims) : NULL;
    return t;
}

mil_value mil_string(mil_program *p, const char *s) {
    mil_value v = {.type = mil_scalar(MIL_STRING), .kind = MIL_STRINGS, .typed = true, .count = 1};
    v.strings = ARENA_NEW(p->memory, char *);
    v.strings[0] = arena_strdup(p->memory, s);
    return v;
}

mil_value mil_bool(mil_program *p, bool b) {
    return mil_number(p, MIL_BOOL, b);
}

mil_value mil_number(mil_program *p, mil_dtype dtype, double x) {
    mil_value v = {.type = mil_scalar(dtype), .kind = MIL_NUMBERS, .typed = true, .count = 1};
    v.numbers = arena_memdup(p->memory, &x, sizeof x);
    return v;
}

mil_value mil_vector(mil_program *p, mil_dtype dtype, size_t n, const double *x) {
    int64_t length = (int64_t)n;
    mil_value v = {
        .type = mil_tensor(p, dtype, 1, &length), .kind = MIL_NUMBERS, .typed = true, .count = n};
    v.numbers = ARENA_ARRAY(p->memory, double, n);
    if (n) {
        memcpy(v.numbers, x, n * sizeof *x);
    }
    return v;
}

mil_value mil_blob(mil_program *p, mil_type type, const char *path, uint64_t offset) {
    return (mil_value){.type = type,
                       .kind = MIL_BLOB,
                       .typed = true,
                       .blob_path = arena_strdup(p->memory, path),
                       .blob_offset = offset};
}

const mil_attr *mil_find_attr(const mil_op *op, const char *name) {
    for (int i = 0; i < op->attrs; i++) {
        if (strcmp(op->attr[i].name, name) == 0) {
            return &op->attr[i];
        }
    }
    return NULL;
}

const mil_arg *mil_find_arg(const mil_op *op, const char *name) {
    for (int i = 0; i < op->args; i++) {
        if (strcmp(op->arg[i].name, name) == 0) {
            return &op->arg[i];
        }
    }
    return NULL;
}

const mil_value *mil_find_value(const mil_op *op, const char *name) {
    const mil_arg *arg = mil_find_arg(op, name);
    if (arg) {
        return arg->kind == MIL_LITERAL ? arg->literal : NULL;
    }
    const mil_attr *attr = mil_find_attr(op, name);
    return attr ? &attr->value : NULL;
}
