/* diff.c: `anetc mil diff`: what a program does differently from another, names and order aside. */
#include "mil/tool.h"

#include "base/file.h"
#include "mil/diff_match.h"

#include <string.h>

typedef struct diff_counts {
    size_t removed, added, changed;
} diff_counts;

typedef struct differ {
    tool *tool;
    text *out;
    const mil_file *old, *new;
    const mil_weights *old_weights, *new_weights; /* both or none */
    diff_graph a, b;
    diff_counts counts;
} differ;

/* ---- how things are shown ---- */

static void show_element(const mil_value *v, size_t i, text *out) {
    if (v->kind == MIL_STRINGS) {
        text_printf(out, "\"%s\"", v->strings[i]);
    } else if (v->integers) {
        text_printf(out, "%lld", (long long)v->integers[i]);
    } else if (v->type.dtype == MIL_BOOL) {
        text_puts(out, v->numbers[i] != 0 ? "true" : "false");
    } else {
        double x = v->numbers[i];
        diff_elements(v, NULL, i, 1, &x);
        text_printf(out, "%.6g", x);
    }
}

static void show_data(const mil_program *p, const mil_value *v, text *out) {
    enum { SHOWN = 6 };
    bool listed = v->kind == MIL_NUMBERS || v->kind == MIL_STRINGS;
    bool scalar = v->type.kind == MIL_TENSOR && v->type.rank == 0;
    mil_print_type(p, &v->type, out);
    text_puts(out, scalar ? "(" : "([");
    for (size_t i = 0; listed && i < v->count && i < SHOWN; i++) {
        text_puts(out, i ? ", " : "");
        show_element(v, i, out);
    }
    if (v->kind == MIL_BLOB) {
        text_printf(out, "BLOBFILE %s at %llu", v->blob_path, (unsigned long long)v->blob_offset);
    } else if (!listed || v->count > SHOWN) {
        text_puts(out, ", ...");
    }
    text_puts(out, scalar ? ")" : "])");
}

static void show_link(const mil_file *f, const diff_graph *g, const diff_link *l, text *out) {
    if (l->value == NOTHING && l->data) {
        show_data(f->program, l->data, out);
        return;
    }
    text_puts(out, l->name);
    if (l->value != NOTHING) {
        const diff_value *v = &g->values.at[l->value];
        text_printf(out, " (%s, line %d)",
                    v->node == NOTHING ? "input" : g->nodes.at[v->node].op->op, v->name->loc.line);
    }
    if (l->written != NOTHING) {
        text_printf(out, ", as written on line %d", g->nodes.at[l->written].op->loc.line);
    }
}

static void show_op(const mil_file *f, const diff_node *n, text *out) {
    const mil_op *op = n->op;
    for (int i = 0; i < op->outs; i++) {
        text_printf(out, "%s%s", i ? ", " : "", op->out[i].name);
    }
    text_printf(out, "%s%s(", op->outs ? " = " : "", op->op);
    for (int i = 0; i < n->args; i++) {
        text_printf(out, "%s%s = ", i ? ", " : "", n->arg[i].name);
        const diff_link *l = &n->arg[i].to;
        if (l->value != NOTHING || !l->data) {
            text_puts(out, l->name);
        } else {
            show_data(f->program, l->data, out);
        }
    }
    text_puts(out, ")");
    for (int i = 0; i < op->outs; i++) {
        text_puts(out, i ? ", " : " -> ");
        mil_print_type(f->program, &op->out[i].type, out);
    }
    text_putc(out, '\n');
}

/* ---- one pair of ops ---- */

/* A line for how something was and one for how it is now. */
static void show_change(differ *d, const char *what, const char *was, const char *is) {
    int width = (int)strlen(what) > 3 ? (int)strlen(what) : 3;
    text_printf(d->out, "    %*s: %s\n    %*s: %s\n", width, what, was, width, "now", is);
}

static const char *link_text(differ *d, const mil_file *f, const diff_graph *g,
                             const diff_link *l) {
    text shown = {0};
    if (!l) {
        return "absent";
    }
    show_link(f, g, l, &shown);
    return text_move(&shown, d->tool->memory);
}

/* Where two lists of numbers begin to differ; a few of their first elements are shown already. */
static void show_first_difference(differ *d, const mil_value *v, const mil_value *w) {
    enum { MOST = 256 };
    double x[MOST], y[MOST];
    size_t n = v && w ? diff_element_count(v) : 0;
    if (n < 2 || diff_element_count(w) != n) {
        return;
    }
    for (size_t at = 0; at < n; at += MOST) {
        size_t count = n - at < MOST ? n - at : MOST;
        if (!diff_elements(v, d->old_weights, at, count, x) ||
            !diff_elements(w, d->new_weights, at, count, y)) {
            return;
        }
        for (size_t i = 0; i < count; i++) {
            if (memcmp(&x[i], &y[i], sizeof x[i]) != 0) {
                text_printf(d->out, "    element %zu: %.6g, now %.6g\n", at + i, x[i], y[i]);
                return;
            }
        }
    }
}

