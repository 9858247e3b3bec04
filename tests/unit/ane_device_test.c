/* ane_device_test.c: the ane device on the stand-in (tests/ane_sim), against the host device in the
 * same chip's numerics: equal bits. Every case runs in a process of its own, begun by exec, as the
 * stand-in keeps its books until a process ends, and then fails it for what is left. */
#include "ane_run.h"
#include "mil/target.h"

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

/* inputs and outputs of sizes that neither rise nor fall */
static const char SIZES[] =
    START "tensor<fp16, [1, 32, 40, 40]> a, tensor<fp16, [1, 32, 8, 32]> b, "
          "tensor<fp16, [1, 32, 30, 32]> c) {"
          "tensor<fp16, [1, 32, 8, 32]> p = square(x = b)[name = string(\"p\")];"
          "tensor<fp16, [1, 32, 40, 40]> q = square(x = a)[name = string(\"q\")];"
          "tensor<fp16, [1, 32, 30, 32]> r = square(x = c)[name = string(\"r\")];"
          "} -> (p, q, r); }";
/* the same elements as UNREAD has in another layout */
static const char FLAT[] = START "tensor<fp16, [1, 64, 1, 1]> x) {"
                                 "tensor<fp16, [1, 64, 1, 1]> e = square(x = x)[name = "
                                 "string(\"e\")];} -> (e); }";
/* the width of a convolution's kernel is beyond every chip */
static const char REFUSED[] =
    START "tensor<fp16, [1, 4, 1, 64]> x) {\n"
          "tensor<fp16, [1, 4, 1, 64]> y = add(x = x, y = x)[name = string(\"y\")];\n"
          "tensor<fp16, [1, 4, 1, 64]> z = tan(x = y)[name = string(\"z\")];\n"
          "} -> (z); }";
/* M4's architecture, and another rule for the sizes of surfaces */
#define PROFILE(architecture, more)                                                                \
    "{\"properties\": {\"architecture\": \"" architecture "\", " more "}}"

/* --- what to compare --- */

typedef struct test_case test_case;
typedef bool check_fn(const test_case *c, const anet_device_config *ane,
                      const anet_device_config *host, anet_error *err);
static check_fn rounds, chain, places, lends, counts;

struct test_case {
    const char *environment; /* "ANE_SIM_CHIP=m1" */
    const char *mil;
    anet_numerics numerics;
    check_fn *check;
    const char *fails, *tells; /* part of the error, of a notice; NULL: there must be none */
    const char *profile;       /* content of the machine's report */
};

static bool open_both(const test_case *c, const anet_device_config *ane_config,
                      const anet_device_config *host_config, run *ane, run *host, anet_error *err) {
    anet_source source = run_source(c->mil);
    return run_open(ane, &anet_ane_device, ane_config, &source, err) &&
           run_open(host, &anet_host_device, host_config, &source, err);
}

static bool close_both(run *ane, run *host, bool fine) {
    run_close(ane);
    run_close(host);
    return fine;
}

/* what is written again must be packed again */
static bool rounds(const test_case *c, const anet_device_config *ac, const anet_device_config *hc,
                   anet_error *err) {
    run ane = {0}, host = {0};
    bool fine = open_both(c, ac, hc, &ane, &host, err);
    for (size_t round = 0; round < 3 && fine; round++) {
        fine = run_agree(&ane, &host, round, err);
    }
    return close_both(&ane, &host, fine);
}

/* An output becomes the input of another program, and so on. */
static bool chain(const test_case *c, const anet_device_config *ac, const anet_device_config *hc,
                  anet_error *err) {
    run ane = {0}, host = {0}, *both[] = {&ane, &host};
    bool fine = open_both(c, ac, hc, &ane, &host, err);
    for (int i = 0; i < 2 && fine; i++) {
        run *r = both[i];
        run_fill(r, 0);
        fine = run_evaluate(r, err) && !r->ops->evaluate(r->program, r->out, r->in, err) &&
               run_evaluate(r, err);
    }
    return close_both(&ane, &host, fine && run_same(&ane, &host));
}

