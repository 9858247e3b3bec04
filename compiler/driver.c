/* driver.c: one run: options, source, passes, output. Everything is written after everything
 * succeeded. */
#include "driver.h"
#include "beside.h"
#include "graph_read.h"
#include "mil/tool.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void timing_add(compilation *c, const char *name, double seconds) {
    int i = 0;
    while (i < c->n_timings && strcmp(c->timings[i].name, name) != 0) {
        i++;
    }
    if (i == (int)(sizeof c->timings / sizeof *c->timings)) {
        return;
    }
    c->timings[i].name = name;
    c->timings[i].seconds += seconds;
    c->n_timings = i == c->n_timings ? i + 1 : c->n_timings;
}

void artifact_add(compilation *c, const char *name, text *content) {
    artifact *more = ARENA_ARRAY(c->memory, artifact, c->n_artifacts + 1);
    if (c->n_artifacts > 0) {
        memcpy(more, c->artifacts, c->n_artifacts * sizeof *more);
    }
    size_t size = content->len;
    more[c->n_artifacts++] = (artifact){name, text_move(content, c->memory), size};
    c->artifacts = more;
}

/* ---- the source ---- */

/* The path of an installed model of that name, or NULL. */
static const char *installed_model(arena *memory, const char *name) {
    static const char *const folders[] = {"models", "share/anet/models"};
    const char *home = program_folder(memory);
    for (size_t i = 0; home && i < sizeof folders / sizeof *folders; i++) {
        const char *folder = path_join(memory, path_folder(memory, home), folders[i]);
        const char *path = path_join(memory, folder, name);
        if (file_exists(path)) {
            return path;
        }
    }
    return NULL;
}

/* The file that the user means: the path itself, or the name of a model with or without its ending,
 * here or among the installed ones. A bare name prefers the ending: `tiny` may be the program. */
static const char *find_input(arena *memory, const char *input) {
    if (strcmp(input, "-") == 0 || strchr(input, '/')) {
        return input;
    }
    const char *name =
        text_ends_in(input, ".anet") ? input : arena_printf(memory, "%s.anet", input);
    if (file_exists(name)) {
        return name;
    }
    const char *installed = installed_model(memory, name);
    if (installed) {
        fprintf(stderr, "anetc: using installed model %s\n", installed);
    }
    return installed ? installed : input;
}

static anet_code read_input(compilation *c, uint32_t *file, anet_error *err) {
    const char *path = find_input(c->memory, c->options->input);
    const char *shown = strcmp(path, "-") == 0 ? "<stdin>" : path;
    char *data;
    size_t size;
    int error = file_read(c->memory, path, MAX_SOURCE, &data, &size);
    if (error == EFBIG) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "%s: larger than %d MiB, the most that a source file may have", shown,
                         MAX_SOURCE / (1024 * 1024));
    }
    if (error) {
        bool bare = error == ENOENT && !strchr(path, '/');
        return anet_fail(err, ANET_BAD_USAGE, "%s: %s%s", shown, strerror(error),
                         bare ? ", and no installed model has that name" : "");
    }
    *file = source_add(&c->files, shown, data, (uint32_t)size);
    return ANET_OK;
}

static void add_syntax_dumps(compilation *c, uint32_t file, const ast *program) {
    text dump = {0};
    while (program->next) {
        program = program->next; /* the file itself comes after its imports */
    }
    if (c->options->emit & EMIT_TOKENS) {
        tokens_dump(&c->files, file, &dump);
        artifact_add(c, "tokens.txt", &dump);
    }
    if (c->options->emit & EMIT_AST) {
        ast_dump(program, &c->files, &dump);
        artifact_add(c, "ast.txt", &dump);
    }
}

static void dump_after_parse(compilation *c, const ast *program) {
    text dump = {0};
    ast_dump(program, &c->files, &dump);
    fprintf(stderr, "=== after %s ===\n%s", passes[PASS_PARSE].name, dump.at ? dump.at : "");
    text_free(&dump);
}

