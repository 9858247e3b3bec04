/* report.c: tallies, and the table that they make. */
#include "host/report.h"

#include "base/arena.h"
#include "base/vec.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct host_tally {
    const host_report *report;
    const char *program, *op, *result;
    _Atomic uint64_t count[TALLY_EVENTS], products;
    _Atomic uint64_t first[TALLY_EVENTS]; /* when, if count is not 0 */
    bool told[TALLY_EVENTS];
};

struct host_report {
    arena *memory;
    VEC(host_tally *) tallies;
    uint64_t now;
};

static const struct {
    const char *header, *meaning;
    bool at_once;
} events[TALLY_EVENTS] = {
#define EVENT(ID, header, at_once, meaning) [TALLY_##ID] = {header, meaning, at_once},
#include "host/tally.def"
};

host_report *host_report_new(void) {
    host_report *r = anet_calloc(1, sizeof *r);
    r->memory = arena_new();
    return r;
}

void host_report_free(host_report *r) {
    if (r) {
        vec_free(&r->tallies);
        arena_free(r->memory);
        free(r);
    }
}

void host_report_at(host_report *r, uint64_t now) {
    r->now = now;
}

host_tally *host_report_tally(host_report *r, const char *program, const char *op,
                              const char *result) {
    if (!r) {
        return NULL;
    }
    host_tally *t = arena_alloc(r->memory, sizeof *t);
    t->report = r;
    t->program = arena_strdup(r->memory, program);
    t->op = arena_strdup(r->memory, op);
    t->result = arena_strdup(r->memory, result);
    vec_push(&r->tallies, t);
    return t;
}

void host_tally_add(host_tally *t, tally_event event, uint64_t n) {
    if (!t || n == 0) {
        return;
    }
    if (atomic_fetch_add_explicit(&t->count[event], n, memory_order_relaxed) == 0) {
        atomic_store_explicit(&t->first[event], t->report->now, memory_order_relaxed);
    }
}

void host_tally_products(host_tally *t, uint64_t n) {
    if (t && n > 0) {
        atomic_fetch_add_explicit(&t->products, n, memory_order_relaxed);
    }
}

static uint64_t count_of(const host_tally *t, int event) {
    return atomic_load_explicit(&t->count[event], memory_order_relaxed);
}

static uint64_t first_of(const host_tally *t, int event) {
    return atomic_load_explicit(&t->first[event], memory_order_relaxed);
}

static uint64_t products_of(const host_tally *t) {
    return atomic_load_explicit(&t->products, memory_order_relaxed);
}

uint64_t host_report_total(const host_report *r, tally_event event) {
    uint64_t sum = 0;
    for (size_t i = 0; i < r->tallies.len; i++) {
        sum += count_of(r->tallies.at[i], (int)event);
    }
    return sum;
}

uint64_t host_report_products(const host_report *r) {
    uint64_t sum = 0;
    for (size_t i = 0; i < r->tallies.len; i++) {
        sum += products_of(r->tallies.at[i]);
    }
    return sum;
}

/* --- text --- */

/* Of what happened in one step the first op is where it began; the rest mostly follows from it. */
bool host_report_news(host_report *r, const char *unit, text *out) {
    const host_tally *first = NULL;
    int what = 0, others = 0;
    for (size_t i = 0; i < r->tallies.len; i++) {
        host_tally *t = r->tallies.at[i];
        for (int e = 0; e < TALLY_EVENTS; e++) {
            if (!events[e].at_once || t->told[e] || count_of(t, e) == 0) {
                continue;
            }
            t->told[e] = true;
            others += first && first != t;
            what = first ? what : e;
            first = first ? first : t;
        }
    }
    if (!first) {
        return false;
    }
    text_printf(out, "%s %llu: %s: %s '%s': %s", unit, (unsigned long long)first_of(first, what),
                first->program, first->op, first->result, events[what].meaning);
    if (others) {
        text_printf(out, " (and %d more op%s)", others, others == 1 ? "" : "s");
    }
    text_putc(out, '\n');
    return true;
}

static bool any(const host_tally *t) {
    uint64_t all = 0;
    for (int e = 0; e < TALLY_EVENTS; e++) {
        all |= count_of(t, e);
    }
    return all != 0;
}

static void print_event(const host_tally *t, int e, const char *unit, text *out) {
    uint64_t n = count_of(t, e);
    if (n == 0) {
        return;
    }
    text_printf(out, "    %-14s %12llu", events[e].header, (unsigned long long)n);
    uint64_t products = products_of(t);
    if (e == TALLY_DROPPED && products) {
        text_printf(out, "  %5.1f %%", 100.0 * (double)n / (double)products);
    } else {
        text_printf(out, "  %7s", "");
    }
    text_printf(out, "  since %s %llu\n", unit, (unsigned long long)first_of(t, e));
}

static void print_meanings(const host_report *r, text *out) {
    for (int e = 0; e < TALLY_EVENTS; e++) {
        if (host_report_total(r, (tally_event)e)) {
            text_printf(out, "%-14s %s\n", events[e].header, events[e].meaning);
        }
    }
}

void host_report_print(const host_report *r, const char *unit, text *out) {
    bool quiet = true;
    for (size_t i = 0; i < r->tallies.len; i++) {
        const host_tally *t = r->tallies.at[i];
        if (!any(t)) {
            continue;
        }
        quiet = false;
        text_printf(out, "%s: %s '%s'\n", t->program, t->op, t->result);
        for (int e = 0; e < TALLY_EVENTS; e++) {
            print_event(t, e, unit, out);
        }
    }
    if (quiet) {
        text_puts(out,
                  "nothing was lost: no overflow, no product dropped, no operand off a table\n");
        return;
    }
    text_putc(out, '\n');
    print_meanings(r, out);
}
