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

bool rule_scalar(const mil_inference *in, const char *name, int64_t fallback, int64_t *value) {
    constants c = rule_constants(in, name);
    *value = c.known == KNOWN && c.count == 1 ? (int64_t)c.at[0] : fallback;
    return c.known != UNKNOWN;
}

const char *rule_string(const mil_inference *in, const char *name) {
    const mil_operand *o = rule_operand(in, name);
    bool known = o && o->value && o->value->kind == MIL_STRINGS && o->value->count == 1;
    return known ? o->value->strings[0] : NULL;
}

bool rule_error(mil_inference *in, const char *fmt, ...) {
    char message[500];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    return mil_complain(in, MIL_M0409, in->op->loc, "%s", message);
}

bool rule_axis(mil_inference *in, double axis, int rank, int *resolved) {
    if (!(axis >= -rank && axis < rank) || axis != floor(axis)) {
        return rule_error(in, "axis %g does not exist in rank %d", axis, rank);
    }
    *resolved = (int)axis + (axis < 0 ? rank : 0);
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
