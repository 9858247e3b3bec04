/* syntax_error.c: what is said about a syntax error: the token, what was expected instead, and how
 * to put it right. */
#include "parse.h"

#include "anet_parser.h"

#include <ctype.h>
#include <string.h>

/* A set of expected tokens that one phrase says. Where `mark` is expected, so are the `words`. */
typedef struct phrase {
    const char *mark, *words, *says;
} phrase;

#define CONTEXTUAL_NAMES "name config input target output frozen train checkpoint token as "

static const phrase phrases[] = {
    {"import", "end_of_file import model layer ", "`import`, `model` or `layer`"},
    {"require", CONTEXTUAL_NAMES "param require if ( @ ", "a definition"},
    {"true", CONTEXTUAL_NAMES "integer real_number string true false not - ( repeat @ ",
     "an expression"},
    {"name", CONTEXTUAL_NAMES, "a name"},
    {"*", "-> ? or and == != < <= > >= + - * / % . [ ( ", ""},
};

static bool among(const char *words, const char *word) {
    char pattern[32];
    size_t n = 0;
    for (; word[n] && n + 2 < sizeof pattern; n++) {
        pattern[n] = word[n] == ' ' ? '_' : word[n];
    }
    pattern[n++] = ' ';
    pattern[n] = 0;
    for (const char *s = words; (s = strstr(s, pattern)) != NULL; s++) {
        if (s == words || s[-1] == ' ') {
            return true;
        }
    }
    return false;
}

