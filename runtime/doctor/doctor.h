/* doctor.h: anet-doctor, the program behind `anetc doctor`: what this machine's engine is like.
 *
 * The first process lists what there is, starts itself anew for each item of battery.def, and puts
 * together the report. A process that tries an item reads the machine as it is known so far, and
 * leaves a small file: the machine as it is known now, and a sentence. */
#ifndef ANET_DOCTOR_H
#define ANET_DOCTOR_H

#include "ane/objc.h"
#include "base/vec.h"
#include "machine.h"

typedef enum doctor_item {
#define ITEM(id, title) DOCTOR_##id,
#include "doctor/battery.def"
    DOCTOR_ITEMS
} doctor_item;

typedef struct doctor_options {
    bool json, quick, help;
    const char *report; /* file to write to, or NULL */
    int patience;       /* seconds for each item */
    /* a process that tries one item; not for users */
    const char *item, *known, *result;
} doctor_options;

/* options.c */
anet_code doctor_parse(doctor_options *o, int argc, char **argv, anet_error *err);
void doctor_help(text *out);

/* --- the first process --- */

typedef enum doctor_state { DOCTOR_SKIPPED, DOCTOR_FINE, DOCTOR_FAILED } doctor_state;

typedef struct doctor_finding {
    doctor_state state;
    const char *said; /* one sentence */
} doctor_finding;

typedef struct doctor_library { /* one of Apple's */
    const char *path;
    bool loaded;
    const char *missing; /* names of functions and classes, or "" */
} doctor_library;

typedef struct doctor_system {
    char name[64], release[64], hardware[64], processor[128];
} doctor_system;

typedef struct doctor {
    arena *memory;
    doctor_options options;
    doctor_system system;
    doctor_library library[ANE_LIBRARIES];
    machine found;
    doctor_finding finding[DOCTOR_ITEMS];
} doctor;

extern const char *const doctor_titles[DOCTOR_ITEMS];
extern const char *const doctor_names[DOCTOR_ITEMS];

void doctor_system_read(doctor_system *s);            /* system.c */
void doctor_os(char *to, size_t size);                /* "macOS 26.1" */
void doctor_build(char *to, size_t size);             /* "25B78", or "" */
void doctor_libraries(doctor *d);                     /* libraries.c */
anet_code doctor_battery(doctor *d, anet_error *err); /* battery.c */
/* Runs this program with these words until it ends, at most so many seconds; NULL, or a sentence
 * about how it ended badly (in the arena). *late: it took too long. spawn.c */
const char *doctor_spawn(arena *a, const char *const *words, const char *log, int seconds,
                         bool *late);
void doctor_print(const doctor *d, text *out); /* report.c: the table */
void doctor_print_json(const doctor *d, text *out);

/* --- a process that tries one item (item.c) --- */

int doctor_run_item(const doctor_options *o);

typedef struct bench {
    ane_api api;
    machine *m; /* what is known, and found */
    bool quick;
    const char *known; /* the file of what is known */
} bench;

/* Each appends a sentence, or fails with one; properties that it found out are set either way. */
typedef anet_code doctor_try(bench *b, text *said, anet_error *err);
#define ITEM(id, title) doctor_try doctor_try_##id;
#include "doctor/battery.def"

#endif
