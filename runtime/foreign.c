/* foreign.c: walks over the arrays of a llama2.c file and the parameters they belong to. */
#include "foreign.h"

#include "base/text.h"
#include "llama2c.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "llama2c"

static const struct header_field {
    const char *config; /* the model's name for it */
    size_t offset;
} header_fields[] = {
    {"dim", offsetof(llama2c_config, dim)},
    {"hidden", offsetof(llama2c_config, hidden_dim)},
    {"layers", offsetof(llama2c_config, n_layers)},
    {"heads", offsetof(llama2c_config, n_heads)},
    {"kv_heads", offsetof(llama2c_config, n_kv_heads)},
    {"vocab", offsetof(llama2c_config, vocab_size)},
    {"seq", offsetof(llama2c_config, seq_len)},
};
enum { HEADER_FIELDS = sizeof header_fields / sizeof *header_fields };

static int32_t *header_number(llama2c_config *c, int i) {
    return (int32_t *)(void *)((char *)c + header_fields[i].offset);
}

static const anet_foreign *find_map(const anet_model *m, const char *array) {
    for (int i = 0; i < m->n_foreign; i++) {
        if (strcmp(m->foreign[i].format, FORMAT) == 0 && strcmp(m->foreign[i].name, array) == 0) {
            return &m->foreign[i];
        }
    }
    return NULL;
}

/* The parameter that holds one layer of an array, or -1. */
static int find_param(const anet_model *m, const char *array, int64_t layer) {
    const anet_foreign *map = find_map(m, array);
    if (!map) {
        return -1;
    }
    text name = {0};
    for (const char *s = map->pattern; *s; s++) {
        if (*s == '*') {
            text_printf(&name, "%lld", (long long)layer);
        } else {
            text_putc(&name, *s);
        }
    }
    int found = name.at ? model_param(m, name.at) : -1;
    text_free(&name);
    return found;
}

static bool is_tied(const anet_model *m) {
    int head = find_param(m, "wcls", 0);
    return head < 0 || head == find_param(m, "token_embedding_table", 0);
}

static anet_code need_map(const char *path, const anet_model *m, anet_error *err) {
    for (int i = 0; i < m->n_foreign; i++) {
        if (strcmp(m->foreign[i].format, FORMAT) == 0) {
            return ANET_OK;
        }
    }
    return anet_fail(err, ANET_BAD_INPUT,
                     "%s: model '%s' does not say how llama2.c's weights map onto its parameters "
                     "(checkpoint { format llama2c }); use a .safetensors file",
                     path, m->name);
}

/* --- the header --- */

static anet_code compare_headers(const char *path, const anet_model *m, llama2c_config *c,
                                 anet_error *err) {
    text differences = {0};
    for (int i = 0; i < HEADER_FIELDS; i++) {
        const anet_config *ours = model_config(m, header_fields[i].config);
        int32_t theirs = *header_number(c, i);
        if (ours && ours->value != (double)theirs) {
            text_printf(&differences, "%s%s is %d in the file and %.15g in the model",
                        differences.len ? "; " : "", header_fields[i].config, (int)theirs,
                        ours->value);
        }
    }
    if (differences.len) {
        anet_fail(err, ANET_BAD_INPUT, "%s is not of model '%s': %s", path, m->name,
                  differences.at);
    } else if (c->tied && !is_tied(m)) {
        anet_fail(
            err, ANET_BAD_INPUT,
            "%s has no classifier of its own (it is tied to the embedding), but in model '%s' the "
            "two are separate parameters",
            path, m->name);
    } else if (!c->tied && is_tied(m)) {
        anet_fail(
            err, ANET_BAD_INPUT,
            "%s has a classifier of its own (wcls), but in model '%s' it is tied to the embedding",
            path, m->name);
    }
    text_free(&differences);
    return err->code;
}

static anet_code make_header(const char *path, const anet_model *m, llama2c_config *c,
                             anet_error *err) {
    *c = (llama2c_config){.tied = is_tied(m)};
    for (int i = 0; i < HEADER_FIELDS; i++) {
        const anet_config *ours = model_config(m, header_fields[i].config);
        if (!ours || ours->value < 1 || ours->value > INT32_MAX) {
            return anet_fail(
                err, ANET_BAD_INPUT,
                "%s: llama2.c's header needs the config value '%s', which model '%s' does "
                "not have; use a .safetensors file",
                path, header_fields[i].config, m->name);
        }
        *header_number(c, i) = (int32_t)ours->value;
    }
    return ANET_OK;
}

