/* open.c: reads and checks the program, and opens its weights. */
#include "base/file.h"
#include "mil_run/run.h"

#include <stdlib.h>
#include <string.h>

static const size_t MAX_TEXT = (size_t)1 << 31;

static anet_code read_text(run *r, char **source, size_t *size) {
    const char *path = r->options.file;
    if (folder_exists(path)) {
        path = path_join(r->memory, path, "model.mil"); /* of a .mlmodelc */
    }
    r->name = strcmp(path, "-") == 0 ? "standard input" : path;
    int error = file_read(r->memory, path, MAX_TEXT, source, size);
    return error ? anet_fail(r->err, ANET_BAD_USAGE, "cannot read %s: %s", r->name, strerror(error))
                 : ANET_OK;
}

static const mil_func *find_function(const run *r, const char *name) {
    for (int i = 0; i < r->mil->funcs; i++) {
        if (strcmp(r->mil->func[i].name, name) == 0) {
            return &r->mil->func[i];
        }
    }
    return NULL;
}

/* --function, else main, else the only one */
static anet_code choose_function(run *r) {
    const char *wanted = r->options.text[RUN_FUNCTION];
    const mil_program *mil = r->mil;
    r->func = find_function(r, wanted ? wanted : "main");
    r->func = !r->func && !wanted && mil->funcs == 1 ? &mil->func[0] : r->func;
    text names = {0};
    for (int i = 0; i < mil->funcs; i++) {
        text_printf(&names, "%s%s", i ? ", " : "", mil->func[i].name);
    }
    const char *list = text_move(&names, r->memory);
    if (!r->func) {
        return wanted
                   ? anet_fail(r->err, ANET_BAD_USAGE, "%s: there is no function '%s'; there is %s",
                               r->name, wanted, *list ? list : "none")
                   : anet_fail(r->err, ANET_BAD_USAGE,
                               "%s: which function? --function NAME; there is %s", r->name,
                               *list ? list : "none");
    }
    r->alone = *mil;
    r->alone.func = arena_memdup(r->memory, r->func, sizeof *r->func);
    r->alone.funcs = 1;
    return ANET_OK;
}

anet_code run_read_program(run *r) {
    char *source;
    size_t size;
    anet_code code = read_text(r, &source, &size);
    code = code ? code : mil_read(source, size, r->name, &r->mil, r->err);
    code = code ? code : mil_check(r->mil, r->name, r->err);
    return code ? code : choose_function(r);
}

/* --- weights --- */

anet_code run_open_weights(run *r) {
    const char *from = r->options.text[RUN_WEIGHTS];
    uint64_t seed;
    if (from && strncmp(from, "random:", 7) == 0) {
        anet_code code = run_seed(from, "--weights", &seed, r->err);
        return code ? code : mil_weights_random(&r->alone, seed, &r->weights, r->err);
    }
    anet_error err = {0};
    const char *folder = from                                ? from
                         : strcmp(r->options.file, "-") == 0 ? "."
                                                             : path_folder(r->memory, r->name);
    anet_code code = mil_weights_open(&r->alone, folder, &r->weights, &err);
    return code ? anet_fail(r->err, code,
                            "%s; say where the program's weights are with --weights FOLDER, or "
                            "make some up with --weights random:1",
                            err.message)
                : ANET_OK;
}
