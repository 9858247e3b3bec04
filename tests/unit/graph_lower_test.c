/* What is lowered and scheduled computes what the graph does: every kernel's MIL runs on the host
 * device in fp32 and is held against the graph in double; the schedule is played with the graph's
 * values to see that every step finds its operands in memory and that gradients come out right. */
#include "graph_eval.h"
#include "graph_models.h"
#include "graph_random.h"
#include "graph_source.h"

#include "device.h"
#include "pool.h"

#include "base/half.h"
#include "mil/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the word `fail` */

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct lab {
    anet_pool *pool;
    anet_device *device;
    bool used[OP_COUNT]; /* operations that were in a kernel or a step */
} lab;

typedef struct subject {
    const char *model;
    int level;
    build *b;
    graph_values values;
    graph_data *data;
    lab *lab;
} subject;

/* --- kernels --- */

static anet_surface *new_surface(const subject *s, value v, bool filled) {
    size_t n = (size_t)shape_size(&graph_node(s->b->m->g, v)->s);
    anet_surface *to = NULL;
    anet_error err = {0};
    assert_int_equal(anet_host_device.surface_new(s->lab->device, n, NULL, &to, &err), ANET_OK);
    float *x = anet_calloc(n, sizeof *x);
    for (size_t i = 0; filled && i < n; i++) {
        x[i] = (float)s->values.at[v][i];
    }
    anet_host_device.surface_write(to, x, n);
    free(x);
    return to;
}

/* In fp32 with operands rounded to float; elements are held against the largest of their tensor. */
static void compare(const subject *s, const char *where, value v, const float *got) {
    const graph *g = s->b->m->g;
    size_t n = (size_t)shape_size(&graph_node(g, v)->s);
    double scale = 1e-2, apart = 0;
    for (size_t i = 0; i < n; i++) {
        double wanted = s->values.at[v][i];
        scale = fmax(scale, fabs(wanted));
        apart = fmax(apart, isnan(got[i]) ? HUGE_VAL : fabs(wanted - (double)got[i]));
    }
    if (!(apart <= 1e-4 * scale)) {
        text line = {0};
        graph_print_node(g, v, &line);
        fail_msg("-O%d %s: differs by %.3g of %.3g: %s\n%s", s->level, where, apart, scale, line.at,
                 s->model);
    }
}

/* What the feeds make of the inputs: surfaces for the ports, files for the constants. */
typedef struct fed {
    anet_surface **port;
    anet_blob *blob;
    int ports, blobs;
} fed;

static size_t fed_place(const anet_region *r, size_t i) {
    return r->offset + i / r->width * r->stride + i % r->width;
}

static anet_blob new_blob(const subject *s, value v, const anet_feed *f) {
    size_t n = (size_t)shape_size(&graph_node(s->b->m->g, v)->s);
    uint16_t *halves = anet_calloc(f->elements, sizeof *halves);
    for (size_t i = 0; i < n; i++) {
        halves[fed_place(&f->region, i)] = half_bits((float)s->values.at[v][i]);
    }
    mil_blob_writer w = {0};
    mil_blob_add(&w, MIL_FP16, halves, f->elements);
    mil_blob_finish(&w);
    free(halves);
    return (anet_blob){f->blob, w.bytes.at, w.bytes.len};
}

static fed feed_inputs(const subject *s, const kernel_use *u, const program *p) {
    fed all = {.ports = p->n_ports};
    all.port = anet_calloc((size_t)p->n_in + 1, sizeof *all.port);
    all.blob = anet_calloc((size_t)p->n_in + 1, sizeof *all.blob);
    for (int i = 0; i < p->n_in; i++) {
        const anet_feed *f = &p->feed[i];
        if (f->blob) {
            all.blob[all.blobs++] = new_blob(s, u->in[i], f);
            continue;
        }
        anet_error err = {0};
        anet_surface **whole = &all.port[f->port], *part = new_surface(s, u->in[i], true);
        if (!*whole) {
            anet_host_device.surface_new(s->lab->device, f->elements, NULL, whole, &err);
        }
        assert_int_equal(err.code, ANET_OK);
        anet_host_device.surface_place(*whole, &f->region, part,
                                       (size_t)shape_size(&graph_node(s->b->m->g, u->in[i])->s));
        anet_host_device.surface_free(part);
    }
    return all;
}

