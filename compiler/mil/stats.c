/* stats.c: `anetc mil stats`: what a program consists of and what work it is. */
#include "mil/tool.h"

#include "mil/cost.h"
#include "mil/walk.h"
#include "name_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct op_count {
    const char *op;
    int count;
} op_count;

typedef struct summary { /* of one function */
    const mil_func *func;
    arena *memory;
    name_map index; /* op -> op_count */
    VEC(op_count *) ops;
    int op_total, constants, checked, unknown;
    double literal_bytes, blob_bytes;
    int blobs;
    mil_work work;
    double *seconds; /* for each target */
} summary;

typedef struct stats_run {
    tool *tool;
    const mil_cost_target **target;
    int targets;
    const char **name;
} stats_run;

/* ---- counting ---- */

static double value_bytes(const mil_value *v) {
    int64_t n = v->type.kind == MIL_TENSOR ? mil_elements(&v->type) : -1;
    return n < 0 ? 0 : ((double)n * mil_dtype_bits(v->type.dtype) + 7) / 8;
}

static void count_value(void *context, const mil_value *v) {
    summary *s = context;
    if (v->kind == MIL_BLOB) {
        s->blobs++;
        s->blob_bytes += (double)(int64_t)value_bytes(v);
    } else if (v->kind == MIL_NUMBERS) {
        s->literal_bytes += (double)(int64_t)value_bytes(v);
    }
}

static void count_op(void *context, const mil_op *op) {
    summary *s = context;
    mil_visit_op_values(op, count_value, s);
    if (strcmp(op->op, "const") == 0) {
        s->constants++;
        return;
    }
    op_count *known = name_get(&s->index, op->op);
    if (!known) {
        known = ARENA_NEW(s->memory, op_count);
        known->op = op->op;
        name_set(s->memory, &s->index, op->op, known);
        vec_push(&s->ops, known);
    }
    known->count++;
    s->op_total++;
}

typedef struct counting {
    const stats_run *run;
    summary *of; /* one for each function */
    const mil_program *program;
} counting;

static void count_work(void *context, const mil_func *func, const mil_inference *in) {
    const counting *c = context;
    summary *s = &c->of[func - c->program->func];
    if (strcmp(in->op->op, "const") == 0) {
        return;
    }
    mil_work w = mil_work_of(in);
    s->checked++;
    s->unknown += !w.known;
    s->work.macs += w.macs;
    s->work.elements += w.elements;
    s->work.bytes += w.bytes;
    for (int i = 0; i < c->run->targets; i++) {
        s->seconds[i] += mil_cost_op(c->run->target[i], &w);
    }
}

static int compare_counts(const void *a, const void *b) {
    const op_count *x = *(op_count *const *)a, *y = *(op_count *const *)b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : strcmp(x->op, y->op);
}

static void begin_summary(const stats_run *run, summary *s, arena *memory, const mil_func *func) {
    *s = (summary){.func = func, .memory = memory};
    s->seconds = ARENA_ARRAY(memory, double, run->targets);
    for (int i = 0; i < run->targets; i++) {
        s->seconds[i] = mil_cost_start(run->target[i]);
    }
    mil_visit_ops(&func->body, count_op, s);
    if (s->ops.len > 1) {
        qsort(s->ops.at, s->ops.len, sizeof *s->ops.at, compare_counts);
    }
}

/* ---- showing ---- */

static const mil_type *type_of(const mil_func *f, const char *name) {
    const mil_block *b = &f->body;
    for (int i = 0; i < b->params; i++) {
        if (strcmp(b->param[i].name, name) == 0) {
            return &b->param[i].type;
        }
    }
    for (int i = 0; i < b->ops; i++) {
        for (int k = 0; k < b->op[i].outs; k++) {
            if (strcmp(b->op[i].out[k].name, name) == 0) {
                return &b->op[i].out[k].type;
            }
        }
    }
    return NULL;
}

static void scaled(double x, const char *unit, text *out) {
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P"};
    size_t i = 0;
    while (x >= 1000 && i + 1 < sizeof prefixes / sizeof *prefixes) {
        x /= 1000;
        i++;
    }
    text_printf(out, i ? "%.3g %s%s" : "%.0f %s%s", x, prefixes[i], unit);
}

