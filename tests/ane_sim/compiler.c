/* compiler.c: our reader, checker and rules in the place of Apple's compiler. */
#include "compiler.h"

#include "base/text.h"
#include "chip.h"
#include "faults.h"
#include "folder.h"
#include "mil/blob.h"
#include "mil/ops.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- what must lie in the folder --- */

static const char *in_folder(const char *path) {
    return path + strlen("@model_path/");
}

static bool has_file(arena *a, const char *folder, const char *name, const void *data, size_t n) {
    char *found;
    size_t size;
    if (!sim_folder_read(a, folder, name, &found, &size)) {
        sim_note("%s is not in %s", name, folder);
        return false;
    }
    if (size != n || memcmp(found, data, n) != 0) {
        sim_fatal("%s in %s is not what the descriptor was made of", name, folder);
    }
    return true;
}

static bool files_are_there(arena *a, const sim_descriptor *d, const char *folder) {
    size_t size;
    const void *mil = sim_bytes(d->text, &size);
    bool there = has_file(a, folder, "model.mil", mil, size);
    for (size_t i = 0; i < d->n_weights && there; i++) {
        const sim_weight *w = &d->weight[i];
        there = has_file(a, folder, in_folder(w->path), w->data, w->size);
    }
    return there;
}

/* --- checks --- */

/* Rules about which the sources conflict are warnings; these are taken at their word, and what
 * ANE_SIM_REJECT lists, too. */
static bool rejects(const mil_finding *found) {
    const char *more = getenv("ANE_SIM_REJECT");
    return found->severity == MIL_ERROR || strcmp(found->id, "A0001") == 0 ||
           (more && strstr(more, found->id));
}

static sim_failure weigh(const mil_findings *f) {
    for (size_t i = 0; i < f->all.len; i++) {
        const mil_finding *found = &f->all.at[i];
        if (rejects(found)) {
            const mil_rule *rule = mil_find_rule(found->id);
            sim_note("line %d: %s [%s]", found->loc.line, found->message, found->id);
            return !rule || found->id[0] == 'M' || strstr(rule->symptom, "InvalidMILProgram")
                       ? FAILURE_COMPILE_INVALID
                       : FAILURE_COMPILE_FAILURE;
        }
    }
    return FAILURE_NONE;
}

static sim_failure check_read(const mil_program *mil, const sim_descriptor *d, mil_findings *f) {
    anet_blob *blobs = anet_calloc(d->n_weights + 1, sizeof *blobs);
    for (size_t i = 0; i < d->n_weights; i++) {
        blobs[i] = (anet_blob){d->weight[i].path, d->weight[i].data, d->weight[i].size};
    }
    mil_examine(mil, f, NULL, NULL);
    mil_check_blobs(mil, blobs, (int)d->n_weights, f);
    free(blobs);
    if (f->errors == 0) {
        const mil_target *target = sim_chip_target();
        mil_check_target(mil, &target, 1, f);
    }
    return weigh(f);
}

static sim_failure check(const sim_descriptor *d) {
    size_t size;
    const char *source = sim_bytes(d->text, &size);
    mil_findings f = {.memory = arena_new()};
    mil_program *mil = mil_read_found(source, size, &f);
    sim_failure failure = mil ? check_read(mil, d, &f) : weigh(&f);
    mil_free(mil);
    arena *memory = f.memory;
    mil_findings_free(&f);
    arena_free(memory);
    return failure;
}

/* --- the result --- */

static bool write_compiled(const sim_descriptor *d, const char *folder) {
    text plist = {0}, data = {0};
    size_t size;
    const char *mil = sim_bytes(d->text, &size);
    text_printf(&plist, "ane_sim 1\nchip %s\nbuild %s\n", sim_chip_now()->name, sim_os_build());
    for (size_t i = 0; i < d->n_weights; i++) {
        text_printf(&plist, "weight %zu %s\n", d->weight[i].size, d->weight[i].path);
        text_add(&data, d->weight[i].data, d->weight[i].size);
    }
    text_printf(&plist, "mil %zu\n", size);
    text_add(&plist, mil, size);
    if (sim_setting("ANE_SIM_PATCHES", 1) == 0) {
        text_add(&plist, data.at, data.len); /* these count, whatever `data` becomes */
    }
    bool full = sim_fault_now(FAULT_DISK);
    bool written =
        sim_folder_write(folder, "net.plist", plist.at, full ? plist.len / 2 : plist.len);
    written = written && !full &&
              (d->n_weights == 0 || sim_folder_write(folder, "data", data.at, data.len));
    text_free(&plist);
    text_free(&data);
    return written;
}

/* --- the service --- */

