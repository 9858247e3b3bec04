#include "graph_eval.h"

#include "rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- data --- */

static int64_t *random_ids(rng *r, const token_input *in, bool ignoring) {
    int64_t *ids = anet_calloc((size_t)in->length, sizeof *ids);
    for (int64_t i = 0; i < in->length; i++) {
        bool ignored = ignoring && i > 0 && rng_below(r, 8) == 0;
        ids[i] = ignored ? ANET_IGNORE : (int64_t)rng_below(r, (uint64_t)in->vocab);
    }
    return ids;
}

static double *random_param(rng *r, const param *p) {
    bool bounded = p->init == ANET_INIT_UNIFORM;
    double low = bounded ? p->a : -1, high = bounded ? p->b : 1;
    size_t n = (size_t)shape_size(&p->s);
    double *x = anet_calloc(n, sizeof *x);
    for (size_t i = 0; i < n; i++) {
        x[i] = low + (high - low) * rng_uniform(r);
    }
    return x;
}

graph_data *graph_data_new(const graph *g, uint64_t seed) {
    rng r;
    rng_seed(&r, seed);
    graph_data *d = anet_calloc(1, sizeof *d);
    *d = (graph_data){
        .seed = 1, .params = g->params.len, .inputs = g->inputs.len, .targets = g->targets.len};
    d->param = anet_calloc(d->params + 1, sizeof *d->param);
    d->input = anet_calloc(d->inputs + 1, sizeof *d->input);
    d->target = anet_calloc(d->targets + 1, sizeof *d->target);
    for (size_t i = 0; i < d->params; i++) {
        d->param[i] = random_param(&r, &g->params.at[i]);
    }
    for (size_t i = 0; i < d->inputs; i++) {
        d->input[i] = random_ids(&r, &g->inputs.at[i], false);
    }
    for (size_t i = 0; i < d->targets; i++) {
        d->target[i] = random_ids(&r, &g->targets.at[i], true);
    }
    return d;
}

void graph_data_free(graph_data *d) {
    for (size_t i = 0; i < d->params; i++) {
        free(d->param[i]);
    }
    for (size_t i = 0; i < d->inputs; i++) {
        free(d->input[i]);
    }
    for (size_t i = 0; i < d->targets; i++) {
        free(d->target[i]);
    }
    free(d->param);
    free(d->input);
    free(d->target);
    free(d);
}

/* --- elements --- */

typedef struct job { /* one node */
    const graph *g;
    const graph_data *d;
    const node *n;
    const node *x[MAX_INPUTS];
    const double *in[MAX_INPUTS];
    double *out;
} job;

typedef void eval_rule(const job *j);

/* The coordinates of element i. */
static void unravel(const shape *s, int64_t i, int64_t *at) {
    for (int k = s->rank - 1; k >= 0; k--) {
        at[k] = i % s->dim[k];
        i /= s->dim[k];
    }
}

/* The element at these coordinates; axes of size 1 stand for every coordinate. */
static int64_t ravel(const shape *s, const int64_t *at) {
    int64_t i = 0;
    for (int k = 0; k < s->rank; k++) {
        i = i * s->dim[k] + (s->dim[k] == 1 ? 0 : at[k]);
    }
    return i;
}

/* Columns of a matrix [rows, columns], or of one that is stored [columns, rows]. */
static int64_t cell(const job *j, int64_t rows, int64_t columns, int64_t row, int64_t column) {
    return j->g->stored ? column * rows + row : row * columns + column;
}

/* --- leaves --- */

static void eval_PARAM(const job *j) {
    const double *x = j->d->param[j->n->at.index];
    memcpy(j->out, x, (size_t)shape_size(&j->n->s) * sizeof *x);
}

static void eval_ids(const job *j, const int64_t *ids) {
    for (int64_t i = 0; i < shape_size(&j->n->s); i++) {
        j->out[i] = (double)ids[i];
    }
}

static void eval_INPUT(const job *j) {
    eval_ids(j, j->d->input[j->n->at.index]);
}

static void eval_TARGET(const job *j) {
    eval_ids(j, j->d->target[j->n->at.index]);
}

