/* op_join.c: stack, split, and concat where its planner cannot copy directly: interleaved. */
#include "host/calls.h"

/* the shape as [outer, axis, inner] */
typedef struct sides {
    size_t outer, inner;
} sides;

static sides split_at(const shape *s, int axis) {
    return (sides){shape_span(s, 0, axis), shape_span(s, axis + 1, s->rank)};
}

/* axis, values... */
anet_code host_stack(const host_call *c) {
    const host_array *part = &c->in[1];
    int n = c->ins - 1, axis;
    if (n < 1) {
        return host_call_fail(c, "there are no values");
    }
    shape all = part[0].shape;
    anet_code code = host_find_axis(c, &c->in[0], 0, all.rank + 1, &axis);
    if (!code && !host_insert_axis(&all, axis, (size_t)n)) {
        code = host_call_fail(c, "the result has more than %d axes", MAX_RANK);
    }
    code = code ? code : host_want_result(c, 0, &all);
    for (int k = 0; k < n && !code; k++) {
        if (!shape_same(&part[k].shape, &part[0].shape)) {
            return host_call_fail(c, "value %d has not the shape of the first", k);
        }
        sides s = split_at(&all, axis);
        nest l = {.rank = 0};
        host_add_loop(&l, s.outer, s.inner, s.inner * (size_t)n);
        host_add_loop(&l, s.inner, 1, 1);
        host_copy_part(c, &l, &part[k], 0, &c->out[0], (size_t)k * s.inner);
    }
    return code;
}

/* x, axis: num_splits and split_sizes are in the results' shapes */
anet_code host_split(const host_call *c) {
    const shape *x = &c->in[0].shape;
    int axis;
    anet_code code = host_find_axis(c, &c->in[1], 0, x->rank, &axis);
    size_t at = 0;
    for (int k = 0; k < c->outs && !code; k++) {
        shape part = *x;
        const shape *out = &c->out[k].shape;
        size_t dim = out->rank == x->rank ? out->dim[axis] : 0;
        part.dim[axis] = dim;
        code = host_want_result(c, k, &part);
        if (!code && dim > x->dim[axis] - at) {
            code = host_call_fail(c, "the results have more than the %zu elements of axis %d",
                                  x->dim[axis], axis);
        }
        if (!code) {
            sides s = split_at(x, axis);
            nest l = {.rank = 0};
            host_add_loop(&l, s.outer, s.inner * x->dim[axis], s.inner * dim);
            host_add_loop(&l, s.inner * dim, 1, 1);
            host_copy_part(c, &l, &c->in[0], at * s.inner, &c->out[k], 0);
            at += dim;
        }
    }
    if (!code && at != x->dim[axis]) {
        code = host_call_fail(c, "the results have %zu of the %zu elements of axis %d", at,
                              x->dim[axis], axis);
    }
    return code;
}

/* axis, values...: row by row of each in turn */
anet_code host_interleave(const host_call *c) {
    const host_array *part = &c->in[1];
    size_t n = (size_t)c->ins - 1;
    int axis;
    if (c->ins < 2) {
        return host_call_fail(c, "there are no values");
    }
    shape all = part[0].shape;
    anet_code code = host_find_axis(c, &c->in[0], 0, all.rank, &axis);
    if (code) {
        return code;
    }
    size_t dim = all.dim[axis];
    all.dim[axis] *= n;
    code = host_want_result(c, 0, &all);
    for (size_t k = 0; k < n && !code; k++) {
        if (!shape_same(&part[k].shape, &part[0].shape)) {
            return host_call_fail(c, "value %zu has not the shape of the first", k);
        }
        sides s = split_at(&all, axis);
        nest l = {.rank = 0};
        host_add_loop(&l, s.outer * dim, s.inner, s.inner * n);
        host_add_loop(&l, s.inner, 1, 1);
        host_copy_part(c, &l, &part[k], 0, &c->out[0], k * s.inner);
    }
    return code;
}