/* --- the arrays --- */

static anet_code match_array(const char *path, const weights *w, const llama2c_array *array,
                             int64_t layer, int *param, anet_error *err) {
    *param = find_param(w->model, array->name, layer);
    if (*param < 0) {
        return anet_fail(err, ANET_BAD_INPUT,
                         "%s: no parameter of model '%s' takes %s of layer %lld", path,
                         w->model->name, array->name, (long long)layer);
    }
    if (w->count[*param] != array->elements) {
        const anet_param *p = &w->model->params[*param];
        char ours[160];
        return anet_fail(err, ANET_BAD_INPUT,
                         "%s: %s is [%lld, %lld] in the file, %s is %s in the model", path,
                         array->name, (long long)array->rows, (long long)array->columns, p->name,
                         shape_text(p->rank, p->dims, ours, sizeof ours));
    }
    return ANET_OK;
}

static anet_code all_covered(const char *path, const anet_model *m, const bool *covered,
                             anet_error *err) {
    for (int i = 0; i < m->n_params; i++) {
        if (!covered[i]) {
            return anet_fail(err, ANET_BAD_INPUT,
                             "%s: llama2.c's format has no place for parameter '%s' of model '%s'",
                             path, m->params[i].name, m->name);
        }
    }
    return ANET_OK;
}

/* calls `move` for every layer of every array with the parameter it belongs to */
typedef anet_code move_fn(void *context, const llama2c_array *array, int64_t layer, float *weights,
                          anet_error *err);

static anet_code for_arrays(const char *path, const weights *w, const llama2c_layout *layout,
                            move_fn *move, void *context, anet_error *err) {
    bool *covered = anet_calloc((size_t)w->model->n_params, sizeof *covered);
    for (int i = 0; i < layout->n_arrays && !err->code; i++) {
        const llama2c_array *array = &layout->arrays[i];
        for (int64_t layer = 0; layer < array->layers && !err->code; layer++) {
            int param = -1;
            if (!match_array(path, w, array, layer, &param, err)) {
                covered[param] = true;
                move(context, array, layer, w->at[param], err);
            }
        }
    }
    if (!err->code) {
        all_covered(path, w->model, covered, err);
    }
    free(covered);
    return err->code;
}

static anet_code read_layer(void *context, const llama2c_array *array, int64_t layer, float *to,
                            anet_error *err) {
    return llama2c_read(context, array, layer, to, err);
}

static anet_code write_layer(void *context, const llama2c_array *array, int64_t layer, float *from,
                             anet_error *err) {
    return llama2c_write(context, array, layer, from, err);
}

static anet_code check_layer(void *context, const llama2c_array *array, int64_t layer, float *from,
                             anet_error *err) {
    (void)context;
    (void)array;
    (void)layer;
    (void)from;
    return err->code;
}

anet_code foreign_read(const char *path, const weights *w, anet_error *err) {
    llama2c_file file;
    if (need_map(path, w->model, err) || llama2c_open(&file, path, err)) {
        return err->code;
    }
    if (!compare_headers(path, w->model, &file.config, err)) {
        for_arrays(path, w, &file.layout, read_layer, &file, err);
    }
    llama2c_close(&file);
    return err->code;
}

anet_code foreign_write(const char *path, const weights *w, anet_error *err) {
    llama2c_config config;
    llama2c_writer *out;
    if (need_map(path, w->model, err) || make_header(path, w->model, &config, err) ||
        llama2c_writer_begin(path, &config, &out, err)) {
        return err->code;
    }
    if (for_arrays(path, w, llama2c_writer_layout(out), write_layer, out, err)) {
        llama2c_writer_cancel(out);
        return err->code;
    }
    return llama2c_writer_commit(out, err);
}

anet_code foreign_check(const char *path, const weights *w, anet_error *err) {
    llama2c_config config;
    llama2c_layout layout;
    if (need_map(path, w->model, err) || make_header(path, w->model, &config, err) ||
        llama2c_plan(&config, path, &layout, err)) {
        return err->code;
    }
    return for_arrays(path, w, &layout, check_layer, NULL, err);
}