static void eval_CONST(const job *j) {
    for (int64_t i = 0; i < shape_size(&j->n->s); i++) {
        j->out[i] = j->n->at.number;
    }
}

static void eval_SEED(const job *j) {
    j->out[0] = j->d->seed;
}

/* Tables are written [positions, pairs] and stored [pairs, positions]; a mask is [S, T] in both. */
static void eval_TABLE(const job *j) {
    const shape *s = &j->n->s;
    bool mask = j->n->at.index == ANET_TABLE_CAUSAL_MASK;
    bool turned = j->g->stored && !mask;
    int64_t rows = s->dim[turned ? 1 : 0], columns = s->dim[turned ? 0 : 1];
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < columns; c++) {
            double angle = (double)r * pow(j->n->at.number, -(double)c / (double)columns);
            double x = j->n->at.index == ANET_TABLE_ROPE_COS ? cos(angle) : sin(angle);
            j->out[turned ? c * rows + r : r * columns + c] = !mask ? x : c <= r ? 0 : -65504;
        }
    }
}

/* --- elementwise --- */

#define UNARY(ID, y)                                                                               \
    static void eval_##ID(const job *j) {                                                          \
        double eps = j->n->at.number;                                                              \
        (void)eps;                                                                                 \
        for (int64_t i = 0; i < shape_size(&j->n->s); i++) {                                       \
            double x = j->in[0][i];                                                                \
            j->out[i] = (y);                                                                       \
        }                                                                                          \
    }

UNARY(NEG, -x)
UNARY(EXP, exp(x))
UNARY(LOG, log(x + eps))
UNARY(SQRT, sqrt(x))
UNARY(RSQRT, 1 / sqrt(x + eps))
UNARY(SIGMOID, 1 / (1 + exp(-x)))
UNARY(TANH, tanh(x))
UNARY(SILU, x / (1 + exp(-x)))
UNARY(RELU, x > 0 ? x : 0)
UNARY(STEP, x > 0 ? 1 : 0)
UNARY(SQUARE, x *x)

#define BINARY(ID, z)                                                                              \
    static void eval_##ID(const job *j) {                                                          \
        int64_t at[MAX_RANK];                                                                      \
        for (int64_t i = 0; i < shape_size(&j->n->s); i++) {                                       \
            unravel(&j->n->s, i, at);                                                              \
            double x = j->in[0][ravel(&j->x[0]->s, at)], y = j->in[1][ravel(&j->x[1]->s, at)];     \
            j->out[i] = (z);                                                                       \
        }                                                                                          \
    }

BINARY(ADD, x + y)
BINARY(SUB, x - y)
BINARY(MUL, x *y)
BINARY(DIV, x / y)
BINARY(MAX, x > y ? x : y)
BINARY(MIN, x < y ? x : y)

/* --- along one axis --- */

typedef struct line { /* the elements along the axis that begin at `first` */
    int64_t first, step, n;
} line;

static line line_of(const job *j, int64_t i) {
    const shape *s = &j->x[0]->s;
    int64_t at[MAX_RANK], axis = j->n->at.axis;
    unravel(&j->n->s, i, at);
    at[axis] = 0;
    line l = {ravel(s, at), 1, s->dim[axis]};
    for (int64_t k = axis + 1; k < s->rank; k++) {
        l.step *= s->dim[k];
    }
    return l;
}

static double line_max(const job *j, line l) {
    double m = -HUGE_VAL;
    for (int64_t k = 0; k < l.n; k++) {
        m = fmax(m, j->in[0][l.first + k * l.step]);
    }
    return m;
}

static double line_sum(const job *j, line l) {
    double sum = 0;
    for (int64_t k = 0; k < l.n; k++) {
        sum += j->in[0][l.first + k * l.step];
    }
    return sum;
}

static void eval_SUM(const job *j) {
    for (int64_t i = 0; i < shape_size(&j->n->s); i++) {
        j->out[i] = line_sum(j, line_of(j, i));
    }
}

static void eval_MEAN(const job *j) {
    for (int64_t i = 0; i < shape_size(&j->n->s); i++) {
        line l = line_of(j, i);
        j->out[i] = line_sum(j, l) / (double)l.n;
    }
}

