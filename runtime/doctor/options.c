/* options.c: the few words that anet-doctor takes. */
#include "doctor/doctor.h"

#include <stdlib.h>
#include <string.h>

static const char DEFAULT_REPORT[] = "anet-doctor.json";

/* true if it is that option; its value, from behind the `=` or from the next word */
static bool take(const char *name, int argc, char **argv, int *i, const char **value) {
    size_t n = strlen(name);
    const char *at = argv[*i];
    if (strncmp(at, name, n) != 0 || (at[n] && at[n] != '=')) {
        return false;
    }
    *value = at[n] ? at + n + 1 : *i + 1 < argc ? argv[++*i] : "";
    return true;
}

static anet_code take_patience(doctor_options *o, const char *value, anet_error *err) {
    char *end;
    long seconds = strtol(value, &end, 10);
    if (end == value || *end || seconds < 1 || seconds > 86400) {
        return anet_fail(err, ANET_BAD_USAGE, "--patience wants seconds, 1 to 86400, not '%s'",
                         value);
    }
    o->patience = (int)seconds;
    return ANET_OK;
}

static anet_code unknown(const char *at, anet_error *err) {
    static const char *const names[] = {"--json", "--quick", "--report", "--patience", "--help"};
    const char *near = nearest_name(at, names, sizeof names / sizeof *names);
    return anet_fail(err, ANET_BAD_USAGE, "unknown option '%s'%s%s%s; see anetc doctor --help", at,
                     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

anet_code doctor_parse(doctor_options *o, int argc, char **argv, anet_error *err) {
    enum { PATIENCE_QUICK = 60, PATIENCE = 300 };
    const char *patience = NULL;
    *o = (doctor_options){0};
    for (int i = 1; i < argc; i++) {
        const char *at = argv[i];
        if (strcmp(at, "--json") == 0) {
            o->json = true;
        } else if (strcmp(at, "--quick") == 0) {
            o->quick = true;
        } else if (strcmp(at, "--help") == 0 || strcmp(at, "-h") == 0) {
            o->help = true;
        } else if (strcmp(at, "--report") == 0) {
            o->report = DEFAULT_REPORT;
        } else if (strncmp(at, "--report=", 9) == 0 && at[9]) {
            o->report = at + 9;
        } else if (!take("--patience", argc, argv, &i, &patience) &&
                   !take("--item", argc, argv, &i, &o->item) &&
                   !take("--known", argc, argv, &i, &o->known) &&
                   !take("--result", argc, argv, &i, &o->result)) {
            return unknown(at, err);
        }
    }
    o->patience = o->quick ? PATIENCE_QUICK : PATIENCE;
    if (patience && take_patience(o, patience, err)) {
        return err->code;
    }
    return o->item && (!o->known || !o->result)
               ? anet_fail(err, ANET_BAD_USAGE, "--item wants --known and --result, too")
               : ANET_OK;
}

void doctor_help(text *out) {
    text_puts(
        out,
        "Usage: anetc doctor [options]\n\n"
        "Examines this machine's Neural Engine: what it takes, what it gets wrong, how fast it\n"
        "is. Takes a few minutes; nothing is changed, and nothing is sent anywhere.\n\n"
        "Options:\n"
        "  --report[=FILE]  write the report as JSON, too (default: anet-doctor.json): for\n"
        "                   anetc --target=FILE, for a program's --profile FILE, for a bug\n"
        "                   report\n"
        "  --json           print the report as JSON instead of the table\n"
        "  --quick          leave out what takes long: speeds come from small shapes without\n"
        "                   a warm-up, and mean nothing\n"
        "  --patience=N     seconds for each item, then it is ended (default: 300, --quick: 60)\n"
        "  --help           print this\n\n"
        "Exit codes: 0 the engine was examined, 2 wrong usage or a file that cannot be\n"
        "written, 3 there is no engine to examine, 70 a bug, 130 interrupted.\n");
}
