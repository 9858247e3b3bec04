/* emit_c.c: the C program: templates/program.c with each @section@ filled in by the function of
 * that name. The same model gives the same bytes on every machine. */
#include "embedded.h"
#include "emit.h"

#include <string.h>

typedef void section(const product *p, text *out);

static void c_string(text *out, const char *s) {
    text_putc(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') {
            text_printf(out, "\\%c", *s);
        } else if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7F) {
            text_printf(out, "\\%03o", (unsigned char)*s);
        } else {
            text_putc(out, *s);
        }
    }
    text_putc(out, '"');
}

static void dims(text *out, int rank, const int64_t *dim) {
    text_printf(out, "%d, {", rank);
    for (int i = 0; i < rank; i++) {
        text_printf(out, "%s%lld", i ? ", " : "", (long long)dim[i]);
    }
    text_puts(out, rank ? "}" : "0}");
}

/* C has no empty arrays: a row that nothing counts. */
static void empty_if(text *out, bool empty) {
    text_puts(out, empty ? "\n    {0}," : "");
}

static void token_inputs(text *out, const token_input *t, size_t n) {
    for (size_t i = 0; i < n; i++) {
        text_printf(out, "\n    {\"%s\", %lld, %lld},", t[i].name, (long long)t[i].length,
                    (long long)t[i].vocab);
    }
    empty_if(out, n == 0);
}

static void inputs(const product *p, text *out) {
    token_inputs(out, p->m->g->inputs.at, p->m->g->inputs.len);
}

static void targets(const product *p, text *out) {
    token_inputs(out, p->m->g->targets.at, p->m->g->targets.len);
}

static void config(const product *p, text *out) {
    for (size_t i = 0; i < p->m->config.len; i++) {
        text_printf(out, "\n    {\"%s\", %.17g},", p->m->config.at[i].name,
                    p->m->config.at[i].value);
    }
    empty_if(out, p->m->config.len == 0);
}

static void params(const product *p, text *out) {
    static const char *const inits[] = {
        [ANET_INIT_ZEROS] = "ANET_INIT_ZEROS",       [ANET_INIT_ONES] = "ANET_INIT_ONES",
        [ANET_INIT_CONSTANT] = "ANET_INIT_CONSTANT", [ANET_INIT_NORMAL] = "ANET_INIT_NORMAL",
        [ANET_INIT_UNIFORM] = "ANET_INIT_UNIFORM",
    };
    const graph *g = p->m->g;
    for (size_t i = 0; i < g->params.len; i++) {
        const param *x = &g->params.at[i];
        text_printf(out, "\n    {\"%s\", ", x->name);
        dims(out, x->s.rank, x->s.dim);
        text_printf(out, ", %s, %.17g, %.17g, %s%s%s},", inits[x->init], x->a, x->b,
                    x->frozen ? "ANET_PARAM_FROZEN" : "",
                    x->s.rank < 2 ? (x->frozen ? " | ANET_PARAM_NO_DECAY" : "ANET_PARAM_NO_DECAY")
                                  : "",
                    x->frozen || x->s.rank < 2 ? "" : "0");
    }
    empty_if(out, g->params.len == 0);
}

static void foreign(const product *p, text *out) {
    for (size_t i = 0; i < p->m->foreign.len; i++) {
        const anet_foreign *f = &p->m->foreign.at[i];
        text_printf(out, "\n    {\"%s\", \"%s\", ", f->format, f->name);
        c_string(out, f->pattern);
        text_puts(out, "},");
    }
    empty_if(out, p->m->foreign.len == 0);
}

static void mil(const product *p, text *out) {
    for (int i = 0; i < p->l->n_programs; i++) {
        const program *k = &p->l->programs[i];
        text_printf(out, "\nstatic const char mil_%d[] = /* %s */", i, k->name);
        for (const char *line = k->mil.at; *line;) {
            const char *end = strchr(line, '\n');
            char *copy = anet_calloc((size_t)(end - line) + 1, 1);
            memcpy(copy, line, (size_t)(end - line));
            text_puts(out, "\n    ");
            c_string(out, copy);
            out->len--; /* the closing quote comes after the newline */
            text_puts(out, "\\n\"");
            free(copy);
            line = end + 1;
        }
        text_puts(out, ";\n");
    }
}

