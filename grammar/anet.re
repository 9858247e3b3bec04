/* anet.re: the words of the language.
 *
 * Names and operators are ASCII; other characters may stand in comments and strings. The text ends with
 * a NUL and holds no other (checked before). Where a line ends a statement is decided in next_token.c. */
#include "parse.h"

#include "anet_parser.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static loc here(const parser *p, const unsigned char *from, const unsigned char *to) {
    const unsigned char *start = (const unsigned char *)p->source->text;
    return (loc){p->file, (uint32_t)(from - start), (uint32_t)(to - start)};
}

static bool holds_newline(const unsigned char *from, const unsigned char *to) {
    return memchr(from, '\n', (size_t)(to - from)) != NULL;
}

static int set_integer(parser *p, token *t, const unsigned char *from) {
    errno = 0;
    unsigned long long value = strtoull((const char *)from, NULL, 10);
    if (errno || value > INT64_MAX) {
        diag_error(p->d, E0104, here(p, from, p->cursor), "integers are at most 9223372036854775807");
        value = 0;
    }
    t->as.integer = (int64_t)value;
    return TOK_INTEGER;
}

static int set_real(parser *p, token *t, const unsigned char *from) {
    errno = 0;
    double value = strtod((const char *)from, NULL);
    if (!isfinite(value) || (errno && value == 0)) {
        diag_error(p->d, E0104, here(p, from, p->cursor), "number too %s for a double", value == 0 ? "small" : "large");
        value = 0;
    }
    t->as.number = value;
    return TOK_REAL;
}

static char escaped(unsigned char c) {
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case '"':
    case '\\':
        return (char)c;
    default:
        return 0;
    }
}

/* [from, to) is what stands between the quotes */
static int set_string(parser *p, token *t, const unsigned char *from, const unsigned char *to) {
    char *out = arena_alloc(p->memory, (size_t)(to - from) + 1);
    t->as.text = out;
    for (const unsigned char *s = from; s < to; s++) {
        if (*s != '\\') {
            *out++ = (char)*s;
        } else if (s + 1 < to && escaped(s[1])) {
            *out++ = escaped(*++s);
        } else {
            diag_error(p->d, E0102, here(p, s, s + 1 < to ? s + 2 : to),
                       "unknown escape; strings know \\n \\t \\\" \\\\");
        }
    }
    return TOK_STRING;
}

/* A piece of text that is no token; the caller goes on behind it. */
static diag *lexical_error(parser *p, const unsigned char *from, const char *what) {
    loc at = here(p, from, p->cursor);
    return diag_error(p->d, E0102, at, "%s", what);
}

/* The operator of another language: read as ours. */
static int foreign(parser *p, const unsigned char *from, int kind) {
    diag *e = lexical_error(p, from, "unknown operator");
    diag_add_hint(p->d, e, "write `%s`", anet_token_name(kind));
    return kind;
}

