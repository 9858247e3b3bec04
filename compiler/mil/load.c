/* load.c: programs from files, and the files in folders. */
#include "mil/tool.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

anet_code mil_file_read(mil_file *f, const char *path, anet_error *err) {
    *f = (mil_file){.memory = arena_new(), .path = strcmp(path, "-") == 0 ? "<stdin>" : path};
    int error = file_read(f->memory, path, INT_MAX - 1, &f->data, &f->size);
    if (error) {
        return anet_fail(err, ANET_BAD_USAGE, "%s: %s", f->path, strerror(error));
    }
    f->wrong.memory = f->memory;
    f->program = mil_read_found(f->data, f->size, &f->wrong);
    return ANET_OK;
}

anet_code mil_file_load(mil_file *f, const char *path, anet_error *err) {
    anet_code code = mil_file_read(f, path, err);
    return code ? code : mil_findings_fail(&f->wrong, f->path, err);
}

void mil_file_close(mil_file *f) {
    mil_free(f->program);
    mil_findings_free(&f->wrong);
    arena_free(f->memory);
    *f = (mil_file){0};
}

/* Links to folders are not followed: they may lead in a circle. */
static bool is_folder(const char *path, bool follow) {
    struct stat s;
    return (follow ? stat(path, &s) : lstat(path, &s)) == 0 && S_ISDIR(s.st_mode);
}

anet_code paths_in(path_list *list, const char *folder, anet_error *err) {
    DIR *entries = opendir(folder);
    if (!entries) {
        return anet_fail(err, ANET_BAD_USAGE, "%s: %s", folder, strerror(errno));
    }
    struct dirent *e;
    while ((e = readdir(entries))) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            vec_push(&list->all, path_join(list->memory, folder, e->d_name));
        }
    }
    closedir(entries);
    return ANET_OK;
}

/* The first failure; the other folders are searched all the same. */
static anet_code add_folder(path_list *list, const char *folder, anet_error *err) {
    path_list inside = {.memory = list->memory};
    paths_in(&inside, folder, err);
    for (size_t i = 0; i < inside.all.len; i++) {
        const char *path = inside.all.at[i];
        if (is_folder(path, false)) {
            add_folder(list, path, err);
        } else if (text_ends_in(path, ".mil") && file_exists(path)) {
            vec_push(&list->all, path);
        }
    }
    vec_free(&inside.all);
    return err->code;
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

anet_code paths_under(path_list *list, const char *path, anet_error *err) {
    size_t before = list->all.len;
    if (!is_folder(path, true)) {
        vec_push(&list->all, path);
        return ANET_OK;
    }
    anet_code code = add_folder(list, path, err);
    if (code == ANET_OK && list->all.len == before) {
        code = anet_fail(err, ANET_BAD_USAGE, "%s: no *.mil in this folder", path);
    }
    if (list->all.len > before) {
        qsort(list->all.at + before, list->all.len - before, sizeof *list->all.at, compare_paths);
    }
    return code;
}

static anet_code visit_path(const char *path, visit_file *visit, void *context, anet_error *err) {
    mil_file f;
    anet_code code = mil_file_read(&f, path, err);
    if (code == ANET_OK) {
        code = visit(context, &f, err);
    }
    mil_file_close(&f);
    return code;
}

anet_code for_each_file(const tool *t, visit_file *visit, void *context) {
    path_list paths = {.memory = t->memory};
    anet_code worst = ANET_OK;
    for (int i = 0; i < t->files; i++) {
        anet_error err = {0};
        if (paths_under(&paths, t->file[i], &err)) {
            fprintf(stderr, "anetc: %s\n", err.message);
            worst = err.code > worst ? err.code : worst;
        }
    }
    for (size_t i = 0; i < paths.all.len; i++) {
        anet_error err = {0};
        if (visit_path(paths.all.at[i], visit, context, &err)) {
            fprintf(stderr, "anetc: %s\n", err.message);
            worst = err.code > worst ? err.code : worst;
        }
    }
    vec_free(&paths.all);
    return worst;
}
