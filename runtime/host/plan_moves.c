/* plan_moves.c: planners of constants and of ops that move elements. Views, transposed tensors and
 * slices cost nothing here: they become walks. */
#include "host/planner.h"
#include "host/slices.h"

#include <string.h>

anet_code host_plan_const(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    const mil_value *v;
    anet_code code = host_value(p, op, "val", &v);
    if (code) {
        return code;
    }
    if (!v || op->outs != 1) {
        return host_fail(p, op, "a constant needs a result and the attribute 'val'");
    }
    const mil_name *out = &op->out[0];
    shape s = {.n = 0}; /* strings, lists and empty tensors are never operands of a step */
    if (out->type.kind == MIL_TENSOR && (v->count > 0 || v->kind == MIL_BLOB)) {
        code = host_static_shape(p, out->loc, out->name, &out->type, &s);
    }
    return code ? code : host_add_tensor(p, out, &s, (ref){-1, 0}, v);
}

/* reshape, expand_dims, squeeze, identity: the same elements under the declared shape */
anet_code host_plan_view(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor x;
    shape s;
    anet_code code = host_operand(p, op, "x", &x);
    if (!code && op->outs != 1) {
        code = host_fail(p, op, "one result is expected");
    }
    code = code ? code : host_result_shape(p, op, 0, &s);
    if (code) {
        return code;
    }
    if (s.n != x.shape.n) {
        return host_fail(p, op, "'%s' has %zu elements, but x has %zu", op->out[0].name, s.n,
                         x.shape.n);
    }
    return host_add_result(p, op, 0, &s, x.at);
}

anet_code host_plan_transpose(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor x;
    int64_t perm[MAX_RANK];
    int n;
    anet_code code = host_rows(p, op, "x", &x);
    code = code ? code : host_integers(p, op, "perm", perm, &n);
    if (code) {
        return code;
    }
    int rank = x.shape.rank;
    shape s = {.rank = rank, .n = x.shape.n};
    ptrdiff_t step_of_x[MAX_RANK], steps[MAX_RANK];
    host_tensor_steps(&x, step_of_x);
    unsigned seen = 0;
    for (int i = 0; i < rank && n == rank; i++) {
        int64_t from = perm[i] < 0 ? perm[i] + rank : perm[i];
        if (from < 0 || from >= rank) {
            break;
        }
        seen |= 1u << from;
        s.dim[i] = x.shape.dim[from];
        steps[i] = step_of_x[from];
    }
    if (n != rank || seen != (1u << rank) - 1) {
        return host_fail(p, op, "perm is not a permutation of the %d axes of x", rank);
    }
    return host_add_walk(p, op, &s, x.at, steps);
}

/* The shape is known, even when the elements are not. */
anet_code host_plan_shape(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor x;
    shape s;
    anet_code code = host_rows(p, op, "x", &x);
    code = code ? code : host_result_shape(p, op, 0, &s);
    if (!code && s.n != (size_t)x.shape.rank) {
        code = host_fail(p, op, "the result must have %d elements", x.shape.rank);
    }
    ref at = {code ? -1 : host_add_buffer(p, s.n), 0};
    code = code ? code : host_make_constant(p, at.buffer);
    for (int i = 0; i < x.shape.rank && !code; i++) {
        ((int32_t *)p->base.at[at.buffer])[i] = (int32_t)x.shape.dim[i];
    }
    return code ? code : host_add_result(p, op, 0, &s, at);
}

/* whether the engine's fixed-point crop does this slice */
static bool crops(const planner *p, const tensor *x, const host_range *ranges) {
    int last = x->shape.rank - 1;
    return host_numerics_of(p->numerics)->slice_hazard && mil_is_float(x->dtype) && last >= 0 &&
           ranges[last].begin != 0;
}

static anet_code add_slice(planner *p, const mil_op *op, const tensor *x,
                           const host_range *ranges) {
    shape s = {.n = 1};
    ptrdiff_t step_of_x[MAX_RANK], steps[MAX_RANK];
    ref at = x->at;
    host_tensor_steps(x, step_of_x);
    for (int i = 0; i < x->shape.rank; i++) {
        host_range r = ranges[i];
        if (!host_range_fits(&r, (int64_t)x->shape.dim[i])) {
            return host_fail(p, op, "the slice of axis %d is empty or leaves [0, %zu)", i,
                             x->shape.dim[i]);
        }
        at.at += (size_t)(r.begin * step_of_x[i]);
        if (!r.drop) {
            steps[s.rank] = r.stride * step_of_x[i];
            s.dim[s.rank++] = (size_t)r.count;
            s.n *= (size_t)r.count;
        }
    }
    if (crops(p, x, ranges)) {
        tensor walk = {.dtype = x->dtype, .shape = s, .at = at, .walked = true};
        memcpy(walk.step, steps, sizeof steps);
        host_pack(p, op, &walk);
        return host_add_unary(p, op, engine_strip_crop, &walk);
    }
    return host_add_walk(p, op, &s, at, steps);
}