static double type_bytes(const mil_type *t) {
    int64_t n = t->kind == MIL_TENSOR ? mil_elements(t) : -1;
    return n < 0 ? -1 : (double)n * mil_dtype_bits(t->dtype) / 8;
}

static void show_port(const mil_program *p, const char *what, const char *name, const mil_type *t,
                      text *out) {
    text_printf(out, "  %-6s %s: ", what, name);
    if (t) {
        mil_print_type(p, t, out);
        double bytes = type_bytes(t);
        if (bytes >= 0) {
            text_puts(out, ", ");
            scaled(bytes, "B", out);
        }
    }
    text_putc(out, '\n');
}

static void show_ops(const summary *s, text *out) {
    enum { WIDTH = 90, INDENT = 9 };
    size_t line = out->len;
    text_puts(out, "  ops    ");
    for (size_t i = 0; i < s->ops.len; i++) {
        char one[160];
        int n = snprintf(one, sizeof one, "%s %d%s", s->ops.at[i]->op, s->ops.at[i]->count,
                         i + 1 < s->ops.len ? "," : "");
        if (out->len - line + (size_t)n + 1 > WIDTH && i > 0) {
            text_putc(out, '\n');
            line = out->len;
            text_printf(out, "%*s", INDENT, "");
        } else if (i > 0) {
            text_putc(out, ' ');
        }
        text_puts(out, one);
    }
    text_putc(out, '\n');
}

static void show_work(const stats_run *run, const summary *s, text *out) {
    text_puts(out, "  data   ");
    scaled(s->blob_bytes, "B", out);
    text_puts(out, " in ");
    count_show((size_t)s->blobs, "blob", out);
    text_puts(out, ", ");
    scaled(s->literal_bytes, "B", out);
    text_puts(out, " in literals\n  work   ");
    scaled(2 * s->work.macs, "FLOP", out);
    text_puts(out, " in products, ");
    scaled(s->work.elements, "OP", out);
    text_puts(out, " on elements, ");
    scaled(s->work.bytes, "B", out);
    text_puts(out, " moved\n  time  ");
    for (int i = 0; i < run->targets; i++) {
        text_printf(out, "%s %s ", i ? "," : "", run->name[i]);
        text_printf(out, s->seconds[i] < 1e-3 ? "%.0f us" : "%.3g ms",
                    s->seconds[i] * (s->seconds[i] < 1e-3 ? 1e6 : 1e3));
    }
    text_puts(out, " (to compare with; not measured)\n");
    int wrong = s->op_total - s->checked, open = s->unknown;
    if (wrong > 0) {
        text_printf(out, "  note   %d not counted: wrong, see anetc mil check\n", wrong);
    }
    if (open > 0) {
        text_printf(out, "  note   %d not counted: of no static shape\n", open);
    }
}

static void show_text(const stats_run *run, const mil_program *p, const summary *s, text *out) {
    const mil_func *f = s->func;
    text_printf(out, "  %s, %s: ", f->name, f->opset);
    count_show((size_t)s->op_total, "op", out);
    text_puts(out, ", ");
    count_show((size_t)s->constants, "constant", out);
    text_putc(out, '\n');
    for (int i = 0; i < f->body.params; i++) {
        show_port(p, "in", f->body.param[i].name, &f->body.param[i].type, out);
    }
    for (int i = 0; i < f->body.results; i++) {
        show_port(p, "out", f->body.result[i], type_of(f, f->body.result[i]), out);
    }
    show_ops(s, out);
    show_work(run, s, out);
}

static void json_port(const mil_program *p, const char *name, const mil_type *t, text *out) {
    text type = {0};
    if (t) {
        mil_print_type(p, t, &type);
    }
    text_puts(out, "{\"name\":");
    text_json(out, name, strlen(name));
    text_puts(out, ",\"type\":");
    text_json(out, type.at ? type.at : "", type.len);
    if (t && type_bytes(t) >= 0) {
        text_printf(out, ",\"bytes\":%.0f", type_bytes(t));
    }
    text_putc(out, '}');
    text_free(&type);
}

