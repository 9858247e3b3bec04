/* The host device on programs with known results, from $ANET_SHARED/mil-corpus: ops (one op each)
 * and nets. What it runs must be right, what it does not must be refused in words. */
#include "base/file.h"
#include "host/program.h"
#include "mil/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the word `fail` */

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 1 << 24, MAX_PORTS = 32, MIN_OPS = 110, MIN_NETS = 10, MIN_COMPRESSED = 7 };

typedef struct io { /* a line of IO.tsv */
    const char *program, *io, *name, *dtype, *file;
} io;

typedef struct corpus {
    arena *memory;
    const char *folder;
    const char *mil, *weights; /* "%s.mil": where a program and its weights are */
    anet_numerics numerics;
    double tolerance;
    double (*error)(const double *got, const double *want, size_t n);
    int programs;
    double worst;
    const char *worst_of;
} corpus;

static char *read_all(const corpus *c, const char *name, size_t *size) {
    char *data = NULL;
    if (file_read(c->memory, path_join(c->memory, c->folder, name), LIMIT, &data, size)) {
        fail_msg("cannot read %s/%s", c->folder, name);
    }
    return data;
}

static double number(const char *data, const char *dtype, size_t i) {
    if (strcmp(dtype, "float32") == 0) {
        return (double)((const float *)(const void *)data)[i];
    }
    if (strcmp(dtype, "int32") == 0) {
        return ((const int32_t *)(const void *)data)[i];
    }
    fail_msg("a new dtype in IO.tsv: %s", dtype);
    return 0;
}

static const io *find_line(const io *lines, size_t n, const char *what, const char *name) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(lines[i].io, what) == 0 && strcmp(lines[i].name, name) == 0) {
            return &lines[i];
        }
    }
    fail_msg("no %s '%s' in IO.tsv", what, name);
    return NULL;
}

static bool is_integer(const anet_port *port) {
    return mil_is_integer(mil_dtype_named(port->dtype, strlen(port->dtype)));
}

static float *load(const corpus *c, const io *line, const anet_port *port) {
    size_t size;
    const char *data = read_all(c, line->file, &size);
    float *x = arena_array(c->memory, port->elements, sizeof *x);
    assert_int_equal(size, port->elements * sizeof *x);
    for (size_t i = 0; i < port->elements; i++) {
        double v = number(data, line->dtype, i);
        if (is_integer(port)) {
            ((int32_t *)(void *)x)[i] = (int32_t)v;
        } else {
            x[i] = (float)v;
        }
    }
    return x;
}

static void compare(corpus *c, const io *line, const anet_port *port, const float *out) {
    size_t size, n = port->elements;
    const char *data = read_all(c, line->file, &size);
    double *got = arena_array(c->memory, n, sizeof *got);
    double *want = arena_array(c->memory, n, sizeof *want);
    for (size_t i = 0; i < n; i++) {
        want[i] = number(data, line->dtype, i);
        got[i] = is_integer(port) ? ((const int32_t *)(const void *)out)[i] : (double)out[i];
    }
    double error = c->error(got, want, n);
    if (!(error <= c->tolerance)) {
        fail_msg("%s: %s has an error of %g", line->program, line->name, error);
    }
    if (error > c->worst) {
        c->worst = error;
        c->worst_of = line->program;
    }
}

/* of single ops: of each element by itself */
static double element_error(const double *got, const double *want, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        bool same = got[i] == want[i] || (isnan(got[i]) && isnan(want[i]));
        double error = same ? 0 : fabs(got[i] - want[i]) / (1 + fabs(want[i]));
        most = error > most || isnan(error) ? error : most;
    }
    return most;
}

/* of nets: beside the length of the whole result */
static double whole_error(const double *got, const double *want, size_t n) {
    double error = 0, length = 0;
    for (size_t i = 0; i < n; i++) {
        error += (got[i] - want[i]) * (got[i] - want[i]);
        length += want[i] * want[i];
    }
    return sqrt(error / length);
}

static void run(corpus *c, anet_program *p, const io *lines, size_t n) {
    float *in[MAX_PORTS], *out[MAX_PORTS];
    anet_error err = {0};
    assert_true(p->inputs <= MAX_PORTS && p->outputs <= MAX_PORTS);
    for (int i = 0; i < p->inputs; i++) {
        in[i] = load(c, find_line(lines, n, "in", p->input[i].name), &p->input[i]);
    }
    for (int i = 0; i < p->outputs; i++) {
        out[i] = arena_array(c->memory, p->output[i].elements, sizeof **out);
    }
    float *workspace = malloc((p->workspace + 1) * sizeof *workspace);
    assert_non_null(workspace);
    if (host_execute(p, in, out, workspace, NULL, &err)) {
        fail_msg("%s", err.message);
    }
    free(workspace);
    for (int i = 0; i < p->outputs; i++) {
        compare(c, find_line(lines, n, "out", p->output[i].name), &p->output[i], out[i]);
    }
}

