/* graph_read_declarations.c: the lines that are no values. */
#include "graph_reader.h"

#include <string.h>

static bool read_tokens(reader *r, bool input) {
    token_input x;
    size_t known = input ? r->g->inputs.len : r->g->targets.len;
    if (known) {
        return lex_error(r, r->now.at, "a second %s: one is supported", input ? "input" : "target");
    }
    if (!read_name(r, "a name", &x.name) || !lex_expect(r, ":") || !lex_expect(r, "token") ||
        !lex_expect(r, "[") || !read_integer(r, "the length", 1, INT32_MAX, &x.length) ||
        !lex_expect(r, "]") || !lex_expect(r, "<") ||
        !read_integer(r, "the bound", 1, INT32_MAX, &x.vocab)) {
        return false;
    }
    if (input) {
        vec_push(&r->g->inputs, x);
    } else {
        vec_push(&r->g->targets, x);
    }
    return true;
}

static bool read_input(reader *r) {
    return read_tokens(r, true);
}

static bool read_target(reader *r) {
    return read_tokens(r, false);
}

static bool read_init(reader *r, param *p) {
    const char *names[8] = {0};
    int which;
    for (size_t i = 0; graph_inits[i].name; i++) {
        names[i] = graph_inits[i].name;
    }
    if (!read_choice(r, "initialiser", names, &which)) {
        return false;
    }
    p->init = (anet_init)which;
    double *number[] = {&p->a, &p->b};
    for (int i = 0; i < graph_inits[which].numbers; i++) {
        if (!read_number(r, number[i])) {
            return false;
        }
    }
    return true;
}

static bool read_param(reader *r) {
    param p = {0};
    const char *from = r->now.at;
    if (!read_name(r, "the name of a parameter", &p.name)) {
        return false;
    }
    if (name_get(&r->params, p.name)) {
        return lex_error(r, from, "a second parameter `%s`", p.name);
    }
    if (!lex_expect(r, ":") || !read_shape(r, &p.s) || !lex_expect(r, "=") || !read_init(r, &p)) {
        return false;
    }
    p.frozen = lex_accept(r, "frozen");
    p.at = lex_place(r, from);
    size_t *index = ARENA_NEW(r->g->memory, size_t);
    *index = r->g->params.len;
    name_set(r->g->memory, &r->params, p.name, index);
    vec_push(&r->g->params, p);
    return true;
}

static bool same_call(const layer_call *a, const layer_call *b) {
    return a->parent == b->parent && strcmp(a->layer, b->layer) == 0 &&
           strcmp(a->path, b->path) == 0;
}

/* Declares a call with the next number, or comes back to one, with or without what it is. */
static bool read_call(reader *r) {
    const char *at = r->now.at;
    layer_call c = {.path = ""};
    int64_t number;
    if (!read_integer(r, "the number of a call", 0, (int64_t)r->g->calls.len, &number)) {
        return false;
    }
    bool known = (uint64_t)number < r->g->calls.len;
    if (known && !lex_is(r, "in") && !lex_is(r, "=")) {
        r->call = (uint32_t)number;
        return true;
    }
    if ((lex_accept(r, "in") && !read_call_number(r, &c.parent)) || !lex_expect(r, "=") ||
        !read_name(r, "a layer", &c.layer) ||
        (r->now.kind == WORD && !read_name(r, "a path", &c.path))) {
        return false;
    }
    if (known && !same_call(&c, &r->g->calls.at[number])) {
        return lex_error(r, at, "call %lld has been declared as another one", (long long)number);
    }
    if (!known) {
        c.at = lex_place(r, at);
        vec_push(&r->g->calls, c);
    }
    r->call = (uint32_t)number;
    return true;
}

static bool read_backward(reader *r) {
    if (r->g->n_forward) {
        return lex_error(r, r->now.at, "the backward pass has begun already");
    }
    r->g->n_forward = (uint32_t)r->g->nodes.len;
    return true;
}

static bool read_result(reader *r, const char *what, int rank, value *v) {
    const char *at = r->now.at;
    if (*v) {
        return lex_error(r, at, "a second %s", what);
    }
    if (!read_value(r, v)) {
        return false;
    }
    return graph_node(r->g, *v)->s.rank == rank ||
           lex_error(r, at, "the %s is a tensor of rank %d", what, rank);
}

static bool read_output(reader *r) {
    return read_result(r, "output", 2, &r->g->logits);
}

static bool read_loss(reader *r) {
    return read_result(r, "loss", 0, &r->g->loss);
}

static bool read_gradient(reader *r) {
    int64_t which = 0;
    gradient c;
    if (!read_param_name(r, &which) || !lex_expect(r, "+=") || !read_value(r, &c.g)) {
        return false;
    }
    c.param = (int)which;
    vec_push(&r->g->gradients, c);
    return true;
}

static bool read_kernel(reader *r) {
    const char *at = r->now.at;
    kernel k = {0};
    uint32_t number = 0;
    if (r->g->after < PASS_FUSE) {
        return lex_error(r, at, "there are no kernels before the stage `fuse`");
    }
    if (!read_kernel_number(r, &number)) {
        return false;
    }
    if (number != r->g->kernels.len) {
        return lex_error(r, at, "kernels are declared in order: k%zu is next", r->g->kernels.len);
    }
    if (!lex_expect(r, "=") || !read_name(r, "the name of the kernel", &k.name) ||
        (lex_accept(r, "in") && !read_call_number(r, &k.call))) {
        return false;
    }
    if (lex_accept(r, "@")) {
        k.place = ANET_PLACE_CPU;
        if (!lex_expect(r, "cpu")) {
            return false;
        }
    }
    k.backward = lex_accept(r, "backward");
    vec_push(&r->g->kernels, k);
    return true;
}

bool read_declaration(reader *r) {
    static const struct {
        const char *word;
        bool (*read)(reader *r);
    } kinds[] = {
        {"input", read_input},       {"target", read_target}, {"param", read_param},
        {"call", read_call},         {"output", read_output}, {"loss", read_loss},
        {"gradient", read_gradient}, {"kernel", read_kernel}, {"backward", read_backward},
    };
    const char *names[sizeof kinds / sizeof *kinds];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (lex_accept(r, kinds[i].word)) {
            return kinds[i].read(r);
        }
        names[i] = kinds[i].word;
    }
    return r->now.kind == WORD ? lex_unknown(r, "line", names, sizeof names / sizeof *names)
                               : lex_expected(r, "a value, a declaration or `}`");
}
