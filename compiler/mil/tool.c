/* tool.c: one run of `anetc mil`: command line, command, output. */
#include "mil/tool.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static anet_code carry_out(tool *t) {
    static anet_code (*const functions[])(tool * t) = {
#define TOOL(ID, name, arguments, least, most, text) tool_##name,
#include "mil/tools.def"
    };
    return functions[t->id](t);
}

static anet_code print(const tool *t) {
    int error = t->out.len > 0 ? file_write("-", t->out.at, t->out.len) : 0;
    if (error) {
        fprintf(stderr, "anetc: cannot write standard output: %s\n", strerror(error));
    }
    return error ? ANET_BAD_USAGE : ANET_OK;
}

int mil_tools(int argc, char **argv) {
    anet_error err = {0};
    bool done = false;
    tool t = {.memory = arena_new(), .err = &err};
    anet_code code = tool_command_line(&t, argc, argv, &done);
    if (code == ANET_OK && !done) {
        code = carry_out(&t);
    }
    if (print(&t)) {
        code = ANET_BAD_USAGE;
    }
    if (err.code) {
        fprintf(stderr, "anetc: %s\n", err.message);
    }
    text_free(&t.out);
    arena_free(t.memory);
    return (int)code;
}
