/* mil_test.h: what the tests of the MIL library share. */
#ifndef ANET_TESTS_MIL_TEST_H
#define ANET_TESTS_MIL_TEST_H

#include "base/file.h"
#include "mil/mil.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* a function of opset ios18 with these parameters and this body, returning `result` */
static inline char *func_text(arena *a, const char *params, const char *body, const char *result) {
    return arena_printf(a, "program(1.3)\n{\n    func main<ios18>(%s) {\n%s\n        } -> (%s);\n}",
                        params, body, result);
}

static inline mil_program *read_ok(const char *source) {
    mil_program *p;
    anet_error err = {0};
    if (mil_read(source, strlen(source), "t.mil", &p, &err) != ANET_OK) {
        fail_msg("%s\nin: %s", err.message, source);
    }
    assert_non_null(p);
    return p;
}

static inline void assert_read_error(const char *source, size_t size, const char *message) {
    mil_program *p = (mil_program *)&p;
    anet_error err = {0};
    assert_int_equal(mil_read(source, size, "t.mil", &p, &err), ANET_BAD_INPUT);
    assert_null(p);
    assert_string_equal(err.message, message);
}

static inline char *printed(arena *a, const mil_program *p) {
    text out = {0};
    mil_print(p, &out);
    char *copy = arena_strndup(a, out.at, out.len);
    text_free(&out);
    return copy;
}

/* --- structural equality, places aside --- */

static inline void assert_same_value(const mil_value *a, const mil_value *b);

static inline void assert_same_type(const mil_type *a, const mil_type *b) {
    assert_true(mil_same_type(a, b));
}

static inline void assert_same_numbers(const mil_value *a, const mil_value *b) {
    assert_int_equal(a->integers != NULL, b->integers != NULL);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(isnan(a->numbers[i]) ? isnan(b->numbers[i]) != 0
                                         : memcmp(&a->numbers[i], &b->numbers[i], 8) == 0);
        assert_true(!a->integers || a->integers[i] == b->integers[i]);
    }
}

static inline void assert_same_value(const mil_value *a, const mil_value *b) {
    assert_same_type(&a->type, &b->type);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->typed, b->typed);
    assert_int_equal(a->count, b->count);
    if (a->kind == MIL_NUMBERS) {
        assert_same_numbers(a, b);
    } else if (a->kind == MIL_BLOB) {
        assert_string_equal(a->blob_path, b->blob_path);
        assert_int_equal(a->blob_offset, b->blob_offset);
    }
    for (size_t i = 0; i < a->count && a->kind == MIL_STRINGS; i++) {
        assert_string_equal(a->strings[i], b->strings[i]);
    }
    for (size_t i = 0; i < a->count && a->kind == MIL_ITEMS; i++) {
        assert_same_value(&a->items[i], &b->items[i]);
    }
}

static inline void assert_same_attrs(int n, const mil_attr *a, int m, const mil_attr *b) {
    assert_int_equal(n, m);
    for (int i = 0; i < n; i++) {
        assert_string_equal(a[i].name, b[i].name);
        assert_same_value(&a[i].value, &b[i].value);
    }
}

static inline void assert_same_names(int n, const mil_name *a, int m, const mil_name *b) {
    assert_int_equal(n, m);
    for (int i = 0; i < n; i++) {
        assert_string_equal(a[i].name, b[i].name);
        assert_same_type(&a[i].type, &b[i].type);
    }
}

static inline void assert_same_arg(const mil_arg *a, const mil_arg *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->name != NULL, b->name != NULL);
    assert_true(!a->name || strcmp(a->name, b->name) == 0);
    assert_int_equal(a->parts, b->parts);
    if (a->kind == MIL_REF) {
        assert_string_equal(a->ref, b->ref);
    } else if (a->kind == MIL_LITERAL) {
        assert_same_value(a->literal, b->literal);
    }
    for (int i = 0; i < a->parts; i++) {
        assert_same_arg(&a->part[i], &b->part[i]);
    }
}

