/* op_scatter.c: scatter, scatter_along_axis, scatter_nd: data with updates put in at indices.
 * Updates to the same place count one after another, in their order. Indices as in op_gather.c. */
#include "host/calls.h"

/* --- ways to combine: to[i] = f(to[i], from[i]) --- */

typedef void combine_fn(void *to, const void *from, size_t n);

#define COMBINE(name, type, expression)                                                            \
    static void name(void *to, const void *from, size_t n) {                                       \
        type *x = to;                                                                              \
        const type *y = from;                                                                      \
        for (size_t i = 0; i < n; i++) {                                                           \
            type a = x[i], b = y[i];                                                               \
            (void)a;                                                                               \
            x[i] = (expression);                                                                   \
        }                                                                                          \
    }
COMBINE(float_add, float, a + b)
COMBINE(float_sub, float, a - b)
COMBINE(float_mul, float, a *b)
COMBINE(float_div, float, a / b)
COMBINE(float_max, float, a > b || a != a ? a : b)
COMBINE(float_min, float, a < b || a != a ? a : b)
COMBINE(int_add, int32_t, (int32_t)((uint32_t)a + (uint32_t)b))
COMBINE(int_sub, int32_t, (int32_t)((uint32_t)a - (uint32_t)b))
COMBINE(int_mul, int32_t, (int32_t)((uint32_t)a *(uint32_t)b))
COMBINE(int_div, int32_t, b == 0 ? 0 : (int32_t)((int64_t)a / b))
COMBINE(int_max, int32_t, a > b ? a : b)
COMBINE(int_min, int32_t, a < b ? a : b)
COMBINE(word_update, host_word, b)

static const char *const modes[] = {"add", "sub", "mul", "div", "max", "min", "update", NULL};
static combine_fn *const combines[][2] = {
    {float_add, int_add}, {float_sub, int_sub}, {float_mul, int_mul},      {float_div, int_div},
    {float_max, int_max}, {float_min, int_min}, {word_update, word_update}};

anet_code host_prepare_scatter(planner *p, const mil_op *op, const host_array *in, int ins,
                               const host_array *out, int outs, const void **params) {
    (void)in, (void)ins, (void)out, (void)outs;
    return host_prepare_choice(p, op, "mode", modes, params);
}

/* the way to combine, and data copied to the result */
static combine_fn *begin(const host_call *c) {
    nest all = {.rank = 0};
    host_add_loop(&all, c->in[0].shape.n, 1, 1);
    host_copy_part(c, &all, &c->in[0], 0, &c->out[0], 0);
    return combines[*(const int *)c->params][mil_is_integer(c->in[0].dtype)];
}

/* data, indices and updates, and the result like data; data and updates of one kind */
static anet_code want_operands(const host_call *c) {
    bool same = mil_is_integer(c->in[0].dtype) == mil_is_integer(c->in[2].dtype);
    return same ? host_want_result(c, 0, &c->in[0].shape)
                : host_call_fail(c, "data and updates differ in dtype");
}

static anet_code want_updates(const host_call *c, const shape *s) {
    return shape_same(s, &c->in[2].shape)
               ? ANET_OK
               : host_call_fail(c, "updates have not the shape that data and indices ask for");
}

/* data indices updates axis: updates are data's shape with the axes of indices in place of `axis`
 */
anet_code host_scatter(const host_call *c) {
    const shape *data = &c->in[0].shape, *at = &c->in[1].shape;
    int axis;
    anet_code code = host_find_axis(c, &c->in[3], 0, data->rank, &axis);
    code = code ? code : want_operands(c);
    if (code) {
        return code;
    }
    shape s = {.rank = 0};
    bool fits = data->rank - 1 + at->rank <= MAX_RANK;
    for (int i = 0; i < data->rank + at->rank - 1 && fits; i++) {
        bool front = i < axis, middle = !front && i < axis + at->rank;
        size_t dim = front    ? data->dim[i]
                     : middle ? at->dim[i - axis]
                              : data->dim[i - at->rank + 1];
        host_insert_axis(&s, i, dim);
    }
    code = fits ? want_updates(c, &s) : host_call_fail(c, "the updates have too many axes");
    code = code ? code : host_want_indices(c, &c->in[1], data->dim[axis]);
    if (code) {
        return code;
    }
    combine_fn *combine = begin(c);
    size_t outer = shape_span(data, 0, axis), inner = shape_span(data, axis + 1, data->rank);
    size_t length = data->dim[axis];
    host_word *to = host_words(&c->out[0]);
    const host_word *from = host_words(&c->in[2]);
    for (size_t i = 0; i < outer * at->n; i++) {
        size_t row = i / at->n * length + host_place(c->in[1].i[i % at->n], length);
        combine(to + row * inner, from + i * inner, inner);
    }
    return ANET_OK;
}

/* data indices updates axis: indices and updates are alike, and data but for `axis` */
anet_code host_scatter_along_axis(const host_call *c) {
    const shape *data = &c->in[0].shape, *at = &c->in[1].shape;
    int axis;
    anet_code code = host_find_axis(c, &c->in[3], 0, data->rank, &axis);
    code = code ? code : want_operands(c);
    if (code) {
        return code;
    }
    shape s = *data;
    s.dim[axis] = at->rank == data->rank ? at->dim[axis] : 0;
    if (!shape_same(&s, at)) {
        return host_call_fail(c, "indices differ from data in another axis than %d", axis);
    }
    code = want_updates(c, at);
    code = code ? code : host_want_indices(c, &c->in[1], data->dim[axis]);
    if (code) {
        return code;
    }
    combine_fn *combine = begin(c);
    size_t inner = shape_span(data, axis + 1, data->rank), length = data->dim[axis];
    size_t count = s.dim[axis] * inner; /* of updates for each outer index */
    host_word *to = host_words(&c->out[0]);
    const host_word *from = host_words(&c->in[2]);
    for (size_t i = 0; i < at->n; i++) {
        size_t row = i / count * length + host_place(c->in[1].i[i], length);
        combine(to + row * inner + i % inner, from + i, 1);
    }
    return ANET_OK;
}

/* data indices updates: the last axis of indices names the first axes of data */
anet_code host_scatter_nd(const host_call *c) {
    const shape *data = &c->in[0].shape, *at = &c->in[1].shape;
    size_t k = at->rank ? at->dim[at->rank - 1] : 0;
    if (k < 1 || k > (size_t)data->rank) {
        return host_call_fail(c, "indices name %zu axes, but data has %d", k, data->rank);
    }
    shape s = {.rank = 0};
    bool fits = at->rank - 1 + data->rank - (int)k <= MAX_RANK;
    for (int i = 0; i < at->rank - 1 && fits; i++) {
        host_insert_axis(&s, i, at->dim[i]);
    }
    for (int i = (int)k; i < data->rank && fits; i++) {
        host_insert_axis(&s, s.rank, data->dim[i]);
    }
    anet_code code = fits ? want_operands(c) : host_call_fail(c, "the updates have too many axes");
    code = code ? code : want_updates(c, &s);
    code = code ? code : host_want_points(c, &c->in[1], data->dim, k);
    if (code) {
        return code;
    }
    combine_fn *combine = begin(c);
    size_t inner = shape_span(data, (int)k, data->rank);
    host_word *to = host_words(&c->out[0]);
    const host_word *from = host_words(&c->in[2]);
    for (size_t i = 0; i < at->n / k; i++) {
        size_t row = host_point_place(c->in[1].i + i * k, data->dim, k);
        combine(to + row * inner, from + i * inner, inner);
    }
    return ANET_OK;
}
