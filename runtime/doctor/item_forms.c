/* item_forms.c: which dialects are read, and what surfaces must be like. Facts: ane-facts sections
 * 2 and 4. */
#include "doctor/trial.h"

#include <string.h>

enum { ROOM = 1 << 16, LEAST = 128 };

/* --- dialects --- */

static anet_code try_dialect(bench *b, bool old, text *said, anet_error *err) {
    text mil = {0};
    trial t;
    trial_program_in(
        old, "tensor<fp16, [1, 32, 32]> a_x, tensor<fp16, [1, 32, 64]> b_w",
        "        bool no = const()[name = string(\"no\"), val = bool(false)];\n"
        "        tensor<fp16, [1, 32, 64]> y = matmul(transpose_x = no, transpose_y = no, x = a_x, "
        "y = b_w)[name = string(\"y\")];\n",
        "(y)", &mil, err);
    if (trial_open(&t, b, old ? "program(1.0)" : "program(1.3)", &mil, NULL, NULL, err)) {
        return err->code;
    }
    trial_close(&t);
    b->m->minor = old ? 0 : 3;
    strcpy(b->m->opset, old ? "ios16" : "ios18");
    text_puts(said, "compiles and loads");
    return ANET_OK;
}

anet_code doctor_try_old_dialect(bench *b, text *said, anet_error *err) {
    return try_dialect(b, true, said, err);
}

/* The newer one counts if both are read. */
anet_code doctor_try_new_dialect(bench *b, text *said, anet_error *err) {
    return try_dialect(b, false, said, err);
}

/* --- several inputs --- */

/* Names, sizes and places in the text order the inputs differently. */
enum { B, C, A, INPUTS, BIG = 0, SMALL = 1, OUTPUTS = 2 };
enum { PERIOD_A = 3, PERIOD_B = 7, PERIOD_C = 5, CHANNELS = 64, HEIGHT = 2, WIDTH = 64 };

static anet_code open_inputs(bench *b, trial *t, anet_error *err) {
    text mil = {0};
    trial_program(
        b,
        "tensor<fp16, [1, 64, 2, 64]> b, tensor<fp16, [1, 1, 1, 64]> c, "
        "tensor<fp16, [1, 64, 1, 64]> a",
        "        fp16 two = const()[name = string(\"two\"), val = fp16(0x1p+1)];\n"
        "        fp16 four = const()[name = string(\"four\"), val = fp16(0x1p+2)];\n"
        "        tensor<fp16, [1, 1, 1, 64]> c2 = mul(x = c, y = two)[name = string(\"c2\")];\n"
        "        tensor<fp16, [1, 64, 1, 64]> a4 = mul(x = a, y = four)[name = string(\"a4\")];\n"
        "        tensor<fp16, [1, 64, 1, 64]> p = add(x = a4, y = c2)[name = string(\"p\")];\n"
        "        tensor<fp16, [1, 64, 2, 64]> q = add(x = b, y = p)[name = string(\"q\")];\n",
        "(q, p)", &mil, err);
    if (trial_open(t, b, "several_inputs", &mil, NULL, NULL, err)) {
        return err->code;
    }
    trial_count(t, A, PERIOD_A, 1);
    trial_count(t, B, PERIOD_B, 1);
    trial_count(t, C, PERIOD_C, 1);
    return ANET_OK;
}

/* q = b + 2 c + 4 a, p = 2 c + 4 a: small whole numbers */
static bool inputs_right(trial *t) {
    const float *q = trial_result(t, BIG), *p = trial_result(t, SMALL);
    for (int i = 0; i < CHANNELS * HEIGHT * WIDTH; i++) {
        int channel = i / WIDTH / HEIGHT, w = i % WIDTH, of_a = channel * WIDTH + w;
        int wanted = 2 * (w % PERIOD_C) + 4 * (of_a % PERIOD_A);
        if (q[i] != (float)(wanted + i % PERIOD_B) || p[of_a] != (float)wanted) {
            return false;
        }
    }
    return true;
}

