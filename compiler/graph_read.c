/* graph_read.c: reads what graph_print.c writes. One declaration or node a line, so there is no
 * nesting and no recovery: the first error ends it. */
#include "graph_read.h"
#include "name_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_GRAPH_KERNELS = 16384 }; /* the scheduler goes as deep as kernels wait for kernels */

typedef enum token_kind { END_OF_TEXT, END_OF_LINE, WORD, NUMBER, SIGN } token_kind;

typedef struct token {
    token_kind kind;
    const char *at;
    size_t len;
} token;

typedef struct reader {
    graph *g;
    const char *name, *begin, *at, *end;
    anet_error *err;
    token now;         /* the next token */
    VEC(uint32_t) ids; /* of each value, increasing */
    name_map params;   /* to the index of each, a size_t */
    uint32_t call;     /* that nodes are of */
} reader;

/* --- tokens --- */

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* "1e-05" but not "1-05" */
static bool goes_on(const token *t, char c) {
    char last = t->at[t->len - 1];
    bool exponent = t->kind == NUMBER && (last == 'e' || last == 'E');
    return is_letter(c) || is_digit(c) || c == '.' || (exponent && (c == '-' || c == '+'));
}

static void skip_blanks(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r')) {
        r->at++;
    }
    if (r->end - r->at >= 2 && r->at[0] == '/' && r->at[1] == '/') {
        while (r->at < r->end && *r->at != '\n') {
            r->at++;
        }
    }
}

static void advance(reader *r) {
    skip_blanks(r);
    token *t = &r->now;
    *t = (token){END_OF_TEXT, r->at, 0};
    if (r->at == r->end) {
        return;
    }
    char c = *r->at++;
    t->len = 1;
    t->kind = c == '\n' ? END_OF_LINE : is_letter(c) ? WORD : is_digit(c) ? NUMBER : SIGN;
    while ((t->kind == WORD || t->kind == NUMBER) && r->at < r->end && goes_on(t, *r->at)) {
        r->at++;
        t->len++;
    }
    bool pair = r->at < r->end &&
                ((c == '-' && *r->at == '>') || (c == '+' && *r->at == '=' && t->kind == SIGN));
    r->at += pair;
    t->len += pair;
}

/* --- messages --- */

static bool error_at(reader *r, const char *at, const char *fmt, ...) ANET_PRINTF(3, 4);

static bool error_at(reader *r, const char *at, const char *fmt, ...) {
    size_t line = 1;
    for (const char *c = r->begin; c < at; c++) {
        line += *c == '\n';
    }
    va_list ap;
    va_start(ap, fmt);
    anet_fail(r->err, ANET_BAD_INPUT, "%s:%zu: %s", r->name, line,
              arena_vprintf(r->g->memory, fmt, ap));
    va_end(ap);
    return false;
}

/* The token as shown in a message. */
static const char *found(const reader *r) {
    const token *t = &r->now;
    if (t->kind == END_OF_TEXT || t->kind == END_OF_LINE) {
        return t->kind == END_OF_TEXT ? "the end of the text" : "the end of the line";
    }
    bool readable = (unsigned char)*t->at >= ' ' && (unsigned char)*t->at < 127;
    return readable ? arena_printf(r->g->memory, "`%.*s`", t->len < 60 ? (int)t->len : 60, t->at)
                    : arena_printf(r->g->memory, "byte 0x%02x", (unsigned)(unsigned char)*t->at);
}

static bool expected(reader *r, const char *what) {
    return error_at(r, r->now.at, "expected %s, found %s", what, found(r));
}

static bool unknown(reader *r, const char *what, const char *const *names, size_t n) {
    const char *word = arena_strndup(r->g->memory, r->now.at, r->now.len);
    const char *near = nearest_name(word, names, n);
    return near ? error_at(r, r->now.at, "unknown %s `%s`; did you mean `%s`?", what, word, near)
                : error_at(r, r->now.at, "unknown %s %s", what, found(r));
}

/* --- pieces of a line: each false after an error --- */

static bool is_next(const reader *r, const char *s) {
    return r->now.kind != END_OF_TEXT && r->now.len == strlen(s) &&
           memcmp(r->now.at, s, r->now.len) == 0;
}

