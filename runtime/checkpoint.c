/* checkpoint.c: training state as metadata of a safetensors file; weights from either format. */
#include "checkpoint.h"

#include "base/text.h"
#include "floats.h"
#include "foreign.h"
#include "safetensors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIMIZER_PREFIX "optimizer."
#define FORMAT_VERSION "1"

/* --- the state as metadata --- */

#define BELOW_1 0.99999999999999989 /* the last double before it */

typedef enum field_kind { WHOLE, UNSIGNED, REAL, COUNT } field_kind;

static const struct field {
    const char *key;
    field_kind kind;
    size_t offset;
    double least, most;
} fields[] = {
    {"anet.step", WHOLE, offsetof(train_state, step), 0, 4e18},
    {"anet.tokens", WHOLE, offsetof(train_state, seen), 0, 4e18},
    {"anet.seed", UNSIGNED, offsetof(train_state, order.seed), 0, 2e19},
    {"anet.epoch", UNSIGNED, offsetof(train_state, order.epoch), 0, 2e19},
    {"anet.index", UNSIGNED, offsetof(train_state, order.index), 0, 2e19},
    {"anet.loss_scale", REAL, offsetof(train_state, scale.scale), 1, 1e30},
    {"anet.loss_scale_initial", REAL, offsetof(train_state, scale.initial), 1, 1e30},
    {"anet.clean", WHOLE, offsetof(train_state, scale.clean), 0, 4e18},
    {"anet.stuck", WHOLE, offsetof(train_state, scale.stuck), 0, 4e18},
    {"anet.skipped", WHOLE, offsetof(train_state, scale.skipped), 0, 4e18},
    {"anet.lr", REAL, offsetof(train_state, recipe.lr), 0, 1e30},
    {"anet.beta1", REAL, offsetof(train_state, recipe.beta1), 0, BELOW_1},
    {"anet.beta2", REAL, offsetof(train_state, recipe.beta2), 0, BELOW_1},
    {"anet.eps", REAL, offsetof(train_state, recipe.eps), 0, 1e30},
    {"anet.decay", REAL, offsetof(train_state, recipe.decay), 0, 1e30},
    {"anet.clip", REAL, offsetof(train_state, recipe.clip), 0, 1e30},
    {"anet.floor", REAL, offsetof(train_state, recipe.floor), 0, 1e30},
    {"anet.recipe_loss_scale", REAL, offsetof(train_state, recipe.loss_scale), 0, 1e30},
    {"anet.warmup", COUNT, offsetof(train_state, recipe.warmup), 0, INT32_MAX},
    {"anet.batch", COUNT, offsetof(train_state, recipe.batch), 0, INT32_MAX},
    {"anet.accumulate", COUNT, offsetof(train_state, recipe.accumulate), 0, INT32_MAX},
    {"anet.steps", COUNT, offsetof(train_state, recipe.steps), 0, INT32_MAX},
};
enum { FIELDS = sizeof fields / sizeof *fields, EXTRA_METADATA = 2 };

static char *field_text(arena *a, const train_state *s, const struct field *f) {
    const char *at = (const char *)s + f->offset;
    switch (f->kind) {
    case WHOLE: {
        int64_t x;
        memcpy(&x, at, sizeof x);
        return arena_printf(a, "%lld", (long long)x);
    }
    case UNSIGNED: {
        uint64_t x;
        memcpy(&x, at, sizeof x);
        return arena_printf(a, "%llu", (unsigned long long)x);
    }
    case REAL: {
        double x;
        memcpy(&x, at, sizeof x);
        return arena_printf(a, "%.17g", x);
    }
    case COUNT: {
        int x;
        memcpy(&x, at, sizeof x);
        return arena_printf(a, "%d", x);
    }
    }
    return NULL;
}

static bool read_field(const char *written, train_state *s, const struct field *f) {
    char *at = (char *)s + f->offset, *end;
    errno = 0;
    if (f->kind == REAL) {
        double x = strtod(written, &end);
        memcpy(at, &x, sizeof x);
        return end != written && *end == 0 && x >= f->least && x <= f->most;
    }
    if (f->kind == UNSIGNED) {
        unsigned long long given = strtoull(written, &end, 10);
        uint64_t x = given;
        memcpy(at, &x, sizeof x);
        return end != written && *end == 0 && errno == 0 && *written != '-';
    }
    long long given = strtoll(written, &end, 10);
    if (end == written || *end || errno || (double)given < f->least || (double)given > f->most) {
        return false;
    }
    if (f->kind == COUNT) {
        int x = (int)given;
        memcpy(at, &x, sizeof x);
    } else {
        int64_t x = given;
        memcpy(at, &x, sizeof x);
    }
    return true;
}

