/* Seeded faults: for each kind of finding a small program that has it and nothing else, and one
 * that is just right. */
#include "mil_test.h"

#include "mil/findings.h"
#include "mil/ops.h"

typedef struct fault {
    const char *id, *wrong, *right;
} fault;

/* texts from "program(" on are whole programs; others are bodies of ios18 with the parameters
 * tensor<fp16, [2, 3]> x, fp16 s, bool p */
static const fault faults[] = {
    {"M0101", "fp16 y = relu(x = s)", "fp16 y = relu(x = s);"},
    {"M0102", "string c = const()[val = string(\"a)];", "string c = const()[val = string(\"a\")];"},
    {"M0104", "tensor<fp16, [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]> y = frob();",
     "tensor<fp16, [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]> y = fill(shape = tensor<int32, "
     "[16]>([1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]), value = fp16(0));"},
    {"M0105", "tensor<int32, [2]> c = const()[val = tensor<int32, [2]>([1, 2, 3])];",
     "tensor<int32, [3]> c = const()[val = tensor<int32, [3]>([1, 2, 3])];"},
    {"M0106", "main[CoreML7](%x: (1, fp16)(Tensor)) {", ""},
    {"M0201", "fp16 y = relu(x = t);", "fp16 y = relu(x = s);"},
    {"M0202", "fp16 y = relu(x = z); fp16 z = relu(x = s);",
     "fp16 z = relu(x = s); fp16 y = relu(x = z);"},
    {"M0203", "fp16 y = relu(x = s); fp16 y = relu(x = s);",
     "fp16 y = relu(x = s); fp16 z = relu(x = s);"},
    {"M0204", "fp16 y = rel(x = s);", "fp16 y = relu(x = s);"},
    {"M0205", "program(1.3){func f<ios17>(state<fp16> s){fp16 y = read_state(input = s);} -> (y);}",
     "program(1.3){func f<ios18>(state<fp16> s){fp16 y = read_state(input = s);} -> (y);}"},
    {"M0206", "program(1.3){func f<ios19>(){} -> ();}", "program(1.3){func f<ios26>(){} -> ();}"},
    {"M0302", "program(1.3){func f<ios18>(tensor<fp16, [1152921504606846976]> x){} -> ();}",
     "program(1.3){func f<ios18>(tensor<fp16, [1152921504606846975]> x){} -> ();}"},
    {"M0304", "int8 c = const()[val = int8(128)];", "int8 c = const()[val = int8(127)];"},
    {"M0305",
     "tensor<fp16, [2]> c = const()[val = tensor<fp16, [2]>(BLOBFILE(path = string(\"\"), offset "
     "= uint64(64)))];",
     "tensor<fp16, [2]> c = const()[val = tensor<fp16, [2]>(BLOBFILE(path = string(\"w\"), "
     "offset = uint64(64)))];"},
    {"M0306", "tensor<fp16, [1, 2]> c = const()[val = tensor<fp16, [1, 2]>([1, 2])];",
     "tensor<fp16, [1, 2]> c = const()[val = tensor<fp16, [1, 2]>([[1, 2]])];"},
    {"M0307", "tensor<fp16, [2, 3]> y = softmax(x = x, axis = 1);",
     "tensor<fp16, [2, 3]> y = softmax(x = x, axis = int32(1));"},
    {"M0308", "tensor<fp16, []> c = const()[val = fp16(1)];", "fp16 c = const()[val = fp16(1)];"},
    {"M0401", "fp16 y = add(x = s);", "fp16 y = add(x = s, y = s);"},
    {"M0402", "tensor<fp16, [2, 3]> y = softmax(x = x, axes = int32(1));",
     "tensor<fp16, [2, 3]> y = softmax(x = x, axis = int32(1));"},
    {"M0403", "fp16 y = relu(x = s, slope = s);", "fp16 y = relu(x = s);"},
    {"M0404", "fp16 y = relu(x = s, x = s);", "fp16 y = relu(x = s);"},
    {"M0405", "fp16 y = clip(x = s, alpha = s, beta = fp16(1));",
     "fp16 y = clip(x = s, alpha = fp16(0), beta = fp16(1));"},
    {"M0406", "bool y = relu(x = p);", "fp16 y = relu(x = s);"},
    {"M0407", "fp16 y = add(x = s, y = fp32(1));", "fp16 y = add(x = s, y = fp16(1));"},
    {"M0408", "fp16 y = relu(x = (s, s));",
     "tensor<fp16, [2]> y = stack(values = (s, s), axis = "
     "int32(0));"},
    {"M0409", "tensor<fp16, [2, 2]> y = matmul(x = x, y = x);",
     "tensor<fp16, [2, 2]> y = matmul(x = x, y = x, transpose_y = bool(true));"},
    {"M0410", "tensor<fp16, [3, 2]> y = relu(x = x);", "tensor<fp16, [2, 3]> y = relu(x = x);"},
    {"M0411", "fp16 y, fp16 z = relu(x = s);", "fp16 y = relu(x = s);"},
    {"M0412", "fp16 y = cond(pred = p) () {} -> (s);",
     "fp16 y = cond(pred = p) () {} -> (s) () {} -> (s);"},
    {"M0413", "fp16 y = cond(pred = p) () {} -> (s) () {} -> (x);",
     "fp16 y = cond(pred = p) () {} -> (s) () {} -> (s);"},
    {"M0414", "fp16 c = const()[val = fp16(1), shape = int32(1)];",
     "fp16 c = const()[val = fp16(1)];"},
    {"M0415", "fp16 y = gelu(x = s, mode = string(\"exact\"));",
     "fp16 y = gelu(x = s, mode = string(\"EXACT\"));"},
    {"M0601", "program(1.3){func f<ios18>(){} -> (); func f<ios18>(){} -> ();}",
     "program(1.3){func f<ios18>(){} -> (); func g<ios18>(){} -> ();}"},
    {"M0602", "program(1.2){func f<ios18>(){} -> ();}", "program(1.0){func f<ios18>(){} -> ();}"},
    {"M0603", "program(1.3){}", "program(1.3){func f<ios18>(){} -> ();}"},
};

