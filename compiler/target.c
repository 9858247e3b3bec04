/* target.c: --target, and the form of MIL that follows from it. */
#include "target.h"

#include "mil/ops.h"

#include <string.h>

const weights_mode_info weights_modes[WEIGHTS_MODES] = {
#define WEIGHTS_MODE(ID, name, text) {name, text},
#include "weights.def"
};

static const char PREFIX[] = "ane:";

static anet_code add(const mil_target *found, const machine *m, target_list *t, const char *name,
                     anet_error *err) {
    for (int i = 0; i < t->n; i++) {
        if (t->at[i] == found) {
            return anet_fail(err, ANET_BAD_USAGE, "--target names %s twice", name);
        }
    }
    t->at[t->n] = found;
    t->machine[t->n++] = *m;
    return ANET_OK;
}

static anet_code add_known(const mil_target *found, target_list *t, const char *name,
                           anet_error *err) {
    machine m;
    machine_defaults(found->name, &m);
    return add(found, &m, t, name, err);
}

/* A report of `anetc doctor`: the rules are those of its chip, the form is what was found. */
static anet_code add_report(const char *path, target_list *t, anet_error *err) {
    machine m;
    if (machine_read(path, &m, err)) {
        return err->code;
    }
    const mil_target *found = mil_find_target(m.chip);
    return found
               ? add(found, &m, t, path, err)
               : anet_fail(err, ANET_BAD_INPUT,
                           "%s: no chip `%s` is known; --target=list shows them all", path, m.chip);
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
        t->n = 0;
        for (int i = 0; i < mil_target_count(); i++) {
            add_known(mil_target_at(i), t, name, err);
        }
        return err->code;
    }
    bool prefixed = strncmp(name, PREFIX, strlen(PREFIX)) == 0;
    const mil_target *found = prefixed ? mil_find_target(name + strlen(PREFIX)) : NULL;
    return found                         ? add_known(found, t, name, err)
           : text_ends_in(name, ".json") ? add_report(name, t, err)
                                         : unknown(name, err);
}

anet_code targets_parse(const char *list, target_list *t, anet_error *err) {
    *t = (target_list){0};
    text name = {0};
    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");
        name.len = 0;
        text_add(&name, at, length);
        anet_code code = parse_one(name.at, t, err);
        at += length;
        if (code || !*at) {
            text_free(&name);
            return code;
        }
    }
}

target_list target_alone(const mil_target *t) {
    target_list alone = {.at = {t}, .n = 1};
    machine_defaults(t->name, &alone.machine[0]);
    return alone;
}

void targets_list(text *out) {
    text_puts(out, "  host      this machine, which takes all MIL\n"
                   "  ane:all   every chip below\n");
    for (int i = 0; i < mil_target_count(); i++) {
        const mil_target *t = mil_target_at(i);
        text_printf(out, "  ane:%s    family %s, program(1.%d), %s\n", t->name, t->limits->family,
                    t->minor, t->opset);
    }
    text_puts(
        out, "and the architecture strings of these, such as ane:h13g; and FILE.json, a report of\n"
             "`anetc doctor --report`: the machine that it describes\n");
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static bool binds_by_size(const machine *m) {
    return m->order == MACHINE_ORDER_SIZE || m->sizes == MACHINE_SIZES_ASCENDING;
}

/* Rules that hold for some machines only decide the form; all others the default text keeps. */
legal_form legal_form_of(const target_list *t) {
    enum { M1 = 1, M1_INNER = 32 };
    legal_form f = {.minor = 3, .opset = "ios18", .inner = 1, .longest = INT64_MAX};
    bool m1 = false;
    for (int i = 0; i < t->n; i++) {
        const mil_target *x = t->at[i];
        const machine *m = &t->machine[i];
        m1 = m1 || x->chip == M1;
        f.plain_slices = f.plain_slices || m->slices_saturate;
        f.sorted_sizes = f.sorted_sizes || binds_by_size(m);
        f.weights = m->several_inputs ? f.weights : WEIGHTS_PACKED;
        f.longest = smaller(f.longest, smaller(x->limits->plane, x->limits->inner));
        f.minor = m->minor < f.minor ? m->minor : f.minor;
        f.opset = mil_opset_number(m->opset) < mil_opset_number(f.opset) ? m->opset : f.opset;
    }
    f.one_item = t->n > 0;
    f.wide_vectors = t->n > 0 && !m1; /* reshaped weights are in doubt there (A0504) */
    f.inner = m1 ? M1_INNER : 1;
    f.pairs = f.plain_slices ? PAIRS_OF_CHANNELS : t->n ? PAIRS_IN_ROWS : PAIRS_OF_HEADS;
    return f;
}
