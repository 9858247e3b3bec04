/* update.c: see update.h. Facts: ane-facts section 1.2. */
#include "ane/update.h"

#include "ane/budget.h"
#include "ane/trial.h"

static void recompile_from_now(ane_engine *e, const char *why) {
    ane_tell(e,
             "%s; so programs are compiled again for other weights, of which this process has %lld "
             "left",
             why, (long long)ane_budget_left(e->budget));
    e->update = ANET_UPDATE_RECOMPILE;
}

static void choose(ane_engine *e) {
    anet_error why = {0};
    if (e->measured && !e->machine.patches) {
        recompile_from_now(e, "the report on this machine says that compiled programs keep their "
                              "weights");
    } else if (ane_trial(e, &why)) {
        recompile_from_now(e, why.message);
    } else {
        e->update = ANET_UPDATE_PATCH;
    }
}

static anet_code update(anet_program *p, const anet_source *source, anet_error *err) {
    ane_engine *e = p->engine;
    if (e->update == ANET_UPDATE_AUTO) {
        choose(e);
    }
    if (e->update == ANET_UPDATE_PATCH) {
        anet_error why = {0};
        if (!ane_program_change(p, source, ANE_PATCHED, &why)) {
            return ANET_OK;
        }
        if (!e->may_recompile || why.code == ANET_INTERNAL) {
            return anet_fail(err, why.code, "%s", why.message);
        }
        recompile_from_now(e, why.message);
    }
    return ane_program_change(p, source, ANE_COMPILED, err);
}

/* Weights that are trained will hardly come again: with a few programs for every run they would
 * fill the cache. */
anet_code ane_update(anet_program *p, const anet_source *source, anet_error *err) {
    ane_model_forget(&p->model);
    return update(p, source, err);
}

int64_t ane_updates_left(ane_engine *e) {
    if (e->update == ANET_UPDATE_AUTO) {
        choose(e);
    }
    return e->update == ANET_UPDATE_PATCH ? INT64_MAX : ane_budget_left(e->budget);
}
