/* objc.c: looks up Apple's libraries. */
#include "ane/objc.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const paths[ANE_LIBRARIES] = {
#define LIBRARY(id, path) [ANE_LIBRARY_##id] = path,
#include "ane/symbols.def"
};

typedef struct symbol {
    const char *name;
    ane_library library;
    size_t offset; /* in ane_api */
    bool value;    /* the variable's value is wanted, not its address */
} symbol;

static const symbol symbols[] = {
#define FUNCTION(library, result, name, arguments)                                                 \
    {#name, ANE_LIBRARY_##library, offsetof(ane_api, name), false},
#define ADDRESS(library, name) {#name, ANE_LIBRARY_##library, offsetof(ane_api, name), false},
#define CONSTANT(library, name) {#name, ANE_LIBRARY_##library, offsetof(ane_api, name), true},
#include "ane/symbols.def"
};

static anet_code open_library(ane_api *a, ane_library i, anet_error *err) {
    const char *prefix = getenv("ANET_FRAMEWORKS");
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s%s", prefix ? prefix : "", paths[i]);
    if (n < 0 || (size_t)n >= sizeof path) {
        return anet_fail(err, ANET_BAD_USAGE, "ANET_FRAMEWORKS is too long");
    }
    a->library[i] = dlopen(path, RTLD_NOW);
    return a->library[i]
               ? ANET_OK
               : anet_fail(err, ANET_FAILED,
                           "cannot load %s: the ane device needs macOS on Apple silicon; `--device "
                           "host` runs everywhere",
                           path);
}

static anet_code find_symbol(ane_api *a, const symbol *s, anet_error *err) {
    void *found = dlsym(a->library[s->library], s->name);
    if (!found) {
        return anet_fail(err, ANET_FAILED,
                         "%s is not in %s: this macOS is not one that the ane device knows; "
                         "`--device host` runs everywhere",
                         s->name, paths[s->library]);
    }
    if (s->value) {
        memcpy(&found, found, sizeof found);
    }
    memcpy((char *)a + s->offset, &found, sizeof found);
    return ANET_OK;
}

static anet_code find_class(const ane_api *a, const char *name, ane_id *to, anet_error *err) {
    *to = a->objc_getClass(name);
    return *to ? ANET_OK
               : anet_fail(err, ANET_FAILED,
                           "the class %s is not in Apple's framework: this macOS is not one that "
                           "the ane device knows; `--device host` runs everywhere",
                           name);
}

/* A message without a method would end the process. */
static anet_code find_method(ane_id method, ane_selector name, anet_error *err) {
    return method ? ANET_OK
                  : anet_fail(err, ANET_FAILED,
                              "Apple's framework has no method %s: this macOS is not one that the "
                              "ane device knows; `--device host` runs everywhere",
                              name);
}

static anet_code find_all(ane_api *a, anet_error *err) {
    for (int i = 0; i < ANE_LIBRARIES; i++) {
        if (open_library(a, (ane_library)i, err)) {
            return err->code;
        }
    }
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        if (find_symbol(a, &symbols[i], err)) {
            return err->code;
        }
    }
    anet_code code = ANET_OK;
#define CLASS(id, name) code = code ? code : find_class(a, name, &a->classes.id, err);
#define SELECTOR(id, text) a->selectors.id = a->sel_registerName(text);
#define METHOD_CLASS class_getClassMethod
#define METHOD_OBJECT class_getInstanceMethod
#define METHOD(class, kind, selector)                                                              \
    code = code ? code                                                                             \
                : find_method(a->METHOD_##kind(a->classes.class, a->selectors.selector),           \
                              a->selectors.selector, err);
#include "ane/symbols.def"
    return code;
}

anet_code ane_api_open(ane_api *a, anet_error *err) {
    memset(a, 0, sizeof *a);
    anet_code code = find_all(a, err);
    if (code) {
        ane_api_close(a);
    }
    return code;
}

void ane_api_close(ane_api *a) {
    for (int i = ANE_LIBRARIES; i-- > 0;) {
        if (a->library[i]) {
            dlclose(a->library[i]);
            a->library[i] = NULL;
        }
    }
}

/* --- CoreFoundation in short --- */

ane_id ane_string(const ane_api *a, const char *s) {
    return a->CFStringCreateWithCString(NULL, s, ANE_UTF8);
}

ane_id ane_number(const ane_api *a, int64_t x) {
    return a->CFNumberCreate(NULL, ANE_SINT64, &x);
}

ane_id ane_array(const ane_api *a, size_t n, const ane_id *objects) {
    return a->CFArrayCreate(NULL, (const void **)objects, (long)n, a->kCFTypeArrayCallBacks);
}

ane_id ane_dictionary(const ane_api *a, size_t n, const ane_id *keys, const ane_id *values) {
    return a->CFDictionaryCreate(NULL, (const void **)keys, (const void **)values, (long)n,
                                 a->kCFTypeDictionaryKeyCallBacks,
                                 a->kCFTypeDictionaryValueCallBacks);
}

void ane_release(const ane_api *a, ane_id object) {
    if (object) {
        a->CFRelease(object);
    }
}

ane_id ane_get(const ane_api *a, ane_id dictionary, const char *name) {
    if (!dictionary || a->CFGetTypeID(dictionary) != a->CFDictionaryGetTypeID()) {
        return NULL;
    }
    ane_id key = ane_string(a, name);
    ane_id value = a->CFDictionaryGetValue(dictionary, key);
    ane_release(a, key);
    return value;
}

bool ane_get_integer(const ane_api *a, ane_id dictionary, const char *name, int64_t *x) {
    ane_id value = ane_get(a, dictionary, name);
    return value && a->CFGetTypeID(value) == a->CFNumberGetTypeID() &&
           a->CFNumberGetValue(value, ANE_SINT64, x);
}

/* CoreFoundation gives nothing of a string that does not fit. */
static void cut_text(const ane_api *a, ane_id string, char *to, size_t size) {
    size_t most = 3 * (size_t)a->CFStringGetLength(string) + 1; /* its length is that of UTF-16 */
    char *whole = anet_calloc(most, 1);
    if (a->CFStringGetCString(string, whole, (long)most, ANE_UTF8)) {
        size_t n = strlen(whole);
        n = n < size ? n : size - 1;
        while (n && ((unsigned char)whole[n] & 0xC0) == 0x80) { /* no half of a character */
            n--;
        }
        memcpy(to, whole, n);
        to[n] = 0;
    }
    free(whole);
}

bool ane_text(const ane_api *a, ane_id string, char *to, size_t size) {
    to[0] = 0;
    if (!string || a->CFGetTypeID(string) != a->CFStringGetTypeID()) {
        return false;
    }
    if (a->CFStringGetCString(string, to, (long)size, ANE_UTF8)) {
        return true;
    }
    to[0] = 0;
    cut_text(a, string, to, size);
    return false;
}
