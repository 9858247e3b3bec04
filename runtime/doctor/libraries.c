/* libraries.c: which of Apple's libraries, functions and classes there are; nothing is called but
 * objc_getClass. */
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

typedef ane_id get_class(const char *name);

static void add_name(text *to, const char *name) {
    text_printf(to, "%s%s", to->len ? " " : "", name);
}

static void find_missing(ane_library i, void *library, get_class *class_named, text *missing) {
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (names[k].library == i && !dlsym(library, names[k].name)) {
            add_name(missing, names[k].name);
        }
    }
    for (size_t k = 0; i == ANE_LIBRARY_ENGINE && k < sizeof classes / sizeof *classes; k++) {
        if (!class_named || !class_named(classes[k])) {
            add_name(missing, classes[k]);
        }
    }
}

void doctor_libraries(doctor *d) {
    const char *prefix = getenv("ANET_FRAMEWORKS");
    void *library[ANE_LIBRARIES];
    get_class *class_named = NULL;
    for (int i = 0; i < ANE_LIBRARIES; i++) {
        char path[PATH_MAX];
        text missing = {0};
        int n = snprintf(path, sizeof path, "%s%s", prefix ? prefix : "", paths[i]);
        library[i] = n > 0 && (size_t)n < sizeof path ? dlopen(path, RTLD_NOW) : NULL;
        if (library[i] && i == ANE_LIBRARY_OBJC) {
            void *found = dlsym(library[i], "objc_getClass");
            memcpy(&class_named, &found, sizeof class_named);
        }
        if (library[i]) {
            find_missing((ane_library)i, library[i], class_named, &missing);
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
