/* From text to tokens to tree: what surrounds the generated lexer and grammar.
 *
 * Where a line ends a statement: a SEP is made up at the end of a line when the token before can
 * end a statement (name, literal, `)`, `]`, `}`), no `(` or `[` is open inside the innermost `{`,
 * and the next line does not begin with a token that only continues one (table below). `-`, `(`,
 * `[` and `not` begin a new statement. */
#include "parse.h"

#include "anet_parser.h"

#include <ctype.h>
#include <string.h>

enum { ENDS = 1, CONTINUES = 2 };

static unsigned token_class(int kind) {
    static const unsigned char class_of[] = {
        [TOK_NAME] = ENDS,        [TOK_STRING] = ENDS,       [TOK_INTEGER] = ENDS,
        [TOK_REAL] = ENDS,        [TOK_TRUE] = ENDS,         [TOK_FALSE] = ENDS,
        [TOK_RPAREN] = ENDS,      [TOK_RBRACKET] = ENDS,     [TOK_RBRACE] = ENDS,
        [TOK_CONFIG] = ENDS,      [TOK_INPUT] = ENDS,        [TOK_TARGET] = ENDS,
        [TOK_OUTPUT] = ENDS,      [TOK_FROZEN] = ENDS,       [TOK_TRAIN] = ENDS,
        [TOK_CHECKPOINT] = ENDS,  [TOK_TOKEN] = ENDS,        [TOK_AS] = ENDS,
        [TOK_ARROW] = CONTINUES,  [TOK_ELSE] = CONTINUES,    [TOK_QUESTION] = CONTINUES,
        [TOK_COLON] = CONTINUES,  [TOK_COMMA] = CONTINUES,   [TOK_DOT] = CONTINUES,
        [TOK_ASSIGN] = CONTINUES, [TOK_LBRACE] = CONTINUES,  [TOK_OR] = CONTINUES,
        [TOK_AND] = CONTINUES,    [TOK_EQ] = CONTINUES,      [TOK_NE] = CONTINUES,
        [TOK_LT] = CONTINUES,     [TOK_LE] = CONTINUES,      [TOK_GT] = CONTINUES,
        [TOK_GE] = CONTINUES,     [TOK_PLUS] = CONTINUES,    [TOK_STAR] = CONTINUES,
        [TOK_SLASH] = CONTINUES,  [TOK_PERCENT] = CONTINUES,
    };
    return kind >= 0 && (size_t)kind < sizeof class_of ? class_of[kind] : 0;
}

void parser_init(parser *p, arena *memory, const sources *files, diags *d, uint32_t file) {
    *p = (parser){.memory = memory, .files = files, .d = d, .file = file};
    p->source = files->at[file];
    p->cursor = (const unsigned char *)p->source->text;
    p->previous = (token){.kind = TOK_SEP, .at = {file, 0, 0}};
    if (p->source->size >= 3 && memcmp(p->source->text, "\xEF\xBB\xBF", 3) == 0) {
        p->cursor += 3;
    }
}

char *token_text(const parser *p, const token *t) {
    return arena_strndup(p->memory, p->source->text + t->at.begin, t->at.end - t->at.begin);
}

loc span(loc from, loc to) {
    return (loc){from.file, from.begin, to.end};
}

/* ---- brackets ---- */

static uint32_t indentation(const parser *p, uint32_t offset) {
    const char *s = p->source->text;
    while (offset > 0 && s[offset - 1] != '\n') {
        offset--;
    }
    uint32_t n = 0;
    while (s[offset + n] == ' ' || s[offset + n] == '\t') {
        n++;
    }
    return n;
}

/* how many brackets enclose the innermost open block, that one included */
static int block_depth(const parser *p, int depth) {
    while (depth > 0 && p->open[depth - 1].open != '{') {
        depth--;
    }
    return depth;
}

static void close_block(parser *p, const token *t) {
    int depth = block_depth(p, p->depth);
    if (depth == 0) {
        return;
    }
    bracket *b = &p->open[depth - 1];
    if (!p->suspected && t->first_of_line && indentation(p, b->at) != indentation(p, t->at.begin)) {
        p->suspected = true;
        p->suspect = *b;
    }
    if (depth < p->depth) {
        p->left_open = p->open[p->depth - 1];
    }
    p->depth = depth - 1;
    p->suspected &= p->depth > 0;
}

static void close_bracket(parser *p, char open) {
    if (p->depth > 0 && p->open[p->depth - 1].open == open) {
        p->depth--;
    }
}

