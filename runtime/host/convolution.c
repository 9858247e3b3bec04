/* convolution.c: a convolution as products of its weight with blocks of the unfolded input. */
#include "host/convolution.h"

#include "host/op_parts.h"

enum {
    BLOCK_ELEMENTS = 1 << 18,
    MOST_ELEMENTS = 1 << 22,
    MIN_COLUMNS = 16,
    GOOD_COLUMNS = 128,
    MAX_COLUMNS = 4096,
    ROW_ALIGN = 16
};

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t convolution_columns(size_t k, size_t outputs) {
    size_t n = BLOCK_ELEMENTS / k;
    if (n < GOOD_COLUMNS) {
        n = smaller(GOOD_COLUMNS, MOST_ELEMENTS / k);
    }
    n = smaller(n > MIN_COLUMNS ? n : MIN_COLUMNS, MAX_COLUMNS);
    size_t blocks = (outputs + n - 1) / n; /* of about the same size */
    n = (outputs + blocks - 1) / blocks;
    return smaller((n + MIN_COLUMNS - 1) / MIN_COLUMNS * MIN_COLUMNS, outputs);
}

size_t convolution_row_blocks(const host_call *c, size_t items, size_t rows) {
    size_t threads = c->pool ? (size_t)pool_threads(c->pool) : 1;
    size_t wanted = items < 2 * threads ? (2 * threads + items - 1) / items : 1;
    return threads == 1 ? 1 : smaller(wanted, (rows + ROW_ALIGN - 1) / ROW_ALIGN);
}

typedef struct job {
    const host_call *call;
    const convolution *v;
    const float *x, *weight, *bias;
    float *out;
    size_t taps, k, outputs;
    size_t columns, column_blocks, row_blocks;
    bool plain; /* one tap that sees every input in turn: x is already the matrix */
} job;

static bool is_plain(const window *w) {
    for (int i = 0; i < WINDOW_AXES; i++) {
        const window_axis *a = &w->axis[i];
        if (a->taps != 1 || a->first != 0 || a->in != a->out || (a->step != 1 && a->out > 1)) {
            return false;
        }
    }
    return true;
}

/* item: image, group, block of columns, block of rows */
static void multiply_block(const void *context, size_t item, float *scratch) {
    const job *j = context;
    const convolution *v = j->v;
    size_t row_block = item % j->row_blocks, rest = item / j->row_blocks;
    size_t from = rest % j->column_blocks * j->columns;
    size_t to = smaller(from + j->columns, j->outputs);
    size_t plane = rest / j->column_blocks, group = plane % v->groups; /* image and group */
    size_t units = (v->rows + ROW_ALIGN - 1) / ROW_ALIGN;
    size_t row = units * row_block / j->row_blocks * ROW_ALIGN;
    size_t end = smaller(units * (row_block + 1) / j->row_blocks * ROW_ALIGN, v->rows);
    const float *x = j->x + plane * v->channels * window_inputs(&v->window);
    if (!j->plain) {
        window_unfold(&v->window, x, v->channels, from, to, scratch);
    }
    gemm g = host_gemm(j->call);
    g.m = end - row;
    g.n = to - from;
    g.k = g.lda = j->k;
    g.ldc = j->outputs;
    g.one_tap = j->k == 1;
    g.a = j->weight + (group * v->rows + row) * j->k;
    g.b = j->plain ? x + from : scratch;
    g.ldb = j->plain ? j->outputs : to - from;
    g.c = j->out + (plane * v->rows + row) * j->outputs + from;
    host_product_rows(&g, j->bias ? j->bias + group * v->rows + row : NULL);
}

anet_code host_convolve(const host_call *c, const convolution *v, const float *x,
                        const float *weight, const float *bias, float *out) {
    job j = {.call = c, .v = v, .x = x, .weight = weight, .bias = bias, .out = out};
    j.taps = window_taps(&v->window);
    j.k = v->channels * j.taps;
    j.outputs = window_outputs(&v->window);
    j.plain = is_plain(&v->window);
    j.columns = j.plain ? smaller(MAX_COLUMNS, j.outputs) : convolution_columns(j.k, j.outputs);
    j.column_blocks = (j.outputs + j.columns - 1) / j.columns;
    size_t items = v->images * v->groups * j.column_blocks;
    j.row_blocks = convolution_row_blocks(c, items, v->rows);
    return host_for_items(c, items * j.row_blocks, j.plain ? 0 : j.k * j.columns, multiply_block,
                          &j);
}
