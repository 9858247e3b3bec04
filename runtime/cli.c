/* cli.c: reads argv by the table of cli_options.def, from which the help comes, too. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
#define COMMAND(ID, name, help) IN_##ID = 1 << CLI_##ID,
#include "cli_options.def"
};

typedef enum option_kind { FLAG, INTEGER, REAL, TEXT } option_kind;

static const struct option {
    const char *name;
    option_kind kind;
    const char *argument;
    unsigned commands;
    double least, most;
    const char *help;
} options[] = {
#define OPTION(ID, name, kind, argument, commands, least, most, help)                              \
    {name, kind, argument, commands, least, most, help},
#include "cli_options.def"
};

static const struct command {
    const char *name, *help;
} commands[] = {
#define COMMAND(ID, name, help) {name, help},
#include "cli_options.def"
};

/* --- parsing --- */

static anet_code unknown_option(const char *name, size_t n, anet_error *err) {
    char wanted[64];
    const char *names[CLI_OPTIONS];
    for (int i = 0; i < CLI_OPTIONS; i++) {
        names[i] = options[i].name;
    }
    n = n < sizeof wanted - 1 ? n : sizeof wanted - 1;
    memcpy(wanted, name, n);
    wanted[n] = 0;
    const char *near = nearest_name(wanted, names, CLI_OPTIONS);
    return anet_fail(err, ANET_BAD_USAGE, "unknown option '--%s'%s%s%s; see --help", wanted,
                     near ? ", did you mean '--" : "", near ? near : "", near ? "'?" : "");
}

static anet_code unknown_command(const char *name, anet_error *err) {
    const char *names[CLI_COMMANDS];
    for (int i = 0; i < CLI_COMMANDS; i++) {
        names[i] = commands[i].name;
    }
    const char *near = nearest_name(name, names, CLI_COMMANDS);
    return anet_fail(err, ANET_BAD_USAGE, "unknown command '%s'%s%s%s; see --help", name,
                     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int find_option(const char *name, size_t n) {
    for (int i = 0; i < CLI_OPTIONS; i++) {
        if (strncmp(options[i].name, name, n) == 0 && options[i].name[n] == 0) {
            return i;
        }
    }
    return -1;
}

static anet_code read_number(const struct option *o, const char *s, cli_value *v, anet_error *err) {
    char *end;
    errno = 0;
    double real = strtod(s, &end);
    bool whole = real == floor(real); /* limits are below 2^53 */
    if (end == s || *end || !isfinite(real) || errno || (o->kind == INTEGER && !whole)) {
        return anet_fail(err, ANET_BAD_USAGE, "--%s wants %s, not '%s'", o->name,
                         o->kind == INTEGER ? "a whole number" : "a number", s);
    }
    if (real < o->least || real > o->most) {
        return anet_fail(err, ANET_BAD_USAGE, "--%s must be between %.15g and %.15g, not %s",
                         o->name, o->least, o->most, s);
    }
    v->real = real;
    v->integer = o->kind == INTEGER ? (int64_t)real : 0;
    return ANET_OK;
}

/* one option; *i moves over its argument */
static anet_code read_option(cli *c, int argc, char **argv, int *i, anet_error *err) {
    const char *name = argv[*i] + 2, *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    int index = find_option(name, n);
    if (index < 0) {
        return unknown_option(name, n, err);
    }
    const struct option *o = &options[index];
    cli_value *v = &c->at[index];
    v->given = true;
    if (o->kind == FLAG) {
        return equals ? anet_fail(err, ANET_BAD_USAGE, "--%s takes no value", o->name) : ANET_OK;
    }
    if (!equals && *i + 1 >= argc) {
        return anet_fail(err, ANET_BAD_USAGE, "--%s wants a value: --%s %s", o->name, o->name,
                         o->argument);
    }
    v->text = equals ? equals + 1 : argv[++*i];
    return o->kind == TEXT ? ANET_OK : read_number(o, v->text, v, err);
}

static anet_code read_command(cli *c, const char *name, anet_error *err) {
    for (int i = 0; i < CLI_COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            c->command = (cli_command)i;
            return ANET_OK;
        }
    }
    return unknown_command(name, err);
}

static anet_code check_options_fit(const cli *c, anet_error *err) {
    for (int i = 0; i < CLI_OPTIONS; i++) {
        if (c->at[i].given && (options[i].commands & 1U << c->command) == 0) {
            return anet_fail(err, ANET_BAD_USAGE, "'%s' has no option --%s; see --help",
                             commands[c->command].name, options[i].name);
        }
    }
    return ANET_OK;
}

anet_code cli_parse(cli *c, int argc, char **argv, anet_error *err) {
    *c = (cli){.program = argc > 0 ? argv[0] : "train", .argc = argc, .argv = argv};
    bool has_command = false;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            c->help = true;
        } else if (strcmp(arg, "--version") == 0) {
            c->version = true;
        } else if (strncmp(arg, "--", 2) == 0 && arg[2]) {
            if (read_option(c, argc, argv, &i, err)) {
                return err->code;
            }
        } else if (arg[0] == '-' || has_command) {
            return anet_fail(err, ANET_BAD_USAGE, "unexpected argument '%s'; see --help", arg);
        } else if (read_command(c, arg, err)) {
            return err->code;
        } else {
            has_command = true;
        }
    }
    return c->help || c->version ? ANET_OK : check_options_fit(c, err);
}

