/* op_blocks.c: ops that cut images into blocks: space_to_depth, pixel_shuffle, space_to_batch and
 * their opposites. */
#include "host/calls.h"

/* --- blocks to or from channels ---
 *
 * The large image [n, c, h * b, w * b], the small one [n, depth, h, w]. The place in a block is the
 * slow part of the depth, or (in PyTorch's order) the fast one. */
typedef struct depth_move {
    size_t n, c, h, w, b;
    bool block_is_fast;
} depth_move;

enum { IMAGE, CHANNEL, ROW, BLOCK_ROW, COLUMN, BLOCK_COLUMN, PARTS };

static void large_steps(const depth_move *m, size_t steps[PARTS]) {
    steps[BLOCK_COLUMN] = 1;
    steps[COLUMN] = m->b;
    steps[BLOCK_ROW] = m->w * m->b;
    steps[ROW] = steps[BLOCK_ROW] * m->b;
    steps[CHANNEL] = steps[ROW] * m->h;
    steps[IMAGE] = steps[CHANNEL] * m->c;
}

static void small_steps(const depth_move *m, size_t steps[PARTS]) {
    size_t plane = m->h * m->w;
    steps[COLUMN] = 1;
    steps[ROW] = m->w;
    steps[BLOCK_COLUMN] = m->block_is_fast ? plane : plane * m->c;
    steps[BLOCK_ROW] = steps[BLOCK_COLUMN] * m->b;
    steps[CHANNEL] = m->block_is_fast ? plane * m->b * m->b : plane;
    steps[IMAGE] = plane * m->c * m->b * m->b;
}

/* sizes of both images; `down` cuts the large one, which is x */
static anet_code get_sizes(const host_call *c, const char *factor, bool down, depth_move *m) {
    const size_t *dim = c->in[0].shape.dim;
    int64_t given = host_whole(&c->in[1], 0);
    anet_code code = host_want_rank(c, "x", &c->in[0], 4);
    if (code || given < 1 || given > INT32_MAX) {
        return code ? code : host_call_fail(c, "%s is below 1, or too large", factor);
    }
    size_t b = (size_t)given, rows = down ? b : 1, channels = down ? 1 : b * b;
    if (dim[1] % channels || dim[2] % rows || dim[3] % rows) {
        return host_call_fail(c, "%s %zu does not divide %zu channels of %zu x %zu", factor, b,
                              dim[1], dim[2], dim[3]);
    }
    m->n = dim[0];
    m->c = dim[1] / channels;
    m->h = dim[2] / rows;
    m->w = dim[3] / rows;
    m->b = b;
    return ANET_OK;
}

static anet_code move_depth(const host_call *c, const char *factor, bool block_is_fast, bool down) {
    static const int orders[3][PARTS] = {/* the parts as the result has them */
                                         {IMAGE, CHANNEL, ROW, BLOCK_ROW, COLUMN, BLOCK_COLUMN},
                                         {IMAGE, BLOCK_ROW, BLOCK_COLUMN, CHANNEL, ROW, COLUMN},
                                         {IMAGE, CHANNEL, BLOCK_ROW, BLOCK_COLUMN, ROW, COLUMN}};
    depth_move m = {.block_is_fast = block_is_fast};
    anet_code code = get_sizes(c, factor, down, &m);
    if (code) {
        return code;
    }
    shape result = {.rank = 4, .dim = {m.n, m.c, m.h * m.b, m.w * m.b}};
    if (down) {
        result = (shape){.rank = 4, .dim = {m.n, m.c * m.b * m.b, m.h, m.w}};
    }
    size_t large[PARTS], small[PARTS], count[PARTS] = {m.n, m.c, m.h, m.b, m.w, m.b};
    large_steps(&m, large);
    small_steps(&m, small);
    const int *order = orders[!down ? 0 : block_is_fast ? 2 : 1];
    nest loops = {.rank = 0};
    for (int i = 0; i < PARTS; i++) {
        int part = order[i];
        host_add_loop(&loops, count[part], down ? large[part] : small[part],
                      down ? small[part] : large[part]);
    }
    code = host_want_result(c, 0, &result);
    if (!code) {
        host_copy_part(c, &loops, &c->in[0], 0, &c->out[0], 0);
    }
    return code;
}

anet_code host_space_to_depth(const host_call *c) {
    return move_depth(c, "block_size", false, true);
}

anet_code host_pixel_unshuffle(const host_call *c) {
    return move_depth(c, "downscale_factor", true, true);
}

anet_code host_depth_to_space(const host_call *c) {
    return move_depth(c, "block_size", false, false);
}

anet_code host_pixel_shuffle(const host_call *c) {
    return move_depth(c, "upscale_factor", true, false);
}

/* --- blocks to or from the batch ---
 *
 * Image (i * bw + j) * n + k of the many holds the pixels (y * bh + i - top, x * bw + j - left) of
 * image k: those that exist. Operands: x, block_shape [2], paddings or crops [2, 2]. */
typedef struct batch_move {
    size_t n, c;
    size_t many[2], whole[2]; /* height and width of the many small images and of the whole ones */
    int64_t block[2], before[2];
} batch_move;

