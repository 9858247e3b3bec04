/* explain.c: what went wrong: which mistake would give these very results? */
#include "base/vec.h"
#include "interrupt.h"
#include "selftest/selftest.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct guess {
    selftest_finding finding;
    double error; /* by which the results are off from what the mistake would give */
    char *words;
} guess;

typedef struct search {
    side *reference;
    const kernel_case *c;
    float *const *in, *const *got, *const *wanted;
    float **data;    /* the arguments of a guess */
    float **results; /* of it */
    bool all_zero;   /* the results to explain are */
    VEC(guess) guesses;
    text zeroing; /* arguments without which everything would be zero, too */
    text words;
} search;

static const struct {
    const char *word, *advice;
} findings[SELFTEST_FINDINGS] = {
#define FINDING(ID, word, advice) {word, advice},
#include "selftest/findings.def"
};

const char *selftest_word(selftest_finding f) {
    return findings[f].word;
}

const char *selftest_advice(selftest_finding f) {
    return findings[f].advice;
}

/* --- words --- */

/* Asked for each time: when constants change, the program is another one. */
static const char *input_name(const search *s, int i) {
    const anet_port *port;
    s->reference->ops->inputs(s->reference->program, &port);
    return port[i].name;
}

static const char *output_name(const search *s, int i) {
    const anet_port *port;
    s->reference->ops->outputs(s->reference->program, &port);
    return port[i].name;
}

static void name_argument(const search *s, int i, text *to) {
    const argument *a = &s->c->in[i];
    const carrier *whole = &s->c->carrier[a->carrier];
    if (whole->arguments > 1) {
        text_printf(to, "the part for '%s' of ", a->value->name);
    }
    text_printf(to, whole->path ? "constant '%s'" : "input '%s'",
                whole->path ? whole->path : input_name(s, a->carrier));
}

static bool is_zero(const float *x, size_t n) {
    size_t i = 0;
    while (i < n && x[i] == 0) {
        i++;
    }
    return i == n;
}

static size_t outs_size(const search *s, int i) {
    return value_elements(s->c->out[i]);
}

static bool all_are_zero(const search *s, float *const *results) {
    bool zero = true;
    for (int i = 0; i < s->c->outs; i++) {
        zero &= is_zero(results[i], outs_size(s, i));
    }
    return zero;
}

/* --- what shows in the results themselves --- */

/* an output as if it were another one, as far as both reach */
static difference as_if(const search *s, int got, int wanted) {
    size_t n = outs_size(s, got), m = outs_size(s, wanted);
    return compare_elements(s->got[got], s->wanted[wanted], n < m ? n : m, s->c->tolerance);
}

/* Elements of an output that are what they were before, if these are all that is wrong with it: a
 * result can happen to be the poison. */
static size_t count_unwritten(const search *s, int i, size_t *first) {
    size_t n = outs_size(s, i), kept = 0;
    for (size_t k = 0; k < n; k++) {
        bool same = s->got[i][k] == SELFTEST_POISON && s->wanted[i][k] != SELFTEST_POISON;
        *first = same && !kept ? k : *first;
        kept += same;
    }
    return kept == as_if(s, i, i).off ? kept : 0;
}

static bool find_unwritten(search *s, text *why) {
    int whole = 0;
    size_t before = why->len;
    for (int i = 0; i < s->c->outs; i++) {
        size_t n = outs_size(s, i), first = n, kept = count_unwritten(s, i, &first);
        whole += kept == n;
        const char *comma = why->len > before ? ", " : "";
        if (kept == n) {
            text_printf(why, "%soutput '%s' is not written", comma, output_name(s, i));
        } else if (kept) {
            text_printf(why,
                        "%s%zu of %zu elements of output '%s' are not written, the first is %zu",
                        comma, kept, n, output_name(s, i), first);
        }
    }
    if (whole == s->c->outs && whole > 1) {
        why->len = before;
        text_puts(why, "no output is written");
    }
    return why->len > before;
}

/* the output whose values are in the place of output i, or -1 */
static int find_owner(const search *s, int i) {
    for (int k = 0; k < s->c->outs; k++) {
        if (k != i && !is_zero(s->wanted[k], outs_size(s, k)) && as_if(s, i, k).off == 0) {
            return k;
        }
    }
    return -1;
}

/* every output that is wrong is another one */
static bool find_swapped_outputs(search *s, text *why) {
    size_t before = why->len;
    for (int i = 0; i < s->c->outs; i++) {
        if (as_if(s, i, i).off == 0) {
            continue;
        }
        int owner = find_owner(s, i);
        if (owner < 0) {
            why->len = before;
            return false;
        }
        text_printf(why, "%soutput '%s' holds what belongs to '%s'", why->len > before ? ", " : "",
                    output_name(s, i), output_name(s, owner));
    }
    return why->len > before;
}

static bool find_zeros(search *s, text *why) {
    size_t before = why->len;
    for (int i = 0; i < s->c->outs && !s->all_zero; i++) {
        size_t n = outs_size(s, i);
        if (is_zero(s->got[i], n) && !is_zero(s->wanted[i], n)) {
            text_printf(why, "%soutput '%s' is zero throughout", why->len > before ? ", " : "",
                        output_name(s, i));
        }
    }
    if (s->all_zero) {
        text_puts(why, "every output is zero throughout");
        if (s->zeroing.len) {
            text_printf(why, " (as it would be without %s)", s->zeroing.at);
        }
    }
    return why->len > before;
}

