/* tidy.c: steps that need not run again and again: those that nobody reads, and those of constants.
 */
#include "host/planner.h"

#include <string.h>

enum { FOLD_LIMIT = 1 << 22 }; /* elements: larger constants than this are computed each time */

/* Drops, last first, the steps whose results are read by no step that stays and are no results. */
void host_drop_dead_steps(planner *p) {
    bool *needed = anet_calloc(p->buffers.len, sizeof *needed);
    bool *stays = anet_calloc(p->steps.len, sizeof *stays);
    for (size_t i = 0; i < p->results.len; i++) {
        needed[p->results.at[i].at.buffer] = true;
    }
    for (size_t i = p->steps.len; i-- > 0;) {
        const step *s = &p->steps.at[i];
        for (int k = 0; k < s->outs; k++) {
            stays[i] |= needed[s->out[k].buffer];
        }
        for (int k = 0; k < s->ins && stays[i]; k++) {
            needed[s->in[k].buffer] = true;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < p->steps.len; i++) {
        if (stays[i]) {
            p->steps.at[kept++] = p->steps.at[i];
        }
    }
    p->steps.len = kept;
    free(stays);
    free(needed);
}

/* a buffer that several steps fill (concat) is not whole after one of them */
static bool is_foldable(const planner *p, const step *s, const int *writers) {
    size_t n = 0;
    for (int k = 0; k < s->ins; k++) {
        if (p->buffers.at[s->in[k].buffer].kind != BUFFER_CONST) {
            return false;
        }
    }
    for (int k = 0; k < s->outs; k++) {
        n += p->buffers.at[s->out[k].buffer].n;
        if (writers[s->out[k].buffer] != 1 || n > FOLD_LIMIT) {
            return false;
        }
    }
    return true;
}

static anet_code fold(planner *p, const step *s, float **base, const execution *x) {
    for (int k = 0; k < s->outs; k++) {
        int i = s->out[k].buffer;
        anet_code code = host_make_constant(p, i);
        if (code) {
            return code;
        }
        base[i] = p->buffers.at[i].data;
    }
    return s->run(s, x);
}

anet_code host_fold_constants(planner *p, const anet_program *program) {
    float **base = anet_calloc(p->buffers.len, sizeof *base);
    int *writers = anet_calloc(p->buffers.len, sizeof *writers);
    execution x = {.program = program, .base = base, .err = p->err};
    anet_code code = ANET_OK;
    size_t kept = 0;
    for (size_t i = 0; i < p->buffers.len; i++) {
        base[i] = p->buffers.at[i].data;
    }
    for (size_t i = 0; i < p->steps.len; i++) {
        for (int k = 0; k < p->steps.at[i].outs; k++) {
            writers[p->steps.at[i].out[k].buffer]++;
        }
    }
    for (size_t i = 0; i < p->steps.len && !code; i++) {
        step s = p->steps.at[i];
        if (is_foldable(p, &s, writers)) {
            code = fold(p, &s, base, &x);
        } else {
            p->steps.at[kept++] = s;
        }
    }
    p->steps.len = kept;
    free(writers);
    free(base);
    return code;
}
