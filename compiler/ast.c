/* ast.c: what the kinds of the tree are called. */
#include "ast.h"

const char *ast_name(ast_kind kind) {
    static const char *const names[] = {
#define AST(KIND, name, fields) name,
#include "ast.def"
    };
    return names[kind];
}

int ast_count(const ast *list) {
    int n = 0;
    for (; list; list = list->next) {
        n++;
    }
    return n;
}
