/* graph_print.c: the graph as text, one line a node; and as a Graphviz drawing. */
#include "graph.h"

#include <string.h>

void shape_print(const shape *s, text *out) {
    text_putc(out, '[');
    for (int i = 0; i < s->rank; i++) {
        text_puts(out, i ? ", " : "");
        if (s->axis[i]) {
            text_printf(out, "%s=", s->axis[i]);
        }
        text_printf(out, "%lld", (long long)s->dim[i]);
    }
    text_putc(out, ']');
}

static void print_labels(const int8_t *labels, text *out) {
    for (int i = 0; labels[i]; i++) {
        text_putc(out, (char)('a' + labels[i] - 1));
    }
}

static const char *const table_names[] = {
    [ANET_TABLE_ROPE_COS] = "rope_cos",
    [ANET_TABLE_ROPE_SIN] = "rope_sin",
    [ANET_TABLE_CAUSAL_MASK] = "causal_mask",
};

static void print_leaf(const graph *g, const node *n, text *out) {
    switch (n->op) {
    case OP_PARAM:
        text_printf(out, " %s", g->params.at[n->at.index].name);
        break;
    case OP_INPUT:
        text_printf(out, " %s", g->inputs.at[n->at.index].name);
        break;
    case OP_TARGET:
        text_printf(out, " %s", g->targets.at[n->at.index].name);
        break;
    case OP_TABLE:
        text_printf(out, " %s %.9g", table_names[n->at.index], n->at.number);
        break;
    case OP_CONST:
        text_printf(out, " %.9g", n->at.number);
        break;
    default:
        break;
    }
}

static void print_attributes(const node *n, text *out) {
    if (op_flag(n->op, OP_AXIS)) {
        text_printf(out, " axis %d", (int)n->at.axis);
    }
    if (op_flag(n->op, OP_RANGE)) {
        text_printf(out, " from %lld", (long long)n->at.begin);
    }
    if (op_flag(n->op, OP_INVERSE)) {
        text_printf(out, " along %d%s", (int)n->at.other, n->at.inverse ? " inverse" : "");
    }
    if (op_flag(n->op, OP_PERM)) {
        text_puts(out, " perm");
        for (int i = 0; i < n->s.rank; i++) {
            text_printf(out, " %d", n->at.perm[i]);
        }
    }
    if (op_flag(n->op, OP_LABELS)) {
        text_putc(out, ' ');
        print_labels(n->at.label[0], out);
        text_putc(out, ',');
        print_labels(n->at.label[1], out);
        text_puts(out, "->");
        print_labels(n->at.label[2], out);
    }
    if (n->op != OP_CONST && n->op != OP_TABLE && n->at.number != 0) {
        text_printf(out, " eps %.9g", n->at.number);
    }
}

void graph_print_node(const graph *g, value v, text *out) {
    const node *n = graph_node(g, v);
    text_printf(out, "%%%u : ", v);
    shape_print(&n->s, out);
    text_printf(out, " = %s", op_infos[n->op].name);
    for (int i = 0; i < op_infos[n->op].inputs; i++) {
        text_printf(out, "%s%%%u", i ? ", " : " ", n->in[i]);
    }
    print_leaf(g, n, out);
    print_attributes(n, out);
    if (n->place == ANET_PLACE_CPU) {
        text_puts(out, " @cpu");
    }
    if (n->kernel) {
        text_printf(out, " k%u", n->kernel);
    }
    if (n->from.backward) {
        text_printf(out, " back %%%u", n->from.forward);
    }
    if (n->name) {
        text_printf(out, "  // %s", n->name);
    }
}

static void print_call_if_new(const graph *g, value v, uint32_t *last, text *out) {
    const node *n = graph_node(g, v);
    uint32_t now = n->from.call;
    if (now != *last && !op_flag(n->op, OP_LEAF)) {
        const layer_call *c = &g->calls.at[now];
        text_printf(out, "  // %s%s%s\n", c->layer, *c->path ? " " : "", c->path);
        *last = now;
    }
}

void graph_print(const graph *g, text *out) {
    text_puts(out, "graph {\n");
    uint32_t last = UINT32_MAX;
    for (value v = 1; v < g->nodes.len; v++) {
        print_call_if_new(g, v, &last, out);
        text_puts(out, "  ");
        graph_print_node(g, v, out);
        text_putc(out, '\n');
    }
    if (g->logits) {
        text_printf(out, "  output %%%u\n", g->logits);
    }
    if (g->loss) {
        text_printf(out, "  loss %%%u\n", g->loss);
    }
    for (size_t i = 0; i < g->gradients.len; i++) {
        const gradient *c = &g->gradients.at[i];
        text_printf(out, "  gradient %s += %%%u\n", g->params.at[c->param].name, c->g);
    }
    text_puts(out, "}\n");
}

void graph_print_dot(const graph *g, text *out) {
    text_puts(out,
              "digraph anet {\n  rankdir = TB;\n  node [shape = box, fontname = monospace];\n");
    for (value v = 1; v < g->nodes.len; v++) {
        const node *n = graph_node(g, v);
        text shape_text = {0};
        shape_print(&n->s, &shape_text);
        print_leaf(g, n, &shape_text);
        text_printf(out, "  n%u [label = \"%s%s%s\\n%s\"%s];\n", v, op_infos[n->op].name,
                    n->name ? " " : "", n->name ? n->name : "", shape_text.at,
                    n->from.backward ? ", style = dashed" : "");
        text_free(&shape_text);
        for (int i = 0; i < op_infos[n->op].inputs; i++) {
            text_printf(out, "  n%u -> n%u;\n", n->in[i], v);
        }
    }
    text_puts(out, "}\n");
}
