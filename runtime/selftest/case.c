/* case.c: made-up data for a kernel, and a device that is fed with them. */
#include "selftest/selftest.h"

#include "base/clock.h"
#include "base/half.h"
#include "floats.h"
#include "mil/blob.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- arguments and what carries them --- */

static bool region_fits(const anet_region *r, size_t n, size_t whole) {
    if (r->width == 0 || n == 0) {
        return false;
    }
    size_t last = (n - 1) / r->width, rest = (n - 1) % r->width;
    bool overlap = last > 0 && r->stride < r->width;
    return !overlap && r->offset < whole && rest < whole - r->offset &&
           (last == 0 || r->stride <= (whole - r->offset - rest - 1) / last);
}

static int find_constant(const kernel_case *c, const char *path) {
    for (int i = c->ports; i < c->carriers; i++) {
        if (strcmp(c->carrier[i].path, path) == 0) {
            return i;
        }
    }
    return -1;
}

static int carrier_of(kernel_case *c, const anet_feed *feed) {
    int at = feed->blob ? find_constant(c, feed->blob) : feed->port;
    if (feed->blob && at < 0) {
        at = c->carriers++;
        c->carrier[at].path = feed->blob;
    }
    return at;
}

static anet_code place_argument(kernel_case *c, int i, anet_error *err) {
    argument *a = &c->in[i];
    const anet_feed own = {.port = i, .elements = a->n, .region = {0, a->n, a->n}};
    const anet_feed *feed = c->kernel->feeds ? &c->kernel->feeds[i] : &own;
    a->region = feed->region;
    a->carrier = carrier_of(c, feed);
    carrier *whole = a->carrier >= 0 && a->carrier < c->carriers ? &c->carrier[a->carrier] : NULL;
    if (!whole || (!feed->blob && a->carrier >= c->ports) ||
        (whole->arguments > 0 && whole->n != feed->elements) ||
        !region_fits(&a->region, a->n, feed->elements)) {
        return anet_fail(err, ANET_INTERNAL,
                         "internal error: argument %d of kernel %s has no place", i,
                         c->kernel->name);
    }
    whole->n = feed->elements;
    whole->arguments++;
    return ANET_OK;
}

anet_code case_open(kernel_case *c, const anet_model *m, const anet_step *step, anet_error *err) {
    const anet_kernel *k = &m->kernels[step->kernel];
    *c = (kernel_case){.model = m,
                       .kernel = k,
                       .step = step,
                       .ins = k->n_in,
                       .outs = k->n_out,
                       .ports = k->feeds ? k->n_ports : k->n_in};
    c->in = anet_calloc((size_t)c->ins + 1, sizeof *c->in);
    c->out = anet_calloc((size_t)c->outs + 1, sizeof *c->out);
    c->carrier = anet_calloc((size_t)(c->ports + c->ins) + 1, sizeof *c->carrier);
    c->carriers = c->ports;
    for (int i = 0; i < c->ins + c->outs; i++) {
        const anet_value *v = &m->values[step->args[i]];
        if (i < c->ins) {
            c->in[i] = (argument){.value = v, .n = value_elements(v)};
        } else {
            c->out[i - c->ins] = v;
        }
    }
    for (int i = 0; i < c->ins; i++) {
        if (place_argument(c, i, err)) {
            return err->code;
        }
    }
    return selftest_tolerance(k, &c->tolerance, err);
}

void case_close(kernel_case *c) {
    free(c->in);
    free(c->out);
    free(c->carrier);
    *c = (kernel_case){0};
}

float **case_new_inputs(const kernel_case *c) {
    float **data = anet_calloc((size_t)c->ins + 1, sizeof *data);
    for (int i = 0; i < c->ins; i++) {
        data[i] = floats_new(c->in[i].n);
    }
    return data;
}

float **case_new_outputs(const kernel_case *c) {
    float **data = anet_calloc((size_t)c->outs + 1, sizeof *data);
    for (int i = 0; i < c->outs; i++) {
        data[i] = floats_new(value_elements(c->out[i]));
    }
    return data;
}

void case_free_data(float **data, int n) {
    for (int i = 0; data && i < n; i++) {
        free(data[i]);
    }
    free(data);
}

/* --- data --- */

/* How large activations are, and whether they are all above zero. */
static const struct recipe {
    double scale;
    bool positive;
} recipes[SELFTEST_RECIPES] = {{1, false}, {0.25, false}, {1, true}, {0.0625, false}, {0.25, true}};

