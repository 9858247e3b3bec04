/* recognise.c: what a file that was given as MIL text really is. */
#include "mil/reader.h"

#include <string.h>

static bool starts_with(const char *s, size_t n, const char *start, size_t length) {
    return n >= length && memcmp(s, start, length) == 0;
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* `main[CoreML8](%x: (1, 3, fp16)(Tensor)) {`, what coremltools prints for a program in Python */
static bool is_python_print(const char *s, size_t n) {
    static const char opset[] = "[CoreML";
    size_t i = 0;
    while (i < n && is_word(s[i])) {
        i++;
    }
    return starts_with(s + i, n - i, opset, sizeof opset - 1);
}

/* text has no control characters but blanks and line ends */
static bool is_binary(const char *s, size_t n) {
    enum { LOOK_AT = 256 };
    bool control = false;
    for (size_t i = 0; i < n && i < LOOK_AT; i++) {
        unsigned char c = (unsigned char)s[i];
        control = control || (c < ' ' && !is_blank(s[i])) || c == 0x7f;
    }
    return control;
}

const char *mil_recognise_other(const char *source, size_t size) {
    static const struct {
        const char *start;
        size_t length;
        const char *name;
    } kinds[] = {
#define KIND(start, name) {start, sizeof start - 1, name}
        KIND("PK\x03\x04", "a zip archive"),
        KIND("\xff\xfe", "UTF-16"),
        KIND("\xfe\xff", "UTF-16"),
        KIND("\xef\xbb\xbf", "text with a byte order mark"),
#undef KIND
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (starts_with(source, size, kinds[i].start, kinds[i].length)) {
            return kinds[i].name;
        }
    }
    while (size > 0 && is_blank(*source)) {
        source++;
        size--;
    }
    if (starts_with(source, size, "program", strlen("program"))) {
        return NULL;
    }
    if (is_python_print(source, size)) {
        return "what coremltools prints for a program in Python";
    }
    return is_binary(source, size) ? "binary data" : NULL;
}
