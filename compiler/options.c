/* options.c: the command line, from the table in options.def. */
#include "options.h"

#include "usage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef ANET_VERSION
#define ANET_VERSION "unknown"
#endif

typedef enum option_id {
#define OPTION(ID, letter, name, argument, group, text) OPT_##ID,
#include "options.def"
    OPTION_COUNT
} option_id;

typedef struct option {
    char letter;
    const char *name, *argument, *group, *text;
} option;

static const option table[] = {
#define OPTION(ID, letter, name, argument, group, text) {letter, name, argument, group, text},
#include "options.def"
};

static const struct {
    const char *name, *text;
} emit_kinds[] = {
#define EMIT_KIND(ID, name, text) {name, text},
#include "options.def"
};

enum { EMIT_COUNT = sizeof emit_kinds / sizeof *emit_kinds };

typedef struct command_line {
    arena *memory;
    options *o;
    text *shown;
    anet_error *err;
    int argc, next;
    char **argv;
    define *defines;
    const char **folders;
} command_line;

/* ---- what is shown ---- */

static void show_option(const option *o, text *out) {
    size_t start = out->len;
    text_puts(out, "  ");
    if (o->letter) {
        text_printf(out, "-%c", o->letter);
    }
    if (o->letter && !o->name) {
        text_puts(out, o->argument);
    }
    if (o->name) {
        text_printf(out, "%s--%s%s%s", o->letter ? ", " : "    ", o->name, o->argument ? "=" : "",
                    o->argument ? o->argument : "");
    }
    usage_fold(out, out->len - start, o->text);
}

static void show_help(text *out) {
    text_puts(out,
              "Usage: anetc [options] FILE\n\n"
              "Compiles a model written in .anet to a native program that trains, evaluates and\n"
              "runs it. FILE is a path, - for standard input, or the name of an installed model.\n"
              "A .ir file, as --emit=ir writes it, goes on after the stage that it names.\n\n"
              "anetc mil COMMAND ... works on MIL programs; see anetc mil help.\n"
              "anetc doctor examines this machine's Neural Engine; see anetc doctor --help.\n");
    const char *group = "";
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(group, table[i].group) != 0) {
            group = table[i].group;
            text_printf(out, "\n%s:\n", group);
        }
        show_option(&table[i], out);
    }
    text_puts(out, "\nParts for --emit:\n");
    for (size_t i = 0; i < EMIT_COUNT; i++) {
        usage_row(emit_kinds[i].name, emit_kinds[i].text, out);
    }
    text_puts(out, "\nModes for --weights:\n");
    for (size_t i = 0; i < WEIGHTS_MODES; i++) {
        usage_row(weights_modes[i].name, weights_modes[i].text, out);
    }
    text_puts(out, "\nPasses for -f:\n");
    for (size_t i = 0; i < PASS_COUNT; i++) {
        if (passes[i].optional) {
            usage_row(passes[i].name, passes[i].text, out);
        }
    }
    text_puts(
        out,
        "\nExit codes: 0 success, 1 errors in the source, 2 wrong usage or a file that cannot be\n"
        "read or written, 3 the C compiler failed, 70 a bug in anetc.\n");
}

static void show_stages(text *out) {
    for (size_t i = 0; i < PASS_COUNT; i++) {
        usage_row(passes[i].name, passes[i].text, out);
    }
}

/* ---- values ---- */

static anet_code unknown(command_line *l, const char *what, const char *word,
                         const char *const *names, size_t n) {
    const char *near = nearest_name(word, names, n);
    if (near) {
        return anet_fail(l->err, ANET_BAD_USAGE, "unknown %s `%s`; did you mean `%s`?", what, word,
                         near);
    }
    return anet_fail(l->err, ANET_BAD_USAGE, "unknown %s `%s`; see anetc --help", what, word);
}

static anet_code set_emit(command_line *l, const char *list) {
    const char *names[EMIT_COUNT];
    for (size_t i = 0; i < EMIT_COUNT; i++) {
        names[i] = emit_kinds[i].name;
    }
    for (;;) {
        size_t n = strcspn(list, ","), i = 0;
        const char *word = arena_strndup(l->memory, list, n);
        while (i < EMIT_COUNT && strcmp(word, names[i]) != 0) {
            i++;
        }
        if (i == EMIT_COUNT) {
            return unknown(l, "part for --emit", word, names, EMIT_COUNT);
        }
        l->o->emit |= 1u << i;
        if (!list[n]) {
            return ANET_OK;
        }
        list += n + 1;
    }
}

