/* The host device's words: integers stay exact, what is computed from constants is known while
 * planning, open dimensions are filled in, and values can be watched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/program.h"

#define HEAD "program(1.3)\n[buildInfo = dict<string, string>({})]\n{\nfunc main<ios17>("

enum { ROOM = 64 };

typedef union words {
    float f[ROOM];
    int32_t i[ROOM];
} words;

typedef struct bench {
    mil_program *mil;
    anet_program *program;
    anet_error err;
} bench;

static anet_code plan(bench *b, const char *source, host_config config) {
    b->err = (anet_error){0};
    b->program = NULL;
    anet_code code = mil_read(source, strlen(source), "words.mil", &b->mil, &b->err);
    code = code ? code : mil_check(b->mil, "words.mil", &b->err);
    return code ? code : host_plan_program(b->mil, "words.mil", &config, &b->program, &b->err);
}

static void close_bench(bench *b) {
    if (b->program) {
        host_free_program(b->program);
    }
    mil_free(b->mil);
}

static anet_code run(bench *b, words *const *in, words *out) {
    float *ins[4], *outs[1] = {out->f};
    for (int i = 0; i < b->program->inputs; i++) {
        ins[i] = in[i]->f;
    }
    float *workspace = malloc((b->program->workspace + 1) * sizeof *workspace);
    assert_non_null(workspace);
    anet_code code = host_execute(b->program, ins, outs, workspace, NULL, &b->err);
    free(workspace);
    return code;
}

static void check_ints(const char *op, words x, words y, int n, const int32_t *want) {
    char source[600];
    snprintf(source, sizeof source,
             HEAD "tensor<int32, [%d]> x, tensor<int32, [%d]> y) {\n"
                  "tensor<int32, [%d]> z = %s(x = x, y = y)[name = string(\"z\")];\n} -> (z);\n}",
             n, n, n, op);
    bench b;
    words out;
    if (plan(&b, source, (host_config){.numerics = ANET_NUMERICS_FP16})) {
        fail_msg("%s", b.err.message);
    }
    assert_int_equal(run(&b, (words *const[]){&x, &y}, &out), ANET_OK);
    for (int i = 0; i < n; i++) {
        if (out.i[i] != want[i]) {
            fail_msg("%s(%d, %d) is %d, not %d", op, (int)x.i[i], (int)y.i[i], (int)out.i[i],
                     (int)want[i]);
        }
    }
    close_bench(&b);
}

static void test_integers_are_exact(void **state) {
    (void)state;
    const words x = {.i = {16777217, INT32_MAX, -7, 7, INT32_MIN, 5}};
    const words y = {.i = {1, 1, 2, -2, -1, 0}};
    static const struct {
        const char *op;
        int32_t want[6];
    } cases[] = {{"add", {16777218, INT32_MIN, -5, 5, INT32_MAX, 5}},
                 {"sub", {16777216, INT32_MAX - 1, -9, 9, INT32_MIN + 1, 5}},
                 {"mul", {16777217, INT32_MAX, -14, -14, INT32_MIN, 0}},
                 {"real_div", {16777217, INT32_MAX, -3, -3, INT32_MIN, 0}},
                 {"floor_div", {16777217, INT32_MAX, -4, -4, INT32_MIN, 0}},
                 {"mod", {0, 0, 1, -1, 0, 0}},
                 {"maximum", {16777217, INT32_MAX, 2, 7, -1, 5}},
                 {"minimum", {1, 1, -7, -2, INT32_MIN, 0}},
                 {"pow", {16777217, INT32_MAX, 49, 0, 0, 1}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_ints(cases[i].op, x, y, 6, cases[i].want);
    }
}

static void test_casts(void **state) {
    (void)state;
    static const struct {
        const char *to;
        int32_t want[6];
    } cases[] = {{"int32", {300, -300, 2, -1, INT32_MAX, 0}},
                 {"int8", {44, -44, 2, -1, -1, 0}},
                 {"uint8", {44, 212, 2, 255, 255, 0}},
                 {"int16", {300, -300, 2, -1, -1, 0}},
                 {"uint16", {300, 65236, 2, 65535, 65535, 0}}};
    words x = {.f = {300.9f, -300.9f, 2.5f, -1.0f, 1e20f, 0.25f}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char source[800];
        snprintf(source, sizeof source,
                 HEAD "tensor<fp32, [6]> x) {\n"
                      "tensor<int32, [6]> i = cast(x = x, dtype = string(\"int32\"))"
                      "[name = string(\"i\")];\n"
                      "tensor<%s, [6]> y = cast(x = i, dtype = string(\"%s\"))"
                      "[name = string(\"y\")];\n} -> (y);\n}",
                 cases[i].to, cases[i].to);
        bench b;
        words out;
        if (plan(&b, source, (host_config){.numerics = ANET_NUMERICS_FP32})) {
            fail_msg("%s", b.err.message);
        }
        assert_int_equal(run(&b, (words *const[]){&x}, &out), ANET_OK);
        assert_memory_equal(out.i, cases[i].want, sizeof cases[i].want);
        close_bench(&b);
    }
}

/* x [?, ?] is reshaped to what a program computes from its shape: [d1, d0] */
static const char dynamic[] =
    HEAD "tensor<fp32, [?, ?]> x) {\n"
         "tensor<int32, [2]> s = shape(x = x)[name = string(\"s\")];\n"
         "int32 d0 = gather(x = s, indices = int32(0), axis = int32(0))[name = string(\"d0\")];\n"
         "int32 d1 = gather(x = s, indices = int32(1), axis = int32(0))[name = string(\"d1\")];\n"
         "tensor<int32, [2]> t = concat(values = (d1, d0), axis = int32(0), interleave = "
         "bool(false))[name = string(\"t\")];\n"
         "tensor<fp32, [?, ?]> r = reshape(x = x, shape = t)[name = string(\"r\")];\n"
         "tensor<fp32, [?, ?]> y = add(x = r, y = r)[name = string(\"y\")];\n} -> (y);\n}";

