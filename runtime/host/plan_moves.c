/* plan_moves.c: planners of constants and of ops that move elements. Views, transposed tensors and
 * slices cost nothing here: they become walks. */
#include "host/planner.h"

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

static void add_loop(nest *l, size_t dim, ptrdiff_t step_of_x, ptrdiff_t step_of_result) {
    l->dim[l->rank] = dim;
    l->step[0][l->rank] = step_of_x;
    l->step[1][l->rank++] = step_of_result;
}

/* The loops that repeat axis i: one over the copies, one over the elements. false: too many. */
static bool add_tile_loops(nest *l, size_t times, size_t dim, ptrdiff_t of_x, ptrdiff_t of_result) {
    bool both = times > 1 && dim > 1;
    if (l->rank + 1 + both > MAX_RANK) {
        return false;
    }
    if (both || dim == 1) {
        add_loop(l, times, 0, of_result * (ptrdiff_t)dim);
    }
    if (both || dim > 1) {
        add_loop(l, dim, of_x, of_result);
    }
    return true;
}

anet_code host_plan_tile(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor x;
    int64_t reps[MAX_RANK];
    int n;
    anet_code code = host_operand(p, op, "x", &x);
    code = code ? code : host_integers(p, op, "reps", reps, &n);
    if (code) {
        return code;
    }
    if (n != x.shape.rank) {
        return host_fail(p, op, "reps needs %d numbers", x.shape.rank);
    }
    shape s = {.rank = n, .n = 1};
    for (int i = 0; i < n; i++) {
        size_t dim = x.shape.dim[i];
        if (reps[i] < 1 || (uint64_t)reps[i] > MAX_ELEMENTS / s.n / dim) {
            return host_fail(p, op,
                             "reps of axis %d is below 1, or the result needs more than 64 GiB", i);
        }
        s.dim[i] = dim * (size_t)reps[i];
        s.n *= s.dim[i];
    }
    nest loops = {.operands = 2};
    ptrdiff_t of_x[MAX_RANK], of_result[MAX_RANK];
    shape_steps(&x.shape, of_x);
    shape_steps(&s, of_result);
    for (int i = 0; i < n; i++) {
        if (!add_tile_loops(&loops, (size_t)reps[i], x.shape.dim[i], of_x[i], of_result[i])) {
            return host_fail(p, op, "this many repeated axes are not supported by the host device");
        }
    }
    const tensor *in[] = {&x};
    step *added;
    code = host_add_step(p, op, host_run_copying, in, 1, &s, &added);
    if (!code) {
        added->as.copying.loops = loops;
        host_plan_copying(&added->as.copying);
    }
    return code;
}

/* one axis of a slice: x[begin], x[begin + stride] ... */
typedef struct range {
    int64_t begin, count, stride;
    bool drop; /* the axis */
} range;

static anet_code add_slice(planner *p, const mil_op *op, const tensor *x, const range *ranges) {
    shape s = {.n = 1};
    ptrdiff_t step_of_x[MAX_RANK], steps[MAX_RANK];
    ref at = x->at;
    host_tensor_steps(x, step_of_x);
    for (int i = 0; i < x->shape.rank; i++) {
        range r = ranges[i];
        int64_t dim = (int64_t)x->shape.dim[i], end = r.begin + (r.count - 1) * r.stride;
        if (r.count < 1 || r.begin < 0 || r.begin >= dim || end < 0 || end >= dim) {
            return host_fail(p, op, "the slice of axis %d is empty or leaves [0, %lld)", i,
                             (long long)dim);
        }
        at.at += (size_t)(r.begin * step_of_x[i]);
        if (!r.drop) {
            steps[s.rank] = r.stride * step_of_x[i];
            s.dim[s.rank++] = (size_t)r.count;
            s.n *= (size_t)r.count;
        }
    }
    return host_add_walk(p, op, &s, at, steps);
}

