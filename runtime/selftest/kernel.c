/* kernel.c: the trial of one kernel: data that tell, two runs, and other constants. */
#include "interrupt.h"
#include "rng.h"
#include "selftest/selftest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 2 }; /* on the same data */
/* times the tolerance: what an input must change to be checked */
static const double visible = 4;
/* results beyond it are too near to where the engine's sums break */
static const float most_fine = 20000;

typedef struct trial {
    const selftest *test;
    const kernel_case *c;
    side reference, tested;
    float **in, **changed; /* data; the same with other constants */
    float **wanted, **got, **first;
    bool *seen; /* per argument: it matters */
    selftest_result *result;
} trial;

/* --- comparing --- */

static double root_mean_square(const float *x, size_t n) {
    double sum = 0;
    size_t counted = 0;
    for (size_t i = 0; i < n; i++) {
        bool finite = isfinite(x[i]);
        sum += finite ? (double)x[i] * x[i] : 0;
        counted += finite;
    }
    return counted ? sqrt(sum / (double)counted) : 0;
}

static double error_of(float got, float wanted, double usual) {
    if (got == wanted || (isnan(got) && isnan(wanted))) {
        return 0;
    }
    double size = fmax(fabs((double)wanted), usual);
    double error = fabs((double)got - wanted) / (size > 0 ? size : 1);
    return isfinite(error) ? error : INFINITY;
}

difference compare_elements(const float *got, const float *wanted, size_t n, double tolerance) {
    difference d = {.exact = memcmp(got, wanted, n * sizeof *got) == 0, .elements = n};
    double usual = d.exact ? 0 : root_mean_square(wanted, n);
    for (size_t i = 0; i < n && !d.exact; i++) {
        double error = error_of(got[i], wanted[i], usual);
        d.off += error > tolerance;
        if (error > d.largest) {
            d.largest = error;
            d.at = i;
            d.got = got[i];
            d.wanted = wanted[i];
        }
    }
    return d;
}

difference compare_outputs(const kernel_case *c, float *const *got, float *const *wanted) {
    difference all = {.exact = true};
    for (int i = 0; i < c->outs; i++) {
        difference d = compare_elements(got[i], wanted[i], value_elements(c->out[i]), c->tolerance);
        bool worse = d.largest > all.largest;
        difference sum = worse ? d : all;
        sum.output = worse ? i : all.output;
        sum.exact = all.exact && d.exact;
        sum.off = all.off + d.off;
        sum.elements = all.elements + d.elements;
        all = sum;
    }
    return all;
}

/* --- data that tell --- */

static anet_code run_reference(trial *x, float *const *in, float **results, anet_error *err) {
    double seconds;
    if (interrupt_check(err) || side_feed(&x->reference, in, err)) {
        return err->code;
    }
    return side_run(&x->reference, results, &seconds, err);
}

static bool is_fine(const trial *x, float *const *results) {
    bool fine = true;
    for (int i = 0; i < x->c->outs; i++) {
        size_t n = value_elements(x->c->out[i]);
        for (size_t k = 0; k < n && fine; k++) {
            fine = fabsf(results[i][k]) <= most_fine; /* false for NaN */
        }
    }
    return fine;
}

/* How many arguments change the results when they are zeros instead. */
static anet_code count_seen(trial *x, bool *seen, int *count, anet_error *err) {
    float **without = anet_calloc((size_t)x->c->ins + 1, sizeof *without);
    *count = 0;
    for (int i = 0; i < x->c->ins && !err->code; i++) {
        memcpy(without, x->in, (size_t)x->c->ins * sizeof *without);
        without[i] = NULL;
        if (!run_reference(x, without, x->got, err)) {
            seen[i] = compare_outputs(x->c, x->got, x->wanted).largest > visible * x->c->tolerance;
            *count += seen[i];
        }
    }
    free(without);
    return err->code;
}

static anet_code try_recipe(trial *x, int recipe, int *best, int *chosen, anet_error *err) {
    bool *seen = anet_calloc((size_t)x->c->ins + 1, sizeof *seen);
    int count;
    case_fill(x->c, x->test->seed, recipe, x->in);
    if (!run_reference(x, x->in, x->wanted, err) && is_fine(x, x->wanted) &&
        !count_seen(x, seen, &count, err) && count > *best) {
        *best = count;
        *chosen = recipe;
        memcpy(x->seen, seen, (size_t)x->c->ins * sizeof *seen);
    }
    free(seen);
    return err->code;
}

/* The first recipe whose results are finite and depend on every argument, else the one on most. */
static anet_code choose_data(trial *x, anet_error *err) {
    int best = -1, chosen = 0;
    case_fill(x->c, x->test->seed, 0, x->in);
    if (side_open(&x->reference, x->test->reference_ops, x->test->reference, x->c, x->in, err)) {
        return err->code;
    }
    for (int i = 0; i < SELFTEST_RECIPES && best < x->c->ins; i++) {
        if (try_recipe(x, i, &best, &chosen, err)) {
            return err->code;
        }
    }
    case_fill(x->c, x->test->seed, chosen, x->in);
    for (int i = 0; i < x->c->ins; i++) {
        if (!x->seen[i]) {
            text_printf(&x->result->unseen, "%s%s", x->result->unseen.len ? ", " : "",
                        x->c->in[i].value->name);
        }
    }
    return run_reference(x, x->in, x->wanted, err);
}

/* --- runs --- */

static void found(trial *x, selftest_finding finding, const char *why) {
    x->result->finding = finding;
    text_puts(&x->result->why, why);
}

