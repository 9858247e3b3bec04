/* passes.c: the table of passes.def. */
#include "passes.h"

const pass_info passes[PASS_COUNT] = {
#define PASS(ID, name, level, optional, text) {name, level, optional, text},
#include "passes.def"
};
