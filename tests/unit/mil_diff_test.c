/* Matching of ops between programs: with other names and another order of independent ops nothing
 * differs; after a change of one op, only it and what depends on it have other hashes, and every op
 * still finds its twin. */
#include "mil_test.h"

#include "mil/diff_match.h"

/* ---- the other program ---- */

typedef struct renaming {
    arena *memory;
    name_map names;
    unsigned seed;
} renaming;

static unsigned random_below(renaming *r, unsigned n) {
    r->seed = r->seed * 1103515245u + 12345u;
    return (r->seed >> 16) % n;
}

static char *renamed(renaming *r, const char *name) {
    char *other = name_get(&r->names, name);
    if (!other) {
        other = arena_printf(r->memory, "v%zu", r->names.count);
        name_set(r->memory, &r->names, name, other);
    }
    return other;
}

static void rename_arg(renaming *r, mil_arg *arg) {
    if (arg->kind == MIL_REF) {
        arg->ref = renamed(r, arg->ref);
    }
    for (int i = 0; arg->kind == MIL_ARGS && i < arg->parts; i++) {
        rename_arg(r, &arg->part[i]);
    }
}

static void rename_block(renaming *r, mil_block *b) {
    for (int i = 0; i < b->params; i++) {
        b->param[i].name = renamed(r, b->param[i].name);
    }
    for (int i = 0; i < b->ops; i++) {
        mil_op *op = &b->op[i];
        for (int k = 0; k < op->args; k++) {
            rename_arg(r, &op->arg[k]);
        }
        for (int k = 0; k < op->outs; k++) {
            op->out[k].name = renamed(r, op->out[k].name);
        }
        for (int k = 0; k < op->blocks; k++) {
            rename_block(r, &op->block[k]);
        }
    }
    for (int i = 0; i < b->results; i++) {
        b->result[i] = renamed(r, b->result[i]);
    }
}

static bool mentions(const mil_arg *arg, const char *name) {
    bool found = arg->kind == MIL_REF && strcmp(arg->ref, name) == 0;
    for (int i = 0; arg->kind == MIL_ARGS && i < arg->parts && !found; i++) {
        found = mentions(&arg->part[i], name);
    }
    return found;
}

static bool block_mentions(const mil_block *b, const char *name);

static bool op_mentions(const mil_op *op, const char *name) {
    bool found = false;
    for (int i = 0; i < op->args && !found; i++) {
        found = mentions(&op->arg[i], name);
    }
    for (int i = 0; i < op->blocks && !found; i++) {
        found = block_mentions(&op->block[i], name);
    }
    return found;
}

static bool block_mentions(const mil_block *b, const char *name) {
    bool found = false;
    for (int i = 0; i < b->ops && !found; i++) {
        found = op_mentions(&b->op[i], name);
    }
    for (int i = 0; i < b->results && !found; i++) {
        found = strcmp(b->result[i], name) == 0;
    }
    return found;
}

static bool has_state(const mil_op *op) {
    return strstr(op->op, "state") != NULL;
}

static bool independent(const mil_op *first, const mil_op *second) {
    bool free = !(has_state(first) && has_state(second));
    for (int i = 0; i < first->outs && free; i++) {
        free = !op_mentions(second, first->out[i].name);
    }
    return free;
}

/* swaps neighbours that do not need each other, many times */
static void shuffle(renaming *r, mil_block *b) {
    for (int n = 0; n < 20 * b->ops && b->ops > 1; n++) {
        unsigned i = random_below(r, (unsigned)b->ops - 1);
        if (independent(&b->op[i], &b->op[i + 1])) {
            mil_op first = b->op[i];
            b->op[i] = b->op[i + 1];
            b->op[i + 1] = first;
        }
    }
}

/* ---- comparing ---- */

typedef struct outcome {
    int nodes, lonely, other_hash;
} outcome;

static uint64_t *numbered(arena *a, int n) {
    uint64_t *hashes = ARENA_ARRAY(a, uint64_t, n);
    for (int i = 0; i < n; i++) {
        hashes[i] = (uint64_t)i;
    }
    return hashes;
}