/* --- what was given --- */

const char *cli_text(const cli *c, cli_option o, const char *otherwise) {
    return c->at[o].given ? c->at[o].text : otherwise;
}

int64_t cli_integer(const cli *c, cli_option o, int64_t otherwise) {
    return c->at[o].given ? c->at[o].integer : otherwise;
}

double cli_real(const cli *c, cli_option o, double otherwise) {
    return c->at[o].given ? c->at[o].real : otherwise;
}

bool cli_flag(const cli *c, cli_option o) {
    return c->at[o].given;
}

anet_code cli_require(const cli *c, cli_option o, const char **value, anet_error *err) {
    if (!c->at[o].given) {
        return anet_fail(err, ANET_BAD_USAGE, "'%s' needs --%s %s (%s)", commands[c->command].name,
                         options[o].name, options[o].argument, options[o].help);
    }
    *value = c->at[o].text;
    return ANET_OK;
}

anet_code cli_choice(const cli *c, cli_option o, const char *const *names, int n, int *index,
                     anet_error *err) {
    *index = 0;
    if (!c->at[o].given) {
        return ANET_OK;
    }
    char list[200] = "";
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], c->at[o].text) == 0) {
            *index = i;
            return ANET_OK;
        }
        strncat(list, i ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, names[i], sizeof list - strlen(list) - 1);
    }
    return anet_fail(err, ANET_BAD_USAGE, "--%s is one of %s, not '%s'", options[o].name, list,
                     c->at[o].text);
}

/* --- help --- */

static int count_commands(unsigned mask) {
    int n = 0;
    for (int i = 0; i < CLI_COMMANDS; i++) {
        n += (mask & 1U << i) != 0;
    }
    return n;
}

/* which take an option, or which do not, if those are fewer words */
static void show_commands(unsigned mask, text *out) {
    bool few_lack = CLI_COMMANDS - count_commands(mask) <= 2;
    unsigned shown = few_lack ? ~mask : mask;
    const char *separator = few_lack ? "  [all but " : "  [";
    for (int i = 0; i < CLI_COMMANDS; i++) {
        if (shown & 1U << i) {
            text_printf(out, "%s%s", separator, commands[i].name);
            separator = " ";
        }
    }
    text_puts(out, "]\n");
}

static void help_option(const struct option *o, text *out) {
    char left[40];
    snprintf(left, sizeof left, "--%s %s", o->name, o->argument);
    text_printf(out, "  %-20s %s", left, o->help);
    show_commands(o->commands, out);
}

void cli_help(const cli *c, const char *model, text *out) {
    text_printf(out, "Model %s. Usage: %s [COMMAND] [OPTIONS]\n\ncommands:\n", model, c->program);
    for (int i = 0; i < CLI_COMMANDS; i++) {
        text_printf(out, "  %-20s %s\n", commands[i].name, commands[i].help);
    }
    text_puts(out,
              "\noptions (defaults are the model's recipe, see `info`; in brackets the commands "
              "that take them):\n");
    for (int i = 0; i < CLI_OPTIONS; i++) {
        help_option(&options[i], out);
    }
    text_puts(out, "  --help               this\n"
                   "  --version            version of libanet\n"
                   "\nexit codes: 0 fine, 1 bad input file, 2 bad usage or unwritable file, 3 the "
                   "machine or training failed,\n130 interrupted (train saved its state)\n");
}

anet_code cli_flush(anet_error *err) {
    errno = 0;
    if (fflush(stdout) || ferror(stdout)) {
        return anet_fail(err, ANET_BAD_USAGE, "cannot write standard output: %s",
                         strerror(errno ? errno : EIO));
    }
    return ANET_OK;
}
