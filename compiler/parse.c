/* parse.c: builds the tree for the grammar's actions, and checks what the grammar leaves open. */
#include "parse.h"

#include "anet_parser.h"

#include <string.h>

loc span(loc from, loc to) {
    return (loc){from.file, from.begin, to.end};
}

const char *import_path(parser *p, loc at, const char *folder, const char *name) {
    if (strlen(folder) + strlen(name) >= MAX_NESTING) {
        too_deep(p, at);
        return folder;
    }
    return arena_printf(p->memory, "%s.%s", folder, name);
}

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
