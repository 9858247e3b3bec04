/* link.c: from the C program to a native one, with the machine's C compiler and libanet. */
#include "driver.h"

#include "base/file.h"
#include "base/vec.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef ANET_LINK_LIBS
#define ANET_LINK_LIBS "-lopenblas"
#endif
#ifndef ANET_LINK_FLAGS
#define ANET_LINK_FLAGS ""
#endif

extern char **environ;

typedef VEC(const char *) words;

typedef struct linker {
    arena *memory;
    const options *options;
    const char *library, *include; /* libanet.a and its headers */
    const char *folder;            /* temporary; NULL: none */
    const char *source;            /* the C, in folder */
    const char *output, *partial;  /* partial is renamed to output */
    anet_error *err;
} linker;

/* In the source tree the library is beside anetc, and the headers are in a folder above, as the
 * build folder can be nested. */
static bool find_in_tree(linker *l, const char *home) {
    enum { NESTED = 3 };
    l->library = path_join(l->memory, home, "libanet.a");
    for (int i = 0; i < NESTED && file_exists(l->library); i++) {
        home = path_folder(l->memory, home);
        l->include = path_join(l->memory, home, "runtime");
        if (file_exists(path_join(l->memory, l->include, "abi.h"))) {
            return true;
        }
    }
    return false;
}

/* Installed, both are in neighbouring folders. */
static anet_code find_library(linker *l) {
    const char *home = program_folder(l->memory);
    if (!home) {
        return anet_fail(l->err, ANET_FAILED,
                         "cannot tell where anetc is, so neither where libanet.a is");
    }
    const char *above = path_folder(l->memory, home);
    if (find_in_tree(l, home)) {
        return ANET_OK;
    }
    l->library = path_join(l->memory, above, "lib/libanet.a");
    l->include = path_join(l->memory, above, "include/anet");
    if (!file_exists(l->library) || !folder_exists(l->include)) {
        return anet_fail(l->err, ANET_FAILED,
                         "libanet.a and its headers are neither in %s and %s/runtime nor in %s "
                         "and %s; install anetc again",
                         home, above, path_folder(l->memory, l->library), l->include);
    }
    return ANET_OK;
}

static void add_words(linker *l, words *w, const char *list) {
    while (*list) {
        size_t n = strcspn(list, " ");
        if (n > 0) {
            vec_push(w, arena_strndup(l->memory, list, n));
        }
        list += n + (list[n] == ' ');
    }
}

/* The command that makes `output` from the C file `from`. */
static words command(linker *l, const char *from, const char *output) {
    words w = {0};
    add_words(l, &w, l->options->cc);
    add_words(l, &w, "-O2 -std=c11 " ANET_LINK_FLAGS);
    vec_push(&w, arena_printf(l->memory, "-I%s", l->include));
    vec_push(&w, "-o");
    vec_push(&w, output);
    vec_push(&w, from);
    vec_push(&w, l->library);
    add_words(l, &w, ANET_LINK_LIBS " -lm -pthread");
    return w;
}

