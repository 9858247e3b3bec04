/* cost.c: the work of each op by its shapes, and the time it takes by cost.def. */
#include "mil/cost.h"

#include <math.h>
#include <string.h>

/* ---- shapes ---- */

static const mil_operand *operand(const mil_inference *in, const char *name) {
    for (size_t i = 0; i < in->operands.len; i++) {
        if (strcmp(in->operands.at[i].param->name, name) == 0) {
            return &in->operands.at[i];
        }
    }
    return NULL;
}

/* NAN: not static. All sizes are doubles, so that nothing overflows. */
static double elements_of(const mil_type *t) {
    double n = 1;
    if (t->kind != MIL_TENSOR) {
        return NAN;
    }
    for (int i = 0; i < t->rank; i++) {
        n *= t->dims[i] < 0 ? (double)NAN : (double)t->dims[i];
    }
    return n;
}

static double elements(const mil_inference *in, const char *name) {
    const mil_operand *o = operand(in, name);
    return o ? elements_of(o->type) : NAN;
}

static double out_elements(const mil_inference *in) {
    double n = 0;
    for (int i = 0; i < in->op->outs; i++) {
        n += elements_of(&in->op->out[i].type);
    }
    return n;
}

/* of an operand; from the end if negative */
static double dim(const mil_inference *in, const char *name, int axis) {
    const mil_operand *o = operand(in, name);
    if (!o || o->type->kind != MIL_TENSOR) {
        return NAN;
    }
    axis += axis < 0 ? o->type->rank : 0;
    bool known = axis >= 0 && axis < o->type->rank && o->type->dims[axis] >= 0;
    return known ? (double)o->type->dims[axis] : (double)NAN;
}

static bool flag(const mil_inference *in, const char *name) {
    const mil_operand *o = operand(in, name);
    return o && o->value && o->value->kind == MIL_NUMBERS && o->value->count > 0 &&
           o->value->numbers && o->value->numbers[0] != 0;
}

static double bytes_of(const mil_type *t) {
    return t->dtype == MIL_STRING ? 0 : ceil(elements_of(t) * mil_dtype_bits(t->dtype) / 8);
}

/* ---- rules: they fill in macs or elements ---- */

static void work_conv(const mil_inference *in, mil_work *w) {
    w->macs = out_elements(in) * elements(in, "weight") / dim(in, "weight", 0);
}

static void work_conv_transpose(const mil_inference *in, mil_work *w) {
    w->macs = elements(in, "x") * elements(in, "weight") / dim(in, "weight", 0);
}

static void work_matmul(const mil_inference *in, mil_work *w) {
    const mil_operand *x = operand(in, "x");
    bool vector = x && x->type->rank == 1;
    w->macs = out_elements(in) * dim(in, "x", flag(in, "transpose_x") && !vector ? -2 : -1);
}

static void work_linear(const mil_inference *in, mil_work *w) {
    w->macs = out_elements(in) * dim(in, "x", -1);
}

/* every letter of the equation once: its size is that of a dimension which it names */
static void work_einsum(const mil_inference *in, mil_work *w) {
    const mil_operand *equation = operand(in, "equation");
    bool seen[128] = {false};
    if (!equation || !equation->value || equation->value->kind != MIL_STRINGS) {
        w->macs = NAN;
        return;
    }
    const char *s = equation->value->strings[0];
    w->macs = 1;
    for (size_t i = 0; i < in->operands.len && *s != 0 && *s != '-'; i++) {
        const mil_operand *o = &in->operands.at[i];
        if (strcmp(o->param->name, "values") != 0) {
            continue;
        }
        for (int axis = 0; *s && *s != ',' && *s != '-'; s++) {
            bool letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
            bool fits = letter && axis < o->type->rank;
            if (fits && !seen[(int)*s]) {
                w->macs *= o->type->dims[axis] < 0 ? (double)NAN : (double)o->type->dims[axis];
                seen[(int)*s] = true;
            }
            axis += letter;
        }
        s += *s == ',';
    }
}

/* scores, their softmax, and the weighted sum of the values */
static void work_attention(const mil_inference *in, mil_work *w) {
    double scores = elements(in, "query") / dim(in, "query", -1) * dim(in, "key", -2);
    w->macs = scores * (dim(in, "query", -1) + dim(in, "value", -1));
    w->elements = 5 * scores;
}

/* x is [steps, batch, inputs]; each step multiplies with both weights, in one or two directions */
static void work_recurrent(const mil_inference *in, mil_work *w) {
    double weights = elements(in, "weight_ih") + elements(in, "weight_hh");
    if (operand(in, "weight_ih_back")) {
        weights += elements(in, "weight_ih_back") + elements(in, "weight_hh_back");
    }
    w->macs = dim(in, "x", 0) * dim(in, "x", 1) * weights;
}

static void work_view(const mil_inference *in, mil_work *w) {
    (void)in;
    w->bytes = 0;
}

static void work_move(const mil_inference *in, mil_work *w) {
    (void)in;
    (void)w;
}