static bool accept(reader *r, const char *s) {
    bool yes = is_next(r, s);
    if (yes) {
        advance(r);
    }
    return yes;
}

static bool expect(reader *r, const char *s) {
    return accept(r, s) || expected(r, arena_printf(r->g->memory, "`%s`", s));
}

static bool end_line(reader *r) {
    if (r->now.kind != END_OF_LINE && r->now.kind != END_OF_TEXT) {
        return expected(r, "the end of the line");
    }
    while (r->now.kind == END_OF_LINE) {
        advance(r);
    }
    return true;
}

static bool read_name(reader *r, const char *what, const char **name) {
    if (r->now.kind != WORD) {
        return expected(r, what);
    }
    *name = arena_strndup(r->g->memory, r->now.at, r->now.len);
    advance(r);
    return true;
}

/* The place of the next word in a list that ends with NULL. */
static bool read_choice(reader *r, const char *what, const char *const *names, int *which) {
    size_t n = 0;
    while (names[n]) {
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        if (accept(r, names[i])) {
            *which = (int)i;
            return true;
        }
    }
    return r->now.kind == WORD ? unknown(r, what, names, n) : expected(r, what);
}

/* `most` is at most 2^32, so nothing overflows before it is seen. */
static bool digits_value(const char *s, size_t n, int64_t most, int64_t *x) {
    *x = 0;
    for (size_t i = 0; i < n; i++) {
        *x = *x * 10 + (s[i] - '0');
        if (!is_digit(s[i]) || *x > most) {
            return false;
        }
    }
    return n > 0;
}

static bool read_integer(reader *r, const char *what, int64_t least, int64_t most, int64_t *x) {
    if (r->now.kind != NUMBER) {
        return expected(r, what);
    }
    if (!digits_value(r->now.at, r->now.len, most, x) || *x < least) {
        return error_at(r, r->now.at, "%s is a whole number from %lld to %lld, not %s", what,
                        (long long)least, (long long)most, found(r));
    }
    advance(r);
    return true;
}

static bool read_number(reader *r, double *x) {
    bool minus = accept(r, "-");
    bool special = is_next(r, "inf") || is_next(r, "nan");
    if (r->now.kind != NUMBER && !special) {
        return expected(r, "a number");
    }
    const char *digits = arena_strndup(r->g->memory, r->now.at, r->now.len);
    char *rest;
    errno = 0;
    *x = strtod(digits, &rest);
    bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    if (*rest || hex || (!special && *x - *x != 0)) {
        return error_at(r, r->now.at, "%s is not a number, or not one of double precision",
                        found(r));
    }
    *x = minus ? -*x : *x;
    advance(r);
    return true;
}

static bool read_size(reader *r, shape *s) {
    const int64_t max_elements = (int64_t)1 << 40;
    if (s->rank == ANET_MAX_RANK) {
        return error_at(r, r->now.at, "a tensor has at most %d axes", ANET_MAX_RANK);
    }
    if (r->now.kind == WORD && (!read_name(r, "an axis", &s->axis[s->rank]) || !expect(r, "="))) {
        return false;
    }
    const char *at = r->now.at;
    if (!read_integer(r, "a size", 1, INT32_MAX, &s->dim[s->rank])) {
        return false;
    }
    if (shape_size(s) > max_elements / s->dim[s->rank]) {
        return error_at(r, at, "a tensor has at most 2^40 elements");
    }
    s->rank++;
    return true;
}

static bool read_shape(reader *r, shape *s) {
    *s = (shape){0};
    if (!expect(r, "[")) {
        return false;
    }
    while (!is_next(r, "]")) {
        if ((s->rank && !expect(r, ",")) || !read_size(r, s)) {
            return false;
        }
    }
    return expect(r, "]");
}

