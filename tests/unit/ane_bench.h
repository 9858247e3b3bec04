/* ane_bench.h: Apple's framework by raw messages: models, their folders, surfaces and requests, as
 * the documented sequence uses them. For a process that works with one framework and ends when
 * something is not as it should be. */
#ifndef ANET_TESTS_ANE_BENCH_H
#define ANET_TESTS_ANE_BENCH_H

#include "ane/objc.h"
#include "base/file.h"
#include "base/half.h"
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QOS = 21, FAILED = 1 };

/* --- messages, as typed calls of objc_msgSend --- */

typedef ane_id send_0(ane_id, ane_selector);
typedef ane_id send_1(ane_id, ane_selector, ane_id);
typedef ane_id send_3(ane_id, ane_selector, ane_id, ane_id, ane_id);
typedef ane_id send_7(ane_id, ane_selector, ane_id, ane_id, ane_id, ane_id, ane_id, ane_id, ane_id);
typedef bool send_qos(ane_id, ane_selector, unsigned, ane_id, ane_id *);
typedef bool send_unload(ane_id, ane_selector, unsigned, ane_id *);
typedef bool send_evaluate(ane_id, ane_selector, unsigned, ane_id, ane_id, ane_id *);
typedef bool send_flag(ane_id, ane_selector);
typedef long send_long(ane_id, ane_selector);

#define SEND(type) ((type *)(void (*)(void))a.objc_msgSend)

/* what a case works with; each has its own process, so one is enough */
static ane_api a;
static void *pool;

#define CHECK(truth)                                                                               \
    do {                                                                                           \
        if (!(truth)) {                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #truth);                            \
            exit(FAILED);                                                                          \
        }                                                                                          \
    } while (0)

static inline ane_selector sel(const char *name) {
    return a.sel_registerName(name);
}

/* --- a model on the stand-in --- */

typedef struct sample {
    ane_id descriptor, model, none, error;
    char folder[1400], identifier[256];
} sample;

static inline ane_id data_of(const void *bytes, size_t size) {
    return a.CFDataCreate(NULL, bytes, (long)size);
}

