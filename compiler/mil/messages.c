/* messages.c: findings shown as the compiler shows its messages: with the source line and a caret.
 */
#include "mil/tool.h"

#include "diag.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool in_word(char c) {
    return isalnum((unsigned char)c) || strchr("_.+-", c);
}

/* The bytes of the word, string or sign at a place that counts bytes of a line. */
static loc bytes_at(const sources *files, uint32_t file, mil_loc at) {
    const source *s = files->at[file];
    if (at.line < 1 || (uint32_t)at.line > s->lines) {
        return (loc){file, s->size, s->size};
    }
    uint32_t begin = s->line[at.line - 1] + (uint32_t)(at.column > 0 ? at.column - 1 : 0);
    begin = begin < s->size ? begin : s->size;
    uint32_t end = begin;
    if (s->text[begin] == '"') {
        end += (uint32_t)strcspn(s->text + begin + 1, "\"\n") + 2;
    } else {
        while (end < s->size && s->text[end] && in_word(s->text[end])) {
            end++;
        }
    }
    end = end > begin ? end : begin + 1;
    return (loc){file, begin, end < s->size ? end : s->size};
}

static const char *worded(arena *memory, const mil_finding *f) {
    if (!f->op) {
        return f->message;
    }
    return arena_printf(memory, "%s%s%s: %s", f->out ? f->out : "", f->out ? " = " : "", f->op,
                        f->message);
}

static const char *label(arena *memory, const mil_finding *f) {
    return f->targets ? arena_printf(memory, "%s: %s", f->id, f->targets) : f->id;
}

static void json_field(text *out, const char *name, const char *value) {
    if (value) {
        text_printf(out, ",\"%s\":", name);
        text_json(out, value, strlen(value));
    }
}

static void show_json(const mil_finding *f, const char *file, text *out) {
    text_printf(out, "{\"code\":\"%s\",\"level\":\"%s\"", f->id, mil_severity_name(f->severity));
    json_field(out, "file", file);
    if (f->loc.line) {
        text_printf(out, ",\"line\":%d,\"column\":%d", f->loc.line, f->loc.column);
    }
    json_field(out, "op", f->op);
    json_field(out, "result", f->out);
    json_field(out, "targets", f->targets);
    json_field(out, "message", f->message);
    text_puts(out, "}\n");
}

static void show_text(const mil_findings *findings, const mil_file *f, bool colour, text *out) {
    static const diag_level levels[] = {
        [MIL_NOTE] = DIAG_NOTE, [MIL_WARNING] = DIAG_WARNING, [MIL_ERROR] = DIAG_ERROR};
    sources files = {.memory = f->memory};
    diags d = {.memory = f->memory, .files = &files};
    uint32_t file = source_add(&files, f->path, f->data, (uint32_t)f->size);
    for (size_t i = 0; i < findings->all.len; i++) {
        const mil_finding *one = &findings->all.at[i];
        loc at = one->loc.line > 0 ? bytes_at(&files, file, one->loc) : (loc){file, WHOLE_FILE, 0};
        diag_add(&d, levels[one->severity], label(f->memory, one), at, worded(f->memory, one));
    }
    diag_render(&d, DIAG_TEXT, colour, out);
}

void findings_show(const mil_findings *findings, const mil_file *f, bool json, bool colour,
                   text *out) {
    if (!json && findings->all.len > 0) {
        show_text(findings, f, colour, out);
    }
    for (size_t i = 0; json && i < findings->all.len; i++) {
        show_json(&findings->all.at[i], f->path, out);
    }
}

void count_show(size_t n, const char *what, text *out) {
    text_printf(out, "%zu %s%s", n, what, n == 1 ? "" : "s");
}
