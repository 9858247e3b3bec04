/* The host device on one-op programs with known results, from $ANET_SHARED/mil-corpus/ops: what it
 * runs must be right, what it does not must be refused in words. */
#include "base/file.h"
#include "device.h"
#include "mil/mil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the word `fail` */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE anet_host_device

enum { LIMIT = 1 << 24, MAX_PORTS = 8, MIN_PROGRAMS = 30 };

typedef struct io { /* a line of IO.tsv */
    const char *program, *io, *name, *dtype, *shape, *file;
} io;

typedef struct corpus {
    arena *memory;
    const char *folder;
    anet_device *device;
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
    if (strcmp(dtype, "bool") == 0) {
        return data[i];
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

static double element(const anet_port *port, const float *words, size_t i) {
    int32_t whole;
    memcpy(&whole, &words[i], sizeof whole);
    return is_integer(port) ? whole : (double)words[i];
}

static anet_surface *load(const corpus *c, const io *line, const anet_port *port) {
    anet_error err = {0};
    anet_surface *s;
    size_t size;
    const char *data = read_all(c, line->file, &size);
    float *x = arena_array(c->memory, port->elements, sizeof *x);
    for (size_t i = 0; i < port->elements; i++) {
        double value = number(data, line->dtype, i);
        int32_t whole = (int32_t)value; /* integers cross the border as they are */
        float real = (float)value;
        memcpy(&x[i], is_integer(port) ? (const void *)&whole : (const void *)&real, sizeof *x);
    }
    assert_int_equal(DEVICE.surface_new(c->device, port->elements, NULL, &s, &err), ANET_OK);
    DEVICE.surface_write(s, x, port->elements);
    return s;
}

static void compare(const corpus *c, const io *line, const anet_port *port, anet_surface *s) {
    size_t size;
    const char *data = read_all(c, line->file, &size);
    const float *got = DEVICE.surface_read(s);
    for (size_t i = 0; i < port->elements; i++) {
        double want = number(data, line->dtype, i), x = element(port, got, i);
        if (!(fabs(x - want) <= 2e-6 * (1 + fabs(want))) && !(isnan(x) && isnan(want)) &&
            x != want) {
            fail_msg("%s: %s[%zu] is %.9g, not %.9g", line->program, line->name, i, x, want);
        }
    }
}

static void run(const corpus *c, anet_program *p, const io *lines, size_t n) {
    const anet_port *from, *to;
    int ins = DEVICE.inputs(p, &from), outs = DEVICE.outputs(p, &to);
    anet_surface *in[MAX_PORTS], *out[MAX_PORTS];
    anet_error err = {0};
    assert_true(ins <= MAX_PORTS && outs <= MAX_PORTS);
    for (int i = 0; i < ins; i++) {
        in[i] = load(c, find_line(lines, n, "in", from[i].name), &from[i]);
    }
    for (int i = 0; i < outs; i++) {
        assert_int_equal(DEVICE.surface_new(c->device, to[i].elements, NULL, &out[i], &err), 0);
    }
    if (DEVICE.evaluate(p, in, out, &err)) {
        fail_msg("%s", err.message);
    }
    for (int i = 0; i < outs; i++) {
        if (strncmp(lines->program, "random_", 7) != 0) { /* nobody says what a seed gives */
            compare(c, find_line(lines, n, "out", to[i].name), &to[i], out[i]);
        }
        DEVICE.surface_free(out[i]);
    }
    for (int i = 0; i < ins; i++) {
        DEVICE.surface_free(in[i]);
    }
}

/* whether the device runs the program of these lines */
static bool check_program(const corpus *c, const io *lines, size_t n) {
    anet_error err = {0};
    anet_program *p;
    size_t size;
    const char *name = arena_printf(c->memory, "%s.mil", lines->program);
    const char *mil = read_all(c, name, &size);
    anet_source source = {.name = name, .text = mil, .size = size};
    anet_blob weights = {.path = "@model_path/weights/weight.bin"};
    const char *file = arena_printf(c->memory, "weights/%s.bin", lines->program);
    if (file_exists(path_join(c->memory, c->folder, file))) {
        weights.data = read_all(c, file, &weights.size);
        source.blob = &weights;
        source.blobs = 1;
    }
    if (DEVICE.compile(c->device, &source, &p, &err)) {
        assert_null(p);
        assert_int_equal(err.code, ANET_BAD_INPUT);
        assert_int_equal(strncmp(err.message, name, strlen(name)), 0);
        return false;
    }
    run(c, p, lines, n);
    DEVICE.release(p);
    return true;
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

static size_t read_table(const corpus *c, io **lines) {
    size_t size, n = 0;
    char *at = read_all(c, "IO.tsv", &size);
    *lines = arena_array(c->memory, size / 6, sizeof **lines);
    take_field(&at, '\n'); /* the heading */
    while (*at) {
        io *l = &(*lines)[n++];
        l->program = take_field(&at, '\t');
        l->io = take_field(&at, '\t');
        l->name = take_field(&at, '\t');
        l->dtype = take_field(&at, '\t');
        l->shape = take_field(&at, '\t');
        l->file = take_field(&at, '\n');
    }
    return n;
}

static void test_corpus(void **state) {
    (void)state;
    const char *shared = getenv("ANET_SHARED");
    corpus c = {.memory = arena_new()};
    c.folder = path_join(c.memory, shared ? shared : ".", "mil-corpus/ops");
    if (!shared || !folder_exists(c.folder)) {
        print_message("skipped: ANET_SHARED does not lead to mil-corpus/ops\n");
        arena_free(c.memory);
        skip();
    }
    anet_device_config config = {ANET_NUMERICS_FP32, NULL};
    anet_error err = {0};
    assert_int_equal(DEVICE.open(&config, &c.device, &err), ANET_OK);
    io *lines;
    size_t n = read_table(&c, &lines);
    int programs = 0;
    for (size_t i = 0, end; i < n; i = end) {
        end = i;
        while (end < n && strcmp(lines[end].program, lines[i].program) == 0) {
            end++;
        }
        programs += check_program(&c, &lines[i], end - i);
    }
    print_message("%d programs agree\n", programs);
    assert_true(programs >= MIN_PROGRAMS);
    DEVICE.close(c.device);
    arena_free(c.memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_corpus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
