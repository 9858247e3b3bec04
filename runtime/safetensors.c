/* safetensors.c: header and data of safetensors files. Nothing that a header says is trusted before
 * check_layout has seen it. */
#include "safetensors.h"

#include "base/half.h"
#include "base/output.h"
#include "base/text.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

/* the format's own limit; it also bounds the memory that a hostile file can ask for */
enum { LENGTH_BYTES = 8, MAX_HEADER = 100 * 1000 * 1000 };

static const char metadata_key[] = "__metadata__";

typedef struct dtype_row {
    const char *name;
    size_t size;
    bool is_float;
} dtype_row;

static const dtype_row dtypes[] = {
#define ST_DTYPE(ID, bytes, is_float) {#ID, bytes, is_float},
#include "st_dtypes.def"
};

/* elements of a shape, unless they or their bytes overflow */
static bool count_elements(const st_tensor *t, size_t *elements) {
    size_t n = 1, most = SIZE_MAX / 2 / dtypes[t->dtype].size;
    for (int i = 0; i < t->rank; i++) {
        if (t->dims[i] < 0) {
            return false;
        }
        size_t dim = (size_t)t->dims[i];
        if (dim && n > most / dim) {
            return false;
        }
        n *= dim;
    }
    *elements = n;
    return true;
}

static size_t tensor_bytes(const st_tensor *t) {
    return t->elements * dtypes[t->dtype].size;
}

/* --- reading the header --- */

static anet_code bad_tensor(const char *path, const st_tensor *t, const char *what,
                            anet_error *err) {
    return anet_fail(err, ANET_BAD_INPUT, "%s: tensor %s: %s", path, t->name, what);
}

static anet_code read_dtype(const char *path, const json *node, st_tensor *t, anet_error *err) {
    if (!node || node->kind != JSON_STRING) {
        return bad_tensor(path, t, "the header gives no dtype", err);
    }
    for (int i = 0; i < ST_DTYPE_COUNT; i++) {
        if (strcmp(node->text, dtypes[i].name) == 0) {
            t->dtype = (st_dtype)i;
            return ANET_OK;
        }
    }
    return anet_fail(err, ANET_BAD_INPUT, "%s: tensor %s: unknown dtype \"%.40s\"", path, t->name,
                     node->text);
}

static anet_code read_shape(const char *path, const json *node, st_tensor *t, anet_error *err) {
    if (!node || node->kind != JSON_ARRAY) {
        return bad_tensor(path, t, "the header gives no shape", err);
    }
    if (node->len > ST_MAX_RANK) {
        return bad_tensor(path, t, "the shape has more than 8 dimensions", err);
    }
    t->rank = (int)node->len;
    for (size_t i = 0; i < node->len; i++) {
        if (!json_integer(node->items[i], &t->dims[i]) || t->dims[i] < 0) {
            return bad_tensor(path, t, "a dimension of the shape is no whole number", err);
        }
    }
    return count_elements(t, &t->elements) ? ANET_OK
                                           : bad_tensor(path, t, "the shape is too large", err);
}

static anet_code read_offsets(const char *path, const json *node, st_tensor *t, anet_error *err) {
    int64_t begin, end;
    if (!node || node->kind != JSON_ARRAY || node->len != 2 ||
        !json_integer(node->items[0], &begin) || !json_integer(node->items[1], &end) || begin < 0) {
        return bad_tensor(path, t, "data_offsets must be two whole numbers", err);
    }
    if (end < begin || (uint64_t)(end - begin) != tensor_bytes(t)) {
        return anet_fail(
            err, ANET_BAD_INPUT,
            "%s: tensor %s: its data_offsets [%lld, %lld] do not fit its shape, which needs "
            "%zu bytes",
            path, t->name, (long long)begin, (long long)end, tensor_bytes(t));
    }
    t->begin = (uint64_t)begin;
    t->end = (uint64_t)end;
    return ANET_OK;
}

