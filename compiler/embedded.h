/* embedded.h: files that are part of the program. compiler/embed.sh writes the tables at build
 * time. */
#ifndef ANET_EMBEDDED_H
#define ANET_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *path; /* the file's name without its folder */
    const char *text; /* NUL terminated */
    size_t size;      /* without the NUL */
};

/* Both end with a row of NULLs. */
extern const struct embedded_file stdlib_files[];   /* stdlib/: what `import std.name` finds */
extern const struct embedded_file template_files[]; /* what the emitter fills in */

#endif
