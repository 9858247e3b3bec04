/* ops.c: the table of ops.def. */
#include "mil/ops.h"

#include <string.h>

#define BIT(dtype) (1u << MIL_##dtype)

enum { /* the sets of types that ops.def names */
       BOOL = BIT(BOOL),
       STRING = BIT(STRING),
       FP16 = BIT(FP16),
       FP32 = BIT(FP32),
       INT8 = BIT(INT8),
       INT16 = BIT(INT16),
       INT32 = BIT(INT32),
       UINT1 = BIT(UINT1),
       UINT8 = BIT(UINT8),
       UINT16 = BIT(UINT16),
       UINT32 = BIT(UINT32),
       FLOAT = FP16 | FP32,
       NUMBER = FLOAT | INT32,
       PLAIN = NUMBER | BOOL,
       BYTE = INT8 | UINT8,
       SMALL_INT = BYTE | INT16 | UINT16,
       SHAPE = INT8 | INT16 | INT32,
       QUANTIZED = BYTE | BIT(INT4) | BIT(UINT4),
       LUT_INDEX = UINT1 | BIT(UINT2) | BIT(UINT3) | BIT(UINT4) | BIT(UINT6) | UINT8,
       LIST = MIL_TYPE_LIST,
       STATE = MIL_TYPE_STATE,
       BUFFER = MIL_TYPE_OTHER,
       ANYTHING = (int)((1u << MIL_DTYPE_COUNT) - 1) | MIL_TYPE_LIST | MIL_TYPE_OTHER
};

#define PARAM(name, flags, variable, types, fallback, words)                                       \
    {#name, flags, variable, types, fallback, words},
#define IN(name, variable, types) PARAM(name, MIL_REQUIRED, variable, types, NULL, NULL)
#define CONST(name, variable, types)                                                               \
    PARAM(name, MIL_REQUIRED | MIL_CONSTANT, variable, types, NULL, NULL)
#define OPT(name, variable, types, fallback)                                                       \
    PARAM(name, MIL_CONSTANT, variable, types, fallback, NULL)
#define MAYBE(name, variable, types, fallback) PARAM(name, 0, variable, types, fallback, NULL)
#define CHOICE(name, fallback, words) PARAM(name, MIL_CONSTANT, 0, STRING, fallback, words)
#define MUST_CHOOSE(name, words) PARAM(name, MIL_REQUIRED | MIL_CONSTANT, 0, STRING, NULL, words)
#define MANY(name, variable, types)                                                                \
    PARAM(name, MIL_REQUIRED | MIL_TUPLE_OK, variable, types, NULL, NULL)
#define BLOCK(name) PARAM(name, MIL_IS_BLOCK, 0, 0, NULL, NULL)
#define CONDITION(name) PARAM(name, MIL_IS_BLOCK | MIL_GIVES_BOOL, 0, 0, NULL, NULL)

static const mil_op_spec specs[] = {
#define MIL_OP(name, since, rule, params)                                                          \
    {#name, sizeof #name - 1, since, infer_##rule,                                                 \
     (const mil_param[]){params{NULL, 0, 0, 0, NULL, NULL}}},
#include "mil/ops.def"
};

enum { SPECS = sizeof specs / sizeof *specs };

/* Lengths first: a table of this size needs no index then. */
static bool is_named(const mil_op_spec *spec, const char *name, size_t length) {
    return spec->length == length && memcmp(spec->name, name, length) == 0;
}

const mil_op_spec *mil_find_op(const char *name, int opset) {
    const mil_op_spec *found = NULL;
    size_t length = strlen(name);
    for (int i = 0; i < SPECS; i++) {
        if (is_named(&specs[i], name, length) && specs[i].since <= opset) {
            found = &specs[i];
        }
    }
    return found;
}

int mil_op_since(const char *name) {
    size_t length = strlen(name);
    for (int i = 0; i < SPECS; i++) {
        if (is_named(&specs[i], name, length)) {
            return specs[i].since;
        }
    }
    return 0;
}

int mil_op_count(void) {
    return SPECS;
}

const mil_op_spec *mil_op_at(int i) {
    return &specs[i];
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