static anet_code read_tensor(const char *path, const json *node, st_tensor *t, anet_error *err) {
    t->name = node->key;
    if (strlen(node->key) != node->key_len) {
        return bad_tensor(path, t, "the name holds a zero byte", err);
    }
    if (node->kind != JSON_OBJECT) {
        return bad_tensor(path, t, "its header is no object", err);
    }
    anet_code code = read_dtype(path, json_get(node, "dtype"), t, err);
    code = code ? code : read_shape(path, json_get(node, "shape"), t, err);
    return code ? code : read_offsets(path, json_get(node, "data_offsets"), t, err);
}

static anet_code read_metadata(arena *a, const json *node, safetensors *st, anet_error *err) {
    if (node->kind != JSON_OBJECT) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: __metadata__ is %s, not an object", st->in.path,
                         json_kind_name(node->kind));
    }
    st->metadata = ARENA_ARRAY(a, st_pair, node->len);
    for (size_t i = 0; i < node->len; i++) {
        const json *value = node->items[i];
        if (value->kind != JSON_STRING) {
            return anet_fail(err, ANET_BAD_INPUT, "%s: __metadata__ %s is %s, not a string",
                             st->in.path, value->key, json_kind_name(value->kind));
        }
        st->metadata[st->n_metadata++] = (st_pair){value->key, value->text};
    }
    return ANET_OK;
}

static int by_offset(const void *a, const void *b) {
    const st_tensor *x = a, *y = b;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return (x->end > y->end) - (x->end < y->end); /* empty tensors first */
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(st_tensor *const *)a)->name, (*(st_tensor *const *)b)->name);
}

/* Sorts the tensors by offset and checks that they tile [0, size). */
static anet_code check_layout(const safetensors *st, uint64_t size, anet_error *err) {
    uint64_t at = 0;
    qsort(st->tensors, st->n_tensors, sizeof *st->tensors, by_offset);
    for (size_t i = 0; i < st->n_tensors; i++) {
        const st_tensor *t = &st->tensors[i];
        if (t->begin != at) {
            return anet_fail(err, ANET_BAD_INPUT,
                             "%s: tensor %s begins at byte %llu of the data, but %s", st->in.path,
                             t->name, (unsigned long long)t->begin,
                             t->begin < at ? "overlaps the tensor before it"
                                           : "leaves a gap after the tensor before it");
        }
        at = t->end;
    }
    if (at != size) {
        return anet_fail(err, ANET_BAD_INPUT,
                         "%s: the header describes %llu bytes of data, the file has %llu: it is %s",
                         st->in.path, (unsigned long long)at, (unsigned long long)size,
                         at > size ? "truncated" : "followed by something else");
    }
    return ANET_OK;
}

/* Fills in st from the text of the header; `size` is that of the data. */
static anet_code parse_header(arena *a, const char *header, size_t n, uint64_t size,
                              safetensors *st, anet_error *err) {
    json *root;
    const char *name = arena_printf(a, "%s: header", st->in.path);
    anet_code code = json_parse(a, header, n, name, &root, err);
    if (code) {
        return code;
    }
    if (root->kind != JSON_OBJECT) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: the header is %s, not an object", st->in.path,
                         json_kind_name(root->kind));
    }
    st->tensors = ARENA_ARRAY(a, st_tensor, root->len);
    for (size_t i = 0; i < root->len && !code; i++) {
        const json *item = root->items[i];
        code = strcmp(item->key, metadata_key) == 0
                   ? read_metadata(a, item, st, err)
                   : read_tensor(st->in.path, item, &st->tensors[st->n_tensors++], err);
    }
    code = code ? code : check_layout(st, size, err);
    if (code) {
        return code;
    }
    st->by_name = ARENA_ARRAY(a, st_tensor *, st->n_tensors);
    for (size_t i = 0; i < st->n_tensors; i++) {
        st->by_name[i] = &st->tensors[i];
    }
    qsort(st->by_name, st->n_tensors, sizeof *st->by_name, by_name);
    return ANET_OK;
}