/* The passes of that name: PASS_COUNT if there is none. */
static pass_id find_pass(const char *name) {
    size_t i = 0;
    while (i < PASS_COUNT && strcmp(name, passes[i].name) != 0) {
        i++;
    }
    return (pass_id)i;
}

static anet_code unknown_pass(command_line *l, const char *name) {
    const char *names[PASS_COUNT];
    for (size_t i = 0; i < PASS_COUNT; i++) {
        names[i] = passes[i].name;
    }
    return unknown(l, "pass", name, names, PASS_COUNT);
}

static anet_code set_pass(command_line *l, const char *value) {
    bool off = strncmp(value, "no-", 3) == 0;
    const char *name = off ? value + 3 : value;
    pass_id id = find_pass(name);
    if (id == PASS_COUNT) {
        return unknown_pass(l, name);
    }
    if (!passes[id].optional) {
        return anet_fail(l->err, ANET_BAD_USAGE, "the pass `%s` always runs", name);
    }
    l->o->pass[id] = off ? -1 : 1;
    return ANET_OK;
}

static anet_code set_dump(command_line *l, const char *stage) {
    if (strcmp(stage, "list") == 0) {
        show_stages(l->shown);
        return ANET_OK;
    }
    if (strcmp(stage, "all") == 0) {
        memset(l->o->dump_after, true, sizeof l->o->dump_after);
        return ANET_OK;
    }
    pass_id id = find_pass(stage);
    if (id == PASS_COUNT) {
        return unknown_pass(l, stage);
    }
    l->o->dump_after[id] = true;
    return ANET_OK;
}

static anet_code set_define(command_line *l, const char *value) {
    const char *equals = strchr(value, '=');
    if (!equals || equals == value) {
        return anet_fail(l->err, ANET_BAD_USAGE, "-D needs NAME=VALUE, not `%s`", value);
    }
    define *d = &l->defines[l->o->n_defines++];
    d->name = arena_strndup(l->memory, value, (size_t)(equals - value));
    d->value = equals + 1;
    return ANET_OK;
}

static anet_code set_level(command_line *l, const char *value) {
    if ((value[0] != '0' && value[0] != '1') || value[1]) {
        return anet_fail(l->err, ANET_BAD_USAGE, "-O%s: the levels are -O0 and -O1", value);
    }
    l->o->level = value[0] - '0';
    return ANET_OK;
}

static anet_code set_weights(command_line *l, const char *mode) {
    const char *names[WEIGHTS_MODES];
    for (size_t i = 0; i < WEIGHTS_MODES; i++) {
        names[i] = weights_modes[i].name;
        if (strcmp(mode, names[i]) == 0) {
            l->o->weights = (weights_mode)i;
            l->o->weights_given = true;
            return ANET_OK;
        }
    }
    return unknown(l, "mode for --weights", mode, names, WEIGHTS_MODES);
}

static anet_code set_target(command_line *l, const char *list) {
    if (strcmp(list, "list") == 0) {
        targets_list(l->shown);
        return ANET_OK;
    }
    return targets_parse(list, &l->o->targets, l->err);
}

static anet_code set_colour(command_line *l, const char *when) {
    return colour_wanted(when, STDERR_FILENO, &l->o->colour, l->err);
}

static anet_code set_format(command_line *l, const char *format) {
    l->o->json = strcmp(format, "json") == 0;
    if (!l->o->json && strcmp(format, "text") != 0) {
        return anet_fail(l->err, ANET_BAD_USAGE, "--message-format is text or json, not `%s`",
                         format);
    }
    return ANET_OK;
}

