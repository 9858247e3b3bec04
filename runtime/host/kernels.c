/* kernels.c: the table of kernels.def. */
#include "host/planner.h"

#include <math.h>
#include <string.h>

static const host_op table[] = {
#define UNARY(op, fn) {#op, host_plan_elementwise, 0, fn, 1, false, {NULL, NULL}, {0, 0}},
#define TUNED(op, fn, a, x, b, y) {#op, host_plan_elementwise, 0, fn, 1, false, {a, b}, {x, y}},
#define BINARY(op, fn) {#op, host_plan_elementwise, 0, fn, 2, false, {NULL, NULL}, {0, 0}},
#define COMPARE(op, fn) {#op, host_plan_elementwise, 0, fn, 2, true, {NULL, NULL}, {0, 0}},
#define OTHER(op, plan, variant) {#op, plan, variant, NULL, 0, false, {NULL, NULL}, {0, 0}},
#include "host/kernels.def"
};

enum { OPS = sizeof table / sizeof *table };

const host_op *host_find_op(const char *name) {
    for (int i = 0; i < OPS; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}