static void eval_AMAX(const job *j) {
    for (int64_t i = 0; i < shape_size(&j->n->s); i++) {
        j->out[i] = line_max(j, line_of(j, i));
    }
}

static void eval_SOFTMAX(const job *j) {
    for (int64_t i = 0; i < shape_size(&j->n->s); i++) {
        line l = line_of(j, i);
        double max = line_max(j, l), sum = 0;
        for (int64_t k = 0; k < l.n; k++) {
            sum += exp(j->in[0][l.first + k * l.step] - max);
        }
        j->out[i] = exp(j->in[0][i] - max) / sum;
    }
}

/* --- movement --- */

static void eval_EXPAND(const job *j) {
    int64_t at[MAX_RANK];
    for (int64_t i = 0; i < shape_size(&j->n->s); i++) {
        unravel(&j->n->s, i, at);
        j->out[i] = j->in[0][ravel(&j->x[0]->s, at)];
    }
}

static void eval_RESHAPE(const job *j) {
    memcpy(j->out, j->in[0], (size_t)shape_size(&j->n->s) * sizeof *j->out);
}

static void eval_TRANSPOSE(const job *j) {
    int64_t at[MAX_RANK], from[MAX_RANK];
    for (int64_t i = 0; i < shape_size(&j->n->s); i++) {
        unravel(&j->n->s, i, at);
        for (int k = 0; k < j->n->s.rank; k++) {
            from[j->n->at.perm[k]] = at[k];
        }
        j->out[i] = j->in[0][ravel(&j->x[0]->s, from)];
    }
}

static void eval_SLICE(const job *j) {
    int64_t at[MAX_RANK];
    for (int64_t i = 0; i < shape_size(&j->n->s); i++) {
        unravel(&j->n->s, i, at);
        at[j->n->at.axis] += j->n->at.begin;
        j->out[i] = j->in[0][ravel(&j->x[0]->s, at)];
    }
}

static void eval_CONCAT(const job *j) {
    int64_t at[MAX_RANK], axis = j->n->at.axis, first = j->x[0]->s.dim[axis];
    for (int64_t i = 0; i < shape_size(&j->n->s); i++) {
        unravel(&j->n->s, i, at);
        bool second = at[axis] >= first;
        at[axis] -= second ? first : 0;
        j->out[i] = j->in[second][ravel(&j->x[second]->s, at)];
    }
}

/* --- products --- */

/* Every label gets a coordinate; those that the result lacks run over all of theirs. */
static void eval_MATMUL(const job *j) {
    enum { LABELS = 32 };
    int label_of[LABELS];
    int64_t size[LABELS] = {0}, at[LABELS] = {0}, loops = 1, digits[LABELS];
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < j->x[k]->s.rank; i++) {
            int label = j->n->at.label[k][i];
            size[label] = j->x[k]->s.dim[i] > size[label] ? j->x[k]->s.dim[i] : size[label];
        }
    }
    int n = 0;
    for (int label = 1; label < LABELS; label++) {
        if (size[label]) {
            loops *= size[label];
            label_of[n++] = label;
        }
    }
    memset(j->out, 0, (size_t)shape_size(&j->n->s) * sizeof *j->out);
    for (int64_t i = 0; i < loops; i++) {
        int64_t rest = i, offset[3];
        for (int k = 0; k < n; k++) {
            at[label_of[k]] = rest % size[label_of[k]];
            rest /= size[label_of[k]];
        }
        for (int k = 0; k < 3; k++) {
            const shape *s = k < 2 ? &j->x[k]->s : &j->n->s;
            for (int a = 0; a < s->rank; a++) {
                digits[a] = at[(int)j->n->at.label[k][a]];
            }
            offset[k] = ravel(s, digits);
        }
        j->out[offset[2]] += j->in[0][offset[0]] * j->in[1][offset[1]];
    }
}

