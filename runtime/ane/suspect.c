/* suspect.c: see suspect.h. */
#include "ane/suspect.h"

#include "mil/blob.h"
#include "mil/ops.h"
#include "mil/target.h"

#include <string.h>

enum { LONGEST = 300 }; /* of a finding's message, which has to leave room for the framework's */

static const mil_finding *first_of(const mil_findings *f, mil_severity severity) {
    for (size_t i = 0; i < f->all.len; i++) {
        if (f->all.at[i].severity == severity) {
            return &f->all.at[i];
        }
    }
    return NULL;
}

static const mil_target *target_of(const machine *m) {
    const mil_target *t = mil_find_target(m->architecture);
    return t ? t : mil_find_target(m->chip);
}

static void examine(const mil_program *mil, const machine *m, const anet_source *source,
                    mil_findings *f) {
    const mil_target *target = target_of(m);
    mil_examine(mil, f, NULL, NULL);
    mil_check_blobs(mil, source->blob, source->blobs, f);
    if (f->errors == 0 && target) {
        mil_check_target(mil, &target, 1, f);
    }
    mil_findings_sort(f);
}

bool ane_suspect(const machine *m, const anet_source *source, text *says) {
    mil_findings f = {.memory = arena_new()};
    mil_program *mil = mil_read_found(source->text, source->size, &f);
    if (mil) {
        examine(mil, m, source, &f);
    }
    const mil_finding *error = first_of(&f, MIL_ERROR);
    const mil_finding *found = error ? error : first_of(&f, MIL_WARNING);
    if (found) {
        text_printf(says,
                    "; the rules for %s say, at line %d of the MIL: %.*s [%s], see "
                    "`anetc mil explain %s`",
                    m->chip, found->loc.line, LONGEST, found->message, found->id, found->id);
    }
    arena *memory = f.memory;
    mil_free(mil);
    mil_findings_free(&f);
    arena_free(memory);
    return error != NULL;
}
