/* start.c: how a model gets onto the engine: compiled, from the cache, or as another one with other
 * weights. Facts: ane-facts sections 1.1 to 1.3. */
#include "ane/attributes.h"
#include "ane/budget.h"
#include "ane/explain.h"
#include "ane/message.h"
#include "ane/model.h"
#include "ane/slots.h"
#include "ane/suspect.h"
#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char ROOT[] = "@model_path/";

/* --- its folder --- */

static anet_code write_files(ane_model *m, const anet_source *source, anet_error *err) {
    anet_code code = ane_folder_write(&m->folder, "model.mil", source->text, source->size, err);
    for (int i = 0; i < source->blobs && !code; i++) {
        const anet_blob *b = &source->blob[i];
        bool inside = strncmp(b->path, ROOT, sizeof ROOT - 1) == 0;
        const ane_piece whole = {b->data, b->size};
        int error =
            inside ? ane_folder_put(&m->folder, b->path + sizeof ROOT - 1, &whole, 1) : EINVAL;
        code = error == EINVAL
                   ? anet_fail(err, ANET_BAD_INPUT,
                               "%s: the weight file '%s' is not in %s or in a folder of it",
                               m->name, b->path, ROOT)
               : error ? ane_folder_fail(&m->folder, error, err)
                       : ANET_OK;
    }
    return code;
}

static anet_code make_folder(ane_model *m, const anet_source *source, anet_error *err) {
    const ane_api *a = &m->engine->api;
    char parent[PATH_MAX];
    if (!ane_text(a, a->NSTemporaryDirectory(), parent, sizeof parent)) {
        return anet_fail(err, ANET_FAILED, "%s: Apple's framework names no folder for it", m->name);
    }
    anet_code code = ane_folder_open(&m->folder, parent, m->identifier, err);
    return code ? code : write_files(m, source, err);
}

/* --- compile --- */

static anet_code budget_is_spent(const ane_model *m, anet_error *err) {
    return anet_fail(
        err, ANET_RESTART,
        "%s: this process has had %lld programs compiled, which is its budget "
        "(--compile-budget), as Apple's compiler fails after about %lld; a new process "
        "can go on",
        m->name, (long long)ane_budget_used(), (long long)m->engine->machine.compile_limit);
}

/* A first compile that fails without a word has another reason than their number. */
static anet_code fails_silently(const ane_model *m, anet_error *err) {
    int64_t used = ane_budget_used();
    return anet_fail(err, used > 1 ? ANET_RESTART : ANET_FAILED,
                     "%s: to compile it failed, and Apple's framework does not say why: a process "
                     "can compile about 119 programs, and this was number %lld; a new process may "
                     "go on",
                     m->name, (long long)used);
}

/* After a failed compile Apple's service starts anew, and takes its time (ane-facts 1.3). */
static void wait_for_service(const ane_model *m) {
    enum { USUAL = 15000, MOST = 600000 };
    const char *wanted = getenv("ANET_COMPILE_RETRY_MS");
    long ms = wanted ? strtol(wanted, NULL, 10) : USUAL;
    ms = ms < 0 ? 0 : ms > MOST ? MOST : ms;
    ane_tell(m->engine,
             "%s: Apple's compiler rejects it, and no rule explains that: perhaps its service "
             "restarts, so once more in %g s",
             m->name, (double)ms / 1000);
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL); /* an interruption ends it */
}

typedef enum attempt { DONE, GIVEN_UP, WORTH_ANOTHER } attempt;