static inline void open_api(void) {
    anet_error err = {0};
    if (ane_api_open(&a, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(FAILED);
    }
    pool = a.objc_autoreleasePoolPush();
}

static inline void close_api(void) {
    a.objc_autoreleasePoolPop(pool);
    ane_api_close(&a);
}

static inline void write_file(const char *folder, const char *name, const void *data, size_t size) {
    char path[1500];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(file_write(path, data, size) == 0);
}

static inline ane_id weights_dictionary(size_t n, const anet_blob *blob) {
    ane_id keys[4], values[4];
    for (size_t i = 0; i < n; i++) {
        ane_id names[2] = {ane_string(&a, "offset"), ane_string(&a, "data")};
        ane_id of[2] = {ane_number(&a, 0), data_of(blob[i].data, blob[i].size)};
        keys[i] = ane_string(&a, blob[i].path);
        values[i] = ane_dictionary(&a, 2, names, of);
        for (int k = 0; k < 2; k++) {
            ane_release(&a, names[k]);
            ane_release(&a, of[k]);
        }
    }
    ane_id all = ane_dictionary(&a, n, keys, values);
    for (size_t i = 0; i < n; i++) {
        ane_release(&a, keys[i]);
        ane_release(&a, values[i]);
    }
    return all;
}

/* without files */
static inline sample make_bare(const char *mil, size_t n, const anet_blob *blob) {
    sample s = {.none = ane_dictionary(&a, 0, NULL, NULL)};
    ane_id mil_data = data_of(mil, strlen(mil)), weights = weights_dictionary(n, blob);
    s.descriptor =
        SEND(send_3)(a.classes.descriptor, a.selectors.model_with_text, mil_data, weights, NULL);
    s.model = SEND(send_1)(a.classes.model, a.selectors.model_with_descriptor, s.descriptor);
    a.CFRetain(s.model);
    ane_release(&a, mil_data);
    ane_release(&a, weights);
    char temporary[1000];
    CHECK(ane_text(&a, a.NSTemporaryDirectory(), temporary, sizeof temporary));
    CHECK(ane_text(&a, SEND(send_0)(s.model, a.selectors.identifier), s.identifier,
                   sizeof s.identifier));
    snprintf(s.folder, sizeof s.folder, "%s%s", temporary, s.identifier);
    return s;
}

static inline void write_files(const sample *s, const char *mil, size_t n, const anet_blob *blob) {
    char path[1500];
    snprintf(path, sizeof path, "%s/weights", s->folder);
    CHECK(folder_make(path) == 0);
    write_file(s->folder, "model.mil", mil, strlen(mil));
    for (size_t i = 0; i < n; i++) {
        write_file(s->folder, blob[i].path + strlen("@model_path/"), blob[i].data, blob[i].size);
    }
}

static inline sample make(const char *mil, size_t n, const anet_blob *blob) {
    sample s = make_bare(mil, n, blob);
    write_files(&s, mil, n, blob);
    return s;
}

static inline bool compile(sample *s) {
    return SEND(send_qos)(s->model, a.selectors.compile, QOS, s->none, &s->error);
}

static inline bool load(sample *s) {
    return SEND(send_qos)(s->model, a.selectors.load, QOS, s->none, &s->error);
}

static inline bool unload(sample *s) {
    return SEND(send_unload)(s->model, a.selectors.unload, QOS, &s->error);
}

static inline void remove_folder(const sample *s) {
    char command[1600];
    snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
    CHECK(system(command) == 0);
}

static inline void drop(sample *s) {
    remove_folder(s);
    ane_release(&a, s->model);
    ane_release(&a, s->none);
}

/* --- surfaces and requests --- */

static inline ane_id surface_of(size_t size) {
    const ane_id keys[] = {a.kIOSurfaceWidth,           a.kIOSurfaceHeight,
                           a.kIOSurfaceBytesPerElement, a.kIOSurfaceBytesPerRow,
                           a.kIOSurfaceAllocSize,       a.kIOSurfacePixelFormat};
    const int64_t numbers[] = {(int64_t)size, 1, 1, (int64_t)size, (int64_t)size, 0};
    ane_id values[6];
    for (int i = 0; i < 6; i++) {
        values[i] = ane_number(&a, numbers[i]);
    }
    ane_id properties = ane_dictionary(&a, 6, keys, values);
    for (int i = 0; i < 6; i++) {
        ane_release(&a, values[i]);
    }
    ane_id surface = a.IOSurfaceCreate(properties);
    ane_release(&a, properties);
    CHECK(surface);
    return surface;
}

static inline void fill(ane_id surface, size_t at, size_t step, size_t n, float first, float each) {
    CHECK(a.IOSurfaceLock(surface, 0, NULL) == 0);
    unsigned char *p = a.IOSurfaceGetBaseAddress(surface);
    for (size_t i = 0; i < n; i++) {
        uint16_t bits = half_bits(first + each * (float)i);
        memcpy(p + at + i * step, &bits, 2);
    }
    CHECK(a.IOSurfaceUnlock(surface, 0, NULL) == 0);
}

static inline float half_at(ane_id surface, size_t at) {
    uint16_t bits;
    CHECK(a.IOSurfaceLock(surface, 1, NULL) == 0);
    memcpy(&bits, (unsigned char *)a.IOSurfaceGetBaseAddress(surface) + at, 2);
    CHECK(a.IOSurfaceUnlock(surface, 1, NULL) == 0);
    return half_float(bits);
}

static inline ane_id objects_of(size_t n, const ane_id *surfaces) {
    ane_id objects[8] = {0};
    for (size_t i = 0; i < n; i++) {
        objects[i] = SEND(send_1)(a.classes.surface, a.selectors.object_with_surface, surfaces[i]);
    }
    return ane_array(&a, n, objects);
}

static inline ane_id indices_of(size_t n) {
    ane_id numbers[8] = {0};
    for (size_t i = 0; i < n; i++) {
        numbers[i] = ane_number(&a, (int64_t)i);
    }
    ane_id list = ane_array(&a, n, numbers);
    for (size_t i = 0; i < n; i++) {
        ane_release(&a, numbers[i]);
    }
    return list;
}

/* autoreleased */
static inline ane_id request_of(size_t ins, const ane_id *in, size_t outs, const ane_id *out) {
    ane_id ins_list = objects_of(ins, in), outs_list = objects_of(outs, out);
    ane_id in_indices = indices_of(ins), out_indices = indices_of(outs), zero = ane_number(&a, 0);
    ane_id request = SEND(send_7)(a.classes.request, a.selectors.new_request, ins_list, in_indices,
                                  outs_list, out_indices, NULL, NULL, zero);
    const ane_id all[] = {ins_list, outs_list, in_indices, out_indices, zero};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ane_release(&a, all[i]);
    }
    return request;
}

static inline bool evaluate(sample *s, size_t ins, const ane_id *in, size_t outs,
                            const ane_id *out) {
    return SEND(send_evaluate)(s->model, a.selectors.evaluate, QOS, s->none,
                               request_of(ins, in, outs, out), &s->error);
}

static inline void expect_error_of(const sample *s, const char *domain, long code,
                                   const char *part) {
    char found[2000];
    CHECK(s->error);
    CHECK(ane_text(&a, SEND(send_0)(s->error, a.selectors.domain), found, sizeof found));
    CHECK(strcmp(found, domain) == 0);
    CHECK(SEND(send_long)(s->error, a.selectors.code) == code);
    CHECK(ane_text(&a, SEND(send_0)(s->error, a.selectors.description), found, sizeof found));
    if (!strstr(found, part)) {
        fprintf(stderr, "expected \"%s\", got \"%s\"\n", part, found);
        exit(FAILED);
    }
}

#endif
