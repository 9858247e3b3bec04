/* ast_dump.c: the tree as text: one node a line, indented. Children of the slots b and c are
 * marked, so that the text is unambiguous. */
#include "ast.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* the shortest digits that read back as the same number */
static void dump_real(double number, text *out) {
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (strtod(digits, NULL) == number) {
            break;
        }
    }
    text_printf(out, " %s", digits);
}

static void dump_value(const ast *n, text *out) {
    if (n->kind == AST_INTEGER) {
        text_printf(out, " %" PRId64, n->integer);
    } else if (n->kind == AST_REAL) {
        dump_real(n->number, out);
    } else if (n->kind == AST_BOOLEAN) {
        text_puts(out, n->flag ? " true" : " false");
    } else if (n->kind == AST_STRING) {
        text_putc(out, ' ');
        text_json(out, n->text, strlen(n->text));
    } else if (n->text) {
        text_printf(out, " %s", n->text);
    }
    if (n->flag && n->kind == AST_PARAM) {
        text_puts(out, " frozen");
    }
    if (n->flag && n->kind == AST_FUNC) {
        text_puts(out, " tuple");
    }
}

static void dump_list(const ast *n, const sources *files, const char *slot, int depth, text *out) {
    for (; n; n = n->next) {
        position from = source_position(files, n->at.file, n->at.begin);
        text_printf(out, "%*s%s%s", depth * 2, "", slot, ast_name(n->kind));
        dump_value(n, out);
        text_printf(out, "  %" PRIu32 ":%" PRIu32 "\n", from.line, from.column);
        dump_list(n->a, files, "", depth + 1, out);
        dump_list(n->b, files, "b: ", depth + 1, out);
        dump_list(n->c, files, "c: ", depth + 1, out);
    }
}

void ast_dump(const ast *tree, const sources *files, text *out) {
    dump_list(tree, files, "", 0, out);
}