static void compare_links(differ *d, const char *what, const diff_link *was, const diff_link *is) {
    if (was && is && diff_same_link(&d->a, was, is)) {
        return;
    }
    show_change(d, what, link_text(d, d->old, &d->a, was), link_text(d, d->new, &d->b, is));
    if (was && is && was->value == NOTHING && is->value == NOTHING) {
        show_first_difference(d, was->data, is->data);
    }
}

static void compare_arguments(differ *d, const diff_node *n, const diff_node *o) {
    for (int i = 0, k = 0; i < n->args || k < o->args;) {
        const diff_arg *p = i < n->args ? &n->arg[i] : NULL, *q = k < o->args ? &o->arg[k] : NULL;
        int order = !p ? 1 : !q ? -1 : strcmp(p->name, q->name);
        order = order || !p || !q ? order : p->part - q->part;
        compare_links(d, order <= 0 ? p->name : q->name, order <= 0 ? &p->to : NULL,
                      order >= 0 ? &q->to : NULL);
        i += order <= 0;
        k += order >= 0;
    }
}

static void compare_attributes(differ *d, const mil_op *n, const mil_op *o) {
    for (int i = 0; i < n->attrs; i++) {
        const mil_attr *other = mil_find_attr(o, n->attr[i].name);
        uint64_t hash = diff_value_hash(&n->attr[i].value, d->old_weights);
        if (strcmp(n->attr[i].name, "name") != 0 &&
            (!other || hash != diff_value_hash(&other->value, d->new_weights))) {
            diff_link was = {NOTHING, 0, NULL, &n->attr[i].value, NOTHING};
            diff_link is = {NOTHING, 1, NULL, other ? &other->value : NULL, NOTHING};
            compare_links(d, n->attr[i].name, &was, other ? &is : NULL);
        }
    }
    for (int i = 0; i < o->attrs; i++) {
        diff_link is = {NOTHING, 0, NULL, &o->attr[i].value, NOTHING};
        if (strcmp(o->attr[i].name, "name") != 0 && !mil_find_attr(n, o->attr[i].name)) {
            compare_links(d, o->attr[i].name, NULL, &is);
        }
    }
}

static const char *type_text(differ *d, const mil_file *f, const mil_type *t) {
    text shown = {0};
    mil_print_type(f->program, t, &shown);
    return text_move(&shown, d->tool->memory);
}

static void compare_results(differ *d, const mil_op *n, const mil_op *o) {
    for (int i = 0; i < n->outs && i < o->outs; i++) {
        if (diff_type_hash(&n->out[i].type) != diff_type_hash(&o->out[i].type)) {
            show_change(d, "type", type_text(d, d->old, &n->out[i].type),
                        type_text(d, d->new, &o->out[i].type));
        }
    }
    if (n->outs != o->outs) {
        text_printf(d->out, "    %d results, now %d\n", n->outs, o->outs);
    }
}

static void compare_blocks(differ *d, const diff_block *x, const diff_block *y);

static void compare_inner(differ *d, const diff_node *n, const diff_node *o) {
    for (int i = 0; i < n->blocks && i < o->blocks; i++) {
        compare_blocks(d, &n->block[i], &o->block[i]);
    }
    if (n->blocks != o->blocks) {
        text_printf(d->out, "    %d nested blocks, now %d\n", n->blocks, o->blocks);
    }
}

static void show_pair(differ *d, const diff_node *n, const diff_node *o) {
    const char *name = n->op->outs ? n->op->out[0].name : "";
    text_printf(d->out, "~ %s:%d:%d, %s:%d:%d: %s%s%s\n", d->old->path, n->op->loc.line,
                n->op->loc.column, d->new->path, o->op->loc.line, o->op->loc.column, name,
                *name ? " = " : "", n->op->op);
}

/* The line about the pair is taken back when nothing follows it. */
static void compare_pair(differ *d, const diff_node *n, const diff_node *o) {
    if (n->hash == o->hash) {
        return;
    }
    size_t start = d->out->len;
    show_pair(d, n, o);
    size_t heading = d->out->len;
    const char *was = n->op->opset, *is = o->op->opset;
    if (strcmp(n->op->op, o->op->op) != 0) {
        show_change(d, "op", n->op->op, o->op->op);
    }
    if ((was || is) && (!was || !is || strcmp(was, is) != 0)) {
        show_change(d, "opset", was ? was : "the function's", is ? is : "the function's");
    }
    compare_arguments(d, n, o);
    compare_attributes(d, n->op, o->op);
    compare_results(d, n->op, o->op);
    bool changed = d->out->len > heading;
    if (!changed) {
        d->out->len = start;
    }
    d->counts.changed += changed;
    compare_inner(d, n, o);
}

