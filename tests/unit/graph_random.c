#include "graph_random.h"

#include "rng.h"

#include <stdbool.h>
#include <string.h>

/* Axes are the letters of these names; a `1` is an axis of size 1 without a name. The sizes are
 * such that C * E = D, 2 C = A and 2 A = G, for reshapes, slices and concatenations. S and T are
 * positions. */
static const char axes[] = "STABCDEG";
#define SIZES "S = 6; T = 6; A = 4; B = 5; C = 2; D = 6; E = 3; G = 8; V = 7"

enum { MAX_AXES = 5, MAX_VALUES = 40 };

typedef struct thing { /* a value of the program */
    char axis[MAX_AXES + 1];
    bool used;
} thing;

typedef struct writer {
    rng r;
    text *out; /* statements */
    text params;
    thing at[MAX_VALUES];
    int n, n_params;
} writer;

static int below(writer *w, int n) {
    return (int)rng_below(&w->r, (uint64_t)n);
}

static bool chance(writer *w, int one_in) {
    return below(w, one_in) == 0;
}

/* --- writing --- */

/* Begins `vN = ` with these axes. */
static int begin(writer *w, const char *shape) {
    thing *t = &w->at[w->n];
    *t = (thing){.used = false};
    strcpy(t->axis, shape);
    text_puts(w->out, "    ");
    if (chance(w, 12)) {
        text_puts(w->out, "@cpu ");
    } else if (chance(w, 12)) {
        text_printf(w->out, "@kernel(k%d) ", below(w, 3));
    }
    text_printf(w->out, "v%d = ", w->n);
    return w->n++;
}

static void end(writer *w) {
    text_putc(w->out, '\n');
}

/* ", A, B, 1" */
static void put_sizes(text *out, const char *shape) {
    for (const char *c = shape; *c; c++) {
        text_printf(out, "%s%c", c == shape ? "" : ", ", *c);
    }
}

static int use(writer *w, int v) {
    w->at[v].used = true;
    return v;
}

static int any(writer *w) {
    int v = below(w, w->n);
    return use(w, chance(w, 2) ? v : w->n - 1);
}

static int new_param(writer *w, const char *shape) {
    text_printf(&w->params, "  param p%d[", w->n_params);
    put_sizes(&w->params, shape);
    text_puts(&w->params, "] = normal(0.5)\n");
    int v = begin(w, shape);
    text_printf(w->out, "p%d", w->n_params++);
    end(w);
    return v;
}

/* --- choosing --- */

static int named_axes(const char *shape) {
    int n = 0;
    for (; *shape; shape++) {
        n += *shape != '1';
    }
    return n;
}

/* A named axis of the shape, or 0. */
static char some_axis(writer *w, const char *shape) {
    if (named_axes(shape) == 0) {
        return 0;
    }
    char c = '1';
    while (c == '1') {
        c = shape[below(w, (int)strlen(shape))];
    }
    return c;
}

/* A letter that the shape has not. */
static char fresh_axis(writer *w, const char *shape) {
    char c;
    do {
        c = axes[below(w, (int)sizeof axes - 1)];
    } while (strchr(shape, c));
    return c;
}

static bool joined(const char *a, const char *b, char *r) {
    size_t n = strlen(a), m = strlen(b), k = n > m ? n : m;
    r[k] = 0;
    for (size_t i = 1; i <= k; i++) {
        char x = i <= n ? a[n - i] : '1', y = i <= m ? b[m - i] : '1';
        if (x != y && x != '1' && y != '1') {
            return false;
        }
        r[k - i] = x == '1' ? y : x;
    }
    for (const char *c = r; *c; c++) {
        if (*c != '1' && strchr(c + 1, *c)) {
            return false;
        }
    }
    return true;
}

/* A value that broadcasts with `shape`: an older one, or a new parameter. */
static int partner(writer *w, const char *shape) {
    char result[MAX_AXES + 1];
    for (int tries = 0; tries < 6; tries++) {
        int v = below(w, w->n);
        if (joined(w->at[v].axis, shape, result)) {
            return use(w, v);
        }
    }
    char part[MAX_AXES + 1];
    strcpy(part, shape + below(w, (int)strlen(shape)));
    for (char *c = part; *c; c++) {
        *c = chance(w, 4) ? '1' : *c;
    }
    return use(w, new_param(w, part));
}

