/* scope.h: which names are defined where the checker stands. */
#ifndef ANET_MIL_SCOPE_H
#define ANET_MIL_SCOPE_H

#include "base/vec.h"
#include "mil/mil.h"

typedef struct mil_symbol {
    const mil_name *name;
    const mil_value *value; /* of a const op */
    bool constant;          /* known at compile time */
    bool missing;           /* used, but not defined: reported once */
    size_t next;            /* in its chain; 1 + index, 0 ends it */
} mil_symbol;

typedef struct mil_scope {
    VEC(mil_symbol) symbols; /* in order of definition */
    size_t *chains, chain_count;
} mil_scope;

const mil_symbol *mil_scope_find(const mil_scope *s, const char *name);
void mil_scope_add(mil_scope *s, mil_symbol symbol);
/* forgets the symbols defined since the scope held `count` of them (leaving a block) */
void mil_scope_leave(mil_scope *s, size_t count);
void mil_scope_free(mil_scope *s);

#endif
