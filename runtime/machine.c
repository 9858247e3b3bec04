/* machine.c: see machine.h. */
#include "machine.h"

#include "base/file.h"
#include "json.h"
#include "mil/ops.h"
#include "mil/target.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REPORT = 1 << 20, UNKNOWN_CHIP = 4 };

static const double MAX_RATE = 1e9;

static const char *const machine_orders[] = {"name", "size", NULL};
static const char *const machine_size_rules[] = {"any", "equal", "ascending", NULL};

_Static_assert(sizeof(machine_order) == sizeof(int) && sizeof(machine_sizes) == sizeof(int),
               "choices are read and written as int");

typedef enum field_kind { TEXT, NUMBER, CHOICE, FLAG, RATE } field_kind;

typedef struct field {
    const char *name;
    field_kind kind;
    size_t offset, size;      /* in the struct */
    int64_t least, most;      /* NUMBER */
    const char *const *names; /* CHOICE */
    const char *what;
} field;

#define FIELD(id, kind, least, most, names, what)                                                  \
    {#id, kind, offsetof(machine, id), sizeof((machine *)0)->id, least, most, names, what},
static const field fields[] = {
#define MACHINE_TEXT(id, what) FIELD(id, TEXT, 0, 0, NULL, what)
#define MACHINE_NUMBER(id, least, most, what) FIELD(id, NUMBER, least, most, NULL, what)
#define MACHINE_CHOICE(id, names, what) FIELD(id, CHOICE, 0, 0, names, what)
#define MACHINE_FLAG(id, what) FIELD(id, FLAG, 0, 0, NULL, what)
#define MACHINE_RATE(id, what) FIELD(id, RATE, 0, 0, NULL, what)
#include "machine.def"
};

enum { FIELDS = sizeof fields / sizeof *fields };

/* --- what is known without looking --- */

static const machine chips[] = {
#define MACHINE_CHIP(name, order_, sizes_, smallest, row, limit, several, conv, concat_, saturate, \
                     even, patches_)                                                               \
    {.chip = name,                                                                                 \
     .order = MACHINE_ORDER_##order_,                                                              \
     .sizes = MACHINE_SIZES_##sizes_,                                                              \
     .smallest_surface = smallest,                                                                 \
     .row_alignment = row,                                                                         \
     .compile_limit = limit,                                                                       \
     .several_inputs = several,                                                                    \
     .runtime_conv_weight = conv,                                                                  \
     .concat = concat_,                                                                            \
     .slices_saturate = saturate,                                                                  \
     .rounds_even = even,                                                                          \
     .patches = patches_},
#include "machine.def"
};

void machine_defaults(const char *architecture, machine *m) {
    const mil_target *known = mil_find_target(architecture);
    const mil_target *t = known ? known : mil_target_at(UNKNOWN_CHIP - 1);
    *m = chips[t->chip - 1];
    snprintf(m->architecture, sizeof m->architecture, "%s", architecture);
    m->minor = t->minor;
    snprintf(m->opset, sizeof m->opset, "%s", t->opset);
}

/* --- reading --- */

typedef struct reader {
    const char *path, *source;
    anet_error *err;
} reader;

static anet_code bad(const reader *r, const json *at, const char *name, const char *wanted) {
    size_t column;
    int line = json_line(r->source, at, &column);
    return anet_fail(r->err, ANET_BAD_INPUT, "%s:%d:%zu: %s of a machine is %s", r->path, line,
                     column, name, wanted);
}

static anet_code read_text(const reader *r, const field *f, const json *x, char *to) {
    bool fits = x->kind == JSON_STRING && x->len < f->size;
    for (size_t i = 0; fits && i < x->len; i++) {
        fits = x->text[i] >= ' ' && x->text[i] <= '~';
    }
    if (!fits) {
        char wanted[60];
        snprintf(wanted, sizeof wanted, "a string of at most %zu plain characters", f->size - 1);
        return bad(r, x, f->name, wanted);
    }
    memcpy(to, x->text, x->len + 1);
    return ANET_OK;
}

static anet_code read_number(const reader *r, const field *f, const json *x, void *to) {
    int64_t n;
    if (!json_integer(x, &n) || n < f->least || n > f->most) {
        char wanted[80];
        snprintf(wanted, sizeof wanted, "a whole number from %lld to %lld", (long long)f->least,
                 (long long)f->most);
        return bad(r, x, f->name, wanted);
    }
    if (f->size == sizeof n) {
        memcpy(to, &n, sizeof n);
    } else {
        int small = (int)n;
        memcpy(to, &small, sizeof small);
    }
    return ANET_OK;
}

static anet_code read_choice(const reader *r, const field *f, const json *x, void *to) {
    text wanted = {0};
    text_puts(&wanted, "one of");
    for (int i = 0; f->names[i]; i++) {
        if (x->kind == JSON_STRING && strcmp(x->text, f->names[i]) == 0) {
            memcpy(to, &i, sizeof i);
            text_free(&wanted);
            return ANET_OK;
        }
        text_printf(&wanted, " \"%s\"", f->names[i]);
    }
    anet_code code = bad(r, x, f->name, wanted.at);
    text_free(&wanted);
    return code;
}

static anet_code read_flag(const reader *r, const field *f, const json *x, void *to) {
    if (x->kind != JSON_BOOL) {
        return bad(r, x, f->name, "true or false");
    }
    memcpy(to, &x->truth, sizeof x->truth);
    return ANET_OK;
}

