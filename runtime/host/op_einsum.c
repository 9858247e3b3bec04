/* op_einsum.c: einsum of two operands: both are brought into the order of a batched product, and
 * the result into the order that the equation asks for. */
#include "host/kernels.h"
#include "host/op_parts.h"
#include "host/words.h"

#include <ctype.h>
#include <string.h>

enum { SIDES = 3, MAX_LETTERS = SIDES * MAX_RANK }; /* x, y, result */

/* what a letter is in the product: bits of the sides that have it */
enum { INNER = 3, ROW = 5, COLUMN = 6, BATCH = 7 };

typedef struct letter {
    char name;
    unsigned sides;
    size_t dim;
    ptrdiff_t apart[SIDES]; /* distance of neighbours; 0 where the length is 1 */
} letter;

typedef struct equation {
    letter letter[MAX_LETTERS];
    int letters;
} equation;

typedef struct einsum {
    nest copy[SIDES]; /* x to [batch, row, inner], y to [batch, inner, column]; product to result */
    size_t batches, rows, columns, inner;
} einsum;

static letter *find_letter(equation *e, char name) {
    for (int i = 0; i < e->letters; i++) {
        if (e->letter[i].name == name) {
            return &e->letter[i];
        }
    }
    e->letter[e->letters] = (letter){.name = name, .dim = 1};
    return &e->letter[e->letters++];
}

/* One letter for each axis of a side; returns what comes behind them, or NULL if they do not fit
 * the shape. */
static const char *read_side(equation *e, const char *at, int side, const shape *s) {
    ptrdiff_t apart[MAX_RANK];
    shape_steps(s, apart);
    for (int i = 0; i < s->rank; i++) {
        at += strspn(at, " ");
        letter *l = isalpha((unsigned char)*at) ? find_letter(e, *at++) : NULL;
        if (!l || l->sides >> side & 1 || (s->dim[i] != 1 && l->dim != 1 && s->dim[i] != l->dim)) {
            return NULL;
        }
        l->sides |= 1u << side;
        l->dim = s->dim[i] != 1 ? s->dim[i] : l->dim;
        l->apart[side] = s->dim[i] != 1 ? apart[i] : 0;
    }
    return at + strspn(at, " ");
}

static const char *skip(const char *at, const char *word) {
    size_t n = strlen(word);
    return at && strncmp(at, word, n) == 0 ? at + n : NULL;
}

static bool read_equation(equation *e, const char *formula, const host_array *in,
                          const shape *out) {
    const char *at = skip(read_side(e, formula, 0, &in[0].shape), ",");
    at = at ? skip(read_side(e, at, 1, &in[1].shape), "->") : NULL;
    at = at ? read_side(e, at, 2, out) : NULL;
    for (int i = 0; i < e->letters && at; i++) {
        unsigned sides = e->letter[i].sides;
        bool known = sides == INNER || sides == ROW || sides == COLUMN || sides == BATCH;
        at = known ? at : NULL;
    }
    return at && !*at;
}

/* the letters of a kind, in the order in which the equation first has them */
static size_t add_letters(const equation *e, unsigned kind, int side, nest *n) {
    size_t span = 1;
    for (int i = 0; i < e->letters; i++) {
        const letter *l = &e->letter[i];
        if (l->sides == kind) {
            n->dim[n->rank] = l->dim;
            n->step[side == 2 ? 1 : 0][n->rank++] = l->apart[side];
            span *= l->dim;
        }
    }
    return span;
}

/* the other end of the copy is packed */
static void add_packed(nest *n, int operand) {
    ptrdiff_t span = 1;
    for (int i = n->rank - 1; i >= 0; i--) {
        n->step[operand][i] = span;
        span *= (ptrdiff_t)n->dim[i];
    }
    n->operands = 2;
    nest_merge(n);
}

anet_code host_prepare_einsum(planner *p, const mil_op *op, const host_array *in, int ins,
                              const host_array *out, int outs, const void **params) {
    (void)outs;
    const char *formula = "";
    anet_code code = host_string(p, op, "equation", NULL, &formula);
    code = code ? code : host_floats_only(p, op, in, ins);
    if (code) {
        return code;
    }
    equation e = {0};
    if (ins != 2 || !read_equation(&e, formula, in, &out[0].shape)) {
        return host_fail(p, op,
                         "the host device runs equations of two operands that are one product: "
                         "each letter once in every operand and in two or all of x, y and the "
                         "result; \"%.40s\" is not one, or does not fit the shapes",
                         formula);
    }
    einsum *f = ARENA_NEW(p->memory, einsum);
    *params = f;
    static const unsigned order[SIDES][3] = {
        {BATCH, ROW, INNER}, {BATCH, INNER, COLUMN}, {BATCH, ROW, COLUMN}};
    size_t span[SIDES][3];
    for (int side = 0; side < SIDES; side++) {
        for (int i = 0; i < 3; i++) {
            span[side][i] = add_letters(&e, order[side][i], side, &f->copy[side]);
        }
        add_packed(&f->copy[side], side == 2 ? 0 : 1);
    }
    f->batches = span[0][0];
    f->rows = span[0][1];
    f->inner = span[0][2];
    f->columns = span[1][2];
    if (!gemm_fits(f->rows, f->columns, f->inner)) {
        return host_fail(p, op, "matrices beyond 2^31 rows or columns are not supported");
    }
    return ANET_OK;
}

anet_code host_einsum(const host_call *c) {
    const einsum *f = c->params;
    size_t a = f->rows * f->inner, b = f->inner * f->columns, product = f->rows * f->columns;
    float *memory = host_scratch(c, f->batches * (a + b + product));
    if (!memory) {
        return c->err->code;
    }
    float *x = memory, *y = x + f->batches * a, *z = y + f->batches * b;
    host_copy_words(c->pool, &f->copy[0], (const host_word *)c->in[0].f, (host_word *)x);
    host_copy_words(c->pool, &f->copy[1], (const host_word *)c->in[1].f, (host_word *)y);
    gemm g = host_gemm(c);
    g.m = f->rows;
    g.n = f->columns;
    g.k = f->inner;
    g.a = x;
    g.b = y;
    g.c = z;
    g.lda = f->inner;
    g.ldb = g.ldc = f->columns;
    gemm_batched(
        c->pool, &g,
        &(gemm_batch){.dims = {1, 1, f->batches}, .a_step = {0, 0, a}, .b_step = {0, 0, b}});
    host_copy_words(c->pool, &f->copy[2], (const host_word *)z, (host_word *)c->out[0].f);
    free(memory);
    return ANET_OK;
}
