/* op_random.c: random_uniform, random_normal, random_bernoulli, random_categorical. Core ML does
 * not say which numbers a seed gives, so neither its nor ours can be compared with others': only
 * ours with ours. A seed gives the same numbers everywhere and in every run. Without one (-1) the
 * name of the result is the seed, so that two ops differ, but runs still do not. */
#include "base/hash.h"
#include "host/calls.h"
#include "rng.h"

#include <math.h>
#include <string.h>

typedef struct randomness {
    uint64_t seed;
    bool probabilities; /* random_categorical: x holds these, not logits */
} randomness;

static anet_code prepare(planner *p, const mil_op *op, bool categorical, const void **params) {
    randomness r = {0};
    double seed = 0;
    const char *mode = "logits";
    anet_code code = host_number(p, op, "seed", -1, &seed);
    code = code || !categorical ? code : host_string(p, op, "mode", "logits", &mode);
    if (code) {
        return code;
    }
    r.probabilities = strcmp(mode, "probs") == 0;
    if (!r.probabilities && strcmp(mode, "logits") != 0) {
        return host_fail(p, op, "mode is \"%s\", but must be \"logits\" or \"probs\"", mode);
    }
    const char *name = op->outs ? op->out[0].name : "";
    r.seed = seed == -1 ? hash_bytes(name, strlen(name)) : (uint64_t)(int64_t)seed;
    *params = arena_memdup(p->memory, &r, sizeof r);
    return ANET_OK;
}

anet_code host_prepare_random(planner *p, const mil_op *op, const host_array *in, int ins,
                              const host_array *out, int outs, const void **params) {
    (void)in, (void)ins, (void)out, (void)outs;
    return prepare(p, op, false, params);
}

anet_code host_prepare_categorical(planner *p, const mil_op *op, const host_array *in, int ins,
                                   const host_array *out, int outs, const void **params) {
    (void)in, (void)ins, (void)out, (void)outs;
    return prepare(p, op, true, params);
}

static rng start(const host_call *c) {
    rng r;
    rng_seed(&r, ((const randomness *)c->params)->seed);
    return r;
}

/* low high */
anet_code host_random_uniform(const host_call *c) {
    rng r = start(c);
    double low = host_single(&c->in[0], 0), high = host_single(&c->in[1], 1);
    for (size_t i = 0; i < c->out[0].shape.n; i++) {
        c->out[0].f[i] = (float)(low + (high - low) * rng_uniform(&r));
    }
    return ANET_OK;
}

/* mean stddev */
anet_code host_random_normal(const host_call *c) {
    rng r = start(c);
    double mean = host_single(&c->in[0], 0), deviation = host_single(&c->in[1], 1);
    for (size_t i = 0; i < c->out[0].shape.n; i++) {
        c->out[0].f[i] = (float)(mean + deviation * rng_normal(&r));
    }
    return ANET_OK;
}

/* prob */
anet_code host_random_bernoulli(const host_call *c) {
    rng r = start(c);
    double probability = host_single(&c->in[0], 0.5);
    for (size_t i = 0; i < c->out[0].shape.n; i++) {
        c->out[0].f[i] = rng_uniform(&r) < probability;
    }
    return ANET_OK;
}

/* running sums of the weights of n classes; false if they are no distribution */
static bool add_up(const float *x, size_t n, bool probabilities, double *sum) {
    double most = -INFINITY, total = 0;
    for (size_t i = 0; i < n; i++) {
        most = (double)x[i] > most ? (double)x[i] : most;
    }
    for (size_t i = 0; i < n; i++) {
        total += probabilities ? (double)x[i] : exp((double)x[i] - most);
        sum[i] = total;
    }
    return total > 0 && isfinite(total);
}

static size_t find_class(const double *sum, size_t n, double x) {
    size_t low = 0, high = n - 1; /* the first whose sum is beyond x */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sum[middle] > x) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static void put_class(const host_array *out, size_t i, size_t class) {
    if (mil_is_integer(out->dtype)) {
        out->i[i] = (int32_t) class;
    } else {
        out->f[i] = (float)class;
    }
}

/* x size: x is [.., classes], the result [.., size] */
anet_code host_random_categorical(const host_call *c) {
    const shape *x = &c->in[0].shape;
    int64_t size = host_whole(&c->in[1], 1);
    if (x->rank < 1 || size < 1) {
        return host_call_fail(c, "x needs an axis of classes, and size must be at least 1");
    }
    shape s = *x;
    size_t classes = x->dim[x->rank - 1], draws = s.dim[s.rank - 1] = (size_t)size;
    anet_code code = host_want_result(c, 0, &s);
    rng r = start(c);
    double *sum = anet_calloc(classes, sizeof *sum);
    for (size_t row = 0; row < x->n / classes && !code; row++) {
        if (!add_up(c->in[0].f + row * classes, classes,
                    ((const randomness *)c->params)->probabilities, sum)) {
            code = host_call_fail(c, "row %zu of x is no distribution", row);
        }
        for (size_t i = 0; i < draws && !code; i++) {
            double at = rng_uniform(&r) * sum[classes - 1];
            put_class(&c->out[0], row * draws + i, find_class(sum, classes, at));
        }
    }
    free(sum);
    return code;
}
