#include "graph_source.h"

#include "autodiff.h"
#include "fuse.h"
#include "layout.h"
#include "place.h"
#include "simplify.h"

#include <string.h>

build *build_new(const char *model_text, size_t size, const define *defines) {
    arena *memory = arena_new();
    build *b = ARENA_NEW(memory, build);
    b->memory = memory;
    b->files.memory = memory;
    b->messages = (diags){.memory = memory, .files = &b->files, .max_errors = 20};
    b->form = legal_form_of(&(target_list){0});
    b->o.defines = defines;
    while (defines && defines[b->o.n_defines].name) {
        b->o.n_defines++;
    }
    const char *copy = arena_strndup(memory, model_text, size);
    uint32_t file = source_add(&b->files, "test.anet", copy, (uint32_t)size);
    ast *tree = load_program(memory, &b->files, &b->messages, file, NULL, 0);
    if (!b->messages.errors) {
        b->m = elaborate(memory, tree, &b->o, &b->messages);
    }
    return b;
}

void build_free(build *b) {
    schedule_free(b->s);
    lowered_free(b->l);
    model_free(b->m);
    arena_free(b->memory);
}

static void pass_PARSE(build *b, int level) {
    (void)b;
    (void)level;
}

static void pass_ELABORATE(build *b, int level) {
    pass_PARSE(b, level);
}

static void pass_EMIT(build *b, int level) {
    pass_PARSE(b, level);
}

static void pass_SIMPLIFY(build *b, int level) {
    (void)level;
    simplify(b->m->g);
}

static void pass_RESIMPLIFY(build *b, int level) {
    pass_SIMPLIFY(b, level);
}

static void pass_DIFFERENTIATE(build *b, int level) {
    (void)level;
    differentiate(b->m->g);
    drop_dead(b->m->g);
}

static void pass_LAYOUT(build *b, int level) {
    (void)level;
    layout(b->m->g);
    drop_dead(b->m->g);
}

static void pass_PLACE(build *b, int level) {
    (void)level;
    place(b->m->g);
}

static void pass_FUSE(build *b, int level) {
    fuse(b->m->g, level);
}

static void pass_TAP(build *b, int level) {
    (void)level;
    recompute_taps(b->m->g);
    drop_dead(b->m->g);
}

static void pass_LOWER(build *b, int level) {
    (void)level;
    b->l = lower(b->m->g, &b->form);
}

static void pass_SCHEDULE(build *b, int level) {
    (void)level;
    b->s = make_schedule(b->m->g, b->l);
}

bool build_pass(build *b, pass_id id, int level) {
    static void (*const run[PASS_COUNT])(build *, int) = {
#define PASS(ID, name, lowest, optional, text) [PASS_##ID] = pass_##ID,
#include "passes.def"
    };
    if (level >= passes[id].level) {
        run[id](b, level);
    }
    return b->messages.errors == 0;
}

const char *build_messages(const build *b) {
    text t = {0};
    diag_render(&b->messages, DIAG_TEXT, false, &t);
    const char *copy = arena_strdup(b->memory, t.at ? t.at : "");
    text_free(&t);
    return copy;
}
