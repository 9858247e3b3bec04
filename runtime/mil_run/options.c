/* options.c: reads argv by the table of options.def, from which the help comes, too. */
#include "mil_run/options.h"

#include "host/numerics.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 4096 };

typedef enum option_kind { FLAG, TEXT, PAIRS } option_kind;

static const struct {
    const char *name;
    option_kind kind;
    const char *argument, *text;
} options[] = {
#define RUN_OPTION(ID, name, kind, argument, text) {name, kind, argument, text},
#include "mil_run/options.def"
};

static anet_code unknown(const char *what, const char *word, const char *const *names, size_t n,
                         anet_error *err) {
    const char *near = nearest_name(word, names, n);
    return anet_fail(err, ANET_BAD_USAGE, "unknown %s '%s'%s%s%s; see anetc mil run --help", what,
                     word, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int find_option(const char *name, size_t n) {
    for (int i = 0; i < RUN_OPTIONS; i++) {
        if (strncmp(options[i].name, name, n) == 0 && options[i].name[n] == 0) {
            return i;
        }
    }
    return -1;
}

static anet_code unknown_option(arena *a, const char *word, size_t n, anet_error *err) {
    const char *names[RUN_OPTIONS];
    for (int i = 0; i < RUN_OPTIONS; i++) {
        names[i] = arena_printf(a, "--%s", options[i].name);
    }
    return unknown("option", arena_printf(a, "--%.*s", (int)n, word), names, RUN_OPTIONS, err);
}

/* --- values --- */

/* how long the name in front of a `=` is; 0 if there is none. File names may hold a `=`, too. */
static size_t name_length(const char *s) {
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return s[n] == '=' ? n : 0;
}

static anet_code add_pair(run_options *o, arena *a, int option, const char *s, anet_error *err) {
    size_t n = name_length(s);
    run_pair pair = {n ? arena_strndup(a, s, n) : NULL, n ? s + n + 1 : s};
    run_pairs *pairs = &o->pairs[option];
    for (size_t i = 0; i < pairs->all.len; i++) {
        const char *other = pairs->all.at[i].name;
        if (other && pair.name ? strcmp(other, pair.name) == 0 : other == pair.name) {
            return anet_fail(err, ANET_BAD_USAGE, "--%s is given twice for %s",
                             options[option].name, pair.name ? pair.name : "all names");
        }
    }
    if (!*pair.what) {
        return anet_fail(err, ANET_BAD_USAGE, "--%s %s: nothing follows the '='; it wants %s",
                         options[option].name, s, options[option].argument);
    }
    vec_push(&pairs->all, pair);
    return ANET_OK;
}

static anet_code set_numerics(run_options *o, anet_error *err) {
    const char *name = o->text[RUN_NUMERICS];
    for (int i = 0; i < ANET_NUMERICS_MODES && name; i++) {
        if (strcmp(host_numerics_names[i], name) == 0) {
            o->numerics = (anet_numerics)i;
            return ANET_OK;
        }
    }
    return name
               ? unknown("mode for --numerics", name, host_numerics_names, ANET_NUMERICS_MODES, err)
               : ANET_OK;
}

static anet_code set_threads(run_options *o, anet_error *err) {
    const char *s = o->text[RUN_THREADS];
    char *end = NULL;
    long n = s ? strtol(s, &end, 10) : 1;
    if (s && (!*s || *end || n < 1 || n > MAX_THREADS)) {
        return anet_fail(err, ANET_BAD_USAGE, "--threads wants a number from 1 to %d, not '%s'",
                         MAX_THREADS, s);
    }
    o->threads = s ? (int)n : 0;
    return ANET_OK;
}

static anet_code check(run_options *o, anet_error *err) {
    if (o->text[RUN_TRACE] && !o->text[RUN_TRACE_DIR]) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "--trace needs a folder to write to: --trace-dir FOLDER");
    }
    if (o->text[RUN_TRACE_DIR] && !o->text[RUN_TRACE]) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "--trace-dir needs --trace NAMES, or --trace all, to say what to write");
    }
    if (!o->file) {
        return anet_fail(
            err, ANET_BAD_USAGE,
            "which program? anetc mil run FILE --in random:1; see anetc mil run --help");
    }
    anet_code code = set_numerics(o, err);
    return code ? code : set_threads(o, err);
}

