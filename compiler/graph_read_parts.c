/* graph_read_parts.c: the parts of a line: names, numbers, shapes, what earlier lines declare. */
#include "graph_reader.h"

#include <errno.h>
#include <stdlib.h>

enum { MAX_GRAPH_KERNELS = 16384 }; /* the scheduler goes as deep as kernels wait for kernels */

bool read_name(reader *r, const char *what, const char **name) {
    if (r->now.kind != WORD) {
        return lex_expected(r, what);
    }
    *name = arena_strndup(r->g->memory, r->now.at, r->now.len);
    lex_next(r);
    return true;
}

bool read_choice(reader *r, const char *what, const char *const *names, int *which) {
    size_t n = 0;
    while (names[n]) {
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        if (lex_accept(r, names[i])) {
            *which = (int)i;
            return true;
        }
    }
    return r->now.kind == WORD ? lex_unknown(r, what, names, n) : lex_expected(r, what);
}

/* --- numbers --- */

/* `most` is at most 2^32, so nothing overflows before it is seen. */
static bool digits_value(const char *s, size_t n, int64_t most, int64_t *x) {
    *x = 0;
    for (size_t i = 0; i < n; i++) {
        *x = *x * 10 + (s[i] - '0');
        if (!is_digit(s[i]) || *x > most) {
            return false;
        }
    }
    return n > 0;
}

bool read_integer(reader *r, const char *what, int64_t least, int64_t most, int64_t *x) {
    if (r->now.kind != NUMBER) {
        return lex_expected(r, what);
    }
    if (!digits_value(r->now.at, r->now.len, most, x) || *x < least) {
        return lex_error(r, r->now.at, "%s is a whole number from %lld to %lld, not %s", what,
                         (long long)least, (long long)most, lex_found(r));
    }
    lex_next(r);
    return true;
}

bool read_number(reader *r, double *x) {
    bool minus = lex_accept(r, "-");
    bool special = lex_is(r, "inf") || lex_is(r, "nan");
    if (r->now.kind != NUMBER && !special) {
        return lex_expected(r, "a number");
    }
    const char *digits = arena_strndup(r->g->memory, r->now.at, r->now.len);
    char *rest;
    errno = 0;
    *x = strtod(digits, &rest);
    bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    if (*rest || hex || (!special && *x - *x != 0)) {
        return lex_error(r, r->now.at, "%s is not a number, or not one of double precision",
                         lex_found(r));
    }
    *x = minus ? -*x : *x;
    lex_next(r);
    return true;
}

bool read_kernel_number(reader *r, uint32_t *number) {
    int64_t x;
    if (r->now.kind != WORD || *r->now.at != 'k' ||
        !digits_value(r->now.at + 1, r->now.len - 1, MAX_GRAPH_KERNELS, &x) || x == 0) {
        return lex_expected(r, "a kernel from k1 to k16384");
    }
    *number = (uint32_t)x;
    lex_next(r);
    return true;
}

static bool read_size(reader *r, shape *s) {
    const int64_t max_elements = (int64_t)1 << 40;
    if (s->rank == ANET_MAX_RANK) {
        return lex_error(r, r->now.at, "a tensor has at most %d axes", ANET_MAX_RANK);
    }
    if (r->now.kind == WORD &&
        (!read_name(r, "an axis", &s->axis[s->rank]) || !lex_expect(r, "="))) {
        return false;
    }
    const char *at = r->now.at;
    if (!read_integer(r, "a size", 1, INT32_MAX, &s->dim[s->rank])) {
        return false;
    }
    if (shape_size(s) > max_elements / s->dim[s->rank]) {
        return lex_error(r, at, "a tensor has at most 2^40 elements");
    }
    s->rank++;
    return true;
}

bool read_shape(reader *r, shape *s) {
    *s = (shape){0};
    if (!lex_expect(r, "[")) {
        return false;
    }
    while (!lex_is(r, "]")) {
        if ((s->rank && !lex_expect(r, ",")) || !read_size(r, s)) {
            return false;
        }
    }
    return lex_expect(r, "]");
}

/* --- what earlier lines declare --- */

bool read_value(reader *r, value *v) {
    const char *at = r->now.at;
    int64_t id;
    if (!lex_expect(r, "%") || !read_integer(r, "the number of a value", 1, UINT32_MAX, &id)) {
        return false;
    }
    size_t low = 0, high = r->ids.len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (r->ids.at[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == r->ids.len || r->ids.at[low] != id) {
        return lex_error(r, at, "no earlier line makes %%%lld", (long long)id);
    }
    *v = (value)low;
    return true;
}

bool read_param_name(reader *r, int64_t *which) {
    if (r->now.kind != WORD) {
        return lex_expected(r, "the name of a parameter");
    }
    const size_t *index = name_get(&r->params, arena_strndup(r->g->memory, r->now.at, r->now.len));
    if (!index) {
        VEC(const char *) names = {0};
        for (size_t i = 0; i < r->g->params.len; i++) {
            vec_push(&names, r->g->params.at[i].name);
        }
        lex_unknown(r, "parameter", names.at, names.len);
        vec_free(&names);
        return false;
    }
    *which = (int64_t)*index;
    lex_next(r);
    return true;
}

bool read_call_number(reader *r, uint32_t *call) {
    const char *at = r->now.at;
    int64_t number;
    if (!read_integer(r, "the number of a call", 0, UINT32_MAX, &number)) {
        return false;
    }
    if ((uint64_t)number >= r->g->calls.len) {
        return lex_error(r, at, "call %lld is not declared", (long long)number);
    }
    *call = (uint32_t)number;
    return true;
}