static outcome compare(arena *a, const mil_func *f, const mil_func *g) {
    diff_graph x, y;
    outcome o = {0};
    diff_graph_build(&x, a, f, numbered(a, f->body.params), NULL);
    diff_graph_build(&y, a, g, numbered(a, g->body.params), NULL);
    for (int i = 0; i < f->body.params && i < g->body.params; i++) {
        x.values.at[i].twin = y.values.at[i].twin = i;
    }
    diff_match(&x, &x.body, &y, &y.body);
    o.nodes = x.body.nodes;
    for (int i = 0; i < x.body.nodes; i++) {
        const diff_node *n = &x.nodes.at[x.body.node[i]];
        o.lonely += n->twin == NOTHING;
        o.other_hash += n->twin != NOTHING && y.nodes.at[n->twin].hash != n->hash;
    }
    diff_graph_free(&x);
    diff_graph_free(&y);
    return o;
}

static void check_renamed(const char *source, const char *path) {
    mil_program *p = read_ok(source), *q = read_ok(source);
    for (int i = 0; i < p->funcs; i++) {
        renaming r = {.memory = q->memory, .seed = 7};
        rename_block(&r, &q->func[i].body);
        shuffle(&r, &q->func[i].body);
        outcome o = compare(q->memory, &p->func[i], &q->func[i]);
        if (o.lonely || o.other_hash) {
            fail_msg("%s: of %d ops %d have no twin, %d another hash", path, o.nodes, o.lonely,
                     o.other_hash);
        }
    }
    mil_free(p);
    mil_free(q);
}

static const char CHAIN[] = "            fp16 two = const()[val = fp16(2)];\n"
                            "            tensor<fp16, [1, 4]> a = relu(x = x);\n"
                            "            tensor<fp16, [1, 4]> b = mul(x = x, y = two);\n"
                            "            tensor<fp16, [1, 4]> c = add(x = a, y = b);\n"
                            "            tensor<fp16, [1, 4]> d = sub(x = a, y = b);\n"
                            "            tensor<fp16, [1, 4]> e = real_div(x = c, y = d);\n";

static void test_names_and_order(void **state) {
    (void)state;
    arena *a = arena_new();
    check_renamed(func_text(a, "tensor<fp16, [1, 4]> x", CHAIN, "e"), "chain");
    arena_free(a);
}

/* each op of the chain with another constant, kind or operand: what is above it stays the same */
static void test_one_change(void **state) {
    (void)state;
    static const struct {
        const char *from, *to;
        int other_hash;
    } changes[] = {
        {"fp16(2)", "fp16(3)", 4}, {"relu(x = x)", "tanh(x = x)", 4}, {"y = two", "y = a  ", 4},
        {"add(", "pow(", 2},       {"sub(x = a", "sub(x = b", 2},     {"y = d)", "y = a)", 1},
    };
    arena *a = arena_new();
    char *source = func_text(a, "tensor<fp16, [1, 4]> x", CHAIN, "e");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char *other = arena_strdup(a, source), *at = strstr(other, changes[i].from);
        assert_non_null(at);
        assert_int_equal(strlen(changes[i].from), strlen(changes[i].to));
        memcpy(at, changes[i].to, strlen(changes[i].to));
        mil_program *p = read_ok(source), *q = read_ok(other);
        outcome o = compare(a, &p->func[0], &q->func[0]);
        assert_int_equal(o.lonely, 0);
        assert_int_equal(o.other_hash, changes[i].other_hash);
        mil_free(p);
        mil_free(q);
    }
    arena_free(a);
}

/* What is read from a state depends on what was written to it. */
static void test_states(void **state) {
    (void)state;
    static const char BODY[] = "            tensor<fp16, [4]> a = read_state(input = s);\n"
                               "            write_state(data = x, input = s);\n"
                               "            tensor<fp16, [4]> b = read_state(input = s);\n"
                               "            tensor<fp16, [4]> c = sub(x = a, y = b);\n";
    arena *a = arena_new();
    const char *params = "state<tensor<fp16, [4]>> s, tensor<fp16, [4]> x";
    char *source = func_text(a, params, BODY, "c"), *other = arena_strdup(a, source);
    char *at = strstr(other, "sub(x = a, y = b)");
    memcpy(at, "sub(x = b, y = a)", strlen("sub(x = b, y = a)"));
    mil_program *p = read_ok(source), *q = read_ok(other);
    outcome o = compare(a, &p->func[0], &q->func[0]);
    assert_int_equal(o.lonely, 0);
    assert_int_equal(o.other_hash, 1);
    mil_free(p);
    mil_free(q);
    arena_free(a);
}

static void check_file(const char *path, char *source, size_t size) {
    (void)size;
    check_renamed(source, path);
}

static void test_corpus(void **state) {
    (void)state;
    each_corpus_text(check_file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_order),
        cmocka_unit_test(test_one_change),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_corpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
