/* show.c: tables of values, or the same as JSON. */
#include "mil_run/run.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIRST = 6, COLUMNS = 8 };

typedef struct values {
    VEC(run_value) all;
} values;

/* the outputs that do not go to files */
static void shown_outputs(const run *r, values *to) {
    for (int i = 0; i < r->program->outputs; i++) {
        const anet_port *port = &r->program->output[i];
        if (run_find_pair(&r->options, RUN_OUT, port->name)) {
            continue;
        }
        shape s = {.rank = port->rank, .n = port->elements};
        for (int k = 0; k < port->rank; k++) {
            s.dim[k] = (size_t)port->dims[k];
        }
        mil_dtype dtype = mil_dtype_named(port->dtype, strlen(port->dtype));
        run_value v = run_describe(port->name, NULL, dtype, &s, r->out[i]);
        v.words = r->out[i];
        vec_push(&to->all, v);
    }
}

static double element(const run_value *v, size_t i) {
    return mil_is_integer(v->dtype) ? ((const int32_t *)v->words)[i]
                                    : (double)((const float *)v->words)[i];
}

static const char *type_of(arena *a, const run_value *v) {
    int64_t dims[MAX_RANK];
    for (int i = 0; i < v->shape.rank; i++) {
        dims[i] = (int64_t)v->shape.dim[i];
    }
    return run_show_type(a, v->dtype, v->shape.rank, dims);
}

/* --- tables --- */

static const char *number(arena *a, double x) {
    return isnan(x) ? "-" : arena_printf(a, "%.6g", x);
}

static const char *first_elements(arena *a, const run_value *v) {
    text t = {0};
    for (size_t i = 0; i < v->shape.n && i < FIRST; i++) {
        double x = element(v, i);
        text_printf(&t, "%s%.6g", i ? " " : "", isnan(x) ? fabs(x) : x);
    }
    text_puts(&t, v->shape.n > FIRST ? " ..." : "");
    return text_move(&t, a);
}

static void make_row(arena *a, const run_value *v, const char *cells[COLUMNS]) {
    int n = 0;
    cells[n++] = v->name;
    if (v->op) {
        cells[n++] = v->op;
    }
    cells[n++] = type_of(a, v);
    cells[n++] = number(a, v->least);
    cells[n++] = number(a, v->most);
    cells[n++] = number(a, v->mean);
    cells[n++] = arena_printf(a, "%zu", v->nonfinite);
    cells[n] = v->words ? first_elements(a, v) : NULL;
}

static void show_table(const run_value *v, size_t n, text *out) {
    static const char *const with_op[COLUMNS] = {"value", "op",   "type",       "min",
                                                 "max",   "mean", "non-finite", NULL};
    static const char *const without[COLUMNS] = {"output", "type",       "min",   "max",
                                                 "mean",   "non-finite", "first", NULL};
    arena *a = arena_new();
    const char *(*rows)[COLUMNS] = arena_array(a, n + 1, sizeof *rows);
    size_t width[COLUMNS] = {0};
    memcpy(rows[0], v->op ? with_op : without, sizeof rows[0]);
    for (size_t i = 0; i < n; i++) {
        make_row(a, &v[i], rows[i + 1]);
    }
    for (size_t i = 0; i <= n; i++) {
        for (int c = 0; c < COLUMNS && rows[i][c]; c++) {
            size_t length = strlen(rows[i][c]);
            width[c] = length > width[c] ? length : width[c];
        }
    }
    for (size_t i = 0; i <= n; i++) {
        for (int c = 0; c < COLUMNS && rows[i][c]; c++) {
            bool last = c + 1 == COLUMNS || !rows[i][c + 1];
            text_printf(out, "%s%-*s", c ? "  " : "", last ? 0 : (int)width[c], rows[i][c]);
        }
        text_putc(out, '\n');
    }
    arena_free(a);
}

