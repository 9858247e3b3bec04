#include "host_run.h"

#include "base/text.h"
#include "pool.h"

#include <math.h>

static uint32_t next(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

size_t host_pick(uint32_t *seed, size_t low, size_t high) {
    return low + next(seed) % (high - low + 1);
}

static host_tensor make(const char *name, const char *dtype, const size_t *dims) {
    host_tensor t = {.name = name, .dtype = dtype, .shape.n = 1};
    for (; dims[t.shape.rank]; t.shape.rank++) {
        t.shape.dim[t.shape.rank] = dims[t.shape.rank];
        t.shape.n *= dims[t.shape.rank];
    }
    t.f = calloc(t.shape.n, sizeof *t.f);
    assert_non_null(t.f);
    return t;
}

host_tensor host_floats(const char *name, const size_t *dims, uint32_t seed) {
    host_tensor t = make(name, "fp32", dims);
    for (size_t i = 0; i < t.shape.n && seed; i++) {
        t.f[i] = (float)next(&seed) / 8388608.0f - 1.0f;
    }
    return t;
}

host_tensor host_ints(const char *name, const size_t *dims, int32_t low, int32_t high,
                      uint32_t seed) {
    host_tensor t = make(name, "int32", dims);
    for (size_t i = 0; i < t.shape.n && seed; i++) {
        t.i[i] = (int32_t)(low + (int64_t)(next(&seed) % (uint64_t)((int64_t)high - low + 1)));
    }
    return t;
}

void host_run_free(host_tensor *t, int n) {
    for (int i = 0; i < n; i++) {
        free(t[i].f);
    }
}

static void add_type(text *to, const host_tensor *t) {
    text_printf(to, "tensor<%s, [", t->dtype);
    for (int i = 0; i < t->shape.rank; i++) {
        text_printf(to, "%s%zu", i ? ", " : "", t->shape.dim[i]);
    }
    text_printf(to, "]> %s", t->name);
}

static void add_types(text *to, const host_tensor *t, int n) {
    for (int i = 0; i < n; i++) {
        text_puts(to, i ? ", " : "");
        add_type(to, &t[i]);
    }
}

static text write_program(const char *op, const char *args, const host_tensor *in, int ins,
                          const host_tensor *out, int outs) {
    text t = {0};
    text_puts(&t, "program(1.3)\n[buildInfo = dict<string, string>({})]\n{\nfunc main<ios18>(");
    add_types(&t, in, ins);
    text_puts(&t, ") {\n");
    add_types(&t, out, outs);
    text_printf(&t, " = %s(%s)[name = string(\"op\")];\n} -> (", op, args);
    for (int i = 0; i < outs; i++) {
        text_printf(&t, "%s%s", i ? ", " : "", out[i].name);
    }
    text_puts(&t, ");\n}\n");
    return t;
}

static anet_code execute(anet_program *p, const host_tensor *in, int ins, host_tensor *out,
                         int outs, anet_error *err) {
    enum { MOST = 16 };
    float *from[MOST], *to[MOST];
    assert_true(ins <= MOST && outs <= MOST);
    for (int i = 0; i < ins; i++) {
        from[i] = in[i].f;
    }
    for (int i = 0; i < outs; i++) {
        to[i] = out[i].f;
        memset(to[i], 0xC5, out[i].shape.n * sizeof *to[i]); /* what is not written shows */
    }
    float *workspace = malloc((p->workspace + 1) * sizeof *workspace);
    anet_pool *pool = pool_new(2);
    assert_non_null(workspace);
    anet_code code = host_execute(p, from, to, workspace, pool, err);
    pool_free(pool);
    free(workspace);
    return code;
}

static anet_code try(anet_numerics numerics, const char *op, const char *args,
                     const host_tensor *in, int ins, host_tensor *out, int outs, anet_error *err) {
    text source = write_program(op, args, in, ins, out, outs);
    mil_program *mil;
    anet_program *p = NULL;
    if (mil_read(source.at, source.len, "op.mil", &mil, err)) {
        fail_msg("%s\n%s", err->message, source.at);
    }
    host_config config = {.numerics = numerics};
    anet_code code = host_plan_program(mil, "op.mil", &config, &p, err);
    code = code ? code : execute(p, in, ins, out, outs, err);
    if (p) {
        host_free_program(p);
    }
    mil_free(mil);
    text_free(&source);
    return code;
}

void host_run(const char *op, const char *args, const host_tensor *in, int ins, host_tensor *out,
              int outs) {
    host_run_in(ANET_NUMERICS_FP32, op, args, in, ins, out, outs);
}

void host_run_in(anet_numerics numerics, const char *op, const char *args, const host_tensor *in,
                 int ins, host_tensor *out, int outs) {
    anet_error err = {0};
    if (try(numerics, op, args, in, ins, out, outs, &err)) {
        fail_msg("%s(%s): %s", op, args, err.message);
    }
}

anet_code host_try(const char *op, const char *args, const host_tensor *in, int ins,
                   host_tensor *out, int outs, anet_error *err) {
    return try(ANET_NUMERICS_FP32, op, args, in, ins, out, outs, err);
}

void host_run_refused(const char *op, const char *args, const host_tensor *in, int ins,
                      host_tensor *out, int outs, const char *words) {
    anet_error err = {0};
    assert_int_equal(try(ANET_NUMERICS_FP32, op, args, in, ins, out, outs, &err), ANET_BAD_INPUT);
    if (!strstr(err.message, words)) {
        fail_msg("'%s' is not in '%s'", words, err.message);
    }
}

void host_expect(const char *what, const host_tensor *got, const double *want, double tolerance) {
    bool floats = strcmp(got->dtype, "fp32") == 0;
    for (size_t i = 0; i < got->shape.n; i++) {
        double x = floats ? (double)got->f[i] : (double)got->i[i];
        if (!(fabs(x - want[i]) <= tolerance * (1 + fabs(want[i]))) && x != want[i] &&
            !(isnan(x) && isnan(want[i]))) {
            fail_msg("%s: element %zu is %.9g, not %.9g", what, i, x, want[i]);
        }
    }
}
