/* folder.h: the folder in which the framework expects a model's files, and leaves its own.
 *
 * Its name is made of the content, so programs of several processes may share it: whoever uses it
 * holds a lock on it, and the last one removes it. What a process that was killed left behind goes
 * when the next one takes the same folder, or opens the device. */
#ifndef ANET_ANE_FOLDER_H
#define ANET_ANE_FOLDER_H

#include "base/status.h"

#include <stddef.h>

typedef struct ane_folder {
    char *path; /* NULL: none */
    int lock;   /* descriptor of the folder */
} ane_folder;

/* Makes <parent>/<name>, only for this user. A folder that is there is taken over if it is the
 * user's own. Close it whatever this returns. */
anet_code ane_folder_open(ane_folder *f, const char *parent, const char *name, anet_error *err);
/* Fails with what an errno value means for the folder. */
anet_code ane_folder_fail(const ane_folder *f, int error, anet_error *err);
/* Removes it with all its files, unless someone else uses it too. Fine on a zeroed one. */
void ane_folder_close(ane_folder *f);

/* Removes the folders below `parent` that a device made and nobody uses. */
void ane_folder_sweep(const char *parent);

/* --- files, in the folder or one level below ("weights/x.bin"). No link is followed. --- */

typedef struct ane_piece {
    const void *data;
    size_t size;
} ane_piece;

anet_code ane_folder_write(const ane_folder *f, const char *name, const void *data, size_t size,
                           anet_error *err);
/* The same of several pieces; 0 or an errno value, as all below. EINVAL: no such name, or one that
 * begins with a dot. */
int ane_folder_put(const ane_folder *f, const char *name, const ane_piece *piece, int n);
void ane_folder_remove(const ane_folder *f, const char *name);

/* By the descriptor of a folder. Files are for the user only, and written beside their place and
 * renamed. */
int ane_file_put(int folder, const char *name, const ane_piece *piece, int n);
/* with a NUL behind its content, in the arena; EINVAL for what is no regular file */
int ane_file_get(int folder, const char *name, arena *a, char **data, size_t *size);

#endif
