/* target.c: the tables of targets.def and accept.def. */
#include "mil/target.h"

#include <string.h>

static const mil_limits families[] = {
#define MIL_FAMILY(id, ...) {__VA_ARGS__},
#include "mil/targets.def"
};

enum {
#define MIL_FAMILY(id, ...) id,
#include "mil/targets.def"
    FAMILIES
};

static const mil_target targets[] = {
#define MIL_TARGET(name, chip, family, minor, opset) {name, chip, &families[family], minor, opset},
#include "mil/targets.def"
};

enum { TARGETS = sizeof targets / sizeof *targets };

const mil_target *mil_find_target(const char *name) {
    for (size_t i = 0; i < TARGETS; i++) {
        if (strcmp(targets[i].name, name) == 0) {
            return &targets[i];
        }
    }
    return NULL;
}

int mil_target_count(void) {
    int n = 0;
    while (n < (int)TARGETS && targets[n].chip == n + 1) {
        n++;
    }
    return n;
}

const mil_target *mil_target_at(int i) {
    return &targets[i];
}

const char *mil_target_name(const mil_target *t) {
    return t->name;
}

const char *mil_nearest_target(const char *name) {
    const char *names[TARGETS];
    for (size_t i = 0; i < TARGETS; i++) {
        names[i] = targets[i].name;
    }
    return nearest_name(name, names, TARGETS);
}

/* --- ops --- */

static const mil_acceptance acceptances[] = {
#define MIL_ACCEPT(op, m1, m2, m3, m4, note) {#op, {#m1[0], #m2[0], #m3[0], #m4[0]}, note},
#include "mil/accept.def"
};

int mil_acceptance_count(void) {
    return (int)(sizeof acceptances / sizeof *acceptances);
}

const mil_acceptance *mil_acceptance_at(int i) {
    return &acceptances[i];
}

const mil_acceptance *mil_find_acceptance(const char *op) {
    for (int i = 0; i < mil_acceptance_count(); i++) {
        if (strcmp(acceptances[i].op, op) == 0) {
            return &acceptances[i];
        }
    }
    return NULL;
}
