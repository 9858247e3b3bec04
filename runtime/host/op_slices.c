/* op_slices.c: slices whose bounds are computed when the program runs, and slice_update. */
#include "host/calls.h"
#include "host/slices.h"

/* operand `i` has one number per axis or is missing */
static bool has_flag(const host_array *a, size_t axis) {
    return a->dtype && host_whole_at(a, axis) != 0;
}

/* begin, end, stride, begin_mask, end_mask, squeeze_mask: operands from `first` on */
static anet_code get_ranges(const host_call *c, int first, const shape *x, host_range *r) {
    static const char *const names[] = {"begin",      "end",      "stride",
                                        "begin_mask", "end_mask", "squeeze_mask"};
    const host_array *a = &c->in[first];
    for (int k = 0; k < 6; k++) {
        if (k < 2 || a[k].dtype) {
            anet_code code = host_want_length(c, names[k], &a[k], (size_t)x->rank);
            if (code) {
                return code;
            }
        }
    }
    for (size_t i = 0; i < (size_t)x->rank; i++) {
        host_slice s = {.begin = host_whole_at(&a[0], i), .end = host_whole_at(&a[1], i)};
        s.stride = a[2].dtype ? host_whole_at(&a[2], i) : 1;
        s.open_begin = has_flag(&a[3], i);
        s.open_end = has_flag(&a[4], i);
        s.squeeze = has_flag(&a[5], i);
        r[i] = host_slice_range(&s, (int64_t)x->dim[i]);
    }
    return ANET_OK;
}

/* Loops over a slice of x: operand `side` of the nest walks x from *at on, the other one the packed
 * `part`. */
static anet_code plan_slice(const host_call *c, const shape *x, const host_range *r, int side,
                            shape *part, nest *l, size_t *at) {
    ptrdiff_t steps[MAX_RANK], packed[MAX_RANK];
    shape whole = {.rank = x->rank};
    shape_steps(x, steps);
    *part = (shape){.rank = 0};
    *l = (nest){.rank = x->rank, .operands = 2};
    *at = 0;
    for (int i = 0; i < x->rank; i++) {
        if (!host_range_fits(&r[i], (int64_t)x->dim[i])) {
            return host_call_fail(c, "the slice of axis %d is empty or leaves [0, %zu)", i,
                                  x->dim[i]);
        }
        *at += (size_t)(r[i].begin * steps[i]);
        whole.dim[i] = l->dim[i] = (size_t)r[i].count;
        l->step[side][i] = r[i].stride * steps[i];
        if (!r[i].drop) {
            part->dim[part->rank++] = whole.dim[i];
        }
    }
    shape_steps(&whole, packed);
    for (int i = 0; i < x->rank; i++) {
        l->step[!side][i] = packed[i];
    }
    return ANET_OK;
}

static anet_code take_slice(const host_call *c, const host_range *r) {
    shape part;
    nest l;
    size_t at;
    anet_code code = plan_slice(c, &c->in[0].shape, r, 0, &part, &l, &at);
    code = code ? code : host_want_result(c, 0, &part);
    if (!code) {
        host_copy_part(c, &l, &c->in[0], at, &c->out[0], 0);
    }
    return code;
}

anet_code host_slice_by_index(const host_call *c) {
    host_range r[MAX_RANK];
    anet_code code = get_ranges(c, 1, &c->in[0].shape, r);
    return code ? code : take_slice(c, r);
}

/* x begin size */
anet_code host_slice_by_size(const host_call *c) {
    host_range r[MAX_RANK];
    const shape *x = &c->in[0].shape;
    anet_code code = host_want_length(c, "begin", &c->in[1], (size_t)x->rank);
    code = code ? code : host_want_length(c, "size", &c->in[2], (size_t)x->rank);
    for (size_t i = 0; i < (size_t)x->rank && !code; i++) {
        r[i] = host_sized_range(host_whole_at(&c->in[1], i), host_whole_at(&c->in[2], i),
                                (int64_t)x->dim[i]);
    }
    return code ? code : take_slice(c, r);
}

/* x update begin end stride begin_mask end_mask squeeze_mask */
anet_code host_slice_update(const host_call *c) {
    host_range r[MAX_RANK];
    const shape *x = &c->in[0].shape;
    shape part;
    nest l;
    size_t at;
    anet_code code = host_want_result(c, 0, x);
    code = code ? code : get_ranges(c, 2, x, r);
    code = code ? code : plan_slice(c, x, r, 1, &part, &l, &at);
    if (!code && !shape_same(&part, &c->in[1].shape)) {
        code = host_call_fail(c, "update has not the shape of the slice");
    }
    if (!code) {
        nest all = {.rank = 0};
        host_add_loop(&all, x->n, 1, 1);
        host_copy_part(c, &all, &c->in[0], 0, &c->out[0], 0);
        host_copy_part(c, &l, &c->in[1], 0, &c->out[0], at);
    }
    return code;
}
