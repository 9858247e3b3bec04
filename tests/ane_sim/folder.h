/* folder.h: the temporary folder of a model, <NSTemporaryDirectory>/<hexStringIdentifier>/. */
#ifndef ANE_SIM_FOLDER_H
#define ANE_SIM_FOLDER_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

const char *sim_temporary_folder(void); /* with a slash at its end */

/* A folder that is there when the program ends is one that was forgotten. */
void sim_folder_remember(const char *path);

/* A file of it; false if there is none. */
bool sim_folder_read(arena *a, const char *folder, const char *name, char **data, size_t *size);
bool sim_folder_write(const char *folder, const char *name, const void *data, size_t size);
bool sim_folder_has(const char *folder, const char *name);
void sim_folder_remove(const char *folder, const char *name);

#endif
