#include "checkpoint.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fixture/tiny_model.h"
#include "foreign.h"
#include "llama2c.h"

typedef struct setup {
    anet_pool *pool;
    char folder[64], path[96], other[96];
} setup;

static int start(void **state) {
    setup *s = calloc(1, sizeof *s);
    s->pool = pool_new(1);
    strcpy(s->folder, "/tmp/anet_checkpoint_XXXXXX");
    if (!mkdtemp(s->folder)) {
        return -1;
    }
    snprintf(s->path, sizeof s->path, "%s/a.safetensors", s->folder);
    snprintf(s->other, sizeof s->other, "%s/b.bin", s->folder);
    *state = s;
    return 0;
}

static int stop(void **state) {
    setup *s = *state;
    unlink(s->path);
    unlink(s->other);
    rmdir(s->folder);
    pool_free(s->pool);
    free(s);
    return 0;
}

static void refused(const anet_error *err, anet_code code, const char *part) {
    if (err->code != code || !strstr(err->message, part)) {
        fail_msg("code %d, message '%s', wanted %d, '%s'", (int)err->code, err->message, (int)code,
                 part);
    }
}

static const train_state a_state = {
    .step = 123,
    .seen = 5000000000,
    .order = {UINT64_MAX, 7, 1234567890123},
    .scale = {.scale = 48, .initial = 64, .clean = 11, .stuck = 0, .skipped = 2},
    .recipe = {0.1, 0.9, 0.95, 1e-8, 0.1, 1.0 / 3, 3, 0.1, 1, 4, 300, 64},
};

static void fill(float *x, size_t n, float from) {
    for (size_t i = 0; i < n; i++) {
        x[i] = from + (float)i / 3;
    }
}

static void write_one(const setup *s, const anet_model *m) {
    anet_error err = {0};
    weights w;
    weights_new(&w, m);
    weights_init(&w, 5, s->pool);
    optimizer *o = optimizer_new(&w, s->pool);
    for (int i = 0; i < m->n_params; i++) {
        fill(optimizer_first_moment(o, i), w.count[i], (float)i);
        fill(optimizer_second_moment(o, i), w.count[i], (float)i + 100);
    }
    assert_int_equal(checkpoint_write(s->path, &w, o, &a_state, &err), 0);
    optimizer_free(o);
    weights_free(&w);
}

/* reads the checkpoint of `s` as one of model m */
static anet_error read_one(const setup *s, const anet_model *m) {
    anet_error err = {0};
    weights w;
    weights_new(&w, m);
    optimizer *o = optimizer_new(&w, s->pool);
    train_state state = {0};
    checkpoint_read(s->path, &w, o, &state, &err);
    optimizer_free(o);
    weights_free(&w);
    return err;
}

static void test_everything_returns(void **state) {
    const setup *s = *state;
    anet_model m = tiny_model(ANET_PLACE_ANE);
    write_one(s, &m);
    anet_error err = {0};
    weights w, same;
    weights_new(&w, &m);
    weights_new(&same, &m);
    weights_init(&same, 5, s->pool);
    optimizer *o = optimizer_new(&w, s->pool);
    train_state got = {0};
    assert_int_equal(checkpoint_read(s->path, &w, o, &got, &err), 0);
    for (int i = 0; i < m.n_params; i++) {
        assert_memory_equal(w.at[i], same.at[i], w.count[i] * sizeof(float));
        assert_true(optimizer_first_moment(o, i)[1] == (float)i + 1.0F / 3);
        assert_true(optimizer_second_moment(o, i)[1] == (float)i + 100 + 1.0F / 3);
    }
    assert_int_equal(got.step, a_state.step);
    assert_int_equal(got.seen, a_state.seen);
    assert_true(got.order.seed == UINT64_MAX && got.order.epoch == 7);
    assert_true(got.order.index == a_state.order.index);
    assert_true(got.scale.scale == 48 && got.scale.initial == 64 && got.scale.clean == 11);
    assert_int_equal(got.scale.skipped, 2);
    assert_true(got.recipe.clip == a_state.recipe.clip && got.recipe.lr == 0.1);
    assert_int_equal(got.recipe.steps, 300);
    optimizer_free(o);
    weights_free(&w);
    assert_int_equal(weights_read(s->path, &same, &err), 0); /* as --init reads it */
    weights_free(&same);
}

static void test_of_another_model(void **state) {
    const setup *s = *state;
    anet_model m = tiny_model(ANET_PLACE_ANE), other = m;
    write_one(s, &m);
    other.name = "other";
    anet_error err = read_one(s, &other);
    refused(&err, ANET_BAD_INPUT, "is a checkpoint of model 'tiny', this is model 'other'");

    anet_param params[TINY_PARAMS + 1];
    memcpy(params, tiny_params, sizeof tiny_params);
    other = m;
    other.params = params;
    params[TINY_WEIGHT].dims[0]++;
    err = read_one(s, &other);
    refused(&err, ANET_BAD_INPUT, "'head.weight' is [11, 6], the model has [12, 6]");
    params[TINY_WEIGHT] = tiny_params[TINY_WEIGHT];
    params[TINY_PARAMS] = tiny_params[TINY_GAIN];
    params[TINY_PARAMS].name = "extra";
    other.n_params = TINY_PARAMS + 1;
    err = read_one(s, &other);
    refused(&err, ANET_BAD_INPUT, "has no tensor 'extra'");
    other.n_params = TINY_PARAMS - 1;
    err = read_one(s, &other);
    refused(&err, ANET_BAD_INPUT, "has a tensor 'head.bias', which model 'tiny' does not have");
}

