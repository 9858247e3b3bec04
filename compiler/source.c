/* source.c: texts by number, and from an offset to line and column. */
#include "source.h"

#include <string.h>

/* twice over the text: the arena cannot give memory back, so the count comes first */
static void index_lines(arena *memory, source *f) {
    uint32_t lines = 1;
    const char *end = f->text + f->size;
    for (const char *s = f->text; (s = memchr(s, '\n', (size_t)(end - s))) != NULL; s++) {
        lines++;
    }
    f->line = ARENA_ARRAY(memory, uint32_t, lines);
    f->lines = 1;
    for (const char *s = f->text; (s = memchr(s, '\n', (size_t)(end - s))) != NULL; s++) {
        f->line[f->lines++] = (uint32_t)(s + 1 - f->text);
    }
}

uint32_t source_add(sources *s, const char *path, const char *text, uint32_t size) {
    if (s->count + 1 >= s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 8;
        source **at = ARENA_ARRAY(s->memory, source *, cap);
        if (s->at) {
            memcpy(at, s->at, (s->count + 1) * sizeof *at);
        }
        s->at = at;
        s->cap = cap;
    }
    source *f = ARENA_NEW(s->memory, source);
    f->path = path;
    f->text = text;
    f->size = size;
    index_lines(s->memory, f);
    s->at[++s->count] = f;
    return s->count;
}

/* the last line that begins at or before offset */
static uint32_t line_of(const source *f, uint32_t offset) {
    uint32_t low = 0, high = f->lines;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (f->line[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

position source_position(const sources *s, uint32_t file, uint32_t offset) {
    const source *f = s->at[file];
    offset = offset < f->size ? offset : f->size;
    uint32_t line = line_of(f, offset), column = 1;
    for (uint32_t i = f->line[line]; i < offset; i++) {
        column += ((unsigned char)f->text[i] & 0xC0) != 0x80;
    }
    return (position){line + 1, column};
}
