/* generate.c: the command `generate`: llama2.c's loop over positions.
 *
 * --steps counts positions, the prompt's included, and is at most the model's sequence length. The
 * kernels have a fixed window: every position runs all of it, with what is not written yet behind
 * the causal mask. Text ends at the token BOS, which separates stories in the training data. */
#include "interrupt.h"
#include "sample.h"
#include "session.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Byte tokens can be control characters, which a terminal would obey. */
static void print_piece(const char *piece, size_t n) {
    unsigned char first = (unsigned char)piece[0];
    if (n == 1 && first < 0x80 && !isprint(first) && !isspace(first)) {
        return;
    }
    fwrite(piece, 1, n, stdout);
    fflush(stdout);
}

static anet_code next_token(session *s, const int32_t *ids, size_t position,
                            const sample_options *options, rng *random, int32_t *next,
                            anet_error *err) {
    if (runner_forward(s->runner, ids, NULL, NULL, err)) {
        return err->code;
    }
    *next = sample_token(runner_logits(s->runner) + position, s->length, (size_t)s->vocab, options,
                         random);
    if (*next < 0) {
        return anet_fail(err, ANET_FAILED, "the logits at position %zu are not finite", position);
    }
    return ANET_OK;
}

/* `ids` has room for s->length, zero behind the prompt */
static anet_code generate_text(session *s, int32_t *ids, size_t prompt, size_t steps,
                               anet_error *err) {
    sample_options options = {cli_real(s->cli, OPT_TEMP, 1), cli_real(s->cli, OPT_TOP_P, 0.9)};
    rng random;
    rng_seed(&random, s->seed);
    for (size_t position = 0; position < steps; position++) {
        if (interrupt_check(err)) {
            printf("\n");
            return err->code;
        }
        int32_t next = 0;
        if (position + 1 < prompt) {
            next = ids[position + 1];
        } else if (next_token(s, ids, position, &options, &random, &next, err)) {
            return err->code;
        }
        if (next == TOKEN_BOS) {
            break;
        }
        size_t n;
        const char *piece = tokenizer_decode(s->tokenizer, ids[position], next, &n);
        print_piece(piece, n);
        if (position + 1 < s->length) {
            ids[position + 1] = next;
        }
    }
    printf("\n");
    return cli_flush(err);
}

static anet_code encode_prompt(session *s, int32_t *ids, size_t *count, anet_error *err) {
    const char *prompt = cli_text(s->cli, OPT_PROMPT, "");
    token_list list = {0};
    if (!tokenizer_encode(s->tokenizer, prompt, strlen(prompt), ENCODE_BOS, &list, err)) {
        if (list.len > s->length) {
            anet_fail(err, ANET_BAD_USAGE,
                      "the prompt is %zu tokens long, model '%s' has %zu positions", list.len,
                      s->model->name, s->length);
        } else {
            memcpy(ids, list.at, list.len * sizeof *ids);
            *count = list.len;
        }
    }
    vec_free(&list);
    return err->code;
}

static anet_code check_can_generate(const session *s, anet_error *err) {
    const anet_model *m = s->model;
    size_t rows = 0, columns = 0;
    if (m->logits >= 0) {
        value_matrix(&m->values[m->logits], &rows, &columns);
    }
    if (rows < (size_t)s->vocab || columns != s->length) {
        return anet_fail(err, ANET_BAD_USAGE, "model '%s' has no logits to generate from", m->name);
    }
    return ANET_OK;
}

anet_code command_generate(session *s, anet_error *err) {
    const char *path;
    if (cli_require(s->cli, OPT_INIT, &path, err) ||
        cli_require(s->cli, OPT_TOKENIZER, &path, err) || check_can_generate(s, err)) {
        return err->code;
    }
    int64_t steps = cli_integer(s->cli, OPT_STEPS, (int64_t)s->length);
    size_t positions = (uint64_t)steps < s->length ? (size_t)steps : s->length, prompt = 0;
    int32_t *ids = anet_calloc(s->length, sizeof *ids);
    if (!encode_prompt(s, ids, &prompt, err) && !session_load(s, err) &&
        !session_open_runner(s, false, err)) {
        generate_text(s, ids, prompt, positions, err);
    }
    free(ids);
    return err->code;
}
