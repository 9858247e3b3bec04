/* ane_device_test.c: the ane device on the stand-in (tests/ane_sim), against the host device in the
 * same chip's numerics: equal bits. Every case runs in a process of its own, begun by exec, as the
 * stand-in keeps its books until a process ends, and then fails it for what is left. */
#include "ane/ane.h"
#include "base/half.h"
#include "mil/target.h"
#include "own_process.h"
#include "pool.h"

enum { FAILED = 1, MOST_PORTS = 4 };

#define START                                                                                      \
    "program(1.3)\n"                                                                               \
    "[buildInfo = dict<string, string>({{\"coremlc-component-MIL\", \"3510.2.1\"}})]\n"            \
    "{ func main<ios18>("

static const char PRODUCT[] =
    START "tensor<fp16, [1, 6, 32]> a_x, tensor<fp16, [1, 32, 40]> b_w) {"
          "bool no = const()[name = string(\"no\"), val = bool(false)];"
          "tensor<fp16, [1, 6, 40]> y = matmul(x = a_x, y = b_w, transpose_x = no, "
          "transpose_y = no)[name = string(\"y\")];"
          "tensor<fp16, [1, 6, 40]> z = sigmoid(x = y)[name = string(\"z\")];"
          "} -> (y, z); }";
/* the dialect of M1, whose slots are in order of size, not of name */
static const char OLD_PRODUCT[] =
    "program(1.0)\n"
    "[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{\"coremlc-component-MIL\", "
    "\"3510.2.1\"}})]\n"
    "{ func main<ios16>(tensor<fp16, [1, 64, 32]> a_x, tensor<fp16, [1, 32, 32]> b_w) {"
    "tensor<bool, []> no = const()[name = tensor<string, []>(\"no\"), "
    "val = tensor<bool, []>(false)];"
    "tensor<fp16, [1, 64, 32]> y = matmul(x = a_x, y = b_w, transpose_x = no, "
    "transpose_y = no)[name = tensor<string, []>(\"y\")];} -> (y); }";
static const char DIFFERENCE[] =
    START "tensor<fp16, [1, 5, 3, 7]> z_x, tensor<fp16, [1, 5, 3, 7]> a_y) {"
          "tensor<fp16, [1, 5, 3, 7]> d = sub(x = z_x, y = a_y)[name = string(\"d\")];"
          "} -> (d); }";
static const char COLUMN[] = START "tensor<fp16, [1, 700, 1, 1]> x) {"
                                   "tensor<fp16, [1, 700, 1, 1]> e = square(x = x)[name = "
                                   "string(\"e\")];} -> (e); }";
static const char UNREAD[] = START "tensor<fp16, [1, 4, 2, 8]> a, tensor<fp16, [1, 4, 2, 8]> b) {"
                                   "tensor<fp16, [1, 4, 2, 8]> s = square(x = b)[name = "
                                   "string(\"s\")];} -> (s); }";

/* --- a program on a device --- */

typedef struct run {
    const anet_device_ops *ops;
    anet_device *device;
    anet_program *program;
    anet_surface *in[MOST_PORTS], *out[MOST_PORTS];
    const anet_port *in_port, *out_port;
    int ins, outs;
} run;

static bool fails(const anet_error *err) {
    if (err->code) {
        fprintf(stderr, "%s\n", err->message);
    }
    return err->code != ANET_OK;
}

static float value(size_t i, size_t port) {
    uint32_t x = (uint32_t)(i * 2654435761u + port * 40503u + 12345u);
    x ^= x >> 15;
    return (float)((int32_t)(x % 4001u) - 2000) / 977.0f; /* not a half */
}

static bool open_run(run *r, const anet_device_ops *ops, anet_numerics numerics, anet_pool *pool,
                     const char *mil, anet_error *err) {
    *r = (run){.ops = ops};
    anet_device_config config = {.numerics = numerics, .pool = pool};
    anet_source source = {.name = "test", .text = mil, .size = strlen(mil)};
    if (ops->open(&config, &r->device, err) || ops->compile(r->device, &source, &r->program, err)) {
        return false;
    }
    r->ins = ops->inputs(r->program, &r->in_port);
    r->outs = ops->outputs(r->program, &r->out_port);
    for (int i = 0; i < r->ins + r->outs; i++) {
        bool input = i < r->ins;
        size_t n = (input ? r->in_port[i] : r->out_port[i - r->ins]).elements;
        if (ops->surface_new(r->device, n, NULL, input ? &r->in[i] : &r->out[i - r->ins], err)) {
            return false;
        }
    }
    return true;
}

