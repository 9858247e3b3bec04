/* rules_blob.c: rules about constants, in blob files and in all. */
#include "mil/rules.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRY = 64, FIRST_DATA = 128 }; /* bytes: alignment and first entry; data of that */

#define MEGABYTES(n) (INT64_C(1048576) * (n))

typedef void each_value(mil_rule_case *c, const mil_value *v, mil_loc at, void *state);

/* what an op writes in place or takes from a file */
static void values_of(mil_rule_case *c, const mil_op *op, each_value *call, void *state) {
    for (int i = 0; i < op->attrs; i++) {
        call(c, &op->attr[i].value, op->loc, state);
    }
    for (int i = 0; i < op->args; i++) {
        if (op->arg[i].kind == MIL_LITERAL) {
            call(c, op->arg[i].literal, op->arg[i].loc, state);
        }
    }
}

static void check_offset(mil_rule_case *c, const mil_value *v, mil_loc at, void *state) {
    (void)state;
    if (v->kind == MIL_BLOB && (v->blob_offset < ENTRY || v->blob_offset == FIRST_DATA)) {
        mil_rule_breaks_at(c, at, "no entry can be at offset %llu",
                           (unsigned long long)v->blob_offset);
    }
}

void mil_rule_blob_offset(mil_rule_case *c) {
    values_of(c, c->in->op, check_offset, NULL);
}

static void check_alignment(mil_rule_case *c, const mil_value *v, mil_loc at, void *state) {
    (void)state;
    if (v->kind == MIL_BLOB && v->blob_offset % ENTRY != 0) {
        mil_rule_breaks_at(c, at, "offset %llu is not a multiple of %d",
                           (unsigned long long)v->blob_offset, ENTRY);
    }
}

void mil_rule_blob_alignment(mil_rule_case *c) {
    values_of(c, c->in->op, check_alignment, NULL);
}

/* --- all of a program --- */

typedef struct entry {
    const char *path;
    uint64_t offset;
    mil_loc at;
} entry;

typedef struct baked {
    VEC(entry) entries;
    int64_t bytes;
} baked;

static void add_value(mil_rule_case *c, const mil_value *v, mil_loc at, void *state) {
    (void)c;
    baked *b = state;
    int64_t bytes = mil_rule_bytes(&v->type);
    b->bytes = bytes > INT64_MAX - b->bytes ? INT64_MAX : b->bytes + bytes;
    if (v->kind == MIL_BLOB) {
        vec_push(&b->entries, ((entry){v->blob_path, v->blob_offset, at}));
    }
}

static void add_values(mil_rule_case *c, const mil_op *op, void *state) {
    if (mil_rule_named(op, "const constexpr_*")) {
        values_of(c, op, add_value, state);
    }
}

static baked collect(const mil_rule_case *c) {
    baked b = {0};
    for (int i = 0; i < c->program->funcs; i++) {
        mil_rule_case of = *c;
        of.func = &c->program->func[i];
        mil_rule_each_op(&of, add_values, &b);
    }
    return b;
}

static int by_place(const void *a, const void *b) {
    const entry *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

void mil_rule_blob_entries(mil_rule_case *c) {
    baked b = collect(c);
    size_t n = b.entries.len, different = 0;
    if (n) {
        qsort(b.entries.at, n, sizeof *b.entries.at, by_place);
    }
    for (size_t i = 0; i < n; i += different) {
        const entry *first = &b.entries.at[i];
        size_t offsets = 1;
        for (different = 1; i + different < n; different++) {
            const entry *e = first + different;
            if (strcmp(e->path, first->path) != 0) {
                break;
            }
            offsets += e->offset != e[-1].offset;
        }
        if (offsets > 1) {
            mil_rule_breaks_at(c, first->at, "%zu entries of %s are used, 1 is possible", offsets,
                               first->path);
        }
    }
    vec_free(&b.entries);
}

static void check_budget(mil_rule_case *c, int64_t most) {
    baked b = collect(c);
    if (b.bytes > most) {
        mil_rule_breaks(c, "%lld MB of constants, at most %lld",
                        (long long)(b.bytes / MEGABYTES(1)), (long long)(most / MEGABYTES(1)));
    }
    vec_free(&b.entries);
}

void mil_rule_baked_weights(mil_rule_case *c) {
    check_budget(c, MEGABYTES(2048));
}

void mil_rule_baked_budget(mil_rule_case *c) {
    check_budget(c, MEGABYTES(8));
}

static void check_memory(mil_rule_case *c, const mil_value *v, mil_loc at, void *state) {
    (void)state;
    int64_t bytes = mil_rule_bytes(&v->type);
    if (bytes > MEGABYTES(16)) {
        mil_rule_breaks_at(c, at, "a constant of %lld MB, at most 16",
                           (long long)((bytes + MEGABYTES(1) - 1) / MEGABYTES(1)));
    }
}

void mil_rule_kernel_memory(mil_rule_case *c) {
    values_of(c, c->in->op, check_memory, NULL);
}
