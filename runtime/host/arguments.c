/* arguments.c: what the planners of ops ask of an op: its operands and its constants. */
#include "base/half.h"
#include "host/planner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

anet_code host_fail(planner *p, const mil_op *op, const char *fmt, ...) {
    char message[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    return anet_fail(p->err, ANET_BAD_INPUT, "%s:%d:%d: %s: %s", p->name, op->loc.line,
                     op->loc.column, op->op, message);
}

host_rounding host_rounds(const planner *p, mil_dtype t) {
    return mil_is_float(t) ? host_numerics_of(p->numerics)->round : ROUND_NONE;
}

anet_code host_static_shape(planner *p, mil_loc loc, const char *what, const mil_type *type,
                            shape *s) {
    const char *problem = NULL;
    *s = (shape){.rank = type->rank, .n = 1};
    if (type->kind != MIL_TENSOR) {
        problem = "is not a tensor";
    } else if (type->rank > MAX_RANK) {
        problem = "has more than 7 dimensions";
    }
    for (int i = 0; i < type->rank && !problem; i++) {
        int64_t d = type->dims[i];
        if (d == MIL_ANY_DIM) {
            problem = "has a dynamic shape";
        } else if (d <= 0) {
            problem = "has no elements";
        } else if ((uint64_t)d > MAX_ELEMENTS / s->n) {
            problem = "needs more than 64 GiB";
        } else {
            s->dim[i] = (size_t)d;
            s->n *= (size_t)d;
        }
    }
    if (problem) {
        return anet_fail(p->err, ANET_BAD_INPUT,
                         "%s:%d:%d: the host device cannot hold '%s': it %s", p->name, loc.line,
                         loc.column, what, problem);
    }
    return ANET_OK;
}

/* --- walks --- */

void host_tensor_steps(const tensor *t, ptrdiff_t to[MAX_RANK]) {
    if (t->walked) {
        memcpy(to, t->step, sizeof t->step);
    } else {
        shape_steps(&t->shape, to);
    }
}

void host_pack(planner *p, const mil_op *op, tensor *t) {
    nest loops = {.rank = t->shape.rank, .operands = 2};
    memcpy(loops.dim, t->shape.dim, sizeof loops.dim);
    memcpy(loops.step[0], t->step, sizeof t->step);
    shape_steps(&t->shape, loops.step[1]);
    ref to = {host_add_buffer(p, t->shape.n), 0};
    host_add_copy(p, op, t->at, to, &loops);
    t->at = to;
    t->walked = false;
}

static bool has_rows(const tensor *t) {
    for (int i = t->shape.rank - 1; i >= 0 && t->walked; i--) {
        if (t->shape.dim[i] != 1) {
            return t->step[i] == 1;
        }
    }
    return true;
}

static anet_code get_literal(planner *p, const mil_op *op, mil_loc loc, const mil_value *value,
                             tensor *out) {
    *out = (tensor){.dtype = value->type.dtype, .value = value};
    anet_code code = host_static_shape(p, loc, "a literal", &value->type, &out->shape);
    code = code ? code : host_fill_constant(p, op, out);
    if (!code) {
        p->buffers.at[out->at.buffer].literal = true;
    }
    return code;
}

static anet_code get_tensor(planner *p, const mil_op *op, const mil_arg *arg, bool rows,
                            tensor *out) {
    if (arg->kind == MIL_ARGS) {
        return host_fail(p, op, "one tensor is expected, not a list of them");
    }
    if (arg->kind == MIL_LITERAL) {
        return get_literal(p, op, arg->loc, arg->literal, out);
    }
    tensor *t = NULL;
    anet_code code = host_look_up(p, op, arg->ref, &t);
    if (!code && t->at.buffer < 0) {
        code = host_fill_constant(p, op, t);
    }
    if (code) {
        return code;
    }
    if (t->walked && !(rows && has_rows(t))) {
        host_pack(p, op, t);
    }
    *out = *t;
    return ANET_OK;
}

anet_code host_part(planner *p, const mil_op *op, const mil_arg *arg, tensor *out) {
    return get_tensor(p, op, arg, false, out);
}

/* The parameters of ios16's constexpr ops are attributes. */
static anet_code get_argument(planner *p, const mil_op *op, const char *arg, bool rows,
                              tensor *out) {
    const mil_arg *a = mil_find_arg(op, arg);
    const mil_attr *attr = a ? NULL : mil_find_attr(op, arg);
    if (!a && !attr) {
        return host_fail(p, op, "the argument '%s' is missing", arg);
    }
    return a ? get_tensor(p, op, a, rows, out) : get_literal(p, op, op->loc, &attr->value, out);
}

anet_code host_operand(planner *p, const mil_op *op, const char *arg, tensor *out) {
    return get_argument(p, op, arg, false, out);
}

anet_code host_rows(planner *p, const mil_op *op, const char *arg, tensor *out) {
    return get_argument(p, op, arg, true, out);
}

/* --- constants of an op --- */

anet_code host_value(planner *p, const mil_op *op, const char *arg, const mil_value **value) {
    const mil_arg *a = mil_find_arg(op, arg);
    *value = NULL;
    if (!a) {
        const mil_attr *attr = mil_find_attr(op, arg);
        *value = attr ? &attr->value : NULL;
        return ANET_OK;
    }
    if (a->kind == MIL_LITERAL) {
        *value = a->literal;
    } else if (a->kind == MIL_REF) {
        tensor *t = NULL;
        anet_code code = host_look_up(p, op, a->ref, &t);
        code = code ? code : host_constant_value(p, op, t, value);
        if (code) {
            return code;
        }
    }
    if (!*value) {
        return host_fail(p, op, "'%s' must be a constant on the host device", arg);
    }
    return ANET_OK;
}

bool host_is_constant(const planner *p, const mil_op *op, const char *arg) {
    const mil_arg *a = mil_find_arg(op, arg);
    if (!a || a->kind != MIL_REF) {
        return true;
    }
    const tensor *t = host_find_tensor(p, a->ref);
    return !t || t->value ||
           (t->at.buffer >= 0 && p->buffers.at[t->at.buffer].kind == BUFFER_CONST);
}

/* the one number of a constant */
anet_code host_number(planner *p, const mil_op *op, const char *arg, double preset, double *x) {
    const mil_value *v;
    anet_code code = host_value(p, op, arg, &v);
    if (code) {
        return code;
    }
    if (!v) {
        *x = preset;
        return isnan(preset) ? host_fail(p, op, "the argument '%s' is missing", arg) : ANET_OK;
    }
    if (v->kind != MIL_NUMBERS || v->count != 1) {
        return host_fail(p, op, "'%s' must be one number", arg);
    }
    *x = host_value_at(v, 0);
    host_rounding how = host_rounds(p, v->type.dtype);
    *x = how ? (double)host_accept(how, (float)*x) : *x;
    return ANET_OK;
}

anet_code host_string(planner *p, const mil_op *op, const char *arg, const char *preset,
                      const char **s) {
    const mil_value *v;
    anet_code code = host_value(p, op, arg, &v);
    *s = preset;
    if (code || !v) {
        return code ? code
                    : (preset ? ANET_OK : host_fail(p, op, "the argument '%s' is missing", arg));
    }
    if (v->kind != MIL_STRINGS || v->count != 1) {
        return host_fail(p, op, "'%s' must be one string", arg);
    }
    *s = arena_strdup(p->memory, v->strings[0]);
    return ANET_OK;
}

anet_code host_bool(planner *p, const mil_op *op, const char *arg, bool preset, bool *x) {
    double number = 0;
    anet_code code = host_number(p, op, arg, preset, &number);
    *x = !code && number != 0;
    return code;
}

anet_code host_axis(planner *p, const mil_op *op, const char *arg, int preset, int rank,
                    int *axis) {
    double x = 0;
    anet_code code = host_number(p, op, arg, preset, &x);
    if (code) {
        return code;
    }
    if (!(x >= -rank && x < rank) || x != floor(x)) {
        return host_fail(p, op, "%s %g is not an axis of a tensor of rank %d", arg, x, rank);
    }
    *axis = (int)x < 0 ? (int)x + rank : (int)x;
    return ANET_OK;
}

anet_code host_integers(planner *p, const mil_op *op, const char *arg, int64_t x[MAX_RANK],
                        int *n) {
    const mil_value *v;
    *n = -1;
    anet_code code = host_value(p, op, arg, &v);
    if (code || !v) {
        return code;
    }
    if (v->kind != MIL_NUMBERS || v->count > MAX_RANK) {
        return host_fail(p, op, "'%s' must be up to %d integers", arg, MAX_RANK);
    }
    *n = (int)v->count;
    for (int i = 0; i < *n; i++) {
        double d = host_value_at(v, (size_t)i);
        if (!(fabs(d) < 0x1p62) || d != floor(d)) {
            return host_fail(p, op, "'%s' holds %g, which is no index", arg, d);
        }
        x[i] = (int64_t)d;
    }
    return ANET_OK;
}
