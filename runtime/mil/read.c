/* read.c: mil_read, and what lexer and parser share: errors, places, names. */
#include "mil/reader.h"

#include "base/hash.h"
#include "mil_parser.h"

#include <limits.h>
#include <string.h>

bool mil_read_error(mil_reader *r, mil_finding_id id, mil_loc at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    mil_vfind_in(r->findings, id, at, NULL, fmt, ap);
    va_end(ap);
    return false;
}

mil_loc mil_locate(const mil_reader *r, const unsigned char *at) {
    mil_loc loc = {1, 1};
    for (const unsigned char *s = r->text; s < at; s++) {
        loc = *s == '\n' ? (mil_loc){loc.line + 1, 1} : (mil_loc){loc.line, loc.column + 1};
    }
    return loc;
}

bool mil_parse_uint64(const unsigned char *s, uint64_t *x) {
    const unsigned char *first = s;
    *x = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        unsigned digit = *s - '0';
        if (*x > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *x = *x * 10 + digit;
    }
    bool more = *s == '.' || *s == 'e' || *s == 'E' || *s == 'x' || *s == 'X';
    return s > first && !more;
}

bool mil_parse_int64(const unsigned char *s, int64_t *x) {
    bool negative = *s == '-';
    uint64_t magnitude;
    if (!mil_parse_uint64(s + (*s == '-' || *s == '+'), &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    *x = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

/* --- names --- */

static char **find_place(char **places, size_t count, const char *s, size_t n) {
    size_t i = hash_bytes(s, n) & (count - 1);
    while (places[i] && (strncmp(places[i], s, n) != 0 || places[i][n] != 0)) {
        i = (i + 1) & (count - 1);
    }
    return &places[i];
}

static void grow_names(mil_reader *r) {
    size_t count = r->interned_places ? r->interned_places * 2 : 256;
    char **places = anet_calloc(count, sizeof *places);
    for (size_t i = 0; i < r->interned_places; i++) {
        char *s = r->interned[i];
        if (s) {
            *find_place(places, count, s, strlen(s)) = s;
        }
    }
    free(r->interned);
    r->interned = places;
    r->interned_places = count;
}

char *mil_intern(mil_reader *r, const char *s, size_t n) {
    if (r->interned_count * 2 >= r->interned_places) {
        grow_names(r);
    }
    char **place = find_place(r->interned, r->interned_places, s, n);
    if (!*place) {
        *place = arena_strndup(r->memory, s, n);
        r->interned_count++;
    }
    return *place;
}

/* --- reading --- */

static void free_stacks(mil_reader *r) {
    vec_free(&r->cells);
    vec_free(&r->blobs);
    vec_free(&r->dims);
    vec_free(&r->types);
    vec_free(&r->attrs);
    vec_free(&r->args);
    vec_free(&r->names);
    vec_free(&r->strings);
    vec_free(&r->ops);
    vec_free(&r->blocks);
    vec_free(&r->funcs);
    free(r->interned);
}

/* a copy with a NUL behind its end, which the lexer relies on */
static unsigned char *copy_text(const char *source, size_t size) {
    unsigned char *copy = anet_calloc(size + 1, 1);
    if (size) {
        memcpy(copy, source, size);
    }
    return copy;
}

static mil_program *parse(unsigned char *copy, size_t size, mil_findings *f) {
    arena *memory = arena_new();
    mil_reader r = {.memory = memory,
                    .findings = f,
                    .program = ARENA_NEW(memory, mil_program),
                    .text = copy,
                    .end = copy + size,
                    .at = copy,
                    .line_start = copy,
                    .line = 1};
    r.program->memory = memory;
    int failed = mil_yyparse(&r);
    free_stacks(&r);
    if (failed) {
        arena_free(memory);
        return NULL;
    }
    return r.program;
}

mil_program *mil_read_found(const char *source, size_t size, mil_findings *f) {
    if (size >= INT_MAX) {
        mil_find_in(f, MIL_M0107, (mil_loc){0}, NULL,
                    "MIL text of %zu bytes; at most 2 GiB are supported", size);
        return NULL;
    }
    const char *other = mil_recognise_other(source, size);
    if (other) {
        mil_find_in(f, MIL_M0106, (mil_loc){1, 1}, NULL,
                    "this is %s, not MIL text, which starts with program(1.0) or program(1.3)",
                    other);
        return NULL;
    }
    unsigned char *copy = copy_text(source, size);
    mil_program *program = parse(copy, size, f);
    free(copy);
    return program;
}

anet_code mil_read(const char *source, size_t size, const char *name, mil_program **program,
                   anet_error *err) {
    mil_findings f = {.memory = arena_new(), .max_errors = 1};
    *program = mil_read_found(source, size, &f);
    anet_code code = mil_findings_fail(&f, name, err);
    if (!*program && !code) {
        code = anet_fail(err, ANET_INTERNAL, "%s: the MIL parser gave up without a reason", name);
    }
    arena_free(f.memory);
    mil_findings_free(&f);
    return code;
}