static anet_code read_header(arena *a, safetensors *st, anet_error *err) {
    unsigned char length[LENGTH_BYTES];
    if (st->in.size < sizeof length) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: not a safetensors file: only %llu bytes long",
                         st->in.path, (unsigned long long)st->in.size);
    }
    anet_code code = input_read(&st->in, 0, length, sizeof length, err);
    if (code) {
        return code;
    }
    uint64_t n = 0;
    for (int i = LENGTH_BYTES; i--;) {
        n = n << 8 | length[i];
    }
    if (n > MAX_HEADER || n > st->in.size - sizeof length) {
        return anet_fail(
            err, ANET_BAD_INPUT,
            "%s: truncated, or not a safetensors file: its first 8 bytes announce a header "
            "of %llu bytes, the file has %llu",
            st->in.path, (unsigned long long)n, (unsigned long long)st->in.size);
    }
    char *header = arena_alloc(a, (size_t)n + 1);
    st->data = sizeof length + n;
    code = input_read(&st->in, sizeof length, header, (size_t)n, err);
    return code ? code : parse_header(a, header, (size_t)n, st->in.size - st->data, st, err);
}

anet_code st_open(arena *a, const char *path, safetensors **result, anet_error *err) {
    safetensors *st = ARENA_NEW(a, safetensors);
    *result = NULL;
    anet_code code = input_open(&st->in, arena_strdup(a, path), err);
    if (code) {
        return code;
    }
    code = read_header(a, st, err);
    if (code) {
        st_close(st);
        return code;
    }
    *result = st;
    return ANET_OK;
}

void st_close(safetensors *st) {
    if (st) {
        input_close(&st->in);
    }
}

const st_tensor *st_find(const safetensors *st, const char *name) {
    st_tensor wanted = {.name = name}, *key = &wanted;
    st_tensor **found =
        st->n_tensors ? bsearch(&key, st->by_name, st->n_tensors, sizeof *st->by_name, by_name)
                      : NULL;
    return found ? *found : NULL;
}

const char *st_metadata(const safetensors *st, const char *key) {
    for (size_t i = 0; i < st->n_metadata; i++) {
        if (strcmp(st->metadata[i].key, key) == 0) {
            return st->metadata[i].value;
        }
    }
    return NULL;
}

/* --- reading the data --- */

static void convert(st_dtype dtype, const unsigned char *from, size_t n, float *to) {
    for (size_t i = 0; i < n; i++) {
        uint16_t half;
        double wide;
        if (dtype == ST_F64) {
            memcpy(&wide, from + i * sizeof wide, sizeof wide);
            to[i] = (float)wide;
        } else {
            memcpy(&half, from + i * sizeof half, sizeof half);
            /* bfloat16 is the upper half of a float */
            to[i] = dtype == ST_F16 ? half_float(half) : bits_float((uint32_t)half << 16);
        }
    }
}

anet_code st_read_f32(const safetensors *st, const st_tensor *t, float *to, anet_error *err) {
    if (t->dtype == ST_F32) {
        return st_read(st, t, to, tensor_bytes(t), err);
    }
    if (!dtypes[t->dtype].is_float) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: tensor %s holds %s, expected floats",
                         st->in.path, t->name, dtypes[t->dtype].name);
    }
    enum { PIECE = 16 * 1024 };
    unsigned char buffer[PIECE];
    size_t size = dtypes[t->dtype].size;
    anet_code code = ANET_OK;
    for (size_t done = 0; done < t->elements && !code;) {
        size_t left = t->elements - done, n = left < PIECE / size ? left : PIECE / size;
        code = input_read(&st->in, st->data + t->begin + done * size, buffer, n * size, err);
        if (!code) {
            convert(t->dtype, buffer, n, to + done);
        }
        done += n;
    }
    return code;
}

anet_code st_read(const safetensors *st, const st_tensor *t, void *to, size_t bytes,
                  anet_error *err) {
    if (bytes != tensor_bytes(t)) {
        return anet_fail(err, ANET_BAD_INPUT, "%s: tensor %s has %zu bytes, expected %zu",
                         st->in.path, t->name, tensor_bytes(t), bytes);
    }
    return input_read(&st->in, st->data + t->begin, to, bytes, err);
}

/* --- writing --- */

struct st_writer {
    output out;
    uint64_t written, size; /* of the data */
};

