/* battery.c: a process for each item, one after the other. */
#include "doctor/doctor.h"

#include "base/file.h"
#include "interrupt.h"
#include "json.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ENOUGH: items that hang, one after the other; the others would, too */
enum { RESTART = 15, ENOUGH = 3, MAX_LOG = 1 << 16 };

const char *const doctor_names[DOCTOR_ITEMS] = {
#define ITEM(id, title) #id,
#include "doctor/battery.def"
};

const char *const doctor_titles[DOCTOR_ITEMS] = {
#define ITEM(id, title) title,
#include "doctor/battery.def"
};

typedef struct battery {
    doctor *d;
    const char *program, *folder, *known, *result, *log;
} battery;

static anet_code write_known(const battery *b, anet_error *err) {
    text out = {0};
    text_puts(&out, "{\"properties\": ");
    machine_print_json(&b->d->found, &out);
    text_puts(&out, "}\n");
    int error = file_write(b->known, out.at, out.len);
    text_free(&out);
    return error ? anet_fail(err, ANET_FAILED, "cannot write %s: %s", b->known, strerror(error))
                 : ANET_OK;
}

/* --- what came of it --- */

/* What the process printed about its end: an exception of Objective-C has its reason in the first
 * line, before the call stack; else the last line. */
static const char *last_words(const battery *b) {
    char *log;
    size_t n;
    if (file_read(b->d->memory, b->log, MAX_LOG, &log, &n)) {
        return "";
    }
    while (n && (log[n - 1] == '\n' || log[n - 1] == '\r')) {
        log[--n] = 0;
    }
    char *reason = strstr(log, "reason: "), *line = strrchr(log, '\n');
    if (reason) {
        reason[strcspn(reason, "\r\n")] = 0;
    }
    return reason ? reason : line ? line + 1 : log;
}

/* A report goes to other people: the name of the home folder stays here. */
static const char *without_home(arena *a, const char *s) {
    const char *home = getenv("HOME");
    size_t n = home ? strlen(home) : 0;
    text out = {0};
    while (*s) {
        bool at_home = n > 1 && strncmp(s, home, n) == 0;
        text_add(&out, at_home ? "~" : s, 1);
        s += at_home ? n : 1;
    }
    return text_move(&out, a);
}

static void set(const battery *b, doctor_item item, doctor_state state, const char *said) {
    b->d->finding[item] = (doctor_finding){state, without_home(b->d->memory, said)};
}

static void read_result(const battery *b, doctor_item item) {
    arena *a = b->d->memory;
    anet_error err = {0};
    char *source;
    size_t n;
    json *root = NULL;
    if (file_read(a, b->result, MAX_LOG, &source, &n) ||
        json_parse(a, source, n, "the result", &root, &err) ||
        machine_read(b->result, &b->d->found, &err)) {
        set(b, item, DOCTOR_FAILED,
            err.code ? err.message : "the process that tried it left no result");
        return;
    }
    const json *fine = json_get(root, "fine"), *said = json_get(root, "said");
    bool ok = fine && fine->kind == JSON_BOOL && fine->truth;
    set(b, item, ok ? DOCTOR_FINE : DOCTOR_FAILED,
        said && said->kind == JSON_STRING ? said->text : "");
}

/* true if it hangs */
static bool run_item(const battery *b, doctor_item item) {
    const doctor *d = b->d;
    const char *words[] = {
        b->program, "--item",   doctor_names[item], "--known",
        b->known,   "--result", b->result,          d->options.quick ? "--quick" : NULL,
        NULL};
    remove(b->result);
    bool late;
    const char *bad = doctor_spawn(d->memory, words, b->log, d->options.patience, &late);
    if (!bad) {
        read_result(b, item);
        return false;
    }
    const char *words_left = last_words(b);
    set(b, item, DOCTOR_FAILED,
        *words_left ? arena_printf(d->memory, "%s: %s", bad, words_left) : bad);
    return late;
}

/* --- all of them --- */

/* A rejected program may restart the compile service, which then rejects everything for a while
 * (ane-facts section 1.3). */
static void wait_for_service(const battery *b, doctor_item item) {
    if (b->d->finding[item].state == DOCTOR_FAILED && !b->d->options.quick) {
        for (int i = 0; i < RESTART && !interrupt_wanted(); i++) {
            nanosleep(&(struct timespec){1, 0}, NULL);
        }
    }
}

static void show_progress(doctor_item item) {
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K%s", item < DOCTOR_ITEMS ? doctor_titles[item] : "");
        fflush(stderr);
    }
}

static anet_code run_all(const battery *b, anet_error *err) {
    anet_code code = ANET_OK;
    int late = 0;
    for (doctor_item i = 0; i < DOCTOR_ITEMS && !code; i++) {
        if (late == ENOUGH) {
            set(b, i, DOCTOR_SKIPPED, "those before it hang");
            continue;
        }
        show_progress(i);
        if (write_known(b, err)) {
            return err->code;
        }
        late = run_item(b, i) ? late + 1 : 0;
        if (interrupt_wanted()) {
            code = anet_fail(err, ANET_INTERRUPTED, "interrupted");
        } else if (i == DOCTOR_engine && b->d->finding[i].state != DOCTOR_FINE) {
            code = anet_fail(err, ANET_FAILED, "no engine to examine: %s", b->d->finding[i].said);
        } else if (i + 1 < DOCTOR_ITEMS) {
            wait_for_service(b, i);
        }
    }
    show_progress(DOCTOR_ITEMS);
    return code;
}

/* with what a process that was killed had not finished, too */
static void remove_folder(arena *a, const char *path) {
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        unlink(path_join(a, path, entry->d_name)); /* fails for . and .. */
    }
    if (folder) {
        closedir(folder);
    }
    rmdir(path);
}

anet_code doctor_battery(doctor *d, anet_error *err) {
    arena *a = d->memory;
    const char *home = program_folder(a), *temporary = getenv("TMPDIR");
    char *folder = path_join(a, temporary && *temporary ? temporary : "/tmp", "anet-doctor-XXXXXX");
    if (!mkdtemp(folder)) {
        return anet_fail(err, ANET_FAILED, "cannot make the folder %s: %s", folder,
                         strerror(errno));
    }
    battery b = {.d = d,
                 .program = path_join(a, home ? home : ".", "anet-doctor"),
                 .folder = folder,
                 .known = path_join(a, folder, "known.json"),
                 .result = path_join(a, folder, "result.json"),
                 .log = path_join(a, folder, "log.txt")};
    interrupt_watch();
    anet_code code = run_all(&b, err);
    interrupt_restore();
    remove_folder(a, folder);
    return code;
}
