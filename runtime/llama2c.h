/* llama2c.h: llama2.c checkpoints, version 0: seven int32, then float32 arrays in a fixed order.
 *
 * Every array stands for all layers: wq is [n_layers, dim, dim]. Two tables of RoPE angles follow
 * rms_final_weight; they are skipped when read and computed when written. */
#ifndef ANET_LLAMA2C_H
#define ANET_LLAMA2C_H

#include "base/input.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct llama2c_config {
    int32_t dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len;
    bool tied; /* the classifier is token_embedding_table; a file says so by vocab_size > 0 */
} llama2c_config;

typedef struct llama2c_array {
    const char *name; /* "wq" */
    int64_t layers;   /* n_layers, or 1 for an array that is not per layer */
    int64_t rows, columns;
    size_t elements; /* of one layer: rows * columns */
    uint64_t offset; /* in the file, in bytes */
} llama2c_array;

enum { LLAMA2C_MAX_ARRAYS = 12 };

typedef struct llama2c_layout {
    int n_arrays;
    llama2c_array arrays[LLAMA2C_MAX_ARRAYS]; /* in file order; wcls last, and only if not tied */
    uint64_t size;                            /* of the whole file, in bytes */
} llama2c_layout;

/* Checks the config (`name` is for the message) and computes where everything is. */
anet_code llama2c_plan(const llama2c_config *config, const char *name, llama2c_layout *layout,
                       anet_error *err);

typedef struct llama2c_file {
    input in;
    llama2c_config config;
    llama2c_layout layout;
} llama2c_file;

/* `path` must outlive the file: messages name it. */
anet_code llama2c_open(llama2c_file *file, const char *path, anet_error *err);
void llama2c_close(llama2c_file *file);

/* One layer of an array into `to`, which holds array->elements floats. Refuses NaN and infinities.
 */
anet_code llama2c_read(const llama2c_file *file, const llama2c_array *array, int64_t layer,
                       float *to, anet_error *err);
const llama2c_array *llama2c_find(const llama2c_layout *layout, const char *name); /* or NULL */

/* --- writing --- arrays in the order of the layout, layers in order; atomic */
typedef struct llama2c_writer llama2c_writer;

anet_code llama2c_writer_begin(const char *path, const llama2c_config *config, llama2c_writer **w,
                               anet_error *err);
const llama2c_layout *llama2c_writer_layout(const llama2c_writer *w);
anet_code llama2c_write(llama2c_writer *w, const llama2c_array *array, int64_t layer,
                        const float *from, anet_error *err);
/* Frees the writer, whether it succeeds or not. */
anet_code llama2c_writer_commit(llama2c_writer *w, anet_error *err);
void llama2c_writer_cancel(llama2c_writer *w); /* NULL is fine */

#endif
