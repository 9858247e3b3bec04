/* llama2c.c: the layout of llama2.c files, reading and writing by it. */
#include "llama2c.h"

#include "base/output.h"
#include "floats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_FIELDS = 7, HEADER_BYTES = 4 * HEADER_FIELDS };

static const double rope_theta = 10000;

/* no real model comes near these; within them no product of sizes overflows 64 bits */
enum { MAX_WIDTH = 1 << 20, MAX_LAYERS = 1 << 12, MAX_LENGTH = 1 << 24 };

typedef struct field {
    const char *name;
    size_t offset; /* in llama2c_config */
    int32_t most;
} field;

/* in file order */
static const field fields[HEADER_FIELDS] = {
    {"dim", offsetof(llama2c_config, dim), MAX_WIDTH},
    {"hidden_dim", offsetof(llama2c_config, hidden_dim), MAX_WIDTH},
    {"n_layers", offsetof(llama2c_config, n_layers), MAX_LAYERS},
    {"n_heads", offsetof(llama2c_config, n_heads), MAX_WIDTH},
    {"n_kv_heads", offsetof(llama2c_config, n_kv_heads), MAX_WIDTH},
    {"vocab_size", offsetof(llama2c_config, vocab_size), MAX_LENGTH},
    {"seq_len", offsetof(llama2c_config, seq_len), MAX_LENGTH},
};

typedef enum extent { ONE, DIM, KV_DIM, HIDDEN, VOCAB, ROPE } extent;

typedef struct array_row {
    const char *name; /* NULL: a table of RoPE angles */
    bool per_layer;
    extent rows, columns;
} array_row;

/* in file order */
static const array_row array_rows[] = {
    {"token_embedding_table", false, VOCAB, DIM},
    {"rms_att_weight", true, ONE, DIM},
    {"wq", true, DIM, DIM},
    {"wk", true, KV_DIM, DIM},
    {"wv", true, KV_DIM, DIM},
    {"wo", true, DIM, DIM},
    {"rms_ffn_weight", true, ONE, DIM},
    {"w1", true, HIDDEN, DIM},
    {"w2", true, DIM, HIDDEN},
    {"w3", true, HIDDEN, DIM},
    {"rms_final_weight", false, ONE, DIM},
    {NULL, false, ONE, ROPE}, /* cosines */
    {NULL, false, ONE, ROPE}, /* sines */
    {"wcls", false, VOCAB, DIM},
};

enum { ARRAY_ROWS = sizeof array_rows / sizeof *array_rows };

static int32_t get_field(const llama2c_config *c, const field *f) {
    int32_t value;
    memcpy(&value, (const char *)c + f->offset, sizeof value);
    return value;
}

static anet_code check_config(const llama2c_config *c, const char *name, anet_error *err) {
    for (int i = 0; i < HEADER_FIELDS; i++) {
        int32_t value = get_field(c, &fields[i]);
        if (value <= 0 || value > fields[i].most) {
            return anet_fail(err, ANET_BAD_INPUT,
                             "%s: not a llama2.c checkpoint (version 0): %s is %d", name,
                             fields[i].name, (int)value);
        }
    }
    if (c->dim % c->n_heads || c->n_heads % c->n_kv_heads || c->dim / c->n_heads % 2) {
        return anet_fail(
            err, ANET_BAD_INPUT,
            "%s: not a llama2.c checkpoint (version 0): dim %d, n_heads %d and n_kv_heads "
            "%d do not fit together",
            name, (int)c->dim, (int)c->n_heads, (int)c->n_kv_heads);
    }
    return ANET_OK;
}

static int64_t measure(const llama2c_config *c, extent e) {
    int64_t head = c->dim / c->n_heads;
    switch (e) {
    case ONE:
        return 1;
    case DIM:
        return c->dim;
    case KV_DIM:
        return head * c->n_kv_heads;
    case HIDDEN:
        return c->hidden_dim;
    case VOCAB:
        return c->vocab_size;
    case ROPE:
        return c->seq_len * head / 2;
    }
    return 0;
}