static void free_fed(fed *all) {
    for (int i = 0; i < all->ports; i++) {
        anet_host_device.surface_free(all->port[i]);
    }
    for (int i = 0; i < all->blobs; i++) {
        free((void *)(uintptr_t)all->blob[i].data);
    }
    free(all->port);
    free(all->blob);
}

static void run_kernel(const subject *s, uint32_t k) {
    const anet_device_ops *host = &anet_host_device;
    const kernel_use *u = &s->b->l->uses[k];
    const program *p = &s->b->l->programs[u->program];
    anet_program *compiled = NULL;
    anet_error err = {0};
    fed in = feed_inputs(s, u, p);
    anet_source given = {p->name, p->mil.at, p->mil.len, in.blob, in.blobs};
    if (host->compile(s->lab->device, &given, &compiled, &err)) {
        fail_msg("-O%d: %s\n%s", s->level, err.message, s->model);
    }
    anet_surface **out = anet_calloc((size_t)p->n_out + 1, sizeof *out);
    for (int i = 0; i < p->n_out; i++) {
        out[i] = new_surface(s, u->out[i], false);
    }
    if (host->evaluate(compiled, in.port, out, &err)) {
        fail_msg("-O%d: %s: %s\n%s", s->level, p->name, err.message, s->model);
    }
    for (int i = 0; i < p->n_out; i++) {
        compare(s, p->name, u->out[i], host->surface_read(out[i]));
        host->surface_free(out[i]);
    }
    host->release(compiled);
    free_fed(&in);
    free(out);
}

/* --- the schedule --- */

typedef struct play {
    const subject *s;
    value *held; /* by slot: the value in it, 0 if none */
    double **gradient;
} play;

static void expect_held(const play *p, int arg, const char *comment) {
    const sched_value *v = &p->s->b->s->values.at[arg];
    if (v->slot >= 0 && p->held[v->slot] != v->v) {
        fail_msg("-O%d: step of %s reads %s, which is not in memory\n%s", p->s->level, comment,
                 v->name, p->s->model);
    }
}

static void *zeros(const graph *g, size_t i) {
    return anet_calloc((size_t)shape_size(&g->params.at[i].s), sizeof(double));
}

static void play_matmul(const play *p, const step *x) {
    const graph *g = p->s->b->m->g;
    const schedule *plan = p->s->b->s;
    value a = plan->values.at[x->args[0]].v, b = plan->values.at[x->args[1]].v;
    const shape *s = &g->params.at[x->param].s, *sa = &graph_node(g, a)->s;
    int64_t m = s->dim[0], n = s->dim[1], k = shape_size(sa) / m;
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t t = 0; t < k; t++) {
                sum += p->s->values.at[a][x->transpose_a ? t * m + i : i * k + t] *
                       p->s->values.at[b][x->transpose_b ? j * k + t : t * n + j];
            }
            p->gradient[x->param][i * n + j] += sum;
        }
    }
}

static void play_gather_grad(const play *p, const step *x) {
    const graph *g = p->s->b->m->g;
    const schedule *plan = p->s->b->s;
    value ids = plan->values.at[x->args[0]].v, dy = plan->values.at[x->args[1]].v;
    int64_t n = graph_node(g, ids)->s.dim[0], width = g->params.at[x->param].s.dim[1];
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < width; c++) {
            p->gradient[x->param][(int64_t)p->s->values.at[ids][i] * width + c] +=
                p->s->values.at[dy][c * n + i];
        }
    }
}

static void play_add(const play *p, const step *x) {
    const graph *g = p->s->b->m->g;
    value from = p->s->b->s->values.at[x->args[0]].v;
    for (int64_t i = 0; i < shape_size(&g->params.at[x->param].s); i++) {
        p->gradient[x->param][i] += p->s->values.at[from][i];
    }
}