/* Regions: from and to packed floats, surfaces, and the surface itself. */
static bool place_all(run *r, anet_surface *extra, anet_error *err) {
    const anet_region part = {3, 5, 9}, row = {8, 16, 16}, dense = {0, 64, 64}, end = {40, 20, 20};
    anet_surface *in = r->in[r->ins - 1];
    run_fill(r, 0);
    r->ops->surface_place(extra, &part, in, 30);
    r->ops->surface_place(in, &part, extra, 30); /* packed to packed */
    bool fine = run_evaluate(r, err);
    r->ops->surface_place(in, &part, r->out[0], 30); /* surface to surface */
    fine = fine && run_evaluate(r, err);
    r->ops->surface_place(in, &row, extra, 32); /* packed to surface */
    r->ops->surface_place(in, &end, in, 20);    /* to itself */
    fine = fine && run_evaluate(r, err);
    r->ops->surface_place(extra, &dense, r->out[0], 64); /* surface to packed */
    r->ops->surface_place(in, &dense, extra, 64);
    return fine && run_evaluate(r, err);
}

static bool places(const test_case *c, const anet_device_config *ac, const anet_device_config *hc,
                   anet_error *err) {
    run ane = {0}, host = {0}, *both[] = {&ane, &host};
    bool fine = open_both(c, ac, hc, &ane, &host, err);
    for (int i = 0; i < 2 && fine; i++) {
        run *r = both[i];
        fine = !r->ops->surface_new(r->device, 64, NULL, &r->in[MOST_PORTS - 1], err) &&
               place_all(r, r->in[MOST_PORTS - 1], err);
    }
    return close_both(&ane, &host, fine && run_same(&ane, &host));
}

/* A second program of the run's device, on a surface of the first. */
static bool square_of(const run *r, anet_surface *x, float *to, anet_error *err) {
    anet_source flat = run_source(FLAT);
    anet_program *program = NULL;
    anet_surface *y = NULL;
    bool fine = !r->ops->compile(r->device, &flat, &program, err) &&
                !r->ops->surface_new(r->device, 64, NULL, &y, err) &&
                !r->ops->evaluate(program, &x, &y, err);
    if (fine) {
        memcpy(to, r->ops->surface_read(y), 64 * sizeof *to);
    }
    r->ops->surface_free(y);
    if (program) {
        r->ops->release(program);
    }
    return fine;
}

/* What was read stays while the surface is evaluated into, and bound in another layout. */
static bool lends(const test_case *c, const anet_device_config *ac, const anet_device_config *hc,
                  anet_error *err) {
    run ane = {0}, host = {0};
    float kept[64], squares[2][64];
    bool fine = open_both(c, ac, hc, &ane, &host, err) && run_agree(&ane, &host, 0, err);
    if (fine) {
        const float *lent = ane.ops->surface_read(ane.out[0]);
        memcpy(kept, lent, sizeof kept);
        run_fill(&ane, 1);
        run_fill(&host, 1);
        fine = run_evaluate(&ane, err) && run_evaluate(&host, err) &&
               square_of(&ane, ane.out[0], squares[0], err) &&
               square_of(&host, host.out[0], squares[1], err) &&
               memcmp(squares[0], squares[1], sizeof squares[0]) == 0 &&
               memcmp(kept, lent, sizeof kept) == 0 && ane.ops->reads_are_copies &&
               run_same(&ane, &host) &&
               memcmp(kept, ane.ops->surface_read(ane.out[0]), sizeof kept) != 0;
    }
    return close_both(&ane, &host, fine);
}

/* Three evaluations, of which each packs what was written. */
static bool counts(const test_case *c, const anet_device_config *ac, const anet_device_config *hc,
                   anet_error *err) {
    run ane = {0}, host = {0};
    bool fine = open_both(c, ac, hc, &ane, &host, err);
    for (size_t round = 0; round < 3 && fine; round++) {
        fine = run_agree(&ane, &host, round, err);
    }
    if (fine) {
        const anet_device_stats *s = ane.ops->stats(ane.device);
        fine = s->compiles == 1 && s->cached == 0 && s->patches == 0 && s->evaluations == 3 &&
               s->bytes_in == 3 * 2 * (6 * 32 + 32 * 40) && s->bytes_out == 3 * 2 * 2 * 6 * 40 &&
               s->compile_seconds > 0 && s->load_seconds > 0 && s->evaluate_seconds > 0 &&
               s->copy_seconds > 0 && s->patch_seconds == 0;
    }
    return close_both(&ane, &host, fine);
}

/* --- cases --- */

#define M4 ANET_NUMERICS_ANE_M4
#define QUICK " ANET_COMPILE_RETRY_MS=1"

