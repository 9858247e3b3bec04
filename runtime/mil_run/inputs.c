/* inputs.c: what --in says, checked against the program's inputs, and the words that come of it. */
#include "base/hash.h"
#include "base/input.h"
#include "floats.h"
#include "mil_run/run.h"
#include "rng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* random integers are below this: fit as indices, ids and flags of most programs */
enum { RANDOM_BELOW = 4 };

anet_code run_seed(const char *words, const char *option, uint64_t *seed, anet_error *err) {
    const char *digits = words + strlen("random:");
    char *end;
    errno = 0;
    *seed = strtoull(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end || errno) {
        return anet_fail(err, ANET_BAD_USAGE, "%s %s: random: wants a seed such as random:1",
                         option, words);
    }
    return ANET_OK;
}

static bool is_random(const char *what) {
    return strncmp(what, "random:", 7) == 0;
}

/* --- which inputs there are --- */

static anet_code no_such_input(run *r, const char *option, const char *name) {
    const mil_block *body = &r->func->body;
    const char **names = ARENA_ARRAY(r->memory, const char *, body->params + 1);
    text list = {0};
    for (int i = 0; i < body->params; i++) {
        names[i] = body->param[i].name;
        text_printf(&list, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = nearest_name(name, names, (size_t)body->params);
    anet_fail(r->err, ANET_BAD_USAGE, "--%s: '%s' is no input of the program%s%s%s; there is %s",
              option, name, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "",
              list.len ? list.at : "none");
    text_free(&list);
    return r->err->code;
}

static anet_code check_names(run *r, run_option option, const char *name) {
    const run_pairs *pairs = &r->options.pairs[option];
    for (size_t i = 0; i < pairs->all.len; i++) {
        const char *wanted = pairs->all.at[i].name;
        bool known = !wanted;
        for (int k = 0; k < r->func->body.params; k++) {
            known |= wanted && strcmp(r->func->body.param[k].name, wanted) == 0;
        }
        if (!known) {
            return no_such_input(r, name, wanted);
        }
    }
    return ANET_OK;
}

static anet_code missing_inputs(run *r) {
    text list = {0};
    const char *first = NULL;
    for (int i = 0; i < r->func->body.params; i++) {
        const mil_name *param = r->input[i].param;
        if (!r->input[i].how) {
            text_printf(&list, "%s%s (", first ? ", " : "", param->name);
            mil_print_type(r->mil, &param->type, &list);
            text_putc(&list, ')');
            first = first ? first : param->name;
        }
    }
    anet_fail(r->err, ANET_BAD_USAGE,
              "%s: no value for the input%s %s; write --in %s=FILE.npy, or =random:1, =zeros, "
              "=ones, or --in random:1 for all",
              r->name, strchr(list.at, ',') && strstr(list.at, "), ") ? "s" : "", list.at, first);
    text_free(&list);
    return r->err->code;
}

static anet_code read_array(run *r, run_input *in) {
    const char *path = in->how->what;
    anet_error cannot = {0};
    input file;
    if (input_open(&file, path, &cannot)) {
        return anet_fail(r->err, cannot.code, "--in %s: %s (or say random:SEED, zeros or ones)",
                         in->param->name, cannot.message);
    }
    size_t size = (size_t)file.size;
    void *data = arena_alloc(r->memory, size);
    anet_code code = input_read(&file, 0, data, size, r->err);
    input_close(&file);
    return code ? code : npy_parse(data, size, path, &in->array, r->err);
}

static anet_code open_array(run *r, run_input *in) {
    const char *what = in->how->what;
    uint64_t seed;
    if (is_random(what)) {
        return run_seed(what, "--in", &seed, r->err);
    }
    if (strcmp(what, "zeros") == 0 || strcmp(what, "ones") == 0) {
        return ANET_OK;
    }
    return read_array(r, in);
}

anet_code run_find_inputs(run *r) {
    const mil_block *body = &r->func->body;
    r->input = ARENA_ARRAY(r->memory, run_input, body->params + 1);
    bool missing = false;
    anet_code code = check_names(r, RUN_IN, "in");
    code = code ? code : check_names(r, RUN_SHAPE, "shape");
    for (int i = 0; i < body->params && !code; i++) {
        run_input *in = &r->input[i];
        in->param = &body->param[i];
        in->how = run_find_pair(&r->options, RUN_IN, in->param->name);
        missing |= !in->how;
        if (in->param->type.kind != MIL_TENSOR) {
            code = anet_fail(r->err, ANET_BAD_INPUT,
                             "%s:%d:%d: the input '%s' is not a tensor: such programs can be "
                             "checked, but not run",
                             r->name, in->param->loc.line, in->param->loc.column, in->param->name);
        }
    }
    code = code || !missing ? code : missing_inputs(r);
    for (int i = 0; i < body->params && !code; i++) {
        code = open_array(r, &r->input[i]);
    }
    return code;
}

/* --- files against declarations --- */

static const char *type_of_array(run *r, const npy_array *a) {
    return run_show_type(r->memory, a->dtype, a->rank, a->dims);
}

static bool suits(mil_dtype file, mil_dtype wanted) {
    return mil_is_float(wanted) == mil_is_float(file);
}

static anet_code check_array(run *r, const run_input *in) {
    const npy_array *a = &in->array;
    const mil_type *t = &in->type;
    bool same = a->rank == t->rank || (t->rank == 0 && a->elements == 1);
    for (int i = 0; i < t->rank && same; i++) {
        same = a->dims[i] == t->dims[i];
    }
    if (!same || !suits(a->dtype, t->dtype)) {
        return anet_fail(r->err, ANET_BAD_INPUT, "%s holds %s, but the input '%s' is %s%s%s",
                         in->how->what, type_of_array(r, a), in->param->name,
                         run_show_type(r->memory, t->dtype, t->rank, t->dims),
                         same ? "; save it with x.astype" : "",
                         !same                    ? ""
                         : mil_is_float(t->dtype) ? "(numpy.float32)"
                                                  : "(numpy.int32)");
    }
    return ANET_OK;
}

/* every element within what the declared dtype holds */
static anet_code check_range(run *r, const run_input *in, size_t n) {
    mil_dtype t = in->type.dtype;
    int bits = mil_dtype_bits(t), used = bits - mil_is_signed(t);
    int64_t most = used < 31 ? (INT64_C(1) << used) - 1 : INT32_MAX;
    int64_t least = !mil_is_signed(t) ? 0 : bits < 32 ? -most - 1 : INT32_MIN;
    const int32_t *x = (const int32_t *)in->words;
    for (size_t i = 0; i < n; i++) {
        if (x[i] < least || x[i] > most) {
            return anet_fail(r->err, ANET_BAD_INPUT,
                             "%s: element %zu is %d, which the input '%s' of %s cannot hold",
                             in->how->what, i, (int)x[i], in->param->name, mil_dtype_name(t));
        }
    }
    return ANET_OK;
}

static anet_code check_flags(run *r, const run_input *in, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (in->words[i] != 0 && in->words[i] != 1) {
            return anet_fail(r->err, ANET_BAD_INPUT,
                             "%s: element %zu is %g, but the input '%s' is bool: only 0 and 1",
                             in->how->what, i, (double)in->words[i], in->param->name);
        }
    }
    return ANET_OK;
}

static anet_code fill_from_file(run *r, run_input *in, size_t n) {
    const char *path = in->how->what;
    anet_code code = check_array(r, in);
    if (!code && mil_is_integer(in->type.dtype)) {
        code = npy_ints(&in->array, path, (int32_t *)in->words, r->err);
        return code ? code : check_range(r, in, n);
    }
    code = code ? code : npy_floats(&in->array, path, in->words, r->err);
    return code || in->type.dtype != MIL_BOOL ? code : check_flags(r, in, n);
}

/* --- made-up values --- */

static void fill_random(const run_input *in, uint64_t seed, size_t n) {
    rng g;
    const char *name = in->param->name;
    rng_seed(&g, rng_mix(seed, hash_add(HASH_START, name, strlen(name))));
    int32_t *ints = (int32_t *)in->words;
    uint64_t below = mil_dtype_bits(in->type.dtype) < 4 ? 2 : RANDOM_BELOW;
    for (size_t i = 0; i < n; i++) {
        if (mil_is_integer(in->type.dtype)) {
            ints[i] = (int32_t)rng_below(&g, below);
        } else if (in->type.dtype == MIL_BOOL) {
            in->words[i] = (float)rng_below(&g, 2);
        } else {
            in->words[i] = (float)rng_normal(&g);
        }
    }
}

static void fill_with(const run_input *in, int value, size_t n) {
    int32_t *ints = (int32_t *)in->words;
    for (size_t i = 0; i < n; i++) {
        if (mil_is_integer(in->type.dtype)) {
            ints[i] = value;
        } else {
            in->words[i] = (float)value;
        }
    }
}

static anet_code fill_input(run *r, run_input *in, size_t n) {
    const char *what = in->how->what;
    uint64_t seed = 0;
    anet_code code = ANET_OK;
    if (in->array.bytes) {
        code = fill_from_file(r, in, n);
    } else if (is_random(what)) {
        code = run_seed(what, "--in", &seed, r->err);
        fill_random(in, seed, n);
    } else {
        fill_with(in, strcmp(what, "ones") == 0, n);
    }
    if (!code && mil_is_float(in->type.dtype)) {
        host_rounding how = host_numerics_of(r->options.numerics)->round;
        host_accept_all(how, in->words, in->words, n, r->pool,
                        host_report_tally(r->report, r->name, "input", in->param->name));
    }
    return code;
}

anet_code run_fill_inputs(run *r) {
    anet_code code = ANET_OK;
    for (int i = 0; i < r->program->inputs && !code; i++) {
        run_input *in = &r->input[i];
        size_t n = r->program->input[i].elements;
        in->words = floats_try_new(n);
        code = in->words ? fill_input(r, in, n)
                         : anet_fail(r->err, ANET_FAILED, "no memory for the input '%s'",
                                     in->param->name);
    }
    return code;
}
