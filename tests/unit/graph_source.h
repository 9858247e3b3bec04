/* graph_source.h: models compiled from text in memory, one pass at a time. */
#ifndef ANET_TESTS_GRAPH_SOURCE_H
#define ANET_TESTS_GRAPH_SOURCE_H

#include "elaborate.h"
#include "lower.h"
#include "schedule.h"

typedef struct build {
    arena *memory;
    sources files;
    diags messages;
    options o;
    legal_form form; /* of the MIL text; may be changed before PASS_LOWER */
    elaborated *m;   /* NULL after errors */
    lowered *l;      /* after PASS_LOWER */
    schedule *s;     /* after PASS_SCHEDULE */
} build;

/* Parses and elaborates. `defines` is NULL or ends with a NULL name. */
build *build_new(const char *model_text, size_t size, const define *defines);
void build_free(build *b);

/* Runs the pass as the compiler does at this level; passes before ELABORATE and after SCHEDULE do
 * nothing. False: there are errors. */
bool build_pass(build *b, pass_id id, int level);

/* The messages as the user sees them. */
const char *build_messages(const build *b);

#endif
