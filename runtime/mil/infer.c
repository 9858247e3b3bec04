/* infer.c: the common parts of the inference rules. */
#include "mil/infer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const mil_operand *rule_operand(const mil_inference *in, const char *name) {
    for (size_t i = 0; i < in->operands.len; i++) {
        if (strcmp(in->operands.at[i].param->name, name) == 0) {
            return &in->operands.at[i];
        }
    }
    return NULL;
}

size_t rule_operand_count(const mil_inference *in, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < in->operands.len; i++) {
        n += strcmp(in->operands.at[i].param->name, name) == 0;
    }
    return n;
}

mil_shape rule_shape_of(const mil_operand *o) {
    mil_shape s = {.dtype = o->type->dtype, .rank = o->type->rank};
    for (int i = 0; i < s.rank; i++) {
        s.dims[i] = o->type->dims[i];
    }
    return s;
}

mil_shape rule_operand_shape(const mil_inference *in, const char *name) {
    return rule_shape_of(rule_operand(in, name));
}

constants rule_constants(const mil_inference *in, const char *name) {
    const mil_operand *o = rule_operand(in, name);
    if (!o) {
        return (constants){.known = ABSENT};
    }
    if (!o->value || o->value->kind != MIL_NUMBERS) {
        return (constants){.known = UNKNOWN};
    }
    return (constants){KNOWN, o->value->count, o->value->numbers};
}

int64_t rule_length(const mil_inference *in, const char *name) {
    constants c = rule_constants(in, name);
    return c.known == KNOWN ? (int64_t)c.count : mil_elements(rule_operand(in, name)->type);
}

bool rule_scalar(const mil_inference *in, const char *name, int64_t fallback, int64_t *value) {
    constants c = rule_constants(in, name);
    if (c.known == UNKNOWN || (c.known == KNOWN && c.count != 1)) {
        return false;
    }
    *value = c.known == KNOWN ? (int64_t)c.at[0] : fallback;
    return true;
}

const char *rule_string(const mil_inference *in, const char *name) {
    const mil_operand *o = rule_operand(in, name);
    bool known = o && o->value && o->value->kind == MIL_STRINGS && o->value->count == 1;
    return known ? o->value->strings[0] : NULL;
}

bool rule_dtype(const mil_inference *in, const char *name, mil_dtype fallback, mil_dtype *dtype) {
    const char *word = rule_string(in, name);
    *dtype = word ? mil_dtype_named(word, strlen(word)) : fallback;
    return word || !rule_operand(in, name);
}

bool rule_error(mil_inference *in, const char *fmt, ...) {
    char message[500];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    return mil_complain(in, MIL_M0409, in->op->loc, "%s", message);
}

/* --- what operands must be --- */

bool rule_want_length(mil_inference *in, const char *name, int64_t length) {
    int64_t has = rule_operand(in, name) ? rule_length(in, name) : length;
    return has == length || has < 0 ||
           rule_error(in, "%s has %lld elements, expected %lld", name, (long long)has,
                      (long long)length);
}

bool rule_want_rank(mil_inference *in, const char *name, int low, int high) {
    const mil_operand *o = rule_operand(in, name);
    if (!o || (o->type->rank >= low && o->type->rank <= high)) {
        return true;
    }
    return low == high ? rule_error(in, "%s has rank %d, expected %d", name, o->type->rank, low)
                       : rule_error(in, "%s has rank %d, expected %d to %d", name, o->type->rank,
                                    low, high);
}

bool rule_want_shape(mil_inference *in, const char *name, int rank, const int64_t *dims) {
    const mil_operand *o = rule_operand(in, name);
    bool same = !o || o->type->rank == rank;
    for (int i = 0; o && same && i < rank; i++) {
        same = rule_same_dim(o->type->dims[i], dims[i]);
    }
    if (same) {
        return true;
    }
    mil_shape has = rule_shape_of(o), wanted = {.rank = rank};
    memcpy(wanted.dims, dims, (size_t)rank * sizeof *dims);
    shape_text is, expected;
    return rule_error(in, "%s is of shape %s, expected %s", name, rule_print_shape(&has, &is),
                      rule_print_shape(&wanted, &expected));
}

bool rule_want_vector(mil_inference *in, const char *name, int64_t length) {
    return rule_want_shape(in, name, 1, &length);
}

bool rule_want_numbers(mil_inference *in, const char *name, int count, int64_t low,
                       int64_t fallback, int64_t *numbers) {
    constants c = rule_constants(in, name);
    if (!rule_want_length(in, name, count)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        numbers[i] = c.known == ABSENT ? fallback : MIL_ANY_DIM;
        if (c.known == KNOWN && c.at[i] < (double)low) {
            return rule_error(in, "%s has the number %g, expected at least %lld", name, c.at[i],
                              (long long)low);
        }
        numbers[i] = c.known == KNOWN ? (int64_t)c.at[i] : numbers[i];
    }
    return true;
}

bool rule_want_scalar(mil_inference *in, const char *name, int64_t low, int64_t fallback,
                      int64_t *value) {
    *value = MIL_ANY_DIM;
    return !rule_scalar(in, name, fallback, value) || *value >= low ||
           rule_error(in, "%s is %lld, expected at least %lld", name, (long long)*value,
                      (long long)low);
}

