/* calls.c: what the kernels of calls share. */
#include "host/op_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

anet_code host_call_fail(const host_call *c, const char *fmt, ...) {
    char message[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    return anet_fail(c->err, ANET_BAD_INPUT, "%s:%d:%d: %s: %s", c->name, c->loc.line,
                     c->loc.column, c->op, message);
}

void host_add_loop(nest *l, size_t dim, size_t from_step, size_t to_step) {
    l->operands = 2;
    l->dim[l->rank] = dim;
    l->step[0][l->rank] = (ptrdiff_t)from_step;
    l->step[1][l->rank++] = (ptrdiff_t)to_step;
}

double host_number_at(const host_array *a, size_t i) {
    return mil_is_integer(a->dtype) ? (double)a->i[i] : (double)a->f[i];
}

int64_t host_whole_at(const host_array *a, size_t i) {
    double x = host_number_at(a, i);
    return !(fabs(x) < 0x1p62) ? (x > 0) - (x < 0) : (int64_t)x;
}

int64_t host_whole(const host_array *a, int64_t preset) {
    return host_is_given(a) ? host_whole_at(a, 0) : preset;
}

double host_single(const host_array *a, double preset) {
    return host_is_given(a) ? host_number_at(a, 0) : preset;
}

anet_code host_want_length(const host_call *c, const char *what, const host_array *a, size_t n) {
    return a->shape.n == n && a->dtype
               ? ANET_OK
               : host_call_fail(c, "%s needs %zu numbers, but has %zu", what, n, a->shape.n);
}

anet_code host_find_axis(const host_call *c, const host_array *a, int preset, int rank, int *axis) {
    int64_t x = host_whole(a, preset);
    *axis = (int)(x < 0 ? x + rank : x);
    return x >= -rank && x < rank
               ? ANET_OK
               : host_call_fail(c, "axis %lld does not exist in rank %d", (long long)x, rank);
}

anet_code host_want_rank(const host_call *c, const char *what, const host_array *a, int rank) {
    return a->shape.rank == rank
               ? ANET_OK
               : host_call_fail(c, "%s has rank %d, not %d", what, a->shape.rank, rank);
}

static const char *print_dims(const shape *s, char *to, size_t size) {
    size_t at = 0;
    to[0] = 0;
    for (int i = 0; i < s->rank && at < size; i++) {
        at += (size_t)snprintf(to + at, size - at, "%s%zu", i ? ", " : "", s->dim[i]);
    }
    return to;
}

anet_code host_want_result(const host_call *c, int i, const shape *s) {
    if (i >= c->outs) {
        return host_call_fail(c, "result %d is missing", i);
    }
    char is[160], wanted[160];
    return shape_same(&c->out[i].shape, s)
               ? ANET_OK
               : host_call_fail(c, "the result is declared as [%s] but computed as [%s]",
                                print_dims(&c->out[i].shape, is, sizeof is),
                                print_dims(s, wanted, sizeof wanted));
}

anet_code host_want_indices(const host_call *c, const host_array *indices, size_t length) {
    return host_want_points(c, indices, &length, 1);
}

anet_code host_want_points(const host_call *c, const host_array *indices, const size_t *dim,
                           size_t k) {
    if (!mil_is_integer(indices->dtype)) {
        return host_call_fail(c, "indices must be integers");
    }
    for (size_t i = 0, axis = 0; i < indices->shape.n; i++) {
        int64_t index = indices->i[i], length = (int64_t)dim[axis];
        if (index < -length || index >= length) {
            return host_call_fail(
                c, "index %lld (element %zu of the indices) is outside [-%lld, %lld)",
                (long long)index, i, (long long)length, (long long)length);
        }
        axis = axis + 1 == k ? 0 : axis + 1;
    }
    return ANET_OK;
}

bool host_insert_axis(shape *s, int axis, size_t dim) {
    if (s->rank == MAX_RANK) {
        return false;
    }
    memmove(s->dim + axis + 1, s->dim + axis, (size_t)(s->rank - axis) * sizeof *s->dim);
    s->dim[axis] = dim;
    s->rank++;
    return true;
}

anet_code host_prepare_choice(planner *p, const mil_op *op, const char *arg,
                              const char *const *choices, const void **params) {
    int *choice = ARENA_NEW(p->memory, int);
    *params = choice;
    return host_choice(p, op, arg, choices, 0, choice);
}
