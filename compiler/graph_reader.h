/* graph_reader.h: what the parts of graph_read.c share. Not for others. */
#ifndef ANET_GRAPH_READER_H
#define ANET_GRAPH_READER_H

#include "graph.h"
#include "name_map.h"

#include "base/status.h"

typedef enum token_kind { END_OF_TEXT, END_OF_LINE, WORD, NUMBER, SIGN } token_kind;

typedef struct token {
    token_kind kind;
    const char *at;
    size_t len;
} token;

typedef struct reader {
    graph *g;
    const char *name, *begin, *at, *end;
    anet_error *err;
    token now;         /* the next token */
    VEC(uint32_t) ids; /* of each value, increasing */
    name_map params;   /* to the index of each, a size_t */
    uint32_t call;     /* that nodes are of */
} reader;

/* All functions that return bool, other than lex_is and lex_accept, return false after an error. */

/* --- graph_lex.c --- */

static inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

void lex_next(reader *r);                    /* what is after r->now becomes r->now */
bool lex_is(const reader *r, const char *s); /* is it the next token? */
bool lex_accept(reader *r, const char *s);   /* the same, and takes it */
bool lex_expect(reader *r, const char *s);
bool lex_end_line(reader *r);
/* what lies between `from` and the next token */
loc lex_place(const reader *r, const char *from);

/* Messages; all return false. */
bool lex_error(reader *r, const char *at, const char *fmt, ...) ANET_PRINTF(3, 4);
bool lex_expected(reader *r, const char *what);
bool lex_unknown(reader *r, const char *what, const char *const *names, size_t n);
/* the next token as shown in a message */
const char *lex_found(const reader *r);

/* --- graph_read_parts.c; `what` says in messages what is read --- */

bool read_name(reader *r, const char *what, const char **name);
/* the place of the next word in a list that ends with NULL */
bool read_choice(reader *r, const char *what, const char *const *names, int *which);
bool read_integer(reader *r, const char *what, int64_t least, int64_t most, int64_t *x);
bool read_number(reader *r, double *x);
bool read_shape(reader *r, shape *s);
bool read_kernel_number(reader *r, uint32_t *number); /* "k12", declared or not */
/* one that an earlier line has made or declared */
bool read_value(reader *r, value *v);
bool read_param_name(reader *r, int64_t *which);
bool read_call_number(reader *r, uint32_t *call);

/* --- lines, without their ends --- */

bool read_declaration(reader *r); /* graph_read_declarations.c */
bool read_node(reader *r);        /* graph_read_nodes.c: "%12 : ..." */

#endif