static void tell_worst(const search *s, text *why) {
    difference d = compare_outputs(s->c, s->got, s->wanted);
    text_printf(why,
                "%zu of %zu elements are wrong, the worst is element %zu of output '%s': %g "
                "instead of %g",
                d.off, d.elements, d.at, output_name(s, d.output), (double)d.got, (double)d.wanted);
}

/* --- guesses --- */

/* Runs the reference as it is fed now. s->words says what the mistake is; argument: the one that is
 * taken for zeros, or -1. */
static anet_code judge(search *s, selftest_finding finding, int zeroed, anet_error *err) {
    double seconds;
    if (interrupt_check(err) || side_run(s->reference, s->results, &seconds, err)) {
        return err->code;
    }
    difference d = compare_outputs(s->c, s->got, s->results);
    if (d.off == 0 && s->all_zero && zeroed >= 0) {
        text_puts(&s->zeroing, s->zeroing.len ? " or " : "");
        name_argument(s, zeroed, &s->zeroing);
    } else if (d.off == 0 && !s->all_zero) {
        guess g = {finding, d.largest, s->words.at};
        s->words = (text){0};
        vec_push(&s->guesses, g);
    }
    text_free(&s->words);
    return ANET_OK;
}

static anet_code guess_swapped_inputs(search *s, anet_error *err) {
    for (int a = 0; a < s->c->ports; a++) {
        for (int b = a + 1; b < s->c->ports; b++) {
            if (side_feed(s->reference, s->in, err)) {
                return err->code;
            }
            side_exchange(s->reference, a, b);
            text_printf(&s->words, "inputs '%s' and '%s' are exchanged", input_name(s, a),
                        input_name(s, b));
            if (judge(s, FOUND_SWAPPED_INPUTS, -1, err)) {
                return err->code;
            }
        }
    }
    return ANET_OK;
}

static anet_code guess_ignored_inputs(search *s, anet_error *err) {
    for (int i = 0; i < s->c->ins; i++) {
        memcpy(s->data, s->in, (size_t)s->c->ins * sizeof *s->data);
        s->data[i] = NULL;
        if (side_feed(s->reference, s->data, err)) {
            return err->code;
        }
        name_argument(s, i, &s->words);
        text_puts(&s->words, " is ignored, as if it were zeros");
        if (judge(s, FOUND_IGNORED_INPUT, i, err)) {
            return err->code;
        }
    }
    return ANET_OK;
}

/* one constant alone, then all of them */
static anet_code guess_old_constants(search *s, float *const *before, anet_error *err) {
    for (int i = 0; i <= s->c->ins; i++) {
        bool all = i == s->c->ins;
        if (!all && !s->c->carrier[s->c->in[i].carrier].path) {
            continue;
        }
        memcpy(s->data, all ? before : s->in, (size_t)s->c->ins * sizeof *s->data);
        if (all) {
            text_puts(&s->words, "constants keep what they were before the reload");
        } else {
            s->data[i] = before[i];
            name_argument(s, i, &s->words);
            text_puts(&s->words, " keeps what it was before the reload");
        }
        if (side_feed(s->reference, s->data, err) || judge(s, FOUND_OLD_CONSTANT, -1, err)) {
            return err->code;
        }
    }
    return ANET_OK;
}

static int by_error(const void *a, const void *b) {
    const guess *x = a, *y = b;
    return (x->error > y->error) - (x->error < y->error);
}

/* the best guess, and those that are about as good */
static bool tell_guesses(search *s, selftest_finding *finding, text *why) {
    enum { MOST = 3 };
    if (!s->guesses.len) {
        return false;
    }
    qsort(s->guesses.at, s->guesses.len, sizeof *s->guesses.at, by_error);
    const guess *best = s->guesses.at;
    *finding = best->finding;
    for (size_t i = 0; i < s->guesses.len && i < MOST; i++) {
        if (best[i].error <= 2 * best->error) {
            text_printf(why, "%s%s", i ? ", or " : "", best[i].words);
        }
    }
    return true;
}

static anet_code make_guesses(search *s, float *const *before, anet_error *err) {
    if ((before && guess_old_constants(s, before, err)) || guess_swapped_inputs(s, err) ||
        guess_ignored_inputs(s, err)) {
        return err->code;
    }
    return side_feed(s->reference, s->in, err);
}

static anet_code explain(search *s, float *const *before, selftest_finding *finding, text *why,
                         anet_error *err) {
    if (find_unwritten(s, why)) {
        *finding = FOUND_UNWRITTEN;
    } else if (find_swapped_outputs(s, why)) {
        *finding = FOUND_SWAPPED_OUTPUTS;
    } else if (make_guesses(s, before, err)) {
        return err->code;
    } else if (!tell_guesses(s, finding, why)) {
        *finding = find_zeros(s, why) ? FOUND_ZEROS : FOUND_WRONG;
        if (*finding == FOUND_WRONG) {
            tell_worst(s, why);
        }
    }
    return ANET_OK;
}

anet_code selftest_explain(side *reference, float *const *in, float *const *before,
                           float *const *got, float *const *wanted, selftest_finding *finding,
                           text *why, anet_error *err) {
    const kernel_case *c = reference->c;
    search s = {.reference = reference, .c = c, .in = in, .got = got, .wanted = wanted};
    s.data = anet_calloc((size_t)c->ins + 1, sizeof *s.data);
    s.results = case_new_outputs(c);
    s.all_zero = all_are_zero(&s, got);
    explain(&s, before, finding, why, err);
    for (size_t i = 0; i < s.guesses.len; i++) {
        free(s.guesses.at[i].words);
    }
    vec_free(&s.guesses);
    text_free(&s.zeroing);
    text_free(&s.words);
    case_free_data(s.results, c->outs);
    free(s.data);
    return err->code;
}