static attempt try_compile(ane_model *m, const anet_source *source, bool last, anet_error *err) {
    ane_engine *e = m->engine;
    ane_id error = NULL;
    if (!ane_budget_take(e->budget)) {
        budget_is_spent(m, err);
        return GIVEN_UP;
    }
    double start = seconds_now();
    if (ane_prepare(&e->api, m->object, e->api.selectors.compile, m->options, &error)) {
        e->stats.compiles++;
        e->stats.compile_seconds += seconds_now() - start;
        return DONE;
    }
    if (!error) {
        fails_silently(m, err);
        return GIVEN_UP;
    }
    text more = {0};
    bool explained = ane_suspect(&e->machine, source, &more);
    bool again = !last && !e->impatient && !explained && !ane_is_refusal(&e->api, error) &&
                 ane_budget_left(e->budget) > 0;
    if (!again) {
        ane_model_fail(m, "compile", error, more.at ? more.at : "", err);
    }
    text_free(&more);
    return again ? WORTH_ANOTHER : GIVEN_UP;
}

static anet_code compile(ane_model *m, const anet_source *source, anet_error *err) {
    if (try_compile(m, source, false, err) == WORTH_ANOTHER) {
        wait_for_service(m);
        try_compile(m, source, true, err);
    }
    return err->code;
}

/* --- load --- */

static anet_code load(ane_model *m, anet_error *err) {
    ane_engine *e = m->engine;
    ane_id error = NULL;
    double start = seconds_now();
    m->loaded = ane_prepare(&e->api, m->object, e->api.selectors.load, m->options, &error);
    if (!m->loaded) {
        return ane_model_fail(m, "load", error, "", err);
    }
    e->stats.load_seconds += seconds_now() - start;
    return ANET_OK;
}

static anet_code bind(const ane_model *m, ane_ports *ports, anet_error *err) {
    ane_engine *e = m->engine;
    ane_selector s = e->api.selectors.attributes;
    ane_id attributes =
        ane_responds(&e->api, m->object, s) ? ane_send(&e->api, m->object, s) : NULL;
    anet_code code;
    if (ane_get(&e->api, attributes, "NetworkStatusList")) {
        code = ane_attributes_bind(&e->api, attributes, m->name, ports, err);
    } else {
        code = ane_slots_guess(&e->machine, ports, err);
        if (!e->guesses) {
            ane_tell(
                e,
                "loaded models do not report their inputs and outputs: they are bound %s, with "
                "rows of a multiple of %lld bytes, as was observed on such machines",
                e->machine.order == MACHINE_ORDER_SIZE ? "in order of size" : "by name",
                (long long)e->machine.row_alignment);
            e->guesses = true;
        }
    }
    if (!code) {
        ane_slots_fit_sizes(&e->machine, ports);
    }
    return code;
}

/* --- from the cache --- */

/* a program for one architecture does not load on another */
static char *kept_as(arena *a, const ane_model *m) {
    char *name = arena_printf(a, "%s_%s", m->identifier, m->engine->machine.architecture);
    for (char *p = strchr(name, '/'); p; p = strchr(p, '/')) {
        *p = '-';
    }
    return name;
}

static bool load_kept(ane_model *m) {
    ane_engine *e = m->engine;
    arena *a = arena_new();
    anet_error why = {0};
    const char *name = kept_as(a, m);
    int error = ane_cache_fetch(&e->cache, name, &m->folder);
    if (error == EINVAL) {
        ane_tell(e, "%s: the cache's copy of it is damaged, and dropped", m->name);
    } else if (!error && load(m, &why)) {
        ane_tell(e, "%s: the cache's copy of it does not load, and is dropped: %s", m->name,
                 why.message);
        ane_cache_drop(&e->cache, name);
    }
    if (!m->loaded && error != ENOENT) {
        ane_folder_remove(&m->folder, "net.plist");
        ane_folder_remove(&m->folder, "data");
    }
    m->kept = m->loaded;
    e->stats.cached += m->loaded;
    arena_free(a);
    return m->loaded;
}

static void keep(ane_model *m) {
    ane_engine *e = m->engine;
    arena *a = arena_new();
    int error = ane_cache_keep(&e->cache, kept_as(a, m), &m->folder);
    if (error && !e->cache_told) {
        ane_tell(e, "compiled programs are not kept: %s", strerror(error));
        e->cache_told = true;
    }
    m->kept = !error;
    arena_free(a);
}

