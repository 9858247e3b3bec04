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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
