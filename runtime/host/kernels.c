/* kernels.c: the table of kernels.def. */
#include "host/kernels.h"

#include <math.h>
#include <string.h>

#define NUMBERS(a, x, b, y) .number = {a, b}, .preset = {x, y}
#define ELEMENTWISE(op, fn, int_fn, n)                                                             \
    .name = #op, .plan = host_plan_elementwise, .strip = fn, .int_strip = int_fn, .operands = n

static const host_op table[] = {
#define UNARY(op, fn, int_fn) {ELEMENTWISE(op, fn, int_fn, 1)},
#define TUNED(op, fn, a, x, b, y) {ELEMENTWISE(op, fn, NULL, 1), NUMBERS(a, x, b, y)},
#define BINARY(op, fn, int_fn) {ELEMENTWISE(op, fn, int_fn, 2)},
#define COMPARE(op, fn, int_fn) {ELEMENTWISE(op, fn, int_fn, 2), .compare = true},
#define OTHER(op, planner, kind) {.name = #op, .plan = planner, .variant = kind},
#define CALL(op, fn, prepares, operands)                                                           \
    {.name = #op, .plan = host_plan_call, .kernel = fn, .prepare = prepares, .words = operands},
#define CALL_PLAIN(op, fn, operands)                                                               \
    {.name = #op, .plan = host_plan_call, .kernel = fn, .words = operands},
#define MOVE(op, fn, operands)                                                                     \
    {.name = #op, .plan = host_plan_call, .kernel = fn, .words = operands, .moves = true},
#define EITHER(op, planner, fn, operands)                                                          \
    {.name = #op, .plan = planner, .kernel = fn, .words = operands, .moves = true},
#define FLOATS(op, planner, kind, fn, prepares, operands)                                          \
    {.name = #op,                                                                                  \
     .plan = planner,                                                                              \
     .variant = kind,                                                                              \
     .kernel = fn,                                                                                 \
     .prepare = prepares,                                                                          \
     .words = operands},
#define REFUSED(op, reason) {.name = #op, .plan = host_plan_refused, .words = reason},
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