/* what no short text can have (tested with programs built in memory, with nesting bombs), and what
 * is wrong in weight files */
static const char *const elsewhere[] = {"M0103", "M0107", "M0301", "M0303", "M05"};

enum { FAULTS = sizeof faults / sizeof *faults };

static void find_in(arena *a, const char *given, mil_findings *f) {
    bool whole = strncmp(given, "program(", 8) == 0 || strncmp(given, "main[", 5) == 0;
    const char *source =
        whole ? given : func_text(a, "tensor<fp16, [2, 3]> x, fp16 s, bool p", given, "");
    mil_program *p = mil_read_found(source, strlen(source), f);
    if (p) {
        mil_examine(p, f, NULL, NULL);
        mil_free(p);
    }
}

static void test_wrong_and_right(void **state) {
    (void)state;
    for (int i = 0; i < FAULTS; i++) {
        arena *a = arena_new();
        mil_findings wrong = {.memory = a}, right = {.memory = a};
        find_in(a, faults[i].wrong, &wrong);
        find_in(a, faults[i].right, &right);
        if (wrong.all.len != 1 || strcmp(wrong.all.at[0].id, faults[i].id) != 0) {
            fail_msg("%s: %zu findings, the first %s %s", faults[i].id, wrong.all.len,
                     wrong.all.len ? wrong.all.at[0].id : "",
                     wrong.all.len ? wrong.all.at[0].message : "");
        }
        if (right.all.len != 0) {
            fail_msg("%s: %s", faults[i].id, right.all.at[0].message);
        }
        mil_findings_free(&wrong);
        mil_findings_free(&right);
        arena_free(a);
    }
}

static bool is_covered(const char *id) {
    for (int i = 0; i < FAULTS; i++) {
        if (strcmp(faults[i].id, id) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        if (strncmp(elsewhere[i], id, strlen(elsewhere[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void test_every_kind_is_shown(void **state) {
    (void)state;
    for (int i = 0; i < MIL_FINDING_COUNT; i++) {
        const char *id = mil_finding_kind_at((mil_finding_id)i)->id;
        if (!is_covered(id)) {
            fail_msg("no program shows %s", id);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_and_right),
        cmocka_unit_test(test_every_kind_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