/* ---- blocks, functions, programs ---- */

static void show_lonely(differ *d, const mil_file *f, char sign, const diff_node *n) {
    text_printf(d->out, "%c %s:%d:%d: ", sign, f->path, n->op->loc.line, n->op->loc.column);
    show_op(f, n, d->out);
}

static void compare_block_results(differ *d, const diff_block *x, const diff_block *y) {
    size_t start = d->out->len;
    text_printf(d->out, "~ %s:%d:%d, %s:%d:%d: results\n", d->old->path, x->loc.line, x->loc.column,
                d->new->path, y->loc.line, y->loc.column);
    size_t heading = d->out->len;
    for (int i = 0; i < x->results || i < y->results; i++) {
        const diff_link *was = i < x->results ? &x->result[i] : NULL;
        const diff_link *is = i < y->results ? &y->result[i] : NULL;
        compare_links(d, arena_printf(d->tool->memory, "result %d", i), was, is);
    }
    bool changed = d->out->len > heading;
    d->counts.changed += changed;
    if (!changed) {
        d->out->len = start;
    }
}

static void compare_blocks(differ *d, const diff_block *x, const diff_block *y) {
    for (int i = 0; i < x->nodes; i++) {
        const diff_node *n = &d->a.nodes.at[x->node[i]];
        if (n->twin != NOTHING) {
            compare_pair(d, n, &d->b.nodes.at[n->twin]);
        } else {
            show_lonely(d, d->old, '-', n);
            d->counts.removed++;
        }
    }
    for (int i = 0; i < y->nodes; i++) {
        const diff_node *o = &d->b.nodes.at[y->node[i]];
        if (o->twin == NOTHING) {
            show_lonely(d, d->new, '+', o);
            d->counts.added++;
        }
    }
    compare_block_results(d, x, y);
}

static bool same_names(const mil_block *x, const mil_block *y) {
    bool same = x->params == y->params;
    for (int i = 0; i < x->params && same; i++) {
        bool found = false;
        for (int k = 0; k < y->params && !found; k++) {
            found = strcmp(x->param[i].name, y->param[k].name) == 0;
        }
        same = found;
    }
    return same;
}

/* Programs are bound by the names of their inputs, so these pair them; if they differ, the order
 * does. */
static int twin_of_param(const mil_block *x, const mil_block *y, bool by_name, int i) {
    for (int k = 0; by_name && k < y->params; k++) {
        if (strcmp(x->param[i].name, y->param[k].name) == 0) {
            return k;
        }
    }
    return by_name || i >= y->params ? NOTHING : i;
}

static void compare_params(differ *d, const mil_block *x, const mil_block *y, bool by_name) {
    for (int i = 0; i < x->params; i++) {
        int k = twin_of_param(x, y, by_name, i);
        const char *was = type_text(d, d->old, &x->param[i].type);
        const char *is = k == NOTHING ? "absent" : type_text(d, d->new, &y->param[k].type);
        if (strcmp(was, is) != 0) {
            text_printf(d->out, "~ %s:%d:%d: input %s\n", d->old->path, x->param[i].loc.line,
                        x->param[i].loc.column, x->param[i].name);
            show_change(d, "type", was, is);
            d->counts.changed++;
        }
    }
    for (int k = x->params; k < y->params; k++) {
        text_printf(d->out, "+ %s:%d:%d: input %s: %s\n", d->new->path, y->param[k].loc.line,
                    y->param[k].loc.column, y->param[k].name,
                    type_text(d, d->new, &y->param[k].type));
        d->counts.added++;
    }
}

/* both graphs, with their inputs paired */
static void build_graphs(differ *d, const mil_func *f, const mil_func *g) {
    const mil_block *x = &f->body, *y = &g->body;
    bool by_name = same_names(x, y);
    uint64_t *old = ARENA_ARRAY(d->tool->memory, uint64_t, x->params);
    uint64_t *new = ARENA_ARRAY(d->tool->memory, uint64_t, y->params);
    for (int k = 0; k < y->params; k++) {
        new[k] = (uint64_t)(x->params + k);
    }
    for (int i = 0; i < x->params; i++) {
        int k = twin_of_param(x, y, by_name, i);
        old[i] = (uint64_t)i;
        if (k != NOTHING) {
            new[k] = (uint64_t)i;
        }
    }
    diff_graph_build(&d->a, d->tool->memory, f, old, d->old_weights);
    diff_graph_build(&d->b, d->tool->memory, g, new, d->new_weights);
    for (int i = 0; i < x->params; i++) {
        int k = twin_of_param(x, y, by_name, i);
        if (k != NOTHING) {
            d->a.values.at[i].twin = k;
            d->b.values.at[k].twin = i;
        }
    }
    compare_params(d, x, y, by_name);
}

