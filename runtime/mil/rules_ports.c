/* rules_ports.c: rules about a function's inputs and outputs, which are surfaces. */
#include "mil/rules.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROW_ALIGNMENT = 64,      /* bytes */
    SURFACE_ALIGNMENT = 128, /* bytes, on M5 */
    SMALLEST_SURFACE = 49152,
    NARROWEST = 32,    /* elements of the last axis */
    FEW_CHANNELS = 768 /* beyond it, rows must not be short */
};

typedef struct port {
    const char *name;
    const mil_type *type;
    mil_loc at;
    bool output;
    const mil_op *maker; /* of an output; NULL if it is an input */
} port;

typedef struct ports {
    VEC(port) all;
} ports;

static void add_inputs(const mil_rule_case *c, ports *p) {
    for (int i = 0; i < c->func->body.params; i++) {
        const mil_name *in = &c->func->body.param[i];
        vec_push(&p->all, ((port){in->name, &in->type, in->loc, false, NULL}));
    }
}

static const mil_name *find_name(int n, const mil_name *names, const char *name) {
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i].name, name) == 0) {
            return &names[i];
        }
    }
    return NULL;
}

static void add_outputs(const mil_rule_case *c, ports *p) {
    const mil_block *body = &c->func->body;
    for (int i = 0; i < body->results; i++) {
        const mil_op *maker = mil_rule_maker_of(c, body->result[i]);
        const mil_name *out = maker ? find_name(maker->outs, maker->out, body->result[i])
                                    : find_name(body->params, body->param, body->result[i]);
        if (out) {
            vec_push(&p->all, ((port){out->name, &out->type, out->loc, true, maker}));
        }
    }
}

static ports all_ports(const mil_rule_case *c) {
    ports p = {0};
    add_inputs(c, &p);
    add_outputs(c, &p);
    return p;
}

static const char *kind_of(const port *p) {
    return p->output ? "output" : "input";
}

/* --- types --- */

typedef void each_port(mil_rule_case *c, const port *p);

static void visit_ports(mil_rule_case *c, each_port *visit) {
    ports p = all_ports(c);
    for (size_t i = 0; i < p.all.len; i++) {
        visit(c, &p.all.at[i]);
    }
    vec_free(&p.all);
}

static bool is_small_integer(mil_dtype t) {
    return t == MIL_INT8 || t == MIL_UINT8 || t == MIL_INT16 || t == MIL_UINT16;
}

static bool may_be_a_port(const port *p) {
    mil_dtype t = p->type->dtype;
    return p->type->kind == MIL_TENSOR &&
           (t == MIL_FP16 || t == MIL_FP32 || is_small_integer(t) || (t == MIL_BOOL && !p->output));
}

static void check_type(mil_rule_case *c, const port *p) {
    if (may_be_a_port(p)) {
        return;
    }
    static const char *const kinds[] = {[MIL_LIST] = "a list",
                                        [MIL_TUPLE] = "a tuple",
                                        [MIL_DICT] = "a dict",
                                        [MIL_STATE] = "a state",
                                        [MIL_BUFFER] = "a buffer"};
    mil_rule_breaks_at(c, p->at, "the %s %s is %s", kind_of(p), p->name,
                       p->type->kind == MIL_TENSOR ? mil_dtype_name(p->type->dtype)
                                                   : kinds[p->type->kind]);
}

void mil_rule_port_type(mil_rule_case *c) {
    visit_ports(c, check_type);
}

static void check_fp32(mil_rule_case *c, const port *p) {
    if (p->type->kind == MIL_TENSOR && p->type->dtype == MIL_FP32) {
        mil_rule_breaks_at(c, p->at, "the %s %s is fp32", kind_of(p), p->name);
    }
}

void mil_rule_port_fp32(mil_rule_case *c) {
    visit_ports(c, check_fp32);
}