void ane_model_forget(ane_model *m) {
    arena *a = arena_new();
    if (m->kept) {
        ane_cache_drop(&m->engine->cache, kept_as(a, m));
        m->kept = false;
    }
    arena_free(a);
}

/* --- patch --- */

static int by_path(const void *a, const void *b) {
    return strcmp((*(const anet_blob *const *)a)->path, (*(const anet_blob *const *)b)->path);
}

static anet_code cannot_patch(const ane_model *m, int error, anet_error *err) {
    return anet_fail(err, ANET_FAILED, "%s: to patch it failed: %s", m->name, strerror(error));
}

/* The files' contents, one after the other in the order of their paths. What `data` holds on a Mac
 * is known in part only: Orion writes the weight file itself there. So the size must be right, and
 * the trial (trial.h) patches two files and looks at the numbers. A framework that left no `data`
 * gets none. */
static anet_code write_data(const ane_model *m, const ane_model *donor, const anet_source *source,
                            anet_error *err) {
    struct stat s;
    size_t sum = 0, n = (size_t)source->blobs;
    if (fstatat(donor->folder.lock, "data", &s, AT_SYMLINK_NOFOLLOW) != 0) {
        return ANET_OK;
    }
    const anet_blob **blob = anet_calloc(n + 1, sizeof *blob);
    ane_piece *piece = anet_calloc(n + 1, sizeof *piece);
    for (size_t i = 0; i < n; i++) {
        blob[i] = &source->blob[i];
    }
    qsort(blob, n, sizeof *blob, by_path);
    for (size_t i = 0; i < n; i++) {
        piece[i] = (ane_piece){blob[i]->data, blob[i]->size};
        sum += blob[i]->size;
    }
    int error = 0;
    if ((uintmax_t)s.st_size != sum) {
        anet_fail(err, ANET_FAILED,
                  "%s: to patch it failed: its compiled weights have %lld bytes, the weight files "
                  "%zu",
                  m->name, (long long)s.st_size, sum);
    } else if ((error = ane_folder_put(&m->folder, "data", piece, (int)n))) {
        cannot_patch(m, error, err);
    }
    free(blob);
    free(piece);
    return err->code;
}

static anet_code patch(ane_model *m, const ane_model *donor, const anet_source *source,
                       anet_error *err) {
    arena *a = arena_new();
    char *plist;
    size_t size;
    int error = ane_file_get(donor->folder.lock, "net.plist", a, &plist, &size);
    error = error ? error : ane_folder_put(&m->folder, "net.plist", &(ane_piece){plist, size}, 1);
    arena_free(a);
    if (error) {
        return cannot_patch(m, error, err);
    }
    return write_data(m, donor, source, err) ? err->code : load(m, err);
}

/* --- one of these --- */

static anet_code start(ane_model *m, const anet_source *source, ane_way way, const ane_model *donor,
                       anet_error *err) {
    if (way == ANE_PATCHED) {
        return patch(m, donor, source, err);
    }
    if (way == ANE_FIRST && load_kept(m)) {
        return ANET_OK;
    }
    if (compile(m, source, err) || load(m, err)) {
        return err->code;
    }
    if (way == ANE_FIRST) {
        keep(m);
    }
    return ANET_OK;
}

anet_code ane_model_start(ane_model *m, const anet_source *source, ane_way way,
                          const ane_model *donor, ane_ports *ports, anet_error *err) {
    const ane_api *a = &m->engine->api;
    void *pool = a->objc_autoreleasePoolPush();
    anet_code code = make_folder(m, source, err);
    code = code ? code : start(m, source, way, donor, err);
    code = code ? code : bind(m, ports, err);
    a->objc_autoreleasePoolPop(pool);
    return code;
}
