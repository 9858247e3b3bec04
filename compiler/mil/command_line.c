/* command_line.c: the words behind `anetc mil`, from the tables in tools.def. */
#include "mil/tool.h"

#include "usage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_MAX_ERRORS = 20, DEFAULT_TIME_LIMIT = 60, MAX_NUMBER = 1000000000 };

static const struct {
    const char *name, *arguments;
    int least, most;
    const char *text;
} tools[] = {
#define TOOL(ID, name, arguments, least, most, text) {#name, arguments, least, most, text},
#include "mil/tools.def"
};

typedef enum option_id {
#define TOOL_OPTION(ID, letter, name, argument, tools, text) OPT_##ID,
#include "mil/tools.def"
    OPTION_COUNT
} option_id;

#define ON(ID) (1u << TOOL_##ID)
static const struct {
    char letter;
    const char *name, *argument;
    unsigned tools;
    const char *text;
} table[] = {
#define TOOL_OPTION(ID, letter, name, argument, tools, text) {letter, name, argument, tools, text},
#include "mil/tools.def"
};

typedef struct words {
    tool *t;
    int argc, next;
    char **argv;
    bool shown; /* help or a list was asked for */
} words;

static bool is_on(const words *w, int option) {
    return (table[option].tools >> w->t->id & 1) != 0;
}

/* ---- help ---- */

static void show_help(text *out) {
    text_puts(out,
              "Usage: anetc mil COMMAND ...\n\n"
              "Reads, checks, compares and runs MIL, the language that the compiler of Apple's\n"
              "Neural Engine reads. `anetc mil COMMAND --help` lists the options.\n\nCommands:\n");
    for (int i = 0; i < TOOL_COUNT; i++) {
        usage_row(tools[i].name, tools[i].text, out);
    }
    text_puts(
        out,
        "\nExit codes: 0 nothing found, 1 something was found (an error, a difference), 2 wrong\n"
        "usage or a file that cannot be read or written, 3 the machine failed, 70 a bug.\n");
}

static void show_option(int i, text *out) {
    size_t start = out->len;
    text_printf(out, table[i].letter ? "  -%c, " : "      ", table[i].letter);
    text_printf(out, "--%s%s%s", table[i].name, table[i].argument ? "=" : "",
                table[i].argument ? table[i].argument : "");
    usage_fold(out, out->len - start, table[i].text);
}

static void show_tool_help(const words *w, text *out) {
    tool_id id = w->t->id;
    text_printf(out, "Usage: anetc mil %s [options]%s%s\n\n", tools[id].name,
                *tools[id].arguments ? " " : "", tools[id].arguments);
    text_printf(out, "%c%s.\n\nOptions:\n", tools[id].text[0] + 'A' - 'a', tools[id].text + 1);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (is_on(w, i)) {
            show_option(i, out);
        }
    }
}

static void show_targets(text *out) {
    for (int i = 0; i < mil_target_count(); i++) {
        text_printf(out, "%s\n", mil_target_name(mil_target_at(i)));
    }
}

/* ---- values ---- */

static anet_code add_target(words *w, const char *name) {
    const mil_target *target = mil_find_target(name);
    if (!target) {
        const char *near = mil_nearest_target(name);
        return anet_fail(w->t->err, ANET_BAD_USAGE,
                         "unknown target `%s`; %s%s%s--target=list shows all", name,
                         near ? "did you mean `" : "", near ? near : "", near ? "`? " : "");
    }
    w->t->target[w->t->targets++] = target;
    return ANET_OK;
}

static anet_code set_targets(words *w, const char *list) {
    tool *t = w->t;
    t->target =
        ARENA_ARRAY(t->memory, const mil_target *, strlen(list) + 1 + (size_t)mil_target_count());
    t->targets = 0;
    if (strcmp(list, "list") == 0) {
        show_targets(&t->out);
        w->shown = true;
        return ANET_OK;
    }
    for (int i = 0; strcmp(list, "all") == 0 && i < mil_target_count(); i++) {
        t->target[t->targets++] = mil_target_at(i);
    }
    anet_code code = ANET_OK;
    bool more = t->targets == 0;
    while (code == ANET_OK && more) {
        size_t n = strcspn(list, ",");
        code = add_target(w, arena_strndup(t->memory, list, n));
        more = list[n] == ',';
        list += n + more;
    }
    return code;
}

