/* folder.c: see folder.h. */
#include "folder.h"

#include "base/file.h"
#include "faults.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    pthread_mutex_t lock;
    char **path;
    size_t n;
    char temporary[PATH_MAX];
} folders = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* as it is when the program begins */
__attribute__((constructor)) static void find_temporary_folder(void) {
    const char *folder = getenv("TMPDIR");
    folder = sim_fault_ms(FAULT_FOLDER) ? "/dev/null" : folder && *folder ? folder : "/tmp";
    size_t n = strlen(folder);
    snprintf(folders.temporary, sizeof folders.temporary, "%s%s", folder,
             folder[n - 1] == '/' ? "" : "/");
}

const char *sim_temporary_folder(void) {
    return folders.temporary;
}

static bool is_remembered(const char *path) {
    for (size_t i = 0; i < folders.n; i++) {
        if (strcmp(folders.path[i], path) == 0) {
            return true;
        }
    }
    return false;
}

void sim_folder_remember(const char *path) {
    pthread_mutex_lock(&folders.lock);
    if (!is_remembered(path)) {
        folders.path = anet_realloc(folders.path, folders.n + 1, sizeof *folders.path);
        folders.path[folders.n++] = strdup(path);
    }
    pthread_mutex_unlock(&folders.lock);
}

__attribute__((destructor)) static void count_folders(void) {
    for (size_t i = 0; i < folders.n; i++) {
        if (folder_exists(folders.path[i])) {
            sim_count(SIM_FOLDERS, 1);
        }
        free(folders.path[i]);
    }
    free(folders.path);
}

static char *full_path(arena *a, const char *folder, const char *name) {
    return path_join(a, folder, name);
}

bool sim_folder_read(arena *a, const char *folder, const char *name, char **data, size_t *size) {
    return file_read(a, full_path(a, folder, name), SIZE_MAX / 2, data, size) == 0;
}

bool sim_folder_write(const char *folder, const char *name, const void *data, size_t size) {
    arena *a = arena_new();
    int error = file_write(full_path(a, folder, name), data, size);
    arena_free(a);
    return error == 0;
}

bool sim_folder_has(const char *folder, const char *name) {
    arena *a = arena_new();
    bool there = file_exists(full_path(a, folder, name));
    arena_free(a);
    return there;
}

void sim_folder_remove(const char *folder, const char *name) {
    arena *a = arena_new();
    unlink(full_path(a, folder, name));
    arena_free(a);
}
