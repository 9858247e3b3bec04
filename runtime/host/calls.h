/* calls.h: what the kernels of calls (planner.h) share: their small operands, their checks and
 * their messages. Nothing about shapes is taken for granted: a declared shape may be wrong where
 * the numbers that it depends on are computed. */
#ifndef ANET_HOST_CALLS_H
#define ANET_HOST_CALLS_H

#include "host/kernels.h"
#include "host/words.h"

/* "file:line:column: op: message"; ANET_BAD_INPUT */
anet_code host_call_fail(const host_call *c, const char *fmt, ...) ANET_PRINTF(2, 3);

static inline bool host_is_given(const host_array *a) {
    return a->dtype != MIL_NONE && a->shape.n > 0;
}

static inline host_word *host_words(const host_array *a) {
    return (host_word *)a->f;
}

/* the nest of a copy from `from` to `to` (in elements) */
static inline void host_copy_part(const host_call *c, const nest *loops, const host_array *in,
                                  size_t from, const host_array *out, size_t to) {
    host_copy_words(c->pool, loops, host_words(in) + from, host_words(out) + to);
}
/* one more axis inside the nest */
void host_add_loop(nest *l, size_t dim, size_t from_step, size_t to_step);

/* element i as a whole number (towards zero, NaN is 0) and as it is */
int64_t host_whole_at(const host_array *a, size_t i);
double host_number_at(const host_array *a, size_t i);
/* the first element, or the preset of an operand that is missing */
int64_t host_whole(const host_array *a, int64_t preset);
double host_single(const host_array *a, double preset);
/* an operand with one number for each of `n` */
anet_code host_want_length(const host_call *c, const char *what, const host_array *a, size_t n);

/* an axis in [0, rank) */
anet_code host_find_axis(const host_call *c, const host_array *a, int preset, int rank, int *axis);
anet_code host_want_rank(const host_call *c, const char *what, const host_array *a, int rank);
/* that result i has this shape (s->n does not matter) */
anet_code host_want_result(const host_call *c, int i, const shape *s);
/* Every index must be in [-length, length); `host_place` makes it one in [0, length). */
anet_code host_want_indices(const host_call *c, const host_array *indices, size_t length);
static inline size_t host_place(int32_t index, size_t length) {
    return index < 0 ? (size_t)((ptrdiff_t)length + index) : (size_t)index;
}
/* indices that are points: their last axis holds k numbers, one for each of the axes `dim` */
anet_code host_want_points(const host_call *c, const host_array *indices, const size_t *dim,
                           size_t k);
static inline size_t host_point_place(const int32_t *index, const size_t *dim, size_t k) {
    size_t at = 0;
    for (size_t i = 0; i < k; i++) {
        at = at * dim[i] + host_place(index[i], dim[i]);
    }
    return at;
}
/* inserts or appends an axis; false when there are too many */
bool host_insert_axis(shape *s, int axis, size_t dim);

/* For host_prepare: the constant string `arg` as its place in `choices` (they end with NULL); the
 * first one if it is missing. */
anet_code host_prepare_choice(planner *p, const mil_op *op, const char *arg,
                              const char *const *choices, const void **params);

#endif
