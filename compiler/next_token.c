/* next_token.c: the tokens as the grammar sees them: ends of lines, brackets, and what is skipped
 * after an error.
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
int block_depth(const parser *p, int depth) {
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

loc bracket_at(const parser *p, bracket b) {
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

/* ---- after an error ---- */

/* A declaration begins in the first column inside a block: its `}` was forgotten. */
bool missing_brace(const parser *p) {
    const token *t = &p->previous;
    return starts_declaration(t) && p->depth > 0 && t->first_of_line &&
           indentation(p, t->at.begin) == 0;
}

/* Goes back before the declaration and closes the blocks that are open. */
static void close_before_declaration(parser *p) {
    p->cursor = (const unsigned char *)p->source->text + p->previous.at.begin;
    p->holding = false;
    p->suspected = false;
    close_all(p);
}

void resume_after_error(parser *p) {
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
