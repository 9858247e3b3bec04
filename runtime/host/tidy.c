/* tidy.c: steps that need not run again and again: those that nobody reads, and those of constants.
 */
#include "host/planner.h"

#include <stdlib.h>
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
        stays[i] = s->outs == 0; /* someone watches */
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

/* Whether all that fills the buffer does so from constants: several steps fill that of a concat. */
static bool fills_from_constants(const planner *p, const step *fresh, size_t n, int filled) {
    for (size_t i = 0; i < n; i++) {
        const step *s = &fresh[i];
        bool fills = false, constant = true;
        for (int k = 0; k < s->outs; k++) {
            fills = fills || s->out[k].buffer == filled;
        }
        for (int k = 0; k < s->ins; k++) {
            constant = constant && p->buffers.at[s->in[k].buffer].kind == BUFFER_CONST;
        }
        if (fills && !constant) {
            return false;
        }
    }
    return true;
}

static bool is_foldable(const planner *p, const step *fresh, size_t count, const step *s) {
    bool compressed = strncmp(s->op, "constexpr_", strlen("constexpr_")) == 0;
    size_t n = 0;
    for (int k = 0; k < s->ins; k++) {
        if (p->buffers.at[s->in[k].buffer].kind != BUFFER_CONST) {
            return false;
        }
    }
    for (int k = 0; k < s->outs; k++) {
        n += p->buffers.at[s->out[k].buffer].n;
        if (!fills_from_constants(p, fresh, count, s->out[k].buffer)) {
            return false;
        }
    }
    return s->outs > 0 && (compressed || n <= FOLD_LIMIT);
}

static anet_code fold(planner *p, const step *s) {
    for (int k = 0; k < s->outs; k++) {
        if (p->buffers.at[s->out[k].buffer].kind != BUFFER_CONST) {
            anet_code code = host_make_constant(p, s->out[k].buffer);
            if (code) {
                return code;
            }
        }
    }
    execution x = {.name = p->name, .base = p->base.at, .pool = p->config->pool, .err = p->err};
    return s->run(s, &x);
}

anet_code host_fold_steps(planner *p, size_t first) {
    size_t count = p->steps.len - first;
    step *fresh = anet_calloc(count ? count : 1, sizeof *fresh);
    for (size_t i = 0; i < count; i++) {
        fresh[i] = p->steps.at[first + i];
    }
    p->steps.len = first;
    anet_code code = ANET_OK;
    for (size_t i = 0; i < count && !code; i++) {
        if (is_foldable(p, fresh, count, &fresh[i])) {
            code = fold(p, &fresh[i]);
        } else {
            vec_push(&p->steps, fresh[i]);
        }
    }
    free(fresh);
    return code;
}

void host_free_constants(planner *p, const planned *since, bool literals, const tensor *user,
                         size_t users) {
    size_t first = since->buffers, n = p->buffers.len - first;
    bool *needed = anet_calloc(n + 1, sizeof *needed);
    for (size_t i = 0; i < users; i++) {
        if (user[i].at.buffer >= 0 && (size_t)user[i].at.buffer >= first) {
            needed[(size_t)user[i].at.buffer - first] = true;
        }
    }
    for (size_t i = since->steps; i < p->steps.len; i++) {
        for (int k = 0; k < p->steps.at[i].ins; k++) {
            size_t b = (size_t)p->steps.at[i].in[k].buffer;
            if (b >= first) {
                needed[b - first] = true;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        buffer *b = &p->buffers.at[first + i];
        if (!needed[i] && b->data && (b->literal || !literals)) {
            free(b->data);
            b->data = p->base.at[first + i] = NULL;
            p->bytes -= b->n * sizeof *b->data;
        }
    }
    free(needed);
}