/* --- words --- */

/* one option; *i moves over its argument */
static anet_code read_option(run_options *o, arena *a, int argc, char **argv, int *i,
                             anet_error *err) {
    const char *word = argv[*i] + 2, *equals = strchr(word, '=');
    size_t n = equals ? (size_t)(equals - word) : strlen(word);
    int option = find_option(word, n);
    if (option < 0) {
        return unknown_option(a, word, n, err);
    }
    const char *name = options[option].name;
    if (options[option].kind == FLAG) {
        o->text[option] = "";
        return equals ? anet_fail(err, ANET_BAD_USAGE, "--%s takes no value", name) : ANET_OK;
    }
    if (!equals && *i + 1 >= argc) {
        return anet_fail(err, ANET_BAD_USAGE, "--%s wants a value: --%s %s", name, name,
                         options[option].argument);
    }
    const char *value = equals ? equals + 1 : argv[++*i];
    if (options[option].kind == PAIRS) {
        return add_pair(o, a, option, value, err);
    }
    o->text[option] = value;
    return *value ? ANET_OK
                  : anet_fail(err, ANET_BAD_USAGE, "--%s wants %s", name, options[option].argument);
}

anet_code run_parse(run_options *o, arena *a, int argc, char **argv, anet_error *err) {
    *o = (run_options){0};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "-h") == 0) {
            o->text[RUN_HELP] = "";
        } else if (strncmp(word, "--", 2) == 0 && word[2]) {
            if (read_option(o, a, argc, argv, &i, err)) {
                return err->code;
            }
        } else if (o->file || (word[0] == '-' && word[1])) {
            return anet_fail(err, ANET_BAD_USAGE,
                             "unexpected argument '%s'; see anetc mil run --help", word);
        } else {
            o->file = word;
        }
    }
    return o->text[RUN_HELP] ? ANET_OK : check(o, err);
}

void run_options_free(run_options *o) {
    for (int i = 0; i < RUN_OPTIONS; i++) {
        vec_free(&o->pairs[i].all);
    }
}

const run_pair *run_find_pair(const run_options *o, run_option option, const char *name) {
    const run_pair *all = NULL;
    const run_pairs *pairs = &o->pairs[option];
    for (size_t i = 0; i < pairs->all.len; i++) {
        const run_pair *pair = &pairs->all.at[i];
        if (!pair->name) {
            all = pair;
        } else if (strcmp(pair->name, name) == 0) {
            return pair;
        }
    }
    return all;
}

/* --- help --- */

enum { HELP_COLUMN = 26, HELP_WIDTH = 80 };

static void help_option(int i, text *out) {
    size_t start = out->len, column = HELP_COLUMN;
    text_printf(out, "  --%s%s%s", options[i].name, *options[i].argument ? " " : "",
                options[i].argument);
    text_printf(out, "%*s", (int)(HELP_COLUMN - (out->len - start)), "");
    for (const char *word = options[i].text; *word;) {
        size_t n = strcspn(word, " ");
        bool first = word == options[i].text, fits = column + 1 + n <= HELP_WIDTH;
        text_printf(out, "%s%*s", fits ? "" : "\n", first ? 0 : fits ? 1 : HELP_COLUMN, "");
        column = first ? column : fits ? column + 1 : HELP_COLUMN;
        text_add(out, word, n);
        column += n;
        word += n + (word[n] == ' ');
    }
    text_putc(out, '\n');
}

void run_help(text *out) {
    text_puts(
        out, "Usage: anetc mil run FILE [options]\n\n"
             "Executes a MIL program on this machine. FILE is MIL text, a compiled model's folder\n"
             "(.mlmodelc), or - for standard input. Outputs without --out are shown in short.\n\n"
             "Options:\n");
    for (int i = 0; i < RUN_OPTIONS; i++) {
        help_option(i, out);
    }
    text_puts(out,
              "\nExit codes: 0 success, 1 something is wrong in the program, its weights or its\n"
              "inputs, 2 wrong usage or a file that cannot be read or written, 3 the machine\n"
              "failed, 70 a bug.\n");
}