/* Sizes by slot: all alike, each larger than the one before, each smaller. */
typedef enum slope { EQUAL, RISING, FALLING, SLOPES } slope;

static const char *const slope_names[] = {"equal", "rising", "falling"};

static void set_slope(trial *t, bool input, slope s) {
    int n = input ? INPUTS : OUTPUTS;
    for (int i = 0; i < n; i++) {
        trial_resize(t, input, i, ROOM * (s == EQUAL ? 1 : s == RISING ? i + 1 : n - i));
    }
}

static bool all_have_slots(const trial *t) {
    return t->program->ports.in[A].slot >= 0 && t->program->ports.in[B].slot >= 0 &&
           t->program->ports.in[C].slot >= 0;
}

static const char *order_in_words(const trial *t, machine *m) {
    static const struct {
        int slot[INPUTS]; /* of b, c, a */
        const char *words;
        int order; /* -1: none that can be assumed for other programs */
    } orders[] = {{{1, 2, 0}, "by name", MACHINE_ORDER_NAME},
                  {{2, 0, 1}, "by rising size", MACHINE_ORDER_SIZE},
                  {{0, 1, 2}, "as in the text", -1}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        const int *slot = orders[i].slot;
        if (t->program->ports.in[B].slot == slot[B] && t->program->ports.in[C].slot == slot[C] &&
            t->program->ports.in[A].slot == slot[A]) {
            m->order = orders[i].order < 0 ? m->order : (machine_order)orders[i].order;
            return orders[i].words;
        }
    }
    return "neither by name nor by size";
}

/* one evaluation with these slots; false too when it is refused */
static bool right_with(trial *t, const int slot[INPUTS], slope s) {
    anet_error ignored = {0};
    for (int i = 0; i < INPUTS; i++) {
        t->program->ports.in[i].slot = slot[i];
    }
    set_slope(t, true, s);
    set_slope(t, false, s == RISING ? FALLING : s);
    return !trial_run(t, &ignored) && inputs_right(t);
}

/* The numbers are wrong in the order that the model reports: is there one in which they are right?
 */
static anet_code try_other_orders(bench *b, trial *t, slope s, const char *reported,
                                  anet_error *err) {
    static const int orders[][INPUTS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        if (right_with(t, orders[i], s)) {
            return anet_fail(err, ANET_FAILED,
                             "the numbers are wrong with slots as the model reports them (%s); "
                             "they are right with slots %s (b, c, a in slots %d, %d, %d)",
                             reported, order_in_words(t, b->m), orders[i][B], orders[i][C],
                             orders[i][A]);
        }
    }
    return anet_fail(err, ANET_FAILED,
                     "the numbers are wrong with slots as the model reports them (%s), and in "
                     "every other order",
                     reported);
}

/* Sizes that the chip is said to want come first: a refusal may spoil the process. */
static slope first_slope(const trial *t) {
    return t->bench->m->sizes == MACHINE_SIZES_ASCENDING ? RISING : EQUAL;
}

static anet_code weigh_inputs(bench *b, trial *t, text *said, anet_error *err) {
    anet_error refused = {0};
    slope s = first_slope(t);
    if (!all_have_slots(t)) {
        return anet_fail(err, ANET_FAILED, "the loaded model has fewer inputs than the program");
    }
    const char *order = order_in_words(t, b->m);
    for (int i = 0; i < 2; i++, s = s == EQUAL ? RISING : EQUAL) {
        anet_error e = {0};
        set_slope(t, true, s);
        set_slope(t, false, s == RISING ? FALLING : s);
        if (trial_run(t, &e)) {
            refused = e;
        } else if (!inputs_right(t)) {
            return try_other_orders(b, t, s, order, err);
        } else {
            b->m->several_inputs = true;
            text_printf(said, "right numbers; slots %s", order);
            return ANET_OK;
        }
    }
    return anet_fail(err, refused.code, "%s", refused.message);
}

anet_code doctor_try_inputs(bench *b, text *said, anet_error *err) {
    trial t;
    anet_code code = open_inputs(b, &t, err);
    if (!code) {
        b->m->several_inputs = false;
        code = weigh_inputs(b, &t, said, err);
        trial_close(&t);
    }
    return code;
}

