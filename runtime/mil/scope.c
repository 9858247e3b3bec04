/* scope.c: a hash table with chains, whose newest symbols can be taken out again. */
#include "mil/scope.h"

#include "base/hash.h"

#include <string.h>

static size_t chain_of(const mil_scope *s, const char *name) {
    return hash_bytes(name, strlen(name)) & (s->chain_count - 1);
}

const mil_symbol *mil_scope_find(const mil_scope *s, const char *name) {
    if (s->symbols.len == 0) {
        return NULL;
    }
    for (size_t i = s->chains[chain_of(s, name)]; i; i = s->symbols.at[i - 1].next) {
        if (strcmp(s->symbols.at[i - 1].name->name, name) == 0) {
            return &s->symbols.at[i - 1];
        }
    }
    return NULL;
}

static void link_symbol(mil_scope *s, size_t index) {
    mil_symbol *symbol = &s->symbols.at[index];
    size_t *chain = &s->chains[chain_of(s, symbol->name->name)];
    symbol->next = *chain;
    *chain = index + 1;
}

/* relinks in the order of definition, so that the newest symbol stays first in its chain */
static void grow_chains(mil_scope *s) {
    free(s->chains);
    s->chain_count = s->chain_count ? s->chain_count * 2 : 256;
    s->chains = anet_calloc(s->chain_count, sizeof *s->chains);
    for (size_t i = 0; i < s->symbols.len; i++) {
        link_symbol(s, i);
    }
}

void mil_scope_add(mil_scope *s, mil_symbol symbol) {
    if (s->symbols.len >= s->chain_count) {
        grow_chains(s);
    }
    vec_push(&s->symbols, symbol);
    link_symbol(s, s->symbols.len - 1);
}

void mil_scope_leave(mil_scope *s, size_t count) {
    while (s->symbols.len > count) {
        const mil_symbol *last = &s->symbols.at[--s->symbols.len];
        s->chains[chain_of(s, last->name->name)] = last->next;
    }
}

void mil_scope_free(mil_scope *s) {
    vec_free(&s->symbols);
    free(s->chains);
    *s = (mil_scope){0};
}
