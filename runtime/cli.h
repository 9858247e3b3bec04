/* cli.h: the command line of generated programs, read by the table cli_options.def. */
#ifndef ANET_CLI_H
#define ANET_CLI_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum cli_command {
#define COMMAND(ID, name, help) CLI_##ID,
#include "cli_options.def"
    CLI_COMMANDS
} cli_command;

typedef enum cli_option {
#define OPTION(ID, name, kind, argument, commands, least, most, help) OPT_##ID,
#include "cli_options.def"
    CLI_OPTIONS
} cli_option;

typedef struct cli_value {
    bool given;
    const char *text;
    int64_t integer;
    double real;
} cli_value;

typedef struct cli {
    const char *program; /* as it was called */
    int argc;
    char **argv; /* borrowed */
    cli_command command;
    bool help, version;
    cli_value at[CLI_OPTIONS];
} cli;

/* ANET_BAD_USAGE with a suggestion for what is not understood. Texts point into argv. */
anet_code cli_parse(cli *c, int argc, char **argv, anet_error *err);

const char *cli_text(const cli *c, cli_option o, const char *otherwise);
int64_t cli_integer(const cli *c, cli_option o, int64_t otherwise);
double cli_real(const cli *c, cli_option o, double otherwise);
bool cli_flag(const cli *c, cli_option o);
/* the text of an option that the command cannot do without */
anet_code cli_require(const cli *c, cli_option o, const char **value, anet_error *err);
/* index of the option's text among the n names, 0 if it was not given */
anet_code cli_choice(const cli *c, cli_option o, const char *const *names, int n, int *index,
                     anet_error *err);

void cli_help(const cli *c, const char *model, text *out);

/* ANET_BAD_USAGE if what was printed did not reach standard output */
anet_code cli_flush(anet_error *err);

#endif