static void play_step(const play *p, const step *x, bool forward) {
    const schedule *plan = p->s->b->s;
    bool adds = x->op == ANET_STEP_GRAD_MATMUL || x->op == ANET_STEP_GRAD_ADD ||
                x->op == ANET_STEP_GATHER_GRAD;
    int reads = adds                      ? x->n_args
                : x->op == ANET_STEP_EVAL ? p->s->b->l->programs[x->program].n_in
                                          : x->n_args - 1;
    assert_false(adds && forward);
    for (int i = 0; i < reads; i++) {
        expect_held(p, x->args[i], x->comment);
    }
    for (int i = reads; i < x->n_args; i++) {
        const sched_value *v = &plan->values.at[x->args[i]];
        assert_true(v->slot >= 0);
        assert_int_equal(plan->slots.at[v->slot], shape_size(&graph_node(p->s->b->m->g, v->v)->s));
        p->held[v->slot] = v->v;
    }
    if (x->op == ANET_STEP_GRAD_MATMUL) {
        play_matmul(p, x);
    } else if (x->op == ANET_STEP_GATHER_GRAD) {
        play_gather_grad(p, x);
    } else if (x->op == ANET_STEP_GRAD_ADD) {
        play_add(p, x);
    }
}

static void check_gradients(const play *p) {
    const graph *g = p->s->b->m->g;
    graph_result wanted = graph_results(g, p->s->data), got = wanted;
    got.gradient = p->gradient;
    for (size_t i = 0; i < g->params.len; i++) {
        if (!wanted.gradient[i]) {
            free(p->gradient[i]);
            p->gradient[i] = NULL;
        }
    }
    const char *where;
    double apart = graph_result_distance(&got, &wanted, &where);
    if (!(apart <= 1e-9)) {
        fail_msg("-O%d: played schedule: %s differs by %.3g\n%s", p->s->level, where, apart,
                 p->s->model);
    }
    graph_result_free(&wanted);
}

static void play_schedule(const subject *s) {
    const graph *g = s->b->m->g;
    const schedule *plan = s->b->s;
    play p = {s, anet_calloc(plan->slots.len + 1, sizeof(value)),
              anet_calloc(g->params.len + 1, sizeof(double *))};
    for (size_t i = 0; i < g->params.len; i++) {
        p.gradient[i] = zeros(g, i);
    }
    for (size_t i = 0; i < plan->steps.len; i++) {
        bool forward = (int)i < plan->n_forward;
        play_step(&p, &plan->steps.at[i], forward);
        if ((int)i + 1 == plan->n_forward) {
            expect_held(&p, plan->logits, "the forward pass");
        }
    }
    expect_held(&p, plan->loss, "the model");
    check_gradients(&p);
    for (size_t i = 0; i < g->params.len; i++) {
        free(p.gradient[i]);
    }
    free(p.gradient);
    free(p.held);
}

/* --- models --- */

static void check_mil(const subject *s) {
    anet_error err = {0};
    if (lowered_check(s->b->l, &err)) {
        fail_msg("-O%d: %s\n%s", s->level, err.message, s->model);
    }
}

static void round_params(const graph *g, graph_data *data) {
    for (size_t i = 0; i < g->params.len; i++) {
        for (int64_t k = 0; k < shape_size(&g->params.at[i].s); k++) {
            data->param[i][k] = (double)half_round((float)data->param[i][k]);
        }
    }
}

static void check_model(lab *at, const char *model, int level, const legal_form *form) {
    subject s = {.model = model, .level = level, .lab = at};
    s.b = build_new(model, strlen(model), NULL);
    if (!s.b->m) {
        fail_msg("%s\n%s", build_messages(s.b), model);
    }
    s.b->form = *form;
    for (int id = PASS_SIMPLIFY; id <= PASS_SCHEDULE; id++) {
        if (!build_pass(s.b, (pass_id)id, level)) {
            fail_msg("%s\n%s", build_messages(s.b), model);
        }
    }
    const graph *g = s.b->m->g;
    s.data = graph_data_new(g, 5);
    if (form->weights == WEIGHTS_BAKED) { /* constants are halves */
        round_params(g, s.data);
    }
    s.values = graph_eval(g, s.data);
    check_mil(&s);
    for (uint32_t k = 1; k < g->kernels.len; k++) {
        run_kernel(&s, k);
    }
    play_schedule(&s);
    for (value v = 1; v < g->nodes.len; v++) {
        at->used[graph_node(g, v)->op] = true;
    }
    graph_values_free(&s.values);
    graph_data_free(s.data);
    build_free(s.b);
}