/* A value that an earlier line has made. */
static bool read_value(reader *r, value *v) {
    const char *at = r->now.at;
    int64_t id;
    if (!expect(r, "%") || !read_integer(r, "the number of a value", 1, UINT32_MAX, &id)) {
        return false;
    }
    size_t low = 0, high = r->ids.len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (r->ids.at[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == r->ids.len || r->ids.at[low] != id) {
        return error_at(r, at, "no earlier line makes %%%lld", (long long)id);
    }
    *v = (value)low;
    return true;
}

/* --- names of parameters --- */

static bool read_param_name(reader *r, int64_t *which) {
    if (r->now.kind != WORD) {
        return expected(r, "the name of a parameter");
    }
    const size_t *index = name_get(&r->params, arena_strndup(r->g->memory, r->now.at, r->now.len));
    if (!index) {
        VEC(const char *) names = {0};
        for (size_t i = 0; i < r->g->params.len; i++) {
            vec_push(&names, r->g->params.at[i].name);
        }
        unknown(r, "parameter", names.at, names.len);
        vec_free(&names);
        return false;
    }
    *which = (int64_t)*index;
    advance(r);
    return true;
}

/* --- declarations --- */

static loc here(const reader *r, const char *from) {
    return (loc){1, (uint32_t)(from - r->begin), (uint32_t)(r->now.at - r->begin)};
}

static bool read_tokens(reader *r, bool input) {
    token_input x;
    size_t known = input ? r->g->inputs.len : r->g->targets.len;
    if (known) {
        return error_at(r, r->now.at, "a second %s: one is supported", input ? "input" : "target");
    }
    if (!read_name(r, "a name", &x.name) || !expect(r, ":") || !expect(r, "token") ||
        !expect(r, "[") || !read_integer(r, "the length", 1, INT32_MAX, &x.length) ||
        !expect(r, "]") || !expect(r, "<") ||
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
        return error_at(r, from, "a second parameter `%s`", p.name);
    }
    if (!expect(r, ":") || !read_shape(r, &p.s) || !expect(r, "=") || !read_init(r, &p)) {
        return false;
    }
    p.frozen = accept(r, "frozen");
    p.at = here(r, from);
    size_t *index = ARENA_NEW(r->g->memory, size_t);
    *index = r->g->params.len;
    name_set(r->g->memory, &r->params, p.name, index);
    vec_push(&r->g->params, p);
    return true;
}

static bool read_call_number(reader *r, uint32_t *call) {
    const char *at = r->now.at;
    int64_t number;
    if (!read_integer(r, "the number of a call", 0, UINT32_MAX, &number)) {
        return false;
    }
    if ((uint64_t)number >= r->g->calls.len) {
        return error_at(r, at, "call %lld is not declared", (long long)number);
    }
    *call = (uint32_t)number;
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
    if (known && !is_next(r, "in") && !is_next(r, "=")) {
        r->call = (uint32_t)number;
        return true;
    }
    if ((accept(r, "in") && !read_call_number(r, &c.parent)) || !expect(r, "=") ||
        !read_name(r, "a layer", &c.layer) ||
        (r->now.kind == WORD && !read_name(r, "a path", &c.path))) {
        return false;
    }
    if (known && !same_call(&c, &r->g->calls.at[number])) {
        return error_at(r, at, "call %lld has been declared as another one", (long long)number);
    }
    if (!known) {
        c.at = here(r, at);
        vec_push(&r->g->calls, c);
    }
    r->call = (uint32_t)number;
    return true;
}

static bool read_backward(reader *r) {
    if (r->g->n_forward) {
        return error_at(r, r->now.at, "the backward pass has begun already");
    }
    r->g->n_forward = (uint32_t)r->g->nodes.len;
    return true;
}

static bool read_result(reader *r, const char *what, int rank, value *v) {
    const char *at = r->now.at;
    if (*v) {
        return error_at(r, at, "a second %s", what);
    }
    if (!read_value(r, v)) {
        return false;
    }
    return graph_node(r->g, *v)->s.rank == rank ||
           error_at(r, at, "the %s is a tensor of rank %d", what, rank);
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
    if (!read_param_name(r, &which) || !expect(r, "+=") || !read_value(r, &c.g)) {
        return false;
    }
    c.param = (int)which;
    vec_push(&r->g->gradients, c);
    return true;
}

/* "k12" */
static bool read_kernel_number(reader *r, uint32_t *number) {
    int64_t x;
    if (r->now.kind != WORD || *r->now.at != 'k' ||
        !digits_value(r->now.at + 1, r->now.len - 1, MAX_GRAPH_KERNELS, &x) || x == 0) {
        return expected(r, "a kernel from k1 to k16384");
    }
    *number = (uint32_t)x;
    advance(r);
    return true;
}

static bool read_kernel(reader *r) {
    const char *at = r->now.at;
    kernel k = {0};
    uint32_t number = 0;
    if (r->g->after < PASS_FUSE) {
        return error_at(r, at, "there are no kernels before the stage `fuse`");
    }
    if (!read_kernel_number(r, &number)) {
        return false;
    }
    if (number != r->g->kernels.len) {
        return error_at(r, at, "kernels are declared in order: k%zu is next", r->g->kernels.len);
    }
    if (!expect(r, "=") || !read_name(r, "the name of the kernel", &k.name) ||
        (accept(r, "in") && !read_call_number(r, &k.call))) {
        return false;
    }
    if (accept(r, "@")) {
        k.place = ANET_PLACE_CPU;
        if (!expect(r, "cpu")) {
            return false;
        }
    }
    k.backward = accept(r, "backward");
    vec_push(&r->g->kernels, k);
    return true;
}

/* --- nodes --- */

static bool read_token_input(reader *r, const char *name, size_t known, int64_t *which) {
    *which = 0;
    return (known && accept(r, name)) ||
           expected(r, known ? arena_printf(r->g->memory, "`%s`", name) : "a declared name");
}

static bool read_table(reader *r, attrs *at) {
    int kind;
    if (!read_choice(r, "table", graph_tables, &kind)) {
        return false;
    }
    at->index = kind;
    return r->now.kind != NUMBER || read_number(r, &at->number);
}

static bool read_leaf(reader *r, node *n) {
    const graph *g = r->g;
    switch (n->op) {
    case OP_PARAM:
        return read_param_name(r, &n->at.index);
    case OP_INPUT:
        return read_token_input(r, g->inputs.len ? g->inputs.at[0].name : "", g->inputs.len,
                                &n->at.index);
    case OP_TARGET:
        return read_token_input(r, g->targets.len ? g->targets.at[0].name : "", g->targets.len,
                                &n->at.index);
    case OP_TABLE:
        return read_table(r, &n->at);
    case OP_CONST:
        return read_number(r, &n->at.number);
    default:
        return true;
    }
}

static bool read_axis(reader *r, const char *word, int64_t *axis) {
    return expect(r, word) && read_integer(r, "an axis", 0, ANET_MAX_RANK - 1, axis);
}

static bool read_perm(reader *r, node *n) {
    if (!expect(r, "perm")) {
        return false;
    }
    for (int i = 0; i < n->s.rank; i++) {
        int64_t axis;
        if (!read_integer(r, "an axis", 0, n->s.rank - 1, &axis)) {
            return false;
        }
        n->at.perm[i] = (int8_t)axis;
    }
    return true;
}

static bool read_labels(reader *r, int8_t label[3][8]) {
    for (int k = 0; k < 3; k++) {
        if ((k == 1 && !expect(r, ",")) || (k == 2 && !expect(r, "->"))) {
            return false;
        }
        bool good = r->now.kind == WORD && r->now.len <= ANET_MAX_RANK;
        for (size_t i = 0; good && i < r->now.len; i++) {
            good = r->now.at[i] >= 'a' && r->now.at[i] <= 'z';
            label[k][i] = (int8_t)(r->now.at[i] - 'a' + 1);
        }
        if (!good) {
            return expected(r, "a letter from a to z for each axis");
        }
        advance(r);
    }
    return true;
}

/* The attributes that its operation needs. */
static bool read_attributes(reader *r, node *n) {
    attrs *at = &n->at;
    if (op_flag(n->op, OP_AXIS) && !read_axis(r, "axis", &at->axis)) {
        return false;
    }
    if (op_flag(n->op, OP_RANGE)) {
        if (!expect(r, "from") || !read_integer(r, "the first element", 0, INT32_MAX, &at->begin)) {
            return false;
        }
        at->size = at->axis < n->s.rank ? n->s.dim[at->axis] : 0;
    }
    if (op_flag(n->op, OP_INVERSE)) {
        if (!read_axis(r, "along", &at->other)) {
            return false;
        }
        at->inverse = accept(r, "inverse");
    }
    return (!op_flag(n->op, OP_PERM) || read_perm(r, n)) &&
           (!op_flag(n->op, OP_LABELS) || read_labels(r, at->label));
}

/* What any node may have, in this order. */
static bool read_marks(reader *r, node *n) {
    bool has_epsilon = n->op == OP_RSQRT || n->op == OP_LOG;
    if (has_epsilon && accept(r, "eps") && !read_number(r, &n->at.number)) {
        return false;
    }
    while (accept(r, "@")) {
        if (!n->from.kernel && accept(r, "kernel")) {
            if (!expect(r, "(") || !read_name(r, "the name of a kernel", &n->from.kernel) ||
                !expect(r, ")")) {
                return false;
            }
        } else if (n->from.cpu || n->from.kernel || !accept(r, "cpu")) {
            return expected(r, n->from.kernel ? "no second annotation" : "`cpu` or `kernel`");
        } else {
            n->from.cpu = true;
        }
    }
    n->native = accept(r, "native");
    bool ends = r->now.kind != WORD || is_next(r, "as") || is_next(r, "back");
    if (!ends && (*r->now.at != 'k' || r->now.len < 2 || !is_digit(r->now.at[1]))) {
        return expected(r,
                        "`native`, a kernel, `back`, `as` or the end of the line, in this order");
    }
    if (!ends && !read_kernel_number(r, &n->kernel)) {
        return false;
    }
    if (accept(r, "back")) {
        const char *at = r->now.at;
        if (!read_value(r, &n->from.forward)) {
            return false;
        }
        if (!n->from.backward || n->from.forward >= r->g->n_forward) {
            return error_at(r, at,
                            "`back` names a value of the forward pass, in the backward pass");
        }
    }
    if (!accept(r, "as")) {
        return true;
    }
    n->name_implied = accept(r, "(");
    return read_name(r, "the name of the value", &n->name) && (!n->name_implied || expect(r, ")"));
}

static bool read_op(reader *r, op_id *op) {
    static const char *const names[] = {
#define OP(ID, name, ...) name,
#include "ops.def"
        NULL,
    };
    int which;
    if (!read_choice(r, "operation", names, &which)) {
        return false;
    }
    *op = (op_id)(which + OP_NONE + 1);
    return true;
}

static bool read_operands(reader *r, node *n) {
    int inputs = op_infos[n->op].inputs;
    for (int i = 0; i < inputs; i++) {
        if ((i && !is_next(r, ",")) || !(i ? accept(r, ",") && is_next(r, "%") : is_next(r, "%"))) {
            return error_at(r, r->now.at, "`%s` takes %d operand%s, found %s", op_infos[n->op].name,
                            inputs, inputs == 1 ? "" : "s", found(r));
        }
        if (!read_value(r, &n->in[i])) {
            return false;
        }
    }
    if (inputs && is_next(r, ",")) {
        return error_at(r, r->now.at, "`%s` takes %d operand%s, not more", op_infos[n->op].name,
                        inputs, inputs == 1 ? "" : "s");
    }
    return true;
}

/* Only after the operands have been checked may the shape be inferred. */
static bool check_node(reader *r, node *n, const char *at) {
    const char *bad = check_operands(r->g, n);
    if (bad) {
        return error_at(r, at, "%s", bad);
    }
    node inferred = *n;
    infer_shape(r->g, &inferred, &n->s);
    if (!shape_equal(&inferred.s, &n->s)) {
        text t = {0};
        shape_print(&inferred.s, &t);
        error_at(r, at, "the result of `%s` is %s", op_infos[n->op].name, t.at);
        text_free(&t);
        return false;
    }
    return true;
}

static bool read_node(reader *r) {
    const char *at = r->now.at;
    int64_t id;
    if (!expect(r, "%") || !read_integer(r, "the number of a value", 1, UINT32_MAX, &id)) {
        return false;
    }
    if (id <= r->ids.at[r->ids.len - 1]) {
        return error_at(r, at, "values are numbered in order: %%%lld follows %%%u", (long long)id,
                        r->ids.at[r->ids.len - 1]);
    }
    node n = {.from = {.call = r->call, .backward = r->g->n_forward != 0}};
    if (!expect(r, ":") || !read_shape(r, &n.s) || !expect(r, "=") || !read_op(r, &n.op) ||
        !read_operands(r, &n) || !read_leaf(r, &n) || !read_attributes(r, &n) ||
        !read_marks(r, &n) || !check_node(r, &n, at)) {
        return false;
    }
    n.place = n.from.cpu || n.native ? ANET_PLACE_CPU : ANET_PLACE_ANE;
    n.from.at = here(r, at);
    vec_push(&r->g->nodes, n);
    vec_push(&r->ids, (uint32_t)id);
    return true;
}

/* --- the whole --- */

typedef struct line_kind {
    const char *word;
    bool (*read)(reader *r);
} line_kind;

static bool read_line(reader *r) {
    static const line_kind kinds[] = {
        {"input", read_input},       {"target", read_target}, {"param", read_param},
        {"call", read_call},         {"output", read_output}, {"loss", read_loss},
        {"gradient", read_gradient}, {"kernel", read_kernel}, {"backward", read_backward},
    };
    if (is_next(r, "%")) {
        return read_node(r) && end_line(r);
    }
    const char *names[sizeof kinds / sizeof *kinds];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (accept(r, kinds[i].word)) {
            return kinds[i].read(r) && end_line(r);
        }
        names[i] = kinds[i].word;
    }
    return r->now.kind == WORD ? unknown(r, "line", names, sizeof names / sizeof *names)
                               : expected(r, "a value, a declaration or `}`");
}