static void fill_activation(rng *r, const struct recipe *how, float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double one = rng_normal(r);
        x[i] = (float)(how->scale * (how->positive ? fabs(one) + 0.125 : one));
    }
}

/* Matrices keep the size of what they are multiplied with; the vectors of norms are near one. */
static void fill_parameter(rng *r, const anet_value *v, float *x, size_t n) {
    size_t rows, columns;
    value_matrix(v, &rows, &columns);
    bool vector = rows == 1 || columns == 1;
    double deviation = vector ? 0.25 : 1 / sqrt((double)columns);
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(vector + deviation * rng_normal(r));
    }
}

static void fill_ids(rng *r, int64_t vocab, float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)rng_below(r, (uint64_t)vocab);
    }
}

static void fill_argument(const kernel_case *c, const argument *a, rng *r, int how, float *x) {
    switch (a->value->kind) {
    case ANET_VALUE_TABLE:
        table_fill(a->value, x);
        break;
    case ANET_VALUE_PARAM:
        fill_parameter(r, a->value, x, a->n);
        break;
    case ANET_VALUE_INPUT:
        fill_ids(r, c->model->inputs[a->value->index].vocab, x, a->n);
        break;
    case ANET_VALUE_TARGET:
        fill_ids(r, c->model->targets[a->value->index].vocab, x, a->n);
        break;
    case ANET_VALUE_TEMP:
    case ANET_VALUE_SEED:
        fill_activation(r, &recipes[how], x, a->n);
        break;
    }
}

void case_fill(const kernel_case *c, uint64_t seed, int recipe, float **in) {
    for (int i = 0; i < c->ins; i++) {
        rng r;
        rng_seed(&r, rng_mix(seed, (uint64_t)i));
        fill_argument(c, &c->in[i], &r, recipe, in[i]);
        half_round_all(in[i], in[i], c->in[i].n); /* so that both sides see the same */
    }
}

/* --- feeding --- */

static void compose(const side *s, int index, float *const *data, float *whole) {
    const kernel_case *c = s->c;
    memset(whole, 0, c->carrier[index].n * sizeof *whole);
    for (int i = 0; i < c->ins; i++) {
        const argument *a = &c->in[i];
        const anet_region *r = &a->region;
        for (size_t k = 0; a->carrier == index && data[i] && k < a->n; k++) {
            whole[r->offset + k / r->width * r->stride + k % r->width] = data[i][k];
        }
    }
}

/* the file of a constant, for free() */
static anet_blob make_blob(const carrier *from, const float *data) {
    uint16_t *halves = anet_calloc(from->n, sizeof *halves);
    for (size_t i = 0; i < from->n; i++) {
        halves[i] = half_bits(data[i]);
    }
    mil_blob_writer file = {0};
    mil_blob_add(&file, MIL_FP16, halves, from->n);
    mil_blob_finish(&file);
    free(halves);
    return (anet_blob){from->path, file.bytes.at, file.bytes.len};
}

/* compiles the program, or reloads it */
static anet_code load_program(side *s, anet_error *err) {
    const kernel_case *c = s->c;
    int n = c->carriers - c->ports;
    anet_blob *blobs = anet_calloc((size_t)n + 1, sizeof *blobs);
    for (int i = 0; i < n; i++) {
        blobs[i] = make_blob(&c->carrier[c->ports + i], s->fed[c->ports + i]);
    }
    anet_source source = {.name = c->kernel->name,
                          .text = c->kernel->mil,
                          .size = c->kernel->mil_size,
                          .blob = blobs,
                          .blobs = n};
    anet_code code = s->program ? s->ops->reload(&s->program, &source, err)
                                : s->ops->compile(s->device, &source, &s->program, err);
    for (int i = 0; i < n; i++) {
        free((void *)(uintptr_t)blobs[i].data);
    }
    free(blobs);
    return code;
}