static void add_tensor(text *t, const st_tensor *tensor) {
    text_json(t, tensor->name, strlen(tensor->name));
    text_printf(t, ":{\"dtype\":\"%s\",\"shape\":[", dtypes[tensor->dtype].name);
    for (int i = 0; i < tensor->rank; i++) {
        text_printf(t, "%s%lld", i ? "," : "", (long long)tensor->dims[i]);
    }
    text_printf(t, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)tensor->begin,
                (unsigned long long)tensor->end);
}

static void add_metadata(text *t, const st_pair *metadata, size_t n) {
    text_printf(t, "\"%s\":{", metadata_key);
    for (size_t i = 0; i < n; i++) {
        text_puts(t, i ? "," : "");
        text_json(t, metadata[i].key, strlen(metadata[i].key));
        text_putc(t, ':');
        text_json(t, metadata[i].value, strlen(metadata[i].value));
    }
    text_putc(t, '}');
}

/* The header with offsets in the given order; `size` becomes that of the data. */
static anet_code build_header(const char *path, const st_content *c, text *header, uint64_t *size,
                              anet_error *err) {
    *size = 0;
    text_putc(header, '{');
    if (c->n_metadata) {
        add_metadata(header, c->metadata, c->n_metadata);
    }
    for (size_t i = 0; i < c->n_tensors; i++) {
        st_tensor t = c->tensors[i];
        if (t.rank < 0 || t.rank > ST_MAX_RANK || !count_elements(&t, &t.elements)) {
            return bad_tensor(path, &t, "cannot be written: its shape is too large", err);
        }
        t.begin = *size;
        t.end = *size += tensor_bytes(&t);
        text_puts(header, header->len > 1 ? "," : "");
        add_tensor(header, &t);
    }
    text_putc(header, '}');
    while (header->len % LENGTH_BYTES) {
        text_putc(header, ' ');
    }
    return ANET_OK;
}

/* What we write must be what we would read: the reader's rules hold for names and metadata too. */
static anet_code check_header(const char *path, const text *header, uint64_t size,
                              anet_error *err) {
    arena *a = arena_new();
    safetensors st = {.in = {.path = path, .fd = -1}};
    anet_code code = parse_header(a, header->at, header->len, size, &st, err);
    arena_free(a);
    return code;
}

static anet_code start_file(st_writer *w, const char *path, const text *header, anet_error *err) {
    unsigned char length[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++) {
        length[i] = (unsigned char)((uint64_t)header->len >> 8 * i);
    }
    anet_code code = output_begin(&w->out, path, err);
    code = code ? code : output_put(&w->out, length, sizeof length, err);
    return code ? code : output_put(&w->out, header->at, header->len, err);
}

st_tensor st_floats(const char *name, int rank, const int64_t *dims) {
    st_tensor t = {.name = name, .dtype = ST_F32, .rank = rank};
    for (int i = 0; i < rank && i < ST_MAX_RANK; i++) {
        t.dims[i] = dims[i];
    }
    return t;
}

anet_code st_writer_begin(const char *path, const st_content *content, st_writer **result,
                          anet_error *err) {
    st_writer *w = anet_calloc(1, sizeof *w);
    text header = {0};
    *result = NULL;
    anet_code code = build_header(path, content, &header, &w->size, err);
    code = code ? code : check_header(path, &header, w->size, err);
    code = code ? code : start_file(w, path, &header, err);
    text_free(&header);
    if (code) {
        st_writer_cancel(w);
        return code;
    }
    *result = w;
    return ANET_OK;
}

anet_code st_write(st_writer *w, const void *data, size_t bytes, anet_error *err) {
    if (bytes > w->size - w->written) {
        return anet_fail(err, ANET_INTERNAL, "%s: more data than was declared", w->out.path);
    }
    w->written += bytes;
    return output_put(&w->out, data, bytes, err);
}

anet_code st_writer_commit(st_writer *w, anet_error *err) {
    anet_code code = ANET_OK;
    if (w->written != w->size) {
        code = anet_fail(err, ANET_INTERNAL, "%s: %llu bytes were declared, %llu written",
                         w->out.path, (unsigned long long)w->size, (unsigned long long)w->written);
    } else {
        code = output_commit(&w->out, err);
    }
    st_writer_cancel(w);
    return code;
}

void st_writer_cancel(st_writer *w) {
    if (w) {
        output_cancel(&w->out);
        free(w);
    }
}