static anet_code read_state(const safetensors *st, const char *path, const anet_model *m,
                            train_state *s, anet_error *err) {
    const char *version = st_metadata(st, "anet.version"), *model = st_metadata(st, "anet.model");
    if (!version) {
        return anet_fail(err, ANET_BAD_INPUT,
                         "%s holds no training state: start from its weights with --init %s", path,
                         path);
    }
    if (strcmp(version, FORMAT_VERSION) != 0) {
        return anet_fail(err, ANET_BAD_INPUT,
                         "%s is a checkpoint of version %s, this program reads %s", path, version,
                         FORMAT_VERSION);
    }
    if (!model || strcmp(model, m->name) != 0) {
        return anet_fail(err, ANET_BAD_INPUT,
                         "%s is a checkpoint of model '%s', this is model '%s'", path,
                         model ? model : "?", m->name);
    }
    for (size_t i = 0; i < FIELDS; i++) {
        const char *written = st_metadata(st, fields[i].key);
        if (!written || !read_field(written, s, &fields[i])) {
            return anet_fail(err, ANET_BAD_INPUT, "%s: metadata %s is %s", path, fields[i].key,
                             written ? "no number in range" : "missing");
        }
    }
    if (s->scale.skipped > s->step) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: metadata anet.skipped is more than anet.step",
                         path);
    }
    return ANET_OK;
}

/* --- writing --- */

static size_t declare_all(arena *a, const anet_model *m, st_tensor *tensors) {
    size_t n = 0;
    for (int i = 0; i < m->n_params; i++) {
        const anet_param *p = &m->params[i];
        tensors[n++] = st_floats(p->name, p->rank, p->dims);
    }
    for (int moment = 0; moment < 2; moment++) {
        for (int i = 0; i < m->n_params; i++) {
            const anet_param *p = &m->params[i];
            if (param_is_trained(p)) {
                const char *name =
                    arena_printf(a, OPTIMIZER_PREFIX "%c.%s", moment ? 'v' : 'm', p->name);
                tensors[n++] = st_floats(name, p->rank, p->dims);
            }
        }
    }
    return n;
}

static anet_code write_all(st_writer *out, const weights *w, optimizer *o, anet_error *err) {
    const int n = w->model->n_params;
    for (int i = 0; i < n; i++) {
        if (st_write(out, w->at[i], w->count[i] * sizeof(float), err)) {
            return err->code;
        }
    }
    for (int i = 0; i < 2 * n; i++) {
        const float *moment =
            i < n ? optimizer_first_moment(o, i) : optimizer_second_moment(o, i - n);
        if (moment && st_write(out, moment, w->count[i % n] * sizeof(float), err)) {
            return err->code;
        }
    }
    return ANET_OK;
}

static anet_code write_checkpoint(arena *a, const char *path, const weights *w, optimizer *o,
                                  const train_state *s, anet_error *err) {
    st_pair metadata[FIELDS + EXTRA_METADATA] = {{"anet.version", FORMAT_VERSION},
                                                 {"anet.model", w->model->name}};
    for (size_t i = 0; i < FIELDS; i++) {
        metadata[EXTRA_METADATA + i] = (st_pair){fields[i].key, field_text(a, s, &fields[i])};
    }
    st_tensor *tensors = ARENA_ARRAY(a, st_tensor, 3 * w->model->n_params + 1);
    size_t n = declare_all(a, w->model, tensors);
    st_writer *out;
    if (st_writer_begin(path, &(st_content){tensors, n, metadata, FIELDS + EXTRA_METADATA}, &out,
                        err)) {
        return err->code;
    }
    if (write_all(out, w, o, err)) {
        st_writer_cancel(out);
        return err->code;
    }
    return st_writer_commit(out, err);
}

anet_code checkpoint_write(const char *path, const weights *w, optimizer *o, const train_state *s,
                           anet_error *err) {
    if (checkpoint_is_llama2c(path)) {
        return foreign_write(path, w, err);
    }
    arena *a = arena_new();
    anet_code code = write_checkpoint(a, path, w, o, s, err);
    arena_free(a);
    return code;
}

/* --- reading --- */