static void feed(const anet_feed *f, text *out) {
    text_puts(out, "\n    {");
    if (f->blob) {
        c_string(out, f->blob);
    } else {
        text_puts(out, "NULL");
    }
    text_printf(out, ", %d, %zu, {%zu, %zu, %zu}},", f->port, f->elements, f->region.offset,
                f->region.width, f->region.stride);
}

static void feeds(const product *p, text *out) {
    for (int i = 0; i < p->l->n_programs; i++) {
        const program *k = &p->l->programs[i];
        if (program_is_plain(k)) {
            continue;
        }
        text_printf(out, "\nstatic const anet_feed feeds_%d[] = { /* %s */", i, k->name);
        for (int a = 0; a < k->n_in; a++) {
            feed(&k->feed[a], out);
            text_printf(out, " /* %s */", k->in[a].name);
        }
        text_puts(out, "\n};\n");
    }
}

static void kernels(const product *p, text *out) {
    for (int i = 0; i < p->l->n_programs; i++) {
        const program *k = &p->l->programs[i];
        text_printf(out, "\n    {\"%s\", %s, mil_%d, sizeof mil_%d - 1, %d, %d, %d, ", k->name,
                    k->place == ANET_PLACE_CPU ? "ANET_PLACE_CPU" : "ANET_PLACE_ANE", i, i, k->n_in,
                    k->n_out, k->n_ports);
        if (program_is_plain(k)) {
            text_puts(out, "NULL},");
        } else {
            text_printf(out, "feeds_%d},", i);
        }
    }
    empty_if(out, p->l->n_programs == 0);
}

static void slots(const product *p, text *out) {
    for (size_t i = 0; i < p->s->slots.len; i++) {
        text_printf(out, "%s%lld,", i % 8 ? " " : "\n    ", (long long)p->s->slots.at[i]);
    }
    text_puts(out, p->s->slots.len ? "" : "\n    0,");
}

static void values(const product *p, text *out) {
    static const char *const kinds[] = {
        [ANET_VALUE_TEMP] = "ANET_VALUE_TEMP",     [ANET_VALUE_PARAM] = "ANET_VALUE_PARAM",
        [ANET_VALUE_TABLE] = "ANET_VALUE_TABLE",   [ANET_VALUE_INPUT] = "ANET_VALUE_INPUT",
        [ANET_VALUE_TARGET] = "ANET_VALUE_TARGET", [ANET_VALUE_SEED] = "ANET_VALUE_SEED",
    };
    static const char *const tables[] = {
        [ANET_TABLE_ROPE_COS] = "ANET_TABLE_ROPE_COS",
        [ANET_TABLE_ROPE_SIN] = "ANET_TABLE_ROPE_SIN",
        [ANET_TABLE_CAUSAL_MASK] = "ANET_TABLE_CAUSAL_MASK",
    };
    int n_tables = 0;
    for (size_t i = 0; i < p->s->values.len; i++) {
        const sched_value *v = &p->s->values.at[i];
        const node *n = graph_node(p->m->g, v->v);
        anet_value_kind kind = value_kind(n->op);
        int index = kind == ANET_VALUE_TEMP    ? v->slot
                    : kind == ANET_VALUE_TABLE ? n_tables++
                                               : (int)n->at.index;
        text_printf(out, "\n    {\"%s\", %s, %d, ", v->name, kinds[kind], index);
        const shape *shown = &graph_node(p->m->g, v->shown)->s;
        dims(out, shown->rank, shown->dim);
        if (kind == ANET_VALUE_TABLE) {
            text_printf(out, ", %s, %.17g", tables[n->at.index], n->at.number);
        } else {
            text_puts(out, ", 0, 0");
        }
        text_printf(out, "}, /* %zu */", i);
    }
}

static void args(const product *p, text *out) {
    for (size_t i = 0; i < p->s->steps.len; i++) {
        const step *x = &p->s->steps.at[i];
        text_printf(out, "static const int args_%zu[] = {", i);
        for (int k = 0; k < x->n_args; k++) {
            text_printf(out, "%s%d", k ? ", " : "", x->args[k]);
        }
        text_puts(out, "};\n");
    }
}