/* one operation for each element of the widest tensor */
static void work_element(const mil_inference *in, mil_work *w) {
    double most = in->op->outs > 0 ? elements_of(&in->op->out[0].type) : 0;
    for (size_t i = 0; i < in->operands.len; i++) {
        double n =
            in->operands.at[i].type->kind == MIL_TENSOR ? elements_of(in->operands.at[i].type) : 0;
        most = n > most || isnan(n) ? n : most;
    }
    w->elements = most;
}

static void work_normalise(const mil_inference *in, mil_work *w) {
    const double passes = 5;
    w->elements = passes * elements(in, "x");
}

static void work_window(const mil_inference *in, mil_work *w) {
    const mil_operand *sizes = operand(in, "kernel_sizes");
    double window = sizes && sizes->value && sizes->value->kind == MIL_NUMBERS ? 1 : (double)NAN;
    for (size_t i = 0; !isnan(window) && i < sizes->value->count && sizes->value->numbers; i++) {
        window *= sizes->value->numbers[i];
    }
    w->elements = out_elements(in) * window;
}

typedef void work_rule(const mil_inference *in, mil_work *w);

static work_rule *rule_for(const char *op) {
    static const struct {
        const char *op;
        work_rule *rule;
    } rules[] = {
#define COST_OP(name, rule) {name, work_##rule},
#include "mil/cost.def"
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (strcmp(op, rules[i].op) == 0) {
            return rules[i].rule;
        }
    }
    return work_element;
}

static void add_bytes(const mil_type *t, mil_work *w) {
    double bytes = t->kind == MIL_TENSOR ? bytes_of(t) : 0;
    w->bytes += bytes;
    w->largest = bytes > w->largest ? bytes : w->largest;
}

static void work_bytes(const mil_inference *in, mil_work *w) {
    for (size_t i = 0; i < in->operands.len; i++) {
        add_bytes(in->operands.at[i].type, w);
    }
    for (int i = 0; i < in->op->outs; i++) {
        add_bytes(&in->op->out[i].type, w);
    }
}

mil_work mil_work_of(const mil_inference *in) {
    mil_work w = {.known = true};
    if (strcmp(in->op->op, "const") == 0) {
        return w;
    }
    work_bytes(in, &w);
    rule_for(in->op->op)(in, &w);
    return isnan(w.macs + w.elements + w.bytes) ? (mil_work){.known = false} : w;
}

double mil_flops(const mil_work *w) {
    return 2 * w->macs + w->elements;
}

/* ---- time ---- */

typedef enum cost_curve_id {
#define COST_CURVE(ID, cores, fastest, lasting) CURVE_##ID,
#include "mil/cost.def"
} cost_curve_id;

typedef enum cost_anchor_id {
#define COST_ANCHOR(ID, bandwidth, start, peak, curve) ANCHOR_##ID,
#include "mil/cost.def"
} cost_anchor_id;

static const struct {
    double cores, fastest, lasting;
} curves[] = {
#define COST_CURVE(ID, cores, fastest, lasting) {cores, fastest, lasting},
#include "mil/cost.def"
};

static const struct {
    double bandwidth, start, peak;
    cost_curve_id curve;
} anchors[] = {
#define COST_ANCHOR(ID, bandwidth, start, peak, curve) {bandwidth, start, peak, CURVE_##curve},
#include "mil/cost.def"
};

struct mil_cost_target {
    const char *name;
    cost_anchor_id anchor;
    cost_curve_id curve;
};

static const mil_cost_target targets[] = {
#define COST_TARGET(name, anchor, curve) {name, ANCHOR_##anchor, CURVE_##curve},
#include "mil/cost.def"
};

const mil_cost_target *mil_cost_find(const char *name) {
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        if (strcmp(name, targets[i].name) == 0) {
            return &targets[i];
        }
    }
    return NULL;
}

static double cores_ratio(const mil_cost_target *t) {
    return curves[t->curve].cores / curves[anchors[t->anchor].curve].cores;
}

double mil_cost_start(const mil_cost_target *t) {
    double clock = curves[t->curve].fastest / curves[anchors[t->anchor].curve].fastest;
    return anchors[t->anchor].start / clock;
}

double mil_cost_bandwidth(const mil_cost_target *t) {
    return anchors[t->anchor].bandwidth * cores_ratio(t);
}

/* M2 reaches its peak with large ops only */
static double efficiency(const mil_cost_target *t, double flops) {
    const double full = 18e9; /* FLOP */
    double share = pow(flops / full, 0.38);
    return t->anchor == ANCHOR_M2 && share < 1 ? share : 1;
}

double mil_cost_op(const mil_cost_target *t, const mil_work *w) {
    double flops = mil_flops(w);
    double lasting = curves[t->curve].lasting / curves[anchors[t->anchor].curve].lasting;
    double peak = anchors[t->anchor].peak * cores_ratio(t) * lasting;
    double computing = flops > 0 ? flops / (peak * efficiency(t, flops)) : 0;
    double moving = w->bytes / mil_cost_bandwidth(t);
    return computing > moving ? computing : moving;
}
