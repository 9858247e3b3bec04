/* Any program that can be read: it does not differ from itself, its work is a number, and whatever
 * is cut out of it prints as text that can be read. */
#include "fuzz.h"

#include "mil/cost.h"
#include "mil/diff_match.h"
#include "mil/reduce_edit.h"

#include <string.h>

enum { LONGEST = 4000 }; /* of what is edited: an edit reads the text again */

static mil_program *read_again(const uint8_t *data, size_t size) {
    mil_program *p = NULL;
    anet_error err = {0};
    mil_read((const char *)data, size, "fuzz.mil", &p, &err);
    return p;
}

/* ---- diff ---- */

static void compare_function(arena *a, const mil_func *f, const mil_func *g) {
    diff_graph x, y;
    uint64_t *params = ARENA_ARRAY(a, uint64_t, f->body.params);
    for (int i = 0; i < f->body.params; i++) {
        params[i] = (uint64_t)i;
    }
    diff_graph_build(&x, a, f, params, NULL);
    diff_graph_build(&y, a, g, params, NULL);
    for (int i = 0; i < f->body.params; i++) {
        x.values.at[i].twin = y.values.at[i].twin = i;
    }
    diff_match(&x, &x.body, &y, &y.body);
    for (int i = 0; i < x.body.nodes; i++) {
        const diff_node *n = &x.nodes.at[x.body.node[i]];
        if (n->twin == NOTHING || y.nodes.at[n->twin].hash != n->hash) {
            abort();
        }
    }
    diff_graph_free(&x);
    diff_graph_free(&y);
}

/* ---- stats ---- */

static void add_work(void *context, const mil_func *func, const mil_inference *in) {
    (void)func;
    mil_work w = mil_work_of(in);
    double *sum = context;
    *sum += mil_cost_op(mil_cost_find("m2"), &w);
    if (!(w.macs >= 0 && w.elements >= 0 && w.bytes >= 0)) {
        abort();
    }
}

static void measure(const mil_program *p) {
    mil_findings f = {.memory = arena_new(), .max_errors = 100};
    double seconds = 0;
    mil_examine(p, &f, add_work, &seconds);
    if (!(seconds >= 0)) {
        abort();
    }
    arena_free(f.memory);
    mil_findings_free(&f);
}

/* ---- reduce ---- */

static void check_text(const mil_program *p) {
    text out = {0};
    mil_print(p, &out);
    mil_program *again = read_again((const uint8_t *)out.at, out.len);
    if (!again) {
        abort();
    }
    mil_free(again);
    text_free(&out);
}

/* each kind of edit at one place that the text chooses */
static void edit(const uint8_t *data, size_t size) {
    unsigned place = 0;
    for (size_t i = 0; i < size; i++) {
        place = place * 31 + data[i];
    }
    for (const reduction *kind = reductions; kind->name; kind++) {
        mil_program *p = read_again(data, size);
        int n = kind->items(p), first = n > 0 ? (int)(place % (unsigned)n) : 0;
        int count = kind->chunks && n > first ? 1 + (int)(place / 7 % (unsigned)(n - first)) : 1;
        if (n > 0 && kind->apply(p, first, count)) {
            check_text(p);
        }
        mil_free(p);
    }
    mil_program *p = read_again(data, size);
    int64_t dim = greatest_dim(p, 0);
    if (dim > 1 && reduce_dims(p, dim, 1 + dim / 2, place % 2, true)) {
        check_text(p);
    }
    mil_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    mil_program *p = read_again(data, size), *q = p ? read_again(data, size) : NULL;
    if (p && q) {
        for (int i = 0; i < p->funcs; i++) {
            compare_function(p->memory, &p->func[i], &q->func[i]);
        }
        measure(p);
        if (size <= LONGEST) {
            edit(data, size);
        }
    }
    mil_free(p);
    mil_free(q);
    return 0;
}