anet_code llama2c_plan(const llama2c_config *config, const char *name, llama2c_layout *layout,
                       anet_error *err) {
    *layout = (llama2c_layout){.size = HEADER_BYTES};
    anet_code code = check_config(config, name, err);
    if (code) {
        return code;
    }
    int rows = config->tied ? ARRAY_ROWS - 1 : ARRAY_ROWS;
    for (int i = 0; i < rows; i++) {
        const array_row *row = &array_rows[i];
        llama2c_array array = {
            .name = row->name,
            .layers = row->per_layer ? config->n_layers : 1,
            .rows = measure(config, row->rows),
            .columns = measure(config, row->columns),
            .offset = layout->size,
        };
        array.elements = (size_t)array.rows * (size_t)array.columns;
        layout->size += (uint64_t)array.layers * array.elements * sizeof(float);
        if (array.name) {
            layout->arrays[layout->n_arrays++] = array;
        }
    }
    return ANET_OK;
}

const llama2c_array *llama2c_find(const llama2c_layout *layout, const char *name) {
    for (int i = 0; i < layout->n_arrays; i++) {
        if (strcmp(layout->arrays[i].name, name) == 0) {
            return &layout->arrays[i];
        }
    }
    return NULL;
}

/* --- reading --- */

/* files that people hand over by mistake, by their first four bytes */
static const char *known_magic(const unsigned char *magic) {
    static const struct {
        const char *magic, *what;
    } known[] = {
        {"24ka", "a llama2.c checkpoint of version 1 or 2; export it as version 0"},
        {"GGUF", "a GGUF file"},
        {"PK\3\4", "a zip file, perhaps of PyTorch"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (memcmp(magic, known[i].magic, 4) == 0) {
            return known[i].what;
        }
    }
    return NULL;
}

static anet_code read_config(llama2c_file *file, anet_error *err) {
    const char *path = file->in.path;
    unsigned char bytes[HEADER_BYTES];
    if (file->in.size < sizeof bytes) {
        return anet_fail(err, ANET_BAD_INPUT,
                         "%s: not a llama2.c checkpoint: %llu bytes, the header alone has %d", path,
                         (unsigned long long)file->in.size, HEADER_BYTES);
    }
    anet_code code = input_read(&file->in, 0, bytes, sizeof bytes, err);
    if (code) {
        return code;
    }
    const char *other = known_magic(bytes);
    if (other) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: not a llama2.c checkpoint of version 0, but %s",
                         path, other);
    }
    for (int i = 0; i < HEADER_FIELDS; i++) {
        memcpy((char *)&file->config + fields[i].offset, bytes + 4 * i, 4);
    }
    file->config.tied = file->config.vocab_size > 0;
    if (!file->config.tied && file->config.vocab_size > INT32_MIN) {
        file->config.vocab_size = -file->config.vocab_size;
    }
    return ANET_OK;
}

static anet_code check_size(const llama2c_file *file, anet_error *err) {
    const llama2c_config *c = &file->config;
    uint64_t size = file->in.size, need = file->layout.size;
    if (size == need) {
        return ANET_OK;
    }
    return anet_fail(
        err, ANET_BAD_INPUT,
        "%s: %s: it has %llu bytes, but its header (dim %d, hidden_dim %d, n_layers %d, "
        "n_heads %d, n_kv_heads %d, vocab_size %d, seq_len %d) calls for %llu",
        file->in.path, size < need ? "truncated" : "too long, or not a llama2.c checkpoint",
        (unsigned long long)size, (int)c->dim, (int)c->hidden_dim, (int)c->n_layers,
        (int)c->n_heads, (int)c->n_kv_heads, (int)c->vocab_size, (int)c->seq_len,
        (unsigned long long)need);
}

anet_code llama2c_open(llama2c_file *file, const char *path, anet_error *err) {
    *file = (llama2c_file){0};
    anet_code code = input_open(&file->in, path, err);
    code = code ? code : read_config(file, err);
    code = code ? code : llama2c_plan(&file->config, path, &file->layout, err);
    code = code ? code : check_size(file, err);
    if (code) {
        input_close(&file->in);
    }
    return code;
}