static void test_open_dimensions(void **state) {
    (void)state;
    int64_t dims[] = {3, 2};
    mil_type input = {.kind = MIL_TENSOR, .dtype = MIL_FP32, .rank = 2, .dims = dims};
    bench b;
    words x = {.f = {1, 2, 3, 4, 5, 6}}, out;
    if (plan(&b, dynamic, (host_config){.numerics = ANET_NUMERICS_FP32, .input = &input})) {
        fail_msg("%s", b.err.message);
    }
    assert_int_equal(b.program->output[0].dims[0], 2);
    assert_int_equal(b.program->output[0].dims[1], 3);
    assert_int_equal(b.program->steps, 1); /* all but the addition is known */
    assert_int_equal(run(&b, (words *const[]){&x}, &out), ANET_OK);
    for (int i = 0; i < 6; i++) {
        assert_true(out.f[i] == 2 * x.f[i]);
    }
    close_bench(&b);
    assert_int_equal(plan(&b, dynamic, (host_config){.numerics = ANET_NUMERICS_FP32}),
                     ANET_BAD_INPUT);
    assert_non_null(strstr(b.err.message, "dynamic"));
    close_bench(&b);
}

typedef struct seen {
    int count;
    char names[8];
    float first[8];
} seen;

static bool wants(void *context, const char *name) {
    (void)context;
    return strcmp(name, "b") != 0;
}

static anet_code look(void *context, const host_value_seen *value, anet_error *err) {
    (void)err;
    seen *s = context;
    s->names[s->count] = value->name[0];
    s->first[s->count++] = *(const float *)value->words;
    return ANET_OK;
}

/* Also the values in the middle of a run, and those that nobody else reads. */
static void test_watched_values(void **state) {
    (void)state;
    static const char source[] =
        HEAD "tensor<fp32, [4]> x) {\n"
             "tensor<fp32, [4]> a = add(x = x, y = x)[name = string(\"a\")];\n"
             "tensor<fp32, [4]> b = add(x = a, y = x)[name = string(\"b\")];\n"
             "tensor<fp32, [4]> c = add(x = b, y = x)[name = string(\"c\")];\n"
             "tensor<fp32, [4]> d = mul(x = a, y = a)[name = string(\"d\")];\n"
             "} -> (c);\n}";
    bench b;
    seen s = {0};
    words x = {.f = {1.5f}}, out;
    host_config config = {
        .numerics = ANET_NUMERICS_FP32, .watched = wants, .watch = look, .context = &s};
    if (plan(&b, source, config)) {
        fail_msg("%s", b.err.message);
    }
    assert_int_equal(run(&b, (words *const[]){&x}, &out), ANET_OK);
    assert_int_equal(s.count, 4);
    static const struct {
        char name;
        float value;
    } want[] = {{'x', 1.5f}, {'a', 3.0f}, {'c', 6.0f}, {'d', 9.0f}};
    for (int i = 0; i < 4; i++) {
        const char *at = strchr(s.names, want[i].name);
        assert_non_null(at);
        assert_true(s.first[at - s.names] == want[i].value);
    }
    close_bench(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_exact), cmocka_unit_test(test_casts),
        cmocka_unit_test(test_open_dimensions), cmocka_unit_test(test_watched_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