/* Another value of the same shape, or x itself. */
static int twin(writer *w, int x) {
    int y = below(w, w->n);
    return strcmp(w->at[y].axis, w->at[x].axis) == 0 ? use(w, y) : x;
}

/* --- statements --- */

static void write_unary(writer *w) {
    static const char *const forms[] = {
        "-v%d",
        "exp(tanh(v%d))",
        "log(square(v%d) + 0.5)",
        "log(1 + exp(-square(v%d)))",
        "sqrt(square(v%d) + 0.25)",
        "rsqrt(square(v%d) + 0.5)",
        "rsqrt(0.5 + square(v%d))",
        "square(tanh(v%d))",
        "sigmoid(v%d)",
        "tanh(v%d)",
        "silu(v%d)",
        "relu(v%d)",
        "max(v%d, 0.1)",
        "min(0.3, v%d)",
        "2 * v%d",
        "v%d / 3",
        "1 - v%d",
        "0.5 / (1 + square(v%d))",
        "0 + v%d",
        "v%d * 1",
        "0.25 * (v%d * 2)",
        "-1 * v%d",
        "-(-v%d)",
        "v%d - 0.5",
        "v%d -> tanh",
        "v%d * tanh(mean(v%d))",
        "v%d + 0.1 * tanh(sum(v%d))",
        "(v%d -> square) -> sigmoid",
    };
    int x = any(w);
    begin(w, w->at[x].axis);
    text_printf(w->out, forms[below(w, (int)(sizeof forms / sizeof *forms))], x, x);
    end(w);
}

static void write_binary(writer *w) {
    static const char *const forms[] = {
        "v%d + v%d",      "v%d - v%d",    "tanh(v%d) * sigmoid(v%d)", "v%d / (1 + square(v%d))",
        "v%d + -1 * v%d", "(-v%d) + v%d", "0.5 * v%d * tanh(v%d)",    "tanh(v%d * v%d)",
    };
    int x = any(w), y = partner(w, w->at[x].axis);
    char shape[MAX_AXES + 1];
    joined(w->at[x].axis, w->at[y].axis, shape);
    bool swap = chance(w, 2);
    begin(w, shape);
    text_printf(w->out, forms[below(w, (int)(sizeof forms / sizeof *forms))], swap ? y : x,
                swap ? x : y);
    end(w);
}

static void write_extreme(writer *w) {
    int x = any(w);
    begin(w, w->at[x].axis);
    text_printf(w->out, "%s(v%d, v%d * 0.75 + 0.01)", chance(w, 2) ? "max" : "min", x, x);
    end(w);
}

static void write_reduction(writer *w) {
    static const char *const names[] = {"sum", "mean", "softmax"};
    int x = any(w), kind = below(w, 3), numbered = chance(w, 3);
    char axis = some_axis(w, w->at[x].axis), shape[MAX_AXES + 1];
    if (!axis) {
        return;
    }
    strcpy(shape, w->at[x].axis);
    char *at = strchr(shape, axis);
    int place = (int)(at - shape);
    *at = kind < 2 ? '1' : *at;
    begin(w, shape);
    text_printf(w->out, "%s(v%d, over = ", names[kind], x);
    if (numbered) {
        text_printf(w->out, "%d)", place);
    } else {
        text_printf(w->out, "%c)", axis);
    }
    end(w);
}

/* Of what is read and not computed: a kernel that computes it again in float may find no element
 * that is exactly the largest. */
static void write_largest(writer *w) {
    bool rows = chance(w, 2);
    use(w, 0);
    begin(w, rows ? "1D" : "S1");
    text_printf(w->out, "amax(v0, over = %c)", rows ? 'S' : 'D');
    end(w);
}

static void write_transpose(writer *w) {
    int x = any(w);
    char shape[MAX_AXES + 1];
    strcpy(shape, w->at[x].axis);
    size_t n = strlen(shape);
    if (strchr(shape, '1') || n < 2) {
        return;
    }
    for (size_t i = n - 1; i > 0; i--) {
        size_t k = (size_t)below(w, (int)i + 1);
        char c = shape[i];
        shape[i] = shape[k];
        shape[k] = c;
    }
    begin(w, shape);
    text_printf(w->out, "transpose(v%d, ", x);
    put_sizes(w->out, shape);
    text_puts(w->out, ")");
    end(w);
}