static anet_code set_number(words *w, option_id id, const char *value, int *number) {
    char *end;
    long n = strtol(value, &end, 10);
    if (end == value || *end || n < 0 || n > MAX_NUMBER) {
        return anet_fail(w->t->err, ANET_BAD_USAGE, "--%s needs a number, not `%s`", table[id].name,
                         value);
    }
    *number = (int)n;
    return ANET_OK;
}

static anet_code set_time_limit(words *w, const char *value) {
    char *end;
    double seconds = strtod(value, &end);
    if (end == value || *end || !(seconds > 0 && seconds < (double)MAX_NUMBER)) {
        return anet_fail(w->t->err, ANET_BAD_USAGE, "--time-limit needs seconds, not `%s`", value);
    }
    w->t->time_limit = seconds;
    return ANET_OK;
}

static anet_code set_dialect(words *w, const char *version) {
    w->t->dialect = version;
    return strcmp(version, "1.0") == 0 || strcmp(version, "1.3") == 0
               ? ANET_OK
               : anet_fail(w->t->err, ANET_BAD_USAGE, "--dialect is 1.0 or 1.3, not `%s`", version);
}

static anet_code set_text(words *w, option_id id, const char **to, const char *value) {
    *to = value;
    return *value ? ANET_OK
                  : anet_fail(w->t->err, ANET_BAD_USAGE, "--%s needs a value", table[id].name);
}

static anet_code apply(words *w, option_id id, const char *value) {
    tool *t = w->t;
    switch (id) {
    case OPT_TARGET:
        return set_targets(w, value);
    case OPT_WEIGHTS:
        return set_text(w, id, &t->weights, value);
    case OPT_NO_WEIGHTS:
        t->no_weights = true;
        return ANET_OK;
    case OPT_MAX_ERRORS:
        return set_number(w, id, value, &t->max_errors);
    case OPT_WERROR:
        t->werror = true;
        return ANET_OK;
    case OPT_IN_PLACE:
        t->in_place = true;
        return ANET_OK;
    case OPT_CHECK_ONLY:
        t->check_only = true;
        return ANET_OK;
    case OPT_DIALECT:
        return set_dialect(w, value);
    case OPT_ID:
        return set_text(w, id, &t->finding, value);
    case OPT_COMMAND:
        return set_text(w, id, &t->command, value);
    case OPT_STATUS:
        return set_number(w, id, value, &t->status);
    case OPT_KEEP_STATUS:
        t->keep_status = true;
        return ANET_OK;
    case OPT_TIME_LIMIT:
        return set_time_limit(w, value);
    case OPT_OUTPUT:
        return set_text(w, id, &t->output, value);
    case OPT_OPS:
        t->ops = true;
        return ANET_OK;
    case OPT_JSON:
        t->json = true;
        return ANET_OK;
    case OPT_COLOR:
        return colour_wanted(value, STDOUT_FILENO, &t->colour, t->err);
    case OPT_HELP:
        show_tool_help(w, &t->out);
        w->shown = true;
        return ANET_OK;
    case OPTION_COUNT:
        break;
    }
    return ANET_INTERNAL;
}

/* ---- words ---- */

static anet_code take(words *w, option_id id, const char *word, const char *value) {
    if (!table[id].argument && value) {
        return anet_fail(w->t->err, ANET_BAD_USAGE, "`%s` takes no value", word);
    }
    if (table[id].argument && !value) {
        if (w->next >= w->argc) {
            return anet_fail(w->t->err, ANET_BAD_USAGE, "`%s` needs a value: %s", word,
                             table[id].argument);
        }
        value = w->argv[w->next++];
    }
    return apply(w, id, value);
}