/* as a shell wants it */
static void add_quoted(text *line, const char *word) {
    if (!word[strspn(word,
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=,./:@%")]) {
        text_puts(line, word);
        return;
    }
    text_putc(line, '\'');
    for (; *word; word++) {
        if (*word == '\'') {
            text_puts(line, "'\\''");
        } else {
            text_putc(line, *word);
        }
    }
    text_putc(line, '\'');
}

static const char *command_line(linker *l, const char *from, const char *output) {
    words w = command(l, from, output);
    text line = {0};
    for (size_t i = 0; i < w.len; i++) {
        text_puts(&line, i ? " " : "");
        add_quoted(&line, w.at[i]);
    }
    vec_free(&w);
    return text_move(&line, l->memory);
}

/* Runs the command, its output to standard error. Interrupts reach the child alone, so that what is
 * temporary is removed. Returns an errno value, or 0 and the status of the child. */
static int spawn(char *const *argv, int *status) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    pid_t child;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGQUIT);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    int error = posix_spawnp(&child, argv[0], &actions, &attributes, argv, environ);
    while (!error && waitpid(child, status, 0) < 0) {
        error = errno == EINTR ? 0 : errno;
    }
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* The C beside the output, for the user to compile. */
static const char *keep_source(linker *l, const artifact *program) {
    const char *kept = arena_printf(l->memory, "%s.c", l->output);
    int error = file_write(kept, program->data, program->size);
    if (error) {
        return arena_printf(l->memory, "the program's C could not be kept in %s: %s", kept,
                            strerror(error));
    }
    return arena_printf(l->memory, "the program's C is kept in %s; compile it with\n  %s", kept,
                        command_line(l, kept, l->output));
}

static anet_code run_compiler(linker *l, const artifact *program) {
    words w = command(l, l->source, l->partial);
    const char *name = w.len > 0 ? w.at[0] : "";
    int status = 0;
    if (l->options->verbose) {
        fprintf(stderr, "%s\n", command_line(l, l->source, l->partial));
    }
    vec_push(&w, NULL);
    fflush(stderr);
    int error = spawn((char *const *)(void *)w.at, &status);
    vec_free(&w);
    if (error == ENOENT || (!error && WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
        return anet_fail(l->err, ANET_FAILED, "no C compiler: %s not found; %s", name,
                         keep_source(l, program));
    }
    if (error) {
        return anet_fail(l->err, ANET_FAILED, "cannot run %s: %s; %s", name, strerror(error),
                         keep_source(l, program));
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) {
        return anet_fail(l->err, ANET_INTERRUPTED, "interrupted");
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return anet_fail(l->err, ANET_FAILED, "%s failed; %s", name, keep_source(l, program));
    }
    struct stat st;
    if (stat(l->partial, &st) || st.st_size == 0) {
        return anet_fail(l->err, ANET_FAILED, "%s made no program, so it is no C compiler; %s",
                         name, keep_source(l, program));
    }
    return ANET_OK;
}

static anet_code write_source(linker *l, const artifact *program) {
    const char *wanted = getenv("TMPDIR"), *base = wanted && *wanted ? wanted : "/tmp";
    char *folder = path_join(l->memory, base, "anetc-XXXXXX");
    if (!mkdtemp(folder)) {
        return anet_fail(l->err, ANET_FAILED, "cannot make a temporary folder in %s: %s", base,
                         strerror(errno));
    }
    l->folder = folder;
    l->source = path_join(l->memory, folder, path_name(program->name));
    int error = file_write(l->source, program->data, program->size);
    return error ? anet_fail(l->err, ANET_BAD_USAGE, "cannot write %s: %s", l->source,
                             strerror(error))
                 : ANET_OK;
}

/* The output must be a file that can be made; better known before the C compiler runs. */
static anet_code check_target(linker *l) {
    struct stat st;
    if (strcmp(l->output, "-") == 0) {
        return anet_fail(l->err, ANET_BAD_USAGE,
                         "a program cannot go to standard output; name a file with -o");
    }
    if (stat(l->output, &st) == 0 && !S_ISREG(st.st_mode)) {
        return anet_fail(l->err, ANET_BAD_USAGE, "cannot write %s: it is %s", l->output,
                         S_ISDIR(st.st_mode) ? "a folder" : "not a regular file");
    }
    int error = file_write(l->partial, "", 0);
    return error ? anet_fail(l->err, ANET_BAD_USAGE, "cannot write %s: %s", l->output,
                             strerror(error))
                 : ANET_OK;
}

static anet_code make_program(linker *l, const artifact *program) {
    anet_code code = check_target(l);
    code = code ? code : find_library(l);
    code = code ? code : write_source(l, program);
    code = code ? code : run_compiler(l, program);
    if (!code && rename(l->partial, l->output)) {
        code = anet_fail(l->err, ANET_BAD_USAGE, "cannot write %s: %s", l->output, strerror(errno));
    }
    return code;
}

static void clean_up(linker *l, anet_code code) {
    if (code) {
        unlink(l->partial);
    }
    if (l->source) {
        unlink(l->source);
    }
    if (l->folder) {
        rmdir(l->folder);
    }
}

anet_code link_program(compilation *c, const artifact *program, const char *output,
                       anet_error *err) {
    linker l = {.memory = c->memory, .options = c->options, .output = output, .err = err};
    l.partial = arena_printf(c->memory, "%s.link%ld", output, (long)getpid());
    anet_code code = make_program(&l, program);
    clean_up(&l, code);
    return code;
}
