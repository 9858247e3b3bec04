/* scratch.h: what tests of file formats share: an arena, a folder that is removed afterwards, files
 * in it, and checks of error messages. Use scratch_open and scratch_close as setup and teardown. */
#ifndef ANET_TESTS_SCRATCH_H
#define ANET_TESTS_SCRATCH_H

/* before cmocka.h, which makes `fail` a macro */
#include "base/file.h"
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct scratch {
    arena *memory;
    char *folder;
    anet_error err;
} scratch;

static inline int scratch_open(void **state) {
    scratch *s = anet_calloc(1, sizeof *s);
    const char *base = getenv("TMPDIR");
    s->memory = arena_new();
    s->folder = path_join(s->memory, base ? base : "/tmp", "anet-test-XXXXXX");
    *state = s;
    return mkdtemp(s->folder) ? 0 : -1;
}

/* the names in the folder that begin with `prefix`; removes them when asked to */
static inline int scratch_entries(const scratch *s, const char *prefix, bool remove_them) {
    DIR *folder = opendir(s->folder);
    int count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (entry->d_name[0] != '.' && strncmp(entry->d_name, prefix, strlen(prefix)) == 0) {
            count++;
            if (remove_them) {
                unlink(path_join(s->memory, s->folder, entry->d_name));
            }
        }
    }
    if (folder) {
        closedir(folder);
    }
    return count;
}

static inline int scratch_close(void **state) {
    scratch *s = *state;
    scratch_entries(s, "", true);
    rmdir(s->folder);
    arena_free(s->memory);
    free(s);
    return 0;
}

static inline const char *scratch_path(scratch *s, const char *name) {
    return path_join(s->memory, s->folder, name);
}

static inline const char *scratch_file(scratch *s, const char *name, const void *data, size_t n) {
    const char *path = scratch_path(s, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(n ? fwrite(data, 1, n, out) : 0, n);
    assert_int_equal(fclose(out), 0);
    return path;
}

static inline char *scratch_read(scratch *s, const char *path, size_t *n) {
    char *data = NULL;
    assert_int_equal(file_read(s->memory, path, SIZE_MAX / 2, &data, n), 0);
    return data;
}

/* a file of the shared test data; skips the test when there is none */
static inline const char *shared_file(scratch *s, const char *name) {
    const char *folder = getenv("ANET_SHARED");
    const char *path = folder ? path_join(s->memory, folder, name) : NULL;
    if (!path || !file_exists(path)) {
        print_message("skipped: ANET_SHARED is not set, or has no %s\n", name);
        skip();
    }
    return path;
}

/* `code` is the expected failure and the message holds `part`; clears the error for the next one */
static inline void expect_error(scratch *s, anet_code code, anet_code expected, const char *part) {
    if (code != expected || s->err.code != expected || !strstr(s->err.message, part)) {
        fail_msg("expected code %d with \"%s\", got code %d: %s", (int)expected, part, (int)code,
                 s->err.message);
    }
    s->err = (anet_error){0};
}

static inline void expect_ok(const scratch *s, anet_code code) {
    if (code || s->err.code) {
        fail_msg("unexpected error %d: %s", (int)code, s->err.message);
    }
}

#endif
