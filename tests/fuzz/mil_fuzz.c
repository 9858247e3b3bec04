/* Any bytes as MIL text: what is read prints as text that reads and prints the same; what is wrong
 * in it, and what the engines refuse, is found with a place in the text. */
#include "fuzz.h"

#include "mil/ops.h"
#include "mil/target.h"

#include <string.h>

static void print_again(const text *printed) {
    mil_program *again = NULL;
    anet_error err = {0};
    text twice = {0};
    if (mil_read(printed->at, printed->len, "printed.mil", &again, &err)) {
        abort();
    }
    mil_print(again, &twice);
    if (twice.len != printed->len || memcmp(twice.at, printed->at, twice.len) != 0) {
        abort();
    }
    text_free(&twice);
    mil_free(again);
}

/* a right op has as many operands as it names and results as it declares */
static void visit_op(void *context, const mil_func *func, const mil_inference *in) {
    (void)func;
    *(size_t *)context += in->operands.len;
    if (!in->believe && in->outcomes.len != (size_t)in->op->outs) {
        abort();
    }
}

static void examine(const mil_program *program) {
    mil_findings f = {.memory = arena_new(), .max_errors = 1000};
    text out = {0};
    size_t operands = 0;
    const mil_target *targets[16];
    int n = mil_target_count();
    for (int i = 0; i < n; i++) {
        targets[i] = mil_target_at(i);
    }
    mil_examine(program, &f, visit_op, &operands);
    f.max_errors = 0;
    mil_check_target(program, targets, n, &f);
    mil_findings_sort(&f);
    mil_findings_print(&f, "fuzz.mil", &out);
    text_free(&out);
    arena_free(f.memory);
    mil_findings_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    mil_program *program = NULL;
    anet_error err = {0};
    if (mil_read((const char *)data, size, "fuzz.mil", &program, &err) == ANET_OK) {
        text printed = {0};
        mil_print(program, &printed);
        print_again(&printed);
        text_free(&printed);
        examine(program);
    }
    mil_free(program);
    return 0;
}