static void show_function(differ *d, const mil_func *f) {
    text_printf(d->out, "~ %s:%d:%d: function %s\n", d->old->path, f->loc.line, f->loc.column,
                f->name);
}

static void compare_functions(differ *d, const mil_func *f, const mil_func *g) {
    if (strcmp(f->opset, g->opset) != 0) {
        show_function(d, f);
        show_change(d, "opset", f->opset, g->opset);
        d->counts.changed++;
    }
    if (diff_attrs_hash(f->attrs, f->attr, NULL) != diff_attrs_hash(g->attrs, g->attr, NULL)) {
        show_function(d, f);
        text_puts(d->out, "    other attributes\n");
        d->counts.changed++;
    }
    build_graphs(d, f, g);
    diff_match(&d->a, &d->a.body, &d->b, &d->b.body);
    size_t start = d->out->len;
    compare_blocks(d, &d->a.body, &d->b.body);
    if (d->out->len == start &&
        diff_block_hash(&d->a, &d->a.body) != diff_block_hash(&d->b, &d->b.body)) {
        show_function(d, f);
        text_puts(d->out, "    other dependencies between ops\n");
        d->counts.changed++;
    }
    diff_graph_free(&d->a);
    diff_graph_free(&d->b);
}

static const mil_func *find_func(const mil_program *p, const char *name) {
    for (int i = 0; i < p->funcs; i++) {
        if (strcmp(p->func[i].name, name) == 0) {
            return &p->func[i];
        }
    }
    return NULL;
}

static void lonely_func(differ *d, const mil_file *f, char sign, const mil_func *func) {
    text_printf(d->out, "%c %s:%d:%d: function %s\n", sign, f->path, func->loc.line,
                func->loc.column, func->name);
    d->counts.removed += sign == '-';
    d->counts.added += sign == '+';
}

static void compare_programs(differ *d) {
    const mil_program *p = d->old->program, *q = d->new->program;
    bool alone = p->funcs == 1 && q->funcs == 1; /* whatever it is called */
    for (int i = 0; i < p->funcs; i++) {
        const mil_func *g = alone ? &q->func[0] : find_func(q, p->func[i].name);
        if (g) {
            compare_functions(d, &p->func[i], g);
        } else {
            lonely_func(d, d->old, '-', &p->func[i]);
        }
    }
    for (int i = 0; i < q->funcs && !alone; i++) {
        if (!find_func(p, q->func[i].name)) {
            lonely_func(d, d->new, '+', &q->func[i]);
        }
    }
}

/* By content only if the weights of both are there. */
static void open_weights(differ *d, mil_weights *old, mil_weights *new) {
    anet_error none = {0};
    const char *folder = path_folder(d->old->memory, d->old->path);
    const char *other = path_folder(d->new->memory, d->new->path);
    if (mil_weights_open(d->old->program, folder, old, &none) == ANET_OK &&
        mil_weights_open(d->new->program, other, new, &none) == ANET_OK) {
        d->old_weights = old;
        d->new_weights = new;
    }
}

static anet_code show_difference(tool *t, const mil_file *old, const mil_file *new) {
    mil_weights old_weights = {0}, new_weights = {0};
    differ d = {.tool = t, .out = &t->out, .old = old, .new = new};
    open_weights(&d, &old_weights, &new_weights);
    compare_programs(&d);
    mil_weights_close(&old_weights);
    mil_weights_close(&new_weights);
    bool equal = d.counts.removed + d.counts.added + d.counts.changed == 0;
    if (equal) {
        text_puts(&t->out, "no difference\n");
    } else {
        text_printf(&t->out, "%zu removed, %zu added, %zu changed\n", d.counts.removed,
                    d.counts.added, d.counts.changed);
    }
    return equal ? ANET_OK : ANET_BAD_INPUT;
}

anet_code tool_diff(tool *t) {
    mil_file old = {0}, new = {0};
    anet_code code = mil_file_load(&old, t->file[0], t->err);
    code = code ? code : mil_file_load(&new, t->file[1], t->err);
    code = code ? code : show_difference(t, &old, &new);
    mil_file_close(&old);
    mil_file_close(&new);
    return code;
}
