/* beside.c: see beside.h. */
#include "beside.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

anet_code run_beside(arena *a, const char *name, int argc, char **argv, anet_error *err) {
    const char *home = program_folder(a);
    char *program = path_join(a, home ? home : ".", name);
    if (!file_exists(program)) {
        return anet_fail(err, ANET_FAILED,
                         "%s is missing: it belongs beside anetc; run make, or install both",
                         program);
    }
    char **words = ARENA_ARRAY(a, char *, argc + 2);
    words[0] = program;
    for (int i = 0; i < argc; i++) {
        words[i + 1] = argv[i];
    }
    execv(program, words);
    return anet_fail(err, ANET_FAILED, "cannot run %s: %s", program, strerror(errno));
}
