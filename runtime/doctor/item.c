/* item.c: a process that tries one item of the battery. */
#include "doctor/doctor.h"

#include "ane/message.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    doctor_try *try;
} items[] = {
#define ITEM(id, title) {#id, doctor_try_##id},
#include "doctor/battery.def"
};

/* --- the engine itself --- */

/* The framework's word, for that is whose programs they are; else the kernel's. */
static void read_build(const ane_api *a, machine *m) {
    ane_selector selector = a->sel_registerName("buildVersion");
    if (!ane_responds(a, a->classes.device_info, selector) ||
        !ane_text(a, ane_send(a, a->classes.device_info, selector), m->build, sizeof m->build)) {
        doctor_build(m->build, sizeof m->build);
    }
}

anet_code doctor_try_engine(bench *b, text *said, anet_error *err) {
    const ane_api *a = &b->api;
    char architecture[sizeof b->m->architecture];
    if (!ane_ask(a, a->classes.device_info, a->selectors.has_ane)) {
        return anet_fail(err, ANET_FAILED,
                         "this machine has no Neural Engine that can be used (a virtual one has "
                         "none)");
    }
    if (!ane_text(a, ane_send(a, a->classes.device_info, a->selectors.architecture), architecture,
                  sizeof architecture)) {
        return anet_fail(err, ANET_FAILED, "the engine does not say what it is");
    }
    machine_defaults(architecture, b->m);
    doctor_os(b->m->os, sizeof b->m->os);
    read_build(a, b->m);
    text_printf(said, "%s, taken for that of %s", architecture, b->m->chip);
    return ANET_OK;
}

/* --- */

static anet_code run_item(size_t item, bench *b, text *said, anet_error *err) {
    if (ane_api_open(&b->api, err)) {
        return err->code;
    }
    void *pool = b->api.objc_autoreleasePoolPush();
    items[item].try(b, said, err);
    b->api.objc_autoreleasePoolPop(pool);
    ane_api_close(&b->api);
    return err->code;
}

static void print_result(const machine *m, bool fine, const char *said, text *out) {
    text_puts(out, "{\n  \"properties\": ");
    machine_print_json(m, out);
    text_printf(out, ",\n  \"fine\": %s,\n  \"said\": ", fine ? "true" : "false");
    text_json(out, said, strlen(said));
    text_puts(out, "\n}\n");
}

int doctor_run_item(const doctor_options *o) {
    anet_error err = {0}, why = {0};
    machine m;
    text said = {0}, out = {0};
    size_t i = 0;
    while (i < DOCTOR_ITEMS && strcmp(items[i].name, o->item) != 0) {
        i++;
    }
    if (i == DOCTOR_ITEMS) {
        anet_fail(&err, ANET_BAD_USAGE, "there is no item %s", o->item);
    } else if (!machine_read(o->known, &m, &err)) {
        bench b = {.m = &m, .quick = o->quick, .known = o->known};
        run_item(i, &b, &said, &why);
        print_result(&m, !why.code, why.code ? why.message : said.at ? said.at : "", &out);
        int error = file_write(o->result, out.at, out.len);
        if (error) {
            anet_fail(&err, ANET_FAILED, "cannot write %s: %s", o->result, strerror(error));
        }
    }
    if (err.code) {
        fprintf(stderr, "anetc: %s\n", err.message);
    }
    text_free(&said);
    text_free(&out);
    return (int)err.code;
}