static void fill(run *r, size_t round) {
    for (int i = 0; i < r->ins; i++) {
        size_t n = r->in_port[i].elements;
        float *data = anet_calloc(n, sizeof *data);
        for (size_t k = 0; k < n; k++) {
            data[k] = value(k, (size_t)i + 10 * round);
        }
        r->ops->surface_write(r->in[i], data, n);
        free(data);
    }
}

static void close_run(run *r) {
    for (int i = 0; i < r->ins; i++) {
        r->ops->surface_free(r->in[i]);
    }
    for (int i = 0; i < r->outs; i++) {
        r->ops->surface_free(r->out[i]);
    }
    if (r->program) {
        r->ops->release(r->program);
    }
    if (r->device) {
        r->ops->close(r->device);
    }
}

static bool same_outputs(const run *a, const run *b) {
    for (int i = 0; i < a->outs; i++) {
        const float *x = a->ops->surface_read(a->out[i]), *y = b->ops->surface_read(b->out[i]);
        if (memcmp(x, y, a->out_port[i].elements * sizeof *x) != 0) {
            fprintf(stderr, "output %s differs\n", a->out_port[i].name);
            return false;
        }
    }
    return a->outs == b->outs && a->outs > 0;
}

/* several rounds: what is written again must be packed again */
static bool compare(const char *mil, anet_numerics numerics, anet_pool *pool, anet_error *err) {
    run ane = {0}, host = {0};
    bool fine = open_run(&ane, &anet_ane_device, ANET_NUMERICS_FP16, pool, mil, err) &&
                open_run(&host, &anet_host_device, numerics, pool, mil, err);
    for (size_t round = 0; round < 3 && fine; round++) {
        fill(&ane, round);
        fill(&host, round);
        fine = !ane.ops->evaluate(ane.program, ane.in, ane.out, err) &&
               !host.ops->evaluate(host.program, host.in, host.out, err) &&
               same_outputs(&ane, &host);
    }
    close_run(&ane);
    close_run(&host);
    return !fails(err) && fine;
}

/* An output becomes the input of another program, and so on. */
static bool chain(const char *mil, anet_pool *pool, anet_error *err) {
    run ane = {0}, host = {0};
    bool fine = open_run(&ane, &anet_ane_device, ANET_NUMERICS_FP16, pool, mil, err) &&
                open_run(&host, &anet_host_device, ANET_NUMERICS_ANE_M4, pool, mil, err);
    run *both[] = {&ane, &host};
    for (int i = 0; i < 2 && fine; i++) {
        run *r = both[i];
        fill(r, 0);
        fine = !r->ops->evaluate(r->program, r->in, r->out, err) &&
               !r->ops->evaluate(r->program, r->out, r->in, err) &&
               !r->ops->evaluate(r->program, r->in, r->out, err);
    }
    fine = fine && same_outputs(&ane, &host);
    close_run(&ane);
    close_run(&host);
    return !fails(err) && fine;
}

/* --- cases --- */

typedef struct test_case {
    const char *environment; /* "ANE_SIM_CHIP=m1" */
    const char *mil;
    anet_numerics numerics;
    const char *says; /* part of the error that must come, or NULL */
    bool chained;
} test_case;

#define ON(chip) "ANE_SIM_CHIP=" chip
#define FAULT(fault) "ANE_SIM_FAULT=" fault

