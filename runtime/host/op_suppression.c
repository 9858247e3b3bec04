/* op_suppression.c: non_maximum_suppression: boxes by falling score, without those that overlap a
 * better one too much. Up to ios16 the boxes are rows, [n, boxes, 4]; from ios17 columns, and there
 * is neither a threshold nor a count. What is missing to max_boxes is zeros. */
#include "host/calls.h"
#include "host/keys.h"

enum { CENTER_X, CENTER_Y, WIDTH, HEIGHT, SIDES };

typedef struct suppression {
    const host_call *call;
    bool columns, per_class;
    float overlap, threshold;
    size_t batches, boxes, classes, most;
    /* of the batch at hand */
    uint64_t *order; /* keys of scores with the box behind */
    size_t candidates, *kept, count;
    float *score;   /* the best of each box ... */
    size_t *class_; /* ... and whose it is */
} suppression;

/* number `part` of box i of `of`, which have `parts` each */
static size_t place(const suppression *s, size_t batch, size_t i, size_t part, size_t parts,
                    size_t of) {
    return batch * of * parts + (s->columns ? part * of + i : i * parts + part);
}

static float side(const suppression *s, size_t batch, size_t box, size_t which) {
    return s->call->in[0].f[place(s, batch, box, which, SIDES, s->boxes)];
}

/* what two intervals share, given their centers and lengths */
static float shared(float a, float a_length, float b, float b_length) {
    float a_end = a + a_length / 2, b_end = b + b_length / 2;
    float a_begin = a - a_length / 2, b_begin = b - b_length / 2;
    float length = (a_end < b_end ? a_end : b_end) - (a_begin > b_begin ? a_begin : b_begin);
    return length > 0 ? length : 0;
}

static float intersection_over_union(const suppression *s, size_t batch, size_t a, size_t b) {
    float x[2][SIDES];
    for (size_t k = 0; k < SIDES; k++) {
        x[0][k] = side(s, batch, a, k);
        x[1][k] = side(s, batch, b, k);
    }
    float both = shared(x[0][CENTER_X], x[0][WIDTH], x[1][CENTER_X], x[1][WIDTH]) *
                 shared(x[0][CENTER_Y], x[0][HEIGHT], x[1][CENTER_Y], x[1][HEIGHT]);
    float any = x[0][WIDTH] * x[0][HEIGHT] + x[1][WIDTH] * x[1][HEIGHT] - both;
    return any > 0 ? both / any : 0;
}

static void find_candidates(suppression *s, size_t batch) {
    s->candidates = 0;
    for (size_t i = 0; i < s->boxes; i++) {
        s->score[i] = -INFINITY;
        s->class_[i] = 0;
        for (size_t k = 0; k < s->classes; k++) {
            float x = s->call->in[1].f[place(s, batch, i, k, s->classes, s->boxes)];
            if (x > s->score[i]) {
                s->score[i] = x;
                s->class_[i] = k;
            }
        }
        if (s->score[i] >= s->threshold) {
            s->order[s->candidates++] = (uint64_t)host_float_key(s->score[i], false) << 32 | i;
        }
    }
    qsort(s->order, s->candidates, sizeof *s->order, host_compare_keys);
}

static bool is_suppressed(const suppression *s, size_t batch, size_t box) {
    for (size_t i = 0; i < s->count; i++) {
        size_t better = s->kept[i];
        if ((!s->per_class || s->class_[box] == s->class_[better]) &&
            intersection_over_union(s, batch, box, better) > s->overlap) {
            return true;
        }
    }
    return false;
}

static void keep_boxes(suppression *s, size_t batch) {
    s->count = 0;
    for (size_t i = 0; i < s->candidates && s->count < s->most; i++) {
        size_t box = (size_t)(uint32_t)s->order[i];
        if (!is_suppressed(s, batch, box)) {
            s->kept[s->count++] = box;
        }
    }
}

static void write_boxes(const suppression *s, size_t batch) {
    const host_array *in = s->call->in, *out = s->call->out;
    for (size_t i = 0; i < s->count; i++) {
        size_t box = s->kept[i];
        for (size_t k = 0; k < SIDES; k++) {
            out[0].f[place(s, batch, i, k, SIDES, s->most)] = side(s, batch, box, k);
        }
        for (size_t k = 0; k < s->classes; k++) {
            out[1].f[place(s, batch, i, k, s->classes, s->most)] =
                in[1].f[place(s, batch, box, k, s->classes, s->boxes)];
        }
        out[2].i[batch * s->most + i] = (int32_t)box;
    }
    if (s->call->outs > 3) {
        out[3].i[batch] = (int32_t)s->count;
    }
}

static anet_code get_sizes(const host_call *c, suppression *s) {
    const shape *boxes = &c->in[0].shape, *scores = &c->in[1].shape;
    anet_code code = host_want_rank(c, "boxes", &c->in[0], 3);
    code = code ? code : host_want_rank(c, "scores", &c->in[1], 3);
    if (code) {
        return code;
    }
    int box = s->columns ? 2 : 1, part = 3 - box;
    int64_t most = host_whole(&c->in[3], 0);
    s->batches = boxes->dim[0];
    s->boxes = boxes->dim[box];
    s->classes = scores->dim[part];
    s->most = (size_t)most;
    if (scores->dim[0] != s->batches || scores->dim[box] != s->boxes || boxes->dim[part] != SIDES ||
        most < 1 || s->boxes > INT32_MAX) {
        return host_call_fail(c, "boxes and scores do not agree, or max_boxes is below 1");
    }
    shape out[4] = {{.rank = 3, .dim = {s->batches}},
                    {.rank = 3, .dim = {s->batches}},
                    {.rank = 2, .dim = {s->batches, s->most}},
                    {.rank = 1, .dim = {s->batches}}};
    out[0].dim[box] = out[1].dim[box] = s->most;
    out[0].dim[part] = SIDES;
    out[1].dim[part] = s->classes;
    for (int i = 0; i < (s->columns ? 3 : 4) && !code; i++) {
        code = host_want_result(c, i, &out[i]);
    }
    return code;
}

/* boxes scores iou_threshold max_boxes score_threshold per_class_suppression */
anet_code host_non_maximum_suppression(const host_call *c) {
    suppression s = {.call = c, .columns = c->outs == 3};
    anet_code code = get_sizes(c, &s);
    if (code) {
        return code;
    }
    s.overlap = (float)host_single(&c->in[2], 1);
    s.threshold = (float)host_single(&c->in[4], -INFINITY);
    s.per_class = host_whole(&c->in[5], 0) != 0;
    s.order = anet_calloc(s.boxes, sizeof *s.order);
    s.score = anet_calloc(s.boxes, sizeof *s.score);
    s.class_ = anet_calloc(s.boxes, sizeof *s.class_);
    s.kept = anet_calloc(s.boxes < s.most ? s.boxes : s.most, sizeof *s.kept);
    for (int i = 0; i < c->outs; i++) {
        host_fill_words(c->pool, host_words(&c->out[i]), c->out[i].shape.n, 0);
    }
    for (size_t batch = 0; batch < s.batches; batch++) {
        find_candidates(&s, batch);
        keep_boxes(&s, batch);
        write_boxes(&s, batch);
    }
    free(s.order);
    free(s.score);
    free(s.class_);
    free(s.kept);
    return ANET_OK;
}