static const test_case cases[] = {
    {ON("m1"), OLD_PRODUCT, ANET_NUMERICS_ANE_M1, rounds, NULL, NULL, NULL},
    {ON("m4"), PRODUCT, M4, counts, NULL, NULL, NULL},
    {ON("m5"), PRODUCT, ANET_NUMERICS_ANE_M5, rounds, NULL, NULL, NULL},
    {ON("m6"), PRODUCT, ANET_NUMERICS_ANE_M6, rounds, NULL, NULL, NULL},
    {ON("m4"), DIFFERENCE, M4, rounds, NULL, NULL, NULL},
    {ON("m5"), DIFFERENCE, ANET_NUMERICS_ANE_M5, rounds, NULL, NULL, NULL},
    {ON("m4"), COLUMN, M4, rounds, NULL, NULL, NULL},
    {ON("m4"), COLUMN, M4, chain, NULL, NULL, NULL},
    {ON("m4"), UNREAD, M4, rounds, NULL, NULL, NULL},
    {ON("m4"), UNREAD, M4, places, NULL, NULL, NULL},
    {ON("m4"), FLAT, M4, places, NULL, NULL, NULL},
    {ON("m4"), UNREAD, M4, lends, NULL, NULL, NULL},
    {"ANE_SIM_ROW=128", DIFFERENCE, M4, rounds, NULL, NULL, NULL},

    /* sizes of surfaces: those of the chip without a report, and what reports say */
    {ON("m4") " ANE_SIM_SIZES=equal", SIZES, M4, rounds, NULL, NULL, NULL},
    {ON("m1") " ANE_SIM_SIZES=ascending", OLD_PRODUCT, ANET_NUMERICS_ANE_M1, rounds, NULL, NULL,
     NULL},
    {ON("m4") " ANE_SIM_SIZES=ascending", SIZES, M4, rounds, NULL, NULL,
     PROFILE("h16g", "\"sizes\": \"ascending\"")},
    {ON("m1") " ANE_SIM_SIZES=equal", OLD_PRODUCT, ANET_NUMERICS_ANE_M1, rounds, NULL, NULL,
     PROFILE("h13", "\"sizes\": \"equal\"")},
    {ON("m4") " ANE_SIM_SIZES=equal", SIZES, M4, rounds, "0x1d", NULL,
     PROFILE("h16g", "\"sizes\": \"any\"")},
    {"ANE_SIM_SMALLEST=100000", COLUMN, M4, rounds, NULL, NULL,
     PROFILE("h16g", "\"smallest_surface\": 100000")},
    {"ANE_SIM_SMALLEST=100000", COLUMN, M4, rounds, "0x1d", NULL, NULL},
    {ON("m5"), COLUMN, ANET_NUMERICS_ANE_M5, rounds, "is about an engine h16g", NULL,
     PROFILE("h16g", "\"sizes\": \"any\"")},

    /* binding by what was observed, when the model does not report it */
    {FAULT("attributes:missing"), PRODUCT, M4, rounds, NULL, "bound by name", NULL},
    {FAULT("attributes:missing"), SIZES, M4, rounds, NULL, "bound by name", NULL},
    {FAULT("attributes:empty"), PRODUCT, M4, rounds, NULL, "bound by name", NULL},
    {"ANE_SIM_LACKS=modelAttributes", PRODUCT, M4, rounds, NULL, "bound by name", NULL},
    {FAULT("attributes:missing") " ANE_SIM_CHIP=m1", OLD_PRODUCT, ANET_NUMERICS_ANE_M1, rounds,
     NULL, "in order of size", NULL},
    {FAULT("attributes:missing") " ANE_SIM_ROW=128", DIFFERENCE, M4, rounds, NULL,
     "multiple of 128 bytes", PROFILE("h16g", "\"row_alignment\": 128")},

    {"ANE_SIM_HAS_ANE=0", COLUMN, M4, rounds, "no Neural Engine", NULL, NULL},
    {"ANE_SIM_COMPILE_LIMIT=0", COLUMN, M4, rounds, "119", NULL, NULL},
    {"ANE_SIM_LOAD_LIMIT=0", COLUMN, M4, rounds, "[A0701]", NULL, NULL},
    {FAULT("compile:1+") QUICK, COLUMN, M4, rounds, "mil reduce", "once more", NULL},
    {FAULT("compile") QUICK, COLUMN, M4, rounds, NULL, "once more in 0.001 s", NULL},
    {FAULT("compile:1=invalid-program"), COLUMN, M4, rounds, "does not read", NULL, NULL},
    {FAULT("restart") " ANE_SIM_RESTART_MS=20 ANET_COMPILE_RETRY_MS=60", COLUMN, M4, rounds, NULL,
     "service restarts", NULL},
    {FAULT("silent"), COLUMN, M4, rounds, "to load it failed", NULL, NULL},
    {FAULT("load:1=slots"), COLUMN, M4, rounds, "too many programs", NULL, NULL},
    {FAULT("evaluate:2"), COLUMN, M4, rounds, "0x1d", NULL, NULL},
    {FAULT("evaluate:1=timeout"), COLUMN, M4, rounds, "in time", NULL, NULL},
    {FAULT("unload"), COLUMN, M4, rounds, NULL, "to unload it failed", NULL},
    {FAULT("disk") QUICK, COLUMN, M4, rounds, NULL, "once more", NULL},
    {FAULT("disk:1+") QUICK, COLUMN, M4, rounds, "test: to compile it failed", "once more", NULL},
    {FAULT("folder"), COLUMN, M4, rounds, "TMPDIR", NULL, NULL},
    {FAULT("surface"), COLUMN, M4, rounds, "IOSurface", NULL, NULL},
    {FAULT("attributes:symbols"), PRODUCT, M4, rounds, NULL, NULL, NULL},
    {FAULT("attributes:form"), COLUMN, M4, rounds, "it reports: { NetworkStatusList;", NULL, NULL},
    {FAULT("attributes:contradictory"), DIFFERENCE, M4, rounds, "on each other", NULL, NULL},
    {FAULT("attributes:names"), COLUMN, M4, rounds, "x_0", NULL, NULL},
    {FAULT("attributes:fewer"), COLUMN, M4, rounds, "'e' in its LiveOutputList", NULL, NULL},
    {"ANE_SIM_LACKS=unloadWithQoS:error:", COLUMN, M4, rounds,
     "no method unloadWithQoS:error:", NULL, NULL},
    {"ANE_SIM_LACKS=hasANE", COLUMN, M4, rounds, "no method hasANE", NULL, NULL},
    {FAULT("evaluate:1=long"), COLUMN, M4, rounds, "see `anetc mil explain A0109`", NULL, NULL},
    {"ANET_FRAMEWORKS=/nowhere", COLUMN, M4, rounds, "--device host", NULL, NULL},

    /* what the chip's rules say goes behind the error */
    {ON("m1"), PRODUCT, M4, rounds, "see `anetc mil explain A0001`", NULL, NULL},
    {ON("m4"), REFUSED, M4, rounds, "line 5 of the MIL", NULL, NULL},
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

static bool said(const char *what, const char *wanted, const char *found) {
    bool fine = wanted ? strstr(found, wanted) != NULL : !*found;
    if (!fine) {
        fprintf(stderr, "%s '%s' instead of '%s'\n", what, found, wanted ? wanted : "");
    }
    return fine;
}

static bool run_check(const test_case *c, anet_error *err, text *told) {
    arena *a = arena_new();
    const char *profile = path_join(a, getenv("TMPDIR"), "profile.json");
    anet_pool *pool = pool_new(2);
    anet_device_config ane = {.pool = pool, .notice = run_notice, .notice_context = told};
    anet_device_config host = {.pool = pool, .numerics = c->numerics};
    if (c->profile) {
        file_write(profile, c->profile, strlen(c->profile));
        ane.profile = profile;
    }
    bool fine = c->check(c, &ane, &host, err);
    unlink(profile);
    pool_free(pool);
    arena_free(a);
    return fine;
}

static int run_failure(void) {
    static const test_case failing = {.mil = COLUMN, .numerics = M4, .check = rounds};
    anet_error err = {0};
    text told = {0};
    run_check(&failing, &err, &told);
    bool explained = err.code == ANET_FAILED &&
                     strstr(err.message, "test: to evaluate it failed") &&
                     !strstr(err.message, "nothing is known");
    text_free(&told);
    return explained ? 0 : FAILED;
}

static int run_case(int i) {
    if (i >= CASES) {
        return run_failure();
    }
    const test_case *c = &cases[i];
    anet_error err = {0};
    text told = {0};
    bool fine = run_check(c, &err, &told);
    text_puts(&told, "");
    bool right = said("error", c->fails, err.message) && said("notice", c->tells, told.at) &&
                 (c->fails ? err.code != ANET_OK && !strchr(err.message, '\n') : fine);
    text_free(&told);
    return right ? 0 : FAILED;
}

/* --- each in a process of its own --- */

static void all_cases(void **state) {
    scratch *s = *state;
    int wrong = 0;
    for (int i = 0; i < CASES + FAILURE_NAMES; i++) {
        int status = own_process_run(s, i, s->folder, environment_of(s, i));
        if (status != 0) {
            size_t n;
            print_error("case %d, %s: status %x: %s\n", i, environment_of(s, i), (unsigned)status,
                        scratch_read(s, scratch_path(s, "stderr"), &n));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
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