static void json_ports(const mil_program *p, const mil_func *f, text *out) {
    text_puts(out, ",\"inputs\":[");
    for (int i = 0; i < f->body.params; i++) {
        text_puts(out, i ? "," : "");
        json_port(p, f->body.param[i].name, &f->body.param[i].type, out);
    }
    text_puts(out, "],\"outputs\":[");
    for (int i = 0; i < f->body.results; i++) {
        text_puts(out, i ? "," : "");
        json_port(p, f->body.result[i], type_of(f, f->body.result[i]), out);
    }
    text_putc(out, ']');
}

static void show_json(const stats_run *run, const mil_program *p, const char *path,
                      const summary *s, text *out) {
    text_puts(out, "{\"file\":");
    text_json(out, path, strlen(path));
    text_puts(out, ",\"function\":");
    text_json(out, s->func->name, strlen(s->func->name));
    text_puts(out, ",\"opset\":");
    text_json(out, s->func->opset, strlen(s->func->opset));
    json_ports(p, s->func, out);
    text_puts(out, ",\"ops\":{");
    for (size_t i = 0; i < s->ops.len; i++) {
        text_puts(out, i ? "," : "");
        text_json(out, s->ops.at[i]->op, strlen(s->ops.at[i]->op));
        text_printf(out, ":%d", s->ops.at[i]->count);
    }
    text_printf(out, "},\"constants\":%d,\"blobs\":%d,\"blob_bytes\":%.0f,\"literal_bytes\":%.0f",
                s->constants, s->blobs, s->blob_bytes, s->literal_bytes);
    text_printf(out, ",\"product_flops\":%.0f,\"element_operations\":%.0f,\"bytes_moved\":%.0f",
                2 * s->work.macs, s->work.elements, s->work.bytes);
    text_printf(out, ",\"not_counted\":%d,\"estimated_seconds\":{",
                s->op_total - s->checked + s->unknown);
    for (int i = 0; i < run->targets; i++) {
        text_printf(out, "%s\"%s\":%.9g", i ? "," : "", run->name[i], s->seconds[i]);
    }
    text_puts(out, "}}\n");
}

/* ---- files ---- */

static void show_program(const stats_run *run, const mil_file *f) {
    const mil_program *p = f->program;
    summary *all = ARENA_ARRAY(f->memory, summary, p->funcs);
    for (int i = 0; i < p->funcs; i++) {
        begin_summary(run, &all[i], f->memory, &p->func[i]);
    }
    mil_findings found = {.memory = f->memory};
    counting c = {run, all, p};
    mil_examine(p, &found, count_work, &c);
    mil_findings_free(&found);
    text *out = &run->tool->out;
    if (!run->tool->json) {
        text_printf(out, "%s: program(%d.%d)\n", f->path, p->version_major, p->version_minor);
    }
    for (int i = 0; i < p->funcs; i++) {
        if (run->tool->json) {
            show_json(run, p, f->path, &all[i], out);
        } else {
            show_text(run, p, &all[i], out);
        }
        vec_free(&all[i].ops);
    }
}

static anet_code show_file(void *context, const mil_file *f, anet_error *err) {
    if (!f->program) {
        return mil_findings_fail(&f->wrong, f->path, err);
    }
    show_program(context, f);
    return ANET_OK;
}

/* all chips, or those of --target */
static void choose_targets(stats_run *run) {
    tool *t = run->tool;
    int n = t->targets ? t->targets : mil_target_count();
    run->target = ARENA_ARRAY(t->memory, const mil_cost_target *, n);
    run->name = ARENA_ARRAY(t->memory, const char *, n);
    for (int i = 0; i < n; i++) {
        const char *name = mil_target_name(t->targets ? t->target[i] : mil_target_at(i));
        const mil_cost_target *target = mil_cost_find(name);
        if (target) {
            run->target[run->targets] = target;
            run->name[run->targets++] = name;
        }
    }
}

anet_code tool_stats(tool *t) {
    stats_run run = {.tool = t};
    choose_targets(&run);
    return for_each_file(t, show_file, &run);
}
