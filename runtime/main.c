/* main.c: anet_main, the program that a compiled model is. */
#include "base/file.h"
#include "interrupt.h"
#include "restart.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>

typedef anet_code command_fn(session *s, anet_error *err);

/* A signal that came when the run had already decided to go on is heeded here; the next one ends
 * the program, as nothing is open any more. */
static anet_code go_on(const cli *c, bool owes_evaluation, anet_error *err) {
    *err = (anet_error){0};
    if (interrupt_wanted()) {
        return anet_fail(err, ANET_INTERRUPTED,
                         "interrupted; %s has the last step, and the same command with --resume "
                         "and without --init goes on from there",
                         cli_text(c, OPT_OUT, ""));
    }
    fflush(stdout);
    return restart_program(c, owes_evaluation, err);
}

static anet_code run_command(const anet_model *model, const cli *c, anet_error *err) {
    static command_fn *const commands[CLI_COMMANDS] = {
        [CLI_TRAIN] = command_train,       [CLI_EVAL] = command_eval,
        [CLI_GENERATE] = command_generate, [CLI_GRAD] = command_grad,
        [CLI_INFO] = command_info,         [CLI_PROFILE] = command_profile,
        [CLI_BENCH] = command_bench,       [CLI_SELFTEST] = command_selftest,
    };
    session s;
    bool opens_device = c->command != CLI_INFO;
    if (opens_device) {
        interrupt_watch();
    }
    if (!session_open(&s, model, c, err)) {
        commands[c->command](&s, err);
    }
    bool owes = s.owes_evaluation;
    session_close(&s);
    if (opens_device) {
        interrupt_restore();
    }
    if (err->code == ANET_RESTART && c->command == CLI_TRAIN) {
        go_on(c, owes, err);
    } else if (err->code == ANET_RESTART) { /* bench, profile: there is no state to go on from */
        anet_error why = *err;
        *err = (anet_error){0};
        anet_fail(
            err, ANET_FAILED,
            "%s; measure fewer --steps, with less --warmup-seconds, or raise --compile-budget",
            why.message);
    }
    return err->code;
}

static anet_code show_help(const anet_model *model, const cli *c, anet_error *err) {
    text out = {0};
    cli_help(c, model->name, &out);
    fwrite(out.at, 1, out.len, stdout);
    text_free(&out);
    return cli_flush(err);
}

int anet_main(const anet_model *model, int argc, char **argv) {
    file_start();
    anet_error err = {0};
    cli c;
    if (!cli_parse(&c, argc, argv, &err)) {
        if (c.help) {
            show_help(model, &c, &err);
        } else if (c.version) {
            printf("%s, libanet %s\n", model->name, ANET_VERSION);
            cli_flush(&err);
        } else {
            run_command(model, &c, &err);
        }
    }
    if (err.code) {
        fprintf(stderr, "%s: %s\n", path_name(c.program), err.message);
    }
    return (int)err.code;
}
