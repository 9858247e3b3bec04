/* graph_lex.c: the words of the text form of the graph, and messages about them. */
#include "graph_reader.h"

#include <string.h>

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* "1e-05" but not "1-05" */
static bool goes_on(const token *t, char c) {
    char last = t->at[t->len - 1];
    bool exponent = t->kind == NUMBER && (last == 'e' || last == 'E');
    return is_letter(c) || is_digit(c) || c == '.' || (exponent && (c == '-' || c == '+'));
}

static void skip_blanks(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r')) {
        r->at++;
    }
    if (r->end - r->at >= 2 && r->at[0] == '/' && r->at[1] == '/') {
        while (r->at < r->end && *r->at != '\n') {
            r->at++;
        }
    }
}

void lex_next(reader *r) {
    skip_blanks(r);
    token *t = &r->now;
    *t = (token){END_OF_TEXT, r->at, 0};
    if (r->at == r->end) {
        return;
    }
    char c = *r->at++;
    t->len = 1;
    t->kind = c == '\n' ? END_OF_LINE : is_letter(c) ? WORD : is_digit(c) ? NUMBER : SIGN;
    while ((t->kind == WORD || t->kind == NUMBER) && r->at < r->end && goes_on(t, *r->at)) {
        r->at++;
        t->len++;
    }
    bool pair = r->at < r->end &&
                ((c == '-' && *r->at == '>') || (c == '+' && *r->at == '=' && t->kind == SIGN));
    r->at += pair;
    t->len += pair;
}

/* --- messages --- */

bool lex_error(reader *r, const char *at, const char *fmt, ...) {
    size_t line = 1;
    for (const char *c = r->begin; c < at; c++) {
        line += *c == '\n';
    }
    va_list ap;
    va_start(ap, fmt);
    anet_fail(r->err, ANET_BAD_INPUT, "%s:%zu: %s", r->name, line,
              arena_vprintf(r->g->memory, fmt, ap));
    va_end(ap);
    return false;
}

const char *lex_found(const reader *r) {
    const token *t = &r->now;
    if (t->kind == END_OF_TEXT || t->kind == END_OF_LINE) {
        return t->kind == END_OF_TEXT ? "the end of the text" : "the end of the line";
    }
    bool readable = (unsigned char)*t->at >= ' ' && (unsigned char)*t->at < 127;
    return readable ? arena_printf(r->g->memory, "`%.*s`", t->len < 60 ? (int)t->len : 60, t->at)
                    : arena_printf(r->g->memory, "byte 0x%02x", (unsigned)(unsigned char)*t->at);
}

bool lex_expected(reader *r, const char *what) {
    return lex_error(r, r->now.at, "expected %s, found %s", what, lex_found(r));
}

bool lex_unknown(reader *r, const char *what, const char *const *names, size_t n) {
    const char *word = arena_strndup(r->g->memory, r->now.at, r->now.len);
    const char *near = nearest_name(word, names, n);
    return near ? lex_error(r, r->now.at, "unknown %s `%s`; did you mean `%s`?", what, word, near)
                : lex_error(r, r->now.at, "unknown %s %s", what, lex_found(r));
}

/* --- what is next --- */

bool lex_is(const reader *r, const char *s) {
    return r->now.kind != END_OF_TEXT && r->now.len == strlen(s) &&
           memcmp(r->now.at, s, r->now.len) == 0;
}

bool lex_accept(reader *r, const char *s) {
    bool yes = lex_is(r, s);
    if (yes) {
        lex_next(r);
    }
    return yes;
}

bool lex_expect(reader *r, const char *s) {
    return lex_accept(r, s) || lex_expected(r, arena_printf(r->g->memory, "`%s`", s));
}

bool lex_end_line(reader *r) {
    if (r->now.kind != END_OF_LINE && r->now.kind != END_OF_TEXT) {
        return lex_expected(r, "the end of the line");
    }
    while (r->now.kind == END_OF_LINE) {
        lex_next(r);
    }
    return true;
}

loc lex_place(const reader *r, const char *from) {
    return (loc){1, (uint32_t)(from - r->begin), (uint32_t)(r->now.at - r->begin)};
}
