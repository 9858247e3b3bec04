/* blob_files.c: maps the weight files that a program refers to. */
#include "base/file.h"
#include "base/input.h"
#include "mil/blob_read.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define MODEL_PATH "@model_path/"

/* Below the folder whatever is in it: no absolute path, no step upwards. */
static bool stays_below(const char *path) {
    bool below = *path && *path != '/';
    for (const char *part = path; below && part; part = strchr(part, '/')) {
        part += *part == '/';
        below = strncmp(part, "..", 2) != 0 || (part[2] && part[2] != '/');
    }
    return below;
}

static anet_code map(const char *path, anet_blob *file, anet_error *err) {
    input in;
    anet_code code = input_open(&in, path, err);
    if (code) {
        return code;
    }
    file->size = (size_t)in.size;
    file->data = "";
    if (in.size > SIZE_MAX / 2) {
        code = anet_fail(err, ANET_FAILED, "%s: too large for this machine", path);
    } else if (in.size > 0) {
        void *data = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, in.fd, 0);
        file->data = data;
        if (data == MAP_FAILED) {
            code = anet_fail(err, ANET_FAILED, "%s: cannot map it: %s", path, strerror(errno));
        }
    }
    input_close(&in);
    return code;
}

/* where the file that the program calls `name` is */
static anet_code find_path(const char *from, const char *name, arena *a, const char **path,
                           anet_error *err) {
    size_t prefix = strlen(MODEL_PATH);
    const char *below = strncmp(name, MODEL_PATH, prefix) == 0 ? name + prefix : name;
    if (!stays_below(below)) {
        return anet_fail(err, ANET_BAD_INPUT,
                         "the program wants its weights from '%s', which may lie outside of the "
                         "folder '%s': only paths below it are read",
                         name, from);
    }
    *path = path_join(a, from, below);
    return ANET_OK;
}

static anet_code open_file(const char *from, const char *name, mil_weights *w, anet_error *err) {
    anet_blob file = {.path = arena_strdup(w->memory, name)};
    const char *path = from; /* the file itself, or the folder */
    bool itself = file_exists(from) && !folder_exists(from);
    anet_code code = itself ? ANET_OK : find_path(from, name, w->memory, &path, err);
    if (!code && itself && w->files.len > 0) {
        code = anet_fail(err, ANET_BAD_INPUT,
                         "the program has weights in '%s' and in '%s': name the folder of both, "
                         "not the file '%s'",
                         w->files.at[0].path, name, from);
    }
    code = code ? code : map(path, &file, err);
    if (!code) {
        vec_push(&w->files, file);
    }
    return code;
}

/* the first failure, but the others are opened all the same if `all` */
static anet_code open_files(const mil_program *p, const char *from, bool all, mil_weights *w,
                            anet_error *err) {
    blob_refs refs = {0};
    anet_code code = ANET_OK;
    const char *last = NULL;
    *w = (mil_weights){.memory = arena_new()};
    blob_collect(p, &refs);
    for (size_t i = 0; i < refs.all.len && (all || !code); i++) {
        const char *name = refs.all.at[i].value->blob_path;
        bool again = last && strcmp(name, last) == 0;
        if (!again && !blob_file(w->files.at, (int)w->files.len, name)) {
            code = open_file(from, name, w, err);
        }
        last = name;
    }
    vec_free(&refs.all);
    return code;
}

anet_code mil_weights_open(const mil_program *p, const char *from, mil_weights *w,
                           anet_error *err) {
    anet_code code = open_files(p, from, false, w, err);
    if (code) {
        mil_weights_close(w);
    }
    return code;
}

void mil_weights_find(const mil_program *p, const char *from, mil_weights *w) {
    anet_error err = {0};
    open_files(p, from, true, w, &err);
}

void mil_weights_close(mil_weights *w) {
    for (size_t i = 0; i < w->files.len; i++) {
        if (w->files.at[i].size > 0) {
            munmap((void *)(uintptr_t)w->files.at[i].data, w->files.at[i].size);
        }
    }
    vec_free(&w->files);
    arena_free(w->memory);
    *w = (mil_weights){0};
}