/* --- sizes --- */

static bool accepts(trial *t, slope in, slope out) {
    anet_error refused = {0};
    set_slope(t, true, in);
    set_slope(t, false, out);
    return !trial_run(t, &refused) && inputs_right(t);
}

/* `good` is the slope that MACHINE_SIZES_ASCENDING has: rising for inputs, falling for outputs. */
static machine_sizes rule_of(const bool taken[SLOPES], slope good) {
    bool all = taken[EQUAL] && taken[RISING] && taken[FALLING];
    return all            ? MACHINE_SIZES_ANY
           : taken[good]  ? MACHINE_SIZES_ASCENDING
           : taken[EQUAL] ? MACHINE_SIZES_EQUAL
                          : MACHINE_SIZES_ANY;
}

/* The pair of slopes with which the numbers are right; those that the chip is said to want first,
 * as a refusal may spoil the process. */
static bool find_start(trial *t, slope *in, slope *out) {
    static const slope pairs[][2] = {{EQUAL, EQUAL},   {RISING, FALLING}, {EQUAL, EQUAL},
                                     {EQUAL, FALLING}, {RISING, EQUAL},   {FALLING, RISING}};
    enum { PAIRS = sizeof pairs / sizeof *pairs };
    for (size_t i = first_slope(t) == RISING; i < PAIRS; i++) {
        *in = pairs[i][0];
        *out = pairs[i][1];
        if (accepts(t, *in, *out)) {
            return true;
        }
    }
    return false;
}

/* Is it taken? After a refusal what worked before must still work. */
static anet_code ask(trial *t, slope in, slope out, const slope start[2], bool *taken,
                     anet_error *err) {
    *taken = accepts(t, in, out);
    return *taken || accepts(t, start[0], start[1])
               ? ANET_OK
               : anet_fail(err, ANET_FAILED,
                           "after surfaces that the engine refused (inputs %s, outputs %s) nothing "
                           "works in that process",
                           slope_names[in], slope_names[out]);
}

static void say_slopes(const char *what, const bool taken[SLOPES], text *said) {
    const char *between = "";
    text_printf(said, "%s", what);
    for (int i = 0; i < SLOPES; i++) {
        if (taken[i]) {
            text_printf(said, "%s %s", between, slope_names[i]);
            between = ",";
        }
    }
}

static anet_code weigh_sizes(bench *b, trial *t, text *said, anet_error *err) {
    bool in[SLOPES], out[SLOPES];
    slope start[2];
    if (!find_start(t, &start[0], &start[1])) {
        return anet_fail(err, ANET_FAILED, "no sizes are found with which several inputs work");
    }
    for (slope s = EQUAL; s < SLOPES; s++) {
        if (ask(t, s, start[1], start, &in[s], err) || ask(t, start[0], s, start, &out[s], err)) {
            return err->code;
        }
    }
    machine_sizes of_in = rule_of(in, RISING), of_out = rule_of(out, FALLING);
    b->m->sizes = of_in == MACHINE_SIZES_ANY ? of_out : of_in;
    say_slopes("right numbers with inputs", in, said);
    say_slopes("; outputs", out, said);
    if (of_in != MACHINE_SIZES_ANY && of_out != MACHINE_SIZES_ANY && of_in != of_out) {
        text_puts(said, " (inputs and outputs differ; the report has the inputs' rule)");
    }
    return ANET_OK;
}

anet_code doctor_try_sizes(bench *b, text *said, anet_error *err) {
    trial t;
    anet_code code = open_inputs(b, &t, err);
    if (!code) {
        code = all_have_slots(&t)
                   ? weigh_sizes(b, &t, said, err)
                   : anet_fail(err, ANET_FAILED, "the loaded model has too few inputs");
        trial_close(&t);
    }
    return code;
}

/* --- the smallest surface --- */