/* of the process: its compiles, and until when the service is away */
static struct {
    pthread_mutex_t lock;
    long compiles, away_until;
} service = {.lock = PTHREAD_MUTEX_INITIALIZER};

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A crashed service takes its time to come back; until then every compile fails. */
static bool is_away(void) {
    pthread_mutex_lock(&service.lock);
    if (sim_fault_now(FAULT_RESTART)) {
        service.away_until = now_ms() + sim_setting("ANE_SIM_RESTART_MS", 200);
    }
    bool away = now_ms() < service.away_until;
    pthread_mutex_unlock(&service.lock);
    return away;
}

static bool limit_reached(void) {
    pthread_mutex_lock(&service.lock);
    bool reached = ++service.compiles > sim_setting("ANE_SIM_COMPILE_LIMIT", 119);
    pthread_mutex_unlock(&service.lock);
    return reached;
}

static sim_failure compile(const sim_descriptor *d, const char *folder) {
    arena *a = arena_new();
    bool there = files_are_there(a, d, folder);
    arena_free(a);
    sim_failure failure = there ? check(d) : FAILURE_COMPILE;
    return failure                       ? failure
           : sim_fault_now(FAULT_SILENT) ? FAILURE_NONE
           : write_compiled(d, folder)   ? FAILURE_NONE
                                         : FAILURE_COMPILE;
}

sim_failure sim_compile(const sim_descriptor *d, const char *folder) {
    if (limit_reached()) {
        sim_note("the limit of compiles is reached");
        return FAILURES; /* and no word about it */
    }
    if (is_away()) {
        sim_note("the compile service restarts");
        return FAILURE_COMPILE;
    }
    return sim_fault_now(FAULT_COMPILE) ? sim_fault_failure(FAULT_COMPILE, FAILURE_COMPILE)
                                        : compile(d, folder);
}

/* --- reading it again --- */

static bool read_line(const char **at, const char *end, arena *a, char **line) {
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    if (!newline) {
        return false;
    }
    *line = arena_strndup(a, *at, (size_t)(newline - *at));
    *at = newline + 1;
    return true;
}

static bool expect_line(const char **at, const char *end, arena *a, const char *wanted) {
    char *line;
    if (!read_line(at, end, a, &line) || strcmp(line, wanted) != 0) {
        sim_note("net.plist does not say '%s'", wanted);
        return false;
    }
    return true;
}

static bool take_blob(arena *a, sim_compiled *c, const char *line, const char *data, size_t *used,
                      size_t size) {
    size_t bytes;
    int path = 0;
    if (sscanf(line, "weight %zu %n", &bytes, &path) != 1 || !path || bytes > size - *used) {
        sim_note("data does not hold what net.plist says");
        return false;
    }
    anet_blob *more = ARENA_ARRAY(a, anet_blob, c->blobs + 1);
    if (c->blobs) {
        memcpy(more, c->blob, (size_t)c->blobs * sizeof *more);
    }
    more[c->blobs++] = (anet_blob){line + path, data + *used, bytes};
    c->blob = more;
    *used += bytes;
    return true;
}

/* What follows the MIL are the weights of a machine that keeps those of the compile. */
static bool take_kept(sim_compiled *c, const char *mil, size_t left, size_t weights) {
    if (c->size > left || (c->size < left && left - c->size != weights)) {
        return false;
    }
    const char *kept = mil + c->size;
    for (int i = 0; i < c->blobs && c->size < left; i++) {
        anet_blob *b = (anet_blob *)(uintptr_t)&c->blob[i];
        b->data = kept;
        kept += b->size;
    }
    return true;
}

static bool take_weights(arena *a, const char *folder, const char **at, const char *end,
                         sim_compiled *c) {
    char *line = NULL, *data = NULL;
    size_t size = 0, used = 0;
    while (read_line(at, end, a, &line) && strncmp(line, "weight ", 7) == 0) {
        if (!data && !sim_folder_read(a, folder, "data", &data, &size)) {
            sim_note("data is missing");
            return false;
        }
        if (!take_blob(a, c, line, data, &used, size)) {
            return false;
        }
    }
    return line && used == size && sscanf(line, "mil %zu", &c->size) == 1 &&
           take_kept(c, *at, (size_t)(end - *at), used);
}

bool sim_compiled_read(arena *a, const char *folder, sim_compiled *c) {
    char *plist;
    size_t size;
    *c = (sim_compiled){0};
    if (!sim_folder_read(a, folder, "net.plist", &plist, &size)) {
        sim_note("net.plist is not in %s", folder);
        return false;
    }
    const char *at = plist, *end = plist + size;
    if (!expect_line(&at, end, a, "ane_sim 1") ||
        !expect_line(&at, end, a, arena_printf(a, "chip %s", sim_chip_now()->name)) ||
        !expect_line(&at, end, a, arena_printf(a, "build %s", sim_os_build())) ||
        !take_weights(a, folder, &at, end, c)) {
        return false;
    }
    c->text = at;
    return true;
}