static anet_code read_tensor(const safetensors *st, const char *path, const char *name,
                             const anet_param *p, float *to, anet_error *err) {
    const st_tensor *t = st_find(st, name);
    if (!t) {
        return anet_fail(err, ANET_BAD_INPUT, "%s has no tensor '%s', which the model needs", path,
                         name);
    }
    bool same = t->rank == p->rank;
    for (int i = 0; same && i < p->rank; i++) {
        same = t->dims[i] == p->dims[i];
    }
    if (!same) {
        char theirs[200], ours[200];
        return anet_fail(err, ANET_BAD_INPUT, "%s: tensor '%s' is %s, the model has %s", path, name,
                         shape_text(t->rank, t->dims, theirs, sizeof theirs),
                         shape_text(p->rank, p->dims, ours, sizeof ours));
    }
    if (st_read_f32(st, t, to, err)) {
        return err->code;
    }
    char what[300];
    snprintf(what, sizeof what, "tensor '%s'", name);
    return floats_check(path, what, to, t->elements, err);
}

static anet_code refuse_strangers(const safetensors *st, const char *path, const anet_model *m,
                                  anet_error *err) {
    for (size_t i = 0; i < st->n_tensors; i++) {
        const char *name = st->tensors[i].name;
        bool ours = strncmp(name, OPTIMIZER_PREFIX, strlen(OPTIMIZER_PREFIX)) == 0;
        if (!ours && model_param(m, name) < 0) {
            return anet_fail(
                err, ANET_BAD_INPUT,
                "%s has a tensor '%s', which model '%s' does not have: it is from another "
                "model",
                path, name, m->name);
        }
    }
    return ANET_OK;
}

static anet_code read_weights(const safetensors *st, const char *path, const weights *w,
                              anet_error *err) {
    for (int i = 0; i < w->model->n_params; i++) {
        const anet_param *p = &w->model->params[i];
        if (read_tensor(st, path, p->name, p, w->at[i], err)) {
            return err->code;
        }
    }
    return refuse_strangers(st, path, w->model, err);
}

/* a mean of squares */
static anet_code check_squares(const char *path, const char *name, const float *x, size_t n,
                               anet_error *err) {
    for (size_t i = 0; i < n; i++) {
        if (x[i] < 0) {
            return anet_fail(err, ANET_BAD_INPUT,
                             "%s: tensor '%s' holds a negative number at element %zu", path, name,
                             i);
        }
    }
    return ANET_OK;
}

static anet_code read_moments(arena *a, const safetensors *st, const char *path, const weights *w,
                              optimizer *o, anet_error *err) {
    for (int i = 0; i < w->model->n_params; i++) {
        const anet_param *p = &w->model->params[i];
        const char *m = arena_printf(a, OPTIMIZER_PREFIX "m.%s", p->name);
        const char *v = arena_printf(a, OPTIMIZER_PREFIX "v.%s", p->name);
        if (param_is_trained(p) &&
            (read_tensor(st, path, m, p, optimizer_first_moment(o, i), err) ||
             read_tensor(st, path, v, p, optimizer_second_moment(o, i), err) ||
             check_squares(path, v, optimizer_second_moment(o, i), w->count[i], err))) {
            return err->code;
        }
    }
    return ANET_OK;
}

anet_code checkpoint_read(const char *path, const weights *w, optimizer *o, train_state *s,
                          anet_error *err) {
    arena *a = arena_new();
    safetensors *st = NULL;
    if (!st_open(a, path, &st, err) && !read_state(st, path, w->model, s, err) &&
        !read_weights(st, path, w, err)) {
        read_moments(a, st, path, w, o, err);
    }
    st_close(st);
    arena_free(a);
    return err->code;
}

bool checkpoint_is_llama2c(const char *path) {
    return text_ends_in(path, ".bin");
}

/* By name, or by content: the header of a safetensors file follows its length of 8 bytes and is a
 * JSON object. */
static anet_code looks_like_safetensors(const char *path, bool *yes, anet_error *err) {
    input in;
    char start[9];
    if (input_open(&in, path, err)) {
        return err->code;
    }
    if (text_ends_in(path, ".safetensors")) {
        *yes = true;
    } else if (in.size < sizeof start) {
        *yes = !checkpoint_is_llama2c(path);
    } else if (!input_read(&in, 0, start, sizeof start, err)) {
        *yes = start[8] == '{';
    }
    input_close(&in);
    return err->code;
}

anet_code weights_read(const char *path, const weights *w, anet_error *err) {
    bool safe = false;
    if (looks_like_safetensors(path, &safe, err)) {
        return err->code;
    }
    if (!safe) {
        return foreign_read(path, w, err);
    }
    arena *a = arena_new();
    safetensors *st = NULL;
    if (!st_open(a, path, &st, err)) {
        read_weights(st, path, w, err);
    }
    st_close(st);
    arena_free(a);
    return err->code;
}
