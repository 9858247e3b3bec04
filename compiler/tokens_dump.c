/* tokens_dump.c: the tokens of a file as text, one a line. */
#include "parse.h"

#include "anet_parser.h"

#include <inttypes.h>
#include <string.h>

static void dump_token(const parser *p, const token *t, text *out) {
    position from = source_position(p->files, t->at.file, t->at.begin);
    text_printf(out, "%" PRIu32 ":%" PRIu32 "\t%s", from.line, from.column,
                anet_token_name(t->kind));
    if (t->kind == TOK_NAME || t->kind == TOK_INTEGER || t->kind == TOK_REAL) {
        text_printf(out, "\t%s", token_text(p, t));
    } else if (t->kind == TOK_STRING) {
        text_putc(out, '\t');
        text_json(out, t->as.text, strlen(t->as.text));
    }
    text_putc(out, '\n');
}

void tokens_dump(const sources *files, uint32_t file, text *out) {
    arena *memory = arena_new();
    diags ignored = {.memory = memory, .files = files}; /* the parser reports the same */
    parser *p = ARENA_NEW(memory, parser);
    parser_init(p, memory, files, &ignored, file);
    for (;;) {
        token t = next_token(p);
        dump_token(p, &t, out);
        if (t.kind == TOK_END) {
            break;
        }
    }
    arena_free(memory);
}