/* ---- passes ---- */

static bool syntax_only(const options *o) {
    return o->emit && !(o->emit & ~(unsigned)(EMIT_TOKENS | EMIT_AST));
}

/* false: the errors are in c->diags */
static bool compile(compilation *c, uint32_t file) {
    const options *o = c->options;
    double start = seconds_now();
    ast *program = load_program(c->memory, &c->files, &c->diags, file, o->folders, o->n_folders);
    timing_add(c, passes[PASS_PARSE].name, seconds_now() - start);
    if (o->dump_after[PASS_PARSE]) {
        dump_after_parse(c, program);
    }
    if (c->diags.errors > 0) {
        return false;
    }
    add_syntax_dumps(c, file, program);
    return syntax_only(o) || compile_program(c, program);
}

static bool is_graph_text(const compilation *c, uint32_t file) {
    return text_ends_in(c->files.at[file]->path, ".ir");
}

static anet_code check_graph_options(const options *o, anet_error *err) {
    const unsigned possible = EMIT_IR | EMIT_KERNELS | EMIT_MIL | EMIT_SCHEDULE | EMIT_DOT;
    bool looks_inside = o->emit || o->check;
    for (int i = 0; i < PASS_COUNT; i++) {
        looks_inside = looks_inside || o->dump_after[i];
    }
    if (o->n_defines || o->model) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "%s: -D and --model are for .anet files, not for graphs", o->input);
    }
    if ((o->emit & ~possible) || !looks_inside) {
        return anet_fail(
            err, ANET_BAD_USAGE,
            "%s: a graph holds neither the source nor the config and the recipe of its "
            "model, so no program can be made of it; ask for --emit=ir, kernels, mil, "
            "schedule or dot, --dump-after or --check",
            o->input);
    }
    return ANET_OK;
}

/* Like compile, for a graph. On failure either err or c->diags says why. */
static bool compile_graph_text(compilation *c, uint32_t file, anet_error *err) {
    const source *s = c->files.at[file];
    double start = seconds_now();
    graph *g;
    if (check_graph_options(c->options, err) ||
        graph_read(c->memory, s->text, s->size, s->path, &g, err)) {
        return false;
    }
    timing_add(c, "read", seconds_now() - start);
    return compile_graph(c, g);
}

static void show_messages(const compilation *c) {
    text out = {0};
    diag_render(&c->diags, c->options->json ? DIAG_JSON : DIAG_TEXT, c->options->colour, &out);
    if (out.len > 0) {
        fputs(out.at, stderr);
    }
    text_free(&out);
}

static void show_timings(const compilation *c) {
    double total = 0;
    for (int i = 0; i < c->n_timings; i++) {
        fprintf(stderr, "%-16s %10.3f ms\n", c->timings[i].name, 1e3 * c->timings[i].seconds);
        total += c->timings[i].seconds;
    }
    fprintf(stderr, "%-16s %10.3f ms\n", "total", 1e3 * total);
}

/* ---- output ---- */

static anet_code write_file(const char *path, const void *data, size_t size, anet_error *err) {
    int error = file_write(path, data, size);
    const char *shown = strcmp(path, "-") == 0 ? "standard output" : path;
    return error ? anet_fail(err, ANET_BAD_USAGE, "cannot write %s: %s", shown, strerror(error))
                 : ANET_OK;
}

static anet_code write_to_folder(const compilation *c, const char *folder, anet_error *err) {
    for (size_t i = 0; i < c->n_artifacts; i++) {
        const artifact *a = &c->artifacts[i];
        const char *path = path_join(c->memory, folder, a->name);
        const char *parent = path_folder(c->memory, path);
        int error = folder_make(parent);
        if (error) {
            return anet_fail(err, ANET_BAD_USAGE, "cannot make the folder %s: %s", parent,
                             strerror(error));
        }
        anet_code code = write_file(path, a->data, a->size, err);
        if (code) {
            return code;
        }
    }
    return ANET_OK;
}