static void test_missing_and_weights_only(void **state) {
    const setup *s = *state;
    anet_model m = tiny_model(ANET_PLACE_ANE);
    unlink(s->path);
    anet_error err = read_one(s, &m);
    refused(&err, ANET_BAD_USAGE, s->path);

    static const char plain[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    uint64_t length = sizeof plain - 1;
    FILE *out = fopen(s->path, "wb");
    fwrite(&length, 8, 1, out);
    fwrite(plain, length, 1, out);
    fwrite("\0\0\0\0", 4, 1, out);
    fclose(out);
    err = read_one(s, &m);
    refused(&err, ANET_BAD_INPUT, "holds no training state");
}

static size_t read_file(const char *path, char *data, size_t limit) {
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    size_t n = fread(data, 1, limit, in);
    fclose(in);
    return n;
}

static void write_file(const char *path, const char *data, size_t n) {
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, n, out), n);
    fclose(out);
}

static void test_every_truncation_is_refused(void **state) {
    const setup *s = *state;
    anet_model m = tiny_model(ANET_PLACE_ANE);
    write_one(s, &m);
    static char data[1 << 16];
    size_t n = read_file(s->path, data, sizeof data);
    assert_in_range(n, 1000, sizeof data - 1);
    for (size_t cut = 0; cut < n; cut += 13) {
        write_file(s->path, data, cut);
        anet_error err = read_one(s, &m);
        refused(&err, ANET_BAD_INPUT, s->path);
    }
}

static void test_nan_and_bad_metadata(void **state) {
    const setup *s = *state;
    anet_model m = tiny_model(ANET_PLACE_ANE);
    static char data[1 << 16];
    write_one(s, &m);
    size_t n = read_file(s->path, data, sizeof data);
    const float nan = NAN;
    memcpy(data + n - sizeof nan, &nan, sizeof nan); /* the last tensor: a second moment */
    write_file(s->path, data, n);
    anet_error err = read_one(s, &m);
    refused(&err, ANET_BAD_INPUT, "optimizer.v.head.bias");

    write_one(s, &m);
    n = read_file(s->path, data, sizeof data);
    char *step = NULL;
    for (size_t i = 0; i + 17 < n && !step; i++) {
        step = memcmp(data + i, "\"anet.step\":\"123\"", 17) == 0 ? data + i : NULL;
    }
    assert_non_null(step);
    memcpy(step + 13, "-23", 3);
    write_file(s->path, data, n);
    err = read_one(s, &m);
    refused(&err, ANET_BAD_INPUT, "anet.step is no number in range");
}

static void test_unwritable(void **state) {
    const setup *s = *state;
    anet_model m = tiny_model(ANET_PLACE_ANE);
    weights w;
    weights_new(&w, &m);
    optimizer *o = optimizer_new(&w, s->pool);
    anet_error err = {0};
    checkpoint_write("/dev/full", &w, o, &a_state, &err);
    refused(&err, ANET_BAD_USAGE, "/dev/full");
    err = (anet_error){0};
    checkpoint_write("/nowhere/at/all.safetensors", &w, o, &a_state, &err);
    refused(&err, ANET_BAD_USAGE, "/nowhere/at/all");
    optimizer_free(o);
    weights_free(&w);
}

/* --- llama2.c: two layers, tied or not --- */

enum { DIM = 8, HIDDEN = 12, HEADS = 2, KV = 1, VOCAB = 10, SEQ = 3, PARAMS = 2 + 2 * 9 + 1 };

static const char *const layer_names[] = {"n1", "wq", "wk", "wv", "wo", "n2", "w1", "w2", "w3"};
static const int64_t layer_dims[][2] = {{DIM},          {DIM, DIM},    {DIM / 2, DIM},
                                        {DIM / 2, DIM}, {DIM, DIM},    {DIM},
                                        {HIDDEN, DIM},  {DIM, HIDDEN}, {HIDDEN, DIM}};

static const anet_foreign llama_map[] = {
    {"llama2c", "token_embedding_table", "embed"},
    {"llama2c", "rms_att_weight", "blocks.*.n1"},
    {"llama2c", "wq", "blocks.*.wq"},
    {"llama2c", "wk", "blocks.*.wk"},
    {"llama2c", "wv", "blocks.*.wv"},
    {"llama2c", "wo", "blocks.*.wo"},
    {"llama2c", "rms_ffn_weight", "blocks.*.n2"},
    {"llama2c", "w1", "blocks.*.w1"},
    {"llama2c", "w2", "blocks.*.w2"},
    {"llama2c", "w3", "blocks.*.w3"},
    {"llama2c", "rms_final_weight", "norm"},
    {"llama2c", "wcls", "head"},
};

