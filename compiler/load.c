/* load.c: a file and everything that it imports. */
#include "ast.h"
#include "embedded.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit {
    const char *key; /* the same for every way to write the file's path */
    uint32_t file;
    bool embedded, loading;
    loc wanted_at;      /* the import that loads it */
    struct unit *wants; /* the unit of that import */
    struct unit *next;
} unit;

typedef struct loader {
    arena *memory;
    sources *files;
    diags *d;
    const char *const *folders;
    size_t n_folders;
    unit *units;
    ast *first, *last;
} loader;

/* An import while it is looked up. */
typedef struct lookup {
    const ast *import;
    unit *from;
    const char *path; /* "a/b.anet" */
    diag_note *places, *last_place;
    unit *found;
} lookup;

static void load_unit(loader *l, unit *u);

static unit *new_unit(loader *l, const char *key, const char *path, const char *data, size_t size) {
    unit *u = ARENA_NEW(l->memory, unit);
    u->key = key;
    u->file = source_add(l->files, path, data, (uint32_t)size);
    u->next = l->units;
    l->units = u;
    return u;
}

/* A file is loaded once, whatever paths lead to it. */
static unit *known_unit(const loader *l, const char *key) {
    for (unit *u = l->units; u; u = u->next) {
        if (strcmp(u->key, key) == 0) {
            return u;
        }
    }
    return NULL;
}

static const char *disk_key(arena *memory, const char *path) {
    char *real = realpath(path, NULL);
    const char *key = arena_strdup(memory, real ? real : path);
    free(real);
    return key;
}

static void looked_in(loader *l, lookup *k, const char *path, int error) {
    for (diag_note *n = k->places; n; n = n->next) {
        if (strcmp(n->text, path) == 0) {
            return;
        }
    }
    diag_note *n = ARENA_NEW(l->memory, diag_note);
    n->text = error == ENOENT || error == ENOTDIR
                  ? path
                  : arena_printf(l->memory, "%s (%s)", path,
                                 error == EFBIG ? "larger than 4 MiB" : strerror(error));
    if (k->last_place) {
        k->last_place->next = n;
    } else {
        k->places = n;
    }
    k->last_place = n;
}

static bool try_disk(loader *l, lookup *k, const char *folder) {
    bool here = strcmp(folder, ".") == 0;
    const char *path = here ? k->path : path_join(l->memory, folder, k->path);
    const char *key = disk_key(l->memory, path);
    char *data;
    size_t size;
    k->found = known_unit(l, key);
    if (k->found) {
        return true;
    }
    int error = file_read(l->memory, path, MAX_SOURCE, &data, &size);
    if (error) {
        looked_in(l, k, path, error);
        return false;
    }
    k->found = new_unit(l, key, path, data, size);
    return true;
}

/* The built-in library is a folder `std`; its own files also find each other without the `std.`. */
static bool try_embedded(loader *l, lookup *k) {
    const char *name = k->path;
    if (strncmp(name, "std/", 4) == 0) {
        name += 4;
    } else if (!k->from->embedded) {
        return false;
    }
    const char *path = arena_printf(l->memory, "std/%s", name);
    const char *key = arena_printf(l->memory, "<built-in>/%s", name);
    k->found = known_unit(l, key);
    for (const struct embedded_file *f = stdlib_files; f->path && !k->found; f++) {
        if (strcmp(f->path, name) == 0) {
            k->found = new_unit(l, key, path, f->text, f->size);
            k->found->embedded = true;
        }
    }
    if (!k->found) {
        looked_in(l, k, arena_printf(l->memory, "%s (built-in library)", path), ENOENT);
    }
    return k->found != NULL;
}

static bool find(loader *l, lookup *k) {
    const char *importer = l->files->at[k->from->file]->path;
    if (k->from->embedded) {
        return try_embedded(l, k);
    }
    if (try_disk(l, k, path_folder(l->memory, importer))) {
        return true;
    }
    for (size_t i = 0; i < l->n_folders; i++) {
        if (try_disk(l, k, l->folders[i])) {
            return true;
        }
    }
    return try_embedded(l, k);
}

static void hint_library(loader *l, lookup *k, diag *e) {
    const char *names[64];
    size_t n = 0;
    for (const struct embedded_file *f = stdlib_files; f->path && n < 64; f++) {
        names[n++] = arena_printf(l->memory, "std.%s", path_stem(l->memory, f->path));
    }
    const char *near = nearest_name(k->import->text, names, n);
    const char *prefixed = arena_printf(l->memory, "std.%s", k->import->text);
    for (size_t i = 0; i < n; i++) {
        near = strcmp(names[i], prefixed) == 0 ? names[i] : near;
    }
    if (near) {
        diag_add_hint(l->d, e, "did you mean `import %s`?", near);
    }
}

static void not_found(loader *l, lookup *k) {
    diag *e = diag_error(l->d, E0105, k->import->at, "import `%s` not found", k->import->text);
    for (diag_note *n = k->places; n; n = n->next) {
        diag_add_note(l->d, e, (loc){0}, "looked for %s", n->text);
    }
    hint_library(l, k, e);
}

static void cycle(loader *l, lookup *k) {
    const char *path = l->files->at[k->found->file]->path;
    diag *e = diag_error(l->d, E0106, k->import->at, "import cycle: %s imports itself", path);
    for (unit *u = k->from; u != k->found; u = u->wants) {
        diag_add_note(l->d, e, u->wanted_at, "%s is imported here", l->files->at[u->file]->path);
    }
}

static char *path_of_import(arena *memory, const char *dotted) {
    char *path = arena_printf(memory, "%s.anet", dotted);
    for (char *s = path; s < path + strlen(dotted); s++) {
        *s = *s == '.' ? '/' : *s;
    }
    return path;
}

static void load_import(loader *l, unit *from, ast *import) {
    lookup k = {.import = import, .from = from, .path = path_of_import(l->memory, import->text)};
    if (!find(l, &k)) {
        not_found(l, &k);
        return;
    }
    import->integer = k.found->file;
    if (k.found->loading) {
        cycle(l, &k);
    } else if (!k.found->wants) {
        k.found->wants = from;
        k.found->wanted_at = import->at;
        load_unit(l, k.found);
    }
}

static void load_unit(loader *l, unit *u) {
    u->loading = true;
    ast *tree = parse_file(l->memory, l->files, l->d, u->file);
    for (ast *d = tree->a; d; d = d->next) {
        if (d->kind == AST_IMPORT) {
            load_import(l, u, d);
        }
    }
    u->loading = false;
    if (l->last) {
        l->last->next = tree;
    } else {
        l->first = tree;
    }
    l->last = tree;
}

ast *load_program(arena *memory, sources *files, diags *d, uint32_t file,
                  const char *const *folders, size_t n_folders) {
    loader l = {memory, files, d, folders, n_folders, NULL, NULL, NULL};
    unit *main = ARENA_NEW(memory, unit);
    main->key = disk_key(memory, files->at[file]->path);
    main->file = file;
    l.units = main;
    load_unit(&l, main);
    return l.first;
}
