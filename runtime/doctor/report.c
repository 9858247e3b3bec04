/* report.c: the findings, for people and for machines. */
#include "doctor/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef ANET_VERSION
#define ANET_VERSION "unknown"
#endif

static const char *const states[] = {"skipped", "ok", "failed"};

static const char ABOUT[] =
    "What one run found on one machine. It says nothing about other machines, even of the same "
    "chip and system.";

static bool has_stand_in(void) {
    return getenv("ANET_FRAMEWORKS") != NULL;
}

static void print_date(text *out) {
    char date[40] = "";
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc)) {
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    text_puts(out, date);
}

static bool was_examined(const doctor *d) {
    return d->finding[DOCTOR_engine].state == DOCTOR_FINE;
}

/* --- the table --- */

static void print_header(const doctor *d, text *out) {
    const doctor_system *s = &d->system;
    text_printf(out, "anetc doctor " ANET_VERSION ", ");
    print_date(out);
    text_printf(out, "\n%s\n", ABOUT);
    if (has_stand_in()) {
        text_puts(out, "The frameworks are not Apple's: ANET_FRAMEWORKS is set.\n");
    }
    if (d->options.quick) {
        text_puts(
            out,
            "--quick: the speeds are of small shapes, without a warm-up; they mean nothing.\n");
    }
    text_printf(out, "\nsystem\n  %s %s, %s%s%s\n", s->name, s->release, s->hardware,
                *s->processor ? ", " : "", s->processor);
}

static void print_libraries(const doctor *d, text *out) {
    text_puts(out, "\nlibraries\n");
    for (int i = 0; i < ANE_LIBRARIES; i++) {
        const doctor_library *l = &d->library[i];
        const char *name = strrchr(l->path, '/') + 1;
        text_printf(out, "  %-20s %s%s\n", name,
                    !l->loaded    ? "missing"
                    : *l->missing ? "is there, without "
                                  : "is there, with all that is used",
                    l->missing);
    }
}

/* Words from `column` on, with line breaks. */
static void print_folded(const char *s, int column, text *out) {
    enum { RIGHT = 110 };
    int at = column;
    while (*s) {
        int n = (int)strcspn(s, " ");
        if (at > column && at + 1 + n > RIGHT) {
            text_printf(out, "\n%*s", column, "");
            at = column;
        } else if (at > column) {
            text_putc(out, ' ');
            at++;
        }
        text_add(out, s, (size_t)n);
        at += n;
        s += n + (s[n] == ' ');
    }
    text_putc(out, '\n');
}

static void print_battery(const doctor *d, text *out) {
    text_puts(out, "\nbattery\n");
    for (int i = 0; i < DOCTOR_ITEMS; i++) {
        const doctor_finding *f = &d->finding[i];
        text_printf(out, "  %-22s %-7s ", doctor_titles[i], states[f->state]);
        print_folded(f->said ? f->said : "", 33, out);
    }
}

void doctor_print(const doctor *d, text *out) {
    print_header(d, out);
    print_libraries(d, out);
    if (d->finding[DOCTOR_engine].state != DOCTOR_SKIPPED) {
        print_battery(d, out);
    }
    if (was_examined(d)) {
        text_puts(out,
                  "\nproperties (of what failed above: false, or what is assumed for the chip)\n");
        machine_print(&d->found, out);
    }
}

/* --- JSON --- */

static void print_string(text *out, const char *key, const char *value) {
    text_printf(out, "\"%s\": ", key);
    text_json(out, value, strlen(value));
}

static void print_system(const doctor_system *s, text *out) {
    text_puts(out, "  \"system\": {");
    print_string(out, "name", s->name);
    text_puts(out, ", ");
    print_string(out, "release", s->release);
    text_puts(out, ", ");
    print_string(out, "hardware", s->hardware);
    text_puts(out, ", ");
    print_string(out, "processor", s->processor);
    text_puts(out, "},\n  \"libraries\": [");
}

static void print_library(const doctor_library *l, bool first, text *out) {
    text_puts(out, first ? "\n    {" : ",\n    {");
    print_string(out, "path", l->path);
    text_printf(out, ", \"loaded\": %s, ", l->loaded ? "true" : "false");
    print_string(out, "missing", l->missing);
    text_puts(out, "}");
}

static void print_finding(const doctor *d, int i, text *out) {
    const doctor_finding *f = &d->finding[i];
    text_puts(out, i ? ",\n    {" : "\n    {");
    print_string(out, "item", doctor_names[i]);
    text_puts(out, ", ");
    print_string(out, "state", states[f->state]);
    text_puts(out, ", ");
    print_string(out, "found", f->said ? f->said : "");
    text_puts(out, "}");
}

void doctor_print_json(const doctor *d, text *out) {
    text_puts(out, "{\n  \"report\": \"anetc doctor\",\n  \"format\": 1,\n  ");
    print_string(out, "anetc", ANET_VERSION);
    text_puts(out, ",\n  \"date\": \"");
    print_date(out);
    text_puts(out, "\",\n  ");
    print_string(out, "about", ABOUT);
    text_printf(out, ",\n  \"stand_in\": %s,\n  \"quick\": %s,\n",
                has_stand_in() ? "true" : "false", d->options.quick ? "true" : "false");
    print_system(&d->system, out);
    for (int i = 0; i < ANE_LIBRARIES; i++) {
        print_library(&d->library[i], i == 0, out);
    }
    text_puts(out, "\n  ],\n  \"battery\": [");
    for (int i = 0; i < DOCTOR_ITEMS; i++) {
        print_finding(d, i, out);
    }
    text_puts(out, "\n  ]");
    if (was_examined(d)) {
        text_puts(out, ",\n  \"properties\": ");
        machine_print_json(&d->found, out);
    }
    text_puts(out, "\n}\n");
}