static void stop(parser *p) {
    p->stopped = p->quiet = true;
    p->depth = p->closing = 0;
}

void too_deep(parser *p, loc at) {
    if (!p->stopped) {
        diag_error(p->d, E0103, at, "nesting deeper than %d", MAX_NESTING);
        stop(p);
    }
}

static void track_brackets(parser *p, const token *t) {
    char c = p->source->text[t->at.begin];
    switch (t->kind) {
    case TOK_LPAREN:
    case TOK_LBRACKET:
    case TOK_LBRACE:
        if (p->depth == MAX_NESTING) {
            too_deep(p, t->at);
        } else {
            p->open[p->depth++] = (bracket){c, t->at.begin};
        }
        break;
    case TOK_RPAREN:
        close_bracket(p, '(');
        break;
    case TOK_RBRACKET:
        close_bracket(p, '[');
        break;
    case TOK_RBRACE:
        close_block(p, t);
        break;
    default:
        break;
    }
}

/* ---- tokens ---- */

static loc bracket_at(const parser *p, bracket b) {
    return (loc){p->file, b.at, b.at + 1};
}

/* Makes up the `}` of every open block. */
static void close_all(parser *p) {
    for (int i = 0; i < p->depth; i++) {
        p->closing += p->open[i].open == '{';
    }
    p->depth = 0;
}

static void unclosed(parser *p, loc end) {
    bracket b = p->open[p->depth - 1];
    if (!p->quiet) {
        diag *e = diag_error(p->d, E0102, bracket_at(p, b), "`%c` is never closed", b.open);
        if (p->suspected) {
            diag_add_note(p->d, e, bracket_at(p, p->suspect),
                          "the `}` of this `{` is indented differently: one may be missing inside");
        }
        diag_add_note(p->d, e, end, "the file ends here");
    }
    p->quiet = true;
    close_all(p);
}

static bool separates(const parser *p, const token *t) {
    const token *before = &p->previous;
    if (t->kind == TOK_LPAREN && p->annotation && before->at.end != t->at.begin) {
        return true; /* `@cpu (a, b) = ...` against `@kernel(name)` */
    }
    return t->first_of_line && (token_class(before->kind) & ENDS) &&
           !(token_class(t->kind) & CONTINUES) && block_depth(p, p->depth) == p->depth;
}

static token scan_token(parser *p) {
    token t;
    if (p->holding) {
        p->holding = false;
        return p->held;
    }
    anet_scan(p, &t);
    bool word = isalpha((unsigned char)p->source->text[t.at.begin]) != 0;
    if (word && t.kind != TOK_NAME && p->previous.kind == TOK_DOT) {
        t.kind = TOK_NAME; /* every word may name a member */
        t.as.text = token_text(p, &t);
    }
    return t;
}

/* While skipping: does a line that is not indented more than the line of an open `(` begin here? */
static bool dedents(const parser *p, const token *t) {
    bool closer = t->kind == TOK_RPAREN || t->kind == TOK_RBRACKET || t->kind == TOK_RBRACE;
    return p->skipping && t->first_of_line && !closer && p->depth > block_depth(p, p->depth) &&
           indentation(p, t->at.begin) <= indentation(p, p->open[p->depth - 1].at);
}

static token made_up(const parser *p, int kind) {
    uint32_t end = p->previous.at.end;
    return (token){.kind = kind, .at = {p->file, end, end}};
}

static token separated_token(parser *p) {
    if (p->closing > 0) {
        p->closing--;
        return made_up(p, TOK_RBRACE);
    }
    if (diags_full(p->d)) {
        stop(p);
    }
    token t = p->stopped ? made_up(p, TOK_END) : scan_token(p);
    if (dedents(p, &t)) {
        p->depth = block_depth(p, p->depth);
    }
    if (separates(p, &t)) {
        p->held = t;
        p->holding = true;
        return made_up(p, TOK_SEP);
    }
    if (t.kind == TOK_END && p->depth > 0) {
        unclosed(p, t.at);
        return separated_token(p);
    }
    track_brackets(p, &t);
    return p->stopped ? made_up(p, TOK_END) : t;
}

static bool starts_declaration(const token *t) {
    return t->kind == TOK_MODEL || t->kind == TOK_LAYER || t->kind == TOK_IMPORT;
}

/* Where the grammar can go on after an error: in a block, at its next separator or its end;
 * outside, at the next declaration, and at a `{` if what could not be read was the head of a
 * declaration. */
