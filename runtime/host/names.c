/* names.c: the tensors of a program by name. */
#include "base/hash.h"
#include "host/planner.h"

#include <string.h>

/* where the name is, or the free place for it */
static int *find_name(const planner *p, const char *name) {
    size_t i = hash_bytes(name, strlen(name)) & (p->names_size - 1);
    while (p->names[i] && strcmp(p->tensors.at[p->names[i] - 1].name, name) != 0) {
        i = (i + 1) & (p->names_size - 1);
    }
    return &p->names[i];
}

static void grow_names(planner *p) {
    if (p->tensors.len * 2 < p->names_size) {
        return;
    }
    free(p->names);
    p->names_size = p->names_size ? p->names_size * 2 : 256;
    p->names = anet_calloc(p->names_size, sizeof *p->names);
    for (size_t i = 0; i < p->tensors.len; i++) {
        if (p->tensors.at[i].name) {
            *find_name(p, p->tensors.at[i].name) = (int)i + 1;
        }
    }
}

anet_code host_add_tensor(planner *p, const mil_name *name, const shape *s, ref at,
                          const mil_value *value) {
    grow_names(p);
    int *place = find_name(p, name->name);
    if (*place) {
        return anet_fail(p->err, ANET_BAD_INPUT, "%s:%d:%d: '%s' is defined twice", p->name,
                         name->loc.line, name->loc.column, name->name);
    }
    tensor t = {name->name, name->type.dtype, *s, at, value, false, {0}};
    vec_push(&p->tensors, t);
    *place = (int)p->tensors.len;
    return ANET_OK;
}

tensor *host_find_tensor(const planner *p, const char *name) {
    int i = p->names_size ? *find_name(p, name) : 0;
    return i ? &p->tensors.at[i - 1] : NULL;
}

bool host_is_tensor(const planner *p, const char *name) {
    const tensor *t = host_find_tensor(p, name);
    return t && t->shape.n > 0;
}

anet_code host_look_up(planner *p, const mil_op *op, const char *name, tensor **t) {
    *t = host_find_tensor(p, name);
    return *t ? ANET_OK : host_fail(p, op, "'%s' is not defined", name);
}