void llama2c_close(llama2c_file *file) {
    input_close(&file->in);
}

anet_code llama2c_read(const llama2c_file *file, const llama2c_array *array, int64_t layer,
                       float *to, anet_error *err) {
    size_t bytes = array->elements * sizeof *to;
    char what[64];
    anet_code code = input_read(&file->in, array->offset + (uint64_t)layer * bytes, to, bytes, err);
    if (code) {
        return code;
    }
    snprintf(what, sizeof what, array->layers > 1 ? "%s of layer %lld" : "%s", array->name,
             (long long)layer);
    return floats_check(file->in.path, what, to, array->elements, err);
}

/* --- writing --- */

struct llama2c_writer {
    output out;
    llama2c_config config;
    llama2c_layout layout;
    int array; /* the array and layer that come next */
    int64_t layer;
};

static anet_code put_header(llama2c_writer *w, anet_error *err) {
    int32_t header[HEADER_FIELDS];
    for (int i = 0; i < HEADER_FIELDS; i++) {
        header[i] = get_field(&w->config, &fields[i]);
        if (fields[i].offset == offsetof(llama2c_config, vocab_size) && !w->config.tied) {
            header[i] = -header[i];
        }
    }
    return output_put(&w->out, header, sizeof header, err);
}

/* cos or sin of position * theta^(-2 i / head), [seq_len, head / 2] */
static anet_code put_angles(llama2c_writer *w, double (*function)(double), anet_error *err) {
    int head = w->config.dim / w->config.n_heads;
    anet_code code = ANET_OK;
    for (int32_t s = 0; s < w->config.seq_len && !code; s++) {
        for (int i = 0; i < head && !code; i += 2) {
            float x = (float)function(s * pow(rope_theta, -(double)i / head));
            code = output_put(&w->out, &x, sizeof x, err);
        }
    }
    return code;
}

anet_code llama2c_writer_begin(const char *path, const llama2c_config *config,
                               llama2c_writer **result, anet_error *err) {
    llama2c_writer *w = anet_calloc(1, sizeof *w);
    w->config = *config;
    *result = NULL;
    anet_code code = llama2c_plan(config, path, &w->layout, err);
    code = code ? code : output_begin(&w->out, path, err);
    code = code ? code : put_header(w, err);
    if (code) {
        llama2c_writer_cancel(w);
        return code;
    }
    *result = w;
    return ANET_OK;
}

const llama2c_layout *llama2c_writer_layout(const llama2c_writer *w) {
    return &w->layout;
}

anet_code llama2c_write(llama2c_writer *w, const llama2c_array *array, int64_t layer,
                        const float *from, anet_error *err) {
    const llama2c_array *due = &w->layout.arrays[w->array];
    if (w->array == w->layout.n_arrays || strcmp(array->name, due->name) != 0 ||
        layer != w->layer) {
        return anet_fail(err, ANET_INTERNAL, "%s: %s of layer %lld is not what comes next",
                         w->out.path, array->name, (long long)layer);
    }
    anet_code code = output_put(&w->out, from, due->elements * sizeof *from, err);
    if (++w->layer < due->layers) {
        return code;
    }
    w->layer = 0;
    w->array++;
    if (strcmp(due->name, "rms_final_weight") == 0) {
        code = code ? code : put_angles(w, cos, err);
        code = code ? code : put_angles(w, sin, err);
    }
    return code;
}

anet_code llama2c_writer_commit(llama2c_writer *w, anet_error *err) {
    anet_code code = ANET_OK;
    if (w->array < w->layout.n_arrays) {
        code = anet_fail(err, ANET_INTERNAL, "%s: %s was not written", w->out.path,
                         w->layout.arrays[w->array].name);
    } else {
        code = output_commit(&w->out, err);
    }
    llama2c_writer_cancel(w);
    return code;
}

void llama2c_writer_cancel(llama2c_writer *w) {
    if (w) {
        output_cancel(&w->out);
        free(w);
    }
}
