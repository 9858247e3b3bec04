/* op_fill.c: results that are made of numbers: fill, fill_like, range_1d, one_hot. */
#include "host/calls.h"

#include <math.h>
#include <string.h>

/* the value as the result stores it */
static host_word get_word(const host_call *c, const host_array *value, int preset) {
    bool integer = mil_is_integer(c->out[0].dtype);
    int32_t i = (int32_t)host_whole(value, preset);
    float f = (float)host_single(value, preset);
    host_word w;
    memcpy(&w, integer ? (const void *)&i : (const void *)&f, sizeof w);
    return w;
}

/* value: the shape is that of the result */
anet_code host_fill(const host_call *c) {
    host_fill_words(c->pool, host_words(&c->out[0]), c->out[0].shape.n, get_word(c, &c->in[0], 0));
    return ANET_OK;
}

/* end start step */
anet_code host_range_1d(const host_call *c) {
    double end = host_single(&c->in[0], 0), start = host_single(&c->in[1], 0);
    double by = host_single(&c->in[2], 1), n = ceil((end - start) / by);
    if (!(n >= 1 && n <= (double)MAX_ELEMENTS)) {
        return host_call_fail(c, "from %g to %g by %g there are no elements, or too many", start,
                              end, by);
    }
    anet_code code = host_want_result(c, 0, &(shape){.rank = 1, .dim = {(size_t)n}});
    const host_array *out = &c->out[0];
    for (size_t i = 0; i < out->shape.n && !code; i++) {
        double x = start + (double)i * by;
        if (mil_is_integer(out->dtype)) {
            out->i[i] = (int32_t)x;
        } else {
            out->f[i] = (float)x;
        }
    }
    return code;
}

/* indices one_hot_vector_size axis on_value off_value; an index outside the vector lights nothing
 */
anet_code host_one_hot(const host_call *c) {
    const host_array *indices = &c->in[0];
    shape s = indices->shape;
    int64_t size = host_whole(&c->in[1], 0);
    int axis;
    anet_code code = host_find_axis(c, &c->in[2], -1, s.rank + 1, &axis);
    if (!code && (size < 1 || !host_insert_axis(&s, axis, (size_t)size))) {
        code =
            host_call_fail(c, "the vector is empty, or the result has more than %d axes", MAX_RANK);
    }
    code = code ? code : host_want_result(c, 0, &s);
    if (code) {
        return code;
    }
    host_word *to = host_words(&c->out[0]), on = get_word(c, &c->in[3], 1);
    size_t inner = shape_span(&indices->shape, axis, indices->shape.rank);
    host_fill_words(c->pool, to, c->out[0].shape.n, get_word(c, &c->in[4], 0));
    for (size_t i = 0; i < indices->shape.n; i++) {
        int64_t index = host_whole_at(indices, i);
        if (index >= 0 && index < size) {
            to[(i / inner * (size_t)size + (size_t)index) * inner + i % inner] = on;
        }
    }
    return ANET_OK;
}
