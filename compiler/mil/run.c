/* run.c: `anetc mil run` is a program of its own, because it links a BLAS. */
#include "beside.h"
#include "mil/tool.h"

anet_code tool_run(tool *t) {
    return run_beside(t->memory, "anet-mil-run", t->argc, t->argv, t->err);
}