static anet_code get_blocks(const host_call *c, const char *edges, batch_move *m,
                            int64_t after[2]) {
    anet_code code = host_want_rank(c, "x", &c->in[0], 4);
    code = code ? code : host_want_length(c, "block_shape", &c->in[1], 2);
    code = code ? code : host_want_length(c, edges, &c->in[2], 4);
    for (size_t k = 0; k < 2 && !code; k++) {
        m->block[k] = host_whole_at(&c->in[1], k);
        m->before[k] = host_whole_at(&c->in[2], 2 * k);
        after[k] = host_whole_at(&c->in[2], 2 * k + 1);
        if (m->block[k] < 1 || m->block[k] > INT32_MAX || m->before[k] < 0 || after[k] < 0) {
            code = host_call_fail(c, "block_shape is below 1 or too large, or %s below 0", edges);
        }
    }
    if (code) {
        return code;
    }
    size_t blocks = (size_t)m->block[0] * (size_t)m->block[1];
    return blocks <= MAX_ELEMENTS / c->in[0].shape.dim[0]
               ? ANET_OK
               : host_call_fail(c, "%zu blocks are more than 64 GiB", blocks);
}

/* the pixels [*first, *end) of a small image that exist in the whole one */
static void find_pixels(const batch_move *m, int k, int64_t place, size_t *first, size_t *end) {
    int64_t b = m->block[k], skip = m->before[k] - place, size = (int64_t)m->whole[k];
    int64_t from = skip > 0 ? (skip + b - 1) / b : 0;
    int64_t to = size + skip > 0 ? (size + skip + b - 1) / b : 0;
    *end = to < (int64_t)m->many[k] ? (size_t)to : m->many[k];
    *first = from < (int64_t)*end ? (size_t)from : *end;
}

static void move_block(const host_call *c, const batch_move *m, int64_t i, int64_t j, bool gather) {
    size_t y, y_end, x, x_end;
    find_pixels(m, 0, i, &y, &y_end);
    find_pixels(m, 1, j, &x, &x_end);
    if (y == y_end || x == x_end) {
        return;
    }
    size_t plane = m->many[0] * m->many[1], image = m->whole[0] * m->whole[1];
    size_t row = (size_t)((int64_t)y * m->block[0] + i - m->before[0]);
    size_t column = (size_t)((int64_t)x * m->block[1] + j - m->before[1]);
    size_t at_many = (size_t)(i * m->block[1] + j) * m->n * m->c * plane + y * m->many[1] + x;
    size_t at_whole = row * m->whole[1] + column;
    size_t down = m->whole[1] * (size_t)m->block[0], across = (size_t)m->block[1];
    nest l = {.rank = 0};
    if (gather) {
        host_add_loop(&l, m->n * m->c, plane, image);
        host_add_loop(&l, y_end - y, m->many[1], down);
        host_add_loop(&l, x_end - x, 1, across);
        host_copy_part(c, &l, &c->in[0], at_many, &c->out[0], at_whole);
    } else {
        host_add_loop(&l, m->n * m->c, image, plane);
        host_add_loop(&l, y_end - y, down, m->many[1]);
        host_add_loop(&l, x_end - x, across, 1);
        host_copy_part(c, &l, &c->in[0], at_whole, &c->out[0], at_many);
    }
}

static void move_blocks(const host_call *c, const batch_move *m, bool gather) {
    for (int64_t i = 0; i < m->block[0]; i++) {
        for (int64_t j = 0; j < m->block[1]; j++) {
            move_block(c, m, i, j, gather);
        }
    }
}

anet_code host_space_to_batch(const host_call *c) {
    batch_move m;
    int64_t after[2];
    anet_code code = get_blocks(c, "paddings", &m, after);
    const size_t *dim = c->in[0].shape.dim;
    for (int k = 0; k < 2 && !code; k++) {
        int64_t padded = (int64_t)dim[2 + k] + m.before[k] + after[k];
        m.whole[k] = dim[2 + k];
        m.many[k] = (size_t)(padded / m.block[k]);
        if (padded % m.block[k]) {
            code = host_call_fail(c, "block %lld does not divide the padded length %lld",
                                  (long long)m.block[k], (long long)padded);
        }
    }
    if (code) {
        return code;
    }
    m.n = dim[0];
    m.c = dim[1];
    size_t blocks = (size_t)m.block[0] * (size_t)m.block[1];
    code = host_want_result(c, 0,
                            &(shape){.rank = 4, .dim = {m.n * blocks, m.c, m.many[0], m.many[1]}});
    if (!code) {
        host_fill_words(c->pool, host_words(&c->out[0]), c->out[0].shape.n, 0);
        move_blocks(c, &m, false);
    }
    return code;
}

anet_code host_batch_to_space(const host_call *c) {
    batch_move m;
    int64_t after[2];
    anet_code code = get_blocks(c, "crops", &m, after);
    const size_t *dim = c->in[0].shape.dim;
    for (int k = 0; k < 2 && !code; k++) {
        int64_t kept = (int64_t)dim[2 + k] * m.block[k] - m.before[k] - after[k];
        m.many[k] = dim[2 + k];
        m.whole[k] = (size_t)(kept > 0 ? kept : 0);
        if (kept < 1) {
            code = host_call_fail(c, "the crops leave nothing");
        }
    }
    if (code) {
        return code;
    }
    size_t blocks = (size_t)m.block[0] * (size_t)m.block[1];
    if (dim[0] % blocks) {
        return host_call_fail(c, "a batch of %zu is not a multiple of %zu blocks", dim[0], blocks);
    }
    m.n = dim[0] / blocks;
    m.c = dim[1];
    code = host_want_result(c, 0, &(shape){.rank = 4, .dim = {m.n, m.c, m.whole[0], m.whole[1]}});
    if (!code) {
        move_blocks(c, &m, true);
    }
    return code;
}
