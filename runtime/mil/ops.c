/* ops.c: the table of ops.def. */
#include "mil/ops.h"

#include <string.h>

#define BIT(dtype) (1u << MIL_##dtype)

enum { /* the sets of types that ops.def names */
       BOOL = BIT(BOOL),
       STRING = BIT(STRING),
       INT8 = BIT(INT8),
       INT16 = BIT(INT16),
       INT32 = BIT(INT32),
       UINT8 = BIT(UINT8),
       UINT16 = BIT(UINT16),
       FLOAT = BIT(FP16) | BIT(FP32),
       NUMBER = FLOAT | INT32,
       PLAIN = NUMBER | BOOL,
       SMALL_INT = INT8 | INT16 | UINT8 | UINT16,
       SHAPE = INT8 | INT16 | INT32,
       STATE = MIL_TYPE_STATE,
       ANYTHING = (int)((1u << MIL_DTYPE_COUNT) - 1) | MIL_TYPE_LIST | MIL_TYPE_OTHER
};

#define IN(name, variable, types) {#name, MIL_REQUIRED, variable, types, NULL},
#define CONST(name, variable, types) {#name, MIL_REQUIRED | MIL_CONSTANT, variable, types, NULL},
#define OPT(name, variable, types, fallback) {#name, MIL_CONSTANT, variable, types, fallback},
#define MAYBE(name, variable, types, fallback) {#name, 0, variable, types, fallback},
#define MANY(name, variable, types) {#name, MIL_REQUIRED | MIL_TUPLE_OK, variable, types, NULL},
#define BLOCK(name) {#name, MIL_IS_BLOCK, 0, 0, NULL},
#define CONDITION(name) {#name, MIL_IS_BLOCK | MIL_GIVES_BOOL, 0, 0, NULL},

static const mil_op_spec specs[] = {
#define MIL_OP(name, since, rule, params)                                                          \
    {#name, since, infer_##rule, (const mil_param[]){params{NULL, 0, 0, 0, NULL}}},
#include "mil/ops.def"
};

enum { SPECS = sizeof specs / sizeof *specs };

const mil_op_spec *mil_find_op(const char *name, int opset) {
    const mil_op_spec *found = NULL;
    for (int i = 0; i < SPECS; i++) {
        if (strcmp(specs[i].name, name) == 0 && specs[i].since <= opset) {
            found = &specs[i];
        }
    }
    return found;
}

int mil_op_since(const char *name) {
    for (int i = 0; i < SPECS; i++) {
        if (strcmp(specs[i].name, name) == 0) {
            return specs[i].since;
        }
    }
    return 0;
}

const char *mil_nearest_op(const char *name) {
    const char *names[SPECS];
    for (int i = 0; i < SPECS; i++) {
        names[i] = specs[i].name;
    }
    return nearest_name(name, names, SPECS);
}

int mil_opset_number(const char *opset) {
    static const struct {
        const char *name;
        int number;
    } opsets[] = {{"ios15", 15}, {"ios16", 16}, {"ios17", 17}, {"ios18", 18}, {"ios26", 26}};
    for (size_t i = 0; i < sizeof opsets / sizeof *opsets; i++) {
        if (strcmp(opsets[i].name, opset) == 0) {
            return opsets[i].number;
        }
    }
    return 0;
}