static bool expects(const char *const *expected, int n, const char *name) {
    for (int i = 0; i < n; i++) {
        if (strcmp(expected[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool at_statement_start(const parser *p) {
    int before = p->before.kind;
    return before == TOK_SEP || before == TOK_LBRACE || before == TOK_RBRACE;
}

static bool covered(const char *const *expected, int n, const char *word) {
    for (size_t k = 0; k < sizeof phrases / sizeof *phrases; k++) {
        if (expects(expected, n, phrases[k].mark) && among(phrases[k].words, word)) {
            return true;
        }
    }
    return false;
}

/* "an expression", "`)`", ...: at most `limit`; returns how many. In the middle of a line, its end
 * is expected rather than what could stand on the next. */
static int say_expected(const parser *p, const char *const *expected, int n, const char **says,
                        int limit) {
    bool start = at_statement_start(p), ends = expects(expected, n, anet_token_name(TOK_SEP));
    int said = 0;
    for (size_t k = 0; k < sizeof phrases / sizeof *phrases; k++) {
        bool next_line = ends && !start && k == 0;
        if (expects(expected, n, phrases[k].mark) && phrases[k].says[0] && !next_line) {
            says[said++] = phrases[k].says;
            break;
        }
    }
    for (int i = 0; i < n && said < limit; i++) {
        bool blank = start && strcmp(expected[i], anet_token_name(TOK_SEP)) == 0;
        if (!blank && !covered(expected, n, expected[i])) {
            bool spoken = strchr(expected[i], ' ') || strcmp(expected[i], "string") == 0;
            says[said++] = spoken ? expected[i] : arena_printf(p->memory, "`%s`", expected[i]);
        }
    }
    return said;
}

static const char *describe(const parser *p, const token *t) {
    const char *name = anet_token_name(t->kind);
    if (t->kind == TOK_SEP || t->kind == TOK_END || t->at.begin == t->at.end) {
        return t->at.begin == t->at.end ? name : "`;`";
    }
    if (t->kind == TOK_STRING || t->at.end - t->at.begin > 40) {
        return name;
    }
    bool literal = t->kind == TOK_NAME || t->kind == TOK_INTEGER || t->kind == TOK_REAL;
    return arena_printf(p->memory, "%s%s`%s`", literal ? name : "", literal ? " " : "",
                        token_text(p, t));
}

static char *expectation(const parser *p, const char *const *expected, int n) {
    enum { MOST = 5 };
    const char *says[MOST + 1];
    int said = say_expected(p, expected, n, says, MOST);
    char *out = arena_strdup(p->memory, "");
    for (int i = 0; i < said; i++) {
        const char *glue = i == 0 ? ", expected " : i + 1 == said ? " or " : ", ";
        out = arena_printf(p->memory, "%s%s%s", out, glue, says[i]);
    }
    return out;
}

/* What people write who come from other languages. */
static const char *foreign_word(const char *word) {
    static const struct {
        const char *word, *hint;
    } words[] = {
        {"elif", "write `else if`"},
        {"elsif", "write `else if`"},
        {"elseif", "write `else if`"},
        {"for", "write `repeat n as i { value }`"},
        {"while", "write `repeat n as i { value }`"},
        {"let", "a definition needs no keyword: `name = value`"},
        {"var", "a definition needs no keyword: `name = value`"},
        {"const", "a definition needs no keyword: `name = value`"},
        {"def", "a layer's function has no name: `(x : [S, n]) -> [S, n] { value }`"},
        {"fn", "a layer's function has no name: `(x : [S, n]) -> [S, n] { value }`"},
        {"return", "the last expression of a body is its result"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].hint;
        }
    }
    return NULL;
}

static void hint_word(parser *p, diag *e, const token *t, const char *const *keywords, int n) {
    if (t->kind != TOK_NAME) {
        return;
    }
    const char *hint = foreign_word(t->as.text);
    const char *keyword = nearest_name(t->as.text, keywords, (size_t)n);
    if (hint) {
        diag_add_hint(p->d, e, "%s", hint);
    } else if (keyword && isalpha((unsigned char)keyword[0]) && !strchr(keyword, ' ')) {
        diag_add_hint(p->d, e, "did you mean `%s`?", keyword);
    }
}

/* A word that was read as a name and is followed by what cannot follow a name. */
static void hint_word_before(parser *p, diag *e) {
    const char *keywords[TOK_FALSE - TOK_IMPORT + 1];
    int n = 0;
    for (int kind = TOK_IMPORT; kind <= TOK_FALSE; kind++) {
        keywords[n++] = anet_token_name(kind);
    }
    hint_word(p, e, &p->before, keywords, n);
}

static void hint_syntax(parser *p, diag *e, const char *const *expected, int n) {
    const token *t = &p->previous;
    if (t->kind == TOK_ASSIGN && p->before.first_of_line) {
        diag_add_hint(p->d, e, "this line continues the one above, which is not complete");
    } else if (t->kind == TOK_ASSIGN && expects(expected, n, "==")) {
        diag_add_hint(p->d, e, "`==` compares, `=` gives a value to a name");
    } else if (t->kind == TOK_COLON && expects(expected, n, "=")) {
        diag_add_hint(p->d, e, "a value is given with `=`");
    } else if (p->before.first_of_line) {
        hint_word_before(p, e);
    } else {
        hint_word(p, e, t, expected, n);
    }
}

static void note_open_bracket(parser *p, diag *e) {
    bracket b = p->left_open;
    if (!b.open && p->depth > block_depth(p, p->depth) && p->previous.first_of_line) {
        b = p->open[p->depth - 1];
    }
    if (b.open) {
        diag_add_note(p->d, e, bracket_at(p, b), "this `%c` is still open", b.open);
    }
}

static void report(parser *p, const char *const *expected, int n) {
    const token *t = &p->previous;
    if (missing_brace(p)) {
        bracket b = p->open[p->depth - 1];
        diag *e = diag_error(p->d, E0102, t->at, "missing `%s` before %s",
                             b.open == '{' ? "}" : ")", describe(p, t));
        diag_add_note(p->d, e, bracket_at(p, p->suspected ? p->suspect : b),
                      "this `%c` is still open", p->suspected ? p->suspect.open : b.open);
        return;
    }
    diag *e = diag_error(p->d, E0102, t->at, "unexpected %s%s", describe(p, t),
                         expectation(p, expected, n));
    hint_syntax(p, e, expected, n);
    note_open_bracket(p, e);
}

void syntax_error(parser *p, const char *const *expected, int n_expected) {
    if (!p->quiet) {
        report(p, expected, n_expected);
        resume_after_error(p);
    }
}
