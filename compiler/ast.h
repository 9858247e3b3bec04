/* ast.h: the program as written. Every node is an `ast`; ast.def says what each kind keeps where.
 */
#ifndef ANET_AST_H
#define ANET_AST_H

#include "diag.h"
#include "source.h"

#include "base/arena.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ast_kind {
#define AST(KIND, name, fields) AST_##KIND,
#include "ast.def"
    AST_KIND_COUNT
} ast_kind;

typedef struct ast ast;
struct ast {
    ast_kind kind;
    bool flag;
    loc at;
    const char *text;
    int64_t integer;
    double number;
    ast *a, *b, *c, *next;
};

const char *ast_name(ast_kind kind);
int ast_count(const ast *list); /* of nodes linked by `next` */

/* Reads a file (parse.c over the generated parser). Syntax errors go to d, several per run, and the
 * tree holds what could be read; never NULL. */
ast *parse_file(arena *memory, sources *files, diags *d, uint32_t file);

/* The file and everything it imports, each once, dependencies first: FILE nodes linked by `next`.
 * Imports are looked up beside the importing file, in the -I folders, then in the built-in library.
 */
ast *load_program(arena *memory, sources *files, diags *d, uint32_t file,
                  const char *const *folders, size_t n_folders);

void ast_dump(const ast *tree, const sources *files, text *out);  /* --emit=ast */
void tokens_dump(const sources *files, uint32_t file, text *out); /* --emit=tokens */

#endif
