/* trial.c: see trial.h. */
#include "doctor/trial.h"

#include "base/clock.h"
#include "mil/ops.h"

#include <stdlib.h>
#include <string.h>

enum { MULTIPLE = 128, MOST_TIMES = 100000, LEAST_TIMES = 5 };

/* --- programs --- */

static void to_old_dialect(text *mil, anet_error *err) {
    mil_program *p;
    if (mil_read(mil->at, mil->len, "doctor", &p, err)) {
        return;
    }
    p->version_minor = 0;
    for (int i = 0; i < p->funcs; i++) {
        p->func[i].opset = arena_strdup(p->memory, "ios16");
    }
    mil->len = 0;
    mil_print(p, mil);
    mil_free(p);
}

void trial_program_in(bool old, const char *parameters, const char *ops, const char *results,
                      text *mil, anet_error *err) {
    text_printf(mil,
                "program(1.3)\n"
                "[buildInfo = dict<string, string>({{\"coremlc-component-MIL\", \"3510.2.1\"}, "
                "{\"coremlc-version\", \"3505.4.1\"}, {\"coremltools-component-milinternal\", "
                "\"\"}, {\"coremltools-version\", \"9.0\"}})]\n"
                "{\n    func main<ios18>(%s) {\n%s    } -> %s;\n}\n",
                parameters, ops, results);
    if (old) {
        to_old_dialect(mil, err);
    }
}

void trial_program(const bench *b, const char *parameters, const char *ops, const char *results,
                   text *mil, anet_error *err) {
    trial_program_in(b->m->minor < 3, parameters, ops, results, mil, err);
}

/* --- surfaces --- */

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t least_bytes(const ane_layout *l) {
    return larger(l->n * l->batch, larger(l->c * l->plane, l->d * l->depth));
}

static ane_port *port_in_slot(const trial *t, bool input, int slot) {
    ane_port *port = input ? t->program->ports.in : t->program->ports.out;
    for (int i = 0; i < (input ? t->program->ports.inputs : t->program->ports.outputs); i++) {
        if (port[i].slot == slot) {
            return &port[i];
        }
    }
    return NULL;
}

void trial_resize(trial *t, bool input, int slot, int64_t bytes) {
    ane_layout *l = &port_in_slot(t, input, slot)->layout;
    l->bytes = (larger(bytes, least_bytes(l)) + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
}

/* --- opening --- */

/* As the device has it, but without its care: what is rejected is rejected, and nothing is kept. */
static void use_engine(trial *t, anet_pool *pool) {
    ane_engine *e = &t->engine;
    *e = (ane_engine){.api = t->bench->api,
                      .machine = *t->bench->m,
                      .cache = {.folder = -1},
                      .budget = INT64_MAX,
                      .update = ANET_UPDATE_RECOMPILE,
                      .impatient = true};
    e->memory =
        (ane_memory){.api = &e->api, .round = ROUND_ENGINE_EVEN, .pool = pool, .stats = &e->stats};
}

anet_code trial_open(trial *t, const bench *b, const char *name, text *mil, const anet_blob *blob,
                     anet_pool *pool, anet_error *err) {
    *t = (trial){.bench = b};
    anet_source source = {
        .name = name, .text = mil->at, .size = mil->len, .blob = blob, .blobs = blob ? 1 : 0};
    use_engine(t, pool);
    anet_code code = err->code ? err->code : ane_program_new(&t->engine, &source, &t->program, err);
    text_free(mil);
    if (code) {
        return code;
    }
    const ane_ports *p = &t->program->ports;
    for (int i = 0; i < p->inputs; i++) {
        ane_surface_init(&t->in[i].s, &t->engine.memory, p->input[i].elements, NULL);
    }
    for (int i = 0; i < p->outputs; i++) {
        ane_surface_init(&t->out[i].s, &t->engine.memory, p->output[i].elements, NULL);
    }
    return ANET_OK;
}

void trial_close(trial *t) {
    if (!t->program) {
        return;
    }
    for (int i = 0; i < t->program->ports.inputs; i++) {
        ane_surface_free(&t->in[i].s);
    }
    for (int i = 0; i < t->program->ports.outputs; i++) {
        ane_surface_free(&t->out[i].s);
    }
    ane_program_free(t->program);
    ane_memory_free(&t->engine.memory);
    t->program = NULL;
}

/* --- running --- */

void trial_count(trial *t, int input, int period, float scale) {
    size_t n = t->program->ports.input[input].elements;
    float *data = anet_calloc(n, sizeof *data);
    for (size_t i = 0; i < n; i++) {
        data[i] = scale * (float)(i % (size_t)period);
    }
    ane_surface_write(&t->in[input].s, data, n);
    free(data);
}

void trial_fill(trial *t, int input, float value) {
    size_t n = t->program->ports.input[input].elements;
    float *data = anet_calloc(n, sizeof *data);
    for (size_t i = 0; i < n; i++) {
        data[i] = value;
    }
    ane_surface_write(&t->in[input].s, data, n);
    free(data);
}

anet_code trial_run(trial *t, anet_error *err) {
    anet_surface *in[TRIAL_PORTS], *out[TRIAL_PORTS];
    for (int i = 0; i < TRIAL_PORTS; i++) {
        in[i] = &t->in[i];
        out[i] = &t->out[i];
    }
    return ane_program_evaluate(t->program, in, out, err);
}

const float *trial_result(trial *t, int output) {
    return ane_surface_read(&t->out[output].s);
}

/* --- timing --- */

static int compare_times(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

anet_code trial_time(trial *t, double warm, double seconds, double *median, int *n,
                     anet_error *err) {
    double *times = anet_calloc(MOST_TIMES, sizeof *times);
    double start = seconds_now(), now = start;
    anet_code code = trial_run(t, err);
    while (!code && now - start < warm) {
        code = trial_run(t, err);
        now = seconds_now();
    }
    *n = 0;
    start = now = seconds_now();
    while (!code && *n < MOST_TIMES && (now - start < seconds || *n < LEAST_TIMES)) {
        double before = seconds_now();
        code = trial_run(t, err);
        now = seconds_now();
        times[(*n)++] = now - before;
    }
    if (!code) {
        qsort(times, (size_t)*n, sizeof *times, compare_times);
        *median = times[*n / 2];
    }
    free(times);
    return code;
}