static anet_code open_small(bench *b, trial *t, anet_error *err) {
    text mil = {0};
    trial_program(b, "tensor<fp16, [1, 1, 1, 32]> x",
                  "        tensor<fp16, [1, 1, 1, 32]> y = add(x = x, y = x)[name = "
                  "string(\"y\")];\n",
                  "(y)", &mil, err);
    anet_code code = trial_open(t, b, "smallest", &mil, NULL, NULL, err);
    if (!code) {
        trial_count(t, 0, 32, 1);
    }
    return code;
}

static bool works_with(trial *t, int64_t bytes, anet_error *err) {
    trial_resize(t, true, 0, bytes);
    trial_resize(t, false, 0, bytes);
    if (trial_run(t, err)) {
        return false;
    }
    const float *y = trial_result(t, 0);
    for (int i = 0; i < 32; i++) {
        if (y[i] != (float)(2 * i)) {
            anet_fail(err, ANET_FAILED, "the numbers are wrong with surfaces of %lld bytes",
                      (long long)bytes);
            return false;
        }
    }
    return true;
}

/* By halves between what works and what does not. After every refusal the large one must still
 * work: 0x1d may spoil a process. */
static anet_code weigh_smallest(bench *b, trial *t, text *said, anet_error *err) {
    int64_t good = ROOM, bad = 0;
    if (!works_with(t, good, err)) {
        return err->code;
    }
    while (good - bad > LEAST) {
        int64_t middle = (good + bad) / 2 / LEAST * LEAST;
        anet_error refused = {0}, spoilt = {0};
        if (works_with(t, middle, &refused)) {
            good = middle;
        } else if (works_with(t, ROOM, &spoilt)) {
            bad = middle;
        } else {
            b->m->smallest_surface = good;
            return anet_fail(err, ANET_FAILED,
                             "%lld bytes work; after a try with %lld nothing works in that process",
                             (long long)good, (long long)middle);
        }
    }
    b->m->smallest_surface = good;
    text_printf(said, "%lld bytes%s", (long long)good,
                good == LEAST ? ", the least that was tried" : "");
    return ANET_OK;
}

anet_code doctor_try_smallest(bench *b, text *said, anet_error *err) {
    trial t;
    anet_code code = open_small(b, &t, err);
    if (!code) {
        code = weigh_smallest(b, &t, said, err);
        trial_close(&t);
    }
    return code;
}

/* --- rows --- */

static anet_code row_of(bench *b, int64_t width, int64_t *row, anet_error *err) {
    text mil = {0}, parameters = {0}, ops = {0};
    trial t;
    text_printf(&parameters, "tensor<fp16, [1, 4, 2, %lld]> x", (long long)width);
    text_printf(&ops,
                "        tensor<fp16, [1, 4, 2, %lld]> y = add(x = x, y = x)[name = "
                "string(\"y\")];\n",
                (long long)width);
    trial_program(b, parameters.at, ops.at, "(y)", &mil, err);
    text_free(&parameters);
    text_free(&ops);
    if (trial_open(&t, b, "rows", &mil, NULL, NULL, err)) {
        return err->code;
    }
    *row = t.program->ports.in[0].layout.row;
    bool guessed = t.engine.guesses;
    trial_close(&t);
    return guessed ? anet_fail(err, ANET_FAILED,
                               "the loaded model does not report its inputs and outputs, so the "
                               "device goes by what is assumed for the chip")
                   : ANET_OK;
}

anet_code doctor_try_rows(bench *b, text *said, anet_error *err) {
    enum { NARROW = 4, HALF = 2 };
    int64_t first, second;
    if (row_of(b, NARROW, &first, err) || row_of(b, first / HALF + 1, &second, err)) {
        return err->code;
    }
    if (second != 2 * first) {
        return anet_fail(
            err, ANET_FAILED, "rows of %d bytes take %lld, but such of %lld bytes take %lld",
            NARROW * HALF, (long long)first, (long long)first + HALF, (long long)second);
    }
    b->m->row_alignment = first;
    text_printf(said, "padded to multiples of %lld bytes", (long long)first);
    return ANET_OK;
}