/* Slices whose bounds are computed when the program runs are calls. */
anet_code host_plan_slice_by_size(planner *p, const mil_op *op, const host_op *row) {
    tensor x;
    int64_t begin[MAX_RANK], size[MAX_RANK];
    int begins, sizes;
    host_range ranges[MAX_RANK];
    if (!host_is_constant(p, op, "begin") || !host_is_constant(p, op, "size")) {
        return host_plan_call(p, op, row);
    }
    anet_code code = host_rows(p, op, "x", &x);
    code = code ? code : host_integers(p, op, "begin", begin, &begins);
    code = code ? code : host_integers(p, op, "size", size, &sizes);
    if (code) {
        return code;
    }
    if (begins != x.shape.rank || sizes != x.shape.rank) {
        return host_fail(p, op, "begin and size need %d numbers each", x.shape.rank);
    }
    for (int i = 0; i < x.shape.rank; i++) {
        ranges[i] = host_sized_range(begin[i], size[i], (int64_t)x.shape.dim[i]);
    }
    return add_slice(p, op, &x, ranges);
}

typedef struct slice_arguments {
    int64_t begin[MAX_RANK], end[MAX_RANK], stride[MAX_RANK];
    int64_t begin_mask[MAX_RANK], end_mask[MAX_RANK], squeeze_mask[MAX_RANK];
} slice_arguments;

static anet_code get_slice_arguments(planner *p, const mil_op *op, int rank, slice_arguments *a) {
    const struct {
        const char *name;
        int64_t *to, preset;
        bool required;
    } all[] = {{"begin", a->begin, 0, true},        {"end", a->end, 0, true},
               {"stride", a->stride, 1, false},     {"begin_mask", a->begin_mask, 0, false},
               {"end_mask", a->end_mask, 0, false}, {"squeeze_mask", a->squeeze_mask, 0, false}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        int n;
        anet_code code = host_integers(p, op, all[k].name, all[k].to, &n);
        if (code) {
            return code;
        }
        for (int i = 0; i < rank && n < 0 && !all[k].required; i++) {
            all[k].to[i] = all[k].preset;
        }
        if (n != rank && (n >= 0 || all[k].required)) {
            return host_fail(p, op, "'%s' needs %d numbers", all[k].name, rank);
        }
    }
    return ANET_OK;
}

anet_code host_plan_slice_by_index(planner *p, const mil_op *op, const host_op *row) {
    tensor x;
    slice_arguments a;
    host_range ranges[MAX_RANK];
    if (!host_is_constant(p, op, "begin") || !host_is_constant(p, op, "end")) {
        return host_plan_call(p, op, row);
    }
    anet_code code = host_rows(p, op, "x", &x);
    code = code ? code : get_slice_arguments(p, op, x.shape.rank, &a);
    if (code) {
        return code;
    }
    for (int i = 0; i < x.shape.rank; i++) {
        host_slice s = {a.begin[i],           a.end[i],           a.stride[i],
                        a.begin_mask[i] != 0, a.end_mask[i] != 0, a.squeeze_mask[i] != 0};
        ranges[i] = host_slice_range(&s, (int64_t)x.shape.dim[i]);
    }
    return add_slice(p, op, &x, ranges);
}

/* reads the parts of `values` and works out the shape of the whole */
static anet_code get_concat_parts(planner *p, const mil_op *op, tensor *part, int n, int *axis,
                                  shape *s) {
    const mil_arg *values = mil_find_arg(op, "values");
    for (int i = 0; i < n; i++) {
        anet_code code =
            host_part(p, op, values->kind == MIL_ARGS ? &values->part[i] : values, &part[i]);
        if (!code && part[i].shape.rank == 0) { /* scalars make a vector */
            part[i].shape = (shape){.rank = 1, .dim = {1}, .n = 1};
        }
        if (!code && i == 0) {
            code = host_axis(p, op, "axis", 0, part[0].shape.rank, axis);
            *s = part[0].shape;
        } else if (!code) {
            shape same = part[i].shape;
            if (same.rank == s->rank) {
                s->dim[*axis] += same.dim[*axis];
                same.dim[*axis] = s->dim[*axis];
            }
            if (!shape_same(&same, s)) {
                code = host_fail(p, op, "value %d differs from the first in another axis than %d",
                                 i, *axis);
            }
        }
        if (code) {
            return code;
        }
    }
    return host_count(p, op, s);
}

static void copy_part(planner *p, const mil_op *op, const tensor *part, ref to, int axis,
                      const shape *s) {
    size_t outer = shape_span(s, 0, axis), row = shape_span(&part->shape, axis, s->rank);
    nest loops = {.rank = 2, .operands = 2, .dim = {outer, row}};
    loops.step[0][0] = (ptrdiff_t)row;
    loops.step[1][0] = (ptrdiff_t)shape_span(s, axis, s->rank);
    loops.step[0][1] = loops.step[1][1] = 1;
    host_add_copy(p, op, part->at, to, &loops);
}

anet_code host_plan_concat(planner *p, const mil_op *op, const host_op *row) {
    bool interleave;
    anet_code code = host_bool(p, op, "interleave", false, &interleave);
    const mil_arg *values = mil_find_arg(op, "values");
    int n = !values ? 0 : values->kind == MIL_ARGS ? values->parts : 1;
    if (!code && n == 0) {
        code = host_fail(p, op, "the argument 'values' is missing");
    }
    if (code || interleave) {
        return code ? code : host_plan_call(p, op, row);
    }
    tensor *part = ARENA_ARRAY(p->memory, tensor, n);
    int axis;
    shape s;
    code = get_concat_parts(p, op, part, n, &axis, &s);
    if (code) {
        return code;
    }
    ref to = {host_add_buffer(p, s.n), 0};
    code = host_add_result(p, op, 0, &s, to);
    for (int i = 0; i < n && !code; i++) {
        copy_part(p, op, &part[i], to, axis, &s);
        to.at += shape_span(&part[i].shape, axis, s.rank);
    }
    return code;
}
