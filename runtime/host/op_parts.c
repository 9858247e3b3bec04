/* op_parts.c: what the kernels of whole ops share. */
#include "host/op_parts.h"

#include "floats.h"

#include <ctype.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* --- for prepare --- */

anet_code host_list(planner *p, const mil_op *op, const char *arg, int64_t *x, int most, int *n) {
    int64_t all[MAX_RANK];
    anet_code code = host_integers(p, op, arg, all, n);
    if (!code && *n > most) {
        return host_fail(p, op, "'%s' must be up to %d integers", arg, most);
    }
    for (int i = 0; i < *n && !code; i++) {
        if (all[i] > INT32_MAX || all[i] < INT32_MIN) {
            return host_fail(p, op, "'%s' holds %lld, which is no size", arg, (long long)all[i]);
        }
        x[i] = all[i];
    }
    return code;
}

anet_code host_integer(planner *p, const mil_op *op, const char *arg, int64_t preset, int64_t low,
                       int64_t high, int64_t *x) {
    int n;
    *x = preset;
    anet_code code = host_list(p, op, arg, x, 1, &n);
    if (!code && (n == 0 || *x < low || *x > high)) {
        return host_fail(p, op, "'%s' must be from %lld to %lld", arg, (long long)low,
                         (long long)high);
    }
    return code;
}

static bool same_word(const char *a, const char *b) {
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) {
        a++;
        b++;
    }
    return !*a && !*b;
}

anet_code host_choice(planner *p, const mil_op *op, const char *arg, const char *const *words,
                      int preset, int *choice) {
    const mil_value *v;
    *choice = preset;
    anet_code code = host_value(p, op, arg, &v);
    if (code || !v) {
        return code;
    }
    char all[200] = "";
    if (v->kind == MIL_STRINGS && v->count == 1) {
        for (int i = 0; words[i]; i++) {
            if (same_word(words[i], v->strings[0])) {
                *choice = i;
                return ANET_OK;
            }
            size_t at = strlen(all);
            snprintf(all + at, sizeof all - at, "%s%s", i ? ", " : "", words[i]);
        }
        return host_fail(p, op, "%s \"%.40s\" is not one of: %s", arg, v->strings[0], all);
    }
    return host_fail(p, op, "'%s' must be one string", arg);
}

anet_code host_floats_only(planner *p, const mil_op *op, const host_array *in, int ins) {
    for (int i = 0; i < ins; i++) {
        if (!host_absent(&in[i]) && !mil_is_float(in[i].dtype)) {
            return host_fail(p, op, "the host device runs it on floats, not on %s",
                             mil_dtype_name(in[i].dtype));
        }
    }
    return ANET_OK;
}

anet_code host_same_size(planner *p, const mil_op *op, const host_array *x, const host_array *out) {
    return x->shape.n == out->shape.n ? ANET_OK
                                      : host_fail(p, op, "the result has %zu elements, but x %zu",
                                                  out->shape.n, x->shape.n);
}

anet_code host_axes(planner *p, const mil_op *op, int rank, unsigned *axes) {
    int64_t list[MAX_RANK];
    int n;
    anet_code code = host_list(p, op, "axes", list, MAX_RANK, &n);
    if (code) {
        return code;
    }
    *axes = n < 0 ? (1u << rank) - 1 : 0;
    for (int i = 0; i < n; i++) {
        if (list[i] < -rank || list[i] >= rank) {
            return host_fail(p, op, "%lld is not an axis of a tensor of rank %d",
                             (long long)list[i], rank);
        }
        *axes |= 1u << (list[i] < 0 ? list[i] + rank : list[i]);
    }
    return ANET_OK;
}

/* --- for kernels --- */

float *host_scratch(const host_call *c, size_t n) {
    float *x = n <= MAX_ELEMENTS ? floats_try_new(n ? n : 1) : NULL;
    if (!x) {
        anet_fail(c->err, ANET_FAILED, "%s: no memory for %zu elements", c->op, n);
    }
    return x;
}

typedef struct item_work {
    size_t items, scratch;
    host_item_fn *body;
    const void *context;
    float *memory;
    atomic_size_t next;
} item_work;

static void run_items(void *context, size_t worker) {
    item_work *w = context;
    float *mine = w->memory ? w->memory + worker * w->scratch : NULL;
    for (size_t i; (i = atomic_fetch_add(&w->next, 1)) < w->items;) {
        w->body(w->context, i, mine);
    }
}

anet_code host_for_items(const host_call *c, size_t items, size_t scratch, host_item_fn *body,
                         const void *context) {
    size_t workers = c->pool ? (size_t)pool_threads(c->pool) : 1;
    workers = workers < items ? workers : items;
    item_work w = {.items = items, .body = body, .context = context};
    w.scratch = (scratch + 15) / 16 * 16; /* no cache line in two of them */
    atomic_init(&w.next, 0);
    if (scratch && workers) {
        w.memory = host_scratch(c, w.scratch * workers);
        if (!w.memory) {
            return c->err->code;
        }
    }
    pool_for(c->pool, workers, run_items, &w);
    free(w.memory);
    return ANET_OK;
}

gemm host_gemm(const host_call *c) {
    return (gemm){.alpha = 1, .mac = host_numerics_of(c->numerics)->mac, .tally = c->tally};
}

void host_product_rows(const gemm *g, const float *bias) {
    gemm one = *g;
    one.beta = bias ? 1.0f : 0.0f;
    for (size_t i = 0; bias && i < g->m; i++) {
        for (size_t j = 0; j < g->n; j++) {
            g->c[i * g->ldc + j] = bias[i];
        }
    }
    gemm_piece(&one, 1, 0);
}

void host_product_columns(const host_call *c, const gemm *g, const host_array *bias) {
    gemm all = *g;
    bool biased = !host_absent(bias);
    all.beta = biased ? 1.0f : 0.0f;
    for (size_t i = 0; biased && i < g->m; i++) {
        for (size_t j = 0; j < g->n; j++) {
            g->c[i * g->ldc + j] = bias->f[bias->shape.n == 1 ? 0 : j];
        }
    }
    gemm_parallel(c->pool, &all);
}
