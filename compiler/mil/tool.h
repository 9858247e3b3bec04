/* tool.h: `anetc mil COMMAND ...`, the tools over MIL programs. The commands and their options are
 * rows of tools.def; tool_<command> does the work. */
#ifndef ANET_MIL_TOOL_H
#define ANET_MIL_TOOL_H

#include "base/status.h"
#include "base/text.h"
#include "base/vec.h"
#include "mil/target.h"

typedef enum tool_id {
#define TOOL(ID, name, arguments, least, most, text) TOOL_##ID,
#include "mil/tools.def"
    TOOL_COUNT
} tool_id;

typedef struct tool { /* one run */
    arena *memory;
    anet_error *err;
    int argc; /* the words behind the command */
    char **argv;
    text out; /* goes to standard output at the end, also after a failure */

    tool_id id;
    const char **file; /* what is on the command line beside options */
    int files;
    const mil_target **target; /* --target; none if it is absent */
    int targets;
    const char *weights, *dialect, *finding, *command, *output; /* NULL when absent */
    bool no_weights, werror, in_place, check_only, keep_status, ops, json, colour;
    int max_errors, status; /* status: -1 when absent */
    double time_limit;      /* seconds */
} tool;

/* command_line.c: reads argv[0 ..], the command first. `done` when all that was asked for is in
 * t->out. */
anet_code tool_command_line(tool *t, int argc, char **argv, bool *done);

/* What each command does. ANET_BAD_INPUT without a message: it found what it looked for. */
#define TOOL(ID, name, arguments, least, most, text) anet_code tool_##name(tool *t);
#include "mil/tools.def"

/* tool.c: what stands behind `anetc mil`; returns the exit code. */
int mil_tools(int argc, char **argv);

/* --- load.c: programs from files --- */

typedef struct mil_file {
    arena *memory;
    const char *path; /* as shown in messages */
    char *data;       /* NUL terminated */
    size_t size;
    mil_program *program; /* NULL: the text is wrong, as `wrong` says */
    mil_findings wrong;
} mil_file;

/* ANET_BAD_USAGE when the file cannot be read. Wrong MIL is not an error here. */
anet_code mil_file_read(mil_file *f, const char *path, anet_error *err);
/* Wrong MIL is an error, too; what mil_check says is not. */
anet_code mil_file_load(mil_file *f, const char *path, anet_error *err);
void mil_file_close(mil_file *f); /* fine when never read but zeroed */

typedef struct path_list {
    arena *memory;
    VEC(const char *) all;
} path_list;
/* Everything in the folder, in no order. */
anet_code paths_in(path_list *list, const char *folder, anet_error *err);
/* The path itself, or all *.mil in the folder of that name and below, sorted. */
anet_code paths_under(path_list *list, const char *path, anet_error *err);

/* Every program that the command line names, folders included. What cannot be read, and what a
 * visit fails with, is said at once; the others go on. The worst code. */
typedef anet_code visit_file(void *context, const mil_file *f, anet_error *err);
anet_code for_each_file(const tool *t, visit_file *visit, void *context);

/* --- messages.c: findings as the compiler shows its own messages --- */

void findings_show(const mil_findings *findings, const mil_file *f, bool json, bool colour,
                   text *out);
/* "2 errors" */
void count_show(size_t n, const char *what, text *out);

#endif
