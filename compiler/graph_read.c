/* graph_read.c: reads what graph_print.c writes. One declaration or node a line, so there is no
 * nesting and no recovery: the first error ends it. */
#include "graph_read.h"
#include "graph_reader.h"

static bool read_line(reader *r) {
    return (lex_is(r, "%") ? read_node(r) : read_declaration(r)) && lex_end_line(r);
}

/* "=== after fuse ===": --dump-after writes it first */
static void skip_heading(reader *r) {
    while (r->now.kind == END_OF_LINE || lex_is(r, "=")) {
        while (r->now.kind != END_OF_LINE && r->now.kind != END_OF_TEXT) {
            lex_next(r);
        }
        if (r->now.kind == END_OF_LINE) {
            lex_next(r);
        }
    }
}

static bool read_header(reader *r) {
    const char *stages[PASS_COUNT + 1] = {0}, *at;
    layer_call root = {.path = ""};
    int which;
    for (int i = PASS_ELABORATE; i <= PASS_TAP; i++) {
        stages[i - PASS_ELABORATE] = passes[i].name;
    }
    skip_heading(r);
    at = r->now.at;
    if (!lex_expect(r, "graph") || !read_name(r, "the name of the model", &root.layer) ||
        !lex_expect(r, "after") || !read_choice(r, "stage of a graph", stages, &which) ||
        !lex_expect(r, "{")) {
        return false;
    }
    root.at = lex_place(r, at);
    vec_push(&r->g->calls, root);
    vec_push(&r->ids, 0);
    r->g->after = (pass_id)(which + PASS_ELABORATE);
    r->g->stored = r->g->after >= PASS_LAYOUT;
    if (r->g->after >= PASS_FUSE) {
        vec_push(&r->g->kernels, (kernel){0});
    }
    return lex_end_line(r);
}

static bool read_graph(reader *r) {
    lex_next(r);
    if (!read_header(r)) {
        return false;
    }
    while (!lex_is(r, "}")) {
        if (!read_line(r)) {
            return false;
        }
    }
    const char *end = r->now.at;
    lex_next(r);
    if (!lex_end_line(r)) {
        return false;
    }
    if (r->now.kind != END_OF_TEXT) {
        return lex_expected(r, "nothing after the graph");
    }
    value v;
    const char *bad = check_stage(r->g, &v);
    return !bad || lex_error(r, v ? r->begin + graph_node(r->g, v)->from.at.begin : end, "%s", bad);
}

anet_code graph_read(arena *memory, const char *written, size_t size, const char *name, graph **g,
                     anet_error *err) {
    *g = graph_new(memory);
    reader r = {
        .g = *g, .name = name, .begin = written, .at = written, .end = written + size, .err = err};
    bool ok = size <= MAX_SOURCE ||
              lex_error(&r, written, "more than %d MiB of text", MAX_SOURCE / (1024 * 1024));
    ok = ok && read_graph(&r);
    vec_free(&r.ids);
    if (ok) {
        return ANET_OK;
    }
    graph_free(*g);
    *g = NULL;
    return err->code;
}
