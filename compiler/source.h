/* source.h: the text of the files being compiled, and places in them. */
#ifndef ANET_SOURCE_H
#define ANET_SOURCE_H

#include "base/arena.h"

#include <stdint.h>

enum { MAX_SOURCE = 4 * 1024 * 1024 }; /* bytes of one file */

#define WHOLE_FILE UINT32_MAX
typedef struct loc {           /* bytes [begin, end) of file number `file`; file 0 is "nowhere" */
    uint32_t file, begin, end; /* begin WHOLE_FILE: no place in it */
} loc;

typedef struct source {
    const char *path; /* as shown in messages */
    const char *text; /* NUL terminated */
    uint32_t size;
    uint32_t *line; /* offset of the first byte of each line */
    uint32_t lines;
} source;

typedef struct sources {
    arena *memory;
    source **at; /* at[1 .. count]; at[0] is NULL */
    uint32_t count, cap;
} sources;

typedef struct position {
    uint32_t line, column; /* from 1; the column counts code points */
} position;

/* Registers text (not copied) as a file; returns its number. */
uint32_t source_add(sources *s, const char *path, const char *text, uint32_t size);
position source_position(const sources *s, uint32_t file, uint32_t offset);

#endif
