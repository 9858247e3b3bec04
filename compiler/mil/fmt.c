/* fmt.c: `anetc mil fmt`: a program in the layout of Apple's compiler, in either dialect. */
#include "mil/tool.h"

#include "base/file.h"
#include "mil/ops.h"

#include <stdlib.h>
#include <string.h>

/* ---- order: Apple's compiler sorts arguments and attributes by name ---- */

static int compare_args(const void *a, const void *b) {
    return strcmp(((const mil_arg *)a)->name, ((const mil_arg *)b)->name);
}

static int compare_attrs(const void *a, const void *b) {
    return strcmp(((const mil_attr *)a)->name, ((const mil_attr *)b)->name);
}

static void sort_block(mil_block *b) {
    for (int i = 0; i < b->ops; i++) {
        mil_op *op = &b->op[i];
        if (op->args > 1) {
            qsort(op->arg, (size_t)op->args, sizeof *op->arg, compare_args);
        }
        if (op->attrs > 1) {
            qsort(op->attr, (size_t)op->attrs, sizeof *op->attr, compare_attrs);
        }
        for (int k = 0; k < op->blocks; k++) {
            sort_block(&op->block[k]);
        }
    }
}

/* ---- dialect ---- */

enum { NEWEST_OF_1_0 = 17 };

/* The opset of the old dialect that has all of the program's ops in the form in which they are
 * used; ios16 first, which every chip takes. */
static anet_code lower_opset(mil_program *p, mil_func *f, const char *path, anet_error *err) {
    static const char *const opsets[] = {"ios16", "ios17", "ios15"};
    anet_error first = {0};
    for (size_t i = 0; i < sizeof opsets / sizeof *opsets; i++) {
        anet_error wrong = {0};
        f->opset = arena_strdup(p->memory, opsets[i]);
        if (mil_check(p, path, &wrong) == ANET_OK) {
            return ANET_OK;
        }
        first = first.code ? first : wrong;
    }
    return anet_fail(err, ANET_BAD_INPUT, "%s (so there is no form of it in dialect 1.0)",
                     first.message);
}

static anet_code convert(mil_program *p, const char *dialect, const char *path, anet_error *err) {
    bool old = strcmp(dialect, "1.0") == 0;
    anet_code code = mil_check(p, path, err);
    p->version_major = 1;
    p->version_minor = old ? 0 : 3;
    for (int i = 0; i < p->funcs && old && code == ANET_OK; i++) {
        if (mil_opset_number(p->func[i].opset) > NEWEST_OF_1_0) {
            code = lower_opset(p, &p->func[i], path, err);
        }
    }
    return code;
}

/* ---- files ---- */

/* The line of the first comment, 0 if there is none: the model of a program does not hold them. */
static int first_comment(const char *s) {
    bool quoted = false;
    int line = 1;
    for (; *s; s++) {
        line += *s == '\n';
        if (quoted && *s == '\\' && s[1]) {
            s++;
        } else if (*s == '"') {
            quoted = !quoted;
        } else if (!quoted && s[0] == '/' && s[1] == '/') {
            return line;
        }
    }
    return 0;
}

static anet_code write_back(const mil_file *f, const text *formatted, anet_error *err) {
    int comment = first_comment(f->data);
    if (comment) {
        return anet_fail(err, ANET_BAD_USAGE,
                         "%s:%d: a comment, which would be lost; print to standard output instead",
                         f->path, comment);
    }
    int error = file_write(f->path, formatted->at, formatted->len);
    return error ? anet_fail(err, ANET_BAD_USAGE, "cannot write %s: %s", f->path, strerror(error))
                 : ANET_OK;
}

static anet_code deliver(tool *t, const mil_file *f, const text *formatted) {
    bool same = formatted->len == f->size && memcmp(formatted->at, f->data, f->size) == 0;
    if (t->check_only) {
        if (!same) {
            text_printf(&t->out, "%s\n", f->path);
        }
        return same ? ANET_OK : ANET_BAD_INPUT;
    }
    if (!t->in_place) {
        text_add(&t->out, formatted->at, formatted->len);
        text_putc(&t->out, '\n');
        return ANET_OK;
    }
    return same ? ANET_OK : write_back(f, formatted, t->err);
}

static anet_code format_file(tool *t, const char *path) {
    mil_file f;
    text formatted = {0};
    anet_code code = mil_file_load(&f, path, t->err);
    if (code == ANET_OK && t->dialect) {
        code = convert(f.program, t->dialect, f.path, t->err);
    }
    if (code == ANET_OK) {
        for (int i = 0; i < f.program->funcs; i++) {
            sort_block(&f.program->func[i].body);
        }
        mil_print(f.program, &formatted);
        code = deliver(t, &f, &formatted);
    }
    text_free(&formatted);
    mil_file_close(&f);
    return code;
}

anet_code tool_fmt(tool *t) {
    anet_code worst = ANET_OK;
    if (t->in_place && t->check_only) {
        return anet_fail(t->err, ANET_BAD_USAGE, "-i and --check: choose one");
    }
    for (int i = 0; i < t->files && !t->err->code; i++) {
        anet_code code = format_file(t, t->file[i]);
        worst = code > worst ? code : worst;
    }
    return worst;
}