/* "=== after fuse ===": --dump-after writes it first */
static void skip_heading(reader *r) {
    while (r->now.kind == END_OF_LINE || is_next(r, "=")) {
        while (r->now.kind != END_OF_LINE && r->now.kind != END_OF_TEXT) {
            advance(r);
        }
        if (r->now.kind == END_OF_LINE) {
            advance(r);
        }
    }
}

static bool read_header(reader *r) {
    const char *stages[PASS_COUNT + 1] = {0}, *at;
    layer_call root = {.path = ""};
    int which;
    for (int i = PASS_ELABORATE; i <= PASS_TAP; i++) {
        stages[i - PASS_ELABORATE] = passes[i].name;
    }
    skip_heading(r);
    at = r->now.at;
    if (!expect(r, "graph") || !read_name(r, "the name of the model", &root.layer) ||
        !expect(r, "after") || !read_choice(r, "stage of a graph", stages, &which) ||
        !expect(r, "{")) {
        return false;
    }
    root.at = here(r, at);
    vec_push(&r->g->calls, root);
    vec_push(&r->ids, 0);
    r->g->after = (pass_id)(which + PASS_ELABORATE);
    r->g->stored = r->g->after >= PASS_LAYOUT;
    if (r->g->after >= PASS_FUSE) {
        vec_push(&r->g->kernels, (kernel){0});
    }
    return end_line(r);
}

static bool read_graph(reader *r) {
    advance(r);
    if (!read_header(r)) {
        return false;
    }
    while (!is_next(r, "}")) {
        if (!read_line(r)) {
            return false;
        }
    }
    const char *end = r->now.at;
    advance(r);
    if (!end_line(r)) {
        return false;
    }
    if (r->now.kind != END_OF_TEXT) {
        return expected(r, "nothing after the graph");
    }
    value v;
    const char *bad = check_stage(r->g, &v);
    return !bad || error_at(r, v ? r->begin + graph_node(r->g, v)->from.at.begin : end, "%s", bad);
}

anet_code graph_read(arena *memory, const char *written, size_t size, const char *name, graph **g,
                     anet_error *err) {
    *g = graph_new(memory);
    reader r = {
        .g = *g, .name = name, .begin = written, .at = written, .end = written + size, .err = err};
    bool ok = size <= MAX_SOURCE ||
              error_at(&r, written, "more than %d MiB of text", MAX_SOURCE / (1024 * 1024));
    ok = ok && read_graph(&r);
    vec_free(&r.ids);
    if (ok) {
        return ANET_OK;
    }
    graph_free(*g);
    *g = NULL;
    return err->code;
}