static const test_case cases[] = {
    {ON("m1"), OLD_PRODUCT, ANET_NUMERICS_ANE_M1, NULL, false},
    {ON("m4"), PRODUCT, ANET_NUMERICS_ANE_M4, NULL, false},
    {ON("m5"), PRODUCT, ANET_NUMERICS_ANE_M5, NULL, false},
    {ON("m6"), PRODUCT, ANET_NUMERICS_ANE_M6, NULL, false},
    {ON("m4"), DIFFERENCE, ANET_NUMERICS_ANE_M4, NULL, false},
    {ON("m5"), DIFFERENCE, ANET_NUMERICS_ANE_M5, NULL, false},
    {ON("m4"), COLUMN, ANET_NUMERICS_ANE_M4, NULL, false},
    {ON("m4"), COLUMN, ANET_NUMERICS_ANE_M4, NULL, true},
    {ON("m4"), UNREAD, ANET_NUMERICS_ANE_M4, NULL, false},
    {"ANE_SIM_ROW=128", DIFFERENCE, ANET_NUMERICS_ANE_M4, NULL, false},
    {"ANE_SIM_HAS_ANE=0", COLUMN, ANET_NUMERICS_ANE_M4, "no Neural Engine", false},
    {"ANE_SIM_COMPILE_LIMIT=0", COLUMN, ANET_NUMERICS_ANE_M4, "119", false},
    {"ANE_SIM_LOAD_LIMIT=0", COLUMN, ANET_NUMERICS_ANE_M4, "[A0701]", false},
    {FAULT("compile"), COLUMN, ANET_NUMERICS_ANE_M4, "mil reduce", false},
    {FAULT("load:1=slots"), COLUMN, ANET_NUMERICS_ANE_M4, "too many programs", false},
    {FAULT("evaluate:2"), COLUMN, ANET_NUMERICS_ANE_M4, "0x1d", false},
    {FAULT("evaluate:1=timeout"), COLUMN, ANET_NUMERICS_ANE_M4, "in time", false},
    {FAULT("unload"), COLUMN, ANET_NUMERICS_ANE_M4, NULL, false},
    {FAULT("disk"), COLUMN, ANET_NUMERICS_ANE_M4, "test: to compile it failed", false},
    {FAULT("folder"), COLUMN, ANET_NUMERICS_ANE_M4, "TMPDIR", false},
    {FAULT("surface"), COLUMN, ANET_NUMERICS_ANE_M4, "IOSurface", false},
    {FAULT("attributes:missing"), COLUMN, ANET_NUMERICS_ANE_M4, "does not report", false},
    {FAULT("attributes:contradictory"), DIFFERENCE, ANET_NUMERICS_ANE_M4, "on each other", false},
    {FAULT("attributes:names"), COLUMN, ANET_NUMERICS_ANE_M4, "x_0", false},
    {FAULT("attributes:fewer"), COLUMN, ANET_NUMERICS_ANE_M4, "'e' in its LiveOutputList", false},
    {"ANET_FRAMEWORKS=/nowhere", COLUMN, ANET_NUMERICS_ANE_M4, "--device host", false},
};
enum { CASES = sizeof cases / sizeof *cases };

/* every error of the stand-in, which has all that are documented */
static const char *const failures[] = {
#define FAILURE(id, name, domain, code, text) name,
#include "../ane_sim/failures.def"
};
enum { FAILURE_NAMES = sizeof failures / sizeof *failures };

static const char *environment_of(scratch *s, int i) {
    return i < CASES ? cases[i].environment
                     : arena_printf(s->memory, FAULT("evaluate:1=%s"), failures[i - CASES]);
}

static int run_failure(void) {
    anet_error err = {0};
    anet_pool *pool = pool_new(1);
    compare(COLUMN, ANET_NUMERICS_ANE_M4, pool, &err);
    pool_free(pool);
    bool explained = err.code == ANET_FAILED &&
                     strstr(err.message, "test: to evaluate it failed") &&
                     !strstr(err.message, "nothing is known");
    return explained ? 0 : FAILED;
}

static int run_case(int i) {
    if (i >= CASES) {
        return run_failure();
    }
    const test_case *c = &cases[i];
    anet_error err = {0};
    anet_pool *pool = pool_new(2);
    bool fine = c->chained ? chain(c->mil, pool, &err) : compare(c->mil, c->numerics, pool, &err);
    pool_free(pool);
    bool said = c->says && err.code == ANET_FAILED && strstr(err.message, c->says);
    return (c->says ? said : fine) ? 0 : FAILED;
}

/* --- each in a process of its own --- */

static void all_cases(void **state) {
    scratch *s = *state;
    for (int i = 0; i < CASES + FAILURE_NAMES; i++) {
        int status = own_process_run(s, i, s->folder, environment_of(s, i));
        if (status != 0) {
            size_t n;
            fail_msg("case %d, %s: status %x: %s", i, environment_of(s, i), (unsigned)status,
                     scratch_read(s, scratch_path(s, "stderr"), &n));
        }
    }
}

static void explanations_name_rules(void **state) {
    (void)state;
#define EXPLAIN(part, rule, meaning)                                                               \
    assert_true(part[0] && meaning[0] && (!rule[0] || mil_find_rule(rule)));
#include "ane/explain.def"
}

int main(int argc, char **argv) {
    if (argc == 2) {
        return run_case(atoi(argv[1]));
    }
    own_process_prepare(argv[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_cases, scratch_open, scratch_close),
        cmocka_unit_test(explanations_name_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
