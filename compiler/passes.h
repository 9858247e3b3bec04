/* passes.h: the stages of the compiler, from passes.def. */
#ifndef ANET_PASSES_H
#define ANET_PASSES_H

#include <stdbool.h>

typedef enum pass_id {
#define PASS(ID, name, level, optional, text) PASS_##ID,
#include "passes.def"
    PASS_COUNT
} pass_id;

typedef struct pass_info {
    const char *name;
    int level;
    bool optional;
    const char *text;
} pass_info;

extern const pass_info passes[PASS_COUNT];

#endif
