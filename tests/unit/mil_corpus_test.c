/* The corpus of real programs: all of them parse, print and check. */
#include "mil_test.h"

#include "mil/ops.h"

typedef struct tally {
    arena *a;
    const char *folder;
    int right, ops, believed, open, warnings;
} tally;

/* is a dim that the program declares not inferred? */
static bool is_open(const mil_inference *in) {
    bool open = false;
    for (int i = 0; !in->believe && i < in->op->outs; i++) {
        const mil_outcome *o = &in->outcomes.at[i];
        const mil_type *declared = &in->op->out[i].type;
        open = open || (!o->whole && o->shape.rank < 0);
        for (int k = 0; !o->whole && k < o->shape.rank; k++) {
            open = open || (declared->dims[k] >= 0 && o->shape.dims[k] < 0);
        }
    }
    return open;
}

static void count_op(void *context, const mil_func *func, const mil_inference *in) {
    (void)func;
    tally *t = context;
    t->ops++;
    t->believed += in->believe;
    t->open += is_open(in);
    if (in->believe && strcmp(in->op->op, "make_list") != 0 && strcmp(in->op->op, "cond") != 0 &&
        strcmp(in->op->op, "classify") != 0) {
        fail_msg("%s = %s is not inferred", in->op->out[0].name, in->op->op);
    }
}

/* --- what is not known must not make a result wrong --- */

typedef struct blur {
    const mil_inference *in;
    unsigned seed; /* 0: nothing is hidden */
    arena *a;
} blur;

static bool hidden(const blur *b, int line, int column, int item) {
    unsigned h = b->seed * 2654435761u + (unsigned)line * 40503u + (unsigned)column * 9973u;
    h = (h ^ (unsigned)item * 2246822519u) * 3266489917u;
    return b->seed && (h >> 13) % 3 == 0;
}

/* the operand that the checker found there, with some of its dims and values taken away */
static bool look_up_blurred(void *context, const char *name, mil_operand *operand) {
    const blur *b = context;
    const mil_loc at = operand->loc;
    (void)name;
    for (size_t i = 0; i < b->in->operands.len; i++) {
        const mil_operand *o = &b->in->operands.at[i];
        if (o->loc.line != at.line || o->loc.column != at.column) {
            continue;
        }
        mil_type *type = arena_memdup(b->a, o->type, sizeof *type);
        type->dims = type->rank ? ARENA_ARRAY(b->a, int64_t, type->rank) : NULL;
        for (int k = 0; k < type->rank; k++) {
            type->dims[k] = hidden(b, at.line, at.column, k) ? MIL_ANY_DIM : o->type->dims[k];
        }
        bool value_hidden = hidden(b, at.line, at.column, MIL_MAX_RANK);
        operand->type = type;
        operand->value = value_hidden ? NULL : o->value;
        operand->constant = o->constant;
        return true;
    }
    return false;
}

static mil_type type_of(mil_outcome *o) {
    mil_type shaped = mil_scalar(o->shape.dtype);
    shaped.rank = o->shape.rank;
    shaped.dims = o->shape.dims;
    return o->whole ? *o->whole : shaped;
}

static void check_blurred(arena *a, const mil_inference *in, int opset, unsigned seed) {
    blur b = {in, seed, a};
    mil_inference again = {0};
    anet_error err = {0};
    if (mil_infer("blurred", in->op, opset, look_up_blurred, &b, &again, &err)) {
        fail_msg("seed %u: %s", seed, err.message);
    }
    assert_true(again.believe || again.outcomes.len == in->outcomes.len);
    for (size_t i = 0; i < again.outcomes.len; i++) {
        mil_type was = type_of(&in->outcomes.at[i]), is = type_of(&again.outcomes.at[i]);
        bool same = is.rank < 0 ? (seed || was.rank < 0) && is.dtype == was.dtype
                    : seed      ? mil_types_agree(&was, &is)
                                : mil_same_type(&was, &is);
        if (!same) {
            fail_msg("%s on line %d gives another result with seed %u", in->op->op,
                     in->op->loc.line, seed);
        }
    }
    mil_inference_free(&again);
}

static void blur_op(void *context, const mil_func *func, const mil_inference *in) {
    (void)context;
    enum { SEEDS = 10 };
    arena *a = arena_new();
    int opset = mil_opset_number(in->op->opset ? in->op->opset : func->opset);
    for (unsigned seed = 0; seed < SEEDS && !in->believe; seed++) {
        check_blurred(a, in, opset, seed);
    }
    arena_free(a);
}

static void blur_file(const char *path, void *user) {
    tally *t = user;
    char *source;
    size_t size;
    assert_int_equal(file_read(t->a, path, (size_t)1 << 30, &source, &size), 0);
    mil_findings f = {.memory = t->a};
    mil_program *p = mil_read_found(source, size, &f);
    mil_examine(p, &f, blur_op, t);
    mil_findings_free(&f);
    mil_free(p);
}

static void test_unknown_is_never_wrong(void **state) {
    (void)state;
    tally t = {.a = arena_new()};
    blur_file("tests/fuzz/mil/rules.mil", &t);
    t.folder = corpus_folder(t.a);
    if (t.folder) {
        each_mil_file(t.a, t.folder, blur_file, &t);
    }
    arena_free(t.a);
}

static void check_file(const char *path, void *user) {
    tally *t = user;
    char *source;
    size_t size;
    assert_int_equal(file_read(t->a, path, (size_t)1 << 30, &source, &size), 0);
    mil_findings f = {.memory = t->a};
    mil_program *p = mil_read_found(source, size, &f);
    if (p) {
        mil_examine(p, &f, count_op, t);
    }
    if (f.errors) {
        text out = {0};
        mil_findings_print(&f, path, &out);
        print_message("%s", out.at);
    }
    t->right += p && f.errors == 0;
    t->warnings += (int)f.warnings;
    mil_findings_free(&f);
    mil_free(p);
}

static void test_all_programs(void **state) {
    (void)state;
    tally t = {.a = arena_new()};
    t.folder = corpus_folder(t.a);
    if (t.folder) {
        int files = each_mil_file(t.a, t.folder, check_file, &t);
        print_message(
            "%d programs, %d right, %d ops (%d believed, %d with open dims), %d warnings\n", files,
            t.right, t.ops, t.believed, t.open, t.warnings);
        assert_int_equal(t.right, files);
        assert_int_equal(t.open, 0);
    }
    arena_free(t.a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_programs),
        cmocka_unit_test(test_unknown_is_never_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