anet_code side_feed(side *s, float *const *data, anet_error *err) {
    const kernel_case *c = s->c;
    bool changed = !s->program;
    for (int i = 0; i < c->carriers; i++) {
        size_t bytes = c->carrier[i].n * sizeof(float);
        float *whole = floats_new(c->carrier[i].n);
        compose(s, i, data, whole);
        changed |= i >= c->ports && memcmp(whole, s->fed[i], bytes) != 0;
        memcpy(s->fed[i], whole, bytes);
        free(whole);
    }
    if (changed && load_program(s, err)) {
        return err->code;
    }
    for (int i = 0; i < c->ports && s->in[i]; i++) {
        s->ops->surface_write(s->in[i], s->fed[i], c->carrier[i].n);
    }
    return ANET_OK;
}

void side_exchange(side *s, int a, int b) {
    size_t n = s->c->carrier[a].n, m = s->c->carrier[b].n, both = n < m ? n : m;
    for (size_t i = 0; i < both; i++) {
        float kept = s->fed[a][i];
        s->fed[a][i] = s->fed[b][i];
        s->fed[b][i] = kept;
    }
    s->ops->surface_write(s->in[a], s->fed[a], n);
    s->ops->surface_write(s->in[b], s->fed[b], m);
}

/* --- opening --- */

static anet_code check_ports(const side *s, const kernel_case *c, anet_error *err) {
    const anet_port *in, *out;
    int ins = s->ops->inputs(s->program, &in), outs = s->ops->outputs(s->program, &out);
    bool fits = ins == c->ports && outs == c->outs;
    for (int i = 0; fits && i < ins; i++) {
        fits = in[i].elements == c->carrier[i].n;
    }
    for (int i = 0; fits && i < outs; i++) {
        fits = out[i].elements == value_elements(c->out[i]);
    }
    return fits ? ANET_OK
                : anet_fail(err, ANET_INTERNAL,
                            "internal error: kernel %s does not have the inputs and outputs of its "
                            "step at %s",
                            c->kernel->name, c->step->comment ? c->step->comment : "?");
}

static anet_code make_surfaces(side *s, anet_error *err) {
    for (int i = 0; i < s->c->ports; i++) {
        if (s->ops->surface_new(s->device, s->c->carrier[i].n, NULL, &s->in[i], err)) {
            return err->code;
        }
    }
    for (int i = 0; i < s->c->outs; i++) {
        if (s->ops->surface_new(s->device, value_elements(s->c->out[i]), NULL, &s->out[i], err)) {
            return err->code;
        }
    }
    return ANET_OK;
}

anet_code side_open(side *s, const anet_device_ops *ops, anet_device *device, const kernel_case *c,
                    float *const *data, anet_error *err) {
    *s = (side){.ops = ops, .device = device, .c = c};
    s->in = anet_calloc((size_t)c->ports + 1, sizeof(anet_surface *));
    s->out = anet_calloc((size_t)c->outs + 1, sizeof(anet_surface *));
    s->fed = anet_calloc((size_t)c->carriers + 1, sizeof *s->fed);
    for (int i = 0; i < c->carriers; i++) {
        s->fed[i] = floats_new(c->carrier[i].n);
    }
    if (side_feed(s, data, err) || check_ports(s, c, err) || make_surfaces(s, err)) {
        return err->code;
    }
    return side_feed(s, data, err);
}

void side_close(side *s) {
    if (!s->c) {
        return;
    }
    for (int i = 0; i < s->c->ports; i++) {
        s->ops->surface_free(s->in[i]);
    }
    for (int i = 0; i < s->c->outs; i++) {
        s->ops->surface_free(s->out[i]);
    }
    for (int i = 0; i < s->c->carriers; i++) {
        free(s->fed[i]);
    }
    if (s->program) {
        s->ops->release(s->program);
    }
    free(s->in);
    free(s->out);
    free(s->fed);
    *s = (side){0};
}

/* --- evaluating --- */

anet_code side_run(side *s, float **results, double *seconds, anet_error *err) {
    const kernel_case *c = s->c;
    for (int i = 0; i < c->outs; i++) { /* results are room for the poison first */
        size_t n = value_elements(c->out[i]);
        for (size_t k = 0; k < n; k++) {
            results[i][k] = SELFTEST_POISON;
        }
        s->ops->surface_write(s->out[i], results[i], n);
    }
    double start = seconds_now();
    if (s->ops->evaluate(s->program, s->in, s->out, err)) {
        return err->code;
    }
    *seconds = seconds_now() - start;
    for (int i = 0; i < c->outs; i++) {
        memcpy(results[i], s->ops->surface_read(s->out[i]),
               value_elements(c->out[i]) * sizeof(float));
    }
    return ANET_OK;
}
