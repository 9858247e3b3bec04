/* reduce_failure.c: does a program still fail: with a finding of check, or in a command's
 * judgement?
 */
#include "mil/reduce_failure.h"
#include "mil/reduce_command.h"

#include "interrupt.h"
#include "mil/walk.h"

#include "base/file.h"
#include "mil/ops.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- findings ---- */

static void examine(const tool *t, const mil_program *p, mil_findings *found) {
    mil_examine(p, found, NULL, NULL);
    if (found->errors == 0 && t->targets > 0) {
        mil_check_target(p, t->target, t->targets, found);
    }
}

static bool is_known(const failure *f, const char *id) {
    for (size_t i = 0; i < f->known.len; i++) {
        if (strcmp(f->known.at[i], id) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_mil_error(const mil_finding *finding) {
    return finding->severity == MIL_ERROR && finding->id[0] == 'M';
}

/* Is the text MIL, with no error that the whole program has not, and with the finding? */
static bool is_candidate(const failure *f, const char *source, size_t size) {
    arena *memory = arena_new();
    mil_findings found = {.memory = memory};
    mil_program *p = mil_read_found(source, size, &found);
    bool ok = p != NULL, has = f->id == NULL;
    if (p) {
        examine(f->tool, p, &found);
    }
    for (size_t i = 0; i < found.all.len; i++) {
        ok = ok && (!is_mil_error(&found.all.at[i]) || is_known(f, found.all.at[i].id));
        has = has || strcmp(found.all.at[i].id, f->id) == 0;
    }
    mil_free(p);
    mil_findings_free(&found);
    arena_free(memory);
    return ok && has;
}

/* ---- commands ---- */

static int run_on(failure *f, const char *source, size_t size, anet_error *err) {
    arena *memory = arena_new();
    char *path = path_join(memory, f->folder, "model.mil");
    int error = file_write(path, source, size), status = -1;
    if (error) {
        anet_fail(err, ANET_BAD_USAGE, "cannot write %s: %s", path, strerror(error));
    } else {
        status = reduce_run(f->tool->command, path, f->tool->time_limit, err);
    }
    arena_free(memory);
    return status;
}

static bool is_failure(const failure *f, int status) {
    if (f->status >= 0) {
        return status == f->status;
    }
    return status > 0 && status != REDUCE_TIMED_OUT;
}

/* ---- a folder for the runs, with links to the weights ---- */

typedef struct links {
    failure *failure;
    arena *memory;
    char *weights; /* absolute */
} links;

/* The first part of the path below @model_path/ is linked. */
static void link_file(void *context, const mil_value *v) {
    static const char ROOT[] = "@model_path/";
    links *l = context;
    if (v->kind != MIL_BLOB || strncmp(v->blob_path, ROOT, strlen(ROOT)) != 0) {
        return;
    }
    const char *name = v->blob_path + strlen(ROOT);
    const char *first = arena_strndup(l->memory, name, strcspn(name, "/"));
    if (*first && strcmp(first, "..") != 0 && strcmp(first, ".") != 0 &&
        strcmp(first, "model.mil") != 0) {
        (void)!symlink(path_join(l->memory, l->weights, first),
                       path_join(l->memory, l->failure->folder, first));
    }
}

static anet_code make_folder(failure *f, const mil_file *whole, anet_error *err) {
    const char *where = getenv("TMPDIR");
    char *folder =
        arena_printf(whole->memory, "%s/anetc-reduce-XXXXXX", where && *where ? where : "/tmp");
    if (!mkdtemp(folder)) {
        return anet_fail(err, ANET_BAD_USAGE, "cannot make a folder %s: %s", folder,
                         strerror(errno));
    }
    f->folder = folder;
    const char *near =
        f->tool->weights ? f->tool->weights : path_folder(whole->memory, whole->path);
    char *absolute = realpath(near, NULL);
    if (absolute) {
        links l = {f, whole->memory, absolute};
        mil_visit_values(whole->program, link_file, &l);
    }
    free(absolute);
    return ANET_OK;
}

static void remove_folder(const char *folder) {
    arena *memory = arena_new();
    path_list entries = {.memory = memory};
    anet_error none = {0};
    paths_in(&entries, folder, &none);
    for (size_t i = 0; i < entries.all.len; i++) {
        unlink(entries.all.at[i]);
    }
    rmdir(folder);
    vec_free(&entries.all);
    arena_free(memory);
}

/* ---- the whole program ---- */

static anet_code choose_finding(failure *f, const mil_file *whole, const mil_findings *found,
                                anet_error *err) {
    const tool *t = f->tool;
    for (size_t i = 0; i < found->all.len && !f->id; i++) {
        const mil_finding *one = &found->all.at[i];
        bool wanted = t->finding ? strcmp(one->id, t->finding) == 0 : one->severity == MIL_ERROR;
        f->id = wanted ? one->id : NULL;
    }
    if (!f->id && t->finding) {
        return anet_fail(err, ANET_BAD_USAGE, "%s: check does not find %s here", whole->path,
                         t->finding);
    }
    return f->id ? ANET_OK
                 : anet_fail(err, ANET_BAD_USAGE, "%s: check finds no error here", whole->path);
}

static anet_code try_whole(failure *f, const mil_file *whole, anet_error *err) {
    int status = run_on(f, whole->data, whole->size, err);
    const char *command = f->tool->command;
    if (status < 0) {
        return err->code;
    }
    if (interrupt_wanted()) {
        return ANET_INTERRUPTED;
    }
    if (status == REDUCE_NOT_FOUND || status == REDUCE_CANNOT_RUN) {
        return anet_fail(err, ANET_BAD_USAGE, "%s: cannot be run (exit status %d)", command,
                         status);
    }
    f->status = f->tool->keep_status ? status : f->tool->status;
    if ((f->tool->keep_status && status == 0) || !is_failure(f, status)) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "%s: does not fail for the whole program (exit status %d)", command,
                         status);
    }
    return ANET_OK;
}

anet_code failure_begin(failure *f, const tool *t, const mil_file *whole, anet_error *err) {
    *f = (failure){.tool = t, .status = -1};
    mil_findings found = {.memory = whole->memory};
    examine(t, whole->program, &found);
    mil_findings_sort(&found);
    for (size_t i = 0; i < found.all.len; i++) {
        const mil_finding *one = &found.all.at[i];
        if (is_mil_error(one) && !is_known(f, one->id)) {
            vec_push(&f->known, one->id);
        }
    }
    anet_code code =
        t->command ? make_folder(f, whole, err) : choose_finding(f, whole, &found, err);
    mil_findings_free(&found);
    return code == ANET_OK && t->command ? try_whole(f, whole, err) : code;
}

bool still_fails(failure *f, const char *source, size_t size, anet_error *err) {
    f->tries++;
    if (!is_candidate(f, source, size)) {
        return false;
    }
    if (f->id) {
        return true;
    }
    int status = run_on(f, source, size, err);
    return !interrupt_wanted() && is_failure(f, status);
}

void failure_end(failure *f) {
    if (f->folder) {
        remove_folder(f->folder);
    }
    vec_free(&f->known);
}
