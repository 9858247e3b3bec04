/* diag_render.c: messages as text for people and as JSON lines for machines.
 *
 * The caret line counts terminal columns: a tab goes to the next multiple of 4, wide characters
 * take two columns, combining ones none (a coarse table, enough for a caret). Control characters
 * and those that reorder text are shown as U+FFFD. Of a long line only the part around the caret is
 * shown. */
#include "diag.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TAB = 4, MAX_WIDTH = 100, BEFORE_CARET = 40 };

typedef struct range {
    uint32_t first, last;
} range;

static bool in_ranges(const range *r, size_t n, uint32_t c) {
    for (size_t i = 0; i < n; i++) {
        if (c >= r[i].first && c <= r[i].last) {
            return true;
        }
    }
    return false;
}

static bool is_wide(uint32_t c) {
    static const range wide[] = {{0x1100, 0x115F},   {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
                                 {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                                 {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
                                 {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
    return in_ranges(wide, sizeof wide / sizeof *wide, c);
}

static bool is_combining(uint32_t c) {
    static const range combining[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},
                                      {0x064B, 0x065F}, {0x0900, 0x0902}, {0x1AB0, 0x1AFF},
                                      {0x1DC0, 0x1DFF}, {0x200B, 0x200D}, {0x20D0, 0x20FF},
                                      {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
    return in_ranges(combining, sizeof combining / sizeof *combining, c);
}

static bool is_unshowable(uint32_t c) {
    static const range unshowable[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x200E, 0x200F},
                                       {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF}};
    return in_ranges(unshowable, sizeof unshowable / sizeof *unshowable, c);
}

/* One character: what to print and how wide it is. */
typedef struct cell {
    const char *text;
    uint32_t bytes, shown; /* in the source; of `text` */
    uint32_t width;
} cell;

static uint32_t decode(const unsigned char *s, uint32_t n) {
    static const unsigned char lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t c = s[0] & lead_mask[n];
    for (uint32_t i = 1; i < n; i++) {
        c = c << 6 | (s[i] & 0x3F);
    }
    return c;
}

static cell cell_at(const char *s, uint32_t left, uint32_t column) {
    uint32_t n = 1;
    while (n < 4 && n < left && !utf8_valid(s, n)) {
        n++;
    }
    if (!utf8_valid(s, n)) {
        return (cell){"\xEF\xBF\xBD", 1, 3, 1};
    }
    uint32_t c = decode((const unsigned char *)s, n);
    if (c == '\t') {
        uint32_t width = TAB - column % TAB;
        return (cell){"    ", 1, width, width};
    }
    if (is_unshowable(c)) {
        return (cell){"\xEF\xBF\xBD", n, 3, 1};
    }
    return (cell){s, n, n, is_wide(c) ? 2 : is_combining(c) ? 0 : 1};
}

/* The line of text that holds a place, without its end. */
typedef struct line {
    const char *text;
    uint32_t size, number;
    uint32_t begin, end; /* the marked bytes, within the line */
} line;

static line line_at(const sources *files, loc at) {
    const source *f = files->at[at.file];
    line l = {.number = source_position(files, at.file, at.begin).line};
    uint32_t start = f->line[l.number - 1];
    uint32_t stop = l.number < f->lines ? f->line[l.number] - 1 : f->size;
    if (stop > start && f->text[stop - 1] == '\r') {
        stop--;
    }
    l.text = f->text + start;
    l.size = stop - start;
    l.begin = at.begin - start < l.size ? at.begin - start : l.size;
    l.end = at.end > at.begin ? at.end - start : l.begin;
    l.end = l.end < l.size ? l.end : l.size;
    l.end = l.end > l.begin ? l.end : l.begin;
    return l;
}

/* Does the marked range end within the first MAX_WIDTH columns? */
static bool fits(const line *l) {
    uint32_t column = 0, at = 0;
    while (at < l->size && column < MAX_WIDTH) {
        cell c = cell_at(l->text + at, l->size - at, column);
        column += c.width;
        at += c.bytes;
    }
    return at == l->size || l->end < at;
}

/* The byte from which a line is shown: 0, or about BEFORE_CARET columns before the range. */
static uint32_t window_start(const line *l) {
    uint32_t start = l->begin, columns = 0;
    if (fits(l)) {
        return 0;
    }
    while (start > 0 && columns < BEFORE_CARET) {
        start--;
        columns += l->text[start] == '\t' ? TAB : 1;
    }
    for (int i = 0; i < 3 && start > 0 && ((unsigned char)l->text[start] & 0xC0) == 0x80; i++) {
        start--;
    }
    return start;
}

typedef struct painter {
    text *out;
    bool colour;
    uint32_t gutter; /* digits of the line numbers */
} painter;

static const char RED[] = "\33[1;31m", YELLOW[] = "\33[1;33m", CYAN[] = "\33[1;36m",
                  GREEN[] = "\33[1;32m", BLUE[] = "\33[34m", BOLD[] = "\33[1m";

static const struct {
    const char *name, *colour;
} levels[] = {[DIAG_ERROR] = {"error", RED},
              [DIAG_WARNING] = {"warning", YELLOW},
              [DIAG_NOTE] = {"note", CYAN}};

static void paint(painter *p, const char *colour, const char *s) {
    if (p->colour) {
        text_printf(p->out, "%s%s\33[0m", colour, s);
    } else {
        text_puts(p->out, s);
    }
}

/* The source line, and in `marks` the line of carets under it. */
static void render_line(painter *p, const line *l, text *marks) {
    uint32_t at = window_start(l), column = 0;
    if (at > 0) {
        text_puts(p->out, "...");
        text_puts(marks, "   ");
    }
    while (at < l->size && column < MAX_WIDTH) {
        cell c = cell_at(l->text + at, l->size - at, column);
        text_add(p->out, c.text, c.shown);
        for (uint32_t i = 0; i < c.width && (at <= l->begin || at < l->end); i++) {
            text_putc(marks, at < l->begin ? ' ' : '~');
        }
        at += c.bytes;
        column += c.width;
    }
    if (at < l->size) {
        text_puts(p->out, "...");
    }
    text_putc(p->out, '\n');
    text_putc(marks, l->begin >= l->size ? '~' : ' ');
}

static void render_place(painter *p, const sources *files, loc at, const char *colour) {
    line l = line_at(files, at);
    text marks = {0};
    text_printf(p->out, " %*" PRIu32, (int)p->gutter, l.number);
    paint(p, BLUE, " | ");
    render_line(p, &l, &marks);
    size_t blank = strspn(marks.at, " ");
    size_t marked = strspn(marks.at + blank, "~");
    text_printf(p->out, " %*s", (int)p->gutter, "");
    paint(p, BLUE, " | ");
    text_printf(p->out, "%*s", (int)blank, "");
    if (marked > 0) {
        marks.at[blank] = '^';
        marks.at[blank + marked] = 0;
        paint(p, colour, marks.at + blank);
    }
    text_putc(p->out, '\n');
    text_free(&marks);
}

static bool is_place(loc at) {
    return at.file && at.begin != WHOLE_FILE;
}

static void render_message(painter *p, const sources *files, loc at, const char *level,
                           const char *colour, const char *message) {
    if (is_place(at)) {
        position from = source_position(files, at.file, at.begin);
        text_printf(p->out, "%s:%" PRIu32 ":%" PRIu32 ": ", files->at[at.file]->path, from.line,
                    from.column);
    } else if (at.file) {
        text_printf(p->out, "%s: ", files->at[at.file]->path);
    }
    paint(p, colour, level);
    text_puts(p->out, ": ");
    paint(p, BOLD, message);
}

static uint32_t digits(uint32_t n) {
    uint32_t count = 1;
    for (; n >= 10; n /= 10) {
        count++;
    }
    return count;
}

static uint32_t gutter_for(const sources *files, const diag *e) {
    uint32_t most = is_place(e->at) ? source_position(files, e->at.file, e->at.begin).line : 1;
    for (const diag_note *n = e->notes; n; n = n->next) {
        uint32_t number = n->at.file ? source_position(files, n->at.file, n->at.begin).line : 1;
        most = number > most ? number : most;
    }
    return digits(most) > 3 ? digits(most) : 3;
}

static void render_text(const diags *d, const diag *e, bool colour, text *out) {
    painter p = {out, colour, gutter_for(d->files, e)};
    const char *tint = levels[e->level].colour;
    render_message(&p, d->files, e->at, levels[e->level].name, tint, e->text);
    text_printf(out, " [%s]\n", e->id);
    if (is_place(e->at)) {
        render_place(&p, d->files, e->at, tint);
    }
    for (const diag_note *n = e->notes; n; n = n->next) {
        if (!n->at.file) {
            text_printf(out, " %*s ", (int)p.gutter, "");
            paint(&p, BLUE, "= ");
        }
        render_message(&p, d->files, n->at, n->hint ? "hint" : "note", n->hint ? GREEN : CYAN,
                       n->text);
        text_putc(out, '\n');
        if (n->at.file) {
            render_place(&p, d->files, n->at, CYAN);
        }
    }
}

static void json_string(text *out, const char *key, const char *value) {
    text_printf(out, "\"%s\":", key);
    text_json(out, value, strlen(value));
}

static void json_place(text *out, const sources *files, loc at) {
    if (!at.file) {
        return;
    }
    text_putc(out, ',');
    json_string(out, "file", files->at[at.file]->path);
    if (!is_place(at)) {
        return;
    }
    position from = source_position(files, at.file, at.begin);
    position to = source_position(files, at.file, at.end);
    text_printf(out,
                ",\"line\":%" PRIu32 ",\"column\":%" PRIu32 ",\"end_line\":%" PRIu32
                ",\"end_column\":%" PRIu32,
                from.line, from.column, to.line, to.column);
}

static void render_json(const diags *d, const diag *e, text *out) {
    text_putc(out, '{');
    json_string(out, "code", e->id);
    text_putc(out, ',');
    json_string(out, "level", levels[e->level].name);
    text_putc(out, ',');
    json_string(out, "message", e->text);
    json_place(out, d->files, e->at);
    text_puts(out, ",\"notes\":[");
    for (const diag_note *n = e->notes; n; n = n->next) {
        text_puts(out, n == e->notes ? "{" : ",{");
        json_string(out, "level", n->hint ? "hint" : "note");
        text_putc(out, ',');
        json_string(out, "message", n->text);
        json_place(out, d->files, n->at);
        text_putc(out, '}');
    }
    text_puts(out, "]}\n");
}

typedef struct ordered {
    const diag *diag;
    size_t index; /* qsort is not stable */
} ordered;

/* in order of file and place, not of passes; what is about a whole file comes first */
static int compare(const void *a, const void *b) {
    const ordered *x = a, *y = b;
    loc p = x->diag->at, q = y->diag->at;
    if (p.file != q.file) {
        return p.file < q.file ? -1 : 1;
    }
    if (is_place(x->diag->at) != is_place(y->diag->at)) {
        return is_place(y->diag->at) ? -1 : 1;
    }
    if (p.begin != q.begin) {
        return p.begin < q.begin ? -1 : 1;
    }
    return x->index < y->index ? -1 : 1;
}

static void render_surplus(const diags *d, int kept, diag_format format, text *out) {
    int surplus = d->errors + d->warnings - kept;
    if (surplus > 0 && format == DIAG_TEXT) {
        text_printf(out, "too many errors: %d more not shown\n", surplus);
    }
}

void diag_render(const diags *d, diag_format format, bool colour, text *out) {
    size_t n = 0, i = 0;
    for (const diag *e = d->first; e; e = e->next) {
        n++;
    }
    ordered *order = anet_calloc(n, sizeof *order);
    for (const diag *e = d->first; e; e = e->next, i++) {
        order[i] = (ordered){e, i};
    }
    qsort(order, n, sizeof *order, compare);
    for (i = 0; i < n; i++) {
        if (format == DIAG_JSON) {
            render_json(d, order[i].diag, out);
        } else {
            render_text(d, order[i].diag, colour, out);
        }
    }
    free(order);
    render_surplus(d, (int)n, format, out);
}
