#include "scratch.h"

#include "machine.h"

#include <math.h>

static const char *const texts[] = {"h13",  "h13g", "h14",  "h14g", "h15",  "h15g", "h16",
                                    "h16g", "h17",  "h17s", "h18",  "h18g", "h99",  ""};

static char *printed(scratch *s, const machine *m) {
    text out = {0};
    machine_print_json(m, &out);
    return text_move(&out, s->memory);
}

static const char *report_of(scratch *s, const char *properties) {
    const char *whole = arena_printf(s->memory, "{\"tool\": 1, \"properties\": %s}", properties);
    return scratch_file(s, "report.json", whole, strlen(whole));
}

static void expect_same(scratch *s, const machine *m) {
    machine back;
    const char *before = printed(s, m);
    expect_ok(s, machine_read(report_of(s, before), &back, &s->err));
    assert_string_equal(printed(s, &back), before);
}

static void defaults_survive(void **state) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        machine m;
        machine_defaults(texts[i], &m);
        assert_string_equal(m.architecture, texts[i]);
        expect_same(*state, &m);
    }
}

static void every_value_survives(void **state) {
    machine m;
    machine_defaults("h17s", &m);
    strcpy(m.os, "macOS 26.1 \"x\" \\");
    strcpy(m.build, "25B78");
    m.minor = 5;
    strcpy(m.opset, "ios26");
    m.order = MACHINE_ORDER_SIZE;
    m.sizes = MACHINE_SIZES_ASCENDING;
    m.smallest_surface = 64;
    m.row_alignment = 128;
    m.compile_limit = 256;
    m.several_inputs = m.concat = m.patches = false;
    m.runtime_conv_weight = m.slices_saturate = m.rounds_even = true;
    m.dispatch_us = 1.0 / 3;
    m.matmul_tflops = 18.6;
    m.conv_tflops = 1e-300;
    m.weight_write_gbps = 1e9;
    expect_same(*state, &m);
    m.dispatch_us = NAN;
    assert_non_null(strstr(printed(*state, &m), "\"dispatch_us\": 0,"));
}

/* what the facts say, once more, of the chips that differ */
static void defaults_are_those_of_the_facts(void **state) {
    machine m1, m2, m4, unknown;
    (void)state;
    machine_defaults("h13", &m1);
    machine_defaults("h14g", &m2);
    machine_defaults("h16g", &m4);
    machine_defaults("t1", &unknown);
    assert_string_equal(m1.chip, "m1");
    assert_int_equal(m1.minor, 0);
    assert_string_equal(m1.opset, "ios16");
    assert_int_equal(m1.order, MACHINE_ORDER_SIZE);
    assert_int_equal(m1.sizes, MACHINE_SIZES_ASCENDING);
    assert_true(m1.slices_saturate && m1.rounds_even);
    assert_string_equal(m2.chip, "m2");
    assert_int_equal(m2.sizes, MACHINE_SIZES_ANY);
    assert_true(m2.slices_saturate);
    assert_string_equal(m4.chip, "m4");
    assert_int_equal(m4.minor, 3);
    assert_string_equal(m4.opset, "ios18");
    assert_int_equal(m4.sizes, MACHINE_SIZES_EQUAL);
    assert_int_equal(m4.smallest_surface, 49152);
    assert_int_equal(m4.compile_limit, 119);
    assert_true(m4.several_inputs && m4.concat && m4.patches);
    assert_false(m4.slices_saturate || m4.rounds_even || m4.runtime_conv_weight);
    assert_string_equal(unknown.chip, "m4");
}

static void what_is_missing_is_the_default(void **state) {
    scratch *s = *state;
    machine m, wanted;
    expect_ok(s, machine_read(report_of(s, "{\"architecture\": \"h13g\", \"colour\": [1]}"), &m,
                              &s->err));
    machine_defaults("h13g", &wanted);
    assert_string_equal(printed(s, &m), printed(s, &wanted));
    expect_ok(s, machine_read(report_of(s, "{}"), &m, &s->err));
    assert_string_equal(m.chip, "m4");
}

static void refuse(scratch *s, const char *properties, const char *message) {
    machine m;
    expect_error(s, machine_read(report_of(s, properties), &m, &s->err), ANET_BAD_INPUT, message);
}

static void refuses_what_is_no_report(void **state) {
    scratch *s = *state;
    machine m;
    refuse(s, "[]", "report.json is no report of `anetc doctor`");
    refuse(s, "{", "report.json:1:");
    refuse(s, "{\"minor\": \"3\"}",
           "report.json:1:37: minor of a machine is a whole number from 0");
    refuse(s, "{\"minor\": 10}", "whole number from 0 to 9");
    refuse(s, "{\"minor\": 0.5}", "whole number");
    refuse(s, "{\"smallest_surface\": 0}", "whole number from 1 to 1073741824");
    refuse(s, "{\"smallest_surface\": 1e300}", "whole number");
    refuse(s, "{\"chip\": 4}", "chip of a machine is a string of at most 7 plain characters");
    refuse(s, "{\"chip\": \"12345678\"}", "at most 7");
    refuse(s, "{\"os\": \"a\\u0000b\"}", "plain characters");
    refuse(s, "{\"architecture\": [\"h13\"]}", "at most 15");
    refuse(s, "{\"opset\": \"ios99\"}", "such as \"ios18\"");
    refuse(s, "{\n \"sizes\":\n \"some\"}", ":3:2: sizes of a machine is one of \"any\" \"equal\"");
    refuse(s, "{\"order\": 1}", "one of \"name\" \"size\"");
    refuse(s, "{\"concat\": 1}", "true or false");
    refuse(s, "{\"dispatch_us\": -1}", "a number from 0");
    refuse(s, "{\"dispatch_us\": null}", "a number from 0");
    refuse(s, "{\"minor\": 1, \"minor\": 2}", "two members");
    expect_error(s, machine_read(scratch_path(s, "none.json"), &m, &s->err), ANET_BAD_USAGE,
                 "cannot read the machine's report");
    size_t n = 1 << 21;
    char *large = memset(arena_alloc(s->memory, n), ' ', n);
    expect_error(s, machine_read(scratch_file(s, "large.json", large, n), &m, &s->err),
                 ANET_BAD_USAGE, "larger than 1 MiB");
}

static void shows_itself(void **state) {
    scratch *s = *state;
    machine m;
    text out = {0};
    machine_defaults("h16g", &m);
    m.dispatch_us = 95.5;
    machine_print(&m, &out);
    char *shown = text_move(&out, s->memory);
    assert_non_null(strstr(shown, " h16g\n"));
    assert_non_null(strstr(shown, " unknown\n"));
    assert_non_null(strstr(shown, " 95.5\n"));
    assert_non_null(strstr(shown, " not measured\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(defaults_survive),
        TEST(every_value_survives),
        TEST(defaults_are_those_of_the_facts),
        TEST(what_is_missing_is_the_default),
        TEST(refuses_what_is_no_report),
        TEST(shows_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