static void steps(const product *p, text *out) {
    static const char *const ops[] = {
#define ANET_STEP(ID, ...) "ANET_STEP_" #ID,
#include "steps.def"
    };
    for (size_t i = 0; i < p->s->steps.len; i++) {
        const step *x = &p->s->steps.at[i];
        if ((int)i == p->s->n_forward) {
            text_puts(out, "\n    /* backward */");
        }
        text_printf(out, "\n    {%s, %d, %d, %d, %d, %d, args_%zu, \"%s\"", ops[x->op], x->program,
                    x->param, x->transpose_a, x->transpose_b, x->n_args, i, x->comment);
        text_printf(out, ", {%lld, %lld}},", (long long)x->columns[0], (long long)x->columns[1]);
        if (x->op == ANET_STEP_EVAL) {
            text_printf(out, " /* %s */", p->l->programs[x->program].name);
        }
    }
}

static void counts(const product *p, text *out) {
    const graph *g = p->m->g;
    text_printf(out, "    .n_inputs = %zu,\n    .n_targets = %zu,\n    .n_config = %zu,\n",
                g->inputs.len, g->targets.len, p->m->config.len);
    text_printf(out, "    .n_params = %zu,\n    .n_slots = %zu,\n    .n_values = %zu,\n",
                g->params.len, p->s->slots.len, p->s->values.len);
    text_printf(out, "    .n_kernels = %d,\n    .n_steps = %zu,\n    .n_forward = %d,\n",
                p->l->n_programs, p->s->steps.len, p->s->n_forward);
    text_printf(out, "    .n_foreign = %zu,\n    .loss = %d,\n    .logits = %d,", p->m->foreign.len,
                p->s->loss, p->s->logits);
}

static void recipe(const product *p, text *out) {
    const anet_recipe *r = &p->m->recipe;
    text_printf(out, ".lr = %.17g, .beta1 = %.17g, .beta2 = %.17g, .eps = %.17g, ", r->lr, r->beta1,
                r->beta2, r->eps);
    text_printf(out, ".decay = %.17g, .clip = %.17g,\n               ", r->decay, r->clip);
    text_printf(out, ".warmup = %d, .floor = %.17g, .batch = %d, .accumulate = %d, ", r->warmup,
                r->floor, r->batch, r->accumulate);
    text_printf(out, ".steps = %d, .loss_scale = %.17g", r->steps, r->loss_scale);
}

static void name(const product *p, text *out) {
    text_puts(out, p->m->name);
}

static void version(const product *p, text *out) {
    (void)p;
    text_puts(out, ANET_VERSION);
}

/* The file's name only: the same model gives the same bytes in every folder. */
static void source_file(const product *p, text *out) {
    const char *slash = strrchr(p->source, '/');
    text_puts(out, slash ? slash + 1 : p->source);
}

static const struct {
    const char *name;
    section *write;
} sections[] = {
    {"name", name},       {"version", version}, {"source", source_file}, {"inputs", inputs},
    {"targets", targets}, {"config", config},   {"params", params},      {"foreign", foreign},
    {"mil", mil},         {"feeds", feeds},     {"kernels", kernels},    {"slots", slots},
    {"values", values},   {"args", args},       {"steps", steps},        {"counts", counts},
    {"recipe", recipe},
};

static void fill_in(const product *p, const char *key, size_t n, text *out) {
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (strlen(sections[i].name) == n && memcmp(sections[i].name, key, n) == 0) {
            sections[i].write(p, out);
            return;
        }
    }
    die("the template has an unknown section @%.*s@", (int)n, key);
}

void emit_c(const product *p, text *out) {
    const char *at = template_files[0].text;
    for (const char *mark = strchr(at, '@'); mark; mark = strchr(at, '@')) {
        text_add(out, at, (size_t)(mark - at));
        const char *end = strchr(mark + 1, '@');
        fill_in(p, mark + 1, (size_t)(end - mark - 1), out);
        at = end + 1;
    }
    text_puts(out, at);
}
