/* libraries.c: which of Apple's libraries, functions, classes and methods there are; no message is
 * sent. */
#include "doctor/doctor.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const paths[ANE_LIBRARIES] = {
#define LIBRARY(id, path) [ANE_LIBRARY_##id] = path,
#include "ane/symbols.def"
};

static const struct {
    ane_library library;
    const char *name;
} names[] = {
#define FUNCTION(library, result, name, arguments) {ANE_LIBRARY_##library, #name},
#define CONSTANT(library, name) {ANE_LIBRARY_##library, #name},
#define ADDRESS(library, name) {ANE_LIBRARY_##library, #name},
#include "ane/symbols.def"
};

static const char *const classes[] = {
#define CLASS(id, name) name,
#include "ane/symbols.def"
};

enum {
#define CLASS(id, name) CLASS_##id,
#include "ane/symbols.def"
};

enum {
#define SELECTOR(id, text) SELECTOR_##id,
#include "ane/symbols.def"
};

static const char *const selectors[] = {
#define SELECTOR(id, text) text,
#include "ane/symbols.def"
};

typedef enum method_kind { CLASS, OBJECT } method_kind;

static const struct {
    int class;
    method_kind kind;
    int selector;
} methods[] = {
#define METHOD(class, kind, selector) {CLASS_##class, kind, SELECTOR_##selector},
#include "ane/symbols.def"
};

/* what is asked of the object runtime; NULL: it has no such function */
typedef struct object_runtime {
    ane_id (*class_named)(const char *name);
    ane_selector (*selector_named)(const char *name);
    ane_id (*method[2])(ane_id class, ane_selector selector); /* by kind */
} object_runtime;

static void read_runtime(void *library, object_runtime *r) {
    void *const found[] = {dlsym(library, "objc_getClass"), dlsym(library, "sel_registerName"),
                           dlsym(library, "class_getClassMethod"),
                           dlsym(library, "class_getInstanceMethod")};
    _Static_assert(sizeof found == sizeof *r, "a pointer for each");
    memcpy(r, found, sizeof found);
}

static void add_name(text *to, const char *name) {
    text_printf(to, "%s%s", to->len ? " " : "", name);
}

static void find_missing_methods(const object_runtime *r, text *missing) {
    for (size_t k = 0; k < sizeof methods / sizeof *methods && r->selector_named; k++) {
        method_kind kind = methods[k].kind;
        const char *class = classes[methods[k].class], *selector = selectors[methods[k].selector];
        ane_id of = r->class_named ? r->class_named(class) : NULL;
        if (of && r->method[kind] && !r->method[kind](of, r->selector_named(selector))) {
            text_printf(missing, "%s%c[%s %s]", missing->len ? " " : "", kind == CLASS ? '+' : '-',
                        class, selector);
        }
    }
}

static void find_missing(ane_library i, void *library, const object_runtime *r, text *missing) {
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (names[k].library == i && !dlsym(library, names[k].name)) {
            add_name(missing, names[k].name);
        }
    }
    for (size_t k = 0; i == ANE_LIBRARY_ENGINE && k < sizeof classes / sizeof *classes; k++) {
        if (!r->class_named || !r->class_named(classes[k])) {
            add_name(missing, classes[k]);
        }
    }
    if (i == ANE_LIBRARY_ENGINE) {
        find_missing_methods(r, missing);
    }
}

void doctor_libraries(doctor *d) {
    const char *prefix = getenv("ANET_FRAMEWORKS");
    void *library[ANE_LIBRARIES];
    object_runtime runtime = {0};
    for (int i = 0; i < ANE_LIBRARIES; i++) {
        char path[PATH_MAX];
        text missing = {0};
        int n = snprintf(path, sizeof path, "%s%s", prefix ? prefix : "", paths[i]);
        library[i] = n > 0 && (size_t)n < sizeof path ? dlopen(path, RTLD_NOW) : NULL;
        if (library[i] && i == ANE_LIBRARY_OBJC) {
            read_runtime(library[i], &runtime);
        }
        if (library[i]) {
            find_missing((ane_library)i, library[i], &runtime, &missing);
        }
        d->library[i] =
            (doctor_library){paths[i], library[i] != NULL, text_move(&missing, d->memory)};
    }
    for (int i = ANE_LIBRARIES; i-- > 0;) {
        if (library[i]) {
            dlclose(library[i]);
        }
    }
}
