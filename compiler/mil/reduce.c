/* reduce.c: `anetc mil reduce`: delta debugging. Every kind of edit is tried on halves, quarters
 * ... of what it applies to, from the end to the beginning, until none helps any more. */
#include "mil/reduce_edit.h"
#include "mil/reduce_failure.h"

#include "interrupt.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 20 };

typedef struct reducer {
    tool *tool;
    failure failure;
    text best;        /* the smallest program so far */
    mil_program *now; /* the same */
} reducer;

static bool stopped(const reducer *r) {
    return r->tool->err->code || interrupt_wanted();
}

static mil_program *copy_of(const reducer *r) {
    mil_program *p = NULL;
    anet_error none = {0};
    mil_read(r->best.at, r->best.len, "best", &p, &none);
    return p;
}

/* Takes the program; keeps it if it still fails. */
static bool propose(reducer *r, mil_program *p) {
    text candidate = {0};
    mil_print(p, &candidate);
    bool other = candidate.len != r->best.len || memcmp(candidate.at, r->best.at, r->best.len) != 0;
    bool good = other && still_fails(&r->failure, candidate.at, candidate.len, r->tool->err);
    if (good) {
        text_free(&r->best);
        r->best = candidate;
        mil_free(r->now);
        r->now = p;
    } else {
        text_free(&candidate);
        mil_free(p);
    }
    return good;
}

static bool attempt(reducer *r, const reduction *kind, int first, int count) {
    mil_program *p = copy_of(r);
    if (!kind->apply(p, first, count)) {
        mil_free(p);
        return false;
    }
    return propose(r, p);
}

/* chunks of this size, from the end to the beginning */
static bool sweep(reducer *r, const reduction *kind, int chunk) {
    bool smaller = false;
    for (int end = kind->items(r->now); end > 0 && !stopped(r);) {
        int first = end > chunk ? end - chunk : 0;
        if (attempt(r, kind, first, end - first)) {
            smaller = true;
            int left = kind->items(r->now);
            end = first < left ? first : left;
        } else {
            end = first;
        }
    }
    return smaller;
}

static void report(const reducer *r, const char *what) {
    fprintf(stderr, "reduce: %-10s %5d ops, %7zu bytes, %4zu tries\n", what,
            reduce_op_count(r->now), r->best.len, r->failure.tries);
}

static bool reduce_items(reducer *r, const reduction *kind) {
    bool smaller = false;
    int n = kind->items(r->now);
    for (int chunk = kind->chunks && n > 1 ? n / 2 : 1; chunk > 0 && !stopped(r); chunk /= 2) {
        smaller = sweep(r, kind, chunk) || smaller;
    }
    if (smaller) {
        report(r, kind->name);
    }
    return smaller;
}

/* ---- sizes ---- */

static bool try_dim(reducer *r, int64_t from, int64_t to) {
    for (int multiples = 0; multiples <= 1; multiples++) {
        mil_program *p = copy_of(r);
        if (!reduce_dims(p, from, to, multiples, r->failure.id != NULL)) {
            mil_free(p);
        } else if (propose(r, p)) {
            return true;
        }
    }
    return false;
}

/* The smallest that still fails, if what fails is a limit: then halving the gap finds it. */
static bool reduce_dim(reducer *r, int64_t dim) {
    int64_t low = 0, high = dim;
    while (high - low > 1 && !stopped(r)) {
        int64_t middle = low == 0 ? 1 : low + (high - low) / 2;
        if (try_dim(r, high, middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high < dim;
}

static bool reduce_sizes(reducer *r) {
    bool smaller = false;
    for (int64_t dim = greatest_dim(r->now, 0); dim > 1 && !stopped(r);
         dim = greatest_dim(r->now, dim)) {
        smaller = reduce_dim(r, dim) || smaller;
    }
    if (smaller) {
        report(r, "sizes");
    }
    return smaller;
}

/* ---- all ---- */

static void reduce(reducer *r) {
    bool smaller = true;
    for (int round = 0; smaller && round < MOST_ROUNDS && !stopped(r); round++) {
        smaller = false;
        for (const reduction *kind = reductions; kind->name && !stopped(r); kind++) {
            smaller = reduce_items(r, kind) || smaller;
        }
        smaller = reduce_sizes(r) || smaller;
    }
}

static anet_code write_best(reducer *r) {
    const char *output = r->tool->output;
    text_putc(&r->best, '\n');
    if (!output || strcmp(output, "-") == 0) {
        text_add(&r->tool->out, r->best.at, r->best.len);
        return ANET_OK;
    }
    int error = file_write(output, r->best.at, r->best.len);
    return error ? anet_fail(r->tool->err, ANET_BAD_USAGE, "cannot write %s: %s", output,
                             strerror(error))
                 : ANET_OK;
}

static anet_code check_options(const tool *t) {
    const char *problem = NULL;
    if (!t->command && t->targets == 0 && !t->finding) {
        problem = "say what must go on failing: --target, --id or --cmd";
    } else if (t->command && (t->targets > 0 || t->finding)) {
        problem = "--cmd judges alone: leave out --target and --id";
    } else if (!t->command && (t->status >= 0 || t->keep_status)) {
        problem = "--status and --keep-status are for --cmd";
    } else if (t->status >= 0 && t->keep_status) {
        problem = "--status and --keep-status: choose one";
    } else if (t->weights && !folder_exists(t->weights)) {
        problem = "--weights needs a folder that exists";
    } else if (t->output && file_same(t->output, t->file[0])) {
        problem = "the output is the program itself; choose another with -o";
    }
    return problem ? anet_fail(t->err, ANET_BAD_USAGE, "%s", problem) : ANET_OK;
}

static anet_code reduce_file(reducer *r, const mil_file *f) {
    anet_code code = failure_begin(&r->failure, r->tool, f, r->tool->err);
    if (code == ANET_OK) {
        mil_print(f->program, &r->best);
        r->now = copy_of(r);
        report(r, r->failure.id ? r->failure.id : "start");
        reduce(r);
        code = write_best(r);
    }
    return r->tool->err->code ? r->tool->err->code : interrupt_wanted() ? ANET_INTERRUPTED : code;
}

anet_code tool_reduce(tool *t) {
    anet_code code = check_options(t);
    mil_file f = {0};
    code = code ? code : mil_file_load(&f, t->file[0], t->err);
    if (code == ANET_OK) {
        reducer r = {.tool = t};
        interrupt_watch();
        code = reduce_file(&r, &f);
        interrupt_restore();
        failure_end(&r.failure);
        mil_free(r.now);
        text_free(&r.best);
    }
    mil_file_close(&f);
    return code;
}
