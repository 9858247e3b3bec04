/* graph_print.c: the graph as text, one line a node, which graph_read.c reads back; and as a
 * Graphviz drawing.
 *
 *     graph NAME after STAGE {
 *       input NAME : token[LENGTH] < VOCAB
 *       target NAME : token[LENGTH] < VOCAB
 *       param NAME : SHAPE = INIT NUMBER... frozen        zeros ones constant normal uniform
 *       call N in PARENT = LAYER PATH                     the nodes that follow are of this call
 *       %N : SHAPE = OP %A, %B WHAT ATTRIBUTE...
 *       backward                                          so are the nodes that follow
 *       output %N
 *       loss %N
 *       gradient PARAM += %N                              one contribution to the gradient
 *       kernel kN = NAME in CALL @cpu backward
 *     }
 *
 * SHAPE is [S=256, 64]: sizes, with the names of their axes where they have one. WHAT is the name
 * of an input, target or parameter, the number of a constant, or the kind of a table and its
 * number. ATTRIBUTE, in this order and only where it is not the default:
 *
 *     axis N    from N    along N    inverse    perm 1 0 2    ab,cb->ac    eps NUMBER
 *     @cpu    @kernel(NAME)      as the user annotated it
 *     native                     a step of the schedule; all after this only once it is decided
 *     kN                         in kernel N
 *     back %N                    made by the gradient rule of %N
 *     as NAME                    the user's name for the value; (NAME): of the layer that made it
 *
 * Call 0 is the model itself. Calls that no node needs are left out and the others are numbered as
 * they appear. Numbers read back exactly. NAME and PATH are letters, digits, _ and dots. Comments
 * are from // to the end of the line. Not in the text: config, recipe and checkpoint of the model,
 * and the places in its source. */
#include "graph.h"
#include "graph_read.h"

#include <math.h>
#include <stdio.h>
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

const char *shape_string(arena *memory, const shape *s) {
    text t = {0};
    shape_print(s, &t);
    return text_move(&t, memory);
}

/* The shortest decimal that is this very number. */
static void print_number(double x, text *out) {
    char digits[40] = "nan";
    for (int precision = 15; !isnan(x) && precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, x);
        if (strtod(digits, NULL) == x) {
            break;
        }
    }
    text_printf(out, " %s", digits);
}

static void print_labels(const int8_t *labels, text *out) {
    for (int i = 0; labels[i]; i++) {
        text_putc(out, (char)('a' + labels[i] - 1));
    }
}

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
        text_printf(out, " %s", graph_tables[n->at.index]);
        if (n->at.number != 0) {
            print_number(n->at.number, out);
        }
        break;
    case OP_CONST:
        print_number(n->at.number, out);
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
    if (!op_flag(n->op, OP_LEAF) && n->at.number != 0) {
        text_puts(out, " eps");
        print_number(n->at.number, out);
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
    text_puts(out, n->from.cpu ? " @cpu" : "");
    if (n->from.kernel) {
        text_printf(out, " @kernel(%s)", n->from.kernel);
    }
    text_puts(out, n->native ? " native" : "");
    if (n->kernel) {
        text_printf(out, " k%u", n->kernel);
    }
    if (n->from.forward) {
        text_printf(out, " back %%%u", n->from.forward);
    }
    if (n->name) {
        text_printf(out, n->name_implied ? " as (%s)" : " as %s", n->name);
    }
}

/* --- layer calls --- */

typedef struct printer {
    const graph *g;
    text *out;
    uint32_t *number; /* of each call in the text; UINT32_MAX: not declared yet */
    uint32_t declared, last;
} printer;

static void print_call(const printer *p, uint32_t call) {
    const layer_call *c = &p->g->calls.at[call];
    uint32_t parent = p->number[c->parent];
    text_printf(p->out, "  call %u", p->number[call]);
    if (call && parent) {
        text_printf(p->out, " in %u", parent);
    }
    text_printf(p->out, " = %s%s%s\n", c->layer, *c->path ? " " : "", c->path);
}

/* Declares the call behind the calls that it is part of. false: it has been declared before. */
static bool declare_call(printer *p, uint32_t call) {
    if (p->number[call] != UINT32_MAX) {
        return false;
    }
    while (p->number[call] == UINT32_MAX) {
        uint32_t outermost = call;
        while (p->number[p->g->calls.at[outermost].parent] == UINT32_MAX) {
            outermost = p->g->calls.at[outermost].parent;
        }
        p->number[outermost] = p->declared++;
        print_call(p, outermost);
    }
    return true;
}

/* Where a leaf was used first is of no interest. */
static void enter_call(printer *p, const node *n) {
    uint32_t now = n->from.call;
    if (now != p->last && !op_flag(n->op, OP_LEAF)) {
        if (!declare_call(p, now)) {
            print_call(p, now);
        }
        p->last = now;
    }
}

/* --- the graph --- */

static void print_declarations(const graph *g, text *out) {
    for (size_t i = 0; i < g->inputs.len + g->targets.len; i++) {
        bool input = i < g->inputs.len;
        const token_input *x = input ? &g->inputs.at[i] : &g->targets.at[i - g->inputs.len];
        text_printf(out, "  %s %s : token[%lld] < %lld\n", input ? "input" : "target", x->name,
                    (long long)x->length, (long long)x->vocab);
    }
    for (size_t i = 0; i < g->params.len; i++) {
        const param *x = &g->params.at[i];
        const double number[] = {x->a, x->b};
        text_printf(out, "  param %s : ", x->name);
        shape_print(&x->s, out);
        text_printf(out, " = %s", graph_inits[x->init].name);
        for (int k = 0; k < graph_inits[x->init].numbers; k++) {
            print_number(number[k], out);
        }
        text_puts(out, x->frozen ? " frozen\n" : "\n");
    }
}

static void print_nodes(printer *p) {
    const graph *g = p->g;
    for (value v = 1; v < g->nodes.len; v++) {
        if (v == g->n_forward) {
            text_puts(p->out, "  backward\n");
        }
        enter_call(p, graph_node(g, v));
        text_puts(p->out, "  ");
        graph_print_node(g, v, p->out);
        text_putc(p->out, '\n');
    }
    if (g->n_forward == g->nodes.len) {
        text_puts(p->out, "  backward\n");
    }
}

static void print_results(const graph *g, text *out) {
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
}

static void print_kernels(printer *p) {
    for (size_t i = 1; i < p->g->kernels.len; i++) {
        const kernel *k = &p->g->kernels.at[i];
        declare_call(p, k->call);
        text_printf(p->out, "  kernel k%zu = %s", i, k->name);
        if (p->number[k->call]) {
            text_printf(p->out, " in %u", p->number[k->call]);
        }
        text_puts(p->out, k->place == ANET_PLACE_CPU ? " @cpu" : "");
        text_puts(p->out, k->backward ? " backward\n" : "\n");
    }
}

void graph_print(const graph *g, text *out) {
    printer p = {g, out, anet_calloc(g->calls.len, sizeof *p.number), 1, 0};
    memset(p.number + 1, 0xff, (g->calls.len - 1) * sizeof *p.number);
    text_printf(out, "graph %s after %s {\n", g->calls.at[0].layer, passes[g->after].name);
    print_declarations(g, out);
    print_nodes(&p);
    print_results(g, out);
    print_kernels(&p);
    text_puts(out, "}\n");
    free(p.number);
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
