/* folder.h: the folder in which the framework expects a model's files, and leaves its own.
 *
 * Its name is made of the content, so programs of several processes may share it: whoever uses it
 * holds a lock on it, and the last one removes it. */
#ifndef ANET_ANE_FOLDER_H
#define ANET_ANE_FOLDER_H

#include "base/status.h"

typedef struct ane_folder {
    char *path; /* NULL: none */
    int lock;   /* descriptor of the folder */
} ane_folder;

/* Makes <parent>/<name>, only for this user. A folder that is there is taken over if it is the
 * user's own. */
anet_code ane_folder_open(ane_folder *f, const char *parent, const char *name, anet_error *err);
/* A file in it, or one level below ("weights/x.bin"). */
anet_code ane_folder_write(const ane_folder *f, const char *name, const void *data, size_t size,
                           anet_error *err);
/* Removes it with all its files, unless someone else uses it too. Fine on a zeroed one. */
void ane_folder_close(ane_folder *f);

#endif
