/* parse.h: what the lexer (grammar/anet.re), the grammar (grammar/anet.y) and parse.c share. */
#ifndef ANET_PARSE_H
#define ANET_PARSE_H

#include "ast.h"

#include <stdbool.h>
#include <stdint.h>

enum { MAX_NESTING = 1000 };

/* A node, or the first and last of a list, and how deep it nests: the tree is walked recursively
 * later. */
typedef struct tree {
    ast *first, *last;
    int depth;
} tree;

typedef struct token {
    int kind; /* TOK_... of anet_parser.h */
    bool first_of_line;
    loc at;
    union {
        const char *text;
        int64_t integer;
        double number;
    } as;
} token;

typedef struct bracket {
    char open;
    uint32_t at;
} bracket;

typedef struct parser {
    arena *memory;
    const sources *files;
    diags *d;
    const source *source;
    uint32_t file;
    const unsigned char *cursor;

    token previous, before; /* handed out last, and before that */
    bool annotation;        /* previous names one */
    bracket left_open;      /* previous closed a block that had this bracket open */
    token held;             /* read, but a separator goes first */
    bool holding;
    bracket open[MAX_NESTING];
    int depth;
    bool suspected; /* a `}` stood in another column than the line of its `{`: where a `}` was
                       forgotten */
    bracket suspect;

    bool skipping;  /* after a syntax error, in a block that has ... */
    int skip_depth; /* ... this many brackets around it */
    bool skip_head; /* the error is in the head of a declaration, so that its body is read */
    int closing;    /* `}` still to be made up */
    bool quiet;     /* what follows is a consequence */
    bool stopped;   /* no more tokens */
    ast *result;
} parser;

/* grammar/anet.re: the next token; comments and blanks are skipped, t->first_of_line says if a line
 * ended. */
void anet_scan(parser *p, token *t);
/* grammar/anet.y: how a token is shown: "->", "name", "end of line". */
const char *anet_token_name(int kind);

/* next_token.c */
void parser_init(parser *p, arena *memory, const sources *files, diags *d, uint32_t file);
token next_token(parser *p);
char *token_text(const parser *p, const token *t);
void too_deep(parser *p, loc at);
/* how many of the `depth` outermost open brackets enclose the innermost block, its `{` included */
int block_depth(const parser *p, int depth);
loc bracket_at(const parser *p, bracket b);
bool missing_brace(const parser *p);
/* From here on next_token skips to where the grammar can go on. */
void resume_after_error(parser *p);

/* syntax_error.c: reports that p->previous does not fit; `expected` are token names. */
void syntax_error(parser *p, const char *const *expected, int n_expected);

/* parse.c: for the actions of the grammar */
tree node(parser *p, ast_kind kind, loc at, const char *text, tree a, tree b, tree c);
tree append(tree list, tree item);
tree binary(parser *p, loc at, const char *op, tree a, tree b);
tree binding(parser *p, loc at, tree left, tree value, tree annotations);
tree function(parser *p, loc at, tree arguments, tree results, bool is_tuple, tree body);
loc span(loc from, loc to);
/* "a.b" and "c" to "a.b.c" */
const char *import_path(parser *p, loc at, const char *folder, const char *name);

#endif