static anet_code plan(const corpus *c, const mil_program *mil, const char *name,
                      const char *program, anet_program **p, anet_error *err) {
    mil_weights weights = {0};
    const char *from =
        path_join(c->memory, c->folder, arena_printf(c->memory, c->weights, program));
    anet_code code = mil_check(mil, name, err);
    code = code ? code : mil_weights_open(mil, from, &weights, err);
    host_config config = {
        .numerics = c->numerics, .blob = weights.files.at, .blobs = (int)weights.files.len};
    code = code ? code : host_plan_program(mil, name, &config, p, err);
    mil_weights_close(&weights);
    return code;
}

static void check_program(corpus *c, const io *lines, size_t n) {
    anet_error err = {0};
    anet_program *p = NULL;
    mil_program *mil;
    size_t size;
    const char *name = arena_printf(c->memory, c->mil, lines->program);
    const char *source = read_all(c, name, &size);
    if (mil_read(source, size, name, &mil, &err)) {
        fail_msg("%s", err.message);
    }
    if (plan(c, mil, name, lines->program, &p, &err)) {
        assert_null(p);
        assert_int_equal(err.code, ANET_BAD_INPUT);
        assert_int_equal(strncmp(err.message, name, strlen(name)), 0);
        print_message("refused: %s\n", err.message);
    } else {
        run(c, p, lines, n);
        host_free_program(p);
        c->programs++;
    }
    mil_free(mil);
}

/* the next field, ended by `end`; fields may be empty */
static const char *take_field(char **at, char end) {
    char *field = *at;
    size_t n = strcspn(field, (const char[]){end, 0});
    assert_int_equal(field[n], end);
    field[n] = 0;
    *at = field + n + 1;
    return field;
}

/* `columns`: how many lie between the program's name and the rest */
static size_t read_table(const corpus *c, int columns, io **lines) {
    size_t size, n = 0;
    char *at = read_all(c, "IO.tsv", &size);
    *lines = arena_array(c->memory, size / 6, sizeof **lines);
    take_field(&at, '\n'); /* the heading */
    while (*at) {
        io *l = &(*lines)[n++];
        l->program = take_field(&at, '\t');
        for (int i = 0; i < columns; i++) {
            take_field(&at, '\t');
        }
        l->io = take_field(&at, '\t');
        l->name = take_field(&at, '\t');
        l->dtype = take_field(&at, '\t');
        take_field(&at, '\t'); /* the shape */
        l->file = take_field(&at, '\n');
    }
    return n;
}

static void check_all(corpus *c, const char *folder, int columns,
                      bool (*wanted)(const char *program), int least) {
    const char *shared = getenv("ANET_SHARED");
    c->memory = arena_new();
    c->folder = path_join(c->memory, shared ? shared : ".", folder);
    if (!shared || !folder_exists(c->folder)) {
        print_message("skipped: ANET_SHARED does not lead to %s\n", folder);
        arena_free(c->memory);
        skip();
    }
    io *lines;
    size_t n = read_table(c, columns, &lines);
    for (size_t i = 0, end; i < n; i = end) {
        end = i;
        while (end < n && strcmp(lines[end].program, lines[i].program) == 0) {
            end++;
        }
        if (!wanted || wanted(lines[i].program)) {
            check_program(c, &lines[i], end - i);
        }
    }
    print_message("%d programs agree; the worst error is %.2g, of %s\n", c->programs, c->worst,
                  c->worst_of ? c->worst_of : "none");
    assert_true(c->programs >= least);
    arena_free(c->memory);
}

static void test_ops(void **state) {
    (void)state;
    corpus c = {.mil = "%s.mil",
                .weights = "weights/%s.bin",
                .numerics = ANET_NUMERICS_FP32,
                .tolerance = 2e-6,
                .error = element_error};
    check_all(&c, "mil-corpus/ops", 0, NULL, MIN_OPS);
}

/* The expected results are those of the nets before their weights were compressed. */
static bool compressed(const char *program) {
    static const char *const marks[] = {"int8", "pal", "prune"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (strstr(program, marks[i])) {
            return true;
        }
    }
    return false;
}

static bool plain(const char *program) {
    return !compressed(program);
}

static corpus nets(anet_numerics numerics, double tolerance) {
    return (corpus){.mil = "%s/model.mil",
                    .weights = "%s",
                    .numerics = numerics,
                    .tolerance = tolerance,
                    .error = whole_error};
}

static void test_nets(void **state) {
    (void)state;
    corpus half = nets(ANET_NUMERICS_FP16, 2e-3), single = nets(ANET_NUMERICS_FP32, 1e-3);
    check_all(&half, "mil-corpus/nets", 2, plain, MIN_NETS);
    check_all(&single, "mil-corpus/nets", 2, plain, MIN_NETS);
}

static void test_compressed_nets(void **state) {
    (void)state;
    corpus c = nets(ANET_NUMERICS_FP16, 10);
    check_all(&c, "mil-corpus/nets", 2, compressed, MIN_COMPRESSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ops), cmocka_unit_test(test_nets),
                                       cmocka_unit_test(test_compressed_nets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
