/* session.h: what every command of a generated program works with: the checked model, its weights,
 * the device and the data, as the command line asks for them. */
#ifndef ANET_SESSION_H
#define ANET_SESSION_H

#include "cli.h"
#include "progress.h"
#include "runner.h"
#include "tokens.h"

typedef struct session {
    const anet_model *model;
    const cli *cli;
    arena *memory;
    anet_pool *pool;
    const anet_device_ops *ops;
    anet_numerics numerics;
    anet_device_config settings; /* of --device ane */
    struct host_report *report;  /* of --numerics-report, or NULL */
    uint64_t seed;
    weights weights;
    runner *runner;       /* after session_open_runner */
    tokenizer *tokenizer; /* of --tokenizer, or NULL */
    size_t length;        /* tokens of one sequence; a window of data is one longer */
    int64_t vocab;        /* every token id is below */
    bool owes_evaluation; /* of the step that was saved before ANET_RESTART */
} session;

/* Checks the model, chooses the device. Close it whatever it returns. */
anet_code session_open(session *s, const anet_model *m, const cli *c, anet_error *err);
void session_close(session *s);

/* What the option writes must be none of the files that are read; only `train` may continue --init
 * in place. */
anet_code session_keep_inputs(const session *s, cli_option written, anet_error *err);
const char *session_numerics(const session *s); /* "fp16"; "engine" on the ane device */
/* at first: from --loss-scale, else the recipe's unless numerics are fp32, else 1 */
double session_loss_scale(const session *s);

/* Fills in the weights: from --init, else new ones by --seed. */
anet_code session_load(session *s, anet_error *err);
/* Opens the device and compiles the kernels. */
anet_code session_open_runner(session *s, bool backward, anet_error *err);
/* The data that an option names; at least one window. Close with tokens_close. */
anet_code session_data(session *s, cli_option o, tokens **data, anet_error *err);

/* These fail for a model that computes no loss, or has nothing to train. */
anet_code session_require_loss(const session *s, anet_error *err);
anet_code session_require_gradients(const session *s, anet_error *err);

/* Mean loss over all whole windows, one after another; *counted is the number of predictions. */
anet_code session_evaluate(session *s, const tokens *data, double *loss, uint64_t *counted,
                           anet_error *err);

/* --- --numerics-report; without it nothing happens (numerics_report.c) --- */
/* What is counted from now on happens in step `now` of train, in sequence `now` of other commands;
 * from 1. */
void session_report_at(session *s, uint64_t now);
/* one line on standard error about what happened for the first time, if it is bad; ends the line
 * of the progress before */
void session_report_news(session *s, progress *p);
/* the table, on standard error */
void session_report_print(session *s);

/* --- the commands --- */
anet_code command_train(session *s, anet_error *err);
anet_code command_eval(session *s, anet_error *err);
anet_code command_generate(session *s, anet_error *err);
anet_code command_grad(session *s, anet_error *err);
anet_code command_info(session *s, anet_error *err);
anet_code command_profile(session *s, anet_error *err);
anet_code command_bench(session *s, anet_error *err);
anet_code command_selftest(session *s, anet_error *err);

#endif