/* (x0, x1) -> (x0 cos - x1 sin, x0 sin + x1 cos); the other way round when inverse */
static void eval_ROPE(const job *j) {
    int64_t at[MAX_RANK], axis = j->n->at.axis, other = j->n->at.other;
    const shape *s = &j->n->s;
    int64_t pairs = s->dim[axis] / 2, positions = s->dim[other];
    for (int64_t i = 0; i < shape_size(s); i++) {
        unravel(s, i, at);
        int64_t pair = at[axis] / 2, table = cell(j, positions, pairs, at[other], pair);
        bool odd = at[axis] % 2;
        double c = j->in[1][table], sine = j->in[2][table] * (j->n->at.inverse ? -1 : 1);
        at[axis] = 2 * pair;
        double x0 = j->in[0][ravel(s, at)];
        at[axis] = 2 * pair + 1;
        double x1 = j->in[0][ravel(s, at)];
        j->out[i] = odd ? x0 * sine + x1 * c : x0 * c - x1 * sine;
    }
}

/* --- steps of the schedule --- */

static void eval_GATHER(const job *j) {
    int64_t n = j->x[1]->s.dim[0], width = j->x[0]->s.dim[1];
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < width; c++) {
            j->out[cell(j, n, width, i, c)] = j->in[0][(int64_t)j->in[1][i] * width + c];
        }
    }
}

static void eval_GATHER_GRAD(const job *j) {
    int64_t n = j->x[0]->s.dim[0], width = j->n->s.dim[1];
    memset(j->out, 0, (size_t)shape_size(&j->n->s) * sizeof *j->out);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < width; c++) {
            j->out[(int64_t)j->in[0][i] * width + c] += j->in[1][cell(j, n, width, i, c)];
        }
    }
}

static int64_t count_targets(const job *j) {
    int64_t n = 0;
    for (int64_t i = 0; i < j->x[1]->s.dim[0]; i++) {
        n += (int64_t)j->in[1][i] != ANET_IGNORE;
    }
    return n;
}

/* log of the sum of exps of row `row` of the logits */
static double row_log_sum(const job *j, int64_t rows, int64_t classes, int64_t row) {
    double max = -HUGE_VAL, sum = 0;
    for (int64_t c = 0; c < classes; c++) {
        max = fmax(max, j->in[0][cell(j, rows, classes, row, c)]);
    }
    for (int64_t c = 0; c < classes; c++) {
        sum += exp(j->in[0][cell(j, rows, classes, row, c)] - max);
    }
    return max + log(sum);
}

static void eval_CROSS_ENTROPY(const job *j) {
    int64_t rows = j->x[1]->s.dim[0], classes = shape_size(&j->x[0]->s) / rows;
    double sum = 0;
    for (int64_t r = 0; r < rows; r++) {
        int64_t target = (int64_t)j->in[1][r];
        if (target != ANET_IGNORE) {
            sum += row_log_sum(j, rows, classes, r) - j->in[0][cell(j, rows, classes, r, target)];
        }
    }
    j->out[0] = sum / (double)count_targets(j);
}

static void eval_CROSS_ENTROPY_GRAD(const job *j) {
    int64_t rows = j->x[1]->s.dim[0], classes = shape_size(&j->x[0]->s) / rows;
    double scale = j->in[2][0] / (double)count_targets(j);
    for (int64_t r = 0; r < rows; r++) {
        int64_t target = (int64_t)j->in[1][r];
        double log_sum = row_log_sum(j, rows, classes, r);
        for (int64_t c = 0; c < classes; c++) {
            int64_t at = cell(j, rows, classes, r, c);
            double p = exp(j->in[0][at] - log_sum) - (c == target ? 1 : 0);
            j->out[at] = target == ANET_IGNORE ? 0 : p * scale;
        }
    }
}

/* --- the graph --- */

graph_values graph_eval(const graph *g, const graph_data *d) {
    static eval_rule *const rules[OP_COUNT] = {
#define OP(ID, name, inputs, flags, INFER, GRAD, LAYOUT, LOWER, mil) [OP_##ID] = eval_##ID,
#include "ops.def"
    };
    graph_values v = {anet_calloc(g->nodes.len, sizeof *v.at), g->nodes.len};
    for (value i = 1; i < g->nodes.len; i++) {
        job j = {.g = g, .d = d, .n = graph_node(g, i)};
        for (int k = 0; k < op_infos[j.n->op].inputs; k++) {
            j.x[k] = graph_node(g, j.n->in[k]);
            j.in[k] = v.at[j.n->in[k]];
        }
        j.out = v.at[i] = anet_calloc((size_t)shape_size(&j.n->s), sizeof *j.out);
        rules[j.n->op](&j);
    }
    return v;
}