static void check_bool(mil_rule_case *c, const port *p) {
    if (!p->output && p->type->kind == MIL_TENSOR && p->type->dtype == MIL_BOOL) {
        mil_rule_breaks_at(c, p->at, "the input %s is bool", p->name);
    }
}

void mil_rule_port_bool(mil_rule_case *c) {
    visit_ports(c, check_bool);
}

static void check_integer(mil_rule_case *c, const port *p) {
    if (p->output && p->type->kind == MIL_TENSOR && is_small_integer(p->type->dtype)) {
        mil_rule_breaks_at(c, p->at, "the output %s is %s", p->name,
                           mil_dtype_name(p->type->dtype));
    }
}

void mil_rule_port_integer(mil_rule_case *c) {
    visit_ports(c, check_integer);
}

static void check_liveness(mil_rule_case *c, const port *p) {
    if (p->output && p->maker && mil_rule_named(p->maker, "const constexpr_*")) {
        mil_rule_breaks_at(c, p->at, "the output %s is a constant", p->name);
    }
}

void mil_rule_output_is_const(mil_rule_case *c) {
    visit_ports(c, check_liveness);
}

static void check_copy(mil_rule_case *c, const port *p) {
    if (p->output && !p->maker) {
        mil_rule_breaks_at(c, p->at, "the output %s is an input", p->name);
    }
}

void mil_rule_output_is_input(mil_rule_case *c) {
    visit_ports(c, check_copy);
}

static void check_use(mil_rule_case *c, const port *p) {
    if (!p->output && mil_rule_uses(c, p->name) == 0) {
        mil_rule_breaks_at(c, p->at, "nothing reads the input %s", p->name);
    }
}

void mil_rule_unused_input(mil_rule_case *c) {
    visit_ports(c, check_use);
}

/* --- order --- */

static void check_alphabet(mil_rule_case *c, const ports *p) {
    for (size_t i = 1; i < p->all.len; i++) {
        const port *a = &p->all.at[i - 1], *b = a + 1;
        if (strcmp(a->name, b->name) > 0) {
            mil_rule_breaks_at(c, b->at, "the %s %s comes after %s", kind_of(b), b->name, a->name);
            return;
        }
    }
}

void mil_rule_inputs_sorted(mil_rule_case *c) {
    ports p = {0};
    add_inputs(c, &p);
    check_alphabet(c, &p);
    vec_free(&p.all);
}

void mil_rule_outputs_sorted(mil_rule_case *c) {
    ports p = {0};
    add_outputs(c, &p);
    check_alphabet(c, &p);
    vec_free(&p.all);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const port *)a)->name, ((const port *)b)->name);
}

/* in alphabetical order, sizes go up (inputs) or down (outputs) */
static void check_sizes(mil_rule_case *c, ports *p, bool up) {
    if (p->all.len > 1) {
        qsort(p->all.at, p->all.len, sizeof *p->all.at, by_name);
    }
    for (size_t i = 1; i < p->all.len; i++) {
        const port *a = &p->all.at[i - 1], *b = a + 1;
        int64_t x = mil_rule_bytes(a->type), y = mil_rule_bytes(b->type);
        if (up ? y < x : y > x) {
            mil_rule_breaks_at(c, b->at, "the %s %s has %lld bytes, and %s before it %lld",
                               kind_of(b), b->name, (long long)y, a->name, (long long)x);
            return;
        }
    }
}

void mil_rule_inputs_ascend(mil_rule_case *c) {
    ports p = {0};
    add_inputs(c, &p);
    check_sizes(c, &p, true);
    vec_free(&p.all);
}

void mil_rule_outputs_descend(mil_rule_case *c) {
    ports p = {0};
    add_outputs(c, &p);
    check_sizes(c, &p, false);
    vec_free(&p.all);
}

/* --- sizes: one finding for all ports of a function --- */

static int64_t last_axis(const port *p) {
    return p->type->kind == MIL_TENSOR && p->type->rank ? p->type->dims[p->type->rank - 1] : 1;
}

