/* file.h: whole files in, whole files out.
 *
 * Every function that can fail returns 0 or an errno value; nothing here prints. Files are written
 * to a temporary name beside the target and renamed, so that a reader never sees half a file. */
#ifndef ANET_BASE_FILE_H
#define ANET_BASE_FILE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdio.h>

/* Reads the file into arena memory, with a NUL after the last byte. "-" reads standard input.
 * EFBIG above `limit` bytes, EISDIR for a folder. */
int file_read(arena *a, const char *path, size_t limit, char **data, size_t *size);

/* Replaces the file's content. "-" writes to standard output. A device such as /dev/full or a pipe
 * is written in place. */
int file_write(const char *path, const void *data, size_t size);

/* For the start of a program: descriptors 0 to 2 that are closed become such as fail when used, so
 * that no file takes their place and gets what is printed; and a file beyond the size limit is an
 * error of the write, not the end of the program. */
void file_start(void);

/* Do both paths lead to the same regular file? false if one does not exist. */
bool file_same(const char *a, const char *b);

/* For content that does not fit into memory: write to `out`, then commit (or cancel). */
typedef struct file_writer {
    FILE *out;
    char *path, *temporary; /* temporary is NULL when the target is written in place */
} file_writer;
int file_begin(file_writer *w, const char *path);
int file_commit(file_writer *w); /* flushes, syncs and renames; on error the old file stays */
void file_cancel(file_writer *w);

int folder_make(const char *path); /* with its parents; fine if it exists */
bool file_exists(const char *path);
bool folder_exists(const char *path);

char *path_join(arena *a, const char *folder, const char *name);
char *path_folder(arena *a, const char *path); /* "a/b.c" -> "a", "b" -> "." */
const char *path_name(const char *path);       /* "a/b.c" -> "b.c" */
char *path_stem(arena *a, const char *path);   /* "a/b.c" -> "b" */

/* the folder that holds the running program; NULL if the system will not say */
char *program_folder(arena *a);

#endif
