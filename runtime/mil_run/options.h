/* options.h: the command line of `anetc mil run`, read by the table options.def. */
#ifndef ANET_MIL_RUN_OPTIONS_H
#define ANET_MIL_RUN_OPTIONS_H

#include "base/status.h"
#include "base/text.h"
#include "base/vec.h"
#include "device.h"

typedef enum run_option {
#define RUN_OPTION(ID, name, kind, argument, text) RUN_##ID,
#include "mil_run/options.def"
    RUN_OPTIONS
} run_option;

typedef struct run_pair {
    const char *name, *what; /* name NULL: what is meant for all */
} run_pair;

typedef struct run_pairs {
    VEC(run_pair) all;
} run_pairs;

typedef struct run_options {
    const char *file;
    const char *text[RUN_OPTIONS]; /* NULL: not given; "" of a FLAG that is */
    run_pairs pairs[RUN_OPTIONS];
    anet_numerics numerics;
    int threads; /* 0: not given */
} run_options;

/* ANET_BAD_USAGE with a suggestion for what is not understood. Texts are argv's or the arena's. */
anet_code run_parse(run_options *o, arena *a, int argc, char **argv, anet_error *err);
void run_options_free(run_options *o);

/* the pair of that name, else the one for all, else NULL */
const run_pair *run_find_pair(const run_options *o, run_option option, const char *name);
void run_help(text *out);

#endif