static bool resumes(parser *p, const token *t) {
    if (t->kind == TOK_END || p->depth < p->skip_depth) {
        return true;
    }
    if (p->skip_depth > 0) {
        return p->depth == p->skip_depth && t->kind == TOK_SEP;
    }
    if (starts_declaration(t) && t->first_of_line &&
        (p->depth == 0 || indentation(p, t->at.begin) == 0)) {
        p->depth = 0;
        return true;
    }
    return p->skip_head && t->kind == TOK_LBRACE;
}

token next_token(parser *p) {
    token t;
    do {
        bool after_at = p->previous.kind == TOK_AT;
        p->left_open = (bracket){0};
        t = separated_token(p);
        p->annotation = after_at && t.kind == TOK_NAME;
        p->before = p->previous;
        p->previous = t;
    } while (p->skipping && !resumes(p, &t));
    p->skipping = false;
    return t;
}

/* ---- syntax errors ---- */

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

/* A declaration begins in the first column inside a block: its `}` was forgotten. */
static bool missing_brace(const parser *p) {
    const token *t = &p->previous;
    return starts_declaration(t) && p->depth > 0 && t->first_of_line &&
           indentation(p, t->at.begin) == 0;
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

/* Goes back before the declaration and closes the blocks that are open. */
static void close_before_declaration(parser *p) {
    p->cursor = (const unsigned char *)p->source->text + p->previous.at.begin;
    p->holding = false;
    p->suspected = false;
    close_all(p);
}

static void recover(parser *p) {
    const token *t = &p->previous;
    if (missing_brace(p)) {
        close_before_declaration(p);
        return;
    }
    int depth = t->kind == TOK_LBRACE ? p->depth - 1 : p->depth;
    int block = block_depth(p, depth);
    if (t->first_of_line && depth == p->depth) {
        p->depth = block; /* an unclosed `(` shall not swallow the lines below */
    }
    bool resumed = t->kind == TOK_END;
    if (block == 0) {
        p->skip_head = t->kind != TOK_RBRACE && indentation(p, t->at.begin) == 0;
        resumed |= starts_declaration(t) || (p->skip_head && t->kind == TOK_LBRACE);
    } else {
        resumed |= t->kind == TOK_SEP || t->kind == TOK_RBRACE;
    }
    p->skipping = !resumed;
    p->skip_depth = block;
}

void syntax_error(parser *p, const char *const *expected, int n_expected) {
    if (!p->quiet) {
        report(p, expected, n_expected);
        recover(p);
    }
}

const char *import_path(parser *p, loc at, const char *folder, const char *name) {
    if (strlen(folder) + strlen(name) >= MAX_NESTING) {
        too_deep(p, at);
        return folder;
    }
    return arena_printf(p->memory, "%s.%s", folder, name);
}

/* ---- building the tree ---- */

static int deeper(int depth, tree t) {
    return t.depth > depth ? t.depth : depth;
}

tree node(parser *p, ast_kind kind, loc at, const char *word, tree a, tree b, tree c) {
    ast *n = ARENA_NEW(p->memory, ast);
    n->kind = kind;
    n->at = at;
    n->text = word;
    n->a = a.first;
    n->b = b.first;
    n->c = c.first;
    int depth = deeper(deeper(a.depth, b), c) + (kind != AST_ARG);
    if (depth > MAX_NESTING) {
        too_deep(p, (loc){at.file, at.begin, at.begin});
    }
    return (tree){n, n, depth};
}

tree append(tree list, tree item) {
    if (!list.first) {
        return item;
    }
    list.last->next = item.first;
    return (tree){list.first, item.last, deeper(list.depth, item)};
}

tree binary(parser *p, loc at, const char *op, tree a, tree b) {
    return node(p, AST_BINARY, at, op, a, b, (tree){0});
}

static bool all_names(const ast *list) {
    for (; list; list = list->next) {
        if (list->kind != AST_NAME) {
            return false;
        }
    }
    return true;
}

tree binding(parser *p, loc at, tree left, tree value, tree annotations) {
    ast *to = left.first;
    if (to->kind == AST_NAME) {
        return node(p, AST_LET, at, to->text, value, annotations, (tree){0});
    }
    tree names = {to->a, to->a, 0};
    if (to->kind != AST_TUPLE || !all_names(to->a)) {
        diag_error(p->d, E0102, at, "only a name or a tuple of names can be given a value");
        names = (tree){0};
    }
    return node(p, AST_UNPACK, at, NULL, names, value, annotations);
}

static void check_body(parser *p, loc at, const ast *body) {
    bool damaged = p->quiet; /* the end of the body was made up */
    const ast *last = NULL;
    for (const ast *s = body; s; last = s, s = s->next) {
        damaged |= s->kind == AST_ERROR;
        if (s->kind == AST_RESULT && s->next) {
            diag *e = diag_error(p->d, E0102, s->at, "the value of this expression is not used");
            diag_add_hint(p->d, e, "only the last expression of a body is its result");
        }
    }
    if (!damaged && (!last || last->kind != AST_RESULT)) {
        diag *e = diag_error(p->d, E0102, at, "the body of this function has no result");
        diag_add_hint(p->d, e, "let it end with an expression");
    }
}

tree function(parser *p, loc at, tree arguments, tree results, bool is_tuple, tree body) {
    tree f = node(p, AST_FUNC, at, NULL, arguments, results, body);
    f.first->flag = is_tuple;
    check_body(p, at, body.first);
    return f;
}

/* ---- what may stand where ---- */

enum { IN_MODEL = 1, IN_LAYER = 2, IN_IF = 4 };

typedef struct placement {
    ast_kind kind;
    unsigned in;
    const char *text;
} placement;

static const placement placements[] = {
    {AST_CONFIG, IN_MODEL, "`config` may stand only in a model"},
    {AST_INPUT, IN_MODEL, "`input` may stand only in a model"},
    {AST_TARGET, IN_MODEL, "`target` may stand only in a model"},
    {AST_OUTPUT, IN_MODEL, "`output` may stand only in a model"},
    {AST_TRAIN, IN_MODEL, "`train` may stand only in a model"},
    {AST_CHECKPOINT, IN_MODEL | IN_LAYER, "`checkpoint` may stand only in a model or layer"},
    {AST_FUNC, IN_LAYER | IN_IF, "a function may stand only in a layer"},
};

static void check_members(parser *p, const ast *members, unsigned in) {
    for (const ast *m = members; m; m = m->next) {
        for (size_t i = 0; i < sizeof placements / sizeof *placements; i++) {
            if (placements[i].kind == m->kind && (placements[i].in & in) != in) {
                bool directly = (placements[i].in & in) == (in & ~(unsigned)IN_IF);
                diag_error(p->d, E0102, m->at, "%s%s", placements[i].text,
                           directly ? ", not in an `if`" : "");
            }
        }
        if (m->kind == AST_IF) {
            check_members(p, m->b, in | IN_IF);
            check_members(p, m->c, in | IN_IF);
        }
    }
}

static void check_file(parser *p, const ast *file) {
    for (const ast *d = file->a; d; d = d->next) {
        if (d->kind == AST_MODEL) {
            check_members(p, d->a, IN_MODEL);
        } else if (d->kind == AST_LAYER) {
            check_members(p, d->b, IN_LAYER);
        }
    }
}

/* ---- the file ---- */

static uint32_t sequence_length(const char *s, uint32_t left) {
    for (uint32_t n = 1; n <= 4 && n <= left; n++) {
        if (utf8_valid(s, n)) {
            return n;
        }
    }
    return 0;
}

static bool check_text(parser *p) {
    const source *f = p->source;
    const char *nul = memchr(f->text, 0, f->size);
    uint32_t at = nul ? (uint32_t)(nul - f->text) : 0;
    const char *what = "the file holds a NUL byte: it is not text";
    if (!nul) {
        if (utf8_valid(f->text, f->size)) {
            return true;
        }
        for (uint32_t n; (n = sequence_length(f->text + at, f->size - at)) != 0;) {
            at += n;
        }
        what = "the file is not UTF-8 text";
    }
    diag *e = diag_error(p->d, E0101, (loc){p->file, at, at + 1}, "%s", what);
    diag_add_note(p->d, e, (loc){0}, "byte %u of the file is 0x%02X", at + 1,
                  (unsigned)(unsigned char)f->text[at]);
    return false;
}

ast *parse_file(arena *memory, sources *files, diags *d, uint32_t file) {
    parser *p = ARENA_NEW(memory, parser);
    parser_init(p, memory, files, d, file);
    if (check_text(p)) {
        anet_yyparse(p);
    }
    if (p->result) {
        check_file(p, p->result);
        return p->result;
    }
    ast *empty = ARENA_NEW(memory, ast);
    empty->kind = AST_FILE;
    empty->at = (loc){file, 0, 0};
    return empty;
}
