/* run.c: `anetc mil run` is a program of its own, because it links a BLAS; it lies beside anetc. */
#include "mil/tool.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

anet_code tool_run(tool *t) {
    const char *home = program_folder(t->memory);
    char *program = path_join(t->memory, home ? home : ".", "anet-mil-run");
    if (!file_exists(program)) {
        return anet_fail(t->err, ANET_FAILED,
                         "%s is missing: it belongs beside anetc; run make, or install both",
                         program);
    }
    char **argv = ARENA_ARRAY(t->memory, char *, t->argc + 2);
    argv[0] = program;
    memcpy(argv + 1, t->argv, (size_t)t->argc * sizeof *argv);
    execv(program, argv);
    return anet_fail(t->err, ANET_FAILED, "cannot run %s: %s", program, strerror(errno));
}