typedef struct llama {
    anet_model model;
    anet_param params[PARAMS];
    anet_config config[7];
    char names[18][24];
} llama;

static void add_param(llama *l, const char *name, int64_t rows, int64_t columns) {
    l->params[l->model.n_params++] =
        (anet_param){name, columns ? 2 : 1, {rows, columns}, ANET_INIT_NORMAL, 1, 0, 0};
}

static void make_llama(llama *l, bool tied) {
    static const anet_config config[] = {{"dim", DIM},     {"hidden", HIDDEN}, {"layers", 2},
                                         {"heads", HEADS}, {"kv_heads", KV},   {"vocab", VOCAB},
                                         {"seq", SEQ}};
    *l = (llama){.model = {.name = "llama", .n_config = 7, .n_foreign = 12}};
    memcpy(l->config, config, sizeof config);
    l->model.config = l->config;
    l->model.params = l->params;
    l->model.foreign = llama_map;
    add_param(l, "embed", VOCAB, DIM);
    for (int layer = 0; layer < 2; layer++) {
        for (int i = 0; i < 9; i++) {
            char *name = l->names[layer * 9 + i];
            snprintf(name, sizeof l->names[0], "blocks.%d.%s", layer, layer_names[i]);
            add_param(l, name, layer_dims[i][0], layer_dims[i][1]);
        }
    }
    add_param(l, "norm", DIM, 0);
    if (!tied) {
        add_param(l, "head", VOCAB, DIM);
    }
}

static void foreign_round_trip(const setup *s, bool tied) {
    llama l;
    make_llama(&l, tied);
    anet_error err = {0};
    weights w, again;
    weights_new(&w, &l.model);
    weights_new(&again, &l.model);
    weights_init(&w, 1, s->pool);
    assert_int_equal(foreign_check(s->other, &w, &err), 0);
    assert_int_equal(checkpoint_write(s->other, &w, NULL, &a_state, &err), 0);
    assert_int_equal(weights_read(s->other, &again, &err), 0);
    for (int i = 0; i < l.model.n_params; i++) {
        assert_memory_equal(w.at[i], again.at[i], w.count[i] * sizeof(float));
    }
    /* the file's own view: layer 1 of wk is where llama2.c looks for it */
    llama2c_file file;
    float wk[DIM / 2 * DIM];
    assert_int_equal(llama2c_open(&file, s->other, &err), 0);
    assert_int_equal(file.config.tied, tied);
    assert_int_equal(llama2c_read(&file, llama2c_find(&file.layout, "wk"), 1, wk, &err), 0);
    assert_memory_equal(wk, w.at[model_param(&l.model, "blocks.1.wk")], sizeof wk);
    llama2c_close(&file);
    weights_free(&w);
    weights_free(&again);
}

static void test_foreign_round_trip(void **state) {
    foreign_round_trip(*state, true);
    foreign_round_trip(*state, false);
}

static anet_error read_foreign(const setup *s, const anet_model *m) {
    anet_error err = {0};
    weights w;
    weights_new(&w, m);
    weights_read(s->other, &w, &err);
    weights_free(&w);
    return err;
}

static void test_foreign_disagreements(void **state) {
    const setup *s = *state;
    llama tied, untied;
    make_llama(&tied, true);
    make_llama(&untied, false);
    foreign_round_trip(s, true);
    anet_error err = read_foreign(s, &untied.model);
    refused(&err, ANET_BAD_INPUT, "has no classifier of its own");
    tied.config[1].value = 13;
    tied.config[6].value = 4;
    err = read_foreign(s, &tied.model);
    refused(
        &err, ANET_BAD_INPUT,
        "hidden is 12 in the file and 13 in the model; seq is 3 in the file and 4 in the model");
    make_llama(&tied, true);
    add_param(&tied, "more", 3, 0);
    err = read_foreign(s, &tied.model);
    refused(&err, ANET_BAD_INPUT, "no place for parameter 'more'");
    make_llama(&tied, true);
    tied.params[1].dims[0]++;
    err = read_foreign(s, &tied.model);
    refused(&err, ANET_BAD_INPUT, "blocks.0.n1 is [9] in the model");
    tied.params[1].name = "renamed";
    err = read_foreign(s, &tied.model);
    refused(&err, ANET_BAD_INPUT, "no parameter of model 'llama' takes rms_att_weight of layer 0");
    anet_model other = tiny_model(ANET_PLACE_ANE);
    err = read_foreign(s, &other);
    refused(&err, ANET_BAD_INPUT, "does not say how llama2.c's weights map");
    foreign_round_trip(s, false);
    make_llama(&tied, true);
    err = read_foreign(s, &tied.model);
    refused(&err, ANET_BAD_INPUT, "has a classifier of its own (wcls)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_returns),
        cmocka_unit_test(test_of_another_model),
        cmocka_unit_test(test_missing_and_weights_only),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_nan_and_bad_metadata),
        cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_foreign_round_trip),
        cmocka_unit_test(test_foreign_disagreements),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