static void models_run(void **state) {
    legal_form form = legal_form_of(&(target_list){0});
    for (size_t i = 0; i < graph_models_count; i++) {
        check_model(*state, graph_models[i], 0, &form);
        check_model(*state, graph_models[i], 1, &form);
    }
}

static void run_random(lab *at, uint64_t from, uint64_t to, const legal_form *form) {
    for (uint64_t seed = from; seed < to; seed++) {
        text t = {0};
        random_program(seed, &t);
        check_model(at, t.at, 0, form);
        check_model(at, t.at, 1, form);
        text_free(&t);
    }
}

static void random_programs_run(void **state) {
    legal_form form = legal_form_of(&(target_list){0});
    run_random(*state, 0, 200, &form);
}

/* The text for each chip computes the same. No model here has an axis that is too long for one, so
 * there is a form with short axes, too. */
static void targets_compute_the_same(void **state) {
    static const char *const lists[] = {"ane:m1", "ane:m2", "ane:m3", "ane:all", "ane:m1"};
    enum { FORMS = sizeof lists / sizeof *lists, RANDOM = 20, SHORT = 4 };
    for (uint64_t i = 0; i < FORMS; i++) {
        target_list targets;
        anet_error err = {0};
        assert_int_equal(targets_parse(lists[i], &targets, &err), ANET_OK);
        legal_form form = legal_form_of(&targets);
        form.longest = i + 1 == FORMS ? SHORT : form.longest;
        for (size_t k = 0; k < graph_models_count; k++) {
            check_model(*state, graph_models[k], (int)(i + k) % 2, &form);
        }
        run_random(*state, RANDOM * i, RANDOM * (i + 1), &form);
    }
}

/* However weights get into the kernels; packed along either axis, and with padded ones, also on a
 * machine of which a report says that slices of the last axis are fine. */
static void weights_modes_compute_the_same(void **state) {
    static const struct {
        const char *targets;
        weights_mode mode;
        bool slices_work;
    } forms[] = {{"host", WEIGHTS_PACKED, true},    {"host", WEIGHTS_BAKED, true},
                 {"ane:m1", WEIGHTS_PACKED, false}, {"ane:m1", WEIGHTS_PACKED, true},
                 {"ane:m1", WEIGHTS_BAKED, false},  {"ane:m4", WEIGHTS_PACKED, true}};
    enum { RANDOM = 20 };
    for (uint64_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        target_list targets;
        anet_error err = {0};
        assert_int_equal(targets_parse(forms[i].targets, &targets, &err), ANET_OK);
        for (int k = 0; k < targets.n; k++) {
            targets.machine[k].slices_saturate = !forms[i].slices_work;
        }
        legal_form form = legal_form_of(&targets);
        form.weights = forms[i].mode;
        for (size_t k = 0; k < graph_models_count; k++) {
            check_model(*state, graph_models[k], (int)(i + k) % 2, &form);
        }
        run_random(*state, RANDOM * i, RANDOM * (i + 1), &form);
    }
}

/* All but those that simplification always replaces. */
static void every_operation_was_run(void **state) {
    static const op_id never[] = {OP_NONE, OP_NEG, OP_SQUARE};
    const lab *at = *state;
    for (int op = 0; op < OP_COUNT; op++) {
        bool expected = true;
        for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
            expected = expected && (int)never[i] != op;
        }
        if (expected && !at->used[op]) {
            fail_msg("no program used `%s`", op_infos[op].name);
        }
    }
}

static int open_lab(void **state) {
    static lab l;
    anet_error err = {0};
    l.pool = pool_new(1);
    anet_device_config config = {.numerics = ANET_NUMERICS_FP32, .pool = l.pool};
    *state = &l;
    return (int)anet_host_device.open(&config, &l.device, &err);
}

static int close_lab(void **state) {
    lab *l = *state;
    anet_host_device.close(l->device);
    pool_free(l->pool);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_run),
        cmocka_unit_test(random_programs_run),
        cmocka_unit_test(targets_compute_the_same),
        cmocka_unit_test(weights_modes_compute_the_same),
        cmocka_unit_test(every_operation_was_run),
    };
    return cmocka_run_group_tests(tests, open_lab, close_lab);
}
