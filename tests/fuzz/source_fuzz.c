/* Any text through the whole compiler, to every form that it can write. */
#include "fuzz.h"

#include "driver.h"

#include <string.h>

static void compile_text(arena *memory, const char *text, size_t size, int level) {
    const unsigned everything = EMIT_TOKENS | EMIT_AST | EMIT_IR | EMIT_KERNELS | EMIT_MIL |
                                EMIT_SCHEDULE | EMIT_C | EMIT_DOT | EMIT_COST;
    options o = {.input = "fuzz.anet", .emit = everything, .verify = true, .level = level};
    struct text messages = {0};
    compilation c = {.memory = memory, .options = &o};
    c.files.memory = memory;
    c.diags = (diags){.memory = memory, .files = &c.files, .max_errors = 20};
    uint32_t file = source_add(&c.files, "fuzz.anet", text, (uint32_t)size);
    ast *tree = load_program(memory, &c.files, &c.diags, file, NULL, 0);
    bool compiled = c.diags.errors == 0 && compile_program(&c, tree);
    if (!compiled && c.diags.errors == 0) {
        abort(); /* stopped without a message */
    }
    diag_render(&c.diags, level ? DIAG_TEXT : DIAG_JSON, false, &messages);
    text_free(&messages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *memory = arena_new();
    const char *text = arena_strndup(memory, (const char *)data, size);
    compile_text(memory, text, size, size % 2 == 0);
    arena_free(memory);
    return 0;
}
