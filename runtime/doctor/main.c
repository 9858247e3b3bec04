/* main.c: anet-doctor, which `anetc doctor` starts: anetc itself links the C library only. */
#include "doctor/doctor.h"

#include "base/file.h"
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The list of libraries says what is missing; this, what follows from it. */
static anet_code look(doctor *d, anet_error *err) {
    doctor_system_read(&d->system);
    doctor_libraries(d);
    machine_defaults("", &d->found);
    for (int i = 0; i < ANE_LIBRARIES; i++) {
        const doctor_library *l = &d->library[i];
        if (!l->loaded || *l->missing) {
            return anet_fail(err, ANET_FAILED,
                             "no engine to examine: %s %s%s; it takes macOS on Apple silicon",
                             l->path, l->loaded ? "lacks " : "cannot be loaded", l->missing);
        }
    }
    return doctor_battery(d, err);
}

static anet_code write_report(const doctor *d, anet_error *err) {
    text out = {0};
    doctor_print_json(d, &out);
    int error = file_write(d->options.report, out.at, out.len);
    text_free(&out);
    return error ? anet_fail(err, ANET_BAD_USAGE, "cannot write %s: %s", d->options.report,
                             strerror(error))
                 : ANET_OK;
}

static anet_code examine(doctor *d, text *out, anet_error *err) {
    anet_code code = look(d, err);
    if (code == ANET_INTERRUPTED) {
        return code;
    }
    if (d->options.json) {
        doctor_print_json(d, out);
    } else {
        doctor_print(d, out);
    }
    anet_error unwritten = {0};
    if (d->options.report && write_report(d, &unwritten)) {
        *err = unwritten;
    } else if (d->options.report) {
        fprintf(stderr, "anetc: the report is in %s\n", d->options.report);
    }
    return err->code;
}

int main(int argc, char **argv) {
    file_start();
    anet_error err = {0};
    doctor d = {.memory = arena_new()};
    text out = {0};
    int code = 0;
    if (!doctor_parse(&d.options, argc, argv, &err)) {
        if (d.options.help) {
            doctor_help(&out);
        } else if (d.options.item) {
            code = doctor_run_item(&d.options);
        } else {
            examine(&d, &out, &err);
        }
    }
    fwrite(out.at ? out.at : "", 1, out.len, stdout);
    if (err.code) {
        fflush(stdout);
        fprintf(stderr, "anetc: %s\n", err.message);
    } else {
        cli_flush(&err);
    }
    text_free(&out);
    arena_free(d.memory);
    return err.code ? (int)err.code : code;
}