/* the measure of a port that breaks the rule, else 0 */
typedef int64_t measure(const port *p);

static void summarise(mil_rule_case *c, measure *of, const char *what, const char *unit) {
    ports p = all_ports(c);
    const port *least = NULL;
    int64_t smallest = 0;
    size_t n = 0;
    for (size_t i = 0; i < p.all.len; i++) {
        int64_t x = of(&p.all.at[i]);
        n += x > 0;
        if (x > 0 && (!least || x < smallest)) {
            least = &p.all.at[i];
            smallest = x;
        }
    }
    if (least) {
        mil_rule_breaks(c, "%zu of %zu inputs and outputs %s, such as %s (%lld%s)", n, p.all.len,
                        what, least->name, (long long)smallest, unit);
    }
    vec_free(&p.all);
}

static int64_t too_small(const port *p) {
    int64_t bytes = mil_rule_bytes(p->type);
    return bytes < SMALLEST_SURFACE ? bytes : 0;
}

void mil_rule_small_surface(mil_rule_case *c) {
    summarise(c, too_small, "have less than 49152 bytes", " bytes");
}

static int64_t too_narrow(const port *p) {
    return last_axis(p) > 0 && last_axis(p) < NARROWEST ? last_axis(p) : 0;
}

void mil_rule_narrow_port(mil_rule_case *c) {
    summarise(c, too_narrow, "have a last axis below 32", "");
}

static int64_t has_padding(const port *p) {
    int64_t width = mil_dtype_bits(p->type->dtype) / 8, most = INT64_MAX / 8;
    int64_t row = last_axis(p) <= most ? last_axis(p) * width : 0;
    return row > 0 && row % ROW_ALIGNMENT ? row : 0;
}

void mil_rule_padded_rows(mil_rule_case *c) {
    summarise(c, has_padding, "have rows that are no multiple of 64 bytes", " bytes");
}

static int64_t is_unaligned(const port *p) {
    int64_t bytes = mil_rule_bytes(p->type);
    return bytes % SURFACE_ALIGNMENT ? bytes : 0;
}

void mil_rule_unaligned_surface(mil_rule_case *c) {
    summarise(c, is_unaligned, "are no multiple of 128 bytes", " bytes");
}

static int64_t has_odd_channels(const port *p) {
    int64_t channels = p->type->kind == MIL_TENSOR && p->type->rank >= 4 ? p->type->dims[1] : 0;
    return channels > 1 && channels % NARROWEST ? channels : 0;
}

void mil_rule_odd_channels(mil_rule_case *c) {
    summarise(c, has_odd_channels, "have channels that are no multiple of 32", "");
}

static void check_equal(mil_rule_case *c, const ports *p) {
    for (size_t i = 1; i < p->all.len; i++) {
        const port *a = &p->all.at[0], *b = &p->all.at[i];
        int64_t x = mil_rule_bytes(a->type), y = mil_rule_bytes(b->type);
        if (x != y) {
            mil_rule_breaks(c, "the %ss %s and %s have %lld and %lld bytes", kind_of(a), a->name,
                            b->name, (long long)x, (long long)y);
            return;
        }
    }
}

void mil_rule_unequal_surfaces(mil_rule_case *c) {
    ports in = {0}, out = {0};
    add_inputs(c, &in);
    add_outputs(c, &out);
    check_equal(c, &in);
    check_equal(c, &out);
    vec_free(&in.all);
    vec_free(&out.all);
}

static void check_short(mil_rule_case *c, const port *p) {
    mil_rule_extent e = mil_rule_extents(p->type);
    if (p->type->rank == 4 && e.c > FEW_CHANNELS && e.w > 0 && e.w < NARROWEST) {
        mil_rule_breaks_at(c, p->at, "the %s %s has %lld channels and rows of %lld", kind_of(p),
                           p->name, (long long)e.c, (long long)e.w);
    }
}

void mil_rule_wide_short_port(mil_rule_case *c) {
    visit_ports(c, check_short);
}