static anet_code write_to_stdout(const compilation *c, bool headed, anet_error *err) {
    text all = {0};
    for (size_t i = 0; i < c->n_artifacts; i++) {
        const artifact *a = &c->artifacts[i];
        if (headed) {
            text_printf(&all, "=== %s ===\n", a->name);
        }
        text_add(&all, a->data, a->size);
    }
    anet_code code = write_file("-", all.at ? all.at : "", all.len, err);
    text_free(&all);
    return code;
}

static anet_code write_parts(const compilation *c, anet_error *err) {
    const char *output = c->options->output;
    bool many = c->n_artifacts != 1 || (c->options->emit & EMIT_MIL);
    if (!output || strcmp(output, "-") == 0) {
        return write_to_stdout(c, many, err);
    }
    if (many || folder_exists(output)) {
        return write_to_folder(c, output, err);
    }
    return write_file(output, c->artifacts[0].data, c->artifacts[0].size, err);
}

/* Never over one of the files that were read. */
static anet_code check_output(const compilation *c, const char *output, anet_error *err) {
    for (uint32_t i = 1; i <= c->files.count; i++) {
        if (file_same(output, c->files.at[i]->path)) {
            return anet_fail(err, ANET_BAD_USAGE,
                             "the output %s is the source itself; choose another with -o", output);
        }
    }
    return ANET_OK;
}

static anet_code write_program(compilation *c, anet_error *err) {
    const artifact *program = &c->artifacts[0];
    bool named = strcmp(c->options->input, "-") != 0;
    const char *output = c->options->output;
    if (!output) {
        output = path_stem(c->memory, named ? c->options->input : program->name);
    }
    double start = seconds_now();
    anet_code code = check_output(c, output, err);
    code = code ? code : link_program(c, program, output, err);
    timing_add(c, "link", seconds_now() - start);
    return code;
}

static anet_code write_output(compilation *c, anet_error *err) {
    const options *o = c->options;
    if (o->check || c->n_artifacts == 0) {
        return ANET_OK;
    }
    if (!o->emit) {
        return write_program(c, err);
    }
    anet_code code = o->output ? check_output(c, o->output, err) : ANET_OK;
    return code ? code : write_parts(c, err);
}

static anet_code run(compilation *c, anet_error *err) {
    uint32_t file = 0;
    anet_code code = read_input(c, &file, err);
    if (code) {
        return code;
    }
    bool compiled = is_graph_text(c, file) ? compile_graph_text(c, file, err) : compile(c, file);
    if (err->code) {
        return err->code;
    }
    show_messages(c);
    if (!compiled && c->diags.errors == 0) {
        return anet_fail(err, ANET_INTERNAL,
                         "the compiler stopped without saying why; please report this");
    }
    code = compiled ? write_output(c, err) : ANET_BAD_INPUT;
    if (c->options->time) {
        show_timings(c);
    }
    return code;
}

int anetc(int argc, char **argv) {
    file_start();
    if (argc > 1 && strcmp(argv[1], "mil") == 0) {
        return mil_tools(argc - 2, argv + 2);
    }
    arena *memory = arena_new();
    anet_error err = {0};
    options o;
    text shown = {0};
    anet_code code = argc > 1 && strcmp(argv[1], "doctor") == 0
                         ? run_beside(memory, "anet-doctor", argc - 2, argv + 2, &err)
                         : options_parse(memory, argc, argv, &o, &shown, &err);
    if (code == ANET_OK && shown.len > 0) {
        code = write_file("-", shown.at, shown.len, &err);
    } else if (code == ANET_OK) {
        compilation c = {.memory = memory, .options = &o};
        c.files.memory = memory;
        c.diags = (diags){.memory = memory, .files = &c.files};
        code = run(&c, &err);
    }
    if (err.code) {
        fprintf(stderr, "anetc: %s\n", err.message);
    }
    text_free(&shown);
    arena_free(memory);
    return (int)code;
}
