/* emit_manifest.c: what each kernel is and where it is used, for programs (JSON) and for people. */
#include "emit.h"

#include <string.h>

static void json_string(text *out, const char *s) {
    text_json(out, s, strlen(s));
}

static void json_shape(text *out, int rank, const int64_t *dim) {
    text_putc(out, '[');
    for (int i = 0; i < rank; i++) {
        text_printf(out, "%s%lld", i ? ", " : "", (long long)dim[i]);
    }
    text_putc(out, ']');
}

static void json_ports(text *out, const char *key, const port *p, int n) {
    text_printf(out, "      \"%s\": [", key);
    for (int i = 0; i < n; i++) {
        text_printf(out, "%s\n        {\"name\": ", i ? "," : "");
        json_string(out, p[i].name);
        text_puts(out, ", \"shape\": ");
        json_shape(out, p[i].rank, p[i].dim);
        text_printf(out, ", \"dtype\": \"fp16\", \"role\": \"%s\"}", p[i].role);
    }
    text_puts(out, n ? "\n      ]" : "]");
}

static void json_names(text *out, const char *key, const port *p, int n, const char *role) {
    int shown = 0;
    text_printf(out, ",\n      \"%s\": [", key);
    for (int i = 0; i < n; i++) {
        if (strcmp(p[i].role, role) == 0) {
            text_puts(out, shown++ ? ", " : "");
            json_string(out, p[i].name);
        }
    }
    text_putc(out, ']');
}

/* Where the inputs of the steps are, if they are not simply the inputs of the program. */
static void json_feeds(const program *k, text *out) {
    for (int i = 0; i < k->n_in && !program_is_plain(k); i++) {
        const anet_feed *f = &k->feed[i];
        text_printf(out, "%s\n        {\"name\": ", i ? "," : ",\n      \"feeds\": [");
        json_string(out, k->in[i].name);
        text_puts(out, f->blob ? ", \"file\": " : ", \"input\": ");
        json_string(out, f->blob ? f->blob : k->ports[f->port].name);
        text_printf(out, ", \"offset\": %zu, \"width\": %zu, \"stride\": %zu}%s", f->region.offset,
                    f->region.width, f->region.stride, i + 1 < k->n_in ? "" : "\n      ]");
    }
}

static void json_uses(const product *p, int k, text *out) {
    int shown = 0;
    text_puts(out, ",\n      \"steps\": [");
    for (size_t i = 0; i < p->s->steps.len; i++) {
        const step *x = &p->s->steps.at[i];
        if (x->op == ANET_STEP_EVAL && x->program == k) {
            text_printf(out, "%s\n        {\"step\": %zu, \"pass\": \"%s\", \"layer\": ",
                        shown++ ? "," : "", i, (int)i < p->s->n_forward ? "forward" : "backward");
            json_string(out, x->comment);
            text_puts(out, ", \"values\": [");
            for (int a = 0; a < x->n_args; a++) {
                text_puts(out, a ? ", " : "");
                json_string(out, p->s->values.at[x->args[a]].name);
            }
            text_puts(out, "]}");
        }
    }
    text_puts(out, "\n      ]\n    }");
}

void emit_manifest(const product *p, text *out) {
    text_puts(out, "{\n  \"model\": ");
    json_string(out, p->m->name);
    text_printf(out, ",\n  \"anetc\": \"" ANET_VERSION "\",\n  \"mil\": \"program(1.%d) %s\",\n",
                p->l->form.minor, p->l->form.opset);
    text_puts(out, "  \"kernels\": [");
    for (int i = 0; i < p->l->n_programs; i++) {
        const program *k = &p->l->programs[i];
        text_printf(out, "%s\n    {\n      \"name\": \"%s\",\n      \"file\": \"%s.mil\",\n",
                    i ? "," : "", k->name, k->name);
        text_printf(out, "      \"place\": \"%s\",\n      \"operations\": %d,\n",
                    k->place == ANET_PLACE_CPU ? "cpu" : "ane", k->operations);
        json_ports(out, "inputs", k->ports, k->n_ports);
        text_puts(out, ",\n");
        json_ports(out, "outputs", k->out, k->n_out);
        json_names(out, "weights", k->in, k->n_in, "param");
        json_names(out, "taps", k->out, k->n_out, "tap");
        json_feeds(k, out);
        json_uses(p, i, out);
    }
    text_puts(out, "\n  ]\n}\n");
}

static void print_ports(text *out, const char *title, const port *p, int n) {
    for (int i = 0; i < n; i++) {
        text_printf(out, "  %-4s %-12s ", i ? "" : title, p[i].role);
        json_shape(out, p[i].rank, p[i].dim);
        text_printf(out, " %s\n", p[i].name);
    }
}

static void print_constants(text *out, const program *k) {
    for (int i = 0; i < k->n_in; i++) {
        if (k->feed[i].blob) {
            text_printf(out, "       %-12s ", "constant");
            json_shape(out, k->in[i].rank, k->in[i].dim);
            text_printf(out, " %s\n", k->in[i].name);
        }
    }
}

void emit_kernels(const product *p, text *out) {
    for (int i = 0; i < p->l->n_programs; i++) {
        const program *k = &p->l->programs[i];
        int uses = 0;
        for (size_t s = 0; s < p->s->steps.len; s++) {
            uses += p->s->steps.at[s].op == ANET_STEP_EVAL && p->s->steps.at[s].program == i;
        }
        text_printf(out, "%s on %s: %d operations, used %d time%s\n", k->name,
                    k->place == ANET_PLACE_CPU ? "cpu" : "ane", k->operations, uses,
                    uses == 1 ? "" : "s");
        print_ports(out, "in", k->ports, k->n_ports);
        print_constants(out, k);
        print_ports(out, "out", k->out, k->n_out);
    }
}