static anet_code read_rate(const reader *r, const field *f, const json *x, void *to) {
    if (x->kind != JSON_NUMBER || x->number < 0 || x->number > MAX_RATE) {
        return bad(r, x, f->name, "a number from 0 to 1e9");
    }
    memcpy(to, &x->number, sizeof x->number);
    return ANET_OK;
}

static anet_code read_field(const reader *r, const field *f, const json *x, machine *m) {
    void *to = (char *)m + f->offset;
    switch (f->kind) {
    case TEXT:
        return read_text(r, f, x, to);
    case NUMBER:
        return read_number(r, f, x, to);
    case CHOICE:
        return read_choice(r, f, x, to);
    case FLAG:
        return read_flag(r, f, x, to);
    default:
        return read_rate(r, f, x, to);
    }
}

/* What the engine calls itself decides what the rest is taken to be. */
static anet_code read_architecture(const reader *r, const json *properties, machine *m) {
    const json *x = json_get(properties, "architecture");
    char name[sizeof m->architecture] = "";
    for (int i = 0; i < FIELDS && x; i++) {
        if (fields[i].offset == offsetof(machine, architecture) &&
            read_text(r, &fields[i], x, name)) {
            return r->err->code;
        }
    }
    machine_defaults(name, m);
    return ANET_OK;
}

static anet_code read_properties(const reader *r, const json *properties, machine *m) {
    if (read_architecture(r, properties, m)) {
        return r->err->code;
    }
    for (int i = 0; i < FIELDS; i++) {
        const json *x = json_get(properties, fields[i].name);
        if (x && read_field(r, &fields[i], x, m)) {
            return r->err->code;
        }
    }
    const json *opset = json_get(properties, "opset");
    return opset && !mil_opset_number(m->opset) ? bad(r, opset, "opset", "such as \"ios18\"")
                                                : ANET_OK;
}

anet_code machine_read(const char *path, machine *m, anet_error *err) {
    arena *memory = arena_new();
    reader r = {.path = path, .err = err};
    char *source;
    size_t size;
    json *root = NULL;
    machine_defaults("", m);
    int error = file_read(memory, path, MAX_REPORT, &source, &size);
    anet_code code = ANET_OK;
    if (error) {
        code = anet_fail(err, ANET_BAD_USAGE, "cannot read the machine's report %s: %s", path,
                         error == EFBIG ? "it is larger than 1 MiB" : strerror(error));
    } else {
        r.source = source;
        code = json_parse(memory, source, size, path, &root, err);
    }
    const json *properties = json_get(root, "properties");
    if (!code && (!properties || properties->kind != JSON_OBJECT)) {
        code = anet_fail(err, ANET_BAD_INPUT,
                         "%s is no report of `anetc doctor`: there is no object \"properties\" in "
                         "it",
                         path);
    }
    code = code ? code : read_properties(&r, properties, m);
    arena_free(memory);
    return code;
}

/* --- writing --- */

/* as short as reads back the same */
static void print_rate(double x, text *out) {
    char digits[40];
    for (int precision = 6; precision <= 17; precision += 11) {
        snprintf(digits, sizeof digits, "%.*g", precision, x);
        if (strtod(digits, NULL) == x) {
            break;
        }
    }
    text_puts(out, isfinite(x) ? digits : "0");
}

static const char *name_of(const field *f, const void *choice) {
    int i;
    memcpy(&i, choice, sizeof i);
    return f->names[i];
}

static void print_value(const field *f, const void *from, text *out) {
    int64_t n = 0;
    int small;
    bool truth;
    double x;
    switch (f->kind) {
    case TEXT:
        text_json(out, from, strlen(from));
        break;
    case NUMBER:
        memcpy(f->size == sizeof n ? (void *)&n : (void *)&small, from, f->size);
        text_printf(out, "%lld", (long long)(f->size == sizeof n ? n : small));
        break;
    case CHOICE:
        text_printf(out, "\"%s\"", name_of(f, from));
        break;
    case FLAG:
        memcpy(&truth, from, sizeof truth);
        text_puts(out, truth ? "true" : "false");
        break;
    default:
        memcpy(&x, from, sizeof x);
        print_rate(x, out);
    }
}

void machine_print_json(const machine *m, text *out) {
    text_putc(out, '{');
    for (int i = 0; i < FIELDS; i++) {
        text_printf(out, "%s\n    \"%s\": ", i ? "," : "", fields[i].name);
        print_value(&fields[i], (const char *)m + fields[i].offset, out);
    }
    text_puts(out, "\n  }");
}

void machine_print(const machine *m, text *out) {
    for (int i = 0; i < FIELDS; i++) {
        const char *from = (const char *)m + fields[i].offset;
        double rate = 1;
        if (fields[i].kind == RATE) {
            memcpy(&rate, from, sizeof rate);
        }
        text_printf(out, "  %-38s ", fields[i].what);
        if (fields[i].kind == RATE && rate == 0) {
            text_puts(out, "not measured");
        } else if (fields[i].kind == TEXT) {
            text_puts(out, *from ? from : "unknown");
        } else if (fields[i].kind == CHOICE) {
            text_puts(out, name_of(&fields[i], from));
        } else {
            print_value(&fields[i], from, out);
        }
        text_putc(out, '\n');
    }
}