/* What the device says of a kernel is found out, but that the process may compile no more is
 * nothing about the kernel. */
static anet_code note_failure(trial *x, const anet_error *failed, anet_error *err) {
    if (failed->code == ANET_RESTART) {
        return anet_fail(err, ANET_FAILED,
                         "%s, but not the test, which says nothing about this kernel and those "
                         "behind it; raise --compile-budget",
                         failed->message);
    }
    found(x, FOUND_FAILURE, failed->message);
    return ANET_OK;
}

/* Evaluates once; *bad: not what was wanted. What is wrong for the first time is explained. */
static anet_code run_tested(trial *x, float *const *in, float *const *before, bool *bad,
                            anet_error *err) {
    selftest_result *r = x->result;
    anet_error failed = {0};
    if (interrupt_check(err)) {
        return err->code;
    }
    if (side_run(&x->tested, x->got, &r->seconds, &failed)) {
        found(x, FOUND_FAILURE, failed.message);
        return ANET_OK;
    }
    difference d = compare_outputs(x->c, x->got, x->wanted);
    r->exact &= d.exact;
    r->largest = fmax(r->largest, d.largest);
    *bad = d.off > 0;
    if (*bad && r->finding == FOUND_NOTHING) {
        selftest_explain(&x->reference, in, before, x->got, x->wanted, &r->finding, &r->why, err);
    }
    return err->code;
}

static void compare_runs(trial *x) {
    for (int i = 0; i < x->c->outs; i++) {
        size_t n = value_elements(x->c->out[i]), at = 0;
        const float *one = x->first[i], *two = x->got[i];
        if (memcmp(one, two, n * sizeof *one) == 0) {
            continue;
        }
        while (memcmp(&one[at], &two[at], sizeof *one) == 0) {
            at++;
        }
        const anet_port *output;
        x->tested.ops->outputs(x->tested.program, &output);
        x->result->finding = FOUND_UNSTEADY;
        text_printf(&x->result->why,
                    "two runs on the same data differ: element %zu of output '%s' is %.9g, then "
                    "%.9g",
                    at, output[i].name, (double)one[at], (double)two[at]);
        return;
    }
}

static anet_code run_twice(trial *x, anet_error *err) {
    bool bad[RUNS] = {false};
    for (int i = 0; i < RUNS && x->result->finding != FOUND_FAILURE; i++) {
        if (run_tested(x, x->in, NULL, &bad[i], err)) {
            return err->code;
        }
        for (int k = 0; k < x->c->outs && i == 0; k++) {
            memcpy(x->first[k], x->got[k], value_elements(x->c->out[k]) * sizeof(float));
        }
    }
    if (bad[0] != bad[1]) {
        text_printf(&x->result->why, "; only the %s of two runs", bad[0] ? "first" : "second");
    } else if (x->result->finding == FOUND_NOTHING) {
        compare_runs(x);
    }
    return ANET_OK;
}

/* --- other constants --- */

static anet_code run_reloaded(trial *x, anet_error *err) {
    bool bad;
    anet_error failed = {0};
    float **data = anet_calloc((size_t)x->c->ins + 1, sizeof *data);
    case_fill(x->c, rng_mix(x->test->seed, 1), 0, x->changed);
    for (int i = 0; i < x->c->ins; i++) {
        bool constant = x->c->carrier[x->c->in[i].carrier].path;
        data[i] = constant ? x->changed[i] : x->in[i];
    }
    if (!run_reference(x, data, x->wanted, err)) {
        if (side_feed(&x->tested, data, &failed)) {
            note_failure(x, &failed, err);
        } else {
            x->result->reloaded = true;
            run_tested(x, data, x->in, &bad, err);
        }
    }
    free(data);
    return err->code;
}

static anet_code try_kernel(trial *x, anet_error *err) {
    anet_error failed = {0};
    const selftest *t = x->test;
    if (choose_data(x, err)) {
        return err->code;
    }
    if (side_open(&x->tested, t->ops, t->device, x->c, x->in, &failed)) {
        return note_failure(x, &failed, err);
    }
    if (run_twice(x, err)) {
        return err->code;
    }
    bool reloads = x->c->carriers > x->c->ports && t->ops->reloads_left(t->device) > 0;
    return reloads && x->result->finding == FOUND_NOTHING ? run_reloaded(x, err) : ANET_OK;
}

anet_code selftest_kernel(const selftest *t, kernel_case *c, selftest_result *r, anet_error *err) {
    *r = (selftest_result){.exact = true};
    c->tolerance += t->more_tolerance;
    r->tolerance = c->tolerance;
    trial x = {.test = t,
               .c = c,
               .in = case_new_inputs(c),
               .changed = case_new_inputs(c),
               .wanted = case_new_outputs(c),
               .got = case_new_outputs(c),
               .first = case_new_outputs(c),
               .seen = anet_calloc((size_t)c->ins + 1, sizeof(bool)),
               .result = r};
    try_kernel(&x, err);
    r->exact &= r->finding == FOUND_NOTHING;
    side_close(&x.tested);
    side_close(&x.reference);
    case_free_data(x.in, c->ins);
    case_free_data(x.changed, c->ins);
    case_free_data(x.wanted, c->outs);
    case_free_data(x.got, c->outs);
    case_free_data(x.first, c->outs);
    free(x.seen);
    return err->code;
}

void selftest_result_free(selftest_result *r) {
    text_free(&r->why);
    text_free(&r->unseen);
}