void graph_values_free(graph_values *v) {
    for (size_t i = 0; i < v->n; i++) {
        free(v->at[i]);
    }
    free(v->at);
    *v = (graph_values){0};
}

/* --- results --- */

static double *read_logits(const graph *g, const graph_values *v, size_t *n) {
    const shape *s = &graph_node(g, g->logits)->s;
    int64_t rows = s->dim[g->stored ? 1 : 0], columns = s->dim[g->stored ? 0 : 1];
    double *out = anet_calloc((size_t)shape_size(s), sizeof *out);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < columns; c++) {
            int64_t from = g->stored ? c * rows + i : i * columns + c;
            out[i * columns + c] = v->at[g->logits][from];
        }
    }
    *n = (size_t)shape_size(s);
    return out;
}

graph_result graph_results(const graph *g, const graph_data *d) {
    graph_values v = graph_eval(g, d);
    graph_result r = {.params = g->params.len};
    r.loss = g->loss ? v.at[g->loss][0] : 0;
    r.logit = g->logits ? read_logits(g, &v, &r.logits) : NULL;
    r.gradient = anet_calloc(r.params + 1, sizeof *r.gradient);
    r.elements = anet_calloc(r.params + 1, sizeof *r.elements);
    for (size_t i = 0; i < r.params; i++) {
        r.elements[i] = (size_t)shape_size(&g->params.at[i].s);
    }
    for (size_t i = 0; i < g->gradients.len; i++) {
        int p = g->gradients.at[i].param;
        if (!r.gradient[p]) {
            r.gradient[p] = anet_calloc(r.elements[p], sizeof **r.gradient);
        }
        for (size_t k = 0; k < r.elements[p]; k++) {
            r.gradient[p][k] += v.at[g->gradients.at[i].g][k];
        }
    }
    graph_values_free(&v);
    return r;
}

void graph_result_free(graph_result *r) {
    for (size_t i = 0; i < r->params; i++) {
        free(r->gradient[i]);
    }
    free(r->gradient);
    free(r->elements);
    free(r->logit);
    *r = (graph_result){0};
}

static bool all_finite(const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return false;
        }
    }
    return true;
}

static double largest(const double *x, size_t n) {
    double most = 0;
    for (size_t i = 0; x && i < n; i++) {
        most = fmax(most, fabs(x[i]));
    }
    return most;
}

/* Largest difference against the largest element, or against `scale` where that is larger. */
static double distance(const double *a, const double *b, size_t n, double scale) {
    double apart = 0;
    if (!all_finite(a, n) || !all_finite(b, n)) {
        return HUGE_VAL;
    }
    for (size_t i = 0; i < n; i++) {
        apart = fmax(apart, fabs(a[i] - b[i]));
    }
    return apart / fmax(scale, fmax(largest(a, n), largest(b, n)));
}

static void keep_larger(double *most, double apart, const char **where, const char *what) {
    if (apart > *most) {
        *most = apart;
        *where = what;
    }
}

double graph_result_distance(const graph_result *a, const graph_result *b, const char **where) {
    const double tiny = 1e-30, noise = 1e-4;
    double most = 0, scale = tiny;
    *where = "nothing";
    keep_larger(&most, distance(&a->loss, &b->loss, 1, tiny), where, "the loss");
    bool comparable = a->params == b->params && a->logits == b->logits;
    for (size_t i = 0; comparable && i < a->params; i++) {
        scale = fmax(scale, noise * largest(a->gradient[i], a->elements[i]));
    }
    for (size_t i = 0; comparable && i < a->params; i++) {
        bool both = a->gradient[i] && b->gradient[i], none = !a->gradient[i] && !b->gradient[i];
        double apart = both ? distance(a->gradient[i], b->gradient[i], a->elements[i], scale) : 0;
        keep_larger(&most, both || none ? apart : HUGE_VAL, where, "a gradient");
    }
    keep_larger(&most, comparable ? distance(a->logit, b->logit, a->logits, tiny) : HUGE_VAL, where,
                "the logits");
    return most;
}