static void show_times(const run *r, text *out) {
    text_printf(out, "read %.3f ms, planned %.3f ms, ran %.3f ms\n", 1e3 * r->read_seconds,
                1e3 * r->plan_seconds, 1e3 * r->run_seconds);
}

/* --- JSON --- */

static void json_string(const char *key, const char *s, text *out) {
    text_printf(out, "\"%s\": ", key);
    text_json(out, s, strlen(s));
}

/* JSON has no NaN and no infinity */
static void json_number(const char *key, double x, text *out) {
    text_printf(out, isfinite(x) ? "%s%.9g" : "%snull", key, x);
}

static void json_value(const run_value *v, text *out) {
    text_putc(out, '{');
    json_string("name", v->name, out);
    if (v->op) {
        text_puts(out, ", ");
        json_string("op", v->op, out);
    }
    text_printf(out, ", \"dtype\": \"%s\", \"shape\": [", mil_dtype_name(v->dtype));
    for (int i = 0; i < v->shape.rank; i++) {
        text_printf(out, "%s%zu", i ? ", " : "", v->shape.dim[i]);
    }
    json_number("], \"min\": ", v->least, out);
    json_number(", \"max\": ", v->most, out);
    json_number(", \"mean\": ", v->mean, out);
    text_printf(out, ", \"nonfinite\": %zu", v->nonfinite);
    if (v->words) {
        for (size_t i = 0; i < v->shape.n && i < FIRST; i++) {
            json_number(i ? ", " : ", \"first\": [", element(v, i), out);
        }
        text_puts(out, v->shape.n ? "]" : ", \"first\": []");
    }
    text_putc(out, '}');
}

static void json_values(const char *key, const run_value *v, size_t n, text *out) {
    text_printf(out, ", \"%s\": [", key);
    for (size_t i = 0; i < n; i++) {
        text_puts(out, i ? ", " : "");
        json_value(&v[i], out);
    }
    text_putc(out, ']');
}

static void json_report(const host_report *report, text *out) {
    static const char *const events[] = {
#define EVENT(ID, header, at_once, meaning) header,
#include "host/tally.def"
    };
    text_printf(out, ", \"report\": {\"products\": %" PRIu64, host_report_products(report));
    for (int e = 0; e < TALLY_EVENTS; e++) {
        text_printf(out, ", \"%s\": %" PRIu64, events[e],
                    host_report_total(report, (tally_event)e));
    }
    text_putc(out, '}');
}

static void show_json(const run *r, const values *outputs, text *out) {
    text_putc(out, '{');
    json_string("program", r->name, out);
    text_puts(out, ", ");
    json_string("function", r->func->name, out);
    text_puts(out, ", ");
    json_string("numerics", host_numerics_names[r->options.numerics], out);
    if (r->options.text[RUN_STATS]) {
        json_values("values", r->seen.at, r->seen.len, out);
    }
    json_values("outputs", outputs->all.at, outputs->all.len, out);
    if (r->report) {
        json_report(r->report, out);
    }
    if (r->options.text[RUN_TIME]) {
        text_printf(out, ", \"seconds\": {\"read\": %.6f, \"plan\": %.6f, \"run\": %.6f}",
                    r->read_seconds, r->plan_seconds, r->run_seconds);
    }
    text_puts(out, "}\n");
}

void run_show(const run *r, text *out) {
    values outputs = {0};
    shown_outputs(r, &outputs);
    if (r->options.text[RUN_JSON]) {
        show_json(r, &outputs, out);
    } else {
        if (r->seen.len) {
            show_table(r->seen.at, r->seen.len, out);
        }
        if (outputs.all.len) {
            text_puts(out, r->seen.len ? "\n" : "");
            show_table(outputs.all.at, outputs.all.len, out);
        }
        if (r->options.text[RUN_TIME]) {
            show_times(r, out);
        }
    }
    vec_free(&outputs.all);
}
