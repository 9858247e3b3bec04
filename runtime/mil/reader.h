/* reader.h: what the lexer, the parser's actions and literal.c share. Not for others.
 *
 * Lists are gathered on one stack per kind of element: a rule remembers the stack's height before
 * its first element and takes what lies above into an exactly sized array. */
#ifndef ANET_MIL_READER_H
#define ANET_MIL_READER_H

#include "base/vec.h"
#include "mil/findings.h"

typedef struct mil_blob_place {
    char *path;
    uint64_t offset;
} mil_blob_place;

/* heights of `cells` and `blobs` where a literal starts */
typedef struct mil_mark {
    size_t cells, blobs;
} mil_mark;

typedef struct mil_list { /* in the arena */
    int count;
    void *at;
} mil_list;

typedef struct mil_reader {
    arena *memory;
    mil_findings *findings;
    mil_program *program;

    const unsigned char *text, *end; /* NUL at *end */
    const unsigned char *at, *token; /* next character; the token just read */
    const unsigned char *line_start;
    int line, depth;

    /* A literal in the making is a list of places in the text: its tokens' first characters. */
    VEC(const unsigned char *) cells;
    VEC(mil_blob_place) blobs;

    VEC(int64_t) dims;
    VEC(mil_type) types;
    VEC(mil_attr) attrs;
    VEC(mil_arg) args;
    VEC(mil_name) names;
    VEC(char *) strings;
    VEC(mil_op) ops;
    VEC(mil_block) blocks;
    VEC(mil_func) funcs;

    char **interned; /* open addressing, a power of two of places */
    size_t interned_places, interned_count;
} mil_reader;

/* records what is wrong and returns false, so that actions can `|| abort` */
bool mil_read_error(mil_reader *r, mil_finding_id id, mil_loc at, const char *fmt, ...)
    ANET_PRINTF(4, 5);
mil_loc mil_locate(const mil_reader *r, const unsigned char *at);

char *mil_intern(mil_reader *r, const char *s, size_t n);
bool mil_parse_int64(const unsigned char *s, int64_t *x); /* decimal digits after one sign */
bool mil_parse_uint64(const unsigned char *s, uint64_t *x);

/* --- recognise.c --- */
/* what a text that cannot be MIL seems to be ("a zip archive ..."); NULL when it may be MIL */
const char *mil_recognise_other(const char *source, size_t size);

/* --- literal.c --- */
/* turns the cells above `mark` into a value of the given type and drops them */
bool mil_take_value(mil_reader *r, mil_mark mark, mil_type type, mil_value *value);
/* the same without a type in front: the literal says what it is */
bool mil_take_untyped(mil_reader *r, mil_mark mark, mil_value *value);
/* BLOBFILE(path = .., offset = ..): the attributes above `first` */
bool mil_take_blob(mil_reader *r, size_t first, mil_loc at);

#endif