anet_code host_plan_slice_by_size(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor x;
    int64_t begin[MAX_RANK], size[MAX_RANK];
    int begins, sizes;
    range ranges[MAX_RANK];
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
        int64_t dim = (int64_t)x.shape.dim[i], b = begin[i] < 0 ? begin[i] + dim : begin[i];
        bool sane = b >= 0 && b < dim && size[i] <= dim;
        ranges[i] = (range){b, !sane ? 0 : size[i] == -1 ? dim - b : size[i], 1, false};
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

static int64_t clamp(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

/* numpy's x[begin:end:stride] on an axis of `dim` elements */
static range index_range(const slice_arguments *a, int i, int64_t dim) {
    int64_t stride = a->stride[i];
    int64_t begin = a->begin[i] < 0 ? a->begin[i] + dim : a->begin[i];
    int64_t end = a->end[i] < 0 ? a->end[i] + dim : a->end[i];
    if (a->squeeze_mask[i]) {
        return (range){begin, 1, 1, true};
    }
    if (stride == 0 || stride > dim || stride < -dim) { /* beyond: only the first element */
        stride = stride > 0 ? dim : stride < 0 ? -dim : 0;
    }
    int64_t low = stride < 0 ? -1 : 0, high = stride < 0 ? dim - 1 : dim;
    begin = a->begin_mask[i] ? (stride < 0 ? high : low) : clamp(begin, low, high);
    end = a->end_mask[i] ? (stride < 0 ? low : high) : clamp(end, low, high);
    int64_t distance = stride < 0 ? begin - end : end - begin, size = stride < 0 ? -stride : stride;
    int64_t count = size && distance > 0 ? (distance + size - 1) / size : 0;
    if (count == 0 && dim == 1 && size) { /* coremltools keeps the one element */
        return (range){0, 1, 1, false};
    }
    return (range){begin, count, stride, false};
}

anet_code host_plan_slice_by_index(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor x;
    slice_arguments a;
    range ranges[MAX_RANK];
    anet_code code = host_rows(p, op, "x", &x);
    code = code ? code : get_slice_arguments(p, op, x.shape.rank, &a);
    if (code) {
        return code;
    }
    for (int i = 0; i < x.shape.rank; i++) {
        ranges[i] = index_range(&a, i, (int64_t)x.shape.dim[i]);
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
    (void)row;
    bool interleave;
    anet_code code = host_bool(p, op, "interleave", false, &interleave);
    const mil_arg *values = mil_find_arg(op, "values");
    int n = !values ? 0 : values->kind == MIL_ARGS ? values->parts : 1;
    if (!code && (interleave || n == 0)) {
        code = host_fail(p, op,
                         n ? "interleave is not supported by the host device"
                           : "the argument 'values' is missing");
    }
    if (code) {
        return code;
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

anet_code host_plan_gather(planner *p, const mil_op *op, const host_op *row) {
    (void)row;
    tensor x, indices;
    int axis;
    double batch_dims;
    anet_code code = host_operand(p, op, "x", &x);
    code = code ? code : host_operand(p, op, "indices", &indices);
    code = code ? code : host_axis(p, op, "axis", 0, x.shape.rank, &axis);
    code = code ? code : host_number(p, op, "batch_dims", 0, &batch_dims);
    if (!code && batch_dims != 0) {
        code = host_fail(p, op, "batch_dims is not supported by the host device");
    }
    if (code) {
        return code;
    }
    int rank = x.shape.rank, index_rank = indices.shape.rank;
    if (rank - 1 + index_rank > MAX_RANK) {
        return host_fail(p, op, "the result has more than %d dimensions", MAX_RANK);
    }
    shape s = {.rank = rank - 1 + index_rank};
    memcpy(s.dim, x.shape.dim, (size_t)axis * sizeof *s.dim);
    memcpy(s.dim + axis, indices.shape.dim, (size_t)index_rank * sizeof *s.dim);
    memcpy(s.dim + axis + index_rank, x.shape.dim + axis + 1,
           (size_t)(rank - axis - 1) * sizeof *s.dim);
    gathering g = {.outer = shape_span(&x.shape, 0, axis), .length = x.shape.dim[axis]};
    g.inner = shape_span(&x.shape, axis + 1, rank);
    g.indices = indices.shape.n;
    code = host_count(p, op, &s);
    if (code) {
        return code;
    }
    const tensor *in[] = {&x, &indices};
    step *added;
    code = host_add_step(p, op, host_run_gathering, in, 2, &s, &added);
    if (!code) {
        added->as.gathering = g;
    }
    return code;
}
