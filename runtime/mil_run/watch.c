/* watch.c: statistics and copies of values while the program runs. */
#include "mil_run/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- which values --- */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool in_list(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *s = list; s;) {
        size_t length = strcspn(s, ",");
        if (length == n && memcmp(s, name, n) == 0) {
            return true;
        }
        s = s[length] ? s + length + 1 : NULL;
    }
    return false;
}

typedef struct names {
    VEC(const char *) all;
} names;

/* the results of constants, or else inputs and the results of all other ops */
static void add_names(const mil_func *f, bool constants, names *to) {
    for (int i = 0; i < f->body.params && !constants; i++) {
        vec_push(&to->all, f->body.param[i].name);
    }
    for (int i = 0; i < f->body.ops; i++) {
        const mil_op *op = &f->body.op[i];
        bool constant = strcmp(op->op, "const") == 0;
        for (int k = 0; k < op->outs && constant == constants; k++) {
            vec_push(&to->all, op->out[k].name);
        }
    }
}

static anet_code check_trace(run *r, const char *list, const names *known) {
    for (const char *s = list; s;) {
        size_t n = strcspn(s, ",");
        const char *name = arena_strndup(r->memory, s, n);
        bool there = false;
        for (size_t i = 0; i < known->all.len && !there; i++) {
            there = strcmp(known->all.at[i], name) == 0;
        }
        if (!there) {
            const char *near = nearest_name(name, known->all.at, known->all.len);
            return anet_fail(r->err, ANET_BAD_USAGE,
                             "--trace: there is no value '%s' in function %s%s%s%s", name,
                             r->func->name, near ? "; did you mean '" : "", near ? near : "",
                             near ? "'?" : "");
        }
        s = s[n] ? s + n + 1 : NULL;
    }
    return ANET_OK;
}

static bool traces_all(const run *r) {
    const char *list = r->options.text[RUN_TRACE];
    return list && strcmp(list, "all") == 0;
}

static bool is_traced(const run *r, const char *name) {
    const char *list = r->options.text[RUN_TRACE];
    return traces_all(r) || (list && in_list(list, name));
}

/* Constants are watched only when they are named. */
anet_code run_find_watched(run *r) {
    const char *list = r->options.text[RUN_TRACE];
    bool all = traces_all(r) || r->options.text[RUN_STATS];
    names known = {0};
    add_names(r->func, false, &known);
    size_t computed = known.all.len;
    add_names(r->func, true, &known);
    anet_code code = list && !traces_all(r) ? check_trace(r, list, &known) : ANET_OK;
    r->watched = ARENA_ARRAY(r->memory, const char *, known.all.len + 1);
    for (size_t i = 0; i < known.all.len && !code; i++) {
        const char *name = known.all.at[i];
        if ((all && i < computed) || (list && in_list(list, name))) {
            r->watched[r->watched_n++] = name;
        }
    }
    if (r->watched_n) {
        qsort(r->watched, r->watched_n, sizeof *r->watched, compare_names);
    }
    vec_free(&known.all);
    return code;
}

bool run_is_watched(void *context, const char *name) {
    const run *r = context;
    return bsearch(&name, r->watched, r->watched_n, sizeof *r->watched, compare_names) != NULL;
}

/* --- looking --- */

run_value run_describe(const char *name, const char *op, mil_dtype dtype, const shape *s,
                       const void *words) {
    run_value v = {.name = name, .op = op, .dtype = dtype, .shape = *s, .least = NAN, .most = NAN};
    const float *floats = words;
    const int32_t *ints = words;
    bool whole = mil_is_integer(dtype);
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        double x = whole ? ints[i] : (double)floats[i];
        if (!isfinite(x)) {
            v.nonfinite++;
            continue;
        }
        v.least = x < v.least || isnan(v.least) ? x : v.least;
        v.most = x > v.most || isnan(v.most) ? x : v.most;
        sum += x;
    }
    v.mean = sum / (double)(s->n - v.nonfinite);
    return v;
}

anet_code run_watch(void *context, const host_value_seen *value, anet_error *err) {
    run *r = context;
    (void)err;
    if (r->options.text[RUN_STATS]) {
        run_value v =
            run_describe(value->name, value->op, value->dtype, value->shape, value->words);
        vec_push(&r->seen, v);
    }
    if (is_traced(r, value->name)) {
        run_trace trace = {.name = value->name};
        int64_t dims[MAX_RANK];
        for (int i = 0; i < value->shape->rank; i++) {
            dims[i] = (int64_t)value->shape->dim[i];
        }
        /* fp32 arithmetic keeps more of an fp16 value than its type can say */
        bool whole = value->dtype == MIL_FP16 && r->options.numerics == ANET_NUMERICS_FP32;
        npy_print(whole ? MIL_FP32 : value->dtype, value->shape->rank, dims, value->words,
                  &trace.file);
        vec_push(&r->traces, trace);
    }
    return ANET_OK;
}
