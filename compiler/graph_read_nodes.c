/* graph_read_nodes.c: the lines that are values: operation, operands, attributes and marks. */
#include "graph_read.h"
#include "graph_reader.h"

static bool read_token_input(reader *r, const char *name, size_t known, int64_t *which) {
    *which = 0;
    return (known && lex_accept(r, name)) ||
           lex_expected(r, known ? arena_printf(r->g->memory, "`%s`", name) : "a declared name");
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
    return lex_expect(r, word) && read_integer(r, "an axis", 0, ANET_MAX_RANK - 1, axis);
}

static bool read_perm(reader *r, node *n) {
    if (!lex_expect(r, "perm")) {
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
        if ((k == 1 && !lex_expect(r, ",")) || (k == 2 && !lex_expect(r, "->"))) {
            return false;
        }
        bool good = r->now.kind == WORD && r->now.len <= ANET_MAX_RANK;
        for (size_t i = 0; good && i < r->now.len; i++) {
            good = r->now.at[i] >= 'a' && r->now.at[i] <= 'z';
            label[k][i] = (int8_t)(r->now.at[i] - 'a' + 1);
        }
        if (!good) {
            return lex_expected(r, "a letter from a to z for each axis");
        }
        lex_next(r);
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
        if (!lex_expect(r, "from") ||
            !read_integer(r, "the first element", 0, INT32_MAX, &at->begin)) {
            return false;
        }
        at->size = at->axis < n->s.rank ? n->s.dim[at->axis] : 0;
    }
    if (op_flag(n->op, OP_INVERSE)) {
        if (!read_axis(r, "along", &at->other)) {
            return false;
        }
        at->inverse = lex_accept(r, "inverse");
    }
    return (!op_flag(n->op, OP_PERM) || read_perm(r, n)) &&
           (!op_flag(n->op, OP_LABELS) || read_labels(r, at->label));
}

/* What any node may have, in this order. */
static bool read_marks(reader *r, node *n) {
    bool has_epsilon = n->op == OP_RSQRT || n->op == OP_LOG;
    if (has_epsilon && lex_accept(r, "eps") && !read_number(r, &n->at.number)) {
        return false;
    }
    while (lex_accept(r, "@")) {
        if (!n->from.kernel && lex_accept(r, "kernel")) {
            if (!lex_expect(r, "(") || !read_name(r, "the name of a kernel", &n->from.kernel) ||
                !lex_expect(r, ")")) {
                return false;
            }
        } else if (n->from.cpu || n->from.kernel || !lex_accept(r, "cpu")) {
            return lex_expected(r, n->from.kernel ? "no second annotation" : "`cpu` or `kernel`");
        } else {
            n->from.cpu = true;
        }
    }
    n->native = lex_accept(r, "native");
    bool ends = r->now.kind != WORD || lex_is(r, "as") || lex_is(r, "back");
    if (!ends && (*r->now.at != 'k' || r->now.len < 2 || !is_digit(r->now.at[1]))) {
        return lex_expected(
            r, "`native`, a kernel, `back`, `as` or the end of the line, in this order");
    }
    if (!ends && !read_kernel_number(r, &n->kernel)) {
        return false;
    }
    if (lex_accept(r, "back")) {
        const char *at = r->now.at;
        if (!read_value(r, &n->from.forward)) {
            return false;
        }
        if (!n->from.backward || n->from.forward >= r->g->n_forward) {
            return lex_error(r, at,
                             "`back` names a value of the forward pass, in the backward pass");
        }
    }
    if (!lex_accept(r, "as")) {
        return true;
    }
    n->name_implied = lex_accept(r, "(");
    return read_name(r, "the name of the value", &n->name) &&
           (!n->name_implied || lex_expect(r, ")"));
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
        if ((i && !lex_is(r, ",")) ||
            !(i ? lex_accept(r, ",") && lex_is(r, "%") : lex_is(r, "%"))) {
            return lex_error(r, r->now.at, "`%s` takes %d operand%s, found %s",
                             op_infos[n->op].name, inputs, inputs == 1 ? "" : "s", lex_found(r));
        }
        if (!read_value(r, &n->in[i])) {
            return false;
        }
    }
    if (inputs && lex_is(r, ",")) {
        return lex_error(r, r->now.at, "`%s` takes %d operand%s, not more", op_infos[n->op].name,
                         inputs, inputs == 1 ? "" : "s");
    }
    return true;
}

/* Only after the operands have been checked may the shape be inferred. */
static bool check_node(reader *r, node *n, const char *at) {
    const char *bad = check_operands(r->g, n);
    if (bad) {
        return lex_error(r, at, "%s", bad);
    }
    node inferred = *n;
    infer_shape(r->g, &inferred, &n->s);
    if (!shape_equal(&inferred.s, &n->s)) {
        text t = {0};
        shape_print(&inferred.s, &t);
        lex_error(r, at, "the result of `%s` is %s", op_infos[n->op].name, t.at);
        text_free(&t);
        return false;
    }
    return true;
}

bool read_node(reader *r) {
    const char *at = r->now.at;
    int64_t id;
    if (!lex_expect(r, "%") || !read_integer(r, "the number of a value", 1, UINT32_MAX, &id)) {
        return false;
    }
    if (id <= r->ids.at[r->ids.len - 1]) {
        return lex_error(r, at, "values are numbered in order: %%%lld follows %%%u", (long long)id,
                         r->ids.at[r->ids.len - 1]);
    }
    node n = {.from = {.call = r->call, .backward = r->g->n_forward != 0}};
    if (!lex_expect(r, ":") || !read_shape(r, &n.s) || !lex_expect(r, "=") || !read_op(r, &n.op) ||
        !read_operands(r, &n) || !read_leaf(r, &n) || !read_attributes(r, &n) ||
        !read_marks(r, &n) || !check_node(r, &n, at)) {
        return false;
    }
    n.place = n.from.cpu || n.native ? ANET_PLACE_CPU : ANET_PLACE_ANE;
    n.from.at = lex_place(r, at);
    vec_push(&r->g->nodes, n);
    vec_push(&r->ids, (uint32_t)id);
    return true;
}
