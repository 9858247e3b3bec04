/* target.c: --target, and the form of MIL that follows from it. */
#include "target.h"

#include "mil/ops.h"

#include <string.h>

const weights_mode_info weights_modes[WEIGHTS_MODES] = {
#define WEIGHTS_MODE(ID, name, text) {name, text},
#include "weights.def"
};

static const char PREFIX[] = "ane:";

static anet_code add(const mil_target *found, target_list *t, const char *name, anet_error *err) {
    for (int i = 0; i < t->n; i++) {
        if (t->at[i] == found) {
            return anet_fail(err, ANET_BAD_USAGE, "--target names %s twice", name);
        }
    }
    t->at[t->n++] = found;
    return ANET_OK;
}

static anet_code unknown(const char *name, anet_error *err) {
    bool prefixed = strncmp(name, PREFIX, strlen(PREFIX)) == 0;
    const char *chip = prefixed ? name + strlen(PREFIX) : name;
    const char *near = mil_find_target(chip) ? chip : mil_nearest_target(chip);
    return anet_fail(err, ANET_BAD_USAGE, "unknown target `%s`%s%s%s; --target=list shows them all",
                     name, near ? "; did you mean `ane:" : "", near ? near : "", near ? "`?" : "");
}

static anet_code parse_one(const char *name, target_list *t, anet_error *err) {
    if (strcmp(name, "host") == 0) {
        return ANET_OK; /* takes everything */
    }
    if (strcmp(name, "ane:all") == 0) {
        t->n = mil_target_count();
        for (int i = 0; i < t->n; i++) {
            t->at[i] = mil_target_at(i);
        }
        return ANET_OK;
    }
    bool prefixed = strncmp(name, PREFIX, strlen(PREFIX)) == 0;
    const mil_target *found = prefixed ? mil_find_target(name + strlen(PREFIX)) : NULL;
    return found ? add(found, t, name, err) : unknown(name, err);
}

anet_code targets_parse(const char *list, target_list *t, anet_error *err) {
    *t = (target_list){0};
    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");
        char name[32];
        if (length >= sizeof name) {
            return unknown(list, err);
        }
        memcpy(name, at, length);
        name[length] = 0;
        anet_code code = parse_one(name, t, err);
        at += length;
        if (code || !*at) {
            return code;
        }
    }
}

void targets_list(text *out) {
    text_puts(out, "  host      this machine, which takes all MIL\n"
                   "  ane:all   every chip below\n");
    for (int i = 0; i < mil_target_count(); i++) {
        const mil_target *t = mil_target_at(i);
        text_printf(out, "  ane:%s    family %s, program(1.%d), %s\n", t->name, t->limits->family,
                    t->minor, t->opset);
    }
    text_puts(out, "and the architecture strings of these, such as ane:h13g\n");
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Rules that hold for some chips only decide the form; all others the default text keeps. */
legal_form legal_form_of(const target_list *t) {
    enum { M1 = 1, M2 = 2, M1_INNER = 32 };
    legal_form f = {.minor = 3, .opset = "ios18", .inner = 1, .longest = INT64_MAX};
    bool m1 = false, old = false;
    for (int i = 0; i < t->n; i++) {
        const mil_target *x = t->at[i];
        m1 = m1 || x->chip == M1;
        old = old || x->chip <= M2;
        f.longest = smaller(f.longest, smaller(x->limits->plane, x->limits->inner));
        f.minor = x->minor < f.minor ? x->minor : f.minor;
        f.opset = mil_opset_number(x->opset) < mil_opset_number(f.opset) ? x->opset : f.opset;
    }
    f.one_item = t->n > 0;
    f.wide_vectors = t->n > 0 && !m1; /* reshaped weights are in doubt there (A0504) */
    f.plain_slices = old;
    f.sorted_sizes = m1;
    f.inner = m1 ? M1_INNER : 1;
    f.pairs = old ? PAIRS_OF_CHANNELS : t->n ? PAIRS_IN_ROWS : PAIRS_OF_HEADS;
    return f;
}
