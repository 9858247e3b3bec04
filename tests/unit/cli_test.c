#include "cli.h" /* before cmocka, which has a macro named fail */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static anet_code parse(cli *c, anet_error *err, int argc, const char *const *argv) {
    *err = (anet_error){0};
    return cli_parse(c, argc, (char **)(uintptr_t)argv, err);
}

#define PARSE(...)                                                                                 \
    parse(&c, &err, (int)(sizeof((const char *[]){"prog", __VA_ARGS__}) / sizeof(char *)),         \
          (const char *const[]){"prog", __VA_ARGS__})

static void refused(const anet_error *err, const char *part) {
    if (err->code != ANET_BAD_USAGE || !strstr(err->message, part)) {
        fail_msg("code %d, message '%s', wanted '%s'", (int)err->code, err->message, part);
    }
}

static void test_values_of_every_kind(void **state) {
    (void)state;
    cli c;
    anet_error err;
    assert_int_equal(PARSE("train", "--data", "a.bin", "--steps=30", "--lr", "2e-3", "--quiet"), 0);
    assert_int_equal(c.command, CLI_TRAIN);
    assert_string_equal(cli_text(&c, OPT_DATA, ""), "a.bin");
    assert_int_equal(cli_integer(&c, OPT_STEPS, 1), 30);
    assert_true(cli_real(&c, OPT_LR, 0) == 2e-3);
    assert_true(cli_flag(&c, OPT_QUIET));
    assert_false(cli_flag(&c, OPT_RESUME));
    assert_int_equal(cli_integer(&c, OPT_BATCH, 7), 7);
}

static void test_train_is_the_default_command(void **state) {
    (void)state;
    cli c;
    anet_error err;
    assert_int_equal(PARSE("--data", "a.bin"), 0);
    assert_int_equal(c.command, CLI_TRAIN);
    assert_int_equal(PARSE("--json", "--data", "a.bin", "eval"), 0);
    assert_int_equal(c.command, CLI_EVAL);
}

static void test_a_value_may_look_like_an_option(void **state) {
    (void)state;
    cli c;
    anet_error err;
    assert_int_equal(PARSE("generate", "--prompt", "--data"), 0);
    assert_string_equal(cli_text(&c, OPT_PROMPT, ""), "--data");
    assert_int_equal(PARSE("generate", "--prompt", ""), 0);
    assert_string_equal(cli_text(&c, OPT_PROMPT, "x"), "");
}

static void test_refusals(void **state) {
    (void)state;
    cli c;
    anet_error err;
    PARSE("--dta", "x");
    refused(&err, "unknown option '--dta', did you mean '--data'?");
    PARSE("--xyzzy-foo");
    refused(&err, "unknown option '--xyzzy-foo'; see --help");
    PARSE("evla");
    refused(&err, "did you mean 'eval'?");
    PARSE("eval", "train");
    refused(&err, "unexpected argument 'train'");
    PARSE("-x");
    refused(&err, "unexpected argument '-x'");
    PARSE("--steps");
    refused(&err, "--steps wants a value");
    PARSE("--steps", "1.5");
    refused(&err, "whole number");
    PARSE("--steps", "0");
    refused(&err, "between 1 and");
    PARSE("--lr", "nan");
    refused(&err, "--lr wants a number");
    PARSE("--lr", "1e999");
    refused(&err, "--lr wants a number");
    PARSE("--lr", "");
    refused(&err, "--lr wants a number");
    PARSE("--quiet=yes");
    refused(&err, "takes no value");
    PARSE("--temp", "1");
    refused(&err, "'train' has no option --temp");
    PARSE("--", "x");
    refused(&err, "unexpected argument '--'");
}

static void test_help_names_everything(void **state) {
    (void)state;
    cli c;
    anet_error err;
    assert_int_equal(PARSE("--temp", "1", "--help"), 0);
    assert_true(c.help);
    text out = {0};
    cli_help(&c, "tiny", &out);
#define OPTION(ID, name, kind, argument, commands, least, most, help)                              \
    assert_non_null(strstr(out.at, "--" name " "));
#include "cli_options.def"
    for (char *line = out.at, *end; (end = strchr(line, '\n')); line = end + 1) {
        assert_in_range(end - line, 0, 150);
    }
    text_free(&out);
}

static void test_choices(void **state) {
    (void)state;
    static const char *const names[] = {"host", "ane"};
    cli c;
    anet_error err;
    int index;
    PARSE("--device", "ane");
    assert_int_equal(cli_choice(&c, OPT_DEVICE, names, 2, &index, &err), 0);
    assert_int_equal(index, 1);
    PARSE("--device", "gpu");
    cli_choice(&c, OPT_DEVICE, names, 2, &index, &err);
    refused(&err, "--device is one of host, ane, not 'gpu'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_every_kind),
        cmocka_unit_test(test_train_is_the_default_command),
        cmocka_unit_test(test_a_value_may_look_like_an_option),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_help_names_everything),
        cmocka_unit_test(test_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