static void write_reshape(writer *w) {
    int x = any(w);
    const char *from = w->at[x].axis;
    char shape[MAX_AXES + 2] = "";
    int n = 0;
    for (const char *c = from; *c; c++) {
        bool room = strlen(from) < MAX_AXES && n < MAX_AXES;
        if (*c == 'D' && room && !strchr(from, 'C') && !strchr(from, 'E')) {
            shape[n++] = 'C';
            shape[n++] = 'E';
        } else if (*c == 'C' && c[1] == 'E' && !strchr(from, 'D')) {
            shape[n++] = 'D';
            c++;
        } else if (*c == 'T' && !strchr(from, 'S') && !strchr(shape, 'S')) {
            shape[n++] = 'S';
        } else if (*c != '1' || chance(w, 2) || from[1] == 0) {
            shape[n++] = *c;
        }
    }
    if (n == 0 || n > MAX_AXES) {
        return;
    }
    begin(w, shape);
    text_printf(w->out, "reshape(v%d, ", x);
    put_sizes(w->out, shape);
    text_puts(w->out, ")");
    end(w);
}

/* An axis of size 2n becomes one of size n, or the other way round; then it gets its new name. */
static void write_resize(writer *w) {
    static const char pairs[] = "ACGADEDE";
    int x = any(w);
    char shape[MAX_AXES + 1];
    for (size_t i = 0; i + 1 < sizeof pairs; i += 2) {
        for (int grow = 0; grow < 2; grow++) {
            char from = pairs[i + (size_t)grow], to = pairs[i + !grow];
            strcpy(shape, w->at[x].axis);
            char *at = strchr(shape, from);
            if (!at || strchr(shape, to) || chance(w, 2)) {
                continue;
            }
            *at = to;
            int y = grow ? twin(w, x) : x;
            begin(w, shape);
            if (grow) {
                text_printf(w->out, "reshape(concat(v%d, v%d, over = %c), ", x, y, from);
            } else {
                text_printf(w->out, "reshape(slice(v%d, over = %c, begin = %d, size = %c), ", x,
                            from, below(w, 3), to);
            }
            put_sizes(w->out, shape);
            text_puts(w->out, ")");
            end(w);
            return;
        }
    }
}

/* v[..., X, ...] with a parameter [Y, X] or [batch, Y, X] or in another order, or with another
 * value. */
static void write_matmul(writer *w) {
    int x = any(w);
    const char *from = w->at[x].axis;
    char over = some_axis(w, from), free_axis = fresh_axis(w, from);
    if (!over || strchr(from, '1') || strlen(from) < 2) {
        return;
    }
    char other[MAX_AXES + 1] = "", shape[2 * MAX_AXES] = "";
    int n = 0, shared = 0;
    other[n++] = over;
    for (const char *c = from; *c; c++) {
        bool batch = *c != over && shared < (int)strlen(from) - 2 && n < MAX_AXES - 1;
        if (batch && chance(w, 2)) {
            other[n++] = *c;
            shared++;
        }
    }
    other[n++] = free_axis;
    for (int i = n - 1; i > 0; i--) {
        int k = below(w, i + 1);
        char c = other[i];
        other[i] = other[k];
        other[k] = c;
    }
    bool first = chance(w, 3);
    const char *a = first ? other : from, *b = first ? from : other;
    n = 0;
    for (const char *c = a; *c; c++) {
        if (*c != over) {
            shape[n++] = *c;
        }
    }
    for (const char *c = b; *c; c++) {
        if (*c != over && !strchr(a, *c)) {
            shape[n++] = *c;
        }
    }
    if (n > MAX_AXES || strlen(from) + strlen(other) > 8) { /* the most that `matmul` takes */
        return;
    }
    int y = use(w, new_param(w, other));
    begin(w, shape);
    text_printf(w->out, "matmul(v%d, v%d, over = %c) * 0.5", first ? y : x, first ? x : y, over);
    end(w);
}

static void write_rope(writer *w) {
    int x = any(w);
    const char *from = w->at[x].axis;
    size_t n = strlen(from);
    char last = from[n - 1];
    if (n < 2 || !strchr("ACDGST", last) || from[n - 2] == '1') {
        return;
    }
    begin(w, from);
    text_printf(w->out, "rope(v%d, over = %c, along = %c, theta = %d)", x, last, from[n - 2],
                10 + below(w, 1000));
    end(w);
}