static anet_code unknown_option(words *w, const char *word) {
    const char *names[OPTION_COUNT];
    size_t n = 0;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (is_on(w, i)) {
            names[n++] = arena_printf(w->t->memory, "--%s", table[i].name);
        }
    }
    const char *near = nearest_name(word, names, n), *name = tools[w->t->id].name;
    if (near) {
        return anet_fail(w->t->err, ANET_BAD_USAGE, "unknown option `%s`; did you mean `%s`?", word,
                         near);
    }
    return anet_fail(w->t->err, ANET_BAD_USAGE,
                     "anetc mil %s has no option `%s`; see anetc mil %s --help", name, word, name);
}

static anet_code option(words *w, const char *word) {
    bool is_long = word[1] == '-';
    const char *equals = is_long ? strchr(word, '=') : NULL;
    const char *name = equals ? arena_strndup(w->t->memory, word, (size_t)(equals - word)) : word;
    for (int i = 0; i < OPTION_COUNT; i++) {
        bool same = is_long ? strcmp(table[i].name, name + 2) == 0
                            : table[i].letter && table[i].letter == word[1] && !word[2];
        if (same && is_on(w, i)) {
            return take(w, (option_id)i, name, equals ? equals + 1 : NULL);
        }
    }
    return unknown_option(w, name);
}

static anet_code check_files(const words *w) {
    const tool *t = w->t;
    const char *name = tools[t->id].name;
    if (t->files < tools[t->id].least) {
        return anet_fail(t->err, ANET_BAD_USAGE, "anetc mil %s needs %s; see anetc mil %s --help",
                         name, tools[t->id].arguments, name);
    }
    if (tools[t->id].most >= 0 && t->files > tools[t->id].most) {
        return anet_fail(t->err, ANET_BAD_USAGE,
                         "anetc mil %s: `%s` is too much; see anetc mil %s --help", name,
                         t->file[tools[t->id].most], name);
    }
    return ANET_OK;
}

static anet_code find_tool(words *w, const char *word) {
    const char *names[TOOL_COUNT];
    for (int i = 0; i < TOOL_COUNT; i++) {
        names[i] = tools[i].name;
        if (strcmp(word, tools[i].name) == 0) {
            w->t->id = (tool_id)i;
            return ANET_OK;
        }
    }
    const char *near = nearest_name(word, names, TOOL_COUNT);
    return anet_fail(w->t->err, ANET_BAD_USAGE, "unknown command `%s`; %s%s%ssee anetc mil help",
                     word, near ? "did you mean `" : "", near ? near : "", near ? "`? " : "");
}

static anet_code read_words(words *w) {
    bool options_ended = false;
    anet_code code = ANET_OK;
    while (code == ANET_OK && !w->shown && w->next < w->argc) {
        const char *word = w->argv[w->next++];
        if (options_ended || word[0] != '-' || word[1] == 0) {
            w->t->file[w->t->files++] = word;
        } else if (strcmp(word, "--") == 0) {
            options_ended = true;
        } else {
            code = option(w, word);
        }
    }
    return code == ANET_OK && !w->shown ? check_files(w) : code;
}

static bool is_help(const char *word) {
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static void set_defaults(tool *t, int argc, char **argv) {
    t->argc = argc - 1;
    t->argv = argv + 1;
    t->file = ARENA_ARRAY(t->memory, const char *, argc);
    t->max_errors = DEFAULT_MAX_ERRORS;
    t->time_limit = DEFAULT_TIME_LIMIT;
    t->status = -1;
    colour_wanted("auto", STDOUT_FILENO, &t->colour, t->err);
}

anet_code tool_command_line(tool *t, int argc, char **argv, bool *done) {
    words w = {.t = t, .argc = argc, .argv = argv, .next = 1};
    if (argc == 0) {
        return anet_fail(t->err, ANET_BAD_USAGE, "no command; see anetc mil help");
    }
    bool help = is_help(argv[0]);
    *done = help;
    if (help && argc == 1) {
        show_help(&t->out);
        return ANET_OK;
    }
    anet_code code = find_tool(&w, argv[help]);
    set_defaults(t, argc, argv);
    if (code == ANET_OK && help) {
        show_tool_help(&w, &t->out);
    } else if (code == ANET_OK && t->id != TOOL_RUN) {
        code = read_words(&w);
        *done = w.shown;
    }
    return code;
}