bool rule_axis(mil_inference *in, double axis, int rank, int *resolved) {
    *resolved = 0;
    if (!(axis >= -rank && axis < rank) || axis != floor(axis)) {
        return rule_error(in, "axis %g does not exist in rank %d", axis, rank);
    }
    *resolved = (int)axis + (axis < 0 ? rank : 0);
    return true;
}

bool rule_constant_axis(mil_inference *in, const char *name, int64_t fallback, int rank,
                        int *resolved) {
    int64_t axis;
    *resolved = -1;
    return !rule_scalar(in, name, fallback, &axis) || rule_axis(in, (double)axis, rank, resolved);
}

bool rule_mark_axes(mil_inference *in, const char *name, int rank, bool *marked) {
    constants axes = rule_constants(in, name);
    for (int i = 0; i < rank; i++) {
        marked[i] = axes.known == ABSENT;
    }
    for (size_t i = 0; i < axes.count; i++) {
        int axis;
        if (!rule_axis(in, axes.at[i], rank, &axis)) {
            return false;
        }
        if (marked[axis]) {
            return rule_error(in, "axis %d is named twice", axis);
        }
        marked[axis] = true;
    }
    return true;
}

/* --- shapes --- */

bool rule_same_dim(int64_t a, int64_t b) {
    return a == b || a < 0 || b < 0;
}

mil_shape rule_unknown_dims(mil_dtype dtype, int rank) {
    mil_shape s = {.dtype = dtype, .rank = rank};
    for (int i = 0; i < rank; i++) {
        s.dims[i] = MIL_ANY_DIM;
    }
    return s;
}

bool rule_shape_from(mil_inference *in, const char *name, mil_dtype dtype, mil_shape *out) {
    constants c = rule_constants(in, name);
    int64_t rank = rule_length(in, name);
    if (rank > MIL_MAX_RANK) {
        return rule_error(in, "the result's rank would exceed %d", MIL_MAX_RANK);
    }
    *out = rule_unknown_dims(dtype, (int)rank);
    for (int i = 0; c.known == KNOWN && i < (int)rank; i++) {
        if (c.at[i] < 0) {
            return rule_error(in, "%s has the dimension %g", name, c.at[i]);
        }
        out->dims[i] = (int64_t)c.at[i];
    }
    return true;
}

const char *rule_print_shape(const mil_shape *s, shape_text *buffer) {
    size_t n = 0;
    buffer->at[n++] = '[';
    for (int i = 0; i < s->rank; i++) {
        const char *comma = i ? ", " : "";
        char *at = buffer->at + n;
        size_t room = sizeof buffer->at - n;
        n += (size_t)(s->dims[i] < 0 ? snprintf(at, room, "%s?", comma)
                                     : snprintf(at, room, "%s%lld", comma, (long long)s->dims[i]));
    }
    buffer->at[n++] = ']';
    buffer->at[n] = 0;
    return buffer->at;
}

bool rule_add_dim(mil_inference *in, mil_shape *s, int64_t dim) {
    if (s->rank == MIL_MAX_RANK) {
        return rule_error(in, "the result's rank would exceed %d", MIL_MAX_RANK);
    }
    s->dims[s->rank++] = dim;
    return true;
}

bool rule_multiply_dims(mil_inference *in, int64_t a, int64_t b, int64_t *product) {
    if (a < 0 || b < 0) {
        *product = MIL_ANY_DIM;
        return true;
    }
    if (a && b > INT64_MAX / a) {
        return rule_error(in, "the result's size is beyond 64 bits");
    }
    *product = a * b;
    return true;
}

int64_t rule_shape_elements(const mil_shape *s) {
    mil_shape copy = *s;
    mil_type t = {.kind = MIL_TENSOR, .dtype = s->dtype, .rank = s->rank, .dims = copy.dims};
    return s->rank < 0 ? -1 : mil_elements(&t);
}

static bool broadcast_dim(int64_t a, int64_t b, int64_t *out) {
    *out = a == 1 ? b : b == 1 || b < 0 ? a : a < 0 ? b : a;
    return a == b || a == 1 || b == 1 || a < 0 || b < 0;
}

bool rule_broadcast(mil_inference *in, const mil_shape *a, const mil_shape *b, mil_shape *out) {
    mil_shape result = {.dtype = a->dtype, .rank = a->rank > b->rank ? a->rank : b->rank};
    for (int i = 1; i <= result.rank; i++) {
        int64_t x = i <= a->rank ? a->dims[a->rank - i] : 1;
        int64_t y = i <= b->rank ? b->dims[b->rank - i] : 1;
        if (!broadcast_dim(x, y, &result.dims[result.rank - i])) {
            shape_text left, right;
            return rule_error(in, "shapes %s and %s do not broadcast", rule_print_shape(a, &left),
                              rule_print_shape(b, &right));
        }
    }
    *out = result;
    return true;
}

bool rule_give(mil_inference *in, const mil_shape *s) {
    mil_outcome outcome = {.shape = *s};
    vec_push(&in->outcomes, outcome);
    return true;
}

bool rule_give_type(mil_inference *in, const mil_type *t) {
    mil_outcome outcome = {.whole = t};
    vec_push(&in->outcomes, outcome);
    return true;
}

bool rule_give_unknown(mil_inference *in) {
    in->outcomes.len = 0;
    in->believe = true;
    return true;
}