/* The kind of the token at *start; t gets its value. */
static int scan(parser *p, token *t, const unsigned char **start) {
    for (;;) {
        const unsigned char *from = *start = p->cursor, *marker;
        /*!re2c
        re2c:define:YYCTYPE = "unsigned char";
        re2c:define:YYCURSOR = p->cursor;
        re2c:define:YYMARKER = marker;
        re2c:yyfill:enable = 0;
        re2c:sentinel = 0;

        digits   = [0-9]+;
        letter   = [a-zA-Z_];
        name     = letter [a-zA-Z_0-9]*;
        exponent = [eE] [+-]? digits;
        real     = digits "." digits exponent? | digits exponent;
        chars    = ([^"\\\n\x00] | "\\" [^\n\x00])*;

        [\x00]              { p->cursor = from; return TOK_END; }
        [ \t\r]+            { continue; }
        "\n"                { t->first_of_line = true; continue; }
        "//" [^\n\x00]*     { continue; }
        "/*" ([^*\x00] | "*"+ [^*/\x00])* "*"+ "/" {
            t->first_of_line |= holds_newline(from, p->cursor);
            continue;
        }
        "/*"                {
            lexical_error(p, from, "the comment is never closed");
            p->cursor += strlen((const char *)p->cursor);
            p->quiet = true;
            continue;
        }

        "import"     { return TOK_IMPORT; }
        "model"      { return TOK_MODEL; }
        "layer"      { return TOK_LAYER; }
        "config"     { return TOK_CONFIG; }
        "input"      { return TOK_INPUT; }
        "target"     { return TOK_TARGET; }
        "output"     { return TOK_OUTPUT; }
        "param"      { return TOK_PARAM; }
        "frozen"     { return TOK_FROZEN; }
        "require"    { return TOK_REQUIRE; }
        "if"         { return TOK_IF; }
        "else"       { return TOK_ELSE; }
        "train"      { return TOK_TRAIN; }
        "checkpoint" { return TOK_CHECKPOINT; }
        "repeat"     { return TOK_REPEAT; }
        "as"         { return TOK_AS; }
        "token"      { return TOK_TOKEN; }
        "true"       { return TOK_TRUE; }
        "false"      { return TOK_FALSE; }
        "and"        { return TOK_AND; }
        "or"         { return TOK_OR; }
        "not"        { return TOK_NOT; }

        "->" { return TOK_ARROW; }
        "==" { return TOK_EQ; }
        "!=" { return TOK_NE; }
        "<"  { return TOK_LT; }
        "<=" { return TOK_LE; }
        ">"  { return TOK_GT; }
        ">=" { return TOK_GE; }
        "+"  { return TOK_PLUS; }
        "-"  { return TOK_MINUS; }
        "*"  { return TOK_STAR; }
        "/"  { return TOK_SLASH; }
        "%"  { return TOK_PERCENT; }
        "="  { return TOK_ASSIGN; }
        "?"  { return TOK_QUESTION; }
        ":"  { return TOK_COLON; }
        ","  { return TOK_COMMA; }
        "."  { return TOK_DOT; }
        "@"  { return TOK_AT; }
        ";"  { return TOK_SEP; }
        "("  { return TOK_LPAREN; }
        ")"  { return TOK_RPAREN; }
        "["  { return TOK_LBRACKET; }
        "]"  { return TOK_RBRACKET; }
        "{"  { return TOK_LBRACE; }
        "}"  { return TOK_RBRACE; }

        name   { return TOK_NAME; }
        digits { return set_integer(p, t, from); }
        real   { return set_real(p, t, from); }

        (digits | real) name {
            lexical_error(p, from, "malformed number");
            return TOK_INTEGER;
        }
        "." digits exponent? {
            diag *e = lexical_error(p, from, "malformed number");
            diag_add_hint(p->d, e, "write a digit before the point");
            return TOK_REAL;
        }

        ["] chars ["] { return set_string(p, t, from + 1, p->cursor - 1); }
        ["] chars "\\"? {
            lexical_error(p, from, "the string is not closed on its line");
            t->as.text = "";
            return TOK_STRING;
        }

        "&&" { return foreign(p, from, TOK_AND); }
        "||" { return foreign(p, from, TOK_OR); }
        "!"  { return foreign(p, from, TOK_NOT); }
        "#" [^\n\x00]* {
            lexical_error(p, from, "comments start with `//`");
            continue;
        }
        "'" [^'\n\x00]* "'"? {
            lexical_error(p, from, "strings stand in double quotes");
            t->as.text = "";
            return TOK_STRING;
        }
        [\x80-\xff]+ {
            lexical_error(p, from, "only comments and strings may hold characters other than ASCII");
            continue;
        }
        [^] { lexical_error(p, from, "unknown character"); continue; }
        */
    }
}

void anet_scan(parser *p, token *t) {
    const unsigned char *start;
    *t = (token){0};
    t->kind = scan(p, t, &start);
    t->at = here(p, start, p->cursor);
    if (t->kind == TOK_NAME) {
        t->as.text = token_text(p, t);
    }
}