static void write_mask(writer *w) {
    int x = any(w);
    const char *from = w->at[x].axis;
    size_t n = strlen(from);
    if (n < 2 || from[n - 1] == '1' || from[n - 2] == '1') {
        return;
    }
    begin(w, from);
    text_printf(w->out, "softmax(v%d + causal_mask(%c, %c), over = %c)", x, from[n - 2],
                from[n - 1], from[n - 1]);
    end(w);
}

static void write_gather(writer *w) {
    text_printf(&w->params, "  param p%d[V, %c] = normal(0.5)\n", w->n_params, 'D');
    begin(w, "SD");
    text_printf(w->out, "gather(p%d, ids)", w->n_params++);
    end(w);
}

static void write_layer(writer *w) {
    int x = any(w);
    const char *from = w->at[x].axis;
    if (strlen(from) != 2 || strchr(from, '1') || from[0] == from[1]) {
        return;
    }
    text_printf(&w->params, "  l%d = RMSNorm(%c)\n", w->n_params, from[1]);
    begin(w, from);
    text_printf(w->out, "l%d(v%d)", w->n_params++, x);
    end(w);
}

static void write_parameter(writer *w) {
    char shape[MAX_AXES + 1] = "";
    int n = 1 + below(w, MAX_AXES);
    for (int i = 0; i < n; i++) {
        shape[i] = fresh_axis(w, shape);
        shape[i + 1] = 0;
    }
    new_param(w, shape);
}

/* Everything that nothing uses goes into a factor of the logits, through a bounded function. */
static void write_end(writer *w) {
    int n = w->n;
    text_puts(w->out, "    f0 = tanh(matmul(v0, head, over = D))\n");
    int factors = 1;
    for (int v = 0; v < n; v++) {
        if (w->at[v].used) {
            continue;
        }
        text_printf(w->out, "    f%d = f%d * (1.5 + tanh(", factors, factors - 1);
        factors++;
        int rank = (int)strlen(w->at[v].axis);
        for (int i = 0; i < rank; i++) {
            text_puts(w->out, "mean(");
        }
        text_printf(w->out, "reshape(0.3 * v%d, ", v);
        put_sizes(w->out, w->at[v].axis);
        text_puts(w->out, ")");
        for (int i = 0; i < rank; i++) {
            text_printf(w->out, ", over = %d)", i);
        }
        text_puts(w->out, "))\n");
    }
    text_printf(w->out, "    reshape(f%d, S, V)\n", factors - 1);
}

void random_program(uint64_t seed, text *out) {
    static void (*const statements[])(writer *) = {
        write_unary,   write_unary,   write_unary,     write_binary,    write_binary,
        write_binary,  write_extreme, write_reduction, write_reduction, write_transpose,
        write_reshape, write_resize,  write_matmul,    write_matmul,    write_rope,
        write_mask,    write_gather,  write_layer,     write_largest,   write_parameter,
    };
    text body = {0};
    writer w = {.out = &body};
    rng_seed(&w.r, rng_mix(seed, 1));
    write_gather(&w);
    int n = 4 + below(&w, 14);
    for (int i = 0; i < n && w.n < MAX_VALUES - 4; i++) {
        int before = w.n;
        thing kept[MAX_VALUES];
        memcpy(kept, w.at, sizeof kept);
        statements[below(&w, (int)(sizeof statements / sizeof *statements))](&w);
        if (w.n == before) { /* it did not fit: nothing was used */
            memcpy(w.at, kept, sizeof kept);
        }
    }
    write_end(&w);
    text_puts(out, "import std.basic\nmodel random {\n  config { " SIZES " }\n"
                   "  input ids : token[S] < V\n  target next : token[S] < V\n"
                   "  net = Net("
                   "S, T, A, B, C, D, E, G, V"
                   ")\n"
                   "  output logits = net(ids)\n"
                   "  train { loss = cross_entropy(logits, next) }\n}\n"
                   "layer Net(S, T, A, B, C, D, E, G, V) {\n  param head[D, V] = normal(0.5)\n");
    text_add(out, w.params.at ? w.params.at : "", w.params.len);
    text_puts(out, "  (ids : token[S] < V) -> [S, V] {\n");
    text_add(out, body.at, body.len);
    text_puts(out, "  }\n}\n");
    text_free(&w.params);
    text_free(&body);
}