static anet_code apply(command_line *l, option_id id, const char *value) {
    options *o = l->o;
    switch (id) {
    case OPT_OUTPUT:
        o->output = value;
        return *value ? ANET_OK : anet_fail(l->err, ANET_BAD_USAGE, "-o needs a file name");
    case OPT_EMIT:
        return set_emit(l, value);
    case OPT_CHECK:
        o->check = true;
        return ANET_OK;
    case OPT_MODEL:
        o->model = value;
        return ANET_OK;
    case OPT_DEFINE:
        return set_define(l, value);
    case OPT_FOLDER:
        l->folders[o->n_folders++] = value;
        return ANET_OK;
    case OPT_TARGET:
        return set_target(l, value);
    case OPT_WEIGHTS:
        return set_weights(l, value);
    case OPT_LEVEL:
        return set_level(l, value);
    case OPT_PASS:
        return set_pass(l, value);
    case OPT_DUMP_AFTER:
        return set_dump(l, value);
    case OPT_VERIFY_EACH:
    case OPT_NO_VERIFY_EACH:
        o->verify = id == OPT_VERIFY_EACH;
        return ANET_OK;
    case OPT_TIME:
        o->time = true;
        return ANET_OK;
    case OPT_VERBOSE:
        o->verbose = true;
        return ANET_OK;
    case OPT_COLOR:
        return set_colour(l, value);
    case OPT_MESSAGE_FORMAT:
        return set_format(l, value);
    case OPT_EXPLAIN:
        return explain(value, l->shown, l->err);
    case OPT_HELP:
        show_help(l->shown);
        return ANET_OK;
    case OPT_VERSION:
        text_puts(l->shown, "anetc " ANET_VERSION "\n");
        return ANET_OK;
    case OPTION_COUNT:
        break;
    }
    return ANET_INTERNAL;
}

/* ---- words ---- */

static anet_code unknown_option(command_line *l, const char *word) {
    const char *names[OPTION_COUNT];
    size_t n = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (table[i].name) {
            names[n++] = arena_printf(l->memory, "--%s", table[i].name);
        }
    }
    return unknown(l, "option", word, names, n);
}

static anet_code take(command_line *l, option_id id, const char *word, const char *value) {
    const option *o = &table[id];
    if (!o->argument && value) {
        return anet_fail(l->err, ANET_BAD_USAGE, "`%s` takes no value", word);
    }
    if (o->argument && !value) {
        if (l->next >= l->argc) {
            return anet_fail(l->err, ANET_BAD_USAGE, "`%s` needs a value: %s", word, o->argument);
        }
        value = l->argv[l->next++];
    }
    return apply(l, id, value);
}

static anet_code long_option(command_line *l, const char *word) {
    const char *equals = strchr(word, '=');
    const char *name = equals ? arena_strndup(l->memory, word, (size_t)(equals - word)) : word;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (table[i].name && strcmp(table[i].name, name + 2) == 0) {
            return take(l, (option_id)i, name, equals ? equals + 1 : NULL);
        }
    }
    return unknown_option(l, name);
}

static anet_code short_option(command_line *l, const char *word) {
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (table[i].letter && table[i].letter == word[1]) {
            if (!table[i].argument && word[2]) {
                break;
            }
            return take(l, (option_id)i, arena_strndup(l->memory, word, 2),
                        word[2] ? word + 2 : NULL);
        }
    }
    return unknown_option(l, word);
}

static anet_code set_input(command_line *l, const char *path) {
    if (l->o->input) {
        return anet_fail(l->err, ANET_BAD_USAGE, "one file at a time: `%s` and `%s`", l->o->input,
                         path);
    }
    l->o->input = path;
    return ANET_OK;
}

static anet_code read_words(command_line *l) {
    bool options_ended = false;
    anet_code code = ANET_OK;
    while (code == ANET_OK && l->shown->len == 0 && l->next < l->argc) {
        const char *word = l->argv[l->next++];
        if (options_ended || word[0] != '-' || word[1] == 0) {
            code = set_input(l, word);
        } else if (strcmp(word, "--") == 0) {
            options_ended = true;
        } else if (word[1] == '-') {
            code = long_option(l, word);
        } else {
            code = short_option(l, word);
        }
    }
    return code;
}

static void set_defaults(command_line *l) {
    *l->o = (options){.level = 1};
#ifndef NDEBUG
    l->o->verify = true;
#endif
    const char *cc = getenv("CC");
    l->o->cc = cc && cc[strspn(cc, " ")] ? cc : "cc";
    set_colour(l, "auto");
}

anet_code options_parse(arena *memory, int argc, char **argv, options *o, text *shown,
                        anet_error *err) {
    command_line l = {memory, o, shown, err, argc, 1, argv, NULL, NULL};
    l.defines = ARENA_ARRAY(memory, define, argc);
    l.folders = ARENA_ARRAY(memory, const char *, argc);
    set_defaults(&l);
    o->defines = l.defines;
    o->folders = l.folders;
    anet_code code = read_words(&l);
    if (code == ANET_OK && shown->len == 0 && !o->input) {
        return anet_fail(err, ANET_BAD_USAGE, "no file to compile; see anetc --help");
    }
    return code;
}
