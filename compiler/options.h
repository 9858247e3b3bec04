/* options.h: what the command line asked for. */
#ifndef ANET_OPTIONS_H
#define ANET_OPTIONS_H

#include "passes.h"
#include "target.h"

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum emit_kind { /* bits */
                         EMIT_TOKENS = 1,
                         EMIT_AST = 2,
                         EMIT_IR = 4,
                         EMIT_KERNELS = 8,
                         EMIT_MIL = 16,
                         EMIT_SCHEDULE = 32,
                         EMIT_C = 64,
                         EMIT_DOT = 128,
                         EMIT_COST = 256
} emit_kind;

typedef struct define { /* -D name=value */
    const char *name, *value;
} define;

typedef struct options {
    const char *input;  /* path, "-" for standard input */
    const char *output; /* -o, or NULL */
    const char *model;  /* --model, or NULL */
    unsigned emit;      /* 0: link a program */
    bool check, verify, time, verbose, json, colour;
    target_list targets;
    bool weights_given; /* else the targets decide */
    weights_mode weights;
    int level;                    /* -O0, -O1 */
    signed char pass[PASS_COUNT]; /* -f[no-]PASS: 0 as the level says, 1 on, -1 off */
    bool dump_after[PASS_COUNT];
    const define *defines;
    size_t n_defines;
    const char *const *folders; /* -I */
    size_t n_folders;
    const char *cc; /* $CC or cc */
} options;

/* Reads the command line into o; what it points to lives in memory or argv. When the user asked for
 * information (--help, --version, --explain, a list), shown is that text and nothing is to be
 * compiled. Fails with ANET_BAD_USAGE. */
anet_code options_parse(arena *memory, int argc, char **argv, options *o, text *shown,
                        anet_error *err);

#endif