static inline void assert_same_block(const mil_block *a, const mil_block *b);

static inline void assert_same_op(const mil_op *a, const mil_op *b) {
    assert_string_equal(a->op, b->op);
    assert_int_equal(a->opset != NULL, b->opset != NULL);
    assert_true(!a->opset || strcmp(a->opset, b->opset) == 0);
    assert_same_names(a->outs, a->out, b->outs, b->out);
    assert_same_attrs(a->attrs, a->attr, b->attrs, b->attr);
    assert_int_equal(a->args, b->args);
    for (int i = 0; i < a->args; i++) {
        assert_same_arg(&a->arg[i], &b->arg[i]);
    }
    assert_int_equal(a->blocks, b->blocks);
    for (int i = 0; i < a->blocks; i++) {
        assert_same_block(&a->block[i], &b->block[i]);
    }
}

static inline void assert_same_block(const mil_block *a, const mil_block *b) {
    assert_same_names(a->params, a->param, b->params, b->param);
    assert_int_equal(a->ops, b->ops);
    for (int i = 0; i < a->ops; i++) {
        assert_same_op(&a->op[i], &b->op[i]);
    }
    assert_int_equal(a->results, b->results);
    for (int i = 0; i < a->results; i++) {
        assert_string_equal(a->result[i], b->result[i]);
    }
}

static inline void assert_same_program(const mil_program *a, const mil_program *b) {
    assert_int_equal(a->version_major, b->version_major);
    assert_int_equal(a->version_minor, b->version_minor);
    assert_same_attrs(a->attrs, a->attr, b->attrs, b->attr);
    assert_int_equal(a->funcs, b->funcs);
    for (int i = 0; i < a->funcs; i++) {
        assert_string_equal(a->func[i].name, b->func[i].name);
        assert_string_equal(a->func[i].opset, b->func[i].opset);
        assert_same_attrs(a->func[i].attrs, a->func[i].attr, b->func[i].attrs, b->func[i].attr);
        assert_same_block(&a->func[i].body, &b->func[i].body);
    }
}

/* --- the corpus of real programs, which is not part of the project --- */

/* calls `visit` for every .mil file below `folder`; returns their number */
static inline int each_mil_file(arena *a, const char *folder,
                                void (*visit)(const char *path, void *user), void *user) {
    DIR *dir = opendir(folder);
    int n = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        const char *path = path_join(a, folder, e->d_name);
        size_t length = strlen(e->d_name);
        if (e->d_name[0] == '.') {
            continue;
        }
        if (folder_exists(path)) {
            n += each_mil_file(a, path, visit, user);
        } else if (length > 4 && strcmp(e->d_name + length - 4, ".mil") == 0) {
            visit(path, user);
            n++;
        }
    }
    if (dir) {
        closedir(dir);
    }
    return n;
}

/* the corpus folder, or NULL after saying that the test is skipped */
static inline const char *corpus_folder(arena *a) {
    const char *shared = getenv("ANET_SHARED");
    const char *folder = shared ? path_join(a, shared, "mil-corpus") : NULL;
    if (!folder || !folder_exists(folder)) {
        print_message("skipped: ANET_SHARED does not name a folder with mil-corpus\n");
        return NULL;
    }
    return folder;
}

typedef void corpus_visit(const char *path, char *source, size_t size);

static inline void read_and_visit(const char *path, void *visit) {
    arena *a = arena_new();
    char *source;
    size_t size;
    assert_int_equal(file_read(a, path, (size_t)1 << 30, &source, &size), 0);
    (*(corpus_visit **)visit)(path, source, size);
    arena_free(a);
}

/* calls `visit` with the text of every program of the corpus, if that is there */
static inline void each_corpus_text(corpus_visit *visit) {
    arena *a = arena_new();
    const char *folder = corpus_folder(a);
    if (folder) {
        print_message("%d programs\n", each_mil_file(a, folder, read_and_visit, &visit));
    }
    arena_free(a);
}

#endif
